"""How responses are read: results, and whatever is not one."""

from __future__ import annotations

import json
import pickle
from contextlib import nullcontext
from typing import Any

import pytest
from cases import case
from conftest import MakeApi
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server import CONNECTION, ScriptedServer, http_response, page
from strategies import from_regex, texts
from urllib3 import HTTPHeaderDict

from codat_python_sdk import (
    ApiResponse,
    ApiTypeError,
    Attempt,
    InvalidResponseException,
    OpenApiException,
    RateLimit,
    UnreadableResponseException,
)
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.json_bounds import MAX_VALUES
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.rest import RESTResponse

JSON_TYPE = "application/json"
DEEP = json.dumps(CONNECTION).encode()[:-1] + b', "connectionInfo": ' + b'{"a":' * 500 + b"1" + b"}" * 501


def get(api: ConnectionApi, **options: Any) -> Any:
    return api.companies_company_id_connections_connection_id_get("c", "k", **options)


def unreadable(server: ScriptedServer, api: ConnectionApi, body: bytes) -> UnreadableResponseException:
    """What a 2xx with this body raises."""
    server.script(http_response(body=body))
    with pytest.raises(UnreadableResponseException) as error:
        get(api)
    return error.value


UNREADABLE: list[tuple[bytes, str, str]] = [
    (b"", JSON_TYPE, "the body is empty"),
    (b" \r\n\t", JSON_TYPE, "the body is empty"),
    (b"<html>gateway</html>", "text/html", "the body is not JSON"),
    (b'{"id": "x"', JSON_TYPE, "the body is not JSON"),
    (b"{'id': 1}", JSON_TYPE, "the body is not JSON"),
    (b'{"id": "\xff\xfe"}', JSON_TYPE, "the body is not JSON"),
    (json.dumps(CONNECTION).encode("utf-16"), JSON_TYPE, "the body is not JSON"),
    (b"{}", "application/json; charset=klingon", "the body has an unknown charset"),
    (b"{}", "application/json; charset=base64", "the body has an unknown charset"),
    (b"[" * 200_000 + b"]" * 200_000, JSON_TYPE, "nested"),
    (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, JSON_TYPE, "nested"),
    (b"[" * 200_000, JSON_TYPE, "the body is n"),
    (DEEP, JSON_TYPE, "nested"),
    (b'{"id": ' + b"9" * 6000 + b"}", JSON_TYPE, "the body is not JSON"),
]


def test_body__that_cannot_be_read(server: ScriptedServer, api: ConnectionApi) -> None:
    """A 2xx that is not JSON, in an unknown charset or nested too deeply is an UnreadableResponseException."""
    for checked in [True, False]:
        for body, content_type, reason in UNREADABLE:
            with case(checked, body, content_type, reason):
                server.script(http_response(body=body, content_type=content_type))
                with pytest.raises(UnreadableResponseException, match=reason) as error:
                    get(api, _check_return_type=checked)
                assert error.value.status == 200
                assert isinstance(error.value.body, str) and error.value.headers is not None
                assert "\n" not in str(error.value)
                assert pickle.loads(pickle.dumps(error.value)).body == error.value.body


@pytest.mark.parametrize(
    ("body", "too_large"),
    [(b"<html>gateway</html>", False), (b"[]", False), (b"[" + b"0, " * MAX_VALUES + b"0]", True)],
    ids=["no JSON", "another shape", "too many values"],
)
def test_body__that_arrived_whole_is_not_cut_off(
    server: ScriptedServer, api: ConnectionApi, body: bytes, too_large: bool
) -> None:
    """What cannot be read although all of it came does not count as cut off; what holds too much is too large."""
    error = unreadable(server, api, body)
    assert (error.cut_off, error.too_large) == (False, too_large)


WRONG_SHAPES: list[tuple[Any, list[Any]]] = [
    (None, ["received_data"]),
    (5, ["received_data"]),
    ("linked", ["received_data"]),
    ([], ["received_data"]),
    ([CONNECTION], ["received_data"]),
    ({}, ["received_data", "id"]),
    (CONNECTION | {"id": 5}, ["received_data", "id"]),
    (CONNECTION | {"linkUrl": None}, ["received_data", "link_url"]),
    ({k: v for k, v in CONNECTION.items() if k != "linkUrl"}, ["received_data", "link_url"]),
    (CONNECTION | {"lastSync": 17}, ["received_data", "last_sync"]),
    (CONNECTION | {"lastSync": "soon"}, ["received_data", "last_sync"]),
]


