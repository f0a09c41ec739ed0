"""One call, from the client's side: options, headers, auth, the seam to the transport, logging, copies."""

from __future__ import annotations

import datetime as dt
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from http import HTTPStatus
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import urllib3
from cases import case
from conftest import API_KEY, COPIERS, MakeApi
from server import CONNECTION, ScriptedServer, dropped, gated, http_response
from webhooks.test_keys import locals_below

from codat_python_sdk import (
    ApiClient,
    ApiException,
    ApiResponse,
    ApiTypeError,
    ApiValueError,
    CodatPlatform,
    Configuration,
    ForbiddenException,
    NotFoundException,
    OpenApiException,
    RetryPolicy,
    UnreadableResponseException,
    __version__,
)
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.models import CodatPublicApiModelsCompanyPatchDataConnectionModel as Patch
from codat_python_sdk.rest import RESTResponse

QUICK = RetryPolicy(initial_interval=0.0)


def get(api: ConnectionApi, **options: Any) -> Any:
    return api.companies_company_id_connections_connection_id_get("c", "k", **options)


# -- options of a call -------------------------------------------------------------------------------------------------


def test_return_http_data_only__false_gives_a_tuple(server: ScriptedServer, api: ConnectionApi) -> None:
    """_return_http_data_only=False gives (data, status, headers), headers in any case."""
    server.script(http_response(headers=[("X-Extra", "yes")], status=201))
    data, status, headers = get(api, _return_http_data_only=False)
    assert (data.id, status, headers["x-extra"], headers.get("X-EXTRA")) == (CONNECTION["id"], 201, "yes", "yes")
    assert get(api, _return_http_data_only=True).id == CONNECTION["id"]


def test_preload_content__false_gives_the_unread_response(server: ScriptedServer, api: ConnectionApi) -> None:
    """_preload_content=False gives urllib3's response, to be read by the caller, whatever it holds."""
    server.script(http_response(body=b"0123456789", headers=[("X-Extra", "yes")]))
    response = get(api, _preload_content=False)
    assert isinstance(response, urllib3.BaseHTTPResponse)
    assert (response.status, response.headers["x-extra"]) == (200, "yes")
    assert (response.read(4), response.read()) == (b"0123", b"456789")
    response.release_conn()
    assert get(api, _preload_content=False, _return_http_data_only=False).data == b"0123456789"
    untyped: Any = api.companies_company_id_connections_connection_id_get_with_http_info
    with_info = untyped("c", "k", _preload_content=False)
    assert (type(with_info), with_info.data.data) == (ApiResponse, b"0123456789")


def test_preload_content__a_refusal_is_an_exception_all_the_same(server: ScriptedServer, api: ConnectionApi) -> None:
    """An error is read and raised, so that nobody takes it for a result."""
    server.script(http_response({"error": "no"}, 403))
    with pytest.raises(ForbiddenException) as error:
        get(api, _preload_content=False)
    assert error.value.error.error == "no"


WRONG_OPTIONS: list[tuple[dict[str, Any], Any]] = [
    ({"colour": "red"}, ApiTypeError),
    ({"_request_timeout": "20"}, ApiTypeError),
    ({"_request_timeout": -1}, ApiValueError),
    ({"_request_timeout": (1, 2, 3)}, ApiValueError),
    ({"_request_timeout": 10**400}, ApiValueError),
    ({"_deadline": "1"}, ApiTypeError),
    ({"_deadline": 0}, ApiValueError),
    ({"_retries": "3"}, ApiTypeError),
    ({"_retries": -1}, ApiValueError),
    ({"_host_index": 7}, ApiValueError),
    ({"_host_index": "1"}, ApiValueError),
    ({"_host": "api.codat.io"}, ApiValueError),
    ({"_host": 5}, ApiTypeError),
    ({"_idempotency_key": "k"}, ApiTypeError),
]


def test_option__that_cannot_be_right(server: ScriptedServer, api: ConnectionApi) -> None:
    """A wrong option is our error at once, in async calls too, and nothing is sent."""
    for asynchronous in [False, True]:
        for options, error in WRONG_OPTIONS:
            with case(asynchronous, options, error):
                word = next(iter(options)).strip("_").removeprefix("request_").partition("_")[0]
                with pytest.raises(error, match=word):
                    get(api, async_req=asynchronous, **options)
                assert server.connections == 0


@pytest.mark.parametrize("key", ["", "  "])
def test_idempotency_key__that_is_empty(server: ScriptedServer, api: ConnectionApi, key: str) -> None:
    """An empty key of the caller's own is an ApiValueError, for it would protect nothing."""
    with pytest.raises(ApiValueError, match="_idempotency_key"):
        api.companies_company_id_connections_post("c", _idempotency_key=key)
    assert server.connections == 0


@pytest.mark.parametrize("seconds", [1e10, 1e300])
def test_timeout__of_centuries_is_as_good_as_none(server: ScriptedServer, api: ConnectionApi, seconds: float) -> None:
    """A time-out that no clock can hold works, or is an error of ours."""
    for options in ({"_request_timeout": seconds, "_deadline": None}, {"_request_timeout": None, "_deadline": seconds}):
        with suppress(OpenApiException):
            assert get(api, **options).id == CONNECTION["id"]


