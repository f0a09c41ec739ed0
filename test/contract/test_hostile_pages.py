"""What a web page can do to a sandbox on the developer's machine, in a real browser: nothing."""

from __future__ import annotations

import http.client
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import quote, urlencode

import pytest

from codat_python_sdk.sandbox import Sandbox

from .test_dashboard import VIEWS
from .test_link_page import QUIET

playwright = pytest.importorskip("playwright.sync_api", reason="tox -e browser installs playwright")
expect = playwright.expect

Page = Any
REBOUND = "rebound.example"  # a name of the attacker's that leads to this machine
#: Each would run as markup, as an attribute's end, inside a script, or as an address.
PAYLOADS = (
    "<img src=x onerror=owned()>",
    '"><svg onload=owned()>',
    "' autofocus onfocus=owned() x='",
    "</title></script></style><script>owned()</script>",
    "javascript:owned()",
    "{{owned()}}${owned()}",
)
OWN_SCRIPTS = "[...document.scripts].map(script => script.textContent.trim().slice(0, 6))"
DASHBOARD_SCRIPT = "(() =>"  # its first characters
#: What no text of ours has: elements that the payloads would make.
FOREIGN = "document.querySelectorAll('img, svg, [autofocus], [onerror], [onfocus], [href^=\"javascript\"]').length"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    executable = shutil.which("chromium")
    assert executable, "no chromium here; Debian has it: apt-get install --no-install-recommends chromium"
    rules = f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=[*QUIET, rules])
        yield browser
        browser.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(redirect_url="http://127.0.0.1:9/?n={data.company.companyName}&p={platformName}") as sandbox:
        yield sandbox


