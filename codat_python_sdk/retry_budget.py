"""The number of retries that the calls of one client may make together, so that they do not make an outage worse."""

from __future__ import annotations

from collections import deque
from itertools import count, repeat

#: So many calls that succeed at the first attempt give back one retry.
SUCCESSES_PER_RETRY = 10


class RetryBudget:
    """A number of retries, spent one by one and given back by calls that succeed.

    There is no lock: each change is one atomic operation of a deque, so that neither a fork nor a signal handler nor an
    interruption can leave it in between. What is given back beyond its size is dropped by the deque itself.

    Args:
        size: The number of retries when it is full.
    """

    def __init__(self, size: int) -> None:
        self._retries = deque(repeat(None, size), size)
        self._successes = count(1)

    def __len__(self) -> int:
        """Retries that are left."""
        return len(self._retries)

    def spend(self) -> bool:
        """Spend one retry; False when none is left."""
        try:
            self._retries.pop()
        except IndexError:
            return False
        return True

    def give_back(self, retries: int) -> None:
        """Give back the retries of a call that has succeeded; a tenth of a retry for one that needed none."""
        if retries:
            self._retries.extend(repeat(None, retries))
        elif next(self._successes) % SUCCESSES_PER_RETRY == 0:
            self._retries.append(None)
