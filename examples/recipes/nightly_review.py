"""A nightly review of all companies: it goes on after failures, names them, and stays below the rate limit.

    CODAT_API_KEY=... python examples/recipes/nightly_review.py

Ends with status 1 if anything has to be looked at. With threads, a table and a chart: examples/fleet_review.py.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field

from codat_python_sdk import CodatPlatform, OpenApiException, TooManyRequestsException


@dataclass
class Report:
    """What was found."""

    statuses: Counter[str] = field(default_factory=Counter[str])
    incomplete: list[str] = field(default_factory=list[str])  #: connections without a status or a platform
    failures: dict[str, str] = field(default_factory=dict[str, str])  #: company id → why its connections are not known


def nightly_client() -> CodatPlatform:
    """A client that leaves half of the rate limit, and a fifth of the day's quota, to your other programs.

    Responses are read leniently, the default of `CodatPlatform`: an unexpected value in a row does not fail the page.
    """
    codat = CodatPlatform()
    settings = codat.api_client.configuration
    settings.requests_per_minute, settings.quota_reserve = 500, 0.2
    return codat


def review(codat: CodatPlatform) -> Report:
    """Look at the connections of all companies.

    Raises:
        TooManyRequestsException: The day's quota, or the share of it for this program, is used up.
    """
    report = Report()
    for company in codat.companies.iterate(page_size=1000):
        try:
            connections = list(codat.connections.iterate(company.id))
        except TooManyRequestsException:
            raise  # it is the account's, so that all further companies would fail as well
        except OpenApiException as error:  # also of a company whose id is not one
            report.failures[str(company.id)] = str(error)
            continue
        report.statuses.update(str(connection.status) for connection in connections)
        report.incomplete += [
            f"{company.id}/{connection.id}"
            for connection in connections
            if not isinstance(connection.status, str) or not connection.platform_name
        ]
    return report


if __name__ == "__main__":
    with nightly_client() as codat:
        found = review(codat)
    print(dict(found.statuses))
    for company_id, failure in found.failures.items():
        print(f"{company_id}: {failure}", file=sys.stderr)
    for connection_id in found.incomplete:
        print(f"{connection_id}: has no status or no platform", file=sys.stderr)
    sys.exit(1 if found.failures or found.incomplete else 0)
