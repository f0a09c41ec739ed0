"""Values become a call: an operation, its arguments and options, with the settings of the client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from codat_python_sdk.configuration import API_KEY_AUTH, CODAT_LOGIN, Configuration
from codat_python_sdk.exceptions import ApiValueError
from codat_python_sdk.headers import Headers, merge_headers, new_idempotency_key
from codat_python_sdk.operation import UNSET, Operation
from codat_python_sdk.options import Options
from codat_python_sdk.record import Record
from codat_python_sdk.retries import KEYED_METHODS
from codat_python_sdk.secret import Secret
from codat_python_sdk.values import Types, Validation

if TYPE_CHECKING:
    from codat_python_sdk.attempt_events import AttemptHook

ALL_SCHEMES = (API_KEY_AUTH, CODAT_LOGIN)
ENCODINGS = {"Accept-Encoding": "gzip, deflate"}


class Call(Record):
    """One logical call, complete and ready to be sent, however many attempts it takes."""

    operation: str  #: name of the operation
    path: str  #: path without the ids, for logs and metrics
    path_parameters: tuple[str, ...]  #: names of the ids, for error texts
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    types: Types | None  #: classes of the result; None to ignore the body
    validation: Validation | None  #: what to do with values of other types; None to keep all unchanged
    timeout: tuple[float | None, float | None]
    deadline: float | None  #: seconds
    policy: Any  #: a RetryPolicy or a urllib3.Retry
    idempotency_key: str | None
    caller_gave_key: bool
    idempotent: bool
    preload: bool
    discard_unknown_keys: bool
    requests_per_minute: float | None
    quota_reserve: float | None
    on_attempt: AttemptHook | None


def build_call(
    operation: Operation[Any],
    arguments: Mapping[str, Any],
    options: Options,
    settings: Configuration,
    default_headers: Mapping[str, str],
    credentials_advice: str | None = None,
) -> Call:
    """The call of an operation. With ``credentials_advice``, which says how to set some, it has to carry credentials.

    Raises:
        ApiTypeError: An argument has the wrong type.
        ApiValueError: An argument has a value that cannot be used.
    """
    target = operation.target(arguments, options.check_input, settings.safe_chars_for_path_param)
    base_url = options.base_url or settings.host_for(operation.generated_name, options.host_index)
    credentials: dict[str, str] = {}
    for setting in settings.auth_settings().values():  # the last one wins
        credentials["Authorization"] = Secret(setting["value"])
        del setting  # a subclass may return plain texts
    return new_call(
        operation.method,
        base_url + target,
        settings,
        options,
        merge_headers(ENCODINGS, operation.headers, default_headers, credentials),
        name=operation.name,
        path=operation.path,
        path_parameters=operation.path_parameters,
        body=operation.content(arguments, options.check_input) if operation.has_body else None,
        types=operation.returns,
        validation=settings.response_validation if options.check_response else None,
        idempotent=operation.idempotent,
        credentials_advice=credentials_advice,
    )


def authorization(settings: Configuration, schemes: Iterable[str]) -> dict[str, str]:
    """The ``Authorization`` header for those of the schemes that are set; the last one wins."""
    auth_settings, headers = settings.auth_settings(), dict[str, str]()
    for scheme in schemes:
        if scheme in auth_settings:
            headers["Authorization"] = Secret(auth_settings[scheme]["value"])
    return headers


def new_call(
    method: str,
    url: str,
    settings: Configuration,
    options: Options,
    headers: Headers,
    *,
    name: str,
    path: str,
    path_parameters: tuple[str, ...],
    body: bytes | None,
    types: Types | None,
    validation: Validation | None,
    idempotent: bool = False,
    credentials_advice: str | None = None,
) -> Call:
    """A call from its parts: with the limits of the options or the settings, and with an idempotency key."""
    if options.headers or options.idempotency_key is not None:
        key = options.idempotency_key
        headers = headers | merge_headers(options.headers, {} if key is None else {"Idempotency-Key": key})
    if credentials_advice is not None and "authorization" not in headers:
        raise ApiValueError(credentials_advice)  # the service could only respond with 401
    has_key, keyed = "idempotency-key" in headers, method in KEYED_METHODS
    if has_key and not headers["idempotency-key"][1].strip():  # retries would not be protected
        raise ApiValueError("Idempotency-Key must not be empty; leave it out for a key of the client's own")
    if keyed and not has_key:
        headers["idempotency-key"] = ("Idempotency-Key", new_idempotency_key())
    return Call(
        operation=name,
        path=path,
        path_parameters=path_parameters,
        method=method,
        url=url,
        headers=dict(headers.values()),
        body=body,
        types=types,
        validation=validation,
        timeout=settings.timeout if options.timeout is UNSET else options.timeout,
        deadline=settings.deadline if options.deadline is UNSET else options.deadline,
        policy=settings.policy if options.policy is UNSET else options.policy,
        idempotency_key=headers["idempotency-key"][1] if keyed else None,
        caller_gave_key=has_key and keyed,  # to the other methods the header means nothing
        idempotent=idempotent,
        preload=options.preload,
        discard_unknown_keys=settings.discard_unknown_keys,
        requests_per_minute=settings.requests_per_minute,
        quota_reserve=settings.quota_reserve,
        on_attempt=settings.on_attempt,
    )
