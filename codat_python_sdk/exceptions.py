"""The exceptions and warnings, and their texts.

OpenApiException
├── ConnectionStateException                                       the connection can no longer reach the status
├── ApiTypeError, ApiValueError, ApiAttributeError, ApiKeyError    an argument cannot be used
└── ApiException                                                   a call that failed
    ├── BadRequestException … ServiceException                     the service rejected it or failed (400 to 5xx)
    │   └── QuotaReserveException                                  a TooManyRequestsException of the client (status 0)
    ├── UnreadableResponseException                                a 2xx whose body cannot be read
    │   └── InvalidResponseException                               JSON of another shape; an ApiTypeError as well
    └── ApiConnectionException                                     no response at all (status 0)
        ├── ApiTimeoutException                                    also a TimeoutError
        │   └── WaitTimeoutException                               a connection did not reach a status in time
        └── ApiTlsException
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from codat_python_sdk.rate_limits import RateLimit, in_any_case, parse_retry_after, rate_limit_of

Outcome = Literal["not_sent", "rejected", "unknown"]

_MAX_MESSAGE = 300  # a longer message of the service is in ``body``; a log wants one line


class OpenApiException(Exception):
    """The base of everything that this package raises."""


class InsecureTransportWarning(UserWarning):
    """Credentials travel unprotected: plain HTTP to another machine, or TLS without verification."""


def render_path(path_to_item: Iterable[str | int]) -> str:
    """``['results', 3]`` as ``['results'][3]``."""
    return "".join(f"[{step!r}]" for step in path_to_item)


def _one_line(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return line if len(line) <= _MAX_MESSAGE else line[: _MAX_MESSAGE - 1] + "…"


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds:.3g} s"
    return f"{seconds:.0f} s" if seconds >= 1000 else f"{round(seconds, 2):g} s"


def _with_path(msg: str, path_to_item: Sequence[str | int]) -> str:
    """The message and the path, unless that is one name which the message has: most are about one argument or field."""
    if not path_to_item or (
        len(path_to_item) == 1 and (msg.startswith(str(path_to_item[0])) or repr(path_to_item[0]) in msg)
    ):
        return msg
    return f"{msg} at {render_path(path_to_item)}"


class _Misuse(OpenApiException):
    """A message, and where in the arguments or in the data the fault is (``path_to_item``, or None)."""

    def __init__(self, msg: str = "", path_to_item: Sequence[str | int] | None = None) -> None:
        self._message = msg
        self.path_to_item: list[str | int] | None = None if path_to_item is None else list(path_to_item)
        super().__init__(_with_path(msg, path_to_item or ()))

    @property
    def message(self) -> str:
        """The text without the path."""
        return self._message

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the repr


class ApiTypeError(_Misuse, TypeError):
    """A value has the wrong type; ``valid_classes`` are the accepted ones."""

    def __init__(
        self,
        msg: str = "",
        path_to_item: Sequence[str | int] | None = None,
        valid_classes: tuple[Any, ...] | None = None,
        key_type: bool | None = None,
    ) -> None:
        self.valid_classes = valid_classes
        self.key_type = key_type
        super().__init__(msg, path_to_item)


class ApiValueError(_Misuse, ValueError):
    """A value has the right type and cannot be used."""


class ApiAttributeError(_Misuse, AttributeError):
    """A model has no such attribute."""


class ApiKeyError(_Misuse, KeyError):
    """A model has no such item."""


class ApiItemError(ApiKeyError, ApiAttributeError):
    """The same, for handlers of 2021: there, an item that a model did not have was an ``ApiAttributeError``."""


class ConnectionStateException(OpenApiException):
    """The connection can no longer reach the requested status by itself.

    Attributes:
        last_status: What the connection is now.
    """

    def __init__(self, msg: str = "", last_status: str | None = None) -> None:
        super().__init__(msg, last_status)
        self.last_status = last_status

    def __str__(self) -> str:
        return str(self.args[0])


class ApiException(OpenApiException):
    """A call that failed.

    Attributes:
        status: The HTTP status, or 0 when there was no response.
        reason: The reason phrase, or why there is no response.
        body: The response's body as text, or None.
        headers: The response's headers, case-insensitive, or None.
        error: Codat's error body as a ``CodatPublicApiModelsErrorMessage``, or None.
        outcome: ``"not_sent"`` (never reached the service), ``"rejected"`` (it did not take effect) or ``"unknown"``
            (it may have taken effect); None on an exception that was constructed by the caller.
        attempts: One ``Attempt`` per try.
        idempotency_key: The key that every attempt carried, or None.
        method, url: What was called.
        path_parameters: Names of the operation's path parameters, in the order of the path; empty when the caller
            wrote the path.
        deadline: The call's deadline in seconds, or None.
        excerpt: Media type and first 100 characters of a body that is no JSON; None for what may hold secrets.
        repeat_is_safe: True when the same call can be retried whatever its outcome, although its method alone does
            not say so: because the caller chose the idempotency key, or the request replaces the whole resource.
        stopped_by: Why the call was not retried, or not sent at all: ``"not_retryable"``, ``"max_retries"``,
            ``"max_retry_after"``, ``"deadline"``, ``"budget"``, ``"requests_per_minute"`` or ``"quota_reserve"``; None
            on an exception that was constructed by the caller.
        own_retry_after: Seconds until a limit of the client itself, or a used-up quota in ``wait_for_status``, lets
            such a call pass; None for all other errors.
    """

    hint = ""
    path_parameters: tuple[str, ...] = ()
    deadline: float | None = None
    excerpt: str | None = None
    repeat_is_safe: bool = False
    stopped_by: str | None = None
    own_retry_after: float | None = None

    def __init__(self, status: int | None = None, reason: str | None = None, http_resp: Any = None) -> None:
        Exception.__init__(self, status, reason)  # not the next class, which a subclass may have put in between
        self.status: int | None = status
        self.reason: str | None = reason
        self.body: str | None = None
        self.headers: Mapping[str, str] | None = None
        self.error: Any = None
        self.outcome: Outcome | None = None
        self.attempts: tuple[Any, ...] = ()
        self.idempotency_key: str | None = None
        self.method: str | None = None
        self.url: str | None = None
        if isinstance(http_resp, Mapping):
            self._restore(cast("Mapping[str, Any]", http_resp))
        elif http_resp is not None:
            self.status, self.reason = http_resp.status, http_resp.reason
            self.headers = in_any_case(http_resp.getheaders())
            data = http_resp.data
            self.body = data.decode("utf-8", "replace") if isinstance(data, bytes) else data

    @property
    def message(self) -> str:
        """What happened, without URL and advice: Codat's message, else the reason."""
        said = self.error.error if self.error is not None else None
        return (said if said and not said.isspace() else None) or str(self.reason or type(self).__name__)

    @property
    def correlation_id(self) -> str | None:
        """The id to give to Codat's support: ``correlationId`` of the error body, or None."""
        return self.error.correlation_id if self.error is not None else None

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait before another call, or None.

        The service asks for them (``Retry-After``, in seconds or as a date), or a limit of the client itself does.
        """
        if self.own_retry_after is not None or self.headers is None:
            return self.own_retry_after
        return parse_retry_after(self.headers.get("Retry-After"), self.headers.get("Date"))

    @property
    def rate_limit(self) -> RateLimit | None:
        """The account's quota in the response's headers, or None."""
        return rate_limit_of(self.headers)

    @property
    def retryable(self) -> bool:
        """Whether the same call, retried later, can succeed and cannot take effect twice."""
        if not self._is_transient():
            return False
        return self.method in _IDEMPOTENT or self.repeat_is_safe or self.outcome in ("not_sent", "rejected")

    def _is_transient(self) -> bool:
        return self.status in _TRANSIENT

    # -- the text --------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        where = f"{self.method} {self.url}: " if self.url else ""
        facts = ", ".join(self._facts())
        advice = self._advice()
        return f"{where}{self._what()}" + (f" ({facts})" if facts else "") + (f". {advice}" if advice else "")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def _what(self) -> str:
        return _one_line(self.message).rstrip(".")

    def _facts(self) -> Iterable[str]:
        if self.status:
            yield f"HTTP {self.status}"
        if self.correlation_id:
            yield f"correlation id {_one_line(self.correlation_id)}"
        if self.excerpt and self.method in _IDEMPOTENT:  # others send bodies that a page might show
            yield _one_line(self.excerpt)
        if self.outcome and (self.outcome == "not_sent" or self.method not in _READS):
            yield _OUTCOME_TEXTS[self.outcome]
        if len(self.attempts) > 1:
            yield f"{len(self.attempts)} attempts"
        if self.stopped_by in _STOPPED_TEXTS and self.attempts:
            yield f"not retried: {_STOPPED_TEXTS[self.stopped_by]}"

    def _advice(self) -> str:
        wait = self.retry_after
        if self.outcome != "unknown" or self.method in _READS:
            return self._hint() if wait is None else f"Call again in {_seconds(wait)}"
        advice = "Check whether it took effect before you retry"
        # Codat keeps a 500 with the key, and replays it; a corrected body needs another key.
        if self.idempotency_key is not None and self.status not in (400, 422, 500):
            advice += f", or retry with idempotency key {self.idempotency_key}"
        hint = self._hint() if self.status in _TO_CORRECT else ""  # of the last attempt, not of the one before
        if hint:
            advice = f"{hint}. {advice}"
        return advice if wait is None else f"{advice}; the service asks to wait {_seconds(wait)}"

    def _hint(self) -> str:
        location = None if self.headers is None else self.headers.get("Location")
        if self.status in range(300, 400) and location:
            target = _one_line(re.sub(r"//[^/]*@", "//", re.split(r"[?#]", location)[0]))
            return f"Redirects are not followed; this one points to {target}"
        if self.status == 407:
            return "Check the credentials for the proxy, in its URL or in proxy_headers"
        return self.hint

    # -- in other processes ----------------------------------------------------------------------------------------

    if not TYPE_CHECKING:  # a type checker knows ``args`` as the attribute that BaseException has

        @property
        def args(self) -> tuple[Any, ...]:
            """``(status, reason, facts)``, where the facts are those of the text, as JSON can hold them.

            Serializers such as Celery's for JSON keep the class and ``args`` alone, and call the class with them.
            """
            return (self.status, self.reason, self._json_facts())

        @args.setter
        def args(self, value: Any) -> None:
            """Nothing: they follow from the attributes. Serializers such as tblib's for Dask set all they find."""

    def _json_facts(self) -> dict[str, Any]:
        left_out = ("status", "reason", "body")  # the first two are in ``args``, and a body may hold secrets
        facts: dict[str, Any] = {
            name: value for name, value in vars(self).items() if isinstance(value, _SCALARS) and name not in left_out
        }
        headers = self.headers or {}
        facts["headers"] = {name: headers[name] for name in _HEADERS_IN_TEXT if name in headers}
        facts["path_parameters"] = list(self.path_parameters)
        facts["attempts"] = [list(attempt) for attempt in self.attempts]
        facts["error"] = None if self.error is None else {"error": self.message, "correlationId": self.correlation_id}
        return facts

    def _restore(self, facts: Mapping[str, Any]) -> None:
        from codat_python_sdk.model.codat_public_api_models_error_message import CodatPublicApiModelsErrorMessage
        from codat_python_sdk.model_utils import decode_unchecked
        from codat_python_sdk.retries import Attempt

        vars(self).update(facts)
        self.path_parameters = tuple(self.path_parameters)
        self.attempts = tuple(Attempt(*attempt) for attempt in facts.get("attempts") or ())
        error = facts.get("error")
        if error is not None:
            self.error = decode_unchecked(CodatPublicApiModelsErrorMessage, error)


