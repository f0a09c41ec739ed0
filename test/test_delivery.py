"""What becomes of a call when network and service misbehave: when it ends, how often it is tried, what it says."""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import threading
import time
from collections.abc import Callable, Generator
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
import urllib3
from cases import case
from conftest import MakeApi
from faulty import (
    DEADLINE,
    KEYED,
    METHODS,
    QUICK,
    SLACK,
    call,
    open_sockets,
    read_head,
    refused,
    serving,
    silent,
    within,
)
from server import (
    CONNECTION,
    Reply,
    ScriptedServer,
    cut,
    dripped,
    dropped,
    gated,
    http_response,
    page,
    raw,
    reset,
    stalled,
)

import codat_python_sdk.delivery
from codat_python_sdk import ApiException, ApiTypeError, ApiValueError
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiTimeoutException,
    NotFoundException,
    ServiceException,
    TooManyRequestsException,
    UnreadableResponseException,
)
from codat_python_sdk.retries import RetryPolicy

OPERATIONS = tuple(METHODS)
HTML = http_response(body=b"<html><h1>It works</h1></html>", content_type="text/html")
IN_PROGRESS = http_response({"error": "A request with this idempotency key is in progress"}, 409)
TOO_MANY = http_response({"error": "slow down"}, 429)


def fine(operation: str) -> Reply:
    """What the service responds when nothing fails."""
    return http_response(page(CONNECTION)) if operation == "list" else http_response(CONNECTION)


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, which take no time: the delivery's clock goes on by them instead."""
    waits: list[float] = []
    clock = SimpleNamespace(sleep=waits.append, monotonic=lambda: time.perf_counter() + sum(waits))
    monkeypatch.setattr(codat_python_sdk.delivery, "clock", clock)
    return waits


# -- the deadline ------------------------------------------------------------------------------------------------------

NEVER_DONE = {
    "no response": stalled(),
    "nothing read": stalled(read=False),
    "dripped head": dripped(http_response(), 0.05),
    "dripped body": dripped(http_response(), 0.05, from_body=True),
    "dripped chunks": dripped(http_response(chunks=3), 0.05, from_body=True),
    "dripped gzip": dripped(http_response(encoding="gzip"), 0.05, from_body=True),
    "dripped error": dripped(http_response({"error": "x" * 200}, 503), 0.05, from_body=True),
    "half a body": cut(http_response(), end="stall"),
    "429 forever": http_response({}, 429),
    "503 at once forever": http_response({}, 503, [("Retry-After", "0")]),
}


@pytest.mark.parametrize("reply", NEVER_DONE.values(), ids=list(NEVER_DONE))
def test_deadline__ends_the_call(server: ScriptedServer, make_api: MakeApi, reply: Reply) -> None:
    """Whatever the server does, a call is over at its deadline, and leaves no socket open."""
    server.script(reply)
    api = make_api(retries=RetryPolicy(max_retries=1_000_000, initial_interval=0.05, max_interval=0.1))
    with within(DEADLINE + SLACK), pytest.raises(ApiException) as caught:
        call(api, "get", _deadline=DEADLINE)
    assert caught.value.outcome in ("unknown", "rejected")
    api.api_client.close()
    assert server.wait_for(lambda: server.open == 0)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_deadline__ends_every_operation(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """Every operation has the deadline, from the configuration too, and a write that it ends may have been done."""
    server.script(stalled())
    api = make_api(retries=None, deadline=DEADLINE)
    text = f"within the {DEADLINE} s deadline"
    with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException, match=text) as caught:
        call(api, operation)
    assert (caught.value.outcome, len(caught.value.attempts)) == ("unknown", 1)
    assert server.wait_for(lambda: server.open == 0)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_deadline__covers_connecting(make_api: MakeApi, scheme: str) -> None:
    """An address that does not respond costs no more than the deadline, and nothing was sent."""
    with silent() as url:
        api = make_api(host=url.replace("http", scheme, 1), retries=None)
        before = open_sockets()
        with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException) as caught:
            call(api, "create", _deadline=DEADLINE)
        assert open_sockets() == before
    assert caught.value.outcome == "not_sent"


def test_deadline__covers_the_tls_handshake(server: ScriptedServer, make_api: MakeApi) -> None:
    """A server that accepts and never shakes hands costs no more than the deadline, and nothing was sent."""
    server.script(stalled(read=False))
    api = make_api(host=server.url.replace("http", "https"), retries=None)
    with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException) as caught:
        call(api, "create", _deadline=DEADLINE)
    assert caught.value.outcome == "not_sent"
    assert server.wait_for(lambda: server.open == 0)


def test_deadline__covers_a_dripped_tls_handshake(make_api: MakeApi) -> None:
    """A handshake that comes byte by byte cannot outlast the deadline either."""

    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            time.sleep(0.05)
            connection.sendall(b"\x02")

    with serving(drip) as address:
        api = make_api(host=f"https://{address}", retries=None)
        with within(DEADLINE + SLACK), pytest.raises(ApiException) as caught:
            call(api, "create", _deadline=DEADLINE)
    assert caught.value.outcome == "not_sent"


