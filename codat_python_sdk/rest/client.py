"""Bytes out, bytes back: one attempt."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf
from typing import Any

import urllib3
from urllib3 import __version__ as _urllib3_version  # type: ignore[attr-defined]  # public, if not to mypy
from urllib3 import exceptions as lower
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.util import Retry, Timeout

from codat_python_sdk._version import __version__
from codat_python_sdk.checks import check_timeout
from codat_python_sdk.clock import clock
from codat_python_sdk.configuration import Configuration
from codat_python_sdk.rest.deadline import DeadlineReached, attempt, patient
from codat_python_sdk.rest.errors import translate, unreadable, without_locals
from codat_python_sdk.rest.pools import Route, connect_to
from codat_python_sdk.rest.sockets import URLLIB3S_OWN

USER_AGENT = (
    f"codat-python-sdk/{__version__} (python {sys.version_info[0]}.{sys.version_info[1]}; urllib3 {_urllib3_version})"
)

_ONE_ATTEMPT = Retry(False)  # when to try again is decided above, where it is known what the request does
_CHUNK = 1024 * 1024


class RESTResponse:
    """An answer that was read completely.

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
        status: int,
        reason: str | None,
        data: bytes,
        headers: Mapping[str, str],
        uncertain: bool = False,
        unframed: bool = False,
    ) -> None:
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


class Pools:
    """A client's pools, and what sends a request into each, by origin and by whether the body is read here."""

    def __init__(self) -> None:
        self.lock: threading.Lock = threading.Lock()
        self.by_origin: dict[tuple[str, bool], Route] = {}


class RESTClientObject:
    """The transport of a client. Put another object in its place to test without a network.

    ``ApiClient`` calls ``request`` alone. Whatever that returns needs ``status``, ``reason``, ``data`` (bytes),
    ``getheader(name, default=None)`` and ``getheaders()``, and nothing more.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._pools = Pools()
        _clients.add(self)

    def close(self) -> None:
        """Close the idle connections. The next request makes new ones."""
        pools, self._pools = self._pools, Pools()
        for way in pools.by_origin.values():
            way.manager.clear()

    def forget_connections(self) -> None:
        """Leave the connections as they are, to whoever else uses them. The next request makes new ones."""
        # Not even closing them is safe in a forked child: it would wait for locks that other threads held at the fork.
        _inherited.append(self._pools)
        self._pools = Pools()

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
        _deadline: float | None = None,
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
            _deadline: The moment on ``clock.monotonic()`` at which it has to be over.
            _retries: A ``urllib3.Retry`` to follow; urllib3 makes one attempt without it.

        Returns:
            A ``RESTResponse``, whatever its status.

        Raises:
            ApiConnectionException: There is no answer; ``outcome`` says whether anything was sent.
            UnreadableResponseException: A 2xx is cut off or too large.
        """
        timeout = _timeout(_request_timeout)
        attempt.deadline = inf if _deadline is None else _deadline
        theirs: Any = HTTPConnectionPool.ConnectionCls
        attempt.sent = theirs.__module__ != URLLIB3S_OWN  # a recorder's connections do not tell what was sent
        plain = dict(headers or {})  # urllib3 copies them at once, a plain dict most quickly
        if attempt.sent:
            plain = {name: str(value) for name, value in plain.items()}  # a recorder writes down str, and no Secret
        try:
            send, target = self._route(url, _preload_content)
            response = send(
                method,
                target,
                body=body,
                headers=plain,
                retries=_ONE_ATTEMPT if _retries is None else patient(_retries),
                redirect=False,
                assert_same_host=False,
                timeout=timeout,
                pool_timeout=None if _deadline is None else max(0.0, _deadline - clock.monotonic()),
                preload_content=False,
            )
            if not _preload_content and 200 <= response.status <= 299:
                return response
            history = response.retries.history if response.retries is not None else ()
            uncertain = bool(history) and any(each.status not in (429, 503) for each in history)
            unframed = response.length_remaining is None and not response.chunked
            data = self._read(response)
            return RESTResponse(response.status, response.reason, data, response.headers, uncertain, unframed)
        except (lower.HTTPError, DeadlineReached) as error:
            raise translate(error, timeout) from without_locals(error)
        finally:
            attempt.deadline = inf

    # -- the body ------------------------------------------------------------------------------------------------

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        if response.status < 200:
            # An interim answer other than 100, which http.client takes for the final one. That is still to come, and
            # must not be taken for the answer to the next request.
            _give_up(response)
            raise lower.ProtocolError(f"interim answer {response.status}")
        limit = self.configuration.max_response_bytes
        length = response.length_remaining if "Content-Encoding" not in response.headers else None
        try:
            if length is not None and length <= limit:
                return response.read()
            # Compressed, or of unknown length: stop at the limit instead of finding out what there is.
            chunks, size = list[bytes](), 0
            while size <= limit and (chunk := response.read(_CHUNK)):
                chunks.append(chunk)
                size += len(chunk)
        except (lower.ProtocolError, lower.DecodeError) as error:
            _give_up(response)
            if not 200 <= response.status <= 299:
                return b""  # the status says enough
            cut_off = isinstance(error, lower.ProtocolError)
            text = "the body is cut off" if cut_off else "the body cannot be decompressed"
            raise unreadable(response, text, cut_off=cut_off) from without_locals(error)
        if size > limit:
            _give_up(response)
            raise unreadable(response, f"the body is longer than {limit} bytes (max_response_bytes)", too_large=True)
        return b"".join(chunks)

    # -- the way -------------------------------------------------------------------------------------------------

    def _route(self, url: str, preload: bool) -> tuple[Callable[..., Any], str]:
        """What sends a request to the URL's origin, and how it wants the URL: as a path, or whole for a proxy."""
        pools = self._pools
        end = url.find("/", len("https://"))
        origin = url if end < 0 else url[:end]
        way = pools.by_origin.get((origin, preload))
        if way is None:
            with pools.lock:
                way = pools.by_origin.get((origin, preload)) or connect_to(origin, self.configuration, preload)
                pools.by_origin[origin, preload] = way
        return way.sender.urlopen, url if way.whole_url else url[len(origin) :] or "/"


_clients = weakref.WeakSet[RESTClientObject]()
_inherited = list[Pools]()


def _start_anew_after_fork() -> None:
    """The parent goes on using its sockets, so that a child must make its own."""
    for client in list(_clients):
        client.forget_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew_after_fork)


@lru_cache(maxsize=64)
def _timeout(timeout: float | tuple[float | None, float | None] | None) -> Timeout:
    connect, read = check_timeout(timeout)
    return Timeout(connect=connect, read=read)


def _give_up(response: urllib3.BaseHTTPResponse) -> None:
    """Close the connection, and give its place in the pool to another."""
    response.close()
    response.release_conn()
