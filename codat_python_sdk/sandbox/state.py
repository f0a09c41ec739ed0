"""The data of the sandbox and all changes to it, without HTTP."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from codat_python_sdk.sandbox.clock import Clock, timestamp
from codat_python_sdk.sandbox.codes import MAX_CODES, OneTimeCodes
from codat_python_sdk.sandbox.ids import Ids
from codat_python_sdk.sandbox.messages import Rejected
from codat_python_sdk.sandbox.platforms import PLATFORMS, Platform
from codat_python_sdk.sandbox.records import FIELDS, Company, Connection, Consumer, Contract
from codat_python_sdk.sandbox.seeds import check_fields, check_id, check_platform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAX_LEDGER = 100_000
#: which event a change of status is
TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("PendingAuth", "Linked"): "connection.connected",
    ("Linked", "Unlinked"): "connection.disconnected",
    ("Linked", "Deauthorized"): "connection.disconnected",
    ("Unlinked", "Linked"): "connection.reconnected",
    ("Deauthorized", "Linked"): "connection.reconnected",
}
#: of which a company may have one linked source each
SINGLE_SOURCES = ("Accounting", "BankFeed")


@dataclass(frozen=True)
class Rules:
    """Which of Codat's rules apply.

    Args:
        contract: Whose rules.
        strict_accounting: Whether a second linked accounting or bank feeds source is rejected.
        company_limit: How many companies there may be before a create is a 402.
        redirect_url: Where the link page sends the customer afterwards, with Codat's placeholders.
        platforms: All platforms, by key.
    """

    contract: Contract = "today"
    strict_accounting: bool = False
    company_limit: int | None = None
    redirect_url: str | None = None
    platforms: Mapping[str, Platform] = field(default_factory=lambda: PLATFORMS)


class State:
    """The state of the sandbox. Every public method is atomic.

    Args:
        rules: Which rules apply.
        clock: The sandbox's clock.
        ids: Where ids come from.
        emit: Called with each event that webhook consumers may want: its type, the company and the payload.
    """

    def __init__(
        self, rules: Rules, clock: Clock, ids: Ids, emit: Callable[[str, Company | None, dict[str, Any]], object]
    ) -> None:
        self.rules = rules
        self.clock = clock
        self.ids = ids
        self.url = ""  # where links point to; known once the server listens
        self.lock: threading.RLock = threading.RLock()
        self._emit = emit
        self.changes: int = 0  # counts, so that whoever stores the state knows whether to store it again
        self.links: int = 0  # counts the links that were issued, which reading changes
        self.on_consumer_removed: Callable[[str], object] = lambda _: None  # called with its id
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self.companies: dict[str, Company] = {}
            self.connections: dict[str, Connection] = {}
            self.consumers: dict[str, Consumer] = {}
            self.ledger: deque[tuple[str, str]] = deque(maxlen=MAX_LEDGER)

    # Companies

    def add_company(
        self,
        name: str,
        *,
        company_id: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        parent_id: str | None = None,
        foreign: bool = False,
    ) -> Company:
        """A new company; its id is a fresh one when none is given. `ValueError` when there is one with this id."""
        with self.lock:
            if company_id in self.companies:
                raise ValueError(f"the sandbox already has a company {company_id!r}")
            if company_id is not None:
                check_id("company_id", company_id)
            parent = self.find_company(parent_id) if parent_id is not None else None
            now = self.clock.now()
            company = Company(
                company_id or self.ids.uuid(taken=self.companies), name, now, now, description, dict(tags or {}),
                parent_id, foreign,
            )  # fmt: skip
            self.companies[company.id] = company
            if parent is not None:
                parent.children[company.id] = company
            self.changes += 1
            self._tell("company.created", company)
            return company

    def find_company(self, company_id: str) -> Company:
        """The company; `LookupError` when there is none."""
        try:
            return self.companies[company_id]
        except KeyError:
            raise LookupError(f"the sandbox has no company {company_id!r}") from None

    def company(self, company_id: str) -> Company:
        """The company that a request names.

        Raises:
            Rejected: 404 when there is none, 403 when it belongs to somebody else.
        """
        company = self.companies.get(company_id)
        if company is None:
            raise Rejected(404, f"No company was found with ID {company_id}", service="ClientsApi")
        if company.foreign:
            raise Rejected(403, "This API key gives no access to that company")
        return company

    def remove_company(self, company: Company) -> None:
        """The company no longer exists, nor do its connections; those it was the parent of have none."""
        with self.lock:
            for connection in company.connections.values():
                del self.connections[connection.id]
            for child in company.children.values():
                child.parent_id = None
            if company.parent_id in self.companies:
                self.companies[company.parent_id].children.pop(company.id, None)
            del self.companies[company.id]
            self.changes += 1
            self._tell("company.deleted", company)

    # Connections

    def add_connection(self, company: Company, platform_key: str, fields: Mapping[str, Any]) -> Connection:
        """A new connection; `fields` (by JSON name) replace what a fresh one has, or add to it.

        Raises:
            ValueError: An unknown platform, an id that exists, or fields that look like a mistake.
        """
        platform = check_platform(platform_key, self.rules.platforms)
        given = check_fields(fields)
        with self.lock:
            connection_id = given.get("id") or self.ids.uuid(taken=self.connections)
            if connection_id in self.connections:
                raise ValueError(f"the sandbox already has a connection {connection_id!r}")
            now = self.clock.now()
            connection = Connection(
                connection_id, company, {**self._fresh(connection_id, platform, now), **given},
                OneTimeCodes(self.ids.below(MAX_CODES, "codes")), now,
            )  # fmt: skip
            self.connections[connection_id] = company.connections[connection_id] = connection
            self._changed(connection)
            self._tell("connection.created", connection.company, connection=connection)
            return connection

    def _fresh(self, connection_id: str, platform: Platform, now: float) -> dict[str, Any]:
        fresh: dict[str, Any] = {
            "id": connection_id,
            "integrationId": platform.integration_id,
            "integrationKey": platform.key,
            "sourceId": platform.source_id,
            "sourceType": platform.source_type,
            "platformName": platform.name,
            "status": "PendingAuth",
            "created": timestamp(now),
            "dataConnectionErrors": None,
            "connectionInfo": {"paused": False},
        }
        if self.rules.contract == "2021":
            fresh["lastSync"] = None  # later it is absent: the official TypeScript client accepts that, but no null
        return fresh

    def find_connection(self, connection_id: str) -> Connection:
        """The connection of any company; `LookupError` when there is none."""
        try:
            return self.connections[connection_id]
        except KeyError:
            raise LookupError(f"the sandbox has no connection {connection_id!r}") from None

    def connection(self, company_id: str, connection_id: str) -> Connection:
        """The connection that a request names.

        Raises:
            Rejected: 404 when the company has none with this id, and what `company` raises.
        """
        connection = self.company(company_id).connections.get(connection_id)
        if connection is None:
            raise Rejected(404, f"Data connection {connection_id} not found")
        return connection

    def remove_connection(self, connection: Connection) -> None:
        """The connection no longer exists. The event has its last state."""
        with self.lock:
            self._tell("connection.deleted", connection.company, connection=connection)
            del self.connections[connection.id], connection.company.connections[connection.id]
            connection.company.modified = self.clock.now()
            self.changes += 1

    def set_status(self, connection: Connection, status: str) -> None:
        """Set any status; if the lifecycle has this change, consumers receive an event.

        Raises:
            ValueError: A status that looks like a typing error of Codat's.
        """
        given = check_fields({"status": status})
        with self.lock:
            before = connection.fields["status"]
            connection.fields.update(given)
            self._changed(connection)
            event = TRANSITIONS.get((str(before), status))
            if event is not None:
                self._tell(event, connection.company, connection=connection)

    def obstacle(self, connection: Connection) -> str | None:
        """Why this connection cannot be linked, under strict accounting; None when it can."""
        kind = connection.fields["sourceType"]
        if not self.rules.strict_accounting or kind not in SINGLE_SOURCES:
            return None
        for other in connection.company.connections.values():
            if other is not connection and (other.fields["sourceType"], other.fields["status"]) == (kind, "Linked"):
                return f"The company already has a linked {kind} source: {other.fields['platformName']}"
        return None

    def authorize(self, connection: Connection) -> None:
        """The customer agreed: the connection is Linked, was synced, and its errors are resolved.

        Raises:
            ValueError: Strict accounting, and the company has such a source.
        """
        with self.lock:
            obstacle = self.obstacle(connection)
            if obstacle is not None:
                raise ValueError(obstacle)
            now = timestamp(self.clock.now())
            resolved = {"status": "Resolved", "resolvedOnUtc": now}
            errors: Sequence[dict[str, Any]] = connection.fields["dataConnectionErrors"] or []
            errors = [{**error, **resolved} for error in errors]
            connection.fields.update(lastSync=now, dataConnectionErrors=errors or None)
            self.set_status(connection, "Linked")

    def fail_link(self, connection: Connection, code: str, text: str, message: str) -> None:
        """Linking failed: the status stays, and `dataConnectionErrors` has the reason."""
        with self.lock:
            error = {
                "statusCode": code,
                "statusText": text,
                "errorMessage": message,
                "erroredOnUtc": timestamp(self.clock.now()),
                "status": "Active",
                "resolvedOnUtc": None,
            }
            connection.fields["dataConnectionErrors"] = [*(connection.fields["dataConnectionErrors"] or []), error]
            self._changed(connection)
            self._tell("connection.failed", connection.company, connection=connection)

    def cancel(self, connection: Connection) -> None:
        """The customer cancelled."""
        self.fail_link(connection, "403", "Forbidden", "User cancelled")

    # Links

    def code_state(self, connection: Connection, code: str) -> Literal["valid", "used", "unknown"]:
        """What a code from a linkUrl is worth now. In 2021 links had none, so any is valid."""
        with self.lock:
            return "valid" if self.rules.contract == "2021" else connection.codes.state(code, self.clock.now())

    def follow_link(self, connection: Connection, code: str, choose: Callable[[Connection], None]) -> bool:
        """Use the code up and do what the customer chose; False, and nothing done, when the code is not valid."""
        with self.lock:
            if self.code_state(connection, code) != "valid":
                return False
            if self.rules.contract != "2021":
                connection.codes.use(code)
            choose(connection)
            return True

    # Webhook consumers

    def remove_consumer(self, webhook_id: str) -> bool:
        """The consumer no longer exists, and its pending deliveries are dropped; False when there was none."""
        with self.lock:
            if self.consumers.pop(webhook_id, None) is None:
                return False
            self.changes += 1
            self.on_consumer_removed(webhook_id)
            return True

    def disable(self, consumer: Consumer) -> None:
        """Send a consumer nothing any more, until it is enabled."""
        with self.lock:
            consumer.disabled = True
            self.changes += 1

    def enable(self, consumer: Consumer) -> None:
        """Send a consumer its events again."""
        with self.lock:
            consumer.disabled, consumer.failing_since = False, None
            self.changes += 1

    def rotate_secret(self, consumer: Consumer) -> None:
        """Give a consumer another signing secret."""
        with self.lock:
            consumer.secret = self.ids.webhook_secret()
            self.changes += 1

    # What a response shows

    def show(self, connection: Connection) -> dict[str, Any]:
        """The connection by JSON name, as the contract shows it, with a fresh code in its linkUrl."""
        contract = self.rules.contract
        fields = connection.fields
        shown: dict[str, Any] = {}
        for name in FIELDS[contract]:
            if name == "linkUrl":
                shown[name] = fields.get(name) or self._link(connection)
            elif name in fields:
                shown[name] = fields[name]
        for name, value in fields.items():
            if name not in shown and name not in FIELDS["today"]:
                shown[name] = value
        return _in_older_shape(shown) if contract == "2023" else shown

    def _tell(self, event_type: str, company: Company, **payload: Connection) -> None:
        """Send an event to the consumers; not about a company of somebody else, who has consumers of their own."""
        if not company.foreign:
            self._emit(event_type, company, payload)

    def _link(self, connection: Connection) -> str:
        company = quote(connection.company.id, "")
        link = f"{self.url}/companies/{company}/connections/{quote(connection.id, '')}/start"
        if self.rules.contract == "2021":
            return link
        self.links += 1
        return f"{link}?otp={connection.codes.issue(self.clock.now())}"

    def _changed(self, connection: Connection) -> None:
        connection.modified = connection.company.modified = self.clock.now()
        self.changes += 1


def _in_older_shape(shown: dict[str, Any]) -> dict[str, Any]:
    """Without nulls, and with text alone in `connectionInfo`: what @codat/platform 4.0.0 reads."""
    info: dict[str, Any] | None = shown.get("connectionInfo")
    if info is not None:
        shown["connectionInfo"] = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in info.items()
        }
    errors = shown.get("dataConnectionErrors")
    if errors:
        shown["dataConnectionErrors"] = [_without_nulls(error) for error in errors]
    return _without_nulls(shown)


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
