"""HTTP as bytes: malformed, huge, slow, pipelined."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from contextlib import closing

import pytest
from cases import case

from codat_python_sdk import ApiTlsException, CodatPlatform
from codat_python_sdk.sandbox import Request, Sandbox
from codat_python_sdk.sandbox import exchange as exchange_module
from codat_python_sdk.sandbox.exchange import Closed, Exchange
from codat_python_sdk.sandbox.faults import NO_FAULT, Fault
from codat_python_sdk.sandbox.messages import ErrorBodies, Response

from .conftest import Caller

LIST = "GET {root} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {auth}\r\n"
CREATE = "POST {root} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {auth}\r\nContent-Type: application/json\r\n"
BODY = '{"platformKey":"mqjo"}'


def send(call: Caller, text: str) -> bytes:
    return call.raw(text.replace("{root}", call.root).replace("{auth}", call.sandbox.auth_header).encode("latin-1"))


def no_content(*_: object) -> tuple[Response, Fault]:
    """Respond to a request."""
    return Response(204), NO_FAULT


def serve_until_closed(exchange: Exchange) -> None:
    """Serve, whichever side closes in the middle of a request."""
    with contextlib.suppress(Closed, OSError):
        exchange.serve()


def test_malformed__gets_an_error_and_no_echo(call: Caller, capfd: pytest.CaptureFixture[str]) -> None:
    """What is no HTTP gets Codat's error body if anything, is not repeated to the client, and prints nothing."""
    cases: list[bytes] = [
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET / NOPE/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\xfc\x03\x03\r\n\r\n",
        b"POST /x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200,
        b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ]
    for data in cases:
        with case(data):
            received = call.raw(data)
            assert b"Malformed HTTP request" in received
            assert b"nonsense" not in received
            assert call("GET").status == 200
            assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"nonsense\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nno header\r\n\r\n", 400),
     (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", 431),
     (b"GET / HTTP/1.1\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", 431)],
)  # fmt: skip
def test_malformed__has_the_status_for_it(call: Caller, data: bytes, status: int) -> None:
    """A request that is no HTTP is 400, one with too many or too large headers 431."""
    assert call.raw(data).startswith(b"HTTP/1.1 %d " % status)


def test_body__unclear_end_is_400(call: Caller) -> None:
    """When it is not certain where a body ends, the request is refused and the connection closed."""
    cases: list[str] = [
        "Content-Length: x\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "Transfer-Encoding: gzip\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    ]
    for headers in cases:
        with case(headers):
            received = send(call, CREATE + headers)
            assert received.startswith(b"HTTP/1.1 400")
            assert received.count(b"HTTP/1.1") == 1
            assert b"Connection: close" in received
            assert call.sandbox.connections() == []


def test_body__too_large_is_413(call: Caller, sandbox: Sandbox) -> None:
    """A body of more than 1 MiB is refused with a response that the client can read, chunked or not."""
    assert call("POST", body=b"x" * (1024 * 1024 + 1)).status == 413
    assert call("POST", body=iter([b"x" * 600_000] * 20)).status == 413
    assert call("POST", body=b'"' + b"x" * (1024 * 1024 - 2) + b'"').status == 400
    assert len(sandbox.requests) == 1


def test_body__chunked(call: Caller) -> None:
    """A chunked body counts like any other, extensions and trailers ignored."""
    chunks = '4;ext=1\r\n{"pl\r\n12\r\natformKey":"mqjo"}\r\n0\r\nTrailer: x\r\n\r\n'
    received = send(call, CREATE + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks)
    assert received.startswith(b"HTTP/1.1 200")
    assert call.sandbox.requests[0].body == BODY.encode()


def test_body__cut_off_is_not_processed(call: Caller) -> None:
    """A request whose body ends early does nothing."""
    assert send(call, CREATE + f"Content-Length: 100\r\n\r\n{BODY}") == b""
    assert call.sandbox.connections() == []


