"""A real HTTP server on a free local port that responds by script, so that a test sees a request as Codat would.

    with ScriptedServer() as server:
        server.script(http_response(status=503), dropped(), http_response({"id": "1"}))    # the last one repeats

The functions below make the replies; what is not there can be made with `Reply` itself.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.client import responses
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

#: closes with a reset; the option has two shorts on Windows, and two ints elsewhere
LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

CONNECTION: dict[str, Any] = {
    "id": "7c1d3f70-5a1b-4a57-9d0a-3b8f0f5c1e11",
    "integrationId": "c3b0a2d4-1111-4e2f-8a61-0d9c5f7b2a22",
    "sourceId": "0d5e8f3a-2222-4b9d-9c77-6a1f4e8d3b33",
    "platformName": "Sandbox",
    "linkUrl": "https://link.example.test/companies/c1/connections/k1/start",
    "status": "Linked",
    "lastSync": "2026-03-04T05:06:07.1234567Z",
    "created": "2026-02-03T04:05:06Z",
    "sourceType": "Banking",
}


def page(*results: dict[str, Any]) -> dict[str, Any]:
    """A page of connections as JSON."""
    here = {"href": "/companies/c1/connections?page=1"}
    return {
        "results": list(results),
        "pageNumber": 1,
        "pageSize": 100,
        "totalResults": len(results),
        "_links": {"self": {"href": "/companies/c1/connections"}, "current": here},
    }


class Request(NamedTuple):
    """What arrived."""

    method: str
    target: str  #: path and query, as on the wire
    headers: list[tuple[str, str]]  #: as on the wire, in order
    body: bytes
    connection: int  #: which of the server's connections brought it, counted from 1

    def all(self, name: str) -> list[str]:
        """The values of a header, one per line in which it stood."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The value of a header that stands there once at most."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What to do about one request."""

    data: bytes = b""  #: what goes over the wire, head included
    end: Literal["keep", "close", "reset", "stall"] = "keep"  #: what becomes of the connection then
    read: bool = True  #: False to leave the request unread, and out of `requests`
    interval: float = 0.0  #: seconds between two bytes of the data
    quick: int = 0  #: so many bytes go at once before the interval counts
    gate: threading.Event | None = None  #: waited for before the first byte


def raw(data: bytes, end: Literal["keep", "close", "reset", "stall"] = "close") -> Reply:
    """These very bytes."""
    return Reply(data, end)


def head(status: int, headers: Iterable[tuple[str, str]], reason: str | None = None) -> bytes:
    """Status line and headers, up to the empty line."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Other') if reason is None else reason}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def http_response(
    value: Any = CONNECTION,
    status: int = 200,
    headers: Iterable[tuple[str, str]] = (),
    *,
    body: bytes | None = None,
    content_type: str | None = "application/json",
    encoding: str | None = None,
    chunks: int = 0,
    reason: str | None = None,
) -> Reply:
    """An ordinary response.

    Args:
        value: Sent as JSON, unless `body` is given.
        encoding: "gzip" to compress the body; another one is only announced.
        chunks: Send the body in about so many chunks, instead of with its length.
    """
    body = json.dumps(value).encode() if body is None else body
    fields = [] if content_type is None else [("Content-Type", content_type)]
    if encoding is not None:
        fields.append(("Content-Encoding", encoding))
        body = gzip.compress(body) if encoding == "gzip" else body
    if chunks:
        fields.append(("Transfer-Encoding", "chunked"))
        size = max(1, -(-len(body) // chunks))
        parts = [body[start : start + size] for start in range(0, len(body), size)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
    elif status != 204:
        fields.append(("Content-Length", str(len(body))))
    return Reply(head(status, [*fields, *headers], reason) + body)


def cut(reply: Reply, missing: int = 8, end: Literal["close", "reset", "stall"] = "close") -> Reply:
    """The same without its last bytes (more than end a chunked body); then the connection ends, or is silent."""
    return replace(reply, data=reply.data[:-missing], end=end)


def dropped(*, read: bool = True) -> Reply:
    """No response: the connection is closed, after or before the request was read."""
    return Reply(end="close", read=read)


def reset(*, read: bool = True) -> Reply:
    """No response: the connection is reset."""
    return Reply(end="reset", read=read)


def stalled(*, read: bool = True) -> Reply:
    """No response, and the connection stays open until the client or the server closes it."""
    return Reply(end="stall", read=read)


def dripped(reply: Reply, interval: float, *, from_body: bool = False) -> Reply:
    """The same, byte by byte; with `from_body` the head comes at once."""
    return replace(reply, interval=interval, quick=reply.data.index(b"\r\n\r\n") + 4 if from_body else 0)


def gated(reply: Reply, gate: threading.Event) -> Reply:
    """The same, once the gate is open."""
    return replace(reply, gate=gate)


Script = Reply | Callable[[Request], Reply]


@dataclass
class ScriptedServer:
    """Listens from `with` to the end of the block, and closes everything then.

    `requests` holds what arrived, `sent` counts the replies that have left as a whole, `connections` the connections
    made, `open` those that are.
    """

    tls: ssl.SSLContext | None = None
    # The credentials in them are nobody's business.
    requests: list[Request] = field(default_factory=list[Request], repr=False)
    connections: int = 0
    sent: int = 0

    def __post_init__(self) -> None:
        self._script: list[Script] = [http_response()]
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._gates: list[threading.Event] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Base URL, without a trailing slash."""
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def request(self) -> Request:
        """The only request."""
        assert len(self.requests) == 1, f"{len(self.requests)} requests arrived"
        return self.requests[0]

    @property
    def open(self) -> int:
        """How many connections are open on this side."""
        return len(self._sockets)

    def script(self, *replies: Script) -> None:
        """Respond with these from now on, one after the other; the last one repeats. A function gets the request."""
        self._gates += [r.gate for r in replies if isinstance(r, Reply) and r.gate is not None]
        self._script = list(replies)

    def send_to_all(self, data: bytes) -> None:
        """Send bytes that nobody asked for on every open connection."""
        with self._changed:
            for connection in self._sockets:
                connection.sendall(data)

    def wait_for(self, predicate: Callable[[], bool], timeout: float = 5.0) -> bool:
        """Wait until something about requests and connections is true; whether it became true."""
        with self._changed:
            return self._changed.wait_for(predicate, timeout)

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._closing.set()
        for gate in self._gates:
            gate.set()
        _hang_up(self._listener)
        with self._changed:
            for connection in self._sockets:
                _hang_up(connection)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), "the server does not end"
        self._listener.close()

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self.connections += 1
                self._sockets.add(connection)
                self._changed.notify_all()
            self._start(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        used = connection
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                # A wrapped socket takes the file descriptor with it.
                used = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                with self._changed:
                    self._sockets.add(used)
                    self._sockets.discard(connection)
                used.do_handshake()
            with used.makefile("rb") as stream:
                while not self._closing.is_set() and self._respond_once(used, stream, number):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._changed:
                self._sockets.discard(used)
                _hang_up(used)
                with suppress(OSError):  # closed by the other side in the middle of a handshake
                    used.close()
                self._changed.notify_all()

    def _respond_once(self, connection: socket.socket, stream: Any, number: int) -> bool:
        if not stream.peek(1):
            return False
        with self._changed:
            step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        if not isinstance(step, Reply) or step.read:
            request = _read_request(stream, number)
            with self._changed:
                self.requests.append(request)
                self._changed.notify_all()
            reply = step if isinstance(step, Reply) else step(request)
            return self._send(connection, reply, head_only=request.method == "HEAD")
        return self._send(connection, step, head_only=False)

    def _send(self, connection: socket.socket, reply: Reply, head_only: bool) -> bool:
        if reply.gate is not None:
            reply.gate.wait()
        data = reply.data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if head_only and reply.data else reply.data
        if not reply.interval:
            connection.sendall(data)
        else:
            connection.sendall(data[: reply.quick])
            for byte in data[reply.quick :]:
                if self._closing.wait(reply.interval):
                    return False
                connection.sendall(bytes([byte]))
        with self._changed:
            self.sent += 1
            self._changed.notify_all()
        if reply.end == "stall":
            while connection.recv(65536):
                pass
        elif reply.end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
            connection.close()
        return reply.end == "keep"


def _read_request(stream: BinaryIO, number: int) -> Request:
    method, target, _ = stream.readline().decode("latin-1").split(" ", 2)
    headers: list[tuple[str, str]] = []
    while line := stream.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    fields = {name.lower(): value for name, value in headers}
    body = stream.read(int(fields.get("content-length", 0)))
    return Request(method, target, headers, body, number)


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)  # wakes up whoever is reading; closing alone does not


def echo(request: Request) -> Reply:
    """A response that holds the requested id, so that no caller can mistake another's response for its own."""
    segments = request.target.partition("?")[0].split("/")
    if len(segments) == 4:  # the list, and the creation, of a company
        mine = {**CONNECTION, "id": segments[2]}
        return http_response(page(mine) if request.method == "GET" else mine)
    return http_response({**CONNECTION, "id": segments[4]})
