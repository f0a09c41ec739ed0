"""A program of 2021, as its writers wrote it, against the service of then and of now."""

from __future__ import annotations

import http.client
import logging
import pprint
from collections.abc import Iterator
from typing import Any

import pytest
from cases import case
from server import CONNECTION, ScriptedServer, dropped, http_response, page

import codat_python_sdk
from codat_python_sdk.api import connection_api
from codat_python_sdk.exceptions import ForbiddenException, NotFoundException, ServiceException, UnauthorizedException
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_data_connection_model import (
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)


@pytest.fixture
def configuration(server: ScriptedServer) -> codat_python_sdk.Configuration:
    """Set up as the documentation of 2021 did: the host first, the key afterwards."""
    configuration = codat_python_sdk.Configuration(host=server.url)
    configuration.api_key["API Key Auth"] = "Basic old"
    return configuration


@pytest.fixture
def old(configuration: codat_python_sdk.Configuration) -> Iterator[connection_api.ConnectionApi]:
    """The api inside the client's block."""
    with codat_python_sdk.ApiClient(configuration) as api_client:
        yield connection_api.ConnectionApi(api_client)


def test_imports__all_work() -> None:
    """Every import of 2021 finds its name."""
    program = """
import codat_python_sdk
from codat_python_sdk import ApiClient, Configuration, OpenApiException, ApiTypeError, ApiValueError
from codat_python_sdk import ApiKeyError, ApiAttributeError, ApiException, __version__
from codat_python_sdk.apis import *
from codat_python_sdk.models import *
import codat_python_sdk.apis, codat_python_sdk.api, codat_python_sdk.models, codat_python_sdk.model
from codat_python_sdk.api.connection_api import ConnectionApi as theirs
from codat_python_sdk.api_client import ApiClient as client
from codat_python_sdk.configuration import Configuration as configuration
from codat_python_sdk.exceptions import ApiException as exception
from codat_python_sdk.model_utils import none_type, datetime, date
from codat_python_sdk.rest import RESTClientObject, RESTResponse
assert ConnectionApi is theirs and ApiClient is client and Configuration is configuration and ApiException is exception
assert CodatPublicApiModelsCompanyDataConnection.__name__ and isinstance(__version__, str)
"""
    exec(program, {})


def test_names__are_all_there() -> None:
    """What __all__ promises exists."""
    for name in sorted(codat_python_sdk.__all__):
        with case(name):
            assert getattr(codat_python_sdk, name) is not None


@pytest.mark.filterwarnings("ignore:since January 2023")
def test_program__of_2021(server: ScriptedServer, old: connection_api.ConnectionApi) -> None:
    """The five calls of 2021, with the responses of 2021 and of today, print and compare as before."""
    server.script(
        http_response(CONNECTION | {"status": "PendingAuth"}),
        http_response(page(CONNECTION)),
        http_response(CONNECTION | {"integrationKey": "gbol", "dataConnectionErrors": None}),
        http_response(CONNECTION | {"status": "Unlinked"}),
        http_response(True),
        http_response(body=b""),
    )
    connection = old.companies_company_id_connections_post("c1", body="gbol")
    assert isinstance(connection, CodatPublicApiModelsCompanyDataConnection)
    page_1 = old.companies_company_id_connections_get("c1", 1, page_size=100)
    assert [row["platform_name"] for row in page_1.results or []] == ["Sandbox"]
    assert "platform_name" in pprint.pformat(page_1)
    fetched = old.companies_company_id_connections_connection_id_get(company_id="c1", connection_id=connection.id)
    assert fetched.get("last_sync") is not None and fetched.status == "Linked"
    unlink = CodatPublicApiModelsCompanyPatchDataConnectionModel(status="Unlinked")
    unlinked = old.companies_company_id_connections_connection_id_patch(
        "c1", connection.id, codat_public_api_models_company_patch_data_connection_model=unlink
    )
    assert unlinked["status"] == "Unlinked"
    assert old.companies_company_id_connections_connection_id_delete("c1", connection.id) is True
    assert old.companies_company_id_connections_connection_id_delete("c1", connection.id) is True
    assert {request.header("Authorization") for request in server.requests} == {"Basic old"}
    assert server.requests[0].body == b'"gbol"'


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, codat_python_sdk.ApiException),
        (401, UnauthorizedException),
        (403, ForbiddenException),
        (404, NotFoundException),
        (409, codat_python_sdk.ApiException),
        (418, codat_python_sdk.ApiException),
        (500, ServiceException),
        (502, ServiceException),
    ],
)
def test_except__clauses_of_2021_still_catch(
    server: ScriptedServer,
    configuration: codat_python_sdk.Configuration,
    status: int,
    cls: type[codat_python_sdk.ApiException],
) -> None:
    """The classes that code of 2021 names catch what they caught, with the same attributes."""
    configuration.retries = False
    server.script(
        http_response(body=b"the body", status=status, headers=[("X-Test", "yes")], content_type="text/plain")
    )
    try:
        with codat_python_sdk.ApiClient(configuration) as client:
            connection_api.ConnectionApi(client).companies_company_id_connections_connection_id_get("c1", "k1")
    except cls as error:
        assert error.headers is not None
        assert (error.status, error.body, error.headers["x-test"]) == (status, "the body", "yes")
        assert str(status) in f"Exception when calling ConnectionApi: {error}\n"
    else:
        pytest.fail("nothing was raised")


