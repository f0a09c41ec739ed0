"""The transport: connections kept and given back, faults of the network in our words, nothing followed."""

from __future__ import annotations

import errno
import gc
import io
import json
import pickle
import socket
import ssl
import sys
import threading
import traceback
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any, Literal

import pytest
import urllib3
from conftest import MakeApi
from faulty import call, hang_up, open_sockets, read_head, refused, serving, silent, within
from hypothesis import example, given
from hypothesis import strategies as st
from server import CONNECTION, Reply, Request, ScriptedServer, cut, dropped, http_response, raw, reset, stalled
from strategies import texts
from urllib3.connection import HTTPConnection
from urllib3.util import SKIP_HEADER

from codat_python_sdk import ApiException, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiTimeoutException,
    InsecureTransportWarning,
    NotFoundException,
    ServiceException,
    TooManyRequestsException,
    UnreadableResponseException,
)
from codat_python_sdk.rest import RESTClientObject, RESTResponse
from codat_python_sdk.rest.pool import Pool
from codat_python_sdk.secret import as_secret

# -- what comes back ---------------------------------------------------------------------------------------------------


def test_request__brings_any_status(server: ScriptedServer) -> None:
    """A response of any status is returned, completely read, with headers that compare without case."""
    server.script(http_response({"error": "no"}, 418, [("X-Many", "1"), ("X-Many", "2")], reason="Teapot"))
    rest = RESTClientObject(Configuration(host=server.url))
    response = rest.request("GET", f"{server.url}/a?b=c", headers={"X-Own": "1"})
    assert isinstance(response, RESTResponse)
    assert (response.status, response.reason, response.data) == (418, "Teapot", b'{"error": "no"}')
    assert response.getheader("x-many") == "1, 2"
    assert response.getheader("X-None", "default") == "default"
    assert response.getheaders()["CONTENT-TYPE"] == "application/json"
    assert (server.request.target, server.request.header("X-Own")) == ("/a?b=c", "1")
    rest.close()


_NAMES = st.sampled_from(["Authorization", "User-Agent", "X_Own", "1st", "", ":method", b"X-Bytes"]) | texts(max_size=4)
_VALUES = texts(max_size=6) | st.sampled_from(
    [SKIP_HEADER, as_secret("Basic a2V5"), b"bytes", 42, "a\r\n b", "a\nb", "\t"]
)


@given(_NAMES, st.lists(_VALUES, max_size=2))
@example("X-Own", ["a\r\nX-Injected: b"])
def test_header__is_written_or_refused_as_by_urllib3(name: Any, values: list[Any]) -> None:
    """The short way to write a header leads to the same bytes, or the same error: nothing gets around a check."""

    def written(connection: Any) -> object:
        connection.putrequest("GET", "/", skip_host=True, skip_accept_encoding=True)
        try:
            connection.putheader(name, *values)
        except (ValueError, TypeError) as error:
            return type(error), str(error)
        return connection._buffer

    assert written(Pool("localhost").ConnectionCls("localhost")) == written(HTTPConnection("localhost"))


def test_response__of_urllib3() -> None:
    """Tests of 2021 made one of urllib3's responses."""
    response = RESTResponse(urllib3.HTTPResponse(b"body", {"X-Own": "1"}, 418, reason="Teapot"))
    assert (response.status, response.reason, response.data) == (418, "Teapot", b"body")
    assert response.getheader("x-own") == response.getheaders()["X-OWN"] == "1"


def test_request__to_a_bare_origin(server: ScriptedServer) -> None:
    """A URL without a path asks for the root."""
    rest = RESTClientObject(Configuration())
    assert rest.request("GET", server.url).status == 200
    assert server.request.target == "/"
    rest.close()


def test_request__sends_the_body_as_it_is(server: ScriptedServer) -> None:
    """The bytes arrive as they were given, with their length, at once and unchunked."""
    body = bytes(range(256)) * 300
    rest = RESTClientObject(Configuration())
    rest.request("POST", f"{server.url}/x", body=body)
    assert server.request.body == body
    assert server.request.header("Content-Length") == str(len(body))
    assert server.request.header("Transfer-Encoding") is None
    rest.close()


