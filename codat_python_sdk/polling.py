"""Waiting for a connection's status: how long between two looks, and when to give up. Knows no HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timezone
from typing import TYPE_CHECKING

from codat_python_sdk.clock import clock
from codat_python_sdk.dates import decode_datetime
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    ApiTypeError,
    ConnectionStateException,
    ServiceException,
    TooManyRequestsException,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.rate_limits import parse_retry_after

if TYPE_CHECKING:
    from codat_python_sdk.rate_limits import RateLimit
    from codat_python_sdk.response import ApiResponse

_LONGEST_INTERVAL = 30.0
_GROWTH = 1.5

_FIRST = frozenset({DataConnectionStatus.PENDING_AUTH.value})
_GIVEN_UP = frozenset({DataConnectionStatus.UNLINKED.value, DataConnectionStatus.DEAUTHORIZED.value})


def poll(
    look: Callable[[float], ApiResponse[Connection]], wanted: frozenset[str], timeout: float, interval: float
) -> Connection:
    """Look until the connection has a wanted status. ``look`` gets the seconds that it may take."""
    end = clock.monotonic() + timeout
    first_status = last_status = None
    failure: ApiException | None = None
    while (left := end - clock.monotonic()) > 0:
        pause = 0.0
        try:
            response = look(left)
            connection, failure = response.data, None
            if connection.status in wanted:
                return connection
            last_status = connection.status
            first_status = first_status or last_status
            _check_hope(last_status, first_status, wanted)
            pause = _until_reset(response.rate_limit)
        except (ApiConnectionException, ServiceException, TooManyRequestsException) as error:
            if isinstance(error, ApiTlsException):
                raise
            failure, pause = error, error.retry_after or 0.0
        pause = max(pause, interval * random.uniform(0.5, 1.0))
        interval = min(interval * _GROWTH, max(interval, _LONGEST_INTERVAL))
        if pause >= end - clock.monotonic():
            break
        clock.sleep(pause)
    raise _too_late(last_status, wanted, timeout, failure) from failure


def _check_hope(status: str | None, first_status: str | None, wanted: frozenset[str]) -> None:
    """Give up on what does not come by waiting.

    Raises:
        ConnectionStateException: Says why.
    """
    if wanted <= _FIRST:
        why = "a connection is that only before it is linked for the first time"
    elif status != first_status and status in _GIVEN_UP and wanted <= {DataConnectionStatus.LINKED.value}:
        why = "it was given up while we waited; only the customer can bring it back, through link_url"
    else:
        return
    raise ConnectionStateException(f"the connection is {status}, and will not become {_names(wanted)}: {why}", status)


def _until_reset(limit: RateLimit | None) -> float:
    """Seconds until the quota is full again, if it is used up and says when; 0 otherwise."""
    if limit is None or (limit.remaining or "").strip() != "0":
        return 0.0
    try:
        reset = decode_datetime(limit.reset)
    except ApiTypeError:
        return parse_retry_after(limit.reset) or 0.0
    if reset.tzinfo is None:
        reset = reset.replace(
            tzinfo=timezone.utc
        )  # the quota is reset at 00:00 UTC: Codat's documentation, Rate limits
    return max(0.0, (reset - clock.utc_now()).total_seconds())


def _too_late(
    status: str | None, wanted: frozenset[str], timeout: float, failure: ApiException | None
) -> ApiTimeoutException:
    seen = f"the connection is still {status}" if status else "the connection was never seen"
    error = ApiTimeoutException(0, f"{seen}, and not {_names(wanted)} within {timeout:g} s")
    error.last_status = status
    error.hint = f"The last look failed: {failure}" if failure is not None else "Ask the customer, or wait longer"
    return error


def _names(wanted: frozenset[str]) -> str:
    return " or ".join(sorted(wanted))
