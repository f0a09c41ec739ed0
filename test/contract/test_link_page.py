"""The customer's page and the dashboard in a real browser, with a client that waits meanwhile."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from codat_python_sdk import ApiTimeoutException, CodatPlatform
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.sandbox import Request, Sandbox

playwright = pytest.importorskip("playwright.sync_api", reason="tox -e browser installs playwright")
expect = playwright.expect

#: Playwright's, whose types are known in its own environment only
Page = Any
OpenPage = Callable[..., Page]

DAY = 24 * 60 * 60
PHONE: dict[str, Any] = {
    "viewport": {"width": 320, "height": 568},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
# It has nobody to talk to but the sandbox, and its own sandbox does not work for root.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP sandbox.test 127.0.0.1",  # a name that is not loopback to the browser
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = shutil.which("chromium")
    assert executable, "no chromium here; Debian has it: apt-get install --no-install-recommends chromium"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, sandbox: Sandbox) -> Iterator[OpenPage]:
    """A function that makes a page with a profile of its own; nothing may break or leave the machine in it."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def complain(message: Any) -> None:
        if message.type == "error" and "the server responded with a status" not in message.text:
            complaints.append(message.text)

    def fail(error: Any) -> None:
        complaints.append(str(error))

    def stay(request: Any) -> None:
        if not request.url.startswith(sandbox.url):
            complaints.append(request.url)

    def make(**options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", fail)
        page.on("request", stay)
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def now() -> list[float]:
    """The sandbox's time, in a list so that a test can move it."""
    return [1_770_091_506.789]


@pytest.fixture
def looked() -> threading.Event:
    """Set once somebody has looked at a connection."""
    return threading.Event()


@pytest.fixture
def sandbox(now: list[float], looked: threading.Event) -> Iterator[Sandbox]:
    def watch(request: Request) -> None:
        if request.operation == "get":
            looked.set()

    with Sandbox(clock=lambda: now[0], on_request=watch) as sandbox:
        yield sandbox


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        yield codat


@pytest.fixture
def connection(codat: CodatPlatform, sandbox: Sandbox) -> Connection:
    return codat.connections.create(sandbox.company_id, platform_key="gbol")


@pytest.fixture
def waiting(
    codat: CodatPlatform, sandbox: Sandbox, connection: Connection, looked: threading.Event
) -> Iterator[Future[Connection]]:
    """A client that waits in another thread until the connection is Linked, and has looked once already."""
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(
            codat.connections.wait_for_status,
            sandbox.company_id, connection.id, "Linked", timeout=20, poll_interval=0.05,
        )  # fmt: skip
        assert looked.wait(20)
        yield result


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name)


def heading(page: Page) -> Any:
    return page.get_by_role("heading", level=1)


@pytest.mark.parametrize("options", [{}, PHONE, {"java_script_enabled": False}], ids=["desk", "phone", "no JavaScript"])
def test_authorize__ends_the_waiting(
    open_page: OpenPage, connection: Connection, waiting: Future[Connection], options: dict[str, Any]
) -> None:
    """The customer authorizes, reads that it worked, and the client that waits gets the linked connection."""
    page = open_page(**options)
    page.goto(connection.link_url)
    expect(page).to_have_title("Connect Xero")
    expect(heading(page)).to_have_text("Connect Xero to Sandbox Company?")
    assert not waiting.done()
    button(page, "Authorize").click()
    expect(heading(page)).to_have_text("Xero is connected")
    linked = waiting.result(timeout=20)
    assert (linked.id, linked.status) == (connection.id, "Linked")
    assert linked.last_sync is not None


def test_cancel__leaves_it_pending_with_a_reason(
    open_page: OpenPage, codat: CodatPlatform, sandbox: Sandbox, connection: Connection
) -> None:
    """The customer cancels: the client goes on waiting in vain, and the connection says why."""
    page = open_page()
    page.goto(connection.link_url)
    button(page, "Cancel").click()
    expect(heading(page)).to_have_text("Xero was not connected")
    with pytest.raises(ApiTimeoutException) as caught:
        codat.connections.wait_for_status(sandbox.company_id, connection.id, "Linked", timeout=0.3, poll_interval=0.05)
    assert caught.value.last_status == "PendingAuth"
    seen = codat.connections.get(sandbox.company_id, connection.id)
    assert [error.error_message for error in seen.data_connection_errors or []] == ["User cancelled"]


