"""pytest-socket: what a user's tests may not reach says so at once, and the sandbox's fixtures work beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("pytest_socket", reason="tox -e pytest_socket installs pytest-socket")

pytest_plugins = ["pytester"]
Run = Callable[..., pytest.RunResult]

# Tests as users write them. They name addresses of this machine alone, so that nothing leaves it should the block fail.
# The client would retry for days: a test that ends was not retried.
CALLS = """
import pytest
from pytest_socket import SocketBlockedError, SocketConnectBlockedError

from codat_python_sdk import CodatPlatform, RetryPolicy

MANY_RETRIES = RetryPolicy(1_000, initial_interval=86_400, max_interval=86_400)


@pytest.fixture(params=["http://127.0.0.2:9", "https://127.0.0.2:9"])
def codat(request):
    with CodatPlatform(api_key="key", server_url=request.param, retries=MANY_RETRIES, deadline=None) as codat:
        yield codat
"""

BLOCKED = """
def test_blocked(codat):
    with pytest.raises(SocketBlockedError, match="A test tried to use socket"):
        codat.connections.get("c1", "k1")


def test_blocked_in_the_pool(codat):
    handle = codat.api_client.call_api("/", "GET", async_req=True)
    with pytest.raises(SocketBlockedError):
        handle.get(5)


def test_unexpected(codat):
    codat.connections.get("c1", "k1")
"""

ELSEWHERE = """
def test_elsewhere(codat):
    with pytest.raises(SocketConnectBlockedError, match='with host "127.0.0.2"'):
        codat.connections.get("c1", "k1")
"""

SANDBOX = """
def test_sandbox(codat_sandbox, codat_client):
    connection = codat_client.connections.create(codat_sandbox.company_id, platform_key="gbol")
    codat_sandbox.authorize(connection.id)
    (connection,) = codat_client.connections.iterate(codat_sandbox.company_id)
    assert connection.status == "Linked"
"""

BY_MARKER = """
import pytest


def test_blocked():
    from codat_python_sdk import CodatPlatform  # at the first call, as large applications do

    with CodatPlatform(api_key="key", server_url="http://127.0.0.2:9") as codat:
        with pytest.raises(RuntimeError, match="A test tried to use socket"):
            codat.connections.get("c1", "k1")


@pytest.mark.enable_socket
""" + SANDBOX.strip()

ONE_CLIENT = """
import pytest

from codat_python_sdk import CodatPlatform, Configuration
from codat_python_sdk.sandbox import Sandbox


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def codat(sandbox):
    configuration = Configuration(sandbox.url, api_key={"API Key Auth": sandbox.auth_header})
    configuration.connection_pool_maxsize = 1
    with CodatPlatform(configuration=configuration, deadline=1) as codat:
        yield codat


@pytest.mark.enable_socket
def test_start(sandbox):
    pass


@pytest.mark.parametrize("number", range(3))
def test_blocked(sandbox, codat, number):
    with pytest.raises(RuntimeError, match="A test tried to use socket"):
        codat.connections.list(sandbox.company_id)


@pytest.mark.enable_socket
def test_allowed_again(sandbox, codat):
    assert codat.connections.list(sandbox.company_id).results == []
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a user's test file in a pytest of its own, with options on its command line."""
    # Where the package is installed, its entry point would register the plugin a second time.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(text: str, *options: str) -> pytest.RunResult:
        (pytester.path / "test_by_user.py").write_text(text, encoding="utf-8")
        plugins = ["-p", "codat_python_sdk_pytest", "-p", "pytest_socket"]
        careful = ["-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning"]
        return pytester.runpytest_subprocess(*plugins, *careful, *options, timeout=30)

    return run


def test_blocked__says_so_at_once(run: Run) -> None:
    """With --disable-socket a call raises pytest-socket's own error, in the thread pool too, and is not repeated."""
    result = run(CALLS + BLOCKED, "--disable-socket")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(["E * pytest_socket.SocketBlockedError: A test tried to use socket.socket."])


def test_other_hosts__are_blocked_and_the_sandbox_is_not(run: Run) -> None:
    """With --allow-hosts=127.0.0.1 the fixtures work, and a call to another host names it."""
    result = run(CALLS + ELSEWHERE + SANDBOX, "--disable-socket", "--allow-hosts=127.0.0.1")
    result.assert_outcomes(passed=3)


def test_marker__opens_the_way_to_the_sandbox(run: Run) -> None:
    """A test with enable_socket gets its sandbox, even if the package was imported while sockets were blocked."""
    run(BY_MARKER, "--disable-socket").assert_outcomes(passed=2)


def test_client__is_none_the_worse(run: Run) -> None:
    """Being blocked costs a client none of its connections' places: allowed again, it works."""
    run(ONE_CLIENT, "--disable-socket").assert_outcomes(passed=5)
