"""The high-level operations, against the sandbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cases import case
from server import CONNECTION, ScriptedServer, http_response, page

from codat_python_sdk import (
    ApiResponse,
    ApiTimeoutException,
    ApiTypeError,
    ApiValueError,
    CodatPlatform,
    ConnectionStateException,
    DataConnectionStatus,
    NotFoundException,
)
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.sandbox import Sandbox


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of the sandbox."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=0) as codat:
        yield codat


def test_operations__whole_life(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """Create, authorize, get, list, unlink and delete do what their names say."""
    made = codat.connections.create(sandbox.company_id, "gbol")
    assert (type(made), made.status, made.integration_key) == (Connection, "PendingAuth", "gbol")
    assert made.id in made.link_url
    sandbox.authorize(made.id)
    assert codat.connections.get(sandbox.company_id, made.id).status == "Linked"
    page = codat.connections.list(sandbox.company_id)
    assert [row.id for row in page.results or ()] == [made.id]
    assert codat.connections.unlink(sandbox.company_id, made.id).status == "Unlinked"
    assert codat.connections.update_authorization(sandbox.company_id, made.id, {"token": "t"}).status == "Linked"
    assert codat.connections.delete(sandbox.company_id, made.id) is True
    with pytest.raises(NotFoundException):
        codat.connections.get(sandbox.company_id, made.id)
    operations = ["create", "unlink", "update_authorization", "delete"]
    assert sandbox.ledger == [(operation, made.id) for operation in operations]


def test_operations__all_arguments_by_name(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """Every argument has its name."""
    company = sandbox.company_id
    made = codat.connections.create(company_id=company, platform_key="mqjo")
    codat.connections.update_authorization(company_id=company, connection_id=made.id, authorization={"a": "b"})
    codat.connections.list(company_id=company, page=1, page_size=5, query="status=Linked", order_by="-created")
    assert sandbox.requests[-1].target.partition("?")[2] == "pageSize=5&query=status%3DLinked&orderBy=-created&page=1"
    codat.connections.unlink(company_id=company, connection_id=made.id)
    codat.connections.delete(company_id=company, connection_id=made.id)


CALLS: dict[str, Callable[[Any, str, str, Any], Any]] = {
    "create": lambda api, company, _, options: api.create(company, "mqjo", **options),
    "get": lambda api, company, connection, options: api.get(company, connection, **options),
    "list": lambda api, company, _, options: api.list(company, **options),
    "unlink": lambda api, company, connection, options: api.unlink(company, connection, **options),
    "update_authorization": lambda api, company, connection, options: api.update_authorization(
        company, connection, {"a": "b"}, **options
    ),
    "delete": lambda api, company, connection, options: api.delete(company, connection, **options),
}


@pytest.mark.parametrize("operation", CALLS)
def test_options__reach_the_request(sandbox: Sandbox, codat: CodatPlatform, operation: str) -> None:
    """Headers, server and limits of one call count for that call, and for no other."""
    connection = sandbox.add_connection(status="Linked")
    with Sandbox(api_key=sandbox.api_key, company_id=sandbox.company_id) as other:
        there = other.add_connection(status="Linked")
        options = {"headers": {"X-Own": "1"}, "server_url": other.url, "timeout": 3, "deadline": 4, "retries": 0}
        CALLS[operation](codat.connections, sandbox.company_id, there, options)
        assert other.requests[0].headers["X-Own"] == "1"
        assert sandbox.requests == []
    CALLS[operation](codat.connections, sandbox.company_id, connection, {})
    assert "X-Own" not in sandbox.requests[0].headers


@pytest.mark.parametrize("operation", CALLS)
def test_with_http_info__is_the_same_with_more(sandbox: Sandbox, codat: CodatPlatform, operation: str) -> None:
    """Each operation has a variant with status, headers, attempts and quota."""
    connection = sandbox.add_connection(status="Linked")
    response = CALLS[operation](codat.connections.with_http_info, sandbox.company_id, connection, {})
    assert (type(response), response.status, len(response.attempts)) == (ApiResponse, 200, 1)
    assert response.rate_limit is not None
    assert response.data is True or response.data.to_dict()


@pytest.mark.parametrize("operation", ["create", "unlink"])
def test_idempotency_key__of_ones_own(sandbox: Sandbox, codat: CodatPlatform, operation: str) -> None:
    """The caller's key travels with create and unlink, so that saying it twice does it once."""
    connection = sandbox.add_connection(status="Linked")
    for _ in range(2):
        CALLS[operation](codat.connections, sandbox.company_id, connection, {"idempotency_key": "mine"})
    assert [request.headers["Idempotency-Key"] for request in sandbox.requests] == ["mine", "mine"]
    assert [done for done, _ in sandbox.ledger] == [operation]


