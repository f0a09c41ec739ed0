"""Webhooks: verify that a delivery comes from Codat, and read its event.

It uses the standard library and this package's models, and imports neither an HTTP client nor a server.
"""

from codat_python_sdk.webhooks.errors import WebhookVerificationError
from codat_python_sdk.webhooks.events import (
    CompanyEvent,
    CompanyProductEvent,
    ConnectionEvent,
    RateLimitEvent,
    ReadEvent,
    WebhookEvent,
)
from codat_python_sdk.webhooks.payloads import (
    CompanyProductPayload,
    ConnectionPayload,
    RateLimitPayload,
    ReadDataType,
    ReadPayload,
)
from codat_python_sdk.webhooks.receiver import Webhook

__all__ = [
    "CompanyEvent",
    "CompanyProductEvent",
    "CompanyProductPayload",
    "ConnectionEvent",
    "ConnectionPayload",
    "RateLimitEvent",
    "RateLimitPayload",
    "ReadDataType",
    "ReadEvent",
    "ReadPayload",
    "Webhook",
    "WebhookEvent",
    "WebhookVerificationError",
]
