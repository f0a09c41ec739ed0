"""Pages with unexpected rows of every kind, through every operation that reads them, in both layers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import MakeApi
from server import CONNECTION, ScriptedServer, http_response, page

from codat_python_sdk import ApiException, CodatPlatform, InvalidResponseException, WaitTimeoutException, decoders
from codat_python_sdk.api.companies_api import CompaniesApi
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection

COMPANY: dict[str, Any] = {"id": "c1", "name": "N", "redirect": "https://x.example"}
NULL_ERROR = dict.fromkeys(["statusCode", "statusText", "errorMessage", "erroredOnUtc", "status", "resolvedOnUtc"])

#: rows that are as they should be, whatever the schema of 2021 says
FINE: dict[str, Any] = {
    "nulls of a failed link": {"dataConnectionErrors": [NULL_ERROR]},
    "null in every optional field": dict.fromkeys(
        ["status", "lastSync", "created", "sourceType", "integrationKey", "dataConnectionErrors", "connectionInfo"]
    ),
    "unknown keys and values": {"brandNew": {"a": 1}, "status": "Sleeping", "sourceType": "Quantum"},
    "a leap second": {"created": "2016-12-31T23:59:60Z"},
}
#: rows that are not: what changes, and how the error says so
ODD: dict[str, tuple[dict[str, Any], str]] = {
    "a null": ({"platformName": None}, "platformName is null, expected a string"),
    "a number": ({"lastSync": 5}, "lastSync is a number, expected a date and time"),
    "no date": ({"created": "soon"}, "created is a string, expected a date and time"),
    "a list": ({"status": ["Linked"]}, "status is an array, expected a string"),
    "no object inside": ({"connectionInfo": "x"}, "connectionInfo is a string, expected an object"),
    "no list inside": ({"dataConnectionErrors": {}}, "dataConnectionErrors is an object, expected an array"),
    "no error inside": ({"dataConnectionErrors": [5]}, "dataConnectionErrors[0] is a number, expected an object"),
    "a number as id": ({"id": 5}, "id is a number, expected a string"),
    "an object as id": ({"id": {}}, "id is an object, expected a string"),
}


def rows(changes: Any) -> list[Any]:
    """A hundred rows, of which the 51st is changed, or another thing altogether."""
    good = [CONNECTION | {"id": f"k{number}"} for number in range(100)]
    good[50] = good[50] | changes if isinstance(changes, dict) else changes
    return good


@pytest.fixture
def codat(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodatPlatform]:
    """The high-level client, in a process that has reported no unexpected field yet."""
    monkeypatch.setattr(decoders, "_reported", set[Any]())
    with CodatPlatform(api_key="key", server_url=server.url, retries=0) as codat:
        yield codat


@pytest.mark.parametrize("changes", FINE.values(), ids=list(FINE))
def test_page__what_codat_may_send_is_read(
    server: ScriptedServer,
    make_api: MakeApi,
    codat: CodatPlatform,
    changes: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nulls where the schema has none, new keys and new values pass in both layers, without a warning."""
    server.script(http_response(page(*rows(changes))))
    with caplog.at_level(logging.WARNING):
        assert len(make_api().companies_company_id_connections_get("c").results) == 100
        assert len(codat.connections.list("c").results) == len(list(codat.connections.iterate("c"))) == 100
    assert caplog.messages == []


@pytest.mark.parametrize(("changes", "text"), ODD.values(), ids=list(ODD))
def test_page__unexpected_row_is_one_error_in_the_generated_layer(
    server: ScriptedServer, make_api: MakeApi, changes: dict[str, Any], text: str
) -> None:
    """It says which call, which row and which field in JSON's words and in Python's; it is not retried."""
    server.script(http_response(page(*rows(changes)), headers=[("X-Rate-Limit-Remaining", "7")]))
    with pytest.raises(InvalidResponseException) as caught:
        make_api(retries=None).companies_company_id_connections_get("c")
    error = caught.value
    assert error.message == f"results[50].{text}"
    assert f"{error.message}, at ['received_data']['results'][50][" in str(error)
    assert str(error).startswith(f"GET {server.url}/companies/c/connections")
    assert (error.status, error.outcome, len(error.attempts), error.retryable) == (200, "unknown", 1, False)
    assert error.rate_limit is not None and '"k99"' in (error.body or "")
    assert len(server.requests) == 1


