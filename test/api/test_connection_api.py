"""The six endpoints: what each sends and gives, against a scripted server and against the sandbox."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from cases import case
from conftest import MakeApi
from server import CONNECTION, ScriptedServer, http_response, page

from codat_python_sdk import (
    ApiClient,
    ApiResponse,
    ApiTypeError,
    Configuration,
    ForbiddenException,
    NotFoundException,
    SourceType,
    UnauthorizedException,
)
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyAddDataConnectionModel,
    CodatPublicApiModelsCompanyDataConnection,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)
from codat_python_sdk.sandbox import Sandbox

UNLINK = "codat_public_api_models_company_patch_data_connection_model"
ROOT = "/companies/c1/connections"
#: method, its arguments by name, the request's method, target and JSON body, the response, the class of the result
ENDPOINTS: dict[str, tuple[dict[str, Any], str, str, Any, Any, type]] = {
    "companies_company_id_connections_get": (
        {"company_id": "c1", "page": 2, "page_size": 5, "query": "q", "order_by": "-created"},
        "GET",
        f"{ROOT}?pageSize=5&query=q&orderBy=-created&page=2",
        None,
        page(CONNECTION),
        CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
    ),
    "companies_company_id_connections_post": (
        {"company_id": "c1", "body": CodatPublicApiModelsCompanyAddDataConnectionModel(platform_key="gbol")},
        "POST",
        ROOT,
        {"platformKey": "gbol"},
        CONNECTION,
        CodatPublicApiModelsCompanyDataConnection,
    ),
    "companies_company_id_connections_connection_id_get": (
        {"company_id": "c1", "connection_id": "k1"},
        "GET",
        f"{ROOT}/k1",
        None,
        CONNECTION,
        CodatPublicApiModelsCompanyDataConnection,
    ),
    "companies_company_id_connections_connection_id_delete": (
        {"company_id": "c1", "connection_id": "k1"},
        "DELETE",
        f"{ROOT}/k1",
        None,
        True,
        bool,
    ),
    "companies_company_id_connections_connection_id_patch": (
        {
            "company_id": "c1",
            "connection_id": "k1",
            UNLINK: CodatPublicApiModelsCompanyPatchDataConnectionModel(status="Unlinked"),
        },
        "PATCH",
        f"{ROOT}/k1",
        {"status": "Unlinked"},
        CONNECTION,
        CodatPublicApiModelsCompanyDataConnection,
    ),
    "companies_company_id_connections_connection_id_authorization_put": (
        {"company_id": "c1", "connection_id": "k1", "request_body": {"accessToken": "t0"}},
        "PUT",
        f"{ROOT}/k1/authorization",
        {"accessToken": "t0"},
        CONNECTION,
        CodatPublicApiModelsCompanyDataConnection,
    ),
}
PLAIN = list(ENDPOINTS)
VARIANTS = [f"{name}_with_http_info" for name in ENDPOINTS]


@pytest.mark.parametrize("name", PLAIN)
def test_endpoint__request_and_result(server: ScriptedServer, api: ConnectionApi, name: str) -> None:
    """Each method sends its request once and gives its class; its variant does the same with the HTTP information."""
    arguments, method, target, body, value, cls = ENDPOINTS[name]
    server.script(http_response(value))
    result = getattr(api, name)(**arguments)
    info = getattr(api, f"{name}_with_http_info")(**arguments)
    assert isinstance(result, cls)
    assert info.data == result and info.status == 200 and isinstance(info, ApiResponse)
    for request in server.requests:
        assert (request.method, request.target) == (method, target)
        assert (json.loads(request.body) if request.body else None) == body
        assert request.header("Accept") == "application/json"
        assert request.header("Content-Type") == ("application/json" if method in ("POST", "PATCH", "PUT") else None)
        assert (request.header("Idempotency-Key") is not None) == (method in ("POST", "PATCH"))


@pytest.mark.parametrize("name", PLAIN)
def test_endpoint__required_arguments_may_be_positional(server: ScriptedServer, api: ConnectionApi, name: str) -> None:
    """Ids (and page) go by position as in 2021; what is optional goes by keyword only."""
    arguments, _, target, _, value, _ = ENDPOINTS[name]
    server.script(http_response(value))
    positional = [arguments[p] for p in ("company_id", "page", "connection_id") if p in arguments]
    getattr(api, name)(*positional)
    assert server.request.target.partition("?")[0] == target.partition("?")[0]
    with pytest.raises(TypeError):
        getattr(api, name)(*positional, "one too many")


def test_endpoint__unknown_keyword(server: ScriptedServer, api: ConnectionApi) -> None:
    """An unknown keyword is an ApiTypeError that names it, checked or not, and nothing is sent."""
    for name in [*PLAIN, *VARIANTS]:
        with case(name):
            arguments = ENDPOINTS[name.removesuffix("_with_http_info")][0]
            for options in ({"colour": "red"}, {"colour": "red", "_check_input_type": False}):
                with pytest.raises(ApiTypeError, match="colour") as error:
                    getattr(api, name)(**arguments, **options)
                assert error.value.path_to_item == ["colour"]
            assert server.connections == 0


def test_endpoint__missing_argument_is_a_type_error(server: ScriptedServer, api: ConnectionApi) -> None:
    """A call without its ids is a TypeError before anything is sent."""
    for name in [*PLAIN, *VARIANTS]:
        with case(name):
            with pytest.raises(TypeError, match="company_id"):
                getattr(api, name)()
            assert server.connections == 0


def test_endpoint__is_a_real_method() -> None:
    """Signature, types and docstring are there for editors and people."""
    for name in [*PLAIN, *VARIANTS]:
        with case(name):
            method = vars(ConnectionApi)[name]
            parameters = inspect.signature(method).parameters
            assert list(parameters)[1:-1] == list(ENDPOINTS[name.removesuffix("_with_http_info")][0])
            assert method.__doc__ and "return" in method.__annotations__
            assert all(p.annotation is not inspect.Parameter.empty for n, p in parameters.items() if n != "self")
            assert method.__annotations__["return"].startswith("ApiResponse[") == name.endswith("_with_http_info")


def test_endpoint__documents_every_parameter() -> None:
    """Every parameter has its line in the docstring."""
    for name in PLAIN:
        with case(name):
            document = inspect.getdoc(getattr(ConnectionApi, name)) or ""
            assert [p for p in ENDPOINTS[name][0] if f"{p}: " not in document] == []


def test_post__docstring_says_what_todays_service_accepts() -> None:
    """Whoever reads the docstring knows that today's service wants the object and not the string of 2021."""
    document = inspect.getdoc(ConnectionApi.companies_company_id_connections_post) or ""
    assert "today's service accepts nothing else" in " ".join(document.split())


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("gbol", b'"gbol"'),
        ("", b'""'),
        ('{"a": 1}', b'"{\\"a\\": 1}"'),
        ({"platformKey": "gbol"}, b'{"platformKey":"gbol"}'),
        (CodatPublicApiModelsCompanyAddDataConnectionModel(platform_key="gbol"), b'{"platformKey":"gbol"}'),
        (CodatPublicApiModelsCompanyAddDataConnectionModel(), b"{}"),
        ({}, b"{}"),
    ],
)
@pytest.mark.filterwarnings("ignore:since January 2023")
def test_post__body_in_both_contracts(server: ScriptedServer, api: ConnectionApi, body: Any, sent: bytes) -> None:
    """A str is a JSON string, exactly as in 2021; a mapping or the model is an object, as today."""
    api.companies_company_id_connections_post("c1", body=body)
    assert server.request.body == sent


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"status": "Unlinked"}, {"status": "Unlinked"}),
        ({}, {}),
        (CodatPublicApiModelsCompanyPatchDataConnectionModel(), {}),
        (CodatPublicApiModelsCompanyPatchDataConnectionModel(status=None), {"status": None}),
        (CodatPublicApiModelsCompanyPatchDataConnectionModel(status='café "x"'), {"status": 'café "x"'}),
    ],
)
def test_patch__body_holds_what_is_set(server: ScriptedServer, api: ConnectionApi, body: Any, sent: Any) -> None:
    """The PATCH takes a dict as well as the model; unset is not sent, null is."""
    api.companies_company_id_connections_connection_id_patch("c1", "k1", **{UNLINK: body})
    assert server.request.json == sent


