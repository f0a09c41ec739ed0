"""Companies, integrations and webhook consumers in both layers, held against docs/openapi.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from codat_python_sdk import ApiException, CodatPlatform
from codat_python_sdk.apis import CompaniesApi, IntegrationsApi, WebhooksApi
from codat_python_sdk.models import (
    CodatClientsApiClientContractCompany,
    CodatPublicApiModelsCompanyAddCompanyModel,
    CodatPublicApiModelsCompanyPatchCompanyModel,
    CodatPublicApiModelsWebhooksAddWebhookConsumerModel,
    PlatformKey,
)
from codat_python_sdk.sandbox import Sandbox

from .test_requests import UNKNOWN, Checked


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client that lets nothing pass, there or back, that is not described."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=0) as codat:
        codat.api_client.rest_client = Checked(codat.api_client.rest_client)
        yield codat


@pytest.fixture
def seen(codat: CodatPlatform) -> list[str]:
    checked: Checked = codat.api_client.rest_client
    return checked.seen


def test_companies__send_and_get_what_is_described(codat: CodatPlatform, sandbox: Sandbox, seen: list[str]) -> None:
    """The life of a company by its short names, with connections, tags and references."""
    parent = sandbox.create_company("Parent")
    child = sandbox.create_company("Child", parent_id=parent)
    company = codat.companies.create("Corner Bakery", description="Bread", tags={"uid": "c-17"})
    sandbox.add_connection(company.id, status="Linked")
    for company_id in (company.id, parent, child):
        codat.companies.get(company_id)
    codat.companies.list(page=1, page_size=5000, order_by="-created", tags="uid=c-17")
    codat.companies.update(company.id, tags={})
    codat.companies.replace(company.id, "Corner Bakery Ltd")
    codat.companies.get_access_token(company.id)
    codat.companies.delete(company.id)
    assert seen == ["POST 200", *["GET 200"] * 4, "PATCH 200", "PUT 200", "GET 200", "DELETE 204"]


def test_companies__by_their_generated_names(codat: CodatPlatform, seen: list[str]) -> None:
    """The same by the generated names, with models as bodies."""
    api = CompaniesApi(codat.api_client)
    company = api.companies_post(
        codat_public_api_models_company_add_company_model=CodatPublicApiModelsCompanyAddCompanyModel(name="N")
    )
    api.companies_get(1)
    api.companies_company_id_get(company.id)
    patch, whole = (
        CodatPublicApiModelsCompanyPatchCompanyModel(name="P"),
        CodatClientsApiClientContractCompany(name="W"),
    )
    api.companies_company_id_patch(company.id, codat_public_api_models_company_patch_company_model=patch)
    api.companies_company_id_put(company.id, codat_clients_api_client_contract_company=whole)
    api.companies_company_id_access_token_get(company.id)
    api.companies_company_id_delete(company.id)
    assert seen == ["POST 200", "GET 200", "GET 200", "PATCH 200", "PUT 200", "GET 200", "DELETE 204"]


def test_ensure_and_reconcile__send_what_is_described(codat: CodatPlatform, seen: list[str]) -> None:
    """What is built on the endpoints sends only what is described, too."""
    company = codat.companies.ensure("c-17", name="Corner Bakery")
    codat.connections.create(company.id, "gbol")
    assert len(list(codat.webhooks.reconcile({}))) == 1
    assert codat.companies.duplicates() == {}
    assert set(seen) == {"GET 200", "POST 200"}


def test_integrations__send_and_get_what_is_described(codat: CodatPlatform, seen: list[str]) -> None:
    """Every integration of the sandbox, and its branding, is as described, in both layers."""
    keys = [integration.key for integration in codat.integrations.iterate(page_size=20)]
    for key in keys:
        codat.integrations.get(key)
    codat.integrations.get_branding(PlatformKey.XERO)
    codat.integrations.list(query="sourceType=Banking", order_by="name")
    api = IntegrationsApi(codat.api_client)
    api.integrations_get(1, page_size=5)
    api.integrations_platform_key_get("gbol")
    api.integrations_platform_key_branding_get("gbol")
    assert set(seen) == {"GET 200"} and len(seen) >= len(keys) + 5


def test_consumers__send_and_get_what_is_described(codat: CodatPlatform, seen: list[str]) -> None:
    """Webhook consumers are created, listed and deleted as described, in both layers."""
    made = codat.webhooks.create("http://127.0.0.1:9/codat", ["connection.connected"], company_tags=["uid:c-17"])
    codat.webhooks.list()
    codat.webhooks.delete(made.id or "")
    api = WebhooksApi(codat.api_client)
    body = CodatPublicApiModelsWebhooksAddWebhookConsumerModel(
        url="http://127.0.0.1:9", event_types=["company.created"]
    )
    other = api.webhooks_post(codat_public_api_models_webhooks_add_webhook_consumer_model=body)
    api.webhooks_get()
    api.webhooks_webhook_id_delete(other.id or "")
    assert seen == ["POST 201", "GET 200", "DELETE 204"] * 2


def test_refusals__are_described(codat: CodatPlatform, sandbox: Sandbox, seen: list[str]) -> None:
    """Codat's error body for unknown ids, a foreign company, a malformed query and a wrong key."""
    calls: list[Callable[[], Any]] = [
        lambda: codat.companies.get(UNKNOWN),
        lambda: codat.companies.get(sandbox.create_company(foreign=True)),
        lambda: codat.companies.list(query="name~~x&&"),
        lambda: codat.companies.get_access_token(UNKNOWN),
        lambda: codat.companies.delete(UNKNOWN),
        lambda: codat.integrations.get("zzzz"),
        lambda: codat.integrations.get_branding("zzzz"),
        lambda: codat.webhooks.delete(UNKNOWN),
        lambda: codat.webhooks.list(headers={"Authorization": "Basic d3Jvbmc="}),
    ]
    for call in calls:
        with pytest.raises(ApiException):
            call()
    assert seen == [
        "GET 404", "GET 403", "GET 400", "GET 404", "DELETE 404", "GET 404", "GET 404", "DELETE 404", "GET 401"
    ]  # fmt: skip