@pytest.mark.parametrize(("changes", "text"), ODD.values(), ids=list(ODD))
def test_page__unexpected_row_loses_nothing_in_the_high_level_layer(
    server: ScriptedServer, codat: CodatPlatform, changes: dict[str, Any], text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """All hundred rows come, the unexpected value as it is, in pages and in iteration; one warning says so."""
    server.script(http_response(page(*rows(changes))))
    with caplog.at_level(logging.WARNING):
        listed = codat.connections.list("c").results
        iterated = list(codat.connections.iterate("c"))
        assert len(codat.connections.with_http_info.list("c").data.results) == 100
    assert listed == iterated and len(listed) == 100
    ((name, value),) = changes.items()
    assert dict(listed[50].json_items())[name] == value
    assert [row.platform_name for row in listed if row is not listed[50]] == [CONNECTION["platformName"]] * 99
    (message,) = caplog.messages
    assert message.startswith(f"{Connection.__name__}.") and text.split(" is ")[1] in message


@pytest.mark.parametrize("thing", [None, 5, "text", []])
def test_page__thing_that_is_no_row(
    server: ScriptedServer, make_api: MakeApi, codat: CodatPlatform, thing: Any
) -> None:
    """Leniently it stays in the page as it came, and iteration leaves it out; strictly it is an error."""
    server.script(http_response(page(*rows(thing))))
    assert codat.connections.list("c").results[50] == thing
    assert [row.id for row in codat.connections.iterate("c")] == [f"k{n}" for n in range(100) if n != 50]
    with pytest.raises(InvalidResponseException, match=r"results\[50\] is "):
        make_api().companies_company_id_connections_get("c")


@pytest.mark.parametrize(
    "changes",
    [
        {"_links": []},
        {"_links": None},
        {"_links": {"next": "x"}},
        {"totalResults": "2"},
        {"pageSize": "100"},
        {"pageNumber": None},
    ],
)
def test_iterate__survives_an_unexpected_page(
    server: ScriptedServer, codat: CodatPlatform, changes: dict[str, Any]
) -> None:
    """Links and numbers that are none count as absent: every row comes once, and iteration ends."""
    server.script(
        http_response(page(*rows({})) | changes), http_response(page(*rows({})) | changes), http_response(page())
    )
    assert len(list(codat.connections.iterate("c"))) == 100


def test_iterate__rows_without_an_id_are_told_apart(server: ScriptedServer, codat: CodatPlatform) -> None:
    """Two rows whose ids are null are two rows."""
    server.script(http_response(page(CONNECTION | {"id": None}, CONNECTION | {"id": None, "platformName": "Other"})))
    assert [row.platform_name for row in codat.connections.iterate("c")] == [CONNECTION["platformName"], "Other"]


@pytest.mark.parametrize("data", [[], "text", 5, {"results": 5}, {"results": {}}])
def test_page__that_is_none_is_an_error_in_both_layers(
    server: ScriptedServer, make_api: MakeApi, codat: CodatPlatform, data: Any
) -> None:
    """A document of another kind is an ApiException, whatever the validation; its advice is no other validation."""
    server.script(http_response(data))
    for fetch in (make_api().companies_company_id_connections_get, codat.connections.list):
        with pytest.raises(InvalidResponseException) as error:
            fetch("c")
        assert isinstance(error.value, ApiException)
    assert "lenient" not in str(error.value)


@pytest.mark.parametrize("connections", [5, "text", {}, True])
def test_company__without_a_list_of_connections(
    server: ScriptedServer, make_api: MakeApi, codat: CodatPlatform, connections: Any
) -> None:
    """Leniently the value stays in its company, and the connections are asked for; strictly it says how to read it."""
    values: list[tuple[str, Any]] = [("c1", []), ("c2", connections)]
    companies = [COMPANY | {"id": company_id, "dataConnections": value} for company_id, value in values]
    companies_page = http_response({"results": companies, "totalResults": 2})
    server.script(companies_page)
    assert [company.data_connections for company in codat.companies.list().results] == [[], connections]
    with pytest.raises(InvalidResponseException, match=r"results\[1\]\.dataConnections is .* 'lenient' reads such"):
        CompaniesApi(make_api().api_client).companies_get()
    server.script(http_response(companies[1]))
    assert codat.companies.get("c2").data_connections == connections
    server.script(companies_page, http_response(page(CONNECTION)))
    pairs = [(pair.company.id, pair.connection.id) for pair in codat.connections.iterate_all()]
    assert pairs == [("c2", CONNECTION["id"])]


OPERATIONS: dict[str, Callable[[CodatPlatform], Any]] = {
    "get": lambda codat: codat.connections.get("c", "k"),
    "create": lambda codat: codat.connections.create("c", "mqjo"),
    "unlink": lambda codat: codat.connections.unlink("c", "k"),
    "update_authorization": lambda codat: codat.connections.update_authorization("c", "k", {"a": "b"}),
    "wait_for_status": lambda codat: codat.connections.wait_for_status("c", "k", "Linked", timeout=5),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_connection__unexpected_values_survive_every_operation(
    server: ScriptedServer, codat: CodatPlatform, operation: str
) -> None:
    """What reads one connection reads an unexpected one as well, and is not sent twice for it."""
    server.script(http_response(CONNECTION | {"status": "Linked", "created": 5, "platformName": None}))
    connection = OPERATIONS[operation](codat)
    assert (connection.created, connection.platform_name, connection.id) == (5, None, CONNECTION["id"])
    assert len(server.requests) == 1


def test_wait_for_status__unexpected_status_is_waited_out(server: ScriptedServer, codat: CodatPlatform) -> None:
    """A status that is no text is none, and the wait ends in its own time with its own exception."""
    server.script(http_response(CONNECTION | {"status": ["Linked"]}))
    with pytest.raises(WaitTimeoutException) as error:
        codat.connections.wait_for_status("c", "k", "Linked", timeout=0.2, poll_interval=0.05)
    assert (error.value.company_id, error.value.connection_id, error.value.last_status) == ("c", "k", None)


def test_strictness__is_a_setting(server: ScriptedServer, make_api: MakeApi) -> None:
    """Either layer can have the other's way of reading."""
    server.script(http_response(page(*rows({"platformName": None}))))
    lenient = make_api(response_validation="lenient").companies_company_id_connections_get("c")
    assert lenient.results[50].get("platform_name", "absent") is None
    settings = make_api().api_client.configuration
    with CodatPlatform(configuration=settings) as codat, pytest.raises(InvalidResponseException):
        codat.connections.list("c")


def test_excerpt__of_a_page_that_is_no_json(server: ScriptedServer, codat: CodatPlatform) -> None:
    """Media type and first 100 characters of a gateway's page are in the text; what may be secret is not."""
    html = "<html>\n<title>Sign in</title> <a href='https://login.test/?code=secret-1'>go</a> Basic secret-2 "
    html += "x" * 200
    for status in (200, 502):
        server.script(http_response(body=html.encode(), status=status, content_type="text/html; charset=utf-8"))
        with pytest.raises(ApiException) as error:
            codat.connections.get("c", "k")
        text = str(error.value)
        assert "text/html: <html> <title>Sign in</title> <a href='https://login.test/?…'>go</a> Basic …" in text
        assert "secret" not in text and "x" * 50 not in text and "\n" not in text
    server.script(http_response(body=b'{"linkUrl": "https://link.test/?otp=secret', content_type="application/json"))
    with pytest.raises(ApiException) as error:
        codat.connections.get("c", "k")
    assert "secret" not in str(error.value) and "linkUrl" not in str(error.value)


@pytest.mark.parametrize("start", ["90\r\n", ")]}',\n", "\ufeff", "Debug: "])
def test_excerpt__ends_where_json_may_begin(server: ScriptedServer, codat: CodatPlatform, start: str) -> None:
    """JSON behind something else, such as chunks that nobody announced, is not shown: it may hold tokens."""
    body = start + '{"accessToken": "secret-1", "expiresIn": 86400'
    for encoding in ("utf-8", "utf-16"):
        server.script(http_response(body=body.encode(encoding)))
        with pytest.raises(ApiException) as error:
            codat.companies.get_access_token("c")
        assert "secret" not in str(error.value).replace(" ", "")


@pytest.mark.parametrize("charset", ["utf-16", "utf-16be", "utf-32"])
def test_excerpt__of_json_in_another_charset_than_it_claims(
    server: ScriptedServer, codat: CodatPlatform, charset: str
) -> None:
    """JSON that is declared in a wrong charset is not shown either: other letters would hold the same bytes."""
    body = b'{"accessToken": "secret-1", "expiresIn": 8640}  '
    for status in (200, 400):
        content_type = f"application/json; charset={charset}"
        server.script(http_response(body=body, status=status, content_type=content_type))
        with pytest.raises(ApiException) as error:
            codat.companies.get_access_token("c")
        assert "application/json: " not in str(error.value)


def test_excerpt__of_xml_is_as_it_came(server: ScriptedServer, codat: CodatPlatform) -> None:
    """The question marks of an XML declaration begin no query."""
    server.script(http_response(body=b'<?xml version="1.0"?><Error/>', status=502, content_type="application/xml"))
    with pytest.raises(ApiException, match=r'application/xml: <\?xml version="1.0"\?><Error/>'):
        codat.connections.get("c", "k")


def test_error__behind_a_byte_order_mark(server: ScriptedServer, codat: CodatPlatform) -> None:
    """An error body that begins with a byte order mark, as .NET may write one, has its message and correlation id."""
    server.script(http_response(body=b'\xef\xbb\xbf{"error": "no", "correlationId": "abc"}', status=400))
    with pytest.raises(ApiException) as error:
        codat.connections.get("c", "k")
    assert (error.value.message, error.value.correlation_id) == ("no", "abc")


def test_repeat_is_safe__with_a_key_of_the_callers(server: ScriptedServer, codat: CodatPlatform) -> None:
    """A create with the caller's own key may be repeated whatever became of it; one with a fresh key may not."""
    server.script(http_response({}, 502))
    for key, retryable in ((None, False), ("mine", True)):
        with pytest.raises(ApiException) as error:
            codat.connections.create("c", "mqjo", idempotency_key=key)
        assert (error.value.outcome, error.value.retryable) == ("unknown", retryable)
