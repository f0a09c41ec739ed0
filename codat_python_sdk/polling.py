"""Polling for a connection's status: the intervals, and when to stop. Knows no HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import ApiException, ConnectionStateException, WaitTimeoutException
from codat_python_sdk.interruptions import raise_interruption_in
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.quota import seconds_until_reset
from codat_python_sdk.values import text_or_none

if TYPE_CHECKING:
    from codat_python_sdk.rate_limits import RateLimit
    from codat_python_sdk.response import ApiResponse

_MAX_INTERVAL = 30.0
_GROWTH = 1.5
#: The last poll starts this many seconds before the end, or a tenth of the time, if that is less.
_LAST_POLL = 1.0

_INITIAL = frozenset({DataConnectionStatus.PENDING_AUTH.value})
_ACCESS_LOST = frozenset({DataConnectionStatus.UNLINKED.value, DataConnectionStatus.DEAUTHORIZED.value})


def poll(
    fetch: Callable[[float], ApiResponse[Connection]],
    wanted: frozenset[str],
    timeout: float,
    interval: float,
    *,
    company_id: str,
    connection_id: str,
) -> Connection:
    """Fetch a connection until it has a wanted status. ``fetch`` gets the seconds that it may take.

    Raises:
        WaitTimeoutException: It did not reach one within ``timeout`` seconds.
        ConnectionStateException: It can no longer reach one.
    """
    which = f"connection {connection_id} of company {company_id}"
    end = clock.monotonic() + timeout
    first_status = last_status = None
    asked = left = 0.0
    failure: ApiException | None = None
    is_last = False
    while (left := end - clock.monotonic()) > 0:
        asked = 0.0
        try:
            response = fetch(left)
            connection, failure = response.data, None
            last_status = text_or_none(connection.status)
            if last_status in wanted:
                return connection
            first_status = first_status or last_status
            _raise_if_unreachable(which, last_status, first_status, wanted)
            asked = _until_reset(response.rate_limit)
        except ApiException as error:
            raise_interruption_in(error)
            if not error.retryable:
                raise
            failure, asked = error, error.retry_after or 0.0
        own = interval * random.uniform(0.5, 1.0)
        interval = min(interval * _GROWTH, max(interval, _MAX_INTERVAL))
        left = end - clock.monotonic()
        before_last = left - min(_LAST_POLL, timeout / 10)
        if asked >= left or before_last <= 0 or is_last:
            break
        is_last = max(asked, own) >= before_last  # what is left then may be a rounding error, and no pause
        clock.sleep(max(asked, min(own, before_last)))
    seen = f"is still {last_status}" if last_status else "was never seen"
    ends_early = asked >= left > 0
    why = f": the next poll has to wait {asked:.0f} s, and only {left:.0f} s are left"
    end_text = why if ends_early else f" after {timeout:g} s"
    text = f"{which} {seen}, not {_names(wanted)}{end_text}"
    timeout_error = WaitTimeoutException(0, text)
    timeout_error.own_retry_after = asked if ends_early and failure is None else None  # a failure has its own
    timeout_error.company_id, timeout_error.connection_id = company_id, connection_id
    timeout_error.last_status, timeout_error.method, timeout_error.outcome = last_status, "GET", "unknown"
    if failure is not None:
        timeout_error.hint = f"The last poll failed: {failure}"
    elif DataConnectionStatus.LINKED.value not in wanted:  # which is the only one that the customer can bring about
        timeout_error.hint = "Wait longer"
    try:
        raise timeout_error from failure
    finally:
        del timeout_error, failure  # their tracebacks have this frame: they would be cycles of references


def _raise_if_unreachable(which: str, status: str | None, first_status: str | None, wanted: frozenset[str]) -> None:
    """Stop polling for a status that the connection cannot reach by itself.

    Raises:
        ConnectionStateException: Says why.
    """
    if wanted <= _INITIAL:
        why = "a connection has that status only before it is linked for the first time"
    elif status != first_status and status in _ACCESS_LOST and wanted <= {DataConnectionStatus.LINKED.value}:
        why = "access was lost while waiting; only the customer can link it again, through link_url"
    else:
        return
    raise ConnectionStateException(f"{which} is {status}, and will not become {_names(wanted)}: {why}", status)


def _until_reset(limit: RateLimit | None) -> float:
    """Seconds until the quota is full again, if it is used up and says when; 0 otherwise."""
    if limit is None or (limit.remaining or "").strip() != "0":
        return 0.0
    return seconds_until_reset(limit.reset) or 0.0


def _names(wanted: frozenset[str]) -> str:
    return " or ".join(sorted(wanted))
