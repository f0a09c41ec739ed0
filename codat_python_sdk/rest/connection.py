"""Connections that keep to the deadline, whatever their socket is, and note when something of a request leaves."""

# Sockets may be of any class, and urllib3 has no types for what is underscored.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportOptionalMemberAccess=false

from __future__ import annotations

import errno
import http.client
import os
import ssl
from math import inf
from typing import TYPE_CHECKING, Any

from urllib3.util import SKIP_HEADER

from codat_python_sdk.clock import clock
from codat_python_sdk.rest.heads import TunnelResponse
from codat_python_sdk.rest.in_flight import DeadlineReached, bound_timeout, current
from codat_python_sdk.rest.plain_heads import PlainHeadResponse
from codat_python_sdk.rest.register import Register
from codat_python_sdk.rest.resolve import open_connection

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection as _HTTPConnection
    from urllib3.connection import HTTPSConnection as _HTTPSConnection
else:
    _HTTPConnection = _HTTPSConnection = object

#: The most that is sent at once. A socket's timeout holds for each piece, so a large body is cut into such.
_MAX_PIECE = 16_384

#: All connections of this process, open or not.
_connections = Register[Any]()


#: The module of urllib3's connection classes. A recorder (vcrpy, for one) puts those of another one in their place.
URLLIB3_CONNECTIONS = "urllib3.connection"


class DeadlineConnectionMixin(_HTTPConnection):
    """What makes a connection of urllib3's keep to the deadline."""

    response_class: type[http.client.HTTPResponse] = PlainHeadResponse
    #: The head of a request whose body follows at once; empty before it is there, and None to send piece by piece.
    _head: bytes | None = None
    _output: Any  # of http.client: it takes a line of the head

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _connections.add(self)  # once, however often it connects

    def request(self, method: str, url: str, body: Any = None, *args: Any, **options: Any) -> None:
        """Send a request: head and small body in one piece, which saves a system call, a packet and a TLS record."""
        if self.sock is None and self.auto_open:
            self.connect()  # as long as no frame holds the head: an interruption would show the credentials
        timeout = current.request.timeout
        if timeout is not None:
            self.timeout = timeout.read_timeout  # urllib3 sends with the time limit for connecting
        self._head = b"" if isinstance(body, bytes) and 0 < len(body) <= _MAX_PIECE else None
        super().request(method, url, body, *args, **options)

    def putheader(self, header: Any, *values: Any) -> None:
        """Add a line to the head: what is plain ASCII as it is, anything else by way of urllib3 and ``http.client``.

        Their checks take 50,000 of the 810,000 instructions of a GET (Python 3.11).
        """
        value = values[0] if len(values) == 1 else None
        if (
            isinstance(header, str)
            and isinstance(value, str)
            and header.isascii()
            and header.replace("-", "_").isidentifier()
            and value.isascii()
            and value.isprintable()
            and value != SKIP_HEADER
        ):
            self._output(header.encode() + b": " + value.encode())
        else:
            super().putheader(header, *values)

    def connect(self) -> None:
        """Connect, through the proxy if there is one."""
        request = current.request
        sent, request.is_connecting = request.sent, True
        try:
            super().connect()
            request.is_connecting = False
        finally:
            request.sent = sent  # what was sent here went to a proxy

    def _new_conn(self) -> Any:
        return open_connection(self)

    def _tunnel(self) -> None:
        self.response_class = TunnelResponse
        try:
            super()._tunnel()
        finally:
            del self.response_class  # that of the class counts again
        bound_timeout(self.sock, self.timeout)  # for the handshake that follows

    def send(self, data: Any) -> None:
        """Send bytes, within the deadline."""
        if self._head == b"":
            self._head = data
            return
        if self._head:
            data, self._head = self._head + data, None
        if self.sock is None and self.auto_open:
            self.connect()
        request, timeout = current.request, self.timeout
        left = request.expires_at - clock.monotonic()  # as bound_timeout(), without the calls
        if left <= 0:
            raise DeadlineReached
        if left < (inf if timeout is None else timeout):
            self.sock.settimeout(left)
        request.sent = True
        if len(data) <= _MAX_PIECE:
            super().send(data)
            return
        view = memoryview(data)
        for start in range(0, len(view), _MAX_PIECE):
            bound_timeout(self.sock, timeout)
            super().send(view[start : start + _MAX_PIECE])


class TlsDeadlineConnectionMixin(DeadlineConnectionMixin, _HTTPSConnection):
    """The same for TLS."""

    def connect(self) -> None:
        """Connect, and shake hands."""
        super().connect()
        self.is_verified = True  # or else urllib3 warns at every request; we have, once

    def send(self, data: Any) -> None:
        """Send bytes, within the deadline; BrokenPipeError, as without TLS, when the other side reads no more.

        urllib3 then looks for the response that has come, such as a 413.
        """
        try:
            super().send(data)
        except ssl.SSLEOFError as error:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from error

    @property
    def is_connected(self) -> bool:
        """Whether the connection can be used: it is open, and nothing has come that nobody asked for."""
        return super().is_connected and not _has_pending(self.sock)

    def _connect_tls_proxy(self, *args: Any, **options: Any) -> Any:
        return DeadlineSocket(super()._connect_tls_proxy(*args, **options))  # pyright: ignore[reportPrivateUsage]


class DeadlineSocket:
    """A socket to a proxy that is reached over TLS: urllib3 reads TLS inside of TLS from it, in many pieces."""

    __slots__ = ("_sock",)

    def __init__(self, sock: Any) -> None:
        object.__setattr__(self, "_sock", sock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._sock, name, value)

    def recv(self, *args: Any, **options: Any) -> Any:
        """Receive, within the deadline."""
        bound_timeout(self._sock, self._sock.gettimeout())
        return self._sock.recv(*args, **options)

    def recv_into(self, *args: Any, **options: Any) -> Any:
        """Receive, within the deadline."""
        bound_timeout(self._sock, self._sock.gettimeout())
        return self._sock.recv_into(*args, **options)

    def sendall(self, *args: Any, **options: Any) -> Any:
        """Send, within the deadline."""
        bound_timeout(self._sock, self._sock.gettimeout())
        return self._sock.sendall(*args, **options)


def _has_pending(sock: Any) -> bool:
    """Whether TLS holds bytes that have been received already, so that the operating system does not know of them."""
    # Those of ssl, of urllib3 for TLS inside of TLS, and of pyOpenSSL.
    for layer in (sock, getattr(sock, "sslobj", None), getattr(sock, "connection", None)):
        pending = getattr(layer, "pending", None)
        if pending is not None:
            return bool(pending() > 0)
    return False


def abandon_inherited() -> None:
    """Close a forked child's copies of its parent's sockets, and nothing but those.

    TLS is not told, for it would tell the other side; nor is anything freed, which could wait for a lock that another
    thread held at the fork.
    """
    for connection in _connections:
        _inherited.append((connection, connection.sock))
        sock = connection.sock
        while sock is not None and not hasattr(sock, "detach"):
            sock = getattr(sock, "socket", None)
        if sock is not None:
            descriptor = sock.detach()
            if descriptor >= 0:
                os.close(descriptor)
        connection.sock = None


_inherited: list[Any] = []
