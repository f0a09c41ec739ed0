"""Policies and the bookkeeping of one call, as values: no sockets and no clock."""

from __future__ import annotations

import pickle
from enum import IntEnum
from typing import Any

import pytest
import urllib3
from cases import case
from hypothesis import given
from hypothesis import strategies as st

from codat_python_sdk import ApiTypeError, ApiValueError, Attempt, RetryPolicy
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    UnreadableResponseException,
    exception_for,
)
from codat_python_sdk.retries import DEFAULT_POLICY, Delivery, resolve_policy


def test_policy__defaults() -> None:
    """Three retries, half a second doubling up to eight."""
    policy = RetryPolicy()
    assert (policy.max_retries, policy.initial_interval, policy.multiplier, policy.max_interval) == (3, 0.5, 2.0, 8.0)


def test_policy__waits_with_full_jitter() -> None:
    """The wait lies between nothing and an interval that doubles up to its maximum."""
    cases: list[tuple[int, float]] = [(0, 0.5), (1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 8.0), (5000, 8.0)]
    policy = RetryPolicy()
    for retry, longest in cases:
        with case(retry, longest):
            assert policy.wait(retry, lambda: 0.0) == 0.0
            assert policy.wait(retry, lambda: 1.0) == longest
            waits = [policy.wait(retry) for _ in range(50)]
            assert all(0 <= wait <= longest for wait in waits) and len(set(waits)) > 1


@given(
    st.builds(
        RetryPolicy,
        max_retries=st.integers(0, 10**9),
        initial_interval=st.floats(0, 1e300),
        multiplier=st.floats(1, 1e300),
        max_interval=st.floats(0, 1e300),
    ),
    st.integers(0, 10**6),
)
def test_policy__no_number_of_retries_breaks_the_wait(policy: RetryPolicy, retry: int) -> None:
    """However the numbers are chosen, a wait is between 0 and max_interval."""
    assert 0 <= policy.wait(retry) <= policy.max_interval


def test_policy__refuses_what_cannot_work() -> None:
    """A wrong number fails when the policy is made, and the text names it."""
    cases: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"max_retries": -1}, ApiValueError),
        ({"max_retries": 1.0}, ApiTypeError),
        ({"budget": 1.5}, ApiTypeError),
        ({"max_retries": True}, ApiTypeError),
        ({"max_retries": None}, ApiTypeError),
        ({"initial_interval": -0.1}, ApiValueError),
        ({"initial_interval": "1"}, ApiTypeError),
        ({"multiplier": 0.9}, ApiValueError),
        ({"max_interval": float("inf")}, ApiValueError),
        ({"max_interval": float("nan")}, ApiValueError),
        ({"max_retry_after": -1}, ApiValueError),
    ]
    for arguments, error in cases:
        with case(arguments, error), pytest.raises(error, match=next(iter(arguments))):
            RetryPolicy(**arguments)


