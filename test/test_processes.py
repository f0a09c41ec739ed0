"""Whole scripts, each in a process of its own: how they end, what their environment lacks, whom it names as a proxy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from child import run_python
from prepared import Prepared
from server import CONNECTION, ScriptedServer, http_response

ROOT = Path(__file__).parent.parent
QUICK_START = ROOT / "examples" / "quickstart.py"

CLIENT = """
import sys
from codat_python_sdk import ApiClient, Configuration, ConnectionApi
client = ApiClient(Configuration(sys.argv[1], api_key={"API Key Auth": "Basic eA=="}), pool_threads=2)
delete = ConnectionApi(client).companies_company_id_connections_connection_id_delete
"""


@pytest.mark.parametrize(
    "ending",
    ["", "client.close()", "sys.exit(0)", "del client, delete", "import atexit; atexit.register(client.close)"],
)
def test_script__ends_with_calls_under_way(server: ScriptedServer, scripts: Prepared, ending: str) -> None:
    """Calls with async_req=True that are under way when a script ends are finished, each once."""
    server.script(*[http_response(body=b"") for _ in range(8)])
    calls = "for number in range(8):\n    delete('c', f'k{number}', async_req=True)\n"
    done = scripts.run("-c", f"{CLIENT}{calls}{ending}", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(request.target[-2:] for request in server.requests) == [f"k{number}" for number in range(8)]


def test_script__calls_after_its_end(server: ScriptedServer, scripts: Prepared) -> None:
    """A call in an exit handler is sent, with async_req=True as well, where Python starts no more threads."""
    server.script(*[http_response(body=b"") for _ in range(2)])
    code = """
import atexit
def last():
    assert delete("c", "k1") is True
    assert delete("c", "k2", async_req=True).get(30) is True
    print("done")
atexit.register(last)
"""
    done = scripts.run("-c", CLIENT + code, server.url.replace("127.0.0.1", "localhost"))
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "done\n")
    assert [request.target[-2:] for request in server.requests] == ["k1", "k2"]


def test_semaphores__that_are_not_implemented(server: ScriptedServer, scripts: Prepared) -> None:
    """Where the system has no semaphores, as in AWS Lambda, async_req=True works all the same."""
    server.script(http_response(body=b""))
    code = """
import errno, sys
assert "multiprocessing.synchronize" not in sys.modules  # which would have one by now
try:
    import _multiprocessing
except ImportError:
    pass
else:
    class SemLock:
        SEM_VALUE_MAX = 1
        def __new__(cls, *_):
            raise OSError(errno.ENOSYS, "Function not implemented")
    _multiprocessing.SemLock = SemLock
"""
    done = scripts.run("-c", f"{code}{CLIENT}assert delete('c', 'k', async_req=True).get(30) is True", server.url)
    assert (done.returncode, done.stderr) == (0, "")


def test_quick_start__in_a_bare_environment() -> None:
    """The quick start runs with no environment, and in Python's development mode."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", str(QUICK_START)],
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize(
    "environment",
    [
        dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
        dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://proxy.invalid:3128"),
        dict.fromkeys(("CODAT_API_KEY", "CODAT_AUTH_HEADER", "CODAT_SERVER_URL"), ""),
    ],
    ids=["dead proxy", "unknown proxy", "variables set to nothing"],
)
def test_quick_start__whatever_variables_say(scripts: Prepared, environment: dict[str, str]) -> None:
    """The quick start runs behind a proxy that is down, and with variables set to nothing."""
    done = scripts.run(QUICK_START, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.skipif(sys.version_info < (3, 13), reason="CPython 3.12 crashes when such an interpreter ends")
def test_subinterpreter__without_daemon_threads(server: ScriptedServer) -> None:
    """In a subinterpreter that may start no thread of its own accord, a call finds its host by name and works."""
    server.script(http_response(CONNECTION))
    url = server.url.replace("127.0.0.1", "localhost")
    code = f"""
import sys
sys.path[:] = {sys.path!r}
from codat_python_sdk import CodatPlatform
with CodatPlatform(api_key="key", server_url={url!r}, retries=0) as codat:
    print(codat.connections.get("c1", "k1").status, flush=True)
"""
    done = run_python(f"""
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
number = interpreters.create()
error = interpreters.run_string(number, {code!r})
interpreters.destroy(number)
assert error is None, error
""")
    assert (done.returncode, done.stdout.strip()) == (0, CONNECTION["status"]), done.stderr
