"""Events: typed where they are known, kept whole where they are not."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from cases import case
from webhook_samples import COMPANY, COMPANY_ID, CONNECTION, OTP, SECRET, compact, event, signed

from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyCompany,
    CodatPublicApiModelsCompanyDataConnection,
    WebhookEventType,
)
from codat_python_sdk.webhooks import (
    CompanyEvent,
    CompanyProductEvent,
    ConnectionEvent,
    RateLimitEvent,
    ReadEvent,
    Webhook,
    WebhookEvent,
)

FULL_COMPANY = COMPANY | {
    "redirect": f"https://link.example/company/c?link.otp={OTP}",
    "created": "2026-02-03T04:05:06Z",
}
#: Beginning of the type → class, payload, company id, connection id
KINDS: dict[str, tuple[type[WebhookEvent], Any, str | None, str | None]] = {
    "connection.": (ConnectionEvent, None, COMPANY_ID, CONNECTION["id"]),
    "company.product.": (CompanyProductEvent, {"id": COMPANY_ID, "productId": "p"}, COMPANY_ID, None),
    "company.": (CompanyEvent, FULL_COMPANY, COMPANY_ID, None),
    "read.": (ReadEvent, {"referenceCompany": COMPANY, "dataTypes": []}, COMPANY_ID, None),
    "client.rateLimit.": (RateLimitEvent, {"dailyQuota": 1000}, None, None),
    "bankFeeds.": (WebhookEvent, {"anything": [1]}, None, None),
}


def parsed(data: dict[str, Any]) -> WebhookEvent:
    body = compact(data)
    return Webhook(SECRET).parse(body, signed(body))


def test_event__of_a_known_type() -> None:
    """Each documented type becomes an event of its class, with the ids of what it is about."""
    for event_type in WebhookEventType:
        with case(event_type):
            cls, payload, company_id, connection_id = next(v for k, v in KINDS.items() if event_type.startswith(k))
            read = parsed(event(event_type.value, payload))
            assert type(read) is cls and read.event_type == event_type
            assert repr(read).startswith(f"<{cls.__name__} event_type=")
            assert (read.id, read.webhook_id) == ("0d9f6a3e-1111-4222-8333-944455556666", "msg_1")
            assert read.generated_date == datetime(2026, 11, 3, 8, 9, 10, 123000, timezone.utc)
            assert (read.company_id, read.connection_id, read.reconstructed) == (company_id, connection_id, False)


def test_connection_event__has_our_models() -> None:
    """The connection and the company of an event are the models that the endpoints return."""
    read = parsed(event())
    assert isinstance(read, ConnectionEvent)
    assert isinstance(read.connection, CodatPublicApiModelsCompanyDataConnection)
    assert read.connection.status == "Deauthorized" and read.connection.integration_key == "gbol"
    assert read.company is not None and read.company.tags == {"uid": "c-17"} and read.company.name == "Corner Bäckerei"
    assert read.payload.connection is read.connection


def test_company_event__has_our_model() -> None:
    """A company's event has the company directly as its payload."""
    read = parsed(event("company.created", FULL_COMPANY))
    assert isinstance(read, CompanyEvent) and isinstance(read.company, CodatPublicApiModelsCompanyCompany)
    assert read.company.name == "Corner Bäckerei" and "data_connections" not in read.company


def test_read_event__says_what_was_read() -> None:
    """A finished read names its data types."""
    types = [{"connectionId": "k", "dataType": "invoices", "recordsModified": True, "status": "Complete"}]
    read = parsed(event("read.completed", {"referenceCompany": COMPANY, "modifiedFromDate": None, "dataTypes": types}))
    assert isinstance(read, ReadEvent) and read.payload.data_types is not None
    assert read.payload.data_types[0].records_modified is True and read.company is not None


@pytest.mark.parametrize(("event_type", "cls"), [("company.merged", CompanyEvent), ("read.failed", ReadEvent)])
def test_event__of_tomorrow_with_a_known_beginning(event_type: str, cls: type[WebhookEvent]) -> None:
    """Its class is that of the types that begin so, and its payload keeps what that class does not know."""
    payload = {"mergedInto": "c2", "by": {"user": 5}}
    read = parsed(event(event_type, payload))
    assert type(read) is cls and read.payload.to_json_dict() == payload


def test_event__of_an_unknown_type() -> None:
    """An unknown type keeps its payload whole, whatever that is."""
    for payload in [{"a": {"b": [1, None]}}, [1], "text", None, 5]:
        with case(payload):
            read = parsed(event("something.new") | {"payload": payload})
            assert type(read) is WebhookEvent and read.event_type == "something.new" and read.payload == payload
            assert read.company_id is None and read.connection_id is None


