"""From a host's name to a connected socket, within the deadline even when the resolver hangs.

``socket.getaddrinfo`` cannot be given a time limit. So it runs in a thread of its own, which is left behind when the
deadline comes; all calls that want the same name wait for the same thread, and what it brings is kept for a moment.
"""

from __future__ import annotations

import _queue
import _thread
import queue
import socket
import sys
from copy import copy
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING, Any

from urllib3 import exceptions as urllib3_errors
from urllib3.util import connection as urllib3_connection

from codat_python_sdk.clock import clock
from codat_python_sdk.interruptions import thrown_in
from codat_python_sdk.rest.in_flight import DeadlineReached, current, time_left

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

Address = tuple[Any, ...]  #: one of ``socket.getaddrinfo``'s results
_Key = tuple[str, "int | None", int, "int | None"]

#: Seconds for which addresses are used again. A failure is not kept.
_LIFETIME = 5.0
#: Seconds after which a waiting call makes sure that somebody is looking the name up.
_RECHECK_INTERVAL = 0.5


class ResolverTimeout(DeadlineReached):
    """The resolver did not respond in time."""


class Lookup:
    """A name that is being looked up, or was a moment ago."""

    def __init__(self, host: str, port: int | None, family: int) -> None:
        self._arguments = (host, port, family, socket.SOCK_STREAM)
        self._waiting: list[queue.SimpleQueue[None]] = []
        self._has_begun = False
        self._addresses: list[Address] = []
        self._error: Exception | None = None
        self._finished_at: float | None = None

    @property
    def can_be_used(self) -> bool:
        """Whether it is under way, or has brought addresses a moment ago."""
        if self._finished_at is None:
            return True
        return self._error is None and clock.monotonic() - self._finished_at < _LIFETIME

    def start(self) -> None:
        """Look the name up in a thread, or in this one if there can be no other.

        That is so at a process's limit of threads, at the end of a script, and in some subinterpreters.
        """
        try:
            _thread.start_new_thread(self._run, ())
        except RuntimeError:
            self._run()

    def _run(self) -> None:
        self._has_begun = True
        self._error = OSError("the name lookup was interrupted")
        try:
            self._addresses = socket.getaddrinfo(*self._arguments)
            self._error = None
        except Exception as error:  # raised where somebody waits for it
            self._error = error
        finally:
            self._finished_at = clock.monotonic()
            for arrived in self._waiting:
                arrived.put(None)

    def wait(self, seconds: float) -> list[Address]:
        """The addresses; raises ResolverTimeout, or what ``socket.getaddrinfo`` raised."""
        ends_at = clock.monotonic() + seconds
        arrived = queue.SimpleQueue[None]()
        self._waiting.append(arrived)
        while self._finished_at is None:
            left = ends_at - clock.monotonic()
            if left <= 0:
                raise ResolverTimeout
            try:
                arrived.get(timeout=min(left, _RECHECK_INTERVAL))
            except queue.Empty:
                if not self._has_begun:  # whoever was about to start it was interrupted
                    self.start()
        if self._error is not None:
            raise _own(self._error)
        return self._addresses


def _own(error: Exception) -> Exception:
    """A copy for one of the calls that wait: whoever raises an exception adds its frames, and what it was handling."""
    try:
        return copy(error).with_traceback(error.__traceback__)
    except TypeError:  # some packages' exceptions cannot be made of their own arguments
        return error


_lookups: dict[_Key, Lookup] = {}


def forget_lookups() -> None:
    """Forget what is under way: in a forked child there are no threads that would finish it."""
    _lookups.clear()


def _addresses_of(host: str, port: int | None, timeout: float | None) -> list[Address]:
    if literal := _literal_address(host, port):
        return [literal]
    try:
        host.encode("idna")
    except UnicodeError:
        raise urllib3_errors.LocationParseError(f"'{host}', label empty or too long") from None
    family = urllib3_connection.allowed_gai_family()
    # Threads outside of a hub of greenlets, which have their own, cannot be woken up from within it.
    thread = None if queue.SimpleQueue is _queue.SimpleQueue else _thread.get_native_id()
    key = (host, port, family, thread)
    _drop_outdated()
    new = Lookup(host, port, family)
    lookup = _lookups.setdefault(key, new)
    if lookup is new:
        new.start()
    return lookup.wait(time_left() if timeout is None else min(timeout, time_left()))


def _drop_outdated() -> None:
    for key, lookup in _lookups.copy().items():
        if not lookup.can_be_used and _lookups.get(key) is lookup:
            _lookups.pop(key, None)


def _literal_address(host: str, port: int | None) -> Address | None:
    """An address in figures needs no resolver."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return (socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, port))
    if address.scope_id is not None:  # the name of an interface, of which the system knows the number
        return tuple(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)[0])
    return (socket.AF_INET6, socket.SOCK_STREAM, 0, "", (host, port, 0, 0))


def open_connection(connection: HTTPConnection) -> socket.socket:
    """A socket that is connected to a connection's host; raises what urllib3 raises, or DeadlineReached."""
    host: str = connection._dns_host.strip("[]")  # pyright: ignore[reportPrivateUsage]  # with its last dot
    timeout: float | None = connection.timeout  # resolved by urllib3
    try:
        addresses = _addresses_of(host, connection.port, timeout)
        return _connect_to_any(connection, addresses, timeout)
    except (socket.gaierror, UnicodeError) as error:
        raise urllib3_errors.NameResolutionError(connection.host, connection, error) from error  # type: ignore[arg-type]
    except TimeoutError as error:
        text = f"Connection to {connection.host} timed out. (connect timeout={timeout})"
        raise urllib3_errors.ConnectTimeoutError(connection, text) from error
    except OSError as error:
        text = f"Failed to establish a new connection: {error}"
        raise urllib3_errors.NewConnectionError(connection, text) from error


def _connect_to_any(connection: HTTPConnection, addresses: list[Address], timeout: float | None) -> socket.socket:
    """A socket connected to the first address that lets it.

    Each address gets half of what is left of the connect timeout, and the last one all of it: a dead address cannot
    use it up, and a host with many addresses that are slow is reached at the first.
    """
    if not addresses:
        raise OSError("the host has no address")
    ends_at = None if timeout is None else clock.monotonic() + timeout
    last = len(addresses) - 1
    for number, address in enumerate(addresses):
        left = _time_to_connect(ends_at)
        try:
            return _connect(connection, address, left if left is None or number == last else left / 2)
        except OSError as error:
            if number == last or thrown_in(error) is not None:
                raise
    raise AssertionError("unreachable")


def _time_to_connect(ends_at: float | None) -> float | None:
    left = time_left()
    if ends_at is not None:
        left = min(left, max(ends_at - clock.monotonic(), 0.001))
    return None if left == float("inf") else left


def _connect(connection: HTTPConnection, address: Address, timeout: float | None) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)  # looked up now: gevent, eventlet and pytest-socket replace it
    try:
        for option in connection.socket_options or ():
            sock.setsockopt(*option)
        sock.settimeout(timeout)
        if connection.source_address:
            sock.bind(connection.source_address)
        sock.connect(where)
        sys.audit("http.client.connect", connection, connection.host, connection.port)
        # What comes next, a handshake for one, may take the whole timeout, but not more than the deadline leaves.
        left, whole = current.request.expires_at - clock.monotonic(), connection.timeout
        sock.settimeout(whole if whole is None or whole < left else max(left, 0.001))
    except BaseException:
        sock.close()
        raise
    return sock
