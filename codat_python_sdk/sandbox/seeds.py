"""Checks of the data that a test puts into the sandbox, so that a typing error is reported where it is made."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from codat_python_sdk.sandbox.arguments import check_type
from codat_python_sdk.sandbox.platforms import SOURCE_TYPES, Platform, suggestion
from codat_python_sdk.sandbox.query import instant
from codat_python_sdk.sandbox.records import FIELDS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DATES = ("created", "lastSync")
#: fields that the sandbox itself reads the parts of
_STRUCTURES: Mapping[str, Any] = {
    "dataConnectionErrors": list[Mapping[str, Any]] | None, "connectionInfo": Mapping[str, Any] | None,
}  # fmt: skip


def check_platform(key: str, platforms: Mapping[str, Platform]) -> Platform:
    """The platform with this key.

    Raises:
        ValueError: There is none; the text lists those that there are.
    """
    if key in platforms:
        return platforms[key]
    by_word = {name.lower(): key for key, platform in platforms.items() for name in (key, platform.name)}
    known = ", ".join(f"{platform.key} ({platform.name})" for platform in platforms.values())
    raise ValueError(f"unknown platform key {key!r}{suggestion(str(key), by_word)}; known are {known}")


def read_platforms(given: Mapping[str, Any]) -> dict[str, Platform]:
    """The platforms of a test, by key, from (name, source type).

    Raises:
        TypeError: Not keys to (name, source type).
        ValueError: A source type that looks like a typing error.
    """
    check_type("platforms", given, Mapping[str, Any])
    for key, values in given.items():
        pair = cast("Sequence[object]", values if isinstance(values, (tuple, list)) else [])
        if [type(part) for part in pair] != [str, str]:
            raise TypeError(f"platforms[{key!r}] must be (name, source type), got {values!r}")
        _check_word("sourceType", pair[1], SOURCE_TYPES)
    return {key: Platform(key, *values) for key, values in given.items()}


def check_id(name: str, given: object) -> None:
    """Accept an id that a path can have as a segment.

    Raises:
        TypeError: It is no text.
        ValueError: No URL can have it in its path, or clients remove it from there.
    """
    check_type(name, given, str)
    text = str(given)
    if text in ("", ".", "..") or not text.isprintable():
        raise ValueError(f"{name} must be printable text, and neither empty nor '.' nor '..', got {text!r}")


def check_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of a connection's fields by JSON name: a datetime as Codat writes it, an enum's member as its text.

    Names and values that Codat does not have today pass: it may have them tomorrow.

    Raises:
        ValueError: A name, status, type or date that looks like a mistake, or a value that JSON does not have.
        TypeError: A field of another type, where the sandbox needs it.
    """
    checked = {name: _check_value(name, value) for name, value in fields.items()}
    try:
        copied: dict[str, Any] = json.loads(json.dumps(checked, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise ValueError(f"a connection's fields must be JSON values: {error}") from None
    return copied


def _check_value(name: str, value: Any) -> Any:
    if name not in FIELDS["today"]:
        _check_name(name)
    if name == "id":
        check_id(name, value)
    if name in _STRUCTURES:
        check_type(name, value, _STRUCTURES[name])
    if isinstance(value, datetime):
        return date_text(value)
    if name in DATES and value is not None and instant(value) is None:
        raise ValueError(f"{name} must be an ISO 8601 date such as '2026-02-03T04:05:06Z' or a datetime, got {value!r}")
    if name == "status":
        _check_word(name, value, STATUSES)
    if name == "sourceType":
        _check_word(name, value, SOURCE_TYPES)
    return value


def date_text(moment: datetime) -> str:
    """A moment as Codat writes it: in UTC with a Z, and without a zone where it has none."""
    return (moment.astimezone(timezone.utc) if moment.tzinfo else moment).isoformat().replace("+00:00", "Z")


def _check_name(name: str) -> None:
    plain = name.replace("_", "").lower()
    for known in FIELDS["today"]:
        if plain == known.lower():
            raise ValueError(f"a connection's fields are given by JSON name: {known!r}, not {name!r}")


def _check_word(what: str, value: object, known: Iterable[str]) -> None:
    if not isinstance(value, str) or value in known:
        return
    by_lower = {word.lower(): word for word in known}
    close = difflib.get_close_matches(value.lower(), by_lower, 1, 0.8)
    if close:
        raise ValueError(f"unknown {what} {value!r}; did you mean {by_lower[close[0]]!r}? Known are {', '.join(known)}")
