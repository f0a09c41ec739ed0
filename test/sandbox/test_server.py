"""Sockets and threads: parallel clients, and nothing left behind."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prepared import Prepared

from codat_python_sdk.sandbox import Request, Sandbox, core, exchange, server

from .conftest import Caller, Reply

OPEN_FILES = Path("/proc/self/fd")


def open_files() -> int:
    return len(list(OPEN_FILES.iterdir()))


def wait_for_threads() -> None:
    """Wait for threads that are ending: one whose client has just left is no longer known to `stop`."""
    for thread in threading.enumerate():
        if thread.name.startswith("codat-sandbox"):
            thread.join(5)


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="open files are counted in /proc")
def test_stop__leaks_nothing() -> None:
    """A hundred starts and stops, each with a client that stays connected, leave no thread and no file open."""
    wait_for_threads()  # those of the test before
    threads, files = threading.active_count(), open_files()
    for _ in range(100):
        with Sandbox() as sandbox, socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))):
            pass
    wait_for_threads()
    assert (threading.active_count(), open_files()) == (threads, files)


def test_stop__connections_of_gone_clients_are_forgotten(call: Caller, sandbox: Sandbox) -> None:
    """A long-running sandbox keeps no threads for clients that went away."""
    for _ in range(50):
        call("GET")
    deadline = time.monotonic() + 5
    running = sandbox._server
    assert running is not None
    while running._threads and time.monotonic() < deadline:
        pass
    assert not running._threads


def test_accept__a_client_that_left_before_it_was_accepted(call: Caller, sandbox: Sandbox) -> None:
    """A client that was announced and is gone keeps neither the next one waiting nor the end of the server."""
    running = sandbox._server
    assert running is not None
    running._wake.send(b"x")  # the selector wakes up, and there is nobody to accept
    assert call("GET").status == 200
    sandbox.stop()
    assert not running._acceptor.is_alive()


def test_accept__ends_where_a_listener_cannot_be_shut_down(
    call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same on systems where nothing but the listener itself could wake a thread that waits for a client."""
    running = sandbox._server
    assert running is not None
    shut_down = socket.socket.shutdown

    def refuse(own: socket.socket, how: int) -> None:
        if own is running._listener:
            raise OSError("a listener is not connected")
        shut_down(own, how)

    monkeypatch.setattr(socket.socket, "shutdown", refuse)
    running._wake.send(b"x")
    assert call("GET").status == 200
    sandbox.stop()
    assert not running._acceptor.is_alive()


def test_stop__waits_for_all_threads_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty requests that hang in a function of the test hold `stop` up no longer than one does."""
    monkeypatch.setattr(server, "JOIN_SECONDS", 0.3)
    release, hanging = threading.Event(), threading.Semaphore(0)

    def hang(_: Request) -> bool:
        hanging.release()
        return release.wait(60)

    sandbox = Sandbox()
    sandbox.start()
    sandbox.fail_next(times=None, when=hang)
    request = f"GET /companies HTTP/1.1\r\nHost: localhost\r\nAuthorization: {sandbox.auth_header}\r\n\r\n".encode()
    address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    with contextlib.ExitStack() as clients:
        for _ in range(20):
            clients.enter_context(socket.create_connection(address)).sendall(request)
            assert hanging.acquire(timeout=10)
        started = time.monotonic()
        sandbox.stop()
        assert time.monotonic() - started < 20 * server.JOIN_SECONDS
        release.set()


NOT_STOPPED = """
import http.client, socket, threading
from codat_python_sdk.sandbox import Sandbox

called = threading.Event()

def hang(request):
    called.set()
    threading.Event().wait()

