"""The client's clock. No other module reads the time from ``time`` or ``datetime``, or sleeps.

Tests of applications freeze clocks. A duration that begins on the real clock and ends on a frozen one (or the other way
round, in another thread) is years long, so that a call would fail at once; the wall clock, on the other hand, has to
follow, since that is what those tests are about.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any


def _real_perf_counter() -> Callable[[], float]:
    """``time.perf_counter``, also when this module is imported while a clock is frozen: a second ``time`` has it."""
    spec: Any = time.__spec__
    second_time = spec.loader.create_module(spec)
    return getattr(second_time, "perf_counter", time.perf_counter)


class Clock:
    """Monotonic time for durations, and wall-clock time.

    ``freezegun`` replaces names in modules, so the function for durations is an attribute of this class instead;
    ``time-machine`` replaces the function ``time.monotonic`` itself, so it is ``time.perf_counter``: also monotonic,
    and with the same epoch in all threads of a process.
    """

    #: Seconds on a clock that only measures durations, and that is never frozen.
    monotonic: Callable[[], float] = staticmethod(_real_perf_counter())

    @staticmethod
    def sleep(seconds: float) -> None:
        """Wait, by the current ``time.sleep``, which gevent and tests replace."""
        time.sleep(seconds)

    @staticmethod
    def wall_time() -> float:
        """Seconds since 1970, looked up at each call, so that a frozen clock counts."""
        return time.time()

    @staticmethod
    def utc_now() -> datetime:
        """``wall_time()`` as a date and time in UTC."""
        return datetime.fromtimestamp(time.time(), timezone.utc)


clock: Clock = Clock()
