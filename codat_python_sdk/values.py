"""Values: from JSON to Python and back, and what types they may have. The only file that knows python-dateutil."""

# JSON is Any.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, timezone
from functools import cache
from typing import Any, cast

from codat_python_sdk.exceptions import ApiTypeError, ApiValueError

none_type: type[None] = type(None)

# The type of a field, an argument or an answer in the manner of 2021: a tuple of the classes that will do, in which
# [X] stands for a list of X and {str: X} for a dict of X.
Types = tuple[Any, ...]
Decoder = Callable[[Any], Any]

#: Any JSON value, as ``openapi_types`` writes it.
ANYTHING: Types = (bool, date, datetime, dict, float, int, list, str, none_type)
#: Deeper values would end a later ``repr`` or ``pickle`` in a RecursionError.
MAX_NESTING = 100


def describe(types: Types) -> str:
    """``(str, none_type)`` as ``str or None``."""
    return "anything" if types == ANYTHING else " or ".join(map(_describe_one, types))


def _describe_one(t: Any) -> str:
    if isinstance(t, list):
        return f"list of {describe(as_types(t[0]))}"
    if isinstance(t, dict):
        return f"dict of {describe(as_types(*t.values()))}"
    return "None" if t is none_type else str(t.__name__)


def as_types(spec: Any) -> Types:
    """A lone class as a tuple of one."""
    return spec if isinstance(spec, tuple) else (spec,)


def mismatch(value: Any, types: Types, *path: str | int) -> ApiTypeError:
    """The error for a value of the wrong type. It names types and not the value, which may be a secret."""
    return ApiTypeError(f"expected {describe(types)}, got {type(value).__name__}", path, types)


# -- from JSON ---------------------------------------------------------------------------------------------------------


_SHORTEST_UTC = len("2026-02-03T04:05:06Z")


def _usual_datetime(text: str) -> datetime:
    """What Codat usually sends: ``Z``, and up to seven decimals, of which datetime keeps six."""
    surplus = text[26:-1]
    if not str.endswith(text, "Z") or len(text) < _SHORTEST_UTC or not (surplus.isdecimal() or not surplus):
        raise ValueError
    return datetime.fromisoformat(text[:-1][:26] + "+00:00")


#: Reads nearly all that comes. Python 3.10's own cannot, and dateutil is twenty times slower than either.
quick_datetime: Callable[[str], datetime] = datetime.fromisoformat if sys.version_info >= (3, 11) else _usual_datetime


def decode_datetime(text: Any) -> datetime:
    """A date and time as Codat sends it: ``Z`` is UTC, an offset stays, no zone is naive, a date alone is midnight."""
    try:
        return quick_datetime(text)
    except TypeError:
        raise mismatch(text, (datetime,)) from None
    except ValueError:
        return _odd_datetime(text)


def _odd_datetime(text: str) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    try:
        parsed = _isoparse()(text)
    except (ValueError, OverflowError):
        raise ApiTypeError("expected an ISO 8601 date and time, got another text", (), (datetime,)) from None
    offset = parsed.utcoffset()
    return parsed if offset is None else parsed.replace(tzinfo=timezone(offset))


@cache
def _isoparse() -> Callable[[str], datetime]:
    # Most processes never need it, and it is slow to import.
    from dateutil.parser import isoparse

    return isoparse


def _decode_date(text: Any) -> date:
    return decode_datetime(text).date()


def decode_anything(value: Any) -> Any:
    """Any JSON value as it is, unless it is nested more than ``MAX_NESTING`` levels deep."""
    level: list[Any] = [value] if type(value) in CONTAINERS else []
    for _ in range(MAX_NESTING):
        if not level:
            return value
        items = (item for v in level for item in (v.values() if isinstance(v, dict) else v))
        level = [item for item in items if type(item) in CONTAINERS]
    raise NestedTooDeeply(f"nested more than {MAX_NESTING} levels deep")


CONTAINERS: frozenset[type] = frozenset({dict, list})


