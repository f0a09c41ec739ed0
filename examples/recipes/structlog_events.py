"""structlog: one line for each retry and each call that fails, with the fields that your code has bound.

Needs structlog. Pass `to_structlog` as `Configuration.on_attempt`.
"""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

from typing import Any

import structlog

from codat_python_sdk import ApiException, AttemptEvent, CodatPlatform

log: Any = structlog.get_logger("codat")


def to_structlog(event: AttemptEvent) -> None:
    """Log an attempt that did not succeed. The event has no ids and no credentials."""
    facts = {"operation": event.operation, "status": event.status, "reason": event.reason, "error": event.error_type}
    facts |= {"number": event.number, "correlation_id": event.correlation_id}
    known = {name: value for name, value in facts.items() if value is not None}
    if event.will_retry:
        log.info("codat_retry", **known)
    elif event.reason is not None:
        log.warning("codat_call_failed", **known)


def statuses(codat: CodatPlatform, company_id: str) -> list[str | None]:
    """The statuses of a company's connections. The id is bound, so it stands in the lines of this call's attempts."""
    with structlog.contextvars.bound_contextvars(company_id=company_id):
        try:
            return [connection.status for connection in codat.connections.iterate(company_id)]
        except ApiException:
            log.exception("statuses_unknown")
            return []
