"""Network faults by chance, eight threads, one client: a ledger on the server's side says what really happened.

The sandbox's faults are in the fault matrix. These are what a gateway or a broken server does to the bytes.
``python test/fault_campaign.py 10000`` makes as many calls as one likes; the test makes a few hundred.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from authority import authority, server_context
from faulty import METHODS, QUICK, call
from server import (
    CONNECTION,
    Reply,
    Request,
    ScriptedServer,
    cut,
    dripped,
    dropped,
    head,
    http_response,
    page,
    raw,
    reset,
    stalled,
)

from codat_python_sdk import ApiClient, ApiException, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.retries import RetryPolicy

THREADS, DEADLINE = 8, 2.0
STRANGE = http_response({**CONNECTION, "id": "not asked for"}).data


def _broken_chunks(reply: Reply) -> Reply:
    return raw(head(200, [("Transfer-Encoding", "chunked")]) + b"zz\r\n" + _body(reply) + b"\r\n0\r\n\r\n")


def _broken_gzip(reply: Reply) -> Reply:
    data = bytearray(gzip.compress(_body(reply)))
    data[20:23] = b"\0\0\0"
    return http_response(body=bytes(data), headers=[("Content-Encoding", "gzip")])


def _body(reply: Reply) -> bytes:
    return reply.data.partition(b"\r\n\r\n")[2]


def _before(status: int) -> Callable[[Reply], Reply]:
    return lambda reply: replace(reply, data=head(status, [("Link", "</x>")]) + reply.data)


#: what becomes of a request that takes effect: its reply is changed
AFTER: dict[str, Callable[[Reply], Reply]] = {
    "reset": lambda _: reset(),
    "dropped": lambda _: dropped(),
    "stalled": lambda _: stalled(),
    "cut in the head": lambda reply: raw(reply.data[:40]),
    "cut in the body": cut,
    "cut gzip": lambda reply: http_response(
        body=gzip.compress(_body(reply))[:-9], headers=[("Content-Encoding", "gzip")]
    ),
    "broken gzip": _broken_gzip,
    "broken chunks": _broken_chunks,
    "dripped": lambda reply: dripped(reply, 0.006),
    "no JSON": lambda _: http_response(body=b"<html>gateway</html>"),
    "empty": lambda _: http_response(body=b""),
    "too long": lambda reply: replace(reply, data=reply.data + b"XXXXXXXX"),
    "two responses": lambda reply: replace(reply, data=reply.data + STRANGE),
    "one and a half": lambda reply: replace(reply, data=reply.data + STRANGE[:50]),
    "100": _before(100),
    "103": _before(103),
    "closed afterwards": lambda reply: replace(reply, end="close"),
    "same length twice": lambda reply: http_response(
        body=_body(reply), headers=[("Content-Length", str(len(_body(reply))))]
    ),
    "two lengths": lambda reply: http_response(
        body=_body(reply), headers=[("Content-Length", str(len(_body(reply)) + 3))]
    ),
    "no length": lambda reply: raw(head(200, []) + _body(reply)),
    "malformed line": lambda reply: replace(reply, data=reply.data.replace(b"\r\n", b"\r\nno header\r\n", 1)),
}
#: and of one that does not
INSTEAD: dict[str, Reply] = {
    "reset before": reset(read=False),
    "junk": raw(b"\x00\x01\x02\x03\r\n\r\n"),
    "early 503": Reply(http_response({}, 503).data, "reset"),
    **{str(status): http_response({"error": "boom"}, status) for status in (408, 425, 429, 500, 502, 503, 504)},
    "429 with Retry-After": http_response({}, 429, [("Retry-After", "0")]),
    "301": http_response({}, 301, [("Location", "/elsewhere")]),
}
FAULTS = [*AFTER, *INSTEAD]
PAIRS = len(FAULTS) * len(METHODS)


@dataclass
class Service:
    """Does what it is asked for, once per idempotency key, and remembers all of it."""

    plans: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    seen: Counter[str] = field(default_factory=Counter[str])
    done: Counter[str] = field(default_factory=Counter[str])
    keys: defaultdict[str, set[str | None]] = field(default_factory=lambda: defaultdict[str, set[str | None]](set))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Reply:
        """The reply to a request, or what its call's next fault makes of it."""
        name = request.header("X-Call") or ""
        with self.lock:
            plan = self.plans[name]
            fault = plan.pop(0) if plan else None
            self.seen[name] += 1
            if fault in INSTEAD:
                return INSTEAD[fault]
            reply = self._take_effect(name, request)
        return AFTER[fault](reply) if fault else reply

    def _take_effect(self, name: str, request: Request) -> Reply:
        key = request.header("Idempotency-Key")
        repeated = key is not None and key in self.keys[name]
        self.keys[name].add(key)
        mine = {**CONNECTION, "id": name}
        if request.method == "DELETE":
            gone = self.done[name] > 0
            self.done[name] = 1
            return http_response({"error": "no such connection"}, 404) if gone else http_response(body=b"")
        self.done[name] += request.method != "GET" and not repeated
        return http_response(page(mine) if "?" in request.target else mine)


