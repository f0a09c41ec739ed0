"""One client in many threads and processes: no response reaches the wrong caller, no socket the wrong process."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from authority import server_context
from child import run_python, start_python
from conftest import MakeApi
from faulty import KEYED, METHODS, QUICK, call, fetch_ids
from server import Reply, Request, ScriptedServer, cut, dropped, echo, gated, http_response, reset

from codat_python_sdk import ApiClient, ApiException, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.retries import RetryPolicy

THREADS, CHILDREN = 16, 5


def echo_with_faults(request: Request) -> Reply:
    """The same, but every fifth response or so is lost, cut or refused."""
    fault = next(_counter) % 16
    reply = echo(request)
    return {3: dropped(), 7: reset(), 11: cut(reply), 14: http_response({}, 503)}.get(fault, reply)


_counter = itertools.count()


def fetch(api: ConnectionApi, operation: str, name: str) -> str:
    """Ask for an id, and return the one that came."""
    data = call(api, operation, name, name).data
    return str(data.results[0].id if operation == "list" else data.id)


@pytest.mark.parametrize("script", [echo, echo_with_faults])
def test_threads__each_gets_its_own_response(
    hurried: None, server: ScriptedServer, make_api: MakeApi, script: Callable[[Request], Reply]
) -> None:
    """Sixteen threads share a client with few connections, faults included, and each gets what it asked for."""
    server.script(script)
    api = make_api(connection_pool_maxsize=4, retries=RetryPolicy(max_retries=20, **QUICK))
    start = threading.Barrier(THREADS)
    operations = [operation for operation in METHODS if operation not in ("delete", "update_authorization")]

    def work(thread: int) -> list[tuple[str, str]]:
        start.wait()
        asked = [(operations[n % len(operations)], f"t{thread}-{n}") for n in range(8)]
        return [(name, fetch(api, operation, name)) for operation, name in asked]

    with ThreadPoolExecutor(THREADS) as threads:
        for pairs in threads.map(work, range(THREADS)):
            assert all(asked == got for asked, got in pairs)
    assert server.open <= 4


def test_threads__errors_reach_their_own_caller(hurried: None, server: ScriptedServer, make_api: MakeApi) -> None:
    """Attempts, outcome and idempotency key on an exception are those of the caller's own call."""
    server.script(lambda request: http_response({"error": request.header("X-Name")}, 422))
    api = make_api(connection_pool_maxsize=4)

    def work(number: int) -> None:
        for _ in range(5):
            with pytest.raises(ApiException, match=f"name {number}!") as caught:
                call(api, KEYED[number % 2], _headers={"X-Name": f"name {number}!"}, _idempotency_key=f"key {number}")
            assert (caught.value.idempotency_key, len(caught.value.attempts)) == (f"key {number}", 1)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(work, range(THREADS)))


def test_threads__deadlines_are_their_own(hurried: None, server: ScriptedServer, make_api: MakeApi) -> None:
    """One thread's short deadline does not shorten the other threads' calls."""
    gate = threading.Event()
    server.script(lambda request: gated(echo(request), gate))
    api = make_api(client={"pool_threads": 2})
    unhurried = call(api, "get", _deadline=10, async_req=True)
    with pytest.raises(ApiException):
        call(api, "get", _deadline=0.1)
    gate.set()
    assert unhurried.get(5).data.id == "k1"


def test_async__more_calls_than_threads(server: ScriptedServer, make_api: MakeApi) -> None:
    """Handles bring the responses of their own calls, in whatever order they end."""
    server.script(echo)
    api = make_api(client={"pool_threads": 4})
    handles = {name: call(api, "get", connection=name, async_req=True) for name in map("k{}".format, range(40))}
    assert all(handle.get(10).data.id == name for name, handle in handles.items())


# -- processes ---------------------------------------------------------------------------------------------------------

