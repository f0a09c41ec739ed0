"""How arguments become path, query, headers and body: seen by a server, or refused before anything is sent."""

from __future__ import annotations

import itertools
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import UUID

import pytest
from cases import case
from conftest import MakeApi
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from server import CONNECTION, ScriptedServer, http_response, page
from strategies import JSON, texts

from codat_python_sdk import UNSET, ApiTypeError, ApiValueError
from codat_python_sdk.api.companies_api import CompaniesApi
from codat_python_sdk.api.connection_api import ConnectionApi

# A server and an api serve all examples of a property: what they saw before does not matter to it.
over_the_wire = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANY_TEXT = texts(st.characters(exclude_categories=())) | texts("./%\\?#&+ ab\u00e9\n\x7f\x85\ud800", max_size=8)


def target(server: ScriptedServer) -> str:
    """What the last request asked for."""
    return server.requests[-1].target


@over_the_wire
@given(company_id=ANY_TEXT, connection_id=ANY_TEXT)
@example("..", "k1")
@example("c1", "..")
@example("%2e%2e", "%2F")
@example("a/b", "../x?y#z")
def test_ids__are_one_segment_or_refused(
    server: ScriptedServer, api: ConnectionApi, company_id: str, connection_id: str
) -> None:
    """For any text the server sees exactly one segment that decodes to the same text, or nothing is sent."""
    before = len(server.requests)
    refused = any(
        text in ("", ".", "..") or any(ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in text)
        for text in (company_id, connection_id)
    )
    try:
        api.companies_company_id_connections_connection_id_get(company_id, connection_id)
    except ApiValueError as error:
        assert refused
        assert error.path_to_item in (["company_id"], ["connection_id"])
        assert len(server.requests) == before
    else:
        assert not refused
        parts = target(server).split("/")
        assert [unquote(part, errors="strict") for part in parts] == [
            "", "companies", company_id, "connections", connection_id,
        ]  # fmt: skip
        assert target(server).isascii() and "?" not in target(server) and "#" not in target(server)


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("my company", "my%20company"),
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a%252Fb"),
        ("100%", "100%25"),
        ("a+b", "a%2Bb"),
        ("a?b=c#d", "a%3Fb%3Dc%23d"),
        ("café \U0001f600", "caf%C3%A9%20%F0%9F%98%80"),
        ("aZ0-._~", "aZ0-._~"),
        ("{connectionId}", "%7BconnectionId%7D"),
        ("...", "..."),
        ("%2e%2e", "%252e%252e"),
        ("a:b@c&d=e,f;g*h!i$j'k(l)", "a%3Ab%40c%26d%3De%2Cf%3Bg%2Ah%21i%24j%27k%28l%29"),
        ("[a]\\{b}", "%5Ba%5D%5C%7Bb%7D"),
    ],
)
def test_ids__are_escaped_completely(server: ScriptedServer, api: ConnectionApi, text: str, segment: str) -> None:
    """Everything but letters, digits and -._~ is percent-encoded, in every operation."""
    server.script(
        http_response(page()),
        http_response(CONNECTION),
        http_response(True),
        http_response(CONNECTION),
        http_response(CONNECTION),
    )
    api.companies_company_id_connections_get(text)
    api.companies_company_id_connections_post(text)
    api.companies_company_id_connections_connection_id_delete(text, text)
    api.companies_company_id_connections_connection_id_patch(text, text)
    api.companies_company_id_connections_connection_id_authorization_put(text, text)
    one = f"/companies/{segment}/connections"
    assert [request.target.partition("?")[0] for request in server.requests] == [
        one, one, f"{one}/{segment}", f"{one}/{segment}", f"{one}/{segment}/authorization",
    ]  # fmt: skip


BAD = "bad"
#: an operation and its ids, one of them bad
WITH_A_BAD_ID: dict[str, tuple[str, list[str]]] = {
    "list": ("get", [BAD]),
    "create": ("post", [BAD]),
    "get": ("connection_id_get", ["c", BAD]),
    "delete": ("connection_id_delete", ["c", BAD]),
    "delete company": ("connection_id_delete", [BAD, "k"]),
    "unlink": ("connection_id_patch", ["c", BAD]),
    "authorization": ("connection_id_authorization_put", ["c", BAD]),
}


