"""From two states of a connection to the events between them."""

from __future__ import annotations

from typing import Any

from cases import case

from codat_python_sdk.model_utils import decode_unchecked
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompany, CodatPublicApiModelsCompanyDataConnection
from codat_python_sdk.resources.connections import CompanyConnection
from codat_python_sdk.webhooks.reconciliation import missed_events

COMPANY = CodatPublicApiModelsCompanyCompany(id="c1", name="Bakery", redirect="https://x.example", tags={"a": "b"})
NEW = "not known"


def pair(status: str | None, company: CodatPublicApiModelsCompanyCompany = COMPANY) -> CompanyConnection:
    connection = CodatPublicApiModelsCompanyDataConnection(
        id="k1", integration_id="i", source_id="s", platform_name="Xero", link_url="https://x.example", status=status
    )
    return CompanyConnection(company, connection)


CHANGES: list[tuple[str | None, str | None, str]] = [
    (NEW, "PendingAuth", "created"),
    (NEW, "Linked", "created connected"),
    (NEW, "Unlinked", "created connected disconnected"),
    (NEW, "Deauthorized", "created connected disconnected"),
    (NEW, None, "created"),
    ("PendingAuth", "PendingAuth", ""),
    ("PendingAuth", "Linked", "connected"),
    ("PendingAuth", "Deauthorized", "connected disconnected"),
    (None, "Linked", "connected"),
    ("Linked", "Linked", ""),
    ("Linked", "Unlinked", "disconnected"),
    ("Linked", "Deauthorized", "disconnected"),
    ("Unlinked", "Deauthorized", "disconnected"),
    ("Unlinked", "Linked", "reconnected"),
    ("Deauthorized", "Linked", "reconnected"),
    ("Deauthorized", "Deauthorized", ""),
    ("Linked", "SomethingNew", "disconnected"),
    ("Linked", None, ""),
]


def test_events__between_two_states() -> None:
    """What must have happened is told in its order, and nothing else."""
    for known, present, events in CHANGES:
        with case(known, present, events):
            states: dict[str, Any] = {} if known == NEW else {"k1": known}
            found = list(missed_events(states, [pair(present)], []))
            assert [event.event_type for event in found] == [f"connection.{name}" for name in events.split()]
            for event in found:
                assert event.reconstructed and event.connection is not None and event.connection.status == present
                assert event.company is not None and (event.company.id, event.company.tags) == ("c1", {"a": "b"})
            assert len({event.id for event in found}) == len(found)


def test_events__of_a_state_that_was_read_leniently() -> None:
    """A status of another type is none, a company is told as it came, and a connection without an id is passed over."""
    odd = {"id": 5, "name": None, "tags": ["a"]}
    company = decode_unchecked(CodatPublicApiModelsCompanyCompany, odd)
    connections: list[Any] = [{"id": "k1", "status": {}}, {"id": {}}, {"id": None}, {}]
    pairs = [
        CompanyConnection(company, decode_unchecked(CodatPublicApiModelsCompanyDataConnection, data))
        for data in connections
    ]
    (event,) = missed_events({}, pairs, [])
    assert (event.event_type, event.connection_id, event.company_id) == ("connection.created", "k1", None)
    assert event.company is not None and event.company.to_json_dict() == odd


def test_deleted__comes_last() -> None:
    """What is known and no longer there was deleted, which is certain only at the end."""
    first, second = missed_events({"gone": "Linked"}, [pair("PendingAuth")], [])
    assert (first.event_type, second.event_type) == ("connection.created", "connection.deleted")
    assert (second.connection_id, second.company_id) == ("gone", None)


def test_company__without_tags() -> None:
    """A company without tags is told without tags."""
    company = CodatPublicApiModelsCompanyCompany(id="c2", name="N", redirect="https://x.example")
    (event,) = missed_events({}, [pair("PendingAuth", company)], [])
    assert event.company is not None and "tags" not in event.company