def test_host_index__picks_another_host_for_one_call(
    server: ScriptedServer, api: ConnectionApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """_host_index takes its host from get_host_settings(), for that call only."""
    settings = [{"url": "http://first.test"}, {"url": f"{server.url}/second"}]
    monkeypatch.setattr(api.api_client.configuration, "get_host_settings", lambda: settings)
    get(api, _host_index=1)
    get(api)
    assert [r.target for r in server.requests] == ["/second/companies/c/connections/k", "/companies/c/connections/k"]


@pytest.mark.parametrize("base", ["", "/", "/base", "/base/", "/a/b//"])
def test_host__with_a_path(server: ScriptedServer, make_api: MakeApi, base: str) -> None:
    """The host's path comes before the endpoint's, with one slash between."""
    get(make_api(host=server.url + base))
    assert server.request.target == base.rstrip("/") + "/companies/c/connections/k"


def test_host__can_change_between_calls(server: ScriptedServer, api: ConnectionApi) -> None:
    """A new host, or key, counts from the next call on."""
    with ScriptedServer() as other:
        get(api)
        api.api_client.configuration.host = other.url
        api.api_client.configuration.api_key["API Key Auth"] = "Basic other"
        get(api)
        assert (server.request.header("Authorization"), other.request.header("Authorization")) == (
            API_KEY,
            "Basic other",
        )


@pytest.mark.parametrize(
    "host", ["http://b\u00fccher.test", f"http://{'a' * 64}.test", "http://a..test", "http://a%zz.test"]
)
@pytest.mark.filterwarnings("ignore::codat_python_sdk.InsecureTransportWarning")
def test_host__with_an_odd_name(make_api: MakeApi, host: str) -> None:
    """A host name that cannot be looked up is refused or not reached, with an error of ours."""
    with pytest.raises(OpenApiException):
        get(make_api(host=host))


# -- async -------------------------------------------------------------------------------------------------------------


def test_async__gives_a_handle(server: ScriptedServer, api: ConnectionApi) -> None:
    """async_req=True returns at once; the handle reports the end of the call, its success and its result."""
    gate = threading.Event()
    server.script(gated(http_response(), gate))
    handle = get(api, async_req=True)
    assert server.wait_for(lambda: len(server.requests) == 1)
    assert not handle.ready()
    gate.set()
    handle.wait(5)
    assert handle.ready() and handle.successful()
    assert handle.get(timeout=5).id == CONNECTION["id"]


def test_async__failure_comes_from_get(server: ScriptedServer, api: ConnectionApi) -> None:
    """HTTP errors are raised by .get()."""
    server.script(http_response({}, 404))
    handle = get(api, async_req=True)
    with pytest.raises(ApiException) as error:
        handle.get(timeout=5)
    assert error.value.status == 404 and not handle.successful()


def test_async__views_and_pool(server: ScriptedServer, make_api: MakeApi) -> None:
    """pool_threads calls run at the same time, and the other options hold for them too."""
    gate = threading.Event()
    server.script(gated(http_response(), gate))
    api = make_api(client={"pool_threads": 3})
    handles = [get(api, async_req=True, _return_http_data_only=False) for _ in range(3)]
    assert server.wait_for(lambda: len(server.requests) == 3), "they do not run together"
    gate.set()
    assert [handle.get(5)[1] for handle in handles] == [200, 200, 200]


def test_close__finishes_async_calls_and_can_be_repeated(server: ScriptedServer, api: ConnectionApi) -> None:
    """close() waits for the calls in the pool; it may come twice, and the client works after it."""
    handle = get(api, async_req=True)
    api.api_client.close()
    assert handle.ready() and handle.get().id == CONNECTION["id"]
    api.api_client.close()
    assert get(api).id == get(api, async_req=True).get(5).id == CONNECTION["id"]
    assert server.connections >= 2


def test_context_manager__closes(server: ScriptedServer, api: ConnectionApi) -> None:
    """Leaving the block closes the idle connections."""
    with api.api_client as inside:
        assert inside is api.api_client
        get(api)
        get(api)
        assert server.open == 1
    assert server.wait_for(lambda: server.open == 0)


# -- auth and headers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "sent"),
    [
        ({"api_key": {"API Key Auth": "Basic abc123=="}}, "Basic abc123=="),
        ({"api_key": {"API Key Auth": "abc"}, "api_key_prefix": {"API Key Auth": "Basic"}}, "Basic abc"),
        ({"api_key": {}, "access_token": "t"}, "Bearer t"),
        ({"api_key": {"API Key Auth": "Basic abc"}, "access_token": "t"}, "Bearer t"),
        ({"api_key": {"API Key Auth": "Basic abc"}, "access_token": lambda: "fresh"}, "Bearer fresh"),
        ({"api_key": {"API Key Auth": "Basic abc"}, "access_token": ""}, "Basic abc"),
        ({"api_key": {"Other Scheme": "secret"}}, None),
        ({"api_key": {}, "username": "u", "password": "p"}, None),
        ({"api_key": {}}, None),
    ],
)
@pytest.mark.filterwarnings("ignore:no endpoint uses the scheme")
def test_auth__what_is_sent(server: ScriptedServer, make_api: MakeApi, attributes: Any, sent: str | None) -> None:
    """The key goes out as given, with its prefix; the token beats it; anything else is not sent."""
    get(make_api(**attributes))
    assert server.request.header("Authorization") == sent


def test_auth__every_operation_sends_it(server: ScriptedServer, api: ConnectionApi) -> None:
    """No operation goes without."""
    server.script(http_response({}), http_response(), http_response(), http_response(True))
    api.companies_company_id_connections_get("c")
    api.companies_company_id_connections_post("c")
    api.companies_company_id_connections_connection_id_patch("c", "k")
    api.companies_company_id_connections_connection_id_delete("c", "k")
    server.script(http_response())
    api.companies_company_id_connections_connection_id_authorization_put("c", "k")
    assert [request.header("Authorization") for request in server.requests] == [API_KEY] * 5