def call_with(api: ConnectionApi, operation: str, bad: Any, **options: Any) -> object:
    """Call an operation with a value in the place of one of its ids."""
    name, ids = WITH_A_BAD_ID[operation]
    method = getattr(api, f"companies_company_id_connections_{name}")
    return method(*(bad if text is BAD else text for text in ids), **options)


BAD_IDS = ("", ".", "..", "\n", "a\r\nb", "\0", "a\tb", "\x7f", "\x85", "\ud800", None, 5, b"k")


def test_ids__that_would_address_something_else_open_no_socket(server: ScriptedServer, api: ConnectionApi) -> None:
    """Such an id is an error at once, in async calls too, and names the argument; no connection is made."""
    for operation, asynchronous, bad in itertools.product(WITH_A_BAD_ID, [False, True], BAD_IDS):
        with case(operation, asynchronous, bad):
            with pytest.raises(ApiValueError if isinstance(bad, str) else ApiTypeError) as error:
                call_with(api, operation, bad, async_req=asynchronous)
            assert error.value.path_to_item in (["company_id"], ["connection_id"])
            assert server.connections == 0


def test_ids__are_checked_without_type_checks_too(server: ScriptedServer, api: ConnectionApi) -> None:
    """_check_input_type=False is for other arguments: an id that is neither str nor UUID is an ApiValueError."""
    wrong = ("", ".", "..", None, 5, True, 1.5, b"k", ["k"], {"id": "k"}, object())
    for operation, bad in itertools.product(WITH_A_BAD_ID, wrong):
        with case(operation, bad):
            with pytest.raises(ApiValueError) as error:
                call_with(api, operation, bad, _check_input_type=False)
            assert error.value.path_to_item in (["company_id"], ["connection_id"])
            assert server.connections == 0


def test_ids__uuids_need_no_type_checks(server: ScriptedServer, api: ConnectionApi) -> None:
    """A UUID is an id with and without type checks."""
    for checks in (True, False):
        api.companies_company_id_connections_connection_id_get("c", UUID(int=5), _check_input_type=checks)
        assert target(server) == f"/companies/c/connections/{UUID(int=5)}"


@pytest.mark.parametrize(
    ("safe", "text", "segment"), [("/", "a/b", "a/b"), (":", "a:b/c", "a:b%2Fc"), ("@", "a@b", "a@b")]
)
def test_ids__safe_characters_loosen_the_escaping(
    server: ScriptedServer, make_api: MakeApi, safe: str, text: str, segment: str
) -> None:
    """safe_chars_for_path_param leaves its characters as they are."""
    make_api(safe_chars_for_path_param=safe).companies_company_id_connections_connection_id_get("c", text)
    assert target(server) == f"/companies/c/connections/{segment}"


def test_ids__safe_slashes_do_not_let_dots_through(server: ScriptedServer, make_api: MakeApi) -> None:
    """With slashes allowed, no part of an id may be empty, '.' or '..'."""
    for text in ["../x", "a/..", "a/./b", "/", "a//b", "/a"]:
        with case(text):
            with pytest.raises(ApiValueError):
                make_api(safe_chars_for_path_param="/").companies_company_id_connections_connection_id_delete("c", text)
            assert server.connections == 0


class Which(str, Enum):
    """As callers name their ids and orders."""

    ONE = "one"


def test_texts__of_a_subclass_of_str_are_their_value(server: ScriptedServer, api: ConnectionApi) -> None:
    """A member of a string enum stands for its value in paths and queries, as it does in JSON."""
    server.script(http_response(page()))
    api.companies_company_id_connections_get(Which.ONE, order_by=Which.ONE)
    assert target(server) == "/companies/one/connections?orderBy=one&page=1"


# -- queries -----------------------------------------------------------------------------------------------------------


