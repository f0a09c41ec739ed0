"""What the scripted server cannot be: addresses that do not respond, a proxy, wire faults of other kinds.

Also the six operations as a table, so that a test of delivery can run over all of them.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codat_python_sdk import ApiClient
from codat_python_sdk.api.connection_api import ConnectionApi

if TYPE_CHECKING:
    from typing_extensions import Self

METHODS = {
    "list": "GET",
    "get": "GET",
    "create": "POST",
    "unlink": "PATCH",
    "delete": "DELETE",
    "update_authorization": "PUT",
}
#: the operations of which Codat remembers the response by the key
KEYED = ("create", "unlink")
#: a policy whose waits are too short to notice, as keyword arguments
QUICK: dict[str, Any] = {"initial_interval": 0.001, "max_interval": 0.002}
#: a deadline in seconds, and by how much a call may miss it
DEADLINE, SLACK = 0.3, 0.2


_PREFIX = "companies_company_id_connections"
_CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "list": ("_get", {}),
    "create": ("_post", {"body": {"platformKey": "mqjo"}}),
    "get": ("_connection_id_get", {}),
    "delete": ("_connection_id_delete", {}),
    "unlink": (
        "_connection_id_patch",
        {"codat_public_api_models_company_patch_data_connection_model": {"status": "Unlinked"}},
    ),
    "update_authorization": ("_connection_id_authorization_put", {"request_body": {"accessToken": "t0"}}),
}


def call(api: ConnectionApi, operation: str, company: str = "c1", connection: str = "k1", **options: Any) -> Any:
    """Run one of the six operations with arguments that are right, and return its ``ApiResponse``."""
    suffix, body = _CALLS[operation]
    ids = (company, connection) if "connection_id" in suffix else (company,)
    return getattr(api, f"{_PREFIX}{suffix}_with_http_info")(*ids, **(body | options))


def fetch_ids(client: ApiClient, names: list[str]) -> list[str]:
    """Get connections of these ids, and return the ids that came; a process that is spawned for it imports no test."""
    return [str(call(ConnectionApi(client), "get", connection=name).data.id) for name in names]


@contextlib.contextmanager
def refused() -> Generator[str]:
    """A URL at which every connection is refused: its port is taken, and nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextlib.contextmanager
def silent() -> Generator[str]:
    """A URL at which connecting hangs: the listener's backlog is full, and nobody accepts."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def serving(handle: Callable[[socket.socket], None]) -> Generator[str]:
    """``127.0.0.1:PORT``, where a function has its own way with each connection, in a thread; all ends with the block.

    What it raises when the other side goes away, or the block ends, is nobody's concern.
    """
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def run(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            handle(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connections.append(listener.accept()[0])
                threads.append(threading.Thread(target=run, args=(connections[-1],), daemon=True))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        acceptor = threading.Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            hang_up(listener)
            acceptor.join(5)
            for connection in connections:
                hang_up(connection)
            for thread in threads:
                thread.join(5)


def hang_up(connection: socket.socket) -> None:
    """Wake whoever reads from it, in this process and on the other side."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def read_head(connection: socket.socket) -> bytes:
    """All bytes up to the first empty line, without reading further."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionAbortedError("the other side went away")
        head += byte
    return head


class Proxy:
    """A small HTTP proxy: forwards absolute URLs, and opens tunnels for CONNECT, all to one and the same address.

    Going to one address lets a test use host names that exist nowhere. ``heads`` holds what clients asked for,
    ``rejection`` (a complete response) is sent instead of any service's, ``interim`` before every response of its own,
    ``tls`` is for a proxy reached over TLS, and ``opened`` the status line that a tunnel is opened with.
    """

    def __init__(
        self,
        target: str = "",
        rejection: bytes = b"",
        tls: ssl.SSLContext | None = None,
        interim: bytes = b"",
        opened: bytes = b"HTTP/1.1 200 Connection established",
    ) -> None:
        self.opened = opened
        self.target = target
        self.rejection = rejection
        self.interim = interim
        self.tls = tls
        self.heads: list[bytes] = []

    def __enter__(self) -> Self:
        self._stack = contextlib.ExitStack()
        self._secured: list[ssl.SSLSocket] = []
        self.address = self._stack.enter_context(serving(self._serve))
        self.url = f"http{'s' if self.tls else ''}://{self.address}"
        return self

    def __exit__(self, *exc_info: object) -> None:
        for client in self._secured:  # each has taken the descriptor of the socket that serving() would wake
            hang_up(client)
        self._stack.close()

    def _serve(self, client: socket.socket) -> None:
        if self.tls is not None:
            with self.tls.wrap_socket(client, server_side=True) as secured:
                self._secured.append(secured)
                self._forward(secured)
        else:
            self._forward(client)

    def _forward(self, client: socket.socket) -> None:
        head = read_head(client)
        self.heads.append(head)
        if self.rejection:
            client.sendall(self.interim + self.rejection)
            return
        host, _, port = self.target.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=5) as upstream:
            if head.startswith(b"CONNECT "):
                client.sendall(self.interim + self.opened + b"\r\n\r\n")
            else:
                upstream.sendall(_without_proxy_headers(head))
            back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
            back.start()
            _pump(client, upstream)
            back.join(5)


def _without_proxy_headers(head: bytes) -> bytes:
    lines = head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"proxy-"))


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    hang_up(sink)


def open_sockets() -> set[str]:
    """The sockets that this process has open now; the test is skipped where there is no /proc to tell."""
    if not Path("/proc/self/fd").is_dir():
        import pytest  # which the processes that tests start can do without

        pytest.skip("open sockets are listed in /proc")
    names = set[str]()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            names.add(str(entry.readlink()))
    return {name for name in names if name.startswith("socket:")}


@contextlib.contextmanager
def within(seconds: float) -> Generator[None]:
    """Fail when the block takes longer, on a machine that has time for it.

    A second thread does nothing but sleep for a hundredth of a second again and again, and notes by how much it is
    late: that is what the machine costs at this moment. The block may be late by some times as much, and no more.
    """
    ended = threading.Event()
    lateness = [0.0]

    def measure() -> None:
        while not ended.is_set():
            slept = time.monotonic()
            time.sleep(0.01)
            lateness[0] += time.monotonic() - slept - 0.01

    observer = threading.Thread(target=measure, daemon=True)
    observer.start()
    started = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - started
        ended.set()
        observer.join()
    limit = seconds + 5 * lateness[0]
    assert took <= limit, f"took {took:.2f} s instead of at most {limit:.2f} s"