def test_event__with_unknown_keys() -> None:
    """Unknown keys are kept at every level."""
    payload = {"referenceCompany": COMPANY | {"new": 1}, "connection": CONNECTION | {"new": 2}, "new": 3}
    read = parsed(event("connection.renamed", payload, clientId="x"))
    assert isinstance(read, ConnectionEvent) and read.company is not None and read.connection is not None
    assert (read.company["new"], read.connection["new"], read.payload["new"]) == (1, 2, 3)
    assert read.extra == {"clientId": "x"}


def test_event__with_known_keys_of_another_type() -> None:
    """An id or date that is none is kept with the unknown keys, so that an event loses nothing."""
    odd: dict[str, Any] = {"id": 7, "generatedDate": "yesterday", "eventType": ["x"]}
    read = parsed(odd | {"payload": None})
    assert (read.id, read.event_type, read.generated_date, read.payload) == ("", "", None, None)
    assert read.extra == odd


def test_event__with_little_in_it() -> None:
    """Nothing in the envelope is required: what is missing reads as empty."""
    read = parsed({})
    assert (read.id, read.event_type, read.generated_date, read.payload) == ("", "", None, None)
    assert parsed({"eventType": 5, "generatedDate": "yesterday", "id": None}).generated_date is None


def test_event__with_a_payload_of_no_use() -> None:
    """A known type whose payload is no object is an event all the same, with the payload as it came."""
    for payload in [None, 5, [1]]:
        for event_type in ["connection.connected", "company.created", "read.completed"]:
            with case(payload, event_type):
                read = parsed({"eventType": event_type, "payload": payload})
                assert type(read) is WebhookEvent and read.payload == payload


NO_MODELS: list[tuple[Any, Any]] = [(5, 5), ("x", "x"), ([], []), ([CONNECTION], [COMPANY]), (True, True)]


def test_event__with_something_else_than_a_model() -> None:
    """What stands in place of a connection or a company is in the payload; the event has none, and can be shown."""
    for odd, company in NO_MODELS:
        with case(odd, company):
            read = parsed(event(payload={"connection": odd, "referenceCompany": company}))
            assert isinstance(read, ConnectionEvent)
            assert (read.connection, read.connection_id, read.company, read.company_id) == (None, None, None, None)
            assert repr(read).startswith("<ConnectionEvent ") and OTP not in repr(read.payload)
            assert read.payload.to_json_dict() == {"connection": odd, "referenceCompany": company}
            finished = parsed(event("read.completed", {"referenceCompany": company}))
            assert finished.company_id is None and repr(finished).startswith("<ReadEvent ")


@pytest.mark.parametrize(
    ("event_type", "payload"),
    [
        ("connection.created", {"connection": {"id": 5}, "referenceCompany": {"id": [1]}}),
        ("company.created", {"id": {}}),
        ("company.product.added", {"id": 5}),
    ],
)
def test_event__with_an_id_that_is_no_text(event_type: str, payload: Any) -> None:
    """An id of another type is none."""
    read = parsed(event(event_type, payload))
    assert (read.company_id, read.connection_id) == (None, None)
    assert " company_id=" not in repr(read) and " connection_id=" not in repr(read)


def test_event__shows_no_link() -> None:
    """Links with one-time codes are in no repr of an event, known or unknown."""
    for event_type in ("connection.created", "something.new"):
        read = parsed(event(event_type))
        assert OTP not in repr(read) and OTP not in f"{read}" and event_type in repr(read)
    assert OTP not in repr(parsed(event("company.created", FULL_COMPANY)))


PAYLOADS: list[tuple[type[WebhookEvent], str]] = [
    (WebhookEvent, "Any"),
    (ConnectionEvent, "ConnectionPayload"),
    (CompanyEvent, "CodatPublicApiModelsCompanyCompany"),
    (CompanyProductEvent, "CompanyProductPayload"),
    (ReadEvent, "ReadPayload"),
    (RateLimitEvent, "RateLimitPayload"),
]


def test_event__has_a_payload_of_its_type() -> None:
    """Libraries that read the fields of a dataclass find the type of each event's payload."""
    for cls, payload in PAYLOADS:
        with case(cls, payload):
            assert {field.name: field.type for field in dataclasses.fields(cls)}["payload"] == payload


def test_event__survives_pickle_and_copy() -> None:
    """Events can be put into a queue."""
    for data in (event(), event("something.new"), event("company.created", FULL_COMPANY)):
        read = parsed(data)
        assert pickle.loads(pickle.dumps(read)) == read == copy.deepcopy(read)