def test_get__gives_todays_response_completely(server: ScriptedServer, api: ConnectionApi) -> None:
    """What today's service sends beyond 2021's fields is there, and what it may send tomorrow too."""
    server.script(
        http_response(
            CONNECTION
            | {
                "integrationKey": "gbol",
                "sourceType": "Teleportation",
                "status": "Paused",
                "connectionInfo": {"paused": False},
                "dataConnectionErrors": [{"statusCode": "403", "erroredOnUtc": "2026-01-01T00:00:00Z", "new": 1}],
                "tomorrow": {"a": 1},
            }
        )
    )
    connection = api.companies_company_id_connections_connection_id_get("c1", "k1")
    assert (connection.integration_key, connection.status, connection.source_type) == (
        "gbol",
        "Paused",
        "Teleportation",
    )
    assert connection.connection_info == {"paused": False}
    assert connection.data_connection_errors is not None
    assert connection.data_connection_errors[0].status_code == "403"
    assert connection["tomorrow"] == {"a": 1}


@pytest.mark.parametrize(
    "field", ["status", "lastSync", "created", "sourceType", "dataConnectionErrors", "connectionInfo"]
)
def test_get__null_or_absent(server: ScriptedServer, api: ConnectionApi, field: str) -> None:
    """Whatever is optional may be null or absent, and reads as None either way."""
    attribute = {v: k for k, v in CodatPublicApiModelsCompanyDataConnection.attribute_map.items()}[field]
    absent = {key: value for key, value in CONNECTION.items() if key != field}
    server.script(http_response(absent), http_response(absent | {field: None}))
    for present in (False, True):
        connection = api.companies_company_id_connections_connection_id_get("c1", "k1")
        assert connection[attribute] is None
        assert (attribute in connection) == present


