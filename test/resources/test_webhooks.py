"""Webhook consumers by their high-level names, and the events that a receiver has missed, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from server import CONNECTION, ScriptedServer, http_response

from codat_python_sdk import ApiTypeError, ApiValueError, CodatPlatform, InvalidResponseException, NotFoundException
from codat_python_sdk.sandbox import Sandbox


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of the sandbox."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=0) as codat:
        yield codat


def test_consumers__whole_life(codat: CodatPlatform) -> None:
    """Create, list and delete do what their names say."""
    made = codat.webhooks.create(
        "http://127.0.0.1:9/codat", ["connection.connected", "connection.deleted"], company_tags=["team:lending"]
    )
    assert made.id and made.event_types == ["connection.connected", "connection.deleted"]
    assert made.company_tags == ["team:lending"] and not made.disabled
    assert [consumer.id for consumer in codat.webhooks.list().results or ()] == [made.id]
    assert codat.webhooks.delete(made.id) is True
    assert list(codat.webhooks.list().results or ()) == []
    with pytest.raises(NotFoundException):
        codat.webhooks.delete(made.id)


def test_create__sends_what_is_given(server: ScriptedServer) -> None:
    """One event type may be a str; tags go only when they are given."""
    server.script(http_response({"id": "w1"}, status=201))
    with CodatPlatform(api_key="k", server_url=server.url) as codat:
        assert codat.webhooks.with_http_info.create("https://example.com", "company.created").status == 201
        body = {"url": "https://example.com", "eventTypes": ["company.created"], "disabled": False}
        assert server.request.json == body
        codat.webhooks.create("https://example.com", ("a", "b"), company_tags=iter(["k:v"]), disabled=True)
        body = {"url": "https://example.com", "eventTypes": ["a", "b"], "disabled": True}
        assert server.requests[-1].json == body | {"companyTags": ["k:v"]}


@pytest.mark.parametrize(
    ("url", "event_types", "error"),
    [
        ("", ["a"], ApiValueError),
        ("https://example.com", (), ApiValueError),
        ("https://example.com", [5], ApiTypeError),
        (5, ["a"], ApiTypeError),
    ],
)
def test_create__arguments_that_cannot_be_right(
    server: ScriptedServer, url: Any, event_types: Any, error: type[Exception]
) -> None:
    """A consumer without an URL or an event type is refused, and nothing is sent."""
    with CodatPlatform(api_key="k", server_url=server.url) as codat, pytest.raises(error):
        codat.webhooks.create(url, event_types)
    assert server.connections == 0


def test_reconcile__tells_what_was_missed(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A receiver that was away learns of every change as events, and of nothing when it has taken them up."""
    linked, pending = sandbox.add_connection(status="Linked"), sandbox.add_connection(status="PendingAuth")
    events = list(codat.webhooks.reconcile({}))
    assert {(event.connection_id, event.event_type) for event in events} == {
        (linked, "connection.created"),
        (linked, "connection.connected"),
        (pending, "connection.created"),
    }
    assert all(event.reconstructed and event.webhook_id is None for event in events)
    assert {event.company_id for event in events} == {sandbox.company_id}
    known = {linked: "Linked", pending: "PendingAuth"}
    assert list(codat.webhooks.reconcile(known)) == []
    sandbox.set_status(linked, "Deauthorized")
    codat.connections.delete(sandbox.company_id, pending)
    changed, deleted = codat.webhooks.reconcile(known)
    assert (changed.event_type, changed.connection_id) == ("connection.disconnected", linked)
    assert changed.connection is not None and changed.connection.status == "Deauthorized"
    assert (deleted.event_type, deleted.connection_id) == ("connection.deleted", pending)
    assert deleted.connection is not None and deleted.connection.status == "PendingAuth"
    assert known == {linked: "Linked", pending: "PendingAuth"}


