"""The account's quota: what responses say of it, until when that counts, and how much of it is left to others."""

from __future__ import annotations

import json
import logging
import pickle
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from cases import case
from conftest import MakeApi
from faulty import QUICK, call
from server import CONNECTION, ScriptedServer, dropped, http_response

from codat_python_sdk import ApiTypeError, ApiValueError, CodatPlatform, Configuration, RetryPolicy
from codat_python_sdk.clock import Clock
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    BadRequestException,
    QuotaReserveException,
    ServiceException,
    TooManyRequestsException,
)
from codat_python_sdk.quota import Quota, seconds_until_reset
from codat_python_sdk.sandbox import Sandbox

NOON = datetime(2026, 11, 25, 12, tzinfo=timezone.utc)
HALF_A_DAY = 12 * 60 * 60.0


class Wall:
    """A clock on the wall that a test can turn."""

    def __init__(self) -> None:
        self.now = NOON

    def timestamp(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """The wall clock, which shows noon."""
    wall = Wall()
    monkeypatch.setattr(Clock, "wall_time", staticmethod(wall.timestamp))
    monkeypatch.setattr(Clock, "utc_now", staticmethod(lambda: wall.now))
    return wall


def quota_headers(remaining: Any, limit: Any = 1000, reset: Any = None) -> list[tuple[str, str]]:
    """The service's headers; None leaves one out."""
    values = {"Limit": limit, "Remaining": remaining, "Reset": reset}
    return [(f"X-Rate-Limit-{name}", str(value)) for name, value in values.items() if value is not None]


# -- when it is full again ---------------------------------------------------------------------------------------------


def test_reset__is_read_in_every_likely_form(wall: Wall) -> None:
    """Codat documents no format: ISO 8601 (UTC without a zone), an HTTP date and seconds are read."""
    cases: list[tuple[str | None, float | None]] = [
        ("2026-11-25T13:00:00Z", 3600.0),
        ("2026-11-25T14:00:00+01:00", 3600.0),
        ("2026-11-25T13:00:00", 3600.0),
        (format_datetime(NOON + timedelta(hours=1), usegmt=True), 3600.0),
        ("90", 90.0),
        ("3600", 3600.0),
        ("7200.5", 7200.5),
        ("43200", 43200.0),
        ("2026-11-25T11:00:00Z", 0.0),
        ("soon", None),
        ("", None),
        (None, None),
    ]
    for reset, seconds in cases:
        with case(reset, seconds):
            assert seconds_until_reset(reset) == seconds


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("2026-11-25T13:00:00Z", 3600.0)]
    + [(reset, HALF_A_DAY) for reset in (None, "soon", "2026-11-25T11:00:00Z", "2027-11-25T13:00:00Z", "1790000000")],
)
def test_state__counts_until_the_reset(wall: Wall, reset: str | None, seconds: float) -> None:
    """It is forgotten at the reset: the one in the header where that is possible, else 00:00 UTC."""
    quota = Quota()
    quota.note(dict(quota_headers(10, reset=reset)))
    state = quota.below(0.5)
    assert state is not None
    assert round(state.seconds_left, 3) == seconds
    wall.now += timedelta(seconds=seconds - 1)
    assert quota.below(0.5) is not None
    wall.now += timedelta(seconds=1)
    assert quota.below(0.5) is None


def test_reserve__is_a_share_of_the_limit(wall: Wall) -> None:
    """Below means below: exactly the share is enough."""
    cases: list[tuple[Any, Any, float, bool]] = [
        (499, 1000, 0.5, True),
        (500, 1000, 0.5, False),
        (0, 1000, 0, False),
        (999, 1000, 1, True),
        (1000, 1000, 1, False),
        (" 4 ", " 10.0", 0.5, True),
        (0, 0, 0.5, False),
    ]
    for remaining, limit, reserve, is_below in cases:
        with case(remaining, limit, reserve, is_below):
            quota = Quota()
            quota.note(dict(quota_headers(remaining, limit)))
            assert (quota.below(reserve) is not None) is is_below


# -- calls -------------------------------------------------------------------------------------------------------------


def test_setting__refuses_what_is_no_share() -> None:
    """A share is a number from 0 to 1; the error names the setting."""
    cases: list[tuple[Any, type[Exception]]] = [
        (-0.1, ApiValueError),
        (1.1, ApiValueError),
        (float("nan"), ApiValueError),
        ("1", ApiTypeError),
    ]
    for value, error in cases:
        with case(value, error), pytest.raises(error, match="quota_reserve"):
            Configuration(quota_reserve=value)


