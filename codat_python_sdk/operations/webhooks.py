"""The endpoints for webhook consumers."""

from collections.abc import Mapping

from codat_python_sdk.model.codat_public_api_models_webhooks_add_webhook_consumer_model import (
    CodatPublicApiModelsWebhooksAddWebhookConsumerModel,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumer import (
    CodatPublicApiModelsWebhooksWebhookConsumer,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumers_model import (
    CodatPublicApiModelsWebhooksWebhookConsumersModel,
)
from codat_python_sdk.operation import Operation
from codat_python_sdk.values import none_type

_COLLECTION = "/webhooks"
_ITEM = _COLLECTION + "/{webhookId}"

LIST = Operation("webhooks.list", "GET", _COLLECTION, CodatPublicApiModelsWebhooksWebhookConsumersModel)
CREATE_BODY = "codat_public_api_models_webhooks_add_webhook_consumer_model"
CREATE = Operation(
    "webhooks.create",
    "POST",
    _COLLECTION,
    CodatPublicApiModelsWebhooksWebhookConsumer,
    body=(CREATE_BODY, (CodatPublicApiModelsWebhooksAddWebhookConsumerModel, Mapping)),
)
DELETE = Operation("webhooks.delete", "DELETE", _ITEM, bool)
DELETE_WITHOUT_RESULT = Operation("webhooks.delete", "DELETE", _ITEM, none_type)
