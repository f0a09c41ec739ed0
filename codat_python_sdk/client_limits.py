"""What the calls of one client share, so that together they do not overload the service."""

from __future__ import annotations

import logging
import os
from itertools import count
from typing import TYPE_CHECKING, Any

from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    QuotaReserveException,
    UnreadableResponseException,
)
from codat_python_sdk.interruptions import raise_interruption_in
from codat_python_sdk.pace import Pace
from codat_python_sdk.quota import Quota, QuotaState
from codat_python_sdk.rate_limits import rate_limit_of
from codat_python_sdk.retry_budget import RetryBudget

if TYPE_CHECKING:
    from codat_python_sdk.attempt_events import AttemptEvent, AttemptHook, RetryReason
    from codat_python_sdk.request import Call
    from codat_python_sdk.retries import Delivery, StopReason

logger: logging.Logger = logging.getLogger(__name__)


class ClientLimits:
    """Retry budgets, pace, quota and hook of a client. Knows no sockets and does not wait.

    It belongs to the client, not to the settings: copies that share a transport share it, and a pickled client or a
    forked process starts with a new one.
    """

    def __init__(self) -> None:
        #: By size; empty until the first retry, so that a client without failures pays nothing for them.
        self.budgets: dict[int, RetryBudget] = {}
        self._pace = Pace()
        self._quota = Quota()
        self._hook_failures = count()
        self._process = os.getpid()

    def __reduce__(self) -> tuple[type[ClientLimits], tuple[()]]:
        return ClientLimits, ()

    def _start_anew_after_fork(self) -> None:
        if self._process != os.getpid():  # another thread of the parent may have held the lock of the pace
            ClientLimits.__init__(self)

    # -- before an attempt -----------------------------------------------------------------------------------------

    def check_quota(self, call: Call) -> None:
        """Reject a call that would use the part of the quota that ``quota_reserve`` keeps for others.

        Raises:
            QuotaReserveException: The last response said that less is left.
        """
        reserve = call.quota_reserve
        if reserve is not None and (state := self._quota.below(reserve)) is not None:
            raise _below_reserve(state, reserve)

    def first_turn(self, call: Call, now: float, expires_at: float | None) -> float:
        """Seconds to wait before the first attempt, by ``requests_per_minute``.

        Raises:
            ApiTimeoutException: There is no turn within the deadline.
        """
        if call.requests_per_minute is None:
            return 0.0
        self._start_anew_after_fork()
        interval = 60 / call.requests_per_minute
        turn = self._pace.reserve(interval, now, now, expires_at)
        if turn is None:
            raise _no_turn(call.requests_per_minute, self._pace.next_free(interval, now) - now)
        return turn - now

    def _retry_turn(self, call: Call, delivery: Delivery, wait: float, now: float) -> float | StopReason:
        """Seconds to wait before a retry that the policy would make after ``wait``, or why there is none."""
        if call.quota_reserve is not None and self._quota.below(call.quota_reserve) is not None:
            return "quota_reserve"
        budget = self._budget(delivery.policy.budget)
        if budget is not None and not budget.spend():
            return "budget"
        if call.requests_per_minute is None:
            return wait
        turn = self._pace.reserve(60 / call.requests_per_minute, now + wait, now, delivery.expires_at)
        if turn is not None:
            return turn - now
        if budget is not None:
            budget.give_back(1)
        return "requests_per_minute"

    # -- after an attempt ------------------------------------------------------------------------------------------

    def succeeded(self, call: Call, delivery: Delivery, response: Any) -> None:
        """Record a success, return its retries to the budget, and call the hook."""
        self._start_anew_after_fork()
        self._give_back(delivery)
        if call.quota_reserve is not None:
            self._quota.note(response.getheaders())
        if call.on_attempt is not None:
            self._tell(call.on_attempt, _event(call, delivery, response, None, None))

    def failed(
        self, call: Call, delivery: Delivery, error: ApiException, wait: float | None, now: float
    ) -> float | None:
        """Record a failure, decide whether the limits allow the retry, and call the hook.

        Args:
            call: The call.
            delivery: Its attempts.
            error: What the last one failed with.
            wait: Seconds after which the policy would retry; None when it would not.
            now: The present.

        Returns:
            Seconds to wait before the next attempt; None when there is none.
        """
        self._start_anew_after_fork()
        if call.quota_reserve is not None and rate_limit_of(error.headers) is not None:
            self._quota.note(error.headers or {})
        if wait is not None:
            turn = self._retry_turn(call, delivery, wait, now)
            if isinstance(turn, str):
                delivery.stopped_by, wait = turn, None
            else:
                delivery.slept = wait = turn
        elif delivery.took_effect_before(error):
            self._give_back(delivery)
        if call.on_attempt is not None:
            self._tell(call.on_attempt, _event(call, delivery, None, error, wait))
        return wait

    def _budget(self, size: int | None) -> RetryBudget | None:
        if size is None:
            return None
        if size not in self.budgets:
            self.budgets.setdefault(size, RetryBudget(size))  # atomic: several first retries get one
        return self.budgets[size]

    def _give_back(self, delivery: Delivery) -> None:
        budget = self.budgets.get(delivery.policy.budget) if delivery.policy.budget is not None else None
        if budget is not None:
            budget.give_back(len(delivery.attempts) - 1)

    def _tell(self, hook: AttemptHook, event: AttemptEvent) -> None:
        """Call the hook; an exception in it is logged once, and does not affect the call."""
        try:
            hook(event)
        except Exception as error:
            raise_interruption_in(error)
            if next(self._hook_failures) == 0:
                logger.exception(
                    "on_attempt raised an exception; calls are not affected, and further ones are not logged"
                )


