"""When to retry, how long to wait before it, and whether the call took effect. No sockets and no clock in here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, SupportsIndex

from codat_python_sdk.checks import is_number, shown
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTypeError,
    ApiValueError,
    InvalidResponseException,
    NotFoundException,
    Outcome,
    UnreadableResponseException,
)

KEYED_METHODS = frozenset({"POST", "PATCH"})  # Codat keeps the first response to an Idempotency-Key on these two
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})

# A 500 is not among the keyed methods': Codat stores it with the key, so that a retry would only replay it.
_RETRYABLE_STATUSES = {
    **dict.fromkeys(_SAFE_METHODS, frozenset({408, 429, 500, 502, 503, 504})),
    **dict.fromkeys(KEYED_METHODS, frozenset({408, 429, 502, 503, 504})),
}
# Any other method (the authorization PUT: tokens can be single-use) only where the request took no effect for certain.
_NOT_PROCESSED_STATUSES = frozenset({429, 503})

# 303: the response of a request that was processed is elsewhere. 408 and 499: given up, perhaps in the middle.
_MAYBE_PROCESSED_STATUSES = frozenset({303, 408, 499})

_IN_PROGRESS_TEXTS = ("idempoten", "in progress", "in flight")


_MAX_BUDGET = 1_000_000

#: Why a failed call was not retried.
StopReason = Literal[
    "not_retryable",
    "max_retries",
    "max_retry_after",
    "deadline",
    "budget",
    "requests_per_minute",
    "quota_reserve",
]


class RetryPolicy:
    """How often to retry a call, how long to wait before each retry, and how many retries a client makes in all.

    The wait before retry number n is random between 0 and ``min(max_interval, initial_interval * multiplier**n)``
    seconds ("full jitter"), unless the service names one in ``Retry-After``: then it is that one, up to
    ``max_retry_after`` seconds. A longer one ends the call, with the exception that carries it.

    All calls of a client share ``budget`` retries (None for no limit), so that they do not multiply an outage. A retry
    takes one. A call that succeeds gives back what its retries took, or a tenth if it took none. While it is empty,
    calls are not retried. The client keeps count, one for each size; the policy is a value.

    Raises:
        ApiTypeError: An argument is not a number.
        ApiValueError: An argument is negative or not finite, ``multiplier`` is below 1, or ``budget`` above 1,000,000.
    """

    __slots__ = ("budget", "initial_interval", "max_interval", "max_retries", "max_retry_after", "multiplier")

    def __init__(
        self,
        max_retries: int = 3,
        initial_interval: float = 0.5,
        multiplier: float = 2.0,
        max_interval: float = 8.0,
        max_retry_after: float = 86_400.0,
        budget: int | None = 100,
    ) -> None:
        self.max_retries: int = _number("max_retries", max_retries, int)
        self.initial_interval: float = _number("initial_interval", initial_interval)
        self.multiplier: float = _number("multiplier", multiplier, at_least=1)
        self.max_interval: float = _number("max_interval", max_interval)
        self.max_retry_after: float = _number("max_retry_after", max_retry_after)
        self.budget: int | None = None if budget is None else _number("budget", budget, int)
        if budget is not None and budget > _MAX_BUDGET:
            raise ApiValueError(f"budget must be at most {_MAX_BUDGET:,}, or None for no limit")

    def __repr__(self) -> str:
        return f"RetryPolicy({', '.join(f'{name}={getattr(self, name)!r}' for name in sorted(self.__slots__))})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return super().__reduce_ex__(max(int(protocol), 2))  # the older ones do not know slots

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RetryPolicy) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def wait(self, retry: int, jitter: Callable[[], float] | None = None) -> float:
        """Seconds to wait before retry number ``retry``, counted from 0; ``jitter`` draws between 0 and 1."""
        if jitter is None:
            import random  # takes longer to load than this whole file, and few calls are retried

            jitter = random.random
        try:
            longest = min(self.max_interval, self.initial_interval * self.multiplier**retry)
        except OverflowError:
            longest = self.max_interval
        return jitter() * longest


def _number(name: str, value: Any, kind: type = float, at_least: float = 0) -> Any:
    if not is_number(value, kind):
        expected = "an int" if kind is int else "a number"
        raise ApiTypeError(f"{name} must be {expected}, got {type(value).__name__}")
    if not at_least <= value < float("inf"):
        raise ApiValueError(f"{name} must be at least {at_least} and finite, got {shown(value)}")
    return value if type(value) in (int, float) else kind(value)  # of a subclass: a member of an enum, numpy's float64


DEFAULT_POLICY = RetryPolicy()
NO_RETRIES = RetryPolicy(max_retries=0)


def resolve_policy(retries: Any, name: str = "retries") -> Any:
    """What ``Configuration.retries`` and ``_retries`` may hold, as a policy; ``name`` is what the caller calls it.

    ``None`` is the default policy; ``0`` and ``False`` mean one attempt, another ``int`` that many retries. A
    ``RetryPolicy`` stays as it is, and so does a ``urllib3.Retry``, which urllib3 then follows by itself.
    """
    if retries is None:
        return DEFAULT_POLICY
    if retries is False:
        return NO_RETRIES
    if isinstance(retries, RetryPolicy) or (hasattr(retries, "increment") and not isinstance(retries, type)):
        return retries
    if isinstance(retries, int) and retries is not True:
        return RetryPolicy(max_retries=_number(name, int(retries), int))
    raise ApiTypeError(
        f"{name} must be None, False, an int, a RetryPolicy or a urllib3.Retry, got {type(retries).__name__}"
    )


class Attempt(NamedTuple):
    """One attempt: its HTTP status (None without one), or what went wrong; seconds taken, and slept before it."""

    status: int | None
    error: str | None
    seconds: float
    slept: float


class Delivery:
    """The attempts of one logical call so far, their outcome, and whether another one follows."""

    __slots__ = (
        "attempts",
        "caller_gave_key",
        "expires_at",
        "idempotent",
        "method",
        "outcome",
        "policy",
        "slept",
        "stopped_by",
    )

    def __init__(
        self,
        method: str,
        policy: Any,
        expires_at: float | None,
        caller_gave_key: bool = False,
        idempotent: bool = False,
    ) -> None:
        self.method: str = method
        # urllib3 follows a urllib3.Retry inside of what is one attempt here.
        self.policy: RetryPolicy = policy if isinstance(policy, RetryPolicy) else NO_RETRIES
        self.expires_at: float | None = expires_at  #: on the clock of ``started`` and ``now`` below
        self.caller_gave_key: bool = caller_gave_key
        self.idempotent: bool = idempotent or method in _SAFE_METHODS
        self.attempts: list[Attempt] = []
        self.outcome: Outcome = "not_sent"
        self.slept: float = 0.0  #: seconds, before the attempt to come
        self.stopped_by: StopReason | None = None

    def succeeded(self, status: int, started: float, now: float) -> None:
        """Record the attempt that succeeded."""
        self.attempts.append(Attempt(status, None, now - started, self.slept))

    def failed(self, error: ApiException, started: float, now: float) -> float | None:
        """Note a failed attempt; seconds to wait before the next one, or None when it was the last.

        Fills in ``outcome`` and ``attempts`` of the error: those of the whole call, not of the last attempt alone.
        """
        self.attempts.append(Attempt(error.status or None, error.reason, now - started, self.slept))
        retryable = self._is_retryable(error)
        outcome = self._outcome_of(error)
        if self.outcome != "unknown" and outcome != "not_sent":
            self.outcome = outcome  # what may have taken effect once stays so, whatever came later
        error.outcome, error.attempts = self.outcome, tuple(self.attempts)

        wait = self.policy.wait(len(self.attempts) - 1) if error.retry_after is None else error.retry_after
        self.stopped_by = self._stop_reason(error, retryable, now + wait)
        if self.stopped_by is not None:
            return None
        self.slept = wait
        return wait

    def _stop_reason(self, error: ApiException, retryable: bool, retry_at: float) -> StopReason | None:
        if not retryable:
            return "not_retryable"
        if len(self.attempts) > self.policy.max_retries:
            return "max_retries"
        if (error.retry_after or 0.0) > self.policy.max_retry_after:
            return "max_retry_after"
        if self.expires_at is not None and retry_at >= self.expires_at:
            return "deadline"
        return None

    def took_effect_before(self, error: ApiException) -> bool:
        """Whether this 404 means that the DELETE has worked: an earlier attempt may have taken effect."""
        return self.method == "DELETE" and self.outcome == "unknown" and isinstance(error, NotFoundException)

    def _is_retryable(self, error: ApiException) -> bool:
        keyed = self.method in KEYED_METHODS
        repeatable = keyed or self.idempotent
        if isinstance(error, InvalidResponseException):
            return False  # the next response would have the same shape
        if isinstance(error, ApiConnectionException):
            return not error.is_lasting and (repeatable or error.outcome == "not_sent")
        if isinstance(error, UnreadableResponseException):
            return error.cut_off if keyed else repeatable and not error.too_large
        if error.status == 409 and keyed:
            return self._is_in_progress(error)
        return error.status in _RETRYABLE_STATUSES.get(
            "GET" if self.idempotent else self.method, _NOT_PROCESSED_STATUSES
        )

    def _is_in_progress(self, conflict: ApiException) -> bool:
        """Whether a 409 is about the key: a request with it is running, one of ours or another holder's."""
        if self.outcome == "unknown" or self.caller_gave_key:
            return True
        text = (conflict.body or "").lower()
        return any(words in text for words in _IN_PROGRESS_TEXTS)

    def _outcome_of(self, error: ApiException) -> Outcome:
        if isinstance(error, ApiConnectionException):
            return error.outcome or "unknown"
        status = error.status or 0
        if error.outcome == "unknown":  # there were attempts that this loop has not seen
            return "unknown"
        if status <= 299 or status in _MAYBE_PROCESSED_STATUSES or (status >= 500 and status != 503):
            return "unknown"
        if status == 409 and self.method in KEYED_METHODS and self._is_in_progress(error):
            return "unknown"
        return "rejected"
