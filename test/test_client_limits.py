"""What the calls of a client share, and with whom: copies with other settings, but no other process."""

from __future__ import annotations

import copy
import os
import pickle

import pytest
from child import run_python
from server import CONNECTION, ScriptedServer, http_response

from codat_python_sdk import ApiClient, Configuration
from codat_python_sdk.client_limits import ClientLimits
from codat_python_sdk.retry_budget import RetryBudget


def test_state__stays_in_its_process() -> None:
    """Neither a pickle nor a deep copy has anything of it: both lead to sockets of their own."""
    limits = ClientLimits()
    limits.budgets[100] = RetryBudget(100)
    for other in (copy.deepcopy(limits), pickle.loads(pickle.dumps(limits))):
        assert isinstance(other, ClientLimits)
        assert other.budgets == {}


def test_client__with_limits_in_use_can_be_pickled() -> None:
    """A client that paces itself goes to workers of Celery and Dask as any other."""
    client = ApiClient(Configuration("http://localhost", requests_per_minute=60, quota_reserve=0.5))
    other = pickle.loads(pickle.dumps(client))
    assert other.configuration.requests_per_minute == 60
    assert other.configuration.quota_reserve == 0.5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_fork__a_child_starts_with_a_full_budget(server: ScriptedServer) -> None:
    """What the parent's calls took is not missing in the child, and the parent keeps its own count."""
    server.script(
        http_response({}, 503),
        http_response({}, 503),
        http_response({}, 503),
        http_response({}, 503),
        http_response({}, 503),
        http_response(CONNECTION),
    )
    done = run_python(
        "import os\n"
        "from codat_python_sdk import ApiClient, ApiException, Configuration, ConnectionApi, RetryPolicy\n"
        "retries = RetryPolicy(1, budget=1, initial_interval=0.001)\n"
        f"client = ApiClient(Configuration({server.url!r}, retries=retries))\n"
        "def attempts():\n"
        "    try:\n"
        "        ConnectionApi(client).companies_company_id_connections_connection_id_get('c1', 'k1')\n"
        "    except ApiException as error:\n"
        "        return len(error.attempts)\n"
        "print(attempts())\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(attempts())\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), attempts())\n"
    )
    assert done.stdout == "2\n2 1\n", done.stderr