def test_auth__refresh_hook_runs_before_each_request(server: ScriptedServer, make_api: MakeApi) -> None:
    """The hook gets the configuration before each request, and what it sets is sent."""
    seen: list[int] = []

    def refresh(configuration: Configuration) -> None:
        seen.append(len(server.requests))
        configuration.api_key["API Key Auth"] = f"Basic {len(server.requests)}"

    api = make_api(refresh_api_key_hook=refresh)
    get(api)
    get(api)
    assert sorted(set(seen)) == [0, 1]
    assert [request.header("Authorization") for request in server.requests] == ["Basic 0", "Basic 1"]


def test_auth__who_beats_whom(server: ScriptedServer, make_api: MakeApi) -> None:
    """A call's own header beats the configuration, which beats a default header, which beats the built-in ones."""
    api = make_api()
    api.api_client.set_default_header("authorization", "Basic by-default")
    api.api_client.set_default_header("accept", "application/vnd.codat+json")
    api.api_client.set_default_header("Content-Type", "application/json; charset=utf-8")
    get(api)
    get(api, _headers={"AUTHORIZATION": "Basic by-call", "Accept": "*/*"})
    api.api_client.configuration.api_key = {}
    api.companies_company_id_connections_post("c", body={"platformKey": "gbol"})
    first, second, third = server.requests
    assert (first.header("Authorization"), first.header("Accept")) == (API_KEY, "application/vnd.codat+json")
    assert (second.header("Authorization"), second.header("Accept")) == ("Basic by-call", "*/*")
    assert third.header("Authorization") == "Basic by-default"
    assert third.header("Content-Type") == "application/json; charset=utf-8"


def test_cookie__set_later_is_sent(server: ScriptedServer, make_api: MakeApi) -> None:
    """A cookie that is set after construction goes out from then on, as in 2021; None takes it back."""
    api = make_api()
    for cookie in ("a=1", "b=2", None):
        api.api_client.cookie = cookie
        get(api)
        assert api.api_client.cookie == cookie
    assert [request.header("Cookie") for request in server.requests] == ["a=1", "b=2", None]


def test_parameters_to_tuples__as_in_2021() -> None:
    """A dict or pairs become pairs; a list is joined or repeated where it has a format, and stays a list elsewhere."""
    convert = ApiClient.parameters_to_tuples
    assert convert({"a": [1, 2], "b": [1, 2], "c": [1, 2], "d": "x"}, {"a": "csv", "b": "multi"}) == [
        ("a", "1,2"), ("b", 1), ("b", 2), ("c", [1, 2]), ("d", "x"),
    ]  # fmt: skip
    assert convert([("a", "1")], None) == [("a", "1")]


def test_headers__default_cookie_and_extra(server: ScriptedServer, make_api: MakeApi) -> None:
    """header_name and header_value, cookie and set_default_header go out with every request, the last value once."""
    api = make_api(client={"header_name": "X-Extra", "header_value": "one", "cookie": "a=b"})
    api.api_client.set_default_header("X-Other", "1")
    api.api_client.set_default_header("X-Other", "2")
    get(api, _headers={"X-Call": "mine"})
    request = server.request
    assert [request.header(n) for n in ("X-Extra", "Cookie", "X-Other", "X-Call")] == ["one", "a=b", "2", "mine"]
    assert request.header("Accept") == "application/json"
    assert request.header("Content-Type") is None and request.header("Idempotency-Key") is None


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("X", 1.5, ApiTypeError),
        ("X", 10**5000, ApiValueError),
        ("X", "a\nb", ApiValueError),
        ("a b", "x", ApiValueError),
    ],
    ids=range(4),
)
def test_headers__default_that_cannot_be_sent(name: str, value: Any, error: type[Exception]) -> None:
    """A bad default header is refused when it is set."""
    client = ApiClient(Configuration())
    before = dict(client.default_headers)
    with pytest.raises(error):
        client.set_default_header(name, value)
    assert client.default_headers == before


@pytest.mark.parametrize(("value", "text"), [(5, "5"), (-1, "-1"), (True, "True"), (HTTPStatus.OK, "200")], ids=str)
def test_headers__int_is_sent_as_its_text(server: ScriptedServer, make_api: MakeApi, value: Any, text: str) -> None:
    """An int as the value of a header is sent as its text, wherever the header is set, as in 2021."""
    api = make_api()
    client = api.api_client
    client.set_default_header("X-Set", value)
    client.default_headers["X-Put"] = value
    get(api, _headers={"X-Call": value})
    client.call_api("/x", "GET", header_params={"X-Param": value})
    with CodatPlatform(api_key="k", server_url=server.url, headers={"X-All": value}) as codat:
        codat.with_options(headers={"X-Some": value}).connections.get("c", "k", headers={"X-One": value})
    called, raw, platform = server.requests
    assert [called.header(f"X-{name}") for name in ("Set", "Put", "Call")] == [text] * 3
    assert raw.header("X-Param") == text
    assert [platform.header(f"X-{name}") for name in ("All", "Some", "One")] == [text] * 3
    client.default_headers = {"X-Plain": value}
    get(api)
    assert server.requests[-1].header("X-Plain") == text


def test_headers__default_in_another_case(server: ScriptedServer, make_api: MakeApi) -> None:
    """A header has one value under all spellings of its name, the last one, also where an attribute sets it."""
    client = make_api(client={"header_name": "user-agent", "header_value": "one", "cookie": "a=b"}).api_client
    assert client.user_agent == "one"
    for name, value in (("x-other", "1"), ("X-Other", "2"), ("X-OTHER", "3"), ("x-other", "4"), ("COOKIE", "c=d")):
        client.set_default_header(name, value)
    client.user_agent = "two"
    get(ConnectionApi(client))
    assert [server.request.header(name) for name in ("User-Agent", "X-Other", "Cookie")] == ["two", "4", "c=d"]
    client.default_headers = {"cookie": "e=f"}
    assert client.cookie == "e=f"
    client.cookie = None
    get(ConnectionApi(client))
    assert server.requests[-1].header("Cookie") is None


