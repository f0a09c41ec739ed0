"""What can go wrong, and how it reads.

OpenApiException
├── ConnectionStateException                                       waiting for a status is pointless
├── ApiTypeError, ApiValueError, ApiAttributeError, ApiKeyError    called wrongly, or an answer of the wrong shape
└── ApiException                                                   a call that failed
    ├── BadRequestException … ServiceException                     the service said no (status 400 to 5xx)
    ├── UnreadableResponseException                                a 2xx whose body cannot be read
    └── ApiConnectionException                                     no answer at all (status 0)
        ├── ApiTimeoutException                                    also a TimeoutError
        └── ApiTlsException
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timezone
from typing import Any, Literal

from codat_python_sdk.clock import clock

Outcome = Literal["not_sent", "rejected", "unknown"]

# Reading on from a message of the service is for its page, not for one line of a log.
_LONGEST_MESSAGE = 300


class OpenApiException(Exception):
    """The base of everything that this package raises."""


class InsecureTransportWarning(UserWarning):
    """Credentials travel unprotected: plain HTTP to another machine, or TLS without verification."""


def render_path(path_to_item: Iterable[str | int]) -> str:
    """``['results', 3]`` as ``['results'][3]``."""
    return "".join(f"[{step!r}]" for step in path_to_item)


def _one_line(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"


class _Misuse(OpenApiException):
    """A message, and where in the arguments or in the answer the fault is (``path_to_item``, or None)."""

    def __init__(self, msg: str = "", path_to_item: Sequence[str | int] | None = None) -> None:
        self.message = msg
        self.path_to_item: list[str | int] | None = None if path_to_item is None else list(path_to_item)
        super().__init__(f"{msg} at {render_path(path_to_item)}" if path_to_item else msg)

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the repr


class ApiTypeError(_Misuse, TypeError):
    """A value has the wrong type; ``valid_classes`` are the ones that would do."""

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

    def inside(self, *steps: str | int) -> ApiTypeError:
        """The same fault seen from a container: each container adds its own step, and only when there is a fault."""
        return type(self)(self.message, [*steps, *(self.path_to_item or ())], self.valid_classes, self.key_type)


class ApiValueError(_Misuse, ValueError):
    """A value has the right type and cannot be used."""


class ApiAttributeError(_Misuse, AttributeError):
    """A model has no such attribute."""


class ApiKeyError(_Misuse, KeyError):
    """A model has no such item."""


class ConnectionStateException(OpenApiException):
    """Waiting for a status is pointless: the connection went where that status does not come from by itself.

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
        status: The HTTP status, or 0 when there was no answer.
        reason: The reason phrase, or what kept the answer from coming.
        body: The answer's body as text, or None.
        headers: The answer's headers, case-insensitive, or None.
        error: Codat's error body as a ``CodatPublicApiModelsErrorMessage``, or None.
        outcome: ``"not_sent"`` (never reached the service), ``"rejected"`` (nothing was done) or ``"unknown"``
            (it may have been done); None on an exception that was made by hand.
        attempts: One ``Attempt`` per try.
        idempotency_key: The key that every attempt carried, or None.
        method, url: What was called.
    """

    hint = ""

    def __init__(self, status: int | None = None, reason: str | None = None, http_resp: Any = None) -> None:
        super().__init__(status, reason)
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
        if http_resp is not None:
            self.status, self.reason, self.headers = http_resp.status, http_resp.reason, http_resp.getheaders()
            data = http_resp.data
            self.body = data.decode("utf-8", "replace") if isinstance(data, bytes) else data

    @property
    def correlation_id(self) -> str | None:
        """What Codat's support asks for: ``correlationId`` of the error body, or None."""
        return self.error.correlation_id if self.error is not None else None

    @property
    def retry_after(self) -> float | None:
        """Seconds that the service asks to wait (``Retry-After``, in seconds or as a date), or None."""
        return parse_retry_after(self.headers.get("Retry-After")) if self.headers is not None else None

    def __str__(self) -> str:
        where = f"{self.method} {self.url}: " if self.url else ""
        facts = [f"HTTP {self.status}"] if self.status else []
        if self.correlation_id:
            facts.append(f"correlation id {_one_line(self.correlation_id)}")
        if self.outcome and not (self.outcome == "unknown" and self.method in _READS):
            facts.append(_OUTCOME_TEXTS[self.outcome])
        if len(self.attempts) > 1:
            facts.append(f"{len(self.attempts)} attempts")
        brackets = f" ({', '.join(facts)})" if facts else ""
        advice = self._advice()
        return f"{where}{self._what()}{brackets}" + (f". {advice}" if advice else "")

    def _what(self) -> str:
        message = (self.error.error if self.error is not None else None) or self.reason or type(self).__name__
        return _one_line(message).rstrip(".")

    def _advice(self) -> str:
        if self.outcome == "unknown" and self.method not in _READS:
            advice = "Look whether it was done before repeating it"
            if self.idempotency_key is None or self.status == 500:  # Codat keeps a 500 with the key, and replays it
                return advice
            return f"{advice}, or repeat the call with idempotency key {self.idempotency_key}"
        return self.hint


