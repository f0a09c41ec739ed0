"""OpenTelemetry's instrumentation of urllib3: a span for each attempt, inside the caller's, and no secret in any."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3
from conftest import MakeApi
from faulty import Proxy, call, refused
from server import Reply, ScriptedServer, dropped, http_response, stalled

from codat_python_sdk import ApiException, CodatPlatform, RetryPolicy
from codat_python_sdk.sandbox import Sandbox

REASON = "tox -e opentelemetry installs opentelemetry"
instrumentation = pytest.importorskip("opentelemetry.instrumentation.urllib3", reason=REASON)
sdk = pytest.importorskip("opentelemetry.sdk.trace", reason=REASON)
export = pytest.importorskip("opentelemetry.sdk.trace.export", reason=REASON)
in_memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter", reason=REASON)

ONE_MORE = RetryPolicy(max_retries=1, initial_interval=0.001)
INSTRUMENTOR: Any = instrumentation.URLLib3Instrumentor()


class Tracing:
    """What an application has switched on: `tracer` makes its own spans, `spans` are the exported ones, all of them."""

    def __init__(self) -> None:
        self.exporter: Any = in_memory.InMemorySpanExporter()
        self.provider: Any = sdk.TracerProvider()
        self.provider.add_span_processor(export.SimpleSpanProcessor(self.exporter))
        self.tracer: Any = self.provider.get_tracer("application")

    @property
    def spans(self) -> tuple[Any, ...]:
        return tuple(self.exporter.get_finished_spans())

    @property
    def outcomes(self) -> list[tuple[str, int | None, str]]:
        """Of each span: the HTTP method, the HTTP status if there was one, and the span's own status."""
        return [
            (span.name, span.attributes.get("http.status_code"), span.status.status_code.name) for span in self.spans
        ]


@pytest.fixture
def tracing() -> Iterator[Tracing]:
    """Tracing, switched on for the length of a test."""
    tracing = Tracing()
    INSTRUMENTOR.instrument(tracer_provider=tracing.provider)
    yield tracing
    INSTRUMENTOR.uninstrument()


def test_attempts__are_a_span_each(server: ScriptedServer, make_api: MakeApi, tracing: Tracing) -> None:
    """A GET that meets 503 and then works makes two spans, the first of them marked as an error."""
    server.script(http_response(status=503), http_response())
    assert call(make_api(retries=ONE_MORE), "get").status == 200
    assert tracing.outcomes == [("GET", 503, "ERROR"), ("GET", 200, "UNSET")]
    assert {span.attributes["http.url"] for span in tracing.spans} == {f"{server.url}/companies/c1/connections/k1"}


def test_lost_response__is_a_span_with_an_error(server: ScriptedServer, make_api: MakeApi, tracing: Tracing) -> None:
    """A POST whose response is lost makes a span with the error, and one for the retry with the same key."""
    server.script(dropped(), http_response())
    call(make_api(retries=ONE_MORE), "create")
    assert tracing.outcomes == [("POST", None, "ERROR"), ("POST", 200, "UNSET")]
    assert len({request.header("Idempotency-Key") for request in server.requests}) == 1


