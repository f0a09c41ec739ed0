"""The client in gevent's greenlets: they wait for their own responses only, whatever they wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from authority import server_context
from child import run_python
from server import CONNECTION, Reply, Request, ScriptedServer, dripped, echo, gated, http_response, stalled

from codat_python_sdk.sandbox import Sandbox

pytest.importorskip("gevent", reason="tox -e gevent installs gevent")

GREENLETS = 20  # as many as in greenlets.py


def in_greenlets(function: str, *arguments: str) -> str:
    """Run one of greenlets.py's functions in a process of its own; what it prints."""
    done = run_python(f"from ecosystem import greenlets; greenlets.{function}()", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def name_in(request: Request) -> str:
    return request.target.rpartition("/")[2]


@pytest.fixture(params=["http", "https"])
def either(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    """A server, and one with a certificate of our authority: gevent has sockets of its own for both."""
    with ScriptedServer(tls=server_context() if request.param == "https" else None) as server:
        yield server


def once_all_are_here() -> Callable[[Request], Reply]:
    """Echoes, but not before as many requests are here as there are greenlets."""
    barrier = threading.Barrier(GREENLETS)

    def script(request: Request) -> Reply:
        barrier.wait(10)
        return echo(request)

    return script


def test_calls__run_at_once(either: ScriptedServer, ca_file: str) -> None:
    """Twenty greenlets share a client, their requests are under way together, and each gets its own response."""
    either.script(once_all_are_here())
    in_greenlets("many_at_once", either.url, ca_file)
    assert either.connections == GREENLETS


def test_calls__async_req_runs_them_at_once(server: ScriptedServer) -> None:
    """The threads of async_req are greenlets as well, and their handles bring what was asked for."""
    server.script(once_all_are_here())
    in_greenlets("many_in_the_pool", server.url)
    assert len(server.requests) == GREENLETS


def test_calls__from_threads_outside_the_hub(server: ScriptedServer) -> None:
    """Threads of the system and greenlets make calls at once, to a host whose name each of them resolves for itself."""
    server.script(echo)
    in_greenlets("native_threads", server.url.replace("127.0.0.1", "localhost"))
    assert len(server.requests) == 12


def test_deadline__is_each_greenlets_own(either: ScriptedServer, ca_file: str) -> None:
    """A deadline ends a dripping response while other greenlets go on, and neither shortens nor lengthens theirs."""
    gate = threading.Event()

    def script(request: Request) -> Reply:
        if name_in(request) == "release":
            gate.set()
        reply = echo(request)
        special = {"dripping": dripped(reply, 0.05), "waiting": gated(reply, gate)}
        return special.get(name_in(request), reply)

    either.script(script)
    in_greenlets("deadlines", either.url, ca_file)


def test_pool_limit__holds_greenlets_not_the_process(server: ScriptedServer) -> None:
    """A greenlet waits for a free connection, within its deadline, while another client's call goes through."""
    gate = threading.Event()

    def script(request: Request) -> Reply:
        if name_in(request) == "release":
            gate.set()
        return gated(echo(request), gate)

    server.script(script)
    in_greenlets("pool_limit", server.url)
    names = [name_in(request) for request in server.requests]
    assert names[2] == "release"  # only two had a connection before
    assert sorted(names) == [*(f"held{n}" for n in range(6)), "release"]


@pytest.mark.parametrize(
    ("how", "first"),
    [
        ("poll", http_response({**CONNECTION, "id": "waiting", "status": "PendingAuth"})),
        ("backoff", http_response({}, 503, [("Retry-After", "1")])),
    ],
)
def test_waiting__lets_others_run(server: ScriptedServer, how: str, first: Reply) -> None:
    """While a greenlet waits for a status, or until it may try again, ten calls of another one get their responses."""
    asked = threading.Event()

    def script(request: Request) -> Reply:
        if name_in(request) == "begin":
            return gated(echo(request), asked)
        reply = first if name_in(request) == "waiting" and not asked.is_set() else echo(request)
        asked.set()
        return reply

    server.script(script)
    in_greenlets("others_meanwhile", server.url, how)
    names = [name_in(request) for request in server.requests]
    assert names.count("waiting") == 2
    assert names[-1] == "waiting"


def silent_or_dripping(request: Request) -> Reply:
    """An echo; or no response, or one that comes byte by byte, to requests with those names."""
    reply = echo(request)
    special = {"silent": stalled(), "dripping": dripped(reply, 0.05, from_body=True)}
    return special.get(name_in(request), reply)


def test_abandoned_calls__give_their_connection_back(server: ScriptedServer) -> None:
    """gevent.Timeout and kill() end a call wherever it is, and the next one finds a free connection."""
    server.script(silent_or_dripping)
    in_greenlets("abandoned", server.url)
    assert [name_in(request) for request in server.requests] == ["silent", "dripping", "silent", "k1"]


def test_abandoned_calls__end_with_the_exception_that_is_thrown(server: ScriptedServer) -> None:
    """gevent.Timeout(seconds, exception) and kill(exception) are no failure of the network, and nothing is retried."""
    server.script(silent_or_dripping)
    in_greenlets("abandoned_with", server.url)
    assert [name_in(request) for request in server.requests] == ["silent", "dripping"] * 6 + ["silent"] * 2 + ["k1"]


def test_close__harms_no_call(server: ScriptedServer) -> None:
    """Closing a client closes its idle connections quietly, and the one of a call under way when that is over."""
    gate = threading.Event()

    def script(request: Request) -> Reply:
        if name_in(request) == "release":
            gate.set()
        return gated(echo(request), gate) if name_in(request) == "held" else echo(request)

    server.script(script)
    in_greenlets("closing", server.url)
    assert server.wait_for(lambda: server.open == 0)


def test_outcome__is_each_greenlets_own(sandbox: Sandbox) -> None:
    """Five greenlets lose their responses, know so with their own keys, and by those keys get what was made."""
    sandbox.lost(5, operations="create")
    made = in_greenlets("lost_responses", sandbox.url, sandbox.company_id, sandbox.api_key).split()
    assert sorted(sandbox.ledger) == sorted(("create", connection_id) for connection_id in made)
    assert len(set(made)) == 5


PATCHED_LATE = """
import sys, warnings
from codat_python_sdk import ApiValueError, CodatPlatform
from gevent import monkey
warnings.simplefilter("ignore")  # gevent's own, which says the same
codat = CodatPlatform(api_key="a key", server_url=sys.argv[1], retries=0)
monkey.patch_all()
try:
    codat.connections.get("c1", "k1")
except ApiValueError as error:
    print(error)
"""


def test_patching__too_late_is_refused(either: ScriptedServer) -> None:
    """Patching after the first client was made fails before anything is sent, and says what to do instead."""
    done = run_python(PATCHED_LATE, either.url)
    assert "gevent.monkey.patch_all() was called too late" in done.stdout, done.stderr
    assert either.connections == 0