_READS = ("GET", "HEAD", "OPTIONS")
_IDEMPOTENT = (*_READS, "DELETE")
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
#: Statuses of which the hint says what to correct.
_TO_CORRECT = frozenset({400, 401, 402, 403, 404, 407, 422})
_OUTCOME_TEXTS = {
    "not_sent": "the request was not sent",
    "rejected": "the request did not take effect",
    "unknown": "the request may have taken effect",
}
_STOPPED_TEXTS: dict[str | None, str] = {
    "budget": "the client's retry budget is used up",
    "requests_per_minute": "requests_per_minute has no turn within the deadline",
    "quota_reserve": "the quota is below quota_reserve",
}
_SCALARS = (str, int, float, bool, type(None))
_HEADERS_IN_TEXT = (
    "Date",
    "Location",
    "Retry-After",
    "X-Rate-Limit-Limit",
    "X-Rate-Limit-Remaining",
    "X-Rate-Limit-Reset",
)


class BadRequestException(ApiException):
    """400: the request is malformed, or not allowed in the connection's present state."""

    hint = "Correct the request; sending it again unchanged will not help"

    def _hint(self) -> str:
        # Codat's words since January 2023 for a POST whose body is the platform key alone, as in 2021, or empty.
        if "DataConnectionArgs" in self.message:
            return "Pass body={'platformKey': …}: the service no longer takes a platform key as the whole body"
        return self.hint


