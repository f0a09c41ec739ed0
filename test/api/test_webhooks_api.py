"""The endpoints for webhook consumers under generated names, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from endpoints import Endpoint, check_arguments, check_request_and_result
from server import ScriptedServer, http_response

from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.webhooks_api import WebhooksApi
from codat_python_sdk.models import (
    CodatPublicApiModelsWebhooksAddWebhookConsumerModel,
    CodatPublicApiModelsWebhooksWebhookConsumer,
    CodatPublicApiModelsWebhooksWebhookConsumersModel,
)

CONSUMER = {"id": "w1", "url": "https://example.com/codat", "disabled": None, "eventTypes": ["connection.connected"]}
BODY = "codat_public_api_models_webhooks_add_webhook_consumer_model"
ENDPOINTS = {
    "webhooks_get": Endpoint(
        {}, "GET", "/webhooks", None, {"results": [CONSUMER]}, CodatPublicApiModelsWebhooksWebhookConsumersModel
    ),
    "webhooks_post": Endpoint(
        {
            BODY: CodatPublicApiModelsWebhooksAddWebhookConsumerModel(
                url="https://example.com/codat", event_types=["connection.connected"], company_tags=["team:lending"]
            )
        },
        "POST",
        "/webhooks",
        {
            "url": "https://example.com/codat",
            "eventTypes": ["connection.connected"],
            "companyTags": ["team:lending"],
        },
        CONSUMER,
        CodatPublicApiModelsWebhooksWebhookConsumer,
    ),
    "webhooks_webhook_id_delete": Endpoint(
        {"webhook_id": "w1"}, "DELETE", "/webhooks/w1", None, None, type(None), ("webhook_id",)
    ),
}


@pytest.fixture
def webhooks(server: ScriptedServer) -> Iterator[WebhooksApi]:
    """The API class on the server."""
    with ApiClient(Configuration(host=server.url, api_key={"API Key Auth": "Basic a2V5"})) as client:
        yield WebhooksApi(client)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint__request_and_result(server: ScriptedServer, webhooks: WebhooksApi, name: str) -> None:
    """Each method sends its request and returns its class, and so does its variant with HTTP info."""
    check_request_and_result(server, webhooks, name, ENDPOINTS[name])


@pytest.mark.parametrize("name", ENDPOINTS)
def test_endpoint__arguments(server: ScriptedServer, webhooks: WebhooksApi, name: str) -> None:
    """Wrong arguments are named, and nothing is sent."""
    check_arguments(server, webhooks, name, ENDPOINTS[name])


def test_create__gets_a_201(server: ScriptedServer, webhooks: WebhooksApi) -> None:
    """Codat responds to a creation with 201, which is a success as any."""
    server.script(http_response(CONSUMER, status=201))
    body: dict[str, Any] = {BODY: {"url": "https://example.com/codat"}}
    info = webhooks.webhooks_post_with_http_info(**body)
    assert (info.status, info.data.id) == (201, "w1")


def test_client__made_from_the_default_configuration() -> None:
    """Without a client, the class makes one from the default configuration."""
    Configuration.set_default(Configuration(host="http://127.0.0.1:9"))
    assert WebhooksApi().api_client.configuration.host == "http://127.0.0.1:9"
