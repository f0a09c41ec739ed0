"""urllib3's errors as ours."""

from __future__ import annotations

import ssl
import traceback

import urllib3
from urllib3 import exceptions as lower
from urllib3.util import Timeout

from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    UnreadableResponseException,
)
from codat_python_sdk.rest.deadline import DeadlineReached, attempt


def unreadable(
    response: urllib3.BaseHTTPResponse, text: str, *, cut_off: bool = False, too_large: bool = False
) -> UnreadableResponseException:
    """The exception for a 2xx whose body cannot be had."""
    error = UnreadableResponseException(response.status, text)
    error.headers, error.cut_off, error.too_large = response.headers, cut_off, too_large
    return error


def translate(error: lower.HTTPError | DeadlineReached, timeout: Timeout) -> ApiException:
    """Our exception for one of urllib3's, in words for whoever is on call."""
    if isinstance(error, lower.MaxRetryError) and error.reason is not None:
        error = error.reason  # type: ignore[assignment]
    behind_proxy = isinstance(error, lower.ProxyError)
    original: BaseException = error.original_error if isinstance(error, lower.ProxyError) else error
    cls: type[ApiException] = ApiConnectionException
    if clock.monotonic() >= attempt.deadline or isinstance(error, lower.EmptyPoolError):
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
    ours.outcome = "unknown" if attempt.sent else "not_sent"
    return ours


def _cut_short(error: BaseException) -> bool:
    """Whether TLS ended because the other side went away, which says nothing about trust."""
    return any(isinstance(part, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for part in (error, *error.args))


def _words(error: BaseException | None) -> str:
    """The innermost reason, without the names of Python's classes around it."""
    while error is not None and error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    return (getattr(error, "strerror", None) or str(error)) if error is not None else "refused"


def without_locals(error: BaseException) -> BaseException:
    """The error, with the local variables of the frames below forgotten.

    They hold the request's head with the credentials, and a reporter that writes locals down would write those too.
    """
    chain: BaseException | None = error
    while chain is not None:
        traceback.clear_frames(chain.__traceback__)
        chain = chain.__cause__ or chain.__context__
    return error
