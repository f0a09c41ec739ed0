"""Faults on demand, as a client meets them."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.sandbox.faults import Where

from .conftest import Caller

BODY = {"platformKey": "mqjo"}
BROKEN = (OSError, http.client.HTTPException)


def test_fail_next__responds_and_does_nothing(call: Caller, sandbox: Sandbox) -> None:
    """The next requests get the status with Codat's error body, then all is well."""
    sandbox.fail_next(502, times=2)
    replies = [call("POST", value=BODY) for _ in range(3)]
    assert [reply.status for reply in replies] == [502, 502, 200]
    assert replies[0].value["statusCode"] == 502
    assert len(sandbox.ledger) == 1
    assert [request.status for request in sandbox.requests] == [502, 502, 200]


def test_fail_next__headers_and_bodies(call: Caller, sandbox: Sandbox) -> None:
    """Retry-After, further headers and the body are what was asked for."""
    sandbox.fail_next(599, body=b"\xff")
    sandbox.fail_next(503, retry_after="Wed, 04 Feb 2026 00:00:00 GMT", body="text")
    sandbox.fail_next(429, retry_after=7, headers={"X-Gate": "way"}, body={"error": "e"})
    first, second, third = (call("GET") for _ in range(3))
    assert (first.status, first.headers["Retry-After"], first.headers["X-Gate"]) == (429, "7", "way")
    assert first.value == {"error": "e"}
    assert second.headers["Retry-After"] == "Wed, 04 Feb 2026 00:00:00 GMT"
    assert (second.body, third.body, third.status) == (b"text", b"\xff", 599)


def test_operations__only_the_named_ones(call: Caller, sandbox: Sandbox) -> None:
    """A fault waits for its operation and leaves others alone."""
    path = f"/{sandbox.add_connection(status='Linked')}"
    sandbox.fail_next(operations=["unlink", "update_authorization"], times=2)
    sandbox.fail_next(500, operations="delete")
    assert [call("GET").status, call("GET", path).status, call("POST", value=BODY).status] == [200, 200, 200]
    assert call("PATCH", path, {"status": "Unlinked"}).status == 503
    assert call("DELETE", path).status == 500
    assert call("PUT", f"{path}/authorization", {"a": "b"}).status == 503
    assert call("DELETE", path).status == 200


def test_order__the_newest_is_met_first(call: Caller, sandbox: Sandbox) -> None:
    """A fault armed later comes before those that wait, a lasting one included; its `after` lets those through."""
    sandbox.fail_next(500, times=None)
    sandbox.fail_next(502, after=2, times=2)
    sandbox.fail_next(404, operations="get")
    assert [call("GET").status for _ in range(6)] == [500, 500, 502, 502, 500, 500]
    assert [call("GET", "/x").status for _ in range(2)] == [404, 500]


def test_times__none_lasts_until_cleared(call: Caller, sandbox: Sandbox) -> None:
    """Without a number of times a fault stays until the faults are cleared."""
    sandbox.fail_next(times=None)
    assert [call("GET").status for _ in range(5)] == [503] * 5
    sandbox.clear_faults()
    assert call("GET").status == 200


def test_arguments__wrong_ones_are_refused(sandbox: Sandbox) -> None:
    """An unknown operation and an impossible number of times are a ValueError that says what is right."""
    wrong: list[dict[str, Any]] = [
        {"operations": "fetch"},
        {"operations": ["get", "fetch"]},
        {"times": 0},
        {"times": -1},
    ]
    faults = ("fail_next", "reset_connection", "lost", "cut", "stall", "drip", "junk")
    for fault, arguments in product(faults, wrong):
        with case(fault, arguments):
            with pytest.raises(ValueError, match=r"known are list, create, get|at least 1"):
                getattr(sandbox, fault)(**arguments)
            assert not sandbox.armed


