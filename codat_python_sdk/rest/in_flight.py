"""The request that is being made now: until when it may last, and whether anything of it was sent.

urllib3 hands nothing but a timeout per read to its connections and sockets. What they have to know beyond that stands
in a thread-local (gevent and eventlet make it a greenlet's). It is one object per request, so that a request made
inside another one, by a signal handler, a finalizer or a log handler, has its own and leaves the other one's alone.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from math import inf
from typing import Any

from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError
from urllib3.util import Retry, Timeout

from codat_python_sdk.clock import clock
from codat_python_sdk.rate_limits import parse_retry_after


class InFlight:
    """A request that is being made."""

    expires_at: float = inf  #: the moment, on ``clock.monotonic()``, at which it has to be over
    timeout: Timeout | None = None  #: for connecting, and for each wait after that
    is_connecting: bool = False  #: whether its connection is being made, TLS included
    sent: bool = False  #: whether the service may have received something of it
    has_head: bool = False  #: whether the head of its response has come


NO_REQUEST = InFlight()  #: what stands there outside of all requests; there is no limit


class Current(threading.local):
    """The request that this thread is making."""

    request: InFlight = NO_REQUEST


current: Current = Current()


class DeadlineReached(Exception):
    """Not an OSError, so that urllib3 passes it on instead of following a retry policy."""


def time_left() -> float:
    """Seconds until the deadline; raises DeadlineReached when there are none."""
    left = current.request.expires_at - clock.monotonic()
    if left <= 0:
        raise DeadlineReached
    return left


def bound_timeout(sock: Any, timeout: float | None) -> None:
    """Cut a socket's timeout, which restarts with every operation, to what is left of the deadline."""
    left = time_left()
    if left < (inf if timeout is None else timeout):
        sock.settimeout(left)


def bound_retry(retries: Retry) -> Retry:
    """The user's own policy, but one that ends in a response instead of an error and keeps to the deadline."""
    bounded = retries.new(raise_on_status=False, raise_on_redirect=False)
    bounded.__class__ = _bound_class(type(retries))  # type: ignore[arg-type]  # hashable all the same
    return bounded


@lru_cache(maxsize=8)
def _bound_class(base: type[Retry]) -> type[Retry]:
    class DeadlineBoundRetry(base):  # type: ignore[misc, valid-type]
        def increment(self, *args: Any, **options: Any) -> Retry:
            following: Retry = super().increment(*args, **options)
            response, wait = options.get("response"), None
            if response is not None and following.respect_retry_after_header:
                wait = following.get_retry_after(response)
            wait = wait or following.get_backoff_time()
            if wait >= time_left():  # urllib3 then returns the response, or raises the error, at once
                reason = options.get("error") or ResponseError("the deadline comes first")
                raise MaxRetryError(options["_pool"], None, reason)
            if response is not None:
                response.close()  # urllib3 would read all of its body, however long and slow, before it retries
            return following

        def parse_retry_after(self, retry_after: str) -> float:
            try:
                return float(super().parse_retry_after(retry_after))
            except (InvalidHeader, ValueError, OverflowError):  # to urllib3 a failure of the request
                return parse_retry_after(retry_after) or 0.0

        def get_backoff_time(self) -> float:  # jitter may make it longer than it was for increment
            return float(min(super().get_backoff_time(), time_left()))

    return DeadlineBoundRetry
