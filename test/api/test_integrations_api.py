"""The endpoints for integrations under their generated names, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from endpoints import Endpoint, check_arguments, check_request_and_result
from server import ScriptedServer, http_response

from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.integrations_api import IntegrationsApi
from codat_python_sdk.models import (
    CodatPublicApiModelsClientsIntegrationBrandingModel,
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModel,
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel,
)

XERO = {
    "key": "gbol",
    "name": "Xero",
    "logoUrl": "https://static.example/gbol.svg",
    "enabled": True,
    "sourceType": "Accounting",
    "datatypeFeatures": [
        {"datatype": "invoices", "supportedFeatures": [{"featureType": "Get", "featureState": "Release"}]}
    ],
}
BRANDING = {
    "logo": {"full": {"image": {"src": "https://static.example/full.svg", "alt": "Xero"}}, "square": None},
    "button": {"default": {"image": {"src": "https://static.example/button.svg", "alt": "Xero"}}},
    "sourceId": "s",
}
ENDPOINTS = {
    "integrations_get": Endpoint(
        {"page": 1, "page_size": 5, "query": "sourceType=Accounting&&enabled=true", "order_by": "name"},
        "GET",
        "/integrations?pageSize=5&query=sourceType%3DAccounting%26%26enabled%3Dtrue&orderBy=name&page=1",
        None,
        {"results": [XERO], "pageNumber": 1, "pageSize": 5, "totalResults": 1},
        CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel,
        ("page",),
    ),
    "integrations_platform_key_get": Endpoint(
        {"platform_key": "gbol"},
        "GET",
        "/integrations/gbol",
        None,
        XERO,
        CodatPublicApiModelsPlatformCredentialsPlatformSourceModel,
        ("platform_key",),
    ),
    "integrations_platform_key_branding_get": Endpoint(
        {"platform_key": "gbol"},
        "GET",
        "/integrations/gbol/branding",
        None,
        BRANDING,
        CodatPublicApiModelsClientsIntegrationBrandingModel,
        ("platform_key",),
    ),
}


@pytest.fixture
def integrations(server: ScriptedServer) -> Iterator[IntegrationsApi]:
    """The API class on the server."""
    with ApiClient(Configuration(host=server.url, api_key={"API Key Auth": "Basic a2V5"})) as client:
        yield IntegrationsApi(client)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint__request_and_result(server: ScriptedServer, integrations: IntegrationsApi, name: str) -> None:
    """Each method sends its request and returns its class, and so does its variant with HTTP info."""
    check_request_and_result(server, integrations, name, ENDPOINTS[name])


@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint__arguments(server: ScriptedServer, integrations: IntegrationsApi, name: str) -> None:
    """Wrong arguments are named, and nothing is sent."""
    check_arguments(server, integrations, name, ENDPOINTS[name])


def test_results__are_read_to_the_last_level(server: ScriptedServer, integrations: IntegrationsApi) -> None:
    """Features and images are models down to the last level."""
    server.script(http_response(XERO), http_response(BRANDING))
    features = integrations.integrations_platform_key_get("gbol").datatype_features
    assert features and features[0].supported_features
    assert features[0].supported_features[0].feature_state == "Release"
    branding = integrations.integrations_platform_key_branding_get("gbol")
    assert branding.logo and branding.logo.full and branding.logo.full.image
    assert branding.logo.full.image.alt == "Xero" and branding.logo.square is None


def test_client__made_from_the_default_configuration() -> None:
    """Without a client, the class makes one from the default configuration."""
    Configuration.set_default(Configuration(host="http://127.0.0.1:9"))
    assert IntegrationsApi().api_client.configuration.host == "http://127.0.0.1:9"
