"""The receiver and the sandbox's deliveries: real webhooks, also those that go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sandbox.receiver import Receiver

from codat_python_sdk import CodatPlatform
from codat_python_sdk.models import WebhookEventType
from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.webhooks import (
    CompanyEvent,
    ConnectionEvent,
    RateLimitEvent,
    ReadEvent,
    Webhook,
    WebhookEvent,
    WebhookVerificationError,
)


class Inbox:
    """What a receiver got: the events, and the errors of what was refused."""

    def __init__(self, sandbox: Sandbox, receiver: Receiver) -> None:
        self._receiver = receiver
        self._webhook = Webhook(sandbox.webhook_secret(sandbox.add_webhook(receiver.url)))

    def read(self) -> tuple[list[WebhookEvent], list[WebhookVerificationError]]:
        """All of it so far."""
        events: list[WebhookEvent] = []
        errors: list[WebhookVerificationError] = []
        for headers, body in self._receiver.received:
            try:
                events.append(self._webhook.parse(body, headers))
            except WebhookVerificationError as error:
                errors.append(error)
        return events, errors


@pytest.fixture
def inbox(sandbox: Sandbox) -> Iterator[Inbox]:
    """The inbox of a receiver of all events of the sandbox."""
    with Receiver() as receiver:
        yield Inbox(sandbox, receiver)


def test_lifecycle__arrives_as_events(sandbox: Sandbox, inbox: Inbox) -> None:
    """What happens to a company and its connection comes as verified events, with our models."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        company = codat.companies.create("Corner Bäckerei", tags={"uid": "c-17"})
        connection = codat.connections.create(company.id, "gbol")
        sandbox.authorize(connection.id)
        sandbox.set_status(connection.id, "Deauthorized")
        sandbox.authorize(connection.id)
        codat.connections.delete(company.id, connection.id)
        codat.companies.delete(company.id)
    sandbox.wait_for_deliveries()
    events, errors = inbox.read()
    assert errors == []
    told = {(event.event_type, event.company_id, event.connection_id) for event in events}
    for what in ("created", "connected", "disconnected", "reconnected", "deleted"):
        assert (f"connection.{what}", company.id, connection.id) in told
    assert {("company.created", company.id, None), ("company.deleted", company.id, None)} <= told
    created = next(event for event in events if event.event_type == "company.created")
    assert isinstance(created, CompanyEvent) and created.company.name == "Corner Bäckerei"
    assert created.company.tags == {"uid": "c-17"} and created.generated_date is not None
    lapsed = next(event for event in events if event.event_type == "connection.disconnected")
    assert isinstance(lapsed, ConnectionEvent) and lapsed.connection is not None
    assert lapsed.connection.status == "Deauthorized" and lapsed.connection.integration_key == "gbol"


@pytest.mark.parametrize("event_type", WebhookEventType)
def test_event__of_every_known_type(sandbox: Sandbox, inbox: Inbox, event_type: WebhookEventType) -> None:
    """Each documented event that the sandbox sends is read as its class, and is about what it should be about."""
    connection_id = sandbox.add_connection(status="Linked")
    about_connection = event_type.startswith(("connection.", "read.", "bankFeeds."))
    about: dict[str, str] = {"connection_id": connection_id} if about_connection else {"company_id": sandbox.company_id}
    sandbox.send_webhook(event_type.value, **about)  # type: ignore[arg-type]
    events, errors = inbox.read()
    event = next(event for event in events if event.event_type == event_type)
    assert errors == [] and event.webhook_id
    if about_connection and not event_type.startswith("bankFeeds."):
        assert event.company_id == sandbox.company_id
    kinds = {"connection.": ConnectionEvent, "read.": ReadEvent, "client.rateLimit.": RateLimitEvent}
    assert all(isinstance(event, cls) for beginning, cls in kinds.items() if event_type.startswith(beginning))


@pytest.mark.parametrize(("fault", "check"), [("wrong_signature", "signature"), ("stale_timestamp", "timestamp")])
def test_fault__is_told_by_its_check(sandbox: Sandbox, inbox: Inbox, fault: Any, check: str) -> None:
    """A delivery with a fault is refused, and the error names the check."""
    connection_id = sandbox.add_connection(status="Linked")
    sandbox.send_webhook("connection.connected", connection_id=connection_id, fault=fault)
    assert [error.check for error in inbox.read()[1]] == [check]


def test_duplicate__has_the_same_webhook_id(sandbox: Sandbox, inbox: Inbox) -> None:
    """A delivery that comes twice comes with one id, and so does one that is tried again."""
    connection_id = sandbox.add_connection(status="Linked")
    sandbox.send_webhook("connection.connected", connection_id=connection_id, fault="duplicate")
    sandbox.wait_for_deliveries()
    twice = [event.webhook_id for event in inbox.read()[0] if event.event_type == "connection.connected"]
    assert len(twice) >= 2 and len(set(twice)) == 1
