"""The retries that the calls of one client share: taken by retries, given back by successes, in no case more."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import COPIERS, MakeApi
from faulty import QUICK, call
from outage import Outage, simulate
from server import CONNECTION, ScriptedServer, dropped, http_response

from codat_python_sdk import ApiException, CodatPlatform, RetryPolicy
from codat_python_sdk.exceptions import ServiceException
from codat_python_sdk.retry_budget import SUCCESSES_PER_RETRY, RetryBudget
from codat_python_sdk.sandbox import Sandbox

BUSY = http_response({"error": "busy"}, 503)


def test_budget__is_taken_and_given_back() -> None:
    """Each retry takes one; a success gives back what its retries took, never beyond the size."""
    budget = RetryBudget(2)
    assert [budget.spend(), budget.spend(), budget.spend()] == [True, True, False]
    budget.give_back(1)
    assert [budget.spend(), budget.spend()] == [True, False]
    budget.give_back(7)
    assert len(budget) == 2


def test_budget__ten_calls_without_retries_give_back_one() -> None:
    """A call that succeeds at once gives back a tenth of a retry."""
    budget = RetryBudget(1)
    budget.spend()
    for _ in range(SUCCESSES_PER_RETRY - 1):
        budget.give_back(0)
    assert len(budget) == 0
    budget.give_back(0)
    assert len(budget) == 1


def test_budget__threads_take_no_more_than_there_is() -> None:
    """However many threads take at the same time, they get the size and no more."""
    budget, start = RetryBudget(500), threading.Barrier(8)

    def take_many() -> int:
        start.wait()
        return sum(budget.spend() for _ in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert sum(future.result() for future in [pool.submit(take_many) for _ in range(8)]) == 500


# -- calls -------------------------------------------------------------------------------------------------------------


def test_empty_budget__ends_the_call_and_says_so(server: ScriptedServer, make_api: MakeApi) -> None:
    """With the budget used up, a call fails at its first error, which says why it was not retried."""
    server.script(BUSY)
    api = make_api(retries=RetryPolicy(budget=2, **QUICK))
    errors = list[ServiceException]()
    for _ in range(3):
        with pytest.raises(ServiceException) as caught:
            call(api, "get")
        errors.append(caught.value)
    assert [len(error.attempts) for error in errors] == [3, 1, 1]
    assert [error.stopped_by for error in errors] == ["budget"] * 3
    assert "not retried: the client's retry budget is used up" in str(errors[-1])
    assert str(pickle.loads(pickle.dumps(errors[-1]))) == str(errors[-1])


def test_stopped_by__says_what_ended_a_call(server: ScriptedServer, make_api: MakeApi) -> None:
    """Without the budget being to blame, the error names the policy's limit, the deadline or the kind of failure."""
    api = make_api(retries=RetryPolicy(1, budget=None, max_retry_after=100, **QUICK))
    found = list[str | None]()
    for status, retry_after in ((503, "0"), (503, "99"), (503, "101"), (400, "0")):
        server.script(http_response({}, status, [("Retry-After", retry_after)]))
        with pytest.raises(ApiException) as caught:
            call(api, "get", _deadline=5)
        found.append(caught.value.stopped_by)
        assert "not retried" not in str(caught.value)
    assert found == ["max_retries", "deadline", "max_retry_after", "not_retryable"]


def test_no_budget__retries_as_the_policy_says(server: ScriptedServer, make_api: MakeApi) -> None:
    """With None each call makes its own retries, however many others have failed."""
    server.script(BUSY)
    api = make_api(retries=RetryPolicy(1, budget=None, **QUICK))
    for _ in range(120):
        with pytest.raises(ServiceException):
            call(api, "get")
    assert len(server.requests) == 240


def test_success__gives_back_what_its_retries_took(server: ScriptedServer, make_api: MakeApi) -> None:
    """Calls that succeed after retries leave the budget as it was, for as long as they come."""
    api = make_api(retries=RetryPolicy(budget=2, **QUICK))
    for _ in range(5):
        server.script(BUSY, BUSY, http_response(CONNECTION))
        call(api, "get")


