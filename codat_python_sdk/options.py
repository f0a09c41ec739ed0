"""The options of one call: under 2021's names, under the high-level client's, and checked."""

# The annotations in here are evaluated: TypedDict and NamedTuple would compile each one that is a text, for 0.3 ms.

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypedDict, cast

from codat_python_sdk.checks import check_header, check_host, check_seconds, check_timeout
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.operation import UNSET, Operation
from codat_python_sdk.retries import KEYED_METHODS, RetryPolicy, resolve_policy
from codat_python_sdk.secret import SecretValues
from codat_python_sdk.settings import is_flag
from codat_python_sdk.values import check

if TYPE_CHECKING:
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
    _retries: "RetryPolicy | urllib3.Retry | int | None"  #: as ``Configuration.retries``
    _headers: Mapping[str, str]  #: extra headers; they win over all others
    _host: str | None  #: another base URL for this call
    _host_index: int | None  #: another one of ``Configuration.get_host_settings()`` for this call
    _check_input_type: bool  #: False to send arguments of the wrong type
    _check_return_type: bool  #: False to keep the values of the response unchanged


class KeyedCallOptions(CallOptions, total=False):
    """The same for POST and PATCH."""

    _idempotency_key: str | None  #: your own key, so that another process can retry the call safely


class WaitOptions(TypedDict, total=False):
    """The options of ``wait_for_status``, by keyword, for each of its requests."""

    deadline: float | None  #: seconds for the whole call, with all attempts and waits
    retries: "RetryPolicy | urllib3.Retry | int | None"  #: as ``Configuration.retries``
    headers: Mapping[str, str]  #: extra headers
    server_url: str  #: another base URL for this call; it gets the credentials


class RequestOptions(WaitOptions, total=False):
    """The options of every method of the high-level client, by keyword."""

    timeout: float | tuple[float | None, float | None] | None  #: seconds to wait for the network, or (connect, read)


class KeyedRequestOptions(RequestOptions, total=False):
    """The same for methods that send POST or PATCH."""

    idempotency_key: str | None  #: your own key, so that another process can retry the call safely


class Options(NamedTuple):
    """The options of one call, checked; what is UNSET comes from the configuration."""

    timeout: Any = UNSET
    deadline: Any = UNSET
    policy: Any = UNSET  #: a RetryPolicy or a urllib3.Retry
    headers: Mapping[str, str] = {}
    idempotency_key: str | None = None
    base_url: str | None = None
    host_index: int | None = None
    check_input: bool = True
    check_response: bool = True
    async_req: bool = False
    data_only: bool = True
    preload: bool = True


NO_OPTIONS = Options()


class OptionNames(NamedTuple):
    """The names of options and methods in one layer."""

    fields: Mapping[str, str]  #: keyword → field of ``Options``
    method: Callable[[Operation[Any]], str]  #: the method that sends an operation


GENERATED = OptionNames(
    {
        "async_req": "async_req",
        "_return_http_data_only": "data_only",
        "_preload_content": "preload",
        "_request_timeout": "timeout",
        "_deadline": "deadline",
        "_retries": "policy",
        "_headers": "headers",
        "_host": "base_url",
        "_host_index": "host_index",
        "_check_input_type": "check_input",
        "_check_return_type": "check_response",
        "_idempotency_key": "idempotency_key",
    },
    attrgetter("generated_name"),
)
CALL_API = OptionNames(GENERATED.fields, attrgetter("name"))
HIGH_LEVEL = OptionNames(
    {
        "timeout": "timeout",
        "deadline": "deadline",
        "retries": "policy",
        "headers": "headers",
        "server_url": "base_url",
        "idempotency_key": "idempotency_key",
    },
    attrgetter("name"),
)


def _check_headers(name: str, value: Any) -> SecretValues:
    if value is None:
        return SecretValues()
    check(value, (Mapping,), name)
    return SecretValues(value)


def _check_idempotency_key(name: str, value: Any) -> Any:
    if value is not None and not check_header(name, value).strip():
        raise ApiValueError(f"{name} must not be empty", [name])
    return value


def _as_given(_: str, value: Any) -> Any:
    return value


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "timeout": lambda name, value: check_timeout(value, name),
    "deadline": check_seconds,
    "policy": lambda name, value: resolve_policy(value, name),
    "headers": _check_headers,
    "idempotency_key": _check_idempotency_key,
    "base_url": lambda name, value: None if value is None else check_host(value, name),
    "host_index": _as_given,
    **dict.fromkeys(("check_input", "check_response", "async_req", "data_only", "preload"), is_flag),
}


def checked_options(given: Mapping[str, Any], names: OptionNames, operation: Operation[Any]) -> Options:
    """The options of a call, named in errors as the caller wrote them.

    Header values in ``given`` become secrets there, so that no traceback with local variables shows them.

    Raises:
        ApiTypeError: A keyword is unknown, or its value has the wrong type.
        ApiValueError: A value cannot be used.
    """
    for name in ("_headers", "headers"):
        if isinstance(given.get(name), Mapping):
            cast("dict[str, Any]", given)[name] = SecretValues(given[name])
    options: dict[str, Any] = {}
    for name, value in given.items():
        field = names.fields.get(name)
        if field is None:
            parameters = operation.parameters if names is GENERATED else ()
            raise unknown_keyword(names.method(operation), name, [*names.fields, *parameters])
        if field == "idempotency_key" and operation.method not in KEYED_METHODS:
            text = f"{name!r} is for POST and PATCH; the service ignores it on {operation.method}"
            raise ApiTypeError(f"{names.method(operation)}(): {text}", [name])
        options[field] = _CHECKS[field](name, value)
    return Options(**options)


def unknown_keyword(method: str, name: str, known: Iterable[str]) -> ApiTypeError:
    """The error for a keyword that a method does not have; it names the one that is probably meant."""
    from difflib import get_close_matches

    spelled = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    meant = get_close_matches(spelled, [*known], 1, 0.7)
    advice = f"; did you mean {meant[0]!r}?" if meant else ""
    return ApiTypeError(f"{method}() got an unexpected keyword argument {name!r}{advice}", [name])
