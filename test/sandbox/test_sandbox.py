"""The Sandbox class itself."""

from __future__ import annotations

import base64
import copy
import pickle
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cases import case

from codat_python_sdk.sandbox import Request, Sandbox

from .conftest import Caller, Clock


def test_key__raw_and_ready_made(sandbox: Sandbox) -> None:
    """The ready-made header is Basic and the base64 of the key alone; another sandbox has another key."""
    assert sandbox.auth_header == f"Basic {base64.b64encode(sandbox.api_key.encode()).decode()}"
    assert Sandbox().api_key != sandbox.api_key


def test_repr__hides_the_key(sandbox: Sandbox) -> None:
    """The repr tells where it serves, or that it does not, and no key."""
    assert repr(sandbox) == f"<Sandbox {sandbox.url}>"
    assert repr(Sandbox()) == "<Sandbox stopped>"


def test_url__needs_a_start() -> None:
    """A sandbox that does not serve has no URL, and says what to do."""
    with pytest.raises(RuntimeError, match=r"with block, or call start\(\)"):
        _ = Sandbox().url


def test_start__twice_is_an_error(sandbox: Sandbox) -> None:
    """A serving sandbox cannot be started again; stopping twice is fine."""
    with pytest.raises(RuntimeError, match="already serving"):
        sandbox.start()
    sandbox.stop()
    sandbox.stop()


def test_start__again_keeps_port_and_state(call: Caller, sandbox: Sandbox) -> None:
    """A service that was down for a while comes back where it was, with what it knew."""
    url, connection = sandbox.url, call.create()
    sandbox.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
    sandbox.start()
    assert sandbox.url == url
    assert call("GET", f"/{connection['id']}").status == 200


def test_start__taken_port_is_an_oserror(sandbox: Sandbox) -> None:
    """A port that another one listens on cannot be had."""
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=int(sandbox.url.rpartition(":")[2])).start()


def test_contract__unknown_is_refused() -> None:
    """A contract is today's or 2021's."""
    unknown: Any = "1999"
    with pytest.raises(ValueError, match="'today', '2023' or '2021'"):
        Sandbox(contract=unknown)


def test_requests__show_what_was_seen(call: Caller, sandbox: Sandbox) -> None:
    """A request is recorded with everything that it carried, what it asked for, and what it got."""
    call("POST", "?a=b", {"platformKey": "mqjo"}, headers={"X-Extra": "1"})
    call.plain("GET", "/nowhere")
    call.plain("GET", "/")
    first, second = sandbox.requests
    assert (first.method, first.path, first.query, first.operation) == ("POST", call.root, {"a": "b"}, "create")
    assert first.headers["authorization"] == sandbox.auth_header
    assert first.headers["x-extra"] == "1"
    assert (first.body, first.status) == (b'{"platformKey": "mqjo"}', 200)
    assert (second.operation, second.status) == (None, 404)
    assert sandbox.requests is not sandbox.requests


def test_on_request__is_told_each(clock: Clock) -> None:
    """The callback gets every request but the dashboard's, with its status settled."""
    seen: list[str] = []
    with Sandbox(clock=clock, on_request=lambda request: seen.append(request.line)) as sandbox:
        caller = Caller(sandbox)
        caller("GET")
        caller.plain("GET", "/")
    assert seen == [f"GET {caller.root} 200"]


def test_add_connection__any_field(call: Caller, sandbox: Sandbox) -> None:
    """A seeded connection has the fields that it was given, those that Codat may add tomorrow included."""
    connection_id = sandbox.add_connection(
        platform_key="gbol", status="Sleeping", created="2026-01-01", linkUrl="https://link.codat.io/x", shinyNew=[1]
    )
    connection = call("GET", f"/{connection_id}").value
    assert (connection["status"], connection["created"], connection["shinyNew"]) == ("Sleeping", "2026-01-01", [1])
    assert (connection["platformName"], connection["linkUrl"]) == ("Xero", "https://link.codat.io/x")


def test_connections__are_copies(sandbox: Sandbox) -> None:
    """The current state is returned without linkUrl, and changing the copy changes nothing."""
    sandbox.add_connection()
    (row,) = sandbox.connections()
    assert "linkUrl" not in row
    row["status"] = "Linked"
    assert sandbox.connections(sandbox.company_id)[0]["status"] == "PendingAuth"


@pytest.mark.parametrize("act", ["authorize", "cancel", "set_status"])
def test_unknown_connection__is_a_lookup_error(sandbox: Sandbox, act: str) -> None:
    """Driving a connection that does not exist names it."""
    with pytest.raises(LookupError, match="no connection 'nope'"):
        getattr(sandbox, act)("nope", *(["Linked"] if act == "set_status" else []))


