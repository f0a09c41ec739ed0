"""Many calls and requests on end, to see that memory, open files and threads stay flat.

``python test/soak.py client 100000 200`` makes so many calls in so many threads with one client, a tenth of them with a
network fault; ``python test/soak.py sandbox 100000 2000`` sends so many requests to one sandbox and breaks so many
connections. The service, or the sandbox, is a process of its own, and ends with this one. Linux only: it reads /proc.
"""

from __future__ import annotations

import gc
import http.client
import random
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from child import start_python
from fault_campaign import AFTER, FAULTS, INSTEAD
from faulty import QUICK, call
from server import Reply, Request, echo

from codat_python_sdk import ApiClient, ApiException, Configuration, RetryPolicy
from codat_python_sdk.api.connection_api import ConnectionApi

PARTS = 5  #: after each of so many equal parts there is a sample
SANDBOX = """
import sys
from codat_python_sdk.sandbox import Sandbox
with Sandbox() as sandbox:
    print(sandbox.url, sandbox.auth_header, sandbox.company_id, sep="\\n", flush=True)
    sys.stdin.read()
"""
SERVICE = """
import sys
from server import ScriptedServer
from soak import respond
with ScriptedServer() as server:
    server.script(respond)
    print(server.url, flush=True)
    sys.stdin.read()
"""


class Sample(NamedTuple):
    """What a process holds."""

    done: int
    kib: int
    files: int
    threads: int
    blocks: int  #: of memory that Python objects hold; 0 for another process, which is not asked


def sample(done: int, pid: int | str = "self") -> Sample:
    """What a process holds now: resident memory, open files and threads."""
    process = Path("/proc", str(pid))
    fields = dict(
        line.split(":\t") for line in (process / "status").read_text(encoding="utf-8").splitlines() if ":\t" in line
    )
    files, blocks = len(list((process / "fd").iterdir())), sys.getallocatedblocks() if pid == "self" else 0
    return Sample(done, int(fields["VmRSS"].split()[0]), files, int(fields["Threads"]), blocks)


_chance, _lock = random.Random(3), threading.Lock()


def respond(request: Request) -> Reply:
    """The echo of a request, or, for one in ten, what a fault makes of it."""
    with _lock:
        fault = _chance.choice(FAULTS) if _chance.random() < 0.1 else None
    if fault in INSTEAD:
        return INSTEAD[fault]
    return AFTER[fault](echo(request)) if fault else echo(request)


@contextmanager
def _process(code: str, lines: int) -> Generator[tuple[int, list[str]]]:
    """A child process, and what it prints first; it ends with the block."""
    child = start_python(code)
    assert child.stdin is not None and child.stdout is not None
    try:
        yield child.pid, [child.stdout.readline().strip() for _ in range(lines)]
    finally:
        with suppress(OSError):
            child.stdin.close()
        child.stdout.close()
        child.wait(30)


def soak_client(calls: int, threads: int) -> tuple[list[Sample], Counter[str]]:
    """Make calls with one client; what this process held after each part, and how the calls ended."""
    ends = Counter[str]()

    def run(number: int) -> str:
        name = f"k{number}"
        try:
            return "returned" if call(api, "get", connection=name).data.id == name else "ANOTHER CALL'S RESPONSE"
        except ApiException as error:
            return f"failed, {error.outcome}"

    with _process(SERVICE, 1) as (_, (url,)):
        settings = Configuration(host=url, api_key={"API Key Auth": "Basic eA=="}, retries=RetryPolicy(3, **QUICK))
        settings.timeout, settings.deadline, settings.connection_pool_maxsize = (60, 0.5), 60, 50
        with ApiClient(settings) as client, ThreadPoolExecutor(threads) as pool:
            api = ConnectionApi(client)
            samples = _in_parts(calls, lambda part: ends.update(pool.map(run, part)), "self")
    return samples, ends


def soak_sandbox(requests: int, broken: int) -> tuple[list[Sample], Counter[str]]:
    """Send requests to one sandbox and break connections; what it held after each part, and how the requests ended."""
    ends = Counter[str]()
    with _process(SANDBOX, 3) as (pid, (url, login, company)):
        path, address = f"/companies/{company}/connections", (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        connection = http.client.HTTPConnection(*address, timeout=60)
        every = max(1, requests // broken)

        def run(part: range) -> None:
            for number in part:
                connection.request("GET", path, headers={"Authorization": login})
                response = connection.getresponse()
                response.read()
                ends[str(response.status)] += 1
                if number % every == 0:
                    _break(address, f"POST {path} HTTP/1.1\r\nAuthorization: {login}\r\nContent-Length: 9\r\n\r\n{{")
                    ends["broken"] += 1

        samples = _in_parts(requests, run, pid)
        connection.close()
    return samples, ends


def _break(address: tuple[str, int], request: str) -> None:
    """Leave in the middle of a request, in the middle of its head or of its body."""
    with socket.create_connection(address, timeout=60) as leaving:
        leaving.sendall(request[: random.randrange(1, len(request))].encode())


def _in_parts(count: int, run: Callable[[range], object], pid: int | str) -> list[Sample]:
    samples = list[Sample]()
    size = count // PARTS
    for start in range(0, size * PARTS, size):
        run(range(start, start + size))
        gc.collect()
        samples.append(sample(start + size, pid))
    return samples


if __name__ == "__main__":
    soak = {"client": soak_client, "sandbox": soak_sandbox}[sys.argv[1]]
    for row in (result := soak(int(sys.argv[2]), int(sys.argv[3])))[0]:
        sys.stdout.write(
            f"after {row.done}: {row.kib} KiB, {row.files} open files, {row.threads} threads, {row.blocks} blocks\n"
        )
    sys.stdout.write(f"{dict(result[1])}\n")