def test_expect__100_continue(call: Caller) -> None:
    """A client that waits for 100 Continue gets it, and then the response."""
    length = f"Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    received = send(call, CREATE + length + BODY)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_keep_alive__many_requests_on_one_connection(call: Caller) -> None:
    """Pipelined requests get their responses in order; the last one says that it closes."""
    received = send(call, (LIST + "\r\n") * 3 + LIST + "Connection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 4
    assert received.count(b"Connection: close") == 1


def test_keep_alive__empty_lines_before_a_request(call: Caller) -> None:
    """Empty lines before a request line, as some clients send after a body, are ignored."""
    received = send(call, "\r\n\r\n" + LIST + "\r\n" + "\r\n" + LIST + "Connection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_response__may_take_longer_than_a_request() -> None:
    """The limits for reading a request, which came in pieces, do not hold for sending its response."""
    timeouts = list[float | None]()
    client, connection = socket.socketpair()

    def now() -> float:  # asked for each response's Date
        timeouts.append(connection.gettimeout())
        return 0.0

    def read_and_shut_down(_: Request) -> None:
        client.shutdown(socket.SHUT_WR)

    with client, connection:
        errors = ErrorBodies(lambda: "")
        exchange = Exchange(connection, no_content, read_and_shut_down, errors, now, threading.Event())
        thread = threading.Thread(target=exchange.serve)
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
        thread.start()
        client.sendall(b"cd")
        thread.join(10)
    assert timeouts == [None]


def test_rejected__is_not_read_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that goes on sending after its request was refused is read for the time of `LINGER`, and no longer."""
    monkeypatch.setattr(exchange_module, "LINGER", 60)
    monkeypatch.setattr(exchange_module, "stopwatch", itertools.count(0, 100).__next__)
    client, connection = socket.socketpair()
    with client, connection:
        exchange = Exchange(connection, no_content, print, ErrorBodies(lambda: ""), lambda: 0.0, threading.Event())
        thread = threading.Thread(target=exchange.serve)
        thread.start()
        client.sendall(b"nonsense\r\n\r\n")
        while client.recv(65536):
            pass
        client.sendall(b"more")
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("start", [b"Content-Length: 9\r\n\r\nab", b"Transfer-Encoding: chunked\r\n\r\n4"])
def test_body__that_does_not_come_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    """A client that stops in the middle of a body, or of a chunk's length, is read for `BODY_SECONDS` at most."""
    monkeypatch.setattr(exchange_module, "BODY_SECONDS", 60)
    monkeypatch.setattr(exchange_module, "stopwatch", itertools.count(0, 100).__next__)
    client, connection = socket.socketpair()
    client.sendall(b"POST / HTTP/1.1\r\n" + start)
    with client, connection:
        exchange = Exchange(connection, no_content, print, ErrorBodies(lambda: ""), lambda: 0.0, threading.Event())
        thread = threading.Thread(target=serve_until_closed, args=(exchange,))
        thread.start()
        thread.join(10)
        ended = not thread.is_alive()
        client.shutdown(socket.SHUT_WR)
        thread.join(10)
    assert ended


@pytest.mark.parametrize("option", ["", "Connection: keep-alive\r\n"])
def test_http_1_0__closes(call: Caller, option: str) -> None:
    """A client of HTTP/1.0 gets its response, and the connection closed: it may wait for that, whatever it asked."""
    received = send(call, LIST.replace("HTTP/1.1", "HTTP/1.0") + option + "\r\n")
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in received


def test_half_open__does_not_hold_others_up(call: Caller, sandbox: Sandbox) -> None:
    """Connections that say nothing, or half a request, neither block other clients nor the end."""
    address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    idle = [socket.create_connection(address) for _ in range(20)]
    for connection in idle[10:]:
        connection.sendall(b"POST /companies HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
    assert call("GET").status == 200
    sandbox.stop()
    for connection in idle:
        with closing(connection):
            assert connection.recv(1) == b""


def test_tls__on_a_port_without_it_is_told_at_once(sandbox: Sandbox) -> None:
    """A client whose URL says https learns that the port speaks no TLS, and does not wait for the end of a head."""
    url = sandbox.url.replace("http:", "https:")
    with (
        CodatPlatform(api_key=sandbox.api_key, server_url=url, retries=0) as codat,
        pytest.raises(ApiTlsException, match="it does not speak TLS"),
    ):
        codat.companies.list(timeout=exchange_module.HEAD_SECONDS / 2)
    assert sandbox.requests == []
