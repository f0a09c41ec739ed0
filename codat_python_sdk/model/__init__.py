"""One schema per module; ``codat_python_sdk.models`` has them all."""

from typing import TYPE_CHECKING

from codat_python_sdk.legacy_names import raise_for

if not TYPE_CHECKING:  # a type checker would take every name for one that is here

    def __getattr__(name: str) -> None:
        raise_for(__name__, name)
