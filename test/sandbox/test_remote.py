"""A sandbox driven from another process: the control API and `Sandbox.connect`."""

from __future__ import annotations

import errno
import math
import multiprocessing
import os
import socket
import sys
import threading
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from authority import server_context
from faulty import serving
from server import ScriptedServer, http_response

from codat_python_sdk.sandbox import RemoteSandbox, Request, Sandbox
from codat_python_sdk.sandbox import remote as remote_module
from codat_python_sdk.sandbox.controls import Controls
from codat_python_sdk.sandbox.expectations import Expected

from .conftest import Caller
from .receiver import Receiver

#: Python 3.12 warns of it; that it goes well is what is tested.
FORKED_WITH_THREADS = "ignore:.*multi-threaded, use of fork:DeprecationWarning"


@pytest.fixture
def remote(sandbox: Sandbox) -> RemoteSandbox:
    return Sandbox.connect(sandbox.url, sandbox.api_key)


@pytest.fixture
def raw(sandbox: Sandbox) -> Caller:
    caller = Caller(sandbox)
    caller.root = "/_sandbox"
    return caller


def test_connect__state(remote: RemoteSandbox, sandbox: Sandbox, call: Caller) -> None:
    """Companies and connections are made, changed, listed and deleted from outside as from inside."""
    assert (remote.company_id, remote.auth_header) == (sandbox.company_id, sandbox.auth_header)
    company = remote.create_company("Other", tags={"a": "b"})
    connection = remote.add_connection(company, platform_key="gbol", somethingNew=[1])
    remote.authorize(connection)
    assert remote.connections(company) == sandbox.connections(company)
    assert remote.companies() == sandbox.companies()
    remote.cancel(connection)
    remote.set_status(connection, "Deauthorized")
    assert sandbox.connections()[0]["status"] == "Deauthorized"
    remote.delete_connection(connection)
    remote.delete_company(company)
    assert len(sandbox.companies()) == 1
    call.create()
    assert remote.ledger == sandbox.ledger
    remote.reset()
    assert (sandbox.connections(), sandbox.requests, sandbox.ledger) == ([], [], [])


def test_connect__requests_are_whole(remote: RemoteSandbox, sandbox: Sandbox, call: Caller) -> None:
    """Received requests are returned with headers, body, status and fault, including bodies that are not text."""
    sandbox.fail_next(502)
    call("POST", "?a=b", body=b"\xff\x00", headers={"X-Trace": "1"})
    call("GET")
    sandbox.wait_for(times=2)  # the second may have its response before the sandbox has noted that the first has
    first, second = remote.requests
    mine = sandbox.requests[0]
    assert (first.body, first.headers["x-trace"], first.query) == (b"\xff\x00", "1", {"a": "b"})
    assert (first.status, first.fault, first.error) == (502, "fail_next", mine.error)
    assert (first.time, first.seconds, first.operation) == (mine.time, mine.seconds, "create")
    assert second.status == 200
    assert remote.expect(operation="list")[0].target == second.target
    remote.clear_requests()
    assert sandbox.requests == []


def test_connect__faults(remote: RemoteSandbox, sandbox: Sandbox, call: Caller) -> None:
    """Faults are armed with all their arguments, listed and cleared from outside."""
    remote.junk(2, body=b"\xfe", done=True, operation=["connections.list"], company_id=sandbox.company_id)
    remote.stall(0.01, times=None, operations="get")
    assert remote.armed == [
        type(armed)(armed.number, armed.kind, armed.text, armed.times, armed.after) for armed in sandbox.armed
    ]
    assert call("GET").body == b"\xfe"
    assert sandbox.armed[0].times is None
    assert [armed.met for armed in remote.armed] == [0, 1]
    remote.clear_faults()
    assert sandbox.armed == []
    with pytest.raises(TypeError, match="when is a function, which another process cannot call"):
        remote.fail_next(when=bool)


def test_connect__errors_are_the_same(remote: RemoteSandbox) -> None:
    """What raises inside raises outside, with the same text."""
    with pytest.raises(LookupError, match="no connection 'nope'"):
        remote.authorize("nope")
    with pytest.raises(ValueError, match=r"unknown platform key 'xero' \(did you mean 'gbol'"):
        remote.add_connection(platform_key="xero")
    with pytest.raises(ValueError, match=r"unknown operations \['fetch'\]"):
        remote.lost(operation="fetch")


