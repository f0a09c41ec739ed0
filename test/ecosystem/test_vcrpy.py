"""vcrpy: a session is recorded without its secrets, and replayed without a service, errors and retries included."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from authority import server_context
from conftest import MakeApi
from faulty import call, refused, within
from server import CONNECTION, ScriptedServer, http_response, stalled

from codat_python_sdk import ApiException, CodatPlatform, NotFoundException, RetryPolicy
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.exceptions import ApiTimeoutException, ApiTlsException
from codat_python_sdk.sandbox import Sandbox

vcr = pytest.importorskip("vcr", reason="tox -e vcrpy installs vcrpy")
NotRecorded: Any = vcr.errors.CannotOverwriteExistingCassetteException

UseCassette = Callable[..., Any]
QUICKLY = RetryPolicy(initial_interval=0.001)


def without_authorization(request: Any) -> Any:
    """A request as it may be kept: an authorization's body holds credentials for the customer's platform."""
    if request.path.endswith("/authorization"):
        request.body = b"{}"
    return request


def without_link(response: Any) -> Any:
    """A response as it may be kept: the customer's link may hold a one-time code."""
    link = rb'"linkUrl": ?"[^"]*"'
    response["body"]["string"] = re.sub(link, b'"linkUrl":"https://link.test"', response["body"]["string"])
    return response


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """The file of the test's cassette."""
    return tmp_path / "tape.yaml"


@pytest.fixture
def use_cassette(tape: Path) -> UseCassette:
    """A function that opens the test's cassette, in a record mode and with more of vcrpy's settings."""
    recorder: Any = vcr.VCR(
        filter_headers=["authorization"],
        before_record_request=without_authorization,
        before_record_response=without_link,
    )

    def use(record_mode: str, **settings: Any) -> Any:
        return recorder.use_cassette(str(tape), record_mode=record_mode, **settings)

    return use


def session(codat: CodatPlatform, company_id: str) -> list[object]:
    """A connection's life, and what the caller sees of it, but for the link."""
    connections = codat.connections
    created = connections.with_http_info.create(company_id, "gbol")
    connection_id = str(created.data.id)
    listed = connections.with_http_info.list(company_id, order_by="-created")
    authorized = connections.update_authorization(company_id, connection_id, {"accessToken": "canary-token"})
    results = [
        created.data,
        connections.get(company_id, connection_id),
        *(listed.data.results or ()),
        *connections.iterate(company_id, page_size=1),
        authorized,
        connections.unlink(company_id, connection_id),
    ]
    deleted = connections.delete(company_id, connection_id)
    with pytest.raises(NotFoundException) as caught:
        connections.get(company_id, connection_id)
    error = caught.value
    assert error.correlation_id is not None
    return [
        *(model.to_dict() | {"link_url": None} for model in results),
        *((result.status, dict(result.headers), result.rate_limit) for result in (created, listed)),
        [attempt.status for attempt in listed.attempts],
        deleted,
        (str(error), error.body, dict(error.headers or {}), error.correlation_id, error.outcome),
    ]


def record(sandbox: Sandbox) -> list[object]:
    """A session with a sandbox that is not there the first time when it is asked for a list."""
    sandbox.fail_next(503, operations="list")
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=QUICKLY) as codat:
        return session(codat, sandbox.company_id)


def test_session__replays_without_a_service(use_cassette: UseCassette) -> None:
    """Results, headers, the attempt after a 503 and the 404 at the end are those of the recording, whatever the key."""
    with Sandbox() as sandbox, use_cassette("once"):
        url, recorded = sandbox.url, record(sandbox)
    with use_cassette("none") as cassette, CodatPlatform(api_key="another", server_url=url, retries=QUICKLY) as codat:
        assert session(codat, sandbox.company_id) == recorded
    assert cassette.all_played
    assert [recorded["status"]["code"] for recorded in cassette.responses] == [seen.status for seen in sandbox.requests]
    assert [503, 200] in recorded


def test_recording__holds_no_secret(use_cassette: UseCassette, tape: Path, sandbox: Sandbox) -> None:
    """With the three settings of the guide neither key nor authorization nor link is in the file."""
    with use_cassette("once"):
        record(sandbox)
    text = tape.read_text(encoding="utf-8")
    encoded = base64.b64encode(sandbox.api_key.encode()).decode()
    for secret in (sandbox.api_key, encoded, "uthorization:", "canary-token", "otp=", "/start"):
        assert secret not in text
    assert "https://link.test" in text


def test_recording__keeps_nothing_from_the_call(use_cassette: UseCassette, sandbox: Sandbox) -> None:
    """What is left out of the file is sent, and handed to the caller, all the same."""
    with use_cassette("once"), CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        connection = codat.connections.create(sandbox.company_id, "gbol")
        codat.connections.update_authorization(sandbox.company_id, str(connection.id), {"accessToken": "canary-token"})
    assert "otp=" in str(connection.link_url)
    assert b"canary-token" in sandbox.requests[1].body


def test_unrecorded__is_vcrpys_own_error(use_cassette: UseCassette, server: ScriptedServer, make_api: MakeApi) -> None:
    """A request that was not recorded is no failure of the service: vcrpy's exception comes untouched, and at once."""
    api = make_api(retries=None)
    with use_cassette("once"):
        call(api, "get")
    with use_cassette("none"), within(1), pytest.raises(NotRecorded):
        call(api, "get", connection="k2")
    with use_cassette("none"):
        assert call(api, "get").status == 200
    assert len(server.requests) == 1


