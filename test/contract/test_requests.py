"""What our client sends and what the sandbox responds, compared with docs/openapi.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from codat_python_sdk import ApiException, CodatPlatform, ConnectionApi
from codat_python_sdk.models import CodatPublicApiModelsCompanyPatchDataConnectionModel
from codat_python_sdk.rest import RESTClientObject
from codat_python_sdk.sandbox import Sandbox

openapi_core = pytest.importorskip("openapi_core", reason="tox -e contract installs openapi-core")
testing = import_module("openapi_core.testing")
OpenAPIError = import_module("openapi_core.exceptions").OpenAPIError

DESCRIPTION = openapi_core.OpenAPI.from_file_path(str(Path(__file__).parents[2] / "docs" / "openapi.yaml"))
UNKNOWN = "5f0c9a11-7d2e-4b63-9a40-0b1c2d3e4f50"


class Checked:
    """In the place of the client's rest_client: lets nothing pass, there or back, that is not described."""

    def __init__(self, inner: RESTClientObject) -> None:
        self.inner = inner
        self.seen: list[str] = []

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None, **options: Any
    ) -> Any:
        parts = urlsplit(url)
        request = testing.MockRequest(
            "https://api.codat.io",
            method,
            parts.path,
            args=dict(parse_qsl(parts.query)),
            headers=dict(headers),
            data=body,
            content_type=dict(headers).get("Content-Type", ""),
        )
        DESCRIPTION.validate_request(request)
        response = self.inner.request(method, url, headers=headers, body=body, **options)
        headers, content_type = dict(response.headers), response.headers.get("Content-Type", "")
        DESCRIPTION.validate_response(
            request, testing.MockResponse(response.data, response.status, headers, content_type)
        )
        self.seen.append(f"{method} {response.status}")
        return response

    def close(self) -> None:
        self.inner.close()


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=0) as codat:
        codat.api_client.rest_client = Checked(codat.api_client.rest_client)
        yield codat


@pytest.fixture
def seen(codat: CodatPlatform) -> list[str]:
    checked: Checked = codat.api_client.rest_client
    return checked.seen


@pytest.fixture
def ids(sandbox: Sandbox) -> tuple[str, str]:
    return sandbox.company_id, sandbox.add_connection(status="Linked")


def test_friendly_names__send_and_get_what_is_described(
    codat: CodatPlatform, sandbox: Sandbox, seen: list[str]
) -> None:
    """The six operations by their high-level names, through a connection's whole life."""
    company_id, connections = sandbox.company_id, codat.connections
    connection_id = connections.create(company_id, platform_key="gbol").id
    connections.update_authorization(company_id, connection_id, {"accessToken": "t0", "orgRef": "ä/%"})
    connections.unlink(company_id, connection_id)
    sandbox.cancel(connection_id)
    connections.get(company_id, connection_id)
    connections.list(company_id, page=1, page_size=5000, query="status=Unlinked&&id~-", order_by="-created")
    connections.delete(company_id, connection_id)
    assert seen == ["POST 200", "PUT 200", "PATCH 200", "GET 200", "GET 200", "DELETE 200"]


def test_generated_names__send_and_get_what_is_described(
    codat: CodatPlatform, ids: tuple[str, str], seen: list[str]
) -> None:
    """The same by their generated names; the patch with a model."""
    api, company_id = ConnectionApi(codat.api_client), ids[0]
    unlinked = CodatPublicApiModelsCompanyPatchDataConnectionModel(status="Unlinked")
    api.companies_company_id_connections_post(company_id, body={"platformKey": "mqjo"})
    api.companies_company_id_connections_get(company_id, 1)
    api.companies_company_id_connections_connection_id_get(*ids)
    api.companies_company_id_connections_connection_id_patch(
        *ids, codat_public_api_models_company_patch_data_connection_model=unlinked
    )
    api.companies_company_id_connections_connection_id_authorization_put(*ids, request_body={"a": "b"})
    api.companies_company_id_connections_connection_id_delete(*ids)
    assert seen == ["POST 200", "GET 200", "GET 200", "PATCH 200", "PUT 200", "DELETE 200"]


def test_pages__are_described_from_the_first_to_the_last(
    codat: CodatPlatform, sandbox: Sandbox, seen: list[str]
) -> None:
    """Every page of iterate, with and without a next and a previous one, is as described."""
    for _ in range(5):
        sandbox.add_connection()
    assert len(list(codat.connections.iterate(sandbox.company_id, page_size=2))) == 5
    assert seen == ["GET 200"] * 3


def test_refusals__are_described(codat: CodatPlatform, sandbox: Sandbox, ids: tuple[str, str], seen: list[str]) -> None:
    """Codat's error body for a wrong key, a company of somebody else, a lost connection, a bad query, a used key."""
    connections, company_id = codat.connections, ids[0]
    calls: list[Callable[[], object]] = [
        lambda: connections.get(*ids, headers={"Authorization": "Basic d3Jvbmc="}),
        lambda: connections.get(sandbox.create_company(foreign=True), UNKNOWN),
        lambda: connections.get(company_id, UNKNOWN),
        lambda: connections.list(company_id, query="status~~Linked&&"),
        lambda: connections.create(company_id, "zzzz"),
        lambda: connections.create(company_id, "gbol", idempotency_key="one"),
    ]
    connections.create(company_id, "mqjo", idempotency_key="one")
    for call in calls:
        with pytest.raises(ApiException):
            call()
    assert seen == ["POST 200", "GET 401", "GET 403", "GET 404", "GET 400", "POST 400", "POST 422"]


@pytest.mark.parametrize("status", [402, 429, 500, 503])
def test_faults__are_described(
    codat: CodatPlatform, sandbox: Sandbox, ids: tuple[str, str], seen: list[str], status: int
) -> None:
    """An error on demand has Codat's error body as well, and Retry-After may come with it."""
    sandbox.fail_next(status, retry_after=1)
    with pytest.raises(ApiException):
        codat.connections.get(*ids)
    assert seen == [f"GET {status}"]


def test_description__has_teeth(codat: CodatPlatform, sandbox: Sandbox, ids: tuple[str, str], seen: list[str]) -> None:
    """The 2021 bare string, a page number of 0 and a response with a wrong status fail the check."""
    api = ConnectionApi(codat.api_client)
    with pytest.raises(OpenAPIError), pytest.deprecated_call():
        api.companies_company_id_connections_post(ids[0], body="gbol")
    with pytest.raises(OpenAPIError):
        api.companies_company_id_connections_get(ids[0], 0)
    sandbox.set_status(ids[1], "Sleeping")
    with pytest.raises(OpenAPIError):
        codat.connections.get(*ids)
    assert seen == []
