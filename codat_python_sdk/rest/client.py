"""One attempt: sends a request and returns the response's bytes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import urllib3
from urllib3 import __version__ as _urllib3_version  # type: ignore[attr-defined]  # public, if not to mypy
from urllib3 import exceptions as urllib3_errors
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.response import GzipDecoderState
from urllib3.util import Retry, Timeout
from urllib3.util.retry import RequestHistory

from codat_python_sdk._version import __version__
from codat_python_sdk.checks import check_timeout
from codat_python_sdk.configuration import Configuration
from codat_python_sdk.interruptions import thrown_in
from codat_python_sdk.rest.connection import URLLIB3_CONNECTIONS, abandon_inherited
from codat_python_sdk.rest.errors import unreadable, what_to_raise, without_locals
from codat_python_sdk.rest.heads import PooledResponse, PreloadedResponse
from codat_python_sdk.rest.in_flight import NO_REQUEST, DeadlineReached, InFlight, bound_retry, current
from codat_python_sdk.rest.pool import Ticket, ticket_numbers
from codat_python_sdk.rest.pools import Pools
from codat_python_sdk.rest.register import Register
from codat_python_sdk.rest.resolve import forget_lookups

USER_AGENT = (
    f"codat-python-sdk/{__version__} (python {sys.version_info[0]}.{sys.version_info[1]}; urllib3 {_urllib3_version})"
)

_ONE_ATTEMPT = Retry(False)  # when to try again is decided above, where it is known what the request does
_PIECE = 1024 * 1024  #: bytes to read at once
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class RESTResponse:
    """A response that was read completely.

    As in 2021, its one argument can also be a ``urllib3.HTTPResponse``.

    Attributes:
        status: HTTP status.
        reason: Reason phrase.
        data: Body, decompressed.
        headers: Case-insensitive.
        uncertain: True when urllib3 made attempts before this one that may have done something.
        unframed: True when nothing said how long the body would be, so that it may be cut off unnoticed.
    """

    __slots__ = ("data", "headers", "reason", "status", "uncertain", "unframed")

    def __init__(
        self,
        status: int | urllib3.BaseHTTPResponse,
        reason: str | None = None,
        data: bytes = b"",
        headers: Mapping[str, str] = _NO_HEADERS,
        uncertain: bool = False,
        unframed: bool = False,
    ) -> None:
        if not isinstance(status, int):
            response, status = status, status.status
            reason, data, headers = response.reason, response.data, response.headers
        self.status: int = status
        self.reason: str | None = reason
        self.data: bytes = data
        self.headers: Mapping[str, str] = headers
        self.uncertain: bool = uncertain
        self.unframed: bool = unframed

    def getheaders(self) -> Mapping[str, str]:
        """All headers, case-insensitive."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header, or ``default``."""
        return self.headers.get(name, default)


