"""Codat's query language and ordering, on connections: `status=Linked&&{created>2026-01-31||platformName~Bank}`.

Codat's pages do not say which of `&&` and `||` binds tighter, nor whether case counts; here `&&` does, and it does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from codat_python_sdk.sandbox.messages import Refused

Record = dict[str, Any]
Test = Callable[[Record], bool]

LONGEST = 2048
DEEPEST = 32
DATES = frozenset({"created", "lastSync"})
# An array and a link that changes with every read cannot be searched; an object can, through its members.
UNSEARCHABLE = frozenset({"linkUrl", "dataConnectionErrors", "connectionInfo"})
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "~": operator.contains,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
COMPARISON = re.compile(r"\s*([A-Za-z][\w.]*)\s*(!=|>=|<=|=|~|>|<)\s*(.*\S)\s*", re.DOTALL)
INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(?:Z|([+-])(\d\d):(\d\d))?", re.ASCII
)


def instant(text: object) -> datetime | None:
    """The moment that an ISO 8601 text names, in UTC when it has no zone; None when it names none."""
    match = INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups(default="0")
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=timezone.utc)
        return moment + timedelta(microseconds=int(f"{fraction:0<6}"[:6])) - offset
    except (ValueError, OverflowError):
        return None


def order(records: Sequence[Record], order_by: str, known: Collection[str]) -> list[Record]:
    """The records by one field, ascending, or descending with a `-` before it; absent values count as lowest.

    Raises:
        Refused: 400 when there is no such field to order by.
    """
    name = order_by.removeprefix("-")
    if name not in known or name in UNSEARCHABLE:
        raise Refused(400, f"Cannot order by {order_by!r}", invalid=[f"orderBy: {name!r} is not a sortable field"])

    def rank(record: Record) -> tuple[bool, Any]:
        value = instant(record.get(name)) if name in DATES else record.get(name)
        return (value is not None, value if name in DATES else str(value))

    return sorted(records, key=rank, reverse=order_by.startswith("-"))


def parse(text: str, known: Collection[str]) -> Test:
    """A test that tells which records a query selects.

    Raises:
        Refused: 400 for a text that is not of the language, or a property or operator that does not fit.
    """
    if len(text) >= LONGEST:
        raise Refused(400, f"Malformed query: {LONGEST} characters or longer")
    return _Parser(text, known).whole()


class _Parser:
    """Recursive descent: alternatives of conjunctions of comparisons and groups."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self._tokens = [token for token in re.split(r"(&&|\|\||[{}])", text) if token.strip()]
        self._known = known

    def whole(self) -> Test:
        test = self._alternatives(0)
        if self._tokens:
            raise Refused(400, f"Malformed query: unexpected {self._tokens[0]!r}")
        return test

    def _alternatives(self, depth: int) -> Test:
        tests = [self._conjunction(depth)]
        while self._skip("||"):
            tests.append(self._conjunction(depth))
        return lambda record: any(test(record) for test in tests)

    def _conjunction(self, depth: int) -> Test:
        tests = [self._term(depth)]
        while self._skip("&&"):
            tests.append(self._term(depth))
        return lambda record: all(test(record) for test in tests)

    def _term(self, depth: int) -> Test:
        if not self._skip("{"):
            return _comparison(self._tokens.pop(0) if self._tokens else "", self._known)
        if depth == DEEPEST:
            raise Refused(400, "Malformed query: too many braces inside each other")
        test = self._alternatives(depth + 1)
        if not self._skip("}"):
            raise Refused(400, "Malformed query: a { has no }")
        return test

    def _skip(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False


def _comparison(text: str, known: Collection[str]) -> Test:
    match = COMPARISON.fullmatch(text)
    if match is None:
        raise Refused(400, f"Malformed query: expected a comparison, got {text!r}")
    name, sign, wanted = match.groups()
    compare = OPERATORS[sign]
    if name in known and name in DATES:
        moment = instant(wanted)
        if moment is None or sign == "~":
            raise Refused(400, f"Malformed query: {name} needs a date and an operator other than ~")
        return lambda record: (actual := instant(record.get(name))) is not None and compare(actual, moment)
    if name in known and name not in UNSEARCHABLE:
        if sign not in ("=", "!=", "~"):
            raise Refused(400, f"Malformed query: {sign} needs a number or a date, and {name} is text")
        return lambda record: (actual := record.get(name)) is not None and compare(str(actual), wanted)
    if name.startswith("connectionInfo.") and "connectionInfo" in known:
        return lambda record: _fits(_reach(record, name), sign, wanted)
    raise Refused(400, f"Malformed query: cannot resolve property {name!r} on a connection")


def _reach(record: Record, path: str) -> object:
    value: object = record
    for name in path.split("."):
        value = cast("object", value.get(name)) if isinstance(value, dict) else None
    return value


def _fits(actual: object, sign: str, wanted: str) -> bool:
    """Compare a value whose type only the record knows: numbers as numbers, everything else as text."""
    if isinstance(actual, (int, float)) and not isinstance(actual, bool):
        try:
            return sign != "~" and bool(OPERATORS[sign](actual, float(wanted)))
        except ValueError:
            return False
    if actual is None or isinstance(actual, (list, dict)) or sign not in ("=", "!=", "~"):
        return False
    return bool(OPERATORS[sign](str(actual).lower() if isinstance(actual, bool) else str(actual), wanted))
