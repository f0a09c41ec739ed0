"""The parts of a sandbox put together, and the commands that drive it from outside the API."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codat_python_sdk.sandbox import companies, connections, consumers, integrations
from codat_python_sdk.sandbox.arguments import check_arguments
from codat_python_sdk.sandbox.clock import Clock, timestamp
from codat_python_sdk.sandbox.deliveries import Deliveries, DeliveryFault
from codat_python_sdk.sandbox.faults import KINDS, FaultBook
from codat_python_sdk.sandbox.idempotency import IdempotencyKeys
from codat_python_sdk.sandbox.ids import Ids
from codat_python_sdk.sandbox.messages import ErrorBodies, Rejected, Request, size_of
from codat_python_sdk.sandbox.operations import Router
from codat_python_sdk.sandbox.pipeline import Pipeline
from codat_python_sdk.sandbox.quota import Quota
from codat_python_sdk.sandbox.sender import Sender
from codat_python_sdk.sandbox.signing import sign
from codat_python_sdk.sandbox.state import Rules, State

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.records import Company, Consumer

MAX_REQUESTS = 10_000  # a sandbox in the foreground may run for weeks
MAX_REQUEST_BYTES = 16 * 1024 * 1024  # of their heads and bodies
MAX_ERROR = 1000  # characters of an error kept with a request: it may repeat the path
MAX_PROBLEMS = 100
FIRST_COMPANY = "Sandbox Company"
#: one file of rules for each resource
OPERATIONS = (
    *connections.OPERATIONS,
    *companies.OPERATIONS,
    *integrations.OPERATIONS,
    *consumers.OPERATIONS,
)


class Core:
    """The sandbox without its sockets. Its public methods are the commands that `Controls` sends.

    Args:
        rules: Which of Codat's rules apply.
        clock: The sandbox's clock.
        ids: Where ids come from.
        quota: Requests a day; None does not limit.
        auth_header: The value of Authorization that is let in.
        company_id: The id of the first company.
        anywhere: Whether webhooks may leave the machine.
    """

    def __init__(
        self, rules: Rules, clock: Clock, ids: Ids, quota: int | None, auth_header: str, company_id: str,
        *, anywhere: bool,
    ) -> None:  # fmt: skip
        self.clock_source = clock
        self.ids = ids
        self.company_id = company_id
        self.state: State = State(rules, clock, ids, self._emit)
        self.errors: ErrorBodies = ErrorBodies(lambda: ids.hex("correlation ids"))
        self.failures: deque[BaseException] = deque(maxlen=MAX_PROBLEMS)  # that callbacks raised
        self.unexpected: deque[str] = deque(maxlen=MAX_PROBLEMS)  # requests that no client should have sent
        self.router: Router = Router(OPERATIONS)
        self.faults: FaultBook = FaultBook(self.router, ids, self.errors, self.failures.append)
        self.quota: Quota = Quota(quota, clock, self._tell_rate_limit)
        self.keys: IdempotencyKeys = IdempotencyKeys(clock, self.state.lock)
        self.deliveries: Deliveries = Deliveries(self.state, Sender(anywhere=anywhere), sign)
        self.state.on_consumer_removed = self.deliveries.drop
        self.pipeline: Pipeline = Pipeline(
            self.router, self.state, self.keys, self.quota, self.faults, self.errors, auth_header
        )  # fmt: skip
        self.received: deque[Request] = deque()
        self._received_bytes = 0
        self.changed: threading.Condition = threading.Condition()  # notified when a request is responded to
        self.add_first_company()

    @property
    def changes(self) -> int:
        """Grows with whatever a stored state has to know: whoever stores it sees whether to store it again."""
        return self.state.changes + self.keys.changes + self.quota.changes + self.clock_source.changes

    @property
    def small_changes(self) -> int:
        """Grows with what is stored at the end, or along with another change: links and attempts to deliver."""
        return self.state.links + self.deliveries.changes

    def add_first_company(self) -> None:
        """Add the first company if it does not exist."""
        with self.state.lock:
            if self.company_id not in self.state.companies:
                self.state.add_company(FIRST_COMPANY, company_id=self.company_id)

    # Requests

    def record(self, request: Request) -> None:
        """Keep a request for those who list them; the oldest go when there are too many."""
        request.time = self.clock_source.now()
        with self.changed:
            self.received.append(request)
            self._received_bytes += size_of(request)
            while len(self.received) > MAX_REQUESTS or self._received_bytes > MAX_REQUEST_BYTES:
                self._received_bytes -= size_of(self.received.popleft())

    def settle(self, request: Request) -> None:
        """Note that a request has its response."""
        request.headers.compact()
        with self.changed:
            self.changed.notify_all()

    def note_unexpected(self, request: Request) -> None:
        """Remember for strict mode a request for nothing that the API has, or with a wrong key."""
        if request.operation is None and request.status in (404, 405):
            self.unexpected.append(f"no operation: {request.line}"[:MAX_ERROR])
        elif request.status == 401 and request.fault is None:
            self.unexpected.append(f"wrong key: {request.line}"[:MAX_ERROR])

    def requests(self) -> list[Request]:
        """The requests received so far."""
        with self.changed:
            return list(self.received)

    # Commands

    def run(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """The result of a command.

        Raises:
            TypeError: An argument has another type than the command is annotated with, or there is none of this name.
            LookupError, ValueError: What the command says.
        """
        method = getattr(self, command)
        check_arguments(method, arguments)
        return method(**arguments)

    def reset(self) -> None:
        """See `Controls.reset`."""
        with self.state.lock:
            self.faults.clear()
            self.deliveries.clear()
            self.clock_source.reset()
            self.ids.reset()
            self.state.clear()
            self.keys.clear()
            self.quota.reset()
            self.failures.clear()
            self.unexpected.clear()
            self.clear_requests()
            self.add_first_company()

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        with self.changed:
            self.received.clear()
            self._received_bytes = 0

    def clock(self) -> dict[str, Any]:
        """What time it is."""
        return {"now": self.clock_source.now()}

    def advance_clock(self, seconds: float) -> None:
        """Move the clock, stopping at each webhook that becomes due.

        Raises:
            ValueError: It would go beyond what a date can be, or is no number.
        """
        self.clock_source.check_advance(seconds)
        remaining = seconds
        while self.deliveries.wait(20.0) and remaining > 0:
            due = self.deliveries.next_due()
            step = remaining if due is None else min(remaining, max(0.0, due - self.clock_source.now()))
            self.clock_source.advance(step)
            remaining -= step
            self.deliveries.wake()
        self.clock_source.advance(remaining)
        self.deliveries.wake()

    def reset_clock(self) -> None:
        """Reset the clock to its source's time."""
        self.clock_source.reset()

    def ledger(self) -> list[tuple[str, str]]:
        """The writes that took effect."""
        with self.state.lock:
            return list(self.state.ledger)

    def companies(self) -> list[dict[str, Any]]:
        """The companies, without their connections."""
        with self.state.lock:
            return [company_fields(self.state, company) for company in self.state.companies.values()]

    def connections(self, company_id: str | None = None) -> list[dict[str, Any]]:
        """The connections, as deep copies."""
        with self.state.lock:
            chosen = self.state.companies.values() if company_id is None else [self.state.find_company(company_id)]
            found = [connection.fields for company in chosen for connection in company.connections.values()]
            copied: list[dict[str, Any]] = json.loads(json.dumps(found))
            return copied

    def create_company(
        self, name: str, company_id: str | None = None, description: str | None = None,
        tags: Mapping[str, str] | None = None, parent_id: str | None = None, foreign: bool = False,
    ) -> str:  # fmt: skip
        """A new company."""
        try:
            checked = companies.check_tags(tags)
        except Rejected as rejected:
            raise ValueError(f"{rejected}: {'; '.join(rejected.invalid)}") from None
        return self.state.add_company(
            name, company_id=company_id, description=description, tags=checked, parent_id=parent_id, foreign=foreign
        ).id

    def delete_company(self, company_id: str) -> None:
        """End a company."""
        with self.state.lock:
            self.state.remove_company(self.state.find_company(company_id))

    def add_connection(
        self, company_id: str | None = None, platform_key: str = "mqjo", fields: Mapping[str, Any] | None = None
    ) -> str:
        """A new connection."""
        with self.state.lock:
            company = self.state.find_company(company_id or self.company_id)
            return self.state.add_connection(company, platform_key, fields or {}).id

    def set_status(self, connection_id: str, status: str) -> None:
        """Any status."""
        with self.state.lock:
            self.state.set_status(self.state.find_connection(connection_id), status)

    def authorize(self, connection_id: str) -> None:
        """The customer agreed."""
        with self.state.lock:
            self.state.authorize(self.state.find_connection(connection_id))

    def cancel(self, connection_id: str) -> None:
        """The customer cancelled."""
        with self.state.lock:
            self.state.cancel(self.state.find_connection(connection_id))

    def delete_connection(self, connection_id: str) -> None:
        """End a connection."""
        with self.state.lock:
            self.state.remove_connection(self.state.find_connection(connection_id))

    def reset_quota(self) -> None:
        """Restore the day's quota."""
        self.quota.reset()

    def add_webhook(
        self, url: str, event_types: list[str] | None = None, company_tags: list[str] | None = None,
        secret: str | None = None,
    ) -> str:  # fmt: skip
        """A new consumer."""
        problems: list[str] = []
        checked = consumers.check_url(url, problems)
        tags = consumers.check_tags(company_tags or [], problems)
        if problems:
            raise ValueError("; ".join(problems))
        if secret is not None:
            sign(secret, "check", 0, b"{}")  # better now than with the first event
        return consumers.add(
            self.state, url=checked, event_types=event_types or [], company_tags=tags, secret=secret
        ).id

    def webhook_secret(self, webhook_id: str) -> str:
        """The consumer's signing secret."""
        return self._consumer(webhook_id).secret

    def rotate_webhook_secret(self, webhook_id: str) -> str:
        """Another secret."""
        consumer = self._consumer(webhook_id)
        self.state.rotate_secret(consumer)
        return consumer.secret

    def enable_webhook(self, webhook_id: str) -> None:
        """Enable a consumer."""
        consumer = self._consumer(webhook_id)
        self.state.enable(consumer)
        self.deliveries.resume(webhook_id)

    def send_webhook(
        self, event_type: str, connection_id: str | None = None, company_id: str | None = None,
        payload: Mapping[str, Any] | None = None, fault: DeliveryFault | None = None, timeout: float = 20.0,
    ) -> list[int]:  # fmt: skip
        """Send an event; the numbers of its deliveries."""
        if not event_type:
            raise ValueError("event_type must not be empty")
        with self.state.lock:
            company = None
            extra: dict[str, Any] = {}
            if connection_id is not None:
                connection = self.state.find_connection(connection_id)
                company, extra = connection.company, {"connection": connection}
            elif company_id is not None:
                company = self.state.find_company(company_id)
            elif payload is None and event_type.startswith(("company.", "connection.")):
                raise ValueError(f"{event_type} is about a company or a connection: give its id, or a payload")
            numbers = self._emit(event_type, company, extra, payload, fault)
        if not numbers:
            raise LookupError(f"no webhook consumer wants {event_type}")
        self.deliveries.wait(timeout)
        return numbers

    def fail_delivery(
        self, fault: DeliveryFault, times: int = 1, event_types: list[str] | None = None, seconds: float = 300.0
    ) -> None:
        """Apply a fault to the next webhooks."""
        self.deliveries.arm(fault, times, None if event_types is None else frozenset(event_types), seconds)

    def wait_for_deliveries(self, timeout: float = 20.0) -> bool:
        """Whether no webhook is pending."""
        is_over = self.deliveries.wait(timeout)
        if not is_over and not self.deliveries.is_serving:
            raise RuntimeError("the sandbox does not serve, so it sends no webhooks: call start()")
        return is_over

    def arm_fault(self, kind: str, times: int | None = 1, **options: Any) -> int:
        """Arm a fault; its number."""
        check_arguments(self.faults.arm, options)
        if kind in KINDS:
            check_arguments(KINDS[kind], options)
        return self.faults.arm(kind, times, **options).number

    def clear_faults(self, number: int | None = None) -> None:
        """Forget the faults."""
        self.faults.clear(number)

    def problems(self) -> list[str]:
        """The problems that strict mode reports."""
        unmet = [f"an armed fault that no request hit: {armed.text}" for armed in self.faults.armed if armed.met == 0]
        failures = [f"an error in a callback: {type(error).__name__}: {error}" for error in list(self.failures)]
        return [*unmet, *self.unexpected, *failures]

    # Events

    def _consumer(self, webhook_id: str) -> Consumer:
        try:
            return self.state.consumers[webhook_id]
        except KeyError:
            raise LookupError(f"the sandbox has no webhook consumer {webhook_id!r}") from None

    def _emit(
        self, event_type: str, company: Company | None, extra: Mapping[str, Any],
        payload: Mapping[str, Any] | None = None, fault: DeliveryFault | None = None,
    ) -> list[int]:  # fmt: skip
        """Queue an event for the consumers that want it; the numbers of the deliveries."""
        if not self.state.consumers:
            return []
        tags = company.tags if company is not None else {}
        wanting = [consumer for consumer in self.state.consumers.values() if consumer.wants(event_type, tags)]
        if not wanting:
            return []
        self.state.changes += 1  # the ids of events must not come again after a restart: receivers skip those they know
        event = {
            "id": self.ids.uuid("events"),
            "eventType": event_type,
            "generatedDate": timestamp(self.clock_source.now()),
            "payload": self._payload(event_type, company, extra) if payload is None else dict(payload),
        }
        body = json.dumps(event, separators=(",", ":"), allow_nan=False).encode()
        webhook_id = f"msg_{self.ids.hex('events')}"
        return [self.deliveries.add(consumer, event_type, webhook_id, body, fault) for consumer in wanting]

    def _payload(self, event_type: str, company: Company | None, extra: Mapping[str, Any]) -> dict[str, Any]:
        if company is None:
            return dict(extra)
        if event_type.startswith("company."):
            return company_fields(self.state, company)
        shown = {**extra}
        if "connection" in extra:
            shown["connection"] = self.state.show(extra["connection"])
        return {"referenceCompany": companies.reference(company), **shown}

    def _tell_rate_limit(self, limit: int, resets: float) -> None:
        values = {"dailyQuota": limit, "quotaRemaining": 0, "expiryDate": timestamp(resets)}
        with self.state.lock:
            self._emit("client.rateLimit.reached", None, values)


def company_fields(state: State, company: Company) -> dict[str, Any]:
    """A company in the form that events have: without its connections."""
    bare = replace(company, connections={})
    return {name: value for name, value in companies.show(state, bare).items() if name != "dataConnections"}
