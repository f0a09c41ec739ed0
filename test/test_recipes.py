"""Recipes in examples/recipes that need nothing else: where they run is made as their readers have it."""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from authority import server_context
from faulty import Proxy, refused
from prepared import Prepared
from recipe_loader import RECIPES, load_recipe
from server import CONNECTION, ScriptedServer, http_response
from server import page as page_of
from sources import ROOT

from codat_python_sdk import ApiTlsException, CodatPlatform, TooManyRequestsException
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.sandbox import Sandbox

#: Lambda has no /dev/shm, so no semaphores of multiprocessing, and a child may not be made of it.
LAMBDA = """
import _multiprocessing, json, os, sys

def unavailable(*_, **__):
    raise OSError(38, "Function not implemented")

_multiprocessing.SemLock = unavailable
for name in ("fork", "forkpty"):
    if hasattr(os, name):
        setattr(os, name, unavailable)

class Context:
    def get_remaining_time_in_millis(self):
        return 30_000

sys.path.insert(0, sys.argv[1])
from lambda_function import handler

for line in sys.stdin:  # an invocation each; frozen in between
    print(json.dumps(handler(json.loads(line), Context())), flush=True)
"""


def test_lambda__works_after_it_was_frozen() -> None:
    """The handler works without /dev/shm and fork, and after the service has closed its connection meanwhile."""
    sandbox = Sandbox()
    sandbox.start()
    port = int(sandbox.url.rpartition(":")[2])
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "CODAT_API_KEY": sandbox.api_key,
        "CODAT_SERVER_URL": sandbox.url,
    }
    event = {"companyId": sandbox.company_id, "connectionId": sandbox.add_connection(status="Linked")}
    command = [sys.executable, "-W", "error", "-c", LAMBDA, str(ROOT / "examples" / "recipes")]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout

        def invoke(event: dict[str, str]) -> dict[str, object]:
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(event) + "\n")
            process.stdin.flush()
            result: dict[str, object] = json.loads(process.stdout.readline())
            return result

        assert invoke(event) == {"status": "Linked"}
        state = Sandbox(port=port, api_key=sandbox.api_key, company_id=sandbox.company_id)
        sandbox.stop()  # closes all connections
        with state:
            state.add_connection(id=event["connectionId"], status="Deauthorized")
            assert invoke(event) == {"status": "Deauthorized"}
            missing = invoke(event | {"connectionId": "unknown"})
            assert missing == {"error": "Data connection unknown not found", "retryable": False}
            process.stdin.close()
            assert process.wait(timeout=30) == 0


def test_recipes__are_on_the_page() -> None:
    """Each recipe is linked from the page of recipes or from a guide."""
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    files = {path.name for path in RECIPES.glob("*.*")}
    assert set(re.findall(r"\]\(\.\./examples/recipes/([\w.]+)\)", pages)) == files


# -- asyncio -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of the sandbox."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        yield codat


