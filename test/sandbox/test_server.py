"""Sockets and threads: parallel clients, and nothing left behind."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Reply

OPEN_FILES = Path("/proc/self/fd")


def open_files() -> int:
    return len(list(OPEN_FILES.iterdir()))


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="open files are counted in /proc")
def test_stop__leaks_nothing() -> None:
    """A hundred starts and stops, each with a client that stays connected, leave no thread and no file open."""
    threads, files = threading.active_count(), open_files()
    for _ in range(100):
        with Sandbox() as sandbox, socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))):
            pass
    assert (threading.active_count(), open_files()) == (threads, files)


def test_stop__connections_of_gone_clients_are_forgotten(call: Caller, sandbox: Sandbox) -> None:
    """A long-running sandbox keeps no threads for clients that went away."""
    for _ in range(50):
        call("GET")
    deadline = time.monotonic() + 5
    server = sandbox._server
    assert server is not None
    while server._threads and time.monotonic() < deadline:
        pass
    assert not server._threads


def test_start__is_quick() -> None:
    """The median of several starts is below 20 ms."""
    seconds: list[float] = []
    for _ in range(11):
        started = time.perf_counter()
        with Sandbox():
            seconds.append(time.perf_counter() - started)
    assert sorted(seconds)[5] < 0.02


def test_parallel__sixteen_clients_do_not_mix(sandbox: Sandbox) -> None:
    """Sixteen clients, each in a company of its own, see their own connections only, and every write once."""

    def work(number: int) -> tuple[set[str], set[str]]:
        caller = Caller(sandbox)
        caller.root = f"/companies/{sandbox.create_company(f'Company {number}')}/connections"
        ids = {caller.create()["id"] for _ in range(20)}
        for connection_id in list(ids)[:5]:
            assert caller("DELETE", f"/{connection_id}").status == 200
        return ids, {row["id"] for row in caller("GET").value["results"]}

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(work, range(16)))
    assert all(len(left) == 15 and left < created for created, left in outcomes)
    assert len(sandbox.connections()) == 16 * 15
    assert len(sandbox.ledger) == len(set(sandbox.ledger)) == 16 * 25
    assert len(sandbox.requests) == 16 * 26


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
