"""The backend's work with Codat, without HTTP of its own."""

from __future__ import annotations

import logging

from store import Store

from codat_python_sdk import CodatPlatform, ConnectionStateException, NotFoundException
from codat_python_sdk.models import CodatPublicApiModelsPlatformCredentialsPlatformSourceModel as Integration
from codat_python_sdk.webhooks import ConnectionEvent, Webhook, WebhookEvent, WebhookVerificationError

logger = logging.getLogger(__name__)


class Backend:
    """Companies, connections and events, with what the backend remembers of them."""

    def __init__(self, codat: CodatPlatform, store: Store) -> None:
        self.codat = codat
        self._store = store

    def sign_up(self, uid: str, name: str) -> None:
        """Make the customer's company, or find it: there is one, however often this is called."""
        company = self.codat.companies.ensure(uid, name=name)
        self._store.add_customer(uid, company.id)

    def platforms(self) -> list[Integration]:
        """The platforms that are enabled for us, by name. They rarely change: a real backend would cache them."""
        enabled = [integration for integration in self.codat.integrations.iterate() if integration.enabled]
        return sorted(enabled, key=lambda integration: integration.name.lower())

    def connect(self, company_id: str, platform_key: str) -> str:
        """Create a connection, and return the link to send the customer to."""
        connection = self.codat.connections.create(company_id, platform_key)
        self._store.set_connection(company_id, connection)
        return connection.link_url

    def link(self, company_id: str, connection_id: str, action: str) -> str | None:
        """A new link to continue with a connection; None if the customer has nothing left to do."""
        try:
            if action == "reconnect":
                return self.codat.connections.reconnect_link(company_id, connection_id)
            return self.codat.connections.get(company_id, connection_id).link_url
        except (ConnectionStateException, NotFoundException):
            self.refresh(company_id, connection_id)
            return None

    def disconnect(self, company_id: str, connection_id: str) -> None:
        """Delete a connection. Xero asks for that behind a button like ours; to keep the data, unlink instead."""
        self.codat.connections.delete(company_id, connection_id)
        self._store.forget_connection(connection_id)

    def refresh(self, company_id: str, connection_id: str) -> None:
        """Remember a connection as it is now."""
        try:
            self._store.set_connection(company_id, self.codat.connections.get(company_id, connection_id))
        except NotFoundException:
            self._store.forget_connection(connection_id)

    def work_off_deliveries(self) -> None:
        """Process the stored deliveries. One that fails stays for the next time, and holds up no other."""
        for webhook_id, body in self._store.waiting_deliveries():
            try:
                self.handle(Webhook.parse_unverified(body, webhook_id=webhook_id))  # verified when it came in
            except WebhookVerificationError as error:  # and will never be readable
                logger.error("delivery %s: %s", webhook_id, error)  # noqa: TRY400  # the traceback says no more
            except Exception:  # Codat cannot be reached, say
                logger.exception("delivery %s was not handled", webhook_id)
                continue
            self._store.finish_delivery(webhook_id)

    def handle(self, event: WebhookEvent) -> None:
        """Take an event as a sign that something happened, and fetch what is so now: events may come in any order."""
        if not isinstance(event, ConnectionEvent) or not event.connection_id:
            return
        if event.company_id:
            self.refresh(event.company_id, event.connection_id)
        else:  # a reconstructed deletion
            self._store.forget_connection(event.connection_id)

    def catch_up(self) -> None:
        """Fetch the changes that this process missed while it was not running."""
        self.work_off_deliveries()
        known = {connection.id: connection.status for connection in self._store.connections()}
        for event in self.codat.webhooks.reconcile(known):
            self.handle(event)
