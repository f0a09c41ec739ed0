"""The platforms that a connection can be made to, by their keys: those in Codat's pages of August 2026."""

from __future__ import annotations

import difflib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCE_TYPES = ("Accounting", "Banking", "BankFeed", "Commerce", "Expense", "Other", "Unknown")


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform.

    Args:
        key: Its four letters.
        name: What people call it.
        source_type: One of Codat's seven, such as "Accounting".
        is_beta: Whether Codat calls the integration a beta.
        is_offline: Whether it is a desktop program, reached through a connector on the customer's computer.
    """

    key: str
    name: str
    source_type: str
    is_beta: bool = False
    is_offline: bool = False

    @property
    def integration_id(self) -> str:
        """The same UUID in every sandbox."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"integration.{self.key}"))

    @property
    def source_id(self) -> str:
        """The same UUID in every sandbox."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"source.{self.key}"))


_OFFLINE = ("pqsw", "hbql", "jcrp", "pdvj")
_TABLE: Mapping[str, Mapping[str, str]] = {
    "Accounting": {
        "mqjo": "Sandbox", "ndsk": "QuickBooks Online Sandbox", "gbol": "Xero", "qhyg": "QuickBooks Online",
        "akxx": "NetSuite", "pqsw": "QuickBooks Desktop", "trji": "Dynamics 365 Business Central",
        "rqwd": "Dynamics 365 Finance and Operations", "qudb": "Exact (Netherlands)", "pbbf": "Exact (UK)",
        "fbrh": "FreeAgent", "vxvy": "FreshBooks", "pdvj": "MYOB", "jcrp": "Sage 200", "hbql": "Sage 50 (UK)",
        "tgff": "Sage Business Cloud Accounting", "knfz": "Sage Intacct", "pbtz": "Wave", "rvam": "Workday",
        "rwuv": "Zoho Books",
    },
    "Banking": {"suuo": "Plaid", "upvr": "TrueLayer"},
    "BankFeed": {"olpr": "Sage Bank Feeds", "hcws": "QuickBooks Online Bank Feeds"},
    "Commerce": {
        "aiwb": "Commerce Sandbox", "xcwv": "Square Sandbox", "yzth": "Stripe Test", "qkdj": "Amazon",
        "vqzp": "BigCommerce", "fqly": "Clover", "lqai": "Partner Commerce", "fztf": "Shopify", "zsth": "Square",
        "exgd": "Stripe", "ltpp": "WooCommerce", "ugxp": "Zettle", "lrhd": "Lightspeed K Sandbox",
    },
}  # fmt: skip

PLATFORMS: Mapping[str, Platform] = {
    key: Platform(key, name, source_type, is_offline=key in _OFFLINE)
    for source_type, names in _TABLE.items()
    for key, name in names.items()
}


def suggestion(word: str, known: Mapping[str, str]) -> str:
    """A question whether a known word was meant, where one is close; else nothing. `known` maps what is compared."""
    close = difflib.get_close_matches(word.lower(), known, 1, 0.6)
    return f" (did you mean {known[close[0]]!r}?)" if close else ""
