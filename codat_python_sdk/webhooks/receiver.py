"""The receiver of webhooks: verify and parse, and sign for tests."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, TypeVar, cast

from codat_python_sdk.checks import are_seconds
from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.secret import SecretBytes
from codat_python_sdk.webhooks.bodies import hidden_body, mismatch_text, read_json
from codat_python_sdk.webhooks.errors import WebhookVerificationError
from codat_python_sdk.webhooks.events import WebhookEvent, read_event
from codat_python_sdk.webhooks.headers import SignedHeaders, relevant_headers, signed_headers
from codat_python_sdk.webhooks.keys import hidden_secrets, signing_keys
from codat_python_sdk.webhooks.signature import VERSION, has_version, matches, signature

T = TypeVar("T")
Body = str | bytes | bytearray | memoryview

_MAX_DIGITS = 12  # of Unix seconds: some 30,000 years


class Webhook:
    """Verifies deliveries of one webhook consumer, and reads their events.

    Make one when the process starts: without a secret it fails right there. It holds no state and may be shared.

    Args:
        secret: The signing secret, ``whsec_…``, from the Codat Portal; each webhook consumer has its own. A list of
            them while one replaces another: a delivery that is signed with any of them is accepted. ``bytes`` are the
            key itself. When it is left out, ``CODAT_WEBHOOK_SECRET`` is read from the environment, with blanks or
            commas between several.
        tolerance: Seconds by which the timestamp of a delivery may differ from this machine's clock, past or future.
            Codat states no number; 300 is that of the library that Codat uses.

    Raises:
        ApiTypeError, ApiValueError: There is no secret, or it cannot be one.
    """

    # Also there when the constructor has failed, for repr is what a reporter calls then.
    _keys: tuple[SecretBytes, ...] = ()
    tolerance: float = 300

    def __init__(self, secret: str | bytes | Iterable[str | bytes] | None = None, *, tolerance: float = 300) -> None:
        secret = hidden_secrets(secret)
        self._keys = signing_keys(secret)
        if tolerance is None:  # pyright: ignore[reportUnnecessaryComparison]  # of callers without a checker
            raise ApiTypeError("tolerance must be a number of seconds: without one, an old delivery could be replayed")
        self.tolerance = are_seconds("tolerance", tolerance)

    def __repr__(self) -> str:
        return f"<Webhook secrets={len(self._keys)} tolerance={self.tolerance:g}>"

    def parse(self, body: Body, headers: Any) -> WebhookEvent:
        """Verify a delivery and return its event.

        Args:
            body: The raw body as received, before anything parsed or decoded it.
            headers: The headers of the request, as the framework has them: any mapping or pairs, with names in any
                case, ``str`` or ``bytes``; also Django's ``request.META`` and a WSGI environ.

        Raises:
            WebhookVerificationError: It is not accepted; ``check`` and the text say why. Respond with 400.
        """
        content, headers = hidden_body(body), relevant_headers(headers)
        del body  # a traceback that shows local variables does not show it
        return _event(_usable(content), self._verified(_usable(content), _usable(headers)).id)

    def verify(self, body: Body, headers: Any) -> str:
        """Verify a delivery without parsing it, to put it into a queue.

        Returns:
            The ``webhook-id``, by which to deduplicate: it is the same for every attempt to deliver.

        Raises:
            WebhookVerificationError: See ``parse``, which makes the same checks and reads the JSON besides.
        """
        content, headers = hidden_body(body), relevant_headers(headers)
        del body
        return self._verified(_usable(content), _usable(headers)).id

    @staticmethod
    def parse_unverified(body: Body, *, webhook_id: str | None = None) -> WebhookEvent:
        """Return the event of a delivery that was verified BEFORE, such as one from a queue behind ``verify``.

        It accepts whatever it is given. Never call it with what came over the network.

        Args:
            body: The body that was verified.
            webhook_id: What ``verify`` returned for it.

        Raises:
            WebhookVerificationError: The body is no JSON object (``check`` is ``"json"``), or not a body at all.
        """
        content = hidden_body(body)
        del body
        return _event(_usable(content), webhook_id, verified=False)

    def sign(
        self, body: Body, *, webhook_id: str | None = None, timestamp: float | datetime | None = None
    ) -> dict[str, str]:
        """The headers of a delivery, for tests of a receiver.

        Args:
            body: What to sign, exactly as it will be sent.
            webhook_id: A fresh one when it is left out.
            timestamp: Unix seconds, or a date and time with a zone; now when it is left out.

        Returns:
            ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``, with one signature per secret.

        Raises:
            ApiTypeError, ApiValueError: ``webhook_id`` is no str, or ``timestamp`` no number or moment.
        """
        content = _usable(hidden_body(body))
        name = f"msg_{os.urandom(12).hex()}" if webhook_id is None else _as_text(webhook_id)
        moment = str(int(_unix_seconds(timestamp)))
        signatures = (signature(key, name, moment, content) for key in self._keys)
        return {"webhook-id": name, "webhook-timestamp": moment, "webhook-signature": " ".join(signatures)}

    def _verified(self, body: bytes, headers: dict[str, list[str]]) -> SignedHeaders:
        """The headers of a delivery, once all checks have passed."""
        signed = signed_headers(headers)
        seconds = _checked_timestamp(signed.timestamp)

        def is_signed(content: bytes) -> bool:
            return matches(self._keys, signed.id, signed.timestamp, content, signed.signature)

        if not has_version(signed.signature):
            raise WebhookVerificationError("signature", f"the signature header has no signature of version {VERSION}")
        if not is_signed(body):
            raise WebhookVerificationError("signature", mismatch_text(body, is_signed))
        self._check_age(clock.wall_time() - seconds)
        return signed

    def _check_age(self, age: float) -> None:
        if abs(age) <= self.tolerance:
            return
        now = clock.utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")
        if age > 0:
            raise WebhookVerificationError(
                "timestamp",
                f"the delivery is {math.ceil(age)} s old, more than the {self.tolerance:g} s allowed: it was replayed"
                f" or delayed, or this machine's clock is ahead (it says {now})",
            )
        raise WebhookVerificationError(
            "timestamp",
            f"the delivery is from {math.ceil(-age)} s in the future, more than the {self.tolerance:g} s allowed: this"
            f" machine's clock is behind (it says {now})",
        )


def _usable(found: T | WebhookVerificationError) -> T:
    if isinstance(found, WebhookVerificationError):
        raise found
    return found


def _checked_timestamp(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise WebhookVerificationError("timestamp", "the timestamp must be Unix seconds, digits only")
    return int(text)


def _unix_seconds(moment: float | datetime | None) -> float:
    if moment is None:
        return clock.wall_time()
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ApiValueError("timestamp must have a time zone, such as timezone.utc")
        return moment.astimezone(timezone.utc).timestamp()
    if isinstance(moment, bool) or not isinstance(moment, (int, float)):  # pyright: ignore[reportUnnecessaryIsInstance]  # of callers without a checker
        raise ApiTypeError(f"timestamp must be a number or a datetime, got {type(moment).__name__}")
    if not abs(moment) < 10**_MAX_DIGITS:
        raise ApiValueError("timestamp must be a number of seconds since 1970")
    return moment


def _as_text(webhook_id: Any) -> str:
    if not isinstance(webhook_id, str):
        raise ApiTypeError(f"webhook_id must be a str, got {type(webhook_id).__name__}")
    return webhook_id


def _event(body: bytes, webhook_id: str | None, *, verified: bool = True) -> WebhookEvent:
    data = read_json(body)
    if not isinstance(data, dict):
        known = "the signature is valid, but " if verified else ""
        raise WebhookVerificationError("json", f"{known}the body is not a JSON object in UTF-8")
    return read_event(cast("dict[str, Any]", data), webhook_id)