def test_call__below_the_reserve_is_not_sent(server: ScriptedServer, make_api: MakeApi, wall: Wall) -> None:
    """The error says what is left and when the quota is full again, keeps that in JSON and pickles, and is no 429."""
    server.script(http_response(CONNECTION, headers=quota_headers(199, reset="2026-11-25T13:00:00Z")))
    api = make_api(quota_reserve=0.2)
    call(api, "get")
    with pytest.raises(QuotaReserveException) as caught:
        call(api, "create")
    error = caught.value
    assert isinstance(error, TooManyRequestsException)
    assert (error.status, error.outcome, error.stopped_by, error.attempts) == (0, "not_sent", "quota_reserve", ())
    assert (error.retryable, error.method) == (True, "POST")
    assert round(error.retry_after or 0, 3) == 3600
    assert "199 of the account's 1000 requests are left, and quota_reserve keeps 20% for others" in str(error)
    assert str(error).endswith("Call again in 3600 s")
    rebuilt = QuotaReserveException(*json.loads(json.dumps(error.args)))
    for other in (rebuilt, pickle.loads(pickle.dumps(error))):
        assert (str(other), other.rate_limit, other.retry_after) == (str(error), error.rate_limit, error.retry_after)
    assert error.rate_limit == ("1000", "199", "2026-11-25T13:00:00Z")
    assert len(server.requests) == 1


def test_call__above_the_reserve_does_not_wait(server: ScriptedServer, make_api: MakeApi, wall: Wall) -> None:
    """A call that leaves enough for others is sent at once."""
    (attempt,) = call(make_api(quota_reserve=0.2), "get").attempts
    assert attempt.slept == 0


def test_call__after_the_reset_is_sent(server: ScriptedServer, make_api: MakeApi, wall: Wall) -> None:
    """What was seen is forgotten when the quota is full again; then the next response counts."""
    server.script(http_response(CONNECTION, headers=quota_headers(0)))
    api = make_api(quota_reserve=0.2)
    for _ in range(2):
        call(api, "get")
        with pytest.raises(QuotaReserveException):
            call(api, "get")
        wall.now += timedelta(hours=24)
    assert len(server.requests) == 2


def test_without_a_reserve__all_of_the_quota_is_used(server: ScriptedServer, make_api: MakeApi) -> None:
    """A client without the setting does not care, whatever headers say."""
    server.script(http_response(CONNECTION, headers=quota_headers(0)))
    api = make_api()
    for _ in range(3):
        call(api, "get")


def test_failures__say_what_is_left_too(server: ScriptedServer, make_api: MakeApi, wall: Wall) -> None:
    """An error's headers count as those of a success."""
    server.script(http_response({"error": "no"}, 400, quota_headers(1)))
    api = make_api(quota_reserve=0.2)
    with pytest.raises(BadRequestException):
        call(api, "get")
    with pytest.raises(QuotaReserveException):
        call(api, "get")


def test_retry__below_the_reserve_is_not_made(server: ScriptedServer, make_api: MakeApi, wall: Wall) -> None:
    """Where a failed attempt shows that the reserve is reached, its error ends the call, and its outcome holds."""
    server.script(http_response(CONNECTION, headers=quota_headers(500)), http_response({}, 502, quota_headers(1)))
    api = make_api(quota_reserve=0.2, retries=RetryPolicy(**QUICK))
    call(api, "get")
    with pytest.raises(ServiceException) as caught:
        call(api, "create")
    assert (caught.value.outcome, caught.value.stopped_by) == ("unknown", "quota_reserve")
    assert "not retried: the quota is below quota_reserve" in str(caught.value)
    assert len(server.requests) == 2


def test_lost_response__says_nothing_of_the_quota(
    server: ScriptedServer, make_api: MakeApi, wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a response, what was seen last holds, and nothing is warned of."""
    server.script(dropped())
    api = make_api(quota_reserve=0.2)
    with caplog.at_level(logging.WARNING, "codat_python_sdk"), pytest.raises(ApiConnectionException):
        call(api, "get", _retries=0)
    assert caplog.records == []


@pytest.mark.parametrize(
    "headers",
    [quota_headers("many"), quota_headers(5, "1d"), quota_headers(-1), quota_headers("1e3"), quota_headers("nan"), []],
    ids=["text", "period", "negative", "exponent", "nan", "none"],
)
def test_headers__without_numbers_are_warned_of_once(
    server: ScriptedServer, make_api: MakeApi, caplog: pytest.LogCaptureFixture, headers: list[tuple[str, str]]
) -> None:
    """Where the quota cannot be read, the reserve does nothing, and one WARNING for the client says so."""
    server.script(http_response(CONNECTION, headers=headers))
    api = make_api(quota_reserve=1)
    with caplog.at_level(logging.WARNING, "codat_python_sdk"):
        for _ in range(3):
            call(api, "get")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "quota_reserve has no effect" in record.getMessage()


def test_sandbox__leaves_the_reserve(sandbox: Sandbox) -> None:
    """A background client stops where its reserve begins, and another client can go on with the rest."""
    with Sandbox(quota=10) as small, CodatPlatform(api_key=small.api_key, server_url=small.url) as foreground:
        settings = Configuration(small.url, quota_reserve=0.5)
        with CodatPlatform(api_key=small.api_key, configuration=settings) as background:
            for _ in range(6):
                background.connections.list(small.company_id)
            with pytest.raises(QuotaReserveException):
                background.connections.list(small.company_id)
            assert len(small.requests) == 6
        for _ in range(4):
            foreground.connections.list(small.company_id)
