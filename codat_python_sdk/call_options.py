"""The options of one call, as methods take them by keyword: under 2021's names, and under the high-level client's.

For type checkers, and for the signatures of functions that pass options on.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypedDict

from codat_python_sdk.retries import RetryPolicy

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import urllib3

    if sys.version_info >= (3, 11):
        from typing import Unpack
    else:
        from types import GenericAlias

        class Unpack:
            """What typing has from Python 3.11 on."""

            __class_getitem__ = classmethod(GenericAlias)
else:
    import urllib3


class CallOptions(TypedDict, total=False):
    """The options of every generated method, by keyword.

    Three of them change what comes back. Their other value works, and a type checker refuses it, since it could not
    tell the type: use the ``…_with_http_info`` variant instead of ``_return_http_data_only=False``, a
    ``concurrent.futures.ThreadPoolExecutor`` instead of ``async_req=True``, and ``ApiClient.request`` instead of
    ``_preload_content=False``.
    """

    async_req: Literal[False]  #: True returns a handle: ``.get(timeout)``, ``.ready()``, ``.wait()``, ``.successful()``
    _return_http_data_only: Literal[True]  #: False returns the tuple ``(data, status, headers)``
    _preload_content: Literal[True]  #: False returns the unread ``urllib3.HTTPResponse``
    _request_timeout: float | tuple[float | None, float | None] | None  #: seconds, or (connect, read)
    _deadline: float | None  #: seconds for the whole call
    _retries: RetryPolicy | urllib3.Retry | int | None  #: as ``Configuration.retries``
    _headers: Mapping[str, str]  #: extra headers; they win over all others
    _host: str | None  #: another base URL for this call
    _host_index: int | None  #: another one of ``Configuration.get_host_settings()`` for this call
    _check_input_type: bool  #: False to send arguments of the wrong type, ids excepted
    _check_return_type: bool  #: False to keep the values of the response unchanged


class KeyedCallOptions(CallOptions, total=False):
    """The same for POST and PATCH."""

    _idempotency_key: str | None  #: your own key, so that another process can retry the call safely


class WaitOptions(TypedDict, total=False):
    """The options of ``wait_for_status``, by keyword, for each of its requests."""

    deadline: float | None  #: seconds for the whole call, with all attempts and waits
    retries: RetryPolicy | urllib3.Retry | int | None  #: as ``Configuration.retries``
    headers: Mapping[str, str]  #: extra headers
    server_url: str  #: another base URL for this call; it gets the credentials


class RequestOptions(WaitOptions, total=False):
    """The options of every method of the high-level client, by keyword."""

    timeout: float | tuple[float | None, float | None] | None  #: seconds to wait for the network, or (connect, read)


class KeyedRequestOptions(RequestOptions, total=False):
    """The same for methods that send POST or PATCH."""

    idempotency_key: str | None  #: your own key, so that another process can retry the call safely
