"""Sockets, connections and pools that keep to the deadline. Nothing but urllib3's, where they see to it."""

from __future__ import annotations

import _socket
import socket
import ssl
import sys
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from codat_python_sdk.exceptions import ApiValueError
from codat_python_sdk.rest.deadline import attempt, time_left, within_deadline

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection as _HTTPConnection
else:
    _HTTPConnection = object


#: The module of urllib3's connection classes. A recorder (vcrpy, for one) puts those of another one in their place.
URLLIB3S_OWN = "urllib3.connection"


class PlainSocket(socket.socket):
    """A socket on which an answer that drips in cannot outlast the deadline."""

    __slots__ = ()  # laid out as socket.socket is, so that one of those can become one of these

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        within_deadline(self)
        return super().recv_into(*args, **kwargs)


class TlsSocket(ssl.SSLSocket):
    """The same for TLS, the handshake included, and the sending, which is done piece by piece."""

    def do_handshake(self, *args: Any, **kwargs: Any) -> None:
        within_deadline(self)
        super().do_handshake(*args, **kwargs)  # gevent's takes no argument

    def send(self, *args: Any, **kwargs: Any) -> int:
        within_deadline(self)
        return super().send(*args, **kwargs)

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        within_deadline(self)
        return super().recv(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        within_deadline(self)
        return super().recv_into(*args, **kwargs)


def check_sockets() -> None:
    """Refuse to work where gevent patched after this module was loaded: all greenlets would share one attempt.

    Raises:
        ApiValueError: It did.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("socket") and _socket.socket in PlainSocket.__mro__:
        raise ApiValueError("gevent.monkey.patch_all() came too late; call it before the first client is made")


class KeepsDeadline(_HTTPConnection):
    """What makes a connection of urllib3's keep to the deadline, and note when something of the request leaves."""

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
            self.timeout: float | None = longest / _count_addresses(self.host, self.port)

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        sock: Any = self.sock
        # Another class has another layout: pytest-socket may have put its own there before or since the import.
        if type(sock) is PlainSocket.__base__:
            sock.__class__ = PlainSocket  # the same object: while urllib3 makes a tunnel, it holds on to it
        timeout = sock.gettimeout()
        if timeout is not None and (self.timeout is None or timeout < self.timeout):
            sock.settimeout(self.timeout)  # what the deadline of another request has left
        within_deadline(sock)
        attempt.sent = True
        super().send(data)


class TlsKeepsDeadline(KeepsDeadline):
    """The same for TLS."""

    def connect(self) -> None:
        super().connect()
        self.is_verified = True  # or else urllib3 warns at every request; we have, once


# Looked for when they are wanted: while a recorder is at work, importing urllib3's classes would bring its own.
@cache
def _keeping_deadline(mixin: type, theirs: type) -> type:
    return type(theirs.__name__, (mixin, theirs), {}) if theirs.__module__ == URLLIB3S_OWN else theirs


def _count_addresses(host: str, port: int | None) -> int:
    try:
        return len(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return 1  # connecting will fail, and say so better


class Pool(HTTPConnectionPool):
    """A pool of such connections, or of a recorder's."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        return _keeping_deadline(KeepsDeadline, HTTPConnectionPool.ConnectionCls)


class TlsPool(HTTPSConnectionPool):
    """The same for TLS."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        return _keeping_deadline(TlsKeepsDeadline, HTTPSConnectionPool.ConnectionCls)
