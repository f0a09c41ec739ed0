"""What stands before, behind and beside a response: interim ones, second ones, lengths and lines that are odd."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from authority import server_context
from conftest import MakeApi
from faulty import DEADLINE, METHODS, SLACK, call, hang_up, read_head, serving, within
from server import CONNECTION, Reply, Request, ScriptedServer, dripped, head, http_response, page, raw

from codat_python_sdk import ApiException
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.exceptions import ApiConnectionException, ApiTimeoutException

pytestmark = pytest.mark.usefixtures("both_heads")


@pytest.fixture(params=["http", "https"])
def either(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    """A server, and one with a certificate of our authority."""
    with ScriptedServer(tls=server_context() if request.param == "https" else None) as server:
        yield server


# -- interim responses -------------------------------------------------------------------------------------------------


def interim(status: int) -> bytes:
    """An interim response."""
    return head(status, [("Link", "</style.css>; rel=preload")])


@pytest.mark.parametrize("operation", METHODS)
def test_interim__is_read_past(
    server: ScriptedServer, make_api: MakeApi, subtests: pytest.Subtests, operation: str
) -> None:
    """Any number of interim responses before a response changes nothing: one attempt, and the connection is kept."""
    body = page(CONNECTION) if operation == "list" else True if operation == "delete" else CONNECTION
    api = make_api(retries=3)
    for statuses in ([100], [102], [103], [199], [100, 103], [103] * 50):
        server.script(raw(b"".join(map(interim, statuses)) + http_response(body).data, "keep"))
        with subtests.test(str(statuses)):
            before = len(server.requests)
            for _ in range(2):
                assert len(call(api, operation).attempts) == 1
            assert (len(server.requests), server.connections) == (before + 2, 1)


def test_interim__with_gaps(make_api: MakeApi) -> None:
    """Interim responses may come at any time, and in pieces."""

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        data = interim(103) + interim(102) + http_response().data
        for start in range(0, len(data), 7):
            connection.sendall(data[start : start + 7])

    with serving(serve) as address:
        assert call(make_api(host=f"http://{address}"), "get").status == 200


def test_interim__without_end(make_api: MakeApi) -> None:
    """Interim responses and nothing else cost the deadline; the request may have taken effect."""
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        while not over.wait(0.02):
            connection.sendall(interim(103))

    with serving(serve) as address, within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException) as caught:
        call(make_api(host=f"http://{address}"), "create", _deadline=DEADLINE)
    over.set()
    assert caught.value.outcome == "unknown"


def test_switching_protocols__is_no_response(server: ScriptedServer, make_api: MakeApi) -> None:
    """A 101, after which another protocol would be spoken, is a failure, and its connection is not used again."""
    server.script(raw(interim(101), "keep"), http_response())
    api = make_api()
    with pytest.raises(ApiConnectionException, match="101") as caught:
        call(api, "create")
    assert caught.value.outcome == "unknown"
    assert call(api, "get").status == 200
    assert server.connections == 2


# -- second responses --------------------------------------------------------------------------------------------------

MINE = {**CONNECTION, "id": "mine"}
STRANGE = http_response({**CONNECTION, "id": "not asked for"}).data


def of_size(size: int) -> bytes:
    """A response of so many bytes, head included."""
    name, data = "x" * 1000, b""
    while len(data) != size:  # the length of the length counts as well
        name = "x" * (len(name) + size - len(data)) if data else name
        data = http_response({**CONNECTION, "platformName": name}).data
    return data


@pytest.mark.parametrize("extra", [len(STRANGE), 100, 1])
def test_second_response__is_never_taken(
    either: ScriptedServer, make_api: MakeApi, ca_file: str, subtests: pytest.Subtests, extra: int
) -> None:
    """Whatever comes behind a response, wherever it is buffered, is not the next call's, which succeeds."""
    for number, size in enumerate((2000, 8191, 8192, 8193, 16384, 40000)):
        either.script(raw(of_size(size) + STRANGE[:extra], "keep"), http_response(MINE))
        api = make_api(connection_pool_maxsize=1, host=either.url, ssl_ca_cert=ca_file)
        with subtests.test(str(size)):
            call(api, "get")
            # What comes behind may come later, in a TLS record of its own.
            assert either.wait_for(lambda: either.sent == 2 * number + 1)  # noqa: B023
            assert call(api, "get").data.id == "mine"
            assert either.connections == 2 * number + 2


