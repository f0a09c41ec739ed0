"""Pagination, against a list in memory that changes on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cases import case

from codat_python_sdk import paging
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel as Href,
)
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel as Links,
)
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)


def row(name: str, created: datetime | None = LONG_AGO) -> Connection:
    return Connection(
        id=name, integration_id="i", source_id="s", platform_name="Sandbox", link_url="https://link", created=created
    )


class Shelf:
    """Numbered pages of a list; `changes` maps the number of a request to what happens right after it."""

    def __init__(self, names: str, size: int = 2, **claims: Any) -> None:
        self.rows = [row(name) for name in names]
        self.size = size
        self.claims = claims
        self.asked: list[int] = []
        self.changes: dict[int, Callable[[], object]] = {}
        #: what the service says of the time
        self.clock: Callable[[], datetime | None] = lambda: None

    def fetch(self, number: int) -> Page:
        self.asked.append(number)
        start = (number - 1) * self.size
        more = start + self.size < len(self.rows)
        values: dict[str, Any] = {
            "results": self.rows[start : start + self.size],
            "page_number": number,
            "page_size": self.size,
            "total_results": len(self.rows),
            "links": Links(next=Href(href=f"?page={number + 1}")) if more else Links(),
        } | self.claims
        page = Page(**{name: value for name, value in values.items() if value is not None})
        self.changes.get(len(self.asked), lambda: None)()
        return page

    def delete(self, name: str) -> Callable[[], object]:
        return lambda: self.rows.remove(next(row for row in self.rows if row.id == name))

    def fetch_dated(self, number: int) -> tuple[Page, datetime | None]:
        return self.fetch(number), self.clock()

    def iterated(self) -> str:
        return "".join(row.id for row in paging.iterate_rows(self.fetch_dated, lambda row: row.id))


def test_iteration__of_a_list_at_rest() -> None:
    """Every row comes once, in order, and no page beyond the last is asked for."""
    cases: list[tuple[str, list[int]]] = [
        ("", [1]),
        ("a", [1]),
        ("ab", [1]),
        ("abc", [1, 2]),
        ("abcd", [1, 2]),
        ("abcde", [1, 2, 3]),
    ]
    for names, pages in cases:
        with case(names, pages):
            shelf = Shelf(names)
            assert shelf.iterated() == names
            assert shelf.asked == pages


def test_iteration__is_lazy() -> None:
    """A page is fetched when its first row is wanted."""
    shelf = Shelf("abcd")
    rows = paging.iterate_rows(shelf.fetch_dated, lambda row: row.id)
    assert shelf.asked == []
    assert [next(rows).id, next(rows).id] == ["a", "b"]
    assert shelf.asked == [1]


@pytest.mark.parametrize("claims", [{"links": None}, {"total_results": None}, {"page_size": None}])
def test_iteration__with_little_to_go_by(claims: dict[str, Any]) -> None:
    """Links or totals alone are enough to know the last page."""
    shelf = Shelf("abcde", **claims)
    assert shelf.iterated() == "abcde"
    assert shelf.asked == [1, 2, 3]


def test_iteration__with_nothing_to_go_by() -> None:
    """Without links and totals the first empty page ends the iteration."""
    shelf = Shelf("abcd", links=None, total_results=None)
    assert shelf.iterated() == "abcd"
    assert shelf.asked == [1, 2, 3]


@pytest.mark.parametrize("claims", [{"links": None}, {"page_size": 100}, {"page_size": 100, "links": None}])
def test_iteration__smaller_pages_than_asked_for(claims: dict[str, Any]) -> None:
    """A service that gives fewer rows per page than asked for loses none of them, whether it says so or not."""
    shelf = Shelf("abcde", **claims)
    assert shelf.iterated() == "abcde"
    assert shelf.asked == [1, 2, 3]


def test_iteration__total_that_is_too_low() -> None:
    """Where there is a link to the next page, it is followed, whatever the total says."""
    cases: list[int] = [-1, 0, 1, 2, 4]
    for total in cases:
        with case(total):
            shelf = Shelf("abcde", total_results=total)
            assert shelf.iterated() == "abcde"
            assert shelf.asked == [1, 2, 3]


def test_iteration__link_without_href_is_the_end() -> None:
    """A next link without a target is none."""
    shelf = Shelf("abcd", links=Links(next=Href(href=None)), total_results=99)
    assert shelf.iterated() == "ab"
    assert shelf.asked == [1]


@pytest.mark.parametrize("deleted", ["a", "b"])
def test_iteration__row_deleted_on_the_way(deleted: str) -> None:
    """When a deletion moves a row out of the page that comes next, it comes all the same, once."""
    shelf = Shelf("abcde")
    shelf.changes[1] = shelf.delete(deleted)
    assert sorted(shelf.iterated()) == list("abcde")


def test_iteration__row_added_in_front() -> None:
    """When a new row moves a known one to the next page, the known one does not come twice."""
    shelf = Shelf("abcd")
    shelf.changes[1] = lambda: shelf.rows.insert(0, row("x"))
    assert sorted(shelf.iterated()) == list("abcdx")


def test_iteration__deletion_and_addition_that_keep_the_total() -> None:
    """A deletion that an addition hides in the total is noticed by the addition's youth."""
    shelf = Shelf("abcd")

    def change() -> None:
        shelf.delete("a")()
        shelf.rows.append(row("y", datetime.now(timezone.utc) + timedelta(seconds=1)))

    shelf.changes[1] = change
    assert sorted(shelf.iterated()) == list("abcdy")


