"""The endpoints for companies under their generated names, over a real socket."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from endpoints import Endpoint, check_arguments, check_request_and_result
from server import CONNECTION, ScriptedServer, http_response

from codat_python_sdk import ApiClient, ApiException, Configuration
from codat_python_sdk.api.companies_api import CompaniesApi
from codat_python_sdk.models import (
    CodatClientsApiClientContractCompany,
    CodatPublicApiModelsCompanyAddCompanyModel,
    CodatPublicApiModelsCompanyCompany,
    CodatPublicApiModelsCompanyCompanyAccessToken,
    CodatPublicApiModelsCompanyCompanyPagedResponseModel,
    CodatPublicApiModelsCompanyDataConnection,
    CodatPublicApiModelsCompanyPatchCompanyModel,
)

COMPANY: dict[str, Any] = {
    "id": "c1",
    "name": "Corner Bakery",
    "redirect": "https://link.example/company/c1?link.otp=0001",
    "created": "2026-02-03T04:05:06Z",
    "tags": {"uid": "c-17"},
    "dataConnections": [CONNECTION],
    "newToday": 1,
}
ADD, PATCH, PUT = (
    "codat_public_api_models_company_add_company_model",
    "codat_public_api_models_company_patch_company_model",
    "codat_clients_api_client_contract_company",
)
NAMED: dict[str, dict[str, Any]] = {argument: {argument: {"name": "N"}} for argument in (ADD, PUT)}
ENDPOINTS = {
    "companies_get": Endpoint(
        {"page": 2, "page_size": 5, "query": "a=b", "order_by": "-created", "tags": "region=uk && team=lending"},
        "GET",
        "/companies?pageSize=5&query=a%3Db&orderBy=-created&tags=region%3Duk+%26%26+team%3Dlending&page=2",
        None,
        {"results": [COMPANY], "pageNumber": 2, "pageSize": 5, "totalResults": 6},
        CodatPublicApiModelsCompanyCompanyPagedResponseModel,
        ("page",),
    ),
    "companies_post": Endpoint(
        {ADD: CodatPublicApiModelsCompanyAddCompanyModel(name="Corner Bakery", tags={"uid": "c-17"})},
        "POST",
        "/companies",
        {"name": "Corner Bakery", "tags": {"uid": "c-17"}},
        COMPANY,
        CodatPublicApiModelsCompanyCompany,
    ),
    "companies_company_id_get": Endpoint(
        {"company_id": "c1"}, "GET", "/companies/c1", None, COMPANY, CodatPublicApiModelsCompanyCompany, ("company_id",)
    ),
    "companies_company_id_put": Endpoint(
        {"company_id": "c1", PUT: CodatClientsApiClientContractCompany(name="New")},
        "PUT",
        "/companies/c1",
        {"name": "New"},
        COMPANY,
        CodatPublicApiModelsCompanyCompany,
        ("company_id",),
    ),
    "companies_company_id_patch": Endpoint(
        {"company_id": "c1", PATCH: CodatPublicApiModelsCompanyPatchCompanyModel(description="d")},
        "PATCH",
        "/companies/c1",
        {"description": "d"},
        COMPANY,
        CodatPublicApiModelsCompanyCompany,
        ("company_id",),
    ),
    "companies_company_id_delete": Endpoint(
        {"company_id": "c1"}, "DELETE", "/companies/c1", None, None, type(None), ("company_id",)
    ),
    "companies_company_id_access_token_get": Endpoint(
        {"company_id": "c1"},
        "GET",
        "/companies/c1/accessToken",
        None,
        {"accessToken": "t0", "expiresIn": 86400, "tokenType": "Bearer"},
        CodatPublicApiModelsCompanyCompanyAccessToken,
        ("company_id",),
    ),
}


@pytest.fixture
def companies(server: ScriptedServer) -> Iterator[CompaniesApi]:
    """The API class on the server, with one attempt per call."""
    settings = Configuration(host=server.url, api_key={"API Key Auth": "Basic a2V5"})
    settings.retries = 0
    with ApiClient(settings) as client:
        yield CompaniesApi(client)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint__request_and_result(server: ScriptedServer, companies: CompaniesApi, name: str) -> None:
    """Each method sends its request and returns its class, and so does its variant with HTTP info."""
    check_request_and_result(server, companies, name, ENDPOINTS[name])


@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint__arguments(server: ScriptedServer, companies: CompaniesApi, name: str) -> None:
    """Wrong arguments are named, and nothing is sent."""
    check_arguments(server, companies, name, ENDPOINTS[name])


@pytest.mark.parametrize(
    ("name", "argument", "body"),
    [("companies_post", ADD, {"name": "N"}), ("companies_company_id_put", PUT, {"name": "N"}),
     ("companies_company_id_patch", PATCH, {"tags": {}})],
)  # fmt: skip
def test_body__may_be_a_dict(
    server: ScriptedServer, companies: CompaniesApi, name: str, argument: str, body: Any
) -> None:
    """A dict goes as it is, so that what is not in it is not sent."""
    server.script(http_response(COMPANY))
    getattr(companies, name)(**ENDPOINTS[name].arguments | {argument: body})
    assert server.request.json == body


def test_body__dict_may_have_pythons_names(server: ScriptedServer, companies: CompaniesApi) -> None:
    """As in 2021, where a dict stood for a model's arguments; other keys, and the dict itself, stay as they are."""
    server.script(http_response(COMPANY))
    body: dict[str, Any] = {"name": "N", "platform_type": "gbol", "createdByUserId": "u", "other_key": 1}
    companies.companies_post(codat_public_api_models_company_add_company_model=body)
    assert server.request.json == {"name": "N", "platformType": "gbol", "createdByUserId": "u", "other_key": 1}
    assert "platform_type" in body


