"""The files of this repository, for the tests that look at their text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: The fields of a file and of a statement that hold statements, or the branches of ``try`` and ``match``.
BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@cache
def text_of(path: Path) -> str:
    """What the file holds; it is read once in a process."""
    return path.read_text(encoding="utf-8")


def tree_of(path: Path) -> ast.Module:
    """The file as Python. It is not kept: the garbage collector would look at half a million nodes again and again."""
    return ast.parse(text_of(path))


def statements_of(path: Path) -> Iterator[ast.stmt]:
    """All statements of the file, those within others included, but not the many expressions in them."""
    blocks: list[ast.AST] = [tree_of(path)]
    while blocks:
        block = blocks.pop()
        if isinstance(block, ast.stmt):
            yield block
        for name in BLOCKS:
            blocks += getattr(block, name, ())
