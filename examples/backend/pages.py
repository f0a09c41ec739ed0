"""The pages, as text. Everything from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from store import Known

from codat_python_sdk.models import CodatPublicApiModelsPlatformCredentialsPlatformSourceModel as Integration

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ text-align: left; padding: .3rem .6rem .3rem 0 }}
ul {{ list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .5rem }} img {{ height: 1.5rem }}
form {{ display: inline }} button {{ font: inherit; padding: .3rem .8rem }}
</style>
<h1>{title}</h1>
{body}
</html>
"""

# Fetches the table again each second, so that a webhook shows without a reload.
_LIVE = """<div id="connections">{table}</div>
<noscript><p><a href="">Reload</a> to see the present state.</p></noscript>
<script>
setInterval(async () => {{
  const response = await fetch({source})
  if (response.ok) document.getElementById("connections").innerHTML = await response.text()
}}, 1000)
</script>
"""


def start_page() -> str:
    """Where a customer begins; in an application of yours they have signed in."""
    body = """<form method="post" action="/customers">
<label>Your customer number <input name="uid" required value="c-17"></label>
<label>Company <input name="name" required value="Corner Bakery"></label>
<button>Continue</button></form>"""
    return _PAGE.format(title="Connect your accounts", body=body)


def customer_page(uid: str, known: Iterable[Known], integrations: Iterable[Integration]) -> str:
    """The customer's connections, live, and the platforms to choose from."""
    source = f'"/customers/{quote(uid, safe="")}/connections"'
    live = _LIVE.format(table=connections_table(uid, known), source=source)
    platforms = "\n".join(_platform(uid, integration) for integration in integrations)
    return _PAGE.format(title="Your connections", body=f"{live}<h2>Connect a platform</h2>\n<ul>{platforms}</ul>")


def _platform(uid: str, integration: Integration) -> str:
    logo = f'<img src="{escape(integration.logo_url or "")}" alt=""> ' if integration.logo_url else ""
    return (
        f'<li><form method="post" action="/customers/{quote(uid, safe="")}/connections">'
        f'<input type="hidden" name="platform_key" value="{escape(integration.key)}">'
        f"<button>{logo}{escape(integration.name)}</button></form></li>"
    )


def connections_table(uid: str, known: Iterable[Known]) -> str:
    """One row for each connection, with what can be done about it."""
    rows = "\n".join(_row(uid, connection) for connection in known)
    if not rows:
        return "<p>Nothing is connected yet.</p>"
    return f"<table><tr><th>Platform<th>State<th>{rows}</table>"


def _row(uid: str, connection: Known) -> str:
    base = f"/customers/{quote(uid, safe='')}/connections/{quote(connection.id, safe='')}"
    actions = [("delete", "Disconnect")]
    if connection.status in ("Deauthorized", "Unlinked"):
        actions.insert(0, ("reconnect", "Sign in again"))
    elif connection.status == "PendingAuth":
        actions.insert(0, ("continue", "Continue"))
    buttons = "".join(
        f'<form method="post" action="{base}/{action}"><button>{label}</button></form> ' for action, label in actions
    )
    return f"<tr><td>{escape(connection.platform)}<td>{escape(connection.status or 'unknown')}<td>{buttons}"