def test_set_status__any(call: Caller, sandbox: Sandbox) -> None:
    """A connection can be put into any status, from outside."""
    connection_id = sandbox.add_connection()
    sandbox.set_status(connection_id, "Deauthorized")
    assert call("GET", f"/{connection_id}").value["status"] == "Deauthorized"


def test_import__needs_the_standard_library_only() -> None:
    """Nothing but Python's own modules and the package itself is imported for the sandbox."""
    code = (
        "import sys, types; package = types.ModuleType('codat_python_sdk')\n"
        "package.__path__ = [sys.argv[1]]; sys.modules['codat_python_sdk'] = package\n"
        "import codat_python_sdk.sandbox.__main__\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "ours = [n for n in sys.modules if n.startswith('codat') and not n.startswith('codat_python_sdk.sandbox')]\n"
        "print(sorted(names & {'urllib3', 'dateutil', 'certifi', 'pytest'}), ours)"
    )
    import codat_python_sdk

    done = subprocess.run(
        [sys.executable, "-c", code, *codat_python_sdk.__path__], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] ['codat_python_sdk']"


def test_reset__restores_a_fresh_sandbox(call: Caller, sandbox: Sandbox) -> None:
    """State, faults, requests, ledger, keys, quota, clock and webhooks are as they were new; address and key stay."""
    key = {"Idempotency-Key": "k"}
    url, first = sandbox.url, call("POST", value={"platformKey": "mqjo"}, headers=key).value["id"]
    sandbox.create_company("Other")
    sandbox.add_webhook("http://127.0.0.1:9/")
    sandbox.fail_next(times=None)
    sandbox.fail_delivery("late")
    sandbox.clock.advance(1e6)
    call("GET")
    sandbox.reset()
    assert (sandbox.url, [row["id"] for row in sandbox.companies()]) == (url, [sandbox.company_id])
    assert (sandbox.connections(), sandbox.requests, sandbox.ledger, sandbox.armed) == ([], [], [], [])
    assert (sandbox.deliveries, sandbox.problems(), len(sandbox._core.keys)) == ([], [], 0)
    assert sandbox.clock.now() == 1_770_091_506.789
    again = call("POST", value={"platformKey": "mqjo"}, headers=key)
    assert (again.status, again.value["id"] != first) == (200, True)
    assert again.headers["X-Rate-Limit-Remaining"] == "999999"


def test_strict__complains_of_what_nobody_noticed() -> None:
    """Leaving the block names a fault that was never met, an unknown path, a wrong key and an error in a callback."""

    def broken(_: Request) -> bool:
        raise KeyError("when")

    def use() -> None:
        with Sandbox(strict=True) as sandbox:
            caller = Caller(sandbox)
            sandbox.fail_next(operation="delete")
            sandbox.fail_next(when=broken)
            caller("GET")
            caller.plain("GET", "/invoices")
            caller.plain("GET", "/companies")

    with pytest.raises(AssertionError) as caught:
        use()
    text = str(caught.value)
    assert text.startswith("the sandbox noticed:\n- ")
    assert "an armed fault that no request hit: fail_next(status=503, operation='connections.delete')" in text
    assert "no operation: GET /invoices 404" in text
    assert "wrong key: GET /companies 401" in text
    assert "an error in a callback: KeyError" in text


def test_strict__complains_of_a_late_callback() -> None:
    """An error in a callback that is not over when the block is left is a problem as an earlier one is."""

    def late(_: Request) -> None:
        while repr(sandbox) != "<Sandbox stopped>":
            threading.Event().wait(0.001)
        raise KeyError("late")

    sandbox = Sandbox(strict=True, on_request=late)

    def use() -> None:
        with sandbox:
            Caller(sandbox)("GET")

    with pytest.raises(AssertionError, match="an error in a callback: KeyError: 'late'"):
        use()


def test_problems__while_another_callback_fails(call: Caller, sandbox: Sandbox) -> None:
    """An error that comes while the earlier ones are listed does not break the list."""

    class Slow(Exception):
        def __str__(self) -> str:
            call("GET")  # which fails meanwhile
            return "slow"

    def broken(_: Request) -> bool:
        raise Slow

    sandbox.fail_next(when=broken)
    call("GET")
    assert "an error in a callback: Slow: slow" in sandbox.problems()
    sandbox.reset()


def test_strict__is_content_with_a_test_that_used_everything() -> None:
    """A fault that was met, and requests that are right, are no complaint; nor is anything while an error passes."""
    with Sandbox(strict=True) as sandbox:
        sandbox.fail_next()
        Caller(sandbox)("GET")
        sandbox.verify()

    def fail() -> None:
        with Sandbox(strict=True) as sandbox:
            sandbox.fail_next()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_strict__is_content_with_links_that_are_not_valid() -> None:
    """A link that expired, or whose connection was deleted, is a page for the customer, and no mistake of a client."""
    with Sandbox(strict=True) as sandbox:
        caller = Caller(sandbox)
        link = caller.create()["linkUrl"].removeprefix(sandbox.url)
        sandbox.clock.advance(2 * 24 * 60 * 60)
        assert caller.plain("GET", link).status == 401
        sandbox.delete_connection(sandbox.connections()[0]["id"])
        assert caller.plain("GET", link).status == 404


