"""How many connections there may be, and those that nobody uses at the moment. Nothing here can be left locked.

A call can be interrupted between any two of its steps: by Ctrl-C, a signal handler's exception, a greenlet's timeout.
So there are no tokens that it would have to hand back, and no locks that it could leave held. What a caller has to undo
is one call of a function written in C, in a ``finally``; and should even that be missed, the death of its ``InFlight``
does the same.
"""

from __future__ import annotations

import queue
from collections import deque
from contextlib import suppress
from functools import cache
from itertools import count
from operator import attrgetter
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from codat_python_sdk.clock import clock
from codat_python_sdk.rest.connection import (
    URLLIB3_CONNECTIONS,
    DeadlineConnectionMixin,
    TlsDeadlineConnectionMixin,
)
from codat_python_sdk.rest.in_flight import InFlight
from codat_python_sdk.rest.register import Registered

#: Seconds after which a waiting call counts again. It is woken up in time, unless its waker was interrupted.
_RECOUNT_INTERVAL = 0.5


class NoFreePlace(Exception):
    """The deadline came before there was a place for another connection."""


class Ticket(Registered[InFlight]):
    """A request's turn in line: a reference to the request, and when it came."""

    __slots__ = ("number", "wakeups")
    number: int
    wakeups: queue.SimpleQueue[None] | None


#: Numbers for tickets, in order of arrival.
ticket_numbers: count[int] = count()


class Places:
    """Who may have a connection: of all requests that want or have one, the first ``limit`` in order of arrival.

    Whoever wants one adds a ticket to ``tickets``, waits if there are more than ``limit``, and discards it in a
    ``finally``. ``Ticket(request, places.tickets.discard)`` leaves by itself when the request dies.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.tickets: set[Any] = set()

    def wait_for(self, ticket: Ticket, expires_at: float) -> None:
        """Wait until it is this ticket's turn; raises NoFreePlace when the deadline comes first."""
        # Looked up now, for gevent and eventlet replace it; and there before the first count, for wake_next().
        wakeups = ticket.wakeups = queue.SimpleQueue[None]()
        while not self._is_due(ticket):
            left = expires_at - clock.monotonic()
            if left <= 0:
                raise NoFreePlace
            with suppress(queue.Empty):
                wakeups.get(timeout=min(left, _RECOUNT_INTERVAL))
        ticket.wakeups = None

    def _is_due(self, ticket: Ticket) -> bool:
        before = [other for other in self.tickets.copy() if other.number < ticket.number]
        return len(before) < self.limit

    def wake_next(self) -> None:
        """Wake up those whose turn it is, after a ticket was discarded."""
        for ticket in sorted(self.tickets.copy(), key=attrgetter("number"))[: self.limit]:
            wakeups: queue.SimpleQueue[None] | None = getattr(ticket, "wakeups", None)
            if wakeups is not None:
                wakeups.put(None)


class IdleConnections(queue.Queue[Any]):
    """urllib3's queue of connections for those that are not in use: the last one in is the first one out.

    It is a queue for those who look into it; what is used here takes no lock.
    """

    queue: deque[Any]  # append and pop are atomic

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self.places: Places = Places(maxsize)
        self._kept = maxsize  # not maxsize itself, which reads otherwise in gevent's queue

    def use(self, places: Places) -> None:
        """Keep as many connections as there are places; several queues may share them."""
        self.places, self._kept = places, places.limit

    def get(self, *_: Any, **__: Any) -> Any:
        """The connection that was used last; raises ``queue.Empty``, so that urllib3 makes one, when there is none."""
        try:
            return self.queue.pop()
        except IndexError:
            raise queue.Empty from None

    def put(self, item: Any, *_: Any, **__: Any) -> None:
        """Keep a connection; a surplus one is closed. ``None``, urllib3's word for a free place, is nothing."""
        if item is not None:
            self.queue.append(item)
            if len(self.queue) > self._kept:
                self._close_surplus()

    def __bool__(self) -> bool:
        return bool(self.queue)  # whether there is something to get, for vcrpy

    def qsize(self) -> int:
        """How many connections could be had at once: in urllib3's queue, each free place is an entry."""
        return max(self.places.limit - len(self.places.tickets), 0)

    def close(self) -> None:
        """Close all that are here, and from now on each one when it comes back."""
        self._kept = 0
        self._close_surplus()

    def _close_surplus(self) -> None:
        while len(self.queue) > self._kept:
            try:
                connection = self.queue.popleft()
            except IndexError:  # another thread took it
                return
            connection.close()


# Looked for when they are wanted: while a recorder is at work, importing urllib3's classes would bring its own.
@cache
def _deadline_bound(mixin: type, connection_cls: type) -> type:
    if connection_cls.__module__ != URLLIB3_CONNECTIONS:
        return connection_cls
    return type(connection_cls.__name__, (mixin, connection_cls), {})


class Pool(HTTPConnectionPool):
    """A pool of connections that keep to the deadline, or of a recorder's."""

    QueueCls: Any = IdleConnections

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        """The class that urllib3 makes connections of."""
        return _deadline_bound(DeadlineConnectionMixin, HTTPConnectionPool.ConnectionCls)


class TlsPool(HTTPSConnectionPool):
    """The same for TLS."""

    QueueCls: Any = IdleConnections

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        """The class that urllib3 makes connections of."""
        return _deadline_bound(TlsDeadlineConnectionMixin, HTTPSConnectionPool.ConnectionCls)