class UnauthorizedException(ApiException):
    """401: the credentials are missing or wrong."""

    hint = "Check the credentials: the API key (sent as 'Basic ' and its base64) or the access token"


class PaymentRequiredException(ApiException):
    """402: a limit of the account is reached."""

    hint = "The account's plan does not allow it; ask whoever owns the Codat account"


class ForbiddenException(ApiException):
    """403: the key is outdated, or not for this resource."""

    hint = "Check that the key is current and belongs to the account that owns the resource"


class NotFoundException(ApiException):
    """404: unknown, or already deleted."""

    def _hint(self) -> str:
        if not self.path_parameters:
            return "Check the path and the ids in it"
        deleted = "; a deleted connection cannot be restored" if "connection_id" in self.path_parameters else ""
        return f"Check {' and '.join(self.path_parameters)}{deleted}"


class ConflictException(ApiException):
    """409: in conflict with the present state, or a request with the same idempotency key is still running."""

    hint = "Check the current state before you retry"

    def _is_transient(self) -> bool:
        # It is about the key, and the request with it will end.
        return self.outcome == "unknown" and self.method in ("POST", "PATCH")


class UnprocessableEntityException(ApiException):
    """422: understood and rejected, for example an idempotency key that was used with another body."""

    def _hint(self) -> str:
        if self.hint:
            return self.hint
        if self.idempotency_key is None:
            return BadRequestException.hint
        return "If another request was sent with the same idempotency key, use a new key; else correct the request"