def test_clock__at_the_epoch() -> None:
    """A clock that says 0 is one as any other: requests are reported to `on_request` and to those who wait."""
    reported: list[str | None] = []
    with Sandbox(clock=lambda: 0.0, on_request=lambda request: reported.append(request.operation)) as sandbox:
        Caller(sandbox)("GET")
        assert len(sandbox.wait_for(operation="list")) == 1
    assert reported == ["list"]


def test_empty_patch__is_accepted(call: Caller, sandbox: Sandbox) -> None:
    """The body of the PATCH is optional: without a status nothing changes."""
    connection = sandbox.add_connection(status="Linked")
    for value in (None, {}, {"status": None}):
        assert call("PATCH", f"/{connection}", value).value["status"] == "Linked"
    assert sandbox.ledger == []


def test_order_by__modified_date(call: Caller, sandbox: Sandbox, clock: Clock) -> None:
    """orderBy=-modifiedDate, which Codat's pages show, lists what changed last first."""
    first, second = sandbox.add_connection(), sandbox.add_connection()
    clock.now += 1
    sandbox.set_status(first, "Linked")
    assert [row["id"] for row in call("GET", "?orderBy=-modifiedDate").value["results"]] == [first, second]


def test_contract_2023__has_no_nulls() -> None:
    """For clients such as @codat/platform 4.0.0, connectionInfo holds text, and nothing is null."""
    with Sandbox(contract="2023") as sandbox:
        caller = Caller(sandbox)
        connection = caller.create()["id"]
        sandbox.cancel(connection)
        shown = caller("GET", f"/{connection}").value
    assert shown["connectionInfo"] == {"paused": "false"}
    assert None not in shown.values()
    assert None not in shown["dataConnectionErrors"][0].values()


def test_clear_requests__leaves_the_rest(call: Caller, sandbox: Sandbox) -> None:
    """The list of requests begins anew; connections, ledger and faults stay."""
    call.create()
    sandbox.fail_next(operation="get")
    sandbox.clear_requests()
    assert sandbox.requests == []
    assert len(sandbox.connections()) == len(sandbox.ledger) == len(sandbox.armed) == 1
    call("GET")
    assert [request.operation for request in sandbox.requests] == ["list"]


def test_copy__of_what_it_hands_out(call: Caller, sandbox: Sandbox) -> None:
    """Requests, deliveries and armed faults can be copied, and sent to another process."""
    call("GET")
    sandbox.add_webhook("http://127.0.0.1:9/")
    sandbox.add_connection()
    sandbox.fail_next(status=429, retry_after=3)
    for value in (sandbox.requests[0], sandbox.wait_for_deliveries()[0], sandbox.armed[0]):
        for copied in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
            assert repr(copied) == repr(value)


@pytest.mark.parametrize("act", [copy.copy, copy.deepcopy, pickle.dumps])
def test_copy__is_refused_in_words(sandbox: Sandbox, act: Callable[[object], object]) -> None:
    """A sandbox given to another process or copied says what to do in place of that."""
    with pytest.raises(TypeError, match=r"pass its url and api_key on, and use Sandbox\.connect\(url, api_key\)"):
        act(sandbox)


def test_arguments__that_cannot_be() -> None:
    """A wrong argument of the constructor is named there, and is not the reason why something else fails later."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"platforms": {"abcd": "Xero"}}, "platforms['abcd'] must be (name, source type), got 'Xero'"),
        ({"platforms": {"abcd": ("Xero",)}}, "platforms['abcd'] must be (name, source type), got ('Xero',)"),
        ({"platforms": {"abcd": ("Xero", 5)}}, "platforms['abcd'] must be (name, source type), got ('Xero', 5)"),
        ({"platforms": {5: ("Xero", "Other")}}, "platforms must be an object, got dict"),
        ({"platforms": {"abcd": ("Xero", "Acounting")}}, "did you mean 'Accounting'?"),
        ({"strict": "no"}, "strict must be true or false, got str"),
        ({"strict_accounting": 1}, "strict_accounting must be true or false, got 1"),
        ({"deliver_anywhere": None}, "deliver_anywhere must be true or false, got None"),
        ({"ssl_context": "cert.pem"}, "ssl_context must be a SSLContext, got str"),
        ({"ssl_context": ssl.create_default_context()}, "use ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)"),
        ({"public_url": "http://codat.example/?a=b"}, "public_url must have neither a query nor a fragment"),
    ]
    for arguments, text in cases:
        with case(arguments, text), pytest.raises((TypeError, ValueError), match=re.escape(text)):
            Sandbox(**arguments)
