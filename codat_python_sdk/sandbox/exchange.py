"""HTTP on one connection: reads requests, sends responses, and applies transport faults such as resets and cuts."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import struct
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.faults import NO_FAULT, Fault
from codat_python_sdk.sandbox.messages import BODILESS, ErrorBodies, Headers, Rejected, Request, Response

if TYPE_CHECKING:
    import threading

MAX_BODY = 1024 * 1024
MAX_HEAD = 64 * 1024
MAX_HEADERS = 100
HEAD_SECONDS = 10.0  # from the first byte of a head to its last
BODY_SECONDS = 30.0
LINGER = 2.0  # seconds
CHUNK = 64 * 1024

#: headers that an injected fault may have, and after which no next response on the connection can be relied on
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})

_log = logging.getLogger(__name__)
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP/1\.([01])")
_BEGINNING = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]")
_HEADER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*")

Pause = Callable[["float | None"], None]
#: makes the response to a request; it may wait with the function it gets, which raises when the sandbox stops
App = Callable[[Request, Pause], "tuple[Response, Fault]"]


class Closed(Exception):
    """The client closed the connection, or is too slow."""


class Exchange:
    """Serves one connection until one side closes it.

    Args:
        connection: The socket.
        app: Makes the responses.
        finished: Called with each request after its response was sent or sending it failed.
        errors: Makes Codat's error bodies.
        now: The sandbox's clock, for the `Date` header.
        stopping: Set when the sandbox stops.
    """

    def __init__(
        self,
        connection: socket.socket,
        app: App,
        finished: Callable[[Request], None],
        errors: ErrorBodies,
        now: Callable[[], float],
        stopping: threading.Event,
    ) -> None:
        self._socket = connection
        self._app, self._finished, self._errors, self._now, self._stopping = app, finished, errors, now, stopping
        self._buffer = b""
        self._close = False
        self.idle: bool = (
            True  # between two requests, or in the middle of a head: may be closed when there are too many
        )

    def serve(self) -> None:
        """Read requests and respond until one side closes. `OSError` and `Closed` end it as well."""
        while not self._close and not self._stopping.is_set():
            self.idle = True
            try:
                request = self._read_request()
            except Rejected as rejected:
                self._reject(rejected)
                return
            if request is None:
                return
            self._respond(request)

    # Reading

    def _read_request(self) -> Request | None:
        head = self._read_head()
        if head is None:
            return None
        self.idle = False
        line, _, fields = head.partition(b"\r\n")
        match = _REQUEST_LINE.fullmatch(line)
        if match is None:
            raise Rejected(400, "Malformed HTTP request: not a request line of HTTP/1.1")
        lines = fields.split(b"\r\n") if fields else []
        if len(lines) > MAX_HEADERS:
            raise Rejected(431, f"Malformed HTTP request: more than {MAX_HEADERS} headers")
        for field in lines:
            if not _HEADER.fullmatch(field):
                raise Rejected(400, "Malformed HTTP request: a line that is not a header")
        headers = Headers(raw=fields)
        method, target, minor = match.groups()
        options = headers.get("Connection", "").lower() if b"onnection" in fields else ""
        self._close = minor == b"0" or "close" in options
        body = self._read_body(headers, lines)
        return Request(method.decode("ascii"), target.decode("latin-1"), headers, body)

    def _read_head(self) -> bytes | None:
        """The head without its empty line; None when the client closes between two requests."""
        started: float | None = None
        while True:
            self._buffer = self._buffer.lstrip(b"\r\n") if self._buffer[:1] in b"\r\n" else self._buffer
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if end:
                self._buffer = rest
                if len(head) > MAX_HEAD:
                    raise Rejected(431, "Malformed HTTP request: the head is too large")
                return head
            if len(self._buffer) > MAX_HEAD:
                raise Rejected(431, "Malformed HTTP request: the head is too large")
            # A client that speaks TLS would wait for a response and never send a whole head.
            if self._buffer and not _BEGINNING.match(self._buffer):
                raise Rejected(400, "Malformed HTTP request: not a request line of HTTP/1.1")
            if self._buffer and started is None:
                started = stopwatch()
            chunk = self._receive(None if started is None else HEAD_SECONDS - (stopwatch() - started))
            if not chunk:
                if self._buffer:
                    raise Rejected(400, "Malformed HTTP request: the head is incomplete")
                return None
            self._buffer += chunk

    def _receive(self, seconds: float | None) -> bytes:
        """The next bytes; none when the client closed the connection. `seconds` of None waits without a limit."""
        if seconds is not None and seconds <= 0:
            raise Closed
        if self._socket.gettimeout() != seconds:
            self._socket.settimeout(seconds)
        try:
            return self._socket.recv(CHUNK)
        except (TimeoutError, ValueError):  # a ValueError is eventlet's, for TLS that another thread has shut down
            raise Closed from None

    def _read_body(self, headers: Headers, lines: list[bytes]) -> bytes:
        lengths = {line.partition(b":")[2].strip(b" \t") for line in lines if line[:15].lower() == b"content-length:"}
        encoding = headers.get("Transfer-Encoding")
        if not lengths and encoding is None:
            return b""
        limit = stopwatch() + BODY_SECONDS
        if headers.get("Expect", "").lower() == "100-continue":
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if encoding is not None:
            if lengths or encoding.lower() != "chunked":
                raise Rejected(400, "Malformed HTTP request: cannot tell where the body ends")
            return self._read_chunks(limit)
        length = lengths.pop()
        if lengths or not re.fullmatch(rb"[0-9]{1,18}", length):
            raise Rejected(400, "Malformed HTTP request: cannot tell where the body ends")
        return self._read(int(length), 0, limit)

    def _read_chunks(self, limit: float) -> bytes:
        body = bytearray()
        while True:
            size = self._read_line(limit).partition(b";")[0].strip()
            if not re.fullmatch(rb"[0-9a-fA-F]{1,16}", size):
                raise Rejected(400, "Malformed HTTP request: not a chunk")
            if int(size, 16) == 0:
                for _ in range(MAX_HEADERS):
                    if not self._read_line(limit):
                        return bytes(body)  # What trailers say is of no use here.
                raise Rejected(431, "Malformed HTTP request: too many trailers")
            body += self._read(int(size, 16), len(body), limit)
            if self._read_line(limit):
                raise Rejected(400, "Malformed HTTP request: a chunk is longer than it says")

    def _read_line(self, limit: float) -> bytes:
        while b"\r\n" not in self._buffer:
            if len(self._buffer) > MAX_HEAD:
                raise Rejected(400, "Malformed HTTP request: a line is too long")
            self._buffer += self._more(limit)
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _read(self, length: int, before: int, limit: float) -> bytes:
        if length + before > MAX_BODY:
            raise Rejected(413, f"The body is larger than {MAX_BODY} bytes")
        parts, missing = [self._buffer[:length]], length - len(self._buffer)
        self._buffer = self._buffer[length:]
        while missing > 0:
            chunk = self._more(limit)
            parts.append(chunk[:missing])
            self._buffer = chunk[missing:]
            missing -= len(chunk)
        return b"".join(parts)

    def _more(self, limit: float) -> bytes:
        chunk = self._receive(limit - stopwatch())
        if not chunk:
            raise Closed
        return chunk

    # Responding

    def _respond(self, request: Request) -> None:
        started = stopwatch()
        try:
            try:
                response, fault = self._app(request, self._pause)
            except ConnectionAbortedError:
                raise
            except Exception:  # a bug in the sandbox must end in a response, not in a dead thread
                _log.exception("the sandbox failed to respond to %s", request)
                failure = Rejected(500, "Internal error of the sandbox; see its log")
                response, fault = self._errors.response(failure), NO_FAULT
                request.status = 500
            self._deliver(request, response, fault)
        finally:
            request.seconds = stopwatch() - started
            self._finished(request)

    def _deliver(self, request: Request, response: Response, fault: Fault) -> None:
        own = {name.lower() for name in response.headers}
        self._close = self._close or fault.delivery in ("reset", "nothing", "cut") or not own.isdisjoint(_FRAMING)
        if self._socket.gettimeout() is not None:
            self._socket.settimeout(None)
        head = self._head(response)
        body = b"" if request.method == "HEAD" or response.status in BODILESS else response.body
        if fault.delivery == "whole":
            self._socket.sendall(head + body)  # one write: the second of two would wait for an acknowledgement
        elif fault.delivery == "reset":
            # With a linger time of zero, close() sends a RST.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault.delivery in ("cut", "drip"):
            in_head = fault.where == "head" or not body
            if fault.delivery == "drip":
                self._drip(head + body, 0 if in_head else len(head), fault.interval)
            elif body:
                self._socket.sendall((head + body)[: len(head) // 2 if in_head else len(head) + len(body) // 2])
            else:  # without a body, what arrives up to a later place is a whole response to http.client
                self._socket.sendall(head[: head.index(b"\r\n") // 2])

    def _drip(self, data: bytes, start: int, interval: float) -> None:
        self._socket.sendall(data[:start])
        for index in range(start, len(data)):
            self._pause(interval)
            self._socket.sendall(data[index : index + 1])

    def _head(self, response: Response) -> bytes:
        return response.head(date=http_date(int(self._now())), close=self._close)

    def _pause(self, seconds: float | None) -> None:
        """Wait so many seconds; None has no limit. Raises `ConnectionAbortedError` when the sandbox stops meanwhile."""
        if self._stopping.wait(seconds):
            raise ConnectionAbortedError("the sandbox stopped")

    def _reject(self, rejected: Rejected) -> None:
        """Respond to a request that cannot be read, and close the connection."""
        self._close = True
        self._socket.settimeout(LINGER)
        response = self._errors.response(rejected)
        self._socket.sendall(self._head(response) + response.body)
        # Closing with unread bytes resets the connection, and the client would not get the response.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            end = stopwatch() + LINGER
            for _ in range(1024):
                if not self._socket.recv(CHUNK) or stopwatch() > end:
                    return


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=100)  # every response has it
def http_date(seconds: int) -> str:
    """A time in the format of the `Date` header, in any locale."""
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(seconds)
    return f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month - 1]} {year:04d} {hour:02d}:{minute:02d}:{second:02d} GMT"
