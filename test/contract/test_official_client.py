"""Codat's own Python client, unchanged, against the sandbox: who is right about the service agrees with both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from codat_python_sdk import ApiException, CodatPlatform, DataConnectionStatus
from codat_python_sdk.sandbox import Sandbox

platform = pytest.importorskip("codat_platform", reason="tox -e official installs codat-platform")
errors = import_module("codat_platform.models.errors")
shared = import_module("codat_platform.models.shared")

#: what the official client calls its connections; its types are known in its own environment only
Connections = Any


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Any]:
    security = shared.Security(auth_header=sandbox.auth_header)
    with platform.CodatPlatform(security=security, server_url=sandbox.url) as client:
        yield client
    # Leaving the block closes no sockets.
    client.connections.api_client.rest_client.pool_manager.clear()


@pytest.fixture
def connections(client: Any) -> Connections:
    return client.connections


@pytest.fixture
def ids(sandbox: Sandbox) -> dict[str, str]:
    """A company and its connection, the way the official client wants them."""
    return {"company_id": sandbox.company_id, "connection_id": sandbox.add_connection(platform_key="gbol")}


def test_create__is_pending(connections: Connections, sandbox: Sandbox) -> None:
    """Create returns a PendingAuth connection whose link works."""
    made = connections.create(request={"company_id": sandbox.company_id, "request_body": {"platform_key": "gbol"}})
    assert (made.status, made.platform_name, made.source_type) == ("PendingAuth", "Xero", "Accounting")
    assert made.link_url.startswith(f"{sandbox.url}/companies/{sandbox.company_id}/connections/{made.id}/start?otp=")
    assert sandbox.ledger == [("create", made.id)]


def test_get__reads_every_field(connections: Connections, sandbox: Sandbox, ids: dict[str, str]) -> None:
    """Get understands a connection with dates, an error and information, and finds nothing it does not know."""
    sandbox.authorize(ids["connection_id"])
    sandbox.cancel(ids["connection_id"])
    seen = connections.get(request=ids)
    assert (seen.id, seen.status, seen.integration_key) == (ids["connection_id"], "Linked", "gbol")
    assert seen.last_sync.endswith("Z")
    assert [error.status for error in seen.data_connection_errors] == ["Active"]
    assert seen.connection_info == {"paused": False}
    assert seen.additional_properties == {}


def test_list__pages_orders_and_queries(connections: Connections, sandbox: Sandbox) -> None:
    """List understands pages and their links, and its parameters are understood."""
    made = [sandbox.add_connection(status="Linked") for _ in range(5)]
    sandbox.add_connection()
    page = connections.list(
        request={
            "company_id": sandbox.company_id,
            "page": 2,
            "page_size": 2,
            "query": "status=Linked",
            "order_by": "-created",
        }
    )
    assert [connection.id for connection in page.results] == made[2:0:-1]
    assert (page.page_number, page.page_size, page.total_results) == (2, 2, 5)
    assert "page=3" in page.links.next.href
    assert "page=1" in page.links.previous.href


def test_unlink__gives_it_up(connections: Connections, sandbox: Sandbox, ids: dict[str, str]) -> None:
    """Unlink returns the connection, now Unlinked."""
    sandbox.authorize(ids["connection_id"])
    assert connections.unlink(request={**ids, "update_connection_status": {"status": "Unlinked"}}).status == "Unlinked"
    assert sandbox.ledger == [("unlink", ids["connection_id"])]


def test_update_authorization__links(connections: Connections, sandbox: Sandbox, ids: dict[str, str]) -> None:
    """Update authorization returns the connection, now Linked."""
    linked = connections.update_authorization(request={**ids, "request_body": {"accessToken": "t0", "orgRef": "r1"}})
    assert (linked.id, linked.status) == (ids["connection_id"], "Linked")


def test_delete__is_the_end(connections: Connections, sandbox: Sandbox, ids: dict[str, str]) -> None:
    """Delete succeeds, and what is gone is a 404 with Codat's message."""
    connections.delete(request=ids)
    assert sandbox.connections() == []
    with pytest.raises(errors.ErrorMessage) as caught:
        connections.get(request=ids)
    assert (caught.value.status_code, caught.value.data.error) == (
        404,
        f"Data connection {ids['connection_id']} not found",
    )
    assert len(caught.value.data.correlation_id) == 32


@pytest.mark.parametrize("status", [402, 403])
def test_error__has_codats_form(connections: Connections, sandbox: Sandbox, status: int) -> None:
    """Error responses arrive as that client's own error, with all that Codat's body tells."""
    sandbox.fail_next(status)
    with pytest.raises(errors.ErrorMessage) as caught:
        connections.list(request={"company_id": sandbox.company_id})
    assert (caught.value.status_code, caught.value.data.status_code) == (status, status)
    assert caught.value.data.can_be_retried == "Unknown"


