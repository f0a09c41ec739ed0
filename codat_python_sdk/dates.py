"""Dates and times as Codat writes them. The only file that knows python-dateutil."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
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
# Codat sends UTC with 0, 3, 6 or 7 decimals: by the length of the text, what ``fromisoformat`` does not insist on.
_FORMS = {
    20: ((10, "T"), (13, ":"), (16, ":"), (19, "Z")),
    24: ((10, "T"), (19, "."), (23, "Z")),
    27: ((10, "T"), (19, "."), (26, "Z")),
    28: ((10, "T"), (19, "."), (27, "Z")),
}

# ``fromisoformat`` accepts other texts in each version of Python, and "2026-02-03+01:00" is one o'clock to all of them,
# as it is to dateutil. So they get nothing but what these allow.
_CALENDAR_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
# A year, a month, and days without dashes, of the year, or of a week; each release of dateutil accepts others as well.
_OTHER_DAY = "[0-9]{4}(?:-[0-9]{2}|[0-9]{4}|-?[0-9]{3}|-W[0-9]{2}(?:-[0-9])?|W[0-9]{2}[0-9]?)?"
_HOUR, _MINUTE, _SECOND = "([01][0-9]|2[0-4])", "([0-5][0-9])", "([0-5][0-9]|60)"
_TIME = rf"{_HOUR}(?:(:?){_MINUTE}(?:\4{_SECOND}(?:[.,]([0-9]+))?)?)?"
_OFFSET = r"([+-])([0-9]{2})(?::?([0-5][0-9])(?::?([0-5][0-9](?:\.[0-9]+)?))?)?"
_ANY = rf"(?:({_CALENDAR_DAY})|({_OTHER_DAY}))(?:[Tt ]{_TIME}(?:([Zz])|{_OFFSET})?)?"
#: What Python 3.10 reads as well, once ``Z`` is an offset.
_COMMON = (
    rf"{_CALENDAR_DAY}(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{3}}(?:[0-9]{{3}})?)?"
    "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?"
)


def parse_datetime(text: str) -> datetime:
    """A date and time: ``Z`` is UTC, an offset is kept, no zone is naive, a date alone is midnight.

    Every Python reads the same texts, in the same way.

    Raises:
        ValueError: It is not a date and time.
    """
    # In two steps, for one text: ``are_usual`` takes three times as long.
    has_form = len(text) in _FORMS and text[10] == "T" and text[-1] == "Z" and text[-2] in "0123456789"
    if not has_form or (text[19] != "." and text[10::3] != "T::Z"):
        return _from_iso(text.replace("Z", "+00:00")) if _matcher(_COMMON)(text) else _parse_any(text)
    try:
        return parse_usual(text)
    except ValueError:  # no such day; or 24:00 and leap seconds, which not every Python reads
        return _parse_any(text)


def are_usual(texts: list[Any]) -> bool:
    """Whether all are dates and times in the forms that Codat sends, so that ``parse_usual`` may parse them.

    All texts are looked at together: 250 instructions per text. Each by itself takes 1,600, and to parse it 1,200
    (Python 3.11).
    """
    try:
        if not texts or _have_one_form(texts):
            return True
        lengths = {*map(len, texts)}
        alike = ([text for text in texts if len(text) == length] for length in lengths)
        return lengths <= {*_FORMS} and all(map(_have_one_form, alike))
    except TypeError:
        return False


def _have_one_form(texts: list[Any]) -> bool:
    length, count = len(texts[0]), len(texts)
    if length not in _FORMS:
        return False
    lines, line = "\n".join(texts) + "\n", length + 1
    return (
        lines.count("\n") == count
        and all(lines[column::line] == character * count for column, character in ((length, "\n"), *_FORMS[length]))
        and lines.isascii()
        and lines[length - 2 :: line].isdecimal()  # ``fromisoformat`` does not look at decimals that it cuts off
    )


def _parse_in_310(text: str) -> datetime:
    return _from_iso(text[:-1][:26] + "+00:00")


#: What parses a date and time of which ``are_usual`` is true; ValueError for no such day, and for a leap second.
parse_usual: Callable[[str], datetime] = _from_iso if sys.version_info >= (3, 11) else _parse_in_310


def _parse_any(text: str) -> datetime:
    match = _matcher(_ANY)(text)
    if match is None:
        raise ValueError
    calendar_day, other_day, hour, _, minute, second, fraction, utc, sign, *offset = match.groups()
    day = _from_iso(calendar_day) if calendar_day else _parse_other_day(other_day)
    hours, minutes, seconds, microseconds = (
        int(part or 0) for part in (hour, minute, second, (fraction or "")[:6].ljust(6, "0"))
    )
    if hours == 24 and (minutes or seconds or microseconds):
        raise ValueError
    time = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
    try:
        moment = Real.datetime(day.year, day.month, day.day) + time  # a leap second is the second after it
    except OverflowError:
        raise ValueError from None
    return moment.replace(tzinfo=_zone(sign, *offset)) if utc or sign else moment


def _parse_other_day(text: str) -> date:
    if "W" not in text:
        return _parse_day()(text)
    digits = text.replace("-", "").replace("W", "")  # dateutil takes a week 53 of any year
    return Real.date.fromisocalendar(int(digits[:4]), int(digits[4:6]), int(digits[6:] or 1))


def _zone(sign: str | None, hours: str | None, minutes: str | None, seconds: str | None) -> timezone:
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=float(seconds or 0))
    return timezone(-offset if sign == "-" else offset)


def is_day(text: str) -> bool:
    """Whether a date is without a time."""
    return not set(text) & {"T", "t", " "}


@cache
def _matcher(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern).fullmatch  # at the first use: most processes never need it


@cache
def _parse_day() -> Callable[[str], date]:
    # Most processes never need it, and it is slow to import.
    from dateutil.parser import isoparser

    return isoparser().parse_isodate


def decode_datetime(text: Any) -> datetime:
    """A date and time as ``parse_datetime`` reads it.

    Raises:
        ApiTypeError: It is not a date and time. The text of the error does not show it.
    """
    if not isinstance(text, str):
        raise ApiTypeError(f"expected datetime, got {type(text).__name__}", (), (Real.datetime,), False)
    try:
        return parse_datetime(text)
    except ValueError:
        message = "expected an ISO 8601 date and time, got another text"
        raise ApiTypeError(message, (), (Real.datetime,), False) from None
