"""pandas: the connections of all companies as a data frame, and which of them need attention.

    CODAT_API_KEY=... python examples/recipes/pandas_report.py

Needs pandas.
"""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

import pandas as pd

from codat_python_sdk import CodatPlatform

COLUMNS = ["company_id", "company", "connection_id", "platform", "status", "created", "last_sync"]


def connections_frame(codat: CodatPlatform) -> Any:
    """One row per connection; the two dates are UTC, and missing ones are NaT."""
    rows = [
        (company.id, company.name, row.id, row.platform_name, row.status, row.created, row.last_sync)
        for company, row in codat.connections.iterate_all()
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    for name in ("created", "last_sync"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def not_synchronized(frame: Any, days: float) -> Any:
    """The linked connections that were last synchronized longer ago than this, or never."""
    since = pd.Timestamp.now("UTC") - pd.Timedelta(days=days)
    return frame[(frame["status"] == "Linked") & ~(frame["last_sync"] >= since)]


if __name__ == "__main__":
    with CodatPlatform() as codat:
        frame = connections_frame(codat)
    print(frame.pivot_table(index="platform", columns="status", values="connection_id", aggfunc="count", fill_value=0))
    print(not_synchronized(frame, days=7)[["company", "platform", "last_sync"]].to_string(index=False))
