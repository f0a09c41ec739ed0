"""Events: the content of a webhook. The event's type decides its class; an unknown one is a ``WebhookEvent``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from codat_python_sdk.dates import decode_datetime
from codat_python_sdk.decoders import LenientReading, decode
from codat_python_sdk.exceptions import ApiTypeError
from codat_python_sdk.model.codat_public_api_models_company_company import CodatPublicApiModelsCompanyCompany
from codat_python_sdk.model.codat_public_api_models_company_company_reference import (
    CodatPublicApiModelsCompanyCompanyReference,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.values import text_or_none
from codat_python_sdk.webhooks.payloads import CompanyProductPayload, ConnectionPayload, RateLimitPayload, ReadPayload


@dataclass(frozen=True, repr=False)
class WebhookEvent:
    """An event. Those of unknown types are of this class, with the payload as it came.

    Events may arrive twice, late or out of order. Deduplicate by ``webhook_id``, and when the
    state matters, fetch it.
    """

    id: str  #: the event's id
    event_type: str  #: see ``WebhookEventType``; other values may come
    generated_date: datetime | None  #: when it happened
    payload: Any  #: what happened; its kind depends on the class
    webhook_id: str | None = None  #: the same for every attempt to deliver: the key to deduplicate by
    reconstructed: bool = False  #: True for an event that ``webhooks.reconcile`` made from the present state
    extra: Mapping[str, Any] = field(
        default_factory=dict[str, Any]
    )  #: keys that are not known here, or of another type

    @property
    def company_id(self) -> str | None:
        """The company that the event is about, or None."""
        return None

    @property
    def connection_id(self) -> str | None:
        """The connection that the event is about, or None."""
        return None

    def __repr__(self) -> str:
        """Without the payload, which may contain links with one-time codes."""
        names = ("event_type", "id", "company_id", "connection_id", "webhook_id", "reconstructed")
        told = (f"{name}={getattr(self, name)!r}" for name in names if getattr(self, name))
        return f"<{type(self).__name__} {' '.join(told)}>"


@dataclass(frozen=True, repr=False)
class _ReferringEvent(WebhookEvent):
    """An event whose payload refers to a company."""

    payload: ConnectionPayload | ReadPayload

    @property
    def company(self) -> CodatPublicApiModelsCompanyCompanyReference | None:
        """The company, in short; None also when the payload has something else in its place."""
        company: object = self.payload.reference_company
        return company if isinstance(company, CodatPublicApiModelsCompanyCompanyReference) else None

    @property
    def company_id(self) -> str | None:
        """The company's id."""
        return text_or_none(self.company.id) if self.company is not None else None


@dataclass(frozen=True, repr=False)
class ConnectionEvent(_ReferringEvent):
    """``connection.created``, ``connected``, ``failed``, ``disconnected``, ``reconnected`` or ``deleted``."""

    payload: ConnectionPayload

    @property
    def connection(self) -> CodatPublicApiModelsCompanyDataConnection | None:
        """The connection as it was when the event was generated. After ``deleted`` its status may say ``Linked``.

        None also when the payload has something else in its place.
        """
        connection: object = self.payload.connection
        return connection if isinstance(connection, CodatPublicApiModelsCompanyDataConnection) else None

    @property
    def connection_id(self) -> str | None:
        """The connection's id."""
        return text_or_none(self.connection.id) if self.connection is not None else None


@dataclass(frozen=True, repr=False)
class CompanyEvent(WebhookEvent):
    """``company.created`` or ``company.deleted``, or another type that begins with ``company.``."""

    payload: CodatPublicApiModelsCompanyCompany

    @property
    def company(self) -> CodatPublicApiModelsCompanyCompany:
        """The company, without its connections."""
        return self.payload

    @property
    def company_id(self) -> str | None:
        """The company's id."""
        return text_or_none(self.payload.id)


@dataclass(frozen=True, repr=False)
class CompanyProductEvent(WebhookEvent):
    """``company.product.added`` or ``company.product.removed``."""

    payload: CompanyProductPayload

    @property
    def company_id(self) -> str | None:
        """The company's id."""
        return text_or_none(self.payload.id)


@dataclass(frozen=True, repr=False)
class ReadEvent(_ReferringEvent):
    """``read.completed`` or ``read.completed.initial``, or another type that begins with ``read.``."""

    payload: ReadPayload


@dataclass(frozen=True, repr=False)
class RateLimitEvent(WebhookEvent):
    """``client.rateLimit.reached`` or ``client.rateLimit.reset``."""

    payload: RateLimitPayload


#: Beginning of the type → class of the event, and of its payload; the first one that fits.
_KINDS: dict[str, tuple[type[WebhookEvent], type[Any]]] = {
    "connection.": (ConnectionEvent, ConnectionPayload),
    "company.product.": (CompanyProductEvent, CompanyProductPayload),
    "company.": (CompanyEvent, CodatPublicApiModelsCompanyCompany),
    "read.": (ReadEvent, ReadPayload),
    "client.rateLimit.": (RateLimitEvent, RateLimitPayload),
}


def read_event(data: Mapping[str, Any], webhook_id: str | None = None) -> WebhookEvent:
    """An event from the JSON object of a delivery."""
    event_id, event_type = text_or_none(data.get("id")), text_or_none(data.get("eventType"))
    generated = _datetime_or_none(data.get("generatedDate"))
    cls, payload = _typed(event_type or "", data.get("payload"))
    known = {"id": event_id, "eventType": event_type, "generatedDate": generated, "payload": data.get("payload")}
    # With what has another type than documented.
    extra = {k: v for k, v in data.items() if k not in known or (known[k] is None and v is not None)}
    return cls(event_id or "", event_type or "", generated, payload, webhook_id, extra=extra)


def _datetime_or_none(value: Any) -> datetime | None:
    try:
        return decode_datetime(value)
    except ApiTypeError:
        return None


def _typed(event_type: str, payload: Any) -> tuple[type[WebhookEvent], Any]:
    """The class of the event and its payload.

    A value of another type than documented stays as it came, and so does a payload that is no object: an event must not
    be lost because of it.
    """
    for beginning, (cls, model) in _KINDS.items():
        if event_type.startswith(beginning):
            try:
                return cls, decode(payload, (model,), LenientReading())
            except ApiTypeError:
                break
    return WebhookEvent, payload
