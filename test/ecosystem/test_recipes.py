"""Recipes in examples/recipes with the libraries that they are for: Celery, pandas, OpenTelemetry and others."""

# Only one environment has the libraries, and in it they are Any.
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false

from __future__ import annotations

import io
import json
import urllib.request
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from recipe_loader import load_recipe

from codat_python_sdk import ApiException, CodatPlatform, RetryPolicy, UnauthorizedException
from codat_python_sdk.sandbox import Sandbox

for _library in ("celery", "opentelemetry.instrumentation.urllib3", "pandas", "prometheus_client", "structlog"):
    pytest.importorskip(_library, reason="tox -e recipes installs the libraries")


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of the sandbox that does not wait before its one retry."""
    quick = RetryPolicy(max_retries=1, initial_interval=0.001)
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=quick) as codat:
        yield codat


# -- Celery ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worker() -> Iterator[tuple[Any, Sandbox]]:
    """The recipe, a real worker in a thread that takes its tasks from a queue in memory, and their sandbox."""
    from celery.contrib.testing.worker import start_worker

    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CELERY_BROKER_URL", "memory://")
        recipe = load_recipe("celery_tasks", sandbox, patch)
        recipe.app.conf.update(result_backend="cache+memory://", broker_transport_options={"polling_interval": 0.05})
        patch.setattr(recipe, "RETRY_AFTER", 0.01)
        patch.setattr(recipe, "POLL_INTERVAL", 0.01)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Celery's libraries have theirs
            with start_worker(recipe.app, perform_ping_check=False, pool="solo", loglevel="ERROR"):
                yield recipe, sandbox
        recipe.codat.close()


@pytest.fixture
def tasks(worker: tuple[Any, Sandbox]) -> Any:
    """The recipe, with a sandbox that has nothing of other tests."""
    worker[1].reset()
    return worker[0]


@pytest.fixture
def service(worker: tuple[Any, Sandbox]) -> Sandbox:
    """What the tasks call."""
    return worker[1]


@pytest.mark.filterwarnings("ignore")
def test_celery__retried_task_creates_one_connection(tasks: Any, service: Sandbox) -> None:
    """When the response of create is lost, the task runs again and returns the connection that exists."""
    service.lost(operations="create")
    created = tasks.connect.delay(service.company_id, "gbol").get(timeout=60)
    assert [row["id"] for row in service.connections()] == [created]
    keys = [request.headers["Idempotency-Key"] for request in service.requests]
    assert len(keys) == 2 and len(set(keys)) == 1


@pytest.mark.filterwarnings("ignore")
def test_celery__what_fails_again_is_not_retried(tasks: Any, service: Sandbox) -> None:
    """A rejected request fails the task at once, with Codat's message."""
    service.fail_next(status=401, times=None)
    with pytest.raises(UnauthorizedException):
        tasks.connect.delay(service.company_id, "gbol").get(timeout=60)
    assert len(service.requests) == 1


@pytest.mark.filterwarnings("ignore")
def test_celery__waits_in_the_queue(tasks: Any, service: Sandbox) -> None:
    """The task that waits for the customer lets other tasks run meanwhile, survives a failed poll, and sees Linked."""
    connection_id = tasks.connect.delay(service.company_id, "gbol").get(timeout=60)
    service.fail_next(status=503, operations="get")
    waiting = tasks.wait_until_linked.delay(service.company_id, connection_id)
    tasks.connect.delay(service.company_id, "suuo").get(timeout=60)  # with one worker, whose pool has one place
    assert not waiting.ready()
    service.authorize(connection_id)
    assert waiting.get(timeout=60) == "Linked"


# -- pandas ------------------------------------------------------------------------------------------------------------