def test_arguments__contradictions_are_refused(sandbox: Sandbox) -> None:
    """Neither an unknown place in the response nor two moments of stalling are accepted."""
    tail: Any = "tail"
    mistakes: list[Callable[[], None]] = [
        lambda: sandbox.cut(where=tail),
        lambda: sandbox.drip(where=tail),
        lambda: sandbox.stall(done=True, in_flight=True),
    ]
    for wrong in mistakes:
        with pytest.raises(ValueError, match=r"not both|'head' or 'body'"):
            wrong()


def test_reset__nothing_is_done(call: Caller, sandbox: Sandbox) -> None:
    """The connection is reset, and the service never saw the request."""
    sandbox.reset_connection()
    with pytest.raises(ConnectionResetError) as caught:
        call("POST", value=BODY)
    assert not isinstance(caught.value, http.client.RemoteDisconnected)  # that would be an orderly end
    assert sandbox.ledger == []
    assert sandbox.requests[0].status is None
    assert call("GET").status == 200


def test_lost__done_without_a_response(call: Caller, sandbox: Sandbox) -> None:
    """The request takes effect, and the connection is closed without a byte."""
    sandbox.lost()
    with pytest.raises(http.client.RemoteDisconnected):
        call("POST", value=BODY)
    assert len(sandbox.ledger) == 1
    assert sandbox.requests[0].status is None


def test_cut__in_the_body(call: Caller, sandbox: Sandbox) -> None:
    """The request takes effect, and half of the promised body is sent."""
    sandbox.cut()
    with pytest.raises(http.client.IncompleteRead) as caught:
        call("POST", value=BODY)
    assert len(caught.value.partial) > 0
    assert caught.value.expected is not None
    assert caught.value.expected > 0
    assert len(sandbox.ledger) == 1


