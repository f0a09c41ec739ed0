"""The body of a delivery: its bytes, and what was done to it when the signature does not match."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any, cast

from codat_python_sdk.exceptions import ApiTypeError
from codat_python_sdk.secret import SecretBytes
from codat_python_sdk.values import decode_anything
from codat_python_sdk.webhooks.errors import WebhookVerificationError

_RAW = "FastAPI and Starlette: await request.body(); Flask: request.get_data(); Django: request.body"
# Encoding again is tried to explain an error, which has to stay cheap.
_MAX_EXPLAINED = 1024 * 1024


def hidden_body(body: Any) -> SecretBytes | WebhookVerificationError:
    """The bytes that the signature covers, or why there are none. It raises nothing, so that no traceback has them.

    Args:
        body: ``bytes``, ``bytearray`` or ``memoryview`` as received; or ``str``, if it was decoded from UTF-8.
    """
    given: Any = _encoded(body) if isinstance(body, str) else body
    if not isinstance(given, (bytes, bytearray, memoryview)):
        return WebhookVerificationError("body", _wrong_type(body))
    content = SecretBytes(cast("bytes", given))
    if not content:
        return WebhookVerificationError(
            "body", f"the body is empty; was it read before, as a form or a stream? Pass the raw body ({_RAW})"
        )
    return content


def _encoded(text: str) -> bytes | None:
    try:
        return text.encode()
    except UnicodeEncodeError:  # which has the text
        return None


def _wrong_type(body: object) -> str:
    kind = type(body).__name__
    if isinstance(body, (dict, list)):
        return (
            f"the body is a {kind}: it was parsed before. The signature covers the bytes as received, which"
            f" cannot be restored from it. Pass the raw body ({_RAW})"
        )
    if isinstance(body, str):
        return f"the body is a str that UTF-8 cannot hold. Pass the raw bytes ({_RAW})"
    if inspect.isawaitable(body):
        return "the body is awaitable: await it first, as in parse(await request.body(), request.headers)"
    return f"the body must be bytes, got {kind}. Pass the raw body ({_RAW})"


def mismatch_text(body: bytes, matches: Callable[[bytes], bool]) -> str:
    """Why a signature may not match.

    Args:
        body: What was received.
        matches: Whether the signature is that of another body. What matches is named, and is still rejected.
    """
    if len(body) <= _MAX_EXPLAINED and any(map(matches, _restored(body))):
        return (
            "the body was changed after it was received: the signature matches the same JSON in another spelling."
            f" Parsing and encoding again does this. Pass the raw body ({_RAW})"
        )
    if body[:2] in (b"{'", b"b'"):
        return f"the body is Python's repr of a value, not what was received. Pass the raw body ({_RAW})"
    return (
        "no signature matches. Either the secret is another consumer's (each webhook consumer has its own), or the body"
        f" was changed after it was received, for example parsed and encoded again. Pass the raw body ({_RAW})"
    )


def _restored(body: bytes) -> Iterator[bytes]:
    """What the body may have been before it was changed: the usual spellings of the same JSON."""
    yield SecretBytes(body.strip())
    yield SecretBytes(body.strip() + b"\n")
    yield SecretBytes(body.replace(b"\r\n", b"\n"))
    yield SecretBytes(body.removeprefix(b"\xef\xbb\xbf"))
    value = read_json(body)
    if value is None:
        return
    for separators in ((",", ":"), (", ", ": ")):
        for only_ascii in (False, True):
            text = json.dumps(value, separators=separators, ensure_ascii=only_ascii)
            yield SecretBytes(text.encode("utf-8", "replace"))


def read_json(body: bytes) -> Any:
    """The body's JSON value, or None. The error of ``json`` would hold the whole text."""
    try:
        return decode_anything(json.loads(body.decode("utf-8-sig")))
    except (ValueError, RecursionError, ApiTypeError):  # the last one: nested too deeply
        return None
