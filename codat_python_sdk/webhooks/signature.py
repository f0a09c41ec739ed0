"""Signatures of Standard Webhooks: HMAC-SHA256 over id, timestamp and the body's bytes.

Sources: the specification of Standard Webhooks (symmetric signatures), and Codat's page "Consume webhooks".
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable

from codat_python_sdk.secret import SecretBytes

VERSION = "v1"


def signature(key: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """The signature of one attempt to deliver, such as ``v1,NuKm…``."""
    signed = SecretBytes(b".".join((webhook_id.encode("utf-8", "replace"), timestamp.encode(), body)))
    return f"{VERSION},{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def has_version(given: str) -> bool:
    """Whether a header has a signature of the version that is checked here at all."""
    return any(item.startswith(f"{VERSION},") for item in _items(given))


def matches(keys: Iterable[bytes], webhook_id: str, timestamp: str, body: bytes, given: str) -> bool:
    """Whether one of the signatures in a header is one of the keys'. The time it takes tells nothing about them."""
    items = [_unpadded(item) for item in _items(given)]
    expected = [_unpadded(signature(key, webhook_id, timestamp, body)) for key in keys]
    found = [hmac.compare_digest(item, right) for right in expected for item in items]
    return any(found)


def _items(given: str) -> list[str]:
    """The signatures in a header: between blanks, or commas where a server or proxy has joined several headers."""
    return [part for item in given.split() for part in re.split(r",(?=v\d\w*,|$)", item)]


def _unpadded(text: str) -> bytes:
    return text.rstrip("=").encode("utf-8", "replace")