def test_user_agent__says_what_it_is(server: ScriptedServer, make_api: MakeApi) -> None:
    """The user agent names the package, Python and urllib3, and can be changed in both places."""
    api = make_api()
    get(api)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sent = server.request.header("User-Agent")
    assert sent == f"codat-python-sdk/{__version__} (python {python}; urllib3 {version('urllib3')})"
    assert sent == api.api_client.user_agent == api.api_client.default_headers["User-Agent"]
    api.api_client.user_agent = "mine/2"
    get(api)
    get(make_api(user_agent="mine/3"))
    assert [request.header("User-Agent") for request in server.requests[1:]] == ["mine/2", "mine/3"]


def test_idempotency_key__is_fresh_unless_given(server: ScriptedServer, api: ConnectionApi) -> None:
    """POST and PATCH carry a new UUID per call or the caller's key, also one from _headers; the result tells it."""
    sent = [api.companies_company_id_connections_post_with_http_info("c") for _ in range(2)]
    sent.append(
        api.companies_company_id_connections_connection_id_patch_with_http_info("c", "k", _idempotency_key="mine")
    )
    sent.append(api.companies_company_id_connections_post_with_http_info("c", _headers={"idempotency-key": "other"}))
    keys = [request.header("Idempotency-Key") for request in server.requests]
    assert keys == [response.idempotency_key for response in sent]
    assert keys[2:] == ["mine", "other"] and len(set(keys)) == 4 and len(keys[0] or "") == 36


# -- the seam ----------------------------------------------------------------------------------------------------------


class FakeResponse:
    """All that a replaced transport has to return."""

    def __init__(self, status: int, data: bytes) -> None:
        self.status, self.reason, self.data = status, "Because", data

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return {"Content-Type": "application/json"}.get(name, default)

    def getheaders(self) -> dict[str, str]:
        return {"X": "1"}


def test_rest_client__headers_are_found_in_any_case() -> None:
    """A transport of the user's own may give its headers as a dict in lower case; retries and results know them."""

    class InLowerCase(FakeResponse):
        def getheaders(self) -> dict[str, str]:
            return {"retry-after": "0.25", "x-rate-limit-remaining": "7", "x": "1"}

    client = ApiClient(Configuration("https://codat.test", api_key={"API Key Auth": "Basic k"}, retries=QUICK))
    client.rest_client = Transport(InLowerCase(503, b"{}"), InLowerCase(200, json.dumps(CONNECTION).encode()))
    response = ConnectionApi(client).companies_company_id_connections_connection_id_get_with_http_info("c", "k")
    assert response.headers["X"] == "1" and response.rate_limit is not None and response.rate_limit.remaining == "7"
    assert [attempt.slept for attempt in response.attempts] == [0, pytest.approx(0.25, abs=0.2)]
    client.rest_client = Transport(InLowerCase(404, b"{}"))
    with pytest.raises(ApiException) as caught:
        get(ConnectionApi(client))
    assert caught.value.headers is not None and caught.value.headers["Retry-After"] == "0.25"
    assert caught.value.retry_after == 0.25
    assert ApiException(http_resp=InLowerCase(404, b"{}")).retry_after == 0.25
    client.close()


class Transport:
    """A transport that responds from a list."""

    def __init__(self, *responses: FakeResponse) -> None:
        self.responses = list(responses)
        self.calls: list[tuple[str, str, Any, Any]] = []

    def request(self, method: str, url: str, *, headers: Any = None, body: Any = None, **_options: Any) -> FakeResponse:
        self.calls.append((method, url, dict(headers), body))
        return self.responses.pop(0)


def test_rest_client__response_that_is_no_json() -> None:
    """It is whole, for only the package's own transport tells when one may not be, so a POST is not sent again."""
    client = ApiClient(Configuration("https://codat.test", api_key={"API Key Auth": "Basic k"}, retries=QUICK))
    client.rest_client = Transport(*[FakeResponse(200, b"<html>")] * 2)
    with pytest.raises(UnreadableResponseException) as caught:
        ConnectionApi(client).companies_company_id_connections_post("c", body={"platformKey": "gbol"})
    assert len(caught.value.attempts) == 1
    client.close()


@pytest.mark.parametrize(("body", "result"), [(b"", None), (b" ", None), (b'{"status":"x"}', Patch(status="x"))])
def test_call_api__result_that_may_be_missing(
    server: ScriptedServer, api: ConnectionApi, body: bytes, result: Any
) -> None:
    """With None among the types, an empty body is None, and any other is read."""
    server.script(http_response(body=body))
    assert api.api_client.call_api("/x", "PATCH", response_type=(Patch, type(None)))[0] == result