class TooManyRequestsException(ApiException):
    """429: the quota is used up; ``retry_after`` says for how many seconds, or is None."""

    hint = "Call less often"


class QuotaReserveException(TooManyRequestsException):
    """Not sent, because less of the account's quota is left than ``Configuration.quota_reserve`` keeps for others.

    Its ``status`` is 0. ``rate_limit`` is what the service last said, ``retry_after`` the seconds until the quota is
    full again.
    """

    hint = "Call again when the quota is full, or lower quota_reserve"
    last_seen: Sequence[str | None] | None = None

    @property
    def rate_limit(self) -> RateLimit | None:
        """The account's quota as last reported by the service."""
        return None if self.last_seen is None else RateLimit(*self.last_seen)

    def _is_transient(self) -> bool:
        return True

    def _json_facts(self) -> dict[str, Any]:
        return super()._json_facts() | {"last_seen": self.last_seen and list(self.last_seen)}


class ServiceException(ApiException):
    """5xx: the service, or something in front of it, failed."""

    def _hint(self) -> str:
        if not self._is_transient():  # such as 501: it would be the same
            return "Give the correlation id to Codat's support" if self.correlation_id else ""
        if self.correlation_id is None:
            return "Try again later"
        return "Try again later; if it keeps failing, give the correlation id to Codat's support"


