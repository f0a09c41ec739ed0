"""What the sandbox reads, given any bytes: each function fails when a promise does not hold for them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

from codat_python_sdk.sandbox.companies import SCHEMA
from codat_python_sdk.sandbox.connections import SCHEMAS as CONNECTIONS
from codat_python_sdk.sandbox.exchange import Closed, Exchange
from codat_python_sdk.sandbox.faults import NO_FAULT
from codat_python_sdk.sandbox.messages import ErrorBodies, Rejected, Request, Response
from codat_python_sdk.sandbox.query import order, parse, parse_tags

ROWS: list[dict[str, Any]] = [
    {"id": "a", "name": "A", "status": "Linked", "created": "2026-01-01T00:00:00Z", "connectionInfo": {"size": 3}},
    {
        "id": "b",
        "name": None,
        "status": "Unlinked",
        "created": None,
        "lastSync": "2026-03-01",
        "tags": {"region": "uk"},
    },
]


def exchange(data: bytes) -> None:
    """Whatever a client sends, the sandbox sends whole responses or closes; requests that it saw are whole."""
    client_end, server_end = socket.socketpair()
    seen: list[Request] = []

    def app(request: Request, _: object) -> tuple[Response, Any]:
        seen.append(request)
        return Response.json(200, {}), NO_FAULT

    with server_end, client_end:
        server_end.sendall(data[:60_000])
        server_end.shutdown(socket.SHUT_WR)
        errors = ErrorBodies(lambda: "0" * 32)
        with suppress(OSError, Closed):
            Exchange(client_end, app, lambda _: None, errors, lambda: 0.0, threading.Event()).serve()
        client_end.close()
        received = b"".join(iter(lambda: server_end.recv(65536), b""))
    rejections = received.count(b"Malformed HTTP request") + received.count(b"The body is larger")
    responses = received.count(b"HTTP/1.1 ") - received.count(b"HTTP/1.1 100 ")
    assert responses == len(seen) + rejections, received
    for request in seen:
        assert request.method.isascii() and " " not in request.target
        assert not any("\n" in value or "\r" in value for _, value in request.headers.items())


def query(data: bytes) -> None:
    """A query, an ordering or a condition on tags selects something or is refused with 400."""
    text = data.decode("utf-8", "surrogateescape")
    for schema in (*CONNECTIONS.values(), SCHEMA):
        with suppress(Rejected):
            selects = parse(text, schema)
            assert all(isinstance(selects(row), bool) for row in ROWS)
        with suppress(Rejected):
            assert sorted(map(id, order(ROWS, text, schema, lambda row: row))) == sorted(map(id, ROWS))
    with suppress(Rejected):
        assert isinstance(parse_tags(text)({"region": "uk"}), bool)


TARGETS = {"exchange": exchange, "query": query}
