"""From two states of a connection to the events that lie between them. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from codat_python_sdk.clock import clock
from codat_python_sdk.logs import get_logger
from codat_python_sdk.model.codat_public_api_models_company_company import CodatPublicApiModelsCompanyCompany
from codat_python_sdk.model.codat_public_api_models_company_company_reference import (
    CodatPublicApiModelsCompanyCompanyReference,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.model.webhook_event_type import WebhookEventType
from codat_python_sdk.model_utils import decode_unchecked
from codat_python_sdk.values import text_or_none
from codat_python_sdk.webhooks.events import ConnectionEvent
from codat_python_sdk.webhooks.payloads import ConnectionPayload

_PENDING, _LINKED = DataConnectionStatus.PENDING_AUTH.value, DataConnectionStatus.LINKED.value


def missed_events(
    known: dict[str, str | None],
    present: Iterable[tuple[CodatPublicApiModelsCompanyCompany, CodatPublicApiModelsCompanyDataConnection]],
    left_out: list[object],
) -> Iterator[ConnectionEvent]:
    """The events between the known states and the present ones.

    Args:
        known: The known status of each connection by its id.
        present: Every connection that there is, after its company.
        left_out: What was there beside them and could not be read, when ``present`` is at its end.
    """
    unseen = dict(known)
    for company, connection in present:
        if text_or_none(connection.id) is None:
            left_out.append(connection)
            continue
        is_new = connection.id not in known
        unseen.pop(connection.id, None)
        data = {"id": company.id, "name": company.name} | ({} if company.tags is None else {"tags": company.tags})
        reference = decode_unchecked(CodatPublicApiModelsCompanyCompanyReference, data)
        status = text_or_none(connection.status)
        for event_type in _types_between(None if is_new else known[connection.id], status, is_new=is_new):
            yield _event(event_type, connection, reference)
    if left_out and unseen:
        get_logger(__name__).warning(
            "reconcile: connections that were not seen, and may still exist because some rows could not be read: %d",
            len(unseen),
        )
        return
    for connection_id, status in unseen.items():
        connection = decode_unchecked(
            CodatPublicApiModelsCompanyDataConnection, {"id": connection_id, "status": status}
        )
        yield _event(WebhookEventType.CONNECTION_DELETED, connection, None)


def _types_between(known: str | None, present: str | None, *, is_new: bool) -> Iterator[WebhookEventType]:
    """What must have happened for a connection to get from one status to another, in order."""
    if is_new:
        yield WebhookEventType.CONNECTION_CREATED
        known = _PENDING
    if present in (known, _PENDING, None):
        return
    if known in (_PENDING, None):
        yield WebhookEventType.CONNECTION_CONNECTED
    elif present == _LINKED:
        yield WebhookEventType.CONNECTION_RECONNECTED
    if present != _LINKED:
        yield WebhookEventType.CONNECTION_DISCONNECTED


def _event(
    event_type: WebhookEventType,
    connection: Any,
    company: CodatPublicApiModelsCompanyCompanyReference | None,
) -> ConnectionEvent:
    payload = ConnectionPayload(connection=connection)
    if company is not None:
        payload.reference_company = company
    return ConnectionEvent(str(uuid4()), event_type.value, clock.utc_now(), payload, reconstructed=True)
