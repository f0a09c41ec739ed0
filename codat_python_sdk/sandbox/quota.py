"""Codat's daily quota of requests, and its response headers."""

from __future__ import annotations

import math
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.messages import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codat_python_sdk.sandbox.clock import Clock

UNLIMITED = 1_000_000  # what the headers say when no quota was asked for; it is not enforced
DAY = 24 * 60 * 60
MAX_DAYS = 100  # that are remembered: a test that comes back from another day finds this one's count


class Quota:
    """Counts the requests of each day, which begins at 00:00 UTC.

    Args:
        limit: Requests a day; None does not limit.
        clock: For the current day.
        on_reached: Called with the limit and the moment of the reset when the first request of a day is rejected.
    """

    def __init__(self, limit: int | None, clock: Clock, on_reached: Callable[[int, float], None]) -> None:
        self.limit = limit
        self._clock = clock
        self._on_reached = on_reached
        self._used: dict[int, int] = {}  # by day since the epoch; the first that is rejected counts as well
        self.changes: int = 0  # of what is limited: counts, as the state's
        self._lock = threading.Lock()

    def spend(self) -> None:
        """Count one request.

        Raises:
            Rejected: 429 with `Retry-After` (seconds until midnight UTC) when the quota is used up.
        """
        with self._lock:
            now = self._clock.now()
            day = int(now // DAY)
            used = self._used.get(day, 0) + 1
            if self.limit is None or used <= self.limit + 1:
                self._count(day, used)
        if self.limit is None or used <= self.limit:
            return
        resets = float((day + 1) * DAY)
        if used == self.limit + 1:
            self._on_reached(self.limit, resets)
        wait = str(max(1, math.ceil(resets - now)))
        raise Rejected(429, "The rate limit was reached, slow down", headers={"Retry-After": wait})

    def reset(self) -> None:
        """Restore the whole quota, as at midnight."""
        with self._lock:
            self._used.clear()
            self.changes += 1

    def to_json(self) -> dict[str, int]:
        """How many requests each day had, by day since the epoch."""
        with self._lock:
            return {str(day): used for day, used in self._used.items()}

    def restore(self, used: Mapping[str, int]) -> None:
        """Go on from what `to_json` wrote."""
        counts = {int(day): int(count) for day, count in used.items()}
        with self._lock:
            self._used = counts

    def headers(self) -> Mapping[str, str]:
        """The three headers of every response. Codat does not state their format: an ISO date is a guess."""
        day = int(self._clock.now() // DAY)
        limit = UNLIMITED if self.limit is None else self.limit
        return {
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(max(0, limit - self._used.get(day, 0))),
            "X-Rate-Limit-Reset": _midnight_after(day),
        }

    def _count(self, day: int, used: int) -> None:
        self._used[day] = used
        self.changes += self.limit is not None
        if len(self._used) > MAX_DAYS:
            del self._used[next(iter(self._used))]


@lru_cache(maxsize=100)  # every response has it
def _midnight_after(day: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime((day + 1) * DAY))
