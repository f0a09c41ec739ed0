"""Pages of results: `page`, `pageSize`, `query`, `orderBy`, and the links from one page to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from codat_python_sdk.sandbox import query as language
from codat_python_sdk.sandbox.messages import Rejected

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.operations import Call

Row = TypeVar("Row")

MAX_PAGE_SIZE = 5000
MAX_INT32 = 2**31 - 1
KEPT_IN_LINKS = ("query", "orderBy", "tags")


def page_of(
    call: Call, rows: Sequence[Row], schema: language.Schema, searched: Callable[[Row], Mapping[str, Any]],
    shown: Callable[[Row], Any],
) -> dict[str, Any]:  # fmt: skip
    """One page of the rows that the call's query selects, in the order it asks for.

    Args:
        call: The request.
        rows: All rows, oldest first.
        schema: What can be searched and ordered by.
        searched: A row's values by JSON name, for query and order.
        shown: A row as the response shows it; called for those on the page alone.

    Raises:
        Rejected: 400 for a number out of bounds, and for a query or an order that cannot be read.
    """
    page = _integer(call.query, "page", 1, MAX_INT32)
    size = _integer(call.query, "pageSize", 100, MAX_PAGE_SIZE)
    if call.query.get("query"):
        selects = language.parse(call.query["query"], schema)
        rows = [row for row in rows if selects(searched(row))]
    if call.query.get("orderBy"):
        rows = language.order(rows, call.query["orderBy"], schema, searched)
    return {
        "results": [shown(row) for row in rows[(page - 1) * size : page * size]],
        "pageNumber": page,
        "pageSize": size,
        "totalResults": len(rows),
        "_links": _links(call, page, size, len(rows)),
    }


def _integer(query: Mapping[str, str], name: str, default: int, largest: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= largest):
        message = f"{name} must be an integer from 1 to {largest}"
        raise Rejected(400, message, invalid=[message])
    return int(text)


def _links(call: Call, page: int, size: int, total: int) -> dict[str, Any]:
    kept = {name: call.query[name] for name in KEPT_IN_LINKS if call.query.get(name)}

    def href(number: int) -> dict[str, str]:
        return {"href": f"{call.path}?{urlencode({'page': number, 'pageSize': size, **kept})}"}

    links = {"self": {"href": call.path}, "current": href(page)}
    if page * size < total:
        links["next"] = href(page + 1)
    if page > 1:
        links["previous"] = href(page - 1)
    return links
