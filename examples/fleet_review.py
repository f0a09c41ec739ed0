"""Review the connections of many companies, on one machine or on many: a table, and a picture of the statuses.

    python examples/fleet_review.py                     10,000 companies of a sandbox of its own, with threads
    python examples/fleet_review.py --engine dask       the same, in the processes of a cluster on this machine
    CODAT_API_KEY=... python examples/fleet_review.py --engine dask --scheduler ADDRESS

Needs the packages in requirements.txt beside it.
"""

# Dask, matplotlib and tqdm come without types, or not at all where nobody runs this.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingModuleSource=false
# mypy: disallow-untyped-calls=false

from __future__ import annotations

import argparse
import csv
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from concurrent import futures
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from codat_python_sdk import AttemptEvent, CodatPlatform, OpenApiException, TooManyRequestsException
from codat_python_sdk.sandbox import Sandbox

logger = logging.getLogger("fleet_review")


def exit_without(missing: ImportError) -> NoReturn:
    """End with the command that installs what is missing."""
    sys.exit(f"{missing.name} is missing: pip install -r {Path(__file__).with_name('requirements.txt')}")


try:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from tqdm import tqdm
except ImportError as missing:
    exit_without(missing)


def dask() -> Any:
    """The package that the engine of its name needs."""
    try:
        import distributed
    except ImportError as missing:
        exit_without(missing)
    return distributed


# -- the work, which knows neither threads nor Dask --------------------------------------------------------------------


class Row(NamedTuple):
    """One company in the table."""

    company_id: str
    statuses: str = ""  #: one word for each of its connections
    failure: str = ""  #: why they are not known


def review(client: CodatPlatform, company_id: str) -> Row:
    """The statuses of a company's connections, or why they are not known.

    Raises:
        TooManyRequestsException: For longer than the client waits, which is the account's affair, not the company's.
    """
    try:
        statuses = [str(connection.status or "none") for connection in client.connections.iterate(company_id)]
    except TooManyRequestsException:
        raise
    except OpenApiException as error:  # also of a company whose id is not one
        return Row(str(company_id), failure=str(error))
    return Row(company_id, " ".join(sorted(statuses)))


def report_retry(event: AttemptEvent) -> None:
    """Log the retries of the review."""
    if event.will_retry:
        what = event.status or event.error_type
        logger.warning("%s: %s at attempt %d; another one follows", event.operation, what, event.number)


@dataclass(frozen=True)
class Reviewer:
    """Reviews companies in turns that all processes share, and goes as one piece to wherever that is done."""

    client: CodatPlatform
    seconds: float  #: how long a turn lasts at least; with so many turns at a time that is a pace
    turn: Callable[[], AbstractContextManager[Any]]

    def __call__(self, company_id: str) -> Row:
        """The company's row, when its turn is over."""
        with self.turn():
            end = time.monotonic() + self.seconds
            try:
                return review(self.client, company_id)
            finally:
                time.sleep(max(0.0, end - time.monotonic()))


# -- the engines: the rows of all companies, in the order in which they are ready --------------------------------------


def on_threads(client: CodatPlatform, company_ids: list[str], at_once: int, per_minute: float) -> Iterator[Row]:
    """With threads of this process, which share the client and its request rate."""
    client.api_client.configuration.requests_per_minute = per_minute
    with futures.ThreadPoolExecutor(at_once) as pool:
        try:
            for future in futures.as_completed([pool.submit(review, client, company_id) for company_id in company_ids]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)  # begins nothing more when a row could not be had


def on_dask(
    client: CodatPlatform, company_ids: list[str], at_once: int, per_minute: float, scheduler: str | None
) -> Iterator[Row]:
    """With the workers of a Dask cluster, of one on this machine when no `scheduler` is given."""
    distributed = dask()
    here: dict[str, Any] = {"n_workers": 2, "threads_per_worker": at_once, "dashboard_address": ":0"}
    where: dict[str, Any] = {"address": scheduler} if scheduler else here
    with distributed.Client(**where) as cluster:
        # All workers, and other reviews on this cluster, take their turns from the one semaphore of this name. Each
        # task makes its own handle: Dask does not renew the leases of one that came to the worker by pickle.
        turn = partial(distributed.Semaphore, at_once, name="codat")
        # A worker keeps the result of a task once, and with it the client's open sockets, for all its companies. Unlike
        # scattered data, Dask makes it again when the only worker that had it dies.
        # A client's own pace would be that of one process: five turns that last five intervals are one of them all.
        reviewer = cluster.submit(Reviewer, client, 60 * at_once / per_minute, turn, pure=False)
        rows = cluster.map(Reviewer.__call__, [reviewer] * len(company_ids), company_ids, pure=False)
        try:
            for _, row in distributed.as_completed(rows, with_results=True):
                yield row
        finally:
            cluster.cancel(rows)


