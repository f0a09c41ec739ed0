"""The documentation's site in a real browser: nothing is cut off, it is accessible, and the search finds pages."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import codat_python_sdk

playwright = pytest.importorskip("playwright.sync_api", reason="tox -e browser installs playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="tox -e browser installs axe")
pytest.importorskip("mkdocs", reason="tox -e browser installs mkdocs")

ROOT = Path(__file__).parent.parent.parent
PAGES = ["", "errors/", "CodatPlatform/", "ConnectionApi/", "reference/", "recipes/"]
#: Pages for axe, with blocks of code, tables and pictures; the reference takes it too long.
ACCESSIBLE = ["", "errors/", "CodatPlatform/", "metrics/", "benchmarks/", "CodatPublicApiModelsCompanyDataConnection/"]
#: What axe looks for in each colour scheme. Between the two, nothing differs but the colours.
RULES: dict[str, Any] = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "dark": {"type": "rule", "values": ["color-contrast"]},
}
#: Each with the colour scheme in which it is looked at, for the layout is the same in both.
SIZES = [((1366, 768), "light"), ((390, 844), "dark")]
#: What stands in the page's own scrolling box may be wider than the window.
CUT_OFF = """[...document.querySelectorAll('.md-content *')].filter(element => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.right > innerWidth + 1 && !element.closest('pre, .md-typeset__scrollwrap');
}).map(element => element.textContent.slice(0, 80))"""


class Handler(SimpleHTTPRequestHandler):
    """The files of the site, without a line for each request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as its base class has it
        pass


def build(project: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """What CI does: build the site strictly."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as the strict build makes it."""
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
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


@pytest.fixture(scope="module")
def search(browser: Any, url: str) -> Iterator[Callable[[str], str]]:
    """A function that types words into the search, and returns the page of the first result.

    One page for all words: the browser takes seconds to build the index, and each page builds its own.
    """
    page = browser.new_page()
    page.goto(url)
    field, results = page.locator("[data-md-component=search-query]"), page.locator(".md-search-result__item > a")

    def first_result(words: str) -> str:
        field.fill("")
        field.press("Backspace")  # the search listens to keys
        results.first.wait_for(state="detached")
        field.fill(words[:-1])
        field.press(words[-1])
        results.first.wait_for(state="attached")
        return str(results.first.get_attribute("href")).removeprefix(url).partition("/")[0]

    yield first_result
    page.close()


@pytest.mark.parametrize(("size", "scheme"), SIZES, ids=["desk", "phone"])
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page__is_accessible(browser: Any, url: str, scheme: str) -> None:
    """Axe finds nothing against WCAG 2.1 AA, contrast of the code's colours included, in both colour schemes."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, color_scheme=scheme)
    page = context.new_page()
    for name in ACCESSIBLE:
        page.goto(url + name, wait_until="networkidle")
        report = axe.Axe().run(page, options={"runOnly": RULES[scheme], "resultTypes": ["violations"]})
        assert report.violations_count == 0, f"{name}: {report.generate_report()}"
    context.close()


def test_copy_buttons__copy_no_prompt_and_no_output(browser: Any, url: str) -> None:
    """A button copies code that runs; what was printed, and commands with prompts, have none."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{url}testing-with-the-sandbox/")
    button = page.locator("pre button[data-md-type=copy]").first
    button.wait_for(state="attached")
    assert page.locator(".no-copy pre").count() >= 5 and page.locator(".no-copy button").count() == 0
    button.click(force=True)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("# test_linking.py\nimport pytest\n") and copied.rstrip().endswith("connection)")
    context.close()


@pytest.mark.parametrize(
    ("words", "pages"),
    [
        ("pagination", ["CodatPlatform"]),
        ("rate limit", ["retries-and-time-limits"]),
        ("idempotency", ["retries-and-time-limits"]),
        ("retry", ["retries-and-time-limits"]),
        ("timeout", ["retries-and-time-limits"]),
        ("proxy", ["recipes", "security"]),
        ("webhook signature", ["webhooks"]),
        ("celery", ["web-workers-and-task-queues"]),
        ("asyncio", ["web-workers-and-task-queues", "recipes"]),
        ("prometheus", ["metrics"]),
        ("corporate proxy", ["recipes", "security"]),
        ("pickle", ["web-workers-and-task-queues"]),
        ("mock", ["testing-with-the-sandbox"]),
        ("certificate", ["security"]),
        ("log messages", ["logging"]),
        ("exception", ["errors"]),
        ("environment variables", ["Configuration"]),
        ("platform key", ["PlatformKey"]),
    ],
)
def test_search__finds_the_page(search: Callable[[str], str], words: str, pages: list[str]) -> None:
    """The search finds the field's words, and the page about them comes first."""
    assert search(words) in pages


