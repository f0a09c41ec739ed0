"""The three headers of a delivery, out of whatever a framework calls headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from codat_python_sdk.webhooks.errors import WebhookVerificationError

#: The names of Standard Webhooks, and those of the service that Codat uses for sending.
_FAMILIES = ("webhook", "svix")
_PARTS = ("id", "timestamp", "signature")
_MAX_BITS = 64  # of an int; Python refuses to print those of more than 4,300 digits


class SignedHeaders(NamedTuple):
    """What the headers of a delivery say."""

    id: str
    timestamp: str
    signature: str


def relevant_headers(headers: Any) -> dict[str, list[str]] | WebhookVerificationError:
    """Name → values of the headers about the signature. It raises nothing, so that no traceback has the others.

    Args:
        headers: A mapping or pairs of ``str`` or ``bytes``: the headers of FastAPI, Starlette, Flask, Django, an ASGI
            scope, a Lambda event; also Django's ``request.META`` and a WSGI environ.
    """
    found: dict[str, list[str]] = {}
    items: Any = headers.items() if hasattr(headers, "items") else headers
    if not hasattr(items, "__iter__") or isinstance(items, (str, bytes)):
        return _not_headers(headers)
    for pair in items:
        if not isinstance(pair, (tuple, list)) or len(cast("Sequence[Any]", pair)) != 2:
            return _not_headers(headers)
        name = _plain_name(pair[0])
        if name is None:
            continue
        for value in _values(pair[1]):
            text = _text(value)
            if text is None:
                what = type(value).__name__
                return WebhookVerificationError("headers", f"{name} must be a str or bytes, got {what}")
            found.setdefault(name, []).append(text)
    return found


def _not_headers(headers: Any) -> WebhookVerificationError:
    what = type(headers).__name__
    return WebhookVerificationError("headers", f"the headers must be a mapping, or pairs of name and value; got {what}")


def signed_headers(found: Mapping[str, list[str]]) -> SignedHeaders:
    """Id, timestamp and signature.

    Raises:
        WebhookVerificationError: One is missing, or there several times with different values.
    """
    family = max(_FAMILIES, key=lambda prefix: sum(f"{prefix}-{part}" in found for part in _PARTS))
    missing = [name for name in (f"{family}-{part}" for part in _PARTS) if not any(found.get(name, ()))]
    if len(missing) == len(_PARTS):
        raise WebhookVerificationError(
            "headers",
            "webhook-id, webhook-timestamp and webhook-signature are missing: pass the headers of the request as they"
            " are. If these are all of them, the request does not come from Codat, or a proxy removed them",
        )
    if missing:
        raise WebhookVerificationError("headers", f"{' and '.join(missing)} missing")
    return SignedHeaders(
        _single(f"{family}-id", found), _single(f"{family}-timestamp", found), " ".join(found[f"{family}-signature"])
    )


def _single(name: str, found: Mapping[str, list[str]]) -> str:
    values = {value for value in found[name] if value}
    if len(values) > 1:
        raise WebhookVerificationError("headers", f"{name} occurs {len(values)} times with different values")
    return values.pop()


def _plain_name(name: Any) -> str | None:
    """``webhook-id`` for ``Webhook-Id``, ``b"webhook-id"`` and ``HTTP_WEBHOOK_ID``; None for a header of no use."""
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    if not isinstance(name, str):
        return None
    plain = name.lower().replace("_", "-").removeprefix("http-")
    prefix, _, part = plain.partition("-")
    return plain if prefix in _FAMILIES and part in _PARTS else None


def _values(value: Any) -> list[Any]:
    """The values of a header, which may be a list of them; None is none."""
    values = cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else [value]
    return [item for item in values if item is not None]


def _text(value: Any) -> str | None:
    """One of them without blanks around; None for what is none. A timestamp that was read as an int is its digits."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    elif isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= _MAX_BITS:
        value = str(value)
    return value.strip() if isinstance(value, str) else None
