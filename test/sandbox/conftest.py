"""A sandbox for each test, a clock that stands still, and a client that shows what came over the wire."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from codat_python_sdk.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Clock:
    """Seconds since the epoch, moved by the test: 2026-02-03T04:05:06.789Z at first."""

    def __init__(self) -> None:
        self.now = 1_770_091_506.789

    def __call__(self) -> float:
        return self.now


class Reply(NamedTuple):
    status: int
    value: Any
    body: bytes
    headers: http.client.HTTPMessage


class Caller:
    """Sends plain HTTP requests to one company of a sandbox, each on a connection of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.root = f"/companies/{sandbox.company_id}/connections"

    def __call__(self, method: str, path: str = "", value: Any = None, **options: Any) -> Reply:
        """Call below the company's connections, with the right key; `value` is sent as JSON."""
        headers = {"Authorization": self.sandbox.auth_header, "Content-Type": "application/json"}
        body = options.get("body", None if value is None else json.dumps(value))
        return self.plain(method, self.root + path, {**headers, **options.get("headers", {})}, body)

    def plain(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: Any = None) -> Reply:
        host = self.sandbox.url.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=10)) as connection:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            data = response.read()
        try:
            value = json.loads(data)
        except ValueError:
            value = None
        return Reply(response.status, value, data, response.headers)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are, and read until the sandbox closes."""
        port = int(self.sandbox.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        return received

    def create(self, platform_key: str = "mqjo") -> Any:
        return self("POST", value={"platformKey": platform_key}).value

    def otp(self, connection_id: str) -> str:
        return str(self("GET", f"/{connection_id}").value["linkUrl"].partition("?otp=")[2])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def call(sandbox: Sandbox) -> Caller:
    return Caller(sandbox)


@pytest.fixture
def old(clock: Clock) -> Iterator[Caller]:
    """A caller of a sandbox with the contract of 2021."""
    with Sandbox(contract="2021", clock=clock) as sandbox:
        yield Caller(sandbox)
