"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

USING = """
import http.client

seen = set()


def check(sandbox):
    assert not sandbox.requests and sandbox.url not in seen and sandbox.connections() == []
    seen.add(sandbox.url)
    client = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))
    headers = {"Authorization": sandbox.auth_header}
    client.request("GET", f"/companies/{sandbox.company_id}/connections", headers=headers)
    assert client.getresponse().read() and len(sandbox.requests) == 1
    sandbox.add_connection()
    client.close()


def test_one(codat_sandbox):
    check(codat_sandbox)


def test_two(codat_sandbox):
    check(codat_sandbox)
"""
UNUSED = """
import sys


def test_nothing():
    assert "codat_python_sdk_pytest" in sys.modules
    assert "codat_python_sdk" not in sys.modules
"""
CLIENT = """
def test_client(codat_sandbox, codat_client):
    connection = codat_client.connections.create(codat_sandbox.company_id, platform_key="gbol")
    assert connection.status == "PendingAuth"
    assert [request.operation for request in codat_sandbox.requests] == ["create"]
"""


def run(folder: Path, text: str) -> None:
    (folder / "test_it.py").write_text(text)
    arguments = ["-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    plugins = ["-p", "codat_python_sdk_pytest"]
    # Where the package is installed, its entry point would register the plugin a second time.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", *plugins, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_sandbox__is_fresh_for_each_test(tmp_path: Path) -> None:
    """Each test gets a sandbox of its own, serving and empty."""
    run(tmp_path, USING)


def test_unused__imports_no_sandbox(tmp_path: Path) -> None:
    """As long as no test asks for a fixture, the sandbox is not imported."""
    run(tmp_path, UNUSED)


def test_client__talks_to_the_sandbox(tmp_path: Path) -> None:
    """The client fixture is set up for the test's own sandbox."""
    run(tmp_path, CLIENT)
