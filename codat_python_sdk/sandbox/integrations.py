"""Codat's rules for integrations: the platforms to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codat_python_sdk.sandbox.messages import Rejected
from codat_python_sdk.sandbox.operations import Call, Operation
from codat_python_sdk.sandbox.paging import page_of
from codat_python_sdk.sandbox.query import Schema

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.platforms import Platform
    from codat_python_sdk.sandbox.state import State

SCHEMA = Schema(
    "Integration",
    frozenset({"key", "name", "integrationId", "sourceId", "sourceType", "dataProvidedBy"}),
    values=frozenset({"enabled", "isBeta", "isOfflineConnector", "linkedConnectionsCount", "totalConnectionsCount"}),
)
DATA_TYPES = {
    "Accounting": ("company", "invoices", "bills", "bankTransactions"),
    "Banking": ("banking-accounts", "banking-transactions"),
    "BankFeed": ("bankFeedAccounts",),
    "Commerce": ("commerce-orders", "commerce-payments"),
}


def list_(state: State, call: Call) -> dict[str, Any]:
    """One page of the integrations, in the order of Codat's tables."""
    with state.lock:
        counts = _counts(state)
        rows = [_show(state, platform, counts) for platform in state.rules.platforms.values()]
        return page_of(call, rows, SCHEMA, lambda row: row, lambda row: row)


def get(state: State, call: Call) -> dict[str, Any]:
    """One integration."""
    with state.lock:
        return _show(state, _platform(state, call.ids[0]), _counts(state))


def get_branding(state: State, call: Call) -> dict[str, Any]:
    """Logos and buttons of one integration; the sandbox draws them itself."""
    platform = _platform(state, call.ids[0])
    logo = {"image": {"src": logo_url(state, platform), "alt": f"{platform.name} logo"}}
    button = {"image": {"src": logo_url(state, platform), "alt": f"Connect to {platform.name}"}}
    return {
        "logo": {"full": logo, "square": logo},
        "button": {"default": button, "hover": button},
        "sourceId": platform.source_id,
    }


def logo_url(state: State, platform: Platform) -> str:
    """Where the sandbox serves a platform's logo."""
    return f"{state.url}/_sandbox/logos/{platform.key}.svg"


def _platform(state: State, key: str) -> Platform:
    platform = state.rules.platforms.get(key)
    if platform is None:
        raise Rejected(404, f"Integration {key} not found", service="ClientsApi")
    return platform


def _show(state: State, platform: Platform, counts: dict[str, tuple[int, int]]) -> dict[str, Any]:
    total, linked = counts.get(platform.key, (0, 0))
    supported = [{"featureType": "Get", "featureState": "Release"}]
    types = DATA_TYPES.get(platform.source_type, ())
    return {
        "key": platform.key,
        "logoUrl": logo_url(state, platform),
        "name": platform.name,
        "enabled": True,
        "integrationId": platform.integration_id,
        "sourceId": platform.source_id,
        "sourceType": platform.source_type,
        "isBeta": platform.is_beta,
        "isOfflineConnector": platform.is_offline,
        "datatypeFeatures": [{"datatype": name, "supportedFeatures": supported} for name in types],
        "linkedConnectionsCount": linked,
        "totalConnectionsCount": total,
    }


def _counts(state: State) -> dict[str, tuple[int, int]]:
    """By platform key: how many connections there are, and how many of them are linked."""
    counts: dict[str, tuple[int, int]] = {}
    for connection in state.connections.values():
        key = str(connection.fields.get("integrationKey"))
        total, linked = counts.get(key, (0, 0))
        counts[key] = (total + 1, linked + (connection.fields.get("status") == "Linked"))
    return counts


_ONE = "/integrations/{platformKey}"
OPERATIONS = (
    Operation("integrations.list", "GET", "/integrations", list_),
    Operation("integrations.get", "GET", _ONE, get),
    Operation("integrations.get_branding", "GET", f"{_ONE}/branding", get_branding),
)
