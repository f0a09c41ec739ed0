"""The endpoints for webhook consumers, under generated names. 2021 had none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codat_python_sdk.model.codat_public_api_models_webhooks_add_webhook_consumer_model import (
    CodatPublicApiModelsWebhooksAddWebhookConsumerModel,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumer import (
    CodatPublicApiModelsWebhooksWebhookConsumer,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumers_model import (
    CodatPublicApiModelsWebhooksWebhookConsumersModel,
)
from codat_python_sdk.operation import UNSET, Unset
from codat_python_sdk.operations import webhooks as operations
from codat_python_sdk.variants import GeneratedApi, WithHttpInfo

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import UUID, CallOptions, KeyedCallOptions, Unpack
else:
    from uuid import UUID

    from typing_extensions import Unpack

    from codat_python_sdk.call_options import CallOptions, KeyedCallOptions


class WebhooksApi(GeneratedApi):
    """Webhook consumers: the URLs that Codat sends events to. ``codat_python_sdk.webhooks`` receives the events.

    Every method takes the ``CallOptions`` by keyword and has a variant ``…_with_http_info`` that returns an
    ``ApiResponse``. What the methods raise: see ``ConnectionApi``.

    Args:
        api_client: The client to call with; one from the default configuration when left out.
    """

    def webhooks_get(self, **options: Unpack[CallOptions]) -> CodatPublicApiModelsWebhooksWebhookConsumersModel:
        """List all webhook consumers; there are at most 50, and no pages.

        Args:
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.LIST, {}, options)

    webhooks_get_with_http_info = WithHttpInfo(webhooks_get)

    def webhooks_post(
        self,
        *,
        codat_public_api_models_webhooks_add_webhook_consumer_model: (
            CodatPublicApiModelsWebhooksAddWebhookConsumerModel | Mapping[str, Any] | Unset
        ) = UNSET,
        **options: Unpack[KeyedCallOptions],
    ) -> CodatPublicApiModelsWebhooksWebhookConsumer:
        """Create a webhook consumer. Its signing secret is not in the API: copy it from the Codat Portal.

        Args:
            codat_public_api_models_webhooks_add_webhook_consumer_model: The model, or a dict such as
                ``{"url": "https://example.com/codat", "eventTypes": ["connection.connected"]}``.
            options: See ``KeyedCallOptions``.
        """
        arguments = {operations.CREATE_BODY: codat_public_api_models_webhooks_add_webhook_consumer_model}
        return self.api_client.send(operations.CREATE, arguments, options)

    webhooks_post_with_http_info = WithHttpInfo(webhooks_post)

    def webhooks_webhook_id_delete(self, webhook_id: str | UUID, **options: Unpack[CallOptions]) -> None:
        """Delete a webhook consumer. Pending deliveries are not sent.

        Args:
            webhook_id: The consumer's id; not the ``webhook-id`` of a delivery.
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.DELETE_WITHOUT_RESULT, {"webhook_id": webhook_id}, options)

    webhooks_webhook_id_delete_with_http_info = WithHttpInfo(webhooks_webhook_id_delete)
