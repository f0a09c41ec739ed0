"""Other libraries' TLS under the client: the operating system's trust store, pyOpenSSL, eventlet's sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import server_context
from child import run_python
from faulty import DEADLINE
from server import ScriptedServer, dripped, echo

for name in ("truststore", "OpenSSL", "eventlet"):
    pytest.importorskip(name, reason="tox -e tls_layers installs it")

FIRST = {
    "truststore": "import truststore; truststore.inject_into_ssl()",
    "pyOpenSSL": "import urllib3.contrib.pyopenssl; urllib3.contrib.pyopenssl.inject_into_urllib3()",
    "eventlet": "import warnings; warnings.simplefilter('ignore'); import eventlet; eventlet.monkey_patch()",
}

# A process of its own for each, since they change all of a process.
CALLS = """
import sys, time
from codat_python_sdk import CodatPlatform, Configuration
from codat_python_sdk.exceptions import ApiConnectionException, ApiTimeoutException, ApiTlsException

url, ca_file, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
codat = CodatPlatform(api_key="a key", configuration=Configuration(host=url, ssl_ca_cert=ca_file), retries=0)
assert codat.connections.get("c1", "k1").id == "k1"
assert codat.connections.get("c1", "k2", timeout=5).id == "k2"
started = time.monotonic()
try:
    codat.connections.get("c1", "dripping", deadline=seconds)
except ApiTimeoutException as error:
    assert error.outcome == "unknown", error.outcome
    print(time.monotonic() - started)
if url.startswith("https"):
    other = CodatPlatform(api_key="a key", server_url=url, retries=0)
    try:
        other.connections.get("c1", "k3")
    except ApiTlsException as error:
        print(error.outcome)
"""


@pytest.fixture(params=["http", "https"])
def either(request: pytest.FixtureRequest) -> Iterator[ScriptedServer]:
    """A server, and one with a certificate of our authority, whose response for one id comes byte by byte."""
    with ScriptedServer(tls=server_context() if request.param == "https" else None) as server:
        server.script(lambda asked: dripped(echo(asked), 0.05) if asked.target.endswith("dripping") else echo(asked))
        yield server


@pytest.mark.parametrize("layer", FIRST)
def test_layer__works_within_the_deadline(either: ScriptedServer, ca_file: str, layer: str) -> None:
    """Calls succeed on a kept connection, a dripping response ends with the deadline, and trust is checked."""
    done = run_python(FIRST[layer] + CALLS, either.url, ca_file, str(DEADLINE))
    assert done.returncode == 0, done.stderr
    seconds, *rest = done.stdout.split()
    assert DEADLINE <= float(seconds) < 3 * DEADLINE
    assert rest == (["not_sent"] if either.tls else [])
    assert either.connections == (2 if either.tls else 1)


def test_truststore__as_a_context(ca_file: str) -> None:
    """A context of truststore's can be the client's own, without a change to the process."""
    code = """
import ssl, sys, truststore
from codat_python_sdk import CodatPlatform, Configuration
context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(sys.argv[2])
settings = Configuration(host=sys.argv[1], ssl_context=context)
print(CodatPlatform(api_key="a key", configuration=settings).connections.get("c1", "k1").id)
"""
    with ScriptedServer(tls=server_context()) as server:
        server.script(echo)
        done = run_python(code, server.url, ca_file)
    assert (done.returncode, done.stdout) == (0, "k1\n"), done.stderr


PATCHED_LATE = """
import sys, warnings
warnings.simplefilter("ignore")
import eventlet
from codat_python_sdk import ApiValueError, CodatPlatform
codat = CodatPlatform(api_key="a key", server_url=sys.argv[1], retries=0)
eventlet.monkey_patch()
try:
    codat.connections.get("c1", "k1")
except ApiValueError as error:
    print(error)
"""


def test_eventlet__too_late_is_refused(either: ScriptedServer) -> None:
    """Patching after the first client was made fails before anything is sent, and says what to do instead."""
    done = run_python(PATCHED_LATE, either.url)
    assert "eventlet.monkey_patch() was called too late" in done.stdout, done.stderr
    assert either.connections == 0


AT_ONCE = """
import eventlet, sys
from codat_python_sdk import CodatPlatform, Configuration
settings = Configuration(host=sys.argv[1], ssl_ca_cert=sys.argv[2])
settings.connection_pool_maxsize = 2
codat = CodatPlatform(api_key="a key", configuration=settings, retries=0)
names = [f"k{n}" for n in range(12)]
jobs = [eventlet.spawn(codat.connections.get, "c1", name) for name in names]
assert [job.wait().id for job in jobs] == names
"""


def test_eventlet__green_threads_wait_for_their_turn(either: ScriptedServer, ca_file: str) -> None:
    """Twelve green threads share two connections, and each gets its own response."""
    done = run_python(FIRST["eventlet"] + AT_ONCE, either.url, ca_file)
    assert done.returncode == 0, done.stderr
    assert either.connections <= 2


ENDS_AT_ONCE = """
import sys
from codat_python_sdk import ApiClient, Configuration, ConnectionApi
api = ConnectionApi(ApiClient(Configuration(sys.argv[1], ssl_ca_cert=sys.argv[2]), pool_threads=2))
for number in range(6):
    api.companies_company_id_connections_connection_id_delete("c1", f"k{number}", async_req=True)
"""


def test_eventlet__script_ends_with_calls_under_way(either: ScriptedServer, ca_file: str) -> None:
    """Calls with async_req=True are finished when the script ends, although eventlet does not wait for threads."""
    done = run_python(FIRST["eventlet"] + ENDS_AT_ONCE, either.url, ca_file)
    assert done.returncode == 0, done.stderr
    assert sorted(request.target for request in either.requests) == [
        f"/companies/c1/connections/k{number}" for number in range(6)
    ]


WITH_SANDBOX = """
import sys
from authority import authority, server_context
from codat_python_sdk import CodatPlatform, Configuration
from codat_python_sdk.sandbox import Sandbox

ca_file = sys.argv[1]
if ca_file:
    authority().cert_pem.write_to_path(ca_file)
received = []
with Sandbox(ssl_context=server_context() if ca_file else None, on_request=received.append) as sandbox:
    with Sandbox() as receiver:  # it responds 404, which is a response as well
        sandbox.add_webhook(f"{receiver.url}/hook")
        settings = Configuration(host=sandbox.url, ssl_ca_cert=ca_file or None)
        with CodatPlatform(api_key=sandbox.api_key, configuration=settings) as codat:
            connection = codat.connections.create(sandbox.company_id, platform_key="gbol")
            sandbox.stall(0.05, operation="get")
            sandbox.drip(0.0001, operation="get")
            sandbox.lost(operation="get")
            args = (codat.connections.get, sandbox.company_id, connection.id)
            print({job.wait().id == connection.id for job in [eventlet.spawn(*args) for _ in range(10)]})
        sandbox.wait_for_deliveries()
        print(sandbox.deliveries[0].attempts[0].status, len(sandbox.wait_for(operation="get", times=11)))
print(len(received))
"""


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_eventlet__sandbox_in_the_same_process(tls: bool, tmp_path: Path) -> None:
    """Sandbox, client and a receiver of webhooks serve each other in green threads, and it ends without an error."""
    done = run_python(FIRST["eventlet"] + WITH_SANDBOX, str(tmp_path / "ca.pem") if tls else "")
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.split() == ["{True}", "404", "11", "12"]
