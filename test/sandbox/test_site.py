"""Who may ask for what: host names, pages of other sites, health checks."""

from __future__ import annotations

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller
from .test_pages import FORM


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("127.0.0.1:1234", 200), ("localhost:99", 200), ("app.localhost", 200), ("[::1]:5", 200),
     ("LOCALHOST.", 200), ("evil.example", 421), ("evil.example:80", 421), ("localhost.evil.example", 421),
     ("192.168.1.1", 421), ("", 421), ("127.0.0.1.evil.example", 421)],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/health", "/_sandbox", "/companies"])
def test_host__only_this_machine(call: Caller, sandbox: Sandbox, host: str, status: int, path: str) -> None:
    """On loopback, other host names are a 421 for everything: a page elsewhere may have pointed its name here."""
    reply = call.plain("GET", path, {"Host": host, "Authorization": sandbox.auth_header})
    assert reply.status == status
    assert not sandbox.requests or status == 200


@pytest.mark.parametrize(("host", "status"), [("codat.dev.example", 200), ("evil.example", 421)])
def test_host__of_the_public_url(host: str, status: int) -> None:
    """The name in the public URL is taken as well, and still no other one."""
    with Sandbox(public_url="https://codat.dev.example/") as sandbox:
        assert Caller(sandbox).plain("GET", "/health", {"Host": host}).status == status


def test_host__other_listeners_take_any() -> None:
    """Who listens on all addresses is reached by any name."""
    with Sandbox(host="0.0.0.0") as sandbox:
        assert Caller(sandbox).plain("GET", "/health", {"Host": "codat:8080"}).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "{url}"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "{url}"}, 200),
        ({}, 200),
    ],
)
@pytest.mark.parametrize("contract", ["today", "2021"])
def test_origin__pages_of_other_sites_cannot_write(headers: dict[str, str], status: int, contract: str) -> None:
    """A form of another site changes nothing, with a code or, in 2021, without."""
    with Sandbox(contract="2021" if contract == "2021" else "today") as sandbox:
        caller = Caller(sandbox)
        connection = sandbox.add_connection()
        link = caller("GET", f"/{connection}").value["linkUrl"].removeprefix(sandbox.url)
        form = f"action=authorize&otp={link.partition('otp=')[2]}"
        given = {name: value.format(url=sandbox.url) for name, value in headers.items()}
        assert caller.plain("POST", link, {**FORM, **given}, form).status == status
        assert sandbox.connections()[0]["status"] == ("Linked" if status == 200 else "PendingAuth")


def test_origin__holds_for_dashboard_and_api(call: Caller, sandbox: Sandbox) -> None:
    """Neither the dashboard's forms nor the API take a write from a page of another site."""
    other = {"Origin": "http://evil.example", "Authorization": sandbox.auth_header}
    assert call.plain("POST", "/", {**FORM, **other}, "action=reset").status == 403
    assert call("POST", value={"platformKey": "mqjo"}, headers=other).status == 403
    assert call.plain("POST", "/_sandbox/reset", other).status == 403
    assert sandbox.connections() == []


def test_health__responds_and_is_not_recorded(call: Caller, sandbox: Sandbox) -> None:
    """Health checks, by GET and HEAD and without a key, respond, and are not among the requests."""
    assert call.plain("GET", "/health").value == {"status": "ok"}
    for path in ("/health", "/"):
        reply = call.plain("HEAD", path)
        assert (reply.status, reply.body) == (200, b"")
    assert call.plain("POST", "/health").status == 405
    sandbox.fail_next(times=None)
    assert call.plain("GET", "/health").status == 200
    assert sandbox.requests == []
