"""From a request for an operation to its response: the key, the quota, faults, idempotency keys, bodies."""

from __future__ import annotations

import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codat_python_sdk.sandbox.faults import NO_FAULT, Fault
from codat_python_sdk.sandbox.messages import ErrorBodies, Rejected, Request, Response
from codat_python_sdk.sandbox.operations import Call, Operation, Router

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.exchange import Pause
    from codat_python_sdk.sandbox.faults import FaultBook
    from codat_python_sdk.sandbox.idempotency import IdempotencyKeys
    from codat_python_sdk.sandbox.quota import Quota
    from codat_python_sdk.sandbox.state import State

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass
class Pipeline:
    """The steps between a request and an operation's rules, and back to the response."""

    router: Router
    state: State
    keys: IdempotencyKeys
    quota: Quota
    faults: FaultBook
    errors: ErrorBodies
    auth_header: str

    def respond(self, request: Request, pause: Pause) -> tuple[Response, Fault]:
        """The response, and the fault that the request met, if any."""
        try:
            operation, ids = self.router.find(request)
        except Rejected as rejected:
            return self.errors.response(rejected).over(self.quota.headers()), NO_FAULT
        request.operation = operation.short_name
        parameters = dict(zip(_PARAMETER.findall(operation.path), ids, strict=True))
        fault = self.faults.meet(operation.name, parameters, request)
        request.fault = fault.name
        return self._with_fault(operation, ids, request, fault, pause).over(self.quota.headers()), fault

    def is_authorized(self, request: Request) -> bool:
        """Whether a request carries the API key as Codat wants it."""
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, self.auth_header.encode())

    def _authenticate(self, request: Request) -> None:
        if not self.is_authorized(request):
            raise Rejected(401, "Unauthorized: expected 'Basic ' and the base64 of this sandbox's API key")

    def _with_fault(
        self, operation: Operation, ids: tuple[str, ...], request: Request, fault: Fault, pause: Pause
    ) -> Response:
        if fault.stall == "before":
            pause(fault.seconds)
        if fault.delivery == "reset":
            response = Response(503)  # nobody will see it
        elif fault.response is not None and not fault.stored:
            if fault.done:
                self._perform_once(operation, ids, request, fault, pause)
            response = fault.response
        else:
            response = self._perform_once(operation, ids, request, fault, pause)
        if fault.stall == "after":
            pause(fault.seconds)
        return response

    def _perform_once(
        self, operation: Operation, ids: tuple[str, ...], request: Request, fault: Fault, pause: Pause
    ) -> Response:
        def in_flight() -> None:
            if fault.stall == "in_flight":
                pause(fault.seconds)

        def perform() -> Response:
            if fault.stored and fault.response is not None:
                return fault.response
            try:
                return self._perform(operation, ids, request)
            except Rejected as rejected:
                return self.errors.response(rejected)

        try:
            self._authenticate(request)
            self.quota.spend()
            return self.keys.once(request, perform, in_flight)
        except Rejected as rejected:
            return self.errors.response(rejected)

    def _perform(self, operation: Operation, ids: tuple[str, ...], request: Request) -> Response:
        body = read_json(request) if operation.reads_body else None
        result = operation.perform(self.state, Call(ids, request.query, body, request.raw_path))
        return Response(operation.status) if result is None else Response.json(operation.status, result)


def read_json(request: Request) -> Any:
    """The body's JSON value; None without a body.

    Raises:
        Rejected: 415 for another media type, 400 for what is not JSON in UTF-8.
    """
    if not request.body:
        return None
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Rejected(415, "The body must be sent with Content-Type: application/json")
    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Rejected(400, "The body is not valid JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