@pytest.mark.parametrize(
    ("method", "arguments", "text"),
    [("authorize", {"connection_id": None}, "connection_id must be a str, got None"),
     ("add_connection", {"platform_key": None}, "platform_key must be a str, got None"),
     ("create_company", {"foreign": None}, "foreign must be true or false, got None"),
     ("wait_for_deliveries", {"timeout": None}, "timeout must be a number, got None")],
)  # fmt: skip
def test_connect__none_is_an_argument(
    remote: RemoteSandbox, sandbox: Sandbox, method: str, arguments: dict[str, Any], text: str
) -> None:
    """None in place of an id or a number is the error that it is in this process, and not an argument left out."""
    for driven in (remote, sandbox):
        with pytest.raises((TypeError, ValueError), match=text):
            getattr(driven, method)(**arguments)
    assert len(sandbox.companies()) == 1
    assert sandbox.connections() == []


@pytest.mark.parametrize("body", [b"<html></html>", b"{}", b'{"message": "no"}', b"[]", b"null", b'"no"', b"5"])
def test_connect__to_another_server_says_so(body: bytes) -> None:
    """Whatever a server that is no sandbox responds, the error says what it is."""
    with ScriptedServer() as server:
        server.script(http_response(body=body, status=404))
        with pytest.raises(LookupError, match=f"{server.url} is not a sandbox: it responded 404"):
            Sandbox.connect(server.url, "key")


@pytest.mark.parametrize("body", [b"<html></html>", b"{}", b"[]", b"null", b'"no"', b"5", b"\xff"])
def test_connect__to_another_server_that_accepts(body: bytes) -> None:
    """A server that responds 200 and is no sandbox is no sandbox either."""
    with ScriptedServer() as server:
        server.script(http_response(body=body, status=200))
        with pytest.raises(RuntimeError, match=f"{server.url} is not a sandbox"):
            Sandbox.connect(server.url, "key")


@pytest.mark.parametrize("response", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"SSH-2.0\r\n\r\n"])
def test_connect__to_what_ends_early(response: bytes) -> None:
    """A connection that ends before its response does is a RuntimeError with the URL."""

    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(response)

    with serving(respond) as address, pytest.raises(RuntimeError, match=f"no sandbox responds at http://{address}: "):
        Sandbox.connect(f"http://{address}", "key")


def test_connect__where_nobody_listens() -> None:
    """A port on which nobody listens is a RuntimeError, as the docstring says."""
    with Sandbox() as sandbox:
        url = sandbox.url
    with pytest.raises(RuntimeError, match=f"no sandbox responds at {url}: ConnectionRefusedError"):
        Sandbox.connect(url, "key")


def test_commands__after_the_sandbox_stopped() -> None:
    """Every command of a remote sandbox says so when the sandbox has stopped meanwhile."""
    with Sandbox() as sandbox:
        remote = Sandbox.connect(sandbox.url, sandbox.api_key)
    for act in (remote.reset, remote.companies, remote.clock.now, lambda: remote.requests):
        with pytest.raises(RuntimeError, match=f"no sandbox responds at {remote.url}: "):
            act()


def test_connect__clock_and_webhooks(remote: RemoteSandbox, sandbox: Sandbox) -> None:
    """The clock, the quota and webhooks are moved and read from outside."""
    with Receiver() as receiver:
        webhook = remote.add_webhook(receiver.url)
        assert remote.webhook_secret(webhook) == sandbox.webhook_secret(webhook)
        receiver.statuses = [500]
        remote.fail_delivery("duplicate", event_types=["read.completed"])
        remote.add_connection()
        remote.wait_for_deliveries()
        remote.clock.advance(5)
        assert [attempt.status for attempt in remote.deliveries[0].attempts] == [500, 204]
        (sent, again) = (remote.send_webhook("read.completed", payload={"x": "ü"}), remote.deliveries[-1])
        assert sent[0].event["payload"] == again.event["payload"] == {"x": "ü"}
        assert remote.rotate_webhook_secret(webhook) == sandbox.webhook_secret(webhook)
        remote.enable_webhook(webhook)
    assert remote.clock.now() == sandbox.clock.now()
    remote.clock.reset()
    remote.reset_quota()
    assert remote.problems() == []
    remote.verify()


def test_connect__wait_for(remote: RemoteSandbox, call: Caller) -> None:
    """Waiting for a request works across processes."""
    thread = threading.Thread(target=call, args=("GET",))
    thread.start()
    assert remote.wait_for(operation="list", timeout=30)[0].status == 200
    thread.join()
    with pytest.raises(TimeoutError, match=r"after 0\.01 s"):
        remote.wait_for(operation="create", timeout=0.01)


