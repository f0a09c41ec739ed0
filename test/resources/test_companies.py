"""Companies by their high-level names, against the sandbox and over the wire."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from cases import case
from server import CONNECTION, ScriptedServer, http_response

from codat_python_sdk import (
    ApiResponse,
    ApiTypeError,
    ApiValueError,
    BadRequestException,
    CodatPlatform,
    NotFoundException,
    UnprocessableEntityException,
    UnreadableResponseException,
)
from codat_python_sdk.resources.companies import Companies, CompaniesWithHttpInfo
from codat_python_sdk.sandbox import Sandbox

COMPANY: dict[str, Any] = {"id": "c1", "name": "Corner Bakery", "redirect": "https://link.example/c1", "tags": {}}


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of the sandbox."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=0) as codat:
        yield codat


@pytest.fixture
def wire(server: ScriptedServer) -> Iterator[CodatPlatform]:
    """A client of the scripted server."""
    server.script(http_response(COMPANY))
    with CodatPlatform(api_key="k", server_url=server.url, retries=0) as codat:
        yield codat


def test_operations__whole_life(codat: CodatPlatform) -> None:
    """Create, get, update, replace, list and delete do what their names say."""
    made = codat.companies.create("Corner Bakery", description="Bread", tags={"uid": "c-17", "team": "lending"})
    assert (made.name, made.description, made.tags) == ("Corner Bakery", "Bread", {"uid": "c-17", "team": "lending"})
    assert codat.companies.get(made.id).name == "Corner Bakery"
    changed = codat.companies.update(made.id, description="Cakes")
    assert (changed.description, changed.tags) == ("Cakes", {"uid": "c-17", "team": "lending"})
    replaced = codat.companies.replace(made.id, "Corner Bakery Ltd", tags={"uid": "c-17"})
    assert (replaced.name, replaced.description or None, replaced.tags) == ("Corner Bakery Ltd", None, {"uid": "c-17"})
    page = codat.companies.list(tags="uid=c-17")
    assert [company.id for company in page.results or ()] == [made.id]
    assert codat.companies.delete(made.id) is True
    with pytest.raises(NotFoundException):
        codat.companies.get(made.id)


def test_access_token__is_for_the_company(codat: CodatPlatform) -> None:
    """A token for the browser comes with its kind and its seconds."""
    token = codat.companies.get_access_token(codat.companies.create("Corner Bakery").id)
    assert token.access_token and token.token_type == "Bearer" and token.expires_in == 86400


def test_secrets__are_shown_by_nothing_that_only_prints(server: ScriptedServer, wire: CodatPlatform) -> None:
    """The token, and the one-time code of a company's page, are values like others and are in no repr."""
    server.script(
        http_response({"accessToken": "canary", "expiresIn": 5, "tokenType": "Bearer"}),
        http_response(COMPANY | {"redirect": "https://link.example/c1?link.otp=canary"}),
    )
    info, company = wire.companies.with_http_info.get_access_token("c1"), wire.companies.get("c1")
    assert info.data.access_token == "canary" and company.redirect.endswith("canary")
    for value in (info, info.data, company, [info.data], vars(info) if hasattr(info, "__dict__") else info):
        assert "canary" not in f"{value!r} {value}"
    assert "canary" not in info.data.to_str() and info.data.to_dict()["access_token"] == "canary"


def test_token__that_cannot_be_read(server: ScriptedServer, wire: CodatPlatform) -> None:
    """A response with a token that cannot be read shows nothing of it in its error."""
    for body in (b'{"accessToken": "canary", "exp', b'["canary"]'):
        server.script(http_response(body=body))
        with pytest.raises(UnreadableResponseException) as caught:
            wire.companies.get_access_token("c1")
        assert "canary" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