@pytest.mark.parametrize("operation", [name for name in CALLS if name not in ("create", "unlink")])
def test_idempotency_key__where_the_service_ignores_it(sandbox: Sandbox, codat: CodatPlatform, operation: str) -> None:
    """Elsewhere it would promise what nobody keeps."""
    with pytest.raises(ApiTypeError, match="idempotency_key"):
        CALLS[operation](codat.connections, sandbox.company_id, "k", {"idempotency_key": "mine"})
    assert sandbox.requests == []


WRONG: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "platform key empty": (lambda c: c.create("c", ""), ApiValueError, "platform_key must not be empty"),
    "platform key of no type": (lambda c: c.create("c", 5), ApiTypeError, "platform_key"),
    "page 0": (lambda c: c.list("c", page=0), ApiValueError, "page must be at least 1, got 0"),
    "page of no type": (lambda c: c.list("c", page="1"), ApiTypeError, "page"),
    "page size 0": (lambda c: c.list("c", page_size=0), ApiValueError, "page_size must be from 1 to 5000"),
    "page size 5001": (lambda c: c.list("c", page_size=5001), ApiValueError, "got 5001"),
    "page size of iterate": (lambda c: c.iterate("c", page_size=5001), ApiValueError, "got 5001"),
    "query of no type": (lambda c: c.list("c", query=5), ApiTypeError, "query"),
    "authorization value": (
        lambda c: c.update_authorization("c", "k", {"a": 1}),
        ApiTypeError,
        r"\['authorization'\]\['a'\]",
    ),
    "authorization": (lambda c: c.update_authorization("c", "k", "t"), ApiTypeError, "authorization"),
    "unknown option": (lambda c: c.get("c", "k", colour=1), ApiTypeError, "colour"),
    "option of iterate": (lambda c: c.iterate("c", colour=1), ApiTypeError, "colour"),
    "generated name of an option": (lambda c: c.get("c", "k", _deadline=1), ApiTypeError, "_deadline"),
    "id": (lambda c: c.delete("c", ".."), ApiValueError, "connection_id"),
    "timeout": (lambda c: c.get("c", "k", timeout=-1), ApiValueError, "timeout must be a positive number"),
    "server": (lambda c: c.get("c", "k", server_url="api.codat.io"), ApiValueError, "server_url must be a URL"),
    "status in lower case": (lambda c: c.wait_for_status("c", "k", "linked"), ApiValueError, "spelled 'Linked'"),
    "status empty": (lambda c: c.wait_for_status("c", "k", ""), ApiValueError, "at least one status"),
    "status as bytes": (
        lambda c: c.wait_for_status("c", "k", b"Linked"),
        ApiTypeError,
        "status must be str, got bytes",
    ),
    "no status": (lambda c: c.wait_for_status("c", "k", []), ApiValueError, "at least one"),
    "status of no type": (lambda c: c.wait_for_status("c", "k", [5]), ApiTypeError, "status"),
    "waiting forever": (lambda c: c.wait_for_status("c", "k", "Linked", timeout=None), ApiTypeError, "None"),
    "interval": (lambda c: c.wait_for_status("c", "k", "Linked", poll_interval=0), ApiValueError, "poll_interval"),
}


