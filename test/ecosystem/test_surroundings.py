"""Frozen clocks: calls, limits and dates while the application's tests freeze time, in every thread."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from codat_python_sdk import ApiTimeoutException, CodatPlatform, ConnectionApi, WaitTimeoutException
from codat_python_sdk.sandbox import Sandbox

freezegun: Any = importlib.import_module("freezegun")  # neither has types for all that is used here
time_machine: Any = importlib.import_module("time_machine")

Freeze = Callable[[str], AbstractContextManager[Any]]

FREEZERS: dict[str, Freeze] = {
    "freezegun": freezegun.freeze_time,
    "freezegun, each look a minute later": lambda when: freezegun.freeze_time(when, auto_tick_seconds=60),
    "time-machine": lambda when: time_machine.travel(when, tick=False),
    "time-machine, ticking": time_machine.travel,
}


@pytest.fixture(params=FREEZERS)
def freeze(request: pytest.FixtureRequest) -> Freeze:
    """A function that freezes the clocks of this process, and with them the sandbox's."""
    return FREEZERS[request.param]


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of a sandbox in the same process."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        yield codat


@pytest.mark.parametrize("when", ["2020-01-01", "2040-01-01"])
def test_frozen__calls_in_all_threads(sandbox: Sandbox, codat: CodatPlatform, freeze: Freeze, when: str) -> None:
    """Inside a freeze, in the past or in the future, calls work in this thread, in others, and with async_req=True."""
    codat.connections.list(sandbox.company_id)  # a connection that is kept from before the freeze
    errors = list[BaseException]()

    def call() -> None:
        try:
            codat.connections.create(sandbox.company_id, "mqjo")
        except BaseException as error:  # noqa: BLE001  # reported below
            errors.append(error)

    get: Any = ConnectionApi(codat.api_client).companies_company_id_connections_get
    with freeze(when):
        call()
        threads = [threading.Thread(target=call) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert get(sandbox.company_id, 1, async_req=True).get(30).total_results == 4
        with ThreadPoolExecutor(2) as executor:
            assert executor.submit(get, sandbox.company_id, 1).result().total_results == 4
    assert errors == []
    assert get(sandbox.company_id, 1, async_req=True).get(30).total_results == 4


def test_frozen__dates_are_read_inside_and_after(sandbox: Sandbox, codat: CodatPlatform, freeze: Freeze) -> None:
    """Dates of responses are dates inside the freeze and after it, and equal."""
    with freeze("2020-01-01"):
        made = codat.connections.create(sandbox.company_id, "mqjo")
        inside = codat.connections.get(sandbox.company_id, made.id)
    after = codat.connections.get(sandbox.company_id, made.id)
    assert inside.created == after.created == made.created
    for connection in (made, inside, after):
        assert isinstance(connection.created, datetime)
        assert connection.created.tzinfo is not None


def test_frozen__response_type_of_a_date(sandbox: Sandbox, codat: CodatPlatform, freeze: Freeze) -> None:
    """``call_api`` takes the class that stands for ``datetime`` inside the freeze as ``datetime``."""
    made = codat.connections.create(sandbox.company_id, "mqjo").to_json_dict()
    with freeze("2020-01-01"):
        received = SimpleNamespace(data=json.dumps([made["created"]]))
        (created,) = codat.api_client.deserialize(received, ([datetime],))
    assert created == datetime.fromisoformat(made["created"])


def test_frozen__limits_are_kept(sandbox: Sandbox, codat: CodatPlatform, freeze: Freeze) -> None:
    """A deadline ends a call that stalls, and a timeout the waiting for a status, although the clock stands still."""
    made = codat.connections.create(sandbox.company_id, "mqjo")
    with freeze("2020-01-01"):
        with pytest.raises(WaitTimeoutException) as waited:
            codat.connections.wait_for_status(sandbox.company_id, made.id, "Linked", timeout=0.5, poll_interval=0.1)
        sandbox.stall()
        with pytest.raises(ApiTimeoutException, match="deadline") as stalled:
            codat.connections.get(sandbox.company_id, made.id, deadline=0.5, retries=0)
    assert waited.value.last_status == "PendingAuth"
    assert 0.4 < stalled.value.attempts[0].seconds < 30


def test_frozen__between_two_calls(sandbox: Sandbox, codat: CodatPlatform, freeze: Freeze) -> None:
    """Freezing and moving on between calls, a day at a time, costs no connection and no call."""
    for day in range(1, 4):
        with freeze(f"2030-01-0{day}"):
            assert datetime.now(timezone.utc).day == day
            codat.connections.list(sandbox.company_id, deadline=20)
    assert len(sandbox.requests) == 3


@pytest.mark.parametrize("hours", [-11, 0, 5.5])
def test_frozen__with_an_offset_of_the_local_time(sandbox: Sandbox, codat: CodatPlatform, hours: float) -> None:
    """An offset of the frozen local time does not move the sandbox's clock, which counts from 1970 in UTC."""
    with freezegun.freeze_time("2030-01-01 12:00:00", tz_offset=hours):
        assert codat.connections.create(sandbox.company_id, "mqjo").created == datetime(
            2030, 1, 1, 12, tzinfo=timezone.utc
        )
