"""Codat's rules for companies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from codat_python_sdk.sandbox.clock import timestamp
from codat_python_sdk.sandbox.connections import members
from codat_python_sdk.sandbox.messages import Rejected
from codat_python_sdk.sandbox.operations import Call, Operation
from codat_python_sdk.sandbox.paging import page_of
from codat_python_sdk.sandbox.query import Schema, parse_tags
from codat_python_sdk.sandbox.records import Company

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.state import State

TOKEN_SECONDS = 86400
MAX_TAGS = 10
MAX_TAG_KEY = 27
MAX_TAG_VALUE = 100
_REMOVED = re.compile(r"[^\w\s\-',&@.?!]|_")  # what the service silently removes from a name
SCHEMA = Schema(
    "Company",
    frozenset({"id", "name", "description", "createdByUserName"}),
    frozenset({"created", "lastSync"}),
    frozenset({"dataConnections", "tags", "products"}),
)


def list_(state: State, call: Call) -> dict[str, Any]:
    """One page of the companies, oldest first unless `orderBy` says otherwise; `tags` selects."""
    with state.lock:
        rows = [company for company in state.companies.values() if not company.foreign]
        if call.query.get("tags"):
            selects = parse_tags(call.query["tags"])
            rows = [company for company in rows if selects(company.tags)]
        return page_of(call, rows, SCHEMA, _searched, lambda row: show(state, row))


def create(state: State, call: Call) -> dict[str, Any]:
    """A new company without connections."""
    with state.lock:
        limit = state.rules.company_limit
        if limit is not None and sum(not company.foreign for company in state.companies.values()) >= limit:
            raise Rejected(402, f"The account's {limit}-company limit is reached", service="ClientsApi")
        fields = _fields(state, call.body, name_required=True)
        company = state.add_company(**fields)
        state.ledger.append(("companies.create", company.id))
        return show(state, company)


def get(state: State, call: Call) -> dict[str, Any]:
    """One company."""
    with state.lock:
        return show(state, state.company(call.ids[0]))


def replace(state: State, call: Call) -> dict[str, Any]:
    """The company with another name, description and tags. Fields that are left out are cleared."""
    with state.lock:
        company = state.company(call.ids[0])
        fields = _fields(state, call.body, name_required=True)
        company.name, company.description = fields["name"], fields.get("description")
        company.tags = fields.get("tags") or {}
        return _done(state, "companies.replace", company)


def update(state: State, call: Call) -> dict[str, Any]:
    """The company, updated with the given fields.

    What is absent or null stays. `tags` replaces all tags, and null or an empty object removes them: Codat's
    description and its guide disagree about null, and this is the guide's rule, which can lose more.
    """
    with state.lock:
        company = state.company(call.ids[0])
        fields = _fields(state, call.body, name_required=False)
        company.name = fields.get("name", company.name)
        company.description = fields.get("description", company.description)
        if "tags" in fields:
            company.tags = fields["tags"]
        return _done(state, "companies.update", company)


def delete(state: State, call: Call) -> None:
    """The company no longer exists, nor do its connections."""
    with state.lock:
        company = state.company(call.ids[0])
        state.remove_company(company)
        state.ledger.append(("companies.delete", company.id))


def get_access_token(state: State, call: Call) -> dict[str, Any]:
    """A token for the embedded components: for one company, and one day."""
    with state.lock:
        company = state.company(call.ids[0])
        token = f"sandbox.{company.id}.{state.ids.hex('tokens')}"
        return {"accessToken": token, "expiresIn": TOKEN_SECONDS, "tokenType": "Bearer"}


def show(state: State, company: Company) -> dict[str, Any]:
    """A company by JSON name, as the contract shows it."""
    connections = list(company.connections.values())
    syncs = [connection.fields["lastSync"] for connection in connections if connection.fields.get("lastSync")]
    shown: dict[str, Any] = {
        "id": company.id,
        "name": company.name,
        "redirect": f"{state.url}/company/{quote(company.id, '')}",
    }
    if state.rules.contract == "2021":
        return {
            **shown,
            "platform": "",
            "lastSync": max(map(str, syncs), default=None),
            "created": timestamp(company.created),
            "createdByUserName": None,
            "dataConnections": [state.show(connection) for connection in connections],
        }
    parent = state.companies.get(company.parent_id or "")
    # What has no value is absent, in place of null: the official TypeScript client reads no null here.
    return {
        **shown,
        **_description(company),
        "created": timestamp(company.created),
        **({"lastSync": max(map(str, syncs))} if syncs else {}),
        "products": [],
        "tags": dict(company.tags),
        "dataConnections": [state.show(connection) for connection in connections],
        **({"referenceParentCompany": reference(parent)} if parent is not None else {}),
        "referenceSubsidiaryCompanies": [reference(child) for child in company.children.values()],
        "ownerUserIds": [],
    }


def reference(company: Company) -> dict[str, Any]:
    """A company as another one, or an event, refers to it."""
    return {
        "id": company.id,
        "name": company.name,
        **_description(company),
        "links": {"portal": f"https://app.codat.io/companies/{quote(company.id, '')}/summary"},
        "tags": dict(company.tags),
    }


def _description(company: Company) -> dict[str, str]:
    return {} if company.description is None else {"description": company.description}


def check_tags(tags: object) -> dict[str, str]:
    """A copy of a company's tags; none for null.

    Raises:
        Rejected: 400 for more than Codat allows, or anything but text.
    """
    if tags is None:
        return {}
    if not isinstance(tags, Mapping):
        raise Rejected(400, "tags must be an object of strings", invalid=["tags: an object of strings"])
    given = cast("Mapping[object, object]", tags)
    problems = [f"tags: at most {MAX_TAGS}"] if len(given) > MAX_TAGS else []
    for key, value in given.items():
        if not (isinstance(key, str) and 1 <= len(key) <= MAX_TAG_KEY):
            problems.append(f"tags: a key has 1 to {MAX_TAG_KEY} characters")
        if not (isinstance(value, str) and len(value) <= MAX_TAG_VALUE):
            problems.append(f"tags: a value is text of at most {MAX_TAG_VALUE} characters")
    if problems:
        raise Rejected(400, "The tags are not valid", invalid=problems)
    return cast("dict[str, str]", dict(given))


def _fields(state: State, body: object, *, name_required: bool) -> dict[str, Any]:
    """What a request's body sets, by `add_company`'s names."""
    if body is not None and not isinstance(body, dict):
        raise Rejected(400, "The body must be an object")
    given = members(cast("object", body))
    fields: dict[str, Any] = {}
    if given.get("name") is not None or name_required:
        fields["name"] = _name(given.get("name"))
    description = given.get("description")
    if description is not None:
        if not isinstance(description, str):
            raise Rejected(400, "description must be text", invalid=["description: text"])
        fields["description"] = description
    if "tags" in given:
        fields["tags"] = check_tags(given["tags"])
    parent = members(given.get("referenceParentCompany")).get("id")
    if parent is not None and name_required:
        fields["parent_id"] = state.company(str(parent)).id
    return fields


def _name(name: object) -> str:
    cleaned = _REMOVED.sub("", name) if isinstance(name, str) else ""
    if not cleaned.strip():
        raise Rejected(400, "name is required", invalid=["name: at least one letter, digit or - ' , & @ . ? !"])
    return cleaned


def _searched(company: Company) -> Mapping[str, Any]:
    connections = [connection.fields for connection in company.connections.values()]
    return {
        "id": company.id, "name": company.name, "description": company.description, "tags": company.tags,
        "created": timestamp(company.created), "dataConnections": connections, "modifiedDate": company.modified,
        "lastSync": max((str(fields["lastSync"]) for fields in connections if fields.get("lastSync")), default=None),
    }  # fmt: skip


def _done(state: State, operation: str, company: Company) -> dict[str, Any]:
    company.modified = state.clock.now()
    state.changes += 1
    state.ledger.append((operation, company.id))
    return show(state, company)


_ONE = "/companies/{companyId}"
OPERATIONS = (
    Operation("companies.list", "GET", "/companies", list_),
    Operation("companies.create", "POST", "/companies", create, reads_body=True),
    Operation("companies.get", "GET", _ONE, get),
    Operation("companies.replace", "PUT", _ONE, replace, reads_body=True),
    Operation("companies.update", "PATCH", _ONE, update, reads_body=True),
    Operation("companies.delete", "DELETE", _ONE, delete, status=204),
    Operation("companies.get_access_token", "GET", f"{_ONE}/accessToken", get_access_token),
)