def test_idempotency_key__can_tell_recordings_apart(
    use_cassette: UseCassette, server: ScriptedServer, make_api: MakeApi
) -> None:
    """Where headers have to match, a call gets the response recorded for its own key, and none for an unknown key."""
    server.script(*(http_response(CONNECTION | {"id": connection_id}) for connection_id in ("1", "2")))
    api, matching = make_api(), {"match_on": ["method", "uri", "headers"]}
    with use_cassette("once", **matching):
        for key in ("one", "two"):
            call(api, "create", _idempotency_key=key)
    with use_cassette("none", **matching):
        replayed = [call(api, "create", _idempotency_key=key).data.id for key in ("two", "one")]
        with pytest.raises(NotRecorded):
            call(api, "create", _idempotency_key="three")
    assert replayed == ["2", "1"]


def outcome(api: ConnectionApi) -> tuple[object, ...]:
    """What a call brings, or what it raises."""
    try:
        response = call(api, "get", _retries=0)
    except ApiException as error:
        return type(error), str(error), error.body, error.retry_after, error.outcome
    return response.data, response.status, response.headers["Content-Type"]


SCRUBBED = CONNECTION | {"linkUrl": "https://link.test"}
REPLIES = {
    "plain": http_response(SCRUBBED),
    "gzip": http_response(SCRUBBED, encoding="gzip"),
    "chunked": http_response(SCRUBBED, chunks=3),
    "gzip and chunked": http_response(SCRUBBED, encoding="gzip", chunks=3),
    "gateway's page": http_response(body=b"<html>", content_type="text/html"),
    "too many requests": http_response({"error": "slow down"}, status=429, headers=[("Retry-After", "7")]),
    "nothing": http_response(body=b""),
}


@pytest.mark.parametrize("decode", [False, True])
@pytest.mark.parametrize("name", REPLIES)
def test_response__is_the_same_from_the_file(
    use_cassette: UseCassette, server: ScriptedServer, api: ConnectionApi, name: str, decode: bool
) -> None:
    """Compressed or not, readable or not: a response reads the same direct, while it is recorded, and from the file."""
    server.script(REPLIES[name])
    expected = outcome(api)
    with use_cassette("once", decode_compressed_response=decode):
        assert outcome(api) == expected
    with use_cassette("none", decode_compressed_response=decode):
        assert outcome(api) == expected
    assert len(server.requests) == 2


def test_tls__is_recorded_and_replayed(use_cassette: UseCassette, make_api: MakeApi, ca_file: str) -> None:
    """HTTPS works as well: verified while it is recorded, and without a connection when it is replayed."""
    with ScriptedServer(tls=server_context()) as server, use_cassette("once"):
        url = server.url
        assert call(make_api(host=url, ssl_ca_cert=ca_file), "get").status == 200
    with use_cassette("none"):
        assert call(make_api(host=url), "get").status == 200


def test_tls__is_verified_while_recording(use_cassette: UseCassette, make_api: MakeApi, tape: Path) -> None:
    """A server that nobody vouches for is refused as ever, and not recorded."""
    with ScriptedServer(tls=server_context()) as server, use_cassette("once"), pytest.raises(ApiTlsException):
        call(make_api(host=server.url), "get")
    assert server.requests == []
    assert not tape.exists()


def test_no_response__is_not_recorded(
    use_cassette: UseCassette, server: ScriptedServer, make_api: MakeApi, tape: Path
) -> None:
    """While recording, a late or missing response raises the usual exception, and nothing is recorded."""
    server.script(stalled())
    with use_cassette("once"), refused() as nowhere:
        for api, text in (make_api(timeout=0.1), "no response within 0.1 s"), (make_api(host=nowhere), "no connection"):
            with pytest.raises(ApiException, match=text) as caught:
                call(api, "get")
            assert (caught.value.status, caught.value.outcome) == (0, "unknown")
    assert not tape.exists()


def test_time_limits__hold_while_recording(
    use_cassette: UseCassette, server: ScriptedServer, make_api: MakeApi
) -> None:
    """While recording, an attempt ends with its timeout, and no further one begins after the deadline."""
    server.script(stalled())
    api = make_api(timeout=0.1, deadline=0.15, retries=RetryPolicy(1_000, initial_interval=0.001))
    with use_cassette("once"), within(1), pytest.raises(ApiTimeoutException) as caught:
        call(api, "get")
    assert len(caught.value.attempts) == len(server.requests) <= 3


def test_client__goes_from_service_to_file_and_back(
    use_cassette: UseCassette, server: ScriptedServer, make_api: MakeApi
) -> None:
    """A client in use takes part in a recording and in its replay, and loses none of its connections' places by it."""
    api = make_api(connection_pool_maxsize=1, deadline=1)
    call(api, "list")
    with use_cassette("once"):
        call(api, "get")
    call(api, "list")
    with use_cassette("none"):
        call(api, "get")
    call(api, "list")
    assert [request.target.count("k1") for request in server.requests] == [0, 1, 0, 0]
