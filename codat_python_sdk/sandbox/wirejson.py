"""Requests, deliveries and faults as JSON, for those who read them from another process, and back."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from typing import Any, cast

from codat_python_sdk.sandbox.deliveries import Delivery, DeliveryAttempt
from codat_python_sdk.sandbox.faults import Armed
from codat_python_sdk.sandbox.messages import Headers, Request

_REQUEST = ("method", "target", "operation", "status", "time", "seconds", "fault", "error")
_DELIVERY = ("number", "webhook_id", "consumer_id", "event_type", "state", "due", "fault", "url")
_ARMED = ("number", "kind", "text", "times", "after", "met")


def pack(data: bytes) -> str | dict[str, str]:
    """Bytes as text where they are UTF-8, else as an object that says they are base64."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def unpack(value: Any) -> Any:
    """The reverse of `pack`; other values stay as they are, and so does what is no base64."""
    if isinstance(value, dict) and set(cast("dict[str, Any]", value)) == {"base64"}:
        with contextlib.suppress(TypeError, ValueError):
            return base64.b64decode(cast("dict[str, Any]", value)["base64"], validate=True)
    return cast("Any", value)


def _bytes(value: Any) -> bytes:
    data = unpack(value)
    return data if isinstance(data, bytes) else str(data).encode()


def request_json(request: Request) -> dict[str, Any]:
    """A request, whole."""
    fields = {name: getattr(request, name) for name in _REQUEST}
    return {**fields, "path": request.path, "headers": dict(request.headers), "body": pack(request.body)}


def request_from(value: Mapping[str, Any]) -> Request:
    """The request that `request_json` wrote."""
    headers, body = Headers(value["headers"].items()), _bytes(value["body"])
    rest = {name: value[name] for name in _REQUEST[2:]}
    return Request(value["method"], value["target"], headers, body, **rest)


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """A delivery, whole."""
    fields = {name: getattr(delivery, name) for name in _DELIVERY}
    attempts = [{"time": tried.time, "status": tried.status, "error": tried.error} for tried in delivery.attempts]
    return {**fields, "attempts": attempts, "body": pack(delivery.body)}


def delivery_from(value: Mapping[str, Any]) -> Delivery:
    """The delivery that `delivery_json` wrote."""
    attempts = tuple(DeliveryAttempt(**attempt) for attempt in value["attempts"])
    return Delivery(**{name: value[name] for name in _DELIVERY}, attempts=attempts, body=_bytes(value["body"]))


def armed_json(armed: Armed) -> dict[str, Any]:
    """A fault that waits, without what it does."""
    return {name: getattr(armed, name) for name in _ARMED}


def armed_from(value: Mapping[str, Any]) -> Armed:
    """The fault that `armed_json` wrote."""
    return Armed(**{name: value[name] for name in _ARMED})