def test_policy__says_which_numbers_are_whole() -> None:
    """A float where a number of times is due is told what would do."""
    with pytest.raises(ApiTypeError, match="max_retries must be an int, got float"):
        RetryPolicy(max_retries=1.5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_policy__is_a_value() -> None:
    """Policies compare and hash by content, show all of it, and pickle."""
    policy = RetryPolicy(5, 0.1, 3.0, 9.0, 60.0)
    assert policy == RetryPolicy(5, 0.1, 3.0, 9.0, 60.0) != RetryPolicy()
    assert hash(policy) == hash(RetryPolicy(5, 0.1, 3.0, 9.0, 60.0))
    assert eval(repr(policy)) == policy
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert policy != "policy"


def test_resolve__every_form() -> None:
    """None is the default; 0 and False mean once; a number means so many retries; policies stay as they are."""
    retry, policy = urllib3.Retry(2), RetryPolicy(7)
    assert resolve_policy(None) is DEFAULT_POLICY
    assert [resolve_policy(n).max_retries for n in (0, False, 1, 5)] == [0, 0, 1, 5]
    assert resolve_policy(retry) is retry
    assert resolve_policy(policy) is policy


def test_resolve__anything_else() -> None:
    """Any other form is an ApiTypeError that lists the forms."""
    cases: list[Any] = [True, "3", 1.0, [], object()]
    text = r"None, False, an int, a RetryPolicy or a urllib3\.Retry"
    for retries in cases:
        with case(retries), pytest.raises(ApiTypeError, match=text):
            resolve_policy(retries)


@pytest.mark.parametrize(("retries", "shown"), [(-1, "-1"), (-(10**5000), "a value of type int")], ids=["-1", "long"])
def test_resolve__negative_number(retries: int, shown: str) -> None:
    """A number that cannot be is named as the caller named it, however long it is."""
    with pytest.raises(ApiValueError, match=f"^retries must be at least 0 and finite, got {shown}$"):
        resolve_policy(retries)
    with pytest.raises(ApiValueError, match="_retries must be at least 0"):
        resolve_policy(retries, "_retries")


def test_policy__numbers_of_other_classes() -> None:
    """A number may be a member of an enum, or of another subclass of int or float."""

    class Retries(IntEnum):
        FEW = 2

    class Seconds(float):
        def __repr__(self) -> str:
            return "Seconds"

    assert resolve_policy(Retries.FEW) == RetryPolicy(Retries.FEW) == RetryPolicy(2)
    assert RetryPolicy(max_interval=Seconds(1.5)) == RetryPolicy(max_interval=1.5)


# -- what is tried again -----------------------------------------------------------------------------------------------


def failure(what: str | int) -> ApiException:
    """An exception as the transport or a status makes it."""
    if isinstance(what, int):
        return exception_for(what)(what, "reason")
    if what in ("refused", "reset"):
        error: ApiException = ApiConnectionException(0, what)
        error.outcome = "not_sent" if what == "refused" else "unknown"
    elif what == "timeout":
        error = ApiTimeoutException(0, what)
        error.outcome = "unknown"
    elif what == "tls":
        error = ApiTlsException(0, what)
        error.outcome = "not_sent"
    else:
        error = UnreadableResponseException(200, what)
        error.cut_off, error.too_large = what == "cut", what == "large"
    return error


ALWAYS: set[str | int] = {"refused", "reset", "timeout", "cut", 408, 429, 502, 503, 504}
RETRIED: dict[str, set[str | int]] = {
    "GET": ALWAYS | {"junk", 500},
    "DELETE": ALWAYS | {"junk", 500},
    "POST": ALWAYS,
    "PATCH": ALWAYS,
    "PUT": {"refused", 429, 503},
}
FAILURES: list[str | int] = [
    "refused", "reset", "timeout", "tls", "cut", "junk", "large", 302, 400, 401, 403, 404, 408, 409, 422, 429, 500, 501,
    502, 503, 504, 505,
]  # fmt: skip


@pytest.mark.parametrize("method", RETRIED)
def test_delivery__tries_again_where_it_is_safe_and_may_help(method: str, subtests: pytest.Subtests) -> None:
    """The table of methods and failures: which one gets another attempt."""
    for what in FAILURES:
        with subtests.test(str(what)):
            delivery = Delivery(method, RetryPolicy(1), None)
            assert (delivery.failed(failure(what), 0.0, 1.0) is not None) == (what in RETRIED[method])
            assert delivery.failed(failure(what), 1.0, 2.0) is None, "one retry only"


def test_delivery__says_what_may_have_happened() -> None:
    """The outcome of the call is that of its attempts, and what once was unknown stays so."""
    cases: list[tuple[str | int, str]] = [
        ("refused", "not_sent"),
        ("tls", "not_sent"),
        ("reset", "unknown"),
        ("timeout", "unknown"),
        ("cut", "unknown"),
        ("junk", "unknown"),
        (0, "unknown"),
        (199, "unknown"),
        (302, "rejected"),
        (303, "unknown"),
        (499, "unknown"),
        (400, "rejected"),
        (404, "rejected"),
        (409, "rejected"),
        (429, "rejected"),
        (503, "rejected"),
        (408, "unknown"),
        (500, "unknown"),
        (502, "unknown"),
        (504, "unknown"),
    ]
    for what, outcome in cases:
        with case(what, outcome):
            error = failure(what)
            Delivery("POST", RetryPolicy(0), None).failed(error, 0.0, 1.0)
            assert error.outcome == outcome
            delivery, last = Delivery("POST", RetryPolicy(3), None), failure(what)
            delivery.failed(failure("reset"), 0.0, 1.0)
            delivery.failed(last, 0.0, 1.0)
            assert last.outcome == "unknown"


def test_delivery__refused_after_rejected_is_not_not_sent() -> None:
    """A call of which one attempt reached the service does not say that nothing was sent."""
    delivery, last = Delivery("POST", RetryPolicy(3), None), failure("refused")
    delivery.failed(failure(503), 0.0, 1.0)
    delivery.failed(last, 0.0, 1.0)
    assert last.outcome == "rejected"


def test_delivery__conflict_is_retried_when_it_can_be_about_the_key() -> None:
    """A 409 means "still in progress" only if somebody else can have used the key, or the body says so."""
    cases: list[tuple[bool, list[str | int], str, bool]] = [
        (False, [], "", False),
        (False, [], "Company already has an accounting connection", False),
        (False, [], "A request with this Idempotency-Key is in progress", True),
        (True, [], "", True),
        (False, ["reset"], "", True),
        (False, [503], "", False),
    ]
    for caller_gave_key, before, body, again in cases:
        with case(caller_gave_key, before, body, again):
            delivery = Delivery("POST", RetryPolicy(5), None, caller_gave_key)
            for what in before:
                delivery.failed(failure(what), 0.0, 1.0)
            conflict = failure(409)
            conflict.body = body
            assert (delivery.failed(conflict, 0.0, 1.0) is not None) == again
            assert conflict.outcome == ("unknown" if again else "rejected")


def test_delivery__obeys_retry_after_within_its_limits() -> None:
    """The service's wait counts instead of ours, unless it is longer than the policy or the deadline allows."""

    def asked(seconds: str, policy: RetryPolicy, deadline: float | None) -> float | None:
        error = failure(429)
        error.headers = {"Retry-After": seconds}
        return Delivery("GET", policy, deadline).failed(error, 0.0, 1.0)

    assert asked("7", RetryPolicy(1), None) == 7.0
    assert asked("7", RetryPolicy(1), 8.5) == 7.0
    assert asked("7", RetryPolicy(1), 8.0) is None
    assert asked("7", RetryPolicy(1, max_retry_after=6), None) is None
    assert asked("0", RetryPolicy(1), None) == 0.0


def test_delivery__notes_every_attempt() -> None:
    """Each try is there with its status or error, the seconds it took and those slept before it."""
    delivery, error = Delivery("GET", RetryPolicy(2, initial_interval=0.0), None), failure("timeout")
    delivery.failed(error, 10.0, 10.5)
    delivery.succeeded(200, 11.0, 11.25)
    assert error.attempts == (Attempt(None, "timeout", 0.5, 0.0),)
    assert delivery.attempts == [Attempt(None, "timeout", 0.5, 0.0), Attempt(200, None, 0.25, 0.0)]


def test_delivery__404_after_a_lost_delete_is_done() -> None:
    """A DELETE that finds nothing has worked if an attempt before it may have."""
    cases: list[tuple[str, list[Any], int, bool]] = [
        ("DELETE", ["reset"], 404, True),
        ("DELETE", [500], 404, True),
        ("DELETE", [], 404, False),
        ("DELETE", [503], 404, False),
        ("DELETE", ["refused"], 404, False),
        ("DELETE", ["reset"], 403, False),
        ("GET", ["reset"], 404, False),
    ]
    for method, before, last, done in cases:
        with case(method, before, last, done):
            delivery, error = Delivery(method, RetryPolicy(5), None), failure(last)
            for what in before:
                delivery.failed(failure(what), 0.0, 1.0)
            delivery.failed(error, 0.0, 1.0)
            assert delivery.took_effect_before(error) == done


def test_delivery__leaves_a_policy_of_urllib3_alone() -> None:
    """With a urllib3.Retry there is one attempt at this level."""
    assert Delivery("GET", urllib3.Retry(5), None).failed(failure(503), 0.0, 1.0) is None
