"""Injected faults: what replaces the usual response, and for which requests."""

from __future__ import annotations

import inspect
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from codat_python_sdk.sandbox.messages import JSON, ErrorBodies, Rejected, Request, Response

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.ids import Ids
    from codat_python_sdk.sandbox.operations import Router

Where = Literal["head", "body"]
GATEWAY_PAGE = "<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"


_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Fault:
    """The fault of one request. The default is no fault."""

    name: str | None = None
    done: bool = True  # whether the request takes effect
    response: Response | None = None  # sent in place of the service's own
    rejected: Rejected | None = None  # of which that response is made for each request: each has its correlation id
    stored: bool = False  # whether that response is stored with the idempotency key, and replayed
    stall: Literal["before", "in_flight", "after"] | None = None  # when the delay happens: relative to processing
    seconds: float | None = None  # length of the delay; None: until the sandbox stops
    delivery: Literal["whole", "reset", "nothing", "cut", "drip"] = "whole"
    where: Where = "body"  # which part of the response is cut or dripped
    interval: float = 0.0  # seconds between two bytes of a drip


NO_FAULT = Fault()


@dataclass(frozen=True)
class Aim:
    """Which requests a fault applies to."""

    operations: frozenset[str] | None = None
    company_id: str | None = None
    connection_id: str | None = None
    when: Callable[[Request], object] | None = None
    probability: float = 1.0

    def fits(self, operation: str, ids: Mapping[str, str]) -> bool:
        """Whether the operation and the ids in the path match."""
        return (
            (self.operations is None or operation in self.operations)
            and self.company_id in (None, ids.get("companyId"))
            and self.connection_id in (None, ids.get("connectionId"))
        )


@dataclass
class Armed:
    """An armed fault, as in `sandbox.armed`."""

    number: int  #: in the order of arming
    kind: str  #: the method that armed it, such as "fail_next"
    text: str  #: the call that armed it, in one line
    times: int | None  #: to how many more requests it applies; None: all
    after: int  #: how many more matching requests pass without it
    met: int = 0  #: to how many requests it has applied
    fault: Fault = field(default=NO_FAULT, repr=False)
    aim: Aim = field(default_factory=Aim, repr=False)


