"""Dates and times as Codat writes them. The only file that knows python-dateutil."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any

from codat_python_sdk.exceptions import ApiTypeError


def unfrozen(cls: Any) -> Any:
    """``date`` or ``datetime`` for a class that freezegun has put in its place; any other type as it is."""
    for base in getattr(cls, "__mro__", ()):
        if base.__module__ == "datetime" and base.__qualname__ in ("date", "datetime"):
            return base
    return cls


class Real:
    """The classes themselves. freezegun replaces whatever a module holds, so modules must not compare with theirs."""

    date: type[date] = unfrozen(date)
    datetime: type[datetime] = unfrozen(datetime)


_from_iso: Callable[[str], datetime] = Real.datetime.fromisoformat
_MIN_UTC = len("2026-02-03T04:05:06Z")
_MAX_LENGTH = 40  # a longer text is no date, and is not worth the time to find out why


def _parse_utc(text: str) -> datetime:
    """What Codat nearly always sends: ``Z``, and up to seven decimals, of which datetime keeps six."""
    surplus = text[26:-1]
    if not str.endswith(text, "Z") or len(text) < _MIN_UTC or not (surplus.isdecimal() or not surplus):
        raise ValueError
    return _from_iso(text[:-1][:26] + "+00:00")


#: Reads nearly all texts that Codat sends, and raises ValueError or TypeError for the rest. Python 3.10's
#: ``fromisoformat`` does not know ``Z``, and dateutil is twenty times slower than either.
parse_fast: Callable[[str], datetime] = _from_iso if sys.version_info >= (3, 11) else _parse_utc


def parse_datetime(text: str) -> datetime:
    """A date and time: ``Z`` is UTC, an offset is kept, no zone is naive, a date alone is midnight.

    Raises:
        TypeError, ValueError: It is not a date and time.
    """
    try:
        return parse_fast(text)
    except ValueError:
        return _parse_fallback(text)


def _parse_fallback(text: str) -> datetime:
    if len(text) > _MAX_LENGTH or not text[:4].isdecimal():
        raise ValueError
    if parse_fast is not _from_iso:
        with suppress(ValueError):
            return _from_iso(text)
    try:
        if text[16:19] == ":60":  # a leap second, which datetime does not have, is the second after it
            return parse_datetime(text[:17] + "59" + text[19:]) + timedelta(seconds=1)
        parsed = _isoparse()(text)
    except OverflowError:
        raise ValueError from None
    offset = parsed.utcoffset()
    return parsed if offset is None else parsed.replace(tzinfo=timezone(offset))


@cache
def _isoparse() -> Callable[[str], datetime]:
    # Most processes never need it, and it is slow to import.
    from dateutil.parser import isoparse

    return isoparse


def decode_datetime(text: Any) -> datetime:
    """A date and time as ``parse_datetime`` reads it.

    Raises:
        ApiTypeError: It is not a date and time. The text of the error does not show it.
    """
    try:
        return parse_datetime(text)
    except TypeError:
        raise ApiTypeError(f"expected datetime, got {type(text).__name__}", (), (Real.datetime,), False) from None
    except ValueError:
        message = "expected an ISO 8601 date and time, got another text"
        raise ApiTypeError(message, (), (Real.datetime,), False) from None