def test_value__of_the_wrong_shape(server: ScriptedServer, api: ConnectionApi) -> None:
    """JSON of another shape is an ApiTypeError whose path starts with received_data."""
    for value, path in WRONG_SHAPES:
        with case(value, path):
            server.script(http_response(value))
            with pytest.raises(ApiTypeError) as error:
                get(api)
            assert error.value.path_to_item == path


def test_value__advice_to_read_leniently_is_true(server: ScriptedServer, make_api: MakeApi) -> None:
    """The text names lenient validation only where that reads the response."""
    cases: list[tuple[Any, bool]] = [
        (None, False),
        ([], False),
        ({"results": {}}, False),
        ({"results": "x"}, False),
        ({"results": [5]}, True),
        ({"results": [CONNECTION | {"id": 5}]}, True),
        ({"results": [], "totalResults": "1"}, True),
    ]
    for value, is_readable in cases:
        with case(value, is_readable):
            server.script(http_response(value), http_response(value))
            with pytest.raises(InvalidResponseException) as caught:
                make_api().companies_company_id_connections_get("c")
            assert ("'lenient' reads such responses" in str(caught.value)) is is_readable
            lenient = make_api(response_validation="lenient")
            with nullcontext() if is_readable else pytest.raises(InvalidResponseException):
                lenient.companies_company_id_connections_get("c")


def test_value__of_the_wrong_shape_in_a_page(server: ScriptedServer, api: ConnectionApi) -> None:
    """The path leads into the list."""
    server.script(http_response(page(CONNECTION, CONNECTION | {"sourceId": 7})))
    with pytest.raises(ApiTypeError) as error:
        api.companies_company_id_connections_get("c")
    assert error.value.path_to_item == ["received_data", "results", 1, "source_id"]
    assert "['received_data']['results'][1]['source_id']" in str(error.value)


HANDED_OVER: list[Any] = [None, 5, "linked", [CONNECTION], {"id": 5}, CONNECTION | {"lastSync": "soon"}]


def test_value__unchecked_is_handed_over(server: ScriptedServer, api: ConnectionApi) -> None:
    """With _check_return_type=False nothing is wrong: values come as they are, missing ones are None."""
    for value in HANDED_OVER:
        with case(value):
            server.script(http_response(value))
            result = get(api, _check_return_type=False)
            if isinstance(result, Connection):
                assert (result.id, result.last_sync) == (value.get("id"), value.get("lastSync"))
            else:
                assert result == value and not isinstance(value, dict)


wire = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@wire
@given(
    body=st.binary(max_size=40) | texts('[]{}":,0123e-.truefalsn \\u', max_size=30).map(str.encode),
    status=st.integers(200, 599),
    content_type=st.none() | from_regex(r"[a-z/]{0,9}; ?charset=[a-z0-9_\"-]{0,9}", fullmatch=True),
    checked=st.booleans(),
)
def test_response__never_raises_anything_else(
    server: ScriptedServer, api: ConnectionApi, body: bytes, status: int, content_type: str | None, checked: bool
) -> None:
    """Whatever comes, the result is a result or one of our exceptions."""
    if status in (204, 304):
        body = b""
    server.script(http_response(body=body, status=status, content_type=content_type))
    try:
        get(api, _check_return_type=checked)
    except OpenApiException as error:
        assert "\n" not in str(error)


CHARSETS: list[tuple[str, str | None, str]] = [
    ("café", None, "utf-8"),
    ("café", "utf-8", "utf-8"),
    ("café", '"UTF-8"', "utf-8"),
    ("café", "iso-8859-1", "latin-1"),
    ("naïve 日本", "utf-16", "utf-16"),
    ("日本", "Shift_JIS", "shift_jis"),
]


def test_charset__is_that_of_the_content_type(server: ScriptedServer, api: ConnectionApi) -> None:
    """Responses are decoded by their charset, UTF-8 without one, whatever the media type says."""
    for media_type in ["application/json", "text/plain", "text/html"]:
        for text, charset, sent_as in CHARSETS:
            with case(media_type, text, charset, sent_as):
                body = json.dumps(CONNECTION | {"platformName": text}, ensure_ascii=False).encode(sent_as)
                server.script(
                    http_response(body=body, content_type=media_type + (f"; charset={charset}" if charset else ""))
                )
                assert get(api).platform_name == text


@pytest.mark.parametrize("second", ["application/json", "text/html; charset=utf-8"])
def test_charset__of_two_content_types(server: ScriptedServer, api: ConnectionApi, second: str) -> None:
    """Where a gateway adds a Content-Type of its own, the charset of the first one counts."""
    body = json.dumps(CONNECTION | {"platformName": "café"}, ensure_ascii=False).encode("latin-1")
    types = "application/json; x-charset=none; charset = iso-8859-1"
    server.script(http_response(body=body, content_type=types, headers=[("Content-Type", second)]))
    assert get(api).platform_name == "café"


