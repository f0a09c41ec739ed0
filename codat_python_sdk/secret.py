"""Values that hide themselves from whoever only prints them."""

# Values of any type come in here.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

if TYPE_CHECKING:
    from typing_extensions import Self

_MASK = "**********"
_MAX_DEPTH = 100


class Secret(str):
    """A ``str`` that works as any other and whose ``repr`` is a mask, in a tuple, a dict or a traceback as well."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MASK)

    def __getitem__(self, index: SupportsIndex | slice) -> str:
        # Reporters shorten a long text before they show its repr.
        return Secret(super().__getitem__(index))


class SecretBytes(bytes):
    """The same for ``bytes``: a request body with credentials."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(_MASK.encode())

    def __str__(self) -> str:
        return repr(self)  # str(b"…") shows the bytes

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, index: slice, /) -> bytes: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> int | bytes:
        return SecretBytes(super().__getitem__(index)) if isinstance(index, slice) else super().__getitem__(index)


def plain_text(value: str) -> str:
    """The text of a ``str``, whatever a subclass such as an enum prints.

    A proxy, such as werkzeug's ``LocalProxy`` or Django's ``SimpleLazyObject``, is an instance of ``str`` for
    ``isinstance`` and for nothing else; its text is what it prints.
    """
    kind: type[Any] = type(value)
    return str.__str__(value) if issubclass(kind, str) else str(value)


def as_secret(value: Any, _around: tuple[int, ...] = ()) -> Any:
    """A ``str`` or ``bytes`` as a secret, a mapping as a dict whose values are secrets, a list or tuple of secrets.

    Anything else is unchanged: also what contains itself, or is inside of more than a hundred others, which nothing
    here takes.
    """
    if isinstance(value, str):
        return Secret(plain_text(value))
    if isinstance(value, bytes):
        return SecretBytes(value)
    is_sequence = type(value) in (list, tuple)
    if not is_sequence and (not isinstance(value, Mapping) or isinstance(value, SecretValues)):
        return value
    if id(value) in _around or len(_around) > _MAX_DEPTH:
        return value
    around = (*_around, id(value))
    if is_sequence:
        items = [as_secret(item, around) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    return {name: as_secret(item, around) for name, item in value.items()}


class SecretValues(dict[str, Any]):
    """A dict that makes a secret of each value that is put in: for settings that their owner changes in place."""

    def __init__(self, values: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), /, **named: Any) -> None:
        super().__init__()
        self.update(values, **named)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, as_secret(value))

    def setdefault(self, name: str, default: Any = None) -> Any:
        """The value of ``name``, set to ``default`` if there is none."""
        if name not in self:
            self[name] = default
        return self[name]

    def update(self, values: Any = (), /, **named: Any) -> None:
        """Put in all values of a mapping or of pairs."""
        for name, value in dict(values, **named).items():
            self[name] = value

    def __ior__(self, values: Any) -> Self:  # type: ignore[override, misc]
        self.update(values)
        return self

    def copy(self) -> SecretValues:
        """A copy whose values are secret as well."""
        return type(self)(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)