def test_page__has_neighbours_version_and_source(browser: Any, url: str) -> None:
    """Each page leads to the previous and the next one, and names its version and its source."""
    page = browser.new_page()
    page.goto(f"{url}errors/")
    assert page.locator(".md-footer__link--prev, .md-footer__link--next").count() == 2
    assert codat_python_sdk.__version__ in page.locator(".md-copyright").inner_text()
    assert page.locator(".page-source a").get_attribute("href") == "../errors.md"
    page.close()


def test_reference__signatures_are_formatted(browser: Any, url: str) -> None:
    """A long signature in the reference has a line per argument."""
    page = browser.new_page()
    page.goto(f"{url}reference/")
    signature = page.locator(".doc-signature", has_text="class CodatPlatform").or_(
        page.locator(".doc-signature", has_text="CodatPlatform(")
    )
    lines = signature.first.inner_text().splitlines()
    assert len(lines) > 5 and max(map(len, lines)) <= 80
    page.close()


def test_strict_build__fails_for_a_dead_link(tmp_path: Path) -> None:
    """The strict build fails when a page links to a page that does not exist, or to a missing heading."""
    for name in ("docs", "examples", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "codat_python_sdk").symlink_to(ROOT / "codat_python_sdk")
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (tmp_path / "mkdocs.yml").write_text(settings, encoding="utf-8")
    (tmp_path / "docs" / "reference.md").write_text("# Classes and docstrings\n", encoding="utf-8")  # quicker
    with (tmp_path / "docs" / "errors.md").open("a", encoding="utf-8") as page:
        page.write("\n[x](no-such-page.md), [y](logging.md#no-such-heading)\n")
    built = build(tmp_path, tmp_path / "site")
    assert built.returncode != 0
    assert "no-such-page.md" in built.stderr and "no-such-heading" in built.stderr


def test_sources__are_on_the_site(site: Path) -> None:
    """llms.txt lists the pages, and the Markdown of each is beside it."""
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    for name in ("index.md", "errors.md", "recipes.md", "CHANGELOG.md"):
        assert f"]({name}): " in listed
        assert (site / name).read_text(encoding="utf-8").startswith("# ")


def test_examples__are_on_the_site(site: Path) -> None:
    """A recipe's page shows its code, without comments for this repository's checks; other examples can be opened."""
    shown = (site / "recipes.md").read_text(encoding="utf-8")
    for path in (ROOT / "examples" / "recipes").glob("*.py"):
        assert (site / "examples" / "recipes" / path.name).read_text(encoding="utf-8") == path.read_text(
            encoding="utf-8"
        )
    assert '```python title="examples/recipes/celery_tasks.py"\n"""Celery: ' in shown
    assert "pyright" not in shown and "@app.task(bind=True" in shown
    assert "](examples/webhook_receivers/fastapi_app.py)" in (site / "webhooks.md").read_text(encoding="utf-8")


def test_reference__has_every_public_class(site: Path) -> None:
    """Every class that users may rely on is in the reference with its signature, types and docstring."""
    surface = (ROOT / "test" / "surface.txt").read_text(encoding="utf-8")
    classes = set(re.findall(r"^[ +] codat_python_sdk(?:\.[a-z_]+)*\.([A-Z]\w+) class", surface, re.MULTILINE))
    inventory = zlib.decompress((site / "objects.inv").read_bytes().partition(b"zlib.\n")[2]).decode()
    shown = {line.partition(" ")[0].rpartition(".")[2] for line in inventory.splitlines()}
    shared = {"Controls"}  # what Sandbox and RemoteSandbox share is shown with Sandbox
    assert len(classes) > 90
    assert classes - shared - shown == set()
