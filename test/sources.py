"""The files of this repository, each read and parsed once in a process, however many tests ask for it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


@cache
def text_of(path: Path) -> str:
    """What the file holds."""
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """The file as Python."""
    return ast.parse(text_of(path))