@pytest.fixture
def asyncio_calls(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The recipe for asyncio, whose threads end with the test."""
    recipe = load_recipe("asyncio_calls", sandbox, monkeypatch)
    yield recipe
    recipe.THREADS.shutdown()


def test_asyncio__calls_run_at_once_in_threads_of_their_own(
    asyncio_calls: Any, sandbox: Sandbox, codat: CodatPlatform
) -> None:
    """Both calls are under way at the same time, in the recipe's threads, which know the task's context variables."""
    both, request_id, seen = threading.Barrier(2, timeout=30), contextvars.ContextVar[str]("request_id"), set[str]()

    def meet(_: object) -> None:
        both.wait()
        seen.add(threading.current_thread().name.rpartition("_")[0] + " " + request_id.get())

    async def create() -> list[str]:
        request_id.set("r1")
        rows = await asyncio_calls.create_all(codat, sandbox.company_id, ["gbol", "suuo"])
        return [row.platform_name for row in rows]

    codat.api_client.configuration.refresh_api_key_hook = meet
    assert asyncio.run(create()) == ["Xero", "Plaid"]
    assert seen == {"codat r1"}


def test_asyncio__cancelled_call_takes_effect_and_can_be_repeated(
    asyncio_calls: Any, sandbox: Sandbox, codat: CodatPlatform
) -> None:
    """When the wait is over the thread goes on; the same key then returns the connection that it has created."""

    async def create() -> tuple[Any, Any]:
        sandbox.stall(done=True, operations="create")  # until the deadline of the call ends it
        late = await asyncio_calls.create_within(codat, sandbox.company_id, "gbol", 0.3, "k1")
        sandbox.clear_faults()
        return late, await asyncio_calls.create_within(codat, sandbox.company_id, "gbol", 30, "k1")

    late, connection = asyncio.run(create())
    assert late is None
    assert [row["id"] for row in sandbox.connections()] == [connection.id]


def test_asyncio__program_runs(asyncio_calls: Any, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """The program creates its three connections."""
    asyncio.run(asyncio_calls.main(sandbox.company_id))
    assert capsys.readouterr().out == "Xero PendingAuth\nPlaid PendingAuth\nCommerce Sandbox\n"


# -- a proxy and a corporate certificate authority ---------------------------------------------------------------------


@pytest.fixture
def service() -> Iterator[ScriptedServer]:
    """A server for https://codat.test, whose certificate a private authority has signed."""
    with ScriptedServer(tls=server_context("codat.test")) as server:
        server.script(http_response(page_of(CONNECTION)))
        yield server


@pytest.fixture
def proxy(service: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy that HTTPS_PROXY names. Nothing else leads to the service."""
    with Proxy(f"127.0.0.1:{service.port}") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@{proxy.address}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        yield proxy


@pytest.fixture
def corporate_proxy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, proxy: Proxy) -> Any:
    """The recipe, with the service behind the proxy as Codat."""
    recipe = load_recipe("corporate_proxy", sandbox, monkeypatch)
    monkeypatch.setenv("CODAT_SERVER_URL", "https://codat.test")
    return recipe


def test_proxy__program_lists_connections_through_the_tunnel(
    corporate_proxy: Any, proxy: Proxy, service: ScriptedServer, ca_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The request goes through CONNECT, with credentials for the proxy there and the key behind it."""
    corporate_proxy.main(ca_file, "c1")
    assert capsys.readouterr().out == "Sandbox Linked\n"
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT codat.test:443 HTTP/1.")
    assert b"dXNlcjpwQHNz" in head and b"\r\nAuthorization" not in head  # user:p@ss
    assert service.request.header("Authorization") and not service.request.header("Proxy-Authorization")


def test_proxy__configured_one_wins(
    corporate_proxy: Any, proxy: Proxy, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that the program names is used instead of the environment's."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with corporate_proxy.client_behind_proxy(ca_file, proxy.url) as codat:
        assert [row.status for row in codat.connections.list("c1").results] == ["Linked"]


def test_proxy__system_authorities_are_trusted_without_a_file(
    corporate_proxy: Any, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file the client trusts the system's store, here the one that SSL_CERT_FILE names for OpenSSL."""
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    with corporate_proxy.client_behind_proxy() as codat:
        assert [row.status for row in codat.connections.list("c1").results] == ["Linked"]


def test_proxy__untrusted_authority_is_named_as_the_proxys(
    corporate_proxy: Any, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without trust in the authority nothing is sent, and the error says that the proxy may be the cause."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with corporate_proxy.client_behind_proxy() as codat, pytest.raises(ApiTlsException) as caught:
        codat.connections.list("c1")
    assert caught.value.outcome == "not_sent"
    assert f"the proxy {proxy.url} (HTTPS_PROXY) may have replaced the certificate" in str(caught.value)


def test_proxy__dead_one_is_named_with_its_variable(
    corporate_proxy: Any, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program ends with one line that names the proxy and HTTPS_PROXY, and has no password in it."""

    def do_not_wait(_: float) -> None:
        pass

    monkeypatch.setattr(time, "sleep", do_not_wait)
    with refused() as url:
        monkeypatch.setenv("HTTPS_PROXY", url.replace("//", "//user:p%40ss@"))
        with pytest.raises(SystemExit, match=rf"proxy {url} \(HTTPS_PROXY\): no connection") as caught:
            corporate_proxy.main(ca_file, "c1")
    assert "user" not in str(caught.value)


# -- the review of a night ---------------------------------------------------------------------------------------------


def odd_page(company_id: str) -> dict[str, Any]:
    """A page with a row that the published schema does not allow."""
    row = CONNECTION | {"id": "odd", "status": None, "lastSync": 17, "sourceId": None}
    return page_of(CONNECTION | {"id": f"{company_id}-1"}, row)


def test_nightly_review__survives_odd_rows_and_names_failures(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected row is counted and named, a company that fails is named with the reason, all others are there."""
    recipe = load_recipe("nightly_review", sandbox, monkeypatch)
    failing, odd, fine = (sandbox.create_company(company_id=name) for name in ("failing", "odd", "fine"))
    sandbox.add_connection(fine, status="Deauthorized")
    sandbox.fail_next(status=400, times=None, company_id=failing, body={"error": "Cannot be listed"})
    sandbox.fail_next(status=200, company_id=odd, body=odd_page(odd))
    with recipe.nightly_client() as codat:
        report = recipe.review(codat)
    assert report.statuses == {"Linked": 1, "None": 1, "Deauthorized": 1}
    assert report.incomplete == ["odd/odd"]
    assert list(report.failures) == [failing]
    assert "Cannot be listed (HTTP 400)" in report.failures[failing]


def test_nightly_review__company_without_a_usable_id(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that names no company is a failure of its own, and the companies after it are reviewed."""
    recipe = load_recipe("nightly_review", sandbox, monkeypatch)
    sandbox.add_connection(status="Linked")
    rows = [{"name": "N"}, {"id": "..", "name": "N"}, {"id": sandbox.company_id, "name": "N"}]
    sandbox.fail_next(status=200, operation="companies.list", body={"results": rows, "totalResults": 3})
    with recipe.nightly_client() as codat:
        report = recipe.review(codat)
    assert report.statuses == {"Linked": 1}
    assert list(report.failures) == ["None", ".."]


def test_nightly_review__is_paced(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are sent no faster than the recipe's 500 per minute."""
    recipe = load_recipe("nightly_review", sandbox, monkeypatch)
    for _ in range(4):
        sandbox.create_company()
    with recipe.nightly_client() as codat:
        started = time.monotonic()
        recipe.review(codat)
    requests = len(sandbox.requests)
    assert requests == 6  # the list of companies, and one for each
    assert time.monotonic() - started >= (requests - 1) * 60 / 500 * 0.95


def test_nightly_review__stops_when_the_quota_is_used_up(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 for longer than the client waits is the account's, so it ends the review."""
    recipe = load_recipe("nightly_review", sandbox, monkeypatch)
    sandbox.fail_next(status=429, retry_after=3600, times=None, operations="connections.list")
    with recipe.nightly_client() as codat, pytest.raises(TooManyRequestsException) as caught:
        recipe.review(codat)
    assert caught.value.retry_after == 3600


def test_nightly_review__program_ends_with_what_failed(sandbox: Sandbox, scripts: Prepared) -> None:
    """The program prints the counts, names what failed on stderr, and its exit status says so to cron."""
    sandbox.add_connection(status="Linked")
    failing = sandbox.create_company()
    sandbox.fail_next(status=400, times=None, company_id=failing)
    variables = {"CODAT_API_KEY": sandbox.api_key, "CODAT_SERVER_URL": sandbox.url}
    done = scripts.run(RECIPES / "nightly_review.py", env=os.environ | variables)
    assert (done.returncode, done.stdout) == (1, "{'Linked': 1}\n")
    assert done.stderr.startswith(f"{failing}: GET ")


# -- connections that come to an end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform_key", "status", "result"),
    [("gbol", "Linked", "deleted"), ("qhyg", "Linked", "unlinked"), ("qhyg", "Deauthorized", "unlinked")],
)
def test_disconnect__deletes_xero_and_unlinks_others(
    sandbox: Sandbox,
    codat: CodatPlatform,
    monkeypatch: pytest.MonkeyPatch,
    platform_key: str,
    status: str,
    result: str,
) -> None:
    """Xero's connection no longer exists; another platform's can be linked again."""
    recipe = load_recipe("disconnect", sandbox, monkeypatch)
    connection_id = sandbox.add_connection(platform_key=platform_key, status=status)
    assert recipe.disconnect(codat, sandbox.company_id, connection_id) == result
    left = [(row["id"], row["status"]) for row in sandbox.connections()]
    expected = {"deleted": [], "unlinked": [(connection_id, "Unlinked" if status == "Linked" else status)]}
    assert left == expected[result]


def test_deauthorized__each_customer_gets_a_link_that_works(
    sandbox: Sandbox, codat: CodatPlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The link is for the same connection, only deauthorized ones get one, and the program prints no link."""
    recipe = load_recipe("deauthorized", sandbox, monkeypatch)
    sandbox.add_connection(status="Linked")
    connection_id = sandbox.add_connection(platform_key="gbol", status="Deauthorized")
    links = list[tuple[str, str]]()

    def send(_: object, connection: Connection, link: str) -> None:
        links.append((connection.id, link))

    assert recipe.ask_to_reconnect(codat, send) == 1
    ((found, link),) = links
    assert found == connection_id and link.startswith(sandbox.url) and connection_id in link
    assert recipe.ask_to_reconnect(codat, recipe.print_without_link) == 1
    printed = capsys.readouterr().out
    assert "reconnect Xero (access was revoked, or nothing was read for 90 days)" in printed and "http" not in printed


def test_deauthorized__customer_who_was_faster(
    sandbox: Sandbox, codat: CodatPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One who has linked again, or has been deleted, since the list was read needs no link; the others get theirs."""
    recipe = load_recipe("deauthorized", sandbox, monkeypatch)
    first, second, third, last = (sandbox.add_connection(status="Deauthorized") for _ in range(4))
    asked = list[str]()

    def send(_: object, connection: Connection, __: str) -> None:
        asked.append(connection.id)
        if connection.id == first:
            sandbox.set_status(second, "Linked")
            sandbox.delete_connection(third)

    assert recipe.ask_to_reconnect(codat, send) == 2
    assert asked == [first, last]


def test_relinked_business__is_detected_by_its_name(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first business is stored, the same one is the same later, and another one is not."""
    recipe = load_recipe("relinked_business", sandbox, monkeypatch)
    names = dict[str, str]()

    def check(**query: str) -> Any:
        return recipe.is_same_business("https://app.test/return?" + urlencode(query), names)

    assert check(connectionId="k1", companyName="Corner Bakery & Co") is True
    assert names == {"k1": "Corner Bakery & Co"}
    assert check(connectionId="k1", companyName="Corner Bakery & Co") is True
    assert check(connectionId="k1", companyName="Another Ltd") is False
    assert check(connectionId="k2", companyName="Another Ltd") is True
    assert check(connectionId="k1") is None and check(companyName="Another Ltd") is None


@pytest.mark.parametrize("name", [None, "Another Ltd"])
def test_relinked_business__gets_a_connection_of_its_own(
    sandbox: Sandbox, codat: CodatPlatform, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    """The connection with mixed data no longer exists; the new one is to the same platform, in the right company."""
    recipe = load_recipe("relinked_business", sandbox, monkeypatch)
    mixed = sandbox.add_connection(platform_key="gbol", status="Linked")
    new = recipe.replace_connection(codat, sandbox.company_id, mixed, new_company_name=name)
    owners = {row.id: company.id for company, row in codat.connections.iterate_all()}
    assert (new.platform_name, new.status) == ("Xero", "PendingAuth")
    assert list(owners) == [new.id]
    assert (owners[new.id] == sandbox.company_id) is (name is None)
    assert name is None or codat.companies.get(owners[new.id]).name == name