def test_connections__come_with_the_company(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A company has its connections, without those that were deleted."""
    first, second = (sandbox.add_connection(status="Linked") for _ in range(2))
    codat.connections.delete(sandbox.company_id, second)
    connections = codat.companies.get(sandbox.company_id).data_connections
    assert [connection.id for connection in connections or ()] == [first]


def test_iterate__yields_every_company_once(codat: CodatPlatform) -> None:
    """All pages are read, and each company comes once."""
    made = {codat.companies.create(f"Company {number}", tags={"of": "this test"}).id for number in range(7)}
    found = [company.id for company in codat.companies.iterate(page_size=3, tags="of=this test")]
    assert set(found) == made and len(found) == 7


# -- what is sent ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ({"name": "N"}, {"name": "N"}),
        ({"name": "N", "description": "", "tags": {}}, {"name": "N", "description": "", "tags": {}}),
        ({"name": "N", "description": None, "tags": None}, {"name": "N"}),
        ({"name": "N", "tags": {"a": "b"}}, {"name": "N", "tags": {"a": "b"}}),
    ],
)
def test_create_and_replace__send_what_is_there(
    server: ScriptedServer, wire: CodatPlatform, arguments: dict[str, Any], body: Any
) -> None:
    """None is not sent; replacing sends the same body as creating."""
    wire.companies.create(**arguments)
    wire.companies.replace("c1", **arguments)
    post, put = server.requests
    assert (post.method, post.target, post.json) == ("POST", "/companies", body)
    assert (put.method, put.target, put.json) == ("PUT", "/companies/c1", body)


@pytest.mark.parametrize("given", [{"name": "N"}, {"description": ""}, {"tags": {}}, {"name": "N", "tags": {"a": "b"}}])
def test_update__sends_only_what_is_given(server: ScriptedServer, wire: CodatPlatform, given: dict[str, Any]) -> None:
    """A PATCH holds what was given and nothing else; tags go only if they were given."""
    wire.companies.update("c1", **given)
    assert (server.request.method, server.request.json) == ("PATCH", given)


WRONG: list[tuple[Callable[[Any], Any], type[Exception], Any]] = [
    (lambda companies: companies.create(""), ApiValueError, ["name"]),
    (lambda companies: companies.create(None), ApiTypeError, ["name"]),
    (lambda companies: companies.create("N", tags={"a": 1}), ApiTypeError, ["tags", "a"]),
    (lambda companies: companies.create("N", description=5), ApiTypeError, ["description"]),
    (lambda companies: companies.create("N", platformType="gbol"), ApiTypeError, ["platformType"]),
    (lambda companies: companies.update("c1"), ApiValueError, None),
    (lambda companies: companies.update("c1", name=None), ApiTypeError, ["name"]),
    (lambda companies: companies.update("c1", tags=None), ApiTypeError, ["tags"]),
    (lambda companies: companies.replace("c1", ""), ApiValueError, ["name"]),
    (lambda companies: companies.get(".."), ApiValueError, None),
    (lambda companies: companies.delete(""), ApiValueError, None),
    (lambda companies: companies.list(page_size=0), ApiValueError, ["page_size"]),
    (lambda companies: companies.list(tags=5), ApiTypeError, ["tags"]),
    (lambda companies: companies.ensure("", name="N"), ApiValueError, ["uid"]),
    (lambda companies: companies.ensure("a=b", name="N"), ApiValueError, ["uid"]),
    (lambda companies: companies.ensure("a&&b", name="N"), ApiValueError, ["uid"]),
    (lambda companies: companies.ensure(" a", name="N"), ApiValueError, ["uid"]),
    (lambda companies: companies.ensure("x" * 101, name="N"), ApiValueError, ["uid"]),
    (lambda companies: companies.ensure(17, name="N"), ApiTypeError, ["uid"]),
    (lambda companies: companies.ensure("a", name=""), ApiValueError, ["name"]),
    (lambda companies: companies.duplicates(tag=5), ApiTypeError, ["tag"]),
]


def test_arguments__that_cannot_be_right(server: ScriptedServer, wire: CodatPlatform) -> None:
    """A wrong argument is refused by name, and nothing is sent."""
    for number, (call, error, path) in enumerate(WRONG):
        with case(number, error, path):
            with pytest.raises(error) as caught:
                call(wire.companies)
            assert path is None or vars(caught.value)["path_to_item"] == path
            assert server.connections == 0


def test_with_http_info__has_the_same_arguments(wire: CodatPlatform, server: ScriptedServer) -> None:
    """Each operation has a variant that returns an ApiResponse."""
    for name in ("create", "get", "list", "update", "replace", "delete", "get_access_token"):
        plain, variant = (
            list(inspect.signature(getattr(c, name)).parameters) for c in (Companies, CompaniesWithHttpInfo)
        )
        assert plain == variant
    info = wire.companies.with_http_info.get("c1")
    assert type(info) is ApiResponse and (info.data.id, info.status) == ("c1", 200)
    server.script(http_response(None, status=204, body=b""))
    assert wire.companies.with_http_info.delete("c1").data is True


# -- ensure and duplicates ---------------------------------------------------------------------------------------------


def test_ensure__creates_once(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """The first call creates the company with its tag, later ones find it, whatever name they come with."""
    made = codat.companies.ensure("c-17", name="Corner Bakery", description="Bread", tags={"team": "lending"})
    assert made.tags == {"team": "lending", "uid": "c-17"} and made.description == "Bread"
    count = len(sandbox.requests)
    assert codat.companies.ensure("c-17", name="Another").id == made.id
    assert [request.method for request in sandbox.requests[count:]] == ["GET"]
    assert codat.companies.get(made.id).name == "Corner Bakery"


def test_ensure__finds_no_similar_one(codat: CodatPlatform) -> None:
    """Only the very value counts, however the service compares."""
    first = codat.companies.ensure("c-1", name="First")
    assert codat.companies.ensure("c-17", name="Second").id != first.id
    assert codat.companies.ensure("C-1", name="Third").id != first.id


def test_ensure__by_many_workers_at_once(codat: CodatPlatform) -> None:
    """However many workers ask at once, with whatever names, one company is made."""

    def ensure(number: int) -> str:
        return codat.companies.ensure("c-17", name=f"Name {number}", retries=5).id

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(ensure, range(16)))
    assert len(set(made)) == 1 and codat.companies.duplicates() == {}


def test_ensure__after_a_deletion(codat: CodatPlatform) -> None:
    """A company that was deleted is created anew, although the service still knows the response to its key."""
    first = codat.companies.ensure("c-17", name="Corner Bakery")
    codat.companies.delete(first.id)
    second = codat.companies.ensure("c-17", name="Corner Bakery")
    assert second.id != first.id and codat.companies.get(second.id).tags == {"uid": "c-17"}


def test_ensure__after_a_deletion_by_many_workers_at_once(codat: CodatPlatform) -> None:
    """However many workers come after a deletion, and after another one, one company is made."""

    def ensure(_: int) -> str:
        return codat.companies.ensure("c-17", name="Corner Bakery", retries=5).id

    codat.companies.delete(ensure(0))
    for _ in range(2):
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(ensure, range(16)))
        assert len(made) == 1 and codat.companies.duplicates() == {}
        codat.companies.delete(made.pop())
    assert codat.companies.get(ensure(0)).tags == {"uid": "c-17"}


def page(*companies: dict[str, Any]) -> Any:
    return http_response({"results": list(companies), "totalResults": len(companies), "pageNumber": 1, "pageSize": 100})


def test_ensure__sends_a_key_made_of_the_uid(server: ScriptedServer, wire: CodatPlatform) -> None:
    """The key is a UUID, the same for the same uid on every machine, and another one for another."""
    keys: list[str] = []
    for uid in ("c-17", "c-17", "c-18"):
        server.script(page(), http_response(COMPANY), http_response(COMPANY))
        wire.companies.ensure(uid, name="N")
        (post,) = [request for request in server.requests[-3:] if request.method == "POST"]
        keys.append(str(UUID(post.header("Idempotency-Key"))))
    assert keys[0] == keys[1] == "1335a069-b8a6-5e74-99ce-cfca9216c65c" and keys[2] != keys[0]


def test_ensure__when_another_worker_was_first(server: ScriptedServer, wire: CodatPlatform) -> None:
    """If the key was used with another name, that company is found; if there is none, the error comes through."""
    server.script(page(), http_response(status=422), page(COMPANY | {"tags": {"uid": "c-17"}}))
    assert wire.companies.ensure("c-17", name="N").id == "c1"
    server.script(page(), http_response(status=422), page())
    with pytest.raises(UnprocessableEntityException):
        wire.companies.ensure("c-17", name="N")


def test_ensure__after_a_creation_that_was_rejected(codat: CodatPlatform) -> None:
    """Codat keeps a rejection with the key: the text says so, and its advice helps."""
    with pytest.raises(BadRequestException):
        codat.companies.ensure("c-17", name="N", tags={"k" * 40: "v"})
    with pytest.raises(UnprocessableEntityException, match="create the company with") as caught:
        codat.companies.ensure("c-17", name="N", tags={"k": "v"})
    assert "new key" not in str(caught.value) and str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    made = codat.companies.create("N", tags={"uid": "c-17"})
    assert codat.companies.ensure("c-17", name="N").id == made.id


def test_ensure__takes_the_oldest(server: ScriptedServer, wire: CodatPlatform) -> None:
    """Of several with the tag the oldest is returned, one without a date last."""
    tags = {"uid": "c-17"}
    rows = [
        COMPANY | {"id": "none", "tags": tags},
        COMPANY | {"id": "new", "tags": tags, "created": "2026-02-03T04:05:06Z"},
        COMPANY | {"id": "old", "tags": tags, "created": "0001-01-01T00:00:00"},
        COMPANY | {"id": "other", "tags": {"uid": "c-170"}, "created": "0001-01-01T00:00:00"},
        COMPANY | {"id": "untagged", "tags": None},
    ]
    server.script(page(*rows))
    assert wire.companies.ensure("c-17", name="N").id == "old"
    server.script(page(*rows[:2]))
    assert wire.companies.ensure("c-17", name="N").id == "new"


def test_duplicates__are_found_by_tag(codat: CodatPlatform) -> None:
    """Values that several companies have are reported with them, the oldest first; other tags on request."""
    first = codat.companies.create("First", tags={"uid": "c-17", "crm": "1"})
    codat.companies.create("Second", tags={"uid": "c-18", "crm": "1"})
    third = codat.companies.create("Third", tags={"uid": "c-17"})
    found = {uid: {company.id for company in companies} for uid, companies in codat.companies.duplicates().items()}
    assert found == {"c-17": {first.id, third.id}}
    assert set(codat.companies.duplicates(tag="crm", page_size=2)) == {"1"}
    assert codat.companies.duplicates(tag="none") == {}


#: What stands in place of tags, of the value of one, of a date and of an id.
ODD_ROWS: list[dict[str, Any]] = [
    COMPANY | {"id": "list", "tags": ["uid"]},
    COMPANY | {"id": "text", "tags": "uid"},
    COMPANY | {"id": "value", "tags": {"uid": [1]}},
    COMPANY | {"id": "number", "tags": {"uid": 17}},
    COMPANY | {"id": "soon", "tags": {"uid": "c-17"}, "created": "soon"},
    COMPANY | {"id": 5, "tags": {"uid": "c-17"}, "created": 5},
    COMPANY | {"id": "old", "tags": {"uid": "c-17"}, "created": "2026-02-03T04:05:06Z"},
]


def test_ensure_and_duplicates__pass_over_what_does_not_fit(server: ScriptedServer, wire: CodatPlatform) -> None:
    """Tags that are no texts belong to no value, and what is no date is younger than every date."""
    server.script(page(*ODD_ROWS))
    assert wire.companies.ensure("c-17", name="N").id == "old"
    server.script(page(*ODD_ROWS))
    found = wire.companies.duplicates()
    assert {uid: [company.id for company in companies] for uid, companies in found.items()} == {
        "c-17": ["old", 5, "soon"]
    }


def test_ensure__returns_a_company_without_an_id(server: ScriptedServer, wire: CodatPlatform) -> None:
    """A new company whose id is none is returned as it came, since it cannot be fetched."""
    server.script(page(), http_response(COMPANY | {"id": None}))
    made: Any = wire.companies.ensure("c-17", name="N")
    assert (made.id, made.name) == (None, "Corner Bakery")


def test_results__hold_connections(server: ScriptedServer, wire: CodatPlatform) -> None:
    """Connections of a company in a list are connections."""
    server.script(page(COMPANY | {"dataConnections": [CONNECTION]}))
    company = next(iter(wire.companies.list().results or ()))
    assert company.data_connections and company.data_connections[0].status == "Linked"


def test_iterate__checks_its_options_at_once(codat: CodatPlatform) -> None:
    """An option that cannot be used is refused where it is written, and not when the first row is asked for."""
    wrong: Any = 5
    with pytest.raises(ApiValueError, match="deadline"):
        codat.companies.iterate(deadline=-1)
    with pytest.raises(ApiTypeError, match="tags"):
        codat.companies.iterate(tags=wrong)
