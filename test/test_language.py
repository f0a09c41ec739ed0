"""The words of documentation, docstrings, comments and error texts: those that engineers search for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sources import ROOT, text_of, tree_of

TEXTS = (
    "*.md",
    "docs/*.md",
    "codat_python_sdk/**/*.py",
    "codat_python_sdk_pytest.py",
    "examples/**/*.py",
    "scripts/*.py",
)
CODE = ("test", "examples", "benchmarks", "scripts")

#: Term that does not come back (a regular expression) → the standard one.
EVERYWHERE = {
    r"\w*answer\w*": "response, respond",
    r"by hand": "constructed by the caller",
    r"faults? of the wire": "network fault",
    r"for ever": "forever",
    r"friendly": "high-level",
    r"mend(s|ed|ing)?": "fix",
    r"refusals?": "error response, rejection",
    r"twins?": "variant, copy",
    r"(?<!ast\.)(?<!os\.)walk(s|ed|ing)?": "iterate, pass",
}
IN_TEXTS = {
    r"anew": "again",
    r"(the )?bare side": "bare urllib3",
    r"for good": "permanently",
    r"(hole|holes) in (security|urllib3|Codat's)": "vulnerability",
    r"one silence|per silence": "read timeout: the longest gap between two received bytes",
    r"pages disagree|documents disagree": "Codat's documentation is inconsistent",
    r"repetitions?": "retry",
    r"run as they stand": "run unchanged",
    r"second look": "second poll",
    r"short(er)? names?": "high-level client",
    r"the old way": "the old behaviour",
    r"below (an? )?`+\w+(Error|Exception)`+": "subclass of",
    r"whatever the server (does|claims)": "always",
}

#: Names that do not tell what they hold.
VAGUE = {"each", "look", "looking", "looks", "ours", "patient", "theirs", "walk"}
#: Where one of them may be bound to something, in lower case; a file without that need not be parsed.
VAGUE_SOMEWHERE = re.compile(
    r"\b(?:def|class|as)\s+_*(?:{0})_*\b|\b_*(?:{0})_*\s*(?:[=:,)\]]|in\b|[-+*/%@&|^<>]+=)".format("|".join(VAGUE))
)


def lines_with(terms: Mapping[str, str], paths: set[Path]) -> list[str]:
    """Where one of the terms stands, as ``file:line``, and what to say instead."""
    whole = {re.compile(rf"(?<![\w-])(?:{term})(?![\w-])", re.IGNORECASE): term for term in terms}
    any_of_them = re.compile(rf"(?<![\w-])(?:{'|'.join(terms)})(?![\w-])".lower())  # faster than to ignore the case
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number}: say: {terms[term]}"
        for path in sorted(paths)
        if any_of_them.search(text_of(path).lower())
        for number, line in enumerate(text_of(path).splitlines(), 1)
        for pattern, term in whole.items()
        if pattern.search(line)
    ]


def files(*patterns: str) -> set[Path]:
    return {path for pattern in patterns for path in ROOT.glob(pattern)} - {Path(__file__)}


def test_language__standard_terms_everywhere() -> None:
    """Documentation, code and tests use the standard terms."""
    assert lines_with(EVERYWHERE, files(*TEXTS, "test/**/*.py", "benchmarks/*.py")) == []


def test_language__standard_terms_in_what_users_read() -> None:
    """Documentation, docstrings and error texts use the standard terms."""
    assert lines_with(IN_TEXTS, files(*TEXTS)) == []


def names_in(path: Path) -> Iterator[tuple[str, int]]:
    """What a file names itself: functions, classes, arguments, variables and attributes, with their lines."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case _:
                pass


def test_names__say_what_they_hold() -> None:
    """No function, class, argument, variable or attribute has a name that says nothing of it."""
    paths = files("codat_python_sdk/**/*.py", "*.py", *(f"{folder}/**/*.py" for folder in CODE))
    vague = [
        f"{path.relative_to(ROOT).as_posix()}:{line} {name}"
        for path in sorted(paths)
        if VAGUE_SOMEWHERE.search(text_of(path).lower())
        for name, line in names_in(path)
        if name.strip("_").lower() in VAGUE
    ]
    assert vague == []


def test_headings__are_what_people_search_for() -> None:
    """Someone who searches for the field's word finds a heading with it."""
    pages = "\n".join(map(text_of, files("README.md", "docs/*.md")))
    headings = set(re.findall(r"^#+ (.+)$", pages, re.MULTILINE))
    assert {"Quick start", "Error handling", "Pagination", "Idempotency", "Log messages"} - headings == set()
