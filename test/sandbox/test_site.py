"""Who may ask for what: host names, pages of other sites, health checks."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPMessage
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Reply
from .test_pages import FORM, Page


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("127.0.0.1:1234", 200), ("localhost:99", 200), ("app.localhost", 200), ("[::1]:5", 200),
     ("LOCALHOST.", 200), ("evil.example", 421), ("evil.example:80", 421), ("localhost.evil.example", 421),
     ("192.168.1.1", 421), ("", 421), ("127.0.0.1.evil.example", 421)],
)  # fmt: skip
def test_host__only_this_machine(
    call: Caller, sandbox: Sandbox, subtests: pytest.Subtests, host: str, status: int
) -> None:
    """On loopback, other host names are a 421 for everything: a page elsewhere may have pointed its name here."""
    for path in ("/", "/health", "/_sandbox", "/companies"):
        with subtests.test(path):
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


@contextmanager
def proxied(sandbox: Sandbox, prefix: str, *, removes: bool) -> Generator[Caller]:
    """A caller that reaches the sandbox through a proxy that serves it at a path."""

    class Proxy(Caller):
        def plain(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: Any = None) -> Reply:
            if not re.match(rf"{prefix}(?=[/?]|$)", target):
                return Reply(404, None, b"of the proxy", HTTPMessage())
            inside = target.removeprefix(prefix) if removes else target
            return super().plain(method, inside if inside.startswith("/") else f"/{inside}", headers, body)

    yield Proxy(sandbox)


@pytest.mark.parametrize("removes", [True, False])
@pytest.mark.parametrize("start", ["/codat", "/codat/"])
def test_public_url__with_a_path(removes: bool, start: str) -> None:
    """Behind a proxy that serves it at a path, every link and form of dashboard and link page stays there."""
    with Sandbox(public_url="http://dev.localhost:8000/codat/") as sandbox:
        with proxied(sandbox, "/codat", removes=removes) as call:
            base = f"http://dev.localhost:8000{start}"
            for company in ("Corner Bakery", "Another"):
                form = fields(Page(call.plain("GET", start)), "create_company")
                target = urljoin(base, str(form["form"].get("action")))
                reply = call.plain("POST", path_of(target), FORM, urlencode({**form["hidden"], "name": company}))
                location = urljoin(base, reply.headers["Location"])
                assert "Created" in Page(call.plain("GET", path_of(location))).text
            page = Page(call.plain("GET", start))
            for link in page.all("a"):
                assert call.plain("GET", path_of(urljoin(base, str(link["href"])))).status == 200, link
            assert len({link["href"] for link in page.all("a")}) > 6
            sandbox.add_connection()
            form = fields(Page(call.plain("GET", start)), "open_link")
            reply = call.plain("POST", path_of(urljoin(base, str(form["form"].get("action")))), FORM,
                               urlencode(form["hidden"]))  # fmt: skip
            question = call.plain("GET", path_of(reply.headers["Location"]))
            assert "Connect Sandbox" in Page(question).text
            call.root = "/codat" + call.root
            assert call("GET").status == 200
            assert call.plain("GET", "/codat/health").status == 200
        assert {request.company_id for request in sandbox.requests} == {sandbox.company_id}


def test_public_url__with_a_path_of_the_api() -> None:
    """A path that the API has itself is the proxy's to remove."""
    with Sandbox(public_url="http://dev.localhost:8000/companies") as sandbox:
        assert Caller(sandbox)("GET").status == 200


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def fields(page: Page, action: str) -> dict[str, dict[str, str | None]]:
    """The first form with this action: its own attributes, and its hidden fields."""
    form: dict[str, str | None] = {}
    hidden: dict[str, str | None] = {}
    for tag, attributes in page.tags:
        if tag == "form":
            form, hidden = attributes, {}
        elif tag == "input" and attributes.get("type") == "hidden":
            hidden[str(attributes["name"])] = attributes["value"]
        elif tag == "button" and hidden.get("action") == action:
            return {"form": form, "hidden": hidden}
    raise AssertionError(f"no form with {action}")