@pytest.mark.parametrize("unread", [False, True])
def test_second_response__that_comes_later(
    either: ScriptedServer, make_api: MakeApi, ca_file: str, *, unread: bool
) -> None:
    """What arrives on an idle connection before the next call closes it, also where the caller read the response."""
    sent = threading.Event()

    def send_strange() -> None:
        either.send_to_all(STRANGE)
        sent.set()

    def respond(request: Request) -> Reply:
        if request.target.endswith("first"):
            threading.Timer(0.1, send_strange).start()
        return http_response(MINE)

    either.script(respond)
    api = make_api(connection_pool_maxsize=1, host=either.url, ssl_ca_cert=ca_file)
    result = call(api, "get", connection="first", _preload_content=not unread)
    if unread:
        result.data.read()
    assert sent.wait(5)
    assert call(api, "get", connection="second").data.id == "mine"
    assert either.connections == 2


@pytest.mark.parametrize(("extra", "connections"), [(b"", 1), (STRANGE, 2)], ids=["alone", "with a second response"])
def test_unread__is_given_back_once(server: ScriptedServer, make_api: MakeApi, extra: bytes, connections: int) -> None:
    """A response that has handed its connection back can be released again, which does nothing."""
    server.script(raw(http_response().data + extra, "keep"), http_response(MINE))
    api = make_api(connection_pool_maxsize=1)
    result = call(api, "get", _preload_content=False)
    result.data.read()
    for _ in range(2):
        result.data.release_conn()
    assert call(api, "get").data.id == "mine"
    assert server.connections == connections


FORMS = {
    "length": http_response(MINE),
    "chunks": http_response(MINE, chunks=3),
    "gzip": http_response(MINE, encoding="gzip"),
    "error": http_response(MINE, 404),
}


@pytest.mark.parametrize("form", FORMS)
def test_second_response__is_not_seen_where_there_is_none(
    either: ScriptedServer, make_api: MakeApi, ca_file: str, form: str
) -> None:
    """A connection with nothing on it is kept, whatever the form of the response."""
    either.script(FORMS[form])
    api = make_api(host=either.url, ssl_ca_cert=ca_file)
    for _ in range(4):
        try:
            call(api, "get")
        except ApiException as error:
            assert error.status == 404
    assert either.connections == 1


# -- odd heads ---------------------------------------------------------------------------------------------------------

BODY = json.dumps(CONNECTION).encode()
SECRETS = b"Set-Cookie: session=canary-cookie\r\nLocation: https://link.test/?otp=canary-code\r\n"


@pytest.mark.parametrize(
    "line", [b"broken header line", b"no colon", b" folded first", b"X Y: blank in the name", b": no name"]
)
def test_malformed_line__is_not_logged(
    server: ScriptedServer, make_api: MakeApi, caplog: pytest.LogCaptureFixture, line: bytes
) -> None:
    """A line that is no header ends the head; nothing of what follows it is logged, and the response is read."""
    start = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(BODY)
    server.script(raw(start + line + b"\r\n" + SECRETS + b"\r\n" + BODY))
    with caplog.at_level(logging.DEBUG):
        try:
            assert call(make_api(), "get").status == 200
        except ApiConnectionException:
            assert line.startswith(b" ")
    assert "canary" not in caplog.text
    assert "Failed to parse" not in caplog.text


SAME_LENGTH = ("Content-Length: {0}, {0}", "Content-Length: {0}\r\nContent-Length: {0}", "content-length:{0} ,{0}")


@pytest.mark.parametrize("lines", SAME_LENGTH)
def test_same_length_twice__is_read_at_once(
    either: ScriptedServer, make_api: MakeApi, ca_file: str, lines: str
) -> None:
    """A length that stands there twice is that length: the body is read at once, and the connection is kept."""
    text = f"HTTP/1.1 200 OK\r\n{lines.format(len(BODY))}\r\n\r\n".encode()
    either.script(raw(text + BODY, "keep"))
    api = make_api(host=either.url, ssl_ca_cert=ca_file, timeout=(5, 20), deadline=10)
    with within(5):
        assert [call(api, "get").status for _ in range(2)] == [200, 200]
    assert either.connections == 1


