"""scripts/interpreters.py: the Pythons that a machine lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sources import ROOT
from test_package import PYPROJECT

SUPPORTED = [
    classifier.rpartition(" ")[2] for classifier in PYPROJECT["project"]["classifiers"] if "Python :: 3." in classifier
]
NOT_ON_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="its programs are no shell scripts")


def get_interpreters(folder: Path, *programs: str, **scripts: str) -> str:
    """What the script prints where the PATH has nothing but programs that do nothing, and shell scripts."""
    path = folder / "path"
    path.mkdir()
    for name, content in (dict.fromkeys(programs, "true") | scripts).items():
        (path / name).write_text(f"#!/bin/sh\n{content}\n", encoding="utf-8")
        (path / name).chmod(0o755)
    command = [sys.executable, str(ROOT / "scripts" / "interpreters.py"), str(folder / "got")]
    done = subprocess.run(command, env=os.environ | {"PATH": str(path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_supported__are_the_six_that_are_tested() -> None:
    """The classifiers have CPython 3.10 to 3.15; tox has an environment of each, and of one without a GIL."""
    assert SUPPORTED == ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
    assert "py{310,311,312,313,314,315,314t}" in (ROOT / "tox.ini").read_text(encoding="utf-8")


@NOT_ON_WINDOWS
def test_installed__are_left_alone(tmp_path: Path) -> None:
    """Where all interpreters are on the PATH, nothing is fetched and nothing is said."""
    assert get_interpreters(tmp_path, *(f"python{version}" for version in SUPPORTED)) == ""
    assert not (tmp_path / "got").exists()


@NOT_ON_WINDOWS
def test_unobtainable__says_why(tmp_path: Path) -> None:
    """An interpreter that the mirror does not have is named with the package manager's reason, and is no failure."""
    installed = [f"python{version}" for version in SUPPORTED if version != "3.15"]
    (tmp_path / "got" / "tools" / "bin").mkdir(parents=True)
    (tmp_path / "got" / "tools" / "bin" / "patchelf").touch()
    refuse = "echo I: running; echo 'E: Unable to locate package python3.15-venv' >&2; echo 'E: it failed' >&2; exit 25"
    printed = get_interpreters(
        tmp_path, *installed, **{"apt-get": "echo http://debian.test/debian/", "mmdebstrap": refuse}
    )
    assert printed == "3.15: mmdebstrap: E: Unable to locate package python3.15-venv\n"


@NOT_ON_WINDOWS
def test_unobtainable__without_a_package_manager(tmp_path: Path) -> None:
    """Where there is no apt-get, each interpreter that is missing is named, a shim that does not run among them."""
    printed = get_interpreters(
        tmp_path, *(f"python{version}" for version in SUPPORTED[1:-1]), **{"python3.10": "exit 1"}
    )
    assert [line.partition(":")[0] for line in printed.splitlines()] == ["3.10", "3.15"]
    assert "apt-get" in printed
