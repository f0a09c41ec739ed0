"""The body that creates a webhook consumer."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsWebhooksAddWebhookConsumerModel(Model):
    """The webhook consumer to create."""

    url: str | None = field("url", default=None)  #: where to send events
    disabled: bool | None = field("disabled", default=None)  #: whether to send nothing yet
    event_types: list[str] | None = field("eventTypes", default=None)  #: at least one; see ``WebhookEventType``
    company_tags: list[str] | None = field(
        "companyTags", default=None
    )  #: at most 10 of the form ``key:value``, each at most 128 characters; any match is enough