def test_rest_client__can_be_replaced() -> None:
    """Another object's request is all that a call uses: results and errors come from its responses."""
    client = ApiClient(Configuration("https://codat.test", api_key={"API Key Auth": "Basic k"}, retries=QUICK))
    client.rest_client = Transport(
        FakeResponse(503, b"{}"), FakeResponse(200, b'{"status": "x"}'), FakeResponse(404, b'{"correlationId": "id-1"}')
    )
    data, status, headers = client.call_api(
        "/x", "PATCH", body=Patch(status="y"), response_type=(Patch,), _check_type=True
    )
    assert (data, status, headers) == (Patch(status="x"), 200, {"X": "1"})
    assert client.last_response.status == 200
    with pytest.raises(ApiException) as error:
        get(ConnectionApi(client))
    assert (error.value.status, error.value.reason, error.value.correlation_id) == (404, "Because", "id-1")
    assert [call[:2] for call in client.rest_client.calls] == [
        ("PATCH", "https://codat.test/x"),
        ("PATCH", "https://codat.test/x"),
        ("GET", "https://codat.test/companies/c/connections/k"),
    ]
    assert client.rest_client.calls[0][3] == b'{"status":"y"}'
    assert client.rest_client.calls[2][2]["Authorization"] == "Basic k"
    client.close()


# -- call_api ----------------------------------------------------------------------------------------------------------


def test_call_api__any_endpoint(server: ScriptedServer, api: ConnectionApi) -> None:
    """An endpoint that the SDK does not have can be called with path, query, headers, body and types."""
    server.script(http_response([CONNECTION], 201))
    data, status, _ = api.api_client.call_api(
        "/things/{thingId}/x",
        "post",
        {"thingId": "a b/c"},
        [("q", "1 2"), ("n", 3)],
        {"Accept": "application/json", "X-Own": "h"},
        {"when": dt.date(2022, 1, 2), "models": [Patch(status="s")]},
        response_type=([Connection],),
        auth_settings=["API Key Auth", "Codat Login"],
        _check_type=True,
    )
    assert (type(data[0]), status) == (Connection, 201)
    request = server.request
    assert (request.method, request.target) == ("POST", "/things/a%20b%2Fc/x?q=1+2&n=3")
    assert request.json == {"when": "2022-01-02", "models": [{"status": "s"}]}
    assert (request.header("X-Own"), request.header("Authorization")) == ("h", API_KEY)


def test_call_api__unchecked_is_as_in_2021(server: ScriptedServer, api: ConnectionApi) -> None:
    """Without _check_type, its default, models in lists and dicts are models, whose values are as they came."""
    server.script(http_response([CONNECTION]), http_response({"a": CONNECTION}))
    rows = api.api_client.call_api("/x", "GET", response_type=([Connection],), _return_http_data_only=True)
    by_key = api.api_client.call_api("/x", "GET", response_type=({str: (Connection,)},), _return_http_data_only=True)
    for connection in (*rows, *by_key.values()):
        assert type(connection) is Connection and connection.created == CONNECTION["created"]


NO_RESPONSE_TYPES: list[Any] = [
    *(Connection, "Connection", [Connection], {str: Connection}),
    *((), ([],), ({},), ({int: (str,)},), ("Connection",)),
    *((None,), (5,), (bytes,), (UUID,), (list[int],), ([UUID],), ({str: (UUID,)},)),
]


def test_call_api__response_type_that_is_none(server: ScriptedServer, api: ConnectionApi) -> None:
    """What is no type of a response is an error before anything is sent, when nothing is lost by it."""
    for response_type in NO_RESPONSE_TYPES:
        with case(response_type):
            with pytest.raises(ApiTypeError, match="response_type must be a tuple") as caught:
                api.api_client.call_api("/x", "POST", response_type=response_type)
            assert caught.value.path_to_item == ["response_type"]
            with pytest.raises(ApiTypeError, match="response_type must be a tuple") as caught:
                api.api_client.deserialize(FakeResponse(200, b"{}"), response_type)
            assert caught.value.path_to_item == ["response_type"]
            assert server.requests == []


def test_call_api__list_in_a_path(server: ScriptedServer, api: ConnectionApi) -> None:
    """A list in the path is joined as collection_formats says, in the one segment that it has."""
    api.api_client.call_api("/x/{ids}/y", "GET", {"ids": ["a", 2]}, collection_formats={"ids": "csv"})
    assert server.request.target == "/x/a%2C2/y"


def test_call_api__list_in_a_header(server: ScriptedServer, api: ConnectionApi) -> None:
    """A list in a header is joined as collection_formats says, as in 2021; None in a joined list is left out."""
    formats, headers = {"X-Ids": "csv", "q": "pipes"}, dict[str, Any]({"X-Ids": ["a", None, 2]})
    api.api_client.call_api("/x", "GET", None, {"q": ["a", None, True]}, headers, collection_formats=formats)
    assert (server.request.target, server.request.header("X-Ids")) == ("/x?q=a%7Ctrue", "a,2")


@pytest.mark.parametrize("schemes", [True, 5, [True], ["API Key Auth", None]])
def test_call_api__schemes_are_texts(server: ScriptedServer, api: ConnectionApi, schemes: Any) -> None:
    """Anything but names of schemes is refused by the name of its argument; one name may stand alone."""
    with pytest.raises(ApiTypeError, match="auth_settings must be str, got ") as caught:
        api.api_client.call_api("/x", "GET", auth_settings=schemes)
    assert caught.value.path_to_item == ["auth_settings"]
    api.api_client.call_api("/x", "GET", auth_settings="API Key Auth")
    assert server.request.header("Authorization") == API_KEY