@pytest.mark.parametrize(
    ("prefix", "suffix"), [(b"\xef\xbb\xbf", b""), (b"\r\n  ", b"\n\n")], ids=["byte order mark", "white space"]
)
def test_body__with_something_around_it(
    server: ScriptedServer, api: ConnectionApi, prefix: bytes, suffix: bytes
) -> None:
    """A byte order mark or white space around the JSON does no harm, nor does a missing Content-Type."""
    server.script(http_response(body=prefix + json.dumps(CONNECTION).encode() + suffix, content_type=None))
    assert get(api).id == CONNECTION["id"]


LARGE = json.dumps(CONNECTION | {"platformName": "é" * 70_000}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (LARGE.encode(), None),
        (b"\xef\xbb\xbf" + LARGE.encode(), "UTF-8"),
        (LARGE.encode("latin-1"), "iso-8859-1"),
        (LARGE.encode("utf-16"), "utf-16"),
    ],
    ids=range(4),
)
def test_body__above_64_kib(server: ScriptedServer, api: ConnectionApi, body: bytes, charset: str | None) -> None:
    """A large body, of which the bytes are dropped before it is parsed, is read as a small one is."""
    content_type = JSON_TYPE + (f"; charset={charset}" if charset else "")
    server.script(http_response(body=body, content_type=content_type))
    assert get(api).platform_name == "é" * 70_000


LARGE_BODIES: list[tuple[bytes, str]] = [
    (LARGE.encode()[:-1], LARGE[:-1]),
    (LARGE.encode().replace(b'"id": ', b'"id": 5, "_id": '), LARGE.replace('"id": ', '"id": 5, "_id": ')),
    (b"[" + LARGE.encode() + b"]", f"[{LARGE}]"),
    (b"\xef\xbb\xbf" + LARGE.encode()[:-1], "\ufeff" + LARGE[:-1]),
    (LARGE.encode().replace(b"Name", b"\xff"), LARGE.replace("Name", "\ufffd")),
    (b"[" * 200_000, "[" * 200_000),
]


def test_body__above_64_kib_that_cannot_be_read(server: ScriptedServer, api: ConnectionApi) -> None:
    """The text of a large body that cannot be read is in the exception, as that of a small one is."""
    for body, text in LARGE_BODIES:
        with case(body, text):
            error = unreadable(server, api, body)
            assert error.body == text and error.status == 200
            assert error.headers is not None and error.headers["Content-Length"] == str(len(body))


def test_body__of_a_transport_that_gives_the_same_response_again(api: ConnectionApi) -> None:
    """A response is left as it is, whatever its size, so that a transport may return one several times."""
    response = RESTResponse(200, "OK", LARGE.encode(), HTTPHeaderDict())

    class Cached:
        def request(self, *_: Any, **__: Any) -> RESTResponse:
            return response

    api.api_client.rest_client = Cached()
    assert get(api) == get(api)
    assert response.data == LARGE.encode()


@pytest.mark.parametrize(
    "reply",
    [
        http_response(chunks=1),
        http_response(chunks=50),
        http_response(encoding="gzip"),
        http_response(encoding="gzip", chunks=3),
    ],
)
def test_body__in_every_framing(server: ScriptedServer, api: ConnectionApi, reply: Any) -> None:
    """Chunked and compressed bodies are the same results."""
    server.script(reply)
    assert get(api).id == CONNECTION["id"]


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_status__any_2xx_is_success(server: ScriptedServer, api: ConnectionApi, status: int) -> None:
    """The contract says 200, and other successes are successes too."""
    server.script(http_response(status=status))
    assert get(api).id == CONNECTION["id"]


DELETIONS: list[tuple[int, bytes, bool]] = [
    (200, b"", True),
    (204, b"", True),
    (200, b"  ", True),
    (200, b"true", True),
    (200, b"false", False),
    (200, b"null", True),
    (202, b'{"message": "queued"}', True),
    (200, b"{}", True),
]


def test_delete__success_is_true_unless_it_says_false(server: ScriptedServer, api: ConnectionApi) -> None:
    """DELETE is True for an empty body, true or an object, and False for a literal false alone."""
    for status, body, result in DELETIONS:
        with case(status, body, result):
            server.script(http_response(status=status, body=body))
            assert api.companies_company_id_connections_connection_id_delete("c", "k") is result