@pytest.mark.parametrize("connection", ["new", "kept alive"])
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"_deadline": DEADLINE}, f"within the {DEADLINE} s deadline"),
        ({"_request_timeout": (10, DEADLINE)}, f"the request could not be sent within {DEADLINE} s"),
    ],
)
def test_sending__has_an_end(make_api: MakeApi, connection: str, options: dict[str, Any], text: str) -> None:
    """A server that stops reading in the middle of a long body costs no more than the deadline or the read timeout."""
    stop = threading.Event()

    def serve(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if connection == "kept alive":
            read_head(sock)
            sock.sendall(http_response().data)
        stop.wait(10)

    with serving(serve) as address:
        api = make_api(host=f"http://{address}")
        if connection == "kept alive":
            call(api, "get")
        with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException) as caught:
            call(api, "update_authorization", request_body={"token": "x" * 6_000_000}, **options)
        stop.set()
    assert (caught.value.outcome, text in str(caught.value)) == ("unknown", True)


def test_deadline__covers_waiting_for_a_connection(server: ScriptedServer, make_api: MakeApi) -> None:
    """When all connections of the pool are in use, a call waits for one until its deadline; nothing was sent."""
    gate = threading.Event()
    server.script(gated(http_response(), gate))
    api = make_api(connection_pool_maxsize=1)
    handle = call(api, "get", async_req=True)
    assert server.wait_for(lambda: len(server.requests) == 1)
    with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException, match="no free connection") as caught:
        call(api, "update_authorization", _deadline=DEADLINE, _retries=None)
    assert caught.value.outcome == "not_sent"
    assert "Raise connection_pool_maxsize" in str(caught.value) and "network" not in str(caught.value)
    gate.set()
    assert handle.get(5).status == 200


URLLIB3_POLICIES = {
    "refused": urllib3.Retry(10, backoff_factor=10),
    "busy": urllib3.Retry(10, status_forcelist=[503], backoff_factor=10),
    "Retry-After": urllib3.Retry(10, status_forcelist=[503]),
}


@pytest.mark.parametrize("case", URLLIB3_POLICIES)
def test_deadline__covers_the_waits_of_urllib3(server: ScriptedServer, make_api: MakeApi, case: str) -> None:
    """The user's own urllib3.Retry does not outlast the deadline, however long it wants to wait."""
    server.script(http_response({}, 503, [("Retry-After", "30")] if case == "Retry-After" else []))
    with refused() as url:
        api = make_api(host=url if case == "refused" else None)
        with within(DEADLINE + SLACK), pytest.raises(ApiException):
            call(api, "get", _retries=URLLIB3_POLICIES[case], _deadline=DEADLINE)


@pytest.mark.parametrize("timeout", [0.1, (5, 0.1), (None, 0.1)])
def test_timeout__read(server: ScriptedServer, make_api: MakeApi, timeout: float | tuple[float | None, float]) -> None:
    """The read timeout ends an attempt, says how long it was, and is a TimeoutError."""
    server.script(stalled())
    with within(0.1 + SLACK), pytest.raises(TimeoutError, match=r"no response within 0\.1 s") as caught:
        call(make_api(), "get", _request_timeout=timeout)
    assert isinstance(caught.value, ApiTimeoutException)
    assert server.wait_for(lambda: server.open == 0)


def test_timeout__connect(make_api: MakeApi) -> None:
    """The connect timeout ends an attempt on its own; nothing was sent."""
    with silent() as url, within(0.1 + SLACK), pytest.raises(ApiTimeoutException, match=r"within 0\.1 s") as caught:
        call(make_api(host=url), "create", _request_timeout=(0.1, 30))
    assert caught.value.outcome == "not_sent"


def test_timeout__none_waits(server: ScriptedServer, make_api: MakeApi) -> None:
    """None switches a limit off for the call, and so the configuration's does not end it."""
    gate = threading.Event()
    server.script(gated(http_response(), gate))
    api = make_api(timeout=0.05, deadline=0.1)
    handle = call(api, "get", async_req=True, _request_timeout=None, _deadline=None)
    handle.wait(0.3)
    assert not handle.ready()
    gate.set()
    assert handle.get(5).status == 200


def test_deadline__is_of_one_call_only(server: ScriptedServer, make_api: MakeApi) -> None:
    """A call that ran into its deadline leaves nothing behind that would shorten the next one."""
    replies = {"first": stalled(), "second": dripped(http_response(), 0.001), "third": http_response()}
    server.script(lambda request: replies[request.header("X-Call") or ""])
    api = make_api()
    with pytest.raises(ApiTimeoutException):
        call(api, "get", _deadline=0.05, _headers={"X-Call": "first"})
    assert call(api, "get", _deadline=60, _headers={"X-Call": "second"}).status == 200
    assert call(api, "get", _deadline=None, _headers={"X-Call": "third"}).status == 200


# -- when to try again -------------------------------------------------------------------------------------------------

