"""Codat's query language and ordering: `status=Linked&&{created>2026-01-31||platformName~Bank}`.

Codat's pages do not say which of `&&` and `||` binds tighter, nor whether case counts; here `&&` does, and it does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar, cast

from codat_python_sdk.sandbox.messages import Rejected

Record = Mapping[str, Any]
Row = TypeVar("Row")
Test = Callable[[Record], bool]

MAX_LENGTH = 2048
MAX_DEPTH = 32
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "~": operator.contains,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
COMPARISON = re.compile(r"\s*([A-Za-z][\w.-]*)\s*(!=|>=|<=|=|~|>|<)\s*(.*\S)\s*", re.DOTALL)
INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(?:Z|([+-])(\d\d):(\d\d))?", re.ASCII
)


@dataclass(frozen=True)
class Schema:
    """What can be searched and ordered by.

    Args:
        type_name: What a row is, for the texts of errors.
        texts: Properties that are text.
        dates: Properties that are dates.
        objects: Properties whose members can be searched, as in `connectionInfo.paused=false`.
        values: Properties that are numbers or truth values.
        order_only: What can be ordered by alone; the rows hold numbers there.
    """

    type_name: str
    texts: frozenset[str]
    dates: frozenset[str] = field(default_factory=frozenset[str])
    objects: frozenset[str] = field(default_factory=frozenset[str])
    values: frozenset[str] = field(default_factory=frozenset[str])
    order_only: frozenset[str] = frozenset({"modifiedDate"})


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


def order(rows: Sequence[Row], order_by: str, schema: Schema, searched: Callable[[Row], Record]) -> list[Row]:
    """The rows by one property, ascending, or descending with a `-` before it; absent values count as lowest.

    Raises:
        Rejected: 400 when there is no such property to order by.
    """
    name = order_by.removeprefix("-")
    if name not in schema.texts | schema.dates | schema.order_only:
        invalid = [f"orderBy: {name!r} is not a sortable property of {schema.type_name}"]
        raise Rejected(400, f"Cannot order by {order_by!r}", invalid=invalid, service="ClientsApi")

    def rank(row: Row) -> tuple[bool, Any]:
        value = searched(row).get(name)
        if name in schema.dates:
            value = instant(value)
        elif name in schema.texts:
            return (value is not None, str(value))
        return (value is not None, value)

    return sorted(rows, key=rank, reverse=order_by.startswith("-"))


def parse(text: str, schema: Schema) -> Test:
    """A test that tells which records a query selects.

    Raises:
        Rejected: 400 for a text that is not of the language, or a property or operator that does not fit.
    """
    if len(text) >= MAX_LENGTH:
        raise malformed(f"{MAX_LENGTH} characters or longer")
    return _Parser(text, schema).whole()


class _Parser:
    """Recursive descent: alternatives of conjunctions of comparisons and groups."""

    def __init__(self, text: str, schema: Schema) -> None:
        self._tokens = [token for token in re.split(r"(&&|\|\||[{}])", text) if token.strip()]
        self._schema = schema

    def whole(self) -> Test:
        test = self._alternatives(0)
        if self._tokens:
            raise malformed(f"unexpected {self._tokens[0]!r}")
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
            return _comparison(self._tokens.pop(0) if self._tokens else "", self._schema)
        if depth == MAX_DEPTH:
            raise malformed("too many braces inside each other")
        test = self._alternatives(depth + 1)
        if not self._skip("}"):
            raise malformed("a { has no }")
        return test

    def _skip(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False


def _comparison(text: str, schema: Schema) -> Test:
    match = COMPARISON.fullmatch(text)
    if match is None:
        raise malformed(f"expected a comparison, got {text!r}")
    name, sign, wanted = match.groups()
    compare = OPERATORS[sign]
    if name in schema.dates:
        moment = instant(wanted)
        if moment is None or sign == "~":
            raise malformed(f"{name} needs a date and an operator other than ~")
        return lambda record: (actual := instant(record.get(name))) is not None and compare(actual, moment)
    if name in schema.texts:
        if sign not in ("=", "!=", "~"):
            raise malformed(f"{sign} needs a number or a date, and {name} is text")
        return lambda record: (actual := record.get(name)) is not None and compare(str(actual), wanted)
    path = name.split(".")
    if name in schema.values or (path[0] in schema.objects and len(path) > 1):
        return lambda record: _fits(_reach(record, path), sign, wanted)
    raise malformed(f"cannot resolve property {name!r} on {schema.type_name}")


def malformed(problem: str) -> Rejected:
    """The 400 for a query that cannot be read: Codat's words, and the problem among what is invalid."""
    text = "Error parsing query - Malformed query."
    return Rejected(400, text, invalid=[f"query: {problem}"], service="ClientsApi")


def _reach(value: object, path: Sequence[str]) -> object:
    """What a path of names leads to; from a list, whatever it leads to from any of its items."""
    for at, name in enumerate(path):
        if isinstance(value, list):
            return [_reach(item, path[at:]) for item in cast("list[object]", value)]
        value = cast("Mapping[str, object]", value).get(name) if isinstance(value, Mapping) else None
    return value


def _fits(actual: object, sign: str, wanted: str) -> bool:
    """Compare a value whose type only the record knows: numbers as numbers, dates as dates, all others as text."""
    if isinstance(actual, list):
        return any(_fits(item, sign, wanted) for item in cast("list[object]", actual))
    if isinstance(actual, (int, float)) and not isinstance(actual, bool):
        try:
            return sign != "~" and bool(OPERATORS[sign](actual, float(wanted)))
        except ValueError:
            return False
    moments = instant(actual), instant(wanted)
    if None not in moments and sign != "~":
        return bool(OPERATORS[sign](*moments))
    if actual is None or isinstance(actual, dict) or sign not in ("=", "!=", "~"):
        return False
    return bool(OPERATORS[sign](str(actual).lower() if isinstance(actual, bool) else str(actual), wanted))


def parse_tags(text: str) -> Callable[[Mapping[str, str]], bool]:
    """A test for a company's tags: comparisons by `=`, `!=` and `~`, joined by `&&`, as in `region=uk && team=lending`.

    A tag that is not there differs from every value.

    Raises:
        Rejected: 400 for anything else.
    """
    tests: list[tuple[str, str, str]] = []
    for part in text.split("&&"):
        match = re.fullmatch(r"\s*([^=!~]*[^=!~\s])\s*(!=|=|~)\s*(.*\S)\s*", part, re.DOTALL)
        if match is None or len(text) >= MAX_LENGTH:
            raise malformed(f"tags: expected key=value, key!=value or key~value, got {part!r}")
        tests.append(cast("tuple[str, str, str]", match.groups()))
    return lambda tags: all(OPERATORS[sign](tags.get(key, ""), wanted) for key, sign, wanted in tests)
