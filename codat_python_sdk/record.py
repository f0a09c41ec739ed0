"""Groups of values that one step of a call hands to the next."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[type], type]:
        """What typing has from Python 3.11 on."""
        return lambda cls: cls


__all__ = ["Record", "dataclass_transform"]


@dataclass_transform(kw_only_default=True)
class Record(SimpleNamespace):
    """Keyword arguments as attributes; a subclass declares them, with the defaults of those that may be left out.

    A NamedTuple or a dataclass compiles its methods whenever it is imported. That takes 0.2 ms, and a first result
    needs five such classes: they were a twentieth of it.
    """
