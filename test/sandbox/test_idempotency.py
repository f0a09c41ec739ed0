"""Idempotency keys, over HTTP."""

from __future__ import annotations

import threading

import pytest

from codat_python_sdk.sandbox import Sandbox, idempotency
from codat_python_sdk.sandbox.clock import Clock as SandboxClock
from codat_python_sdk.sandbox.idempotency import LIFETIME, IdempotencyKeys
from codat_python_sdk.sandbox.messages import Headers, Request, Response

from .conftest import Caller, Clock

KEY = {"Idempotency-Key": "3f0c9a11-7d2e-4b63-9a40-0b1c2d3e4f50"}
BODY = {"platformKey": "mqjo"}


def test_same_request__first_response_again(call: Caller, sandbox: Sandbox) -> None:
    """The same create with the same key takes effect once, and gets the same response byte for byte."""
    first, second = (call("POST", value=BODY, headers=KEY) for _ in range(2))
    assert first.body == second.body
    assert first.status == second.status == 200
    assert len(sandbox.connections()) == 1
    assert len(sandbox.ledger) == 1
    assert len(sandbox.requests) == 2


def test_unlink__first_response_again(call: Caller, sandbox: Sandbox) -> None:
    """A second unlink with the first's key is not refused."""
    path = f"/{sandbox.add_connection(status='Linked')}"
    replies = [call("PATCH", path, {"status": "Unlinked"}, headers=KEY) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 200]
    assert replies[0].body == replies[1].body


def test_no_key__done_each_time(call: Caller, sandbox: Sandbox) -> None:
    """Without a key, and with another one, the request takes effect again."""
    for headers in ({}, {}, KEY, {"Idempotency-Key": "other"}):
        call("POST", value=BODY, headers=headers)
    assert len(sandbox.connections()) == 4


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods__key_means_nothing(call: Caller, sandbox: Sandbox, method: str) -> None:
    """The key is honoured on POST and PATCH only."""
    path = f"/{sandbox.add_connection()}" + ("/authorization" if method == "PUT" else "")
    statuses = [call(method, path, value, headers=KEY).status for value in ({"a": "b"}, {"c": "d"})]
    assert statuses == [200, 404 if method == "DELETE" else 200]


def test_other_request__422(call: Caller, sandbox: Sandbox) -> None:
    """The same key with another body or path is refused, and nothing is done."""
    path, other = (f"/{sandbox.add_connection(status='Linked')}" for _ in range(2))
    call("PATCH", other, {"status": "Unlinked"}, headers=KEY)
    for reply in (
        call("PATCH", path, {"status": "Unlinked"}, headers=KEY),
        call("PATCH", other, {"status": "unlinked"}, headers=KEY),
        call("POST", value=BODY, headers=KEY),
    ):
        assert reply.status == 422
        assert "idempotency key" in reply.value["error"]
    assert call("GET", path).value["status"] == "Linked"


def test_lifetime__90_minutes(call: Caller, sandbox: Sandbox, clock: Clock) -> None:
    """A key is remembered for 90 minutes and then forgotten."""
    call("POST", value=BODY, headers=KEY)
    clock.now += LIFETIME - 1
    call("POST", value=BODY, headers=KEY)
    assert len(sandbox.connections()) == 1
    clock.now += 1
    call("POST", value=BODY, headers=KEY)
    assert len(sandbox.connections()) == 2


def test_errors__are_remembered(call: Caller) -> None:
    """A 400 is replayed with its correlation id."""
    first, second = (call("POST", value="gbol", headers=KEY) for _ in range(2))
    assert first.status == 400
    assert first.body == second.body


def test_server_errors__are_remembered_when_they_are_the_service_own(call: Caller, sandbox: Sandbox) -> None:
    """A stored 500 is replayed though the fault is over; a gateway's is not."""
    sandbox.fail_next(500, stored=True)
    assert [call("POST", value=BODY, headers=KEY).status for _ in range(2)] == [500, 500]
    sandbox.fail_next(503)
    other = {"Idempotency-Key": "other"}
    assert [call("POST", value=BODY, headers=other).status for _ in range(2)] == [503, 200]


