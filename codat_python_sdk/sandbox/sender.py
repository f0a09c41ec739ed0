"""Posts one webhook to its receiver: within 15 seconds, and only to loopback addresses unless configured otherwise."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.hosts import client_context, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT = 15.0  # seconds, for all of it
MAX_RESPONSE = 64 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.\d ([1-9]\d\d)(?: [^\r\n]*)?\r\n")
_CONTENT_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,9})\b", re.IGNORECASE | re.MULTILINE)


class SendError(Exception):
    """There was no response; the text says why."""


class Sender:
    """Sends requests, from any number of threads.

    Args:
        anywhere: Whether receivers may be other than on this machine.
    """

    def __init__(self, *, anywhere: bool) -> None:
        self._anywhere = anywhere
        self._sockets: set[socket.socket] = set()
        self._aborts = 0
        self._lock = threading.Lock()

    def abort(self) -> None:
        """End the requests that are being sent, from another thread."""
        with self._lock:
            self._aborts += 1
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the receiver's response.

        Raises:
            SendError: There was none in time, or the receiver is not on this machine.
        """
        parts = urlsplit(url)
        if not self._anywhere and not is_loopback(parts.hostname or ""):  # without asking anybody for its address
            raise SendError(f"{parts.hostname} is not this machine; start the sandbox with --deliver-anywhere")
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", "User-Agent: codat-sandbox"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        end, aborts = stopwatch() + TIMEOUT, self._aborts
        try:
            connection = self._connect(host, port, tls=parts.scheme == "https")
        except (OSError, ValueError) as error:
            raise SendError(f"cannot connect to {host}, port {port}: {error}") from error
        try:
            self._register(connection, aborts)
            connection.sendall("\r\n".join(lines).encode("latin-1", "replace") + body)
            return _read_status(connection, end)
        except (OSError, ValueError) as error:
            raise SendError(f"no response: {error}") from error
        finally:
            with self._lock:
                self._sockets.discard(connection)
            connection.close()

    def _register(self, connection: socket.socket, aborts: int) -> None:
        """Note a connection for `abort`, unless that was called while it was made."""
        with self._lock:
            if self._aborts != aborts:
                raise OSError("the sandbox stopped")
            self._sockets.add(connection)

    def _connect(self, host: str, port: int, *, tls: bool) -> socket.socket:
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            connection = socket.socket(family, kind, protocol)
            connection.settimeout(TIMEOUT)
            try:
                connection.connect(address)
                if tls:
                    connection = client_context(host).wrap_socket(connection, server_hostname=host)
            except OSError as error:
                connection.close()
                failure = error
                continue
            return connection
        raise failure


def _read_status(connection: socket.socket, end: float) -> int:
    """The status of the response; the rest is read and dropped, so that the receiver can finish it."""
    received = b""
    status = 0  # of the head that has arrived, if it is no interim one
    while len(received) < MAX_RESPONSE and not (status >= 200 and _is_complete(status, received)):
        connection.settimeout(max(0.001, end - stopwatch()))
        try:
            chunk = connection.recv(16 * 1024)
        except OSError:
            if status < 200:
                raise
            break
        if not chunk:
            break
        received += chunk
        while status < 200 and b"\r\n\r\n" in received:
            line = _STATUS_LINE.match(received)
            if line is None:
                raise ValueError("not an HTTP response")
            status = int(line[1])
            if status < 200:
                received = received.partition(b"\r\n\r\n")[2]
    if status < 200:
        raise ValueError("the receiver closed the connection without one")
    return status


def _is_complete(status: int, received: bytes) -> bool:
    """Whether a response has arrived with its body; without a length, it ends when the connection is closed."""
    if status in (204, 304):  # these have no body, whatever the head says
        return True
    head, _, body = received.partition(b"\r\n\r\n")
    length = _CONTENT_LENGTH.search(head)
    if length is not None:
        return len(body) >= int(length[1])
    return b"chunked" in head.lower() and body.endswith(b"0\r\n\r\n")
