"""Fixtures for all tests: a scripted server, an api on it, a sandbox. No test connects to another machine."""

from __future__ import annotations

import copy
import gc
import ipaddress
import os
import pickle
import re
import socket
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.config import default_plugins
from authority import authority
from hypothesis import HealthCheck, settings
from ledger import Ledger
from leftovers import VARIABLE, all_of_it, can_be_seen, left, processes
from prepared import Prepared
from server import ScriptedServer

from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.rest.connection import DeadlineConnectionMixin
from codat_python_sdk.rest.heads import Response
from codat_python_sdk.rest.plain_heads import PlainHeadResponse
from codat_python_sdk.sandbox import Sandbox

# No limits on the time to generate and run an example: it depends on the machine. Tests of speed are in test_cost.py.
# Few examples, the same ones each time, so that a failure is due to a change. The environments of tox have twice as
# many, and --hypothesis-profile=thorough draws a thousand others.
settings.register_profile(
    "quick", max_examples=20, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("usual", settings.get_profile("quick"), max_examples=40)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=1000, derandomize=False)
settings.load_profile("quick")

#: What takes seconds without using the processor: begun first, so that no process of xdist waits for it in the end.
LONG = {"test_soak.py", "test_fault_campaign.py", "test_interruptions.py"}

API_KEY = "Basic a2V5LWZvci10ZXN0cw=="

MakeApi = Callable[..., ConnectionApi]

#: what a test must not be, and how that is seen
PROBLEMS: dict[str, Callable[[Any], object]] = {
    "ids with an address in memory": lambda item: re.search(r"\b0x[0-9a-f]{6,}", item.nodeid),
    "not named test_<thing>__<case>": lambda item: not re.search(r"::test_[a-z0-9_]+?__[a-z0-9_]+(\[|$)", item.nodeid),
    "without a sentence as docstring": lambda item: not re.fullmatch(r"(?s).+\.\s*", item.obj.__doc__ or ""),
}

#: Functions that copy an object; the last one also works between processes.
COPIERS: list[Callable[[Any], Any]] = [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]

