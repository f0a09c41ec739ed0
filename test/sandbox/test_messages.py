"""Requests and responses as values."""

from __future__ import annotations

import json

import pytest

from codat_python_sdk.sandbox.messages import ErrorBodies, Headers, Rejected, Request, Response

SECRET = "c4n4ry"


def request(target: str, **headers: str) -> Request:
    return Request("PUT", target, Headers(headers.items()), SECRET.encode(), status=200)


def test_headers__ignore_case_and_join() -> None:
    """Names compare without case, and several of one name are joined."""
    headers = Headers([("X-One", " a "), ("x-one", "b"), ("Two", "c")])
    assert headers["x-ONE"] == headers.get("X-One") == "a, b"
    assert list(headers) == ["X-One", "Two"]
    assert len(headers) == 2
    assert "three" not in headers
    assert "TWO" in headers
    with pytest.raises(KeyError):
        headers["three"]


def test_repr__keeps_secrets() -> None:
    """Neither key, code nor body show in the repr of a request or of its headers."""
    seen = request(f"/companies/c/connections/i/start?otp={SECRET}", Authorization=f"Basic {SECRET}")
    assert SECRET not in repr(seen) + str(seen) + repr(seen.headers) + seen.line
    assert repr(seen) == "<Request PUT /companies/c/connections/i/start 200>"
    assert repr(seen.headers) == "Headers(Authorization)"


def test_line__has_no_control_characters() -> None:
    """A path cannot smuggle an escape sequence or another line into a terminal."""
    assert request("/a\x1b[2J\x85b").line == "PUT /a\\x1b[2J\\x85b 200"


def test_query__first_value_decoded() -> None:
    """Parameters are decoded, blank ones kept, and the first of one name counts."""
    assert request("/a?x=1&x=2&y=&z=a+b%26c").query == {"x": "1", "y": "", "z": "a b&c"}


def test_response__head_with_unknown_status() -> None:
    """A status without a name of its own still makes a well-formed head."""
    assert Response(599).head(date="D", close=True).startswith(b"HTTP/1.1 599 Unknown\r\nDate: D\r\n")


def test_response__own_headers_win() -> None:
    """Headers put under a response do not replace its own."""
    assert Response(200, headers={"A": "1"}).over({"A": "2", "B": "3"}).headers == {"A": "1", "B": "3"}


def test_error_bodies__say_what_is_invalid() -> None:
    """An error's body lists what is invalid; where nothing is, `validation` is absent."""
    errors = ErrorBodies(lambda: "0" * 32)
    body = json.loads(errors.response(Rejected(400, "no", invalid=["name: text"])).body)
    (problem,) = body["validation"]["errors"]
    assert problem == {"itemId": None, "message": "name: text", "validatorName": None}
    assert "validation" not in json.loads(errors.response(Rejected(404, "no")).body)
