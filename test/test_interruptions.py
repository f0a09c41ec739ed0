"""Calls that are interrupted, by Ctrl-C or a signal handler that raises: nothing is lost, left behind or swallowed."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from authority import server_context
from conftest import MakeApi
from faulty import DEADLINE, call
from interruptions import Interruption, Report, interrupting, run
from server import ScriptedServer, dripped, echo, gated, http_response, reset

from codat_python_sdk import ApiException
from codat_python_sdk.api.connection_api import ConnectionApi

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that interrupt")

#: A socket whose constructor is interrupted is closed by the interpreter, which says so.
UNFINISHED_SOCKETS = "ignore:unclosed:ResourceWarning"


#: Coverage measures each line in Python code with a lock of its own, which an interruption leaves locked.
not_measured = pytest.mark.skipif("coverage" in sys.modules, reason="interruptions would hit coverage itself")


@not_measured
@pytest.mark.filterwarnings(UNFINISHED_SOCKETS)
@pytest.mark.parametrize(("milliseconds", "threads"), [(0.5, 0), (10, 0), (0.5, 3)], ids=["1 ms", "10 ms", "in line"])
def test_campaign__leaves_the_client_whole(milliseconds: float, threads: int) -> None:
    """After 200 interruptions at random moments all places are free, each was seen, and no response is another's."""
    report = run(200, seconds=milliseconds / 1000, threads=threads)
    assert report.seen == report.raised == 200
    assert (report.mixed_up, report.places_lost, report.failures) == (0, 0, {})


@not_measured
@pytest.mark.filterwarnings(UNFINISHED_SOCKETS)
def test_campaign__over_tls(ca_file: str) -> None:
    """The same over TLS."""
    report = run(100, seconds=0.0005, tls=server_context(), ca_file=ca_file)
    assert report.seen == report.raised == 100
    assert (report.mixed_up, report.places_lost, report.failures) == (0, 0, {})


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, TimeoutError, ConnectionError, OSError])
@pytest.mark.parametrize("retries", [0, 3])
def test_interruption__reaches_the_caller(
    server: ScriptedServer, make_api: MakeApi, error: type[BaseException], retries: int
) -> None:
    """What a signal handler raises comes out as it is, whatever its class: it is no failure of the network."""
    gate = threading.Event()
    server.script(gated(http_response(), gate), http_response())
    raised = error("raised by the handler")

    def fail() -> BaseException:
        return raised

    with interrupting(Report(), fail) as interrupt_after:
        interrupt_after(0.1)
        with pytest.raises(error) as caught:
            call(make_api(), "get", _retries=retries)
    gate.set()
    assert caught.value is raised
    assert len(server.requests) == 1


def test_interruption__while_in_line(server: ScriptedServer, make_api: MakeApi) -> None:
    """One that waits for a free connection takes nothing with it: the calls of other threads end well."""
    gate = threading.Event()
    server.script(lambda request: gated(echo(request), gate))
    api = make_api(connection_pool_maxsize=1, client={"pool_threads": 3}, deadline=10)
    first = call(api, "get", connection="a", async_req=True)
    assert server.wait_for(lambda: len(server.requests) == 1)
    with interrupting(Report()) as interrupt_after:
        interrupt_after(0.1)
        with pytest.raises(Interruption):
            call(api, "get")
    others = [call(api, "get", connection=name, async_req=True) for name in "bc"]
    gate.set()
    assert [handle.get(9).data.id for handle in (first, *others)] == ["a", "b", "c"]
    assert server.connections == 1


# -- calls inside of calls ---------------------------------------------------------------------------------------------


@pytest.fixture
def on_alarm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], object]], None]]:
    """A function that has another one called in 0.1 s, by a signal handler."""
    before = signal.getsignal(signal.SIGALRM)

    def arm(function: Callable[[], object]) -> None:
        def handler(_: int, __: object) -> None:
            function()

        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.1)

    yield arm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def fails(api: ConnectionApi, **options: Any) -> ApiException:
    """What a call fails with."""
    with pytest.raises(ApiException) as caught:
        call(api, "create", **options)
    return caught.value


def test_inner_call__does_not_change_the_outcome(
    server: ScriptedServer, make_api: MakeApi, on_alarm: Callable[[Callable[[], object]], None]
) -> None:
    """A refused call inside of one whose request has arrived leaves that one's outcome unknown."""
    gate, inner = threading.Event(), list[ApiException]()
    server.script(gated(reset(), gate))
    nowhere = make_api(host="http://127.0.0.1:1")

    def refused() -> None:
        inner.append(fails(nowhere))
        gate.set()

    on_alarm(refused)
    assert fails(make_api()).outcome == "unknown"
    assert [error.outcome for error in inner] == ["not_sent"]


def test_inner_call__does_not_take_the_deadline_away(
    server: ScriptedServer, make_api: MakeApi, on_alarm: Callable[[Callable[[], object]], None]
) -> None:
    """A call inside of one whose response drips in leaves its deadline as it was."""
    server.script(dripped(http_response(), 0.05))
    nowhere = make_api(host="http://127.0.0.1:1")
    on_alarm(lambda: fails(nowhere))
    error = fails(make_api(), _deadline=DEADLINE)
    assert error.attempts[0].seconds < 4 * DEADLINE
    assert "deadline" in str(error)


def test_inner_call__finds_a_place(
    server: ScriptedServer, make_api: MakeApi, on_alarm: Callable[[Callable[[], object]], None]
) -> None:
    """A call inside of the one that has the only connection gets another one, which is closed afterwards."""
    gate, inner = threading.Event(), list[Any]()

    def respond(request: Any) -> Any:
        return gated(echo(request), gate) if request.target.endswith("outer") else echo(request)

    server.script(respond)
    api = make_api(connection_pool_maxsize=1, deadline=10)

    def fetch() -> None:
        inner.append(call(api, "get", connection="inner").data.id)
        gate.set()

    on_alarm(fetch)
    assert call(api, "get", connection="outer").data.id == "outer"
    assert inner == ["inner"]
    assert server.wait_for(lambda: server.open == 1)


def test_inner_call__of_a_log_handler(server: ScriptedServer, make_api: MakeApi) -> None:
    """A call that a log handler makes of what urllib3 logs, in the middle of another call, disturbs neither."""
    server.script(echo)
    api, seen = make_api(connection_pool_maxsize=1), list[str]()

    class Caller(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
            if not seen:
                seen.append("inner")
                assert call(api, "get", connection="inner").data.id == "inner"

    logger, handler = logging.getLogger("urllib3.connectionpool"), Caller()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        assert call(api, "get", connection="outer").data.id == "outer"
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert seen == ["inner"]