def test_misuse__is_refused_before_anything_is_sent(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A wrong argument gets an error that names it."""
    for name, (call, error, text) in WRONG.items():
        with case(name):
            with pytest.raises(error, match=text):
                call(codat.connections)
            assert sandbox.requests == []


def test_iterate__list_that_changes_between_pages(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """Rows that are there all the time come once each, though others come and go."""
    ids = [sandbox.add_connection() for _ in range(10)]
    iterator = codat.connections.iterate(sandbox.company_id, page_size=3, order_by="created")
    seen = [next(iterator).id for _ in range(3)]
    codat.connections.delete(sandbox.company_id, seen[0])
    codat.connections.delete(sandbox.company_id, seen[1])
    codat.connections.create(sandbox.company_id, "mqjo")
    seen += [next(iterator).id]
    codat.connections.create(sandbox.company_id, "mqjo")
    codat.connections.delete(sandbox.company_id, seen[2])
    seen += [row.id for row in iterator]
    assert len(seen) == len(set(seen))
    assert set(ids) <= set(seen)


def test_iterate__row_that_moves_in_the_order(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A change that moves a row to a page that was read already loses neither that row nor another one."""
    ids = [sandbox.add_connection(status="Linked") for _ in range(9)]
    iterator = codat.connections.iterate(sandbox.company_id, page_size=3, order_by="modifiedDate")
    seen = [next(iterator).id for _ in range(3)]
    codat.connections.unlink(sandbox.company_id, seen[1])  # now the last one
    seen += [row.id for row in iterator]
    assert sorted(seen) == sorted(ids)


def test_iterate__at_a_service_with_another_clock(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """Where the clocks differ, what was created a while ago is no change."""
    sandbox.clock.advance(3600)
    for _ in range(7):
        sandbox.add_connection()
    sandbox.clock.advance(60)
    assert len(list(codat.connections.iterate(sandbox.company_id, page_size=3))) == 7
    assert len(sandbox.requests) == 3


@pytest.mark.parametrize("wrong", [{"company_id": ".."}, {"company_id": 5}, {"query": 5}, {"order_by": 5}])
def test_iterate__checks_its_arguments_at_once(sandbox: Sandbox, codat: CodatPlatform, wrong: dict[str, Any]) -> None:
    """What cannot be used is refused where it is written, and not when the first row is asked for."""
    arguments: dict[str, Any] = {"company_id": sandbox.company_id} | wrong
    with pytest.raises((ApiTypeError, ApiValueError), match=next(iter(wrong))):
        codat.connections.iterate(**arguments)
    assert sandbox.requests == []


def test_iterate__as_many_requests_as_pages(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """While nothing changes there is one request per page, with what the caller asked for."""
    for _ in range(7):
        sandbox.add_connection()
    iterator = codat.connections.iterate(sandbox.company_id, page_size=3, order_by="-created", headers={"X-Own": "1"})
    assert sandbox.requests == []
    assert len(list(iterator)) == 7
    queries = [request.target.partition("?")[2] for request in sandbox.requests]
    assert queries == [f"pageSize=3&orderBy=-created&page={page}" for page in (1, 2, 3)]
    assert all(request.headers["X-Own"] == "1" for request in sandbox.requests)


def test_wait_for_status__until_the_customer_has_linked(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """The waiting ends when the customer is through."""
    made = codat.connections.create(sandbox.company_id, "gbol")
    polling = threading.Event()
    waiter_result: list[Connection] = []

    def wait() -> None:
        polling.set()
        waiter_result.append(
            codat.connections.wait_for_status(
                sandbox.company_id, made.id, DataConnectionStatus.LINKED, timeout=20, poll_interval=0.01
            )
        )

    waiter = threading.Thread(target=wait)
    waiter.start()
    polling.wait(10)
    sandbox.authorize(made.id)
    waiter.join(20)
    assert waiter_result[0].status == "Linked"


def test_wait_for_status__in_time(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A connection that nobody links ends the waiting with the status last seen."""
    made = codat.connections.create(sandbox.company_id, "gbol")
    with pytest.raises(ApiTimeoutException) as caught:
        codat.connections.wait_for_status(sandbox.company_id, made.id, ["Linked"], timeout=0.5, poll_interval=0.1)
    assert caught.value.last_status == "PendingAuth"


def test_wait_for_status__connection_that_is_gone(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A deleted connection ends the waiting at once."""
    with pytest.raises(NotFoundException):
        codat.connections.wait_for_status(sandbox.company_id, "gone", "Linked")


def test_wait_for_status__connection_that_is_given_up() -> None:
    """A connection that is unlinked after the first poll ends the polling."""
    with Sandbox(on_request=lambda _: sandbox.set_status(connection, "Unlinked")) as sandbox:
        connection = sandbox.add_connection(status="PendingAuth")
        codat = CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url)
        with codat, pytest.raises(ConnectionStateException, match="is Unlinked"):
            codat.connections.wait_for_status(sandbox.company_id, connection, "Linked", poll_interval=0.01)


def test_wait_for_status__requests_stay_within_the_timeout(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A server that hangs does not keep the waiting beyond its timeout."""
    made = codat.connections.create(sandbox.company_id, "gbol")
    sandbox.stall(times=None)
    with pytest.raises(ApiTimeoutException, match="never seen"):
        codat.connections.wait_for_status(sandbox.company_id, made.id, "Linked", timeout=0.2, deadline=None)


def test_server_url__of_a_call_does_not_leak_into_other_threads(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """Calls to two servers at once, on one client, each reach their own."""
    with Sandbox(api_key=sandbox.api_key, company_id=sandbox.company_id) as other:
        here, there = sandbox.add_connection(), other.add_connection()

        def many(connection: str, **options: Any) -> list[str]:
            return [codat.connections.get(sandbox.company_id, connection, **options).id for _ in range(25)]

        with ThreadPoolExecutor(8) as pool:
            from_this = [pool.submit(many, here) for _ in range(4)]
            from_other = [pool.submit(many, there, server_url=other.url) for _ in range(4)]
        assert {name for future in from_this for name in future.result()} == {here}
        assert {name for future in from_other for name in future.result()} == {there}
        assert len(sandbox.requests) == len(other.requests) == 100


# -- all companies -----------------------------------------------------------------------------------------------------


def test_iterate_all__yields_each_connection_with_its_company(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """The connections of all companies come with their company, at one request per page of companies."""
    companies = [codat.companies.create(f"Company {number}") for number in range(5)]
    made = {codat.connections.create(company.id, "mqjo").id: company.id for company in companies}
    count = len(sandbox.requests)
    found = list(codat.connections.iterate_all(page_size=3))
    assert {connection.id: company.id for company, connection in found} == made and len(found) == 5
    assert len(sandbox.requests) - count == 2


def test_iterate_all__by_status_and_type(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """Who has to sign in again, and who has a shop, is one loop each."""
    linked = sandbox.add_connection(platform_key="gbol", status="Linked")
    lapsed = sandbox.add_connection(platform_key="fztf", status="Deauthorized")
    unlinked = sandbox.add_connection(platform_key="suuo", status="Unlinked")

    def found(**conditions: Any) -> set[str]:
        return {connection.id for _, connection in codat.connections.iterate_all(**conditions)}

    assert found() == {linked, lapsed, unlinked}
    assert found(status="Deauthorized") == {lapsed}
    assert found(status=["Deauthorized", DataConnectionStatus.UNLINKED]) == {lapsed, unlinked}
    assert found(source_type="Commerce") == {lapsed}
    assert found(source_type=("Banking", "Accounting"), status="Linked") == {linked}
    assert found(tags="no=tag") == set()


def test_iterate_all__checks_its_arguments_at_once(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A misspelt status or type is refused when the loop is made, and nothing is sent."""
    wrong: Any = 5
    wrong_values: list[dict[str, Any]] = [
        {"status": "linked"}, {"status": []}, {"source_type": "accounting"}, {"source_type": []}, {"page_size": 0}
    ]  # fmt: skip
    for conditions in wrong_values:
        with pytest.raises(ApiValueError, match=next(iter(conditions))):
            codat.connections.iterate_all(**conditions)
    for name in ("status", "source_type"):
        with pytest.raises(ApiTypeError, match=name):
            codat.connections.iterate_all(**{name: wrong})
    assert sandbox.requests == []


@pytest.mark.parametrize("field", [{}, {"dataConnections": None}])
def test_iterate_all__of_companies_without_the_field(server: ScriptedServer, field: dict[str, Any]) -> None:
    """Where a company comes without the field of its connections, or with null, they are asked for."""
    company = {"id": "c1", "name": "N", "redirect": "https://x.example"} | field
    server.script(http_response({"results": [company], "totalResults": 1}), http_response(page(CONNECTION)))
    with CodatPlatform(api_key="k", server_url=server.url) as codat:
        assert [connection.id for _, connection in codat.connections.iterate_all()] == [CONNECTION["id"]]
    assert [request.target.partition("?")[0] for request in server.requests] == [
        "/companies",
        "/companies/c1/connections",
    ]


def test_iterate_all__of_a_company_that_was_deleted_meanwhile(server: ScriptedServer) -> None:
    """A company that no longer exists when its connections are asked for has none; the others follow."""
    rows = [{"id": name, "name": "N", "redirect": "https://x.example"} for name in ("gone", "c2")]
    server.script(
        http_response({"results": rows, "totalResults": 2}), http_response(status=404), http_response(page(CONNECTION))
    )
    with CodatPlatform(api_key="k", server_url=server.url) as codat:
        assert [company.id for company, _ in codat.connections.iterate_all()] == ["c2"]


def test_iterate_all__passes_over_what_does_not_fit(server: ScriptedServer) -> None:
    """What is no connection is left out; a status or type that is no text matches none that is asked for."""
    company = {"id": "c1", "name": "N", "redirect": "https://x.example"}
    values: list[Any] = [{}, ["Linked"], 5]
    odd = [CONNECTION | {"id": "k-odd", "status": value, "sourceType": value} for value in values]
    fine = CONNECTION | {"id": "k-fine", "status": "Linked", "sourceType": "Accounting"}
    rows = [company | {"dataConnections": [None, "x", 5, [fine], *odd, fine]}, company | {"id": 5}]
    with CodatPlatform(api_key="k", server_url=server.url) as codat:

        def ids(**conditions: Any) -> list[str]:
            server.script(http_response({"results": rows, "totalResults": 2}))
            return [connection.id for _, connection in codat.connections.iterate_all(**conditions)]

        assert ids() == ["k-odd", "k-odd", "k-odd", "k-fine"]
        assert ids(status="Linked") == ids(source_type="Accounting") == ["k-fine"]


@pytest.mark.parametrize("link", [None, "", 5, {}])
def test_reconnect_link__that_is_none(server: ScriptedServer, link: Any) -> None:
    """A link that is no text, or empty, is an error here, and not where the customer is redirected to it."""
    server.script(http_response(CONNECTION | {"status": "Deauthorized", "linkUrl": link}))
    with (
        CodatPlatform(api_key="k", server_url=server.url) as codat,
        pytest.raises(ConnectionStateException, match="is Deauthorized, and has no link_url") as caught,
    ):
        codat.connections.reconnect_link("c", "k")
    assert caught.value.last_status == "Deauthorized"


@pytest.mark.parametrize("status", [{}, ["Linked"], 5, None])
def test_reconnect_link__of_a_connection_without_a_status(server: ScriptedServer, status: Any) -> None:
    """A status that is no text is none, which is not one to link again."""
    server.script(http_response({"status": status}))
    with (
        CodatPlatform(api_key="k", server_url=server.url) as codat,
        pytest.raises(
            ConnectionStateException, match="connection k1 is None: only Deauthorized and Unlinked"
        ) as caught,
    ):
        codat.connections.reconnect_link("c1", "k1")
    assert caught.value.last_status is None


@pytest.mark.parametrize("status", ["Deauthorized", "Unlinked"])
def test_reconnect_link__of_a_lapsed_connection(sandbox: Sandbox, codat: CodatPlatform, status: str) -> None:
    """The link of a connection that lost its access is the one to send the customer to."""
    connection = sandbox.add_connection(status=status)
    assert connection in codat.connections.reconnect_link(sandbox.company_id, connection)


@pytest.mark.parametrize(("status", "advice"), [("Linked", "nothing to do"), ("PendingAuth", "never linked")])
def test_reconnect_link__of_any_other(sandbox: Sandbox, codat: CodatPlatform, status: str, advice: str) -> None:
    """For a connection with another status, the error says what to do instead."""
    connection = sandbox.add_connection(status=status)
    with pytest.raises(ConnectionStateException, match=advice) as caught:
        codat.connections.reconnect_link(sandbox.company_id, connection)
    assert caught.value.last_status == status


def test_reconnect_link__of_a_deleted_connection(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A deleted connection is not found, and the text says that it cannot be restored."""
    connection = sandbox.add_connection(status="Deauthorized")
    codat.connections.delete(sandbox.company_id, connection)
    with pytest.raises(NotFoundException, match="cannot be restored"):
        codat.connections.reconnect_link(sandbox.company_id, connection)
