"""Path and query of a URL, from values."""

# Values of any type come in here.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from codat_python_sdk.checks import encode_stray_percents, encoded, type_name
from codat_python_sdk.dates import Real
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.secret import plain_text

_SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
#: An id that needs no encoding and is neither ``.`` nor ``..``, as nearly all are.
is_plain_segment: Callable[[str], object] = re.compile(r"[\w~-][\w.~-]*", re.ASCII).fullmatch


def path_segment(name: str, text: str, safe: str = "") -> str:
    """A text as exactly one segment of a path; characters in ``safe`` are not encoded.

    Raises:
        ApiValueError: It would address another endpoint, or nothing at all.
    """
    if is_plain_segment(text):
        return text
    if text in ("", ".", ".."):
        raise ApiValueError(f"{name} must be an id, got {text!r}, which would address another endpoint", [name])
    if _has_control_character(text):
        raise ApiValueError(f"{name} must not contain control characters", [name])
    segment = encoded(name, text, lambda t: quote(t, safe=safe))
    if safe and any(unquote(part) in ("", ".", "..") for part in segment.split("/")):
        raise ApiValueError(f"{name} must not contain '.' or '..' between slashes, nor empty parts", [name])
    return encode_stray_percents(segment) if safe else segment


def is_uuid(value: object) -> bool:
    """Whether it is a ``uuid.UUID``, which can only be where its module was imported."""
    module = sys.modules.get("uuid")
    return module is not None and isinstance(value, module.UUID)


def check_resource_path(path: Any) -> str:
    """A path of an endpoint, if it is one.

    Raises:
        ApiValueError: Behind a host it would mean another host, or break out of the request line.
    """
    if (
        not isinstance(path, str)
        or not path.startswith("/")
        or _has_control_character(path)
        or any(c in path for c in " \\#")
    ):
        raise ApiValueError("the path must start with '/' and be without spaces, '\\', '#' and control characters")
    return encode_stray_percents(plain_text(path))


def query_string(pairs: Iterable[tuple[str, Any]]) -> str:
    """``?a=1&b=x+y``, or nothing."""
    parts = [
        f"{encoded('the name of a query parameter', name, quote_plus)}"
        f"={encoded(name, url_text(name, value), quote_plus)}"
        for name, value in pairs
    ]
    return "?" + "&".join(parts) if parts else ""


def url_text(name: str, value: Any) -> str:
    """A value as it stands in a URL, not yet encoded: booleans as in JSON, dates in ISO 8601, an enum as its value.

    Raises:
        ApiTypeError: A URL has no form for it; what Python prints of a dict or a model would mean nothing to a service.
        ApiValueError: It has too many digits.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Real.date):
        return value.isoformat()
    if isinstance(value, str):
        return plain_text(value)
    if not (isinstance(value, (int, float)) or is_uuid(value)):
        got = "None" if value is None else type_name(value)
        raise ApiTypeError(f"{name} must be a text, a number, a boolean, a date or a UUID in a URL, got {got}", [name])
    try:
        return str(value)
    except ValueError:
        raise ApiValueError(f"{name} has too many digits", [name]) from None


def apply_collection_formats(pairs: Iterable[tuple[str, Any]], formats: Mapping[str, str]) -> list[tuple[str, Any]]:
    """Parameters, with the lists of those that have one of OpenAPI's collection formats joined or repeated."""
    applied = list[tuple[str, Any]]()
    for name, value in pairs:
        if name not in formats or not isinstance(value, (list, tuple)):
            applied.append((name, value))
        elif formats[name] == "multi":
            applied.extend(repeat_lists([(name, value)]))
        else:
            texts = (url_text(name, item) for _, item in repeat_lists([(name, value)]))
            applied.append((name, _SEPARATORS.get(formats[name], ",").join(texts)))
    return applied


def repeat_lists(pairs: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Query parameters without None, and with one pair for each item of a list."""
    repeated = list[tuple[str, Any]]()
    for name, value in pairs:
        items: Iterable[Any] = value if isinstance(value, (list, tuple)) else (value,)
        repeated.extend((name, item) for item in items if item is not None)
    return repeated


def _has_control_character(text: str) -> bool:
    return any(c <= "\x1f" or "\x7f" <= c <= "\x9f" for c in text)
