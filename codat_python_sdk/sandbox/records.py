"""The records of the service: companies, connections and webhook consumers, and their fields in each contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from codat_python_sdk.sandbox.codes import OneTimeCodes

#: whose rules: today's, those of the clients of 2023 and 2024 (such as @codat/platform 4.0.0), or those of 2021
Contract = Literal["today", "2023", "2021"]
CONTRACTS: tuple[Contract, ...] = get_args(Contract)
STATUSES = ("PendingAuth", "Linked", "Unlinked", "Deauthorized")

_TODAY = (
    "id", "integrationId", "integrationKey", "sourceId", "sourceType", "platformName", "linkUrl", "status",
    "lastSync", "created", "dataConnectionErrors", "connectionInfo",
)  # fmt: skip
#: what a connection is made of, in the order of the responses
FIELDS: Mapping[Contract, tuple[str, ...]] = {
    "today": _TODAY,
    "2023": _TODAY,
    "2021": (
        "id", "integrationId", "sourceId", "platformName", "linkUrl", "status", "lastSync", "created", "sourceType",
    ),
}  # fmt: skip


@dataclass(eq=False, slots=True)
class Connection:
    """A connection of a company, and the codes of its links."""

    id: str
    company: Company
    fields: dict[str, Any]  # by JSON name, all but linkUrl; values are replaced, never changed in place
    codes: OneTimeCodes
    modified: float  # seconds since the epoch


@dataclass(eq=False, slots=True)
class Company:
    """A company and its connections, oldest first."""

    id: str
    name: str
    created: float
    modified: float
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict[str, str])
    parent_id: str | None = None
    foreign: bool = False  # belongs to somebody else: every operation on it is a 403
    connections: dict[str, Connection] = field(default_factory=dict[str, Connection])
    children: dict[str, Company] = field(default_factory=dict[str, "Company"])


@dataclass(eq=False, slots=True)
class Consumer:
    """A webhook consumer: where events go, which ones, and the secret that signs them."""

    id: str
    url: str
    secret: str
    event_types: list[str]
    company_tags: list[str]
    disabled: bool = False
    failing_since: float | None = None  # since when every attempt failed

    def wants(self, event_type: str, tags: Mapping[str, str]) -> bool:
        """Whether it receives events about a company with these tags."""
        if self.event_types and event_type not in self.event_types:
            return False
        return not self.company_tags or any(f"{key}:{value}" in self.company_tags for key, value in tags.items())
