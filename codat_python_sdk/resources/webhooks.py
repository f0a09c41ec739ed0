"""Webhook consumers, and the events that a receiver has missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from codat_python_sdk.exceptions import ApiValueError
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumer import (
    CodatPublicApiModelsWebhooksWebhookConsumer,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumers_model import (
    CodatPublicApiModelsWebhooksWebhookConsumersModel,
)
from codat_python_sdk.operations import webhooks as operations
from codat_python_sdk.options import HIGH_LEVEL
from codat_python_sdk.resources._resource import Resource, ResourceAttribute
from codat_python_sdk.settings import is_mapping
from codat_python_sdk.values import as_texts, check
from codat_python_sdk.variants import WithHttpInfo
from codat_python_sdk.webhooks import ConnectionEvent

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import UUID, KeyedRequestOptions, RequestOptions, Unpack
else:
    from uuid import UUID

    from typing_extensions import Unpack

    from codat_python_sdk.call_options import KeyedRequestOptions, RequestOptions


class Webhooks(Resource):
    """Webhook consumers: the URLs that Codat sends events to. ``codat_python_sdk.webhooks`` receives the events.

    Every method takes the ``RequestOptions`` by keyword. Every method raises ``ApiTypeError`` or ``ApiValueError`` for
    arguments that cannot be used, before anything is sent, and a subclass of ``ApiException`` when the call fails.
    """

    #: The operations, each returning an ``ApiResponse``: data, status, headers, attempts.
    with_http_info: ResourceAttribute[WebhooksWithHttpInfo] = ResourceAttribute("webhooks.WebhooksWithHttpInfo")

    def list(self, **options: Unpack[RequestOptions]) -> CodatPublicApiModelsWebhooksWebhookConsumersModel:
        """Retrieve all webhook consumers; there are at most 50, and no pages.

        Args:
            options: See ``RequestOptions``.
        """
        return self.api_client.send(operations.LIST, {}, options, HIGH_LEVEL)

    def create(
        self,
        url: str,
        event_types: Iterable[str],
        *,
        company_tags: Iterable[str] | None = None,
        disabled: bool = False,
        **options: Unpack[KeyedRequestOptions],
    ) -> CodatPublicApiModelsWebhooksWebhookConsumer:
        """Create a webhook consumer. Its signing secret is not in the API: copy it from the Codat Portal.

        Args:
            url: Where to send events.
            event_types: Which events, at least one; see ``WebhookEventType``.
            company_tags: Only events of companies with one of these tags, each as ``key:value``.
            disabled: `True` to create it without sending events yet.
            options: See ``KeyedRequestOptions``.
        """
        body: dict[str, Any] = {"url": url, "eventTypes": as_texts("event_types", event_types), "disabled": disabled}
        if company_tags is not None:
            body["companyTags"] = as_texts("company_tags", company_tags)
        check(url, (str,), "url")
        check(disabled, (bool,), "disabled")
        if not url or not body["eventTypes"]:
            raise ApiValueError("a webhook consumer needs a url and at least one event type")
        return self.api_client.send(operations.CREATE, {operations.CREATE_BODY: body}, options, HIGH_LEVEL)

    def delete(self, webhook_id: str | UUID, **options: Unpack[RequestOptions]) -> bool:
        """Delete a webhook consumer. Pending deliveries are not sent.

        Args:
            webhook_id: The consumer's id; not the ``webhook_id`` of an event.
            options: See ``RequestOptions``.

        Returns:
            True, also if an earlier attempt of this call had deleted it already.
        """
        return self.api_client.send(operations.DELETE, {"webhook_id": webhook_id}, options, HIGH_LEVEL)

    def reconcile(
        self, known: Mapping[str, str | None], *, page_size: int = 100, **options: Unpack[RequestOptions]
    ) -> Iterator[ConnectionEvent]:
        """Compare what you know with the present state, and yield what you missed as events.

        Run it after an outage of the receiver, or once a day: webhooks are delivered for about 28 hours only. It costs
        one request per page of companies. The events have ``reconstructed=True``, no ``webhook_id``, and
        ``generated_date`` is now; their payload is the present state. Where several changes must have happened, such as
        linked and then deauthorized, each of them is an event, in the order in which they happened.

        Args:
            known: The status of each connection that you know of by its id. Take up the events as they come; what they
                told is then not told again.
            page_size: Companies per request, 1 to 5000.
            options: See ``RequestOptions``; ``deadline`` is for each request.

        Yields:
            ``ConnectionEvent``: for connections that are new or have another status, while the companies are read, and
            at the end ``connection.deleted`` for those that no longer exist; of these only the id and the last known
            status can be told. If a company or a connection could not be read, a WARNING says so in their place: the
            others may still exist.
        """
        from codat_python_sdk.resources.connections import iterate_pairs
        from codat_python_sdk.webhooks.reconciliation import missed_events

        left_out = list[object]()
        pairs = iterate_pairs(self.api_client, options, page_size=page_size, tags=None, left_out=left_out)
        return missed_events(is_mapping("known", known), pairs, left_out)


class WebhooksWithHttpInfo(Resource):
    """The operations of ``Webhooks``, each returning an ``ApiResponse``: data, status, headers, attempts."""

    list = WithHttpInfo(Webhooks.list)
    create = WithHttpInfo(Webhooks.create)
    delete = WithHttpInfo(Webhooks.delete)