@pytest.mark.parametrize("body", [b"5", b'"yes"', b"[]"])
def test_delete__with_a_response_of_another_type(server: ScriptedServer, api: ConnectionApi, body: bytes) -> None:
    """A number, a text or a list is no response to a DELETE."""
    server.script(http_response(body=body))
    with pytest.raises(ApiTypeError) as error:
        api.companies_company_id_connections_connection_id_delete("c", "k")
    assert error.value.path_to_item == ["received_data"]
    unchecked = api.companies_company_id_connections_connection_id_delete("c", "k", _check_return_type=False)
    assert unchecked == json.loads(body)


def test_delete__with_a_response_that_is_no_json(server: ScriptedServer, api: ConnectionApi) -> None:
    """A gateway's page is not taken for a deletion; the outcome is unknown."""
    server.script(http_response(body=b"<html>", content_type="text/html"))
    with pytest.raises(UnreadableResponseException) as error:
        api.companies_company_id_connections_connection_id_delete("c", "k")
    assert error.value.outcome == "unknown"


# -- what a result can come with ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:since January 2023")
def test_api_response__has_what_came_along(server: ScriptedServer, api: ConnectionApi) -> None:
    """with_http_info gives data, status, case-insensitive headers, attempts, quota and key."""
    limits = [("X-Rate-Limit-Limit", "1000"), ("X-Rate-Limit-Remaining", "998"), ("X-Rate-Limit-Reset", "tomorrow")]
    server.script(http_response(headers=limits))
    response = api.companies_company_id_connections_post_with_http_info("c", body="gbol", _idempotency_key="key-1")
    assert response.data.id == CONNECTION["id"]
    assert response.status == 200
    assert response.headers["x-rate-limit-limit"] == "1000"
    assert response.rate_limit == RateLimit("1000", "998", "tomorrow")
    assert response.idempotency_key == "key-1"
    ((status, error, seconds, slept),) = response.attempts
    assert (status, error, slept) == (200, None, 0.0) and 0 < seconds < 5
    assert repr(response) == f"<ApiResponse status=200 data={Connection.__name__} attempts=1>"


@pytest.mark.parametrize(
    ("headers", "limit"),
    [({}, None), ({"X-Rate-Limit-Remaining": "0"}, RateLimit(None, "0", None))],
)
def test_api_response__quota_that_is_not_told(headers: dict[str, str], limit: Any) -> None:
    """Without the headers there is no quota; with some, the others are None."""
    assert ApiResponse(True, 200, headers).rate_limit == limit


def test_api_response__pickles(server: ScriptedServer, api: ConnectionApi) -> None:
    """It crosses to another process whole."""
    response = api.companies_company_id_connections_connection_id_get_with_http_info("c", "k")
    copied = pickle.loads(pickle.dumps(response))
    for name in ("data", "status", "headers", "attempts", "idempotency_key", "rate_limit"):
        assert getattr(copied, name) == getattr(response, name)
    assert isinstance(copied.headers, HTTPHeaderDict) and copied.attempts[0].__class__ is Attempt


def test_api_response__pickles_in_every_protocol() -> None:
    """The oldest protocols, which do not know slots, take a result as well."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with case(protocol):
            copied = pickle.loads(pickle.dumps(ApiResponse([1], 200, {"a": "b"}, idempotency_key="k"), protocol))
            assert (copied.data, copied.status, copied.headers, copied.idempotency_key) == ([1], 200, {"a": "b"}, "k")


TEXTS: list[tuple[bytes, str, str]] = [
    (b'"quoted"', JSON_TYPE, "quoted"),
    (b"plain text", "text/plain", "plain text"),
    (b"caf\xe9", "text/plain; charset=latin-1", "café"),
    (b"[1, 2]", JSON_TYPE, "[1, 2]"),
    (b"", "text/plain", ""),
]


def test_text__as_response_type(server: ScriptedServer, api: ConnectionApi) -> None:
    """call_api with response_type=(str,) takes a JSON string, or any body as its text."""
    for body, content_type, text in TEXTS:
        with case(body, content_type, text):
            server.script(http_response(body=body, content_type=content_type))
            result = api.api_client.call_api(
                "/x", "GET", response_type=(str,), _return_http_data_only=True, _check_type=True
            )
            assert result == text


def test_discard_unknown_keys__drops_them(server: ScriptedServer, make_api: MakeApi) -> None:
    """discard_unknown_keys=True leaves the fields alone; by default unknown keys are kept."""
    server.script(http_response(page(CONNECTION | {"somethingNew": 1}) | {"other": 2}))
    kept = make_api().companies_company_id_connections_get("c")
    dropped = make_api(discard_unknown_keys=True).companies_company_id_connections_get("c")
    assert kept["other"] == 2 and kept.results[0]["somethingNew"] == 1
    assert "other" not in dropped and "somethingNew" not in dropped.results[0].to_dict()
