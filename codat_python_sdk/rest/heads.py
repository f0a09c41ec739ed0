"""Reading of responses: within the deadline, past interim ones, and with a check for bytes that follow them."""

from __future__ import annotations

import http.client
import io
import logging
from contextlib import suppress
from math import inf
from operator import attrgetter
from typing import Any

import urllib3
from urllib3 import exceptions as urllib3_errors

from codat_python_sdk.clock import clock
from codat_python_sdk.interruptions import thrown_in
from codat_python_sdk.rest.in_flight import DeadlineReached, current

logger: logging.Logger = logging.getLogger(__name__)


class DeadlineReader(io.RawIOBase):
    """What a response is read from: a socket, whatever its class, as long as the deadline allows.

    Attributes:
        sock: The socket.
        timeout: Seconds to wait for the next bytes, or None.
        file: The socket as a file, which keeps it open until the response is read.
        ended: True to read nothing more: what the buffer holds is all that there is.
    """

    sock: Any = None
    timeout: float | None = None
    file: Any = None
    ended = False

    readable: Any = True.__bool__  # it is; in C, for it is asked at each response

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, or wait for it within the deadline."""
        if self.ended:
            return 0
        timeout, left = self.timeout, current.request.expires_at - clock.monotonic()
        if left <= 0:
            raise DeadlineReached
        if left < (inf if timeout is None else timeout):
            self.sock.settimeout(left)
        count: int | None = self.file.readinto(buffer)
        return count


class Response(http.client.HTTPResponse):
    """``http.client``'s response, which skips interim ones and detects bytes that follow the response.

    Attributes:
        has_leftover: Whether more came behind it, so that its connection must not be used again.
    """

    has_leftover: bool = False
    code: int
    headers: Any
    msg: Any
    _method: str
    fp: Any = None  # until it has one: whoever makes a response may be interrupted at any point
    _reader: DeadlineReader | None = None

    # Nothing is written. http.client's own raises for a file that is closed, and costs two calls for each response.
    flush: Any = [].clear

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        reader = DeadlineReader()
        reader.sock = sock
        # pyOpenSSL's, as urllib3 wraps it, sets a timeout and does not tell it; its socket does.
        reader.timeout = (sock if hasattr(sock, "gettimeout") else sock.socket).gettimeout()
        buffered, self.fp = self.fp, None  # so that an interruption leaves nothing half detached
        reader.file = buffered.detach()  # what the socket's makefile() has made
        self.fp = io.BufferedReader(reader)
        self._reader = reader

    def begin(self, **limits: Any) -> None:
        """Read the head."""
        if self.headers is not None:
            return
        super().begin(**limits)
        if self.msg.defects or self.msg.get_payload():
            self._drop_unparsed()
        if "Content-Encoding" in self.msg or "Transfer-Encoding" in self.msg:
            self._strip_codings()
        if self.length is None and not self.chunked:
            self._agree_on_length()

    # What is no status line, or no length of a chunk, may be a part of a body, with links and tokens. http.client's
    # exceptions quote it. These are raised where none of those is being handled, so that none is their context.

    def _read_status(self) -> Any:
        """The first status line that is no interim response's; a proxy's response to CONNECT is read with it too."""
        base: Any = super()  # what is underscored has no types
        while True:
            try:
                version, status, reason = base._read_status()
            except http.client.RemoteDisconnected:
                raise
            except http.client.BadStatusLine:
                version, status, reason = "", 0, ""
            if not version.startswith("HTTP/1.") and version != "HTTP/0.9":
                raise http.client.BadStatusLine("the response does not begin with a status line of HTTP/1.1")
            if not 100 <= status < 200 or status == http.client.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)

    def _read_next_chunk_size(self) -> int:
        base: Any = super()
        try:
            size: int = base._read_next_chunk_size()
        except ValueError as error:
            if thrown_in(error) is not None:
                raise
            size = -1
        if size < 0:
            raise ValueError("not the length of a chunk")
        return size

    def _drop_unparsed(self) -> None:
        """Forget the lines from the first one on that is no header: urllib3 would log them, cookies included."""
        logger.debug("a response head has a line that is not a header; this line and those after it are ignored")
        self.msg.defects = []
        self.msg.set_payload("")

    def _strip_codings(self) -> None:
        """Forget blanks and line breaks around a coding, which HTTP allows, and which would make it an unknown one."""
        for name in ("Transfer-Encoding", "Content-Encoding"):
            value = self.headers.get(name)
            if value is not None and value != value.strip():
                self.headers.replace_header(name, value.strip())
        if self.length is None and (self.headers.get("Transfer-Encoding") or "").lower() == "chunked":
            self.chunked, self.chunk_left = True, None
            self.will_close = self._check_close()  # type: ignore[attr-defined]

    def _agree_on_length(self) -> None:
        """Take ``Content-Length: 7, 7``, which some gateways send, for the 7 that urllib3 takes it for."""
        lengths = {text.strip() for text in (self.headers.get("Content-Length") or "").split(",")}
        if len(lengths) == 1 and (length := lengths.pop()).isascii() and length.isdecimal():
            self.length = int(length)
            self.will_close = self._check_close()  # type: ignore[attr-defined]

    def _close_conn(self) -> None:
        reader = self._reader
        if reader is None:  # the constructor was interrupted
            with suppress(ValueError):
                super()._close_conn()  # type: ignore[misc]
            return
        reader.ended = True
        # The garbage collector may have closed the file before the response: it ends garbage in any order.
        self.has_leftover = not self.fp.closed and bool(self.fp.peek(1))
        super()._close_conn()  # type: ignore[misc]
        # Closed here and not by the interpreter when they are collected: an exception of a signal handler that is
        # raised then is not seen by anyone.
        reader.file.close()
        self.close()


class TunnelResponse(Response):
    """A proxy's response to CONNECT: any 2xx opens the tunnel, of which ``http.client`` knows 200 alone."""

    def _read_status(self) -> Any:
        version, status, reason = super()._read_status()
        return version, 200 if 200 <= status <= 299 else status, reason


