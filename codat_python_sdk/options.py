"""What every generated method takes besides its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import urllib3

    from codat_python_sdk.retries import RetryPolicy


class CallOptions(TypedDict, total=False):
    """What every method takes besides its parameters, by keyword."""

    async_req: bool  #: return at once, with a handle: ``.get(timeout)``, ``.ready()``, ``.wait()``, ``.successful()``
    _return_http_data_only: bool  #: False for the tuple ``(data, status, headers)``
    _preload_content: bool  #: False for the unread ``urllib3.HTTPResponse``
    _request_timeout: float | tuple[float | None, float | None] | None  #: seconds, or (connect, read)
    _deadline: float | None  #: seconds for the whole call
    _retries: RetryPolicy | urllib3.Retry | int | None  #: as ``Configuration.retries``
    _headers: Mapping[str, str]  #: extra headers; they win over all others
    _host: str | None  #: another base URL for this call
    _host_index: int | None  #: another one of ``Configuration.get_host_settings()`` for this call
    _check_input_type: bool  #: False to send arguments of the wrong type
    _check_return_type: bool  #: False to take the answer's values as they come


class KeyedCallOptions(CallOptions, total=False):
    """The same for POST and PATCH."""

    _idempotency_key: str | None  #: a key of your own, so that another process can repeat the call safely


KNOWN_OPTIONS = frozenset({*CallOptions.__annotations__, *KeyedCallOptions.__annotations__})