@pytest.mark.parametrize("value", [{}, {"results": None}, {"results": [], "_links": {"next": None}}, page()])
def test_list__with_little_in_it(server: ScriptedServer, api: ConnectionApi, value: Any) -> None:
    """A page without results, links or totals is a page."""
    server.script(http_response(value))
    result = api.companies_company_id_connections_get("c1")
    assert not result.results
    assert result.links is None or result.links.next is None


def test_client__is_made_from_the_default(server: ScriptedServer) -> None:
    """Without a client the api makes one from the default configuration."""
    Configuration.set_default(Configuration(server.url, api_key={"API Key Auth": "Basic default"}))
    api = ConnectionApi()
    assert api.companies_company_id_connections_connection_id_get("c1", "k1").id == CONNECTION["id"]
    assert server.request.header("Authorization") == "Basic default"
    api.api_client.close()


# -- against the sandbox -----------------------------------------------------------------------------------------------


@pytest.fixture
def sandbox_api(sandbox: Sandbox, make_api: MakeApi) -> ConnectionApi:
    """An api with the sandbox's key."""
    return make_api(host=sandbox.url, api_key={"API Key Auth": sandbox.auth_header})


def test_lifecycle__from_create_to_delete(sandbox: Sandbox, sandbox_api: ConnectionApi) -> None:
    """A connection goes PendingAuth, Linked, Unlinked, and is gone."""
    company, api = sandbox.company_id, sandbox_api
    connection = api.companies_company_id_connections_post(company, body={"platformKey": "mqjo"})
    assert (connection.status, connection.source_type) == ("PendingAuth", SourceType.ACCOUNTING)
    sandbox.authorize(connection.id)
    assert api.companies_company_id_connections_connection_id_get(company, connection.id).status == "Linked"
    listed = api.companies_company_id_connections_get(company)
    assert [row.id for row in listed.results or []] == [connection.id] and listed.total_results == 1
    body: dict[str, Any] = {UNLINK: {"status": "Unlinked"}}
    unlinked = api.companies_company_id_connections_connection_id_patch(company, connection.id, **body)
    assert unlinked.status == "Unlinked"
    assert api.companies_company_id_connections_connection_id_delete(company, connection.id) is True
    with pytest.raises(NotFoundException) as error:
        api.companies_company_id_connections_connection_id_get(company, connection.id)
    assert error.value.correlation_id and error.value.outcome == "rejected"


def test_lifecycle__update_authorization(sandbox: Sandbox, sandbox_api: ConnectionApi) -> None:
    """Credentials that were moved in link the connection."""
    connection_id = sandbox.add_connection()
    put = sandbox_api.companies_company_id_connections_connection_id_authorization_put
    assert put(sandbox.company_id, connection_id, request_body={"accessToken": "t0"}).status == "Linked"


@pytest.mark.filterwarnings("ignore:since January 2023")
def test_lifecycle__contract_of_2021(make_api: MakeApi) -> None:
    """The same client works with the service as it was: a bare string creates, DELETE returns true."""
    with Sandbox(contract="2021") as sandbox:
        api = make_api(host=sandbox.url, api_key={"API Key Auth": sandbox.auth_header})
        connection = api.companies_company_id_connections_post(sandbox.company_id, body="mqjo")
        assert api.companies_company_id_connections_connection_id_delete(sandbox.company_id, connection.id) is True


def test_sandbox__refusals(sandbox: Sandbox, sandbox_api: ConnectionApi) -> None:
    """A wrong key and a foreign company have their own exceptions."""
    with pytest.raises(ForbiddenException):
        sandbox_api.companies_company_id_connections_get(sandbox.create_company(foreign=True))
    wrong = Configuration(sandbox.url, api_key={"API Key Auth": "Basic wrong"})
    with ApiClient(wrong) as client, pytest.raises(UnauthorizedException):
        ConnectionApi(client).companies_company_id_connections_get(sandbox.company_id)


@pytest.mark.parametrize("form", ["plain", "with_http_info", "async_req", "tuple", "partial", "unbound"])
def test_post__str_warns_at_the_line_of_the_caller(server: ScriptedServer, api: ConnectionApi, form: str) -> None:
    """The DeprecationWarning names the line that calls, in every form, so that Python's default filters show it."""
    del server
    post, variant = api.companies_company_id_connections_post, api.companies_company_id_connections_post_with_http_info
    untyped: Any = post
    unbound: Any = ConnectionApi.companies_company_id_connections_post_with_http_info
    calls: dict[str, Callable[[], object]] = {
        "plain": lambda: post("c1", body="gbol"),
        "with_http_info": lambda: variant("c1", body="gbol"),
        "async_req": lambda: untyped("c1", body="gbol", async_req=True).get(),
        "tuple": lambda: untyped("c1", body="gbol", _return_http_data_only=False),
        "partial": lambda: partial(variant, "c1")(body="gbol"),
        "unbound": lambda: unbound(api, "c1", body="gbol"),
    }
    with pytest.warns(DeprecationWarning, match="since January 2023") as warned:
        calls[form]()
    assert [warning.filename for warning in warned] == [__file__]