def test_keyboard__is_enough(open_page: OpenPage, connection: Connection, waiting: Future[Connection]) -> None:
    """Tab reaches the buttons in their order and shows where it is; Enter chooses."""
    page = open_page()
    page.goto(connection.link_url)
    page.keyboard.press("Tab")
    expect(button(page, "Authorize")).to_be_focused()
    assert button(page, "Authorize").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    expect(button(page, "Cancel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Xero is connected")
    assert waiting.result(timeout=20).status == "Linked"


@pytest.mark.parametrize("choice", ["Authorize", "Cancel"])
def test_link__that_was_used_is_gone(
    open_page: OpenPage, sandbox: Sandbox, connection: Connection, choice: str
) -> None:
    """Opened again, or chosen from in another tab, a used link is a 410 that says what to do."""
    page, other = open_page(), open_page()
    other.goto(connection.link_url)
    page.goto(connection.link_url)
    button(page, choice).click()
    expect(heading(page)).not_to_contain_text("?")
    before = sandbox.connections()
    assert page.goto(connection.link_url).status == 410
    expect(heading(page)).to_have_text("This link was used already")
    with other.expect_response(connection.link_url) as response:
        button(other, "Authorize").click()
    assert response.value.status == 410
    expect(heading(other)).to_have_text("This link was used already")
    assert sandbox.connections() == before


def test_link__that_expired_is_refused(
    open_page: OpenPage, sandbox: Sandbox, connection: Connection, now: list[float]
) -> None:
    """After a day a link is a 401, also for a page that was open all the time, and nothing happens."""
    early, late = open_page(), open_page()
    early.goto(connection.link_url)
    now[0] += DAY
    assert late.goto(connection.link_url).status == 401
    expect(heading(late)).to_have_text("This link is not valid")
    button(early, "Authorize").click()
    expect(heading(early)).to_have_text("This link is not valid")
    assert [connection["status"] for connection in sandbox.connections()] == ["PendingAuth"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_phone__shows_everything(open_page: OpenPage, codat: CodatPlatform, sandbox: Sandbox, scheme: str) -> None:
    """On the narrowest phone a long name wraps, both buttons are on the screen, and a thumb can hit them."""
    company_id = sandbox.create_company("The Very Long and Winding Company Name of Rhubarb-and-Custard Traders Limited")
    connection = codat.connections.create(company_id, platform_key="ndsk")
    page = open_page(**PHONE, color_scheme=scheme)
    page.goto(connection.link_url)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"]
    for name in ("Authorize", "Cancel"):
        box = button(page, name).bounding_box()
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= PHONE["viewport"]["height"]
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (shade == "rgb(255, 255, 255)") is (scheme == "light")


@pytest.mark.parametrize("script", [True, False], ids=["JavaScript", "no JavaScript"])
def test_dashboard__follows_and_keeps_secrets(
    open_page: OpenPage, codat: CodatPlatform, sandbox: Sandbox, connection: Connection, script: bool
) -> None:
    """Left open, the dashboard shows each change of status, and never the key, a code or an authorization."""
    page = open_page(java_script_enabled=script)
    page.goto(sandbox.url)
    row = page.get_by_role("row").filter(has_text=connection.id)
    expect(row.first).to_contain_text("PendingAuth")
    codat.connections.update_authorization(sandbox.company_id, connection.id, {"accessToken": "hush-hush"})
    expect(row.first).to_contain_text("Linked")
    looked_at = open_page()
    looked_at.goto(connection.link_url)
    page.goto(sandbox.url)
    code = connection.link_url.partition("otp=")[2]
    expect(page.get_by_role("table").last).to_contain_text("/start?otp=•••")
    for secret in (sandbox.api_key, sandbox.auth_header.removeprefix("Basic "), f"otp={code}", "hush-hush"):
        assert secret not in page.content()


def test_forms__work_where_the_address_is_not_loopback(browser: Any) -> None:
    """On plain HTTP behind another name, browsers tell the origin of a form alone, and of their own site they do."""
    with Sandbox(host="0.0.0.0") as sandbox:
        sandbox_url = f"http://sandbox.test:{sandbox.url.rpartition(':')[2]}"
        connection_id = sandbox.add_connection(platform_key="gbol")
        page = browser.new_page()
        page.goto(f"{sandbox_url}/company/{sandbox.company_id}")
        page.get_by_role("link", name="Xero").click()
        page.get_by_role("button", name="Authorize").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Xero is connected")
        assert [row["status"] for row in sandbox.connections() if row["id"] == connection_id] == ["Linked"]
        page.goto(sandbox_url)
        page.get_by_label("Name").fill("Made in the browser")
        page.get_by_role("button", name="Create company").click()
        expect(page.get_by_role("link", name="Made in the browser")).to_be_visible()
        page.close()
