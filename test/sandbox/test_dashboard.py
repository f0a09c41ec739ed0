"""The dashboard's views and forms, without a browser."""

from __future__ import annotations

import contextlib
import html
import http.client
import re
from urllib.parse import parse_qsl, urlencode

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller, Reply
from .receiver import Receiver
from .test_pages import FORM, Page

XSS = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
VIEWS = ("", "requests", "faults", "webhooks", "deliveries", "keys")


def token(call: Caller) -> str:
    match = re.search('name="token" value="([0-9a-f]+)"', call.plain("GET", "/").body.decode())
    assert match
    return match[1]


def act(call: Caller, action: str, **fields: str) -> Reply:
    form = {"token": token(call), "back": "?view=requests&page=2", "action": action, **fields}
    return call.plain("POST", "/", FORM, urlencode(form))


def test_forms__do_what_they_say(call: Caller, sandbox: Sandbox) -> None:
    """Every form changes the sandbox, and leads back to where it was, with a sentence on what was done."""
    reply = act(call, "create_company", name="Corner Bakery")
    assert reply.status == 303
    assert reply.headers["Location"] == "?view=requests&page=2&notice=Created+Corner+Bakery."
    company = sandbox.companies()[1]["id"]
    act(call, "add_connection", company_id=company, platform_key="gbol")
    (connection,) = [one["id"] for one in sandbox.connections(company)]
    sandbox.authorize(connection)
    act(call, "unlink", connection_id=connection)
    assert sandbox.connections()[0]["status"] == "Unlinked"
    sandbox.authorize(connection)
    act(call, "deauthorize", connection_id=connection)
    assert sandbox.connections()[0]["status"] == "Deauthorized"
    act(call, "delete_connection", connection_id=connection)
    assert sandbox.connections() == []
    before = sandbox.clock.now()
    act(call, "advance_clock", seconds="3600")
    assert sandbox.clock.now() == before + 3600
    assert act(call, "delete_company", company_id=company, back=f"?company={company}").headers["Location"] == (
        "?notice=Deleted+the+company."
    )
    act(call, "reset")
    assert sandbox.clock.now() == before


def test_forms__show_their_own_notice(call: Caller) -> None:
    """The notice of the action before does not stay, and a filter for the word is none."""
    back = "?view=requests&q=notice&notice=Created+it."
    assert act(call, "clear_faults", back=back).headers["Location"] == (
        "?view=requests&q=notice&notice=Cleared+all+faults."
    )


def test_forms__faults(call: Caller, sandbox: Sandbox) -> None:
    """Faults are armed with their aim, listed and cleared."""
    act(call, "arm_fault", kind="fail_next", status="418", times="2", operation="connections.get", seconds="0")
    act(call, "arm_fault", kind="lost", times="", status="503", company_id="c")
    assert [armed.text for armed in sandbox.armed] == [
        "lost(company_id='c', times=None)", "fail_next(seconds=0.0, status=418, operation='connections.get', times=2)"
    ]  # fmt: skip
    page = Page(call.plain("GET", "/?view=faults"))
    assert "times=2" in page.text
    assert "all" in page.text.split("times=None)")[1].split("Clear")[0]
    assert "all" not in page.text.split("times=2)")[1].split("Clear")[0]
    act(call, "clear_fault", number=str(sandbox.armed[0].number))
    assert len(sandbox.armed) == 1
    act(call, "clear_faults")
    assert sandbox.armed == []


def test_forms__webhooks(call: Caller, sandbox: Sandbox) -> None:
    """Consumers are added, sent to, enabled and deleted; deliveries show what became of it."""
    with Receiver() as receiver:
        act(call, "add_webhook", url=receiver.url, event_types="read.completed, connection.created")
        connection = sandbox.add_connection()
        assert (
            "Sent+read.completed+to+1+consumer."
            in act(call, "send_webhook", event_type="read.completed", connection_id=connection, fault="").headers[
                "Location"
            ]
        )
        sandbox.wait_for_deliveries()
        assert receiver.types == ["connection.created", "read.completed"]
        assert receiver.events[1]["payload"]["connection"]["id"] == connection
    text = Page(call.plain("GET", "/?view=deliveries")).text
    assert "read.completed" in text
    assert "delivered" in text
    (row,) = call.plain("GET", "/webhooks", {"Authorization": sandbox.auth_header}).value["results"]
    sandbox._core.state.consumers[row["id"]].disabled = True
    assert "disabled" in Page(call.plain("GET", "/?view=webhooks")).text
    act(call, "enable_webhook", webhook_id=row["id"])
    act(call, "delete_webhook", webhook_id=row["id"])
    assert call.plain("GET", "/webhooks", {"Authorization": sandbox.auth_header}).value == {"results": []}