# A process of its own, because forking the tests' process with the server's threads in it is a lottery.
FORKING = f"""
import json, os, sys, threading
from faulty import call
from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi

sys.setswitchinterval(1e-6)
configuration = Configuration(host=sys.argv[1], api_key={{"API Key Auth": "Basic eA=="}}, retries=0)
api = ConnectionApi(ApiClient(configuration))

def work(who, rounds):
    for n in range(rounds):
        name = f"{{who}}-{{n}}"
        assert call(api, "get", connection=name, _headers={{"X-Process": str(os.getpid())}}).data.id == name

def in_threads(who, count, rounds):
    failures = []
    start = threading.Barrier(count)
    def run(number):
        try:
            start.wait()
            work(f"{{who}}-{{number}}", rounds)
        except BaseException as error:
            failures.append(repr(error))
    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads: thread.start()
    return threads, failures

work("parent", 3)
busy, failed = in_threads("busy", 4, 25)     # the parent goes on while it forks
children = []
for number in range({CHILDREN}):
    pid = os.fork()
    if pid == 0:
        threads, failures = in_threads(f"child{{number}}", 8, 3)
        for thread in threads: thread.join()
        if failures: print(failures, file=sys.stderr, flush=True)
        os._exit(1 if failures else 0)
    children.append(pid)
for thread in busy: thread.join()
work("again", 3)
statuses = [os.waitpid(pid, 0)[1] for pid in children]
assert not failed, failed
print(json.dumps({{"parent": os.getpid(), "children": children, "statuses": statuses}}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_fork__children_use_sockets_of_their_own(server: ScriptedServer) -> None:
    """Eight children forked from a busy client get their own responses, over connections that no other process uses."""
    server.script(echo)
    done = run_python(FORKING, server.url)
    assert done.returncode == 0, done.stderr
    reported = json.loads(done.stdout)
    assert reported["statuses"] == [0] * CHILDREN, done.stderr
    connections: dict[str, set[int]] = {}
    for request in server.requests:
        connections.setdefault(request.header("X-Process") or "", set()).add(request.connection)
    assert set(connections) == {str(pid) for pid in [reported["parent"], *reported["children"]]}
    for one, other in itertools.combinations(connections.values(), 2):
        assert not one & other


FORKED_CLOSE = """
import os, sys
from faulty import call
from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi

client = ApiClient(Configuration(host=sys.argv[1], api_key={"API Key Auth": "Basic eA=="}, retries=0))
api = ConnectionApi(client)
call(api, "get", connection="before")
call(api, "get", async_req=True).get(5)
pid = os.fork()
if pid == 0:
    assert call(api, "get", connection="child", async_req=True).get(5).data.id == "child"
    client.close()
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
call(api, "get", connection="after")
client.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_fork__a_child_that_closes_its_client(server: ScriptedServer) -> None:
    """Closing the client in a child leaves the parent's connection alone, and a child has its own async threads."""
    server.script(echo)
    done = run_python(FORKED_CLOSE, server.url)
    assert done.returncode == 0, done.stderr
    by_id = {request.target.rpartition("/")[2]: request.connection for request in server.requests}
    assert by_id["before"] == by_id["after"] != by_id["child"]


