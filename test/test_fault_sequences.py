"""Long random runs of operations under random faults, with the comparisons of the fault matrix after each one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from faulty import METHODS, QUICK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger import Ledger, check

from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.retries import RetryPolicy
from codat_python_sdk.sandbox import Sandbox

Fault = tuple[str, dict[str, Any]]

#: the sandbox's methods, with arguments
QUICK_FAULTS: list[Fault] = [
    ("reset", {}),
    ("lost", {}),
    ("cut", {"where": "head"}),
    ("cut", {"where": "body"}),
    # No 404: a service that denies what it has would make a liar of any client.
    *(("fail_next", {"status": status}) for status in (400, 408, 409, 422, 429, 500, 502, 503, 504)),
    ("fail_next", {"status": 500, "stored": True}),
    ("fail_next", {"status": 429, "retry_after": 0}),
    ("fail_next", {"status": 503, "retry_after": 86_400}),
    ("junk", {}),
    ("junk", {"done": True}),
    ("junk", {"status": 502}),
    ("drip", {"interval": 0}),
]
SLOW_FAULTS: list[Fault] = [
    ("stall", {"seconds": 0.03}),
    ("stall", {"seconds": 0.03, "in_flight": True}),
    ("stall", {"seconds": 0.03, "done": True}),
]
FAULTS = [*QUICK_FAULTS * 4, *SLOW_FAULTS]  # what takes time is rare, so that the runs can be long
STEP = st.tuples(
    st.sampled_from(list(METHODS)),
    st.integers(0, 3),  # which of the run's connections; some are deleted on the way
    st.lists(st.sampled_from(FAULTS), max_size=5),
    st.integers(0, 3),  # how many retries are allowed
)


#: what Hypothesis says of long runs of slow steps
LONG_RUNS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.fixture(scope="module")
def api(ledger: Ledger) -> Iterator[ConnectionApi]:
    """One client for all runs, with few connections, so that a lost one would be missed."""
    configuration = Configuration(host=ledger.sandbox.url, api_key={"API Key Auth": ledger.sandbox.auth_header})
    configuration.deadline = 30
    configuration.connection_pool_maxsize = 2
    with ApiClient(configuration) as client:
        yield ConnectionApi(client)


# In several parts, so that processes can share them.
@pytest.mark.parametrize("part", range(4))
@settings(max_examples=settings().max_examples // 8, deadline=None, database=None, suppress_health_check=LONG_RUNS)
@given(steps=st.lists(STEP, min_size=10, max_size=40))
def test_sequences__of_random_faults(
    ledger: Ledger, api: ConnectionApi, part: int, steps: list[tuple[str, int, list[Fault], int]]
) -> None:
    """Whatever happens in whatever order: nothing twice, no false success or outcome, and the client still works."""
    api.api_client.configuration.timeout = (5, 0.02)
    connections = [ledger.sandbox.add_connection(status="Linked") for _ in range(4)]
    for operation, number, faults, retries in steps:
        for name, arguments in faults:
            getattr(ledger.sandbox, name)(**arguments)
        api.api_client.configuration.retries = RetryPolicy(max_retries=retries, budget=None, **QUICK)
        check(ledger, api, operation, connections[number])
    # It holds no more connections than it may, so that the pool would be empty if one were lost.
    api.api_client.configuration.retries = 0
    api.api_client.configuration.timeout = 30
    for operation in METHODS:
        assert check(ledger, api, operation).result is not None


def test_faults__are_the_sandboxes() -> None:
    """Each fault of the table is one that the sandbox offers."""
    sandbox = Sandbox()
    for name, arguments in FAULTS:
        getattr(sandbox, name)(**arguments)