# Functions make the errors, since the traceback of an exception has the frame that raises it: a variable there would
# be a cycle of references, and keep the caller's frames until the garbage collector runs.


def _below_reserve(state: QuotaState, reserve: float) -> QuotaReserveException:
    limit, remaining, _ = state.rate_limit
    text = f"{remaining} of the account's {limit} requests are left, and quota_reserve keeps {reserve:.0%} for others"
    error = QuotaReserveException(0, text)
    error.last_seen, error.own_retry_after = state.rate_limit, state.seconds_left
    error.outcome, error.stopped_by = "not_sent", "quota_reserve"
    return error


def _no_turn(requests_per_minute: float, wait: float) -> ApiTimeoutException:
    text = f"no turn within the deadline, at {requests_per_minute:g} requests a minute (requests_per_minute)"
    error = ApiTimeoutException(0, text)
    error.outcome, error.stopped_by, error.own_retry_after = "not_sent", "requests_per_minute", wait
    return error


def _event(
    call: Call, delivery: Delivery, response: Any, error: ApiException | None, wait: float | None
) -> AttemptEvent:
    """The last attempt, which ended with either a response or an error; ``wait`` is None when it was the last."""
    from codat_python_sdk.attempt_events import AttemptEvent  # few clients have a hook

    last = delivery.attempts[-1]
    event = AttemptEvent(
        operation=call.operation,
        method=call.method,
        path=call.path,
        number=len(delivery.attempts),
        status=last.status,
        error=last.error,
        error_type=None,
        seconds=last.seconds,
        slept=last.slept,
        will_retry=wait is not None,
        reason=None,
        rate_limit=rate_limit_of(response.getheaders()) if error is None else error.rate_limit,
        correlation_id=None,
    )
    if error is None:
        return event
    reason = delivery.stopped_by if wait is None else _reason(error)
    took_effect = delivery.took_effect_before(error)
    return event._replace(
        error_type=type(error).__name__,
        reason=None if took_effect else reason,
        correlation_id=error.correlation_id,
    )


def _reason(error: ApiException) -> RetryReason:
    if isinstance(error, ApiTimeoutException):
        return "timeout"
    if isinstance(error, ApiConnectionException):
        return "no_response"
    return "unreadable_response" if isinstance(error, UnreadableResponseException) else "status"
