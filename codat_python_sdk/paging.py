"""Walking through numbered pages that may change on the way. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from codat_python_sdk.clock import clock
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page,
)

_MOST_PAGES = 10_000  # a service that goes on and on has lost count
_MOST_WALKS = 10  # a list that changes all the time has no moment at which it was walked through


def walk(fetch: Callable[[int], Page], page_size: int) -> Iterator[Connection]:
    """Every connection once; again from the first page, for those not seen yet, as long as the list changes."""
    seen = set[str]()
    for _ in range(_MOST_WALKS):
        steps = _Walk(fetch, page_size)
        for connection in steps:
            if connection.id not in seen:
                seen.add(connection.id)
                yield connection
        if not steps.list_changed:
            return


class _Walk:
    """One pass from the first page to the last."""

    def __init__(self, fetch: Callable[[int], Page], page_size: int) -> None:
        self.fetch = fetch
        self.page_size = page_size
        self.list_changed = False

    def __iter__(self) -> Iterator[Connection]:
        started = clock.utc_now()
        ids, total = set[str](), None
        for number in range(1, _MOST_PAGES + 1):
            page = self.fetch(number)
            rows = [row for row in page.results or () if row.id not in ids]
            ids.update(row.id for row in rows)
            if number == 1:
                total = page.total_results
            elif page.total_results != total or any(_is_younger(row, started) for row in rows):
                self.list_changed = True
            yield from rows
            if not rows or self._is_last(page, number):
                return

    def _is_last(self, page: Page, number: int) -> bool:
        if page.links is not None and (page.links.next is None or not page.links.next.href):
            return True
        # The service may give fewer rows per page than asked for, and says how many.
        size = min(page.page_size or self.page_size, self.page_size)
        return page.total_results is not None and number * size >= page.total_results


def _is_younger(row: Connection, moment: datetime) -> bool:
    return row.created is not None and row.created.tzinfo is not None and row.created > moment