def test_call_api__options(server: ScriptedServer, api: ConnectionApi) -> None:
    """It sends no credentials unless asked, takes the body for nothing without a type, and knows the call options."""
    call = api.api_client.call_api
    assert call("/x", "GET") == (None, 200, call("/x", "GET")[2])
    assert server.requests[0].header("Authorization") is None
    assert call("/x", "HEAD", _return_http_data_only=True) is None
    assert call("/x", "GET", response_type=(Connection,), _return_http_data_only=True).created == CONNECTION["created"]
    assert call("/x", "GET", _preload_content=False).status == 200
    assert call("/x", "GET", async_req=True).get(5)[1] == 200
    call("/x", "GET", query_params={"m": ["a", "b"], "c": ["d", "e f"]}, collection_formats={"m": "multi", "c": "csv"})
    assert server.requests[-1].target == "/x?m=a&m=b&c=d%2Ce+f"
    call("/x", "POST", _host=f"{server.url}/base", _idempotency_key="k", _headers={"X": "1"}, _request_timeout=5)
    last = server.requests[-1]
    assert (last.target, last.header("Idempotency-Key"), last.header("X")) == ("/base/x", "k", "1")


def test_call_api__values_in_the_query_are_written_as_in_json(server: ScriptedServer, api: ConnectionApi) -> None:
    """Dates in a query are ISO 8601, as in a path or a body."""
    when = dt.datetime(2022, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)
    api.api_client.call_api("/x/{when}", "GET", {"when": when}, {"since": when})
    assert server.request.target == "/x/2022-01-02T03%3A04%3A05%2B00%3A00?since=2022-01-02T03%3A04%3A05%2B00%3A00"


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "PATCH"])
def test_call_api__sends_json_unless_told_otherwise(server: ScriptedServer, api: ConnectionApi, method: str) -> None:
    """As in 2021, these methods have the media type of JSON, with or without a body; a caller's own wins."""
    call = api.api_client.call_api
    call("/x", method, body={"a": 1})
    call("/x", method)
    call("/x", method, header_params={"content-type": "application/merge-patch+json"}, body=["a"])
    types = [request.header("Content-Type") for request in server.requests]
    assert types == ["application/json", "application/json", "application/merge-patch+json"]
    assert [request.body for request in server.requests] == [b'{"a":1}', b"", b'["a"]']


@pytest.mark.parametrize("body", ["a,b\nä", "a,b\nä".encode()])
def test_call_api__sends_other_media_types_as_they_are(server: ScriptedServer, api: ConnectionApi, body: Any) -> None:
    """A text or bytes of another media type are the body; what is neither is refused by name."""
    csv = {"Content-Type": "text/csv"}
    api.api_client.call_api("/x", "POST", header_params=csv, body=body)
    assert server.request.body == "a,b\nä".encode()
    with pytest.raises(ApiTypeError, match="a body of text/csv must be str or bytes, got dict") as caught:
        api.api_client.call_api("/x", "POST", header_params=csv, body={"a": 1})
    assert caught.value.path_to_item == ["body"]
    with pytest.raises(ApiValueError, match="surrogate"):
        api.api_client.call_api("/x", "POST", header_params=csv, body="\ud800")
    assert len(server.requests) == 1


def test_request__value_that_a_url_has_no_form_for(server: ScriptedServer, api: ConnectionApi) -> None:
    """A dict, a model or a list of lists in a URL is refused by its name, not sent as Python prints it."""
    for place in ["query", "path_params"]:
        for value in [{"b": 1}, [{"b": 1}], [[1]], Patch(status="Unlinked"), {1}]:
            with case(place, value):
                arguments: dict[str, Any] = {place: {"id": value}}
                with pytest.raises(ApiTypeError, match="id must be a text, a number") as caught:
                    api.api_client.request("GET", "/x/{id}" if place == "path_params" else "/x", **arguments)
                assert (caught.value.path_to_item, server.connections) == (["id"], 0)


def test_request__enums_and_uuids_in_the_query(server: ScriptedServer, api: ConnectionApi) -> None:
    """Members of enums are sent as their values and UUIDs as their texts, in lists as well."""
    number, up = UUID(int=1), Enum("Direction", {"UP": "up"}).UP  # type: ignore[attr-defined]
    api.api_client.request("GET", "/x", query={"a": up, "b": [up, number]})
    assert server.request.target == f"/x?a=up&b=up&b={number}"


def test_request__path_with_a_query(server: ScriptedServer, api: ConnectionApi) -> None:
    """A path may have a query of its own, to which more is added."""
    api.api_client.request("GET", "/companies?page=1", query={"pageSize": 1, "tags": ["a", "b"]})
    assert server.request.target == "/companies?page=1&pageSize=1&tags=a&tags=b"


@pytest.mark.parametrize(
    ("path", "safe", "sent"),
    [
        ("/50%/{a}/{b}", "", "/50%25/x%2Fy/50%25?q=x%2Fy"),
        ("/{b}/{a}?n=50%", "%", "/50%25/x%2Fy?n=50%25&q=x%2Fy"),
        ("/%e4%/{b}%20{a}", "%", "/%E4%25/50%25%20x%2Fy?q=x%2Fy"),
    ],
)
def test_request__percent_sign_that_encodes_nothing(
    server: ScriptedServer, api: ConnectionApi, path: str, safe: str, sent: str
) -> None:
    """It is encoded, and nothing else is encoded twice for its sake."""
    api.api_client.configuration.safe_chars_for_path_param = safe
    server.script(http_response({}))
    api.api_client.request(
        "GET", path, path_params={"a": "x/y" if not safe else "x%2Fy", "b": "50%"}, query={"q": "x/y"}
    )
    assert server.requests[0].target == sent


def test_request__id_that_is_none(server: ScriptedServer, api: ConnectionApi) -> None:
    """A parameter of the path that is None, or has no value, is refused by name, and nothing is sent."""
    with pytest.raises(ApiValueError, match="companyId must be an id, got None"):
        api.api_client.request("GET", "/companies/{companyId}", path_params={"companyId": None})
    with pytest.raises(ApiValueError, match=r"path_params must have a value for each parameter of /companies/\{id\}"):
        api.api_client.request("GET", "/companies/{id}", path_params={"companyId": "c"})
    assert server.requests == []


