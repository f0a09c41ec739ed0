"""Code that needs a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def run_python(code: str, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh Python that finds the same modules."""
    return subprocess.run(
        # Python 3.12 warns of forking with threads; that it goes well is what is tested.
        [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", code, *arguments],
        # Coverage has locks of its own, which a fork of a busy process can leave locked in the child.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
