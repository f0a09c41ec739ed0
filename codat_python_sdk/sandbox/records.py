"""What the service keeps: companies and connections; and what a connection is made of, now and in 2021."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from codat_python_sdk.sandbox.codes import OneTimeCodes

if TYPE_CHECKING:
    from collections.abc import Mapping

Contract = Literal["today", "2021"]

#: platform key: name and source type; the keys that Codat's pages name for tests, and some live ones
PLATFORMS: Mapping[str, tuple[str, str]] = {
    "mqjo": ("Sandbox", "Accounting"),
    "aiwb": ("Commerce Sandbox", "Commerce"),
    "ndsk": ("QuickBooks Online Sandbox", "Accounting"),
    "xcwv": ("Square Sandbox", "Commerce"),
    "yzth": ("Stripe Test", "Commerce"),
    "lrhd": ("Lightspeed K Sandbox", "Commerce"),
    "gbol": ("Xero", "Accounting"),
    "qhyg": ("QuickBooks Online", "Accounting"),
    "akxx": ("NetSuite", "Accounting"),
    "suuo": ("Plaid", "Banking"),
}
#: what a connection is made of, in the order of the answers
FIELDS: Mapping[Contract, tuple[str, ...]] = {
    "2021": (
        "id", "integrationId", "sourceId", "platformName", "linkUrl", "status", "lastSync", "created", "sourceType",
    ),
    "today": (
        "id", "integrationId", "integrationKey", "sourceId", "sourceType", "platformName", "linkUrl", "status",
        "lastSync", "created", "dataConnectionErrors", "connectionInfo",
    ),
}  # fmt: skip


def timestamp(now: float) -> str:
    """A moment as Codat writes it, with .NET's seven decimals: `2026-02-03T04:05:06.7890123Z`."""
    seconds, ticks = divmod(int(now * 10**7), 10**7)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{ticks:07d}Z"


@dataclass(eq=False)
class Connection:
    """A connection of a company, and the codes of its links."""

    company: Company
    fields: dict[str, Any]  # by JSON name, all but linkUrl; values are replaced, never changed in place
    codes: OneTimeCodes = field(default_factory=OneTimeCodes)

    @property
    def id(self) -> str:
        """Its id, which never changes."""
        return str(self.fields["id"])


@dataclass(eq=False)
class Company:
    """A company and its connections, oldest first."""

    id: str
    name: str
    foreign: bool = False  # belongs to somebody else: every operation on it is a 403
    connections: dict[str, Connection] = field(default_factory=dict[str, Connection])
