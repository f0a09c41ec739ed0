"""Waiting for a status, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from codat_python_sdk import polling
from codat_python_sdk.clock import Clock
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    ConnectionStateException,
    ForbiddenException,
    NotFoundException,
    ServiceException,
    TooManyRequestsException,
    WaitTimeoutException,
)
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.response import ApiResponse


class FakeClock(Clock):
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:  # type: ignore[override]
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """A clock in place of the real one, and no jitter."""
    clock = FakeClock()

    def longest(_: float, high: float) -> float:
        return high

    monkeypatch.setattr(polling, "clock", clock)
    monkeypatch.setattr(random, "uniform", longest)
    return clock


def seen(status: str | None, **headers: str) -> ApiResponse[Connection]:
    connection = Connection(
        id="k", integration_id="i", source_id="s", platform_name="Sandbox", link_url="https://link", status=status
    )
    return ApiResponse(connection, 200, {f"X-Rate-Limit-{name}": value for name, value in headers.items()})


def after(error: ApiException, seconds: str) -> ApiException:
    error.headers = {"Retry-After": seconds}
    return error


def fetching(*responses: Any) -> Callable[[float], ApiResponse[Connection]]:
    """A fetch that returns, or raises, one result after the other, and the last one forever."""
    script: Iterator[Any] = iter(responses)
    last: list[Any] = []

    def fetch(left: float) -> ApiResponse[Connection]:
        assert left > 0
        last[:] = [next(script, *last)]
        if isinstance(last[0], ApiException):
            last[0].method = "GET"
            raise last[0]
        return last[0]  # type: ignore[no-any-return]

    return fetch


def poll(*responses: Any, wanted: str = "Linked", timeout: float = 600, interval: float = 2) -> Connection:
    return polling.poll(
        fetching(*responses), frozenset(wanted.split()), timeout, interval, company_id="c", connection_id="k"
    )


def test_poll__there_already(clock: FakeClock) -> None:
    """A connection in the wanted state comes back at once."""
    assert poll(seen("Linked")).status == "Linked"
    assert clock.naps == []


def test_poll__one_of_several(clock: FakeClock) -> None:
    """Any of several states will do."""
    assert poll(seen("PendingAuth"), seen("Deauthorized"), wanted="Linked Deauthorized").status == "Deauthorized"


def test_poll__intervals_grow_to_half_a_minute(clock: FakeClock) -> None:
    """The first pause is the interval; each one after it is half as long again, up to 30 seconds."""
    poll(*[seen("PendingAuth")] * 9, seen("Linked"))
    assert clock.naps == pytest.approx([2, 3, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30, 30])


def test_poll__long_intervals_stay(clock: FakeClock) -> None:
    """An interval above half a minute is the caller's wish, and does not shrink."""
    poll(seen("PendingAuth"), seen("PendingAuth"), seen("Linked"), interval=60)
    assert clock.naps == [60, 60]