@over_the_wire
@given(query=texts(), order_by=texts(), page_size=st.integers(), number=st.integers())
def test_query__arrives_as_it_was_given(
    server: ScriptedServer, api: ConnectionApi, query: str, order_by: str, page_size: int, number: int
) -> None:
    """Any text and number arrives unchanged, in the order of 2021, under its JSON name."""
    server.script(http_response(page()))
    api.companies_company_id_connections_get("c", number, page_size=page_size, query=query, order_by=order_by)
    pairs = parse_qsl(target(server).partition("?")[2], keep_blank_values=True, strict_parsing=True, errors="strict")
    assert pairs == [("pageSize", str(page_size)), ("query", query), ("orderBy", order_by), ("page", str(number))]
    assert "+" in target(server) or " " not in query


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ({}, "page=1"),
        ({"page": 0}, "page=0"),
        ({"page_size": 50}, "pageSize=50&page=1"),
        ({"query": ""}, "query=&page=1"),
        ({"query": "status=Linked&&platformName!=Xero"}, "query=status%3DLinked%26%26platformName%21%3DXero&page=1"),
        ({"query": "a b+c"}, "query=a+b%2Bc&page=1"),
        ({"query": "a%20b"}, "query=a%2520b&page=1"),
        ({"order_by": "-created"}, "orderBy=-created&page=1"),
        ({"order_by": "a&page=9"}, "orderBy=a%26page%3D9&page=1"),
        ({"page_size": UNSET, "query": UNSET}, "page=1"),
    ],
)
def test_query__holds_what_was_given(server: ScriptedServer, api: ConnectionApi, arguments: Any, sent: str) -> None:
    """A space is '+', everything reserved is encoded once, and what was left out is not sent."""
    server.script(http_response(page()))
    api.companies_company_id_connections_get("c", **arguments)
    assert target(server) == f"/companies/c/connections?{sent}"


WRONG_QUERIES: list[tuple[str, Any]] = [
    ("page", "1"),
    ("page", 1.0),
    ("page", True),
    ("page", None),
    ("page_size", "5"),
    ("page_size", None),
    ("page_size", False),
    ("query", 5),
    ("query", None),
    ("query", b"x"),
    ("order_by", ["created"]),
    ("order_by", None),
]


def test_query__argument_of_the_wrong_type(server: ScriptedServer, api: ConnectionApi) -> None:
    """It is an ApiTypeError with the argument's name, and nothing is sent."""
    for name, value in WRONG_QUERIES:
        with case(name, value):
            with pytest.raises(ApiTypeError) as error:
                api.companies_company_id_connections_get("c", **{name: value})
            assert error.value.path_to_item == [name]
            assert server.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("query", "\ud800"), pytest.param("page", 10**5000, id="huge"), ("order_by", "a\udfff")],
    ids=ascii,
)
def test_query__that_cannot_be_written(server: ScriptedServer, api: ConnectionApi, name: str, value: Any) -> None:
    """A text with half a surrogate, or a number that Python will not write, is an ApiValueError."""
    with pytest.raises(ApiValueError):
        api.companies_company_id_connections_get("c", **{name: value})
    assert server.connections == 0


def test_query__unchecked_input_is_sent_as_text(server: ScriptedServer, api: ConnectionApi) -> None:
    """_check_input_type=False sends other types as their text; None still is an ApiValueError."""
    server.script(http_response(page()))
    untyped: Any = api.companies_company_id_connections_get
    untyped("123", "7", page_size="8", query=9, _check_input_type=False)
    assert target(server) == "/companies/123/connections?pageSize=8&query=9&page=7"
    for arguments in ({"query": None}, {"page": None}):
        with pytest.raises(ApiValueError, match="leave it out"):
            untyped("c", _check_input_type=False, **arguments)
    assert len(server.requests) == 1


# -- bodies ------------------------------------------------------------------------------------------------------------


@over_the_wire
@given(texts() | st.dictionaries(texts(), JSON, max_size=4))
@example("")
@example('{"a": 1}')
@example({})
@pytest.mark.filterwarnings("ignore:since January 2023")
def test_body__arrives_as_the_same_json(server: ScriptedServer, api: ConnectionApi, body: Any) -> None:
    """A str goes out as a JSON string, a mapping as an object, whatever is in them."""
    api.companies_company_id_connections_post("c", body=body)
    request = server.requests[-1]
    assert request.json == body and type(request.json) is type(body)
    assert request.header("Content-Type") == "application/json"
    assert request.header("Content-Length") == str(len(request.body))


@over_the_wire
@given(st.dictionaries(texts(), texts(), max_size=4))
def test_body__of_the_authorization(server: ScriptedServer, api: ConnectionApi, body: dict[str, str]) -> None:
    """Any credentials arrive as they were given."""
    api.companies_company_id_connections_connection_id_authorization_put("c", "k", request_body=body)
    assert server.requests[-1].json == body
    assert server.requests[-1].method == "PUT"


