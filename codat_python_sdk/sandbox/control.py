"""The control API: what `Controls` can do, over HTTP, for Playwright, TypeScript, curl and other processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from codat_python_sdk.sandbox.messages import Rejected, Response
from codat_python_sdk.sandbox.wirejson import armed_json, delivery_json, request_json, unpack

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.core import Core
    from codat_python_sdk.sandbox.messages import Request

ROOT = "/_sandbox"
#: each command's method and path below ROOT. Arguments are the query of a GET, else the members of a JSON object.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "reset": ("POST", "/reset"),
    "companies": ("GET", "/companies"),
    "create_company": ("POST", "/companies"),
    "delete_company": ("DELETE", "/companies"),
    "connections": ("GET", "/connections"),
    "add_connection": ("POST", "/connections"),
    "delete_connection": ("DELETE", "/connections"),
    "set_status": ("POST", "/status"),
    "authorize": ("POST", "/authorize"),
    "cancel": ("POST", "/cancel"),
    "arm_fault": ("POST", "/faults"),
    "armed": ("GET", "/faults"),
    "clear_faults": ("DELETE", "/faults"),
    "clock": ("GET", "/clock"),
    "advance_clock": ("POST", "/clock"),
    "reset_clock": ("DELETE", "/clock"),
    "reset_quota": ("POST", "/quota"),
    "requests": ("GET", "/requests"),
    "clear_requests": ("DELETE", "/requests"),
    "ledger": ("GET", "/ledger"),
    "problems": ("GET", "/problems"),
    "add_webhook": ("POST", "/webhooks"),
    "webhook_secret": ("GET", "/webhooks/secret"),
    "rotate_webhook_secret": ("POST", "/webhooks/secret"),
    "enable_webhook": ("POST", "/webhooks/enable"),
    "send_webhook": ("POST", "/webhooks/send"),
    "deliveries": ("GET", "/deliveries"),
    "fail_delivery": ("POST", "/deliveries/faults"),
    "wait_for_deliveries": ("POST", "/deliveries/wait"),
    "info": ("GET", ""),
}
_BY_PATH: Mapping[tuple[str, str], str] = {pair: name for name, pair in COMMANDS.items()}
#: which errors of a command are which status, so that the other side can raise the same
ERRORS: Mapping[int, type[Exception]] = {404: LookupError, 400: ValueError}


def respond(core: Core, request: Request) -> Response:
    """The response to a request below ROOT. The caller has checked the key.

    Raises:
        Rejected: 404 for what does not exist, 405 for another method, 400 for arguments that cannot be.
    """
    path = request.raw_path.removeprefix(ROOT)
    name = _BY_PATH.get((request.method, path))
    if name is None:
        methods = [method for method, known in _BY_PATH if known == path]
        if methods:
            allowed = {"Allow": ", ".join(methods)}
            raise Rejected(405, f"Method {request.method} is not allowed here", headers=allowed)
        raise Rejected(404, "The control API has no such path")
    try:
        arguments = request.query if request.method == "GET" else request.json()
    except (ValueError, RecursionError):
        raise Rejected(400, "The body is not valid JSON") from None
    if not isinstance(arguments, dict):
        if arguments is not None:
            raise Rejected(400, "The body must be a JSON object")
        arguments = {}
    return Response.json(200, run(core, name, cast("dict[str, Any]", arguments)))


def run(core: Core, name: str, arguments: Mapping[str, Any]) -> Any:
    """The JSON value of a command's result, null for none."""
    given = {key: unpack(value) for key, value in arguments.items()}
    try:
        if name == "requests":
            return [request_json(request) for request in core.requests()]
        if name == "deliveries":
            return [delivery_json(delivery) for delivery in core.deliveries.all]
        if name == "armed":
            return [armed_json(armed) for armed in core.faults.armed]
        if name == "info":
            return {"companyId": core.company_id, "contract": core.state.rules.contract}
        return core.run(name, given)
    except LookupError as error:
        raise Rejected(404, str(error)) from None
    except (TypeError, ValueError) as error:
        raise Rejected(400, _plain(str(error))) from None
    except RecursionError:
        raise Rejected(400, "An argument is nested too deeply") from None


def _plain(text: str) -> str:
    """A TypeError's text without the name of the function inside."""
    return text.partition("() ")[2] if "() got" in text or "() missing" in text else text
