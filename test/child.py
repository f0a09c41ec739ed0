"""Code that needs a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def _command(code: str, arguments: tuple[str, ...]) -> list[str]:
    # Python 3.12 warns of forking with threads; that it goes well is what is tested.
    return [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", code, *arguments]


def _environment() -> dict[str, str]:
    # Coverage has locks of its own, which a fork of a busy process can leave locked in the child.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def start_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Start code in a fresh Python that finds the same modules; what is written to it and what it prints are pipes."""
    pipe = subprocess.PIPE
    return subprocess.Popen(_command(code, arguments), env=_environment(), stdin=pipe, stdout=pipe, text=True)


def run_python(code: str, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh Python that finds the same modules."""
    return subprocess.run(
        _command(code, arguments),
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