# -- what goes in and what comes out -----------------------------------------------------------------------------------


@contextmanager
def fleet(companies: int, ids: Path | None) -> Generator[tuple[CodatPlatform, list[str]], None, None]:
    """A client and the ids of the companies: Codat's when CODAT_API_KEY is set, else of a sandbox made for them.

    All companies that Codat lists, unless a file names some.
    """
    if os.environ.get("CODAT_API_KEY"):
        with CodatPlatform() as client:
            yield client, all_ids(client) if ids is None else list(dict.fromkeys(ids.read_text("utf-8").split()))
        return
    with Sandbox() as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as client:
        sandbox.delete_company(sandbox.company_id)
        for number in range(companies):
            company_id = sandbox.create_company(company_id=f"company-{number:05}")
            for status in STATUSES[number % len(STATUSES)]:
                sandbox.add_connection(company_id, status=status)
        yield client, all_ids(client)


def all_ids(client: CodatPlatform) -> list[str]:
    """The ids of all companies."""
    return [company.id for company in client.companies.iterate(page_size=1000)]


#: Of the connections of the sandbox's companies, in turn.
STATUSES = [["Linked"]] * 6 + [["Linked", "Linked", "PendingAuth"], ["Deauthorized"], ["Unlinked"], []]


def write(rows: list[Row], path: Path) -> None:
    """The table, as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([Row._fields, *sorted(rows)])


def draw(rows: list[Row], path: Path) -> None:
    """The picture, in the format that the path's suffix says."""
    counts = dict(sorted(Counter(status for row in rows for status in row.statuses.split()).items()))
    figure = Figure(figsize=(7, 2.5), layout="constrained")
    axes = figure.subplots()
    axes.bar_label(axes.barh([*counts], [*counts.values()]), padding=3)
    axes.set_title(summary(rows), fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    with mpl.rc_context({"svg.fonttype": "none"}):  # text stays text
        figure.savefig(path)


def summary(rows: list[Row]) -> str:
    """The table in one line."""
    connections = sum(len(row.statuses.split()) for row in rows)
    failed = sum(bool(row.failure) for row in rows)
    return f"{len(rows):,} companies, {connections:,} connections, {failed:,} failed"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--engine", choices=["threads", "dask"], default="threads")
    add("--scheduler", metavar="ADDRESS", help="address of a Dask cluster (a new one on this machine)")
    add("--companies", type=int, default=10_000, metavar="N", help="number of companies in the sandbox (10,000)")
    add("--companies-from", type=Path, metavar="FILE", help="ids of the companies to review in Codat (all)")
    add("--at-once", type=int, default=5, metavar="N", help="concurrent requests, over all threads and machines (5)")
    # A sandbox has no limit; at Codat, 1,000 a minute is one address's, and retries and second pages count too.
    pace = 900 if os.environ.get("CODAT_API_KEY") else 60_000
    add("--per-minute", type=int, default=pace, metavar="N", help=f"maximum requests per minute ({pace:,})")
    add("--reserve", type=float, default=0, metavar="SHARE", help="share of the daily quota to leave for others (0)")
    add("--table", type=Path, default=Path("fleet.csv"), metavar="FILE", help="CSV (fleet.csv)")
    add("--picture", type=Path, default=Path("fleet.svg"), metavar="FILE", help="SVG, PNG or PDF (fleet.svg)")
    return parser.parse_args()


def main() -> None:
    """Review them all, and save what is known even if the review had to stop."""
    options = arguments()
    if options.engine == "dask":
        dask()  # without it, nothing is begun
    rows = list[Row]()
    write(rows, options.table)  # fails here, not after the review, where it cannot be written
    with fleet(options.companies, options.companies_from) as (client, company_ids):
        settings = client.api_client.configuration
        settings.quota_reserve, settings.on_attempt = options.reserve or None, report_retry
        work = (client, company_ids, options.at_once, options.per_minute)
        ready = on_threads(*work) if options.engine == "threads" else on_dask(*work, options.scheduler)
        try:
            for row in tqdm(ready, total=len(company_ids), unit=" companies", disable=None):
                rows.append(row)
        except TooManyRequestsException as error:
            sys.exit(f"Stopped after {len(rows)} of {len(company_ids)} companies: {error}")
        finally:
            write(rows, options.table)
            draw(rows, options.picture)
            print(f"{summary(rows)}: {options.table}, {options.picture}")


if __name__ == "__main__":
    main()
