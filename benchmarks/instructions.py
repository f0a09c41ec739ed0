"""Instructions of a call, counted by valgrind's callgrind: a busy machine cannot change the result.

python benchmarks/instructions.py CLIENT NAME TIMES URL TLS_URL CA_FILE makes so many calls, to be run by valgrind.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from workloads import CLIENTS, Bare, ThisClient

CALLS: dict[str, Callable[[Any], Any]] = {
    "get": lambda client: client.read(client.get()),
    "post": lambda client: client.read(client.post()),
    "get tls": lambda client: client.read(client.get()),
    "list 100": lambda client: client.read_page(client.list(100)),
}
FEW, MANY = 10, 60


def ratios(server: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Instructions of a call of ours, to those of bare urllib3, by name."""
    counted = {
        kind: {name: _per_call(kind, name, server, environment) for name in CALLS} for kind in (ThisClient, Bare)
    }
    return {name: counted[ThisClient][name] / counted[Bare][name] for name in CALLS}


def _per_call(kind: Any, name: str, server: list[str], environment: dict[str, str]) -> float:
    # Modules are compiled before anything is counted.
    subprocess.run([sys.executable, __file__, kind.name, name, "1", *server], env=environment, check=True)
    few, many = (_instructions([kind.name, name, str(times), *server], environment) for times in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _instructions(arguments: list[str], environment: dict[str, str]) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, __file__, *arguments]
    # The same order of the same sets and dicts each time.
    fixed = {**environment, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=fixed, check=True, capture_output=True, text=True)
    (collected,) = re.findall(r"Collected : (\d+)", done.stderr)
    return int(collected)


if __name__ == "__main__":
    _client, _name, _times, _url, _tls_url, _ca_file = sys.argv[1:]
    _side = CLIENTS[_client](*((_tls_url, _ca_file) if _name == "get tls" else (_url,)))
    for _ in range(int(_times)):
        CALLS[_name](_side)
