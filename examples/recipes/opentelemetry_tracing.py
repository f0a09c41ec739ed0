"""OpenTelemetry: a span for each call with a span for each of its attempts below it, and a histogram of durations.

Needs opentelemetry-sdk and opentelemetry-instrumentation-urllib3. Configure the exporters of your application's
providers as usual, then call `instrument(codat)` once.
"""

# mypy: disallow-untyped-calls=False
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor

from codat_python_sdk import AttemptEvent, CodatPlatform


def instrument(codat: CodatPlatform, tracer_provider: Any = None, meter_provider: Any = None) -> None:
    """Trace and measure the attempts of a client. Without providers, the global ones are used."""
    URLLib3Instrumentor().instrument(tracer_provider=tracer_provider, meter_provider=meter_provider)
    meter = metrics.get_meter("codat", meter_provider=meter_provider)
    duration = meter.create_histogram("codat.attempt.duration", "s", "Duration of attempts")

    def on_attempt(event: AttemptEvent) -> None:
        labels = {"operation": event.operation, "status": event.status or 0, "will_retry": event.will_retry}
        duration.record(event.seconds, labels)
        # What urllib3 does not know: why a call is retried, and the id that Codat's support asks for.
        facts = {"number": event.number, "reason": event.reason, "correlation_id": event.correlation_id}
        known = {name: value for name, value in facts.items() if value is not None}
        trace.get_current_span().add_event("attempt", known)

    codat.api_client.configuration.on_attempt = on_attempt


@contextmanager
def call_span(name: str, tracer_provider: Any = None) -> Generator[Any]:
    """A span around a call, which holds the spans of its attempts together and records its exception."""
    with trace.get_tracer("codat", tracer_provider=tracer_provider).start_as_current_span(name) as span:
        yield span