def test_body__that_was_left_out(server: ScriptedServer, api: ConnectionApi) -> None:
    """Without a body nothing is sent, but Content-Type still is, as in 2021."""
    api.companies_company_id_connections_post("c")
    api.companies_company_id_connections_connection_id_patch("c", "k")
    for request in server.requests:
        assert (request.body, request.header("Content-Type")) == (b"", "application/json")


UNLINK = "companies_company_id_connections_connection_id_patch"
MODEL = "codat_public_api_models_company_patch_data_connection_model"
AUTHORIZE = "companies_company_id_connections_connection_id_authorization_put"


WRONG_BODIES: list[tuple[str, str, Any, list[str]]] = [
    ("companies_company_id_connections_post", "body", None, ["body"]),
    ("companies_company_id_connections_post", "body", 5, ["body"]),
    ("companies_company_id_connections_post", "body", b"gbol", ["body"]),
    ("companies_company_id_connections_post", "body", ["gbol"], ["body"]),
    (UNLINK, MODEL, None, [MODEL]),
    (UNLINK, MODEL, "Unlinked", [MODEL]),
    (UNLINK, MODEL, {"status": 5}, [MODEL, "status"]),
    (UNLINK, MODEL, MappingProxyType({"status": ["Unlinked"]}), [MODEL, "status"]),
    ("companies_company_id_connections_post", "body", {"platformKey": 5}, ["body", "platform_key"]),
    ("companies_company_id_connections_post", "body", {"platform_key": None}, ["body", "platform_key"]),
    (AUTHORIZE, "request_body", None, ["request_body"]),
    (AUTHORIZE, "request_body", "a=b", ["request_body"]),
    (AUTHORIZE, "request_body", {"a": 5}, ["request_body", "a"]),
    (AUTHORIZE, "request_body", {"a": None}, ["request_body", "a"]),
    (AUTHORIZE, "request_body", {5: "a"}, ["request_body", "5"]),
]  # fmt: skip


def test_body__of_the_wrong_type(server: ScriptedServer, api: ConnectionApi) -> None:
    """It is an ApiTypeError that leads to the place, and nothing is sent."""
    for method, name, value, path in WRONG_BODIES:
        with case(method, name, value, path):
            ids = ["c"] if method.endswith("_post") else ["c", "k"]
            with pytest.raises(ApiTypeError) as error:
                getattr(api, method)(*ids, **{name: value})
            assert error.value.path_to_item == path
            assert server.connections == 0


COMPANY = "codat_clients_api_client_contract_company"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"tags": {"region": 5}}, ["tags", "region"]),
        ({"tags": {5: "uk"}}, ["tags", "5"]),
        ({"tags": ["uk"]}, ["tags"]),
        ({"dataConnections": [{"a": 1}, "x"]}, ["data_connections", 1]),
        ({"last_sync": 5}, ["last_sync"]),
        ({"shardId": True}, ["shard_id"]),
        ({"name": 5}, ["name"]),
    ],
)
def test_body__dict_is_checked_as_the_model_is(
    server: ScriptedServer, make_api: MakeApi, changes: dict[str, Any], path: list[str | int]
) -> None:
    """A value of the wrong type in a dict, at any depth, is an ApiTypeError that leads to it by Python's names."""
    replace: Any = CompaniesApi(make_api().api_client).companies_company_id_put
    with pytest.raises(ApiTypeError) as error:
        replace("c", **{COMPANY: {"name": "n"} | changes})
    assert error.value.path_to_item == [COMPANY, *path]
    assert server.connections == 0
    replace("c", _check_input_type=False, _check_return_type=False, **{COMPANY: {"name": "n"} | changes})
    assert len(server.requests) == 1


def test_body__dict_may_hold_what_the_model_does_not_know(server: ScriptedServer, make_api: MakeApi) -> None:
    """Unknown keys of any type, dates as text or not, and null where the model allows it are sent."""
    replace: Any = CompaniesApi(make_api().api_client).companies_company_id_put
    body = {"name": "n", "brandNew": [5], "last_sync": "2026-02-03", "createdOnUtc": datetime(2026, 2, 3), "tags": None}
    replace("c", _check_return_type=False, **{COMPANY: body})
    assert server.requests[-1].json == {
        "name": "n", "brandNew": [5], "lastSync": "2026-02-03", "createdOnUtc": "2026-02-03T00:00:00", "tags": None
    }  # fmt: skip


