"""From a request to its answer: routes, the key, the quota, idempotency keys, bodies."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.messages import Answer, Refused, Request

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.exchange import Pause
    from codat_python_sdk.sandbox.faults import Fault
    from codat_python_sdk.sandbox.idempotency import IdempotencyKeys
    from codat_python_sdk.sandbox.quota import Quota
    from codat_python_sdk.sandbox.service import Service


def route(request: Request) -> str:
    """The operation that a request asks for.

    Raises:
        Refused: 404 for a path that is none of the API's, 405 with `Allow` for a method that the path does not have.
    """
    match request.segments:
        case ["companies", company, "connections"] if company:
            methods = {"GET": "list", "POST": "create"}
        case ["companies", company, "connections", connection] if company and connection:
            methods = {"GET": "get", "DELETE": "delete", "PATCH": "unlink"}
        case ["companies", company, "connections", connection, "authorization"] if company and connection:
            methods = {"PUT": "update_authorization"}
        case _:
            raise Refused(404, "No such path")
    if request.method not in methods:
        raise Refused(405, f"Method {request.method} is not allowed here", headers={"Allow": ", ".join(methods)})
    return methods[request.method]


@dataclass
class Api:
    """The six operations, behind everything that a request has to pass first."""

    service: Service
    keys: IdempotencyKeys
    quota: Quota
    auth_header: str

    def answer(self, request: Request, fault: Fault, pause: Pause) -> Answer:
        """What the service answers to a routed request, or the fault in its place."""
        if fault.stall == "before":
            pause(fault.seconds)
        if fault.answer is not None and not fault.stored:
            if fault.done:
                self._pass(request, fault, pause)
            answer = fault.answer
        else:
            answer = self._pass(request, fault, pause)
        if fault.stall == "after":
            pause(fault.seconds)
        return answer.over(self.quota.headers())

    def _pass(self, request: Request, fault: Fault, pause: Pause) -> Answer:
        def perform() -> Answer:
            if fault.stall == "in_flight":
                pause(fault.seconds)
            if fault.stored and fault.answer is not None:
                return fault.answer
            try:
                return self._perform(request)
            except Refused as refused:
                return refused.answer

        try:
            self._authenticate(request)
            self.quota.spend()
            return self.keys.once(request, perform)
        except Refused as refused:
            return refused.answer

    def _authenticate(self, request: Request) -> None:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self.auth_header.encode()):
            raise Refused(401, "Unauthorized: expected 'Basic ' and the base64 of the API key")

    def _perform(self, request: Request) -> Answer:
        company_id, connection_id, *_ = [*request.segments[1:4:2], ""]
        match request.operation:
            case "list":
                result: object = self.service.list(company_id, request.query)
            case "get":
                result = self.service.get(company_id, connection_id)
            case "delete":
                result = self.service.delete(company_id, connection_id)
            case "create":
                result = self.service.create(company_id, _json(request))
            case "unlink":
                result = self.service.unlink(company_id, connection_id, _json(request))
            case _:
                result = self.service.update_authorization(company_id, connection_id, _json(request))
        return Answer(200) if result is None else Answer.json(200, result)


def _json(request: Request) -> object:
    """The body's value; None without a body."""
    if not request.body:
        return None
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Refused(415, "The body must be sent with Content-Type: application/json")
    try:
        return json.loads(request.body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not valid JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