def test_trace__goes_on_at_the_server(server: ScriptedServer, make_api: MakeApi, tracing: Tracing) -> None:
    """Each attempt carries the ids of its own span in one traceparent header."""
    server.script(http_response(status=503), http_response())
    call(make_api(retries=ONE_MORE), "get")
    sent = [request.header("traceparent") for request in server.requests]
    ids = [f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-" for span in tracing.spans]
    assert [header[: len(ids[0])] for header in sent if header is not None] == ids
    assert len(set(ids)) == 2


def no_response(server: ScriptedServer, make_api: MakeApi) -> None:
    server.script(stalled())
    call(make_api(timeout=0.1), "get")


def no_connection(server: ScriptedServer, make_api: MakeApi) -> None:
    with refused() as url:
        call(make_api(host=url), "get")


def no_such_host(server: ScriptedServer, make_api: MakeApi) -> None:
    with pytest.warns(UserWarning, match="plain HTTP"):
        call(make_api(host="http://codat.test"), "get")


def no_time(server: ScriptedServer, make_api: MakeApi) -> None:
    server.script(stalled())
    call(make_api(deadline=0.1), "get")


@pytest.mark.parametrize(
    ("happening", "name"),
    [
        (no_response, "urllib3.exceptions.ReadTimeoutError"),
        (no_connection, "urllib3.exceptions.NewConnectionError"),
        (no_such_host, "urllib3.exceptions.NameResolutionError"),
        (no_time, "urllib3.exceptions.ReadTimeoutError"),
    ],
)
def test_no_response__is_a_span_with_the_exception(
    server: ScriptedServer,
    make_api: MakeApi,
    tracing: Tracing,
    happening: Callable[[ScriptedServer, MakeApi], None],
    name: str,
) -> None:
    """An attempt that ends without a response is an error, and its span has urllib3's exception."""
    with pytest.raises(ApiException) as caught:
        happening(server, make_api)
    assert (caught.value.status, len(caught.value.attempts)) == (0, 1)
    assert tracing.outcomes == [("GET", None, "ERROR")]
    assert [event.attributes["exception.type"] for event in tracing.spans[0].events] == [name]


def test_spans__belong_to_the_callers_span(server: ScriptedServer, make_api: MakeApi, tracing: Tracing) -> None:
    """All attempts of a call are children of the span in which it was made."""
    server.script(http_response(status=503), http_response())
    with tracing.tracer.start_as_current_span("onboarding") as onboarding:
        call(make_api(retries=ONE_MORE), "get")
    assert [span.name for span in tracing.spans] == ["GET", "GET", "onboarding"]
    assert [span.parent.span_id for span in tracing.spans[:2]] == [onboarding.context.span_id] * 2
    assert {span.context.trace_id for span in tracing.spans} == {onboarding.context.trace_id}


def test_async_req__belongs_to_the_callers_span(make_api: MakeApi, tracing: Tracing) -> None:
    """A call in the client's thread pool is a child of the span in which it was asked for."""
    api: Any = make_api()
    with tracing.tracer.start_as_current_span("onboarding") as onboarding:
        handle = api.companies_company_id_connections_connection_id_get("c1", "k1", async_req=True)
    handle.get(5)
    (get,) = (span for span in tracing.spans if span.name == "GET")
    assert get.parent is not None
    assert get.parent.span_id == onboarding.context.span_id


def test_urllib3_retry__is_one_span(server: ScriptedServer, make_api: MakeApi, tracing: Tracing) -> None:
    """Where urllib3 follows a policy of its own, its attempts are one span, with the last status."""
    server.script(http_response(status=503), http_response())
    call(make_api(retries=urllib3.Retry(3, status_forcelist=[503])), "get")
    assert len(server.requests) == 2
    assert tracing.outcomes == [("GET", 200, "UNSET")]


def test_instrumentation__comes_and_goes(make_api: MakeApi, tracing: Tracing) -> None:
    """A client that is in use already is traced from the moment it is switched on to the moment it is switched off."""
    INSTRUMENTOR.uninstrument()
    api = make_api()
    call(api, "get")
    INSTRUMENTOR.instrument(tracer_provider=tracing.provider)
    call(api, "get")
    assert len(tracing.spans) == 1
    INSTRUMENTOR.uninstrument()
    call(api, "get")
    assert len(tracing.spans) == 1


def test_proxy__is_no_span(server: ScriptedServer, make_api: MakeApi, tracing: Tracing) -> None:
    """Behind a proxy an attempt is one span as well, with the service's URL and no credentials of the proxy."""
    with Proxy(f"127.0.0.1:{server.port}") as proxy:
        call(make_api(proxy=proxy.url.replace("//", "//user:canary@")), "get")
    assert tracing.outcomes == [("GET", 200, "UNSET")]
    assert tracing.spans[0].attributes["http.url"] == f"{server.url}/companies/c1/connections/k1"
    assert server.request.header("traceparent") is not None
    assert "canary" not in tracing.spans[0].to_json()


def session(sandbox: Sandbox, codat: CodatPlatform) -> list[object]:
    """What a connection's whole life brings, troubles included, as far as it is the same each time."""
    company_id, connections = sandbox.company_id, codat.connections
    created = connections.create(company_id, "gbol")
    assert isinstance(created.id, str)
    sandbox.lost(operations="update_authorization")
    with pytest.raises(ApiException) as lost:
        connections.update_authorization(company_id, created.id, {"accessToken": "canary-token"})
    sandbox.authorize(created.id)
    sandbox.fail_next(503)
    linked = connections.list(company_id, query="status=Linked").results
    with pytest.raises(ApiException) as missing:
        connections.get(company_id, "gone")
    deleted = connections.delete(company_id, created.id)
    return [
        created.status,
        [connection.status for connection in linked or []],
        *((caught.value.status, caught.value.outcome, len(caught.value.attempts)) for caught in (lost, missing)),
        str(missing.value).partition("correlation id")[0],
        deleted,
    ]


def test_results__are_the_same_without(sandbox: Sandbox, tracing: Tracing) -> None:
    """Results, exceptions and numbers of attempts do not depend on whether somebody looks on."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=ONE_MORE) as codat:
        traced = session(sandbox, codat)
        spans = len(tracing.spans)
        INSTRUMENTOR.uninstrument()
        assert session(sandbox, codat) == traced
    assert 2 * spans == len(sandbox.requests)
    assert spans == len(tracing.spans)


def test_secrets__are_in_no_span(sandbox: Sandbox, tracing: Tracing) -> None:
    """Neither key nor authorization nor one-time link gets into a span; the query does, for it is part of the URL."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=ONE_MORE) as codat:
        session(sandbox, codat)
    exported = "\n".join(span.to_json() for span in tracing.spans)
    encoded = base64.b64encode(sandbox.api_key.encode()).decode()
    for secret in (sandbox.api_key, encoded, "uthorization:", "canary-token", "otp="):
        assert secret not in exported
    assert "query=status%3DLinked" in exported


def test_body__is_no_matter_of_the_span(server: ScriptedServer, make_api: MakeApi, tracing: Tracing) -> None:
    """A span ends with the response's head: what is wrong with the body is in the exception, and not in the span."""
    whole = http_response()
    server.script(Reply(whole.data[:-8], "close"))
    with pytest.raises(ApiException, match="cut off"):
        call(make_api(), "get")
    assert tracing.outcomes == [("GET", 200, "UNSET")]
