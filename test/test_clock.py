"""The one clock: durations that nobody freezes, a wall clock that follows."""

from __future__ import annotations

import re
import sys
import time
from datetime import timezone
from pathlib import Path

import pytest
from child import run_python
from sources import text_of

import codat_python_sdk
from codat_python_sdk import clock as clock_module
from codat_python_sdk.clock import clock


def test_monotonic__is_not_among_the_names_that_freezers_replace() -> None:
    """The function for durations is no name of the module, and not the function that time-machine patches."""
    assert time.perf_counter not in vars(clock_module).values()
    assert clock.monotonic is not time.perf_counter
    assert type(clock.monotonic) is type(time.perf_counter)
    before, now, after = time.perf_counter(), clock.monotonic(), time.perf_counter()
    assert before <= now <= after


def test_monotonic__is_real_where_the_package_is_imported_with_a_frozen_clock() -> None:
    """A test may import the package for the first time while the functions of ``time`` are replaced."""
    done = run_python("""
import time
real, time.perf_counter = time.perf_counter, lambda: 0.0
from codat_python_sdk.clock import clock
assert abs(clock.monotonic() - real()) < 60, clock.monotonic()
""")
    assert (done.returncode, done.stderr) == (0, "")


def test_wall_time__follows_a_frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that freezes ``time.time`` moves the wall clock of the client."""
    monkeypatch.setattr(time, "time", lambda: 86_400.0)
    assert clock.wall_time() == 86_400.0
    assert clock.utc_now().isoformat() == "1970-01-02T00:00:00+00:00"
    assert clock.utc_now().tzinfo is timezone.utc


def test_package__asks_no_other_clock() -> None:
    """No module of the client but this one reads a clock, so that none of them sees another time."""
    calls = ("time.time(", "monotonic(", "datetime.now(", "utcnow(", "perf_counter(", "sleep(")
    forbidden = re.compile("|".join(rf"(?<!clock\.)\b{re.escape(call)}" for call in calls))
    package = Path(codat_python_sdk.__file__).parent
    found = [
        (path.name, call)
        for path in package.rglob("*.py")
        if path.name != "clock.py" and "sandbox" not in path.parts
        for call in forbidden.findall(text_of(path))
    ]
    assert found == []
    assert sys.modules["codat_python_sdk.clock"].clock is clock