def test_company__has_our_connections(server: ScriptedServer, companies: CompaniesApi) -> None:
    """A company's connections are connections, unknown keys are kept, and a platform need not be there."""
    server.script(http_response(COMPANY))
    company = companies.companies_company_id_get("c1")
    assert company.data_connections is not None
    assert [type(connection) for connection in company.data_connections] == [CodatPublicApiModelsCompanyDataConnection]
    assert (company["newToday"], company.platform, company.tags) == (1, None, {"uid": "c-17"})


@pytest.mark.parametrize(
    "reply",
    [
        http_response(None, status=204, body=b""),
        http_response(True),
        http_response({"x": 1}),
        http_response(body=b"gone"),
    ],
)
def test_delete__returns_none_whatever_comes(server: ScriptedServer, companies: CompaniesApi, reply: Any) -> None:
    """As in 2021, a deletion has no result, whatever the body of the success."""
    server.script(reply)
    companies.companies_company_id_delete("c1")
    assert companies.companies_company_id_delete_with_http_info("c1").data is None


def test_delete__retried_after_it_took_effect(server: ScriptedServer, companies: CompaniesApi) -> None:
    """A 404 that follows an attempt which may have taken effect is a success without a result."""
    server.script(http_response(status=502), http_response(status=404))
    info = companies.companies_company_id_delete_with_http_info("c1", _retries=1)
    assert (info.data, info.status, len(info.attempts)) == (None, 404, 2)


def test_put__is_retried_as_a_get(server: ScriptedServer, companies: CompaniesApi) -> None:
    """Replacing a company twice is as replacing it once, so that a 500 or 502 is retried; it carries no key."""
    for status in (500, 502, 504):
        server.script(http_response(status=status), http_response(COMPANY))
        assert companies.companies_company_id_put("c1", _retries=1, **NAMED[PUT]).id == "c1"
        assert server.requests[-1].body == server.requests[-2].body
        assert server.requests[-1].header("Idempotency-Key") is None


def test_post__is_retried_with_one_key(server: ScriptedServer, companies: CompaniesApi) -> None:
    """A creation is retried with the key of its first attempt, and not after a 500, which would be replayed."""
    server.script(http_response(status=502), http_response(COMPANY))
    companies.companies_post(_retries=1, **NAMED[ADD])
    first, second = server.requests
    assert first.header("Idempotency-Key") == second.header("Idempotency-Key") is not None
    server.script(http_response(status=500), http_response(COMPANY))
    with pytest.raises(ApiException):
        companies.companies_post(_retries=1, **NAMED[ADD])


def test_async__has_a_handle(server: ScriptedServer, companies: CompaniesApi) -> None:
    """Asynchronous calls work as those of connections do."""
    server.script(http_response(COMPANY))
    handle: Any = companies.companies_company_id_get("c1", async_req=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert handle.get(10).id == "c1"
    handle = companies.companies_company_id_delete("c1", async_req=True)  # type: ignore[arg-type, func-returns-value]  # pyright: ignore[reportArgumentType]
    assert handle.get(10) is None


def test_client__made_from_the_default_configuration() -> None:
    """Without a client, the class makes one from the default configuration."""
    Configuration.set_default(Configuration(host="http://127.0.0.1:9"))
    assert CompaniesApi().api_client.configuration.host == "http://127.0.0.1:9"


def test_api_package__loads_its_classes_when_they_are_wanted() -> None:
    """Whoever works with connections alone does not load what companies, integrations and consumers need."""
    script = (
        "import sys, codat_python_sdk, codat_python_sdk.api as api;"
        "loaded = lambda: [name for name in sys.modules if name.endswith('companies_api')];"
        "print(loaded());"
        "print(api.CompaniesApi.__name__, {'CompaniesApi', 'WebhooksApi'} <= set(dir(api)), hasattr(api, 'NoApi'));"
        "print(loaded())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["[]", "CompaniesApi True False", "['codat_python_sdk.api.companies_api']"]
