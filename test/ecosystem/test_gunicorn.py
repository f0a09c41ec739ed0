"""The client in gunicorn's workers, made and used before they are forked."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from server import Reply, Request, ScriptedServer, echo, gated

pytest.importorskip("gunicorn", reason="tox -e gunicorn installs gunicorn")

WORKERS = 2
CONFIG = f"""
workers = {WORKERS}
preload_app = True
control_socket_disable = True  # it would be in the home directory
graceful_timeout = 5
"""
# A gevent worker patches when it starts: too late for what was loaded before the fork.
PATCH = "from gevent import monkey\nmonkey.patch_all()\n"
KINDS = {
    "sync": CONFIG,
    "gthread": CONFIG + "worker_class = 'gthread'\nthreads = 4\n",
    "gevent": PATCH + CONFIG + "worker_class = 'gevent'\n",
}


class Served(NamedTuple):
    """The process that responded, and the id that it got from Codat."""

    process: int
    id: str


class Site:
    """A gunicorn in a process of its own, and whoever visits it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    def visit(self, connection: str = "k1") -> Served:
        """Ask for a page about a connection."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            client.request("GET", f"/c1/{connection}", headers={"Connection": "close"})
            return Served(**json.loads(client.getresponse().read()))
        finally:
            client.close()

    def workers(self, other_than: Iterable[int] = ()) -> set[int]:
        """Visit, eight at a time, until as many processes as there are workers have responded."""
        seen = set[int]()
        with ThreadPoolExecutor(8) as visitors:
            for _ in range(50):
                seen |= {reply.process for reply in visitors.map(self.visit, ["k1"] * 8)}.difference(other_than)
                if len(seen) >= WORKERS:
                    return seen
        raise AssertionError(f"only {seen} responded")


@contextmanager
def serving(server: ScriptedServer, folder: Path, kind: str) -> Generator[Site]:
    """A gunicorn that asks this server."""
    (folder / "gunicorn.conf.py").write_text(KINDS[kind], encoding="utf-8")
    path = os.pathsep.join(filter(None, sys.path))
    environment = os.environ | {"PYTHONPATH": path, "CODAT_SERVER_URL": server.url, "CODAT_API_KEY": "a key"}
    # It listens already, so that a visitor who comes before gunicorn is ready only waits.
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        port, number = listener.getsockname()[1], listener.fileno()
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{number}", "ecosystem.wsgi:app"]
        with subprocess.Popen(command, cwd=folder, env=environment, pass_fds=[number]) as process:
            try:
                yield Site(process, port)
            finally:
                process.terminate()
                assert process.wait(20) == 0


def process_of(request: Request) -> int:
    return int(request.header("X-Process") or 0)


def processes(server: ScriptedServer) -> set[int]:
    """The processes that asked the server, each over connections that no other used."""
    used = {(request.connection, process_of(request)) for request in server.requests}
    assert len({connection for connection, _ in used}) == len(used)
    return {process for _, process in used}


@contextmanager
def held_visit(server: ScriptedServer, site: Site) -> Generator[tuple[int, Future[Served], threading.Event]]:
    """A visit that waits for Codat's response: its process, its result, and the event that releases the response.

    The response is released at the end at the latest.
    """
    gate = threading.Event()

    def script(request: Request) -> Reply:
        return gated(echo(request), gate) if request.target.endswith("/held") else echo(request)

    server.script(script)
    before = len(server.requests)
    with ThreadPoolExecutor(1) as visitors:
        try:
            visit = visitors.submit(site.visit, "held")
            assert server.wait_for(lambda: len(server.requests) > before)
            yield process_of(server.requests[-1]), visit, gate
        finally:
            gate.set()


@pytest.mark.parametrize("kind", KINDS)
def test_workers__each_gets_its_own_responses(server: ScriptedServer, tmp_path: Path, kind: str) -> None:
    """All workers serve, nobody gets what another asked for, and no process uses another's connection to Codat."""
    server.script(echo)
    with serving(server, tmp_path, kind) as site:
        workers = site.workers()
        names = [f"k{n}" for n in range(100)]
        with ThreadPoolExecutor(8) as visitors:
            served = list(visitors.map(site.visit, names))
    assert [reply.id for reply in served] == names
    assert {reply.process for reply in served} <= workers
    assert processes(server) == {site.process.pid, *workers}


@pytest.mark.parametrize("kind", ["sync", "gevent"])
def test_reload__ends_no_call(server: ScriptedServer, tmp_path: Path, kind: str) -> None:
    """On SIGHUP new workers take over, while an old one still gets the response that it waits for."""
    server.script(echo)
    with serving(server, tmp_path, kind) as site:
        old = site.workers()
        with held_visit(server, site) as (process, visit, gate):
            site.process.send_signal(signal.SIGHUP)
            new = site.workers(other_than=old)
            assert not visit.done()
            gate.set()
            assert visit.result(10) == Served(process, "held")
    assert processes(server) == {site.process.pid, *old, *new}


def test_killed_worker__is_replaced(server: ScriptedServer, tmp_path: Path) -> None:
    """A worker killed in the middle of a call takes only that call with it; its successor serves."""
    server.script(echo)
    with serving(server, tmp_path, "sync") as site:
        old = site.workers()
        with held_visit(server, site) as (process, visit, _):
            os.kill(process, signal.SIGKILL)
            with pytest.raises(ConnectionError):
                visit.result(10)
        (survivor,) = old - {process}
        workers = site.workers(other_than={process})
    assert survivor in workers
    assert processes(server) == {site.process.pid, *old, *workers}
