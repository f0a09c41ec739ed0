"""The only loop around the transport: one call, with its attempts and waits, within its deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import ApiException
from codat_python_sdk.interruptions import raise_interruption_in
from codat_python_sdk.logs import DEBUG, get_logger
from codat_python_sdk.model_utils import discard_unknown
from codat_python_sdk.request import Call
from codat_python_sdk.response import TextResponse, as_text, read, read_too_late
from codat_python_sdk.results import Result
from codat_python_sdk.retries import Delivery, RetryPolicy

if TYPE_CHECKING:
    from codat_python_sdk.client_limits import ClientLimits

#: Bytes. What is larger has become the result, and would double the memory of a list for as long as the client lives.
_MAX_KEPT_BODY = 64 * 1024


def deliver(call: Call, rest_client: Any, limits: ClientLimits) -> Result:
    """Send a call until it succeeds, or until its policy, its deadline or a limit ends it, and read the response.

    Args:
        call: The call.
        rest_client: The transport; see ``RESTClientObject``.
        limits: What all calls of the client share.

    Raises:
        ApiException: It failed; ``outcome`` says whether it may still have taken effect.
    """
    expires_at = None if call.deadline is None else clock.monotonic() + call.deadline
    delivery = Delivery(call.method, call.policy, expires_at, call.caller_gave_key, call.idempotent)
    if call.requests_per_minute is not None or call.quota_reserve is not None:
        delivery.slept = _wait_for_turn(call, limits, expires_at)
    response: Any = None
    while True:
        started, before = clock.monotonic(), len(delivery.attempts)
        try:
            response = rest_client.request(
                call.method,
                call.url,
                headers=call.headers,
                body=call.body,
                _preload_content=call.preload,
                _request_timeout=call.timeout,
                _expires_at=expires_at,
                _retries=None if isinstance(call.policy, RetryPolicy) else call.policy,
            )
            unread = not call.preload and 200 <= response.status <= 299
            response = response if unread or len(response.data) <= _MAX_KEPT_BODY else as_text(response)
            data = response if unread else read(response, call.types, call.validation)
            if expires_at is not None and not unread and clock.monotonic() > expires_at:
                raise read_too_late()
            delivery.succeeded(response.status, started, clock.monotonic())
            if limits.budgets or call.on_attempt is not None or call.quota_reserve is not None:
                limits.succeeded(call, delivery, response)
            break
        except ApiException as error:
            raise_interruption_in(error)  # which may be an ApiException, of a call in a signal handler
            now = clock.monotonic()
            wait = limits.failed(call, delivery, error, delivery.failed(error, started, now), now)
            if delivery.took_effect_before(error):
                data = _data_of_deletion(call, response)
                break
            if wait is None:
                error.stopped_by = delivery.stopped_by
                _complete(error, call)
                raise
            wait = _wait_before_retry(call, delivery, error, now + wait)
        finally:
            if len(delivery.attempts) > before and get_logger(__name__).isEnabledFor(DEBUG):
                _log_attempt(call, delivery)
        clock.sleep(wait)
    if call.discard_unknown_keys:
        discard_unknown(data)
    is_large = isinstance(response, TextResponse) or (
        call.preload and response is not None and len(response.data) > _MAX_KEPT_BODY
    )
    return Result(
        data=data,
        response=_without_body(response) if is_large else response,
        call=call,
        attempts=tuple(delivery.attempts),
    )


def _wait_before_retry(call: Call, delivery: Delivery, error: ApiException, retry_at: float) -> float:
    """Seconds to wait, which are logged. What the hook took is a part of the wait: it could end past the deadline."""
    if call.on_attempt is not None:
        delivery.slept = max(retry_at - clock.monotonic(), 0.0)
    path, reason = urlsplit(call.url).path, _reason(error)
    get_logger(__name__).info("%s %s: %s; retrying in %.1f s", call.method, path, reason, delivery.slept)
    return delivery.slept


def _data_of_deletion(call: Call, not_found: Any) -> Any:
    """What a DELETE returns when it succeeded without a response of its own, and a later attempt got a 404."""
    if not call.preload:
        return not_found
    return True if call.types == (bool,) else None


def _wait_for_turn(call: Call, limits: ClientLimits, expires_at: float | None) -> float:
    """Wait until the limits of the client let the first attempt pass; seconds waited. Raises what stops the call."""
    try:
        limits.check_quota(call)
        wait = limits.first_turn(call, clock.monotonic(), expires_at)
        if wait > 0:
            clock.sleep(wait)
            limits.check_quota(call)  # others may have used it meanwhile
    except ApiException as error:
        _complete(error, call)
        raise
    return wait


def _complete(error: ApiException, call: Call) -> None:
    """Add the facts of the call to the error."""
    error.method, error.url, error.path_parameters = call.method, call.url, call.path_parameters
    error.deadline, error.idempotency_key = call.deadline, call.idempotency_key
    # Codat keeps a 500 with the key, and replays it.
    error.repeat_is_safe = call.idempotent or (call.caller_gave_key and error.status != 500)


def _reason(error: ApiException) -> str:
    return f"HTTP {error.status}" if error.status else str(error.reason)


def _log_attempt(call: Call, delivery: Delivery) -> None:
    last, number = delivery.attempts[-1], len(delivery.attempts)
    path, result, milliseconds = urlsplit(call.url).path, last.status or last.error, last.seconds * 1000
    get_logger(__name__).debug("%s %s: %s, %.1f ms, attempt %d", call.method, path, result, milliseconds, number)


def _without_body(response: Any) -> Any:
    from codat_python_sdk.rest import RESTResponse  # which comes with the first client

    return RESTResponse(response.status, response.reason, b"", response.getheaders())
