"""How one setting of a configuration checks what it is set to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from codat_python_sdk.checks import HeaderValues, check_header, check_header_name, is_number, type_name
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.secret import Secret, SecretValues, as_secret

if TYPE_CHECKING:
    from typing_extensions import Self

Given = TypeVar("Given")
Kept = TypeVar("Kept")


class Setting(Generic[Given, Kept]):
    """An attribute whose value is checked, and converted, whenever it is set.

    It has no ``__get__``: Python then reads the value from the instance's ``__dict__`` as fast as any other attribute.

    Args:
        check: Gets the setting's name and the value; returns what is kept, or raises.
    """

    def __init__(self, check: Callable[[str, Any], Kept]) -> None:
        self.check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __set__(self, instance: object, value: Given) -> None:
        instance.__dict__[self.name] = self.check(self.name, value)

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type) -> Kept: ...
        def __get__(self, instance: object, owner: type) -> Any:
            """What is kept."""


# -- checks: a name and a value in, what is kept out -------------------------------------------------------------------


def is_flag(_: str, value: Any) -> bool:
    """Any value, as true or false: 2021's settings took anything."""
    return bool(value)


def is_bool(name: str, value: Any) -> bool:
    """A ``bool``: the text "false", as an environment variable has it, would be true."""
    if not isinstance(value, bool):
        raise ApiTypeError(f"{name} must be a bool, got {type_name(value)}")
    return value


def is_text(name: str, value: Any) -> str:
    """A ``str``, shown in no message."""
    if not isinstance(value, str):
        raise ApiTypeError(f"{name} must be a str, got {type_name(value)}")
    return value


def is_secret_text(name: str, value: Any) -> str:
    """The same, kept as a secret."""
    return Secret(is_text(name, as_secret(value)))


def is_positive(name: str, value: Any) -> int:
    """An ``int`` from 1."""
    if not is_number(value, int):
        raise ApiTypeError(f"{name} must be an int, got {type(value).__name__}")
    if value < 1:
        raise ApiValueError(f"{name} must be at least 1")
    return int(value)


def _number(name: str, value: Any) -> Any:
    if not is_number(value):
        raise ApiTypeError(f"{name} must be a number, got {type(value).__name__}")
    return value


def is_positive_number(name: str, value: Any) -> float:
    """A finite number above 0."""
    if not 0 < _number(name, value) <= sys.float_info.max:
        raise ApiValueError(f"{name} must be a positive, finite number")
    return float(value)


def is_share(name: str, value: Any) -> float:
    """A number from 0 to 1."""
    if not 0 <= _number(name, value) <= 1:
        raise ApiValueError(f"{name} must be from 0 to 1")
    return float(value)


def is_path(name: str, value: Any) -> str:
    """A path, as ``str``."""
    if not isinstance(value, (str, os.PathLike)):
        raise ApiTypeError(f"{name} must be a path, got {type(value).__name__}")
    path: Any = os.fspath(cast("os.PathLike[str]", value))
    return is_text(name, path)


def is_callable(name: str, value: Any) -> Any:
    """Something to call."""
    if not callable(value):
        raise ApiTypeError(f"{name} must be callable, got {type(value).__name__}")
    return value


def is_mapping(name: str, value: Any) -> dict[str, Any]:
    """A mapping from ``str``, as a dict; None is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ApiTypeError(f"{name} must be a dict, got {type_name(value)}")
    mapping = dict(cast("Mapping[Any, Any]", value))  # type: ignore[redundant-cast]  # not to pyright
    for key in mapping:
        if not isinstance(key, str):
            raise ApiTypeError(f"{name} must have texts as its keys, got {type(key).__name__}")
    return mapping


def are_secrets(name: str, value: Any) -> SecretValues:
    """The same, with values that hide themselves."""
    return SecretValues(is_mapping(name, as_secret(value)))


def are_headers(name: str, value: Any) -> SecretValues:
    """Header values by name."""
    headers = HeaderValues(is_mapping(name, as_secret(value)))
    for header, text in headers.items():
        check_header(f"{name}[{check_header_name(header)!r}]", text)
    return headers


def are_socket_options(name: str, value: Any) -> list[tuple[int, int, int | bytes]]:
    """Arguments for ``socket.setsockopt``."""
    if not isinstance(value, (list, tuple)):
        raise ApiTypeError(f"{name} must be a list of (level, option, value), got {type(value).__name__}")
    options = list(cast("Sequence[Any]", value))
    for option in options:
        parts = list(cast("Sequence[Any]", option)) if isinstance(option, (list, tuple)) else []
        if len(parts) != 3 or not all(isinstance(part, (int, bytes)) for part in parts):
            raise ApiTypeError(f"{name} must be a list of (level, option, value), such as (6, 1, 1) for TCP_NODELAY")
    return [tuple(option) for option in options]


def one_of(*allowed: str) -> Callable[[str, Any], Any]:
    """One of a few texts."""

    def check(name: str, value: Any) -> Any:
        if value not in allowed:
            raise ApiValueError(f"{name} must be {' or '.join(map(repr, allowed))}")
        return value

    return check


def optional(check: Callable[[str, Any], Kept]) -> Callable[[str, Any], Kept | None]:
    """None, or what another check takes."""

    def check_if_given(name: str, value: Any) -> Kept | None:
        return None if value is None else check(name, value)

    return check_if_given