def test_except__default_host_without_a_server() -> None:
    """With the default host and nobody there, the call fails with an exception of the family, not with urllib3's."""
    configuration = codat_python_sdk.Configuration()
    configuration.retries = False
    assert configuration.host == "http://localhost"
    configuration.host = "http://localhost:9"
    with codat_python_sdk.ApiClient(configuration) as client, pytest.raises(codat_python_sdk.ApiException) as error:
        connection_api.ConnectionApi(client).companies_company_id_connections_connection_id_get("c1", "k1")
    assert error.value.status == 0


def test_client__works_after_a_failure(server: ScriptedServer, configuration: codat_python_sdk.Configuration) -> None:
    """One bad call does not spoil the next."""
    configuration.retries = False
    server.script(dropped(), http_response())
    with codat_python_sdk.ApiClient(configuration) as client:
        api = connection_api.ConnectionApi(client)
        with pytest.raises(codat_python_sdk.ApiException):
            api.companies_company_id_connections_connection_id_get("c1", "k1")
        assert api.companies_company_id_connections_connection_id_get("c1", "k1").id == CONNECTION["id"]


def test_redirect__is_not_followed(server: ScriptedServer, old: connection_api.ConnectionApi) -> None:
    """A 302 is an ApiException, and the other host never sees a request, let alone the key."""
    with ScriptedServer() as other:
        server.script(http_response(body=b"", status=302, headers=[("Location", f"{other.url}/elsewhere")]))
        with pytest.raises(codat_python_sdk.ApiException) as error:
            old.companies_company_id_connections_connection_id_get("c1", "k1")
        assert error.value.status == 302
        assert len(server.requests) == 1 and other.connections == 0


def test_connections__are_reused(server: ScriptedServer, old: connection_api.ConnectionApi) -> None:
    """Calls in a row share a connection."""
    for _ in range(4):
        old.companies_company_id_connections_connection_id_get("c1", "k1")
    assert (len(server.requests), server.connections) == (4, 1)


def test_async__many(server: ScriptedServer, configuration: codat_python_sdk.Configuration) -> None:
    """The loop of async calls that 2021's documentation shows."""
    with codat_python_sdk.ApiClient(configuration, pool_threads=3) as client:
        api = connection_api.ConnectionApi(client)
        untyped: Any = api.companies_company_id_connections_connection_id_get
        threads = [untyped("c1", f"k{number}", async_req=True) for number in range(12)]
        assert {thread.get().id for thread in threads} == {CONNECTION["id"]}
    assert {request.target[-2:].lstrip("k") for request in server.requests} == {str(n) for n in range(12)}


def test_arguments__of_the_caller_are_not_changed(server: ScriptedServer, old: connection_api.ConnectionApi) -> None:
    """A dict of arguments or a body can be used again."""
    server.script(http_response(page()), http_response())
    arguments: dict[str, Any] = {"page_size": 5, "query": "q"}
    body = {"platformKey": "gbol"}
    old.companies_company_id_connections_get("c1", 1, **arguments)
    old.companies_company_id_connections_post("c1", body=body)
    assert arguments == {"page_size": 5, "query": "q"} and body == {"platformKey": "gbol"}


def test_debug__changes_no_global(server: ScriptedServer) -> None:
    """Making a configuration leaves root logger, http.client and levels as they were."""
    root = list(logging.getLogger().handlers), logging.getLogger().level, http.client.HTTPConnection.debuglevel
    codat_python_sdk.Configuration(server.url)
    assert root == (
        list(logging.getLogger().handlers), logging.getLogger().level, http.client.HTTPConnection.debuglevel,
    )  # fmt: skip
