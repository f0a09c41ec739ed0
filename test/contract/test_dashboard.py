"""The dashboard in a real browser: worked with, live, by keyboard, on a phone, in dark mode, with axe."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from codat_python_sdk.sandbox import Sandbox

from .test_link_page import PHONE, QUIET

playwright = pytest.importorskip("playwright.sync_api", reason="tox -e browser installs playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="tox -e browser installs axe-core")
expect = playwright.expect

Page = Any
OpenPage = Callable[..., Page]
VIEWS = ("", "requests", "faults", "webhooks", "deliveries", "keys")
DESK: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}}


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
    button.focus(timeout=30_000)
    for _ in range(3):
        sandbox.add_connection()
    sandbox.set_status(connection, "Linked")
    row = page.get_by_role("row").filter(has_text=connection)
    expect(row).to_contain_text("Linked", timeout=30_000)
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


@pytest.fixture
def full(sandbox: Sandbox) -> Sandbox:
    """A sandbox with something to see on every page, long words among them."""
    company = sandbox.create_company("W" * 60, description="A customer", tags={"team": "north"})
    sandbox.authorize(sandbox.add_connection(company, platform_key="gbol"))
    sandbox.add_webhook("http://127.0.0.1:9/a-rather-long-address/of-a-receiver")
    sandbox.set_status(sandbox.add_connection(company), "Deauthorized")
    sandbox.fail_next(company_id="x" * 60)
    sandbox.wait_for_deliveries()
    for number in range(30):
        sandbox.create_company(f"Company {number}")
    return sandbox


def find_violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page."""
    found = axe.Axe().run(page).response["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html']}" for one in found]


@pytest.mark.parametrize(("device", "scheme"), [(PHONE, "dark"), (DESK, "light")], ids=["dark phone", "light desk"])
def test_views__fit_and_are_accessible(open_page: OpenPage, full: Sandbox, device: dict[str, Any], scheme: str) -> None:
    """No page is wider than the screen, axe finds nothing, every button is on the screen: in both color schemes."""
    page = open_page(**device, color_scheme=scheme)
    width = device["viewport"]["width"]
    last = full.connections()[0]["id"]
    page.get_by_role("row").filter(has_text=last).get_by_role("button", name="Deauthorize").scroll_into_view_if_needed()
    box = page.get_by_role("row").filter(has_text=last).get_by_role("button", name="Delete").bounding_box()
    assert box["x"] + box["width"] <= width
    company = full.companies()[1]
    views = [f"/?view={view}" if view else "/" for view in VIEWS]
    for target in (*views, f"/?company={company['id']}", f"/company/{company['id']}"):
        page.goto(full.url + target)
        assert page.evaluate("document.documentElement.scrollWidth") == width, target
        assert find_violations(page) == []
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (shade == "rgb(255, 255, 255)") is (scheme == "light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_customer__pages_are_accessible(open_page: OpenPage, sandbox: Sandbox, scheme: str) -> None:
    """Axe finds nothing on the page that asks, nor on the one that follows."""
    page = open_page(**PHONE, color_scheme=scheme)
    sandbox.add_connection(platform_key="gbol")
    page.goto(f"{sandbox.url}/company/{sandbox.company_id}")
    page.get_by_role("link", name="Xero").click()
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()
    assert find_violations(page) == []
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xero is connected")
    assert find_violations(page) == []


def test_ten_thousand_companies__are_paged(open_page: OpenPage, sandbox: Sandbox) -> None:
    """The overview stays small; the last page and the search are a click away."""
    for number in range(10_000):
        sandbox.create_company(f"Company {number:05d}")
    page = open_page()
    assert len(page.content()) < 100_000
    page.get_by_role("link", name="Last").click()
    expect(page.get_by_role("link", name="Company 09999")).to_be_visible()
    page.get_by_label("Find a company").fill("Company 04711")  # the digits alone stand in some id, too
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name="Company 04711")).to_be_visible()
    expect(page.get_by_text("Companies: 1", exact=True)).to_be_visible()


def test_keyboard__alone_does_all(open_page: OpenPage, sandbox: Sandbox) -> None:
    """Without a mouse: to the faults by Tab and Enter, a fault armed, cleared, the clock moved."""
    page = open_page()
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Faults")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Codat sandbox: Faults")
    page.locator("select[name=kind]").focus()
    page.keyboard.type("lost")
    page.keyboard.press("Tab")
    page.keyboard.type("connections.create")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Armed lost.")
    assert [armed.text for armed in sandbox.armed] == ["lost(operation='connections.create')"]
    while page.evaluate("document.activeElement.textContent") != "Clear":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Cleared the fault.")
    assert sandbox.armed == []
