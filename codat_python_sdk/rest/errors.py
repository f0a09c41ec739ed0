"""The exceptions of urllib3, and of what is below it, as this package's."""

from __future__ import annotations

import errno
import os
import re
import ssl
import traceback
from http.client import IncompleteRead
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
from codat_python_sdk.interruptions import causes_in_call, package_of, thrown_in
from codat_python_sdk.rest.connection import URLLIB3_CONNECTIONS
from codat_python_sdk.rest.in_flight import InFlight
from codat_python_sdk.rest.pool import NoFreePlace
from codat_python_sdk.rest.proxy import Proxy
from codat_python_sdk.rest.resolve import ResolverTimeout
from codat_python_sdk.secret import as_secret

#: Packages that replace sockets to keep tests from the network. What they raise is for the test, and no failure.
_NETWORK_GUARDS = frozenset({"pytest_socket"})
#: The system's errors when there can be no more sockets.
_NO_FILES = (errno.EMFILE, errno.ENFILE)
#: Variables that name authorities for other libraries.
_UNREAD_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
#: What http.client says when a proxy refuses CONNECT; its status follows.
_NO_TUNNEL = "Tunnel connection failed"
_NO_CREDENTIALS = f"{_NO_TUNNEL}: 407"
#: Of a host name with a label that is empty or too long.
_NO_NAME = "the host name is not a valid one"
#: OpenSSL's words for what the other side says of the client's certificate.
_CERTIFICATE_ALERT = r"_ALERT_(\w*CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)"
#: OpenSSL's words for what only its strict checks object to.
_STRICT_FAULTS = ("Basic Constraints of CA cert", "Key Identifier", "key usage", "not marked critical")


def unreadable(
    response: urllib3.BaseHTTPResponse, text: str, *, cut_off: bool = False, too_large: bool = False
) -> UnreadableResponseException:
    """The exception for a 2xx whose body cannot be read."""
    error = UnreadableResponseException(response.status, text)
    error.headers, error.cut_off, error.too_large = response.headers, cut_off, too_large
    return error


def what_to_raise(error: Exception, request: InFlight, timeout: Timeout, proxy: Proxy | None) -> BaseException:
    """What a failed request raises: the error itself if it is for the caller, else this package's, with its cause."""
    interruption = thrown_in(error)
    if interruption is not None or is_for_the_caller(error):
        return interruption or error
    translated = translate(error, request, timeout, proxy)
    translated.__cause__ = without_locals(error)
    if isinstance(translated, ApiTimeoutException):  # its text has all that the tracebacks below it would say
        error.__cause__, error.__suppress_context__ = None, True
    return translated


def is_for_the_caller(error: Exception) -> bool:
    """Whether an exception has to reach the caller as it is: this package's, a test tool's, a recorder's."""
    return (
        isinstance(error, (OpenApiException, Warning))
        or package_of(type(error).__module__) in _NETWORK_GUARDS
        or (is_recording() and not isinstance(error, urllib3_errors.HTTPError))
    )