FORKED_SOCKETS = """
import os, sys, threading
from faulty import call, open_sockets
from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi

settings = Configuration(host=sys.argv[1], ssl_ca_cert=sys.argv[2], api_key={"API Key Auth": "Basic eA=="}, retries=0)
api = ConnectionApi(ApiClient(settings))
before = open_sockets()
threads = [threading.Thread(target=call, args=(api, "get")) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
busy = threading.Thread(target=call, args=(api, "get", "c1", "held"))
busy.start()
sys.stdin.readline()  # the request has arrived
parents = open_sockets() - before
assert parents
pid = os.fork()
if pid == 0:
    assert not open_sockets() & parents
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
assert open_sockets() - before == parents
print("checked", flush=True)
busy.join()
assert call(api, "get", connection="after").data.id == "after"
api.api_client.close()
assert open_sockets() == before
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open sockets are listed in /proc")
@pytest.mark.parametrize("secured", [False, True], ids=["http", "https"])
def test_fork__children_close_their_copies(ca_file: str, *, secured: bool) -> None:
    """A child has none of its parent's sockets open, idle or in use, and the parent's go on working, TLS included."""
    gate = threading.Event()
    with ScriptedServer(tls=server_context() if secured else None) as server:
        server.script(lambda request: gated(echo(request), gate) if request.target.endswith("held") else echo(request))
        with start_python(FORKED_SOCKETS, server.url, ca_file) as process:
            assert server.wait_for(lambda: any(request.target.endswith("held") for request in server.requests), 30)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "checked\n"
            gate.set()
            assert process.wait(30) == 0


def test_spawn__a_pickled_client_works(server: ScriptedServer) -> None:
    """A client goes to a spawned process and works there, on a connection of its own."""
    server.script(echo)
    configuration = Configuration(host=server.url, api_key={"API Key Auth": "Basic eA=="}, retries=RetryPolicy(1))
    names = [f"spawned-{n}" for n in range(5)]
    with ApiClient(configuration) as client:
        assert fetch_ids(client, ["parent"]) == ["parent"]
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
            assert processes.submit(fetch_ids, client, names).result() == names
    used = {request.target.rpartition("/")[2]: request.connection for request in server.requests}
    assert list(used.values()).count(used["parent"]) == 1


# -- closing -----------------------------------------------------------------------------------------------------------


def test_close__in_use(server: ScriptedServer, make_api: MakeApi) -> None:
    """close() ends what is idle; a call in flight comes to its end, and later calls make new connections."""
    gate = threading.Event()
    server.script(lambda request: gated(echo(request), gate))
    api = make_api()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(fetch, api, "get", "running")
        assert server.wait_for(lambda: len(server.requests) == 1)
        api.api_client.close()
        gate.set()
        assert running.result(5) == "running"
    assert server.wait_for(lambda: server.open == 0), "the connection of the call in flight was left open"
    assert fetch(api, "get", "later") == "later"


def test_close__before_an_unread_response_is_read(server: ScriptedServer, make_api: MakeApi) -> None:
    """Its connection does not stay open once all of it has been read, even while somebody keeps the response."""
    api = make_api()
    response: Any = call(api, "get", _preload_content=False).data
    api.api_client.close()
    assert json.loads(response.read())["id"]
    assert server.wait_for(lambda: server.open == 0)


def results_of_three(server: ScriptedServer, api: ConnectionApi, meanwhile: Callable[[], object]) -> list[Any]:
    """What three calls return that share one connection; something happens before the first gets its response."""
    gate = threading.Event()
    server.script(lambda request: gated(echo(request), gate))
    with ThreadPoolExecutor(3) as threads:
        running = [threads.submit(fetch, api, "get", name) for name in ("a", "b", "c")]
        assert server.wait_for(lambda: len(server.requests) == 1)
        meanwhile()
        gate.set()
        return [handle.result(4) for handle in running]


def test_close__while_others_wait_for_a_connection(server: ScriptedServer, make_api: MakeApi) -> None:
    """A call that waits for a free connection when the client is closed gets one, rather than waiting forever."""
    api = make_api(connection_pool_maxsize=1, deadline=5)
    assert results_of_three(server, api, api.api_client.close) == ["a", "b", "c"]


def test_waiting__ends_when_a_connection_is_free(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that waits for a connection is told that one is free, and does not have to look for it now and then."""
    monkeypatch.setattr("codat_python_sdk.rest.pool._RECOUNT_INTERVAL", 3600)
    api = make_api(connection_pool_maxsize=1, deadline=5)
    assert results_of_three(server, api, lambda: None) == ["a", "b", "c"]


def test_close__again_and_again_under_load(hurried: None, server: ScriptedServer, make_api: MakeApi) -> None:
    """Closing while sixteen threads call harms no call, and leaves no connection open in the end."""
    server.script(echo)
    api = make_api(connection_pool_maxsize=4, deadline=10)
    over = threading.Event()

    def close() -> None:
        while not over.wait(0.002):
            api.api_client.rest_client.close()

    def work(thread: int) -> None:
        for n in range(6):
            assert fetch(api, "get", f"{thread}-{n}") == f"{thread}-{n}"

    closer = threading.Thread(target=close)
    closer.start()
    try:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(work, range(THREADS)))
    finally:
        over.set()
        closer.join()
    api.api_client.close()
    assert server.wait_for(lambda: server.open == 0)


def test_close__with_block(server: ScriptedServer) -> None:
    """Leaving the client's with block closes its connections, and finishes what was asked for with async_req."""
    server.script(echo)
    with ApiClient(Configuration(host=server.url, api_key={"API Key Auth": "Basic eA=="})) as client:
        handle: Any = call(ConnectionApi(client), "get", async_req=True)
    assert handle.get(0).data.id == "k1"
    assert server.wait_for(lambda: server.open == 0)
