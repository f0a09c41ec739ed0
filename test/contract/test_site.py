"""The documentation's site in a real browser: nothing is cut off, and the search finds pages."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="tox -e browser installs playwright")
pytest.importorskip("mkdocs", reason="tox -e browser installs mkdocs")

ROOT = Path(__file__).parent.parent.parent
PAGES = ["", "errors/", "CodatPlatform/", "ConnectionApi/", "reference/", "recipes/"]
SIZES = [(1366, 768), (390, 844)]
#: What stands in the page's own scrolling box may be wider than the window.
CUT_OFF = """[...document.querySelectorAll('.md-content *')].filter(element => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.right > innerWidth + 1 && !element.closest('pre, .md-typeset__scrollwrap');
}).map(element => element.textContent.slice(0, 80))"""


class Handler(SimpleHTTPRequestHandler):
    """The files of the site, without a line for each request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as its base class has it
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as the strict build makes it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = shutil.which("chromium")
    assert executable, "no chromium here; Debian has it: apt-get install --no-install-recommends chromium"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_page__fits_and_has_a_table_of_contents(browser: Any, url: str, size: tuple[int, int], scheme: str) -> None:
    """Nothing is cut off, each page has one first-level heading, a table of contents and a description."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page = context.new_page()
    descriptions = set[str]()
    for name in PAGES:
        page.goto(url + name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert page.evaluate(CUT_OFF) == [], name
        assert page.locator("h1").count() == 1, name
        assert page.locator(".md-sidebar--secondary .md-nav__link").count() >= 5, name
        descriptions.add(page.locator("meta[name=description]").get_attribute("content"))
    assert len(descriptions) == len(PAGES)
    context.close()


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("pagination", "CodatPlatform"),
        ("idempotency", "retries-and-time-limits"),
        ("log messages", "logging"),
        ("asyncio", "recipes"),
    ],
)
def test_search__finds_the_page(browser: Any, url: str, words: str, page: str) -> None:
    """The search finds the field's words, and the page about them is among the first three."""
    tab = browser.new_page()
    tab.goto(f"{url}?q={words}")
    results = tab.locator(".md-search-result__item > a")
    results.first.wait_for(state="attached")
    links = [results.nth(index).get_attribute("href") for index in range(min(3, results.count()))]
    assert any(f"/{page}/" in link for link in links), links
    tab.close()


def test_sources__are_on_the_site(site: Path) -> None:
    """llms.txt lists the pages, and the Markdown of each is beside it."""
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    for name in ("index.md", "errors.md", "recipes.md", "CHANGELOG.md"):
        assert f"]({name}): " in listed
        assert (site / name).read_text(encoding="utf-8").startswith("# ")
