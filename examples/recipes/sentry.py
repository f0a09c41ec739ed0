"""Sentry: report failed calls so that the same failure of many companies is one issue, with what support asks for.

    SENTRY_DSN=... CODAT_API_KEY=... python examples/recipes/sentry.py COMPANY_ID CONNECTION_ID

Needs sentry-sdk.
"""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import sys
from typing import Any

import sentry_sdk

from codat_python_sdk import ApiException, CodatPlatform


def add_facts(event: Any, hint: Any) -> Any:
    """Sentry's `before_send`: tags to search for, and one issue per operation and status."""
    error = hint.get("exc_info", (None, None, None))[1]
    if isinstance(error, ApiException):
        event["fingerprint"] = ["codat", type(error).__name__, error.message if error.status else "no response"]
        facts = {"status": error.status, "outcome": error.outcome, "correlation_id": error.correlation_id}
        event.setdefault("tags", {}).update({f"codat.{name}": str(value) for name, value in facts.items() if value})
    return event


def main(company_id: str, connection_id: str) -> None:
    """Report what fails, and go on."""
    sentry_sdk.init(before_send=add_facts)  # reads SENTRY_DSN
    with CodatPlatform() as codat:
        try:
            print(codat.connections.get(company_id, connection_id).status)
        except ApiException as error:
            sentry_sdk.capture_exception(error)
            print("reported:", error.message)
    sentry_sdk.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
