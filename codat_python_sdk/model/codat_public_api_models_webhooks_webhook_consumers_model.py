"""All webhook consumers."""

from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumer import (
    CodatPublicApiModelsWebhooksWebhookConsumer,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsWebhooksWebhookConsumersModel(Model):
    """Your webhook consumers; there are no pages, and at most 50."""

    #: the consumers; empty when there are none
    results: list[CodatPublicApiModelsWebhooksWebhookConsumer] = field("results", default_factory=list)
