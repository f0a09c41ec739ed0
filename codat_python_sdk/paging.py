"""Pagination by page numbers, over a list that may change meanwhile. Knows no HTTP and no resource.

A page that was read leniently may hold anything in place of a row, a number or a link. What is no row is left out, and
what is no number or link counts as absent. What has nothing of a page is an error, and no empty page.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import InvalidResponseException
from codat_python_sdk.model_utils import Model

_MAX_PAGES = 10_000  # more pages than any list has
_MAX_PASSES = 10  # a list that changes all the time is never the same for as long as one pass takes

Row = TypeVar("Row")
RowT_co = TypeVar("RowT_co", covariant=True)


class Page(Protocol[RowT_co]):
    """What the models of a page have in common."""

    @property
    def results(self) -> Sequence[RowT_co] | None: ...  # noqa: D102
    @property
    def total_results(self) -> int | None: ...  # noqa: D102
    @property
    def links(self) -> Any: ...  # noqa: D102
    def __contains__(self, name: object, /) -> bool: ...  # whether the service has sent it


def iterate_rows(
    fetch: Callable[[int], Page[Row]], key: Callable[[Row], Hashable], left_out: list[object] | None = None
) -> Iterator[Row]:
    """Every row once, by its key; with further passes over the pages for as long as the list changes.

    Args:
        fetch: Requests a page by its number.
        key: The key of a row.
        left_out: A list for what is there in place of rows.
    """
    seen = set[Hashable]()
    for _ in range(_MAX_PASSES):
        pages = _Pass(fetch, key, [] if left_out is None else left_out)
        for row in pages:
            identity = _identity(row, key)
            if identity not in seen:
                seen.add(identity)
                yield row
        if not pages.list_changed:
            return


class _Pass(Generic[Row]):
    """One pass from the first page to the last."""

    def __init__(
        self, fetch: Callable[[int], Page[Row]], key: Callable[[Row], Hashable], left_out: list[object]
    ) -> None:
        self.fetch = fetch
        self.key = key
        self.left_out = left_out
        self.list_changed = False

    def __iter__(self) -> Iterator[Row]:
        started = clock.utc_now()
        keys, total = set[Hashable](), None
        for number in range(1, _MAX_PAGES + 1):
            page = self.fetch(number)
            _check_page(page, number)
            given = page.results or ()
            by_identity = {_identity(row, self.key): row for row in given if isinstance(row, Model)}
            self.left_out += (row for row in given if not isinstance(row, Model))
            rows = [row for identity, row in by_identity.items() if identity not in keys]
            keys.update(by_identity)
            if number == 1:
                total = page.total_results
            elif page.total_results != total or any(_is_newer(row, started) for row in rows):
                self.list_changed = True
            yield from rows
            if not rows or _is_last(page, len(keys)):
                return


def _check_page(page: Page[Any], number: int) -> None:
    """Refuse an object that says nothing of the list, as a gateway's may: the list would seem to have no more rows."""
    if not any(name in page for name in ("results", "total_results", "links")):
        raise _no_page(number)


def _no_page(number: int) -> InvalidResponseException:
    error = InvalidResponseException(200, f"page {number} has neither results nor totalResults nor _links")
    error.hint = "What follows in the list is not known"
    return error


def _is_last(page: Page[Any], rows_so_far: int) -> bool:
    """Whether no page follows: by the link to it, or by the total where there are no links.

    A total that is too low would lose rows. The size of a page says nothing: the service may cap it without saying so.
    """
    if isinstance(page.links, Model):
        return not getattr(page.links.get("next"), "href", None)
    total = _integer(page.total_results)
    return total is not None and rows_so_far >= total


def _identity(row: Row, key: Callable[[Row], Hashable]) -> Hashable:
    """The identity of a row: its key, or all of it when that is missing or no str."""
    found = key(row)
    return found if isinstance(found, str) else repr(row)


def _integer(value: object) -> int | None:
    return value if type(value) is int else None


def _is_newer(row: object, moment: datetime) -> bool:
    created = getattr(row, "created", None)
    return isinstance(created, datetime) and created.tzinfo is not None and created > moment
