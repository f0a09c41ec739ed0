"""Types in the manner of 2021, the check of Python values against them, and how values are written as JSON."""

# JSON is Any.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from codat_python_sdk.checks import type_name
from codat_python_sdk.dates import Real, unfrozen
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.secret import plain_text

none_type: type[None] = type(None)

# The type of a field, an argument or a response in the manner of 2021: a tuple of the classes that will do, in which
# [X] stands for a list of X and {str: X} for a dict of X.
Types = tuple[Any, ...]
#: What to do with values of a response that do not fit the schema: raise, or keep them as they came.
Validation = Literal["strict", "lenient"]

#: Any JSON value, as ``openapi_types`` writes it.
ANYTHING: Types = (bool, Real.date, Real.datetime, dict, float, int, list, str, none_type)


def describe(types: Types) -> str:
    """``(str, none_type)`` as ``str or None``."""
    return "anything" if types == ANYTHING else " or ".join(map(_describe_one, types))


def _describe_one(t: Any) -> str:
    if isinstance(t, list):
        return f"list of {describe(item_types(t))}"
    if isinstance(t, dict):
        return f"dict of {describe(as_types(*t.values()))}"
    return "None" if t is none_type else str(t.__name__)


def as_types(spec: Any) -> Types:
    """A lone class as a tuple of one."""
    return spec if isinstance(spec, tuple) else (spec,)


def item_types(spec: list[Any]) -> Types:
    """The types of a list's items: ``[X]``, ``[(X, Y)]`` or, as 2021 wrote them as well, ``[X, Y]``."""
    return as_types(spec[0]) if len(spec) == 1 else tuple(spec)


def checked_types(name: str, types: Any) -> Types:
    """Types as a caller wrote them, in one form, and with the classes that freezegun has replaced as the real ones.

    Raises:
        ApiTypeError: They are no tuple, or something in it is no type of a response.
    """
    if not isinstance(types, tuple) or not types:
        raise _no_type(name, types)
    if object in types or Any in types:
        return ANYTHING
    return tuple(_checked_type(name, t) for t in types)


def _checked_type(name: str, t: Any) -> Any:
    if isinstance(t, list) and t:
        return [checked_types(name, item_types(t))]
    if isinstance(t, dict) and [*t] == [str]:
        return {str: checked_types(name, as_types(t[str]))}
    real = unfrozen(t)
    if real in ANYTHING or hasattr(real, "_schema"):
        return real
    raise _no_type(name, t)


def _no_type(name: str, t: Any) -> ApiTypeError:
    got = f"the class {t.__name__}" if isinstance(t, type) else f"an object of type {type_name(t)}"
    classes = "models, dict, list, str, int, float, bool, date, datetime and none_type"
    text = f"{name} must be a tuple such as (dict,), ([dict],) or ({{str: (int,)}},), of {classes}; got {got}"
    return ApiTypeError(text, [name])


def by_preference(types: Iterable[Any]) -> list[Any]:
    """Types in the order in which 2021 tried them, whatever the order in the tuple: models, and ``str`` last."""
    return sorted(types, key=lambda t: _ORDER.get(type(t) if isinstance(t, (list, dict)) else t, 0))


_ORDER: dict[Any, int] = {t: i for i, t in enumerate((list, dict, float, int, bool, Real.datetime, Real.date, str), 1)}


def mismatch(value: Any, types: Types, *path: str | int, key_type: bool = False) -> ApiTypeError:
    """The error for a value (or a dict's key) of the wrong type. It names types, not the value: that may be secret."""
    subject = f"{path[0]} must be" if len(path) == 1 else "expected"  # an argument, or a value inside a document
    expected = "what JSON can hold" if types == ANYTHING else describe(types)
    got = "None" if value is None else type_name(value)
    return ApiTypeError(f"{subject} {expected}, got {got}", path, types, key_type)


def check(value: Any, types: Types, *path: str | int) -> None:
    """Make sure that a value may stand where these types are due; a bool is not an int.

    Raises:
        ApiTypeError: It may not. ``path_to_item`` leads to it, into lists and dicts.
    """
    for t in types:
        if isinstance(t, list) and isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                check(item, item_types(t), *path, index)
            return
        if isinstance(t, dict) and isinstance(value, Mapping):
            for key, item in value.items():
                if not isinstance(key, str):
                    raise mismatch(key, (str,), *path, str(key), key_type=True)
                check(item, as_types(*t.values()), *path, key)
            return
        if isinstance(t, type) and isinstance(value, t) and not (t is int and isinstance(value, bool)):
            return
    raise mismatch(value, types, *path)


def text_or_none(value: object) -> str | None:
    """A text from a response, which may hold anything in its place when it was read leniently."""
    return value if isinstance(value, str) else None


def as_texts(name: str, values: Any) -> tuple[str, ...]:
    """One text or several, as a tuple.

    Raises:
        ApiTypeError: It is neither a str nor an iterable of them.
    """
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        values = (values,)
    texts = tuple(cast("Iterable[str]", values))
    for text in texts:
        check(text, (str,), name)
    return tuple(map(plain_text, texts))


def to_json(value: Any) -> Any:
    """A value that ``json`` can encode: models under their JSON names, dates as ISO 8601.

    Raises:
        ApiValueError: It holds a value that JSON cannot represent, or itself.
    """
    try:
        return _to_json(value)
    except RecursionError:
        raise ApiValueError("JSON cannot hold a value that is nested too deeply, or that contains itself") from None


def _to_json(value: Any) -> Any:
    if value is None or issubclass(type(value), _SCALARS):
        return value
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    form = value if isinstance(value, dict) else json_form(value)
    return {key: _to_json(item) for key, item in form.items()} if isinstance(form, dict) else form


_SCALARS = (str, bool, int, float)


def json_form(value: Any) -> Any:
    """What stands in JSON for a value that JSON has no type for; raises as ``to_json`` does."""
    if hasattr(value, "json_items") and not isinstance(value, type):  # a model
        return dict(value.json_items())
    if isinstance(value, Real.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    kinds: tuple[Any, ...] = (*_SCALARS, list)
    for kind in kinds:  # a proxy, such as werkzeug's LocalProxy, is one for isinstance only
        if isinstance(value, kind):
            return kind(value)
    raise ApiValueError(f"JSON cannot hold a value of type {type_name(value)}")


#: Deeper values would end a later ``repr`` or ``pickle`` in a RecursionError.
MAX_NESTING = 100
CONTAINERS: frozenset[type] = frozenset({dict, list})


class NestedTooDeeply(ApiTypeError):
    """A value that is safer not to handle at all."""


def decode_anything(value: Any) -> Any:
    """Any JSON value as it is, unless it is nested more than ``MAX_NESTING`` levels deep."""
    level: list[Any] = [value] if value and type(value) in CONTAINERS else []
    for _ in range(MAX_NESTING + 1):
        if not level:
            return value
        items = (item for v in level for item in (v.values() if isinstance(v, dict) else v))
        level = [item for item in items if type(item) in CONTAINERS]
    raise NestedTooDeeply(f"nested more than {MAX_NESTING} levels deep")
