"""Finds requests among those that were received, and describes the ones that came instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.messages import Request

MAX_SHOWN = 10


@dataclass(frozen=True)
class Expected:
    """What a request is expected to be; None: anything.

    Args:
        operation: Such as "connections.create" or "create".
        company_id: The company in its path.
        connection_id: The connection in its path.
        method: The HTTP method.
        path: The decoded path.
        status: The status of the response.
        query: Query parameters that it has, among others.
        headers: Headers that it has, among others.
        body: Its JSON value.
    """

    operation: str | None = None
    company_id: str | None = None
    connection_id: str | None = None
    method: str | None = None
    path: str | None = None
    status: int | None = None
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    body: Any = None

    def differences(self, request: Request) -> list[str]:
        """In which parts a request differs, as texts; nothing when it matches."""
        found: list[str] = []
        for name in ("operation", "company_id", "connection_id", "method", "path", "status"):
            wanted, actual = getattr(self, name), getattr(request, name)
            if name == "operation" and wanted is not None:
                wanted = str(wanted).removeprefix("connections.")
            if wanted is not None and wanted != actual:
                found.append(f"{name}: expected {wanted!r}, got {actual!r}")
        for what, wanted_values in (("query", self.query), ("headers", self.headers)):
            actual_values: Mapping[str, str] = getattr(request, what)
            for name, wanted in (wanted_values or {}).items():
                if actual_values.get(name) != wanted:
                    found.append(f"{what}[{name!r}]: expected {wanted!r}, got {actual_values.get(name)!r}")
        if self.body is not None:
            found += _body_differences(self.body, request)
        return found

    def __str__(self) -> str:
        given = {name: value for name, value in vars(self).items() if value is not None}
        return ", ".join(f"{name}={value!r}" for name, value in given.items()) or "any request"


def matching(expected: Expected, requests: Iterable[Request]) -> list[Request]:
    """The requests that match."""
    return [request for request in requests if not expected.differences(request)]


def explain(expected: Expected, times: int | None, requests: Sequence[Request]) -> str:
    """What was expected, how often it came, and how the closest of the others differs."""
    found = len(matching(expected, requests))
    wanted = "at least one request" if times is None else f"{times} request{'' if times == 1 else 's'}"
    lines = [f"expected {wanted} with {expected}; {found} of the {len(requests)} received match."]
    others = [(expected.differences(request), request) for request in requests]
    others = sorted(((found, request) for found, request in others if found), key=lambda pair: len(pair[0]))
    if others and (found == 0 or times is None or found < times):
        differences, closest = others[0]
        lines += [f"The closest was {closest.line}:", *(f"  {line}" for line in differences)]
    lines += ["Received:", *(f"  {request.line}" for request in requests[-MAX_SHOWN:])] if requests else []
    return "\n".join(lines)


def _body_differences(wanted: Any, request: Request) -> list[str]:
    try:
        actual = request.json()
    except (ValueError, RecursionError):
        return [f"body: expected JSON, got {len(request.body)} bytes that are not JSON"]
    if actual == wanted:
        return []
    before, after = (
        json.dumps(value, indent=2, sort_keys=True, default=str).splitlines() for value in (wanted, actual)
    )
    return ["body:", *(f"  {line}" for line in difflib.unified_diff(before, after, "expected", "got", lineterm=""))]
