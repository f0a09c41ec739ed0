"""A webhook consumer: a URL that Codat sends events to."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsWebhooksWebhookConsumer(Model):
    """A registered webhook consumer. Its signing secret is not in the API: copy it from the Codat Portal."""

    id: str | None = field("id", default=None)  #: the consumer's id
    url: str | None = field("url", default=None)  #: where events are sent
    disabled: bool | None = field("disabled", default=None)  #: whether sending is switched off
    event_types: list[str] | None = field(
        "eventTypes", default=None
    )  #: see ``WebhookEventType``; other values may come
    company_tags: list[str] | None = field(
        "companyTags", default=None
    )  #: ``key:value`` of companies; any match is enough; all companies when there are none
