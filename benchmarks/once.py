"""Measurements that need a process of their own: resident memory, and clients that are made and dropped.

python benchmarks/once.py CLIENT URL TLS_URL CA_FILE prints it as JSON.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from time import process_time
from typing import Any

from workloads import CLIENTS, WITH_TLS

SIZE = 5000
WARM_UP = 200
MADE = 100


def resident() -> int:
    """Bytes of this process that are in memory; on Linux alone, 0 elsewhere."""
    status = Path("/proc/self/statm")
    return int(status.read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE") if status.exists() else 0


def resident_per_row(client: Any) -> float:
    """Bytes per connection by which the process has grown while it holds a page and the client that fetched it."""
    client.read_page(client.list(WARM_UP))  # what is made once per process is not counted
    gc.collect()
    before = resident()
    page = client.list(SIZE)
    gc.collect()
    grown = resident() - before
    client.read_page(page)
    return grown / SIZE


def made_and_dropped(kind: Any, tls_url: str, ca_file: str) -> float:
    """CPU microseconds for a client over TLS that is made, used once and dropped: the mean of a hundred."""
    started = process_time()
    for _ in range(MADE):
        client = kind(tls_url, ca_file)
        client.read(client.get())
        client.close()
    return (process_time() - started) / MADE * 1e6


if __name__ == "__main__":
    _name, _url, _tls_url, _ca_file = sys.argv[1:]
    _kind = CLIENTS[_name]
    _found = {"resident": resident_per_row(_kind(_url))}
    if _kind in WITH_TLS:
        _found["tls client"] = made_and_dropped(_kind, _tls_url, _ca_file)
    print(json.dumps(_found))