_READS = ("GET", "HEAD", "OPTIONS")
_OUTCOME_TEXTS = {
    "not_sent": "nothing was sent",
    "rejected": "nothing was done",
    "unknown": "it may have been done",
}


class BadRequestException(ApiException):
    """400: the request is malformed, or not allowed in the connection's present state."""

    hint = "Correct the request; repeating it as it is will not help"


class UnauthorizedException(ApiException):
    """401: the credentials are missing or wrong."""

    hint = "Check the credentials: Authorization must be 'Basic ' and the base64 of the API key"


class PaymentRequiredException(ApiException):
    """402: a limit of the account is reached."""

    hint = "The account's plan does not allow it; ask whoever owns the Codat account"


class ForbiddenException(ApiException):
    """403: the key is outdated, or not for this resource."""

    hint = "Check that the key is current and belongs to the company's client"


class NotFoundException(ApiException):
    """404: unknown, or already deleted."""

    hint = "Check company_id and connection_id; a deleted connection is gone for good"


class ConflictException(ApiException):
    """409: in conflict with the present state, or a request with the same idempotency key is still running."""

    hint = "Fetch the present state, then decide"


class UnprocessableEntityException(ApiException):
    """422: understood and refused, for example an idempotency key that was used with another body."""

    hint = "Use a new idempotency key for a request that differs"


class TooManyRequestsException(ApiException):
    """429: the quota is used up; ``retry_after`` says for how many seconds, or is None."""

    def _advice(self) -> str:
        wait = "Call less often" if self.retry_after is None else f"Call again in {self.retry_after:g} s"
        return super()._advice() or wait


class ServiceException(ApiException):
    """5xx: the service, or something in front of it, failed."""

    hint = "Try again later; give the correlation id to Codat's support if it lasts"


class UnreadableResponseException(ApiException):
    """A 2xx whose body cannot be read: not JSON, cut off, too large, nested too deeply or in an unknown charset.

    Attributes:
        cut_off: True when the body ended early, so that another attempt may bring all of it.
        too_large: True when it is longer than ``Configuration.max_response_bytes``.
    """

    cut_off = False
    too_large = False
    hint = "Look at .body for what came instead"


class ApiConnectionException(ApiException):
    """There was no answer: refused, reset, unknown host, a broken reply."""

    hint = "Check the host and the network"


class ApiTimeoutException(ApiConnectionException, TimeoutError):
    """There was no answer in time.

    Attributes:
        last_status: After waiting for a connection's status, the one last seen; None otherwise.
    """

    last_status: str | None = None
    hint = "Check the network, or allow more time (timeout, deadline)"


class ApiTlsException(ApiConnectionException):
    """No TLS connection that can be trusted could be made."""

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


def parse_retry_after(text: str | None) -> float | None:
    """Seconds from now, never negative; None for what is neither a number of seconds nor an HTTP date."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:20])  # a longer number means "never" just as well, and fits a float
    from email.utils import parsedate_to_datetime  # imports a good part of email, for the rarer form

    try:
        date = parsedate_to_datetime(text).replace(tzinfo=timezone.utc)  # HTTP's dates are GMT, said or not
        return max(0.0, date.timestamp() - clock.wall_time())
    except (TypeError, ValueError, OverflowError):
        return None