class PooledResponse(urllib3.HTTPResponse):
    """A response that the caller reads. It hands its connection back once, whenever it is interrupted."""

    def release_conn(self) -> None:
        """Give the connection to the pool; closed, if more came on it than was asked for."""
        connection, self._connection = self._connection, None
        if connection is not None and self._pool is not None:
            if getattr(self._original_response, "has_leftover", False):
                connection.close()
            self._pool._put_conn(connection)  # pyright: ignore[reportPrivateUsage]

    def _update_chunk_length(self) -> None:
        try:
            super()._update_chunk_length()
            return
        except urllib3_errors.InvalidChunkLength:
            pass
        raise urllib3_errors.InvalidChunkLength(self, b"...")  # as above: the text of the original quotes the body

    # Some releases of urllib3 have deprecated these two. They are part of what this package asks of a response.
    def getheaders(self) -> urllib3.HTTPHeaderDict:
        """The response's headers."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header's value."""
        return self.headers.get(name, default)


class PreloadedResponse(urllib3.HTTPResponse):
    """A response that is read before the caller gets it."""

    # urllib3's property is a function in Python, which the interpreter calls when the response is collected. An
    # exception of a signal handler that is raised then is not seen by anyone, so this one is in C.
    closed = property(attrgetter("_fp.closed"))  # pyright: ignore[reportIncompatibleMethodOverride]

    def read_whole(self) -> bytes:
        """A body that is not compressed, without a decoder, and with the names of urllib3's errors.

        ``read`` prepares for a compressed body and for errors each time, which takes 41,000 of the 755,000 instructions
        of a GET (Python 3.11).

        Raises:
            HTTPError: As by ``read``.
        """
        response: Any = self._fp
        try:
            body: bytes = response.read()
        except Exception:
            with self._error_catcher():
                raise
        return body
