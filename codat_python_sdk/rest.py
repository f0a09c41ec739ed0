"""Bytes out, bytes back: pools, TLS, proxies and timeouts. The only file that knows urllib3 and certifi.

An attempt runs in one thread from beginning to end. What its connection and its socket have to know of it, the
deadline above all, stands in a thread-local, for urllib3 hands nothing but a timeout per read through to them.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from math import inf
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import urllib3
from urllib3 import exceptions as lower
from urllib3._version import __version__ as _urllib3_version
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Retry, Timeout, make_headers, ssl_

from codat_python_sdk._version import __version__
from codat_python_sdk.configuration import Configuration, SecretDict, check_timeout, split_url
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    ApiValueError,
    InsecureTransportWarning,
    UnreadableResponseException,
)

USER_AGENT = (
    f"codat-python-sdk/{__version__} (python {sys.version_info[0]}.{sys.version_info[1]}; urllib3 {_urllib3_version})"
)

_ONE_ATTEMPT = Retry(False)  # when to try again is decided above, where it is known what the request does
_CHUNK = 1024 * 1024


class _Attempt(threading.local):
    """The attempt that this thread is making."""

    deadline = inf  #: the moment, on time.monotonic()'s clock, at which it is over
    sent = False  #: whether the service may have seen something of the request


_attempt = _Attempt()


class _DeadlineReached(Exception):
    """Not an OSError, so that urllib3 passes it on instead of following a retry policy."""


def _time_left() -> float:
    left = _attempt.deadline - monotonic()
    if left <= 0:
        raise _DeadlineReached
    return left


def _within_deadline(sock: socket.socket) -> None:
    """Cut the socket's timeout, which starts anew with every operation, to what is left of the deadline."""
    left, timeout = _attempt.deadline - monotonic(), sock.gettimeout()
    if left <= 0:
        raise _DeadlineReached
    if left < (inf if timeout is None else timeout):
        sock.settimeout(left)


class _PlainSocket(socket.socket):
    """A socket on which an answer that drips in cannot outlast the deadline."""

    __slots__ = ()  # laid out as socket.socket is, so that one of those can become one of these

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _within_deadline(self)
        return super().recv_into(*args, **kwargs)


