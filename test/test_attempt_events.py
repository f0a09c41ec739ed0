"""``Configuration.on_attempt``: one value for each attempt, true, without secrets, and unable to do harm."""

from __future__ import annotations

import logging
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from conftest import COPIERS, MakeApi
from faulty import QUICK, call, refused
from server import CONNECTION, Reply, ScriptedServer, cut, dropped, http_response, stalled
from test_cost import functions

from codat_python_sdk import ApiException, ApiTypeError, AttemptEvent, CodatPlatform, Configuration, RetryPolicy
from codat_python_sdk.sandbox import Sandbox

BUSY = http_response({"error": "busy", "correlationId": "c-1"}, 503)
LEFT = [("X-Rate-Limit-Limit", "1000"), ("X-Rate-Limit-Remaining", "7")]
PATH = "/companies/{companyId}/connections/{connectionId}"
ONE_MORE = RetryPolicy(1, **QUICK)


@pytest.fixture
def events() -> list[AttemptEvent]:
    """The events that the hook received."""
    return []


def test_events__are_one_for_each_attempt(
    server: ScriptedServer, make_api: MakeApi, events: list[AttemptEvent]
) -> None:
    """A retry and a success: two values that agree with the call's attempts, with the path's template and no ids."""
    server.script(
        http_response({"error": "busy", "correlationId": "c-1"}, 503, LEFT), http_response(CONNECTION, headers=LEFT)
    )
    api = make_api(retries=ONE_MORE, on_attempt=events.append)
    response = api.companies_company_id_connections_connection_id_get_with_http_info("company-1", "connection-1")
    first, second = events
    assert [(event.status, event.error, event.seconds, event.slept) for event in events] == list(response.attempts)
    assert {(event.operation, event.method, event.path) for event in events} == {("connections.get", "GET", PATH)}
    assert (first.number, first.will_retry, first.reason) == (1, True, "status")
    assert (first.error_type, first.correlation_id) == ("ServiceException", "c-1")
    assert (second.number, second.will_retry, second.reason) == (2, False, None)
    assert (second.error, second.error_type, second.correlation_id) == (None, None, None)
    assert first.rate_limit == second.rate_limit == ("1000", "7", None)
    assert "company-1" not in repr(events)
    assert "connection-1" not in repr(events)


@pytest.mark.parametrize(
    ("reply", "reason", "error_type"),
    [
        (BUSY, "status", "ServiceException"),
        (dropped(), "no_response", "ApiConnectionException"),
        (stalled(), "timeout", "ApiTimeoutException"),
        (cut(http_response(CONNECTION)), "unreadable_response", "UnreadableResponseException"),
    ],
    ids=["status", "no response", "timeout", "cut"],
)
def test_reason__of_a_retry(
    server: ScriptedServer, make_api: MakeApi, events: list[AttemptEvent], reply: Reply, reason: str, error_type: str
) -> None:
    """Why a call is tried again is one of a few words, and the class of the error another one."""
    server.script(reply, http_response(CONNECTION))
    call(make_api(retries=ONE_MORE, timeout=(5, 0.3), on_attempt=events.append), "get")
    assert [(event.reason, event.error_type) for event in events] == [(reason, error_type), (None, None)]


@pytest.mark.parametrize(
    ("status", "retries", "reason"),
    [
        (400, ONE_MORE, "not_retryable"),
        (503, RetryPolicy(0), "max_retries"),
        (503, RetryPolicy(budget=0), "budget"),
        (503, RetryPolicy(initial_interval=99, max_interval=99), "deadline"),
    ],
)
def test_reason__of_the_end(
    server: ScriptedServer,
    make_api: MakeApi,
    events: list[AttemptEvent],
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    retries: RetryPolicy,
    reason: str,
) -> None:
    """Why a failed call is not tried again is what its exception says."""
    monkeypatch.setattr("random.random", lambda: 1.0)
    monkeypatch.setattr(RetryPolicy.wait, "__defaults__", (lambda: 1.0,))
    server.script(http_response({}, status))
    with pytest.raises(ApiException) as caught:
        call(make_api(retries=retries, on_attempt=events.append), "get", _deadline=50)
    assert [(event.will_retry, event.reason) for event in events] == [(False, reason)]
    assert caught.value.stopped_by == reason


def test_reason__of_a_delete_that_had_worked_is_none(
    server: ScriptedServer, make_api: MakeApi, events: list[AttemptEvent]
) -> None:
    """A 404 after a lost response is the success of the call."""
    server.script(dropped(), http_response({"error": "gone"}, 404))
    call(make_api(retries=ONE_MORE, on_attempt=events.append), "delete")
    assert [(event.status, event.will_retry, event.reason) for event in events] == [
        (None, True, "no_response"),
        (404, False, None),
    ]


def test_events__of_every_kind_of_call(server: ScriptedServer, make_api: MakeApi, events: list[AttemptEvent]) -> None:
    """Calls in the thread pool, unread responses, ``request``, ``call_api`` and urllib3's own policy are reported."""
    server.script(http_response(CONNECTION))
    api: Any = make_api(on_attempt=events.append)
    get = api.companies_company_id_connections_connection_id_get
    get("c1", "k1", async_req=True).get(10)
    get("c1", "k1", _preload_content=False).release_conn()
    get("c1", "k1", _retries=urllib3.Retry(1))
    api.api_client.request("GET", "/companies/{companyId}", path_params={"companyId": "c1"})
    api.api_client.call_api("/companies", "GET")
    assert [(event.operation, event.path, event.status) for event in events] == [
        *[("connections.get", PATH, 200)] * 3,
        ("call_api", "/companies/{companyId}", 200),
        ("call_api", "/companies", 200),
    ]


