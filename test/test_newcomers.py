"""Five jobs of people who have only the guides: code of the pages, the little that each job adds, and its result.

Where a job needs something that its page does not say, the page is wrong, not the test.
"""

from __future__ import annotations

import pickle
import re
import threading
import urllib.request
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sources import ROOT
from test_docs import DOCS, Block, blocks, section, table

from codat_python_sdk import ApiException, CodatPlatform, RetryPolicy
from codat_python_sdk.sandbox import Sandbox


def block_with(page: str, text: str) -> Block:
    """The one block of Python of a page that has this text."""
    path = ROOT / page if page == "README.md" else DOCS / page
    found = [block for block in blocks(path) if block.kind == "python" and text in block.text]
    assert len(found) == 1, f"{len(found)} blocks of {page} have {text!r}"
    return found[0]


def run(page: str, text: str, names: dict[str, Any]) -> None:
    """Paste a block of a page, as a newcomer does."""
    block = block_with(page, text)
    exec(compile("\n" * block.line + block.text, page, "exec"), names)


# -- a script of 2021 --------------------------------------------------------------------------------------------------

SCRIPT_OF_2021 = """
import codat_python_sdk
from codat_python_sdk.api.connection_api import ConnectionApi

def link(host, header, company_id):
    configuration = codat_python_sdk.Configuration(host=host)
    configuration.api_key["API Key Auth"] = header
    with codat_python_sdk.ApiClient(configuration) as api_client:
        api = ConnectionApi(api_client)
        api.companies_company_id_connections_post(company_id, body="gbol")
        page, status, headers = api.companies_company_id_connections_get(company_id, 1, _return_http_data_only=False)
        return [connection.platform_name for connection in page.results], status
"""


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
def test_script_of_2021__works_after_the_guide_s_one_change() -> None:
    """A script of 2021 fails in words that name the change, and works after the replacement of the migration guide."""
    steps = section(DOCS / "moving-from-the-2021-sdk.md", "What to do")
    old, new = re.findall(r"    `(companies_\w+_post\(.*?\))`", steps)
    arguments = [call.partition("(")[2] for call in (old, new)]
    assert SCRIPT_OF_2021.count(arguments[0]) == 1
    with Sandbox() as sandbox:
        names: dict[str, Any] = {}
        exec(SCRIPT_OF_2021, names)
        with pytest.raises(names["codat_python_sdk"].ApiException, match="platformKey"):
            names["link"](sandbox.url, sandbox.auth_header, sandbox.company_id)

        exec(SCRIPT_OF_2021.replace(*arguments), names)
        assert names["link"](sandbox.url, sandbox.auth_header, sandbox.company_id) == (["Xero"], 200)


# -- a backend ---------------------------------------------------------------------------------------------------------


@contextmanager
def served(receive: Any) -> Generator[str]:
    """A web server around the function ``receive(body, headers)`` of the webhooks guide; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receive(body, dict(self.headers)))
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as its base class has it
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/codat/webhooks"
        finally:
            server.shutdown()
            thread.join()


def test_backend__from_the_company_to_the_webhook(capsys: pytest.CaptureFixture[str]) -> None:
    """A backend of the guides' parts links a customer, learns of it by a webhook, and links again what lapsed."""
    names: dict[str, Any] = {}
    run("connect-a-customer.md", "sandbox = Sandbox(redirect_url", names)
    sandbox, codat = names["sandbox"], names["codat"]
    try:
        run("webhooks.md", "def receive(body", names)
        with served(names["receive"]) as url:
            consumer = codat.webhooks.create(url, ["connection.connected", "connection.disconnected"])
            names["webhook"] = names["Webhook"](sandbox.webhook_secret(consumer.id))
            run("connect-a-customer.md", 'company = codat.companies.ensure("c-17"', names)
            run(
                "connect-a-customer.md", 'connection = codat.connections.create(company.id, platform_key="gbol")', names
            )

            page = urllib.request.urlopen(names["connection"].link_url, timeout=30).read().decode()
            assert "Authorize" in page and "Cancel" in page
            run("connect-a-customer.md", "# what the customer does on the link page", names)
            sandbox.wait_for_deliveries()
            assert [delivery.state for delivery in sandbox.deliveries] == ["delivered"]
            run("connect-a-customer.md", 'iterate_all(status="Deauthorized")', names)
            run("connect-a-customer.md", "codat.connections.reconnect_link", names)
    finally:
        codat.close()
        sandbox.stop()
    printed = capsys.readouterr().out.splitlines()
    assert "connection.connected Xero Linked" in printed
    # The receiver prints too, in a thread of its own.
    assert [line for line in printed if not line.startswith("connection.")][-1] == "Linked"


# -- a nightly job -----------------------------------------------------------------------------------------------------


