"""How many of 300 small changes to the package, drawn by a fixed seed, the tests notice: ``tox -e mutants``.

Cosmic Ray makes the changes one by one, in a copy of this folder, and tries them in three stages. What passes one stage
goes to the next: first the tests that run the changed line, as pytest-cov recorded them, the test file of the same name
and the list of public names; then the test files of the same folder; then the whole suite. A time limit that is missed
counts as noticed, for a loop that never ends is one.

What no test notices is printed with the change that was made.
"""

# Only this environment has Cosmic Ray, which has no types.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportUnknownLambdaType=false

from __future__ import annotations

import ast
import difflib
import functools
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkItem
from coverage import CoverageData

ROOT = Path(__file__).parent.parent
PACKAGE = "codat_python_sdk"
SEED, COUNT = 20, 300
#: "is" and "==" are the same for None and enumerations; of the ways to spoil an arithmetic operator, a few will do
LEFT_OUT = re.compile(r"Comparison.*_(Is_Eq|IsNot_NotEq|Eq_Is|NotEq_IsNot)$|Binary.*_(RShift|LShift|BitXor|Pow|Mod)$")
MAX_TESTS = 300  # for one change; what they miss is left to the whole suite
OPTIONS = "-x -q --no-header -p no:cacheprovider -p no:cov --hypothesis-profile=usual"
PYTEST = [sys.executable, "-m", "pytest", *OPTIONS.split()]
STAGES = {"drawn": 300, "nearby": 600, "everything": 1200}  # seconds for one change
SURFACE = "test/test_surface.py"  # it notices defaults, decorators and options, which no test runs line by line
CONFIGURATION = """[cosmic-ray]
module-path = "{package}"
timeout = {seconds}
excluded-modules = []
test-command = "{command}"
[cosmic-ray.distributor]
name = "local"
"""


def run(folder: Path, count: int) -> None:
    """Record, draw and try; what the folder has of an earlier run is kept."""
    copy = folder / "copy"
    if hasattr(os, "nice"):
        os.nice(19)
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    if not (copy / ".coverage").exists():
        _record(copy)
    shutil.rmtree(copy / PACKAGE)  # a run that was stopped may have left its change there
    shutil.copytree(ROOT / PACKAGE, copy / PACKAGE)
    _draw(folder, count)
    survivors: list[tuple[WorkItem, str]] = []
    for number, (stage, seconds) in enumerate(STAGES.items()):
        session = folder / f"{stage}.sqlite"
        if number:
            _fill(session, [item for item, _ in survivors])
        _cosmic_ray(folder, "exec", stage, seconds, [sys.executable, __file__, "--change", str(folder), stage])
        survivors = _survivors(session)
        print(f"{len(survivors)} of {count} survived the stage {stage!r}", flush=True)
    for item, change in sorted(survivors, key=lambda survivor: _place(survivor[0])):
        print("SURVIVED", *_place(item), change, sep="\n" if change else " ")
    print(f"{count - len(survivors)} of {count} killed, that is {1 - len(survivors) / count:.1%}")


def _record(copy: Path) -> None:
    """Copy the project, and note there which test runs which lines."""
    shutil.rmtree(copy, ignore_errors=True)
    not_sources = shutil.ignore_patterns(".git", ".tox", ".venv", "venv", "pythons", "__pycache__", ".coverage*")
    shutil.copytree(ROOT, copy, ignore=not_sources)
    options = ["-q", "-n", "4", f"--cov={PACKAGE}", "--cov-context=test", "--cov-report=", "--cov-fail-under=0"]
    # What coverage makes so slow that it fails is noted all the same; later the tests run without.
    subprocess.run([sys.executable, "-m", "pytest", *options], cwd=copy, check=False)


def _draw(folder: Path, count: int) -> None:
    """At most one change in each place of the code, drawn from all that Cosmic Ray can make."""
    if not (folder / "all.sqlite").exists():
        _cosmic_ray(folder, "init", "all", STAGES["drawn"], [])
    places: dict[tuple[str, int, int], list[WorkItem]] = {}
    for item in sorted(WorkDB(folder / "all.sqlite", WorkDB.Mode.open).work_items, key=_place):
        if not LEFT_OUT.search(item.mutations[0].operator_name) and not _without_effect(folder / "copy", item):
            places.setdefault(_place(item)[:3], []).append(item)
    chance = random.Random(SEED)  # noqa: S311  # a sample is no secret
    drawn = [chance.choice(places[place]) for place in chance.sample(sorted(places), len(places))]
    _fill(folder / "drawn.sqlite", drawn[:count])


def _place(item: WorkItem) -> tuple[str, int, int, str, int]:
    change: MutationSpec = item.mutations[0]
    return (str(change.module_path), *change.start_pos, change.operator_name, change.occurrence)


