"""Companies, over HTTP."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Clock, Reply


class Companies:
    """Calls the endpoints of companies."""

    def __init__(self, call: Caller) -> None:
        self.call = call

    def __call__(self, method: str, path: str = "", value: Any = None, **options: Any) -> Reply:
        call = Caller(self.call.sandbox)
        call.root = "/companies"
        return call(method, path, value, **options)


@pytest.fixture
def companies(call: Caller) -> Companies:
    return Companies(call)


def test_create__has_todays_fields(companies: Companies, sandbox: Sandbox) -> None:
    """A new company has its name, description and tags, a link, and no connections."""
    reply = companies("POST", "", {"name": "Corner Bakery", "description": "breads", "tags": {"uid": "c-17"}})
    made = reply.value
    assert reply.status == 200
    assert (made["name"], made["description"], made["tags"]) == ("Corner Bakery", "breads", {"uid": "c-17"})
    assert made["redirect"] == f"{sandbox.url}/company/{made['id']}"
    assert (made["dataConnections"], made["products"], "referenceParentCompany" in made) == ([], [], False)
    assert None not in made.values()
    assert companies("GET", f"/{made['id']}").value == made
    assert sandbox.ledger == [("companies.create", made["id"])]


def test_create__checks_and_cleans(companies: Companies) -> None:
    """Characters that Codat does not have in names are removed; what is left has to be something."""
    cases: list[tuple[Any, str | int]] = [
        ({"name": "Müller & Söhne, O'Neil-Co. @1?!"}, "Müller & Söhne, O'Neil-Co. @1?!"),
        ({"name": "A<b>_c/d"}, "Abcd"),
        ({"name": "<>"}, 400),
        ({"name": ""}, 400),
        ({"name": 7}, 400),
        ({}, 400),
        ([], 400),
        ({"name": "x", "description": 5}, 400),
        ({"name": "x", "tags": {str(number): "v" for number in range(10)}}, 200),
        ({"name": "x", "tags": {str(number): "v" for number in range(11)}}, 400),
        ({"name": "x", "tags": {"k" * 28: "v"}}, 400),
        ({"name": "x", "tags": {"k": "v" * 101}}, 400),
        ({"name": "x", "tags": {"k": 1}}, 400),
        ({"name": "x", "tags": ["k"]}, 400),
    ]
    for value, expected in cases:
        with case(value, expected):
            reply = companies("POST", "", value)
            assert (reply.value["name"] if isinstance(expected, str) else reply.status) == expected


def test_update__changes_only_what_is_given(companies: Companies) -> None:
    """PATCH leaves out what is absent or null; tags, when given, are replaced, and removed by null."""
    made = companies("POST", "", {"name": "A", "description": "d", "tags": {"a": "1"}}).value
    path = f"/{made['id']}"
    assert companies("PATCH", path, {"name": "B", "description": None}).value == {**made, "name": "B"}
    assert companies("PATCH", path).value["tags"] == {"a": "1"}
    assert companies("PATCH", path, {"tags": {"b": "2"}}).value["tags"] == {"b": "2"}
    assert companies("PATCH", path, {"tags": None}).value["tags"] == {}


def test_replace__loses_what_is_left_out(companies: Companies) -> None:
    """PUT replaces the whole."""
    path = f"/{companies('POST', '', {'name': 'A', 'description': 'd', 'tags': {'a': '1'}}).value['id']}"
    replaced = companies("PUT", path, {"name": "C"}).value
    assert (replaced["name"], replaced.get("description"), replaced["tags"]) == ("C", None, {})
    assert companies("PUT", path, {}).status == 400


def test_delete__is_204_and_takes_the_connections_along(companies: Companies, sandbox: Sandbox) -> None:
    """A deleted company is a 404 with Codat's text on every path, and its connections no longer exist."""
    connection = sandbox.add_connection()
    reply = companies("DELETE", f"/{sandbox.company_id}")
    assert (reply.status, reply.body, reply.headers["Content-Length"]) == (204, b"", None)
    missing = companies("GET", f"/{sandbox.company_id}/connections/{connection}")
    assert (missing.status, missing.value["service"]) == (404, "ClientsApi")
    assert missing.value["error"] == f"No company was found with ID {sandbox.company_id}"
    assert companies("DELETE", f"/{sandbox.company_id}").status == 404
    with pytest.raises(LookupError, match="no connection"):
        sandbox.authorize(connection)


def test_list__pages_queries_orders_and_tags(companies: Companies, sandbox: Sandbox, clock: Clock) -> None:
    """Companies are listed in pages, selected by query and tags, and ordered."""
    for name, tags in (("B", {"region": "uk", "team": "a"}), ("C", {"region": "fr", "team": "a"}), ("A", {})):
        clock.now += 1
        sandbox.create_company(name, tags=tags)
    sandbox.create_company("Foreign", foreign=True)

    def names(query: str) -> str:
        return "".join(row["name"][0] for row in companies("GET", f"?{query}").value["results"])

    assert names("") == "SBCA"
    assert names("pageSize=2&page=2") == "CA"
    assert names("orderBy=-created") == "ACBS"
    assert names("orderBy=name") == "ABCS"
    assert names("tags=region%3Duk%20%26%26%20team%3Da") == "B"
    assert names("tags=region!%3Duk") == "SCA"
    assert names("tags=team~a") == "BC"
    assert names("query=name%3DB||name%3DC") == "BC"
    assert companies("GET", "?tags=region").status == 400
    page = companies("GET", "?pageSize=1&tags=team%3Da").value
    assert page["_links"]["next"]["href"] == "/companies?page=2&pageSize=1&tags=team%3Da"
    assert page["totalResults"] == 2


