"""The six operations and the lifecycle, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case

from codat_python_sdk.sandbox import Contract, Sandbox, paging

from .conftest import Caller

MISSING = "00000000-0000-4000-8000-000000000000"
NINE = {
    "id", "integrationId", "sourceId", "platformName", "linkUrl", "status", "lastSync", "created", "sourceType"
}  # fmt: skip
TWELVE = NINE | {"integrationKey", "dataConnectionErrors", "connectionInfo"}


def test_create__is_pending_with_a_link(call: Caller, sandbox: Sandbox) -> None:
    """A new connection is PendingAuth and not synced, carries its platform, and a linkUrl with a code of six digits."""
    status, connection, _, _ = call("POST", value={"platformKey": "gbol"})
    assert status == 200
    assert set(connection) == TWELVE - {"lastSync"}
    assert (connection["status"], connection["platformName"]) == ("PendingAuth", "Xero")
    assert (connection["integrationKey"], connection["sourceType"]) == ("gbol", "Accounting")
    assert connection["created"].startswith("2026-02-03T04:05:06.78")
    assert len(connection["created"]) == 28
    link, code = connection["linkUrl"].split("?otp=")
    assert link == f"{sandbox.url}{call.root}/{connection['id']}/start"
    assert len(code) == 6
    assert code.isdigit()
    assert sandbox.ledger == [("create", connection["id"])]


def test_create__wrong_body_is_refused(call: Caller, sandbox: Sandbox) -> None:
    """Anything but an object with a known platformKey is a 400 in Codat's words, and nothing is made."""
    cases: list[tuple[Any, str]] = [
        ("gbol", "Push object DataConnectionArgs must be provided"),
        ([], "Push object DataConnectionArgs must be provided"),
        (None, "Push object DataConnectionArgs must be provided"),
        ({}, "Unknown platformKey"),
        ({"platformKey": 7}, "Unknown platformKey"),
        ({"platformKey": "zzzz"}, "Unknown platformKey"),
    ]
    for value, error in cases:
        with case(value, error):
            reply = call("POST", value=value)
            assert (reply.status, reply.value["error"]) == (400, error)
            assert sandbox.connections() == []
            assert sandbox.ledger == []


def test_create__2021_takes_a_string_an_object_or_nothing(old: Caller) -> None:
    """The old contract accepts a bare platform key, today's object, and no body."""
    assert old("POST", value="gbol").value["platformName"] == "Xero"
    assert old("POST", value={"platformKey": "qhyg"}).value["platformName"] == "QuickBooks Online"
    assert old("POST").value["platformName"] == "Sandbox"
    assert old("POST", value="").value["error"] == "Unknown platformKey"
    assert old("POST", value=[]).value["error"] == "Push object DataConnectionArgs must be provided"


def test_get__2021_has_nine_fields_and_a_plain_link(old: Caller) -> None:
    """The old contract knows neither the three newer fields nor one-time codes."""
    connection = old("POST", value="gbol").value
    assert set(connection) == NINE
    assert connection["linkUrl"].endswith("/start")
    assert old("GET", f"/{connection['id']}").value == connection


def test_lifecycle__from_pending_to_gone(call: Caller, sandbox: Sandbox) -> None:
    """Create, authorize, unlink, relink and delete pass through the documented statuses."""
    path = f"/{call.create()['id']}"
    sandbox.authorize(path[1:])
    linked = call("GET", path).value
    assert linked["status"] == "Linked"
    assert set(linked) == TWELVE
    assert call("PATCH", path, {"status": "Unlinked"}).value["status"] == "Unlinked"
    assert call("PUT", f"{path}/authorization", {"token": "t"}).value["status"] == "Linked"
    reply = call("DELETE", path)
    assert (reply.status, reply.body, reply.headers.get("Content-Type")) == (200, b"", None)
    assert call("GET", path).status == 404
    assert call("DELETE", path).status == 404
    assert [operation for operation, _ in sandbox.ledger] == ["create", "unlink", "update_authorization", "delete"]


def test_delete__2021_returns_true(old: Caller) -> None:
    """In the old contract the response is a JSON boolean."""
    assert old("DELETE", f"/{old('POST', value='gbol').value['id']}").value is True