@pytest.mark.parametrize("hours", [-48, 0, 48])
def test_iteration__clock_of_the_service_counts(hours: int) -> None:
    """A row's youth is told by the service's clock, as its date of creation is: this machine's may be off."""
    shelf = Shelf("abcd")
    shelf.clock = lambda: (datetime.now(timezone.utc) + timedelta(hours=hours)).replace(microsecond=0)

    def change() -> None:
        shelf.delete("a")()
        shelf.rows.append(row("y", datetime.now(timezone.utc) + timedelta(hours=hours, seconds=1)))

    shelf.changes[1] = change
    assert sorted(shelf.iterated()) == list("abcdy")


@pytest.mark.parametrize("hours", [-48, 0, 48])
def test_iteration__of_a_list_at_rest_that_is_new(hours: int) -> None:
    """Rows of a moment ago are no change, whatever this machine's clock says of them."""
    shelf = Shelf("abcd")
    created = datetime.now(timezone.utc) + timedelta(hours=hours, seconds=-1.5)
    shelf.rows = [row(name, created) for name in "abcd"]
    shelf.clock = lambda: (datetime.now(timezone.utc) + timedelta(hours=hours)).replace(microsecond=0)
    assert shelf.iterated() == "abcd"
    assert shelf.asked == [1, 2]


def test_iteration__row_of_this_second_at_a_service_with_another_clock() -> None:
    """It may be newer than the iteration for all that is known, but not newer than a pass that had seen it before."""
    shelf = Shelf("abcd")
    second = datetime(2020, 1, 1, tzinfo=timezone.utc)
    shelf.rows = [row(name, second + timedelta(seconds=0.5)) for name in "abcd"]
    shelf.clock = lambda: second
    assert shelf.iterated() == "abcd"
    assert shelf.asked == [1, 2, 1, 2]


@pytest.mark.parametrize(("moved", "to"), [("b", 5), ("e", 0)])
def test_iteration__row_that_moves(moved: str, to: int) -> None:
    """A row that moves in the order moves another one past the border of a page: known by a row that comes again."""
    shelf = Shelf("abcdef", 3)
    shelf.changes[1] = lambda: shelf.rows.insert(to, shelf.rows.pop([row.id for row in shelf.rows].index(moved)))
    assert sorted(shelf.iterated()) == list("abcdef")


def test_iteration__rows_without_a_usable_date() -> None:
    """A row without a date of creation, or with one without zone, is no sign of a change."""
    shelf = Shelf("ab")
    shelf.rows += [row("c", None), row("d", datetime(2999, 1, 1))]
    assert shelf.iterated() == "abcd"
    assert shelf.asked == [1, 2]


def test_iteration__list_that_never_rests() -> None:
    """When something changes during every pass, the tenth is the last."""
    shelf = Shelf("abcd")
    names = iter(range(10**6))

    def change() -> None:
        shelf.rows.append(row(f"n{next(names)}"))

    shelf.changes = dict.fromkeys(range(1, 10**4, 2), change)
    assert {"a", "b", "c", "d"} <= {row.id for row in paging.iterate_rows(shelf.fetch_dated, lambda row: row.id)}
    assert shelf.asked.count(1) == 10


def test_iteration__page_without_rows() -> None:
    """It ends the iteration, whatever total and links say."""
    shelf = Shelf("ab", links=Links(next=Href(href="?page=2")), total_results=10**9)
    assert shelf.iterated() == "ab"
    assert shelf.asked == [1, 2]


def test_iteration__server_that_repeats_a_page() -> None:
    """A page with nothing new ends a pass, and the next pass, which finds nothing new, is the last."""
    shelf = Shelf("abcd", links=Links(next=Href(href="?page=2")), total_results=10**9)
    shelf.rows[2:] = shelf.rows[:2]
    assert shelf.iterated() == "ab"
    assert shelf.asked == [1, 2, 1, 2]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_iteration__as_many_rows_move_as_a_page_has(size: int) -> None:
    """The page that comes then is the one before: what follows it is not lost."""
    shelf = Shelf("abcdefgh", size)

    def move() -> None:
        shelf.rows = [*shelf.rows[-size:], *shelf.rows[:-size]]

    shelf.changes[1] = move
    assert sorted(shelf.iterated()) == list("abcdefgh")


def test_iteration__server_that_makes_up_rows_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has always one more page is left after a number of pages that no company has."""
    monkeypatch.setattr(paging, "_MAX_PAGES", 7)
    asked: list[int] = []

    def fetch(number: int) -> tuple[Page, None]:
        asked.append(number)
        return Page(results=[row(str(number))], links=Links(next=Href(href="on")), total_results=10**9), None

    assert [row.id for row in paging.iterate_rows(fetch, lambda row: row.id)] == list("1234567")
    assert asked == [1, 2, 3, 4, 5, 6, 7]