def test_nightly_job__names_what_failed_and_survives_unexpected_rows() -> None:
    """The review of the guide gives one row per company, with an unexpected row and a failing company among them."""
    names: dict[str, Any] = {}
    exec(block_with("many-machines.md", "# fleet.py").text, names)
    run("metrics.md", "def on_attempt(event)", names)  # runs unchanged
    names["codat"].close()
    names["sandbox"].stop()

    with Sandbox() as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        events: list[Any] = []
        settings = codat.api_client.configuration
        settings.requests_per_minute, settings.quota_reserve, settings.on_attempt = 60_000, 0.1, events.append
        settings.retries = RetryPolicy(initial_interval=0.01)
        company_ids = [sandbox.create_company(company_id=f"company-{number}") for number in range(10)]
        for company_id in company_ids:
            sandbox.add_connection(company_id, status="Linked")
        sandbox.add_connection(company_ids[0], platformName=17, status="Deauthorized")
        sandbox.fail_next(status=500, times=None, company_id=company_ids[1])
        sandbox.fail_next(status=503, retry_after=0, company_id=company_ids[2])

        with ThreadPoolExecutor(names["AT_ONCE"]) as pool:
            rows = dict(pool.map(partial(names["review"], codat), company_ids))
    assert rows["company-0"] == "Deauthorized Linked"
    assert rows["company-1"] == "failed: 500 unknown"
    assert {rows[company_id] for company_id in company_ids[2:]} == {"Linked"}
    assert any(event.will_retry and event.status == 503 for event in events)


# -- a move from codat-platform ----------------------------------------------------------------------------------------


def calls_of(heading: str) -> dict[str, str]:
    """What the migration guide says to write: first call in the left cell to first call in the right one."""
    text = section(DOCS / "moving-from-codat-platform.md", heading).replace("What you wrote (Python)", "What you wrote")
    rows = table(text, "What you wrote")
    return {row[0]: row[1] for row in rows}


def test_move_from_codat_platform__every_call_of_the_table_works() -> None:
    """What the guide says to write for the calls and results of codat-platform 6 runs."""
    calls, results = calls_of("From Python"), calls_of("Results and errors")
    new = {left.split("(")[0]: right.split(",")[0] if right.startswith("codat.connections.delete") else right
           for left, right in calls.items()}  # fmt: skip
    assert {"s.connections.create", "s.connections.list", "s.connections.unlink", "s.companies.create"} <= new.keys()

    names: dict[str, Any] = {}
    exec("from codat_python_sdk import ApiException, CodatPlatform, RetryPolicy", names)
    with Sandbox() as sandbox:
        client = calls['CodatPlatform(security=shared.Security(auth_header="Basic …"))']
        client = client.replace('"Basic …"', repr(sandbox.auth_header)).replace(
            ")", f", server_url={sandbox.url!r})", 1
        )
        names["codat"] = codat = eval(client, names)
        names["c"] = eval(new["s.companies.create"].split(",")[0], names).id
        names["connection"] = connection = eval(new["s.connections.create"], names)
        names["i"] = connection.id
        assert eval(new["s.connections.get"], names).id == connection.id
        assert eval(new["s.connections.list"].split(";")[0], names).total_results == 1
        authorization = new["s.connections.update_authorization"].replace("{…}", '{"accessToken": "t0"}')
        names["connection"] = eval(authorization, names)
        for left, right in results.items():
            if left.startswith("connection.") and right != "the same":
                eval(right.split(";")[0].replace("newKey", "id"), names)
        assert eval(new["s.connections.unlink"], names).status == "Unlinked"
        assert codat.connections.delete(names["c"], names["i"]) is True

        handler = calls["except errors.CodatPlatformError as e: e.status_code, e.message, e.body"]
        exec(f"try:\n    codat.connections.get(c, i)\n{handler.replace(': ', ':' + chr(10) + '    seen = ', 1)}", names)
        assert names["seen"][:2] == (404, f"Data connection {connection.id} not found")
        codat.close()


# -- on call -----------------------------------------------------------------------------------------------------------


def test_on_call__from_a_report_to_a_retry_that_is_safe(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever is called at night finds cause, correlation id, and a retry that creates nothing twice."""
    names: dict[str, Any] = {}
    run("logging.md", "logger.setLevel(logging.DEBUG)\n", names)  # ends by switching the log off again
    sandbox, codat = names["sandbox"], names["codat"]
    try:
        sandbox.lost(times=None, operation="connections.create")
        with pytest.raises(ApiException) as raised:
            codat.connections.create(sandbox.company_id, platform_key="gbol", retries=1)
        report = pickle.loads(pickle.dumps(raised.value))  # what the task queue kept

        rows = {row[0]: row for row in table(section(DOCS / "errors.md", "Exceptions"), "Exception")}
        *_, effect, advice = rows[type(report).__name__]
        assert (effect, advice) == ("outcome", "Check host and network, check whether it took effect, then retry")
        assert report.outcome == "unknown" and not report.retryable
        assert [connection.status for connection in codat.connections.iterate(sandbox.company_id)] == ["PendingAuth"]

        sandbox.clear_faults()
        again = codat.connections.create(
            sandbox.company_id, platform_key="gbol", idempotency_key=report.idempotency_key
        )
        assert [connection["id"] for connection in sandbox.connections()] == [again.id]

        sandbox.fail_next(status=429, retry_after=7_200)
        with pytest.raises(ApiException) as raised:
            codat.connections.list(sandbox.company_id)
        attributes = {row[0] for row in table(section(DOCS / "errors.md", "ApiException attributes"))}
        assert {"retry_after", "correlation_id", "stopped_by"} <= attributes
        assert (raised.value.retry_after, raised.value.stopped_by) == (7_200, "deadline")
        assert str(raised.value.correlation_id) in str(raised.value)
    finally:
        codat.close()
        sandbox.stop()
    assert "retrying in" in capsys.readouterr().out
