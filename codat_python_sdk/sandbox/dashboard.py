"""The dashboard: shows and changes the state of the sandbox, in a browser.

Everything works without JavaScript; the script updates the tables that are marked as live. Links and forms are relative
to the page, which a proxy may serve at another path.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlencode

from codat_python_sdk.sandbox.actions import ACTIONS, FAULT_CHOICES, link_to
from codat_python_sdk.sandbox.clock import timestamp
from codat_python_sdk.sandbox.deliveries import DELIVERY_FAULTS
from codat_python_sdk.sandbox.html import Html, markup, message, page, table
from codat_python_sdk.sandbox.live import SCRIPT
from codat_python_sdk.sandbox.messages import Request, Response

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.core import Core
    from codat_python_sdk.sandbox.records import Company, Connection

Row = TypeVar("Row")

PAGE_SIZE = 25
SHOWN_LAST = 25
TOKEN = secrets.token_hex(16)  # a form that does not have it was not made by this process
VIEWS = {
    "": "Overview",
    "requests": "Requests",
    "faults": "Faults",
    "webhooks": "Webhooks",
    "deliveries": "Deliveries",
    "keys": "Keys",
}


def respond(core: Core, request: Request) -> Response:
    """The page, or the result of one of its forms."""
    if request.method == "POST":
        return _act(core, request)
    if request.method not in ("GET", "HEAD"):
        return message(405, "This page cannot do that", "Open it in a browser.", {"Allow": "GET, HEAD, POST"})
    query = request.query
    if "company" in query:
        company = core.state.companies.get(query["company"])
        if company is None:
            return message(404, "There is no such company", "It may have been deleted.")
        return _page(core, query, company.name, _company(core, company, query))
    make = _VIEWS.get(query.get("view", ""))
    if make is None:
        return message(404, "There is no such page", "Open the dashboard.")
    return _page(core, query, VIEWS[query.get("view", "")], make(core, query))


def _act(core: Core, request: Request) -> Response:
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    back = form.get("back", "")
    back = back if back.startswith("?") else "?"
    if not secrets.compare_digest(form.get("token", "").encode(), TOKEN.encode()):
        return message(403, "This form is too old", "The sandbox was restarted: open the dashboard again.")
    if form.get("action") == "open_link":
        return _open_link(core, form.get("connection_id", ""))
    act = ACTIONS.get(form.get("action", ""))
    if act is None:
        return message(400, "Nothing was chosen", "Open the dashboard again.")
    try:
        notice = act(core, form)
    except (LookupError, ValueError, TypeError) as error:
        return message(400, "That did not work", f"{str(error).rstrip('.')}. Go back to correct it.")
    if back.startswith("?company=") and form.get("action") == "delete_company":
        back = "?"
    pairs = [pair for pair in parse_qsl(back[1:]) if pair[0] != "notice"]
    return Response(303, headers={"Location": f"?{urlencode([*pairs, ('notice', notice)])}"})


def _open_link(core: Core, connection_id: str) -> Response:
    with core.state.lock:
        connection = core.state.connections.get(connection_id)
        if connection is None:
            return message(404, "There is no such connection", "It may have been deleted.")
        return Response(303, headers={"Location": link_to(core, connection), "Cache-Control": "no-store"})


def _page(core: Core, query: Mapping[str, str], title: str, body: str) -> Response:
    view = query.get("view", "") if "company" not in query else None
    current = ' aria-current="page"'
    items = "".join(
        f'<li><a href="?{f"view={name}" if name else ""}"{current if name == view else ""}>{text}</a></li>'
        for name, text in VIEWS.items()
    )
    notice = f'<p class="note" role="status">{escape(query["notice"])}</p>' if query.get("notice") else ""
    now = f'<p id="now" data-live>Sandbox time: {timestamp(core.clock_source.now())[:19]}Z</p>'
    refresh, switch = _refresh(query)
    heading = f'<nav aria-label="Dashboard"><ul>{items}</ul></nav><h1>Codat sandbox: {escape(title)}</h1>'
    whole = Html(f"{heading}{notice}{now}{switch}{body}")
    targets = _link_origins(core)
    return page(200, f"{title} · Codat sandbox", whole, "wide", script=SCRIPT, head=refresh, form_targets=targets)


def _refresh(query: Mapping[str, str]) -> tuple[str, str]:
    """Without JavaScript: the element that reloads a page every 3 seconds, and the link that stops or starts it."""
    if query.get("view", "") not in ("", "requests", "deliveries") or "company" in query or query.get("q"):
        return "", ""
    if query.get("refresh") == "off":
        again = _here({name: value for name, value in query.items() if name != "refresh"})
        return "", f'<noscript><p><a href="{again}">Refresh every 3 seconds</a></p></noscript>'
    switch = f'<noscript><p><a href="{_here({**query, "refresh": "off"})}">Stop refreshing</a></p></noscript>'
    return '<noscript><meta http-equiv="refresh" content="3"></noscript>', switch


def _link_origins(core: Core) -> list[str]:
    return [core.state.url] if core.state.url else []


# The views


def _overview(core: Core, query: Mapping[str, str]) -> str:
    wanted = query.get("q", "")
    with core.state.lock:
        found = [company for company in core.state.companies.values() if _fits(wanted, company.name, company.id)]
        shown, links = _paged(found, query)
        companies = _company_table(shown, f"Companies: {len(found)}")
        newest = list(core.state.connections.values())[: -SHOWN_LAST - 1 : -1]
        caption = f"Connections: {len(core.state.connections)}, the newest {len(newest)}"
        connections = _connection_table(newest, query, caption)
    last = _request_table(core.requests()[: -SHOWN_LAST - 1 : -1], "Last requests")
    new = _form(query, "create_company", _field("Name", "name", required=True), "Create company")
    return (
        f"<h2>Companies</h2>{_side_by_side(_search(query, 'Find a company'), new)}{companies}{links}"
        f"<h2>Connections</h2>{connections}<h2>Requests</h2>{last}"
    )


def _company(core: Core, company: Company, query: Mapping[str, str]) -> str:
    wanted = query.get("q", "")
    with core.state.lock:
        newest = [
            connection
            for connection in reversed(company.connections.values())
            if _fits(wanted, connection.id, *_words(connection))
        ]
        shown, links = _paged(newest, query)
        rows = _connection_table(shown, query, f"Connections: {len(newest)}, the newest first")
    platforms = sorted(core.state.rules.platforms.values(), key=lambda platform: (platform.source_type, platform.name))
    choices = [(platform.key, f"{platform.source_type}: {platform.name} ({platform.key})") for platform in platforms]
    hidden = _hidden("company_id", company.id)
    new = _form(query, "add_connection", hidden + _select("Platform", "platform_key", choices), "Create connection")
    end = _form(query, "delete_company", hidden, "Delete company", kind="danger")
    tags = ", ".join(f"{key}={value}" for key, value in company.tags.items())
    return (
        f"<p>Company <code>{escape(company.id)}</code>{f', tags: {escape(tags)}' if tags else ''}</p>"
        f"<h2>Connections</h2>{_side_by_side(_search(query, 'Find a connection'), new)}{rows}{links}"
        f"<h2>This company</h2>{end}"
    )


def _requests(core: Core, query: Mapping[str, str]) -> str:
    wanted = query.get("q", "")
    newest = [request for request in reversed(core.requests()) if not wanted or _fits(wanted, *_request_words(request))]
    shown, links = _paged(newest, query)
    return f"{_search(query, 'Find a request')}{_request_table(shown, f'Requests: {len(newest)}')}{links}"


def _faults(core: Core, query: Mapping[str, str]) -> str:
    rows: list[tuple[str, Sequence[object]]] = []
    for armed in core.faults.armed:
        clear = _form(query, "clear_fault", _hidden("number", str(armed.number)), "Clear")
        left = "all" if armed.times is None else armed.times
        rows.append((str(armed.number), (armed.text, left, armed.met, clear)))
    names = ("Fault", "Times left", "Met", "Action")
    caption = "Armed faults, in the order in which they are met"
    waiting = table(caption, names, rows, live="faults", long=("Fault",))
    operations = [("", "any operation"), *((name, name) for name in core.router.operations)]
    fields = (
        _select("Fault", "kind", FAULT_CHOICES),
        _select("Operation", "operation", operations),
        _field("Status (of fail_next)", "status", value="503", kind="number", step="1"),
        _field("Times (empty: all)", "times", value="1", kind="number", step="1"),
        _field("Seconds of delay", "seconds", kind="number"),
        _field("Company id", "company_id"),
        _field("Connection id", "connection_id"),
    )
    seconds = _field("Seconds (below 0: back)", "seconds", value="3600", kind="number", least="", required=True)
    return (
        f"{waiting}{_form(query, 'clear_faults', '', 'Clear all')}"
        f"<h2>Arm a fault</h2>{_form(query, 'arm_fault', ''.join(fields), 'Arm')}"
        f"<h2>Clock</h2>{_form(query, 'advance_clock', seconds, 'Advance the clock')}"
        f"<h2>Start again</h2>{_form(query, 'reset', '', 'Reset the sandbox', kind='danger')}"
    )


def _webhooks(core: Core, query: Mapping[str, str]) -> str:
    rows: list[tuple[str, Sequence[object]]] = []
    with core.state.lock:
        for consumer in core.state.consumers.values():
            hidden = _hidden("webhook_id", consumer.id)
            actions = _form(query, "delete_webhook", hidden, "Delete", kind="danger")
            if consumer.disabled:
                actions = Html(_form(query, "enable_webhook", hidden, "Enable") + actions)
            state = "disabled" if consumer.disabled else "enabled"
            events, tags = ", ".join(consumer.event_types) or "all", ", ".join(consumer.company_tags)
            rows.append((consumer.id, (consumer.url, events, tags, state, actions)))
    names = ("URL", "Events", "Company tags", "State", "Action")
    consumers = table("Webhook consumers", names, rows, live="consumers", long=("URL", "Events", "Company tags"))
    new = _field("URL", "url", required=True) + _field("Event types (empty: all)", "event_types")
    faults = [("", "none"), *((name, name.replace("_", " ")) for name in DELIVERY_FAULTS)]
    event = (
        _field("Event type", "event_type", value="connection.connected", required=True)
        + _field("Connection id", "connection_id")
        + _select("Fault", "fault", faults)
    )
    return (
        f"{consumers}<h2>Add a consumer</h2>{_form(query, 'add_webhook', new, 'Add consumer')}"
        f"<h2>Send an event</h2>{_form(query, 'send_webhook', event, 'Send webhook')}"
    )


def _deliveries(core: Core, query: Mapping[str, str]) -> str:
    newest = list(reversed(core.deliveries.all))
    shown, links = _paged(newest, query)
    rows: list[tuple[str, Sequence[object]]] = []
    for delivery in shown:
        last = delivery.attempts[-1] if delivery.attempts else None
        result = "" if last is None else last.error or last.status
        due = "" if delivery.due is None else f"{timestamp(delivery.due)[:19]}Z"
        cells = (
            delivery.number,
            delivery.event_type,
            _state(delivery.state),
            len(delivery.attempts),
            result,
            due,
            delivery.fault or "",
            delivery.url,
        )
        rows.append((str(delivery.number), cells))
    names = ("Number", "Event", "State", "Attempts", "Last attempt", "Next attempt", "Fault", "URL")
    caption = f"Deliveries: {len(newest)}, the newest first"
    return table(caption, names, rows, live="deliveries", long=("Last attempt", "URL")) + links


def _keys(core: Core, query: Mapping[str, str]) -> str:
    shown = query.get("show") == "1"
    values = [("Authorization header of the API", core.pipeline.auth_header)]
    with core.state.lock:
        values += [(f"Signing secret of {consumer.url}", consumer.secret) for consumer in core.state.consumers.values()]
    rows = [(name, (name, Html(f"<code>{escape(value)}</code>") if shown else "hidden")) for name, value in values]
    switch = '<a href="?view=keys">Hide</a>' if shown else '<a href="?view=keys&amp;show=1">Show</a>'
    keys = table("Keys and secrets of this sandbox", ("Name", "Value"), rows, long=("Name", "Value"))
    return f"<p>{switch}</p>{keys}<p>Idempotency keys that are remembered: {len(core.keys)}</p>"


_VIEWS: Mapping[str, Callable[[Any, Mapping[str, str]], str]] = {
    "": _overview, "requests": _requests, "faults": _faults, "webhooks": _webhooks, "deliveries": _deliveries,
    "keys": _keys,
}  # fmt: skip


# Parts of the views


def _fits(wanted: str, *texts: str) -> bool:
    return not wanted or any(wanted.lower() in text.lower() for text in texts)


def _paged(rows: Sequence[Row], query: Mapping[str, str]) -> tuple[Sequence[Row], str]:
    """One page of the rows, and the links to the others."""
    text = query.get("page", "1")
    last = max(1, -(-len(rows) // PAGE_SIZE))
    number = min(last, max(1, int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1))
    shown = rows[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    if last == 1:
        return shown, ""
    links = [("First", 1), ("Previous", number - 1), ("Next", number + 1), ("Last", last)]
    items = [
        f'<li><a href="{_here({**query, "page": str(target)})}">{text}</a></li>'
        for text, target in links
        if 1 <= target <= last and target != number
    ]
    return shown, f'<nav aria-label="Pages"><p>Page {number} of {last}</p><ul class="pages">{"".join(items)}</ul></nav>'


def _here(query: Mapping[str, str]) -> str:
    kept = {name: value for name, value in query.items() if name != "notice"}
    return escape(f"?{urlencode(kept)}")


def _search(query: Mapping[str, str], label: str) -> str:
    kept = "".join(_hidden(name, query[name]) for name in ("view", "company") if name in query)
    field = _field(label, "q", value=query.get("q", ""))
    return f'<form method="get" action="?" role="search">{kept}{field}<button>Find</button></form>'


def _form(query: Mapping[str, str], action: str, fields: str, text: str, kind: str = "", target: str = "") -> Html:
    hidden = (
        f'{_hidden("token", TOKEN)}{_hidden("action", action)}<input type="hidden" name="back" value="{_here(query)}">'
    )
    attributes = f' target="{target}"' if target else ""
    button = f'<button class="{kind}">{escape(text)}</button>'
    return Html(f'<form method="post" action="?"{attributes}>{hidden}{fields}{button}</form>')


def _side_by_side(*forms: str) -> str:
    return f'<div class="forms">{"".join(forms)}</div>'


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _field(
    label: str, name: str, *, value: str = "", kind: str = "text", required: bool = False, least: str = "0",
    step: str = "any",
) -> str:  # fmt: skip
    more = (" required" if required else "") + (f' step="{step}" min="{least}"' if kind == "number" else "")
    return f'<label>{escape(label)}<input type="{kind}" name="{name}" value="{escape(value)}"{more}></label>'


def _select(label: str, name: str, choices: Iterable[tuple[str, str]]) -> str:
    options = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in choices)
    return f'<label>{escape(label)}<select name="{name}">{options}</select></label>'


def _link_to_company(company: Company) -> Html:
    return Html(f'<a href="?{escape(urlencode({"company": company.id}))}">{escape(company.name)}</a>')


def _code(text: str) -> Html:
    return Html(f"<code>{escape(text)}</code>")


def _company_table(shown: Iterable[Company], caption: str) -> Html:
    rows = [
        (
            company.id,
            (_link_to_company(company), _code(company.id), len(company.connections), company.description or ""),
        )
        for company in shown
    ]
    names = ("Name", "Id", "Connections", "Description")
    return table(caption, names, rows, live="companies", long=("Name", "Id", "Description"))


def _connection_table(shown: Iterable[Connection], query: Mapping[str, str], caption: str) -> Html:
    rows: list[tuple[str, Sequence[object]]] = []
    for connection in shown:
        status, platform, kind = _words(connection)
        company, created = _link_to_company(connection.company), str(connection.fields["created"])[:19]
        cells = (_state(status), platform, kind, company, _code(connection.id), created, _actions(connection, query))
        rows.append((connection.id, cells))
    names = ("Status", "Platform", "Type", "Company", "Connection", "Created", "Actions")
    return table(caption, names, rows, live="connections", long=("Platform", "Company", "Connection"))


def _actions(connection: Connection, query: Mapping[str, str]) -> Html:
    hidden = _hidden("connection_id", connection.id)
    forms = [_form(query, "open_link", hidden, "Open link", target="_blank")]
    if connection.fields["status"] == "Linked":
        forms += [_form(query, "deauthorize", hidden, "Deauthorize"), _form(query, "unlink", hidden, "Unlink")]
    return Html("".join([*forms, _form(query, "delete_connection", hidden, "Delete", kind="danger")]))


def _words(connection: Connection) -> tuple[str, str, str]:
    fields = connection.fields
    return str(fields["status"]), str(fields["platformName"]), str(fields["sourceType"])


def _request_words(request: Request) -> tuple[str, ...]:
    return request.method, _address(request), str(request.status), request.operation or "", request.fault or ""


def _request_table(shown: Iterable[Request], caption: str) -> Html:
    rows: list[tuple[str, Sequence[object]]] = []
    for request in shown:
        duration = "" if request.seconds is None else f"{request.seconds * 1000:.0f} ms"
        status, operation = request.status or "none", request.operation or ""
        moment, fault, error = timestamp(request.time)[11:23], request.fault or "", request.error or ""
        cells = (moment, _state(status), operation, request.method, _address(request), duration, fault, error)
        rows.append((str(id(request)), cells))
    names = ("Time", "Status", "Operation", "Method", "Address", "Duration", "Fault", "Error")
    caption = f"{caption}, the newest first; headers, bodies and codes are hidden"
    return table(caption, names, rows, live="requests", long=("Address", "Error"))


def _address(request: Request) -> str:
    pairs = [f"{name}={'•••' if name == 'otp' else value}" for name, value in request.query.items()]
    return f"{request.path}?{'&'.join(pairs)}" if pairs else request.path


def _state(state: object) -> Html:
    """A state or status, in the color of what is good or bad."""
    text = str(state)
    bad = text in ("failed", "Deauthorized", "none") or (isinstance(state, int) and state >= 400)
    kind = "bad" if bad else "good" if text in ("delivered", "Linked") else ""
    return Html(f'<span class="{kind}">{markup(text)}</span>')