def test_call_api__headers_are_those_of_the_moment(server: ScriptedServer, api: ConnectionApi) -> None:
    """A dict of headers may be changed and used again."""
    headers = {"X-Tag": "0"}
    for number in range(3):
        headers["X-Tag"] = str(number)
        api.api_client.call_api("/x", "GET", header_params=headers)
    assert [request.header("X-Tag") for request in server.requests] == ["0", "1", "2"]


def test_call_api__parameters_as_pairs(server: ScriptedServer, api: ConnectionApi) -> None:
    """Path parameters may be pairs, as in 2021."""
    pairs: Any = [("a", "1"), ("b", "2")]
    api.api_client.call_api("/x/{a}/{b}", "GET", pairs)
    assert server.request.target == "/x/1/2"


MISUSES: list[tuple[Any, Any]] = [
    (("/x", "BREW"), {}),
    (("/x", "GET\r\n"), {}),
    (("/x/{id}", "GET", {"id": ".."}), {}),
    (("/x/{id}", "GET", {"id": ""}), {}),
    (("/x/{id}", "GET", {"id": object()}), {}),
    (("/x", "GET"), {"colour": "red"}),
    (("/x", "GET"), {"_idempotency_key": "k"}),
    (("/x", "POST"), {"body": object()}),
    (("/x", "GET"), {"_host": "nowhere"}),
    (("/x", "GET", None, [("q", "\ud800")]), {}),
    (("/x\r\nX-Evil: 1", "GET"), {}),
    (("/x y", "GET"), {}),
    (("x", "GET"), {}),
    (("@evil.test/x", "GET"), {"auth_settings": ["API Key Auth"]}),
    ((":1/x", "GET"), {}),
]


def test_call_api__misuse(server: ScriptedServer, api: ConnectionApi) -> None:
    """What cannot be right is refused before anything is sent; above all a path that would change the host."""
    for arguments, options in MISUSES:
        with case(arguments, options):
            with pytest.raises((ApiTypeError, ApiValueError)):
                api.api_client.call_api(*arguments, **options)
            assert server.connections == 0


# -- helpers of 2021 ---------------------------------------------------------------------------------------------------


def test_sanitize__is_what_goes_out() -> None:
    """sanitize_for_serialization gives what json takes, from the class as from a client."""
    value = {"a": [dt.date(2022, 1, 2), Patch(status=None)], "b": (1, None)}
    assert ApiClient.sanitize_for_serialization(value) == {"a": ["2022-01-02", {"status": None}], "b": [1, None]}
    with pytest.raises(ApiValueError):
        ApiClient.sanitize_for_serialization(object())


def test_deserialize__reads_a_response() -> None:
    """A response becomes a result by deserialize, checked or not."""
    client = ApiClient(Configuration())
    response: Any = FakeResponse(200, b'{"status": 5}')
    with pytest.raises(ApiTypeError):
        client.deserialize(response, (Patch,))
    assert client.deserialize(response, (Patch,), _check_type=False).status == 5


def test_call_api__arguments_by_position(server: ScriptedServer, api: ConnectionApi) -> None:
    """The order is that of 2021, forms and files included, which generated code passes empty."""
    server.script(http_response([CONNECTION]))
    request: Any = ("/x/{id}", "GET", {"id": "a"}, [("b", 1)], {"X-Own": "h"}, None, [], {})
    options: Any = (([Connection],), ["API Key Auth"], False, True, {}, True, 5, None, True)
    call: Any = api.api_client.call_api
    data = call(*request, *options)
    assert type(data[0]) is Connection
    assert (server.request.target, server.request.header("Authorization")) == ("/x/a?b=1", API_KEY)
    for form in ({"post_params": [("a", "b")]}, {"files": {"a": [b"x"]}}):
        with pytest.raises(ApiTypeError, match="no forms and no files") as error:
            call("/x", "POST", **form)
        assert error.value.path_to_item == [*form]
    assert len(server.requests) == 1


def test_call_api__bytes_in_json(api: ConnectionApi) -> None:
    """The error names the type that the caller passed."""
    with pytest.raises(ApiValueError, match="a value of type bytes"):
        api.api_client.call_api("/x", "POST", body=b"x")


@pytest.mark.parametrize("data", ['{"status": "\u00e9"}', b'{"status": "\xc3\xa9"}', '{"status": "\\u00e9"}'])
def test_deserialize__of_an_object_with_data_alone(data: Any) -> None:
    """That was all that 2021 needed: JSON becomes a model without a response."""
    response = SimpleNamespace(data=data)
    client = ApiClient(Configuration())
    assert client.deserialize(response, (Patch,), True) == Patch(status="é")
    assert client.deserialize(RESTResponse(urllib3.HTTPResponse(response.data, status=200)), (dict,)) == {"status": "é"}


NO_RESPONSES: list[tuple[Any, type[Exception]]] = [
    (SimpleNamespace(data="\ud800"), UnreadableResponseException),
    (SimpleNamespace(data="{}", status=404), NotFoundException),
    (SimpleNamespace(data={}), ApiTypeError),
    ('{"status": "x"}', ApiTypeError),
    (None, ApiTypeError),
]


def test_deserialize__of_what_is_no_response() -> None:
    """What cannot be read is an error of the family."""
    for response, error in NO_RESPONSES:
        with case(response, error), pytest.raises(error):
            ApiClient(Configuration()).deserialize(response, (Patch,))


