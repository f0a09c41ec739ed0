"""What a request has to pass before it is done: route, key, body."""

from __future__ import annotations

import re
from itertools import product

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Clock


def test_error_body__is_codats(call: Caller) -> None:
    """An error carries all of Codat's fields, and a correlation id of 32 hex digits."""
    reply = call("POST", value={"platformKey": "zzzz"})
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"
    assert re.fullmatch("[0-9a-f]{32}", reply.value.pop("correlationId"))
    (problem,) = reply.value.pop("validation")["errors"]
    assert problem["message"].startswith("platformKey: ")
    assert reply.value == {
        "statusCode": 400, "service": "PublicApi", "error": "Unknown platformKey", "canBeRetried": "Unknown",
        "detailedErrorCode": 0,
    }  # fmt: skip


def test_route__paths_that_do_not_exist(call: Caller) -> None:
    """Every other path is a 404 with an error body, empty segments and dots included."""
    root = call.root
    for target in ("/companies/", "/x", "//", "*", root + "/", "/companies//connections", f"/{root}", f"{root}/x/y",
                   f"{root}/x/authorization/z", f"{root}//authorization", "/companies/../connections"):  # fmt: skip
        reply = call.plain("GET", target, {"Authorization": call.sandbox.auth_header})
        assert (reply.status, reply.value["statusCode"]) == (404, 404), target


def test_route__other_methods_are_405(call: Caller) -> None:
    """A method that a path does not have is a 405 that lists those it has; HEAD gets no body."""
    paths: list[tuple[str, str]] = [("", "GET, POST"), ("/x", "GET, DELETE, PATCH"), ("/x/authorization", "PUT")]
    for method, (path, allowed) in product(("HEAD", "OPTIONS", "TRACE", "BREW"), paths):
        with case(method, path):
            reply = call(method, path)
            assert (reply.status, reply.headers["Allow"]) == (405, allowed)
            received = call.raw(f"{method} {call.root}{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert received.endswith(b"\r\n\r\n") is (method == "HEAD")


def test_route__segments_are_decoded_once(call: Caller, sandbox: Sandbox) -> None:
    """An encoded slash stays in its segment, and an encoded percent sign is not decoded twice."""
    strange = sandbox.add_connection(id="a/b%2Fc ü")
    assert call("GET", "/a%2Fb%252Fc%20%C3%BC").value["id"] == strange
    assert call("GET", "/a/b%252Fc%20%C3%BC").status == 404
    assert call("GET", "/..%2Fconnections").status == 404
    assert sandbox.requests[0].target == f"{call.root}/a%2Fb%252Fc%20%C3%BC"
    assert sandbox.requests[0].path == f"{call.root}/a/b%2Fc ü"


def test_route__absolute_form(call: Caller, sandbox: Sandbox) -> None:
    """A target in absolute form, as a client of a proxy sends it, is understood."""
    reply = call.plain("GET", f"{sandbox.url}{call.root}?page=1", {"Authorization": sandbox.auth_header})
    assert reply.status == 200
    assert sandbox.requests[0].raw_path == call.root


@pytest.mark.parametrize(
    "value", [None, "", "Basic", "Basic x", "{raw}", "Bearer {raw}", "basic {b64}", "{auth} ", "{auth}x"]
)
def test_authenticate__only_the_basic_value(call: Caller, sandbox: Sandbox, value: str | None) -> None:
    """A missing or wrong key is a 401, the raw key and a bearer token included, and does nothing."""
    parts = {"raw": sandbox.api_key, "b64": sandbox.auth_header[6:], "auth": sandbox.auth_header}
    headers = {} if value is None else {"Authorization": value.format(**parts)}
    reply = call.plain("POST", call.root, {**headers, "Content-Type": "application/json"}, '{"platformKey":"mqjo"}')
    # Blanks around a header's value are no part of it.
    assert reply.status == (200 if value == "{auth} " else 401)
    assert len(sandbox.connections()) == (1 if value == "{auth} " else 0)


def test_authenticate__before_anything_is_told(call: Caller) -> None:
    """Without the key nobody learns which companies there are."""
    assert call.plain("GET", "/companies/x/connections").status == 401


def test_json__malformed_body_is_400(call: Caller, sandbox: Sandbox) -> None:
    """A body that is not JSON in UTF-8 is a 400, however it is broken."""
    cases: list[bytes] = [
        b"{",
        b"",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"NaN",
        b'{"platformKey": NaN}',
        b"[" * 200_000,
        b"{}{}",
        b"1" * 10_000,
        '{"platformKey": "gbol"}'.encode("utf-16"),
    ]
    for body in cases:
        with case(body):
            assert call("POST", body=body).status == 400
            assert sandbox.connections() == []


def test_json__content_type(call: Caller) -> None:
    """A body that does not say it is JSON is a 415."""
    cases: list[tuple[str, int]] = [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/hal+json", 200),
        ("text/plain", 415),
        ("", 415),
        ("application/x-www-form-urlencoded", 415),
    ]
    for content_type, status in cases:
        with case(content_type, status):
            assert call("POST", value={"platformKey": "mqjo"}, headers={"Content-Type": content_type}).status == status


def test_json__escapes_survive(call: Caller, sandbox: Sandbox) -> None:
    """Text outside of ASCII, lone surrogates included, comes back as it went in."""
    connection_id = sandbox.add_connection(platformName="Größe \ud800 日本")
    assert call("GET", f"/{connection_id}").value["platformName"] == "Größe \ud800 日本"


def test_platforms__can_be_added(clock: Clock) -> None:
    """A sandbox knows the platforms that were passed to it, besides its own."""
    with Sandbox(clock=clock, platforms={"pqsw": ("My Bank", "Banking")}) as sandbox:
        created = Caller(sandbox).create("pqsw")
    assert (created["platformName"], created["sourceType"]) == ("My Bank", "Banking")


def test_faultless__own_bug_is_a_500(
    call: Caller, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug in the sandbox itself is a 500 and is logged, and the connection stays usable."""
    monkeypatch.setattr(sandbox._core.state, "show", None)
    reply = call("GET", f"/{sandbox.add_connection()}")
    assert (reply.status, reply.value["statusCode"]) == (500, 500)
    assert "the sandbox failed to respond to" in caplog.text