@pytest.mark.parametrize("status", ["PendingAuth", "Deauthorized", "Unlinked"])
def test_unlink__only_from_linked(call: Caller, sandbox: Sandbox, status: str) -> None:
    """A connection that is not Linked cannot be unlinked, an unlinked one included, and stays as it is."""
    path = f"/{sandbox.add_connection(status=status)}"
    reply = call("PATCH", path, {"status": "Unlinked"})
    assert reply.status == 400
    assert f"this one is {status}" in reply.value["error"]
    assert call("GET", path).value["status"] == status


def test_unlink__2021_also_from_deauthorized(old: Caller) -> None:
    """The old contract lets a Deauthorized connection be unlinked."""
    path = f"/{old.sandbox.add_connection(status='Deauthorized')}"
    assert old("PATCH", path, {"status": "Unlinked"}).value["status"] == "Unlinked"


@pytest.mark.parametrize(("contract", "allowed"), [("today", "Linked"), ("2021", "Linked or Deauthorized")])
def test_unlink__says_from_which_status(contract: Contract, allowed: str) -> None:
    """The error names the statuses from which a contract lets a connection be unlinked, and the one that it has."""
    with Sandbox(contract=contract) as sandbox:
        path = f"/{sandbox.add_connection(status='PendingAuth')}"
        reply = Caller(sandbox)("PATCH", path, {"status": "Unlinked"})
    assert reply.status == 400
    assert reply.value["error"] == f"Only a {allowed} connection can be unlinked, and this one is PendingAuth"


@pytest.mark.parametrize("value", [{"status": "unlinked"}, {"status": "Linked"}, {"status": 1}, [], "Unlinked"])
def test_unlink__only_to_unlinked(call: Caller, sandbox: Sandbox, value: Any) -> None:
    """Unlinked, spelt so, is the only status that a client may set."""
    path = f"/{sandbox.add_connection(status='Linked')}"
    assert call("PATCH", path, value).status == 400
    assert call("GET", path).value["status"] == "Linked"


def test_update_authorization__needs_strings(call: Caller, sandbox: Sandbox) -> None:
    """A body that is not an object of strings, or is empty, is a 400 and authorizes nothing."""
    cases: list[Any] = [None, {}, [], "token", {"token": 1}, {"token": None}, {"a": {"b": "c"}}]
    for value in cases:
        with case(value):
            path = f"/{sandbox.add_connection()}"
            assert call("PUT", f"{path}/authorization", value).status == 400
            assert call("GET", path).value["status"] == "PendingAuth"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("DELETE", ""), ("PATCH", ""), ("PUT", "/authorization")],
)
def test_operations__unknown_connection_is_404(call: Caller, sandbox: Sandbox, method: str, path: str) -> None:
    """No operation finds a connection that does not exist, or that belongs to another company."""
    elsewhere = sandbox.add_connection(sandbox.create_company())
    for connection_id in (MISSING, elsewhere):
        reply = call(method, f"/{connection_id}{path}", {"status": "Unlinked"})
        assert (reply.status, reply.value["error"]) == (404, f"Data connection {connection_id} not found")
    assert len(sandbox.connections()) == 1


def test_operations__unknown_and_foreign_companies(call: Caller, sandbox: Sandbox) -> None:
    """An unknown company is a 404, one of somebody else's a 403."""
    headers = {"Authorization": sandbox.auth_header}
    foreign = sandbox.create_company(foreign=True)
    assert call.plain("GET", f"/companies/{MISSING}/connections", headers).status == 404
    assert call.plain("GET", f"/companies/{foreign}/connections", headers).status == 403


def test_companies__are_apart(call: Caller, sandbox: Sandbox) -> None:
    """A company's list holds its own connections only."""
    other = sandbox.create_company("Other")
    sandbox.add_connection(other)
    mine = sandbox.add_connection()
    assert [connection["id"] for connection in call("GET").value["results"]] == [mine]
    assert len(sandbox.connections()) == 2
    assert len(sandbox.connections(other)) == 1


