"""Register a URL for webhooks, list what is registered, and delete it again, under the generated names."""

from __future__ import annotations

from _service import service

from codat_python_sdk import ApiClient
from codat_python_sdk.api import WebhooksApi
from codat_python_sdk.models import CodatPublicApiModelsWebhooksAddWebhookConsumerModel, WebhookEventType

with service() as place, ApiClient(place.configuration) as client:
    api = WebhooksApi(client)
    consumer = api.webhooks_post(
        codat_public_api_models_webhooks_add_webhook_consumer_model=CodatPublicApiModelsWebhooksAddWebhookConsumerModel(
            url="http://127.0.0.1:8000/codat/webhooks",
            event_types=[WebhookEventType.CONNECTION_CONNECTED.value, WebhookEventType.CONNECTION_DISCONNECTED.value],
        )
    )
    # Its signing secret is not in the API: copy it from the Codat Portal.
    for found in api.webhooks_get().results or ():
        print(found.url, found.event_types)
    api.webhooks_webhook_id_delete(consumer.id or "")
    print("Deleted:", consumer.url)
