"""Signing secrets: from their text to the bytes that sign."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterable
from typing import Any, cast

from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.secret import Secret, SecretBytes, as_secret

SECRET_VARIABLE = "CODAT_WEBHOOK_SECRET"  # noqa: S105  # the name of a variable
_PREFIX = "whsec_"
_WHERE = "the signing secret of the webhook consumer (Codat Portal: Settings, Webhooks)"


def hidden_secrets(secrets: Any) -> tuple[Any, ...]:
    """One or several secrets, each hidden from tracebacks that show local variables; nothing is checked yet.

    None stands for those of the environment variable, separated by blanks or commas.
    """
    if secrets is None:
        return tuple(map(Secret, filter(None, re.split(r"[\s,]+", os.environ.get(SECRET_VARIABLE, "")))))
    if isinstance(secrets, (str, bytes, bytearray)) or not isinstance(secrets, Iterable):
        secrets = (secrets,)
    items = cast("Iterable[Any]", secrets)
    return tuple(as_secret(bytes(item) if isinstance(item, bytearray) else item) for item in items)


def signing_keys(secrets: tuple[Any, ...]) -> tuple[SecretBytes, ...]:
    """The keys of hidden secrets.

    Raises:
        ApiTypeError: A secret is neither ``str`` nor ``bytes``.
        ApiValueError: There is none, or one cannot be a signing secret. The text does not show it.
    """
    if not secrets:
        raise ApiValueError(
            f"no webhook secret: pass {_WHERE}, or set the environment variable {SECRET_VARIABLE} to it"
        )
    return tuple(map(_key, secrets))


def _key(secret: Any) -> SecretBytes:
    """The bytes that sign. ``bytes`` that do not begin as a secret's text does are the key itself."""
    if isinstance(secret, bytes):
        if secret.strip() and not secret.startswith(_PREFIX.encode()):
            return SecretBytes(secret)
        secret = Secret(secret.decode("latin-1"))
    if not isinstance(secret, str):
        raise ApiTypeError(f"a webhook secret must be a str or bytes, got {type(secret).__name__}")
    text = Secret(secret.strip())
    if text in ("", _PREFIX):
        raise ApiValueError(f"the webhook secret is empty; is its environment variable set? Pass {_WHERE}")
    if not text.startswith(_PREFIX):
        raise ApiValueError(
            f"a webhook secret begins with {_PREFIX!r}, and this one does not; an API key cannot verify webhooks."
            f" Pass {_WHERE}"
        )
    key = _decoded(text)
    if not key:
        raise ApiValueError(f"what follows {_PREFIX!r} in the webhook secret is not base64; was it cut off or quoted?")
    return key


def _decoded(secret: str) -> SecretBytes | None:
    """The key in a secret's text, or None: an error of base64 would carry the text in its traceback."""
    text = Secret(secret.removeprefix(_PREFIX).rstrip("="))
    try:
        return SecretBytes(base64.b64decode(Secret(text + "=" * (-len(text) % 4)), validate=True))  # padding may lack
    except (binascii.Error, ValueError):
        return None