class FaultBook:
    """The faults that are armed. Of several that fit a request, the newest applies.

    Args:
        router: Knows the operations by name.
        ids: Decides by `probability`.
        errors: Makes error bodies.
        on_error: Called with an exception that a `when` function raised.
    """

    def __init__(
        self, router: Router, ids: Ids, errors: ErrorBodies, on_error: Callable[[BaseException], None]
    ) -> None:
        self._router, self._ids, self._errors, self._on_error = router, ids, errors, on_error
        self._numbers = itertools.count(1)
        self._armed: list[Armed] = []  # newest first
        self._lock = threading.Lock()

    @property
    def armed(self) -> list[Armed]:
        """The armed faults, newest first."""
        with self._lock:
            return list(self._armed)

    def arm(
        self,
        kind: str,
        times: int | None,
        *,
        after: int = 0,
        operation: str | Iterable[str] | None = None,
        operations: str | Iterable[str] | None = None,
        company_id: str | None = None,
        connection_id: str | None = None,
        when: Callable[[Request], object] | None = None,
        probability: float = 1.0,
        **options: Any,
    ) -> Armed:
        """Arm a fault.

        Raises:
            ValueError: An unknown kind or operation, or a number out of range.
            TypeError: An option that this kind of fault does not have.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown fault {kind!r}; known are {', '.join(KINDS)}")
        if after < 0:
            raise ValueError(f"after must be at least 0, got {after}")
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, or None for all requests, got {times}")
        if not 0 < probability <= 1:
            raise ValueError(f"probability must be above 0 and at most 1, got {probability}")
        if operation is not None and operations is not None:
            raise ValueError("operation and operations are the same: give one of them")
        chosen = operation if operation is not None else operations
        names = None if chosen is None else self._router.full_names(chosen)
        aim = Aim(names, company_id, connection_id, when, probability)
        unknown = sorted(options.keys() - inspect.signature(KINDS[kind]).parameters.keys())
        if unknown:
            raise TypeError(f"{kind}() got an unexpected keyword argument {unknown[0]!r}")
        fault = KINDS[kind](**options)
        text = _text(kind, times, after, aim, options)
        with self._lock:
            armed = Armed(next(self._numbers), kind, text, times, after, 0, fault, aim)
            self._armed.insert(0, armed)
            return armed

    def clear(self, number: int | None = None) -> None:
        """Remove all faults, or the one with this number."""
        with self._lock:
            self._armed = [armed for armed in self._armed if number not in (None, armed.number)]

    def meet(self, operation: str, ids: Mapping[str, str], request: Request) -> Fault:
        """The fault that applies to a request for an operation."""
        if not self._armed:
            return NO_FAULT
        for armed in self.armed:
            if armed.aim.fits(operation, ids) and self._wanted(armed.aim, request) and self._use(armed):
                return self._with_response(armed.fault)
        return NO_FAULT

    def _with_response(self, fault: Fault) -> Fault:
        return fault if fault.rejected is None else replace(fault, response=self._errors.response(fault.rejected))

    def _wanted(self, aim: Aim, request: Request) -> bool:
        if aim.when is not None:
            try:
                if not aim.when(request):
                    return False
            except Exception as error:
                self._on_error(error)
                return False
        return aim.probability == 1 or self._ids.chance(aim.probability)

    def _use(self, armed: Armed) -> bool:
        with self._lock:
            if armed not in self._armed:
                return False
            if armed.after > 0:
                armed.after -= 1
                return False
            armed.met += 1
            if armed.times is not None:
                armed.times -= 1
                if armed.times == 0:
                    self._armed.remove(armed)
            return True


def _text(kind: str, times: int | None, after: int, aim: Aim, options: Mapping[str, Any]) -> str:
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None and value is not False}
    if aim.operations is not None:
        given["operation"] = "+".join(sorted(aim.operations))
    for name in ("company_id", "connection_id", "when"):
        if getattr(aim, name) is not None:
            given[name] = getattr(aim, name)
    given.update({} if times == 1 else {"times": times}, **({"after": after} if after else {}))
    if aim.probability != 1:
        given["probability"] = aim.probability
    return f"{kind}({', '.join(f'{name}={value!r}' for name, value in given.items())})"


# The kinds. Each takes `seconds`: the delay between processing the request and sending the response.


def _as_bytes(body: str | bytes | Mapping[str, Any]) -> bytes:
    if isinstance(body, Mapping):
        return json.dumps(body).encode()
    return body.encode() if isinstance(body, str) else body


def _fail(
    status: int = 503,
    retry_after: float | str | None = None,
    body: str | bytes | Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    stored: bool = False,
    seconds: float | None = None,
) -> Fault:
    extra = {**(headers or {}), **({} if retry_after is None else {"Retry-After": str(retry_after)})}
    _check_headers(extra)
    if body is None:
        rejected = Rejected(_status(status), f"Injected fault: status {status}", headers=extra)
        return Fault("fail_next", done=False, rejected=rejected, stored=stored, **_delay(seconds))
    response = Response(_status(status), _as_bytes(body), JSON, extra)
    return Fault("fail_next", done=False, response=response, stored=stored, **_delay(seconds))


def _reset(seconds: float | None = None) -> Fault:
    return Fault("reset_connection", done=False, delivery="reset", **_delay(seconds))


def _lost(seconds: float | None = None) -> Fault:
    return Fault("lost", delivery="nothing", **_delay(seconds))


def _cut(where: Where = "body", seconds: float | None = None) -> Fault:
    return Fault("cut", delivery="cut", where=_part(where), **_delay(seconds))


def _drip(interval: float = 0.05, where: Where = "body", seconds: float | None = None) -> Fault:
    return Fault("drip", delivery="drip", where=_part(where), interval=_duration(interval) or 0.0, **_delay(seconds))


def _junk(
    status: int = 200,
    body: str | bytes | Mapping[str, Any] = GATEWAY_PAGE,
    content_type: str = "text/html",
    *,
    done: bool = False,
    seconds: float | None = None,
) -> Fault:
    _check_headers({"Content-Type": content_type})
    response = Response(_status(status), _as_bytes(body), content_type)
    return Fault("junk", done=done, response=response, **_delay(seconds))


def _stall(seconds: float | None = None, *, done: bool = False, in_flight: bool = False) -> Fault:
    if done and in_flight:
        raise ValueError("a stalled request is either done or in flight, not both")
    place: Literal["before", "in_flight", "after"] = "after" if done else "in_flight" if in_flight else "before"
    return Fault("stall", stall=place, seconds=_duration(seconds))


def _delay(seconds: float | None) -> dict[str, Any]:
    return {} if seconds is None else {"stall": "after", "seconds": _duration(seconds)}


def _duration(seconds: float | None) -> float | None:
    if seconds is not None and not 0 <= seconds < 1e9:
        raise ValueError(f"seconds must be a number of seconds from 0, got {seconds}")
    return seconds


def _status(status: int) -> int:
    if not 200 <= status <= 599:  # after one below, a client waits for another response
        raise ValueError(f"status must be from 200 to 599, got {status}")
    return status


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"{name!r} with its value must be a header: in Latin-1, and without line breaks")


def _part(where: Where) -> Where:
    if where not in ("head", "body"):
        raise ValueError(f"where must be 'head' or 'body', got {where!r}")
    return where


KINDS: Mapping[str, Callable[..., Fault]] = {
    "fail_next": _fail,
    "reset_connection": _reset,
    "lost": _lost,
    "cut": _cut,
    "stall": _stall,
    "drip": _drip,
    "junk": _junk,
}