def is_recording() -> bool:
    """Whether a recorder (vcrpy, for one) has put its own connections in the place of urllib3's."""
    return HTTPConnectionPool.ConnectionCls.__module__ != URLLIB3_CONNECTIONS


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
        if _is_about_certificate(cause):  # the request, if it was sent already, was not looked at
            translated.outcome = "rejected" if request.sent else "not_sent"
            return translated
    elif any(isinstance(link, OSError) and link.errno in _NO_FILES for link in causes_in_call(cause)):
        translated.hint = "Raise the limit of open files (ulimit -n), or close what the process has left open"
    elif isinstance(cause, NoFreePlace):  # neither the network nor a timeout is to blame
        translated.hint = "Raise connection_pool_maxsize, make fewer calls at once, or allow more time (deadline)"
    elif proxy is not None:
        translated.hint = _proxy_hint(cls, text, proxy, at_proxy=at_proxy)
    if isinstance(translated, ApiConnectionException) and text.startswith((_NO_CREDENTIALS, _NO_NAME)):
        translated.is_lasting = True
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
    # UnicodeError is http.client's, for a name in CONNECT; before Python 3.12 it leaves that to the proxy.
    if isinstance(error, (urllib3_errors.NameResolutionError, urllib3_errors.LocationParseError, UnicodeError)):
        is_name = isinstance(error, urllib3_errors.NameResolutionError)
        return ApiConnectionException, "the host name cannot be resolved" if is_name else _NO_NAME
    if isinstance(error, urllib3_errors.NewConnectionError):
        return ApiConnectionException, f"no connection: {_words(error.__cause__)}"
    if isinstance(error, (urllib3_errors.TimeoutError, TimeoutError)):
        if isinstance(error, urllib3_errors.ConnectTimeoutError) or request.is_connecting:
            return ApiTimeoutException, f"no connection{_within(timeout.connect_timeout, error)}"
        what = "complete response" if request.has_head else "response"
        return ApiTimeoutException, f"no {what}{_within(timeout.read_timeout, error)}"
    if any(isinstance(cause, TimeoutError) and cause.errno is None for cause in causes_in_call(error)):
        return ApiTimeoutException, f"the request could not be sent{_within(timeout.read_timeout, error)}"
    if _is_about_trust(error, request):
        return ApiTlsException, f"no trusted TLS connection: {_words(error)}"
    words = _words(error)
    return ApiConnectionException, words if words.startswith(_NO_TUNNEL) else f"the connection broke: {words}"


def _within(limit: Any, error: BaseException) -> str:
    """The time limit that was reached; the system's words where it gave up by itself, with or without a limit."""
    for cause in causes_in_call(error):
        if isinstance(cause, OSError) and cause.errno is not None:
            return f": {_words(cause)}"
    return ": timed out" if limit is None else f" within {limit:g} s"


def _proxy_hint(cls: type[ApiException], text: str, proxy: Proxy, *, at_proxy: bool) -> str:
    """What to do about it, when there is a proxy on the way; with ``at_proxy`` that one is the cause."""
    if text.startswith(_NO_CREDENTIALS):
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
    where = "proxy" if at_proxy else "host"
    if "PROTOCOL_VERSION" in text or "UNSUPPORTED_PROTOCOL" in text:
        return f"The {where} has no version of TLS that is allowed here: 1.2 or newer, unless ssl_context differs"
    if "UNRECOGNIZED_NAME" in text:
        return f"The {where} ended the handshake: it is not known under this name; check the URL"
    if "_ALERT_" in text:  # from the other side, which does not say what is wrong with its own certificate
        advice = "set ssl_context" if at_proxy else "check cert_file and key_file"
        return f"The {where} ended the handshake: {advice}, if it asks clients for a certificate"
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


def _is_about_trust(error: BaseException, request: InFlight) -> bool:
    """Whether TLS cannot be established. That the other side went away, or that a connection broke later, is not it."""
    if not isinstance(error, (urllib3_errors.SSLError, ssl.SSLError)):
        return False
    if any(isinstance(part, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for part in (error, *error.args)):
        return False
    return request.is_connecting or is_recording() or _is_about_certificate(error)


def _is_about_certificate(error: BaseException) -> bool:
    """Whether the other side refuses the client's certificate. In TLS 1.3 it does so after the handshake."""
    return re.search(_CERTIFICATE_ALERT, str(error)) is not None


def _words(error: BaseException | None) -> str:
    """The innermost reason, without the names of Python's classes around it."""
    while error is not None and error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    if error is None:
        return "refused"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return "".join(c if c.isprintable() else " " for c in words)  # a proxy's go into logs


def without_locals(error: BaseException) -> BaseException:
    """The error, with the local variables of the frames below forgotten.

    They hold the request's head with the credentials, and a reporter that writes locals down would write those too.
    Those of an exception that the caller was handling are the caller's.
    """
    for link in causes_in_call(error):
        traceback.clear_frames(link.__traceback__)
        if isinstance(link, IncompleteRead):
            link.partial = as_secret(link.partial)  # links for customers, tokens
            link.args = tuple(map(as_secret, link.args))
    return error
