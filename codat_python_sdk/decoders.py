"""From JSON to Python: a function for each type of a schema; strict or lenient with values that do not fit it.

A ``Reading`` goes through one document. Strictly, it raises at the first value that does not fit; leniently, it keeps
such a value as it came and logs once that it did. Rows of lists are read by compiled functions (``shapes``) and come
here only when they hold something unusual.
"""

# JSON is Any.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from operator import itemgetter
from typing import Any

from codat_python_sdk.dates import Real, are_usual, is_day, parse_datetime, parse_usual
from codat_python_sdk.exceptions import ApiTypeError
from codat_python_sdk.fields import Field, Schema
from codat_python_sdk.logs import get_logger
from codat_python_sdk.values import (
    ANYTHING,
    CONTAINERS,
    Types,
    as_types,
    by_preference,
    decode_anything,
    item_types,
    none_type,
)

Decoder = Callable[[Any], Any]
#: A step to a value: the field of a model, the index in a list, or the key in a dict.
Step = Field | int | str


# -- one document ------------------------------------------------------------------------------------------------------


class Reading:
    """A strict reading of one document.

    Attributes:
        path: The steps to the value that is being read.
        in_place: Whether the document belongs to the reader, so that models may replace the rows in its lists: then
            each row is freed at once.
    """

    path: tuple[Step, ...] = ()
    in_place: bool = False

    def mismatch(self, value: Any, types: Types, step: Step | None) -> Any:
        """The replacement for a value that does not fit.

        Raises:
            ApiTypeError: Nothing; ``path_to_item`` is in Python's names, the text begins in JSON's.
        """
        raise self._error(found(value), types, step)

    def missing(self, field: Field) -> None:
        """Note that a required field is missing.

        Raises:
            ApiTypeError: A model cannot be without it.
        """
        raise self._error("missing", field.types, field)

    def check_keys(self, keys: Iterable[Any]) -> None:
        """Refuse keys that are no texts, as only a document of Python's values can have.

        Raises:
            ApiTypeError: There is one, in the object that ``path`` leads to.
        """
        for key in keys:
            if not isinstance(key, str):
                raise self._error(f"an object with {found(key)} as a key", (str,), None, key_type=True)

    def _error(self, what: str, types: Types, step: Step | None, *, key_type: bool = False) -> ApiTypeError:
        path = [*self.path] if step is None else [*self.path, step]
        names = [part.name if isinstance(part, Field) else part for part in path]
        message = f"{_json_path(path)} is {what}, expected {_expected(types)}"
        return ApiTypeError(message, names, types, key_type=key_type)


class LenientReading(Reading):
    """A reading that keeps what does not fit, unless the document as a whole is of another kind."""

    def mismatch(self, value: Any, types: Types, step: Step | None) -> Any:
        """The value as it came.

        Raises:
            ApiTypeError: It is the whole document, or the list of a page's rows.
        """
        field = step if isinstance(step, Field) else self._innermost_field()
        if step is None or (isinstance(step, Field) and step.name == "results"):
            return super().mismatch(value, types, step)
        if field not in _reported:
            item = "" if field is step else ": an item"
            _report(field, f"{item} is {found(value)}, expected {_expected(types)}; the value is kept unchanged")
        return decode_anything(value) if type(value) in CONTAINERS else value

    def missing(self, field: Field) -> None:
        """Log that a required field is missing; it reads as None."""
        if field not in _reported:
            _report(field, f" is missing, expected {_expected(field.types)}; it reads as None")

    def _innermost_field(self) -> Field | None:
        return next((part for part in reversed(self.path) if isinstance(part, Field)), None)


#: Fields of which a process has logged that a value did not fit; None stands for a document without a model around it.
_reported: set[Field | None] = set()


def _report(field: Field | None, what: str) -> None:
    """Log once per field in a process: types and no values, since those may be secret."""
    _reported.add(field)
    name = "the response" if field is None else f"{field.owner}.{field.name}"
    get_logger(__name__).warning("%s%s (this field is not reported again)", name, what)


def decode(value: Any, types: Types, reading: Reading) -> Any:
    """A JSON document as one of the types.

    Raises:
        ApiTypeError: As the reading's ``mismatch`` and ``missing``; ``NestedTooDeeply`` for a document that is.
    """
    return read_function(types)(value, reading, None)


def decoder_of(types: Types) -> Decoder:
    """A function from a JSON value to one of the types; it raises ApiTypeError with the path to what does not fit."""
    read = read_function(types)
    return lambda value: read(value, Reading(), None)


# -- in words ----------------------------------------------------------------------------------------------------------


def _json_path(path: list[Step]) -> str:
    text = ""
    for part in path:
        name = part.json_name if isinstance(part, Field) else part
        text += f"[{name}]" if isinstance(name, int) else f".{name}" if text else name
    return text or "the JSON"


