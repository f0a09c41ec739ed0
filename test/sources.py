"""The files of this repository, for the tests that look at their text."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def text_of(path: Path) -> str:
    """What the file holds; it is read once in a process."""
    return path.read_text(encoding="utf-8")


def tree_of(path: Path) -> ast.Module:
    """The file as Python. It is not kept: the garbage collector would look at half a million nodes again and again."""
    return ast.parse(text_of(path))