def test_list__queries_reach_into_connections(companies: Companies, sandbox: Sandbox) -> None:
    """Codat's own example, a query on the connections' status, selects companies that have such a one."""
    other = sandbox.create_company("Other")
    sandbox.add_connection(other, status="Linked")
    found = companies("GET", "?query=dataConnections.status%3DLinked").value["results"]
    assert [row["id"] for row in found] == [other]
    assert found[0]["dataConnections"][0]["linkUrl"].startswith(sandbox.url)


def test_list__order_by_modified_date(companies: Companies, sandbox: Sandbox, clock: Clock) -> None:
    """Codat's sample orderBy=-modifiedDate is accepted: a change puts a company first."""
    sandbox.create_company("Newer")
    clock.now += 1
    sandbox.set_status(sandbox.add_connection(), "Linked")
    assert companies("GET", "?orderBy=-modifiedDate").value["results"][0]["id"] == sandbox.company_id


def test_references__link_parent_and_subsidiaries(companies: Companies, sandbox: Sandbox) -> None:
    """A company tells of its parent, and the parent of its subsidiaries; a deleted one is in neither."""
    child = companies("POST", "", {"name": "Child", "referenceParentCompany": {"id": sandbox.company_id}}).value
    assert child["referenceParentCompany"]["id"] == sandbox.company_id
    parent = companies("GET", f"/{sandbox.company_id}").value
    assert [row["name"] for row in parent["referenceSubsidiaryCompanies"]] == ["Child"]
    companies("DELETE", f"/{sandbox.company_id}")
    assert "referenceParentCompany" not in companies("GET", f"/{child['id']}").value


def test_access_token__is_for_a_day(companies: Companies, sandbox: Sandbox) -> None:
    """The token for the embedded components comes with its kind and its life; an unknown company has none."""
    token = companies("GET", f"/{sandbox.company_id}/accessToken").value
    assert (token["expiresIn"], token["tokenType"]) == (86400, "Bearer")
    assert token["accessToken"]
    assert companies("GET", "/nobody/accessToken").status == 404


def test_limit__is_a_402(clock: Clock) -> None:
    """With a limit, as on Codat's free plan, one company too many is a 402."""
    with Sandbox(clock=clock, company_limit=1) as sandbox:
        reply = Companies(Caller(sandbox))("POST", "", {"name": "Second"})
    assert (reply.status, "1-company limit" in reply.value["error"]) == (402, True)


def test_limit__counts_companies_of_the_account_only(clock: Clock) -> None:
    """A company of somebody else takes no place."""
    with Sandbox(clock=clock, company_limit=2) as sandbox:
        sandbox.create_company(foreign=True)
        companies = Companies(Caller(sandbox))
        assert [companies("POST", value={"name": "A"}).status for _ in range(2)] == [200, 402]


def test_contract_2021__has_the_old_fields(old: Caller) -> None:
    """In 2021 a company had a platform, and neither description nor tags."""
    shown = Companies(old)("GET", f"/{old.sandbox.company_id}").value
    assert set(shown) == {
        "id", "name", "redirect", "platform", "lastSync", "created", "createdByUserName", "dataConnections"
    }  # fmt: skip


def test_idempotency__creates_once(companies: Companies, sandbox: Sandbox) -> None:
    """A company is created once for a key."""
    key = {"Idempotency-Key": "k"}
    ids = {companies("POST", "", {"name": "A"}, headers=key).value["id"] for _ in range(3)}
    assert len(ids) == 1
    assert len(sandbox.companies()) == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("dataConnections.created>2026-01-31", True),
        ("dataConnections.created>=2026-02-03T04:05:06Z&&dataConnections.created<2026-02-04", True),
        ("dataConnections.created<2026-01-31", False),
        ("dataConnections.lastSync=2026-02-01T05:00:00+05:00", True),
        ("dataConnections.lastSync!=2026-02-01", False),
        ("dataConnections.created~2026", True),
    ],
)
def test_list__query_by_dates_of_connections(companies: Companies, sandbox: Sandbox, query: str, found: bool) -> None:
    """Dates inside objects are compared as dates, whatever their spelling, as those of the company itself are."""
    sandbox.add_connection(created="2026-02-03T04:05:06.789Z", lastSync="2026-02-01T00:00:00Z")
    reply = companies("GET", f"?pageSize=100&{urlencode({'query': query})}")
    assert [company["id"] for company in reply.value["results"]] == [sandbox.company_id] * found
