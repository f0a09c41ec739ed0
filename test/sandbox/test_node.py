"""The example of tests in another language, run by that language."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from codat_python_sdk.sandbox import Sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "typescript"
NODE = shutil.which("node")


def node_version() -> int:
    if NODE is None:
        return 0
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").partition(".")[0])


@pytest.mark.skipif(node_version() < 18, reason="no Node.js here, or one before 18, which has neither fetch nor tests")
def test_example__passes() -> None:
    """The tests of the example pass against the sandbox, driven through its control API."""
    assert NODE is not None
    with Sandbox() as sandbox:
        environment = {**os.environ, "CODAT_SERVER_URL": sandbox.url, "CODAT_API_KEY": sandbox.api_key}
        environment.pop("NODE_OPTIONS", None)
        files = [str(file) for file in EXAMPLE.glob("*.mjs")]
        done = subprocess.run(
            [NODE, "--test", "--test-reporter=tap", *files], env=environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass 4$", done.stdout, re.MULTILINE), done.stdout