def _without_effect(copy: Path, item: WorkItem) -> bool:
    """Whether it changes an annotation that is never evaluated, what only type checkers read, or a cache."""
    path, row, column = _place(item)[:3]
    return any(start <= (row, column) < end for start, end in _unread_spans(copy / path))


@functools.cache
def _unread_spans(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return [
        ((node.lineno, max(0, node.col_offset - 1)), (node.end_lineno or 0, node.end_col_offset or 0))  # with an @
        for node in _unread(path)
    ]


def _unread(path: Path) -> Iterator[ast.expr | ast.stmt]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.arg) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef):
            yield from [node.returns] if node.returns else []
            yield from [part.annotation for part in ast.walk(node) if isinstance(part, ast.AnnAssign)]
            yield from [decorator for decorator in node.decorator_list if "cache" in ast.unparse(decorator)]
        elif isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases):
            yield node
        elif isinstance(node, ast.AnnAssign) and "model" not in path.parts:  # a model's annotations are its types
            yield node.annotation
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield node


def _fill(path: Path, items: list[WorkItem]) -> None:
    """Add those that the session does not have; their results stay."""
    session = WorkDB(path, WorkDB.Mode.create)
    there = {_place(item) for item in session.work_items}
    session.add_work_items([item for item in items if _place(item) not in there])
    session.close()


def _cosmic_ray(folder: Path, action: str, session: str, seconds: int, tests: list[str]) -> None:
    configuration = folder / f"{session}.toml"
    configuration.write_text(
        CONFIGURATION.format(package=PACKAGE, seconds=seconds, command=" ".join(tests)), encoding="utf-8"
    )
    command = Path(sys.executable).parent / "cosmic-ray", action, configuration, folder / f"{session}.sqlite"
    subprocess.run([str(part) for part in command], cwd=folder / "copy", check=True)


def _survivors(path: Path) -> list[tuple[WorkItem, str]]:
    """The changes that passed, each with its lines."""
    completed = WorkDB(path, WorkDB.Mode.open).completed_work_items
    return [(item, result.diff) for item, result in completed if result.test_outcome == TestOutcome.SURVIVED]


def test_change(copy: Path, stage: str) -> int:
    """Run the tests of one stage on the change in the copy."""
    for path in sorted((copy / PACKAGE).rglob("*.py")):
        before = (ROOT / path.relative_to(copy)).read_text(encoding="utf-8").splitlines()
        after = path.read_text(encoding="utf-8").splitlines()
        for tag, first, end, *_ in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag != "equal":
                lines = range(first + 1, max(end, first + 1) + 1)
                tests = _arguments(stage, copy, path, lines)
                return subprocess.run([*PYTEST, *tests], cwd=copy, check=False).returncode
    raise SystemExit("nothing was changed")


def _arguments(stage: str, copy: Path, path: Path, lines: range) -> list[str]:
    if stage == "drawn":
        return ["-n", "0", *_tests(copy, path, lines), SURFACE]
    return _nearby(copy, path) if stage == "nearby" else []


def _nearby(copy: Path, path: Path) -> list[str]:
    """The test files for the folder of the changed file; those outside of folders where it has none."""
    folder = copy / "test" / path.relative_to(copy / PACKAGE).parent
    folder = folder if folder.exists() else copy / "test"
    return sorted(str(file.relative_to(copy)) for file in folder.glob("test_*.py"))


def _tests(copy: Path, path: Path, lines: range) -> list[str]:
    """The tests that run one of the lines, those of the file of the same name first, and then that file."""
    folder, name = path.relative_to(copy / PACKAGE).parent, path.stem.strip("_")
    own = next((copy / "test" / folder).glob(f"test_{name}.py"), copy / "test" / folder / "test_models.py")
    own_file = [str(own.relative_to(copy))] if own.exists() else []
    data = CoverageData(str(copy / ".coverage"))
    data.read()
    by_line = data.contexts_by_lineno(str(path))
    running = {context.rpartition("|")[0] for line in lines for context in by_line.get(line, []) if context}
    chosen = sorted(running)
    random.Random(SEED).shuffle(chosen)  # noqa: S311
    chosen.sort(key=lambda test: not own_file or not test.startswith(own_file[0]))
    # A path that is not there would end pytest with an error, which would count as a change that was noticed.
    folder_of_tests = own.parent if own.parent.exists() else copy / "test"
    return [*chosen[:MAX_TESTS], *own_file] or [str(folder_of_tests.relative_to(copy))]


if __name__ == "__main__":
    if sys.argv[1] == "--change":
        sys.exit(test_change(Path(sys.argv[2]) / "copy", sys.argv[3]))
    run(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else COUNT)