def test_open_link__leads_to_the_customers_page(call: Caller, sandbox: Sandbox) -> None:
    """The form opens a fresh link, whose code the dashboard itself never shows."""
    connection = sandbox.add_connection(platform_key="gbol")
    link = act(call, "open_link", connection_id=connection).headers["Location"]
    assert "Connect Xero" in Page(call.plain("GET", link.removeprefix(sandbox.url))).text
    assert act(call, "open_link", connection_id="nope").status == 404


def test_forms__say_what_is_wrong(call: Caller) -> None:
    """A form that cannot be applied returns a page that says why."""
    cases: list[tuple[str, dict[str, str], str]] = [
        ("create_company", {"name": " "}, "needs a name"),
        ("delete_connection", {"connection_id": "x"}, "no connection 'x'. Go back to correct it."),
        ("add_connection", {"platform_key": "xero"}, "did you mean"),
        ("arm_fault", {"kind": "boom"}, "unknown fault"),
        ("advance_clock", {"seconds": "soon"}, "seconds must be a number, got 'soon'"),
        ("advance_clock", {"seconds": "1e12"}, "billion"),
        ("delete_webhook", {"webhook_id": "x"}, "no such consumer"),
        ("send_webhook", {"event_type": "x"}, "no webhook"),
        ("arm_fault", {"kind": "fail_next", "times": "1.5"}, "times must be a whole number, got '1.5'."),
        ("arm_fault", {"kind": "fail_next", "status": "x"}, "status must be a whole number, got 'x'."),
        ("arm_fault", {"kind": "stall", "seconds": "x"}, "seconds must be a number, got 'x'."),
        ("clear_fault", {}, "number must be a whole number, got ''."),
        ("advance_clock", {}, "seconds must be a number, got ''. Go back"),
        ("send_webhook", {"event_type": "connection.connected"}, "is about a company or a connection: give its id"),
        ("send_webhook", {"event_type": ""}, "event_type must not be empty"),
        ("arm_fault", {"kind": "lost", "times": "0"}, "at least 1"),
        ("nothing", {}, "Nothing was chosen"),
    ]
    for action, fields, text in cases:
        with case(action, fields, text):
            reply = act(call, action, **fields)
            assert reply.status == 400
            assert text in Page(reply).text


@pytest.mark.parametrize(
    ("target", "required", "optional"),
    [
        ("/", ["name"], ["q"]),
        ("/?view=faults", ["seconds"], ["status", "times", "seconds", "company_id", "connection_id"]),
        ("/?view=webhooks", ["url", "event_type"], ["event_types", "connection_id"]),
    ],
)
def test_forms__ask_for_what_they_need(call: Caller, target: str, required: list[str], optional: list[str]) -> None:
    """The browser asks for the fields without which a form cannot be applied, and for no others."""
    fields = [field for field in Page(call.plain("GET", target)).all("input") if field["type"] != "hidden"]
    assert [field["name"] for field in fields if "required" in field] == required
    assert [field["name"] for field in fields if "required" not in field] == optional


def test_forms__need_their_token(call: Caller, sandbox: Sandbox) -> None:
    """A form without the token of this process does nothing."""
    assert act(call, "reset", token="x").status == 403
    assert call.plain("POST", "/", FORM, "action=create_company&name=A").status == 403
    assert len(sandbox.companies()) == 1


def test_back__leads_to_the_dashboard_alone(call: Caller) -> None:
    """A form that names another address leads to the overview."""
    for back in ("https://evil.example/", "//evil.example/?", "/\\evil", "/companies", "/?"):
        assert act(call, "clear_faults", back=back).headers["Location"] == "?notice=Cleared+all+faults."


def test_views__escape_everything(call: Caller, sandbox: Sandbox) -> None:
    """Whatever a person can set appears as text: names, ids, paths, URLs, event types, tags, notices."""
    company = sandbox.create_company(XSS, tags={"k": XSS[:50]}, description=XSS)
    sandbox.add_connection(company, platformName=XSS, sourceType=XSS, id=XSS, status=XSS)
    sandbox.add_webhook(
        f"http://127.0.0.1:9/{XSS.replace(' ', '/')}",
        event_types=[XSS, "connection.created"],
        company_tags=[f"k:{XSS[:50]}"],
    )
    sandbox.fail_next(company_id=XSS)
    call.plain("GET", "/x/%3Cscript%3Ealert(1)%3C/script%3E?q=%3Cb%3E")
    sandbox.send_webhook("connection.created", company_id=company, payload={})
    wanted = urlencode({"q": XSS, "notice": XSS})
    targets = [
        *(f"/?view={view}&show=1" for view in VIEWS),
        f"/?company={company}",
        f"/?{wanted}",
        f"/?view=requests&{wanted}",
    ]
    for target in targets:
        page = Page(call.plain("GET", target))
        assert len(page.all("script")) == 1, target
        assert not page.all("img"), target
        assert not page.all("b"), target
    link = call.plain("GET", f"/company/{company}")
    assert not Page(link).all("script")


