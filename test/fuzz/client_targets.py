"""What the client reads, given any bytes: each function fails when a promise does not hold for them."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from datetime import date, datetime, timezone
from typing import Any
from unittest import mock

from urllib3 import HTTPHeaderDict

from codat_python_sdk import ApiClient, ApiException, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.dates import parse_datetime
from codat_python_sdk.model_utils import Model
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyCompany,
    CodatPublicApiModelsCompanyDataConnection,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
)
from codat_python_sdk.response import read
from codat_python_sdk.rest import RESTResponse
from codat_python_sdk.rest.connection import DeadlineConnectionMixin
from codat_python_sdk.rest.heads import Response
from codat_python_sdk.rest.plain_heads import PlainHeadResponse
from codat_python_sdk.values import Validation
from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

MAX_RESPONSE = 60_000  # fits into a socket's buffer, so that no thread has to send it
VALIDATIONS: list[Validation | None] = ["lenient", "strict", None]
TYPES: list[Any] = [
    CodatPublicApiModelsCompanyDataConnection,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
    CodatPublicApiModelsCompanyCompany,
    str,
    bool,
]


def response(data: bytes) -> None:
    """A call ends with a model or an ``ApiException``, whatever comes; however heads are read, with the same."""
    assert _call(PlainHeadResponse, data) == _call(Response, data)


def _call(response_class: type[Response], data: bytes) -> object:
    client_end, server_end = socket.socketpair()
    settings = Configuration("http://127.0.0.1:1", api_key={"API Key Auth": "Basic eA=="}, retries=0)
    settings.timeout, settings.deadline = 60, 60
    server_end.sendall(data[:MAX_RESPONSE])
    server_end.shutdown(socket.SHUT_WR)
    patched: dict[str, Any] = {"response_class": response_class}
    patched["_new_conn"] = lambda *_: client_end  # pyright: ignore[reportUnknownLambdaType]
    try:
        with mock.patch.multiple(DeadlineConnectionMixin, **patched), ApiClient(settings) as client:
            result: Any = ConnectionApi(client).companies_company_id_connections_connection_id_get_with_http_info(
                "c", "k"
            )
            return result.status, result.data, sorted(result.headers.items())
    except ApiException as error:
        return type(error), error.status, error.reason, error.outcome, error.body
    finally:
        client_end.close()
        server_end.close()


def body(data: bytes) -> None:
    """A body is read or fails with an ``ApiException``; a model that was read is the same when it is sent back."""
    choice, content = data[:1], data[1:]
    expected = TYPES[ord(choice or b"\0") % len(TYPES)]
    for validation in VALIDATIONS:
        with suppress(ApiException):
            result = read(_ok(content), (expected,), validation)
            if validation == "strict" and isinstance(result, Model):
                again = json.dumps(result.to_json_dict()).encode()
                assert read(_ok(again), (expected,), validation) == result


def _ok(content: bytes) -> Any:
    return RESTResponse(200, "OK", content, HTTPHeaderDict({"Content-Type": "application/json"}), False, False)


def moment(data: bytes) -> None:
    """A text is a date and time or is refused, and one that is can be written and read again."""
    text = data.decode("utf-8", "surrogateescape")
    parsed = None
    with suppress(TypeError, ValueError):
        parsed = parse_datetime(text)
        assert isinstance(parsed, datetime)
    if parsed is not None and parsed.tzinfo is not None and date(2, 1, 1) < parsed.date() < date(9999, 1, 1):
        assert parse_datetime(parsed.isoformat()) == parsed
        assert parsed.astimezone(timezone.utc) == parsed


def webhook(data: bytes) -> None:
    """A delivery that is signed is an event or no JSON object; one that is not signed is refused, whatever it says."""
    receiver = Webhook(b"a-key-of-24-bytes-or-more")
    headers, _, content = data.partition(b"\n\n")
    lines = [(name, value) for name, _, value in (line.partition(b":") for line in headers.split(b"\n"))]
    for given in (dict(lines), lines, dict.fromkeys(("webhook-id", "webhook-timestamp", "webhook-signature"), headers)):
        try:
            receiver.parse(content, given)
        except WebhookVerificationError:
            continue
        raise AssertionError("accepted without a signature")
    try:
        event = receiver.parse(content, receiver.sign(content))
    except WebhookVerificationError as error:
        assert error.check in ("json", "body")
    else:
        assert repr(event)


TARGETS = {"response": response, "body": body, "moment": moment, "webhook": webhook}
