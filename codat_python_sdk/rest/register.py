"""Objects that are alive, remembered without keeping them alive and without running Python code when they die."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registered(weakref.ref[T]):
    """A reference that is equal to itself alone, so that a set can hold it after its object has died."""

    __slots__ = ()
    __hash__ = object.__hash__
    __eq__ = object.__eq__


class Register(Generic[T]):
    """A set of weak references; each is removed in C, the moment its object dies.

    ``weakref.WeakSet`` runs Python code then. An exception that a signal handler raises in there is not seen by anyone,
    because the interpreter ignores what is raised while an object dies.
    """

    def __init__(self) -> None:
        self._references: set[Registered[T]] = set()

    def add(self, value: T) -> None:
        """Remember a value for as long as it is alive."""
        self._references.add(Registered(value, self._references.discard))

    def __iter__(self) -> Iterator[T]:
        for reference in self._references.copy():
            value = reference()
            if value is not None:
                yield value
