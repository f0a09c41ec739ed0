"""How long the attempt of this thread may last, for all that urllib3 does on the way.

An attempt runs in one thread from beginning to end. What its connection and its socket have to know of it stands in a
thread-local, for urllib3 hands nothing but a timeout per read through to them.
"""

from __future__ import annotations

import socket
import threading
from functools import lru_cache
from math import inf

import urllib3
from urllib3.util import Retry

from codat_python_sdk.clock import clock


class Attempt(threading.local):
    """The attempt that this thread is making."""

    deadline = inf  #: the moment, on clock.monotonic(), at which it is over
    sent = False  #: whether the service may have seen something of the request


attempt: Attempt = Attempt()


class DeadlineReached(Exception):
    """Not an OSError, so that urllib3 passes it on instead of following a retry policy."""


def time_left() -> float:
    """Seconds until the deadline; raises DeadlineReached when there are none."""
    left = attempt.deadline - clock.monotonic()
    if left <= 0:
        raise DeadlineReached
    return left


def within_deadline(sock: socket.socket) -> None:
    """Cut the socket's timeout, which starts anew with every operation, to what is left of the deadline."""
    left, timeout = attempt.deadline - clock.monotonic(), sock.gettimeout()
    if left <= 0:
        raise DeadlineReached
    if left < (inf if timeout is None else timeout):
        sock.settimeout(left)


def patient(retries: Retry) -> Retry:
    """The user's own policy, but one that ends in an answer instead of an error and does not outwait the deadline."""
    ours = retries.new(raise_on_status=False, raise_on_redirect=False)
    ours.__class__ = _patient_class(type(retries))  # type: ignore[arg-type]  # hashable all the same
    return ours


@lru_cache(maxsize=8)
def _patient_class(base: type[Retry]) -> type[Retry]:
    class Patient(base):  # type: ignore[misc, valid-type]
        def get_backoff_time(self) -> float:
            return float(min(super().get_backoff_time(), time_left()))

        def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
            seconds = super().get_retry_after(response)
            return None if seconds is None else min(seconds, time_left())

    return Patient