def test_poll__jitter(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are spread between half and all of the interval, so that many waiters do not march in step."""
    asked: list[tuple[float, float]] = []

    def shortest(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    monkeypatch.setattr(random, "uniform", shortest)
    poll(seen("PendingAuth"), seen("Linked"))
    assert asked == [(0.5, 1.0)]
    assert clock.naps == [1.0]


@pytest.mark.parametrize("timeout", [0.5, 7, 100])
def test_poll__never_outlives_its_timeout(clock: FakeClock, timeout: float) -> None:
    """It ends with the status last seen, and without a pause that would reach beyond the timeout."""
    with pytest.raises(ApiTimeoutException, match=f"still PendingAuth, not Linked after {timeout:g} s") as caught:
        poll(seen("PendingAuth"), timeout=timeout)
    assert caught.value.last_status == "PendingAuth"
    assert caught.value.outcome == "unknown"
    assert isinstance(caught.value, TimeoutError)
    assert clock.now <= 1000 + timeout


@pytest.mark.parametrize(("timeout", "interval"), [(5, 10), (600, 60), (100, 2)])
def test_poll__last_one_shortly_before_the_end(clock: FakeClock, timeout: float, interval: float) -> None:
    """A connection that is linked in the last moments is seen, whatever the interval: the last poll is near the end."""

    def fetch(_: float) -> ApiResponse[Connection]:
        return seen("Linked" if clock.now >= 1000 + timeout - 1 else "PendingAuth")

    found = polling.poll(fetch, frozenset({"Linked"}), timeout, interval, company_id="c", connection_id="k")
    assert found.status == "Linked"
    assert clock.now < 1000 + timeout


def test_poll__fetch_gets_the_time_left(clock: FakeClock) -> None:
    """Each poll gets the seconds that it may take."""
    given: list[float] = []
    responses = fetching(seen("PendingAuth"), seen("Linked"))

    def fetch(left: float) -> ApiResponse[Connection]:
        given.append(left)
        return responses(left)

    polling.poll(fetch, frozenset({"Linked"}), 10, 2, company_id="c", connection_id="k")
    assert given == [10, 8]


@pytest.mark.parametrize(
    "error",
    [ApiConnectionException(0, "x"), ApiTimeoutException(0, "x"), ServiceException(503), TooManyRequestsException(429)],
)
def test_poll__failure_that_passes(clock: FakeClock, error: ApiException) -> None:
    """No response, 429 and 5xx do not end the polling."""
    assert poll(error, seen("Linked")).status == "Linked"


@pytest.mark.parametrize(
    "error", [NotFoundException(404), ForbiddenException(403), ApiTlsException(0, "x"), ApiException(301)]
)
def test_poll__failure_that_stays(clock: FakeClock, error: ApiException) -> None:
    """A connection that is gone, and what will not get better, ends the waiting at once."""
    with pytest.raises(type(error)) as caught:
        poll(error)
    assert caught.value is error
    assert clock.naps == []


@pytest.mark.parametrize(("wanted", "advised"), [("Linked", True), ("Unlinked", False), ("Reviewed", False)])
def test_poll__advice_about_the_customer(clock: FakeClock, wanted: str, advised: bool) -> None:
    """The customer is to complete the link where a link is waited for, and nowhere else."""
    with pytest.raises(WaitTimeoutException, match=r"[Ww]ait longer$") as info:
        poll(seen("PendingAuth"), wanted=wanted)
    assert ("customer" in str(info.value)) is advised


def test_poll__never_seen(clock: FakeClock) -> None:
    """When every poll failed, the text names the last failure, which is the cause."""
    with pytest.raises(ApiTimeoutException, match=r"never seen.*The last poll failed: .*boom") as caught:
        poll(ServiceException(500, "boom"), timeout=5)
    assert caught.value.last_status is None
    assert isinstance(caught.value.__cause__, ServiceException)


def test_poll__retry_after_is_obeyed(clock: FakeClock) -> None:
    """A pause is as long as the service asks for."""
    poll(after(TooManyRequestsException(429), "77"), seen("Linked"))
    assert clock.naps == [77]


def test_poll__retry_after_beyond_the_timeout(clock: FakeClock) -> None:
    """When the service asks for more time than there is, the waiting ends at once."""
    with pytest.raises(ApiTimeoutException, match=r"has to wait 36000 s, and only 600 s are left.*last poll failed"):
        poll(after(TooManyRequestsException(429), "36000"), timeout=600)
    assert clock.naps == []


def test_poll__quota_used_up_beyond_the_timeout(clock: FakeClock) -> None:
    """What ends the waiting early is in the text, and the time to call again in the exception."""
    text = "the next poll has to wait 3600 s, and only 600 s are left. Call again in 3600 s"
    with pytest.raises(ApiTimeoutException, match=re.escape(text)) as caught:
        poll(seen("PendingAuth", Remaining="0", Reset="3600"), timeout=600)
    assert (caught.value.last_status, caught.value.retry_after) == ("PendingAuth", 3600)
    assert "customer" not in str(caught.value)


def test_poll__used_up_quota(clock: FakeClock) -> None:
    """With no requests left, the next poll waits for the reset, whatever form that has."""
    reset = datetime.now(timezone.utc) + timedelta(seconds=90)
    naive = reset.replace(tzinfo=None)
    http = reset.strftime("%a, %d %b %Y %H:%M:%S GMT")
    for text, expected in ((reset.isoformat(), 90), (naive.isoformat(), 90), (http, 90), ("55", 55), ("soon", 2)):
        clock.naps.clear()
        poll(seen("PendingAuth", Limit="1d", Remaining="0", Reset=text), seen("Linked"))
        assert clock.naps == pytest.approx([expected], abs=2), text


def test_poll__quota_that_is_not_used_up(clock: FakeClock) -> None:
    """As long as requests are left, the reset does not matter."""
    poll(seen("PendingAuth", Remaining="1", Reset="500"), seen("Linked"))
    assert clock.naps == [2]


@pytest.mark.parametrize("status", ["Unlinked", "Deauthorized"])
def test_poll__given_up_meanwhile(clock: FakeClock, status: str) -> None:
    """A connection that becomes unlinked while we wait for Linked ends the waiting; the text says which and why."""
    with pytest.raises(
        ConnectionStateException,
        match=f"^connection k of company c is {status}, and will not become Linked: .*link_url",
    ) as caught:
        poll(seen("PendingAuth"), seen(status))
    assert caught.value.last_status == status


@pytest.mark.parametrize("status", ["Unlinked", "Deauthorized"])
def test_poll__given_up_before(clock: FakeClock, status: str) -> None:
    """A connection that was unlinked when the waiting began may just be on its way back."""
    assert poll(seen(status), seen(status), seen("Linked")).status == "Linked"


def test_poll__pending_again(clock: FakeClock) -> None:
    """Nothing becomes PendingAuth a second time."""
    with pytest.raises(ConnectionStateException, match="before it is linked for the first time"):
        poll(seen("Linked"), wanted="PendingAuth")
    assert clock.naps == []


def test_poll__status_of_tomorrow(clock: FakeClock) -> None:
    """States that nobody knows yet are waited through."""
    assert poll(seen("Resting"), seen(None), seen("Linked")).status == "Linked"
