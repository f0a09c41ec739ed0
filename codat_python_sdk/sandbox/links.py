"""The pages that a customer opens: a connection's link (`linkUrl`) and a company's link (`redirect`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from codat_python_sdk.sandbox.html import Html, message, page
from codat_python_sdk.sandbox.messages import Request, Response

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.records import Company, Connection
    from codat_python_sdk.sandbox.state import State

Parameters = Sequence[tuple[str, str]]  # of a query: a name may come several times

#: query parameters of a link that the caller did not add
RESERVED = ("otp", "link.otp", "link.showSandboxIntegrations")
#: `statusCode` and `errorMessage` in a redirect URL, for each outcome
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "authorize": ("200", ""),
    "cancel": ("403", "User cancelled"),
    "refused": ("500", "Unknown error occurred"),
}
_PLACEHOLDER = re.compile(r"\{([\w.]*)\}")


def is_link(request: Request) -> bool:
    """Whether a request is for one of these pages."""
    match request.segments:
        case ["companies", _, "connections", _, "start"] | ["company", _]:
            return True
        case _:
            return False


def respond(state: State, request: Request) -> Response:
    """The page of a link: a question for GET, and the result of the customer's choice for POST.

    Only POST uses the one-time code: mail clients and messengers fetch links for a preview.
    """
    if request.method not in ("GET", "HEAD", "POST"):
        return message(405, "This page cannot do that", "Open the link again.", {"Allow": "GET, POST"})
    if request.segments[0] == "company":
        return _company_page(state, request)
    connection = _find(state, request)
    if connection is None:
        return message(404, "This link does not exist", "The connection does not exist, or was deleted.")
    if request.method != "POST":
        code = request.query.get("otp", "")
        status = state.code_state(connection, code)
        return _question(state, connection, code) if status == "valid" else _invalid(status)
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    return _choose(state, connection, form.get("otp", ""), form.get("action"), _own(request))


def redirect_target(template: str, connection: Connection, outcome: str, text: str = "") -> str:
    """A redirect URL with its placeholders filled in.

    Args:
        template: The redirect URL; an unknown placeholder becomes empty.
        connection: The connection.
        outcome: A key of `OUTCOMES`.
        text: The platform's message, for `statusText`.
    """
    status, error = OUTCOMES[outcome]
    fields = connection.fields
    values = {
        "companyId": connection.company.id, "connectionId": connection.id, "integrationId": fields["integrationId"],
        "sourceId": fields["sourceId"], "clientId": "", "platform": fields.get("integrationKey", ""),
        "platformName": fields["platformName"], "sourceType": fields["sourceType"], "statusCode": status,
        "errorMessage": error, "statusText": text, "data.company.companyName": connection.company.name,
    }  # fmt: skip
    return _PLACEHOLDER.sub(lambda match: quote(str(values.get(match[1]) or ""), "", errors="replace"), template)


def _own(request: Request) -> Parameters:
    """The parameters that the caller added to a link, and that come back in the redirect."""
    pairs = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    return [(name, value) for name, value in pairs if name not in RESERVED]


def _with_parameters(url: str, own: Parameters) -> str:
    if not own:
        return url
    start, sign, fragment = url.partition("#")
    return f"{start}{'&' if '?' in start else '?'}{urlencode(own)}{sign}{fragment}"


def _find(state: State, request: Request) -> Connection | None:
    company_id, connection_id = request.segments[1:4:2]
    company = state.companies.get(company_id)
    return company.connections.get(connection_id) if company else None


def _choose(state: State, connection: Connection, code: str, action: str | None, own: Parameters) -> Response:
    platform = str(connection.fields["platformName"])
    if action not in ("authorize", "cancel"):
        return message(400, "Nothing was chosen", "Open the link again, and choose Authorize or Cancel.")
    refused: list[str] = []

    def choose(chosen: Connection) -> None:
        obstacle = state.obstacle(chosen) if action == "authorize" else None
        if action == "cancel":
            state.cancel(chosen)
        elif obstacle is None:
            state.authorize(chosen)
        else:
            refused.append(obstacle)
            state.fail_link(chosen, "409", "Conflict", obstacle)

    if not state.follow_link(connection, code, choose):
        return _invalid(state.code_state(connection, code))
    outcome = "refused" if refused else action
    if state.rules.redirect_url is not None:
        filled = redirect_target(state.rules.redirect_url, connection, outcome, "".join(refused))
        target = _with_parameters(filled, own)
        return Response(
            303, headers={"Location": target, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        )
    if refused:
        return message(409, f"{platform} was not connected", refused[0])
    if action == "authorize":
        return message(200, f"{platform} is connected", "You can close this page.")
    return message(200, f"{platform} was not connected", "You cancelled. To connect after all, ask for a new link.")


def _question(state: State, connection: Connection, code: str) -> Response:
    platform, company = escape(str(connection.fields["platformName"])), escape(connection.company.name)
    body = Html(
        f"<h1>Connect {platform} to {company}?</h1>"
        f"<p><strong>{company}</strong> asks to read its data in <strong>{platform}</strong>. "
        "This is a sandbox: no real account is touched.</p>"
        f'<form method="post"><input type="hidden" name="otp" value="{escape(code)}">'
        '<button class="main" name="action" value="authorize">Authorize</button>'
        '<button name="action" value="cancel">Cancel</button></form>'
    )
    return page(200, f"Connect {connection.fields['platformName']}", body, form_targets=_origin(state, connection))


def _origin(state: State, connection: Connection) -> list[str]:
    """The origin that the form's response redirects to; browsers check it as a target of the form."""
    if state.rules.redirect_url is None:
        return []
    target = urlsplit(redirect_target(state.rules.redirect_url, connection, "authorize"))
    return [f"{target.scheme}://{target.netloc}"]


def _invalid(status: str) -> Response:
    if status == "used":
        return message(410, "This link was used already", "Each link works once. Ask for a new one.")
    return message(401, "This link is not valid", "It expired, or was never issued. Ask for a new one.")


def _company_page(state: State, request: Request) -> Response:
    """The page of a company's `redirect`: its connections, each with its link and status."""
    if request.method == "POST":
        return message(405, "This page cannot do that", "Choose one of the links.", {"Allow": "GET"})
    company = state.companies.get(request.segments[1])
    if company is None:
        return message(404, "This link does not exist", "The company does not exist, or was deleted.")
    return page(
        200,
        f"Connect {company.name}",
        Html(f"<h1>Connect {escape(company.name)}</h1>{_links(state, company, _own(request))}"),
    )


def _links(state: State, company: Company, own: Parameters) -> str:
    items = [
        f'<li><a href="{escape(_with_parameters(str(state.show(connection)["linkUrl"]), own))}">'
        f"{escape(str(connection.fields['platformName']))}</a> ({escape(str(connection.fields['status']))})</li>"
        for connection in company.connections.values()
    ]
    return f"<ul>{''.join(items)}</ul>" if items else "<p>There is nothing to connect.</p>"
