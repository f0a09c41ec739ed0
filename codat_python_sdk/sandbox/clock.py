"""The clock of a sandbox, which tests can move, and a stopwatch for durations."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def system_time() -> float:
    """Seconds since the epoch.

    Read through the module at every call, so that it follows freezegun and time-machine whenever they start; not by
    `time.time`, which freezegun does not freeze for what the threading module calls; and in local time, since freezegun
    adds its `tz_offset` to every date and subtracts it again from the timestamp of a naive one alone.
    """
    return dt.datetime.now().timestamp()  # noqa: DTZ005  # see above; `fold` makes it unambiguous


def stopwatch() -> float:
    """Seconds for durations on the network. `clock_gettime` is not affected by libraries that freeze time."""
    if hasattr(time, "clock_gettime"):
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


def timestamp(now: float) -> str:
    """A moment as Codat writes it, with .NET's seven decimals: `2026-02-03T04:05:06.7890123Z`."""
    seconds, ticks = divmod(round(now * 10**7), 10**7)
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{ticks:07d}Z"


#: The first and the last moment that it can be advanced to: the beginning of the years 1 and 9999. What follows from a
#: moment, such as when a quota is reset, must be a date as well.
_EARLIEST, _LATEST = -62_135_596_800, 253_370_764_800
_MAX_ADVANCE = 1e9  # seconds at a time


class Clock:
    """The time in the sandbox: that of the system or of the given source, plus the time that it was advanced.

    One-time codes, quotas, idempotency keys, access tokens and webhook retries all follow it.
    """

    def __init__(self, source: Callable[[], float] | None = None) -> None:
        self._source = source
        self._offset = 0.0
        self.changes: int = 0  # counts the moves, as the state's
        self._lock = threading.Lock()

    @property
    def offset(self) -> float:
        """How far it was advanced, in seconds."""
        return self._offset

    def now(self) -> float:
        """Seconds since the epoch."""
        return (system_time() if self._source is None else self._source()) + self._offset

    __call__ = now

    def advance(self, seconds: float) -> None:
        """Move it forward, or back with a negative number.

        Raises:
            ValueError: See `check_advance`.
        """
        with self._lock:
            self.check_advance(seconds)
            self._offset += seconds
            self.changes += 1

    def check_advance(self, seconds: float) -> None:
        """Accept a number of seconds by which it can be advanced.

        Raises:
            ValueError: It is no number or too large, or leads away from the years that a date can have.
        """
        if not abs(seconds) < _MAX_ADVANCE:
            raise ValueError("The clock can be moved by less than a billion seconds.")
        reached = self.now() + seconds
        if (seconds > 0 and reached >= _LATEST) or (seconds < 0 and reached < _EARLIEST):
            raise ValueError(f"The clock can be moved within the years 1 to 9998, and not by {seconds:g} s from here.")

    def reset(self) -> None:
        """Reset it to its source's time."""
        self.restore(0.0)

    def restore(self, offset: float) -> None:
        """Be advanced by so many seconds, whatever it was before."""
        with self._lock:
            self._offset = offset
            self.changes += 1

    def __repr__(self) -> str:
        return f"<Clock {timestamp(self.now())}>"
