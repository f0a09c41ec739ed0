"""The pace of a client: turns that are an interval apart, in order, within the deadline, one for each attempt."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from cases import case
from conftest import MakeApi
from faulty import QUICK, call
from prepared import Prepared
from server import CONNECTION, ScriptedServer, dropped, http_response, page

import codat_python_sdk.delivery
from codat_python_sdk import ApiTimeoutException, ApiTypeError, ApiValueError, CodatPlatform, Configuration, RetryPolicy
from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import ApiConnectionException, ServiceException, WaitTimeoutException
from codat_python_sdk.pace import Pace
from codat_python_sdk.sandbox import Sandbox

BUSY = http_response({"error": "busy"}, 503)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of calls, which take no time: the delivery's clock stands still but for them."""
    waits: list[float] = []
    start = clock.monotonic()
    still = SimpleNamespace(sleep=waits.append, monotonic=lambda: start + sum(waits))
    monkeypatch.setattr(codat_python_sdk.delivery, "clock", still)
    return waits


def rounded(seconds: Iterable[float]) -> list[float]:
    """Without what floating-point arithmetic adds."""
    return [round(number, 6) for number in seconds]


# -- turns -------------------------------------------------------------------------------------------------------------


def test_turns__are_an_interval_apart_in_order() -> None:
    """Whoever asks first comes first, and the first one need not wait."""
    pace = Pace()
    assert [pace.reserve(2.0, 10.0, 10.0, None) for _ in range(4)] == [10.0, 12.0, 14.0, 16.0]
    assert pace.reserve(2.0, 30.0, 30.0, None) == 30.0  # what was not used is not saved up
    assert pace.reserve(2.0, 30.0, 30.0, None) == 32.0


def test_turn__that_comes_too_late_is_not_reserved() -> None:
    """A turn at the deadline or after it is none, and others can have it."""
    pace = Pace()
    assert pace.reserve(2.0, 10.0, 10.0, 10.5) == 10.0
    assert pace.reserve(2.0, 10.0, 10.0, 12.0) is None
    assert pace.next_free(2.0, 10.0) == 12.0
    assert pace.reserve(2.0, 10.0, 10.0, 12.1) == 12.0


def test_turn__for_later_leaves_those_before_it_to_others() -> None:
    """A retry in an hour does not keep the others waiting for an hour, and they keep their distance from it."""
    pace = Pace()
    assert pace.reserve(2.0, 15.0, 10.0, None) == 15.0
    assert [pace.reserve(2.0, 10.0, 10.0, None) for _ in range(4)] == [10.0, 12.0, 17.0, 19.0]


def test_turns__of_two_paces_keep_the_distance_of_whoever_asks() -> None:
    """Copies of a client with another pace share the turns: a slower one is as far from those of the faster one."""
    pace = Pace()
    assert pace.reserve(10.0, 0.0, 0.0, None) == 0.0
    assert pace.reserve(1.0, 2.0, 2.0, None) == 2.0
    assert pace.reserve(10.0, 3.0, 3.0, None) == 12.0


def test_turns__whatever_is_asked_for_are_an_interval_apart() -> None:
    """However callers and their waits follow each other, no two turns are closer than the interval."""
    for seed in range(5):
        with case(seed):
            chance, pace, now, turns = random.Random(seed), Pace(), 0.0, list[float]()
            for _ in range(300):
                now += chance.choice([0.0, 0.0, 0.3, 2.5])
                turn = pace.reserve(1.0, now + chance.choice([0.0, 0.0, 5 * chance.random()]), now, now + 8)
                if turn is not None:
                    assert now <= turn < now + 8
                    turns.append(turn)
            assert len(turns) > 100
            assert min(after - before for before, after in pairwise(sorted(turns))) >= 1.0 - 1e-9


def test_turns__threads_get_one_each() -> None:
    """Threads that ask at the same time get different turns, without a gap."""
    pace, start = Pace(), threading.Barrier(8)

    def reserve_many() -> list[float | None]:
        start.wait()
        return [pace.reserve(1.0, 0.0, 0.0, None) for _ in range(100)]

    with ThreadPoolExecutor(8) as pool:
        turns = [turn for future in [pool.submit(reserve_many) for _ in range(8)] for turn in future.result()]
    assert sorted(turn for turn in turns if turn is not None) == [float(number) for number in range(800)]


# -- calls -------------------------------------------------------------------------------------------------------------


def test_setting__refuses_what_is_no_pace() -> None:
    """A pace is a positive number; the error names the setting."""
    cases: list[tuple[Any, type[Exception]]] = [
        (0, ApiValueError),
        (-1, ApiValueError),
        (float("inf"), ApiValueError),
        ("9", ApiTypeError),
    ]
    for value, error in cases:
        with case(value, error), pytest.raises(error, match="requests_per_minute"):
            Configuration(requests_per_minute=value)


def test_calls__wait_for_their_turns(server: ScriptedServer, make_api: MakeApi, waits: list[float]) -> None:
    """The first call is sent at once, each further one an interval later; ``slept`` says how long it waited."""
    api = make_api(requests_per_minute=120)
    responses = [api.companies_company_id_connections_connection_id_get_with_http_info("c", "k") for _ in range(3)]
    assert rounded(waits) == [0.5, 0.5]
    assert rounded(response.attempts[0].slept for response in responses) == [0.0, 0.5, 0.5]


def test_retries__wait_for_their_turns(server: ScriptedServer, make_api: MakeApi, waits: list[float]) -> None:
    """A retry needs a turn as well: it waits for that, or for its own wait if it is longer."""
    server.script(BUSY, http_response({}, 503, [("Retry-After", "30")]), http_response())
    api = make_api(requests_per_minute=6, retries=RetryPolicy(**QUICK))
    call(api, "get", _deadline=60)
    assert rounded(waits) == [10.0, 30.0]


