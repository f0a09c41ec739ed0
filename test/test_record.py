"""Groups of values, as attributes."""

from __future__ import annotations

import pytest

from codat_python_sdk.record import Record


class _Point(Record):
    x: int
    y: int = 0


def test_record__has_its_arguments_and_defaults() -> None:
    """What is given is an attribute; what is left out is the default of the class."""
    point = _Point(x=1)
    assert (point.x, point.y) == (1, 0)
    assert point == _Point(x=1) != _Point(x=1, y=2)
    assert repr(point) == "_Point(x=1)"


def test_record__takes_names_alone() -> None:
    """By position two values of one type could be swapped unnoticed."""
    with pytest.raises(TypeError):
        _Point(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
