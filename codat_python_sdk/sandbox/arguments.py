"""Checks arguments against a function's annotations: a wrong type must not become a part of the sandbox's state."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_UNIONS = (Union, types.UnionType)
_ITEMS = (list, tuple, set, frozenset)


def check_arguments(function: Callable[..., object], given: Mapping[str, object]) -> None:
    """Accept arguments whose types are those that the function is annotated with; it ignores other names.

    Raises:
        TypeError: One has another type. The text names it.
    """
    hints = _hints(getattr(function, "__func__", function))
    for name, value in given.items():
        if name in hints:
            check_type(name, value, hints[name])


def check_type(name: str, value: object, hint: Any) -> None:
    """Accept a value of the type that an annotation says.

    Raises:
        TypeError: It is of another type. The text has the name, and no text that may be a secret.
    """
    if not _fits(value, hint):
        raise TypeError(f"{name} must be {_described(hint)}, got {_shown(value)}")


@lru_cache(maxsize=100)
def _hints(function: Callable[..., object]) -> dict[str, Any]:
    return get_type_hints(function)


def _fits(value: Any, hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in _UNIONS:
        return any(_fits(value, part) for part in parts)
    if origin is Literal:  # which of them it is, is for the function to say
        return isinstance(value, tuple(map(type, parts)))
    if origin is Mapping:
        return _is_a(value, Mapping) and _fit(value, parts[0]) and _fit(value.values(), parts[1])
    if origin is list:
        return _is_a(value, list) and _fit(value, parts[0])
    if origin is Iterable:  # others could be read only once
        return _is_a(value, _ITEMS) and _fit(value, parts[0])
    if origin is Callable:
        return callable(value)
    if hint is None or hint is type(None):
        return value is None
    if hint is Any:
        return True
    kind = (int, float) if hint is float else hint
    return isinstance(value, kind) and (hint is bool or not isinstance(value, bool))


def _is_a(value: object, kind: Any) -> bool:
    return isinstance(value, kind)


def _fit(values: Iterable[Any], hint: Any) -> bool:
    return all(_fits(value, hint) for value in values)


def _described(hint: Any) -> str:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in _UNIONS:
        return " or ".join(_described(part) for part in parts)
    if origin is Literal:
        return "a str"
    if origin is Mapping:
        return "an object of strings" if parts[1] is str else "an object"
    if origin in (list, Iterable):
        return f"a list of {'strings' if parts[0] is str else 'objects'}"
    if origin is Callable:
        return "a function"
    names = {type(None): "None", None: "None", float: "a number", int: "an int", bool: "true or false"}
    return names.get(hint, f"a {getattr(hint, '__name__', hint)}")


def _shown(value: object) -> str:
    """What was given, by its type alone where it may be a secret."""
    return repr(value) if isinstance(value, (bool, int, float)) or value is None else type(value).__name__
