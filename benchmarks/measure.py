"""Measures one client against bare urllib3, in turns, in the process and the environment that it is run in.

python benchmarks/measure.py CLIENT URL TLS_URL CA_FILE ROUNDS MILLISECONDS prints, as JSON, a list of samples for each
workload and side: CPU microseconds per call, calls per second, or bytes.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import metadata
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from service import COMPANY_ID, CONNECTION_ID, SHAPES, page
from workloads import CLIENTS, KEY, THREADS, WITH_SHAPES, WITH_TLS, Bare, ThisClient

SIZES = (10, 30, 100, 300, 1000, 2000, 5000)
PAGE, PAGES = 1000, 64
ONCE = str(Path(__file__).with_name("once.py"))


class Server(NamedTuple):
    """Where the service is."""

    url: str
    tls_url: str
    ca_file: str


Samples = dict[str, dict[str, list[float]]]


def cpu(call: Callable[[], None], times: int) -> float:
    """CPU microseconds of this process per call."""
    gc.collect()
    started = process_time()
    for _ in range(times):
        call()
    return (process_time() - started) / times * 1e6


def calls_per_second(call: Callable[[], None], times: int) -> float:
    """Calls per second, by the clock, of 16 threads that share one client, and that many calls."""
    barrier, per_thread = threading.Barrier(THREADS + 1), -(-times // THREADS)

    def work() -> None:
        barrier.wait()
        for _ in range(per_thread):
            call()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    gc.collect()
    barrier.wait()
    started = perf_counter()
    for thread in threads:
        thread.join()
    return THREADS * per_thread / (perf_counter() - started)


def pages_per_second(read: Callable[[], Any], threads: int) -> float:
    """Pages per second, by the clock, that so many threads parse and decode."""
    with ThreadPoolExecutor(threads) as pool:
        gc.collect()
        started = perf_counter()
        for done in [pool.submit(read) for _ in range(PAGES)]:
            done.result()
        return PAGES / (perf_counter() - started)


def decoding() -> dict[str, Callable[[], float]]:
    """Pages that one thread reads without the network, and that sixteen do; more only where no lock is in the way."""
    read = ThisClient("http://localhost").reader(json.dumps(page(PAGE)).encode())
    return {side: partial(pages_per_second, read, threads) for side, threads in (("bare", 1), ("client", THREADS))}


def memory(make: Callable[[], Any], size: int) -> tuple[float, float]:
    """Bytes that a list keeps per connection once its client is gone, and the peak in between."""
    make().list(size)  # what is made once per process is not counted
    client = make()
    gc.collect()
    tracemalloc.start()
    result = client.list(size)
    peak = tracemalloc.get_traced_memory()[1]
    del client
    gc.collect()
    with_result = tracemalloc.get_traced_memory()[0]
    del result
    gc.collect()
    held = with_result - tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / size, peak


def process_cpu(code: str) -> float:
    """CPU microseconds, from start to end, of a Python process that runs this code."""
    with Path(os.devnull).open("wb") as nowhere:
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        pid = os.posix_spawn(sys.executable, [sys.executable, "-c", code], os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"this failed:\n{code}")
    return (usage.ru_utime + usage.ru_stime) * 1e6


def list_reader(*page: Any) -> Callable[[Any], None]:
    """A function that reads a page with a client, to the last field: its size, and the shape of its rows."""
    return lambda client: client.read_page(client.list(*page))


def get(client: Any) -> None:
    """One connection, read to the last field."""
    client.read(client.get())


def tasks_of(kind: Any, measured: Any, server: Server, milliseconds: float) -> dict[str, Callable[[], float]]:
    """What one side does of all that is measured of a client, by name; each function takes one sample."""
    url = server.url

    def timed(
        call: Callable[[Any], Any], sample: Callable[..., float] = cpu, address: tuple[str, ...] = (url,)
    ) -> Callable[[], float]:
        client, bare = clients.setdefault((kind, address), kind(*address)), Bare(*address)
        # As often as bare urllib3 can in the time, so that both sides make the same number of calls.
        times = max(1, round(milliseconds * 1e3 / cpu(lambda: call(bare), 5)))
        return lambda: sample(lambda: call(client), times)

    clients: dict[Any, Any] = {}
    script = kind.script.format(url=url, key=KEY, company=COMPANY_ID, connection=CONNECTION_ID)
    tasks: dict[str, Callable[[], float]] = {
        "import": lambda: process_cpu(kind.imports),
        "import client": lambda: process_cpu(kind.imports_client),
        "first result": lambda: process_cpu(script),
        "get": timed(get),
        "post": timed(lambda side: side.read(side.post())),
        "threads": timed(get, calls_per_second),
    }
    if measured in WITH_TLS:
        tasks["get tls"] = timed(get, cpu, (server.tls_url, server.ca_file))
    for size in SIZES:
        tasks[f"list {size}"] = timed(list_reader(size))
    for shape in SHAPES[1:] if measured in WITH_SHAPES else ():
        for size in (100, 5000):
            tasks[f"list {size} {shape}"] = timed(list_reader(size, shape))
    return tasks


def once(kind: Any, server: Server) -> dict[str, float]:
    """What a process of its own can measure only once."""
    output = subprocess.run(
        [sys.executable, ONCE, kind.name, *server], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    result: dict[str, float] = json.loads(output)
    return result


def measure(kind: Any, server: Server, rounds: int, milliseconds: float) -> Samples:
    """All samples: in each round both sides take one of each, in an order that alternates."""
    kinds = {"bare": Bare, "client": kind}
    tasks = {side: tasks_of(cls, kind, server, milliseconds) for side, cls in kinds.items()}
    if kind is ThisClient and not getattr(sys, "_is_gil_enabled", lambda: True)():
        for side, sample in decoding().items():
            tasks[side]["decoding threads"] = sample
    samples: Samples = {name: {"bare": [], "client": []} for name in tasks["bare"]}
    for number in range(-1, rounds):  # round -1 warms up
        for name in samples:
            for side in ("bare", "client") if number % 2 else ("client", "bare"):
                value = tasks[side][name]()
                if number >= 0:
                    samples[name][side].append(value)
    memories = {side: memory(partial(cls, server.url), 5000) for side, cls in kinds.items()}
    for index, name in enumerate(("memory held", "memory peak")):
        samples[name] = {side: [pair[index]] for side, pair in memories.items()}
    singles = {side: once(cls, server) for side, cls in kinds.items()}
    for name in singles["client"]:
        samples[name] = {side: [found[name]] for side, found in singles.items()}
    return samples


if __name__ == "__main__":
    _client, *_server, _rounds, _milliseconds = sys.argv[1:]
    _samples = measure(CLIENTS[_client], Server(*_server), int(_rounds), float(_milliseconds))
    _versions = {"python": platform.python_version(), "urllib3": metadata.version("urllib3")}
    print(json.dumps({"samples": _samples, "versions": _versions}))
