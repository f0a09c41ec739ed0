"""The exceptions of urllib3, and of what is below it, as this package's."""

# The module _signal has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal itself would be one more module to load
import os
import ssl
import traceback
from collections.abc import Iterator
from http.client import IncompleteRead
from types import CodeType
from typing import Any

import urllib3
from urllib3 import exceptions as urllib3_errors
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.util import Timeout

from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    OpenApiException,
    UnreadableResponseException,
)
from codat_python_sdk.rest.connection import URLLIB3_CONNECTIONS
from codat_python_sdk.rest.in_flight import InFlight
from codat_python_sdk.rest.pool import NoFreePlace
from codat_python_sdk.rest.proxy import Proxy
from codat_python_sdk.rest.resolve import ResolverTimeout
from codat_python_sdk.secret import as_secret

#: Packages that replace sockets to keep tests from the network. What they raise is for the test, and no failure.
_NETWORK_GUARDS = frozenset({"pytest_socket"})
#: Variables that name authorities for other libraries.
_UNREAD_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
#: What http.client says when a proxy refuses CONNECT; its status follows.
_NO_TUNNEL = "Tunnel connection failed"
#: OpenSSL's words for what only its strict checks object to.
_STRICT_FAULTS = ("Basic Constraints of CA cert", "Key Identifier", "key usage", "not marked critical")


def unreadable(
    response: urllib3.BaseHTTPResponse, text: str, *, cut_off: bool = False, too_large: bool = False
) -> UnreadableResponseException:
    """The exception for a 2xx whose body cannot be read."""
    error = UnreadableResponseException(response.status, text)
    error.headers, error.cut_off, error.too_large = response.headers, cut_off, too_large
    return error


def is_for_the_caller(error: Exception) -> bool:
    """Whether an exception has to reach the caller as it is: this package's, a test tool's, a recorder's."""
    return (
        isinstance(error, (OpenApiException, Warning))
        or type(error).__module__.partition(".")[0] in _NETWORK_GUARDS
        or (is_recording() and not isinstance(error, urllib3_errors.HTTPError))
    )


def is_recording() -> bool:
    """Whether a recorder (vcrpy, for one) has put its own connections in the place of urllib3's."""
    return HTTPConnectionPool.ConnectionCls.__module__ != URLLIB3_CONNECTIONS


def interruption_in(error: BaseException) -> BaseException | None:
    """The exception of a signal handler that urllib3 took for a failure of the network, or None.

    Handlers raise what they like, ``TimeoutError`` more than anything.
    """
    handlers, found = set(_codes_of_signal_handlers()), None
    for cause in _causes(error):
        # urllib3 gives its own exception the traceback of the one that it stands for; the last one is the original.
        # One that was raised in a handler and caught there, before it made this call, began with the handler's frame.
        below = cause.__traceback__.tb_next if cause.__traceback__ is not None else None
        if any(frame.f_code in handlers for frame, _ in traceback.walk_tb(below)):
            found = cause
    return found


def _codes_of_signal_handlers() -> Iterator[CodeType]:
    for number in _signal.valid_signals():
        handler: Any = _signal.getsignal(number)
        handler = getattr(handler, "func", handler)  # functools.partial
        call: Any = getattr(type(handler), "__call__", None)  # noqa: B004  # of an object that can be called
        code = getattr(handler, "__code__", None) or getattr(call, "__code__", None)
        if code is not None:
            yield code


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def translate(error: Exception, request: InFlight, timeout: Timeout, proxy: Proxy | None = None) -> ApiException:
    """This package's exception for another one, in words for whoever is on call, with the attempt's outcome."""
    cause: BaseException = error
    if isinstance(cause, urllib3_errors.MaxRetryError) and cause.reason is not None:
        cause = cause.reason
    at_proxy = isinstance(cause, urllib3_errors.ProxyError)
    if isinstance(cause, urllib3_errors.ProxyError):
        cause = cause.original_error
    cls, text = _class_and_text(cause, request, timeout)
    translated = cls(0, f"{proxy or 'proxy'}: {text}" if at_proxy else text)
    if cls is ApiTlsException:
        translated.hint = _tls_hint(cause, proxy, at_proxy=at_proxy)
    elif proxy is not None and not isinstance(cause, NoFreePlace):
        translated.hint = _proxy_hint(cls, text, proxy, at_proxy=at_proxy)
    translated.outcome = "unknown" if request.sent else "not_sent"
    return translated