def test_reconcile__passes_over_what_does_not_fit(server: ScriptedServer) -> None:
    """What is no connection, or has no id, cannot have changed; a company is told as it came."""
    rows: list[Any] = ["x", None, CONNECTION | {"id": {}}, CONNECTION | {"id": "k1", "status": {}}]
    company = {"id": "c1", "name": None, "redirect": "r", "tags": ["a"], "dataConnections": rows}
    server.script(http_response({"results": [company], "totalResults": 1}))
    with CodatPlatform(api_key="k", server_url=server.url) as codat:
        (event,) = codat.webhooks.reconcile({})
    assert (event.event_type, event.connection_id, event.company_id) == ("connection.created", "k1", "c1")
    assert "ConnectionEvent" in repr(event)


GOOD = {"id": "c1", "name": "N", "redirect": "r", "dataConnections": [CONNECTION | {"id": "k1"}]}


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param([GOOD, None], id="no company"),
        pytest.param([GOOD, {"name": "M"}], id="company without id and connections"),
        pytest.param([GOOD, GOOD | {"id": "c2", "dataConnections": ["x"]}], id="no connection"),
        pytest.param([GOOD, GOOD | {"id": "c2", "dataConnections": [CONNECTION | {"id": 7}]}], id="no id"),
    ],
)
def test_reconcile__what_cannot_be_read_may_not_be_deleted(
    server: ScriptedServer, odd: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Where a row cannot be read, no connection is said to be deleted, for it may be that one; a WARNING says so."""
    server.script(http_response({"results": odd, "totalResults": 2}))
    with CodatPlatform(api_key="k", server_url=server.url) as codat:
        events = list(codat.webhooks.reconcile({"k1": "Unlinked", "k2": "Linked"}))
        assert [(event.event_type, event.connection_id) for event in events] == [("connection.reconnected", "k1")]
        assert "not seen, and may still exist because some rows could not be read: 1" in caplog.text
        server.script(http_response({"results": [GOOD], "totalResults": 1}))
        assert [event.connection_id for event in codat.webhooks.reconcile({"k1": "Linked", "k2": "Linked"})] == ["k2"]


def test_reconcile__empty_page_that_should_not_be_empty(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the total says that there are more companies than came, their connections are not said to be deleted."""
    links = {"current": {"href": "/"}, "self": {"href": "/"}, "next": {"href": "/"}}
    server.script(
        http_response({"results": [GOOD], "totalResults": 2, "_links": links}),
        http_response({"results": [], "totalResults": 2, "_links": links}),
    )
    with CodatPlatform(api_key="k", server_url=server.url) as codat:
        assert [event.connection_id for event in codat.webhooks.reconcile({"k1": "Linked", "k2": "Linked"})] == []
    assert "may still exist" in caplog.text


@pytest.mark.parametrize("body", [{}, {"message": "maintenance"}])
def test_reconcile__response_that_is_no_page_deletes_nothing(server: ScriptedServer, body: dict[str, str]) -> None:
    """A gateway's 200 is an error, and not a list without companies, whose connections would seem to be deleted."""
    server.script(http_response(body))
    with CodatPlatform(api_key="k", server_url=server.url) as codat:
        with pytest.raises(InvalidResponseException, match="page 1 has neither results nor totalResults") as caught:
            list(codat.webhooks.reconcile({"k1": "Linked"}))
        assert not caught.value.retryable
        with pytest.raises(InvalidResponseException):
            codat.companies.ensure("uid", name="A company that may be there")
    assert {request.method for request in server.requests} == {"GET"}


def test_reconcile__costs_one_request_per_page(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """It reads the pages of companies, and asks for no connection by itself."""
    for number in range(5):
        codat.connections.create(codat.companies.create(f"Company {number}").id, "mqjo")
    count = len(sandbox.requests)
    assert len(list(codat.webhooks.reconcile({}, page_size=3))) == 5
    assert len(sandbox.requests) - count == 2