class UnreadableResponseException(ApiException):
    """A 2xx whose body cannot be read: not JSON, cut off, too large, nested too deeply or in an unknown charset.

    Attributes:
        cut_off: True when the body ended early, so that another attempt may bring all of it.
        too_large: True when it is longer than ``Configuration.max_response_bytes``.
    """

    cut_off = False
    too_large = False
    hint = ".body holds the text that was received"

    def _is_transient(self) -> bool:
        return not self.too_large

    def _hint(self) -> str:
        if self.cut_off:
            return "Try again later"
        return self.hint if self.body else ""


class InvalidResponseException(UnreadableResponseException, ApiTypeError, ApiValueError):
    """A 2xx whose JSON has another shape than Codat describes. It is never retried: the response would be the same.

    Attributes:
        path_to_item: Where, in Python's names and from ``received_data`` on.
        valid_classes: The accepted types, as ``openapi_types`` writes them.
        key_type: False, as in 2021: the fault is in a value.
    """

    hint = "response_validation = 'lenient' reads such responses"
    hint_when_lenient = ".body holds the text that was received"

    def __init__(
        self,
        status: int | None = None,
        reason: str | None = None,
        http_resp: Any = None,
        path_to_item: Sequence[str | int] | None = None,
        valid_classes: tuple[Any, ...] | None = None,
    ) -> None:
        self.path_to_item = None if path_to_item is None else list(path_to_item)
        self.valid_classes = valid_classes
        self.key_type = False
        ApiException.__init__(self, status, reason, http_resp)

    @property
    def message(self) -> str:
        """What is wrong, by JSON names: ``results[3].lastSync is a number, expected a date and time``."""
        return str(self.reason or type(self).__name__)

    def __str__(self) -> str:
        return ApiException.__str__(self)

    def _what(self) -> str:
        where = f", at {render_path(self.path_to_item)}" if self.path_to_item else ""
        return super()._what() + where

    def _is_transient(self) -> bool:
        return False

    def _hint(self) -> str:
        return self.hint

    def _json_facts(self) -> dict[str, Any]:
        return super()._json_facts() | {"path_to_item": self.path_to_item}


class ApiConnectionException(ApiException):
    """There was no response: connection refused or reset, unknown host, malformed response.

    Attributes:
        is_lasting: True when another attempt would fail in the same way, such as without credentials for a proxy or
            with a host name that is not a valid one.
    """

    is_lasting = False
    hint = "Check the host and the network"

    def _is_transient(self) -> bool:
        return not self.is_lasting


class ApiTimeoutException(ApiConnectionException, TimeoutError):
    """There was no response in time.

    Attributes:
        last_status: After waiting for a connection's status, the one last seen; None otherwise.
    """

    last_status: str | None = None
    hint = "Check the network, or allow more time (timeout, deadline)"

    def _what(self) -> str:
        limit = "the deadline" if self.deadline is None else f"the {_seconds(self.deadline)} deadline"
        return super()._what().replace("the deadline", limit)


class WaitTimeoutException(ApiTimeoutException):
    """A connection did not reach the requested status within the time that ``wait_for_status`` was given.

    The network is not to blame, unless ``__cause__`` says that the last poll failed.

    Attributes:
        company_id: The company.
        connection_id: The connection.
        last_status: The status last seen; None when no poll succeeded.
    """

    company_id: str | None = None
    connection_id: str | None = None
    hint = "Ask the customer to complete the link, or wait longer"


class ApiTlsException(ApiConnectionException):
    """No trusted TLS connection could be established."""

    is_lasting = True  # a retry gets the same certificate
    hint = "Check the host's certificate, and ssl_ca_cert if it is signed by an authority of your own"


_BY_STATUS: dict[int, type[ApiException]] = {
    400: BadRequestException,
    401: UnauthorizedException,
    402: PaymentRequiredException,
    403: ForbiddenException,
    404: NotFoundException,
    409: ConflictException,
    422: UnprocessableEntityException,
    429: TooManyRequestsException,
}


def exception_for(status: int) -> type[ApiException]:
    """The class for an HTTP status that is not 2xx."""
    return _BY_STATUS.get(status, ServiceException if status >= 500 else ApiException)
