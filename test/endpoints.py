"""What holds for every generated method: its request, its result and its variant with HTTP info, over a real socket."""

from __future__ import annotations

import inspect
import json
from typing import Any, NamedTuple

import pytest
from server import ScriptedServer, http_response

from codat_python_sdk import ApiResponse, ApiTypeError


class Endpoint(NamedTuple):
    """A call, and what it is on the wire."""

    arguments: dict[str, Any]
    method: str
    target: str
    body: Any
    response: Any  #: JSON; None for an empty body
    result: type[Any]  #: class of the result
    positional: tuple[str, ...] = ()  #: arguments that may be given by position


def check_request_and_result(server: ScriptedServer, api: Any, name: str, endpoint: Endpoint) -> None:
    """The method sends its request and returns its class; so does the variant, with status and headers."""
    empty = endpoint.response is None
    server.script(http_response(endpoint.response, status=204, body=b"") if empty else http_response(endpoint.response))
    result = getattr(api, name)(**endpoint.arguments)
    info: ApiResponse[Any] = getattr(api, f"{name}_with_http_info")(**endpoint.arguments)
    assert isinstance(result, endpoint.result) and isinstance(info, ApiResponse)
    assert (info.data, info.status) == (result, 204 if empty else 200)
    assert len(server.requests) == 2
    for request in server.requests:
        assert (request.method, request.target) == (endpoint.method, endpoint.target)
        assert (json.loads(request.body) if request.body else None) == endpoint.body
        assert request.header("Accept") == "application/json"
        writes = endpoint.method in ("POST", "PATCH", "PUT")
        assert request.header("Content-Type") == ("application/json" if writes else None)
        assert (request.header("Idempotency-Key") is not None) == (endpoint.method in ("POST", "PATCH"))


def check_arguments(server: ScriptedServer, api: Any, name: str, endpoint: Endpoint) -> None:
    """What is positional goes by position, the rest does not; an unknown keyword is named; nothing is sent."""
    method = getattr(api, name)
    names = [
        parameter.name
        for parameter in inspect.signature(method).parameters.values()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    assert tuple(names) == endpoint.positional
    for variant in (method, getattr(api, f"{name}_with_http_info")):
        with pytest.raises(ApiTypeError, match="colour"):
            variant(**endpoint.arguments, colour="red")
        with pytest.raises(TypeError):
            variant(*(endpoint.arguments[name] for name in names), "one too many")
    for argument in endpoint.positional:
        with pytest.raises(ApiTypeError) as caught:
            method(**endpoint.arguments | {argument: b"bytes"})
        assert caught.value.path_to_item == [argument]
    assert server.connections == 0
