"""Pagination by page numbers, over a list that may change meanwhile. Knows no HTTP and no resource.

A page that was read leniently may hold anything in place of a row, a number or a link. What is no row is left out, and
what is no number or link counts as absent. What has nothing of a page is an error, and no empty page.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import InvalidResponseException
from codat_python_sdk.model_utils import Model

_MAX_PAGES = 10_000  # more pages than any list has
_MAX_PASSES = 10  # a list that changes all the time is never the same for as long as one pass takes

_SECOND = timedelta(seconds=1)

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


#: Requests a page by its number. Returns it with the time at the service in whole seconds, or None if it does not say.
Fetch = Callable[[int], tuple[Page[Row], datetime | None]]


def iterate_rows(
    fetch: Fetch[Row], key: Callable[[Row], Hashable], left_out: list[object] | None = None
) -> Iterator[Row]:
    """Every row once, by its key; with further passes over the pages for as long as the list changes.

    Args:
        fetch: Requests a page.
        key: The key of a row.
        left_out: A list for what is there in place of rows.
    """
    seen = set[Hashable]()
    for _ in range(_MAX_PASSES):
        before = len(seen)
        pages = _Pass(fetch, key, seen, [] if left_out is None else left_out)
        for row in pages:
            identity = _identity(row, key)
            if identity not in seen:
                seen.add(identity)
                yield row
        if not (pages.list_changed or (pages.came_again and len(seen) > before)):
            return


class _Pass(Generic[Row]):
    """One pass from the first page to the last; the owner adds to ``seen`` what it has taken."""

    def __init__(
        self, fetch: Fetch[Row], key: Callable[[Row], Hashable], seen: set[Hashable], left_out: list[object]
    ) -> None:
        self.fetch = fetch
        self.key = key
        self.seen = seen
        self.left_out = left_out
        self.list_changed = False
        #: It ended at a page whose rows it had seen: all of them have moved there, or the service has only that page.
        self.came_again = False

    def __iter__(self) -> Iterator[Row]:
        asked, started = clock.utc_now(), None
        keys, total = set[Hashable](), None
        for number in range(1, _MAX_PAGES + 1):
            page, now = self.fetch(number)
            _check_page(page, number)
            given = page.results or ()
            by_identity = {_identity(row, self.key): row for row in given if isinstance(row, Model)}
            self.left_out += (row for row in given if not isinstance(row, Model))
            if not given and (_integer(page.total_results) or 0) > len(keys):
                self.left_out.append(page)  # in place of the rows that there are by its total
            rows = [row for identity, row in by_identity.items() if identity not in keys]
            keys.update(by_identity)
            if started is None:
                total, started = page.total_results, _service_time(asked, now)
            elif (
                page.total_results != total
                or 0 < len(rows) < len(by_identity)  # a row has moved, and so have those between
                or any(_is_newer(row, started) for name, row in by_identity.items() if name not in self.seen)
            ):
                self.list_changed = True
            yield from rows
            self.came_again = not rows and bool(by_identity)
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


def _service_time(asked: datetime, now: datetime | None) -> datetime:
    """When the service was asked, by its own clock, as the dates of rows are: that of this machine may be off."""
    return asked if now is None or asked - _SECOND <= now <= clock.utc_now() else now


def _is_newer(row: object, moment: datetime) -> bool:
    created = getattr(row, "created", None)
    return isinstance(created, datetime) and created.tzinfo is not None and created > moment