CODINGS = ["{}", "{} ", "{}\t ", "  {}", "\r\n {}"]


@pytest.mark.parametrize("form", CODINGS, ids=ascii)
def test_coding__with_blanks_around_it(server: ScriptedServer, make_api: MakeApi, form: str) -> None:
    """HTTP lets blanks stand around a header's value: they make no body unreadable, and no connection unusable."""
    chunked, zipped = http_response(chunks=3).data, http_response(encoding="gzip").data
    chunked = chunked.replace(b": chunked", b": " + form.format("Chunked").encode())
    zipped = zipped.replace(b": gzip", b": " + form.format("gzip").encode())
    server.script(raw(chunked, "keep"), raw(zipped, "keep"))
    api = make_api()
    for _ in range(2):
        assert call(api, "get").data.id == CONNECTION["id"]
    assert server.connections == 1


def test_coding__of_a_body_until_the_end(server: ScriptedServer, make_api: MakeApi) -> None:
    """A compressed body without a length ends with its connection; it is not taken for one in chunks."""
    reply = http_response(encoding="gzip").data
    server.script(raw(re.sub(rb"Content-Length: \d+\r\n", b"", reply)))
    assert call(make_api(), "get").data.id == CONNECTION["id"]


@pytest.mark.parametrize("lengths", ["{0}, 7", "7, {0}", "{0}, {0}, 7"])
def test_two_lengths__are_refused(server: ScriptedServer, make_api: MakeApi, lengths: str) -> None:
    """Lengths that contradict each other are a broken response, whose connection is not used again."""
    text = f"HTTP/1.1 200 OK\r\nContent-Length: {lengths.format(len(BODY))}\r\n\r\n".encode()
    server.script(raw(text + BODY, "keep"), http_response())
    api = make_api()
    with pytest.raises(ApiConnectionException) as caught:
        call(api, "create", _request_timeout=0.5)
    assert caught.value.outcome == "unknown"
    assert call(api, "get").status == 200
    assert server.connections == 2


def test_slow_head__ends_with_the_deadline(either: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """A head that comes byte by byte cannot outlast the deadline."""
    either.script(dripped(http_response(), 0.05))
    with within(DEADLINE + SLACK + 0.3), pytest.raises(ApiTimeoutException):
        call(make_api(host=either.url, ssl_ca_cert=ca_file), "get", _deadline=DEADLINE)


# -- sending -----------------------------------------------------------------------------------------------------------


def test_large_body__is_sent_in_pieces(api: ConnectionApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece of 16 KiB has the read timeout, so a large body may take longer than that."""
    sizes, sendall = list[int](), socket.socket.sendall

    def record(sock: socket.socket, data: Any) -> None:
        if threading.current_thread() is threading.main_thread():  # the client's
            sizes.append(len(data))
        sendall(sock, data)

    monkeypatch.setattr(socket.socket, "sendall", record)
    call(api, "update_authorization", request_body={"token": "x" * 40_000})
    assert sizes[1:3] == [16_384, 16_384] and max(sizes) == 16_384


def test_slow_reader__ends_with_the_deadline(make_api: MakeApi, ca_file: str) -> None:
    """A server that takes a large body in small pieces cannot outlast the deadline either, also over TLS."""

    def read_slowly(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with server_context().wrap_socket(connection, server_side=True) as secured:
            readers.append(secured)
            while secured.recv(1000) and not over.wait(0.05):
                pass

    over, readers = threading.Event(), list[socket.socket]()
    with serving(read_slowly) as address, within(2 * DEADLINE + SLACK):
        api = make_api(host=f"https://{address}", ssl_ca_cert=ca_file)
        with pytest.raises(ApiTimeoutException) as caught:
            call(api, "update_authorization", request_body={"token": "x" * 8_000_000}, _deadline=2 * DEADLINE)
        over.set()
        for reader in readers:  # the system holds bytes back for a reader as slow as this
            hang_up(reader)
    assert caught.value.outcome == "unknown"
