"""HTTP on one connection: reads requests, sends answers, and does to the wire what the faults say."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import struct
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from codat_python_sdk.sandbox.faults import Fault
from codat_python_sdk.sandbox.messages import Answer, Headers, Refused, Request

if TYPE_CHECKING:
    import threading

LARGEST_BODY = 1024 * 1024
LONGEST_LINE = 64 * 1024
LINGER = 2.0  # seconds

_log = logging.getLogger(__name__)

Pause = Callable[["float | None"], None]
#: makes the answer to a request; it may wait with the given function, which raises when the sandbox stops
App = Callable[[Request, Pause], "tuple[Answer, Fault]"]


class Exchange(BaseHTTPRequestHandler):
    """Serves one connection for as long as it is kept alive; made and done in its constructor, as the base class is."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(
        self,
        connection: socket.socket,
        address: Any,
        app: App,
        clock: Callable[[], float],
        stopping: threading.Event,
    ) -> None:
        self._app = app
        self._clock = clock
        self._stopping = stopping
        super().__init__(connection, address, None)  # type: ignore[arg-type]  # no base server is needed

    def handle_one_request(self) -> None:
        """Read one request and answer it; `close_connection` tells the base class whether another may follow."""
        self.raw_requestline: bytes = self.rfile.readline(LONGEST_LINE + 1)
        if len(self.raw_requestline) > LONGEST_LINE:
            self._refuse(Answer.error(414, "Malformed HTTP request: the first line is too long"))
        elif self.raw_requestline and self.parse_request():
            # The base class rewrites a leading //, and here the target has to be what was sent.
            target = self.requestline.split()[1]
            try:
                request = Request(self.command, target, Headers(self.headers.items()), self._read_body())
            except Refused as refused:
                self._refuse(refused.answer)
            else:
                self._answer(request)
        else:
            self.close_connection = True

    def _answer(self, request: Request) -> None:
        try:
            answer, fault = self._app(request, self._pause)
        except OSError:
            raise
        except Exception:  # a bug of ours has to be an answer, not a thread that died
            _log.exception("the sandbox failed to answer %s", request)
            answer, fault = Answer.error(500, "The sandbox itself failed, its log says how"), Fault()
        self._deliver(answer, fault)

    def _deliver(self, answer: Answer, fault: Fault) -> None:
        self.close_connection = self.close_connection or fault.delivery in ("reset", "nothing", "cut")
        if fault.delivery == "whole":
            self._send(answer)
        elif fault.delivery == "reset":
            # With no time to linger, close() sends a RST.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault.delivery in ("cut", "drip"):
            head = self._head(answer)
            whole = head + answer.body
            if fault.delivery == "cut":
                end = len(head) // 2 if fault.where == "head" else len(head) + len(answer.body) // 2
                self.wfile.write(whole[:end])
            else:
                self._drip(whole, 0 if fault.where == "head" else len(head), fault.interval)

    def _drip(self, data: bytes, start: int, interval: float) -> None:
        self.wfile.write(data[:start])
        for index in range(start, len(data)):
            self._pause(interval)
            self.wfile.write(data[index : index + 1])

    def _send(self, answer: Answer) -> None:
        # One write: two small ones would make a round trip wait for the client's delayed acknowledgement.
        body = b"" if getattr(self, "command", None) == "HEAD" else answer.body
        self.wfile.write(self._head(answer) + body)

    def _head(self, answer: Answer) -> bytes:
        return answer.head(date=formatdate(self._clock(), usegmt=True), close=self.close_connection)

    def _pause(self, seconds: float | None) -> None:
        """Wait; None waits for the end. Raises `ConnectionAbortedError` when the sandbox stops meanwhile."""
        if self._stopping.wait(seconds):
            raise ConnectionAbortedError("the sandbox stopped")

    def _read_body(self) -> bytes:
        lengths = set(self.headers.get_all("Content-Length", []))
        encoding = self.headers.get("Transfer-Encoding")
        if encoding is not None:
            if lengths or encoding.strip().lower() != "chunked":
                raise Refused(400, "Malformed HTTP request: cannot tell where the body ends")
            return self._read_chunks()
        length = lengths.pop() if lengths else "0"
        if lengths or not re.fullmatch("[0-9]{1,18}", length):
            raise Refused(400, "Malformed HTTP request: cannot tell where the body ends")
        return self._read(int(length), 0)

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = self.rfile.readline(LONGEST_LINE).partition(b";")[0].strip()
            if not re.fullmatch(b"[0-9a-fA-F]{1,16}", size):
                raise Refused(400, "Malformed HTTP request: not a chunk")
            if int(size, 16) == 0:
                while self.rfile.readline(LONGEST_LINE).strip():
                    pass  # Trailers say nothing that is of use here.
                return bytes(body)
            body += self._read(int(size, 16), len(body))
            if self.rfile.readline(LONGEST_LINE).strip():
                raise Refused(400, "Malformed HTTP request: a chunk is longer than it says")

    def _read(self, length: int, before: int) -> bytes:
        if length + before > LARGEST_BODY:
            raise Refused(413, f"The body is larger than {LARGEST_BODY} bytes")
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionAbortedError("the client went away in the middle of a body")
        return data

    def _refuse(self, answer: Answer) -> None:
        """Answer what cannot be read to its end, and close."""
        self.close_connection: bool = True
        self._send(answer)
        # Closing with unread bytes would reset the connection, and the client would not see why.
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER)
            for _ in range(1024):
                if not self.connection.recv(64 * 1024):
                    return

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """The base class' answer to malformed HTTP, in Codat's form and without an echo of what was sent."""
        self._refuse(Answer.error(code, f"Malformed HTTP request: {HTTPStatus(code).phrase}"))

    def log_message(self, format: str, *args: Any) -> None:  # the base class' name
        """The base class would print every request."""