RING: dict[str, Any] = {}
RING["ring"] = RING


NOT_JSON: list[Any] = [
    {"a": object()},
    {"a": float("nan")},
    {"a": float("inf")},
    {"a": b"x"},
    {"a": {1}},
    {(1, 2): "x"},
    RING,
    {"a": 10**5000},
]


def test_body__that_json_cannot_hold(server: ScriptedServer, api: ConnectionApi) -> None:
    """It is an ApiValueError, and nothing is sent."""
    for body in NOT_JSON:
        with case(body):
            with pytest.raises(ApiValueError):
                api.companies_company_id_connections_post("c", body=body)
            assert server.connections == 0


# -- headers -----------------------------------------------------------------------------------------------------------


def test_header__value_that_would_break_out(server: ScriptedServer, api: ConnectionApi) -> None:
    """CR, LF and NUL in a value are an ApiValueError before anything is sent, and the value is not shown."""
    for bad in ["a\rb", "a\nb", "a\r\nX-Evil: 1", "a\0b", "\n", "\u20ac"]:
        with case(bad):
            for options in (
                {"_headers": {"X-Secret": f"hidden{bad}"}},
                {"_headers": {"Authorization": f"hidden{bad}"}},
            ):
                with pytest.raises(ApiValueError) as error:
                    api.companies_company_id_connections_connection_id_get("c", "k", **options)  # type: ignore[arg-type]
                assert "hidden" not in str(error.value)
            with pytest.raises(ApiValueError) as error:
                api.companies_company_id_connections_post("c", _idempotency_key=f"hidden{bad}")
            assert "hidden" not in str(error.value)
            assert server.connections == 0


def test_header__name_that_cannot_be_one(server: ScriptedServer, api: ConnectionApi) -> None:
    """A name that is no token is an ApiValueError."""
    names: list[Any] = ["", "a b", "a:b", "a\r\nb", "é", "a\0", 5, None]
    for name in names:
        with case(name):
            with pytest.raises(ApiValueError, match="header"):
                api.companies_company_id_connections_connection_id_get("c", "k", _headers={name: "x"})
            assert server.connections == 0


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_header__that_follows_from_the_body(server: ScriptedServer, api: ConnectionApi, name: str) -> None:
    """A length of the caller's would make the rest of the body the next request on the connection: it is refused."""
    with pytest.raises(ApiValueError, match=f"{name} must not be set"):
        api.companies_company_id_connections_post("c", body={"platformKey": "gbol"}, _headers={name: "3"})
    with pytest.raises(ApiValueError, match=f"{name} must not be set"):
        api.api_client.set_default_header(name, "3")
    assert server.connections == 0


@pytest.mark.parametrize("key", ["", " "])
def test_header__empty_idempotency_key(server: ScriptedServer, api: ConnectionApi, key: str) -> None:
    """An empty key among the headers would leave retries unprotected, so it is refused as the option is."""
    with pytest.raises(ApiValueError, match="must not be empty"):
        api.companies_company_id_connections_post("c", _headers={"idempotency-key": key})
    assert server.connections == 0


@pytest.mark.parametrize("value", [1.5, None, b"x", ["a"]])
def test_header__value_of_the_wrong_type(api: ConnectionApi, value: Any) -> None:
    """A value that is neither a str nor an int is an ApiTypeError."""
    with pytest.raises(ApiTypeError, match="X-Own"):
        api.companies_company_id_connections_connection_id_get("c", "k", _headers={"X-Own": value})


@pytest.mark.parametrize("headers", [[("X-Own", "1")], "X-Own: 1", 5])
def test_headers__that_are_no_mapping(server: ScriptedServer, api: ConnectionApi, headers: Any) -> None:
    """_headers of another type is an ApiTypeError or is understood, and never an AttributeError."""
    try:
        api.companies_company_id_connections_connection_id_get("c", "k", _headers=headers)
    except ApiTypeError as error:
        assert "_headers" in str(error)
        assert server.connections == 0
    else:
        assert server.request.header("X-Own") == "1"
