"""A simulated outage, with and without a retry budget: what 200 threads send to a service that fails for a minute.

    python benchmarks/outage.py docs/outage.svg

The client is the real one. The service and the clock are not, so that two minutes take seconds and come out the same
each time. Drawing needs the packages in requirements.txt; the simulation does not.
"""

from __future__ import annotations

import heapq
import random
import sys
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import codat_python_sdk.delivery
from codat_python_sdk import ApiClient, ApiException, Configuration, RetryPolicy

THREADS = 200
PERIOD = 2.0  #: seconds from one call of a thread to its next


class Outage(NamedTuple):
    """Seconds after the start: when the service fails, when it works again, and when the simulation ends."""

    begin: float = 20.0
    end: float = 80.0
    last: float = 100.0


class SimulatedClock:
    """Time that goes on only while every thread waits. One thread runs at a time, so that each run is the same."""

    def __init__(self, threads: int) -> None:
        self._now = 0.0
        self._running = threads
        self._waiting: list[tuple[float, int, threading.Event]] = []
        self._order = count()
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let the others run until then."""
        awake = threading.Event()
        with self._lock:
            heapq.heappush(self._waiting, (self._now + seconds, next(self._order), awake))
        self.leave()
        awake.wait()

    def leave(self) -> None:
        """Run no longer."""
        with self._lock:
            self._running -= 1
            if self._running == 0 and self._waiting:
                self._now, _, awake = heapq.heappop(self._waiting)
                self._running = 1
                awake.set()


class _Response(NamedTuple):
    status: int
    reason: str
    data: bytes = b"{}"

    def getheader(self, _: str, default: str | None = None) -> str | None:
        return default

    def getheaders(self) -> Mapping[str, str]:
        return {}


class _Service:
    """A transport whose service responds with 503 during the outage."""

    def __init__(self, clock: SimulatedClock, outage: Outage) -> None:
        self._clock = clock
        self._outage = outage
        self.requests = list[float]()

    def request(self, *_: Any, **__: Any) -> _Response:
        now = self._clock.monotonic()
        self.requests.append(now)
        fails = self._outage.begin <= now < self._outage.end
        return _Response(503, "Service Unavailable") if fails else _Response(200, "OK")


class Load(NamedTuple):
    """The moments at which calls began and requests arrived, in seconds, in their order."""

    calls: list[float]
    requests: list[float]

    def per_call(self, begin: float, end: float) -> float:
        """Requests per call in a part of the time."""
        calls, requests = (bisect_left(moments, end) - bisect_left(moments, begin) for moments in self)
        return requests / calls

    def per_second(self) -> list[int]:
        """Requests in each second."""
        counts = Counter(map(int, self.requests))
        return [counts[second] for second in range(max(counts) + 1)]


def simulate(policy: RetryPolicy, outage: Outage) -> Load:
    """What the threads send under this policy."""
    clock, calls = SimulatedClock(THREADS), list[float]()
    client = ApiClient(Configuration("http://localhost", retries=policy, deadline=None))
    client.rest_client = service = _Service(clock, outage)

    def call_again_and_again(number: int) -> None:
        next_call = PERIOD * number / THREADS
        while next_call < outage.last:
            clock.sleep(max(0.0, next_call - clock.monotonic()))
            calls.append(clock.monotonic())
            next_call += PERIOD
            with suppress(ApiException):  # the caller reports it, and makes its next call
                client.request("GET", "/companies")
        clock.leave()

    with patch.object(codat_python_sdk.delivery, "clock", clock), _same_random_numbers():
        threads = [threading.Thread(target=call_again_and_again, args=[number]) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return Load(calls, service.requests)


@contextmanager
def _same_random_numbers() -> Generator[None]:
    state = random.getstate()
    random.seed(1)
    try:
        yield
    finally:
        random.setstate(state)


def draw(loads: Mapping[str, Load], path: Path) -> None:
    """Requests per second, a line for each load."""
    from plot import plt, save

    outage = Outage()
    figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
    for label, load in loads.items():
        axes.plot(load.per_second(), label=label)
    axes.axvspan(outage.begin, outage.end, color="grey", alpha=0.15, linewidth=0, label="outage: 503")
    axes.set(xlabel="seconds", ylabel="requests per second", ylim=(0, None), xlim=(0, outage.last - 1))
    axes.set_title(f"{THREADS} threads, a call every {PERIOD:g} s each, default RetryPolicy", fontsize=9)
    axes.legend(frameon=False)
    save(figure, path)


if __name__ == "__main__":
    draw(
        {
            "no budget": simulate(RetryPolicy(budget=None), Outage()),
            "budget of 100 (default)": simulate(RetryPolicy(), Outage()),
        },
        Path(sys.argv[1]),
    )
