"""Codat's rules for the six operations on a company's connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from codat_python_sdk.sandbox.messages import Rejected
from codat_python_sdk.sandbox.operations import Call, Operation
from codat_python_sdk.sandbox.paging import page_of
from codat_python_sdk.sandbox.query import Schema
from codat_python_sdk.sandbox.records import FIELDS, Connection, Contract

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.state import State

UNLINKABLE: Mapping[Contract, tuple[str, ...]] = {
    "today": ("Linked",), "2023": ("Linked",), "2021": ("Linked", "Deauthorized")
}  # fmt: skip
_DATES = frozenset({"created", "lastSync"})
# An array and a link that changes with every read cannot be searched; an object can, through its members.
_UNSEARCHABLE = frozenset({"linkUrl", "dataConnectionErrors", "connectionInfo"})
SCHEMAS: Mapping[Contract, Schema] = {
    contract: Schema(
        "Connection", frozenset(fields) - _UNSEARCHABLE - _DATES, _DATES, frozenset({"connectionInfo"} & set(fields))
    )
    for contract, fields in FIELDS.items()
}


def create(state: State, call: Call) -> dict[str, Any]:
    """A new PendingAuth connection.

    An unknown key is a 400, not a 404: it is the body that is wrong, and a 404 would read "no such company".
    """
    with state.lock:
        company = state.company(call.ids[0])
        return done(state, "create", state.add_connection(company, _platform_key(state, call.body), {}))


def list_(state: State, call: Call) -> dict[str, Any]:
    """One page of a company's connections, oldest first unless `orderBy` says otherwise."""
    with state.lock:
        rows = list(state.company(call.ids[0]).connections.values())
        return page_of(call, rows, SCHEMAS[state.rules.contract], searched, state.show)


def searched(connection: Connection) -> Mapping[str, Any]:
    """What `query` and `orderBy` read."""
    return {**connection.fields, "modifiedDate": connection.modified}


def get(state: State, call: Call) -> dict[str, Any]:
    """The connection as it is now, with a fresh code in its linkUrl."""
    with state.lock:
        return state.show(state.connection(*call.ids))


def delete(state: State, call: Call) -> bool | None:
    """The connection no longer exists. True in 2021; None, for an empty body, later."""
    with state.lock:
        connection = state.connection(*call.ids)
        state.remove_connection(connection)
        state.ledger.append(("delete", connection.id))
        return True if state.rules.contract == "2021" else None


def unlink(state: State, call: Call) -> dict[str, Any]:
    """The connection, now Unlinked.

    Only a Linked one can be unlinked (in 2021 a Deauthorized one too). From another status, so also a second
    time, and for a status other than `Unlinked`, it is a 400: no source tells Codat's own choice. The body is
    optional, so one without a status is accepted and changes nothing.
    """
    with state.lock:
        connection = state.connection(*call.ids)
        wanted = members(call.body).get("status")
        if wanted is None and (call.body is None or isinstance(call.body, dict)):
            return state.show(connection)
        if wanted != "Unlinked":
            raise Rejected(400, "A connection's status can be set to Unlinked only", invalid=["status: Unlinked"])
        status = connection.fields["status"]
        allowed = UNLINKABLE[state.rules.contract]
        if status not in allowed:
            raise Rejected(400, f"Only a {' or '.join(allowed)} connection can be unlinked, and this one is {status}")
        state.set_status(connection, "Unlinked")
        return done(state, "unlink", connection)


def update_authorization(state: State, call: Call) -> dict[str, Any]:
    """The connection, now Linked, whatever it was before. The credentials are checked and forgotten."""
    with state.lock:
        connection = state.connection(*call.ids)
        values = members(call.body).values()
        if not values or not all(isinstance(value, str) for value in values):
            raise Rejected(400, "The authorization must be an object of strings, and not empty")
        obstacle = state.obstacle(connection)
        if obstacle is not None:
            raise Rejected(400, obstacle)
        state.set_status(connection, "Linked")
        return done(state, "update_authorization", connection)


def members(body: object) -> dict[str, Any]:
    """The members of a JSON object; an empty dict for any other value."""
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def done(state: State, operation: str, connection: Connection) -> dict[str, Any]:
    """Record a write that took effect, and show the connection."""
    state.ledger.append((operation, connection.id))
    return state.show(connection)


def _platform_key(state: State, body: object) -> str:
    platforms = state.rules.platforms
    if state.rules.contract == "2021" and (body is None or isinstance(body, str)):
        key: object = "mqjo" if body is None else body
    elif isinstance(body, dict):
        key = members(cast("object", body)).get("platformKey")
    else:
        # The words are Codat's; it has refused a bare string since 2023-01-10.
        raise Rejected(400, "Push object DataConnectionArgs must be provided")
    if not isinstance(key, str) or key not in platforms:
        known = ", ".join(platforms)
        raise Rejected(400, "Unknown platformKey", invalid=[f"platformKey: this sandbox knows {known}"])
    return key


_ALL = "/companies/{companyId}/connections"
_ONE = f"{_ALL}/{{connectionId}}"
OPERATIONS = (
    Operation("connections.list", "GET", _ALL, list_),
    Operation("connections.create", "POST", _ALL, create, reads_body=True),
    Operation("connections.get", "GET", _ONE, get),
    Operation("connections.delete", "DELETE", _ONE, delete),
    Operation("connections.unlink", "PATCH", _ONE, unlink, reads_body=True),
    Operation(
        "connections.update_authorization", "PUT", f"{_ONE}/authorization", update_authorization, reads_body=True
    ),
)
