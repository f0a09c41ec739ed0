"""The HTML of the sandbox: the page behind a linkUrl, and the dashboard. No scripts, and nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from codat_python_sdk.sandbox.messages import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codat_python_sdk.sandbox.records import Company, Connection
    from codat_python_sdk.sandbox.service import Service

REFRESH = 2  # seconds
SHOWN_CONNECTIONS = 200  # per company
SHOWN_REQUESTS = 25

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; background: Canvas; color: CanvasText; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem; }
main.narrow { max-width: 30rem; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; }
button { flex: 1 1 10rem; min-height: 3rem; padding: .5rem 1rem; font: inherit; font-weight: 600; border-radius: .5rem;
  border: 2px solid #3b82f6; background: Canvas; color: CanvasText; cursor: pointer; }
button.main { background: #1d4ed8; color: #fff; }
:focus-visible { outline: 3px solid #d97706; outline-offset: 2px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } caption { text-align: start; }
th, td { text-align: start; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid GrayText; white-space: nowrap; }
"""
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds a one-time code
    "X-Content-Type-Options": "nosniff",
}


def is_link(request: Request) -> bool:
    """Whether a request is for the page behind a linkUrl."""
    match request.segments:
        case ["companies", _, "connections", _, "start"]:
            return True
        case _:
            return False


def link(service: Service, request: Request) -> Answer:
    """The page behind a linkUrl: a question for GET, and what came of the customer's choice for POST.

    Only POST uses the code up: mail programs and messengers look at links before their reader does.
    """
    if request.method not in ("GET", "POST"):
        return _message(405, "This page cannot do that", "Open the link again.", {"Allow": "GET, POST"})
    connection = _find(service, request)
    if connection is None:
        return _message(404, "This link leads nowhere", "The connection does not exist, or was deleted.")
    if request.method == "GET":
        code = request.query.get("otp", "")
        state = service.code_state(connection, code)
        return _question(connection, code) if state == "valid" else _refusal(state)
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    return _choose(service, connection, form.get("otp", ""), form.get("action"))


def dashboard(service: Service, requests: list[Request], request: Request) -> Answer:
    """The page that one keeps open while developing: what exists, and what was asked for lately."""
    if request.method != "GET":
        return _message(405, "This page cannot do that", "It only shows the sandbox.", {"Allow": "GET"})
    still = request.query.get("refresh") == "off"
    switch = '<a href="/">Refresh every 2 seconds</a>' if still else '<a href="/?refresh=off">Stop refreshing</a>'
    with service.lock:
        companies = "".join(_company(company) for company in service.companies.values())
    lines = [(seen.status or "none", seen.method, _address(seen)) for seen in requests[: -SHOWN_REQUESTS - 1 : -1]]
    body = (
        f"<h1>Codat sandbox</h1><p>{switch}</p>{companies}<h2>Last requests</h2>"
        f"{_table('Newest first; headers, bodies and codes are hidden.', ('Status', 'Method', 'Address'), lines)}"
    )
    return _page(200, "Codat sandbox", body, "wide", {} if still else {"Refresh": str(REFRESH)})


def _find(service: Service, request: Request) -> Connection | None:
    company_id, connection_id = request.segments[1:4:2]
    company = service.companies.get(company_id)
    return company.connections.get(connection_id) if company else None


def _choose(service: Service, connection: Connection, code: str, action: str | None) -> Answer:
    platform = str(connection.fields["platformName"])
    if action not in ("authorize", "cancel"):
        return _message(400, "Nothing was chosen", "Open the link again, and choose Authorize or Cancel.")
    choose = service.authorize if action == "authorize" else service.cancel
    if not service.follow_link(connection, code, choose):
        return _refusal(service.code_state(connection, code))
    if action == "authorize":
        return _message(200, f"{platform} is connected", "You can close this page.")
    return _message(200, f"{platform} was not connected", "You cancelled. To connect after all, ask for a new link.")


def _question(connection: Connection, code: str) -> Answer:
    platform, company = escape(str(connection.fields["platformName"])), escape(connection.company.name)
    body = (
        f"<h1>Connect {platform} to {company}?</h1>"
        f"<p><strong>{company}</strong> asks to read its data in <strong>{platform}</strong>. "
        "This is a sandbox: no real account is touched.</p>"
        f'<form method="post"><input type="hidden" name="otp" value="{escape(code)}">'
        '<button class="main" name="action" value="authorize">Authorize</button>'
        '<button name="action" value="cancel">Cancel</button></form>'
    )
    return _page(200, f"Connect {platform}", body)


def _refusal(state: str) -> Answer:
    if state == "used":
        return _message(410, "This link was used already", "Each link works once. Ask for a new one.")
    return _message(401, "This link is not valid", "It expired, or was never issued. Ask for a new one.")


def _company(company: Company) -> str:
    newest = list(company.connections.values())[: -SHOWN_CONNECTIONS - 1 : -1]
    rows = [
        (fields["status"], fields["platformName"], fields["sourceType"], fields["id"], fields["created"])
        for fields in (connection.fields for connection in newest)
    ]
    shown = f"the newest {len(rows)}" if len(rows) < len(company.connections) else "newest first"
    caption = f"Connections: {len(company.connections)}, {shown}"
    table = _table(caption, ("Status", "Platform", "Type", "Connection", "Created"), rows)
    return f"<h2>{escape(company.name)}</h2><p>Company <code>{escape(company.id)}</code></p>{table}"


def _address(request: Request) -> str:
    pairs = [f"{name}={'•••' if name == 'otp' else value}" for name, value in request.query.items()]
    return f"{request.path}?{'&'.join(pairs)}" if pairs else request.path


def _table(caption: str, names: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    # A region that scrolls has to be reachable by keyboard.
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _message(status: int, title: str, text: str, headers: dict[str, str] | None = None) -> Answer:
    return _page(status, escape(title), f"<h1>{escape(title)}</h1><p>{escape(text)}</p>", headers=headers)


def _page(status: int, title: str, body: str, width: str = "narrow", headers: dict[str, str] | None = None) -> Answer:
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title}</title><style>{STYLE}</style></head><body><main class="{width}">{body}</main></body></html>'
    )
    content = page.encode("utf-8", "xmlcharrefreplace")
    return Answer(status, content, "text/html; charset=utf-8", {**HEADERS, **(headers or {})})
