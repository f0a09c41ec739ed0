"""Faults on demand: what goes wrong with the next requests, and how to ask for it."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypedDict

from codat_python_sdk.sandbox.messages import Answer

if TYPE_CHECKING:
    from typing_extensions import Unpack

OPERATIONS = ("create", "list", "get", "delete", "unlink", "update_authorization")
Names = str | Iterable[str] | None
Times = int | None
Where = Literal["head", "body"]

GATEWAY_PAGE = b"<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"


class Which(TypedDict, total=False):
    """Which requests meet a fault: what every fault takes by keyword."""

    operations: Names  #: one name or several; None: any
    after: int  #: how many of them pass unharmed first


@dataclass(frozen=True)
class Fault:
    """What one request meets. The default is no fault at all."""

    done: bool = True  # whether the service gets to process the request
    answer: Answer | None = None  # sent in place of the service's own
    stored: bool = False  # whether that answer is remembered under the idempotency key
    stall: Literal["before", "in_flight", "after"] | None = None  # where it hangs, seen from the service
    seconds: float | None = None  # how long; None: until the sandbox stops
    delivery: Literal["whole", "reset", "nothing", "cut", "drip"] = "whole"
    where: Where = "body"  # which part of the answer is cut or dripped
    interval: float = 0.0  # seconds between two bytes of a drip


@dataclass
class _Waiting:
    fault: Fault
    operations: frozenset[str]
    times: Times
    after: int


class Faults:
    """A script of faults. Requests meet them in the order in which they were asked for.

    All methods take `times` (how many requests meet it; None: all from now on) and, by keyword, `operations` (one name
    or several out of create, list, get, delete, unlink and update_authorization; None: any) and `after` (how many
    matching requests pass unharmed first), and raise `ValueError` for an unknown operation. Link page and dashboard are
    never harmed.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._faults_lock = threading.Lock()

    def fail_next(
        self,
        status: int = 503,
        times: Times = 1,
        retry_after: float | str | None = None,
        *,
        body: str | bytes | Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        stored: bool = False,
        **which: Unpack[Which],
    ) -> None:
        """Answer with an error, and do nothing. The body is Codat's error body unless given.

        It stands for a gateway before the service, so no idempotency key remembers it, unless `stored`.
        """
        extra = {**(headers or {}), **({} if retry_after is None else {"Retry-After": str(retry_after)})}
        answer = Answer.error(status, f"The sandbox was told to fail with {status}", headers=extra)
        if isinstance(body, Mapping):
            answer = replace(answer, body=json.dumps(body).encode())
        elif body is not None:
            answer = replace(answer, body=body.encode() if isinstance(body, str) else body)
        self._add(Fault(done=False, answer=answer, stored=stored), times, **which)

    def reset(self, times: Times = 1, **which: Unpack[Which]) -> None:
        """Reset the TCP connection before the request is processed."""
        self._add(Fault(done=False, delivery="reset"), times, **which)

    def lost(self, times: Times = 1, **which: Unpack[Which]) -> None:
        """Do it, then close the connection without an answer."""
        self._add(Fault(delivery="nothing"), times, **which)

    def cut(self, times: Times = 1, *, where: Where = "body", **which: Unpack[Which]) -> None:
        """Do it, then close the connection in the middle of the answer's head or body."""
        self._add(Fault(delivery="cut", where=where), times, **which)

    def stall(
        self,
        seconds: float | None = None,
        times: Times = 1,
        *,
        done: bool = False,
        in_flight: bool = False,
        **which: Unpack[Which],
    ) -> None:
        """Hang for `seconds`, or until the sandbox stops, then answer as usual.

        It hangs before the service sees the request, or after it is done with it (`done`), or in between
        (`in_flight`): the idempotency key is taken meanwhile, and another request with it gets 409.
        """
        if done and in_flight:
            raise ValueError("a stalled request is either done or in flight, not both")
        place: Literal["before", "in_flight", "after"] = "after" if done else "in_flight" if in_flight else "before"
        self._add(Fault(stall=place, seconds=seconds), times, **which)

    def drip(self, interval: float = 0.05, times: Times = 1, *, where: Where = "body", **which: Unpack[Which]) -> None:
        """Do it, then send the answer one byte at a time, from its head or its body on, `interval` seconds apart."""
        self._add(Fault(delivery="drip", where=where, interval=interval), times, **which)

    def junk(
        self,
        times: Times = 1,
        *,
        status: int = 200,
        body: str | bytes = GATEWAY_PAGE,
        content_type: str = "text/html",
        done: bool = False,
        **which: Unpack[Which],
    ) -> None:
        """Answer with a gateway's HTML page or other bytes that are not JSON; `done`: after it was done."""
        answer = Answer(status, body.encode() if isinstance(body, str) else body, content_type)
        self._add(Fault(done=done, answer=answer), times, **which)

    def clear_faults(self) -> None:
        """Forget all faults that no request has met yet."""
        with self._faults_lock:
            self._waiting.clear()

    def take_fault(self, operation: str) -> Fault:
        """What the next request for an operation meets."""
        with self._faults_lock:
            for waiting in self._waiting:
                if operation not in waiting.operations:
                    continue
                if waiting.after > 0:
                    waiting.after -= 1
                    return Fault()
                if waiting.times is not None:
                    waiting.times -= 1
                    if waiting.times == 0:
                        self._waiting.remove(waiting)
                return waiting.fault
            return Fault()

    def _add(self, fault: Fault, times: Times, *, operations: Names = None, after: int = 0) -> None:
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, or None for all requests, got {times}")
        if fault.where not in ("head", "body"):
            raise ValueError(f"where must be 'head' or 'body', got {fault.where!r}")
        chosen = OPERATIONS if operations is None else [operations] if isinstance(operations, str) else operations
        names = frozenset(chosen)
        if unknown := names.difference(OPERATIONS):
            raise ValueError(f"unknown operations {sorted(unknown)}; known are {', '.join(OPERATIONS)}")
        with self._faults_lock:
            self._waiting.append(_Waiting(fault, names, times, after))
