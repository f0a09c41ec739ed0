"""A server with ready-made responses, so that its own cost is small and the client is measured.

python benchmarks/service.py [CERTIFICATE] prints its port, and a second one for TLS if it has a certificate with its
key, and serves on loopback until its standard input ends.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import socket
import ssl
import sys
import threading
from typing import Any

COMPANY_ID = "7e57c0de-0000-4000-8000-000000000001"
CONNECTION_ID = "5f0c9a11-7d2e-4b63-9a40-0b1c2d3e4f50"
PATH = f"/companies/{COMPANY_ID}/connections"

_HEAD = (
    "HTTP/1.1 200 OK\r\nDate: Tue, 03 Feb 2026 04:05:06 GMT\r\nContent-Type: application/json; charset=utf-8\r\n"
    "Connection: keep-alive\r\nX-Rate-Limit-Limit: 1000\r\nX-Rate-Limit-Remaining: 999\r\n"
    "X-Rate-Limit-Reset: 2026-02-04T00:00:00Z\r\nContent-Length: {length}\r\n\r\n"
)


#: Rows as a service may send them, by the company whose connections they are. The last one has rows of three shapes.
SHAPES = (COMPANY_ID, "no-last-sync", "nine-fields", "unknown-key", "unknown-object", "mixture")
_FIELDS_SINCE_2021 = ("integrationKey", "dataConnectionErrors", "connectionInfo")


def row_of_shape(shape: str, number: int) -> dict[str, Any]:
    """A connection with all twelve fields, or more or fewer."""
    if shape == "mixture":
        shape = SHAPES[number % 3]
    connection = row(number)
    if shape == "no-last-sync":
        del connection["lastSync"]
    elif shape == "nine-fields":
        for name in _FIELDS_SINCE_2021:
            del connection[name]
    elif shape == "unknown-key":
        connection["brandNew"] = "value"
    elif shape == "unknown-object":
        connection["additionalProperties"] = {"region": "GB"}
    return connection


def row(number: int = 0) -> dict[str, Any]:
    """A connection with all twelve fields, and no two texts the same that differ in life."""
    connection_id = f"{number:08x}{CONNECTION_ID[8:]}"
    error = {
        "statusCode": "403",
        "statusText": "Forbidden",
        "errorMessage": f"Source {number} refused the sync.",
        "erroredOnUtc": f"2026-02-03T04:05:06.{number:07d}Z",
    }
    return {
        "id": connection_id,
        "integrationId": "9b8a7c6d-1111-4222-8333-444455556666",
        "integrationKey": "mqjo",
        "sourceId": f"0a1b2c3d-aaaa-4bbb-8ccc-dddd{number:08x}",
        "sourceType": "Accounting",
        "platformName": "Sandbox",
        "linkUrl": f"https://link-api.codat.io{PATH}/{connection_id}/start?otp={number:06d}",
        "status": "Linked",
        "lastSync": f"2026-03-04T05:06:07.{number:07d}Z",
        "created": f"2026-02-03T04:05:06.{number:07d}Z",
        "dataConnectionErrors": [error] if number % 50 == 49 else None,
        "connectionInfo": {"paused": False},
    }


def page(size: int, shape: str = COMPANY_ID) -> dict[str, Any]:
    """A page of so many connections."""
    return {
        "results": [row_of_shape(shape, number) for number in range(size)],
        "pageNumber": 1,
        "pageSize": size,
        "totalResults": size,
        "_links": {"self": {"href": PATH}, "current": {"href": f"{PATH}?page=1&pageSize={size}"}},
    }


def _response(value: Any) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    return _HEAD.format(length=len(body)).encode() + body


class Server:
    """One thread for all connections: each request gets its response with one ``sendall``."""

    def __init__(self, certificate: str | None = None) -> None:
        self.responses = {(COMPANY_ID, 0): _response(row())}
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.selector.register(self.listener, selectors.EVENT_READ, "listener")
        self.ports: list[int] = [self.listener.getsockname()[1]]
        if certificate is not None:
            self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.context.load_cert_chain(certificate)
            self.tls_listener = socket.create_server(("127.0.0.1", 0), backlog=128)
            self.selector.register(self.tls_listener, selectors.EVENT_READ, "listener")
            self.ports.append(self.tls_listener.getsockname()[1])
        self.received: dict[socket.socket, bytes] = {}

    def serve(self) -> None:
        """Serve until the process ends."""
        while True:
            for key, _ in self.selector.select():
                if key.data == "listener":
                    self._accept(key.fileobj)
                else:
                    self._read(key.fileobj)

    def _accept(self, listener: Any) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if listener is not self.listener:
            connection = self.context.wrap_socket(connection, server_side=True)
        self.received[connection] = b""
        self.selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: Any) -> None:
        try:
            chunk = connection.recv(65536)
            self.received[connection] += chunk
            while chunk and isinstance(connection, ssl.SSLSocket) and connection.pending():
                self.received[connection] += connection.recv(65536)
            if chunk and _is_complete(self.received[connection]):
                request, self.received[connection] = self.received[connection], b""
                connection.sendall(self._response_to(request))
        except OSError:
            chunk = b""
        if not chunk:
            self.selector.unregister(connection)
            del self.received[connection]
            connection.close()

    def _response_to(self, request: bytes) -> bytes:
        match = re.search(r"^GET /companies/([^/]+)/connections\?[^ ]*\bpageSize=(\d+)", request.decode("latin-1"))
        shape, size = (match[1], int(match[2])) if match else (COMPANY_ID, 0)
        if (shape, size) not in self.responses:
            self.responses[shape, size] = _response(page(size, shape))
        return self.responses[shape, size]


def _is_complete(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    server = Server(*sys.argv[1:])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(*server.ports, flush=True)
    server.serve()