@pytest.mark.parametrize("target", ["/?view=nope", "/?company=nope"])
def test_views__unknown_ones_are_404(call: Caller, target: str) -> None:
    """What does not exist is a page that says so."""
    assert call.plain("GET", target).status == 404


def test_views__page_and_filter(call: Caller, sandbox: Sandbox) -> None:
    """With 2,000 companies a page is small, and finding and paging lead to each of them."""
    for number in range(2_000):
        sandbox.create_company(f"Company {number:04d}.")
    reply = call.plain("GET", "/")
    assert len(reply.body) < 60_000
    page = Page(reply)
    assert "Companies: 2001" in page.text
    assert "Page 1 of 81" in page.text
    hrefs = [str(link.get("href")) for link in page.all("a")]
    assert "?page=81" in hrefs
    assert "Company 1999." in Page(call.plain("GET", "/?page=81")).text
    assert (
        "Company 1999."
        in Page(call.plain("GET", "/?page=99999999999")).text + Page(call.plain("GET", "/?page=81")).text
    )
    found = Page(call.plain("GET", "/?q=company+0042."))
    assert "Companies: 1" in found.text
    assert "Company 0042." in found.text


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/", [2, 4]), ("/?page=2", [1, 1, 3, 4]), ("/?page=3", [1, 2, 4, 4]), ("/?page=4", [1, 3]), ("/?page=9", [1, 3]),
     ("/?page=9999999", [1, 3]), ("/?page=10000000", [2, 4])],
)  # fmt: skip
def test_pages__link_to_the_others(call: Caller, sandbox: Sandbox, target: str, expected: list[int]) -> None:
    """A page links to the first, the previous, the next and the last one; a number of eight digits is not read."""
    for number in range(75):
        sandbox.create_company(f"Company {number}")
    links = [re.fullmatch(r"\?page=(\d+)", str(link.get("href"))) for link in Page(call.plain("GET", target)).all("a")]
    assert [int(link[1]) for link in links if link] == expected


@pytest.mark.parametrize(("companies", "expected"), [(25, []), (26, [2, 2])])
def test_pages__only_where_there_are_several(
    call: Caller, sandbox: Sandbox, companies: int, expected: list[int]
) -> None:
    """What fits on one page has no links to others; two pages have."""
    for number in range(companies - 1):
        sandbox.create_company(f"Company {number}")
    links = [re.fullmatch(r"\?page=(\d+)", str(link.get("href"))) for link in Page(call.plain("GET", "/")).all("a")]
    assert [int(link[1]) for link in links if link] == expected


def test_requests__show_operation_outcome_and_fault(call: Caller, sandbox: Sandbox) -> None:
    """A request's row has its operation, status, duration, error and the fault that it met."""
    sandbox.fail_next(502, operation="connections.list")
    call("GET")
    text, tries = "", 0
    while " ms" not in text and tries < 100:  # the duration is known a moment after the response
        text, tries = Page(call.plain("GET", "/?view=requests")).text, tries + 1
    for part in ("04:05:06.78", "502", "list", "fail_next", "Injected fault", " ms"):
        assert part in text
    assert "Requests: 0" in Page(call.plain("GET", "/?view=requests&q=nothing-like-it")).text


def test_keys__are_shown_on_demand(call: Caller, sandbox: Sandbox) -> None:
    """Keys and signing secrets are shown when they are asked for, and on that page alone."""
    secret = sandbox.webhook_secret(sandbox.add_webhook("http://127.0.0.1:9/"))
    for target in (*(f"/?view={view}" for view in VIEWS), "/?view=keys&show=0", "/?view=keys&show=2"):
        reply = call.plain("GET", target)
        text = reply.body.decode()
        assert reply.status == 200
        assert secret not in text
        assert sandbox.auth_header not in text
    assert call.plain("GET", "/?view=keys").body.count(b">hidden<") == 2
    shown = Page(call.plain("GET", "/?view=keys&show=1")).text
    assert secret in shown
    assert sandbox.auth_header in shown


