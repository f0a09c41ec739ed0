"""The value that ``Configuration.on_attempt`` gets for each attempt: for metrics, traces and logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from codat_python_sdk.rate_limits import RateLimit
from codat_python_sdk.retries import StopReason

RetryReason = Literal["status", "timeout", "no_response", "unreadable_response"]


class AttemptEvent(NamedTuple):
    """One attempt of a call, when it is over. It holds neither ids nor secrets, and its labels are few.

    ``operation``, ``method``, ``path``, ``status``, ``error_type``, ``will_retry`` and ``reason`` have few values, so
    that they can be labels of a metric; ``error`` and ``correlation_id`` are for logs and traces.
    """

    operation: str  #: such as ``connections.list``; ``call_api`` where the caller wrote the path
    method: str  #: HTTP method
    path: str  #: with ``{parameters}`` in place of the ids
    number: int  #: of the attempt in its call, counted from 1
    status: int | None  #: HTTP status; None without a response
    error: str | None  #: what went wrong; None after a success
    error_type: str | None  #: name of the exception; None after a success
    seconds: float  #: how long the attempt took
    slept: float  #: seconds waited before it: for a retry, or for its turn
    will_retry: bool  #: whether another attempt follows
    reason: RetryReason | StopReason | None  #: why another one follows, or why none does; None after a success
    rate_limit: RateLimit | None  #: the account's quota, if the response has it
    correlation_id: str | None  #: the id to give to Codat's support, if the response has one


AttemptHook = Callable[[AttemptEvent], object]
