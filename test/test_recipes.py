"""Recipes in examples/recipes that need nothing else: where they run is made as their readers have it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from sources import ROOT

from codat_python_sdk.sandbox import Sandbox

#: Lambda has no /dev/shm, so no semaphores of multiprocessing, and a child may not be made of it.
LAMBDA = """
import _multiprocessing, json, os, sys

def unavailable(*_, **__):
    raise OSError(38, "Function not implemented")

_multiprocessing.SemLock = unavailable
for name in ("fork", "forkpty"):
    if hasattr(os, name):
        setattr(os, name, unavailable)

class Context:
    def get_remaining_time_in_millis(self):
        return 30_000

sys.path.insert(0, sys.argv[1])
from lambda_function import handler

for line in sys.stdin:  # an invocation each; frozen in between
    print(json.dumps(handler(json.loads(line), Context())), flush=True)
"""


def test_lambda__works_after_it_was_frozen() -> None:
    """The handler works without /dev/shm and fork, and after the service has closed its connection meanwhile."""
    sandbox = Sandbox()
    sandbox.start()
    port = int(sandbox.url.rpartition(":")[2])
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "CODAT_API_KEY": sandbox.api_key,
        "CODAT_SERVER_URL": sandbox.url,
    }
    event = {"companyId": sandbox.company_id, "connectionId": sandbox.add_connection(status="Linked")}
    command = [sys.executable, "-W", "error", "-c", LAMBDA, str(ROOT / "examples" / "recipes")]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout

        def invoke(event: dict[str, str]) -> dict[str, object]:
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(event) + "\n")
            process.stdin.flush()
            result: dict[str, object] = json.loads(process.stdout.readline())
            return result

        assert invoke(event) == {"status": "Linked"}
        state = Sandbox(port=port, api_key=sandbox.api_key, company_id=sandbox.company_id)
        sandbox.stop()  # closes all connections
        with state:
            state.add_connection(id=event["connectionId"], status="Deauthorized")
            assert invoke(event) == {"status": "Deauthorized"}
            missing = invoke(event | {"connectionId": "unknown"})
            assert missing == {"error": "Data connection unknown not found", "retryable": False}
            process.stdin.close()
            assert process.wait(timeout=30) == 0
