"""Values of the tests that stand for others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Lazy:
    """A proxy as werkzeug and Django have them: an instance of what it holds, for isinstance only."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def _class(self) -> Any:
        return self.value.__class__

    __class__: Any = property(_class)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.value, name)

    def __str__(self) -> str:
        return str(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.value)

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]