def test_call__without_a_turn_ends_at_once(server: ScriptedServer, make_api: MakeApi, waits: list[float]) -> None:
    """What cannot fit into the deadline is not sent, does not wait and uses no turn; the error says when to call."""
    api = make_api(requests_per_minute=6)
    call(api, "create")
    with pytest.raises(ApiTimeoutException) as caught:
        call(api, "create", _deadline=10)
    error = caught.value
    assert (error.outcome, error.attempts, error.stopped_by) == ("not_sent", (), "requests_per_minute")
    assert (error.retryable, error.method) == (True, "POST")
    assert rounded([error.retry_after or 0]) == [10.0]
    assert "no turn within the 10 s deadline, at 6 requests a minute (requests_per_minute)" in str(error)
    assert "the request was not sent" in str(error)
    assert str(error).endswith("Call again in 10 s")
    assert waits == []
    call(api, "create", _deadline=10.1)
    assert rounded(waits) == [10.0]
    assert len(server.requests) == 2


@pytest.mark.parametrize(("reply", "outcome"), [(dropped(), "unknown"), (BUSY, "rejected")])
def test_retry__without_a_turn_leaves_the_outcome_as_it_was(
    server: ScriptedServer, make_api: MakeApi, waits: list[float], reply: Any, outcome: str
) -> None:
    """A retry that has no turn is not made: the call ends at once with the error, whose outcome still holds."""
    server.script(reply)
    api = make_api(requests_per_minute=6, retries=RetryPolicy(3, **QUICK))
    with pytest.raises((ApiConnectionException, ServiceException)) as caught:
        call(api, "create", _deadline=9)
    assert (caught.value.outcome, caught.value.stopped_by) == (outcome, "requests_per_minute")
    assert (len(caught.value.attempts), waits) == (1, [])
    assert "not retried: requests_per_minute has no turn within the deadline" in str(caught.value)


def test_retry__without_a_turn_takes_nothing_from_the_budget(
    server: ScriptedServer, make_api: MakeApi, waits: list[float]
) -> None:
    """What the pace prevents leaves its part of the budget to others."""
    server.script(BUSY)
    api = make_api(requests_per_minute=6, retries=RetryPolicy(1, budget=1, **QUICK))
    for deadline, stopped_by in ((9, "requests_per_minute"), (60, "max_retries")):
        with pytest.raises(ServiceException) as caught:
            call(api, "get", _deadline=deadline)
        assert caught.value.stopped_by == stopped_by


def test_polls__wait_for_their_turns(sandbox: Sandbox) -> None:
    """Where polling has no turn before its time is over, it ends at once, and says so."""
    connection_id = sandbox.add_connection(status="PendingAuth")
    settings = Configuration(sandbox.url, requests_per_minute=1)
    with CodatPlatform(api_key=sandbox.api_key, configuration=settings) as codat:
        started = time.monotonic()
        with pytest.raises(WaitTimeoutException, match="requests_per_minute") as caught:
            codat.connections.wait_for_status(
                sandbox.company_id, connection_id, "Linked", timeout=30, poll_interval=0.01
            )
    assert isinstance(caught.value.__cause__, ApiTimeoutException)
    assert caught.value.__cause__.outcome == "not_sent"
    assert time.monotonic() - started < 20
    assert len(sandbox.requests) == 1


def test_with_options__shares_the_turns(server: ScriptedServer, waits: list[float]) -> None:
    """A client with other defaults keeps the pace together with the one that it was made from."""
    server.script(http_response(page()))
    settings = Configuration(server.url, requests_per_minute=60)
    with CodatPlatform(api_key="key", configuration=settings) as codat:
        for client in (codat, codat.with_options(deadline=30), codat):
            client.connections.list("c1")
    assert rounded(waits) == [1.0, 1.0]


def test_threads__keep_the_pace_together(server: ScriptedServer, make_api: MakeApi) -> None:
    """Twenty threads with one client send one request per interval, by the real clock."""
    server.script(http_response(CONNECTION))
    api = make_api(requests_per_minute=3600)
    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        for future in [pool.submit(call, api, "get") for _ in range(20)]:
            future.result()
    assert time.monotonic() - started >= 19 * 60 / 3600


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_fork__a_child_waits_for_no_lock_of_its_parent(server: ScriptedServer, scripts: Prepared) -> None:
    """A child that is forked while a thread of the parent holds the lock can call all the same, with a turn at once."""
    server.script(http_response(CONNECTION))
    done = scripts.run(
        "-c",
        "import os, sys, threading, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from codat_python_sdk import ApiClient, Configuration, ConnectionApi\n"
        f"client = ApiClient(Configuration({server.url!r}, requests_per_minute=1))\n"
        "api = ConnectionApi(client)\n"
        "get = api.companies_company_id_connections_connection_id_get\n"
        "get('c1', 'k1')\n"
        "held, done = threading.Event(), threading.Event()\n"
        "def hold():\n"
        "    with client._limits._pace._lock:\n"
        "        held.set()\n"
        "        done.wait()\n"
        "threading.Thread(target=hold).start()\n"
        "held.wait()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    get('c1', 'k1', _deadline=5)\n"
        "    os._exit(7)\n"
        "status = os.waitpid(child, 0)[1]\n"
        "done.set()\n"
        "print(os.waitstatus_to_exitcode(status))\n",
    )
    assert done.stdout == "7\n", done.stderr
