"""What users may rely on is written down, and whatever changes in it is in the changelog."""

from __future__ import annotations

import re

from cases import case
from sources import ROOT, text_of
from surface import FILE, entries, render, surface, unnamed, updated

from codat_python_sdk import __version__

TEXT = FILE.read_text(encoding="utf-8")
SHOWN = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").glob("*.py")]


def test_surface__is_what_is_written_down() -> None:
    """Whoever changes what users see, changes surface.txt: `python test/surface.py` does it."""
    assert updated(TEXT, __version__) == TEXT


def test_surface__changes_are_in_the_changelog() -> None:
    """Each name that is new, gone or different stands in backquotes, under the version or under Unreleased."""
    assert unnamed(TEXT, entries(__version__) + entries("Unreleased")) == []


def test_surface__has_what_is_shown() -> None:
    """What README, docs and examples import is what users may rely on."""
    listed = re.findall(r"^[ +] ([\w.]+)", TEXT, re.MULTILINE)
    there = {
        ".".join(parts[: length + 1]) for parts in (path.split(".") for path in listed) for length in range(len(parts))
    }
    shown = {
        (f"{module}.{name}", path.name)
        for path in SHOWN
        for module, names in re.findall(
            r"^from (codat_python_sdk[\w.]*) import (\([^)]+\)|.+)", text_of(path), re.MULTILINE
        )
        for name in re.findall(r"\w+", names.partition("#")[0])
    }
    assert len(shown) > 100
    assert [(name, where) for name, where in sorted(shown) if name not in there] == []


def test_render__marks_what_changed() -> None:
    """A line stays unmarked as long as it is just as it was released."""
    text = render("1.0", released=["p.a()", "p.b()", "p.c() -> int"], present=["p.a()", "p.c() -> str", "p.d()"])
    assert text.splitlines()[1:] == ["  p.a()", "- p.b()", "- p.c() -> int", "+ p.c() -> str", "+ p.d()"]


def test_unnamed__wants_a_new_class_once() -> None:
    """Who names a new class has named what it consists of; a new member of an older class has to be named."""
    text = "# heading\n+ p.C class()\n+ p.C.x: int\n  p.D class()\n+ p.D.y: int\n"
    assert unnamed(text, "`C`") == ["+ p.D.y: int"]
    assert unnamed(text, "`D.y`") == ["+ p.C class()"]


def test_updated__starts_anew_with_a_version() -> None:
    """After a release nothing is marked."""
    text = render("1.0", released=["p.gone()"], present=[])
    assert "- p.gone()" in updated(text, "1.0")
    assert updated(text, "1.1") == render("1.1", surface(), surface())


NAMED_OR_NOT: list[tuple[str, str, bool]] = [
    ("+ p.C.list(page: int=1)", "`client.list` has pages.", True),
    ("- p.C.list()", "All that you can list.", False),
    ("- p.C.list()", "`iterate` lists `list_all`.", False),
    ("+ p.C(a: int)", "`C` takes `a`.", True),
    ("+ p.C.x: str = field('X')", "`C.x`", True),
    ("- p.q.C is p.C", "`C` is no longer in `p.q`.", True),
    ("+ --port of python -m p", "`python -m p --port 1`", True),
    ("+ --port of python -m p", "`--port-range`", False),
    ("  p.D()", "", True),
]


def test_unnamed__wants_the_name_in_backquotes() -> None:
    """Prose that happens to hold the word does not count as naming it."""
    for line, changes, is_named in NAMED_OR_NOT:
        with case(line, changes, is_named):
            assert unnamed(f"# heading\n{line}\n", changes) == ([] if is_named else [line])


def test_entries__end_with_the_next_heading() -> None:
    """What an older release says does not count for a newer one."""
    assert entries(__version__).startswith(f"## {__version__} - ")
    assert "\n## " not in entries(__version__)
    assert entries("0.0") == ""