def test_pickle__brings_fresh_sockets(server: ScriptedServer) -> None:
    """A transport that went through pickle has the configuration, and none of the connections."""
    rest = RESTClientObject(Configuration(host=server.url))
    rest.request("GET", server.url)
    copy = pickle.loads(pickle.dumps(rest))
    copy.request("GET", server.url)
    assert [request.connection for request in server.requests] == [1, 2]
    for client in (rest, copy):
        client.close()


@pytest.mark.parametrize(
    ("reply", "cut_off"),
    [(raw(b'HTTP/1.1 200 OK\r\n\r\n{"id": "1'), True), (http_response(body=b'{"id": "1', chunks=2), False)],
    ids=["no length", "chunked"],
)
def test_body__without_a_length_may_be_cut_off(
    server: ScriptedServer, api: ConnectionApi, reply: Reply, cut_off: bool
) -> None:
    """Half a body counts as cut off where the end of the connection ended it, and not where its last chunk came."""
    server.script(reply)
    with pytest.raises(UnreadableResponseException) as caught:
        call(api, "get")
    assert caught.value.cut_off is cut_off


@pytest.mark.parametrize("status", [200, 500])
def test_body__with_a_chunk_of_negative_length(server: ScriptedServer, api: ConnectionApi, status: int) -> None:
    """Such a body is unreadable in a 2xx, as with other wrong lengths; of an error, the status counts."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.script(raw(head.encode() + b'5\r\n{"id"\r\n-5\r\nlinkUrl\r\n0\r\n\r\n'))
    with pytest.raises(UnreadableResponseException if status == 200 else ServiceException) as caught:
        call(api, "get", _retries=0)
    assert caught.value.status == status


def test_request__that_a_guard_of_tests_blocks(api: ConnectionApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pytest-socket raises where a test connects reaches the test as it is, and does not become a failure."""
    blocked = type("SocketBlockedError", (RuntimeError,), {"__module__": "pytest_socket"})

    def refuse(*_: object) -> None:
        raise blocked("no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(blocked, match="no network here"):
        call(api, "get")


# -- connections -------------------------------------------------------------------------------------------------------


def test_connection__is_kept(server: ScriptedServer, api: ConnectionApi) -> None:
    """Calls one after the other share a connection, through errors of every kind that leave it intact."""
    server.script(
        http_response(),
        http_response({}, 404),
        http_response({}, 500),
        http_response(chunks=3),
        http_response(encoding="gzip"),
        http_response(),
    )
    for _ in range(6):
        try:
            call(api, "get")
        except ApiException as error:
            assert error.status in (404, 500)
    assert server.connections == 1


@pytest.mark.parametrize("operation", ["get", "update_authorization"])
def test_connection__that_went_stale(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """A kept connection that the server has closed meanwhile is replaced unnoticed, without an attempt being lost."""
    server.script(Reply(http_response().data, "close"), http_response())
    api = make_api(retries=0)
    call(api, "get")
    assert server.wait_for(lambda: server.open == 0)
    assert len(call(api, operation).attempts) == 1
    assert server.connections == 2


def test_connection__that_ends_under_the_request(server: ScriptedServer, make_api: MakeApi) -> None:
    """When it ends just as the request arrives, it may have been done: GET is repeated, PUT is not."""
    for operation, attempts in (("get", 2), ("update_authorization", 1)):
        server.script(http_response(), dropped(), http_response())
        api = make_api(retries=3)
        call(api, "get")
        try:
            assert len(call(api, operation).attempts) == attempts == 2
        except ApiConnectionException as error:
            assert (error.outcome, len(error.attempts)) == ("unknown", attempts)


def test_connection__with_a_response_that_nobody_asked_for(server: ScriptedServer, make_api: MakeApi) -> None:
    """Bytes that follow the response on a connection are not read as the next call's response."""
    server.script(
        raw(http_response().data + http_response({**CONNECTION, "id": "not yours"}).data, "keep"),
        http_response({**CONNECTION, "id": "yours"}),
    )
    api = make_api(connection_pool_maxsize=1)
    call(api, "get")
    assert call(api, "get").data.id == "yours"


def test_connection__after_a_timeout(make_api: MakeApi) -> None:
    """A response that arrives after its caller has given up is not read as the next call's response."""
    late = threading.Event()

    def serve(connection: socket.socket) -> None:
        head = read_head(connection)
        if b"first" in head:
            late.wait(5)
        connection.sendall(http_response({**CONNECTION, "id": "first" if b"first" in head else "second"}).data)

    with serving(serve) as address:
        api = make_api(host=f"http://{address}", connection_pool_maxsize=1)
        with pytest.raises(ApiTimeoutException):
            call(api, "get", connection="first", _request_timeout=0.05)
        late.set()
        assert call(api, "get", connection="second").data.id == "second"


@pytest.mark.parametrize(
    "reply",
    [
        dropped(),
        dropped(read=False),
        reset(),
        stalled(),
        cut(http_response()),
        raw(b"junk"),
        raw(b"HTTP/1.1 200 OK\r\nX"),
    ],
    ids=["dropped", "unread", "reset", "stalled", "cut", "junk", "cut head"],
)
def test_connection__of_a_failed_attempt_is_closed(server: ScriptedServer, make_api: MakeApi, reply: Reply) -> None:
    """A broken connection is closed, not leaked, and its place in the pool is free again."""
    before = open_sockets()
    server.script(reply)
    api = make_api(connection_pool_maxsize=1, timeout=0.05, deadline=2)
    for _ in range(3):
        with pytest.raises(ApiException) as caught:
            call(api, "get")
        assert "no free connection" not in str(caught.value)
    assert server.wait_for(lambda: server.open == 0)
    assert open_sockets() == before


def test_connection__that_is_made_anew_for_each_call(server: ScriptedServer, make_api: MakeApi) -> None:
    """Where the server closes each connection, as one does that calls seldom reach, calls leave nothing in memory."""
    server.script(http_response(headers=[("Connection", "close")]))
    api = make_api()
    call(api, "get")
    tracemalloc.start()
    try:
        for _ in range(50):
            call(api, "get")
        kept = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*sdk/rest/register.py")])
    finally:
        tracemalloc.stop()
    assert server.connections == 51
    assert len(kept.traces) < 50


def test_connection__of_another_host(server: ScriptedServer, api: ConnectionApi) -> None:
    """Each origin has connections of its own, and credentials go where the call goes and nowhere else."""
    with ScriptedServer() as other:
        call(api, "get")
        call(api, "get", _host=other.url)
        call(api, "get")
        assert (len(server.requests), len(other.requests)) == (2, 1)
        api.api_client.close()
        assert other.wait_for(lambda: other.open == 0)


def test_pool__holds_no_more_than_it_may(server: ScriptedServer, make_api: MakeApi) -> None:
    """connection_pool_maxsize bounds the connections; further calls wait for one instead of opening their own."""
    server.script(http_response())
    api = make_api(connection_pool_maxsize=2, client={"pool_threads": 8})
    handles = [call(api, "get", async_req=True) for _ in range(40)]
    assert all(handle.get(10).status == 200 for handle in handles)
    assert server.connections <= 2


def test_pool__counts_free_places(server: ScriptedServer, make_api: MakeApi) -> None:
    """Whoever looks into urllib3's pool finds in its queue how many connections could be had at once."""
    server.script(http_response())
    api = make_api(connection_pool_maxsize=3)
    call(api, "get")
    (route,) = api.api_client.rest_client._pools.by_origin.values()
    free: list[int] = []

    def count(_: Request) -> Reply:
        free.append(route.sender.pool.qsize())
        return http_response()

    server.script(count)
    call(api, "get")
    assert (free, route.sender.pool.qsize()) == ([2], 3)


def test_socket_options__are_set(server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """configuration.socket_options reach the socket."""
    seen: list[tuple[Any, ...]] = []
    original = socket.socket.setsockopt

    def setsockopt(self: socket.socket, *options: Any) -> None:
        seen.append(options)
        original(self, *options)

    monkeypatch.setattr(socket.socket, "setsockopt", setsockopt)
    option = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    call(make_api(socket_options=[option]), "get")
    assert option in seen


def test_socket_options__are_added(server: ScriptedServer, make_api: MakeApi) -> None:
    """Those of urllib3 stay: without TCP_NODELAY, each request with a body would wait for an acknowledgement."""
    api = make_api(socket_options=[(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)])
    response = call(api, "get", _preload_content=False).data
    sock = response.connection.sock
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    response.close()


def _leave(response: urllib3.HTTPResponse) -> None:
    with response:
        pass


def _close_early(response: urllib3.HTTPResponse) -> None:
    response.read(5)
    response.close()


UNREAD: dict[str, Callable[[urllib3.HTTPResponse], object]] = {
    "read": lambda response: response.read(),
    "closed": lambda response: response.close(),
    "read a little and closed": _close_early,
    "left": _leave,
    "dropped": lambda _: None,
}


@pytest.mark.parametrize("case", UNREAD)
def test_unread__gives_its_connection_back(server: ScriptedServer, make_api: MakeApi, case: str) -> None:
    """Whatever the caller does with an unread response, its place in the pool is free afterwards."""
    api = make_api(connection_pool_maxsize=1, deadline=10)
    for _ in range(3):
        UNREAD[case](call(api, "get", _preload_content=False).data)
        if case in ("left", "dropped"):
            gc.collect()  # which takes long with all that a whole run holds
    assert call(api, "get").status == 200


def test_unread__file_that_was_closed_before(api: ConnectionApi) -> None:
    """Among garbage, Python may close a response's file first; the response is then closed without an error."""
    response: Any = call(api, "get", _preload_content=False).data
    response._original_response.fp.close()
    response._original_response.close()
    assert response._original_response.isclosed()
    response.close()


# -- what is not followed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["get", "create", "update_authorization"])
@pytest.mark.parametrize("retries", [0, 3, urllib3.Retry(3)], ids=["0", "3", "urllib3"])
def test_redirect__is_not_followed(
    server: ScriptedServer, make_api: MakeApi, subtests: pytest.Subtests, operation: str, retries: Any
) -> None:
    """A redirect is an exception that carries it: the credentials go to no other address."""
    with ScriptedServer() as other:
        for number, status in enumerate((301, 302, 303, 307, 308), 1):
            server.script(http_response({}, status, [("Location", f"{other.url}/companies")]))
            with subtests.test(str(status)):
                with pytest.raises(ApiException) as caught:
                    call(make_api(), operation, _retries=retries)
                outcome = "unknown" if status == 303 else "rejected"  # a 303 is how a POST that was processed may end
                assert (caught.value.status, caught.value.outcome) == (status, outcome)
                assert (caught.value.headers or {})["Location"].endswith("/companies")
                assert len(server.requests) == number
        assert other.connections == 0


def test_cookies__are_not_kept(server: ScriptedServer, api: ConnectionApi) -> None:
    """A cookie that the service sets is not sent back."""
    server.script(http_response(headers=[("Set-Cookie", "session=1; Path=/")]))
    call(api, "get")
    call(api, "get")
    assert server.requests[1].header("Cookie") is None


# -- faults ------------------------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Reply, type[ApiException], str]] = {
    "closed": (dropped(), ApiConnectionException, "the connection broke"),
    "reset": (reset(), ApiConnectionException, "the connection broke"),
    "reset unread": (reset(read=False), ApiConnectionException, "the connection broke"),
    "junk": (raw(b"\x00\x01\x02\r\n\r\n"), ApiConnectionException, "the connection broke"),
    "status of letters": (raw(b"HTTP/1.1 abc OK\r\n\r\n"), ApiConnectionException, "the connection broke"),
    "cut in the status": (raw(b"HTTP/1."), ApiConnectionException, "the connection broke"),
    "no response": (stalled(), ApiTimeoutException, r"no response within 0\.1 s"),
    "half a body": (cut(http_response(), end="stall"), ApiTimeoutException, r"no complete response within 0\.1 s"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault__is_ours(server: ScriptedServer, make_api: MakeApi, fault: str) -> None:
    """Each fault of the network is one of our exceptions: one line, its cause kept, fit for pickle, no status."""
    reply, error, text = FAULTS[fault]
    server.script(reply)
    with pytest.raises(ApiConnectionException, match=text) as caught:
        call(make_api(timeout=0.1 if error is ApiTimeoutException else 10), "update_authorization")
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.outcome, caught.value.body) == (0, "unknown", None)
    assert isinstance(caught.value.__cause__, (urllib3.exceptions.HTTPError, OSError))
    assert "\n" not in str(caught.value)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), copy.attempts) == (error, str(caught.value), caught.value.attempts)


UNREACHABLE = {
    "refused": (refused, "no connection: Connection refused"),
    "silent": (silent, r"no connection within 0\.1 s"),
}


@pytest.mark.parametrize("case", UNREACHABLE)
def test_fault__unreachable(make_api: MakeApi, case: str) -> None:
    """An address that cannot be connected to means that nothing was sent, in words without Python's classes."""
    where, text = UNREACHABLE[case]
    with where() as url, pytest.raises(ApiConnectionException, match=text) as caught:
        call(make_api(host=url, timeout=0.1), "update_authorization")
    assert caught.value.outcome == "not_sent"
    assert "object at" not in str(caught.value)
    assert isinstance(caught.value.__cause__, urllib3.exceptions.HTTPError)


@pytest.mark.parametrize("before", ["", "HTTP/1.1 199 Odd\r\n\r\n", "HTTP/1.1 ", "HTTP/"])
def test_fault__in_the_status_line_shows_no_secret(server: ScriptedServer, api: ConnectionApi, before: str) -> None:
    """A body in the place of a status line, as after an interim response with one, is quoted by no exception."""
    server.script(raw(f'{before}{{"linkUrl":"https://link.example/?otp=canary"}}\r\n\r\n'.encode()))
    with pytest.raises(ApiConnectionException, match="does not begin with a status line") as caught:
        call(api, "get")
    error: BaseException | None = caught.value
    while error is not None:
        assert "canary" not in f"{error!r} {error} {vars(error)}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("timeout", [None, (None, 30.0), 30.0])
@pytest.mark.parametrize(("function", "lost"), [("connect", "connection"), ("recv_into", "response")])
def test_fault__the_system_gives_up(
    api: ConnectionApi, monkeypatch: pytest.MonkeyPatch, function: str, lost: str, timeout: Any
) -> None:
    """Where the system's own time limit is reached (keepalive, lost packets), its words are given, and no seconds."""

    def give_up(*_: object) -> None:
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    monkeypatch.setattr(socket.socket, function, give_up)
    with pytest.raises(ApiTimeoutException, match=f"no {lost}: Connection timed out") as caught:
        call(api, "create", _request_timeout=timeout, _deadline=None)
    assert caught.value.outcome == ("not_sent" if lost == "connection" else "unknown")
    assert " within " not in str(caught.value)


def test_fault__no_more_files(api: ConnectionApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the process may open no more sockets, the text says which limit to raise, and nothing of the network."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ApiConnectionException, match="Too many open files") as caught:
        call(api, "update_authorization", _retries=0)
    assert "limit of open files" in str(caught.value)
    assert "network" not in str(caught.value)
    assert caught.value.outcome == "not_sent"


def test_fault__unknown_host(make_api: MakeApi) -> None:
    """A name that does not resolve says so; nothing was sent."""
    api = make_api(host="https://nowhere.invalid")
    with pytest.raises(ApiConnectionException, match="host name cannot be resolved") as caught:
        call(api, "create")
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize(
    "reply", [cut(http_response({"error": "x" * 50}, 503)), http_response(body=b"zz", status=503, encoding="gzip")]
)
def test_fault__in_the_body_of_an_error(server: ScriptedServer, make_api: MakeApi, reply: Reply) -> None:
    """When an error's body is cut or cannot be decompressed, its status says enough."""
    server.script(reply)
    with pytest.raises(ServiceException) as caught:
        call(make_api(), "create")
    assert (caught.value.status, caught.value.outcome) == (503, "rejected")


def test_fault__is_not_masked_by_an_early_response(make_api: MakeApi) -> None:
    """A response in the middle of a long body is reported, or at least not misquoted."""

    def refuse(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(http_response({"error": "too large"}, 413, [("Connection", "close")]).data)
        hang_up(connection)

    with serving(refuse) as address, pytest.raises(ApiException) as caught:
        call(make_api(host=f"http://{address}"), "update_authorization", request_body={"token": "x" * 12_000_000})
    assert (caught.value.status, caught.value.outcome) in ((413, "rejected"), (0, "unknown"))


# -- exceptions that are not urllib3's ---------------------------------------------------------------------------------

STRANGE = [RuntimeError, AttributeError, KeyError, type("Strange", (Exception,), {})]


OUTCOMES = [("connect", "not_sent"), ("sendall", "unknown"), ("recv_into", "unknown")]


@pytest.mark.parametrize("error", STRANGE, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(("method", "outcome"), OUTCOMES)
def test_foreign_exception__is_ours(
    server: ScriptedServer,
    make_api: MakeApi,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    method: str,
    outcome: str,
) -> None:
    """Whatever a socket raises is an ApiConnectionException with the right outcome and the original as its cause."""
    raised = error("odd")

    class Socket(socket.socket):
        pass

    def fail_here(*args: Any) -> Any:
        if threading.get_ident() == here:  # and not in the server's threads
            raise raised
        return getattr(super(Socket, args[0]), method)(*args[1:])

    here = threading.get_ident()
    setattr(Socket, method, fail_here)
    api = make_api(connection_pool_maxsize=1)
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", Socket)
        with pytest.raises(ApiConnectionException, match="odd") as caught:
            call(api, "create")
    assert caught.value.outcome == outcome
    assert caught.value.__cause__ is raised
    assert call(api, "get").status == 200


@pytest.mark.parametrize("size", [0, 1, 16_384, 16_385, 100_000])
def test_body__arrives_whole(server: ScriptedServer, size: int) -> None:
    """A body arrives as it was given, whether it is sent with the head or after it, on a kept connection too."""
    rest = RESTClientObject(Configuration(host=server.url))
    for _ in range(2):
        assert rest.request("POST", f"{server.url}/path", headers={"A": "b"}, body=b"x" * size).status == 200
    assert [len(request.body) for request in server.requests] == [size, size]
    assert server.connections == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_no_failure__is_not_touched(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """What is no Exception passes through, and the client works afterwards."""

    class Socket(socket.socket):
        def connect(self, _: Any) -> None:
            raise error

    api = make_api(connection_pool_maxsize=1)
    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", Socket)
        with pytest.raises(error):
            call(api, "get", _retries=3)
    assert call(api, "get").status == 200


@pytest.mark.parametrize("end", ["stall", "close"])
@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_fault__body_of_an_error_does_not_come(
    server: ScriptedServer, make_api: MakeApi, end: Literal["stall", "close"], limit: str
) -> None:
    """A rejection whose body does not come is the rejection that its status says, and no timeout."""
    server.script(cut(http_response({"error": "no"}, 429, [("Retry-After", "7")]), end=end))
    with pytest.raises(TooManyRequestsException) as caught:
        call(make_api(**{limit: 0.3}), "update_authorization")
    assert (caught.value.status, caught.value.outcome, caught.value.retry_after) == (429, "rejected", 7)
    server.script(http_response())
    assert call(make_api(), "get").status == 200


def test_pool__size_without_a_limit(server: ScriptedServer, make_api: MakeApi) -> None:
    """A size that stands for no limit costs nothing; urllib3 would count up to it."""
    with within(5):
        assert call(make_api(connection_pool_maxsize=sys.maxsize), "get").status == 200


# -- plain HTTP --------------------------------------------------------------------------------------------------------


def test_plain_http__warns_once(make_api: MakeApi) -> None:
    """Plain HTTP to another machine warns, once for each client and origin, even if the client is closed in between."""
    api = make_api(host="http://codat.invalid")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            with pytest.raises(ApiConnectionException):
                call(api, "get")
        api.api_client.close()
        with pytest.raises(ApiConnectionException):
            call(api, "get")
    assert [warning.category for warning in caught] == [InsecureTransportWarning]
    assert caught[0].filename.endswith("endpoints.py") or caught[0].filename == call.__code__.co_filename
    assert "codat.invalid" in str(caught[0].message)


def test_plain_http__warning_that_is_an_error(make_api: MakeApi) -> None:
    """As an error the warning keeps every call from being sent, after closing the client too."""
    api = make_api(host="http://codat.invalid")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InsecureTransportWarning)
        for _ in range(2):
            with pytest.raises(InsecureTransportWarning):
                call(api, "get")
            api.api_client.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_plain_http__to_this_machine(server: ScriptedServer, make_api: MakeApi, host: str) -> None:
    """Plain HTTP that does not leave the machine is nobody's concern, so the sandbox needs no filter for warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert call(make_api(host=f"http://{host}:{server.port}"), "get").status == 200
    assert caught == []


@pytest.mark.parametrize(
    "handled",
    [
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        OSError(errno.EMFILE, "Too many open files"),
        TimeoutError("timed out"),
        ssl.SSLCertVerificationError("certificate verify failed"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    ("reply", "text"), [(stalled(), "no response within 0.1 s"), (dropped(), "the connection broke")]
)
def test_fault__is_not_taken_for_the_one_that_the_caller_handles(
    server: ScriptedServer, make_api: MakeApi, handled: OSError, reply: Reply, text: str
) -> None:
    """A call in an except clause says what happened to itself, with the advice for that."""
    server.script(reply)
    api = make_api(timeout=0.1 if "0.1 s" in text else 5)
    with pytest.raises(ApiConnectionException) as expected:
        call(api, "get")
    try:
        raise handled
    except OSError:
        with pytest.raises(ApiConnectionException) as caught:
            call(api, "get")
    assert (type(caught.value), str(caught.value)) == (type(expected.value), str(expected.value))
    assert text in str(caught.value)


def test_fault__leaves_the_exception_that_the_caller_handles_as_it_is(make_api: MakeApi) -> None:
    """A call that fails in an ``except`` block forgets its own local variables, and not the caller's."""

    def fail(order: str) -> None:
        raise KeyError(order)

    with refused() as url:
        try:
            fail("order 7")
        except KeyError as handled:
            with pytest.raises(ApiConnectionException):
                call(make_api(host=url), "get")
            assert handled.__traceback__ is not None and handled.__traceback__.tb_next is not None
            assert handled.__traceback__.tb_next.tb_frame.f_locals == {"order": "order 7"}


@pytest.mark.parametrize("status", [200, 404])
def test_response__without_a_connection(make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Tools that stand in for urllib3's pools, such as pook, make responses that have none; those are read as well."""

    def urlopen(*_: object, **__: object) -> urllib3.HTTPResponse:
        body = io.BytesIO(json.dumps(CONNECTION).encode())
        return urllib3.HTTPResponse(body, {"Content-Type": "application/json"}, status, preload_content=False)

    monkeypatch.setattr(urllib3.HTTPConnectionPool, "urlopen", urlopen)
    api = make_api(host="https://api.codat.test")
    if status == 200:
        assert call(api, "get").data.id == CONNECTION["id"]
    else:
        with pytest.raises(NotFoundException):
            call(api, "get")


def test_timeout__shows_one_cause(server: ScriptedServer, make_api: MakeApi) -> None:
    """The traceback of a timeout has the exception of urllib3 and this package's, and nothing below them."""
    server.script(stalled())
    with pytest.raises(ApiTimeoutException) as caught:
        make_api(timeout=0.1).companies_company_id_connections_connection_id_get("c", "k")
    text = "".join(traceback.format_exception(caught.value))
    assert text.count("Traceback (most recent call last)") == 2
    assert "urllib3.exceptions.ReadTimeoutError" in text
