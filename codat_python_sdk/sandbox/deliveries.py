"""Sends webhooks: signs them, retries on Codat's schedule by the sandbox's clock, and applies delivery faults."""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.sender import Sender, SendError

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.records import Consumer
    from codat_python_sdk.sandbox.state import State

#: seconds from one attempt that failed to the next: eight attempts in about 28 hours
RETRY_AFTER = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
DISABLED_AFTER = 5 * 24 * 60 * 60.0  # seconds in which all attempts for a consumer failed
MAX_DELIVERIES = 10_000
LATE = 300.0  # seconds
MAX_LATE = 1e9
STALE = 600.0  # seconds; receivers accept 300
POLL = 0.25  # seconds of real time between two reads of the clock, which a test may have moved

DeliveryFault = Literal["duplicate", "late", "out_of_order", "wrong_signature", "stale_timestamp", "fail"]
DELIVERY_FAULTS: tuple[DeliveryFault, ...] = (
    "duplicate", "late", "out_of_order", "wrong_signature", "stale_timestamp", "fail",
)  # fmt: skip


@dataclass(frozen=True)
class DeliveryAttempt:
    """One attempt to send a webhook."""

    time: float  #: seconds since the epoch, on the sandbox's clock
    status: int | None  #: what the receiver responded; None when there was no response
    error: str | None  #: why the attempt failed


@dataclass(frozen=True)
class Delivery:
    """A webhook for one consumer. `body` and `url` may hold secrets, so the repr leaves them out."""

    number: int  #: in the order of the events
    webhook_id: str  #: the `webhook-id` header, the same on every attempt
    consumer_id: str
    event_type: str
    state: Literal["waiting", "delivered", "failed", "dropped"]
    due: float | None  #: when the next attempt is due; None when there is none
    attempts: tuple[DeliveryAttempt, ...] = ()
    fault: str | None = None
    url: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def event(self) -> dict[str, Any]:
        """The body's JSON: `id`, `eventType`, `generatedDate`, `payload`."""
        return cast("dict[str, Any]", json.loads(self.body))


@dataclass
class _ArmedFault:
    kind: DeliveryFault
    times: int
    event_types: frozenset[str] | None
    seconds: float


def check_fault(kind: str) -> None:
    """Raise `ValueError` for an unknown delivery fault."""
    if kind not in DELIVERY_FAULTS:
        raise ValueError(f"unknown delivery fault {kind!r}; known are {', '.join(DELIVERY_FAULTS)}")