def test_wait__without_an_end(remote: RemoteSandbox, sandbox: Sandbox, call: Caller) -> None:
    """An infinite timeout waits as long as it takes, here and there."""
    sandbox.add_webhook("http://127.0.0.1:9/")
    sandbox.add_connection()
    for driven in (sandbox, remote):
        sandbox.clear_requests()
        thread = threading.Thread(target=call, args=("GET",))
        thread.start()
        assert driven.wait_for(operation="list", timeout=math.inf)[0].status == 200
        thread.join()
        assert len(driven.wait_for_deliveries(timeout=math.inf)) == 1


def test_poll__at_the_end_of_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are read once when the timeout is 0, also where the clock has not moved on meanwhile."""
    moments, reads = iter([5.0, 5.0, 6.0]), list[str]()
    monkeypatch.setattr(remote_module, "stopwatch", lambda: next(moments))

    def read() -> list[Request]:
        reads.append("read")
        return []

    assert remote_module.poll(read, Expected(), 1, 0.0) == []
    assert reads == ["read"]


def test_connect__has_every_method(remote: RemoteSandbox) -> None:
    """What a sandbox in this process can do, one in another can."""
    assert all(hasattr(remote, name) for name in vars(Controls) if not name.startswith("_"))


@pytest.mark.parametrize(
    ("url", "key", "error", "text"),
    [("{url}", "wrong", RuntimeError, "needs the sandbox's key"), ("{url}", "", ValueError, "set CODAT_API_KEY"),
     ("localhost:1", "k", ValueError, "url must be http://HOST:PORT"),
     ("http://localhost:x", "k", ValueError, "url must be http://HOST:PORT"),
     ("http://localhost:70000", "k", ValueError, "url must be http://HOST:PORT")],
)  # fmt: skip
def test_connect__wrong_key_or_url(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, url: str, key: str, error: Any, text: str
) -> None:
    """A wrong or missing key, and what is no URL, are said to be that."""
    monkeypatch.delenv("CODAT_API_KEY", raising=False)
    with pytest.raises(error, match=text):
        Sandbox.connect(url.format(url=sandbox.url), key or None)


def test_connect__key_from_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of the application's own environment will do."""
    monkeypatch.setenv("CODAT_API_KEY", sandbox.api_key)
    assert repr(Sandbox.connect(sandbox.url + "/")) == f"<RemoteSandbox {sandbox.url}>"


def test_control__by_http(raw: Caller, sandbox: Sandbox) -> None:
    """Curl needs no content type, gets JSON, and words for what is wrong."""
    assert raw("POST", "/companies", {"name": "A", "company_id": "a"}).value == "a"
    bare = {"Authorization": sandbox.auth_header}
    assert raw.plain("POST", "/_sandbox/connections", bare, b'{"company_id": "a"}').status == 200
    assert len(raw("GET", "/connections?company_id=a").value) == 1
    assert raw("POST", "/reset").value is None
    assert raw("GET", "/nowhere").status == 404
    assert raw("PUT", "/reset").headers["Allow"] == "POST"
    assert raw("POST", "/status", [1]).status == 400
    assert raw("POST", "/status", body=b"{").status == 400
    missing = raw("POST", "/status", {"connection_id": "x"})
    assert (missing.status, missing.value["error"]) == (400, "missing 1 required positional argument: 'status'")
    unknown = raw("POST", "/companies", {"name": "A", "colour": "red"})
    assert "unexpected keyword argument 'colour'" in unknown.value["error"]
    assert sandbox.requests == []


@pytest.mark.parametrize("path", ["/_sandbox", "/_sandbox/requests", "/_sandbox/nowhere"])
def test_control__needs_the_key(raw: Caller, path: str) -> None:
    """Without the key nothing is returned, not even which paths exist."""
    assert raw.plain("GET", path).status == 401


@pytest.mark.filterwarnings(FORKED_WITH_THREADS)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_fork__a_child_drives_its_parents_sandbox(sandbox: Sandbox) -> None:
    """A forked worker changes the sandbox that serves, and waits for its requests; the worker's `stop` does nothing."""
    connection = sandbox.add_connection()

    def work() -> None:
        sandbox.authorize(connection)
        ok = sandbox.connections()[0]["status"] == "Linked" and sandbox.requests == [] and sandbox.armed == []
        thread = threading.Thread(target=Caller(sandbox), args=("GET",))
        thread.start()
        ok = ok and sandbox.wait_for(operation="list", timeout=30)[0].status == 200
        thread.join()
        sandbox.stop()
        os._exit(0 if ok and sandbox.deliveries == [] else 1)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert sandbox.connections()[0]["status"] == "Linked"
    assert Caller(sandbox)("GET").status == 200


