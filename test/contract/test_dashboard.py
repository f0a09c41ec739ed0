"""The dashboard in a real browser: worked with, live, by keyboard, on a phone, in dark mode, with axe."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from codat_python_sdk.sandbox import Sandbox

from .test_link_page import PHONE, QUIET

playwright = pytest.importorskip("playwright.sync_api", reason="tox -e browser installs playwright")
expect = playwright.expect

Page = Any
OpenPage = Callable[..., Page]
AXE = os.environ.get("AXE_SCRIPT", "")  # axe.min.js of npm's axe-core
VIEWS = ("", "requests", "faults", "webhooks", "deliveries", "keys")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = shutil.which("chromium")
    assert executable, "no chromium here; Debian has it: apt-get install --no-install-recommends chromium"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def open_page(browser: Any, sandbox: Sandbox) -> Iterator[OpenPage]:
    """Makes a page with a profile of its own; nothing may break, be blocked or leave the machine in it."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def complain(message: Any) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def fail(error: Any) -> None:
        complaints.append(str(error))

    def stay(request: Any) -> None:
        if not request.url.startswith((sandbox.url, "data:")):
            complaints.append(request.url)

    def make(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", fail)
        page.on("request", stay)
        page.goto(sandbox.url)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("script", [True, False], ids=["JavaScript", "no JavaScript"])
def test_work__from_a_company_to_a_deleted_connection(open_page: OpenPage, sandbox: Sandbox, script: bool) -> None:
    """Company, connection, link, Authorize, deauthorize, delete: all on the page, with and without JavaScript."""
    page = open_page(java_script_enabled=script)
    page.get_by_label("Name", exact=True).fill("Corner Bakery")
    page.get_by_role("button", name="Create company").click()
    page.get_by_role("link", name="Corner Bakery").click()
    page.get_by_label("Platform").select_option("gbol")
    page.get_by_role("button", name="Create connection").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open link").click()
    customer = opened.value
    customer.get_by_role("button", name="Authorize").click()
    expect(customer.get_by_role("heading", level=1)).to_have_text("Xero is connected")
    page.reload()
    page.get_by_role("button", name="Deauthorize").click()
    expect(page.get_by_role("status")).to_have_text("The connection is Deauthorized.")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Deleted the connection.")
    assert sandbox.connections() == []


def test_live__keeps_focus_selection_and_typing(open_page: OpenPage, sandbox: Sandbox) -> None:
    """While rows come and change, what has the focus keeps it, what was typed stays, and the selection stays."""
    connection = sandbox.add_connection()
    page = open_page()
    page.get_by_label("Name", exact=True).fill("half typed")
    button = page.get_by_role("row").filter(has_text=connection).get_by_role("button", name="Open link")
    button.focus()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    page.evaluate("window.scrollTo(0, 40)")
    button.focus(timeout=5000)
    for _ in range(3):
        sandbox.add_connection()
    sandbox.set_status(connection, "Linked")
    row = page.get_by_role("row").filter(has_text=connection)
    expect(row).to_contain_text("Linked", timeout=15_000)
    expect(page.get_by_role("row").filter(has_text="PendingAuth")).to_have_count(3)
    expect(row.get_by_role("button", name="Open link")).to_be_focused()
    assert page.get_by_label("Name", exact=True).input_value() == "half typed"
    assert page.evaluate("String(getSelection())") == "Codat sandbox: Overview"


def test_keyboard__reaches_everything(open_page: OpenPage, sandbox: Sandbox) -> None:
    """Tab goes through navigation, search and forms, shows where it is, and Enter sends a form."""
    page = open_page()
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Created By keyboard.")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert sandbox.companies()[1]["name"] == "By keyboard"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone__nothing_is_wider_than_the_screen(open_page: OpenPage, sandbox: Sandbox, view: str, scheme: str) -> None:
    """On the narrowest phone only tables scroll, each by itself, in both color schemes; axe finds nothing."""
    sandbox.authorize(sandbox.add_connection(sandbox.create_company("W" * 60), platform_key="gbol"))
    sandbox.add_webhook("http://127.0.0.1:9/a-rather-long-address/of-a-receiver", event_types=["read.completed"])
    sandbox.fail_next(company_id="x" * 60)
    page = open_page(**PHONE, color_scheme=scheme)
    page.goto(f"{sandbox.url}/?view={view}")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (shade == "rgb(255, 255, 255)") is (scheme == "light")
    if not AXE:
        pytest.skip("AXE_SCRIPT does not name axe.min.js of npm's axe-core")
    page.evaluate(Path(AXE).read_text("utf-8"))
    found = page.evaluate("axe.run().then(result => result.violations.map(one => one.id + ': ' + one.nodes[0].html))")
    assert found == []


@pytest.mark.parametrize("field", ["name", "notice", "q"])
def test_hostile__markup_runs_nowhere(open_page: OpenPage, sandbox: Sandbox, field: str) -> None:
    """A name or an address that holds a script is text."""
    hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    if field == "name":
        sandbox.create_company(hostile)
    page = open_page()
    page.goto(f"{sandbox.url}/?{field}={hostile}" if field != "name" else sandbox.url)
    expect(page).to_have_title("Overview · Codat sandbox")
