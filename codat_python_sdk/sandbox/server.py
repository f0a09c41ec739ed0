"""Sockets and threads: who is connected, and how all of them end."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import TYPE_CHECKING, Any

from codat_python_sdk.sandbox.exchange import App, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable


class Server:
    """Accepts connections in one thread and serves each in a thread of its own, until `stop`."""

    def __init__(self, host: str, port: int, app: App, clock: Callable[[], float]) -> None:
        self.app = app
        self.clock = clock
        self.stopping: threading.Event = threading.Event()
        self._sockets: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=128)
        self._listener.setblocking(False)  # a client that left again would block accept(), and with it stop()
        self.port: int = self._listener.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._acceptor = threading.Thread(target=self._accept, name="codat-sandbox", daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Close every socket and wait for every thread."""
        self.stopping.set()
        self._wake.close()
        self._acceptor.join()
        self._listener.close()
        self._woken.close()
        with self._lock:
            threads = list(self._sockets.values())
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()

    def _accept(self) -> None:
        # Closing a listener does not wake its accept() on every system; the end of a pair of sockets does.
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.stopping.is_set():
                selector.select()
                if self.stopping.is_set():
                    return
                try:
                    self._start(*self._listener.accept())
                except OSError:
                    # The client left before it was accepted; or there are no files left, and spinning helps nobody.
                    self.stopping.wait(0.01)

    def _start(self, connection: socket.socket, address: Any) -> None:
        connection.setblocking(True)
        thread = threading.Thread(target=self._serve, args=(connection, address), name="codat-sandbox", daemon=True)
        with self._lock:
            self._sockets[connection] = thread
        thread.start()

    def _serve(self, connection: socket.socket, address: Any) -> None:
        try:
            Exchange(connection, address, self.app, self.clock, self.stopping)
        except OSError:
            pass  # The client went away, or the sandbox stopped.
        finally:
            with self._lock:
                del self._sockets[connection]
                connection.close()
