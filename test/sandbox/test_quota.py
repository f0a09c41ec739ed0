"""The quota and its headers, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Clock, Reply
from .receiver import Receiver


@pytest.fixture
def scarce(clock: Clock) -> Iterator[Caller]:
    """A caller of a sandbox that accepts two requests a day."""
    with Sandbox(quota=2, clock=clock) as sandbox:
        yield Caller(sandbox)


def limits(reply: Reply) -> list[str]:
    return [reply.headers[f"X-Rate-Limit-{name}"] for name in ("Limit", "Remaining", "Reset")]


def test_headers__on_every_api_response(call: Caller, sandbox: Sandbox) -> None:
    """Successes, rejections and faults tell the limit, what remains of it, and when it resets."""
    sandbox.fail_next(operations="delete")
    replies = [call("GET"), call("GET", "/x"), call("DELETE", "/x"), call("PUT"), call.plain("GET", "/nowhere")]
    assert [reply.status for reply in replies] == [200, 404, 503, 405, 404]
    assert limits(replies[0]) == ["1000000", "999999", "2026-02-04T00:00:00Z"]
    assert all(limits(reply)[2] == "2026-02-04T00:00:00Z" for reply in replies)


def test_spend__429_until_midnight(scarce: Caller, clock: Clock) -> None:
    """Over the quota it is a 429 that says how many seconds to wait, until 00:00 UTC."""
    assert [scarce("GET").status for _ in range(2)] == [200, 200]
    reply = scarce("GET")
    assert reply.status == reply.value["statusCode"] == 429
    assert limits(reply)[:2] == ["2", "0"]
    wait = int(reply.headers["Retry-After"])
    assert wait == 71694  # from 04:05:06.789 to 24:00:00, rounded up
    clock.now += wait - 1
    assert scarce("GET").status == 429
    clock.now += 1
    assert scarce("GET").status == 200


def test_spend__is_remembered_for_a_hundred_days(scarce: Caller, clock: Clock) -> None:
    """When the clock is moved back, a day's requests count again if it is among the last hundred that had some."""
    for _ in range(101):
        assert limits(scarce("GET"))[1] == "1"
        clock.now += 86_400
    clock.now -= 100 * 86_400
    assert limits(scarce.plain("GET", "/nowhere"))[1] == "1"
    clock.now -= 86_400
    assert limits(scarce.plain("GET", "/nowhere"))[1] == "2"


def test_headers__of_a_404_after_midnight(scarce: Caller, clock: Clock) -> None:
    """After midnight a response that counts for nothing tells the new day's whole quota, not yesterday's rest."""
    scarce("GET")
    clock.now += 86_400
    assert limits(scarce.plain("GET", "/nowhere")) == ["2", "2", "2026-02-05T00:00:00Z"]
    assert limits(scarce("GET", "/x")) == ["2", "1", "2026-02-05T00:00:00Z"]


def test_spend__429_does_nothing_and_keeps_no_key(scarce: Caller) -> None:
    """A write over the quota does not take effect, and its key is free for the next attempt."""
    scarce("GET")
    scarce("GET")
    key = {"Idempotency-Key": "k"}
    assert scarce("POST", value={"platformKey": "mqjo"}, headers=key).status == 429
    assert scarce.sandbox.connections() == []
    scarce.sandbox.reset_quota()
    assert scarce("POST", value={"platformKey": "mqjo"}, headers=key).status == 200


def test_spend__strangers_do_not_count(scarce: Caller) -> None:
    """Requests with a wrong key use nothing up."""
    for _ in range(3):
        assert scarce("GET", headers={"Authorization": "Basic x"}).status == 401
    assert limits(scarce("GET"))[1] == "1"


def test_reached__is_one_event_a_day(clock: Clock, tmp_path: Path) -> None:
    """The day's first rejected request tells the consumers, and no other does, after a restart or on coming back."""
    options: dict[str, Any] = {"quota": 1, "clock": clock, "state": tmp_path / "state.json"}
    with Receiver() as receiver:
        with Sandbox(**options) as sandbox:
            sandbox.add_webhook(receiver.url)
            assert [Caller(sandbox)("GET").status for _ in range(3)] == [200, 429, 429]
            sandbox.wait_for_deliveries()
        with Sandbox(**options) as sandbox:
            assert Caller(sandbox)("GET").status == 429
            clock.now += 86_400
            assert [Caller(sandbox)("GET").status for _ in range(2)] == [200, 429]
            sandbox.wait_for_deliveries()
            clock.now -= 86_400
            assert Caller(sandbox)("GET").status == 429
            sandbox.wait_for_deliveries()
        assert receiver.types == ["client.rateLimit.reached"] * 2