class _TlsSocket(ssl.SSLSocket):
    """The same for TLS, the handshake included, and the sending, which is done piece by piece."""

    def do_handshake(self, block: bool = False) -> None:
        _within_deadline(self)
        super().do_handshake(block)

    def send(self, *args: Any, **kwargs: Any) -> int:
        _within_deadline(self)
        return super().send(*args, **kwargs)

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        _within_deadline(self)
        return super().recv(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        _within_deadline(self)
        return super().recv_into(*args, **kwargs)


class _Connection(HTTPConnection):
    """A connection that keeps to the deadline, and notes when something of the request leaves."""

    def connect(self) -> None:
        self._share_timeout()
        sent = _attempt.sent
        try:
            super().connect()
        finally:
            _attempt.sent = sent  # what was sent here went to a proxy

    def _share_timeout(self) -> None:
        # urllib3 gives each address of a host the whole timeout: four dead ones would outlast any deadline.
        longest = min(_time_left(), inf if self.timeout is None else self.timeout)
        if longest < inf:
            self.timeout = longest / _count_addresses(self.host, self.port)

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        sock: Any = self.sock
        if type(sock) is socket.socket:
            sock.__class__ = _PlainSocket  # the same object: while urllib3 makes a tunnel, it holds on to it
        timeout = sock.gettimeout()
        if timeout is not None and (self.timeout is None or timeout < self.timeout):
            sock.settimeout(self.timeout)  # what the deadline of another request has left
        _within_deadline(sock)
        _attempt.sent = True
        super().send(data)


class _TlsConnection(_Connection, HTTPSConnection):
    """The same for TLS."""

    def connect(self) -> None:
        super().connect()
        self.is_verified = True  # or else urllib3 warns at every request; we have, once


def _count_addresses(host: str, port: int | None) -> int:
    try:
        return len(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return 1  # connecting will fail, and say so better


class _Pool(HTTPConnectionPool):
    """A pool of our connections, unless a recorder (vcrpy, for one) has put its own class in place of urllib3's."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        theirs: Any = HTTPConnectionPool.ConnectionCls
        return _Connection if theirs is HTTPConnection else theirs


class _TlsPool(HTTPSConnectionPool):
    """The same for TLS."""

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]
        theirs: Any = HTTPSConnectionPool.ConnectionCls
        return _TlsConnection if theirs is HTTPSConnection else theirs


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
        self.status = status
        self.reason = reason
        self.data = data
        self.headers = headers
        self.uncertain = uncertain
        self.unframed = unframed

    def getheaders(self) -> Mapping[str, str]:
        """All headers, case-insensitive."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header, or ``default``."""
        return self.headers.get(name, default)


class _Pools:
    """A client's pools, and what sends a request into each, by origin and by whether the body is read here."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_origin: dict[tuple[str, bool], tuple[urllib3.PoolManager, Callable[..., Any]]] = {}


class RESTClientObject:
    """The transport of a client. Put another object in its place to test without a network.

    ``ApiClient`` calls ``request`` alone. Whatever that returns needs ``status``, ``reason``, ``data`` (bytes),
    ``getheader(name, default=None)`` and ``getheaders()``, and nothing more.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._pools = _Pools()
        _clients.add(self)

    def close(self) -> None:
        """Close the idle connections. The next request makes new ones."""
        pools, self._pools = self._pools, _Pools()
        for manager, _ in pools.by_origin.values():
            manager.clear()

    def forget_connections(self) -> None:
        """Leave the connections as they are, to whoever else uses them. The next request makes new ones."""
        # Not even closing them is safe in a forked child: it would wait for locks that other threads held at the fork.
        _inherited.append(self._pools)
        self._pools = _Pools()

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
            _deadline: The moment on ``time.monotonic()``'s clock at which it has to be over.
            _retries: A ``urllib3.Retry`` to follow; urllib3 makes one attempt without it.

        Returns:
            A ``RESTResponse``, whatever its status.

        Raises:
            ApiConnectionException: There is no answer; ``outcome`` says whether anything was sent.
            UnreadableResponseException: A 2xx is cut off or too large.
        """
        timeout = _timeout(_request_timeout)
        _attempt.deadline = inf if _deadline is None else _deadline
        theirs: Any = HTTPConnectionPool.ConnectionCls
        _attempt.sent = theirs is not HTTPConnection  # a recorder's connections do not tell what was sent
        try:
            send, target = self._route(url, _preload_content)
            response = send(
                method,
                target,
                body=body,
                headers=headers,
                retries=_ONE_ATTEMPT if _retries is None else _patient(_retries),
                redirect=False,
                assert_same_host=False,
                timeout=timeout,
                pool_timeout=None if _deadline is None else max(0.0, _deadline - monotonic()),
                preload_content=False,
            )
            if not _preload_content and 200 <= response.status <= 299:
                return response
            history = response.retries.history if response.retries is not None else ()
            uncertain = bool(history) and any(each.status not in (429, 503) for each in history)
            unframed = response.length_remaining is None and not response.chunked
            data = self._read(response)
            return RESTResponse(response.status, response.reason, data, response.headers, uncertain, unframed)
        except (lower.HTTPError, _DeadlineReached) as error:
            raise _translate(error, timeout) from _without_locals(error)
        finally:
            _attempt.deadline = inf

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
            raise _unreadable(response, text, cut_off=cut_off) from _without_locals(error)
        if size > limit:
            _give_up(response)
            raise _unreadable(response, f"the body is longer than {limit} bytes (max_response_bytes)", too_large=True)
        return b"".join(chunks)

    # -- the way -------------------------------------------------------------------------------------------------

    def _route(self, url: str, preload: bool) -> tuple[Callable[..., Any], str]:
        """What sends a request to the URL's origin, and how it wants the URL: as a path, or whole for a proxy."""
        pools = self._pools
        end = url.find("/", len("https://"))
        origin = url if end < 0 else url[:end]
        pool = pools.by_origin.get((origin, preload))
        if pool is None:
            with pools.lock:
                pool = pools.by_origin.get((origin, preload)) or self._connect_to(origin, preload)
                pools.by_origin[origin, preload] = pool
        manager, send = pool
        return send, url if isinstance(manager, urllib3.ProxyManager) else url[len(origin) :] or "/"

    def _connect_to(self, origin: str, preload: bool) -> tuple[urllib3.PoolManager, Callable[..., Any]]:
        settings, parts = self.configuration, urlsplit(origin)
        # Where answers are handed over unread, some connections never come back: waiting for them could be for ever.
        options: dict[str, Any] = {"maxsize": settings.connection_pool_maxsize, "block": preload}
        if settings.socket_options is not None:
            options["socket_options"] = settings.socket_options
        if parts.scheme == "https":
            options.update(ssl_context=_tls_context(settings), assert_hostname=settings.assert_hostname)
            if not settings.verify_ssl:
                _warn(f"{origin} is not verified (verify_ssl=False): anyone on the way can read and change everything")
        elif not _is_loopback(parts.hostname or ""):
            _warn(f"{origin} is plain HTTP: anyone on the way can read the credentials; use https")
        proxy = _proxy_for(settings, parts.scheme, parts.netloc)
        manager = urllib3.PoolManager(**options) if proxy is None else _proxy_manager(proxy, settings, options)
        manager.pool_classes_by_scheme = dict[str, Any](http=_Pool, https=_TlsPool)
        return manager, manager.connection_from_url(origin).urlopen if proxy is None else manager.urlopen


_clients = weakref.WeakSet[RESTClientObject]()
_inherited = list[_Pools]()


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


def _patient(retries: Retry) -> Retry:
    """The user's own policy, but one that ends in an answer instead of an error and does not outwait the deadline."""
    ours = retries.new(raise_on_status=False, raise_on_redirect=False)
    ours.__class__ = _patient_class(type(retries))  # type: ignore[arg-type]  # hashable all the same
    return ours


@lru_cache(maxsize=8)
def _patient_class(base: type[Retry]) -> type[Retry]:
    class Patient(base):  # type: ignore[misc, valid-type]
        def get_backoff_time(self) -> float:
            return float(min(super().get_backoff_time(), _time_left()))

        def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
            seconds = super().get_retry_after(response)
            return None if seconds is None else min(seconds, _time_left())

    return Patient


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _warn(text: str) -> None:
    warnings.warn(text, InsecureTransportWarning, stacklevel=2)


def _tls_context(settings: Configuration) -> ssl.SSLContext:
    from certifi import where  # plain HTTP does without, and its data is large

    context = ssl_.create_urllib3_context(
        ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
        cert_reqs=ssl.CERT_REQUIRED if settings.verify_ssl else ssl.CERT_NONE,
    )
    context.sslsocket_class = _TlsSocket
    try:
        if settings.verify_ssl:
            context.load_verify_locations(settings.ssl_ca_cert or where())
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as error:  # ssl.SSLError is one
        raise ApiValueError(
            f"ssl_ca_cert, cert_file or key_file cannot be loaded: {error.strerror or error}"
        ) from error
    return context


def _proxy_for(settings: Configuration, scheme: str, netloc: str) -> str | None:
    if settings.proxy is not None or not settings.trust_env:
        return settings.proxy
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies_environment, proxy_bypass  # takes a while to import

    proxies = getproxies_environment()
    if proxy_bypass(netloc):
        return None
    return proxies.get(scheme) or proxies.get("all")


def _proxy_manager(proxy: str, settings: Configuration, options: dict[str, Any]) -> urllib3.ProxyManager:
    parts = split_url(proxy if "://" in proxy else f"http://{proxy}")
    if parts is None:
        raise ApiValueError("proxy must be a URL such as 'http://proxy.example:3128', with http or https")
    headers = SecretDict(settings.proxy_headers or {})
    if parts.username is not None:
        headers |= make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")
    # Without the credentials, which would otherwise stand in every error that names the proxy.
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return urllib3.ProxyManager(
        url, proxy_headers=headers, proxy_ssl_context=_tls_context(settings), num_pools=1, **options
    )


# -- errors ------------------------------------------------------------------------------------------------------------


def _unreadable(
    response: urllib3.BaseHTTPResponse, text: str, *, cut_off: bool = False, too_large: bool = False
) -> UnreadableResponseException:
    error = UnreadableResponseException(response.status, text)
    error.headers, error.cut_off, error.too_large = response.headers, cut_off, too_large
    return error


def _translate(error: lower.HTTPError | _DeadlineReached, timeout: Timeout) -> ApiException:
    """Our exception for one of urllib3's, in words for whoever is on call."""
    if isinstance(error, lower.MaxRetryError) and error.reason is not None:
        error = error.reason  # type: ignore[assignment]
    behind_proxy = isinstance(error, lower.ProxyError)
    original: BaseException = error.original_error if isinstance(error, lower.ProxyError) else error
    cls: type[ApiException] = ApiConnectionException
    if monotonic() >= _attempt.deadline or isinstance(error, lower.EmptyPoolError):
        cls, text = ApiTimeoutException, "no complete answer within the deadline"
        if isinstance(error, lower.EmptyPoolError):
            text = "no free connection within the deadline (connection_pool_maxsize)"
    elif isinstance(original, lower.NameResolutionError):
        text = "the host name cannot be resolved"
    elif isinstance(original, lower.NewConnectionError):
        text = f"no connection: {_words(original.__cause__)}"
    elif isinstance(original, lower.ConnectTimeoutError):
        cls, text = ApiTimeoutException, f"no connection within {timeout.connect_timeout:g} s"
    elif isinstance(original, (lower.TimeoutError, TimeoutError)):
        cls, text = ApiTimeoutException, f"no answer within {timeout.read_timeout:g} s"
    elif isinstance(original, (lower.SSLError, ssl.SSLError)) and not _cut_short(original):
        cls, text = ApiTlsException, f"no trusted TLS connection: {_words(original)}"
    else:
        text = f"the connection broke: {_words(original)}"
    ours = cls(0, f"{'proxy: ' if behind_proxy else ''}{text}")
    ours.outcome = "unknown" if _attempt.sent else "not_sent"
    return ours


def _cut_short(error: BaseException) -> bool:
    """Whether TLS ended because the other side went away, which says nothing about trust."""
    return any(isinstance(part, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for part in (error, *error.args))


def _words(error: BaseException | None) -> str:
    """The innermost reason, without the names of Python's classes around it."""
    while error is not None and error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    return (getattr(error, "strerror", None) or str(error)) if error is not None else "refused"


def _without_locals(error: BaseException) -> BaseException:
    """The error, with the local variables of the frames below forgotten.

    They hold the request's head with the credentials, and a reporter that writes locals down would write those too.
    """
    chain: BaseException | None = error
    while chain is not None:
        traceback.clear_frames(chain.__traceback__)
        chain = chain.__cause__ or chain.__context__
    return error
