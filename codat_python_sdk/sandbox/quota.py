"""Codat's daily quota of requests, and the headers that tell of it."""

from __future__ import annotations

import math
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.messages import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

UNLIMITED = 1_000_000  # what the headers say when no quota was asked for; it is not enforced


class Quota:
    """Counts requests until 00:00 UTC, when Codat's quota starts anew."""

    def __init__(self, limit: int | None, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._used = 0
        self._resets = self._midnight()
        self._lock = threading.Lock()

    def spend(self) -> None:
        """Count one request.

        Raises:
            Refused: 429 with `Retry-After` (seconds until midnight UTC) when the quota is used up.
        """
        with self._lock:
            self._renew()
            if self._limit is not None and self._used >= self._limit:
                wait = math.ceil(self._resets.timestamp() - self._clock())
                raise Refused(429, "The rate limit was reached, slow down", headers={"Retry-After": str(wait)})
            self._used += 1

    def reset(self) -> None:
        """Start anew, as at midnight."""
        with self._lock:
            self._used = 0

    def headers(self) -> dict[str, str]:
        """The three headers of every answer; Codat does not state their format, an ISO date is our guess."""
        with self._lock:
            self._renew()
            limit = UNLIMITED if self._limit is None else self._limit
            return {
                "X-Rate-Limit-Limit": str(limit),
                "X-Rate-Limit-Remaining": str(max(0, limit - self._used)),
                "X-Rate-Limit-Reset": f"{self._resets:%Y-%m-%dT%H:%M:%SZ}",
            }

    def _renew(self) -> None:
        if self._clock() >= self._resets.timestamp():
            self._used, self._resets = 0, self._midnight()

    def _midnight(self) -> datetime:
        today = datetime.fromtimestamp(self._clock(), timezone.utc)
        return today.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
