"""Calls that are interrupted, by Ctrl-C or a signal handler that raises: nothing is lost, left behind or swallowed."""

from __future__ import annotations

import ctypes
import logging
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from authority import server_context
from conftest import API_KEY, MakeApi
from faulty import DEADLINE, call, silent
from interruptions import Interruption, Report, interrupting, run
from server import Reply, Request, ScriptedServer, cut, dripped, echo, gated, http_response, reset

from codat_python_sdk import ApiConnectionException, ApiException, CodatPlatform, UnreadableResponseException
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.interruptions import reentrant_lock

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that interrupt")

#: A socket whose constructor is interrupted is closed by the interpreter, which says so.
UNFINISHED_SOCKETS = "ignore:unclosed:ResourceWarning"


#: Coverage measures each line in Python code with a lock of its own, which an interruption leaves locked.
not_measured = pytest.mark.skipif("coverage" in sys.modules, reason="interruptions would hit coverage itself")


@not_measured
@pytest.mark.filterwarnings(UNFINISHED_SOCKETS)
@pytest.mark.parametrize(("milliseconds", "threads"), [(0.5, 0), (10, 0), (0.5, 3)], ids=["1 ms", "10 ms", "in line"])
def test_campaign__leaves_the_client_whole(milliseconds: float, threads: int) -> None:
    """After 100 interruptions at random moments all places are free, each was seen, and no response is another's."""
    report = run(100, seconds=milliseconds / 1000, threads=threads)
    assert report.seen == report.raised == 100
    assert (report.mixed_up, report.places_lost, report.failures) == (0, 0, {})


@not_measured
@pytest.mark.filterwarnings(UNFINISHED_SOCKETS)
def test_campaign__over_tls(ca_file: str) -> None:
    """The same over TLS."""
    report = run(100, seconds=0.0005, tls=server_context(), ca_file=ca_file)
    assert report.seen == report.raised == 100
    assert (report.mixed_up, report.places_lost, report.failures) == (0, 0, {})


def during(reply: Reply, interrupt_after: Callable[[float], object]) -> Callable[[Request], Reply]:
    """A script whose reply does not come to its end, and whose call is interrupted once its request has arrived."""

    def respond(_: Request) -> Reply:
        interrupt_after(0.05)
        return reply

    return respond


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, TimeoutError, ConnectionError, OSError])
@pytest.mark.parametrize("retries", [0, 3])
def test_interruption__reaches_the_caller(
    server: ScriptedServer, make_api: MakeApi, error: type[BaseException], retries: int
) -> None:
    """What a signal handler raises comes out as it is, whatever its class: it is no failure of the network."""
    gate = threading.Event()
    raised = error("raised by the handler")

    def fail() -> BaseException:
        return raised

    with interrupting(Report(), fail) as interrupt_after:
        server.script(during(gated(http_response(), gate), interrupt_after))
        with pytest.raises(error) as caught:
            call(make_api(), "get", _retries=retries)
    gate.set()
    assert caught.value is raised
    assert len(server.requests) == 1


class Stop(Exception):
    """What an application ends a call with: no failure of a network is of this class."""


@pytest.mark.parametrize("error", [Stop, type("StopInTime", (TimeoutError,), {})])
def test_interruption__by_another_thread(server: ScriptedServer, make_api: MakeApi, error: type[Exception]) -> None:
    """An exception of the application's own, thrown into a thread as job queues do it, ends its call."""
    gate = threading.Event()
    server.script(gated(http_response(), gate))
    api, seen = make_api(retries=3), list[BaseException]()

    def fetch() -> None:
        try:
            call(api, "get")
        except Exception as caught:  # noqa: BLE001  # whatever it is, it is compared
            seen.append(caught)

    thread = threading.Thread(target=fetch)
    thread.start()
    assert server.wait_for(lambda: len(server.requests) == 1)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(error))
    gate.set()
    thread.join()
    assert [type(caught) for caught in seen] == [error]
    assert len(server.requests) == 1


