"""The link page and the dashboard, without a browser."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Clock, Reply

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Page(HTMLParser):
    """What a page is made of: its tags with attributes, and its text."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(reply.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def link(call: Caller) -> str:
    """A fresh linkUrl's path and query."""
    return str(call.create("gbol")["linkUrl"].removeprefix(call.sandbox.url))


def choose(call: Caller, link: str, action: str = "authorize", **changes: str) -> Reply:
    path, code = link.split("?otp=")
    return call.plain("POST", path, FORM, urlencode({"otp": code, "action": action, **changes}))


def status(call: Caller) -> str:
    return str(call("GET").value["results"][0]["status"])


def test_link__asks(call: Caller, link: str) -> None:
    """The page names platform and company, and offers a form with Authorize and Cancel."""
    call.sandbox._core.state.companies[call.sandbox.company_id].name = "Müller & <b>Söhne</b>"
    reply = call.plain("GET", link)
    page = Page(reply)
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Connect Xero to Müller & <b>Söhne</b>?" in page.text
    assert page.all("form") == [{"method": "post"}]
    assert [button["value"] for button in page.all("button")] == ["authorize", "cancel"]
    assert page.all("input") == [{"type": "hidden", "name": "otp", "value": link[-6:]}]


def test_link__is_accessible_and_locked_down(call: Caller, link: str) -> None:
    """Every page has a language, a viewport, a title and a heading, runs no script, and is not kept."""
    for reply in (call.plain("GET", link), call.plain("GET", "/"), call.plain("GET", link[:-6]), choose(call, link)):
        page = Page(reply)
        assert page.all("html") == [{"lang": "en"}]
        assert any(meta.get("name") == "viewport" for meta in page.all("meta"))
        assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
        assert len(page.all("script")) == ("dashboard" in page.text.lower() or "Last requests" in page.text)
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Referrer-Policy"] == "same-origin"


def test_link__looking_does_not_use_it_up(call: Caller, link: str) -> None:
    """A link may be looked at many times before somebody decides."""
    assert [call.plain("GET", link).status for _ in range(3)] == [200] * 3
    assert choose(call, link).status == 200


def test_link__authorize(call: Caller, link: str) -> None:
    """Authorize makes the connection Linked, and the page says so."""
    reply = choose(call, link)
    assert (reply.status, status(call)) == (200, "Linked")
    assert "Xero is connected" in Page(reply).text


def test_link__cancel(call: Caller, link: str) -> None:
    """Cancel leaves it PendingAuth with an error, and the page says so."""
    reply = choose(call, link, "cancel")
    assert (reply.status, status(call)) == (200, "PendingAuth")
    assert "Xero was not connected" in Page(reply).text
    assert call("GET").value["results"][0]["dataConnectionErrors"]


@pytest.mark.parametrize("before", ["Unlinked", "Deauthorized"])
def test_link__relinks(call: Caller, before: str) -> None:
    """A connection that was unlinked or lost can be authorized again."""
    path = f"/{call.sandbox.add_connection(status=before)}"
    link = call("GET", path).value["linkUrl"].removeprefix(call.sandbox.url)
    assert choose(call, link).status == 200
    assert status(call) == "Linked"


@pytest.mark.parametrize("action", ["authorize", "cancel"])
def test_link__works_once(call: Caller, link: str, action: str) -> None:
    """After either choice the link is used: 410, with a page, and nothing changes any more."""
    choose(call, link, action)
    before = call.sandbox.connections()
    for reply in (call.plain("GET", link), choose(call, link), choose(call, link, "cancel")):
        assert reply.status == 410
        assert "used already" in Page(reply).text
    assert call.sandbox.connections() == before


def test_link__a_fresh_one_works_after_a_used_one(call: Caller, link: str) -> None:
    """Reading the connection again is how one gets another link."""
    choose(call, link, "cancel")
    fresh = call("GET").value["results"][0]["linkUrl"].removeprefix(call.sandbox.url)
    assert choose(call, fresh).status == 200


def test_link__expires_after_a_day(call: Caller, link: str, clock: Clock) -> None:
    """A day later it is a 401, with a page."""
    clock.now += 24 * 60 * 60
    for reply in (call.plain("GET", link), choose(call, link)):
        assert reply.status == 401
        assert "not valid" in Page(reply).text
    assert status(call) == "PendingAuth"


