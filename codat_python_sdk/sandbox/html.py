"""What all pages of the sandbox share: style, headers, and the pieces that a page is made of."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.messages import Response

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; --line: #767676; --accent: #1d4ed8;
  --good: #166534; --bad: #b91c1c; --soft: #f3f4f6; }
@media (prefers-color-scheme: dark) { :root { --line: #9ca3af; --accent: #93c5fd; --good: #86efac; --bad: #fca5a5;
  --soft: #1f2937; } }
* { box-sizing: border-box; }
body { margin: 0; background: Canvas; color: CanvasText; }
main { max-width: 96rem; margin: 0 auto; padding: 1.5rem 1rem; }
main.narrow { max-width: 30rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .75rem; } h2 { font-size: 1.2rem; margin: 1.5rem 0 .5rem; }
h1, h2, p, td, li { overflow-wrap: anywhere; }
a { color: var(--accent); }
code { font-size: .9rem; }
nav ul, ul.pages { display: flex; flex-wrap: wrap; gap: .25rem .5rem; list-style: none; margin: 0 0 1rem; padding: 0; }
nav a, ul.pages a { display: inline-block; padding: .5rem .75rem; min-height: 2.75rem; border-radius: .5rem; }
nav a[aria-current] { background: var(--soft); font-weight: 600; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 0 0 .75rem; }
div.forms { display: flex; flex-wrap: wrap; gap: 0 2rem; } div.forms form { max-width: 100%; }
td form { display: inline-flex; margin: 0 .25rem 0 0; gap: .25rem; }
label { display: flex; flex-direction: column; gap: .25rem; font-size: .9rem; min-width: 0; }
input, select { font: inherit; min-height: 2.75rem; padding: .25rem .5rem; border: 1px solid var(--line);
  border-radius: .5rem; background: Canvas; color: CanvasText; max-width: 100%; }
button { min-height: 2.75rem; padding: .25rem .9rem; font: inherit; font-weight: 600; border-radius: .5rem;
  border: 2px solid var(--accent); background: Canvas; color: CanvasText; cursor: pointer; }
td button { min-height: 2.25rem; padding: .1rem .6rem; font-size: .9rem; }
input[name=url], input[name$=_id] { width: 24rem; }
.narrow button { flex: 1 1 10rem; min-height: 3rem; }
button.main { background: #1d4ed8; border-color: #1d4ed8; color: #fff; }
button.danger { border-color: var(--bad); }
:focus-visible { outline: 3px solid #d97706; outline-offset: 2px; }
.note { border-left: .25rem solid var(--accent); padding: .5rem .75rem; background: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); }
div.wide { overflow-x: auto; margin-bottom: .75rem; }
table { border-collapse: collapse; width: 100%; } caption { text-align: start; padding-bottom: .25rem; }
th, td { text-align: start; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
td.long { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
@media (max-width: 48rem) {
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
  table, caption, tbody, tr { display: block; } tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td, td.long { display: block; position: relative; border: 0; padding: .1rem 0 .1rem 6.5rem; white-space: normal;
    overflow-wrap: anywhere; min-width: 0; }
  td:empty { display: none; }
  td::before { content: attr(data-label); position: absolute; left: 0; font-size: .9rem; }
  td form { margin: 0 .25rem .25rem 0; } td button { min-height: 2.75rem; padding: .25rem .9rem; }
}
"""


class Html(str):
    """Markup; any other text is escaped where it is put into a page."""

    __slots__ = ()


def markup(value: object) -> str:
    """A value as markup."""
    return value if isinstance(value, Html) else escape(str(value))


def table(
    caption: str,
    names: Sequence[str],
    rows: Iterable[tuple[str, Iterable[object]]],
    *,
    live: str = "",
    long: Collection[str] = (),
) -> Html:
    """A table that scrolls by itself where it is too wide, and is a list of labelled values on a phone.

    Args:
        caption: What it shows.
        names: The columns.
        rows: A key that tells the row apart while its cells change, and the cells.
        live: The id under which the script keeps it up to date.
        long: The columns whose text is wrapped.
    """
    # The roles say what the elements are by themselves, until a style sheet makes blocks of them.
    head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in names)
    starts = [f'<td role="cell"{" class=long" if name in long else ""} data-label="{escape(name)}">' for name in names]
    body = "".join(_row(key, starts, cells) for key, cells in rows)
    mark = f' id="{live}" data-live' if live else ""
    # A region that scrolls has to be reachable by keyboard.
    return Html(
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"{mark}><table role="table">'
        f'<caption>{escape(caption)}</caption><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def _row(key: str, starts: Iterable[str], cells: Iterable[object]) -> str:
    columns = "".join(f"{start}{markup(cell)}</td>" for start, cell in zip(starts, cells, strict=True))
    return f'<tr role="row" data-key="{escape(key)}">{columns}</tr>'


def message(status: int, title: str, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """A page that says one thing."""
    return page(status, title, Html(f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"), headers=headers)


def page(
    status: int,
    title: str,
    body: Html,
    width: str = "narrow",
    *,
    script: str = "",
    head: str = "",
    form_targets: Iterable[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A whole page. It loads nothing from elsewhere, and its forms lead to the sandbox and `form_targets` alone."""
    code = f"<script>{script}</script>" if script else ""
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>{head}</head>"
        f'<body><main class="{width}">{body}</main>{code}</body></html>'
    )
    content = text.encode("utf-8", "xmlcharrefreplace")
    return Response(
        status, content, "text/html; charset=utf-8", {**_headers(script, form_targets), **(headers or {})}
    )  # fmt: skip


def _headers(script: str, form_targets: Iterable[str]) -> Mapping[str, str]:
    scripts = f"script-src {_digest(script)}; connect-src 'self'; " if script else ""
    targets = " ".join(["'self'", *form_targets])
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; {scripts}style-src {_STYLE_DIGEST}; img-src 'self' data:; form-action {targets}; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        # The address may hold a one-time code, which is for no other site. With "no-referrer" browsers would send the
        # forms with "Origin: null", as those of another site.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_STYLE_DIGEST = _digest(STYLE)
