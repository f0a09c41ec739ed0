"""Measures the sandbox beside a bare `http.server` handler in the same run.

python benchmarks/sandbox_server.py [--moto PYTHON]

Each server runs in a process of its own, bound to one core where the system can do that, and is asked over one
kept-alive connection by a client on another core. `--moto` is an interpreter that has moto's server installed.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from codat_python_sdk.sandbox import Sandbox

ROOT = Path(__file__).parent.parent
ROUNDS = 7
REQUESTS = 1000
REMEMBERED = 500

SANDBOX = """
import sys
from codat_python_sdk.sandbox import Sandbox
sandbox = Sandbox()
sandbox.start()
connection = sandbox.add_connection(status="Linked")
print(sandbox.url, f"/companies/{sandbox.company_id}/connections/{connection}", sandbox.auth_header, flush=True)
sys.stdin.read()
"""
BARE = """
import threading, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
BODY = b"x" * 560
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)
    def log_message(self, *arguments):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", "/x", "none", flush=True)
sys.stdin.read()
"""
MOTO = """
import contextlib, sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
with contextlib.redirect_stdout(sys.stderr):  # it says where it is
    server.start()
print("http://%s:%d" % server.get_host_and_port(), "/moto-api/data.json", "none", flush=True)
sys.stdin.read()
"""


def requests_per_second(python: str, program: str) -> float:
    """The median over the rounds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [python, "-c", program]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        _bind(server.pid, 0)
        _bind(0, 1)
        url, path, authorization = server.stdout.readline().strip().split(" ", 2)
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nAccept: */*\r\n\r\n"
        rounds = [_round(address, head.encode()) for _ in range(ROUNDS)]
        server.stdin.close()
    return statistics.median(rounds)


def _round(address: tuple[str, int], request: bytes) -> float:
    started = time.perf_counter()
    connection: socket.socket | None = None
    for _ in range(REQUESTS):
        if connection is None:
            connection = socket.create_connection(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request)
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length and (more := connection.recv(65536)):
            body += more
        if b"connection: close" in head.lower():  # moto's server does that each time
            connection.close()
            connection = None
    if connection is not None:
        connection.close()
    return REQUESTS / (time.perf_counter() - started)


def _bind(process: int, core: int) -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(process, {core})


def seconds(action: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def start_seconds() -> float:
    """From nothing to serving, the median of several."""
    times: list[float] = []
    for _ in range(11):
        sandbox = Sandbox()
        times.append(seconds(sandbox.start))
        sandbox.stop()
    return statistics.median(times)


def companies_seconds() -> float:
    """Ten thousand companies."""
    sandbox = Sandbox()
    return seconds(lambda: [sandbox.create_company("Company") for _ in range(10_000)])


def bytes_per_request() -> float:
    """Bytes that the sandbox keeps for each request in ``sandbox.requests``."""
    with Sandbox() as sandbox:
        connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))

        def get(times: int) -> None:
            for number in range(times):
                path = f"/companies/{sandbox.company_id}/connections?page={number + 1}"
                connection.request("GET", path, headers={"Authorization": sandbox.auth_header})
                connection.getresponse().read()

        get(10)  # what is made once is not counted
        gc.collect()
        tracemalloc.start()
        get(REMEMBERED)
        gc.collect()
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        connection.close()
    return size / REMEMBERED


def main() -> None:
    """Print one row for each figure."""
    parser = argparse.ArgumentParser(description="The sandbox beside a bare http.server handler.")
    parser.add_argument("--moto", metavar="PYTHON", help="an interpreter with moto[server]")
    arguments = parser.parse_args()
    rows = [
        ("GET of a connection, a second", f"{requests_per_second(sys.executable, SANDBOX):.0f}", "2000 and more"),
        ("the same of a bare http.server handler", f"{requests_per_second(sys.executable, BARE):.0f}", ""),
    ]
    if arguments.moto:
        rows.append(
            (
                "the same of moto's server, which closes each connection",
                f"{requests_per_second(arguments.moto, MOTO):.0f}",
                "",
            )
        )
    rows += [
        ("10,000 companies made", f"{companies_seconds():.2f} s", "below 1 s"),
        ("memory for each request that it remembers", f"{bytes_per_request():,.0f} bytes", ""),
        ("start", f"{start_seconds() * 1000:.1f} ms", "below 50 ms"),
    ]
    print("| | measured | aim |\n| --- | --- | --- |")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
