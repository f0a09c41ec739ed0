"""The operations of Codat's API that the sandbox performs: one table, which each resource's file contributes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from codat_python_sdk.sandbox.messages import Rejected

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.messages import Request
    from codat_python_sdk.sandbox.state import State


@dataclass(frozen=True, slots=True)
class Call:
    """A request for an operation, as the rules see it."""

    ids: tuple[str, ...]  # what the path's parameters are, in order
    query: Mapping[str, str]
    body: Any  # the JSON value; None without a body
    path: str  # without the query, for links


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Args:
        name: Resource and verb, as the high-level client names them: "connections.create".
        method: The HTTP method.
        path: The path, with parameters in braces.
        perform: The rules: makes the JSON value of the response, or None for an empty body, or raises `Rejected`.
        status: The status of success.
        reads_body: Whether the body's JSON is read.
    """

    name: str
    method: str
    path: str
    perform: Callable[[State, Call], Any]
    status: int = 200
    reads_body: bool = False

    @property
    def short_name(self) -> str:
        """How requests and the ledger name it: connections' operations by their verb alone, as ever."""
        return self.name.removeprefix("connections.")


class Router:
    """Finds the operation that a request asks for."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations: dict[str, Operation] = {operation.name: operation for operation in operations}
        self._paths: dict[tuple[str, int], list[tuple[list[str | None], dict[str, Operation]]]] = {}
        for operation in self.operations.values():
            template = [None if part.startswith("{") else part for part in operation.path.split("/")[1:]]
            candidates = self._paths.setdefault((template[0] or "", len(template)), [])
            methods = next((methods for known, methods in candidates if known == template), None)
            if methods is None:
                methods = dict[str, Operation]()
                candidates.append((template, methods))
            methods[operation.method] = operation

    def find(self, request: Request) -> tuple[Operation, tuple[str, ...]]:
        """The operation, and the path's parameters.

        Raises:
            Rejected: 404 for a path that is none of the API's, 405 with `Allow` for a method that the path lacks.
        """
        segments = request.segments
        for template, methods in self._paths.get((segments[0] if segments else "", len(segments)), ()):
            if all(
                segment == part or (part is None and segment) for segment, part in zip(segments, template, strict=True)
            ):
                operation = methods.get(request.method)
                if operation is None:
                    allowed = {"Allow": ", ".join(methods)}
                    raise Rejected(405, f"Method {request.method} is not allowed here", headers=allowed)
                return operation, tuple(
                    segment for segment, part in zip(segments, template, strict=True) if part is None
                )
        raise Rejected(404, f"No such path: {unquote(request.raw_path)}")

    def full_names(self, names: str | Iterable[str]) -> frozenset[str]:
        """The operations that these names mean; one without a dot is a connection's.

        Raises:
            ValueError: There is no such operation; the text lists those that there are.
        """
        given = [names] if isinstance(names, str) else list(names)
        full = {name: name if "." in name else f"connections.{name}" for name in given}
        unknown = sorted(name for name, meant in full.items() if meant not in self.operations)
        if unknown:
            known = ", ".join(operation.short_name for operation in self.operations.values())
            raise ValueError(f"unknown operations {unknown}; known are {known}")
        return frozenset(full.values())
