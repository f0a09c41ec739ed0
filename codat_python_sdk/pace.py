"""The pace of one client: when the next request may be sent. No clock and no waiting in here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from codat_python_sdk.interruptions import reentrant_lock


class Pace:
    """Turns that are at least an interval apart, given in the order in which they are asked for.

    A caller reserves its turn, then waits for it outside: no thread waits while holding the lock, and no caller waits
    for another one to do something. So a call in a signal handler cannot wait for the call that it interrupts, and an
    interrupted wait costs one turn, nothing more. The lock is reentrant for the same reason.
    """

    def __init__(self) -> None:
        self._lock = reentrant_lock()
        self._turns = list[float]()  # sorted: those to come, and those of the last interval
        self._longest_interval = 0.0

    def reserve(self, interval: float, earliest: float, now: float, expires_at: float | None) -> float | None:
        """Reserve the first free turn that is not before ``earliest``.

        A turn for later, as after a ``Retry-After``, leaves those before it to others.

        Args:
            interval: Seconds between two turns.
            earliest: Not before this moment, which is not before ``now``.
            now: The present, on the clock of the other moments.
            expires_at: The turn has to be before this moment; None for no limit.

        Returns:
            The moment, or None when it would be too late: then nothing is reserved.
        """
        with self._lock:
            turn = self._first_free(interval, earliest)
            if expires_at is not None and turn >= expires_at:
                return None
            self._longest_interval = max(self._longest_interval, interval)
            del self._turns[: bisect_left(self._turns, now - self._longest_interval)]
            insort(self._turns, turn)
            return turn

    def next_free(self, interval: float, now: float) -> float:
        """The first free turn, without reserving it."""
        with self._lock:
            return self._first_free(interval, now)

    def _first_free(self, interval: float, earliest: float) -> float:
        turn = earliest
        for taken in self._turns[bisect_right(self._turns, earliest - interval) :]:
            if taken - turn >= interval:
                break
            turn = taken + interval
        return turn
