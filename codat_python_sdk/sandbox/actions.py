"""The actions of the dashboard's forms. Each takes the form's fields, and returns a sentence about the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from codat_python_sdk.sandbox.faults import KINDS

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.core import Core
    from codat_python_sdk.sandbox.records import Connection

Form = Mapping[str, str]
Number = TypeVar("Number", int, float)
_NUMBERS: Mapping[object, str] = {int: "whole number", float: "number"}

FAULT_CHOICES = [
    ("fail_next", "fail_next: an error response"),
    ("reset_connection", "reset_connection: the TCP connection is reset"),
    ("lost", "lost: done, and no response"),
    ("cut", "cut: done, and half of the response"),
    ("stall", "stall: no response for some time"),
    ("drip", "drip: the response byte by byte"),
    ("junk", "junk: HTML in place of JSON"),
]


def link_to(core: Core, connection: Connection) -> str:
    """A new linkUrl."""
    return str(core.state.show(connection)["linkUrl"])


def _number(form: Form, name: str, kind: Callable[[str], Number]) -> Number:
    text = form.get(name, "").strip()
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} must be a {_NUMBERS[kind]}, got {text!r}.") from None


def _create_company(core: Core, form: Form) -> str:
    name = form.get("name", "").strip()
    if not name:
        raise ValueError("A company needs a name.")
    core.create_company(name)
    return f"Created {name}."


def _delete_company(core: Core, form: Form) -> str:
    core.delete_company(form.get("company_id", ""))
    return "Deleted the company."


def _add_connection(core: Core, form: Form) -> str:
    core.add_connection(form.get("company_id"), form.get("platform_key", ""))
    return "Created the connection: open its link to authorize it."


def _set_status(status: str) -> Callable[[Core, Form], str]:
    def act(core: Core, form: Form) -> str:
        core.set_status(form.get("connection_id", ""), status)
        return f"The connection is {status}."

    return act


def _delete_connection(core: Core, form: Form) -> str:
    core.delete_connection(form.get("connection_id", ""))
    return "Deleted the connection."


def _arm_fault(core: Core, form: Form) -> str:
    kind = form.get("kind", "")
    options: dict[str, Any] = {
        name: form[name] for name in ("operation", "company_id", "connection_id") if form.get(name)
    }
    if form.get("seconds"):
        options["seconds"] = _number(form, "seconds", float)
    if kind == "fail_next" and form.get("status"):
        options["status"] = _number(form, "status", int)
    times = _number(form, "times", int) if form.get("times") else None
    core.arm_fault(kind if kind in KINDS else "", times, **options)
    return f"Armed {kind}."


def _clear_fault(core: Core, form: Form) -> str:
    core.clear_faults(_number(form, "number", int))
    return "Cleared the fault."


def _clear_faults(core: Core, _: Form) -> str:
    core.clear_faults()
    return "Cleared all faults."


def _advance_clock(core: Core, form: Form) -> str:
    seconds = _number(form, "seconds", float)
    core.advance_clock(seconds)
    return f"Advanced the clock by {seconds:g} s."


def _reset(core: Core, _: Form) -> str:
    core.reset()
    return "The sandbox was reset."


def _add_webhook(core: Core, form: Form) -> str:
    names = [name for name in form.get("event_types", "").replace(",", " ").split() if name]
    core.add_webhook(form.get("url", "").strip(), names)
    return "Added the consumer. Its signing secret is among the keys."


def _delete_webhook(core: Core, form: Form) -> str:
    if not core.state.remove_consumer(form.get("webhook_id", "")):
        raise LookupError("There is no such consumer.")
    return "Deleted the consumer."


def _enable_webhook(core: Core, form: Form) -> str:
    core.enable_webhook(form.get("webhook_id", ""))
    return "Enabled the consumer."


def _send_webhook(core: Core, form: Form) -> str:
    kind = form.get("event_type", "").strip()
    fault: Any = form.get("fault") or None
    needs_id = form.get("connection_id") or kind.startswith(("company.", "connection."))
    payload: dict[str, Any] | None = None if needs_id else {}
    numbers = core.send_webhook(kind, form.get("connection_id") or None, payload=payload, fault=fault, timeout=3.0)
    return f"Sent {kind} to {len(numbers)} consumer{'' if len(numbers) == 1 else 's'}."


ACTIONS: Mapping[str, Callable[[Core, Form], str]] = {
    "create_company": _create_company,
    "delete_company": _delete_company,
    "add_connection": _add_connection,
    "deauthorize": _set_status("Deauthorized"),
    "unlink": _set_status("Unlinked"),
    "delete_connection": _delete_connection,
    "arm_fault": _arm_fault,
    "clear_fault": _clear_fault,
    "clear_faults": _clear_faults,
    "advance_clock": _advance_clock,
    "reset": _reset,
    "add_webhook": _add_webhook,
    "delete_webhook": _delete_webhook,
    "enable_webhook": _enable_webhook,
    "send_webhook": _send_webhook,
}