@pytest.mark.filterwarnings(FORKED_WITH_THREADS)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_fork__a_child_starts_and_stops_what_its_parent_made() -> None:
    """A sandbox that was made before a fork, as by a preloaded module, is the child's own where the child starts it."""
    sandbox = Sandbox()

    def work() -> None:
        sandbox.start()
        served = Caller(sandbox)("GET").status == 200 and len(sandbox.requests) == 1
        port = int(sandbox.url.rpartition(":")[2])
        sandbox.stop()
        with socket.socket() as connection:
            refused = connection.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
        os._exit(0 if served and refused and threading.active_count() == 1 else 1)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode == 0


@pytest.mark.filterwarnings(FORKED_WITH_THREADS)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork here")
def test_fork__a_living_child_does_not_hold_stop_up() -> None:
    """With a forked child alive, `stop` returns, the port is free, and the sandbox can start on it again."""
    sandbox = Sandbox()
    sandbox.start()
    url = sandbox.url
    process = multiprocessing.get_context("fork").Process(target=threading.Event().wait, args=(60,))
    process.start()
    try:
        sandbox.stop()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
        sandbox.start()
        assert (sandbox.url, Caller(sandbox)("GET").status) == (url, 200)
    finally:
        sandbox.stop()
        process.kill()
        process.join()


def test_fault__without_options_over_http(raw: Caller, sandbox: Sandbox, call: Caller) -> None:
    """Programs in other languages get the defaults of Python's methods: junk stands in the place of what was asked."""
    assert raw("POST", "/faults", {"kind": "junk"}).status == 200
    assert call("POST", body='{"platformKey": "gbol"}').body.startswith(b"<")
    assert sandbox.connections() == []


@pytest.mark.parametrize("content", ["a", "ä", 5, None, [1]])
def test_body__that_only_looks_like_base64(raw: Caller, content: Any) -> None:
    """An object whose only member is called base64, and is none, is a body as any other object is."""
    assert raw("POST", "/faults", {"kind": "fail_next", "body": {"base64": content}}).status == 200
    assert Caller(raw.sandbox)("GET").value == {"base64": content}
    assert raw("POST", "/status", {"connection_id": {"base64": content}, "status": "Linked"}).status == 400


def test_connect__dates_and_mappings(remote: RemoteSandbox, sandbox: Sandbox) -> None:
    """What an argument may be in this process, it may be for another one: dates, and mappings that are no dict."""
    moment = datetime(2026, 2, 3, 9, 5, 6, tzinfo=timezone(timedelta(hours=5)))
    for made in (sandbox, remote):
        made.add_connection(created=moment, lastSync=datetime(2026, 2, 3))  # stays naive
        made.create_company("Tagged", tags=MappingProxyType({"region": "uk"}))
    shown = [(fields["created"], fields["lastSync"]) for fields in sandbox.connections()]
    assert shown == [("2026-02-03T04:05:06Z", "2026-02-03T00:00:00")] * 2
    assert [company["tags"] for company in sandbox.companies()[1:]] == [{"region": "uk"}] * 2
    with pytest.raises(TypeError, match="an argument of type object cannot be sent to another process"):
        remote.add_connection(connectionInfo={"a": object()})


def test_connect__waits_as_long_as_it_was_told_to(
    remote: RemoteSandbox, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wait for webhooks that is longer than a command may take otherwise is not given up before its end."""
    monkeypatch.setattr(remote_module, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # never responds
        sandbox.add_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        sandbox.add_connection()
        with pytest.raises(TimeoutError, match=r"still pending after 0\.5 s"):
            remote.wait_for_deliveries(timeout=0.5)


def test_connect__key_of_another_type(sandbox: Sandbox) -> None:
    """A key that is no text is named, before anything is sent."""
    key: Any = sandbox.api_key.encode()
    with pytest.raises(TypeError, match="api_key must be a str or None, got bytes"):
        Sandbox.connect(sandbox.url, key)


def test_connect__over_tls() -> None:
    """A sandbox with a certificate for local development is driven from outside as any other on this machine."""
    with Sandbox(ssl_context=server_context()) as sandbox:
        connection = Sandbox.connect(sandbox.url, sandbox.api_key).add_connection()
        assert [row["id"] for row in sandbox.connections()] == [connection]
