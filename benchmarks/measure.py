"""Measures one client against bare urllib3, in turns, in the process and the environment that it is run in.

python benchmarks/measure.py CLIENT URL ROUNDS MILLISECONDS prints, as JSON, a list of samples for each workload and
side: CPU microseconds per call, calls per second, or bytes.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import sys
import threading
import tracemalloc
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from service import COMPANY_ID, CONNECTION_ID
from workloads import CLIENTS, KEY, THREADS, Bare

SIZES = (10, 30, 100, 300, 1000, 2000, 5000)

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


def read_list(client: Any, size: int) -> None:
    """One page, read to the last field."""
    client.read_page(client.list(size))


def tasks_of(kind: Any, url: str, milliseconds: float) -> dict[str, Callable[[], float]]:
    """What is measured of one client, by name; each function takes one sample."""
    client, bare = kind(url), Bare(url)

    def timed(call: Callable[[Any], Any], sample: Callable[..., float] = cpu) -> Callable[[], float]:
        # As often as fits the time on the bare side, so that both sides make as many calls.
        times = max(1, round(milliseconds * 1e3 / cpu(lambda: call(bare), 5)))
        return lambda: sample(lambda: call(client), times)

    script = kind.script.format(url=url, key=KEY, company=COMPANY_ID, connection=CONNECTION_ID)
    tasks: dict[str, Callable[[], float]] = {
        "import": lambda: process_cpu(kind.imports),
        "first result": lambda: process_cpu(script),
        "get": timed(lambda side: side.read(side.get())),
        "post": timed(lambda side: side.read(side.post())),
        "threads": timed(lambda side: side.read(side.get()), calls_per_second),
    }
    for size in SIZES:
        tasks[f"list {size}"] = timed(partial(read_list, size=size))
    return tasks


def measure(kind: Any, url: str, rounds: int, milliseconds: float) -> Samples:
    """All samples: in each round both sides take one of each, in an order that alternates."""
    kinds = {"bare": Bare, "client": kind}
    tasks = {side: tasks_of(kind, url, milliseconds) for side, kind in kinds.items()}
    samples: Samples = {name: {"bare": [], "client": []} for name in tasks["bare"]}
    for number in range(-1, rounds):  # round -1 warms up
        for name in samples:
            for side in ("bare", "client") if number % 2 else ("client", "bare"):
                value = tasks[side][name]()
                if number >= 0:
                    samples[name][side].append(value)
    memories = {side: memory(partial(kind, url), 5000) for side, kind in kinds.items()}
    for index, name in enumerate(("memory held", "memory peak")):
        samples[name] = {side: [pair[index]] for side, pair in memories.items()}
    return samples


if __name__ == "__main__":
    _client, _url, _rounds, _milliseconds = sys.argv[1:]
    _samples = measure(CLIENTS[_client], _url, int(_rounds), float(_milliseconds))
    _versions = {"python": platform.python_version(), "urllib3": metadata.version("urllib3")}
    print(json.dumps({"samples": _samples, "versions": _versions}))
