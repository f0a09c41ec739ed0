"""Look for bytes that break a promise of the client or the sandbox, with atheris, for as many seconds as one likes.

``python test/fuzz/run.py TARGET SECONDS`` runs one target of ``client_targets.py`` or ``sandbox_targets.py``. What was
found is printed and stays in a file named ``crash-…``; the numbers in the last lines are the executions.
"""

# Only whoever runs this has atheris, which has no types.
# pyright: reportMissingImports=false, reportMissingModuleSource=false, reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path[:0] = map(str, Path(__file__).parents[1:3])
with atheris.instrument_imports(include=["codat_python_sdk", "dateutil"]):
    from fuzz.client_targets import TARGETS as OF_CLIENT
    from fuzz.sandbox_targets import TARGETS as OF_SANDBOX

    TARGETS = OF_CLIENT | OF_SANDBOX

#: What to begin with: one that is right, for each target.
SEEDS = {
    "response": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n"
    b'{"id":"k","status":"Linked","a":1}',
    "body": b'\x00{"id":"k","integrationId":"i","sourceId":"s","platformName":"p","linkUrl":"l","status":"Linked",'
    b'"created":"2026-02-03T04:05:06.1234567Z"}',
    "moment": b"2026-02-03T04:05:06.1234567+01:00",
    "webhook": b"webhook-id:msg_1\nwebhook-timestamp:1767225600\nwebhook-signature:v1,NuKm=\n\n"
    b'{"eventType":"read.completed"}',
    "exchange": b"POST /companies HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\nA: b\r\n\r\n"
    b"GET / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
    "query": b"status=Linked&&{created>2026-01-31||connectionInfo.size!=3}",
}


def main() -> None:
    """Fuzz one target."""
    name, seconds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 600
    with tempfile.TemporaryDirectory() as corpus:
        (Path(corpus) / "seed").write_bytes(SEEDS[name])
        options = [f"-max_total_time={seconds}", "-timeout=20", "-max_len=4096", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, corpus], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
