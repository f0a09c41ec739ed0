"""A secret, a delivery and an event that the tests share."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

KEY = b"codat-sandbox-webhook-key-01"
SECRET = "whsec_Y29kYXQtc2FuZGJveC13ZWJob29rLWtleS0wMQ=="
OTHER_SECRET = "whsec_" + base64.b64encode(b"another-webhook-signing-key").decode()
OTP = "one-time-code-0001"

#: From the facts about Codat's signatures, checked with other libraries.
VECTOR_ID = "msg_demo0001"
VECTOR_TIMESTAMP = 1767225600
VECTOR_BODY = b'{"id":"11111111-2222-4333-8444-555555555555","eventType":"connection.connected"}'
VECTOR_SIGNATURE = "v1,NuKmgebW4kbuzHZdl61vnBq6QdTH0WEFMFhLztLFVIg="

COMPANY_ID = "7e57c0de-0000-4000-8000-000000000001"
CONNECTION: dict[str, Any] = {
    "id": "5f0c9a11-7d2e-4b63-9a40-0b1c2d3e4f50",
    "integrationId": "9b8a7c6d-1111-4222-8333-444455556666",
    "integrationKey": "gbol",
    "sourceId": "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeee0001",
    "sourceType": "Accounting",
    "platformName": "Xero",
    "linkUrl": f"https://link-api.example/start?otp={OTP}",
    "status": "Deauthorized",
    "created": "2026-02-03T04:05:06Z",
}
COMPANY = {"id": COMPANY_ID, "name": "Corner Bäckerei", "tags": {"uid": "c-17"}}


def event(event_type: str = "connection.disconnected", payload: Any = None, **more: Any) -> dict[str, Any]:
    """An event as JSON has it."""
    return {
        "id": "0d9f6a3e-1111-4222-8333-944455556666",
        "eventType": event_type,
        "generatedDate": "2026-11-03T08:09:10.123Z",
        "payload": {"referenceCompany": COMPANY, "connection": CONNECTION} if payload is None else payload,
    } | more


def compact(value: Any) -> bytes:
    """JSON as Codat sends it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


BODY = compact(event())


def signed(body: bytes = BODY, *, key: bytes = KEY, webhook_id: str = "msg_1", seconds: float = 0) -> dict[str, str]:
    """The headers of a delivery, ``seconds`` from now, by a second implementation of the rule."""
    timestamp = str(int(time.time() + seconds))
    mac = hmac.new(key, f"{webhook_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }
