"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prepared import Prepared

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller

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


@pytest.fixture
def run(tmp_path: Path, pytests: Prepared) -> Callable[..., None]:
    """A function that runs tests with the plugin and its settings, and fails where they do."""

    def run(text: str, **settings: str) -> None:
        lines = ["[pytest]", *(f"codat_sandbox_{name} = {value}" for name, value in settings.items()), ""]
        (tmp_path / "pytest.ini").write_text("\n".join(lines), encoding="utf-8")
        _run(pytests, tmp_path, text)

    return run


def _run(pytests: Prepared, folder: Path, text: str) -> None:
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    arguments = ["-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    plugins = ["-p", "codat_python_sdk_pytest"]
    # Where the package is installed, its entry point would register the plugin a second time.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = pytests.run("-m", "pytest", *plugins, *arguments, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr


def test_unused__imports_no_sandbox(tmp_path: Path) -> None:
    """As long as no test asks for a fixture, the sandbox is not imported."""
    with Prepared(modules=["pytest"]) as python:
        _run(python, tmp_path, UNUSED)


ENVIRONMENT = """
import os

from codat_python_sdk import CodatPlatform


def test_application(codat_env):
    with CodatPlatform() as codat:
        codat.connections.list(codat_env.company_id)
    codat_env.expect(operation="connections.list", times=1)
    assert "CODAT_AUTH_HEADER" not in os.environ


def test_restored():
    assert os.environ["CODAT_API_KEY"] == "live-key"
    assert os.environ["CODAT_AUTH_HEADER"] == "Basic live"
"""
MARKED = """
import pytest


@pytest.mark.codat_sandbox(seed=7, contract="2021")
def test_arguments(codat_sandbox, codat_client):
    assert codat_client.connections.create(codat_sandbox.company_id, platform_key="gbol").integration_key is None


@pytest.mark.codat_sandbox(seed=7, company_id="mine")
def test_other_arguments(codat_sandbox):
    assert codat_sandbox.company_id == "mine"


def test_retries_do_not_wait(codat_sandbox, codat_client):
    codat_sandbox.fail_next(times=3)
    started = codat_sandbox.clock.now()
    assert codat_client.connections.list(codat_sandbox.company_id).total_results == 0
    assert codat_sandbox.clock.now() - started < 1
"""
SHARED = """
import pytest

urls = set()


@pytest.fixture(scope="session")
def application(codat_sandbox, codat_client, codat_env):
    return codat_sandbox


@pytest.fixture(autouse=True)
def clean(codat_sandbox):
    yield
    codat_sandbox.reset()


@pytest.mark.parametrize("number", range(3))
def test_shared(application, codat_sandbox, number):
    assert application is codat_sandbox and codat_sandbox.connections() == []
    codat_sandbox.add_connection()
    urls.add(codat_sandbox.url)
    assert len(urls) == 1
"""
NESTED = """
import pytest


@pytest.mark.codat_sandbox(company_id="of the class", seed=1)
class TestNested:
    @pytest.mark.codat_sandbox(company_id="of the test")
    def test_both(self, codat_sandbox):
        assert codat_sandbox.company_id == "of the test"
        assert codat_sandbox.api_key == "%s"
"""
OF_ANOTHER_SCOPE = """
import pytest


@pytest.mark.codat_sandbox(strict=True)
def test_not_strict(codat_sandbox):
    codat_sandbox.fail_next()
"""
OF_ITS_SCOPE = """
import pytest


@pytest.mark.codat_sandbox(company_id="of the class")
class TestShared:
    def test_first(self, codat_sandbox):
        assert codat_sandbox.company_id == "of the class"
"""
OF_A_MODULE = """
import pytest

pytestmark = pytest.mark.codat_sandbox(company_id="of the module")


def test_module(codat_sandbox):
    assert codat_sandbox.company_id == "of the module"
"""
POSITIONAL = """
import pytest


@pytest.mark.codat_sandbox(7)
def test_positional(codat_sandbox):
    pass
"""
UNMET = """
def test_fault_never_met(codat_sandbox):
    codat_sandbox.fail_next(operation="connections.delete")
"""


def test_fixtures__without_settings(run: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a sandbox of its own, serving and empty, which its client and the application's own client reach.

    So they do with a live key in the shell, which is back afterwards, and the client's retries hardly wait. A marker's
    arguments are the sandbox's, a class's hold for its tests as well, and one that both give is the test's. A fault
    that no request met is no error.
    """
    monkeypatch.setenv("CODAT_API_KEY", "live-key")
    monkeypatch.setenv("CODAT_AUTH_HEADER", "Basic live")
    run(USING + CLIENT + ENVIRONMENT + MARKED + NESTED % Sandbox(seed=1).api_key + UNMET)


def test_marker__that_would_be_ignored(tmp_path: Path, run: Callable[..., None]) -> None:
    """A marker on a test, where tests share a sandbox, and a positional argument are errors: they have no effect."""
    with pytest.raises(AssertionError, match="takes its arguments by keyword"):
        run(POSITIONAL)
    for scope in ("session", "package", "module", "class"):
        with pytest.raises(AssertionError, match=f"does not reach a sandbox with the scope {scope}"):
            run(OF_ANOTHER_SCOPE, scope=scope)
    run(OF_ITS_SCOPE, scope="class")
    (tmp_path / "__init__.py").touch()
    with pytest.raises(AssertionError, match="does not reach a sandbox with the scope package"):
        run(OF_A_MODULE, scope="package")
    run(OF_A_MODULE, scope="module")


def test_scope__that_pytest_does_not_know(run: Callable[..., None]) -> None:
    """A misspelled scope is named, in one line that says which there are."""
    with pytest.raises(AssertionError, match="codat_sandbox_scope is 'sessions', and must be one of session, package"):
        run(UNMET, scope="sessions")


def test_scope__is_configured(run: Callable[..., None]) -> None:
    """With a wider scope the tests share a sandbox, which fixtures of that scope may ask for, and reset between."""
    run(SHARED, scope="session")


def test_strict__fails_at_the_end(run: Callable[..., None]) -> None:
    """In strict mode a fault that no request met is an error of the test, with a readable text."""
    with pytest.raises(AssertionError, match="an armed fault that no request hit: fail_next"):
        run(UNMET, strict="true")


def test_guide__one_server_for_all_workers(tmp_path: Path, pytests: Prepared) -> None:
    """The guide's tests with a company each pass against a server that another process uses, which does not notice."""
    guide = (Path(__file__).parents[2] / "docs" / "testing-with-the-sandbox.md").read_text("utf-8")
    text = guide.partition("# test_one_server.py\n")[2].partition("```")[0]
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    with Sandbox() as sandbox, ThreadPoolExecutor(1) as pool:
        sandbox.fail_next(status=418, times=None, company_id=sandbox.company_id)
        environment = {
            **os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "CODAT_SERVER_URL": sandbox.url,
            "CODAT_API_KEY": sandbox.api_key,
        }  # fmt: skip
        arguments = ["-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
        run = pool.submit(pytests.run, "-m", "pytest", *arguments, env=environment)
        while not run.done():
            assert Caller(sandbox)("GET").status == 418
            time.sleep(0.004)  # less than the guide's tests take from a fault to its request
        done = run.result()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "4 passed" in done.stdout
        assert len(sandbox.companies()) == len(sandbox.armed) == 1
        faults = [request.company_id for request in sandbox.requests if request.fault == "fail_next"]
        assert sum(company_id != sandbox.company_id for company_id in faults) == 4