def run(calls: int, *, tls: Any = None, ca_file: str | None = None, seed: int = 7) -> list[str]:
    """Make so many calls with up to three faults each; what was lost, done twice, mixed up or reported wrongly.

    Afterwards every place of the pool is free, and every connection returns the response to its own request.
    """
    service, chance = Service(), random.Random(seed)
    operations = [(f"call{number}", list(METHODS)[number % len(METHODS)]) for number in range(calls)]
    for number, (name, _) in enumerate(operations):
        plan = [chance.choice(FAULTS) for _ in range(chance.choice([0, 1, 1, 2, 3]))]
        # The first calls begin with the table of all operations and faults, which chance alone would not complete.
        service.plans[name] = [FAULTS[number // len(METHODS)], *plan[1:]] if number < PAIRS else plan
    chance.shuffle(operations)
    plans = {name: list(plan) for name, plan in service.plans.items()}
    with ScriptedServer(tls=tls) as server:
        server.script(service.respond)
        settings = Configuration(host=server.url, ssl_ca_cert=ca_file, api_key={"API Key Auth": "Basic eA=="})
        settings.timeout, settings.deadline, settings.retries = (5, 0.3), DEADLINE, RetryPolicy(3, **QUICK)
        settings.connection_pool_maxsize = THREADS
        with ApiClient(settings) as client, ThreadPoolExecutor(THREADS) as threads:
            api = ConnectionApi(client)
            futures = [threads.submit(_complaint, service, api, name, operation) for name, operation in operations]
            found = [future.result() for future in futures]
            (route,) = client.rest_client._pools.by_origin.values()
            assert route.places.tickets == set()
            for number in range(2 * THREADS):
                service.plans["last"] = []
                last = call(api, "get", _headers={"X-Call": "last"}, _request_timeout=5, _deadline=20)
                assert last.data.id == "last", number
    return [f"{complaint}, faults {plans[complaint[0]]}" for complaint in found if complaint is not None]


def _complaint(service: Service, api: ConnectionApi, name: str, operation: str) -> tuple[str, str, str] | None:
    """What is wrong about a call's result, or None."""
    result: Any = None
    error: ApiException | None = None
    try:
        result = call(api, operation, _headers={"X-Call": name})
    except ApiException as caught:
        error = caught
    with service.lock:
        seen, done = service.seen[name], service.done[name]
    attempts = error.attempts if error is not None else result.attempts
    changes = METHODS[operation] != "GET"
    faults = {
        "another call's response": error is None and operation != "delete" and _id_in(result.data) != name,
        "lost": error is None and changes and not done,
        "done twice": done > 1,
        "not_sent, but it has arrived": error is not None and error.outcome == "not_sent" and seen > 0,
        "rejected, but it was done": error is not None and error.outcome == "rejected" and changes and done > 0,
        "no outcome": error is not None and error.outcome is None,
        "more requests than attempts": len(attempts) < seen,
        "outlasted its deadline": sum(a.seconds + a.slept for a in attempts) > DEADLINE + 1,
    }
    wrong = [fault for fault, holds in faults.items() if holds]
    return (name, operation, f"{wrong}: {error!r}, {json.dumps(attempts)}") if wrong else None


def _id_in(data: Any) -> str:
    return str(data.results[0].id if hasattr(data, "results") else data.id)


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with authority().cert_pem.tempfile() as path:
        for scheme, context in (("http", None), ("https", server_context())):
            started = time.perf_counter()
            complaints = run(count, tls=context, ca_file=path)
            seconds = time.perf_counter() - started
            sys.stdout.write(f"{scheme}: {count} calls in {seconds:.0f} s, {len(complaints)} reported wrongly\n")
            sys.stdout.writelines(f"  {complaint}\n" for complaint in complaints)
