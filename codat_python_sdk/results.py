"""The result of a call, and the forms in which the caller gets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codat_python_sdk.rate_limits import in_any_case
from codat_python_sdk.record import Record
from codat_python_sdk.request import Call
from codat_python_sdk.response import ApiResponse
from codat_python_sdk.retries import Attempt


class Result(Record):
    """The data of a call, the response that it was read from, and the attempts that it took."""

    data: Any
    response: Any
    call: Call
    attempts: tuple[Attempt, ...]


Form = Callable[[Result], Any]  # where it is None, the caller gets the data alone


def http_tuple(result: Result) -> Any:
    """``(data, status, headers)``, as in 2021; an unread response, which has both, as it is."""
    if not result.call.preload:
        return result.data
    return result.data, result.response.status, in_any_case(result.response.getheaders())


def api_response(result: Result) -> ApiResponse[Any]:
    """The data with status, headers, attempts and idempotency key."""
    response = result.response
    return ApiResponse(
        result.data, response.status, in_any_case(response.getheaders()), result.attempts, result.call.idempotency_key
    )