def _class_and_text(error: BaseException, request: InFlight, timeout: Timeout) -> tuple[type[ApiException], str]:
    if isinstance(error, NoFreePlace):
        return ApiTimeoutException, "no free connection within the deadline (connection_pool_maxsize)"
    if isinstance(error, ResolverTimeout):
        limit = timeout.connect_timeout if clock.monotonic() < request.expires_at else None
        within = "the deadline" if limit is None else f"{limit:g} s"
        return ApiTimeoutException, f"the host name could not be resolved within {within}"
    if clock.monotonic() >= request.expires_at:
        return ApiTimeoutException, "no complete response within the deadline"
    if isinstance(error, urllib3_errors.NameResolutionError):
        return ApiConnectionException, "the host name cannot be resolved"
    if isinstance(error, urllib3_errors.NewConnectionError):
        return ApiConnectionException, f"no connection: {_words(error.__cause__)}"
    if isinstance(error, (urllib3_errors.TimeoutError, TimeoutError)):
        # Before anything is sent, the connect timeout holds for the connection and for TLS.
        if isinstance(error, urllib3_errors.ConnectTimeoutError) or not request.sent:
            return ApiTimeoutException, f"no connection within {timeout.connect_timeout:g} s"
        return ApiTimeoutException, f"no response within {timeout.read_timeout:g} s"
    if isinstance(error, (urllib3_errors.SSLError, ssl.SSLError)) and not _ended_by_other_side(error):
        return ApiTlsException, f"no trusted TLS connection: {_words(error)}"
    words = _words(error)
    return ApiConnectionException, words if words.startswith(_NO_TUNNEL) else f"the connection broke: {words}"


def _proxy_hint(cls: type[ApiException], text: str, proxy: Proxy, *, at_proxy: bool) -> str:
    """What to do about it, when there is a proxy on the way; with ``at_proxy`` that one is the cause."""
    if text.startswith(f"{_NO_TUNNEL}: 407"):
        return f"Check the credentials for the proxy, in {proxy.source} or in proxy_headers"
    if text.startswith(_NO_TUNNEL):
        return f"Check {proxy.source}, and that the proxy allows the host"
    hint = f"Check the host, the network and the {proxy}"
    if at_proxy:
        hint = f"Check {proxy.source}, and that the proxy can be reached"
    return f"{hint}, or allow more time (timeout, deadline)" if issubclass(cls, ApiTimeoutException) else hint


def _tls_hint(error: BaseException, proxy: Proxy | None, *, at_proxy: bool) -> str:
    """What to do about it, which depends on why there is no trust."""
    text = str(error)
    if "WRONG_VERSION_NUMBER" in text or "HTTP_REQUEST" in text:
        return f"Check the scheme and the port{' of the proxy' if at_proxy else ''}: it does not speak TLS"
    hint = ApiTlsException.hint
    if at_proxy:
        hint = hint.replace("the host's", "the proxy's")
    elif proxy is not None:
        hint += f"; the {proxy} may have replaced the certificate"
    unread = [name for name in _UNREAD_VARIABLES if os.environ.get(name)]
    if unread:
        hint += f"; {' and '.join(unread)} {'is' if len(unread) == 1 else 'are'} not read"
    if any(fault in text for fault in _STRICT_FAULTS):
        hint += "; Python 3.13 and newer check authorities strictly, which ssl_context can relax"
    return hint


def _ended_by_other_side(error: BaseException) -> bool:
    """Whether TLS ended because the other side went away, which says nothing about trust."""
    return any(isinstance(part, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for part in (error, *error.args))


def _words(error: BaseException | None) -> str:
    """The innermost reason, without the names of Python's classes around it."""
    while error is not None and error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    if error is None:
        return "refused"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def as_cause(error: Exception, translated: ApiException) -> BaseException:
    """What an exception is raised from: the original, without its local variables.

    Of a timeout it is that one alone: the text of ``translated`` has all that the tracebacks below it would say.
    """
    without_locals(error)
    if isinstance(translated, ApiTimeoutException):
        error.__cause__, error.__suppress_context__ = None, True
    return error


def without_locals(error: BaseException) -> BaseException:
    """The error, with the local variables of the frames below forgotten.

    They hold the request's head with the credentials, and a reporter that writes locals down would write those too.
    """
    for link in _causes(error):
        traceback.clear_frames(link.__traceback__)
        if isinstance(link, IncompleteRead):
            link.partial = as_secret(link.partial)  # links for customers, tokens
            link.args = tuple(map(as_secret, link.args))
    return error