def found(value: Any) -> str:
    """What a value is, in JSON's words."""
    return _FOUND.get(type(value)) or ("a number" if isinstance(value, (int, float)) else f"a {type(value).__name__}")


def _expected(types: Types) -> str:
    if types == ANYTHING:
        return "anything"
    words = (_expected_one(t) for t in types if t is not none_type)
    return " or ".join(dict.fromkeys(words)) or "null"


def _expected_one(t: Any) -> str:
    if isinstance(t, list):
        return "an array"
    return "an object" if isinstance(t, dict) else _EXPECTED.get(t, "an object")


_FOUND: dict[type, str] = {none_type: "null", bool: "a boolean", str: "a string", list: "an array", dict: "an object"}
_EXPECTED: dict[type, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
    Real.date: "a date",
    Real.datetime: "a date and time",
}


# -- by type -----------------------------------------------------------------------------------------------------------

# In lists from here on, dates are looked at together before they are parsed, in parts that need little memory.
_MANY_ROWS = 10
_ROWS_TOGETHER = 500

#: What reads one type: from the value, the reading, and the step from what is around it (none for the document itself).
_Read = Callable[[Any, Reading, Step | None], Any]


def read_function(types: Types) -> _Read:
    """The function for a document or an item."""
    function = _read_non_null(types)
    if none_type not in types:
        return function
    return lambda value, reading, step: None if value is None else function(value, reading, step)


def _read_non_null(types: Types) -> _Read:
    """The function for what is not null, or may not be."""
    if types == ANYTHING:
        return lambda value, _, __: decode_anything(value)
    options = by_preference(t for t in types if t is not none_type)
    return _read_one(options[0], types) if len(options) == 1 else _read_first_that_fits(options, types)


def _read_first_that_fits(options: list[Any], types: Types) -> _Read:
    functions = [
        # A date alone is no midnight where it may be a date.
        _read_date(option, (option,), has_time=True)
        if option is Real.datetime and Real.date in options
        else _read_one(option, (option,))
        for option in options
    ]

    def read(value: Any, reading: Reading, step: Step | None) -> Any:
        for function in functions:
            try:
                return function(value, Reading(), None)
            except ApiTypeError:
                continue
        return reading.mismatch(value, types, step)

    return read


def _read_one(t: Any, types: Types) -> _Read:
    if isinstance(t, list):
        classes = item_types(t)
        cls = classes[0]
        return _read_models(cls, types) if len(classes) == 1 and _is_model(cls) else _read_list(classes, types)
    if isinstance(t, dict):
        return _read_dict(as_types(*t.values()), types)
    if _is_model(t):
        return _read_model(t, types)
    if t in (Real.datetime, Real.date):
        return _read_date(t, types)
    return _read_plain(t, types)


def _is_model(t: Any) -> bool:
    return hasattr(t, "_schema")


def _read_plain(t: Any, types: Types) -> _Read:
    is_container = t in CONTAINERS

    def read(value: Any, reading: Reading, step: Step | None) -> Any:
        if type(value) is not t:
            if not is_container and issubclass(type(value), t) and type(value) is not bool:
                return value  # of a document of Python's values: an enum, for one
            is_float = t is float and type(value) is int and abs(value) <= sys.float_info.max
            return float(value) if is_float else reading.mismatch(value, types, step)
        return decode_anything(value) if is_container else value

    return read


def _read_date(t: type, types: Types, *, has_time: bool = False) -> _Read:
    def read(value: Any, reading: Reading, step: Step | None) -> Any:
        if type(value) is not str or (has_time and is_day(value)):
            return reading.mismatch(value, types, step)
        try:
            parsed = parse_datetime(value)
        except ValueError:
            return reading.mismatch(value, types, step)
        return parsed if t is Real.datetime else parsed.date()

    return read


def _read_list(classes: Types, types: Types) -> _Read:
    read_item = read_function(classes)

    def read(value: Any, reading: Reading, step: Step | None) -> Any:
        if type(value) is not list:
            return reading.mismatch(value, types, step)
        outer = reading.path
        reading.path = outer if step is None else (*outer, step)
        items = [read_item(item, reading, index) for index, item in enumerate(value)]
        reading.path = outer
        return items

    return read


def _read_dict(value_types: Types, types: Types) -> _Read:
    read_value = read_function(value_types)

    def read(value: Any, reading: Reading, step: Step | None) -> Any:
        if type(value) is not dict:
            return reading.mismatch(value, types, step)
        outer = reading.path
        reading.path = outer if step is None else (*outer, step)
        reading.check_keys(value)
        if value_types == ANYTHING:
            items = decode_anything(value)
        else:
            items = {key: read_value(item, reading, key) for key, item in value.items()}
        reading.path = outer
        return items

    return read


# -- models ------------------------------------------------------------------------------------------------------------