@pytest.mark.parametrize("code", ["", "x", "000000", "%00", "'\"><script>"])
def test_link__unknown_code_is_401(call: Caller, link: str, code: str) -> None:
    """A code that was not issued for this connection opens nothing, and is not echoed."""
    other = link[-6:] if code == "000000" else code
    target = link[:-6] + other if other != link[-6:] else link.replace(link[-6:], "x")
    reply = call.plain("GET", target.replace("<", "%3C").replace(">", "%3E"))
    assert reply.status == 401
    assert b"<script>" not in reply.body
    assert choose(call, link, otp=code if code != "000000" else "y").status == 401
    assert status(call) == "PendingAuth"


def test_link__one_connection_code_opens_no_other(call: Caller, link: str) -> None:
    """A code belongs to its connection."""
    other = call.sandbox.add_connection()
    assert call.plain("GET", f"{call.root}/{other}/start?otp={link[-6:]}").status == 401


def test_link__deleted_connection_is_404(call: Caller, link: str) -> None:
    """The link of a connection that is gone, or of another company, says so."""
    elsewhere = link.replace(call.sandbox.company_id, call.sandbox.create_company())
    assert call.plain("GET", elsewhere).status == 404
    call("DELETE", f"/{call.sandbox.connections()[0]['id']}")
    assert call.plain("GET", link).status == choose(call, link).status == 404


@pytest.mark.parametrize("action", ["", "delete"])
def test_link__no_choice_is_400(call: Caller, link: str, action: str) -> None:
    """A form without one of the two choices changes nothing and uses nothing up."""
    assert choose(call, link, action).status == 400
    assert choose(call, link).status == 200


def test_link__body_that_is_no_form_is_400(call: Caller, link: str) -> None:
    """Arbitrary bytes are no choice."""
    assert call.plain("POST", link, FORM, b"\xff\x00&&==").status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_pages__other_methods_are_405(call: Caller, link: str, method: str) -> None:
    """The pages can be read, and the link page posted to; nothing else."""
    assert call.plain(method, link).headers["Allow"] == "GET, POST"
    reply = call.plain(method, "/")
    assert (reply.status, reply.headers.get("Allow")) == ((200, None) if method == "HEAD" else (405, "GET, HEAD, POST"))


def test_link__2021_needs_no_code(old: Caller) -> None:
    """The old contract's links have no code and work again and again."""
    link = old("POST", value="gbol").value["linkUrl"].removeprefix(old.sandbox.url)
    for action, expected in (("cancel", "PendingAuth"), ("authorize", "Linked"), ("authorize", "Linked")):
        assert old.plain("GET", link).status == 200
        assert old.plain("POST", link, FORM, f"action={action}").status == 200
        assert status(old) == expected


def test_dashboard__shows_companies_connections_and_requests(call: Caller, sandbox: Sandbox) -> None:
    """It shows what exists, with its status, and what was asked for lately."""
    sandbox.create_company("Ümit & Co")
    connection_id = sandbox.add_connection(status="Deauthorized", platformName="<i>Bank</i>")
    call("GET", "?query=status%3DLinked%26%26id~%3Cb%3E")
    reply = call.plain("GET", "/")
    page = Page(reply)
    for text in (sandbox.company_id, "Ümit & Co", connection_id, "Deauthorized", "<i>Bank</i>",
                 f"{call.root}?query=status=Linked&&id~<b>"):  # fmt: skip
        assert text in page.text
    assert not page.all("i")
    assert not page.all("b")


def test_dashboard__has_no_secrets(call: Caller, sandbox: Sandbox, link: str) -> None:
    """Neither the key, nor codes, nor authorizations appear on it."""
    call.plain("GET", link)
    path = f"/{sandbox.connections()[0]['id']}"
    call("PUT", f"{path}/authorization", {"accessToken": "c4n4ry"})
    text = call.plain("GET", "/").body.decode()
    for secret in (sandbox.api_key, sandbox.auth_header, sandbox.auth_header[6:], link[-6:], "c4n4ry"):
        assert secret not in text
    assert "otp=•••" in text


def test_dashboard__stays_short(call: Caller, sandbox: Sandbox) -> None:
    """With thousands of connections it shows the newest 25, and the last 25 requests."""
    for number in range(1000):
        sandbox.add_connection(platformName=f"Bank {number}.")
    for number in range(30):
        call("GET", f"/request-{number}.")
    text = call.plain("GET", "/").body.decode()
    assert "Bank 999." in text
    assert "Bank 975." in text
    assert "Bank 974." not in text
    assert len(text) < 100_000
    assert "request-29." in text
    assert "request-5." in text
    assert "request-4." not in text