def test_retries__of_its_own_find_the_sandbox_again(
    connections: Connections, sandbox: Sandbox, ids: dict[str, str]
) -> None:
    """That client retries a GET after a 503, and gets the response."""
    sandbox.fail_next(503)
    assert connections.get(request=ids).id == ids["connection_id"]
    assert [request.status for request in sandbox.requests] == [503, 200]


def test_results__both_sides_of_the_moving_guide(
    connections: Connections, sandbox: Sandbox, ids: dict[str, str]
) -> None:
    """What the guide puts side by side gives the same with either client."""
    sandbox.authorize(ids["connection_id"])
    official: Any = connections.get(request=ids)
    with CodatPlatform(auth_header=sandbox.auth_header, server_url=sandbox.url) as codat:
        connection = codat.connections.get(ids["company_id"], ids["connection_id"])
        page = codat.connections.list(ids["company_id"])
    assert connection.created is not None
    assert official.status.value == connection.status == DataConnectionStatus.LINKED
    assert official.created[:10] == connection.created.date().isoformat()
    assert (
        official.additional_properties
        == {k: connection[k] for k in connection if k not in connection.attribute_map}
        == {}
    )
    assert connections.list(request={"company_id": ids["company_id"]}).results[0].id == page.results[0].id
    codes_and_dates = {"link_url", "created", "last_sync", "additional_properties"}
    plain = {name: value for name, value in official.model_dump().items() if name not in codes_and_dates}
    assert plain == {name: value for name, value in connection.to_dict().items() if name not in codes_and_dates}
    by_alias = official.model_dump(by_alias=True, mode="json")
    as_json = connection.to_json_dict()
    for name in ("id", "integrationId", "platformName", "status", "connectionInfo"):
        assert by_alias[name] == as_json[name] == json.loads(connection.to_json())[name]


def test_errors__both_sides_of_the_moving_guide(connections: Connections, sandbox: Sandbox) -> None:
    """Status, message, body and correlation id are where the guide says."""
    ids = {"company_id": sandbox.company_id, "connection_id": "no-such-connection"}
    with pytest.raises(errors.CodatPlatformError) as official_error:
        connections.get(request=ids)
    with (
        CodatPlatform(auth_header=sandbox.auth_header, server_url=sandbox.url) as codat,
        pytest.raises(ApiException) as our_error,
    ):
        codat.connections.get(ids["company_id"], ids["connection_id"])
    error: Any = official_error.value
    assert error.status_code == our_error.value.status == 404
    assert (
        json.loads(error.message)["error"] == our_error.value.message == json.loads(our_error.value.body or "")["error"]
    )
    assert error.data.correlation_id and our_error.value.correlation_id


def test_companies__live_their_life(client: Any, sandbox: Sandbox) -> None:
    """Create, list, get, update, replace, access token and delete are understood on both sides."""
    made = client.companies.create(request={"name": "Corner Bakery", "description": "d", "tags": {"uid": "c-17"}})
    ids = {"company_id": made.id}
    assert (made.name, made.tags, made.data_connections) == ("Corner Bakery", {"uid": "c-17"}, [])
    sandbox.add_connection(made.id, platform_key="gbol")
    listed = client.companies.list(request={"tags": "uid=c-17", "order_by": "-created"})
    assert [company.data_connections[0].platform_name for company in listed.results] == ["Xero"]
    assert client.companies.update(request={**ids, "company_update_request": {"name": "B"}}).tags == {"uid": "c-17"}
    assert client.companies.replace(request={**ids, "company_request_body": {"name": "C"}}).tags == {}
    assert client.companies.get_access_token(request=ids).expires_in == 86400
    client.companies.delete(request=ids)
    with pytest.raises(errors.ErrorMessage) as caught:
        client.companies.get(request=ids)
    assert (caught.value.status_code, caught.value.data.service) == (404, "ClientsApi")


def test_integrations__are_read(client: Any) -> None:
    """The list, one integration and its branding are understood."""
    listed = client.integrations.list(request={"page_size": 500, "query": "sourceType=BankFeed"})
    assert {integration.key for integration in listed.results} == {"olpr", "hcws"}
    assert client.integrations.get(request={"platform_key": "gbol"}).name == "Xero"
    assert client.integrations.get_branding(request={"platform_key": "gbol"}).logo.full.image.alt == "Xero logo"


def test_webhooks__consumers_are_managed(client: Any, sandbox: Sandbox) -> None:
    """Consumers are created, listed and deleted."""
    made = client.webhooks.create_consumer(
        request={"url": "https://app.example/hooks", "event_types": ["connection.connected"]}
    )
    assert [consumer.id for consumer in client.webhooks.list_consumers().results] == [made.id]
    assert sandbox.webhook_secret(made.id).startswith("whsec_")
    client.webhooks.delete_consumer(request={"webhook_id": made.id})
    assert client.webhooks.list_consumers().results == []