@pytest.fixture
def page(browser: Any) -> Iterator[Page]:
    """A page in which `owned` tells whether foreign code ran."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("window.ran = 0; window.owned = () => { window.ran += 1; }")
    yield page
    context.close()


@pytest.fixture
def attacker() -> Iterator[Callable[[str], str]]:
    """Serves a page of another site; the function takes its markup and returns its port."""
    content = [""]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = content[0].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as its base class has it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def serve(markup: str) -> str:
            content[0] = markup
            return str(server.server_port)

        yield serve
        server.shutdown()
        thread.join()


def send(sandbox: Sandbox, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> None:
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))
    connection.request(method, target, body, headers)
    connection.getresponse().read()
    connection.close()


def fill(sandbox: Sandbox, payload: str) -> str:
    """Put the payload into every field that a person or a program can set; the id of the company that has it."""
    company = sandbox.create_company(payload, company_id=f"c{payload}", description=payload, tags={"tag": payload})
    fields = {
        "sourceId": payload,
        "integrationId": payload,
        "additional": payload,
        "connectionInfo": {payload: payload},
    }
    sandbox.add_connection(
        company,
        id=f"k{payload}",
        platformName=payload,
        sourceType=payload,
        status=payload,
        **cast("dict[str, Any]", fields),
    )
    sandbox.add_connection(company, platform_key="gbol", platformName=payload, status="Linked")
    webhook = f"http://127.0.0.1:9/{payload.replace(' ', '%20')}"  # blanks are refused
    sandbox.add_webhook(webhook, event_types=[payload, "company.updated"], company_tags=[f"tag:{payload}"])
    sandbox.send_webhook(payload, company_id=company)
    sandbox.send_webhook("company.updated", company_id=company, payload={payload: payload})
    sandbox.fail_next(
        599, times=None, company_id=payload, connection_id=payload, body=payload, headers={"X-Fault": quote(payload)}
    )
    sandbox.junk(status=200, body=payload, content_type="text/html", company_id="nobody")
    headers = {
        "User-Agent": payload, "Referer": payload, "X-Any": payload, "Idempotency-Key": payload, "Cookie": payload,
        "Authorization": sandbox.auth_header, "Content-Type": "application/json",
    }  # fmt: skip
    path = f"/companies/{quote(company, safe='')}/connections"
    send(sandbox, "GET", f"{path}?{urlencode({'query': payload, payload: payload, 'orderBy': payload})}", headers)
    send(sandbox, "POST", path, headers, payload.encode())
    send(sandbox, "GET", f"/{quote(payload)}", {**headers, "Authorization": payload})
    send(sandbox, "GET", f"/{payload.replace(' ', '')}?{payload.replace(' ', '')}", headers)
    return company


@pytest.mark.parametrize("payload", PAYLOADS, ids=["element", "quote", "apostrophe", "end tags", "address", "template"])
def test_markup__is_text_everywhere(page: Page, sandbox: Sandbox, payload: str) -> None:
    """Names, ids, tags, statuses, paths, queries, headers, bodies, faults, consumers, events: nothing runs anywhere."""
    company = fill(sandbox, payload)
    hostile = {"q": payload, "notice": payload, "page": payload, "refresh": payload, payload: payload}
    targets = [f"/?{urlencode({'view': view, 'show': '1'})}" for view in VIEWS]
    targets += [f"/?{urlencode({'view': view, **hostile})}" for view in VIEWS]
    targets += [f"/?{urlencode({'company': company})}", f"/?{urlencode({'company': company, **hostile})}"]
    targets += [f"/?{urlencode({'view': payload})}", f"/?{urlencode({'company': payload})}"]
    for target in targets:
        page.goto(sandbox.url + target)
        assert page.evaluate("window.ran") == 0, target
        assert page.evaluate(FOREIGN) == 0, target
        assert page.evaluate(OWN_SCRIPTS) in ([DASHBOARD_SCRIPT], []), target
    page.goto(f"{sandbox.url}/?{urlencode({'company': company})}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Codat sandbox: {payload}")
    page.goto(f"{sandbox.url}/company/{quote(company, safe='')}")
    page.get_by_role("link", name=payload, exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Connect {payload} to {payload}?")
    assert page.evaluate("window.ran") == 0
    assert page.evaluate(FOREIGN) == 0
    assert page.evaluate(OWN_SCRIPTS) == []


def test_markup__live_updates_run_nothing(page: Page, sandbox: Sandbox) -> None:
    """What the script puts into an open page is text as well."""
    page.goto(sandbox.url)
    for payload in PAYLOADS:
        fill(sandbox, payload)
    expect(page.get_by_role("link", name=PAYLOADS[0], exact=True).first).to_be_visible(timeout=20_000)
    assert page.evaluate("window.ran") == 0
    assert page.evaluate(FOREIGN) == 0


@pytest.mark.parametrize("site", ["localhost", "127.0.0.1"], ids=["cross-site", "same-site"])
def test_forms__of_other_pages_change_nothing(
    page: Page, sandbox: Sandbox, attacker: Callable[[str], str], site: str
) -> None:
    """Forms that a page of another port or name sends by itself to dashboard, link, API and control API are refused."""
    connection = sandbox.add_connection()
    before = sandbox.connections()
    link = f"/companies/{sandbox.company_id}/connections/{connection}/start"
    forms = "".join(
        f"""<iframe name="f{number}"></iframe><form method="post" target="f{number}" enctype="{kind}"
        action="{sandbox.url}{target}"><input name="action" value="{action}"><input name="otp" value="000000"></form>"""
        for number, (target, action, kind) in enumerate([
            ("/", "reset", "application/x-www-form-urlencoded"),
            (link, "authorize", "application/x-www-form-urlencoded"),
            (link, "authorize", "text/plain"),
            (link, "authorize", "multipart/form-data"),
            ("/_sandbox/reset", "reset", "text/plain"),
            (f"/companies/{sandbox.company_id}/connections", "x", "text/plain"),
        ])
    )  # fmt: skip
    port = attacker(f"{forms}<script>for (const form of document.forms) form.submit()</script>")
    statuses: list[int] = []

    def note(response: Any) -> None:
        if response.request.method == "POST":
            statuses.append(response.status)

    page.on("response", note)
    page.goto(f"http://{site}:{port}/")
    page.wait_for_function("frames.length === 6")
    page.wait_for_load_state("networkidle")
    assert statuses == [403] * 6
    assert sandbox.connections() == before
    assert sandbox.requests == []


@pytest.mark.parametrize("site", ["localhost", "127.0.0.1"], ids=["cross-site", "same-site"])
def test_scripts__of_other_pages_read_and_write_nothing(
    page: Page, sandbox: Sandbox, attacker: Callable[[str], str], site: str
) -> None:
    """Fetch of every kind fails or is opaque, and the dashboard does not open in a frame."""
    sandbox.add_connection()
    port = attacker("<title>another site</title>")
    page.goto(f"http://{site}:{port}/")
    attempt = """async ([url, options]) => {
      try { const response = await fetch(url, options); return response.type + await response.text(); }
      catch (error) { return error.name; }
    }"""
    for target in ("/", "/?view=keys&show=1", "/_sandbox/requests", "/_sandbox", "/companies", "/health"):
        assert page.evaluate(attempt, [sandbox.url + target, {}]) == "TypeError"
        assert page.evaluate(attempt, [sandbox.url + target, {"mode": "no-cors"}]) == "opaque"
    with_key = {"method": "POST", "headers": {"Authorization": sandbox.auth_header, "Content-Type": "application/json"}}
    for target in ("/_sandbox/reset", "/companies"):
        assert page.evaluate(attempt, [sandbox.url + target, {"method": "POST", "body": "{}"}]) == "TypeError"
        assert page.evaluate(attempt, [sandbox.url + target, {**with_key, "body": "{}"}]) == "TypeError"
        assert page.evaluate(attempt, [sandbox.url + target, {"method": "POST", "mode": "no-cors"}]) == "opaque"
    assert len(sandbox.connections()) == len(sandbox.companies()) == 1
    page.set_content(f'<iframe src="{sandbox.url}/"></iframe>')
    frame = page.frames[1]
    frame.wait_for_load_state()
    assert "Codat sandbox" not in frame.content()


@pytest.mark.parametrize("path", ["/", "/?view=keys&show=1", "/_sandbox", "/companies", "/health"])
def test_rebinding__another_name_for_this_machine_is_refused(page: Page, sandbox: Sandbox, path: str) -> None:
    """A name of the attacker's that leads here would make both one origin: it gets a 421, and reads nothing."""
    port = sandbox.url.rpartition(":")[2]
    response = page.goto(f"http://{REBOUND}:{port}{path}")
    assert response.status == 421
    assert sandbox.company_id not in page.content()
    status = page.evaluate("fetch('/_sandbox/reset', {method: 'POST'}).then(response => response.status)")
    assert status == 421
    assert sandbox.requests == []