def test_cut__in_the_head(call: Caller, sandbox: Sandbox) -> None:
    """The request takes effect, and the response ends in the middle of its headers."""
    sandbox.cut(where="head")
    received = call.raw(f"GET {call.root} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert received.startswith(b"HTTP/1.1 401")
    assert b"\r\n\r\n" not in received


@pytest.mark.parametrize("where", ["head", "body"])
def test_drip__comes_byte_by_byte(call: Caller, sandbox: Sandbox, where: Where) -> None:
    """The response is complete in the end, and takes an interval for each byte."""
    sandbox.drip(0.001, where=where)
    started = time.monotonic()
    reply = call("GET")
    assert reply.value["totalResults"] == 0
    assert time.monotonic() - started > 0.001 * len(reply.body)


def test_drip__ends_with_the_sandbox(call: Caller, sandbox: Sandbox) -> None:
    """Stopping does not wait for a drip to end."""
    sandbox.drip(60)
    thread = threading.Thread(target=pytest.raises, args=(BROKEN, call, "GET"))
    thread.start()
    while not (sandbox.requests and sandbox.requests[0].status):
        pass
    sandbox.stop()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize("done", [False, True])
def test_stall__hangs_until_the_sandbox_stops(
    call: Caller, sandbox: Sandbox, done: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A stalled request gets no response, and is not logged as a failure; `done` says whether it took effect."""
    sandbox.stall(done=done)
    thread = threading.Thread(target=pytest.raises, args=(OSError, call, "POST", "", BODY))
    thread.start()
    while not (sandbox.ledger if done else sandbox.requests):
        pass
    assert call("GET").status == 200  # others are served meanwhile
    sandbox.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert len(sandbox.ledger) == done
    assert caplog.text == ""


def test_stall__responds_when_the_time_is_over(call: Caller, sandbox: Sandbox) -> None:
    """With a duration the response is late, and correct."""
    sandbox.stall(0.05)
    started = time.monotonic()
    assert call("POST", value=BODY).status == 200
    assert time.monotonic() - started >= 0.05


@pytest.mark.parametrize("done", [False, True])
def test_junk__a_gateways_page(call: Caller, sandbox: Sandbox, done: bool) -> None:
    """The response is a 200 with HTML; `done` says whether the request took effect."""
    sandbox.junk(done=done)
    reply = call("POST", value=BODY)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html")
    assert b"<html>" in reply.body
    assert len(sandbox.ledger) == done


def test_junk__other_bytes(call: Caller, sandbox: Sandbox) -> None:
    """Status, type and bytes are free."""
    sandbox.junk(status=207, body=b"\xfe\xff", content_type="application/octet-stream")
    reply = call("GET")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (207, b"\xfe\xff", "application/octet-stream")
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.body)


def test_pages__are_never_harmed(call: Caller, sandbox: Sandbox) -> None:
    """The dashboard and the link page are served while the API fails."""
    link = call.create()["linkUrl"]
    sandbox.fail_next(times=None)
    assert call.plain("GET", "/").status == 200
    assert call.plain("GET", link.removeprefix(sandbox.url)).status == 200
    assert call("GET").status == 503


def test_aim__operation_company_connection(call: Caller, sandbox: Sandbox) -> None:
    """A fault hits the operation, company and connection that it is aimed at, and no other."""
    other = sandbox.create_company()
    spared, failing = sandbox.add_connection(), sandbox.add_connection()
    sandbox.fail_next(500, times=None, company_id=other)
    sandbox.fail_next(502, times=None, connection_id=failing, operation="connections.get")
    sandbox.fail_next(504, times=None, operation=["companies.list", "integrations.get"])
    assert [call("GET").status, call("GET", f"/{spared}").status, call("GET", f"/{failing}").status] == [200, 200, 502]
    assert call("DELETE", f"/{failing}").status == 200
    key = {"Authorization": sandbox.auth_header}
    targets = (f"/companies/{other}/connections", "/companies", "/integrations/gbol", "/integrations")
    assert [call.plain("GET", target, key).status for target in targets] == [500, 504, 504, 200]


def test_aim__by_a_function(call: Caller, sandbox: Sandbox) -> None:
    """A function of the request decides; what it raises is no fault, and is raised from stop."""
    sandbox.fail_next(times=None, when=lambda request: b"gbol" in request.body)
    assert [call("POST", value={"platformKey": key}).status for key in ("mqjo", "gbol")] == [200, 503]
    sandbox.fail_next(when=lambda request: request.json()["nothing"])
    assert call("GET").status == 200
    with pytest.raises(TypeError):
        sandbox.stop()


def test_aim__by_probability() -> None:
    """About a quarter of the requests meet the fault, and with a seed the same ones each time."""

    def statuses() -> list[int]:
        with Sandbox(seed=3) as sandbox:
            sandbox.fail_next(times=None, probability=0.25)
            return [Caller(sandbox)("GET").status for _ in range(60)]

    first = statuses()
    assert 4 < first.count(503) < 30
    assert statuses() == first


@pytest.mark.parametrize("arguments", [{"probability": 0}, {"probability": 1.5}, {"seconds": -1}, {"when": "later"}])
def test_aim__wrong_arguments(sandbox: Sandbox, arguments: dict[str, Any]) -> None:
    """An impossible probability or delay, and a condition that is no function, are refused."""
    with pytest.raises((TypeError, ValueError), match=r"probability|seconds|when"):
        sandbox.fail_next(**arguments)


@pytest.mark.parametrize("status", [99, 600])
def test_fail_next__status_that_is_none(sandbox: Sandbox, status: int) -> None:
    """A number below the statuses of HTTP, or above them, is refused."""
    with pytest.raises(ValueError, match=str(status)):
        sandbox.fail_next(status)


def test_seconds__hold_any_fault_back(call: Caller, sandbox: Sandbox) -> None:
    """Each fault can be late as well: a slow 503, and a response lost after a delay."""
    for arm in (sandbox.fail_next, sandbox.lost, sandbox.reset_connection, sandbox.cut, sandbox.junk):
        arm(seconds=0.05)
        started = time.monotonic()
        with contextlib.suppress(*BROKEN):
            call("GET")
        assert time.monotonic() - started >= 0.05


def test_armed__tells_what_waits(call: Caller, sandbox: Sandbox) -> None:
    """What waits is listed, newest first, with what was given, how often it was met, and what is left."""
    sandbox.fail_next(502, times=3, operation="list")
    sandbox.stall(0, after=1, times=None)
    call("GET")
    stall, fail = sandbox.armed
    assert (stall.kind, stall.times, stall.after, stall.met) == ("stall", None, 0, 0)
    assert (fail.text, fail.times, fail.met) == (
        "fail_next(status=502, operation='connections.list', times=3)",
        2,
        1,
    )
    assert sandbox.requests[0].fault == "fail_next"


def test_junk__a_stubbed_body(call: Caller, sandbox: Sandbox) -> None:
    """A JSON body of one's own stands in for the service's."""
    sandbox.junk(body={"results": []}, content_type="application/json")
    assert call("GET").value == {"results": []}


def test_fail_next__each_response_has_its_own_correlation_id(call: Caller, sandbox: Sandbox) -> None:
    """One fault that applies to several requests is several errors, each with an id to quote."""
    sandbox.fail_next(500, times=2)
    sandbox.fail_next(500, times=2, stored=True)
    ids = [call("GET").value["correlationId"] for _ in range(4)]
    assert len(set(ids)) == 4


def test_fail_next__headers_replace_those_of_the_same_name(call: Caller, sandbox: Sandbox) -> None:
    """A header in any case stands in place of the sandbox's own, so that each name comes once."""
    given = {"x-rate-limit-remaining": "0", "content-type": "text/plain", "DATE": "today", "retry-after": "1"}
    sandbox.fail_next(429, retry_after=5, headers=given, body="slow down")
    headers = call("GET").headers
    assert len({name.lower() for name in headers}) == len(headers)
    expected = {**given, "retry-after": "5"}
    assert {name: headers[name] for name in expected} == expected


@pytest.mark.parametrize(
    "headers",
    [{"Connection": "close"}, {"connection": "keep-alive"}, {"content-length": "2"}, {"Transfer-Encoding": "chunked"}],
)
def test_fail_next__headers_about_the_connection_end_it(
    call: Caller, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    """Whatever such a header says, no bytes of this response are taken for the next one's."""
    sandbox.fail_next(500, headers=headers)
    request = f"GET {call.root} HTTP/1.1\r\nAuthorization: {sandbox.auth_header}\r\n\r\n".encode()
    assert call.raw(request * 2).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("status", [204, 304])
def test_fail_next__statuses_without_a_body(call: Caller, sandbox: Sandbox, status: int) -> None:
    """A 204 and a 304 are sent without a body, which a client would take for the beginning of the next response."""
    sandbox.junk(status=status)
    sandbox.fail_next(status)
    request = f"GET {call.root} HTTP/1.1\r\nAuthorization: {sandbox.auth_header}\r\n\r\n".encode()
    parts = call.raw(request * 3).split(b"\r\n\r\n")
    assert [part.split(b" ")[1] for part in parts[:3]] == [b"%d" % status, b"%d" % status, b"200"]


@pytest.mark.parametrize("status", [100, 199, 99, 600])
def test_fail_next__statuses_that_no_response_has(sandbox: Sandbox, status: int) -> None:
    """An interim status would let the client wait for another response, and is refused as others out of range are."""
    with pytest.raises(ValueError, match="status must be from 200 to 599"):
        sandbox.fail_next(status)
    with pytest.raises(ValueError, match="status must be from 200 to 599"):
        sandbox.fail_next(status, body="x")


def test_cut__a_response_without_a_body(call: Caller, sandbox: Sandbox) -> None:
    """The response of a deletion, which has no body, is cut in its first line: it must not arrive whole."""
    for method, path, operation in (("DELETE", "/c", "connections.delete"), ("DELETE", "", "companies.delete")):
        sandbox.add_connection(id="c")
        sandbox.cut(operation=operation)
        target = call.root + path if path else f"/companies/{sandbox.company_id}"
        with pytest.raises(BROKEN):
            call.plain(method, target, {"Authorization": sandbox.auth_header})
        assert sandbox.requests[-1].fault == "cut"


def test_operation__and_operations(sandbox: Sandbox) -> None:
    """Two names of one argument cannot both be given: one of them would be ignored."""
    with pytest.raises(ValueError, match="give one of them"):
        sandbox.fail_next(operation="get", operations="list")
