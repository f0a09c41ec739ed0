"""Webhooks: which events, how they are signed, retried and broken."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from faulty import serving
from server import ScriptedServer, dripped, http_response

from codat_python_sdk.sandbox import Delivery, Sandbox, deliveries, sender
from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.deliveries import DELIVERY_FAULTS
from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

from .conftest import Caller, Clock
from .receiver import Receiver

SCHEDULE = [0, 5, 305, 2105, 9305, 27305, 63305, 99305]  # seconds since the first attempt


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def webhook_id(sandbox: Sandbox, receiver: Receiver) -> str:
    return sandbox.add_webhook(receiver.url)


def verified(sandbox: Sandbox, webhook_id: str, received: tuple[dict[str, str], bytes]) -> Any:
    """The event, if its signature is right; the sandbox's clock stands in February."""
    headers, body = received
    return Webhook(sandbox.webhook_secret(webhook_id), tolerance=10**9).parse(body, headers)


def test_lifecycle__every_change_is_an_event(
    call: Caller, sandbox: Sandbox, receiver: Receiver, webhook_id: str
) -> None:
    """Each step of a connection's and a company's life is one event, in order, whoever takes it."""
    path = f"/{call.create('gbol')['id']}"
    sandbox.cancel(path[1:])
    call("PUT", f"{path}/authorization", {"a": "b"})
    call("PATCH", path, {"status": "Unlinked"})
    sandbox.authorize(path[1:])
    sandbox.set_status(path[1:], "Deauthorized")
    call("DELETE", path)
    sandbox.delete_company(sandbox.create_company("Gone"))
    sandbox.wait_for_deliveries()
    assert receiver.types == [
        "connection.created", "connection.failed", "connection.connected", "connection.disconnected",
        "connection.reconnected", "connection.disconnected", "connection.deleted", "company.created", "company.deleted",
    ]  # fmt: skip
    statuses = [event["payload"]["connection"]["status"] for event in receiver.events[:7]]
    assert statuses == ["PendingAuth", "PendingAuth", "Linked", "Unlinked", "Linked", "Deauthorized", "Deauthorized"]
    failed = receiver.events[1]["payload"]
    assert failed["connection"]["dataConnectionErrors"][0]["errorMessage"] == "User cancelled"
    assert failed["referenceCompany"]["id"] == sandbox.company_id
    assert receiver.events[7]["payload"]["name"] == "Gone"
    assert "dataConnections" not in receiver.events[7]["payload"]
    assert {delivery.state for delivery in sandbox.deliveries} == {"delivered"}


