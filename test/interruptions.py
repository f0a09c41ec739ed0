"""Interrupts calls at random moments, by a signal handler that raises, and says what became of the client.

``python test/interruptions.py 10000`` runs as many interruptions as one likes; the tests run a few hundred.
"""

from __future__ import annotations

import gc
import random
import signal
import socket
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from faulty import call
from server import Reply, Request, ScriptedServer, echo

from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi

POOL_SIZE = 2


class Interruption(BaseException):
    """What the signal handler raises."""


@dataclass
class Report:
    """What was seen."""

    calls: int = 0
    raised: int = 0  #: interruptions that the signal handler raised
    seen: int = 0  #: those that reached the caller
    mixed_up: int = 0  #: responses that belong to another call
    places_lost: int = 0
    failures: Counter[str] = field(default_factory=Counter[str])  #: what calls failed with, interruptions apart


@contextmanager
def interrupting(
    report: Report, error: Callable[[], BaseException] = Interruption
) -> Generator[Callable[[float], object]]:
    """A function that has the call in progress interrupted after so many seconds; 0 takes it back."""
    armed = False

    def interrupt_after(seconds: float) -> None:
        nonlocal armed
        armed = seconds > 0
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def handle(*_: object) -> None:
        if armed:  # a signal that came just before the timer was taken back is handled just after
            report.raised += 1
            raise error()

    def count_lost(lost: sys.UnraisableHookArgs) -> None:
        """Forget one that hit what the interpreter itself calls, such as a weak reference's callback."""
        frames = traceback.extract_tb(lost.exc_traceback)
        if lost.exc_type is Interruption and not any("codat_python_sdk" in frame.filename for frame in frames):
            report.raised -= 1
        elif not _is_of_unfinished_file(lost):
            hook(lost)

    hook, sys.unraisablehook = sys.unraisablehook, count_lost
    callbacks = gc.callbacks.copy()
    gc.callbacks.clear()  # Hypothesis has a slow one, which would often be hit
    before = signal.signal(signal.SIGALRM, handle)
    try:
        yield interrupt_after
    finally:
        interrupt_after(0)
        signal.signal(signal.SIGALRM, before)
        gc.collect()  # so that what is unfinished dies before the hook goes
        sys.unraisablehook = hook
        gc.callbacks[:] = callbacks


def _is_of_unfinished_file(lost: sys.UnraisableHookArgs) -> bool:
    """Whether Python complains of a file whose constructor was interrupted: 3.13 of what it lacks, 3.14 in words."""
    lacks = isinstance(lost.object, socket.SocketIO) and lost.exc_type is AttributeError
    return lacks or "finalizing file" in (lost.err_msg or "")


def run(
    interruptions: int, *, seconds: float, threads: int = 0, tls: Any = None, ca_file: str | None = None, seed: int = 1
) -> Report:
    """Make calls, each of which takes the server so many seconds, until that many were interrupted.

    Args:
        threads: How many threads make calls with the same client meanwhile, so that there is a line for connections.
    """
    report, over = Report(), threading.Event()

    def respond(request: Request) -> Reply:
        time.sleep(seconds)
        return echo(request)

    with ScriptedServer(tls=tls) as server:
        server.script(respond)
        settings = Configuration(
            host=server.url, api_key={"API Key Auth": "Basic eA=="}, retries=0, ssl_ca_cert=ca_file
        )
        settings.connection_pool_maxsize = POOL_SIZE
        with ApiClient(settings) as client:
            api = ConnectionApi(client)
            call(api, "get")
            started = time.perf_counter()
            call(api, "get")
            usual = time.perf_counter() - started
            others = [threading.Thread(target=_call_until, args=(over, api, report, n)) for n in range(threads)]
            for thread in others:
                thread.start()
            try:
                _interrupt(api, report, interruptions, usual * (1 + threads), random.Random(seed))
            finally:
                over.set()
                for thread in others:
                    thread.join()
            (route,) = client.rest_client._pools.by_origin.values()
            report.places_lost = len(route.places.tickets)
            for number in range(2 * POOL_SIZE):
                assert call(api, "get", connection=f"afterwards{number}", _deadline=10).data.id == f"afterwards{number}"
    return report


def _interrupt(api: ConnectionApi, report: Report, interruptions: int, usual: float, chance: random.Random) -> None:
    with interrupting(report) as interrupt_after:
        while report.raised < interruptions:
            name = f"k{report.calls}"
            report.calls += 1
            try:
                interrupt_after(chance.uniform(1e-5, 1.3 * usual))
                _compare(report, name, call(api, "get", connection=name, _deadline=10).data.id)
                interrupt_after(0)
            except Interruption:
                report.seen += 1
            except Exception as error:  # noqa: BLE001  # whatever it is, it is reported
                report.failures[repr(error)] += 1
            finally:
                interrupt_after(0)


def _call_until(over: threading.Event, api: ConnectionApi, report: Report, number: int) -> None:
    count = 0
    while not over.is_set():
        count += 1
        name = f"t{number}-{count}"
        over.wait(0.002)  # so that the calls that are interrupted have their turn
        try:
            _compare(report, name, call(api, "get", connection=name, _deadline=10).data.id)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is reported
            report.failures[f"in a thread: {error!r}"] += 1


def _compare(report: Report, asked: str, got: str) -> None:
    report.mixed_up += asked != got


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    for milliseconds, threads in ((0.5, 0), (10, 0), (0.5, 3)):
        report = run(count, seconds=milliseconds / 1000, threads=threads)
        sys.stdout.write(f"calls of {milliseconds} ms, {threads} threads beside them: {report}\n")
