"""Prometheus: counters of attempts, retries and failed calls, durations, waits, and the quota that is left.

    CODAT_API_KEY=... python examples/recipes/prometheus_metrics.py 9100

Needs prometheus-client. With several processes per machine (gunicorn, Celery), use its multiprocess mode.
"""

# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false

from __future__ import annotations

import sys
import time

from prometheus_client import Counter, Gauge, Histogram, start_http_server

from codat_python_sdk import AttemptEvent, CodatPlatform

# These labels have few values. The ids of companies and connections are not among them, and neither is `error`.
attempts = Counter("codat_attempts", "Attempts", ["operation", "status"])
retries = Counter("codat_retries", "Attempts that another one follows", ["operation", "reason"])
failures = Counter("codat_failures", "Calls that failed", ["operation", "reason"])
seconds = Histogram("codat_attempt_seconds", "Duration of attempts", ["operation"])
waits = Histogram("codat_wait_seconds", "Waits before attempts", ["operation"])
quota = Gauge("codat_quota_remaining", "Requests left today")


def to_prometheus(event: AttemptEvent) -> None:
    """Count one attempt. It runs in the thread of the call, so it has to be quick."""
    attempts.labels(event.operation, event.status or event.error_type).inc()
    seconds.labels(event.operation).observe(event.seconds)
    waits.labels(event.operation).observe(event.slept)
    if event.reason is not None:
        (retries if event.will_retry else failures).labels(event.operation, event.reason).inc()
    if event.rate_limit is not None and (event.rate_limit.remaining or "").isdecimal():
        quota.set(int(event.rate_limit.remaining or 0))


def measured_client() -> CodatPlatform:
    """A client whose attempts are counted."""
    codat = CodatPlatform()
    codat.api_client.configuration.on_attempt = to_prometheus
    return codat


if __name__ == "__main__":
    start_http_server(*map(int, sys.argv[1:]))
    with measured_client() as codat:
        while True:
            print(sum(1 for _ in codat.connections.iterate_all(status="Linked")), "linked")
            time.sleep(600)