def test_deserialize__follows_the_configuration() -> None:
    """Lenient validation and the dropping of unknown keys are settings of the client, here as in a call."""
    settings = Configuration(discard_unknown_keys=True)
    settings.response_validation = "lenient"
    response: Any = FakeResponse(200, b'{"status": 5, "new": 1}')
    result = ApiClient(settings).deserialize(response, (Patch,))
    assert result.to_json_dict() == {"status": 5}


@pytest.mark.parametrize(
    ("accepts", "selected"),
    [
        ([], None),
        (["text/plain", "application/json"], "application/json"),
        (["Application/JSON"], "application/json"),
        (["text/plain", "Application/XML"], "text/plain, application/xml"),
    ],
)
def test_select_header_accept__prefers_json(accepts: list[str], selected: str | None) -> None:
    """JSON if it is among them, else all, in lower case."""
    assert ApiClient.select_header_accept(accepts) == selected


@pytest.mark.parametrize(
    ("types", "selected"),
    [
        ([], "application/json"),
        (["text/json", "application/json"], "application/json"),
        (["*/*"], "application/json"),
        (["Text/JSON", "text/plain"], "text/json"),
    ],
)
def test_select_header_content_type__prefers_json(types: list[str], selected: str) -> None:
    """JSON if that is possible, else the first, in lower case."""
    assert ApiClient.select_header_content_type(types) == selected


# -- copies and logging ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duplicate", COPIERS)
def test_copy__works_with_fresh_sockets(
    server: ScriptedServer, api: ConnectionApi, duplicate: Callable[[ApiClient], ApiClient]
) -> None:
    """A used client crosses to another process with its settings and headers, and without its sockets."""
    api.api_client.set_default_header("X-Extra", "1")
    get(api, async_req=True).get(5)
    copied = duplicate(api.api_client)
    assert copied.last_response is None
    assert get(ConnectionApi(copied)).id == CONNECTION["id"]
    assert server.requests[-1].header("X-Extra") == "1"
    assert server.requests[-1].header("Authorization") == API_KEY
    assert copied.default_headers.__class__ is api.api_client.default_headers.__class__
    copied.close()
    assert get(api).id == CONNECTION["id"]


def test_last_response__is_the_last_success(server: ScriptedServer, api: ConnectionApi) -> None:
    """last_response has the response of the most recent call."""
    before = api.api_client.last_response
    get(api)
    last = api.api_client.last_response
    assert (before, last.status, last.getheader("content-type")) == (None, 200, "application/json")


def test_log__one_debug_line_per_attempt(
    server: ScriptedServer, make_api: MakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Each attempt is one line at DEBUG: method, path without the query, status or error, milliseconds, number."""
    caplog.set_level(logging.DEBUG, "codat_python_sdk")
    server.script(http_response({}, 503), dropped(), http_response({}))
    make_api(retries=QUICK).companies_company_id_connections_get("c", query="hidden")
    own = [record for record in caplog.records if record.name.startswith("codat_python_sdk")]
    lines = [record.getMessage() for record in own if record.levelno == logging.DEBUG]
    assert len(lines) == 3
    for number, (line, what) in enumerate(zip(lines, ("503", "the connection broke", "200"), strict=True), 1):
        assert line.startswith(f"GET /companies/c/connections: {what}")
        assert line.endswith(f" ms, attempt {number}")
        assert "hidden" not in line


def test_log__wrong_response_has_its_line_too(
    server: ScriptedServer, api: ConnectionApi, caplog: pytest.LogCaptureFixture
) -> None:
    """An attempt whose response has the wrong shape is an attempt."""
    caplog.set_level(logging.DEBUG, "codat_python_sdk")
    server.script(http_response([]))
    with pytest.raises(ApiTypeError):
        get(api)
    assert [r.getMessage()[:32] for r in caplog.records if r.name == "codat_python_sdk.delivery"] == [
        "GET /companies/c/connections/k: "
    ]


def test_log__is_silent_by_default(server: ScriptedServer) -> None:
    """A program that configures no logging sees nothing on stdout and stderr, in success and failure."""
    server.script(http_response({}, 503), http_response(), http_response({}, 500))
    program = f"""
from codat_python_sdk import *
api = ConnectionApi(ApiClient(Configuration({server.url!r}, retries=RetryPolicy(1, 0.0))))
api.companies_company_id_connections_connection_id_get("c", "k")
try:
    api.companies_company_id_connections_connection_id_get("c", "k")
except ApiException as error:
    assert error.status == 500
else:
    raise SystemExit("no error")
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(("size", "is_kept"), [(1_000, True), (100_000, False)])
def test_last_response__keeps_no_large_body(
    server: ScriptedServer, api: ConnectionApi, size: int, is_kept: bool
) -> None:
    """A body above 64 KiB is not kept beside its result; status and headers are."""
    server.script(http_response({"text": "x" * size}, headers=[("X-Extra", "yes")]))
    data = api.api_client.call_api("/x", "GET", response_type=(dict,), _return_http_data_only=True, _check_type=True)
    last = api.api_client.last_response
    assert len(data["text"]) == size
    assert (len(last.data) > size) == is_kept and (is_kept or last.data == b"")
    assert (last.status, last.getheader("x-extra")) == (200, "yes")


@pytest.mark.parametrize("arguments", [("X-Extra", "secret-1\n"), (None, None, "secret-1\n")], ids=["header", "cookie"])
def test_headers__default_that_cannot_be_sent_hides_itself(arguments: Any) -> None:
    """A traceback with local variables does not show a default header or cookie that is refused."""
    with pytest.raises(ApiValueError) as error:
        ApiClient(Configuration(), *arguments)
    assert "secret-1" not in locals_below(error.value)