FAILURES = {
    "reset before reading": reset(read=False),
    "reset": reset(),
    "closed without a response": dropped(),
    "no response in time": stalled(),
    "cut status line": raw(b"HTTP/1.1 2"),
    "cut headers": raw(http_response().data[:40]),
    "cut between headers": raw(
        http_response().data[: http_response().data.index(b"\r\n\r\n") + 2].partition(b"Content-Length")[0]
    ),
    "cut body": cut(http_response()),
    "cut chunks": cut(http_response(chunks=3)),
    "not HTTP": raw(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "HTML with 200": HTML,
    "400": http_response({}, 400),
    "401": http_response({}, 401),
    "402": http_response({}, 402),
    "403": http_response({}, 403),
    "404": http_response({}, 404),
    "408": http_response({}, 408),
    "409": http_response({"error": "no"}, 409),
    "409 in progress": IN_PROGRESS,
    "422": http_response({}, 422),
    "429": TOO_MANY,
    "500": http_response({}, 500),
    "501": http_response({}, 501),
    "502": http_response({}, 502),
    "502 with HTML": http_response(body=b"<html>Bad gateway</html>", status=502, content_type="text/html"),
    "503": http_response({}, 503),
    "504": http_response({}, 504),
}
_BROKEN = {
    "reset before reading",
    "reset",
    "closed without a response",
    "no response in time",
    "cut status line",
    "cut body",
    "cut chunks",
    "not HTTP",
}
_CUT = {"cut headers", "cut between headers"}
_BUSY = {"408", "429", "502", "502 with HTML", "503", "504"}
RETRIED = {
    "GET": _BROKEN | _CUT | _BUSY | {"500", "HTML with 200"},
    "DELETE": _BROKEN | _BUSY | {"500", "HTML with 200"},
    "POST": _BROKEN | _CUT | _BUSY | {"409 in progress"},
    "PATCH": _BROKEN | _CUT | _BUSY | {"409 in progress"},
    "PUT": {"429", "503"},
}
REJECTED = {"400", "401", "402", "403", "404", "409", "422", "429", "503"}


def operations_for(failure: str) -> list[str]:
    """A DELETE whose status line arrived has taken effect, whatever is wrong with the rest of the head."""
    return [operation for operation in OPERATIONS if operation != "delete" or failure not in _CUT]


def quick(retries: int) -> RetryPolicy:
    """So many retries, without noticeable waits."""
    return RetryPolicy(max_retries=retries, **QUICK)


@contextlib.contextmanager
def short_timeouts(failure: str, api: ConnectionApi, *failing: int, seconds: float = 0.2) -> Generator[None]:
    """Where no response comes, let the attempts of these numbers wait for it so long, and no other attempt."""
    transport, number = api.api_client.rest_client, itertools.count(1)

    def request(*args: Any, **options: Any) -> Any:
        waits = failure == "no response in time" and next(number) in failing
        return transport.request(*args, **options | ({"_request_timeout": (5, seconds)} if waits else {}))

    with patch.object(api.api_client, "rest_client", SimpleNamespace(request=request)):
        yield


@pytest.mark.parametrize("failure", FAILURES)
def test_retry__first_attempt_fails(server: ScriptedServer, make_api: MakeApi, failure: str) -> None:
    """A failure is followed by another attempt exactly where that can do no harm; else by its exception."""
    api = make_api(timeout=5)
    for operation in operations_for(failure):
        server.script(FAILURES[failure], fine(operation))
        with case(operation), short_timeouts(failure, api, 1):
            if failure in RETRIED[METHODS[operation]]:
                result = call(api, operation, _retries=quick(3))
                assert [attempt.status for attempt in result.attempts][1:] == [200]
            else:
                with pytest.raises(ApiException) as caught:
                    call(api, operation, _retries=quick(3))
                assert len(caught.value.attempts) == 1
                assert (caught.value.outcome == "rejected") == (failure in REJECTED or failure.startswith("409"))


@pytest.mark.parametrize("failure", FAILURES)
def test_retry__second_attempt_fails(server: ScriptedServer, make_api: MakeApi, failure: str) -> None:
    """The second failure is judged like the first one."""
    api = make_api(timeout=5)
    for operation in operations_for(failure):
        server.script(http_response({}, 503), FAILURES[failure], fine(operation))
        with case(operation), short_timeouts(failure, api, 2):
            if failure in RETRIED[METHODS[operation]]:
                assert len(call(api, operation, _retries=quick(3)).attempts) == 3
            else:
                with pytest.raises(ApiException) as caught:
                    call(api, operation, _retries=quick(3))
                assert len(caught.value.attempts) == 2


@pytest.mark.parametrize("failure", FAILURES)
def test_retry__every_attempt_fails(server: ScriptedServer, make_api: MakeApi, failure: str) -> None:
    """After the last attempt comes the exception of that one, with all attempts and an outcome for the whole call."""
    server.script(FAILURES[failure])
    api = make_api(timeout=5)
    for operation in operations_for(failure):
        with case(operation), short_timeouts(failure, api, 1, 2, 3, seconds=0.1):
            with pytest.raises(ApiException) as caught:
                call(api, operation, _retries=quick(2))
            error = caught.value
            assert len(error.attempts) == (3 if failure in RETRIED[METHODS[operation]] else 1)
            rejected = failure in REJECTED or (failure == "409 in progress" and operation not in KEYED)
            assert error.outcome == ("rejected" if rejected else "unknown")
            assert (error.method, error.url) == (METHODS[operation], error.url)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_retry__refused(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """Where nobody listens nothing was sent, so every operation is tried again, PUT too."""
    with refused() as url:
        api = make_api(host=url)
        with pytest.raises(ApiConnectionException) as caught:
            call(api, operation, _retries=quick(2))
    assert (caught.value.outcome, len(caught.value.attempts)) == ("not_sent", 3)
    assert isinstance(caught.value.__cause__, urllib3.exceptions.HTTPError)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_retry__without_retries_there_is_one_request(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """No layer below tries again on its own."""
    server.script(http_response({}, 503, [("Retry-After", "0")]))
    with pytest.raises(ServiceException):
        call(make_api(retries=0), operation)
    assert len(server.requests) == 1
    server.script(dropped())
    with pytest.raises(ApiConnectionException):
        call(make_api(retries=0), operation)
    assert len(server.requests) == 2


@pytest.mark.parametrize("operation", KEYED)
@pytest.mark.parametrize("earlier", [dropped(), http_response({}, 504), cut(http_response())])
def test_conflict__after_an_unknown_attempt(
    server: ScriptedServer, make_api: MakeApi, operation: str, earlier: Reply
) -> None:
    """After an attempt that may still be running, a 409 of any wording means just that, and is waited for."""
    server.script(earlier, http_response({"error": "no"}, 409), fine(operation))
    assert [a.status for a in call(make_api(), operation, _retries=quick(3)).attempts][1:] == [409, 200]


@pytest.mark.parametrize("operation", KEYED)
def test_conflict__with_the_callers_key(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """Another process may hold the caller's key, so a 409 is waited for; if it stays, the outcome is unknown."""
    server.script(http_response({"error": "no"}, 409))
    with pytest.raises(ApiException) as caught:
        call(make_api(), operation, _retries=quick(2), _idempotency_key="mine")
    assert (caught.value.outcome, len(caught.value.attempts)) == ("unknown", 3)


@pytest.mark.parametrize("operation", KEYED)
def test_conflict__not_about_the_key(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """A 409 that can only be about the state is final, and nothing was done."""
    server.script(http_response({}, 503), http_response({"error": "already there"}, 409))
    with pytest.raises(ApiException) as caught:
        call(make_api(), operation, _retries=quick(2))
    assert (caught.value.outcome, len(caught.value.attempts)) == ("rejected", 2)


# -- how long to wait --------------------------------------------------------------------------------------------------


def test_wait__full_jitter(server: ScriptedServer, make_api: MakeApi, sleeps: list[float]) -> None:
    """Each wait is random between nothing and a bound that doubles up to the longest one."""
    server.script(http_response({}, 503))
    api = make_api(deadline=None)
    for _ in range(40):
        with pytest.raises(ServiceException):
            call(api, "get", _retries=RetryPolicy(max_retries=6))
    bounds = [0.5, 1, 2, 4, 8, 8]
    by_retry = [sleeps[number::6] for number in range(6)]
    for waits, bound in zip(by_retry, bounds, strict=True):
        assert all(0 <= wait <= bound for wait in waits)
        assert min(waits) < bound / 2 < max(waits)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_wait__retry_after_in_seconds(
    server: ScriptedServer, make_api: MakeApi, sleeps: list[float], operation: str, status: int
) -> None:
    """The wait is exactly what the service asks for, for writes too, and the attempt tells of it."""
    server.script(http_response({}, status, [("Retry-After", "17")]), fine(operation))
    result = call(make_api(), operation, _retries=None)
    assert sleeps == [17]
    assert [attempt.slept for attempt in result.attempts] == [0, 17]


def test_wait__retry_after_as_date(server: ScriptedServer, make_api: MakeApi, sleeps: list[float]) -> None:
    """A date is turned into seconds from now; one that has passed means at once."""
    server.script(
        http_response({}, 429, [("Retry-After", formatdate(time.time() + 20, usegmt=True))]),
        http_response({}, 429, [("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")]),
        http_response(),
    )
    call(make_api(), "get", _retries=None)
    assert 17 < sleeps[0] <= 20
    assert sleeps[1] == 0


@pytest.mark.parametrize(
    "seconds", ["60", "36000", "99999999999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
def test_wait__beyond_the_deadline_fails_at_once(
    server: ScriptedServer, make_api: MakeApi, sleeps: list[float], seconds: str
) -> None:
    """A Retry-After that does not fit into the deadline ends the call now, with the exception that carries it."""
    server.script(http_response({}, 429, [("Retry-After", seconds)]))
    with within(SLACK), pytest.raises(TooManyRequestsException) as caught:
        call(make_api(deadline=60), "get", _retries=None)
    assert sleeps == []
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 59
    assert caught.value.outcome == "rejected"


@pytest.mark.parametrize(("status", "outcome"), [(299, "unknown"), (300, "rejected")])
def test_outcome__of_a_body_that_is_cut_off(
    server: ScriptedServer, make_api: MakeApi, status: int, outcome: str
) -> None:
    """A cut-off success of any status may have taken effect, and says so; for a redirect the status says enough."""
    server.script(cut(http_response(status=status)))
    with pytest.raises(ApiException) as caught:
        call(make_api(), "create")
    assert caught.value.outcome == outcome
    assert ("the body is cut off" in str(caught.value)) == (outcome == "unknown")


def test_wait__longer_than_the_policy_allows(server: ScriptedServer, make_api: MakeApi, sleeps: list[float]) -> None:
    """Without a deadline the policy's max_retry_after still keeps a call from sleeping for days."""
    server.script(http_response({}, 429, [("Retry-After", "11")]))
    with pytest.raises(TooManyRequestsException) as caught:
        call(make_api(), "get", _deadline=None, _retries=RetryPolicy(max_retry_after=10))
    assert (sleeps, caught.value.retry_after) == ([], 11)


def test_wait__hostile_retry_after(server: ScriptedServer, make_api: MakeApi, sleeps: list[float]) -> None:
    """Nonsense counts as none at all, or as never; it raises nothing else, and nobody sleeps for it."""
    cases: list[str] = ["", "-1", "1e9", "inf", "nan", "0x10", "\xb2", "soon", "Wed, 99 Foo 2099", "1; 2", "1" * 5000]
    for text in cases:
        with case(text):
            server.script(http_response({}, 503, [("Retry-After", text)]), http_response())
            with contextlib.suppress(ServiceException):
                call(make_api(), "get", _retries=None)
            assert all(0 <= wait <= 0.5 for wait in sleeps)


@pytest.mark.parametrize("retry_after", [None, "0", "3"])
def test_wait__never_past_the_deadline(
    server: ScriptedServer, make_api: MakeApi, sleeps: list[float], retry_after: str | None
) -> None:
    """However many attempts are allowed, the waits together stay below the deadline."""
    server.script(http_response({}, 429, [] if retry_after is None else [("Retry-After", retry_after)]))
    policy = RetryPolicy(max_retries=60, initial_interval=1)
    with pytest.raises(TooManyRequestsException) as caught:
        call(make_api(), "get", _retries=policy, _deadline=10)
    assert 0 <= sum(sleeps) < 10
    assert len(caught.value.attempts) == len(sleeps) + 1


# -- every form of retries ---------------------------------------------------------------------------------------------

FORMS = {
    "None": (None, 4),
    "0": (0, 1),
    "False": (False, 1),
    "2": (2, 3),
    "policy": (RetryPolicy(max_retries=1), 2),
    "urllib3": (urllib3.Retry(2, status_forcelist=[503], backoff_factor=0), 3),
    "urllib3 off": (urllib3.Retry(0), 1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", ["configuration", "call"])
def test_retries__forms(server: ScriptedServer, make_api: MakeApi, sleeps: list[float], form: str, place: str) -> None:
    """None, 0, False, an int, a RetryPolicy and a urllib3.Retry mean the same in the configuration and at a call."""
    retries, requests = FORMS[form]
    server.script(http_response({"error": "busy"}, 503))
    api = make_api(retries=retries if place == "configuration" else 7)
    options: dict[str, Any] = {"_retries": retries} if place == "call" else {}
    with pytest.raises(ServiceException, match="busy") as caught:
        call(api, "get", **options)
    assert len(server.requests) == requests
    # What urllib3 does by itself is one attempt for this package.
    assert len(caught.value.attempts) == (1 if isinstance(retries, urllib3.Retry) else requests)


@pytest.mark.parametrize("operation", ["get", "delete"])
@pytest.mark.parametrize("case", ["Retry-After", "backoff"])
def test_retries__of_urllib3_that_do_not_fit(
    server: ScriptedServer, make_api: MakeApi, operation: str, case: str
) -> None:
    """A wait of the user's own policy beyond the deadline is not begun: the last response is the error, at once."""
    server.script(http_response(status=503, headers=[("Retry-After", "100")] if case == "Retry-After" else []))
    policy = urllib3.Retry(5, status_forcelist=[503], backoff_factor=100)
    with within(10), pytest.raises(ServiceException) as caught:
        call(make_api(deadline=20), operation, _retries=policy)
    assert (caught.value.status, caught.value.outcome) == (503, "rejected")
    assert caught.value.retry_after == (100 if case == "Retry-After" else None)


@pytest.mark.parametrize("text", ["soon", "0.01", "Wed, 21 Oct 99999 07:28:00 GMT", ""])
def test_retries__of_urllib3_after_a_wait_that_it_cannot_read(
    server: ScriptedServer, make_api: MakeApi, text: str
) -> None:
    """Seconds with decimals are obeyed, and what nobody can read is passed over: the retry is made, the status kept."""
    server.script(http_response({"error": "busy"}, 503, [("Retry-After", text)]))
    with pytest.raises(ServiceException, match="busy") as caught:
        call(make_api(), "get", _retries=urllib3.Retry(1, status_forcelist=[503], backoff_factor=0))
    assert (caught.value.outcome, len(server.requests)) == ("rejected", 2)


def test_retries__of_urllib3_do_not_read_what_they_give_up(server: ScriptedServer, make_api: MakeApi) -> None:
    """A 503 whose body never ends is retried at once: nobody waits for that body, and nothing reads all of it."""
    server.script(cut(http_response("the service is busy", 503), end="stall"), http_response())
    with within(5 + SLACK):
        result = call(make_api(timeout=20), "get", _retries=urllib3.Retry(1, status_forcelist=[503], backoff_factor=0))
    assert (result.status, len(server.requests)) == (200, 2)
    assert server.wait_for(lambda: server.open == 1)


@pytest.mark.parametrize(("retries", "error"), [(True, ApiTypeError), ("3", ApiTypeError), (-1, ApiValueError)])
def test_retries__of_no_use(server: ScriptedServer, make_api: MakeApi, retries: Any, error: type[Exception]) -> None:
    """Anything else is refused, before anything is sent."""
    with pytest.raises(error):
        make_api(retries=retries)
    with pytest.raises(error):
        call(make_api(), "get", _retries=retries)
    assert server.requests == []


def test_retry_of_urllib3__after_no_connection(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 404 of a DELETE whose first try was refused a connection is an error: nothing had been sent before."""
    connect, tries = socket.socket.connect, list[int]()

    def refuse_first(sock: socket.socket, address: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionRefusedError(111, "Connection refused")
        connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", refuse_first)
    server.script(http_response({"error": "no such connection"}, 404))
    with pytest.raises(NotFoundException) as caught:
        call(make_api(), "delete", _retries=urllib3.Retry(1, backoff_factor=0))
    assert caught.value.outcome == "rejected"
    assert len(tries) == 2


@pytest.mark.parametrize("second", ["refused", "429", "404", "422", "503"])
@pytest.mark.parametrize("operation", ["create", "unlink", "delete", "update_authorization"])
def test_retries__outcome_with_urllib3s_policy(make_api: MakeApi, operation: str, second: str) -> None:
    """If the first try under a urllib3.Retry may have taken effect, no later one makes it `rejected` or `not_sent`."""
    tries = itertools.count()

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        if next(tries) == 0:
            listener.append(connection)  # closing without a response; the request may have taken effect
        else:
            connection.sendall(http_response({}, int(second)).data)

    listener: list[socket.socket] = []
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(_once() if second == "refused" else serving(serve))
        api = make_api(host=f"http://{address}")
        try:
            result = call(api, operation, _retries=urllib3.Retry(1, allowed_methods=None))
        except ApiException as error:
            assert (operation, second) != ("delete", "404")
            assert error.outcome == "unknown"
        else:
            assert (operation, second, result.data) == ("delete", "404", True)


@contextlib.contextmanager
def _once() -> Generator[str]:
    """An address that takes one connection, swallows its request, and refuses all further ones."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        listener.close()
        with connection:
            read_head(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    thread.join(5)


# -- idempotency -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
def test_key__on_post_and_patch_only(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """POST and PATCH carry a key, a UUID, the same on every attempt and on the result; the others carry none."""
    server.script(http_response({}, 503), http_response({}, 429), fine(operation))
    result = call(make_api(), operation, _retries=quick(3))
    keys = {request.header("Idempotency-Key") for request in server.requests}
    assert len(server.requests) == 3
    assert keys == {result.idempotency_key}
    if operation in KEYED:
        assert str(UUID(result.idempotency_key)) == result.idempotency_key
    else:
        assert result.idempotency_key is None


@pytest.mark.parametrize("operation", KEYED)
def test_key__fresh_for_each_call(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """Two calls never share a key, also when the first one failed."""
    api = make_api()
    server.script(http_response({}, 500), http_response(), http_response())
    with pytest.raises(ServiceException) as caught:
        call(api, operation)
    call(api, operation)
    call(api, operation)
    keys = [request.header("Idempotency-Key") for request in server.requests]
    assert caught.value.idempotency_key == keys[0]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("operation", KEYED)
@pytest.mark.parametrize(
    "options",
    [{"_idempotency_key": "order-17"}, {"_headers": {"idempotency-key": "order-17"}}],
    ids=["option", "header"],
)
def test_key__of_the_caller(server: ScriptedServer, make_api: MakeApi, operation: str, options: dict[str, Any]) -> None:
    """The caller's own key is sent on every attempt, once, and is on the result and on the exception."""
    server.script(dropped(), http_response({}, 504), fine(operation), http_response({}, 422))
    api = make_api(retries=quick(3))
    assert call(api, operation, **options).idempotency_key == "order-17"
    with pytest.raises(ApiException) as caught:
        call(api, operation, **options)
    assert caught.value.idempotency_key == "order-17"
    assert [request.header("Idempotency-Key") for request in server.requests] == ["order-17"] * 4


@pytest.mark.parametrize("operation", ["list", "get", "delete", "update_authorization"])
def test_key__not_elsewhere(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """A key where the service ignores it would promise too much, so it is refused before anything is sent."""
    with pytest.raises(ApiTypeError, match="_idempotency_key"):
        call(make_api(), operation, _idempotency_key="order-17")
    assert server.requests == []


def test_key__every_attempt_is_the_same_request(server: ScriptedServer, make_api: MakeApi) -> None:
    """All attempts of one call are equal to the byte, or the service would respond to the second one with a 422."""
    server.script(dropped(), http_response({}, 408), cut(http_response()), http_response())
    call(make_api(), "create", _retries=quick(3))
    first = server.requests[0]
    assert len(server.requests) == 4
    for request in server.requests[1:]:
        assert (request.target, request.headers, request.body) == (first.target, first.headers, first.body)


# -- delete and the authorization --------------------------------------------------------------------------------------

UNKNOWN_FIRST = {
    name: FAILURES[name] for name in ("reset", "closed without a response", "cut body", "408", "500", "502", "504")
}


@pytest.mark.parametrize("first", UNKNOWN_FIRST.values(), ids=list(UNKNOWN_FIRST))
def test_delete__404_after_an_unknown_attempt(server: ScriptedServer, make_api: MakeApi, first: Reply) -> None:
    """The 404 says that the earlier attempt has worked: True, with the status 404 and both attempts for who looks."""
    server.script(first, http_response({"error": "not found"}, 404))
    result = call(make_api(), "delete", _retries=quick(3))
    assert result.data is True
    assert (result.status, len(result.attempts)) == (404, 2)


def test_delete__404_after_an_unknown_attempt_in_other_forms(server: ScriptedServer, make_api: MakeApi) -> None:
    """It is what a success without a body gives: None of an endpoint without a method, or the response itself."""
    api: Any = make_api(retries=quick(3))  # type checkers know nothing of results in other forms
    client = api.api_client
    delete = api.companies_company_id_connections_connection_id_delete
    forms: list[tuple[Callable[[], Any], Any]] = [
        (lambda: client.request("DELETE", "/x"), None),
        (lambda: client.call_api("/x", "DELETE")[:2], (None, 404)),
        (lambda: client.call_api("/x", "DELETE", response_type=(bool,), _return_http_data_only=True), True),
        (lambda: delete("c", "k", _preload_content=False).status, 404),
    ]
    for send, result in forms:
        server.script(dropped(), http_response({"error": "not found"}, 404))
        assert send() == result


@pytest.mark.parametrize("first", [http_response({}, 503), TOO_MANY], ids=["503", "429"])
def test_delete__404_after_a_rejected_attempt(server: ScriptedServer, make_api: MakeApi, first: Reply) -> None:
    """Where the earlier attempt was not processed, the connection was not there in the first place."""
    server.script(first, http_response({"error": "not found"}, 404))
    with pytest.raises(NotFoundException) as caught:
        call(make_api(), "delete", _retries=quick(3))
    assert (caught.value.outcome, len(caught.value.attempts)) == ("rejected", 2)


def test_delete__404_at_once(server: ScriptedServer, make_api: MakeApi) -> None:
    """A 404 to the only attempt is what it is."""
    server.script(http_response({"error": "not found"}, 404))
    with pytest.raises(NotFoundException):
        call(make_api(), "delete", _retries=quick(3))


def test_delete__404_to_other_operations(server: ScriptedServer, make_api: MakeApi) -> None:
    """Only DELETE may read a 404 as success."""
    for operation in OPERATIONS:
        if operation not in ("delete", "update_authorization"):
            server.script(dropped(), http_response({}, 404))
            with pytest.raises(NotFoundException) as caught:
                call(make_api(), operation, _retries=quick(3))
            assert caught.value.outcome == "unknown"


# -- what is logged ----------------------------------------------------------------------------------------------------


def test_attempts__on_a_result(server: ScriptedServer, make_api: MakeApi) -> None:
    """Each attempt has its status or error, the seconds it took and those slept before it."""
    server.script(dropped(), http_response({}, 503), http_response())
    result = call(make_api(), "get", _retries=quick(3))
    lost, busy, done = result.attempts
    assert (lost.status, busy.status, done.status) == (None, 503, 200)
    assert "connection broke" in lost.error
    assert (busy.error, done.error) == ("Service Unavailable", None)
    assert lost.slept == 0 < done.slept <= 0.002
    assert all(0 < attempt.seconds < 5 for attempt in result.attempts)


def test_attempts__seconds_are_those_of_the_attempt(server: ScriptedServer, make_api: MakeApi) -> None:
    """What an attempt took does not hold the waits, and what was slept not the attempts."""
    server.script(stalled(), http_response())
    policy = RetryPolicy(1, initial_interval=0.1, max_interval=0.1)
    started = time.monotonic()
    first, second = call(make_api(), "get", _retries=policy, _request_timeout=0.1).attempts
    took = time.monotonic() - started
    assert first.seconds >= 0.1
    # A part that were in two of them would make the sum longer than the call.
    assert first.seconds + first.slept + second.seconds + second.slept <= took


def test_log__has_each_attempt(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """At level DEBUG each attempt is a line: the request, status or error, milliseconds and number of the attempt."""
    moments = itertools.count(0, 0.5)
    clock = SimpleNamespace(sleep=list[float]().append, monotonic=lambda: next(moments))
    monkeypatch.setattr(codat_python_sdk.delivery, "clock", clock)
    server.script(http_response({}, 503), http_response())
    with caplog.at_level(logging.DEBUG, "codat_python_sdk.delivery"):
        call(make_api(deadline=None), "get", _retries=quick(1))
    lines = [record.getMessage() for record in caplog.records if record.levelname == "DEBUG"]
    path = "GET /companies/c1/connections/k1"
    assert [line for line in lines if line.startswith("GET ")] == [
        f"{path}: 503, 500.0 ms, attempt 1",
        f"{path}: 200, 500.0 ms, attempt 2",
    ]


@pytest.mark.parametrize(
    ("operation", "retryable"), [("create", True), ("unlink", True), ("update_authorization", False)]
)
def test_retryable__with_a_key_of_the_callers(
    server: ScriptedServer, make_api: MakeApi, operation: str, retryable: bool
) -> None:
    """A key makes a lost POST or PATCH safe to repeat; it means nothing at the PUT, whose tokens are single-use."""
    server.script(dropped())
    with pytest.raises(ApiConnectionException) as caught:
        call(make_api(), operation, _headers={"Idempotency-Key": "order-7"}, _retries=0)
    assert (caught.value.outcome, caught.value.retryable) == ("unknown", retryable)


def test_log__has_no_attempt_twice(
    server: ScriptedServer, make_api: MakeApi, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that is interrupted is not logged as the one before it."""
    server.script(http_response({}, 503))
    api = make_api()
    transport, requests = api.api_client.rest_client.request, itertools.count(1)

    def interrupted(*args: Any, **options: Any) -> Any:
        if next(requests) == 2:
            raise KeyboardInterrupt
        return transport(*args, **options)

    monkeypatch.setattr(api.api_client.rest_client, "request", interrupted)
    with caplog.at_level(logging.DEBUG, "codat_python_sdk.delivery"), pytest.raises(KeyboardInterrupt):
        call(api, "get", _retries=quick(1))
    lines = [record.getMessage() for record in caplog.records if record.levelname == "DEBUG"]
    assert len(lines) == 1 and lines[0].endswith("attempt 1")


def test_rate_limit__on_a_result(server: ScriptedServer, make_api: MakeApi) -> None:
    """The quota is there as sent, and None when the service does not tell."""
    headers = [("X-Rate-Limit-Limit", "1000"), ("x-rate-limit-remaining", "7"), ("X-Rate-Limit-Reset", "2026-01-01")]
    server.script(http_response(headers=headers), http_response())
    api = make_api()
    assert tuple(call(api, "get").rate_limit) == ("1000", "7", "2026-01-01")
    assert call(api, "get").rate_limit is None


SEQUENCES = {
    "lost then rejected": ([dropped(), http_response({}, 422)], "unknown"),
    "504 then 400": ([http_response({}, 504), http_response({}, 400)], "unknown"),
    "503 then 400": ([http_response({}, 503), http_response({}, 400)], "rejected"),
    "429 then lost": ([TOO_MANY, dropped()], "unknown"),
    "lost then 503": ([dropped(), http_response({}, 503)], "unknown"),
    "cut then 401": ([cut(http_response()), http_response({}, 401)], "unknown"),
}


@pytest.mark.parametrize("case", SEQUENCES)
@pytest.mark.parametrize("operation", KEYED)
def test_outcome__is_that_of_the_whole_call(
    server: ScriptedServer, make_api: MakeApi, operation: str, case: str
) -> None:
    """A request that may have taken effect stays `unknown`, whatever later attempts bring."""
    replies, outcome = SEQUENCES[case]
    server.script(*replies)
    with pytest.raises(ApiException) as caught:
        call(make_api(), operation, _retries=quick(1))
    assert (caught.value.outcome, len(caught.value.attempts)) == (outcome, 2)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_outcome__of_an_unreadable_success(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """A 2xx that cannot be read has very likely been done."""
    server.script(HTML)
    with pytest.raises(UnreadableResponseException) as caught:
        call(make_api(), operation)
    assert (caught.value.outcome, caught.value.status) == ("unknown", 200)


def test_outcome__of_an_interim_response(make_api: MakeApi) -> None:
    """A 103 before the response neither counts as the response nor lets the next caller read what follows it."""

    def serve(connection: socket.socket) -> None:
        if read_head(connection).startswith(b"POST"):
            connection.recv(65536)
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n")
        connection.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            connection.recv(65536)  # whoever comes next on this connection
        connection.sendall(http_response({**CONNECTION, "id": "created"}).data)

    with serving(serve) as address:
        api = make_api(host=f"http://{address}", connection_pool_maxsize=1)
        try:
            assert call(api, "create").data.id == "created"
        except ApiException as error:
            assert error.outcome == "unknown"
            with contextlib.suppress(ApiException):
                assert call(api, "get", _deadline=1).data.id != "created"


def test_async__delivers_in_the_same_way(server: ScriptedServer, make_api: MakeApi) -> None:
    """async_req=True changes who waits and nothing else: retries, key and deadline hold."""
    server.script(dropped(), http_response(), stalled())
    api = make_api(retries=quick(1))
    result = call(api, "create", async_req=True).get(5)
    assert len(result.attempts) == 2
    with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException):
        call(api, "get", async_req=True, _deadline=DEADLINE).get(5)


@pytest.mark.parametrize("status", [200, 299])
def test_unread__is_delivered_in_the_same_way(server: ScriptedServer, make_api: MakeApi, status: int) -> None:
    """_preload_content=False leaves the body of a success unread; failures before it are retried all the same."""
    server.script(dropped(), http_response({}, 503), http_response(status=status))
    result = call(make_api(), "get", _retries=quick(3), _preload_content=False)
    assert len(result.attempts) == 3
    assert b"Sandbox" in result.data.read()
    result.data.release_conn()