def test_list__pages_and_links(call: Caller, sandbox: Sandbox) -> None:
    """Pages hold what their numbers say, and the links lead host-relative from one to the next."""
    ids = [sandbox.add_connection() for _ in range(5)]
    first = call("GET", "?page=1&pageSize=2").value
    assert [row["id"] for row in first["results"]] == ids[:2]
    assert (first["pageNumber"], first["pageSize"], first["totalResults"]) == (1, 2, 5)
    assert first["_links"] == {
        "self": {"href": call.root},
        "current": {"href": f"{call.root}?page=1&pageSize=2"},
        "next": {"href": f"{call.root}?page=2&pageSize=2"},
    }
    last = call.plain("GET", f"{call.root}?page=3&pageSize=2", {"Authorization": sandbox.auth_header}).value
    assert [row["id"] for row in last["results"]] == ids[4:]
    assert set(last["_links"]) == {"self", "current", "previous"}
    middle = call("GET", "?page=2&pageSize=2").value["_links"]
    assert middle["previous"]["href"] == first["_links"]["current"]["href"]
    assert middle["next"]["href"] == last["_links"]["current"]["href"]
    assert set(call("GET", "?pageSize=5").value["_links"]) == {"self", "current"}


def test_list__defaults_and_beyond_the_end(call: Caller, sandbox: Sandbox) -> None:
    """Without parameters it is page 1 of 100; a page beyond the end is empty."""
    for _ in range(101):
        sandbox.add_connection()
    page = call("GET").value
    assert (page["pageNumber"], page["pageSize"], len(page["results"])) == (1, 100, 100)
    beyond = call("GET", "?page=9").value
    assert beyond["results"] == []
    assert beyond["totalResults"] == 101
    assert "next" not in beyond["_links"]


def test_list__next_link_keeps_query_and_order(call: Caller, sandbox: Sandbox) -> None:
    """Following `next` stays within the same selection and order."""
    for _ in range(3):
        sandbox.add_connection(status="Linked")
    sandbox.add_connection()
    page = call("GET", "?pageSize=2&orderBy=-created&query=status%3DLinked").value
    follow = call.plain("GET", page["_links"]["next"]["href"], {"Authorization": sandbox.auth_header}).value
    assert len(follow["results"]) == 1
    assert follow["totalResults"] == 3


def test_list__wrong_parameters_are_400(call: Caller) -> None:
    """A number out of bounds, an unknown field to order by and a query that does not parse are refused."""
    cases: list[str] = [
        "page=0",
        "page=-1",
        "page=x",
        "page=",
        "page=1.0",
        "page=2147483648",
        "page=%D9%A1",
        "pageSize=0",
        "pageSize=5001",
        "orderBy=linkUrl",
        "orderBy=created,id",
        "query=status",
        "query=x%3D1",
    ]
    for parameters in cases:
        with case(parameters):
            assert call("GET", f"?{parameters}").status == 400


def test_list__largest_page(call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 connections, here 500, come on one page."""
    assert paging.MAX_PAGE_SIZE == 5000
    monkeypatch.setattr(paging, "MAX_PAGE_SIZE", 500)
    for _ in range(500):
        sandbox.add_connection()
    assert len(call("GET", "?pageSize=500").value["results"]) == 500
    assert call("GET", "?pageSize=501").status == 400


def test_link_url__changes_with_every_read(call: Caller) -> None:
    """Create, get and list each issue a fresh code."""
    created = call.create()
    links = {created["linkUrl"], call("GET", f"/{created['id']}").value["linkUrl"]}
    links.add(call("GET").value["results"][0]["linkUrl"])
    assert len(links) == 3


def test_cancel__leaves_an_error_until_authorized(call: Caller, sandbox: Sandbox) -> None:
    """A cancelled connection stays PendingAuth and says why; authorizing it resolves that."""
    path = f"/{call.create()['id']}"
    sandbox.cancel(path[1:])
    cancelled = call("GET", path).value
    assert cancelled["status"] == "PendingAuth"
    (error,) = cancelled["dataConnectionErrors"]
    assert (error["statusCode"], error["status"], error["resolvedOnUtc"]) == ("403", "Active", None)
    sandbox.authorize(path[1:])
    (error,) = call("GET", path).value["dataConnectionErrors"]
    assert error["status"] == "Resolved"
    assert error["resolvedOnUtc"] is not None