def test_success__gives_back_no_more(server: ScriptedServer, make_api: MakeApi) -> None:
    """In a budget that is nearly used up, a call that succeeds after one retry leaves what was left before it."""
    api = make_api(retries=RetryPolicy(3, budget=4, **QUICK))
    attempts = list[int]()
    for responses in ([BUSY] * 4, [BUSY, http_response(CONNECTION)], [BUSY]):
        server.script(*responses)
        try:
            call(api, "get")
        except ServiceException as error:
            attempts.append(len(error.attempts))
    assert attempts == [4, 2]


def test_deleted_before__gives_back_too(server: ScriptedServer, make_api: MakeApi) -> None:
    """A DELETE whose retry finds that the first attempt has worked is a success as well."""
    api = make_api(retries=RetryPolicy(budget=1, **QUICK))
    for _ in range(3):
        server.script(dropped(), http_response({"error": "gone"}, 404))
        assert call(api, "delete").data is True


def test_sizes__have_a_budget_each(server: ScriptedServer, make_api: MakeApi) -> None:
    """The state belongs to the client, one for each size: equal policies share it, others do not."""
    server.script(BUSY)
    api = make_api(retries=RetryPolicy(budget=1, **QUICK))
    attempts = list[int]()
    for size in (1, 1, 2, 1, 2):
        with pytest.raises(ServiceException) as caught:
            call(api, "get", _retries=RetryPolicy(1, budget=size, **QUICK))
        attempts.append(len(caught.value.attempts))
    assert attempts == [2, 1, 2, 1, 2]


@pytest.mark.parametrize("copier", COPIERS[1:], ids=["deepcopy", "pickle"])
def test_copies__start_with_a_full_budget(
    server: ScriptedServer, make_api: MakeApi, copier: Callable[[Any], Any]
) -> None:
    """A client that went to another process, or has a transport of its own, has a budget of its own."""
    server.script(BUSY)
    api = make_api(retries=RetryPolicy(1, budget=1, **QUICK))
    for client, attempts in ((api, 2), (api, 1), (copier(api), 2)):
        with pytest.raises(ServiceException) as caught:
            call(client, "get")
        assert len(caught.value.attempts) == attempts


def test_with_options__shares_the_budget(sandbox: Sandbox) -> None:
    """A client with other defaults draws on the same budget, since it sends to the same service."""
    sandbox.fail_next(503, times=100)
    policy = RetryPolicy(1, budget=1, **QUICK)
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=policy) as codat:
        for client, attempts in ((codat, 2), (codat.with_options(deadline=5), 1)):
            with pytest.raises(ServiceException) as caught:
                client.connections.list(sandbox.company_id)
            assert len(caught.value.attempts) == attempts


# -- an outage ---------------------------------------------------------------------------------------------------------


def test_outage__is_not_multiplied() -> None:
    """200 threads send at most 1.2 requests per call once the budget is spent, and no storm when the outage is over."""
    outage = Outage(2, 8, 14)  # the budget is spent after two seconds of it; the rest is as it was before and after
    load = simulate(RetryPolicy(), outage)
    normal = max(load.per_second()[:2])
    assert load.per_call(outage.begin + 3, outage.end) <= 1.2
    assert max(load.per_second()[8:]) <= 1.2 * normal
    assert load.per_call(outage.end, outage.last) <= 1.2


def test_outage__without_a_budget_is_multiplied() -> None:
    """What the budget is for: without one, each call is sent four times while the outage lasts."""
    assert simulate(RetryPolicy(budget=None), Outage(0, 5, 5)).per_call(4, 5) > 3.5


def test_outage__real_threads_share_the_budget(sandbox: Sandbox) -> None:
    """100 threads against a service that responds with 503: one request per call, and as many retries as the budget."""
    sandbox.fail_next(status=503, times=100_000)
    policy = RetryPolicy(**QUICK)
    with (
        CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=policy, deadline=None) as codat,
        ThreadPoolExecutor(100) as pool,
    ):
        calls = [pool.submit(codat.connections.list, sandbox.company_id, timeout=None) for _ in range(200)]
        errors = [future.exception() for future in calls]
        assert all(isinstance(error, ServiceException) for error in errors)
        assert len(sandbox.requests) == 200 + 100
        sandbox.reset()
        pages = [pool.submit(codat.connections.list, sandbox.company_id) for _ in range(100)]
        assert [future.result().total_results for future in pages] == [0] * 100
        assert len(sandbox.requests) == 100