def test_error__of_a_decoder_is_no_interruption(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken body is that, whatever package urllib3 decompresses with: backports.zstd for one."""
    names = {
        "__name__": "urllib3.response",
        "ZstdError": type("ZstdError", (OSError,), {"__module__": "backports.zstd"}),
    }
    exec("def decompress(*_, **__): raise ZstdError('junk')", names)  # as if it stood there
    monkeypatch.setattr(urllib3.response.GzipDecoder, "decompress", names["decompress"])
    server.script(http_response(encoding="gzip"))
    with pytest.raises(UnreadableResponseException, match="the body cannot be decompressed"):
        call(make_api(), "get", _retries=0)


def test_interruption__of_on_attempt(server: ScriptedServer, make_api: MakeApi) -> None:
    """What a signal handler raises while the hook runs is no error of the hook's, and ends the call."""
    server.script(http_response())
    with interrupting(Report(), lambda: Stop("in the hook")) as interrupt_after:

        def hook(_: object) -> None:
            interrupt_after(0.01)
            threading.Event().wait(5)

        with pytest.raises(Stop, match="in the hook"):
            call(make_api(on_attempt=hook), "get")


def test_interruption__while_the_body_of_an_error_is_read(server: ScriptedServer, make_api: MakeApi) -> None:
    """It comes out as it is, although an error needs no body."""
    reply = cut(http_response({"error": "no"}, 400), end="stall")
    with interrupting(Report(), lambda: ConnectionError("by the handler")) as interrupt_after:
        server.script(during(reply, interrupt_after))
        with pytest.raises(ConnectionError, match="by the handler"):
            call(make_api(), "get")


def test_interruption__while_the_length_of_a_chunk_is_awaited(server: ScriptedServer, make_api: MakeApi) -> None:
    """A ValueError of a handler is not taken for a wrong length: it ends the call, which is not repeated."""
    chunked = http_response(chunks=2)
    body = len(chunked.data) - chunked.data.index(b"\r\n\r\n") - 4
    with interrupting(Report(), lambda: ValueError("by the handler")) as interrupt_after:
        server.script(during(cut(chunked, body, end="stall"), interrupt_after))
        with pytest.raises(ValueError, match="by the handler"):
            call(make_api(), "get")
    assert len(server.requests) == 1


def test_interruption__is_over_when_it_is_handled(server: ScriptedServer, make_api: MakeApi) -> None:
    """A call that is made in the handling of an interruption fails, if it does, with an error of its own."""
    gate = threading.Event()
    nowhere = make_api(host="http://127.0.0.1:1")
    with interrupting(Report(), lambda: Stop("soft limit")) as interrupt_after:
        server.script(during(gated(http_response(), gate), interrupt_after))
        try:
            call(make_api(), "get")
        except Stop:
            with pytest.raises(ApiConnectionException):
                call(nowhere, "get")
    gate.set()


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


@pytest.mark.parametrize("operation", ["get", "update_authorization"])
def test_interruption__while_connecting_shows_no_secret(make_api: MakeApi, operation: str) -> None:
    """No local variable of the frames in between shows credentials or a body: the request is not composed yet."""
    with silent() as url, interrupting(Report(), lambda: Stop("soft limit")) as interrupt_after:
        api = make_api(host=url)
        interrupt_after(0.2)
        with pytest.raises(Stop) as caught:
            call(api, operation)
    error: BaseException | None = caught.value
    shown = list[str]()
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if Path(__file__).parent not in Path(frame.f_code.co_filename).parents:
                shown += [repr(value) for name, value in frame.f_locals.items() if name != "self"]
        error = error.__cause__ or error.__context__
    assert shown
    assert [text for text in shown if API_KEY in text or "t0" in text.split("'")] == []


@pytest.mark.skipif(sys.version_info[:2] == (3, 14), reason="its lock in C can be left held")
def test_lock__is_the_one_in_c() -> None:
    """Where that can be trusted: it is several times as fast."""
    assert type(reentrant_lock()) is type(threading.RLock())


@not_measured
def test_lock__is_not_left_held() -> None:
    """After 2,000 interruptions of a thread that takes and releases a lock all the time, other threads can have it."""
    lock, report, seen = reentrant_lock(), Report(), 0

    def take() -> None:
        with lock:
            pass

    with interrupting(report) as interrupt_after:
        while report.raised < 2000:
            try:
                interrupt_after(2e-5)
                for _ in range(1000):
                    take()
                interrupt_after(0)
            except Interruption:
                seen += 1
            finally:
                interrupt_after(0)
    taken = list[bool]()
    thread = threading.Thread(target=lambda: taken.append(lock.acquire(blocking=False)))
    thread.start()
    thread.join()
    assert taken == [True]
    assert seen == report.raised


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


@pytest.mark.parametrize("operation", ["update_authorization", "get", "create"])
def test_inner_call__raises_through_the_outer_one(
    server: ScriptedServer, make_api: MakeApi, on_alarm: Callable[[Callable[[], object]], None], operation: str
) -> None:
    """What a call in a signal handler raises ends the outer call, which does not take it for a failure to retry."""
    gate = threading.Event()
    server.script(gated(http_response(), gate))
    nowhere = make_api(host="http://127.0.0.1:1")
    on_alarm(lambda: call(nowhere, "delete"))
    with pytest.raises(ApiConnectionException) as caught:
        call(make_api(retries=3), operation)
    gate.set()
    assert caught.value.method == "DELETE"
    assert len(server.requests) == 1


def test_inner_call__raises_through_a_wait(
    server: ScriptedServer, make_api: MakeApi, on_alarm: Callable[[Callable[[], object]], None]
) -> None:
    """It ends a wait for a status as well, which goes on after failures of its own."""
    gate = threading.Event()
    server.script(gated(http_response(), gate))
    nowhere = make_api(host="http://127.0.0.1:1")
    on_alarm(lambda: call(nowhere, "delete"))
    with (
        CodatPlatform(configuration=make_api().api_client.configuration) as codat,
        pytest.raises(ApiConnectionException) as caught,
    ):
        codat.connections.wait_for_status("c1", "k1", "Linked", timeout=5)
    gate.set()
    assert caught.value.method == "DELETE"


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