def test_lifecycle__by_the_application_s_own_enum(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """A status of an enum of strings is its text, whatever `str` makes of it."""

    class Status(str, Enum):
        LINKED = "Linked"
        UNLINKED = "Unlinked"

    connection = sandbox.add_connection(status=Status.LINKED)
    sandbox.set_status(connection, Status.UNLINKED)
    sandbox.set_status(connection, Status.LINKED)
    sandbox.wait_for_deliveries()
    assert receiver.types == ["connection.created", "connection.disconnected", "connection.reconnected"]
    assert [type(row["status"]) for row in sandbox.connections()] == [str]


def test_lifecycle__of_somebody_else_is_none_of_ours(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """What happens to a company of another account is no event for the consumers of this one."""
    foreign = sandbox.create_company(foreign=True)
    sandbox.authorize(sandbox.add_connection(foreign))
    sandbox.delete_company(foreign)
    sandbox.authorize(sandbox.add_connection())
    sandbox.wait_for_deliveries()
    assert receiver.types == ["connection.created", "connection.connected"]


def test_signature__is_right(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """What comes verifies with the consumer's secret, and with no other."""
    connection = sandbox.add_connection()
    sandbox.wait_for_deliveries()
    event = verified(sandbox, webhook_id, receiver.received[0])
    assert (event.event_type, event.payload.connection.id) == ("connection.created", connection)
    headers, body = receiver.received[0]
    assert headers["webhook-timestamp"] == "1770091506"
    assert sandbox.deliveries[0].webhook_id == headers["webhook-id"]
    sandbox.rotate_webhook_secret(webhook_id)
    with pytest.raises(WebhookVerificationError):
        Webhook(sandbox.webhook_secret(webhook_id), tolerance=10**9).parse(body, headers)


def test_retries__follow_the_documented_schedule(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """A receiver that fails is tried eight times in 28 hours, with the same id and a fresh timestamp, then no more."""
    receiver.statuses = [500, 302, *[503] * 6]
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    (delivery,) = sandbox.deliveries
    assert (delivery.state, delivery.attempts[0].error) == ("waiting", "the receiver responded 500")
    sandbox.clock.advance(4)
    assert len(sandbox.deliveries[0].attempts) == 1
    sandbox.clock.advance(30 * 3600)
    (delivery,) = sandbox.deliveries
    first = delivery.attempts[0].time
    assert [round(attempt.time - first) for attempt in delivery.attempts] == SCHEDULE
    assert (delivery.state, delivery.due) == ("failed", None)
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in receiver.received}) == 8


def test_first_attempt__is_made_at_once(clock: Clock, receiver: Receiver) -> None:
    """A clock that is moved back after an event, as at the end of a freeze, delays retries and no first attempt."""
    sandbox = Sandbox(clock=clock)
    sandbox.add_webhook(receiver.url)
    sandbox.add_connection()
    receiver.statuses = [500]
    clock.now -= 3600
    with sandbox:
        (delivery,) = sandbox.wait_for_deliveries()
        assert [attempt.status for attempt in delivery.attempts] == [500]
        clock.now -= 3600
        (delivery,) = sandbox.wait_for_deliveries()
        assert len(delivery.attempts) == 1


def test_retries__at_the_end_of_an_advance(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that becomes due at the very end is made before `advance` returns, whatever floats make of the moment."""

    def slow(*_: object) -> int:
        threading.Event().wait(0.1)
        raise sender.SendError("slow")

    monkeypatch.setattr(sender.Sender, "post", slow)
    clock.now = 2_147_483_645.8  # five seconds later, floats are less exact
    with Sandbox(clock=clock) as sandbox:
        sandbox.add_webhook("http://127.0.0.1:9/")
        sandbox.add_connection()
        sandbox.clock.advance(5)
        assert len(sandbox.deliveries[0].attempts) == 2


def test_retries__end_with_success(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """After a success there are no further attempts."""
    receiver.statuses = [500]
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    sandbox.clock.advance(10 * 3600)
    (delivery,) = sandbox.deliveries
    assert [attempt.status for attempt in delivery.attempts] == [500, 204]
    assert delivery.event["eventType"] == "connection.created"


def test_retries__nobody_listens(sandbox: Sandbox) -> None:
    """A receiver that is not there is a failed attempt, with its reason."""
    sandbox.add_webhook("http://127.0.0.1:9/")
    sandbox.add_connection()
    (delivery,) = sandbox.wait_for_deliveries()
    assert delivery.attempts[0].error is not None
    assert "cannot connect to 127.0.0.1, port 9" in delivery.attempts[0].error


@pytest.mark.parametrize(
    ("url", "port"),
    [("http://127.0.0.1", 80), ("https://127.0.0.1/hook", 443), ("https://127.0.0.1:8443", 8443)],
)
def test_port__is_the_scheme_s_unless_the_url_has_one(monkeypatch: pytest.MonkeyPatch, url: str, port: int) -> None:
    """A receiver without a port in its URL is on 80 or 443."""

    def refuse(*_: object) -> None:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(sender.SendError, match=rf"^cannot connect to 127\.0\.0\.1, port {port}: refused$"):
        sender.Sender(anywhere=False).post(url, {}, b"")


def test_disabled__after_five_days_of_failures(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """When everything failed for five days the consumer is disabled; enabled again, it gets what waited."""
    receiver.statuses = [500] * 100
    for _ in range(6):
        sandbox.add_connection()
        sandbox.wait_for_deliveries()
        sandbox.clock.advance(29 * 3600)
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    waiting = sandbox.deliveries[-1]
    assert (waiting.state, waiting.due, waiting.attempts) == ("waiting", None, ())
    receiver.statuses.clear()
    sandbox.enable_webhook(webhook_id)
    sandbox.wait_for_deliveries()
    assert sandbox.deliveries[-1].state == "delivered"


def test_consumers__get_what_they_want(sandbox: Sandbox, receiver: Receiver) -> None:
    """Event types and company tags select; any matching tag will do."""
    sandbox.add_webhook(receiver.url, event_types=["connection.created"], company_tags=["region:uk", "vip:yes"])
    tagged = sandbox.create_company("Tagged", tags={"region": "uk", "vip": "no"})
    sandbox.add_connection(sandbox.company_id)
    sandbox.authorize(sandbox.add_connection(tagged))
    sandbox.wait_for_deliveries()
    assert [event["payload"]["referenceCompany"]["id"] for event in receiver.events] == [tagged]


def test_deleted_consumer__loses_what_waits(
    call: Caller, sandbox: Sandbox, receiver: Receiver, webhook_id: str
) -> None:
    """The waiting attempts of a deleted consumer are dropped."""
    receiver.statuses = [500]
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    call.root = "/webhooks"
    assert call("DELETE", f"/{webhook_id}").status == 204
    assert [(delivery.state, delivery.due) for delivery in sandbox.deliveries] == [("dropped", None)]
    sandbox.clock.advance(3600)
    assert len(receiver.received) == 1


def test_rate_limit__is_an_event(receiver: Receiver) -> None:
    """The first request over the quota tells consumers, once a day."""
    with Sandbox(quota=1) as sandbox:
        sandbox.add_webhook(receiver.url)
        assert [Caller(sandbox)("GET").status for _ in range(3)] == [200, 429, 429]
        sandbox.wait_for_deliveries()
    assert receiver.types == ["client.rateLimit.reached"]
    assert (receiver.events[0]["payload"]["dailyQuota"], receiver.events[0]["payload"]["quotaRemaining"]) == (1, 0)


def test_send_webhook__on_demand(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """Any event can be sent at any time: about a connection, a company, or with a payload of one's own."""
    connection = sandbox.add_connection()
    (sent,) = sandbox.send_webhook("connection.connected", connection_id=connection)
    assert (sent.state, sent.event["payload"]["connection"]["id"]) == ("delivered", connection)
    sandbox.send_webhook("company.deleted", company_id=sandbox.company_id)
    sandbox.send_webhook("read.completed", payload={"dataTypes": []})
    assert receiver.types[1:] == ["connection.connected", "company.deleted", "read.completed"]
    assert receiver.events[3]["payload"] == {"dataTypes": []}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"connection_id": "nope"}, "no connection 'nope'"),
        ({"company_id": "nope"}, "no company 'nope'"),
        ({}, "is about a company or a connection"),
        ({"payload": {}, "fault": "explode"}, "unknown delivery fault 'explode'; known are duplicate"),
    ],
)
def test_send_webhook__says_what_is_missing(
    sandbox: Sandbox, webhook_id: str, arguments: dict[str, Any], text: str
) -> None:
    """An unknown id, an event without its subject and an unknown fault are errors in words."""
    with pytest.raises((LookupError, ValueError), match=text):
        sandbox.send_webhook("connection.connected", **arguments)