class Deliveries:
    """All webhooks of a sandbox.

    One thread, started with the first event, sends the deliveries that are due. The first attempt is made immediately;
    retries are due on the sandbox's clock.

    Args:
        state: Holds the consumers.
        sender: Sends one request.
        sign: Makes the value of `webhook-signature` from secret, id, timestamp and body.
    """

    def __init__(self, state: State, sender: Sender, sign: Callable[[str, str, int, bytes], str]) -> None:
        self._state, self._sender, self._sign = state, sender, sign
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._all: deque[Delivery] = deque(maxlen=MAX_DELIVERIES)
        self._waiting: dict[int, Delivery] = {}
        self._held: list[int] = []  # numbers of those that come out of order
        self._faults: list[_ArmedFault] = []
        self._sending = False
        self._serving = False
        self._thread: threading.Thread | None = None

    # The sandbox's side

    def start(self) -> None:
        """Start sending deliveries that are due."""
        with self._changed:
            self._serving = True
            self._start_thread()

    def stop(self) -> None:
        """Stop sending; waiting deliveries stay queued. Returns at once."""
        with self._changed:
            self._serving = self._sending = False
            thread, self._thread = self._thread, None
            self._changed.notify_all()
        self._sender.abort()
        if thread is not None and thread is not threading.current_thread():
            thread.join(0.5)

    @property
    def is_serving(self) -> bool:
        """Whether webhooks are being sent."""
        return self._serving

    def wake(self) -> None:
        """Check again which deliveries are due, after the clock was moved."""
        with self._changed:
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget all deliveries and faults."""
        with self._changed:
            self._all.clear()
            self._waiting.clear()
            self._held.clear()
            self._faults.clear()
            self._changed.notify_all()

    def arm(
        self, kind: DeliveryFault, times: int = 1, event_types: frozenset[str] | None = None, seconds: float = LATE
    ) -> None:
        """Apply a fault to the next deliveries."""
        check_fault(kind)
        if times < 1:
            raise ValueError(f"times must be at least 1, got {times}")
        if not 0 <= seconds < MAX_LATE:
            raise ValueError(f"seconds must be a number of seconds from 0, got {seconds}")
        with self._changed:
            self._faults.append(_ArmedFault(kind, times, event_types, seconds))

    @property
    def all(self) -> list[Delivery]:
        """The deliveries as they are now, oldest first."""
        with self._changed:
            return [self._waiting.get(delivery.number, delivery) for delivery in self._all]

    def add(
        self, consumer: Consumer, event_type: str, webhook_id: str, body: bytes, fault: DeliveryFault | None = None
    ) -> int:
        """Queue an event for a consumer, and return the number of the delivery."""
        if fault is not None:
            check_fault(fault)
        with self._changed:
            kind, seconds = (fault, LATE) if fault is not None else self._next_fault(event_type)
            now = self._state.clock.now()
            delivery = Delivery(
                next(self._numbers), webhook_id, consumer.id, event_type, "waiting",
                now + seconds if kind == "late" else now, (), kind, consumer.url, body,
            )  # fmt: skip
            held, self._held = self._held, []
            if kind == "out_of_order":
                self._held = [*held, delivery.number]
                delivery = replace(delivery, due=None)
                held = []
            self._all.append(delivery)
            self._waiting[delivery.number] = delivery
            if kind == "duplicate":
                self._duplicate(delivery)
            for number in held:  # they are sent after this one
                if number in self._waiting:
                    self._waiting[number] = replace(self._waiting.pop(number), due=now)
            self._start_thread()
            self._changed.notify_all()
            return delivery.number

    def next_due(self) -> float | None:
        """When the next attempt is due; None when no attempt is."""
        with self._changed:
            return min((item.due for item in self._waiting.values() if item.due is not None), default=None)

    def wait(self, timeout: float) -> bool:
        """Wait until no delivery is due; False when that takes longer than `timeout` seconds."""
        end = stopwatch() + timeout
        with self._changed:
            while self._sending or self._due() is not None:
                remaining = end - stopwatch()
                if remaining <= 0 or not self._serving:
                    return False
                self._changed.wait(min(remaining, POLL))
            return True

    # Sending

    def _next_fault(self, event_type: str) -> tuple[DeliveryFault | None, float]:
        for fault in self._faults:
            if fault.event_types is None or event_type in fault.event_types:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
                return fault.kind, fault.seconds
        return None, 0.0

    def _duplicate(self, delivery: Delivery) -> None:
        again = replace(delivery, number=next(self._numbers))
        self._all.append(again)
        self._waiting[again.number] = again

    def _start_thread(self) -> None:
        if self._serving and self._waiting and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="codat-sandbox-webhooks", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # the system has no thread left: the next event tries again
                self._thread = None

    def _due(self) -> Delivery | None:
        """The delivery that has been due for the longest time; None when none is due."""
        now = self._state.clock.now()
        due = [item for item in self._waiting.values() if item.due is not None and item.due <= now]
        return min(due, key=lambda item: cast("float", item.due), default=None)

    def _run(self) -> None:
        me = threading.current_thread()
        while True:
            with self._changed:
                if self._thread is me:
                    self._sending = False
                    self._changed.notify_all()
                delivery = self._due()
                while self._thread is me and delivery is None:
                    self._changed.wait(POLL if self._waiting else None)
                    delivery = self._due()
                if self._thread is not me or delivery is None:
                    return
                self._sending = True
            self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> None:
        consumer = self._state.consumers.get(delivery.consumer_id)
        if consumer is None:
            self._settle(replace(delivery, state="dropped", due=None))
            return
        if consumer.disabled:
            self._settle(replace(delivery, due=None))
            return
        now = self._state.clock.now()
        attempt = self._send(delivery, consumer, now)
        tried = replace(delivery, attempts=(*delivery.attempts, attempt))
        if attempt.error is None:
            consumer.failing_since = None
            self._settle(replace(tried, state="delivered", due=None))
            return
        consumer.failing_since = now if consumer.failing_since is None else consumer.failing_since
        if now - consumer.failing_since >= DISABLED_AFTER:
            consumer.disabled = True
        number = len(tried.attempts) - 1
        if number < len(RETRY_AFTER):
            self._settle(replace(tried, due=now + RETRY_AFTER[number]))
        else:
            self._settle(replace(tried, state="failed", due=None))

    def _send(self, delivery: Delivery, consumer: Consumer, now: float) -> DeliveryAttempt:
        first = not delivery.attempts
        seconds = int(now - STALE if delivery.fault == "stale_timestamp" and first else now)
        signature = self._sign(consumer.secret, delivery.webhook_id, seconds, delivery.body)
        if delivery.fault == "wrong_signature" and first:
            signature = self._sign(self._state.ids.webhook_secret(), delivery.webhook_id, seconds, delivery.body)
        headers: Mapping[str, str] = {
            "Content-Type": "application/json; charset=utf-8",
            "webhook-id": delivery.webhook_id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": signature,
        }
        if delivery.fault == "fail" and first:
            return DeliveryAttempt(now, None, "this attempt failed because of the armed delivery fault 'fail'")
        try:
            status = self._sender.post(consumer.url, headers, delivery.body)
        except SendError as error:
            return DeliveryAttempt(now, None, str(error))
        except Exception as error:  # any other error must not end the thread
            return DeliveryAttempt(now, None, f"{type(error).__name__}: {error}")
        return DeliveryAttempt(now, status, None if 200 <= status < 300 else f"the receiver responded {status}")

    def _settle(self, delivery: Delivery) -> None:
        with self._changed:
            if delivery.number not in self._waiting:
                return  # cleared meanwhile
            if delivery.state == "waiting":
                self._waiting[delivery.number] = delivery
                return
            del self._waiting[delivery.number]
            for at, known in enumerate(self._all):
                if known.number == delivery.number:
                    self._all[at] = delivery
                    return

    def resume(self, consumer_id: str) -> None:
        """Make the deliveries due that waited while a consumer was disabled."""
        now = self._state.clock.now()
        with self._changed:
            for number, delivery in self._waiting.items():
                if delivery.consumer_id == consumer_id and delivery.due is None:
                    self._waiting[number] = replace(delivery, due=now)
            self._changed.notify_all()