class RESTClientObject:
    """The transport of a client. Put another object in its place to test without a network.

    ``ApiClient`` calls ``request`` alone. Whatever that returns needs ``status``, ``reason``, ``data`` (bytes),
    ``getheader(name, default=None)`` and ``getheaders()``, and nothing more.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._warned = set[str]()
        self._pools = Pools(configuration, self._warned)
        _clients.add(self)

    def close(self) -> None:
        """Close the idle connections, and the others when their calls are over. The next request makes new ones."""
        pools, self._pools = self._pools, Pools(self.configuration, self._warned)
        pools.close()

    def forget_connections(self) -> None:
        """Leave the connections as they are, to whoever else uses them. The next request makes new ones."""
        self._pools = Pools(self.configuration, self._warned)

    def __getstate__(self) -> dict[str, Any]:
        return {"configuration": self.configuration}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # fresh sockets on the other side

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        _preload_content: bool = True,
        _request_timeout: float | tuple[float | None, float | None] | None = None,
        _expires_at: float | None = None,
        _retries: Any = None,
    ) -> Any:
        """Make one attempt.

        Args:
            method: HTTP method.
            url: Absolute URL, encoded.
            headers: All headers but ``Host`` and ``Content-Length``.
            body: Encoded body.
            _preload_content: False to get an unread 2xx as ``urllib3.HTTPResponse``.
            _request_timeout: Seconds to wait for the network, or ``(connect, read)``.
            _expires_at: The moment on ``clock.monotonic()`` at which it has to be over.
            _retries: A ``urllib3.Retry`` to follow; urllib3 makes one attempt without it.

        Returns:
            A ``RESTResponse``, whatever its status.

        Raises:
            ApiConnectionException: There is no response; ``outcome`` says whether anything was sent.
            UnreadableResponseException: A 2xx is cut off or too large.
        """
        timeout = _timeout(_request_timeout)
        outer, request = current.request, InFlight()
        request.timeout = timeout
        if _expires_at is not None:
            request.expires_at = _expires_at
        plain = dict(headers or {})  # urllib3 copies them at once, a plain dict most quickly
        if HTTPConnectionPool.ConnectionCls.__module__ != URLLIB3_CONNECTIONS:
            request.sent = True  # a recorder's connections do not tell what was sent
            plain = {name: str(value) for name, value in plain.items()}  # it writes down str, and no Secret
        end = url.find("/", len("https://"))
        origin = url if end < 0 else url[:end]
        pools = self._pools
        try:
            current.request = request
            route = pools.by_origin.get(origin) or pools.connect_to(origin)
            places, tickets = route.places, route.places.tickets
            ticket = Ticket(request, tickets.discard)
            ticket.number = next(ticket_numbers)
            try:
                # Where responses are handed over unread, some never come back. A call inside of another one of the
                # same thread cannot wait either: the other one makes no room before it returns.
                if _preload_content and outer is NO_REQUEST:
                    tickets.add(ticket)
                    if len(tickets) > places.limit:
                        places.wait_for(ticket, request.expires_at)
                response = route.sender.urlopen(
                    method,
                    url if route.takes_url else (url[len(origin) :] or "/"),
                    body=body,
                    headers=plain,
                    retries=_ONE_ATTEMPT if _retries is None else bound_retry(_retries),
                    redirect=False,
                    assert_same_host=False,
                    timeout=timeout,
                    preload_content=False,
                )
                unread = not _preload_content and 200 <= response.status <= 299
                if type(response) is urllib3.HTTPResponse:  # and not a recorder's
                    response.__class__ = PooledResponse if unread else PreloadedResponse
                request.has_head = True
                return response if unread else self._read(response)
            finally:
                tickets.discard(ticket)  # one step in C, so that nothing comes between
                if len(tickets) >= places.limit:
                    places.wake_next()
        except Exception as error:
            # Held by no variable: the traceback has this frame, and would keep it and the caller's for the collector.
            raise what_to_raise(error, request, timeout, pools.proxy_to(origin))  # noqa: B904  # it has its cause
        finally:
            current.request = outer

    # -- the body ------------------------------------------------------------------------------------------------

    def _read(self, response: Any) -> RESTResponse:
        """The response with its body. Its connection goes back to the pool when that was read completely, or closed."""
        connection, response._connection = response._connection, None  # so that nobody else hands it back
        original = response._original_response
        status, length, data, reusable = response.status, response.length_remaining, b"", False
        unframed = length is None and not response.chunked
        try:
            fits = length is not None and length <= self.configuration.max_response_bytes and status >= 200
            is_plain = response.__class__ is PreloadedResponse and "Content-Encoding" not in response.headers
            data = response.read_whole() if fits and is_plain else self._pieces(response)
            reusable = original is not None and original.isclosed() and not getattr(original, "has_leftover", False)
        except (urllib3_errors.HTTPError, TimeoutError, DeadlineReached) as error:
            is_late = not isinstance(error, (urllib3_errors.ProtocolError, urllib3_errors.DecodeError))
            if status < 200 or (is_late and status <= 299) or thrown_in(error) is not None:
                raise
            if status <= 299:  # of an error, the status says enough
                cut_off = isinstance(error, urllib3_errors.ProtocolError)
                text = "the body is cut off" if cut_off else "the body cannot be decompressed"
                raise unreadable(response, text, cut_off=cut_off) from without_locals(error)
        finally:
            if not reusable:
                response.close()
            if connection is not None:  # a tool that stands in for urllib3's pools has none
                if not reusable:
                    connection.close()
                response._pool._put_conn(connection)
        uncertain = response.retries is not None and any(map(_may_have_done_something, response.retries.history))
        return RESTResponse(status, response.reason, data, response.headers, uncertain, unframed)

    def _pieces(self, response: Any) -> bytes:
        """A body that is compressed or of unknown length: reading stops at the limit.

        Raises:
            UnreadableResponseException: A 2xx is longer. Of an error that is, the beginning is enough.
        """
        if response.status < 200:
            raise urllib3_errors.ProtocolError(f"interim response {response.status}")
        limit, pieces, size = self.configuration.max_response_bytes, list[bytes](), 0
        while size <= limit and (piece := response.read(_PIECE)):
            pieces.append(piece)
            size += len(piece)
        if size > limit and response.status <= 299:
            raise unreadable(response, f"the body is longer than {limit} bytes (max_response_bytes)", too_large=True)
        data = b"".join(pieces)
        if response.tell() and response.status <= 299 and not _is_whole(response):
            raise unreadable(response, "the body is cut off", cut_off=True)
        return data


def _may_have_done_something(attempt: RequestHistory) -> bool:
    """Whether an attempt that urllib3 has repeated may have taken effect."""
    not_connected = (urllib3_errors.NewConnectionError, urllib3_errors.ConnectTimeoutError)
    return attempt.status not in (429, 503) and not isinstance(attempt.error, not_connected)


def _is_whole(response: Any) -> bool:
    """Whether a compressed body came to its end; its framing may be right although a gateway has cut it off before."""
    decoder = getattr(response, "_decoder", None)
    is_followed_by_junk = getattr(decoder, "_state", None) == GzipDecoderState.SWALLOW_DATA
    return is_followed_by_junk or bool(getattr(getattr(decoder, "_obj", None), "eof", True))


_clients = Register[RESTClientObject]()


def _start_anew_after_fork() -> None:
    """The parent goes on using its sockets, so that a child must make its own."""
    forget_lookups()
    abandon_inherited()
    for client in _clients:
        client.forget_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew_after_fork)


class _CheckedTimeout(Timeout):
    """A timeout that urllib3, which copies it twice for each request, need not check again."""

    def clone(self) -> Timeout:
        """Create a copy."""
        copy = Timeout.__new__(_CheckedTimeout)
        copy.__dict__.update(self.__dict__)
        return copy


@lru_cache(maxsize=64)
def _timeout(timeout: float | tuple[float | None, float | None] | None) -> Timeout:
    connect, read = check_timeout(timeout)
    return _CheckedTimeout(connect=connect, read=read)
