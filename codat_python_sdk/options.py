"""The options of one call, checked, and their names in the generated layer and in the high-level client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, cast

from codat_python_sdk.checks import HeaderValues, check_header, check_host, check_seconds, check_timeout
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.operation import UNSET, Operation
from codat_python_sdk.record import Record
from codat_python_sdk.retries import KEYED_METHODS, resolve_policy
from codat_python_sdk.secret import as_secret
from codat_python_sdk.settings import is_flag
from codat_python_sdk.values import check


class Options(Record):
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


class OptionNames:
    """The names of options and methods in one layer.

    Args:
        fields: Keyword → field of ``Options``.
        method: Returns the name of the method that sends an operation.
    """

    def __init__(self, fields: Mapping[str, str], method: Callable[[Operation[Any]], str]) -> None:
        self.fields = fields
        self.method = method


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
#: Of ``ApiClient.request``, which never sends to another host.
REQUEST = OptionNames(
    {name: field for name, field in HIGH_LEVEL.fields.items() if field != "base_url"}, attrgetter("name")
)


def _check_headers(name: str, value: Any) -> HeaderValues:
    if value is None:
        return HeaderValues()
    check(value, (Mapping,), name)
    return HeaderValues(value)


def _check_idempotency_key(name: str, value: Any) -> Any:
    if value is not None and not check_header(name, value).strip():
        raise ApiValueError(f"{name} must not be empty", [name])
    return value


def _as_given(_: str, value: Any) -> Any:
    return value


_FLAGS = frozenset({"check_input", "check_response", "async_req", "data_only", "preload"})
_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "timeout": lambda name, value: check_timeout(value, name),
    "deadline": check_seconds,
    "policy": lambda name, value: resolve_policy(value, name),
    "headers": _check_headers,
    "idempotency_key": _check_idempotency_key,
    "base_url": lambda name, value: None if value is None else check_host(value, name),
    "host_index": _as_given,
    **dict.fromkeys(_FLAGS, is_flag),
}


#: Fields whose values may hold credentials, and what stands for a keyword that is none.
_SECRET_FIELDS = frozenset({"headers", "base_url", "idempotency_key", None})


def checked_options(given: Mapping[str, Any], names: OptionNames, operation: Operation[Any]) -> Options:
    """The options of a call, named in errors as the caller wrote them.

    What may hold credentials becomes secret in ``given``, so that no traceback with local variables shows it.

    Raises:
        ApiTypeError: A keyword is unknown, or its value has the wrong type.
        ApiValueError: A value cannot be used.
    """
    for name in given:
        if names.fields.get(name) in _SECRET_FIELDS:
            value = HeaderValues(given[name]) if isinstance(given[name], Mapping) else as_secret(given[name])
            cast("dict[str, Any]", given)[name] = value
    options: dict[str, Any] = {}
    for name, value in given.items():
        field = names.fields.get(name)
        if field is None:
            parameters = operation.parameters if names is GENERATED else ()
            raise unknown_keyword(names.method(operation), name, [*names.fields, *parameters])
        if field == "idempotency_key" and operation.method not in KEYED_METHODS:
            text = f"{name!r} is for POST and PATCH; the service ignores it on {operation.method}"
            raise ApiTypeError(f"{names.method(operation)}(): {text}", [name])
        if field in _FLAGS and names is GENERATED:  # as in 2021; call_api takes any value for true or false
            check(value, (bool,), name)
        options[field] = _CHECKS[field](name, value)
    return Options(**options)


def unknown_keyword(method: str, name: str, known: Iterable[str]) -> ApiTypeError:
    """The error for a keyword that a method does not have; it names the one that is probably meant."""
    from difflib import get_close_matches

    spelled = "".join(f"_{c.lower()}" if c.isupper() else c for c in name)
    meant = get_close_matches(spelled, [*known], 1, 0.7)
    advice = f"; did you mean {meant[0]!r}?" if meant else ""
    return ApiTypeError(f"{method}() got an unexpected keyword argument {name!r}{advice}", [name])