def test_overview__shows_the_last_25(call: Caller, sandbox: Sandbox) -> None:
    """The overview lists the 25 newest connections and requests, the newest first."""
    connections = [sandbox.add_connection() for _ in range(27)]
    for number in range(27):
        call("GET", f"?n={number}")
    body = call.plain("GET", "/").body.decode()
    _, table, requests = body.split("<h2>")[1:]
    assert "Connections: 27, the newest 25" in table
    assert re.findall('data-key="([^"]+)"', table) == connections[:1:-1]
    assert re.findall(r"n=(\d+)", requests) == [str(number) for number in range(26, 1, -1)]


def test_moments__are_shown_to_the_second(call: Caller, sandbox: Sandbox) -> None:
    """The sandbox's time, when a connection was made and when a webhook is due are dates and times of whole seconds."""
    with Receiver() as receiver:
        receiver.statuses = [500]
        sandbox.add_webhook(receiver.url)
        sandbox.add_connection()
        sandbox.wait_for_deliveries()
    overview = call.plain("GET", "/").body.decode()
    assert "Sandbox time: 2026-02-03T04:05:06Z<" in overview
    assert ">2026-02-03T04:05:06<" in overview
    assert ">2026-02-03T04:05:11Z<" in call.plain("GET", "/?view=deliveries").body.decode()


def test_states__have_the_color_of_good_or_bad(call: Caller, sandbox: Sandbox) -> None:
    """What went well and what went wrong differ in color; what is neither has none."""
    with Receiver() as receiver:
        sandbox.add_webhook(receiver.url, event_types=["connection.created"])
        for status in ("Linked", "Deauthorized", "PendingAuth"):
            sandbox.add_connection(status=status)
        sandbox.wait_for_deliveries()
        sandbox.fail_delivery("fail")
        sandbox.add_connection()
        receiver.statuses = [500] * 7
        for _ in range(7):
            sandbox.clock.advance(40_000)
            sandbox.wait_for_deliveries()
    sandbox.lost()
    with contextlib.suppress(http.client.HTTPException):
        call("GET")
    sandbox.fail_next(400)
    call("GET")
    call("GET")
    bodies = [call.plain("GET", target).body.decode() for target in ("/", "/?view=deliveries")]
    colors = {text: kind for kind, text in re.findall(r'<span class="(\w*)">([^<]*)</span>', "".join(bodies))}
    bad, good, neither = ("Deauthorized", "none", "400", "failed"), ("Linked", "delivered"), ("PendingAuth", "200")
    assert colors == {**dict.fromkeys(bad, "bad"), **dict.fromkeys(good, "good"), **dict.fromkeys(neither, "")}


def test_tables__wrap_long_texts(call: Caller, sandbox: Sandbox) -> None:
    """The cells of the columns that may be long are wrapped, and no others."""
    sandbox.add_connection()
    call("GET")
    cells = Page(call.plain("GET", "/")).all("td")
    assert {cell["data-label"] for cell in cells if cell.get("class") == "long"} == {
        "Name", "Id", "Description", "Platform", "Company", "Connection", "Address", "Error"
    }  # fmt: skip
    assert {cell["data-label"] for cell in cells if "class" not in cell} == {
        "Connections", "Status", "Type", "Created", "Actions", "Time", "Operation", "Method", "Duration", "Fault"
    }  # fmt: skip


def test_live__rows_have_keys(call: Caller, sandbox: Sandbox) -> None:
    """Each row of a live table has a key of its own, by which the script tells rows apart."""
    for _ in range(3):
        sandbox.add_connection()
        call("GET")
    page = Page(call.plain("GET", "/"))
    keys = [row["data-key"] for row in page.all("tr") if "data-key" in row]
    assert len(keys) == len(set(keys)) == 7


def test_refresh__without_javascript(call: Caller) -> None:
    """Where no script keeps a page up to date, the ones to watch reload themselves, and that can be switched off."""
    for target, expected in (
        ("/", 1),
        ("/?view=requests", 1),
        ("/?refresh=off", 0),
        ("/?view=faults", 0),
        ("/?q=x", 0),
    ):
        page = Page(call.plain("GET", target))
        assert len([meta for meta in page.all("meta") if meta.get("http-equiv") == "refresh"]) == expected, target


def test_refresh__started_again_shows_the_same_page(call: Caller) -> None:
    """The link that starts refreshing again leads to the page that it is on, and not to the overview."""
    for query in ({"view": "requests", "page": "1"}, {"view": "deliveries"}, {}):
        page = call.plain("GET", f"/?{urlencode({**query, 'refresh': 'off'})}").body.decode()
        (again,) = re.findall(r'href="\?([^"]*)">Refresh every', page)
        assert dict(parse_qsl(html.unescape(again))) == query
