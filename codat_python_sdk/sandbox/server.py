"""Sockets and threads: the connections of the server, and how it stops."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.exchange import Closed, Exchange

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


MAX_CONNECTIONS = 512
JOIN_SECONDS = 2.0  # in all: what a thread does longer than that does not hold `stop` up
HANDSHAKE_SECONDS = 10.0
ACCEPT_SECONDS = 0.05  # for a connection that is there, or has just been there


class Server:
    """Listens, and from `start` to `stop` accepts connections in one thread and serves each in a thread of its own.

    Args:
        host: The address to listen on; "::" listens on IPv4 as well.
        port: The port; 0 takes a free one.
        make_exchange: Makes what serves a connection.
        ssl_context: For TLS; None for plain HTTP.
    """

    def __init__(
        self,
        host: str,
        port: int,
        make_exchange: Callable[[socket.socket, threading.Event], Exchange],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.stopping: threading.Event = threading.Event()
        self._make_exchange, self._ssl_context = make_exchange, ssl_context
        self._threads: dict[socket.socket, threading.Thread] = {}
        self._exchanges: dict[socket.socket, Exchange] = {}  # longest idle first
        self._lock = threading.Lock()
        self._listener = _listen(host, port)
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, name="codat-sandbox", daemon=True)

    def start(self) -> None:
        """Accept connections; `RuntimeError`, and all is closed, when there is no thread to be had."""
        try:
            self._acceptor.start()
        except RuntimeError:
            self._close_all()
            raise

    def stop(self) -> None:
        """Close every socket and wait a moment for every thread.

        A forked child may still have copies of the sockets, so that closing them is not enough: they are shut down.
        """
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        for connection in self._connections():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # not every system can; there, closing does it
        end = stopwatch() + JOIN_SECONDS
        with self._lock:
            threads = [self._acceptor, *self._threads.values()]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - stopwatch()))
        self._close_all()

    def _close_all(self) -> None:
        for own in (self._listener, self._wake, self._woken, *self._connections()):
            with contextlib.suppress(OSError):
                own.close()

    def _connections(self) -> list[socket.socket]:
        with self._lock:
            return list(self._threads)

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.stopping.is_set():
                selector.select()
                if self.stopping.is_set():
                    return
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    # The client left before it was accepted; or there are no files left, and spinning helps nobody.
                    self.stopping.wait(0.01)
                else:
                    self._start(connection)

    def _start(self, connection: socket.socket) -> None:
        self._make_room()
        thread = threading.Thread(target=self._serve, args=(connection,), name="codat-sandbox", daemon=True)
        with self._lock:
            self._threads[connection] = thread
        try:
            connection.setblocking(True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread.start()
        except (OSError, RuntimeError, MemoryError):  # no thread to be had: this connection ends, the others go on
            self._forget(connection)
            self.stopping.wait(0.01)

    def _make_room(self) -> None:
        """With too many connections, end the one that has been idle longest."""
        with self._lock:
            if len(self._threads) < MAX_CONNECTIONS:
                return
            idle = next((own for own, exchange in self._exchanges.items() if exchange.idle), None)
            oldest = idle if idle is not None else next(iter(self._threads))
            thread = self._threads[oldest]
        with contextlib.suppress(OSError):
            oldest.shutdown(socket.SHUT_RDWR)
        thread.join(0.1)

    def _serve(self, connection: socket.socket) -> None:
        own = connection
        try:
            if self._ssl_context is not None:
                own = self._wrap(connection, self._ssl_context)
            exchange = self._make_exchange(own, self.stopping)
            with self._lock:
                self._exchanges[own] = exchange
            exchange.serve()
        except (OSError, Closed):
            pass  # The client closed or is too slow, or the sandbox stopped.
        finally:
            self._forget(own)

    def _wrap(self, connection: socket.socket, context: ssl.SSLContext) -> socket.socket:
        connection.settimeout(HANDSHAKE_SECONDS)
        wrapped = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._lock:  # the plain one was detached: it can no longer be shut down
            self._threads[wrapped] = self._threads.pop(connection)
        try:
            wrapped.do_handshake()
        except BaseException:
            self._forget(wrapped)
            raise
        wrapped.settimeout(None)
        return wrapped

    def _forget(self, connection: socket.socket) -> None:
        with self._lock:
            self._threads.pop(connection, None)
            self._exchanges.pop(connection, None)
        with contextlib.suppress(OSError):
            connection.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    dual = host == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server((host, port), family=family, backlog=128, dualstack_ipv6=dual)
    # A client that left again would block accept(), and with it stop(). Of a listener that does not block, eventlet
    # accepts sockets that block all green threads.
    listener.settimeout(ACCEPT_SECONDS)
    return listener
