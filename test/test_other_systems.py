"""Imitations of other systems: what they do not have is taken away before the package is imported, then all is used."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from child import run_python
from prepared import Prepared

from codat_python_sdk.sandbox import Sandbox

#: what each system lacks or does differently, as code that runs first
SYSTEMS = {
    "this one": "",
    "without fork": """
        for name in ("fork", "forkpty", "register_at_fork", "posix_spawn"):
            vars(os).pop(name, None)
    """,
    "with select alone": """
        for name in ("epoll", "poll", "devpoll", "kqueue"):
            vars(select).pop(name, None)
        for name in ("EpollSelector", "PollSelector", "DevpollSelector", "KqueueSelector"):
            vars(selectors).pop(name, None)
        selectors.DefaultSelector = selectors.SelectSelector
    """,
    "with a clock of 64 ticks a second": """
        def coarse(clock):
            return lambda: int(clock() * 64) / 64

        time.monotonic, time.perf_counter, time.time = map(coarse, (time.monotonic, time.perf_counter, time.time))
        threading._time = queue.time = time.monotonic
    """,
    "without signals but SIGINT": """
        for name in [name for name in vars(signal) if name.startswith("SIG") and name[3] != "_" and name != "SIGINT"]:
            delattr(signal, name)
    """,
    "without the options of its sockets": """
        for name in ("SO_REUSEPORT", "MSG_DONTWAIT", "MSG_NOSIGNAL", "TCP_USER_TIMEOUT", "TCP_KEEPIDLE"):
            vars(socket).pop(name, None)
    """,
    "without IPv6": """
        socket.has_ipv6 = urllib3.util.connection.HAS_IPV6 = False
        resolve = socket.getaddrinfo
        socket.getaddrinfo = lambda *args, **kwargs: [
            found for found in resolve(*args, **kwargs) if found[0] == socket.AF_INET
        ]
    """,
    "without users and rights": """
        for name in ("resource", "pwd", "grp", "fcntl", "termios"):
            sys.modules[name] = None
        for name in ("getuid", "geteuid", "getgid", "fchmod", "fchown", "chown", "O_NOFOLLOW", "O_CLOEXEC"):
            vars(os).pop(name, None)
    """,
}

# What a program does with the client and the sandbox: calls, retries, a deadline, threads, copies, a log, webhooks.
PROGRAM = """
import pickle
from concurrent.futures import ThreadPoolExecutor
from codat_python_sdk import CodatPlatform, Configuration, RetryPolicy
from codat_python_sdk.exceptions import ApiTimeoutException
from codat_python_sdk.sandbox import Sandbox

configuration = Configuration()
configuration.logger_file, configuration.debug = sys.argv[1], True
with Sandbox() as sandbox:
    policy = RetryPolicy(2, initial_interval=0.01, max_interval=0.02)
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=policy) as codat:
        sandbox.fail_next(503, times=2)
        connection = codat.connections.create(sandbox.company_id, platform_key="mqjo")
        company = codat.companies.create(name="B\\u00e4ckerei \\u0141\\u00f3d\\u017a")
        assert codat.companies.get(company.id).name == "B\\u00e4ckerei \\u0141\\u00f3d\\u017a"
        with ThreadPoolExecutor(4) as pool:
            lists = list(pool.map(codat.connections.list, [sandbox.company_id] * 8))
        assert [page.results[0].id for page in lists] == [connection.id] * 8
        sandbox.stall(30)
        try:
            codat.connections.list(sandbox.company_id, deadline=0.1)
        except ApiTimeoutException as error:
            assert str(pickle.loads(pickle.dumps(error))) == str(error)
        else:
            raise AssertionError("the deadline has passed")
        sandbox.clear_faults()
        with pickle.loads(pickle.dumps(codat)) as copy:
            copy.connections.delete(sandbox.company_id, connection.id)
    assert sandbox.connections() == []
print("done")
"""
IMPORTS = "import os, queue, select, selectors, signal, socket, sys, threading, time, urllib3\n"


@pytest.fixture(scope="module")
def python() -> Iterator[Prepared]:
    """A Python that has imported urllib3 and what Python itself has, and not the package; warnings are errors."""
    modules = ["urllib3", "concurrent.futures.thread", "dataclasses", "hmac", "html", "logging", "secrets", "uuid"]
    with Prepared("-W", "error", modules=modules) as python:
        yield python


@pytest.mark.parametrize("system", SYSTEMS)
def test_client_and_sandbox__on_another_system(python: Prepared, tmp_path: Path, system: str) -> None:
    """With less than Linux has, and another clock, calls, retries, deadlines, threads and copies work as ever."""
    changes = "\n".join(line.removeprefix(" " * 8) for line in SYSTEMS[system].splitlines())
    unloaded = "assert 'codat_python_sdk' not in sys.modules\n"
    done = python.run("-c", IMPORTS + unloaded + changes + PROGRAM, tmp_path / "calls.log")
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


#: how text is encoded, by the variables that say so
ENCODINGS = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "ASCII": {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    "locale C": {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
}


LOGGED = """
import sys
from codat_python_sdk import CodatPlatform, Configuration

configuration = Configuration()
configuration.logger_file, configuration.debug = sys.argv[1], True
with CodatPlatform(api_key=sys.argv[2], server_url=sys.argv[3]) as codat:
    for name in ("B\\u00e4ckerei", "\\u0141\\u00f3d\\u017a"):
        assert codat.companies.create(name=name).name == name
print("done")
"""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_log_file__is_utf_8_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, encoding: str
) -> None:
    """Whatever the console's encoding, the log file is UTF-8 and holds every call."""
    for name, value in ENCODINGS[encoding].items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "calls.log"
    done = run_python(LOGGED, str(log), sandbox.api_key, sandbox.url)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
    assert len(re.findall("POST .*/companies", log.read_text(encoding="utf-8"))) >= 2


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_command__on_any_console(encoding: str) -> None:
    """The sandbox's command prints how to use it on a console that has few characters, and ends with status 0."""
    environment = {**os.environ, **ENCODINGS[encoding]}
    command = [sys.executable, "-m", "codat_python_sdk.sandbox", "--company", "00000000-0000-0000-0000-000000000001"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        lines = list[bytes]()
        for line in process.stdout:
            lines.append(line)
            if line.startswith(b"Press Ctrl-C"):
                break
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=60)
    assert lines[-1].startswith(b"Press Ctrl-C"), complaints
    assert complaints == b"" and (sys.platform == "win32" or process.returncode == 0)