class NestedTooDeeply(ApiTypeError):
    """A value that is safer not to handle at all."""


def _decode_scalar(cls: type) -> Decoder:
    accepted = (int, float) if cls is float else (cls,)

    def decode(value: Any) -> Any:
        if type(value) not in accepted:
            raise mismatch(value, (cls,))
        return value

    return decode


def _decode_list(item_types: Types) -> Decoder:
    decode_item = decoder_of(item_types)

    def decode(value: Any) -> Any:
        if type(value) is not list:
            raise mismatch(value, ([item_types],))
        try:
            return [decode_item(item) for item in value]
        except ApiTypeError:
            for index, item in enumerate(value):  # where it was is asked only when it went wrong
                inside(index, decode_item, item)
            raise

    return decode


def _decode_dict(value_types: Types) -> Decoder:
    decode_value = decoder_of(value_types)

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise mismatch(value, ({str: value_types},))
        if decode_value is decode_anything:
            return decode_anything(value)
        return {key: inside(key, decode_value, item) for key, item in value.items()}

    return decode


def inside(step: str | int, decode: Decoder, value: Any) -> Any:
    """``decode(value)``; what is wrong inside is reported as being at ``step``."""
    try:
        return decode(value)
    except ApiTypeError as error:
        raise error.nested_at(step) from None


def decoder_of(types: Types) -> Decoder:
    """A function from a JSON value to one of the types; it raises ApiTypeError with the path to what is wrong."""
    if types == ANYTHING:
        return decode_anything
    options = [_decoder_of_one(t) for t in types if t is not none_type]
    nullable = none_type in types
    if len(options) == 1 and not nullable:
        return options[0]

    def decode(value: Any) -> Any:
        if value is None and nullable:
            return None
        error = mismatch(value, types)
        for option in options:
            try:
                return option(value)
            except ApiTypeError as reason:
                # With several options none of the reasons is the reason.
                error = reason if len(options) == 1 else error
        raise error

    return decode


def _decoder_of_one(t: Any) -> Decoder:
    if isinstance(t, list):
        return _decode_list(as_types(t[0]))
    if isinstance(t, dict):
        return _decode_dict(as_types(*t.values()))
    if t is datetime:
        return decode_datetime
    if t is date:
        return _decode_date
    if hasattr(t, "decoder"):  # a model knows its own
        return cast("Decoder", t.decoder())
    if t in (dict, list):
        return lambda value: decode_anything(_decode_scalar(t)(value))
    return _decode_scalar(t)


# -- Python values -----------------------------------------------------------------------------------------------------


def check(value: Any, types: Types, *path: str | int) -> None:
    """Make sure that a value may stand where these types are due; a bool is not an int.

    Raises:
        ApiTypeError: It may not. ``path_to_item`` leads to it, into lists and dicts.
    """
    for t in types:
        if isinstance(t, list) and isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                check(item, as_types(t[0]), *path, index)
            return
        if isinstance(t, dict) and isinstance(value, Mapping):
            for key, item in value.items():
                check(key, (str,), *path, str(key))
                check(item, as_types(*t.values()), *path, key)
            return
        if isinstance(t, type) and isinstance(value, t) and not (t is int and isinstance(value, bool)):
            return
    raise mismatch(value, types, *path)


def to_json(value: Any) -> Any:
    """A value as ``json`` takes it: models under their JSON names, dates as ISO 8601.

    Raises:
        ApiValueError: There is something in it that JSON has no form for.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    form = value if isinstance(value, dict) else json_form(value)
    return form if isinstance(form, str) else {key: to_json(item) for key, item in form.items()}


def json_form(value: Any) -> str | dict[str, Any]:
    """What stands in JSON for a value that JSON has no type for; raises as ``to_json`` does."""
    if hasattr(value, "json_items"):  # a model
        return dict(value.json_items())
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise ApiValueError(f"JSON has no form for {type(value).__name__}")
