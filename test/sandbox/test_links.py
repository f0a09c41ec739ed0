"""Where the link page leads, and what strict accounting refuses there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Reply
from .test_pages import FORM, Page

Open = Callable[..., Reply]


def choose(sandbox: Sandbox, connection_id: str, action: str, more: str = "") -> Reply:
    caller = Caller(sandbox)
    link = caller("GET", f"/{connection_id}").value["linkUrl"].removeprefix(sandbox.url)
    path, code = link.split("?otp=")
    assert caller.plain("GET", link + more).status == 200
    return caller.plain("POST", f"{path}?otp={code}{more}", FORM, urlencode({"otp": code, "action": action}))


@pytest.mark.parametrize(
    ("action", "expected"),
    [("authorize", "status=200&error=&"), ("cancel", "status=403&error=User%20cancelled&")],
)
def test_redirect__fills_the_placeholders(action: str, expected: str) -> None:
    """After either choice the customer goes to the redirect URL, with what happened, percent-encoded."""
    template = (
        "https://app.example/linked?status={statusCode}&error={errorMessage}&c={connectionId}&co={companyId}"
        "&p={platform}&n={platformName}&t={sourceType}&x={unknown}&i={integrationId}&s={sourceId}"
    )
    with Sandbox(redirect_url=template) as sandbox:
        connection_id = sandbox.add_connection(platform_key="qhyg")
        reply = choose(sandbox, connection_id, action)
        (fields,) = sandbox.connections()
        company_id = sandbox.company_id
    assert reply.status == 303
    assert reply.headers["Location"] == (
        f"https://app.example/linked?{expected}c={connection_id}&co={company_id}&p=qhyg&n=QuickBooks%20Online"
        f"&t=Accounting&x=&i={fields['integrationId']}&s={fields['sourceId']}"
    )


def test_redirect__brings_ones_own_parameters_back() -> None:
    """A parameter that was added to the link comes back, before a fragment; the code does not."""
    with Sandbox(redirect_url="http://127.0.0.1:8000/linked#top") as sandbox:
        reply = choose(sandbox, sandbox.add_connection(), "authorize", "&state=a%26b&id=1&id=2&empty=")
    assert reply.headers["Location"] == "http://127.0.0.1:8000/linked?state=a%26b&id=1&id=2&empty=#top"


def test_redirect__brings_parameters_of_the_company_link_back(call: Caller, sandbox: Sandbox) -> None:
    """A parameter that was added to the company's link is part of the links on its page."""
    call.create("gbol")
    reply = call.plain("GET", f"/company/{sandbox.company_id}?link.otp=1&state=a%26b&state=c")
    (link,) = [one["href"] for one in Page(reply).all("a")]
    assert link is not None
    assert link.endswith("&state=a%26b&state=c")
    assert call.plain("GET", link.removeprefix(sandbox.url)).status == 200


def test_redirect__policy_lets_the_form_lead_there() -> None:
    """Browsers count the redirect as a target of the form, so the page's policy names it."""
    with Sandbox(redirect_url="https://app.example/x") as sandbox:
        link = Caller(sandbox).create()["linkUrl"].removeprefix(sandbox.url)
        policy = Caller(sandbox).plain("GET", link).headers["Content-Security-Policy"]
    assert "form-action 'self' https://app.example;" in policy


@pytest.mark.parametrize(("kind", "others"), [("Accounting", ["gbol", "qhyg"]), ("BankFeed", ["olpr", "hcws"])])
def test_strict_accounting__refuses_a_second_source(kind: str, others: list[str]) -> None:
    """With one linked source a second cannot be linked, on the page, by PUT or from outside; other kinds can."""
    with Sandbox(strict_accounting=True) as sandbox:
        first, second = (sandbox.add_connection(platform_key=key) for key in others)
        sandbox.authorize(first)
        reply = choose(sandbox, second, "authorize")
        assert (reply.status, f"already has a linked {kind} source" in Page(reply).text) == (409, True)
        caller = Caller(sandbox)
        shown = caller("GET", f"/{second}").value
        assert (shown["status"], shown["dataConnectionErrors"][0]["statusText"]) == ("PendingAuth", "Conflict")
        assert caller("PUT", f"/{second}/authorization", {"a": "b"}).status == 400
        with pytest.raises(ValueError, match="already has a linked"):
            sandbox.authorize(second)
        sandbox.authorize(sandbox.add_connection(platform_key="suuo"))
        sandbox.authorize(first)  # again, as after it was deauthorized


def test_strict_accounting__redirects_with_an_error() -> None:
    """The redirect after a rejection tells of an error."""
    with Sandbox(
        strict_accounting=True, redirect_url="http://127.0.0.1:8000/?s={statusCode}&t={statusText}"
    ) as sandbox:
        sandbox.authorize(sandbox.add_connection(platform_key="gbol"))
        reply = choose(sandbox, sandbox.add_connection(platform_key="qhyg"), "authorize")
    assert reply.headers["Location"].startswith("http://127.0.0.1:8000/?s=500&t=The%20company%20already")


def test_company__page_of_its_redirect(call: Caller, sandbox: Sandbox) -> None:
    """A company's own link lists its connections with their links; an unknown company has none."""
    call.create("gbol")
    reply = call.plain("GET", f"/company/{sandbox.company_id}")
    (link,) = [one["href"] for one in Page(reply).all("a")]
    assert link is not None
    assert call.plain("GET", link.removeprefix(sandbox.url)).status == 200
    assert call.plain("GET", "/company/nobody").status == 404
    assert "There is nothing to connect" in Page(call.plain("GET", f"/company/{sandbox.create_company()}")).text
    assert call.plain("POST", f"/company/{sandbox.company_id}", FORM, "a=b").headers["Allow"] == "GET"


def test_public_url__is_where_links_lead(sandbox: Sandbox) -> None:
    """Behind a proxy or a published port, links lead to where others reach the sandbox."""
    with Sandbox(public_url="https://codat.dev.example/") as own:
        link = Caller(own).create()["linkUrl"]
        assert Caller(own).plain("GET", "/", {"Host": "codat.dev.example"}).status == 200
    assert link.startswith("https://codat.dev.example/companies/")


def test_company__page_while_connections_are_added() -> None:
    """The page of a company that changes meanwhile shows it as it is at one moment."""
    adding: list[threading.Thread] = []
    reads: list[str] = []

    def clock() -> float:
        if reads and reads.pop() == "first link":
            adding.append(threading.Thread(target=sandbox.add_connection))
            adding[0].start()
            adding[0].join(0.2)
        return 1_770_091_506.0

    with Sandbox(clock=clock) as sandbox:
        sandbox.add_connection()
        sandbox.add_connection()
        reads += ["first link", "request"]  # what the time is read for, from the end
        page = Caller(sandbox).plain("GET", f"/company/{sandbox.company_id}")
        adding[0].join()
        assert (page.status, page.body.count(b"start?otp=")) == (200, 2)
        assert len(sandbox.connections()) == 3
