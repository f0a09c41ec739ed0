"""Every fault, in every operation, at every place in the sequence of attempts: does the client tell the truth?

The sandbox keeps a ledger of what it really did. Each cell compares it with what the client reported.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from faulty import KEYED, METHODS, QUICK, call
from ledger import Ledger, check

import codat_python_sdk.delivery
from codat_python_sdk import ApiClient, ApiException, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.retries import RetryPolicy
from codat_python_sdk.sandbox import Sandbox

OPERATIONS = tuple(METHODS)
Position = Literal["first", "second", "always"]
POSITIONS: tuple[Position, ...] = ("first", "second", "always")
Arm = Callable[[Sandbox, "int | None"], None]

# The sandbox hangs for longer than the client waits, and then goes on: the request may still take effect.
STALL, SHORT_TIMEOUT, SHORT_DEADLINE = 0.08, 0.04, 0.06

#: how to ask the sandbox for a fault that so many requests meet (None: all)
FAULTS: dict[str, Arm] = {
    "reset": lambda sandbox, times: sandbox.reset_connection(times),
    "lost": lambda sandbox, times: sandbox.lost(times),
    "cut in the head": lambda sandbox, times: sandbox.cut(times, where="head"),
    "cut in the body": lambda sandbox, times: sandbox.cut(times),
    "408": lambda sandbox, times: sandbox.fail_next(408, times),
    "429": lambda sandbox, times: sandbox.fail_next(429, times),
    "429 with Retry-After": lambda sandbox, times: sandbox.fail_next(429, times, retry_after=0),
    "429 with a long Retry-After": lambda sandbox, times: sandbox.fail_next(429, times, retry_after=36_000),
    "500": lambda sandbox, times: sandbox.fail_next(500, times),
    "500 that the key remembers": lambda sandbox, times: sandbox.fail_next(500, times, stored=True),
    "502": lambda sandbox, times: sandbox.fail_next(502, times),
    "503": lambda sandbox, times: sandbox.fail_next(503, times),
    "504": lambda sandbox, times: sandbox.fail_next(504, times),
    "HTML with 502": lambda sandbox, times: sandbox.junk(times, status=502),
    "HTML with 200": lambda sandbox, times: sandbox.junk(times),
    "HTML with 200 when done": lambda sandbox, times: sandbox.junk(times, done=True),
    "stall before": lambda sandbox, times: sandbox.stall(STALL, times),
    "stall in flight": lambda sandbox, times: sandbox.stall(STALL, times, in_flight=True),
    "stall after": lambda sandbox, times: sandbox.stall(STALL, times, done=True),
    "drip": lambda sandbox, times: sandbox.drip(0.01, times, where="head"),
}
# Slow is not wrong; and with waits as short as here the retries may be used up before what is in flight has landed.
EITHER_WAY = {"drip", "stall in flight"}
_FINAL_WITH_A_KEY = {"500", "500 that the key remembers", "HTML with 200", "HTML with 200 when done"}
#: by method, what another attempt overcomes; a refused connection always
OVERCOME = {
    "GET": set(FAULTS) - {"429 with a long Retry-After"},
    "POST": set(FAULTS) - {"429 with a long Retry-After"} - _FINAL_WITH_A_KEY,
    "PUT": {"429", "429 with Retry-After", "503"},
}
OVERCOME.update(DELETE=OVERCOME["GET"], PATCH=OVERCOME["POST"])


@pytest.fixture(scope="module")
def api(ledger: Ledger) -> Iterator[ConnectionApi]:
    """One client for all cells, so that what a fault leaves behind would harm the next."""
    configuration = Configuration(host=ledger.sandbox.url, api_key={"API Key Auth": ledger.sandbox.auth_header})
    configuration.retries = RetryPolicy(max_retries=2, budget=None, **QUICK)
    configuration.connection_pool_maxsize = 2
    with ApiClient(configuration) as client:
        yield ConnectionApi(client)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_fault__everywhere(ledger: Ledger, api: ConnectionApi, subtests: pytest.Subtests, operation: str) -> None:
    """Nothing takes effect twice, outcomes are correct, and what a retry can overcome is overcome."""
    settings = api.api_client.configuration
    for fault, position in itertools.product(FAULTS, POSITIONS):
        with subtests.test(f"{fault}, {position}"), pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "timeout", SHORT_TIMEOUT if fault.startswith("stall") else 5)
            patch.setattr(settings, "deadline", SHORT_DEADLINE if fault == "drip" else 10)
            met = any(meets(ledger, api, operation, fault, position) for _ in range(5))
            assert met, "in five calls the client never met this one fault alone"


def meets(ledger: Ledger, api: ConnectionApi, operation: str, fault: str, position: Position) -> bool:
    """Check what a call reports that meets a fault. False where it did not, on a busy machine, meet just that one.

    The client may wake when a stall is over, with the response there, or have too little time for what follows it.
    """
    if position == "second":
        ledger.sandbox.fail_next(503)
    FAULTS[fault](ledger.sandbox, None if position == "always" else 1)
    result, attempts = check(ledger, api, operation)
    if position != "always" and fault not in EITHER_WAY:
        if fault.startswith("stall") and sum(not attempt.status for attempt in attempts) != 1:
            return False
        assert (result is not None) == (fault in OVERCOME[METHODS[operation]])
    return True


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_fault__nobody_listens(
    ledger: Ledger, api: ConnectionApi, monkeypatch: pytest.MonkeyPatch, operation: str, position: Position
) -> None:
    """While the service is down nothing is sent; when it is up again the call succeeds."""
    sandbox, waits = ledger.sandbox, itertools.count(1)

    def sleep(_: float) -> None:
        wait = next(waits)
        if wait == 1 and position == "second":
            sandbox.stop()
        elif position != "always":
            sandbox.start()

    clock = SimpleNamespace(sleep=sleep, monotonic=time.perf_counter)
    monkeypatch.setattr(codat_python_sdk.delivery, "clock", clock)
    if position == "second":
        sandbox.fail_next(503)
    else:
        sandbox.stop()
    try:
        result = check(ledger, api, operation).result
        assert (result is None) == (position == "always")
    finally:
        if position == "always":
            sandbox.start()


@pytest.mark.parametrize("operation", KEYED)
def test_key__shared_by_two_callers(ledger: Ledger, api: ConnectionApi, operation: str) -> None:
    """A second caller with the same key gets the response of the first, while that is in flight and afterwards."""
    connection = ledger.sandbox.add_connection(status="Linked")
    before = len(ledger.sandbox.ledger)
    ledger.sandbox.stall(0.04, in_flight=True)
    options: dict[str, Any] = {"_idempotency_key": f"shared by two, {connection}", "_request_timeout": 5}
    options |= {"_retries": RetryPolicy(max_retries=1000, budget=None, **QUICK), "_deadline": 5}
    first = call(api, operation, ledger.sandbox.company_id, connection, **options, async_req=True)
    second = call(api, operation, ledger.sandbox.company_id, connection, **options)
    third = call(api, operation, ledger.sandbox.company_id, connection, **options)
    assert first.get(5).data.id == second.data.id == third.data.id
    assert len(ledger.sandbox.ledger) == before + 1


def test_ledger__notices_a_client_that_lies(
    ledger: Ledger, api: ConnectionApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison itself fails for a client that lies: one that takes a fresh key for each attempt."""
    send = api.api_client.rest_client.request

    def without_key(*args: Any, headers: dict[str, str], **kwargs: Any) -> Any:
        return send(*args, headers={k: v for k, v in headers.items() if k != "Idempotency-Key"}, **kwargs)

    monkeypatch.setattr(api.api_client.rest_client, "request", without_key)
    ledger.sandbox.lost()
    with pytest.raises(AssertionError, match="done twice"):
        check(ledger, api, "create")


def test_the_ledger_notices__lies_about_outcome(
    ledger: Ledger, api: ConnectionApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And for one that calls lost what was done."""
    send = api.api_client.send

    def lie(*args: Any) -> Any:
        error = ApiException(0, "lost")
        error.outcome, error.attempts = "rejected", send(*args).attempts
        raise error

    monkeypatch.setattr(api.api_client, "send", lie)
    with pytest.raises(AssertionError, match="reported as rejected"):
        check(ledger, api, "delete")
