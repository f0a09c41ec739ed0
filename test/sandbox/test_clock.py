"""The sandbox's clock."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time

import pytest

from codat_python_sdk import CodatPlatform
from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.sandbox.clock import Clock, stopwatch, system_time, timestamp
from codat_python_sdk.sandbox.controls import Controls

from .conftest import Caller

FROZEN = """
import sys
from freezegun import freeze_time
if sys.argv[1] == "before":
    import codat_python_sdk.sandbox
for moment in ("2030-01-01 12:00:00", "2020-06-01 12:00:00"):
    with freeze_time(moment):
        from codat_python_sdk.sandbox import Sandbox
        with Sandbox() as sandbox:
            sandbox.add_connection()
            print(sandbox.connections()[0]["created"][:10])
"""


def test_clock__is_the_system_s_unless_told_otherwise() -> None:
    """Without a source it is the time of the machine, and it moves by what it was advanced, back too."""
    clock = Clock()
    assert abs(clock.now() - system_time()) < 60
    clock.advance(1e6)
    assert abs(clock() - system_time() - 1e6) < 60
    clock.advance(-2e6)
    assert clock() < system_time()
    clock.reset()
    assert abs(clock.now() - system_time()) < 60


def test_clock__is_exactly_its_source_s() -> None:
    """With a source it is that source's time, until it is advanced and when it was reset."""
    clock = Clock(lambda: 100.0)
    assert clock.now() == 100.0
    clock.advance(5)
    assert clock.now() == 105.0
    clock.reset()
    assert clock.now() == 100.0


def test_advance__by_what_was_asked_for() -> None:
    """It is moved by exactly so much, whatever time passes meanwhile, and so by the sum where several threads do it."""
    source = itertools.count()  # a second passes whenever somebody reads it
    last = 0.0

    def clock() -> float:
        nonlocal last
        last = float(next(source))
        return last

    with Sandbox(clock=clock) as sandbox:
        sandbox.clock.advance(10)
        assert sandbox.clock.now() - last == 10
        sandbox.add_webhook("http://127.0.0.1:9/")
        sandbox.add_connection()
        sandbox.clock.advance(1000)  # with the retries of a webhook on the way
    assert sandbox.clock.now() - last == 1010


@pytest.mark.parametrize("seconds", [float("inf"), float("-inf"), float("nan"), 1e400, 1e12])
def test_advance__by_what_is_no_time(call: Caller, sandbox: Sandbox, seconds: float) -> None:
    """It is refused, in the process and over HTTP, and the sandbox goes on serving."""
    with pytest.raises(ValueError, match="less than a billion seconds"):
        sandbox.clock.advance(seconds)
    remote = Sandbox.connect(sandbox.url, api_key=sandbox.api_key)
    with pytest.raises((ValueError, RuntimeError)):
        remote.clock.advance(seconds)
    assert call("GET").status == 200


def test_advance__moves_everything(call: Caller, sandbox: Sandbox) -> None:
    """A code expires, a key is forgotten and the quota's day ends when the sandbox's clock says so, and not before."""
    link = call.create()["linkUrl"].removeprefix(sandbox.url)
    key = {"Idempotency-Key": "k"}
    first = call("POST", value={"platformKey": "mqjo"}, headers=key).value["id"]
    sandbox.clock.advance(89 * 60)
    assert call("POST", value={"platformKey": "mqjo"}, headers=key).value["id"] == first
    sandbox.clock.advance(60)
    assert call("POST", value={"platformKey": "mqjo"}, headers=key).value["id"] != first
    assert call.plain("GET", link).status == 200
    sandbox.clock.advance(23 * 3600)
    assert call.plain("GET", link).status == 401
    sandbox.clock.advance(-23 * 3600)
    assert call.plain("GET", link).status == 200


@pytest.mark.parametrize("when", ["before", "inside"])
def test_freezegun__moves_it_whenever_it_was_imported(when: str) -> None:
    """Frozen time is the sandbox's time, forwards and back, whether it was imported before the freeze or inside it."""
    pytest.importorskip("freezegun", reason="freezegun is not installed")
    done = subprocess.run([sys.executable, "-c", FROZEN, when], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2030-01-01", "2020-06-01"]


def test_stopwatch__goes_on() -> None:
    """The stopwatch never goes back."""
    assert stopwatch() <= stopwatch()


@pytest.mark.parametrize(
    ("now", "expected"),
    [(0, "1970-01-01T00:00:00.0000000Z"), (1_770_091_506.5, "2026-02-03T04:05:06.5000000Z")],
)
def test_timestamp__has_seven_decimals(now: float, expected: str) -> None:
    """A moment is written as Codat writes it."""
    assert timestamp(now) == expected


def move_until_refused(sandbox: Controls, seconds: float) -> None:
    error = ""
    while not error:
        try:
            sandbox.clock.advance(seconds)
        except ValueError as caught:
            error = str(caught)
    assert "within the years 1 to 9998" in error


@pytest.mark.parametrize("seconds", [9e8, -9e8])
def test_advance__stays_within_the_years_that_dates_have(call: Caller, sandbox: Sandbox, seconds: float) -> None:
    """The one move of many that would leave them is refused, and everything works at the last moment before it."""
    sandbox.add_webhook("http://127.0.0.1:9/")
    remote = Sandbox.connect(sandbox.url, api_key=sandbox.api_key)
    move_until_refused(sandbox, seconds)
    move_until_refused(remote, seconds / 10)
    for part in (100, 1000, 1e4, 1e5):
        move_until_refused(sandbox, seconds / part)
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        made = codat.connections.create(sandbox.company_id, platform_key="gbol")
        assert made.created is not None
        assert made.created.year == (9998 if seconds > 0 else 1)
    assert [call.plain("GET", page).status for page in ("/", "/?view=deliveries", "/?view=faults")] == [200] * 3
    sandbox.clock.reset()
    assert call.create()["created"].startswith("2026-02-03")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the local time zone cannot be changed here")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Apia", "Asia/Kathmandu"])
def test_system_time__in_any_time_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """The local time zone changes nothing."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert abs(system_time() - time.time()) < 10
    finally:
        monkeypatch.undo()
        time.tzset()