def test_429__releases_the_key(call: Caller, sandbox: Sandbox) -> None:
    """A 429 is never remembered."""
    sandbox.fail_next(429, stored=True)
    assert [call("POST", value=BODY, headers=KEY).status for _ in range(2)] == [429, 200]


def test_in_flight__409(call: Caller, sandbox: Sandbox) -> None:
    """While the first request is in progress, a second with its key gets 409; afterwards the first's response."""
    sandbox.stall(in_flight=True)
    first = threading.Thread(target=pytest.raises, args=(OSError, call, "POST", "", BODY), kwargs={"headers": KEY})
    first.start()
    while not len(sandbox._core.keys):
        pass  # The key is taken a moment after the request is seen.
    reply = call("POST", value=BODY, headers=KEY)
    assert reply.status == 409
    assert "in progress" in reply.value["error"]
    sandbox.stop()
    first.join()
    assert sandbox.connections() == []
    sandbox.start()
    assert call("POST", value=BODY, headers=KEY).status == 200


def test_lost_response__is_replayed(call: Caller, sandbox: Sandbox) -> None:
    """After a lost response the same key gets the response that was lost."""
    sandbox.lost()
    with pytest.raises(ConnectionResetError):
        call("POST", value=BODY, headers=KEY)
    assert call("POST", value=BODY, headers=KEY).value["id"] == sandbox.connections()[0]["id"]
    assert len(sandbox.connections()) == 1


def test_lifetime__ends_in_flight(clock: Clock) -> None:
    """A key that expires while its request is in progress may be taken anew, and the late end does not disturb that."""
    keys = IdempotencyKeys(SandboxClock(clock), threading.RLock())
    request = Request("POST", "/", Headers([("Idempotency-Key", "k")]), b"")

    def late(response: Response) -> Response:
        clock.now += LIFETIME
        assert keys.once(request, lambda: Response(201)).status == 201
        return response

    assert keys.once(request, lambda: late(Response(429))).status == 429
    assert keys.once(request, lambda: Response(500)).status == 201
    clock.now += LIFETIME
    assert keys.once(request, lambda: late(Response(202))).status == 202
    assert keys.once(request, lambda: Response(500)).status == 201


def test_bytes__kept_are_bounded(call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many long keys and of many long responses the newest are remembered; one alone always is."""
    monkeypatch.setattr(idempotency, "MAX_BYTES", 200_000)
    for number in range(10):
        call("POST", value=BODY, headers={"Idempotency-Key": f"{number}{'k' * 50_000}"})
    assert len(sandbox._core.keys) == 3
    call.root = "/companies"
    for number in range(5):
        call("POST", value={"name": "A", "description": "d" * 150_000}, headers={"Idempotency-Key": f"long {number}"})
    assert len(sandbox._core.keys) == 1
    value = {"name": "A", "description": "d" * 300_000}
    first, again = (call("POST", value=value, headers=KEY) for _ in range(2))
    assert first.body == again.body


def test_bytes__of_what_ended_are_free(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Keys that expired, were released or cleared, and a stored state, count for nothing or for what they are."""
    monkeypatch.setattr(idempotency, "MAX_BYTES", 2500)
    keys = IdempotencyKeys(SandboxClock(clock), threading.RLock())

    def send(key: str, status: int = 200) -> None:
        keys.once(Request("POST", "/", Headers([("Idempotency-Key", key)]), b""), lambda: Response(status, b"x" * 1000))

    for number in range(10):
        send(f"released {number}", 429)
    for number in range(10):
        send(f"expired {number}")
        clock.now += LIFETIME
    send("one")
    send("two")
    assert len(keys) == 2
    other = IdempotencyKeys(SandboxClock(clock), threading.RLock())
    other.restore([*keys.to_json(), {**keys.to_json()[0], "key": "three"}])
    assert len(other) == 2
    keys.clear()
    send("one")
    send("two")
    assert len(keys) == 2
