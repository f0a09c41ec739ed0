"""Codat's own TypeScript client, unchanged, against the sandbox, installed from npm for this test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from codat_python_sdk.sandbox import Sandbox

VERSION = "6.2.1"
TESTS = Path(__file__).with_name("official_client.test.mjs")
NODE, NPM = shutil.which("node"), shutil.which("npm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client in it."""
    if NODE is None or NPM is None:
        pytest.skip("NOT TESTED: @codat/platform, for Node.js or npm is missing here")
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    done = subprocess.run(
        [NPM, "install", *options, f"@codat/platform@{VERSION}"],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"NOT TESTED: @codat/platform, for npm could not install it: {done.stderr[-300:]}")
    shutil.copy(TESTS, folder)
    return folder


def test_typescript_client__works_unchanged(folder: Path) -> None:
    """Its companies, integrations, connections and webhooks operations are understood on both sides."""
    assert NODE is not None
    with Sandbox() as sandbox:
        environment = {**os.environ, "CODAT_SERVER_URL": sandbox.url, "CODAT_AUTH_HEADER": sandbox.auth_header}
        environment.pop("NODE_OPTIONS", None)
        done = subprocess.run(
            [NODE, "--test", "--test-reporter=tap", TESTS.name],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        statuses = {request.status for request in sandbox.requests}
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass 4$", done.stdout, re.MULTILINE), done.stdout
    assert statuses <= {200, 201, 202, 204, 404}
