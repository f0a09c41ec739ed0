"""Sockets, connections and pools that keep to the deadline. Nothing but urllib3's, where they see to it."""

from __future__ import annotations

import socket
import ssl
from math import inf
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from codat_python_sdk.rest.deadline import attempt, time_left, within_deadline


class PlainSocket(socket.socket):
    """A socket on which an answer that drips in cannot outlast the deadline."""

    __slots__ = ()  # laid out as socket.socket is, so that one of those can become one of these

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        within_deadline(self)
        return super().recv_into(*args, **kwargs)


class TlsSocket(ssl.SSLSocket):
    """The same for TLS, the handshake included, and the sending, which is done piece by piece."""

    def do_handshake(self, block: bool = False) -> None:
        within_deadline(self)
        super().do_handshake(block)

    def send(self, *args: Any, **kwargs: Any) -> int:
        within_deadline(self)
        return super().send(*args, **kwargs)

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        within_deadline(self)
        return super().recv(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        within_deadline(self)
        return super().recv_into(*args, **kwargs)


class Connection(HTTPConnection):
    """A connection that keeps to the deadline, and notes when something of the request leaves."""

    def connect(self) -> None:
        self._share_timeout()
        sent = attempt.sent
        try:
            super().connect()
        finally:
            attempt.sent = sent  # what was sent here went to a proxy

    def _share_timeout(self) -> None:
        # urllib3 gives each address of a host the whole timeout: four dead ones would outlast any deadline.
        longest = min(time_left(), inf if self.timeout is None else self.timeout)
        if longest < inf:
            self.timeout = longest / _count_addresses(self.host, self.port)

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        sock: Any = self.sock
        if type(sock) is socket.socket:
            sock.__class__ = PlainSocket  # the same object: while urllib3 makes a tunnel, it holds on to it
        timeout = sock.gettimeout()
        if timeout is not None and (self.timeout is None or timeout < self.timeout):
            sock.settimeout(self.timeout)  # what the deadline of another request has left
        within_deadline(sock)
        attempt.sent = True
        super().send(data)


class TlsConnection(Connection, HTTPSConnection):
    """The same for TLS."""

    def connect(self) -> None:
        super().connect()
        self.is_verified = True  # or else urllib3 warns at every request; we have, once


def _count_addresses(host: str, port: int | None) -> int:
    try:
        return len(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return 1  # connecting will fail, and say so better


class Pool(HTTPConnectionPool):
    """A pool of our connections, unless a recorder (vcrpy, for one) has put its own class in place of urllib3's."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        theirs: Any = HTTPConnectionPool.ConnectionCls
        return Connection if theirs is HTTPConnection else theirs


class TlsPool(HTTPSConnectionPool):
    """The same for TLS."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        theirs: Any = HTTPSConnectionPool.ConnectionCls
        return TlsConnection if theirs is HTTPSConnection else theirs