_values = dict[str, Any].values


def _read_model(cls: Any, types: Types) -> _Read:
    read_fields = _read_fields(cls._schema)
    compiled, count = cls._shapes.compiled, cls._shapes.count
    fields = cls._schema.by_json_name.items()
    lists = [name for name, field in fields if any(isinstance(kind, list) for kind in field.types)]

    def read(value: Any, reading: Reading, step: Step | None) -> Any:
        if type(value) is not dict:
            return reading.mismatch(value, types, step)
        if lists and reading.in_place and any(map(value.get, lists)):  # pyright: ignore[reportUnknownMemberType]
            # A compiled function would leave the rows of these lists as they are, for it may stop at a later field.
            return read_fields(value, reading, step)
        shape, models = tuple(value), [value]
        fast = compiled.get(shape) or count(shape)
        return models[0] if fast and fast(models, 0, _values, parse_datetime) else read_fields(value, reading, step)

    return read


def _read_models(cls: Any, types: Types) -> _Read:
    """A list of models: a compiled function for each shape of row, and ``_read_fields`` for what that cannot take.

    Such a function goes through the list once. It finds its rows with an ``itemgetter``, which gets the values in the
    same step: in two thirds of the time of comparing ``tuple(row)`` and unpacking ``row.values()``.
    """
    read_fields = _read_fields(cls._schema)
    compiled, count = cls._shapes.compiled, cls._shapes.count
    dates = [name for name, field in cls._schema.by_json_name.items() if Real.datetime in field.types]

    def read(rows: Any, reading: Reading, step: Step | None) -> Any:
        if type(rows) is not list:
            return reading.mismatch(rows, types, step)
        outer = reading.path
        reading.path = outer if step is None else (*outer, step)
        models = rows if reading.in_place else rows.copy()
        parse_date = _date_parser(rows, dates) if len(rows) >= _MANY_ROWS else parse_datetime
        index, used = 0, set[Any]()
        while index < len(models):
            row = models[index]
            if type(row) is dict:
                shape = tuple(row)
                fast = compiled.get(shape) or count(shape)
                if fast is not None and fast not in used:
                    used.add(fast)
                    index = fast(models, index, _getter(shape), parse_date)
                    continue
                models[index] = read_fields(row, reading, index)
            elif type(row) is not cls:
                models[index] = reading.mismatch(row, (cls,), index)
            index += 1
        reading.path = outer
        return models

    return read


def _date_parser(rows: list[Any], names: list[str]) -> Callable[[str], datetime]:
    """What parses the dates in these fields of the rows."""
    parts = (rows[start : start + _ROWS_TOGETHER] for start in range(0, len(rows), _ROWS_TOGETHER))
    try:
        usual = all(are_usual(_column(part, name)) for part in parts for name in names)
    except (AttributeError, TypeError):  # a row is no object
        usual = False
    return parse_usual if usual else parse_datetime


def _column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """What the rows have in a field, without null."""
    try:
        return [value for row in rows if (value := row[name]) is not None]
    except KeyError:
        return [value for row in rows if (value := row.get(name)) is not None]


def _getter(shape: tuple[str, ...]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """A function that gets the values of these keys, or raises KeyError."""
    first, *others = shape
    return itemgetter(first, *others) if others else lambda row: (row[first],)


def _read_fields(schema: Schema) -> Callable[[dict[str, Any], Reading, Step | None], Any]:
    """The general decoder of a model: field by field, about five times as slow as a compiled function."""

    def read(data: dict[str, Any], reading: Reading, step: Step | None) -> Any:
        if not schema.readers:  # made at first use: few processes read all models
            schema.readers = tuple(
                (field, name, _plain_type(field), _read_non_null(field.types), schema.store[field.name])
                for name, field in schema.by_json_name.items()
            )
        model: Any = object.__new__(schema.cls)
        outer = reading.path
        reading.path = outer if step is None else (*outer, step)
        unset = list[str]()
        for field, name, plain_type, read_value, store in schema.readers:
            value = data.get(name)
            if name not in data:
                unset.append(field.name)
                if field.required:
                    reading.missing(field)
            elif type(value) is not plain_type and not (value is None and field.accepts_null):
                value = read_value(value, reading, field)
            store(model, value)
        extra = None
        if len(schema.readers) - len(unset) != len(data):
            extra = {k: decode_anything(v) for k, v in data.items() if k not in schema.by_json_name}
            reading.check_keys(extra)
        schema.store["_extra"](model, extra)
        schema.store["_unset"](model, frozenset(unset))
        reading.path = outer
        return model

    return read


def _plain_type(field: Field) -> Any:
    """The type whose values a field holds as they come, which saves a call; None when there is none."""
    return next((t for t in (str, int, bool) if field.types in ((t,), (t, none_type))), None)