def test_event__cannot_be_changed(server: ScriptedServer, make_api: MakeApi, events: list[AttemptEvent]) -> None:
    """It is a value, which can be kept, compared and pickled."""
    call(make_api(on_attempt=events.append), "get")
    with pytest.raises(AttributeError):
        events[0].status = 500  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    assert pickle.loads(pickle.dumps(events[0])) == events[0]


def test_hook__that_fails_does_no_harm(
    server: ScriptedServer, make_api: MakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a hook raises, results and errors are the same, and the client logs it once."""

    def fail(event: AttemptEvent) -> None:
        raise ApiException(event.status, "from the hook")

    server.script(BUSY, http_response(CONNECTION), BUSY)
    api = make_api(retries=ONE_MORE, on_attempt=fail)
    with caplog.at_level(logging.ERROR, "codat_python_sdk"):
        assert call(api, "get").data.id == CONNECTION["id"]
        with pytest.raises(ApiException, match="busy") as caught:
            call(api, "get")
    assert len(caught.value.attempts) == 2
    (record,) = caplog.records
    assert record.getMessage().startswith("on_attempt raised an exception")


def test_hook__that_is_interrupted_is_not_ignored(server: ScriptedServer, make_api: MakeApi) -> None:
    """A KeyboardInterrupt in a hook ends the call, and the client works on."""

    def interrupt(_: AttemptEvent) -> None:
        raise KeyboardInterrupt

    api = make_api(on_attempt=interrupt)
    with pytest.raises(KeyboardInterrupt):
        call(api, "get")
    api.api_client.configuration.on_attempt = None
    assert call(api, "get").status == 200


def test_hook__that_is_slow_does_not_delay_the_retry(server: ScriptedServer, make_api: MakeApi) -> None:
    """Its time is a part of the wait, so that a wait that fits into the deadline does not end behind it."""
    server.script(http_response({}, 503, [("Retry-After", "0.5")]), http_response())

    def send_metrics(_: AttemptEvent) -> None:
        threading.Event().wait(0.4)

    api = make_api(retries=ONE_MORE, on_attempt=send_metrics)
    first, second = call(api, "get").attempts
    assert (first.status, second.status) == (503, 200)
    assert second.slept <= 0.11


def test_hook__can_call(server: ScriptedServer, make_api: MakeApi) -> None:
    """A hook that makes a call of its own disturbs neither."""
    api = make_api(connection_pool_maxsize=1)
    numbers = list[int]()

    def call_once_more(event: AttemptEvent) -> None:
        numbers.append(event.number)
        if len(numbers) == 1:
            call(api, "list")

    api.api_client.configuration.on_attempt = call_once_more
    assert call(api, "get").status == 200
    assert numbers == [1, 1]


@pytest.mark.parametrize("copier", COPIERS, ids=["copy", "deepcopy", "pickle"])
def test_configuration__copies_have_the_same_hook(copier: Callable[[Any], Any]) -> None:
    """A hook goes with the settings; to another process it goes by its name, as functions do."""
    assert copier(Configuration(on_attempt=print)).on_attempt is print


@pytest.mark.parametrize("value", [1, "print", [print]])
def test_setting__refuses_what_cannot_be_called(value: Any) -> None:
    """Anything that is no callable fails when it is set."""
    with pytest.raises(ApiTypeError, match="on_attempt must be callable"):
        Configuration(on_attempt=value)


def test_without_a_hook__a_call_runs_nothing_more(server: ScriptedServer, make_api: MakeApi) -> None:
    """No function of the package runs for a hook, a pace or a reserve that is not set."""
    server.script(http_response(CONNECTION))
    api = make_api(retries=None)
    call(api, "get")
    names = functions(lambda: call(api, "get"))
    assert not {"failed", "_event", "_tell", "check_quota", "first_turn", "reserve", "note", "give_back"} & {*names}
    api.api_client.configuration.on_attempt = lambda _: None
    assert "_event" in functions(lambda: call(api, "get"))


def test_secrets__are_in_no_event(sandbox: Sandbox, events: list[AttemptEvent]) -> None:
    """Neither key nor authorization, nor link, nor id, nor query gets into the events of a hook."""
    settings = Configuration(sandbox.url, retries=ONE_MORE, on_attempt=events.append)
    with CodatPlatform(api_key=sandbox.api_key, configuration=settings) as codat:
        created = codat.connections.create(sandbox.company_id, "gbol", idempotency_key="canary-key")
        sandbox.lost(operations="update_authorization")
        with pytest.raises(ApiException):
            codat.connections.update_authorization(sandbox.company_id, str(created.id), {"accessToken": "canary-token"})
        codat.connections.list(sandbox.company_id, query="status=canary")
    with refused() as url, pytest.raises(ApiException):
        codat.connections.get(sandbox.company_id, "canary-id", server_url=url)
    assert len(events) == 5
    for secret in (sandbox.api_key, sandbox.auth_header, sandbox.company_id, created.id, "canary", "otp="):
        assert str(secret) not in repr(events)
