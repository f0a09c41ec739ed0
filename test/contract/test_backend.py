"""The whole backend of the examples, in a real browser: from the first click to the last."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from codat_python_sdk.sandbox import Sandbox

playwright = pytest.importorskip("playwright.sync_api", reason="tox -e browser installs playwright")
for _needed in ("fastapi", "uvicorn"):
    pytest.importorskip(_needed, reason="tox -e browser installs the backend's packages")
expect = playwright.expect

ROOT = Path(__file__).parents[2]
# It has nobody to talk to but this machine, and its own sandbox does not work for root.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class Site(NamedTuple):
    """The addresses that the command prints."""

    sandbox: str
    api_key: str
    backend: str


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The backend and its sandbox, started by their one command."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODAT_")}
    path = os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / "backend")],
        env=kept | {"PYTHONPATH": path, "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        text = "".join(process.stdout.readline() for _ in range(2))
        site = Site(*re.findall(r"http://\S+|(?<=API key )[^)]+", text))
        _wait_for(site.backend)
        yield site
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout is not None:
            process.stdout.close()


def _wait_for(url: str) -> None:
    """Wait until the backend serves; the address was printed just before it does."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing at {url}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = shutil.which("chromium")
    assert executable, "no chromium here; Debian has it: apt-get install --no-install-recommends chromium"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page with a profile of its own; no script may fail in it."""
    context = browser.new_context()
    page = context.new_page()
    errors: list[str] = []

    def note(error: Any) -> None:
        errors.append(str(error))

    page.on("pageerror", note)
    page.set_default_timeout(20_000)
    yield page
    context.close()
    assert errors == []


def sign_up(page: Any, site: Site, uid: str) -> None:
    page.goto(site.backend)
    page.get_by_label("Your customer number").fill(uid)
    page.get_by_label("Company").fill("Corner Bakery")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your connections")).to_be_visible()


def test_backend__from_the_first_click_to_the_last(page: Any, site: Site) -> None:
    """A customer connects a platform, sees it lapse by a webhook, signs in again, and disconnects."""
    sign_up(page, site, "c-17")
    expect(page.get_by_text("Nothing is connected yet.")).to_be_visible()
    assert page.locator("li img").first.evaluate("image => image.complete && image.naturalWidth > 0")
    page.get_by_role("button", name="Xero").click()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("cell", name="Linked", exact=True)).to_be_visible()
    assert page.url == f"{site.backend}/customers/c-17"

    sandbox = Sandbox.connect(site.sandbox, site.api_key)
    connection = next(row for row in sandbox.connections() if row["platformName"] == "Xero")
    sandbox.set_status(connection["id"], "Deauthorized")
    # Nobody reloads the page: the webhook brings the news.
    expect(page.get_by_role("cell", name="Deauthorized", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign in again").click()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("cell", name="Linked", exact=True)).to_be_visible()

    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Nothing is connected yet.")).to_be_visible()
    assert all(row["id"] != connection["id"] for row in sandbox.connections())
    deliveries = sandbox.wait_for_deliveries()
    assert {attempt.status for delivery in deliveries for attempt in delivery.attempts} == {204}


def test_backend__a_customer_number_that_cannot_be_used(page: Any, site: Site) -> None:
    """A customer number that Codat's query language cannot quote is refused in words."""
    page.goto(site.backend)
    page.get_by_label("Your customer number").fill("c=17")
    with page.expect_response("**/customers") as response:
        page.get_by_role("button", name="Continue").click()
    assert response.value.status == 400
    expect(page.get_by_text("uid must not contain =")).to_be_visible()


def test_backend__when_the_customer_changes_their_mind(page: Any, site: Site) -> None:
    """A customer who cancels comes back to a connection that they can go on with."""
    sign_up(page, site, "c-18")
    page.get_by_role("button", name="Shopify").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("cell", name="PendingAuth", exact=True)).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("cell", name="Linked", exact=True)).to_be_visible()


def test_backend__has_one_company_per_customer(page: Any, site: Site) -> None:
    """Signing up again, in another browser as well, leads to the same company."""
    for _ in range(2):
        sign_up(page, site, "c-19")
    companies = Sandbox.connect(site.sandbox, site.api_key).companies()
    assert len([company for company in companies if company["tags"].get("uid") == "c-19"]) == 1