def test_pandas__frame_has_a_row_for_each_connection(
    sandbox: Sandbox, codat: CodatPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of all companies, with dates that pandas can compare; what is linked and not synchronized is found."""
    recipe = load_recipe("pandas_report", sandbox, monkeypatch)
    now = datetime.now(timezone.utc)
    fresh = sandbox.add_connection(platform_key="gbol", status="Linked", lastSync=(now - timedelta(days=1)).isoformat())
    old = sandbox.add_connection(platform_key="gbol", status="Linked", lastSync=(now - timedelta(days=9)).isoformat())
    never = sandbox.add_connection(sandbox.create_company(), status="Linked")
    pending = sandbox.add_connection(platform_key="suuo")
    frame = recipe.connections_frame(codat)
    assert set(frame["connection_id"]) == {fresh, old, never, pending}
    assert str(frame["last_sync"].dtype).startswith("datetime64[") and frame["created"].notna().all()
    assert set(recipe.not_synchronized(frame, days=7)["connection_id"]) == {old, never}
    assert frame.groupby("platform").size()["Xero"] == 2


def test_pandas__no_connections(sandbox: Sandbox, codat: CodatPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account without connections gives an empty frame with the same columns."""
    recipe = load_recipe("pandas_report", sandbox, monkeypatch)
    frame = recipe.connections_frame(codat)
    assert list(frame.columns) == recipe.COLUMNS and len(recipe.not_synchronized(frame, days=1)) == 0


# -- metrics, traces and logs ------------------------------------------------------------------------------------------


def fail_once_and_for_all(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """A call that succeeds at its second attempt, and one that fails."""
    sandbox.fail_next(status=503)
    codat.connections.list(sandbox.company_id)
    with pytest.raises(ApiException):
        codat.connections.get(sandbox.company_id, "unknown")


def test_opentelemetry__spans_and_metrics(
    sandbox: Sandbox, codat: CodatPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A span for each call holds those of its attempts, says why it was retried, and the histogram counts attempts."""
    from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    recipe = load_recipe("opentelemetry_tracing", sandbox, monkeypatch)
    exporter, reader, tracers = InMemorySpanExporter(), InMemoryMetricReader(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    recipe.instrument(codat, tracers, MeterProvider([reader]))
    try:
        sandbox.fail_next(status=503)
        with recipe.call_span("connections.list", tracers):
            codat.connections.list(sandbox.company_id)
        with pytest.raises(ApiException), recipe.call_span("connections.get", tracers):
            codat.connections.get(sandbox.company_id, "unknown")
    finally:
        URLLib3Instrumentor().uninstrument()
    first, second, listing, third, getting = exporter.get_finished_spans()
    assert {span.parent.span_id for span in (first, second)} == {listing.context.span_id}
    assert third.parent.span_id == getting.context.span_id
    assert [event.attributes.get("reason") for event in listing.events] == ["status", None]
    assert {"attempt", "exception"} == {event.name for event in getting.events}
    assert getting.events[0].attributes["correlation_id"]
    data = json.loads(reader.get_metrics_data().to_json())
    metrics = [m for scope in data["resource_metrics"][0]["scope_metrics"] for m in scope["metrics"]]
    (duration,) = (metric for metric in metrics if metric["name"] == "codat.attempt.duration")
    points = {point["attributes"]["status"]: point["count"] for point in duration["data"]["data_points"]}
    assert points == {503: 1, 200: 1, 404: 1}


@pytest.fixture
def prometheus_metrics(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The recipe, whose metrics leave the default registry after the test."""
    from prometheus_client import REGISTRY

    recipe = load_recipe("prometheus_metrics", sandbox, monkeypatch)
    yield recipe
    for name in ("attempts", "retries", "failures", "seconds", "waits", "quota"):
        REGISTRY.unregister(getattr(recipe, name))


def test_prometheus__scrape_has_the_counters(sandbox: Sandbox, prometheus_metrics: Any) -> None:
    """A scrape shows attempts, the retry and its reason, the failed call and the quota, and no ids."""
    from prometheus_client import start_http_server

    with prometheus_metrics.measured_client() as codat:
        fail_once_and_for_all(sandbox, codat)
    server, thread = start_http_server(0, "127.0.0.1")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=30) as response:
            text = response.read().decode()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    lines = set(text.splitlines())
    assert 'codat_attempts_total{operation="connections.list",status="503"} 1.0' in lines
    assert 'codat_attempts_total{operation="connections.get",status="404"} 1.0' in lines
    assert 'codat_retries_total{operation="connections.list",reason="status"} 1.0' in lines
    assert 'codat_failures_total{operation="connections.get",reason="not_retryable"} 1.0' in lines
    assert 'codat_attempt_seconds_count{operation="connections.list"} 2.0' in lines
    assert any(line.startswith("codat_quota_remaining ") for line in lines)
    assert sandbox.company_id not in text


def test_structlog__lines_have_the_bound_id(
    sandbox: Sandbox, codat: CodatPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry and a failure are a line each, with the company's id that the caller has bound, and without the key."""
    import structlog

    recipe = load_recipe("structlog_events", sandbox, monkeypatch)
    output = io.StringIO()
    codat.api_client.configuration.on_attempt = recipe.to_structlog
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(output),
    )
    try:
        sandbox.fail_next(status=503)
        assert recipe.statuses(codat, sandbox.company_id) == []
        sandbox.fail_next(status=403)
        assert recipe.statuses(codat, sandbox.company_id) == []
    finally:
        structlog.reset_defaults()
    retry, failed, unknown = map(json.loads, output.getvalue().splitlines())
    assert (retry["event"], retry["status"], retry["reason"], retry["level"]) == ("codat_retry", 503, "status", "info")
    assert (failed["event"], failed["error"], failed["level"]) == (
        "codat_call_failed",
        "ForbiddenException",
        "warning",
    )
    assert "ForbiddenException" in unknown["exception"]
    assert {line["company_id"] for line in (retry, failed, unknown)} == {sandbox.company_id}
    assert sandbox.api_key not in output.getvalue()
