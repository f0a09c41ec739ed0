"""What users write, for five type checkers: every expression has the type that its reader expects.

It is checked and never run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from typing_extensions import assert_type

import codat_python_sdk
from codat_python_sdk import (
    ApiClient,
    ApiException,
    ApiResponse,
    Attempt,
    CodatPlatform,
    Configuration,
    DataConnectionStatus,
    RateLimit,
    RetryPolicy,
    TooManyRequestsException,
)
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyAddDataConnectionModel,
    CodatPublicApiModelsCompanyDataConnection,
    CodatPublicApiModelsCompanyDataConnectionError,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)

logger = logging.getLogger(__name__)


def settings() -> Configuration:
    configuration = Configuration(
        host="https://api.codat.io",
        api_key={"API Key Auth": Configuration.basic_api_key("raw-key")},
        timeout=(5, 30),
        deadline=None,
        retries=RetryPolicy(max_retries=5),
    )
    configuration.api_key["API Key Auth"] = "Basic …"
    configuration.access_token = lambda: "token"
    configuration.proxy = "http://proxy.example:3128"
    assert_type(configuration.host, str)
    return configuration


def modules_as_attributes() -> None:
    """The modules that ``import codat_python_sdk`` brought in 2021."""
    assert_type(codat_python_sdk.configuration.Configuration(), Configuration)
    assert_type(codat_python_sdk.api_client.ApiClient(), ApiClient)
    assert_type(codat_python_sdk.rest.ApiException(404).status, int | None)
    assert_type(codat_python_sdk.exceptions.TooManyRequestsException(429), TooManyRequestsException)
    assert_type(codat_python_sdk.model_utils.none_type, type[None])


def generated(company_id: str) -> None:
    with ApiClient(settings(), pool_threads=4) as client:
        assert_type(client, ApiClient)
        api = ConnectionApi(client)

        page = api.companies_company_id_connections_get(company_id, 1, page_size=50, order_by="-created")
        assert_type(page, CodatPublicApiModelsCompanyDataConnectionPagedResponseModel)
        assert_type(page.page_number, int | None)
        for connection in page.results or []:
            assert_type(connection, CodatPublicApiModelsCompanyDataConnection)
            assert_type(connection.platform_name, str)
            assert_type(connection.status, str | None)
            assert_type(connection.last_sync, datetime | None)
            assert_type(connection.connection_info, dict[str, Any] | None)
            assert_type(connection.data_connection_errors, list[CodatPublicApiModelsCompanyDataConnectionError] | None)
            if connection.status == DataConnectionStatus.LINKED:
                logger.info("%s %s", connection["platform_name"], connection.get("status", "?"))
        if page.links is not None and page.links.next is not None:
            assert_type(page.links.next.href, str | None)

        created = api.companies_company_id_connections_post(
            company_id,
            body=CodatPublicApiModelsCompanyAddDataConnectionModel(platform_key="gbol"),
            _idempotency_key="a-key",
        )
        assert_type(created, CodatPublicApiModelsCompanyDataConnection)
        api.companies_company_id_connections_post(company_id, body={"platformKey": "gbol"})
        api.companies_company_id_connections_post(company_id, body="gbol")
        assert_type(
            api.companies_company_id_connections_connection_id_patch(
                company_id,
                created.id,
                codat_public_api_models_company_patch_data_connection_model=(
                    CodatPublicApiModelsCompanyPatchDataConnectionModel(status="Unlinked")
                ),
            ),
            CodatPublicApiModelsCompanyDataConnection,
        )
        assert_type(
            api.companies_company_id_connections_connection_id_authorization_put(
                company_id, created.id, request_body={"accessToken": "t0"}
            ),
            CodatPublicApiModelsCompanyDataConnection,
        )
        assert_type(api.companies_company_id_connections_connection_id_delete(company_id, created.id), bool)


def with_circumstances(api: ConnectionApi) -> None:
    response = api.companies_company_id_connections_connection_id_get_with_http_info(
        "c", "k", _request_timeout=(1, 5), _deadline=10, _retries=0, _headers={"X-Request": "1"}
    )
    assert_type(response, ApiResponse[CodatPublicApiModelsCompanyDataConnection])
    assert_type(response.data.link_url, str)
    assert_type(response.status, int)
    assert_type(response.headers, Mapping[str, str])
    assert_type(response.attempts, tuple[Attempt, ...])
    assert_type(response.rate_limit, RateLimit | None)
    assert_type(response.idempotency_key, str | None)
    deleted = api.companies_company_id_connections_connection_id_delete_with_http_info("c", "k")
    assert_type(deleted, ApiResponse[bool])


def errors(api: ConnectionApi) -> None:
    try:
        api.companies_company_id_connections_connection_id_get("c", "k")
    except TooManyRequestsException as error:
        assert_type(error.retry_after, float | None)
    except ApiException as error:
        assert_type(error.status, int | None)
        assert_type(error.correlation_id, str | None)
        assert_type(error.body, str | None)
        assert_type(error.idempotency_key, str | None)
        if error.outcome == "unknown":
            logger.warning("%s %s: %s", error.method, error.url, error.attempts)


def high_level(company_id: str) -> None:
    with CodatPlatform(api_key="raw-key", timeout=(1, 5), deadline=None, retries=RetryPolicy()) as codat:
        assert_type(codat, CodatPlatform)
        created = codat.connections.create(company_id, platform_key="gbol", idempotency_key="a-key")
        assert_type(created, CodatPublicApiModelsCompanyDataConnection)
        assert_type(created.link_url, str)
        linked = codat.connections.wait_for_status(company_id, created.id, DataConnectionStatus.LINKED, timeout=60)
        assert_type(linked, CodatPublicApiModelsCompanyDataConnection)
        page = codat.connections.list(company_id, page=1, page_size=10, query=None, order_by="-created", timeout=5)
        assert_type(page, CodatPublicApiModelsCompanyDataConnectionPagedResponseModel)
        connections = codat.connections.iterate(company_id, order_by="-created", retries=0)
        assert_type(connections, Iterator[CodatPublicApiModelsCompanyDataConnection])
        assert_type(codat.connections.get(company_id, created.id), CodatPublicApiModelsCompanyDataConnection)
        codat.connections.update_authorization(company_id, created.id, {"accessToken": "t0"}, headers={"X": "1"})
        codat.connections.unlink(company_id, created.id, idempotency_key="another-key", deadline=None)
        assert_type(codat.connections.delete(company_id, created.id), bool)
        response = codat.connections.with_http_info.get(company_id, created.id, server_url="http://localhost:8080")
        assert_type(response, ApiResponse[CodatPublicApiModelsCompanyDataConnection])
        assert_type(codat.connections.with_http_info.delete(company_id, created.id), ApiResponse[bool])


def ids_of_type_uuid(codat: CodatPlatform, api: ConnectionApi, company_id: UUID, connection_id: UUID) -> None:
    """Every id may be a UUID."""
    connection = codat.connections.get(company_id, connection_id)
    assert_type(connection, CodatPublicApiModelsCompanyDataConnection)
    codat.connections.create(company_id, "gbol")
    codat.connections.delete(company_id, str(connection_id))
    codat.connections.list(company_id)
    codat.connections.iterate(company_id)
    codat.connections.unlink(company_id, connection_id)
    codat.connections.update_authorization(company_id, connection_id, {"accessToken": "t0"})
    codat.connections.wait_for_status(company_id, connection_id, DataConnectionStatus.LINKED)
    assert_type(codat.connections.reconnect_link(company_id, connection_id), str)
    codat.connections.with_http_info.get(company_id, connection_id)
    codat.companies.get(company_id)
    codat.companies.update(company_id, name="name")
    codat.companies.replace(company_id, "name")
    codat.companies.get_access_token(company_id)
    codat.companies.delete(company_id)
    codat.webhooks.delete(connection_id)
    api.companies_company_id_connections_get(company_id)
    api.companies_company_id_connections_post(company_id, body={"platformKey": "gbol"})
    api.companies_company_id_connections_connection_id_get(company_id, connection_id)
    api.companies_company_id_connections_connection_id_get_with_http_info(company_id, connection_id)
    api.companies_company_id_connections_connection_id_delete(company_id, connection_id)
    api.companies_company_id_connections_connection_id_patch(company_id, connection_id)
    api.companies_company_id_connections_connection_id_authorization_put(company_id, connection_id)
