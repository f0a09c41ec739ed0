"""Codat's rules without HTTP: companies, their connections, and what the six operations do to them."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote, urlencode

from codat_python_sdk.sandbox import query as language
from codat_python_sdk.sandbox.messages import Refused
from codat_python_sdk.sandbox.records import FIELDS, PLATFORMS, Company, Connection, Contract, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

UNLINKABLE: Mapping[Contract, tuple[str, ...]] = {"today": ("Linked",), "2021": ("Linked", "Deauthorized")}
LARGEST_PAGE = 5000
LARGEST_INT32 = 2**31 - 1


class Service:
    """The state of the sandbox. Every public method is atomic; those named after operations raise `Refused`."""

    def __init__(
        self, contract: Contract, clock: Callable[[], float], platforms: Mapping[str, tuple[str, str]]
    ) -> None:
        self.contract: Contract = contract
        self.url = ""  # where linkUrl points to; known once the server listens
        self.companies: dict[str, Company] = {}
        self.ledger: list[tuple[str, str]] = []
        self.lock: threading.RLock = threading.RLock()
        self._clock = clock
        self._platforms = {**PLATFORMS, **platforms}
        self._connections: dict[str, Connection] = {}

    # The six operations

    def create(self, company_id: str, body: object) -> dict[str, Any]:
        """A new PendingAuth connection.

        An unknown key is a 400, not a 404: it is the body that is wrong, and a 404 would read "no such company".
        A second accounting connection is let through, since no source says how Codat refuses it.
        """
        with self.lock:
            company = self._company(company_id)
            connection = self.add(company, self._platform_key(body), {})
            return self._done("create", connection)

    def list(self, company_id: str, query: Mapping[str, str]) -> dict[str, Any]:
        """One page of a company's connections, oldest first unless `orderBy` says otherwise."""
        page = _integer(query, "page", 1, LARGEST_INT32)
        page_size = _integer(query, "pageSize", 100, LARGEST_PAGE)
        known = FIELDS[self.contract]
        with self.lock:
            records = [connection.fields for connection in self._company(company_id).connections.values()]
            if query.get("query"):
                selects = language.parse(query["query"], known)
                records = [record for record in records if selects(record)]
            if query.get("orderBy"):
                records = language.order(records, query["orderBy"], known)
            results = [
                self._read(self._connections[record["id"]])
                for record in records[(page - 1) * page_size : page * page_size]
            ]
        links = _links(company_id, query, page, page_size, len(records))
        return {
            "results": results, "pageNumber": page, "pageSize": page_size, "totalResults": len(records), "_links": links
        }  # fmt: skip

    def get(self, company_id: str, connection_id: str) -> dict[str, Any]:
        """The connection as it is now, with a fresh code in its linkUrl."""
        with self.lock:
            return self._read(self._connection(company_id, connection_id))

    def delete(self, company_id: str, connection_id: str) -> bool | None:
        """The connection is gone for good. True in 2021; None, for an empty body, today."""
        with self.lock:
            connection = self._connection(company_id, connection_id)
            del self._connections[connection_id], connection.company.connections[connection_id]
            self.ledger.append(("delete", connection_id))
            return True if self.contract == "2021" else None

    def unlink(self, company_id: str, connection_id: str, body: object) -> dict[str, Any]:
        """The connection, now Unlinked.

        Only a Linked one can be unlinked (in 2021 a Deauthorized one too). From another status, so also a second
        time, and for a status other than `Unlinked`, it is a 400: no source tells Codat's own choice.
        """
        with self.lock:
            connection = self._connection(company_id, connection_id)
            if _members(body).get("status") != "Unlinked":
                raise Refused(400, "A connection's status can be set to Unlinked only", invalid=["status: Unlinked"])
            status = connection.fields["status"]
            if status not in UNLINKABLE[self.contract]:
                allowed = " or ".join(UNLINKABLE[self.contract])
                raise Refused(400, f"Only a {allowed} connection can be unlinked, and this one is {status}")
            connection.fields["status"] = "Unlinked"
            return self._done("unlink", connection)

    def update_authorization(self, company_id: str, connection_id: str, body: object) -> dict[str, Any]:
        """The connection, now Linked, whatever it was before. The credentials are looked at and forgotten."""
        with self.lock:
            connection = self._connection(company_id, connection_id)
            values = _members(body).values()
            if not values or not all(isinstance(value, str) for value in values):
                raise Refused(400, "The authorization must be an object of strings, and not empty")
            connection.fields["status"] = "Linked"
            return self._done("update_authorization", connection)

    # What happens outside the API

    def add_company(self, company_id: str | None, name: str, *, foreign: bool = False) -> Company:
        """A new company; its id is random when none is given."""
        with self.lock:
            company = Company(company_id or str(uuid.uuid4()), name, foreign)
            self.companies[company.id] = company
            return company

    def add(self, company: Company, platform_key: str, fields: Mapping[str, Any]) -> Connection:
        """A new connection; `fields` (by JSON name) replace what a fresh one has, or add to it."""
        name, source_type = self._platforms[platform_key]
        fresh: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "integrationId": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"integration.{platform_key}")),
            "integrationKey": platform_key,
            "sourceId": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"source.{platform_key}")),
            "sourceType": source_type,
            "platformName": name,
            "status": "PendingAuth",
            "created": timestamp(self._clock()),
            "dataConnectionErrors": None,
            "connectionInfo": {"paused": False},
        }
        if self.contract == "2021":
            fresh["lastSync"] = None  # today it is absent: the official TypeScript client accepts that, but no null
        with self.lock:
            connection = Connection(company, {**fresh, **fields})
            self._connections[connection.id] = company.connections[connection.id] = connection
            return connection

    def find(self, connection_id: str) -> Connection:
        """The connection of any company; `LookupError` when there is none."""
        try:
            return self._connections[connection_id]
        except KeyError:
            raise LookupError(f"the sandbox has no connection {connection_id!r}") from None

    def set_status(self, connection_id: str, status: str) -> None:
        """Any status, whatever it was before."""
        with self.lock:
            self.find(connection_id).fields["status"] = status

    def authorize(self, connection_id: str) -> None:
        """The customer agreed: the connection is Linked, was synced, and its errors are resolved."""
        with self.lock:
            fields, now = self.find(connection_id).fields, timestamp(self._clock())
            resolved = {"status": "Resolved", "resolvedOnUtc": now}
            errors: Sequence[dict[str, Any]] = fields["dataConnectionErrors"] or []
            errors = [{**error, **resolved} for error in errors]
            fields.update(status="Linked", lastSync=now, dataConnectionErrors=errors or None)

    def cancel(self, connection_id: str) -> None:
        """The customer declined: the status stays, and the connection tells of it in `dataConnectionErrors`."""
        with self.lock:
            fields = self.find(connection_id).fields
            error = {
                "statusCode": "403",
                "statusText": "Forbidden",
                "errorMessage": "The customer cancelled the authorization",
                "erroredOnUtc": timestamp(self._clock()),
                "status": "Active",
                "resolvedOnUtc": None,
            }
            fields["dataConnectionErrors"] = [*(fields["dataConnectionErrors"] or []), error]

    def code_state(self, connection: Connection, code: str) -> Literal["valid", "used", "unknown"]:
        """What a code from a linkUrl is worth now. In 2021 links had none, so any will do."""
        with self.lock:
            return "valid" if self.contract == "2021" else connection.codes.state(code, self._clock())

    def follow_link(self, connection: Connection, code: str, choose: Callable[[str], None]) -> bool:
        """Use the code up and do what the customer chose; False, and nothing done, when the code is not valid."""
        with self.lock:
            if self.code_state(connection, code) != "valid":
                return False
            if self.contract != "2021":
                connection.codes.use(code)
            choose(connection.id)
            return True

    # Helpers

    def _company(self, company_id: str) -> Company:
        company = self.companies.get(company_id)
        if company is None:
            raise Refused(404, "Company not found")
        if company.foreign:
            raise Refused(403, "This API key gives no access to that company")
        return company

    def _connection(self, company_id: str, connection_id: str) -> Connection:
        connection = self._company(company_id).connections.get(connection_id)
        if connection is None:
            raise Refused(404, "Connection not found")
        return connection

    def _done(self, operation: str, connection: Connection) -> dict[str, Any]:
        self.ledger.append((operation, connection.id))
        return self._read(connection)

    def _read(self, connection: Connection) -> dict[str, Any]:
        link = f"{self.url}/companies/{quote(connection.company.id, '')}/connections/{quote(connection.id, '')}/start"
        if self.contract == "2021":
            hidden = set(FIELDS["today"]) - set(FIELDS["2021"])
        else:
            link, hidden = f"{link}?otp={connection.codes.issue(self._clock())}", set[str]()
        fields = {**connection.fields, "linkUrl": connection.fields.get("linkUrl", link)}
        order = dict.fromkeys((*FIELDS[self.contract], *fields))
        return {name: fields[name] for name in order if name in fields and name not in hidden}

    def _platform_key(self, body: object) -> str:
        if self.contract == "2021" and (body is None or isinstance(body, str)):
            key: object = "mqjo" if body is None else body
        elif isinstance(body, dict):
            key = _members(cast("object", body)).get("platformKey")
        else:
            # The words are Codat's; it has refused a bare string since 2023-01-10.
            raise Refused(400, "Push object DataConnectionArgs must be provided")
        if not isinstance(key, str) or key not in self._platforms:
            known = ", ".join(self._platforms)
            raise Refused(400, "Unknown platformKey", invalid=[f"platformKey: this sandbox knows {known}"])
        return key


def _integer(query: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= largest):
        message = f"{name} must be an integer from 1 to {largest}"
        raise Refused(400, message, invalid=[message])
    return int(text)


def _members(body: object) -> dict[str, Any]:
    """The members of a JSON object; none for any other value."""
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


def _links(company_id: str, query: Mapping[str, str], page: int, page_size: int, total: int) -> dict[str, Any]:
    path = f"/companies/{quote(company_id, '')}/connections"
    kept = {name: query[name] for name in ("query", "orderBy") if query.get(name)}

    def href(number: int) -> dict[str, str]:
        return {"href": f"{path}?{urlencode({'page': number, 'pageSize': page_size, **kept})}"}

    links = {"self": {"href": path}, "current": href(page)}
    if page * page_size < total:
        links["next"] = href(page + 1)
    if page > 1:
        links["previous"] = href(page - 1)
    return links