silent = socket.create_server(("127.0.0.1", 0))
sandbox = Sandbox(on_request=hang)
sandbox.start()
sandbox.add_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/")
sandbox.add_connection()
receiver, _ = silent.accept()
client = http.client.HTTPConnection("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
client.request("GET", "/companies", headers={"Authorization": sandbox.auth_header})
assert client.getresponse().read()
assert called.wait(30)
assert {thread.name for thread in threading.enumerate()} >= {
    "codat-sandbox", "codat-sandbox-callbacks", "codat-sandbox-webhooks"
}
print("end")
"""


def test_script__ends_without_stopping_it(scripts: Prepared) -> None:
    """A script that does not stop its sandbox ends all the same, whatever the sandbox is waiting for."""
    done = scripts.run("-c", NOT_STOPPED)
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr


def test_start__is_quick() -> None:
    """The fastest of several starts takes less than 50 ms, whatever else the machine is doing."""
    seconds: list[float] = []
    for _ in range(11):
        started = time.perf_counter()
        with Sandbox():
            seconds.append(time.perf_counter() - started)
    assert min(seconds) < 0.05


def test_parallel__sixteen_clients_do_not_mix(sandbox: Sandbox) -> None:
    """Sixteen clients, each in a company of its own, see their own connections only, and every write once."""

    def work(number: int) -> tuple[set[str], set[str]]:
        caller = Caller(sandbox)
        caller.root = f"/companies/{sandbox.create_company(f'Company {number}')}/connections"
        ids = {caller.create()["id"] for _ in range(10)}
        for connection_id in list(ids)[:3]:
            assert caller("DELETE", f"/{connection_id}").status == 200
        return ids, {row["id"] for row in caller("GET").value["results"]}

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(work, range(16)))
    assert all(len(left) == 7 and left < created for created, left in outcomes)
    assert len(sandbox.connections()) == 16 * 7
    assert len(sandbox.ledger) == len(set(sandbox.ledger)) == 16 * 13
    assert len(sandbox.requests) == 16 * 14


def test_parallel__one_key_is_done_once(call: Caller, sandbox: Sandbox) -> None:
    """Sixteen simultaneous creates with one idempotency key make one connection."""
    key = {"Idempotency-Key": "k"}

    def create(_: int) -> Reply:
        return call("POST", value={"platformKey": "mqjo"}, headers=key)

    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(create, range(16)))
    assert {reply.status for reply in replies} <= {200, 409}
    assert len({reply.body for reply in replies if reply.status == 200}) == 1
    assert len(sandbox.connections()) == 1


def test_ipv6__works() -> None:
    """An IPv6 address is listened on, and bracketed in the URL."""
    try:
        with Sandbox(host="::1") as sandbox:
            assert sandbox.url.startswith("http://[::1]:")
            assert Caller(sandbox)("GET").status == 200
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


def test_thread_that_cannot_be_started__costs_one_connection(
    call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no thread is to be had a connection is closed; later ones are served, and `stop` works."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "codat-sandbox":
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as connection:
            assert connection.recv(1) == b""
    assert call("GET").status == 200
    sandbox.stop()


def test_start__without_a_thread_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox whose own thread cannot be started says so, and leaves no socket open."""
    sandbox = Sandbox()

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start"):
            sandbox.start()
    sandbox.start()
    sandbox.stop()


def test_connections__are_bounded(call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With too many connections the one that has been idle longest is closed, and new clients are served."""
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 5)
    address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    idle = [socket.create_connection(address, timeout=10) for _ in range(8)]
    assert call("GET").status == 200
    assert idle[0].recv(1) == b""
    running = sandbox._server
    assert running is not None
    assert len(running._threads) <= 6
    for connection in idle:
        connection.close()


def test_connections__in_the_middle_of_a_request_stay(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection that is closed is one between two requests, also if another one is older and has a request."""
    monkeypatch.setattr(server, "MAX_CONNECTIONS", 2)
    address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    path, headers = f"/companies/{sandbox.company_id}/connections", {"Authorization": sandbox.auth_header}
    busy, idle, newest = (http.client.HTTPConnection(*address, timeout=10) for _ in range(3))
    with contextlib.closing(busy), contextlib.closing(idle), contextlib.closing(newest):
        sandbox.stall()
        busy.request("GET", path, headers=headers)
        while not sandbox.requests:
            pass
        running, deadline = sandbox._server, time.monotonic() + 10
        assert running is not None
        for connection in (idle, newest):
            connection.request("GET", path, headers=headers)
            assert connection.getresponse().read()
            # The response is here a moment before the connection waits for its next request.
            while not any(exchange.idle for exchange in list(running._exchanges.values())):
                assert time.monotonic() < deadline
        assert idle.sock.recv(1) == b""


def test_head__that_does_not_end_is_closed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends a head slowly is cut off."""
    monkeypatch.setattr(exchange, "HEAD_SECONDS", 0.05)
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert connection.recv(1) == b""


def test_bodies__kept_are_bounded(call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many large requests, also of strangers, the newest are kept."""
    monkeypatch.setattr(core, "MAX_REQUEST_BYTES", 1_000_000)
    for _ in range(10):
        call.plain("POST", "/nowhere", {}, b"x" * 300_000)
    assert len(sandbox.requests) == 3


def test_heads__kept_are_bounded(call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers and targets count as well: of many long ones the newest are kept, without errors that repeat them."""
    monkeypatch.setattr(core, "MAX_REQUEST_BYTES", 200_000)
    for _ in range(10):
        call.plain("GET", "/" + "n" * 30_000, {"X-Long": "x" * 30_000})
    assert len(sandbox.requests) == 3
    assert {len(request.error or "") for request in sandbox.requests} == {core.MAX_ERROR}
    assert max(map(len, sandbox.problems())) == core.MAX_ERROR
    sandbox.clear_requests()
    call.plain("GET", "/nowhere")
    assert [request.error for request in sandbox.requests] == ["No such path: /nowhere"]


def test_request__kept_costs_less_than_a_kibibyte(call: Caller, sandbox: Sandbox) -> None:
    """A request of a usual client is kept in less than 1 KiB."""
    head = (
        f"GET {call.root} HTTP/1.1\r\nHost: 127.0.0.1:45678\r\nAccept-Encoding: identity\r\n"
        f"Authorization: {sandbox.auth_header}\r\nUser-Agent: codat-python-sdk/2.0.0 (python 3.11; urllib3 2.8)\r\n"
        "Accept: application/json\r\n\r\n"
    )

    def ask(times: int) -> int:
        for _ in range(times):
            call.raw(50 * head.encode())
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    before = ask(1)
    after = ask(10)
    tracemalloc.stop()
    assert [request.status for request in sandbox.requests] == [200] * 550
    assert (after - before) / 500 < 1024


def test_start__links_are_whole_from_the_first_request_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that was waiting for the port gets links that lead to the sandbox, however early it comes."""
    with Sandbox() as sandbox:  # for a free port
        port = int(sandbox.url.rpartition(":")[2])
    sandbox, replies = Sandbox(port=port, api_key="key"), list[bytes]()
    start = threading.Thread.start

    def start_and_ask(thread: threading.Thread) -> None:
        monkeypatch.undo()
        start(thread)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
            client.request("GET", "/companies", headers={"Authorization": sandbox.auth_header})
            replies.append(client.getresponse().read())

    monkeypatch.setattr(threading.Thread, "start", start_and_ask)
    with sandbox:
        (company,) = json.loads(replies[0])["results"]
        assert company["redirect"] == f"{sandbox.url}/company/{sandbox.company_id}"


def test_tls__is_served(tmp_path: Path) -> None:
    """With an SSL context it serves HTTPS, links included, and a client that speaks plain HTTP harms nobody."""
    trustme = pytest.importorskip("trustme", reason="trustme is not installed")
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trusting)
    with Sandbox(ssl_context=context) as sandbox:
        assert sandbox.url.startswith("https://127.0.0.1:")
        port = int(sandbox.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):  # closed with bytes that were not read
                assert plain.recv(1) == b""  # and not left waiting
        with contextlib.closing(http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=10)) as client:
            client.request("GET", "/health")
            assert client.getresponse().read() == b'{"status":"ok"}'


def test_dual_stack__serves_both() -> None:
    """The address :: serves IPv4 and IPv6."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("no dual-stack sockets here")
    try:
        with Sandbox(host="::") as sandbox:
            port = sandbox.url.rpartition(":")[2]
            for host in ("127.0.0.1", "::1"):
                socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")