def test_send_webhook__nobody_wants_it(sandbox: Sandbox) -> None:
    """Without a consumer it is an error, since a test would wait in vain."""
    with pytest.raises(LookupError, match=r"no webhook consumer wants read\.completed"):
        sandbox.send_webhook("read.completed", payload={})


def test_fault__duplicate(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """A duplicate is the same event twice, with the same id."""
    sandbox.fail_delivery("duplicate")
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    (first, body), (second, again) = receiver.received
    assert (first["webhook-id"], body) == (second["webhook-id"], again)


def test_fault__late(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """A late one comes when the clock says so."""
    sandbox.fail_delivery("late", seconds=600)
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    assert receiver.received == []
    sandbox.clock.advance(600)
    sandbox.wait_for_deliveries()
    assert receiver.types == ["connection.created"]


def test_advance__stops_at_the_moment_when_a_webhook_is_due(
    sandbox: Sandbox, receiver: Receiver, webhook_id: str
) -> None:
    """A webhook that is due in half a second is sent then, though the clock is moved by more in one step."""
    sandbox.fail_delivery("late", seconds=0.5)
    sandbox.add_connection()
    before = sandbox.clock.now()
    sandbox.clock.advance(10)
    (attempt,) = sandbox.wait_for_deliveries()[0].attempts
    assert round(attempt.time - before, 3) == 0.5
    assert round(sandbox.clock.now() - before, 3) == 10


def test_fault__out_of_order(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """One out of order comes after the next."""
    sandbox.fail_delivery("out_of_order", event_types="connection.created")
    sandbox.authorize(sandbox.add_connection())
    sandbox.wait_for_deliveries()
    assert receiver.types == ["connection.connected", "connection.created"]


@pytest.mark.parametrize("fault", ["wrong_signature", "stale_timestamp"])
def test_fault__a_receiver_must_refuse_it(sandbox: Sandbox, receiver: Receiver, webhook_id: str, fault: Any) -> None:
    """A wrong signature and a stale timestamp do not verify, and the retry after a rejection does."""
    receiver.statuses = [400]
    sandbox.fail_delivery(fault)
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    headers, body = receiver.received[0]
    sent = int(sandbox.deliveries[0].attempts[0].time)
    assert int(headers["webhook-timestamp"]) == (sent if fault == "wrong_signature" else sent - 600)
    if fault == "wrong_signature":
        with pytest.raises(WebhookVerificationError, match="signature"):
            verified(sandbox, webhook_id, (headers, body))
    else:
        assert verified(sandbox, webhook_id, (headers, body)).event_type == "connection.created"
    sandbox.clock.advance(5)
    assert int(receiver.received[1][0]["webhook-timestamp"]) == sent + 5
    assert verified(sandbox, webhook_id, receiver.received[1])


def test_fault__fail(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """A failed attempt does not reach the receiver; the next one does."""
    sandbox.fail_delivery("fail")
    sandbox.add_connection()
    sandbox.wait_for_deliveries()
    assert receiver.received == []
    sandbox.clock.advance(5)
    assert receiver.types == ["connection.created"]


@pytest.mark.parametrize(("fault", "times"), [("explode", 1), (DELIVERY_FAULTS[0], 0)])
def test_fault__wrong_arguments(sandbox: Sandbox, fault: Any, times: int) -> None:
    """An unknown fault and an impossible number are errors."""
    with pytest.raises(ValueError, match=r"known are duplicate|at least 1"):
        sandbox.fail_delivery(fault, times)


def test_elsewhere__is_not_delivered(sandbox: Sandbox) -> None:
    """A receiver on another machine gets nothing, unless the sandbox may deliver anywhere."""
    sandbox.add_webhook("http://192.0.2.1/hook")
    sandbox.add_connection()
    (delivery,) = sandbox.wait_for_deliveries()
    assert delivery.attempts[0].error == ("192.0.2.1 is not this machine; start the sandbox with --deliver-anywhere")


def test_stop__does_not_wait_for_a_receiver(receiver: Receiver) -> None:
    """A receiver that accepts and says nothing does not hold `stop` up, and the webhook waits for the next start."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox = Sandbox()
        sandbox.start()
        sandbox.add_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        sandbox.add_connection()
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)
            sandbox.stop()
    assert isinstance(sandbox.deliveries[0], Delivery)


def test_stop__while_a_webhook_is_sent_sends_no_other() -> None:
    """A webhook that is due when the sandbox is stopped waits, though the one before it was on its way."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox = Sandbox()
        sandbox.start()
        sandbox.add_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        sandbox.add_connection()
        sandbox.add_connection()
        connection, _ = silent.accept()
        with connection:
            connection.recv(1)
            sandbox.stop()
        silent.settimeout(0.2)
        with pytest.raises(TimeoutError):
            silent.accept()
    assert [len(delivery.attempts) for delivery in sandbox.deliveries] == [1, 0]


def test_slow_receiver__delays_no_other(sandbox: Sandbox, receiver: Receiver) -> None:
    """While one receiver does not respond, others get their webhooks; `stop` waits for none of them."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for _ in range(3):
            sandbox.add_webhook(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        sandbox.add_webhook(receiver.url)
        started = stopwatch()
        for _ in range(5):
            sandbox.add_connection()
        with pytest.raises(TimeoutError):
            sandbox.wait_for_deliveries(0.01)
        while [delivery.state for delivery in sandbox.deliveries].count("delivered") < 5:
            assert stopwatch() - started < sender.TIMEOUT / 2
        sandbox.stop()
        assert stopwatch() - started < sender.TIMEOUT / 2
    assert len(receiver.received) == 5
    assert [delivery.state for delivery in sandbox.deliveries].count("waiting") == 15


def test_wait__on_a_sandbox_that_does_not_serve() -> None:
    """It sends nothing, so waiting for it is an error that says so at once, and not that time has passed."""
    sandbox = Sandbox()
    assert sandbox.wait_for_deliveries() == []
    sandbox.add_webhook("http://127.0.0.1:9/")
    sandbox.add_connection()
    with pytest.raises(RuntimeError, match=r"does not serve, so it sends no webhooks: call start\(\)"):
        sandbox.wait_for_deliveries()


def test_fault__out_of_order_with_several_consumers(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """A webhook out of order comes after the next one of its own consumer, however many others there are."""
    with Receiver() as other:
        sandbox.add_webhook(other.url)
        sandbox.fail_delivery("out_of_order", event_types="connection.created")
        sandbox.authorize(sandbox.add_connection())
        sandbox.wait_for_deliveries()
    assert receiver.types == ["connection.connected", "connection.created"]
    assert other.types == ["connection.created", "connection.connected"]


def test_bytes__of_deliveries_are_bounded(
    sandbox: Sandbox, receiver: Receiver, webhook_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many large webhooks the newest are kept; one that is forgotten while it waits is not sent."""
    monkeypatch.setattr(deliveries, "MAX_BYTES", 250_000)
    receiver.statuses = [500] * 10
    for number in range(10):
        sandbox.send_webhook("read.completed", payload={"number": number, "text": "x" * 100_000})
    assert [delivery.event["payload"]["number"] for delivery in sandbox.deliveries] == [8, 9]
    sandbox.clock.advance(5)
    assert [event["payload"]["number"] for event in receiver.events[10:]] == [8, 9]


def test_threads__end_when_nothing_waits(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """A thread is there while webhooks wait, and a later event has one again."""
    for _ in range(2):
        receiver.statuses = [500]
        sandbox.add_connection()
        sandbox.wait_for_deliveries()
        assert "codat-sandbox-webhooks" in [thread.name for thread in threading.enumerate()]
        sandbox.clock.advance(5)
        end = stopwatch() + 30
        while "codat-sandbox-webhooks" in [thread.name for thread in threading.enumerate()]:
            assert stopwatch() < end
    assert len(receiver.received) == 4


def test_state__of_consumers_survives_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    """A rotated secret is stored, and so is that a consumer was disabled or enabled, without any other change."""

    def is_disabled(sandbox: Sandbox) -> bool:
        reply = Caller(sandbox).plain("GET", "/webhooks", {"Authorization": sandbox.auth_header})
        return bool(reply.value["results"][0]["disabled"])

    sandbox = Sandbox(state=tmp_path / "state.json")
    with sandbox:
        webhook_id = sandbox.add_webhook(receiver.url)
        receiver.statuses = [500] * 100
        for _ in range(6):
            sandbox.send_webhook("read.completed", payload={})
            sandbox.clock.advance(29 * 3600)
        assert is_disabled(sandbox)
    with sandbox:
        secret = sandbox.rotate_webhook_secret(webhook_id)
    with Sandbox(state=tmp_path / "state.json") as second:
        assert second.webhook_secret(webhook_id) == secret
        assert is_disabled(second)
        second.enable_webhook(webhook_id)
    with Sandbox(state=tmp_path / "state.json") as third:
        assert not is_disabled(third)


@pytest.mark.parametrize("pause", [0, 0.002])
def test_response__that_comes_in_pieces(sandbox: Sandbox, pause: float) -> None:
    """A receiver whose response comes byte by byte has received the webhook."""
    with ScriptedServer() as server:
        server.script(dripped(http_response({}, 202), pause))
        sandbox.add_webhook(server.url)
        sandbox.add_connection()
        (delivery,) = sandbox.wait_for_deliveries()
    assert (delivery.state, delivery.attempts[0].status) == ("delivered", 202)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\ncontent-length:  2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    ],
)
def test_response__of_a_receiver_that_keeps_the_connection(sandbox: Sandbox, response: bytes) -> None:
    """A delivery ends with the response, and does not wait for a receiver that keeps the connection alive."""

    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(response)
        connection.recv(1)  # until the sandbox closes

    started = stopwatch()
    with serving(respond) as address:
        sandbox.add_webhook(f"http://{address}")
        sandbox.add_connection()
        (delivery,) = sandbox.wait_for_deliveries()
    assert delivery.state == "delivered"
    assert stopwatch() - started < sender.TIMEOUT / 2


@pytest.mark.parametrize(
    ("response", "status", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n{}", 200, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}", 200, None),
        (b"HTTP/1.1 200 OK\r\n", None, "no response: the receiver closed the connection without one"),
        (b"", None, "no response: the receiver closed the connection without one"),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, None),
        *(
            (b"HTTP/1.1 %b\r\n\r\n" % line, None, "no response: not an HTTP response")
            for line in (b"abc", b"2e2 OK", b"+200 OK", b" 200 OK", b"99999 OK", b"20 OK", b"", b"200OK")
        ),
    ],
)
def test_response__of_a_receiver_that_closes_the_connection(
    sandbox: Sandbox, response: bytes, status: int | None, error: str | None
) -> None:
    """A delivery ends when the receiver closes the connection: its status counts once the head has arrived."""

    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(response)

    with serving(respond) as address:
        sandbox.add_webhook(f"http://{address}")
        sandbox.add_connection()
        (delivery,) = sandbox.wait_for_deliveries()
    assert [(attempt.status, attempt.error) for attempt in delivery.attempts] == [(status, error)]


def test_deliveries__are_the_last_10000(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that runs for weeks keeps its 10,000 newest webhooks, here 100, and forgets older ones."""
    assert deliveries.MAX_DELIVERIES == 10_000
    monkeypatch.setattr(deliveries, "MAX_DELIVERIES", 100)
    sandbox = Sandbox()  # it is not started, so that nothing is sent
    sandbox.add_webhook("http://127.0.0.1:9/", event_types=["company.created"])
    for number in range(101):
        sandbox.create_company(str(number))
    kept = sandbox.deliveries
    assert [kept[at].event["payload"]["name"] for at in (0, -1)] == ["1", "100"]
    assert len(kept) == 100


def test_delivery__cannot_be_changed(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """What a test gets is a record of what happened: it and its attempts refuse to be changed."""
    sandbox.add_connection()
    (delivery,) = sandbox.wait_for_deliveries()
    for record, name in ((delivery, "state"), (delivery.attempts[0], "status")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, None)


def test_repr__shows_no_secrets(sandbox: Sandbox, receiver: Receiver, webhook_id: str) -> None:
    """Neither body nor URL of a delivery appear in its repr."""
    sandbox.add_connection()
    (delivery,) = sandbox.wait_for_deliveries()
    assert "otp" not in repr(delivery)
    assert receiver.url not in repr(delivery)
    assert b"otp=" in delivery.body
