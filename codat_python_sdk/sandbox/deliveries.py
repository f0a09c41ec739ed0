"""Sends webhooks: signs them, retries on Codat's schedule by the sandbox's clock, and applies delivery faults."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.sender import Sender, SendError

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.records import Consumer
    from codat_python_sdk.sandbox.state import State

#: seconds from one attempt that failed to the next: eight attempts in about 28 hours
RETRY_AFTER = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
DISABLED_AFTER = 5 * 24 * 60 * 60.0  # seconds in which all attempts for a consumer failed
MAX_DELIVERIES = 10_000
MAX_BYTES = 64 * 1024 * 1024  # of their bodies
JOIN_SECONDS = 0.5  # that `stop` waits for threads, in all
LATE = 300.0  # seconds
MAX_LATE = 1e9
STALE = 600.0  # seconds; receivers accept 300
POLL = 0.25  # seconds of real time between two reads of the clock, which a test may have moved

DeliveryFault = Literal["duplicate", "late", "out_of_order", "wrong_signature", "stale_timestamp", "fail"]
DELIVERY_FAULTS: tuple[DeliveryFault, ...] = get_args(DeliveryFault)


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


@dataclass(eq=False)
class _Queue:
    """The deliveries that wait for one consumer, in the order in which they were added."""

    waiting: dict[int, Delivery] = field(default_factory=dict[int, Delivery])
    held: list[int] = field(default_factory=list[int])  # numbers of those that come out of order
    thread: threading.Thread | None = None
    sending: bool = False

    def due(self, now: float) -> Delivery | None:
        """The delivery that has been due for the longest time; None when none is due."""
        due = [item for item in self.waiting.values() if _is_due(item, now)]
        return min(due, key=lambda item: cast("float", item.due), default=None)


def _is_due(delivery: Delivery, now: float) -> bool:
    """A first attempt is due at once, also where the clock was moved back after the event."""
    at_once = not delivery.attempts and delivery.fault != "late"
    return delivery.due is not None and (at_once or delivery.due <= now)


def check_fault(kind: str) -> None:
    """Raise `ValueError` for an unknown delivery fault."""
    if kind not in DELIVERY_FAULTS:
        raise ValueError(f"unknown delivery fault {kind!r}; known are {', '.join(DELIVERY_FAULTS)}")


class Deliveries:
    """All webhooks of a sandbox.

    Each consumer with waiting deliveries has a thread that sends those that are due one after the other, so that a slow
    receiver delays no other. The first attempt is made immediately; retries are due on the sandbox's clock.

    Args:
        state: Holds the consumers.
        sender: Sends one request.
        sign: Makes the value of `webhook-signature` from secret, id, timestamp and body.
    """

    def __init__(self, state: State, sender: Sender, sign: Callable[[str, str, int, bytes], str]) -> None:
        self._state, self._sender, self._sign = state, sender, sign
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._all: dict[int, Delivery] = {}
        self._bytes = 0
        self._queues: dict[str, _Queue] = {}  # by consumer
        self._faults: list[_ArmedFault] = []
        self.is_serving: bool = False
        self.changes: int = 0  # counts, as the state's

    # The sandbox's side

    def start(self) -> None:
        """Start sending deliveries that are due."""
        with self._changed:
            self.is_serving = True
            self._start_threads()

    def stop(self) -> None:
        """Stop sending; waiting deliveries stay queued. Returns at once."""
        end = stopwatch() + JOIN_SECONDS
        with self._changed:
            self.is_serving = False
            threads = [queue.thread for queue in self._queues.values() if queue.thread is not None]
            for queue in self._queues.values():
                queue.thread, queue.sending = None, False
            self._changed.notify_all()
        self._sender.abort()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, end - stopwatch()))

    def wake(self) -> None:
        """Check again which deliveries are due, after the clock was moved."""
        with self._changed:
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget all deliveries and faults."""
        with self._changed:
            self._all.clear()
            self._bytes = 0
            for queue in self._queues.values():
                queue.waiting.clear()
                queue.held.clear()
            self._faults.clear()
            self._changed.notify_all()

    def drop(self, consumer_id: str) -> None:
        """Forget what waits for a consumer that no longer exists."""
        with self._changed:
            queue = self._queues.get(consumer_id, _Queue())
            for delivery in list(queue.waiting.values()):
                self._settle(queue, replace(delivery, state="dropped", due=None))
            self._changed.notify_all()

    @property
    def waiting(self) -> list[Delivery]:
        """The deliveries that are not over."""
        return [delivery for delivery in self.all if delivery.state == "waiting"]

    def restore(self, waiting: Iterable[Delivery]) -> None:
        """Go on with deliveries that waited when the sandbox was stopped."""
        with self._changed:
            for delivery in waiting:
                queue = self._queues.setdefault(delivery.consumer_id, _Queue())
                self._keep(queue, delivery)
                if delivery.fault == "out_of_order" and delivery.due is None and not delivery.attempts:
                    queue.held.append(delivery.number)
            self._numbers = itertools.count(max(self._all, default=0) + 1)

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
            return list(self._all.values())

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
            queue = self._queues.setdefault(consumer.id, _Queue())
            if kind == "out_of_order":
                queue.held.append(delivery.number)
                self._keep(queue, replace(delivery, due=None))
            else:
                self._keep(queue, delivery)
                self._release_held(queue, now)
            if kind == "duplicate":
                self._keep(queue, replace(delivery, number=next(self._numbers)))
            self._forget_oldest()
            self._start_threads()
            self._changed.notify_all()
            return delivery.number

    def next_due(self) -> float | None:
        """When the next attempt is due; None when no attempt is."""
        with self._changed:
            waiting = [item.due for queue in self._queues.values() for item in queue.waiting.values()]
            return min((due for due in waiting if due is not None), default=None)

    def wait(self, timeout: float) -> bool:
        """Wait until no delivery is due; False when that takes longer than `timeout` seconds."""
        end = stopwatch() + timeout
        with self._changed:
            while self._is_busy():
                remaining = end - stopwatch()
                if remaining <= 0 or not self.is_serving:
                    return False
                self._changed.wait(min(remaining, POLL))
            return True

    # Queues

    def _is_busy(self) -> bool:
        now = self._state.clock.now()
        return any(queue.sending or queue.due(now) is not None for queue in self._queues.values())

    def _keep(self, queue: _Queue, delivery: Delivery) -> None:
        self._all[delivery.number] = queue.waiting[delivery.number] = delivery
        self._bytes += len(delivery.body)
        self.changes += 1

    def _release_held(self, queue: _Queue, now: float) -> None:
        """Make the deliveries due that come out of order: after the one that was added last."""
        for number in queue.held:
            if number in queue.waiting:
                self._all[number] = queue.waiting[number] = replace(queue.waiting.pop(number), due=now)
        queue.held.clear()

    def _forget_oldest(self) -> None:
        while len(self._all) > MAX_DELIVERIES or (self._bytes > MAX_BYTES and len(self._all) > 1):
            oldest = self._all.pop(next(iter(self._all)))
            self._bytes -= len(oldest.body)
            queue = self._queues.get(oldest.consumer_id)
            if queue is not None:
                queue.waiting.pop(oldest.number, None)

    def _next_fault(self, event_type: str) -> tuple[DeliveryFault | None, float]:
        for fault in self._faults:
            if fault.event_types is None or event_type in fault.event_types:
                fault.times -= 1
                if fault.times == 0:
                    self._faults.remove(fault)
                return fault.kind, fault.seconds
        return None, 0.0

    # Sending

    def _start_threads(self) -> None:
        for queue in self._queues.values():
            if self.is_serving and queue.waiting and queue.thread is None:
                queue.thread = threading.Thread(
                    target=self._run, args=(queue,), name="codat-sandbox-webhooks", daemon=True
                )
                try:
                    queue.thread.start()
                except RuntimeError:  # the system has no thread left: the next event tries again
                    queue.thread = None

    def _run(self, queue: _Queue) -> None:
        """Send the deliveries of a queue until none waits, or the sandbox stops."""
        while (delivery := self._next(queue)) is not None:
            self._attempt(queue, delivery)

    def _next(self, queue: _Queue) -> Delivery | None:
        """The next delivery, once it is due; None when this thread is to end."""
        me = threading.current_thread()
        with self._changed:
            if queue.thread is me:
                queue.sending = False
                self._changed.notify_all()
            while queue.thread is me and queue.waiting:
                delivery = queue.due(self._state.clock.now())
                if delivery is not None:
                    queue.sending = True
                    return delivery
                is_timed = any(item.due is not None for item in queue.waiting.values())
                self._changed.wait(POLL if is_timed else None)
            if queue.thread is me:
                queue.thread = None
                self._queues = {name: kept for name, kept in self._queues.items() if kept is not queue}
            return None

    def _attempt(self, queue: _Queue, delivery: Delivery) -> None:
        consumer = self._state.consumers.get(delivery.consumer_id)
        if consumer is None:
            self._settle(queue, replace(delivery, state="dropped", due=None))
            return
        if consumer.disabled:
            self._settle(queue, replace(delivery, due=None))
            return
        now = self._state.clock.now()
        attempt = self._send(delivery, consumer, now)
        tried = replace(delivery, attempts=(*delivery.attempts, attempt))
        if attempt.error is None:
            consumer.failing_since = None
            self._settle(queue, replace(tried, state="delivered", due=None))
            return
        consumer.failing_since = now if consumer.failing_since is None else consumer.failing_since
        if now - consumer.failing_since >= DISABLED_AFTER:
            self._state.disable(consumer)
        number = len(tried.attempts) - 1
        if number < len(RETRY_AFTER):
            self._settle(queue, replace(tried, due=now + RETRY_AFTER[number]))
        else:
            self._settle(queue, replace(tried, state="failed", due=None))

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

    def _settle(self, queue: _Queue, delivery: Delivery) -> None:
        with self._changed:
            if delivery.number not in queue.waiting:
                return  # cleared meanwhile
            self.changes += 1
            self._all[delivery.number] = queue.waiting[delivery.number] = delivery
            if delivery.state != "waiting":
                del queue.waiting[delivery.number]

    def resume(self, consumer_id: str) -> None:
        """Make the deliveries due that waited while a consumer was disabled."""
        now = self._state.clock.now()
        with self._changed:
            queue = self._queues.get(consumer_id, _Queue())
            for number, delivery in queue.waiting.items():
                if delivery.due is None and number not in queue.held:
                    self._all[number] = queue.waiting[number] = replace(delivery, due=now)
            self._changed.notify_all()