#: Modules in these folders need packages of their own tox environments, so the default run leaves them out.
NEED_MORE = [Path(__file__).parent / folder for folder in ("contract", "ecosystem")]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option, so that all tests can be run without the quick reading of heads."""
    parser.addoption("--standard-heads", action="store_true", help="let http.client read the heads of all responses")


def pytest_configure(config: pytest.Config) -> None:
    """Do what the option says, in each process of xdist."""
    if config.getoption("--standard-heads"):
        DeadlineConnectionMixin.response_class = Response


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect nothing below those folders, unless a path in them was asked for."""
    asked = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    return (
        any(
            folder in (collection_path, *collection_path.parents)
            and not any(folder in (path, *path.parents) for path in asked)
            for folder in NEED_MORE
        )
        or None
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite in several processes, as if -n auto were given; -n 0 runs it in this one."""
    # Images of containers often ask for no bytecode. Here some two hundred processes would each compile the package.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # this is one of those processes, and must not start more
    is_all = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword
    if is_all and getattr(config.option, "numprocesses", 0) is None:  # xdist is there, and was told nothing
        config.option.numprocesses = "auto"
        config.option.dist = "worksteal"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Two processes for each processor and one more, since many tests wait; or what xdist's variable says.

    Each process costs three seconds before its first test: it imports and collects all of them.
    """
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else 2 * (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let each process of xdist begin with other files: in a fresh clone they share the rewriting of all asserts."""
    report = yield
    if isinstance(collector, pytest.Directory) and "PYTEST_XDIST_WORKER" in os.environ:
        number, count = os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"), os.environ["PYTEST_XDIST_WORKER_COUNT"]
        nodes: list[Any] = report.result or []
        first = len(nodes) * int(number) // int(count)
        report.result = nodes[first:] + nodes[:first]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Switch the garbage collector off: it would take a fifth of the time, and find nothing."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Switch it on again for what tests make, but spare it the thousands of tests themselves."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, and refuse tests that do not say what they promise, or where they are.

    With ids that change from run to run, no two processes could share the tests, and no one test be repeated.
    """
    items.sort(key=lambda item: (item.path.name not in LONG, item.path))
    for problem, has_it in PROBLEMS.items():
        if found := [item.nodeid for item in items if has_it(item)]:
            raise pytest.UsageError(f"{problem}: {found}")


@pytest.fixture(scope="session", autouse=True)
def _surroundings(request: pytest.FixtureRequest) -> Iterator[None]:
    """What holds for all tests. It is one fixture, because even of those that are there pytest asks for each test."""
    with _nothing_is_left(request), _loopback_only(), _untouched_environment():
        yield


@contextmanager
def _nothing_is_left(request: pytest.FixtureRequest) -> Generator[None]:
    """Fail when a process, a socket or a thread of a test is still there after all tests.

    The libraries that the tests in test/ecosystem/ use may keep threads and event loops until this process ends.
    """
    if not can_be_seen:
        yield
        return
    os.environ[VARIABLE] = str(os.getpid())
    of_libraries = any(item.path.parent.name == "ecosystem" for item in request.session.items)
    visible = processes if of_libraries else all_of_it
    before = visible()
    yield
    if not request.session.testsfailed:  # a test that failed may not have come to its end
        assert left(before=before, visible=visible) == []


@contextmanager
def _loopback_only() -> Generator[None]:
    """Fail whatever connects to another machine; names under .test and .invalid do not resolve."""

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                assert _is_local(address[0]), f"a test connects to {address}"
            return real(self, address)

        return connect

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host or "localhost"
        name.encode("idna")  # the real one raises UnicodeError here
        if name.endswith((".test", ".invalid")):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        assert name == "localhost" or _is_address(name), f"a test looks up {name}"
        return resolve(host, *args, **kwargs)

    resolve = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_local(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


@contextmanager
def _untouched_environment() -> Generator[None]:
    """Hide the machine's proxies and credentials. A test sets its own with monkeypatch."""
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    with pytest.MonkeyPatch.context() as patch:
        for name in (*proxies, *map(str.lower, proxies), "CODAT_API_KEY", "CODAT_AUTH_HEADER", "CODAT_SERVER_URL"):
            patch.delenv(name, raising=False)
        yield


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Let no test have another one's default configuration. A hook, for fixtures cost each test some time."""
    Configuration.set_default(None)


@pytest.fixture(params=[PlainHeadResponse, Response], ids=["plain heads", "standard heads"])
def both_heads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a test twice: heads are parsed by the fast parser where possible, and by http.client alone."""
    monkeypatch.setattr(DeadlineConnectionMixin, "response_class", request.param)


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads that take turns as often as can be."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that returns a connection for every request, until it is given a script."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def make_api(server: ScriptedServer) -> Iterator[MakeApi]:
    """A function that makes an api on the server (or on `host`), from attributes of the configuration.

    One attempt per call, unless `retries` says otherwise. `client` holds arguments for `ApiClient`.
    """
    clients: list[ApiClient] = []

    def make(*, host: str | None = None, client: dict[str, Any] | None = None, **attributes: Any) -> ConnectionApi:
        configuration = Configuration(host=server.url if host is None else host, api_key={"API Key Auth": API_KEY})
        for name, value in ({"retries": 0} | attributes).items():
            assert hasattr(configuration, name), name
            setattr(configuration, name, value)
        clients.append(ApiClient(configuration, **client or {}))
        return ConnectionApi(clients[-1])

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def api(make_api: MakeApi) -> ConnectionApi:
    """An api on the server."""
    return make_api()


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    """The file that makes our authority a trusted one."""
    path = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(path)
    return str(path)


#: What scripts import, or the package does when they use it.
USED_BY_SCRIPTS = [
    "codat_python_sdk.sandbox",
    "codat_python_sdk.models",
    "codat_python_sdk.rest.client",
    "codat_python_sdk.resources.connections",
    "codat_python_sdk.operations.connections",
]


@pytest.fixture(scope="session")
def scripts() -> Iterator[Prepared]:
    """A Python that has imported client and sandbox, for scripts that use them; warnings are errors."""
    with Prepared("-W", "error", modules=USED_BY_SCRIPTS) as python:
        yield python


@pytest.fixture(scope="session")
def pytests() -> Iterator[Prepared]:
    """A Python that has imported pytest, what that imports when it begins, and client and sandbox."""
    own = [f"_pytest.{plugin}" for plugin in default_plugins]
    with Prepared(modules=["pytest", *own, "pdb", "unittest", "xml.etree.ElementTree", *USED_BY_SCRIPTS]) as python:
        yield python


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """One sandbox for all tests of a module, watched; each of them has its own connections in it."""
    with Ledger() as ledger:
        yield ledger


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A local Codat of today with one company."""
    with Sandbox() as sandbox:
        yield sandbox
