"""The forms of a result."""

from __future__ import annotations

from conftest import MakeApi
from server import CONNECTION, ScriptedServer, http_response

from codat_python_sdk.operations import connections as operations
from codat_python_sdk.results import Result, api_response, http_tuple


def test_forms__of_one_result(server: ScriptedServer, make_api: MakeApi) -> None:
    """The same result as a tuple and as an ApiResponse; an unread response as it is."""
    server.script(http_response(CONNECTION))
    client = make_api().api_client
    arguments = {"company_id": "c", "connection_id": "k"}
    result: Result = client.send(operations.GET, arguments, {}, form=lambda result: result)  # type: ignore[assignment]
    data, status, headers = http_tuple(result)
    response = api_response(result)
    assert (data, status) == (response.data, response.status) == (result.data, 200)
    assert headers["content-type"] == response.headers["Content-Type"]
    assert (len(response.attempts), response.idempotency_key) == (1, None)
    result.call.preload = False
    assert http_tuple(result) is data
