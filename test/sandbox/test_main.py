"""The command, as a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
import webbrowser
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trustme
from cases import case
from cryptography.hazmat.primitives import serialization

from codat_python_sdk.sandbox import Request, Sandbox
from codat_python_sdk.sandbox.__main__ import Printer, add_faults, main
from codat_python_sdk.sandbox.interrupts import Interrupts
from codat_python_sdk.sandbox.messages import Headers

from .conftest import Caller

NEEDS_SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="a signal ends a process there without a word")


@contextmanager
def command(*arguments: str) -> Generator[tuple[subprocess.Popen[str], list[str]]]:
    """The running command; its standard output has been read up to the line that says how to stop it."""
    # Output to a pipe is buffered, unless images of containers say otherwise: what a user sees has to be flushed.
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONUNBUFFERED": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "codat_python_sdk.sandbox", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    guard = threading.Timer(20, process.kill)
    guard.start()
    with process:
        try:
            yield process, read_usage(process)
        finally:
            guard.cancel()
            process.kill()


def read_usage(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("Press Ctrl-C"):
            break
    return lines


Visit = Callable[[list[str]], None]
Serve = Callable[..., tuple[int, str, str]]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Serve:
    """A function that runs the command in this process.

    Instead of waiting for a signal, it gives the lines that say how to use it to another function. What comes back is
    the status, what was printed after those lines, and all that went to standard error.
    """

    def serve(visit: Visit, *arguments: str) -> tuple[int, str, str]:
        errors = list[str]()

        def wait(_: Interrupts) -> None:
            usage, error = capfd.readouterr()
            errors.append(error)
            visit(usage.splitlines())

        monkeypatch.setattr(Interrupts, "wait", wait)
        status = main([*arguments])
        out, error = capfd.readouterr()
        return status, out, "".join([*errors, error])

    return serve


def value(lines: list[str], name: str) -> str:
    return next(line.split()[-1] for line in lines if line.startswith(name))


class Running:
    """What a Caller has to know of the sandbox in the other process."""

    def __init__(self, lines: list[str]) -> None:
        self.url, self.company_id = value(lines, "Codat sandbox:"), value(lines, "Company:")
        export = next(line for line in lines if line.startswith("export "))
        assert f"CODAT_SERVER_URL={self.url}" in export
        self.auth_header = Sandbox(api_key=export.rpartition("CODAT_API_KEY=")[2]).auth_header


@NEEDS_SIGNALS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command__serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """It prints how to use it and a line for each request without secrets, and ends cleanly with status 0."""
    with command() as (process, lines):
        running = Running(lines)
        caller = Caller(cast(Sandbox, running))
        link = caller.create()["linkUrl"]
        caller.plain("GET", link.removeprefix(running.url))
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert err == ""
    assert out.splitlines() == [
        f"POST {caller.root} 200",
        f"GET {link.removeprefix(running.url).partition('?')[0]} 200",
    ]


def test_command__snippet_is_python(serve: Serve) -> None:
    """The lines to be pasted are a Python program for this very sandbox."""

    def visit(lines: list[str]) -> None:
        start, end = lines.index("from codat_python_sdk import CodatPlatform"), lines.index("Press Ctrl-C to stop.")
        snippet = "\n".join(lines[start:end])
        compile(snippet, "snippet", "exec")
        assert f'server_url="{value(lines, "Codat sandbox:")}"' in snippet

    assert serve(visit)[0] == 0


def test_command__options(serve: Serve) -> None:
    """Company, key, contract, faults and silence are what was asked for."""
    company = "7e57c0de-0000-4000-8000-000000000001"
    faults = "fail_next:status=502,operations=get+list;junk:status=200"
    arguments = ["--company", company, "--api-key", "k", "--contract", "2021", "--faults", faults, "--quiet"]

    def visit(lines: list[str]) -> None:
        running = Running(lines)
        caller = Caller(cast(Sandbox, running))
        assert (running.company_id, running.auth_header) == (company, "Basic aw==")
        assert [caller("GET").status, caller("GET").body[:5], caller("POST", value="gbol").status] == [
            502,
            b"<!DOC",
            200,
        ]

    assert serve(visit, *arguments) == (0, "", "")


class Screen(io.StringIO):
    """Standard output that tells when the command is ready."""

    ready = threading.Event()

    def write(self, text: str) -> int:
        if "Press Ctrl-C" in text:
            self.ready.set()
        return super().write(text)


@NEEDS_SIGNALS
def test_main__ends_cleanly_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Called as a function it serves in the same way, and leaves no thread behind."""
    with Sandbox() as free:
        port = free.url.rpartition(":")[2]
    screen, main_thread = Screen(), threading.main_thread().ident
    assert main_thread is not None
    monkeypatch.setattr(sys, "stdout", screen)

    def visit() -> None:
        screen.ready.wait(10)
        caller = Caller(cast(Sandbox, SimpleNamespace(url=f"http://127.0.0.1:{port}", company_id="c")))
        caller.plain("GET", caller.root)
        signal.pthread_kill(main_thread, signal.SIGTERM)

    before, visitor = signal.getsignal(signal.SIGTERM), threading.Thread(target=visit)
    earlier = threading.enumerate()
    visitor.start()
    try:
        assert main(["--port", port, "--company", "c"]) == 0
    finally:
        visitor.join()
        signal.signal(signal.SIGTERM, before)
    assert screen.getvalue().endswith("Press Ctrl-C to stop.\nGET /companies/c/connections 401\n")
    for thread in threading.enumerate():
        if thread.name == "codat-sandbox" and thread not in earlier:
            thread.join(5)
            assert not thread.is_alive()


def test_main__taken_port(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is taken is one line on standard error, and status 1."""
    port = sandbox.url.rpartition(":")[2]
    assert main(["--port", port]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(f"Cannot listen on 127.0.0.1, port {port}: ")


@pytest.mark.parametrize("arguments", [["--host", "no.such.host.invalid"], ["--host", "a" * 70]])
def test_main__impossible_address(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """An address that cannot be listened on is one line too."""
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith("Cannot listen on ")


def test_main__wrong_options(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong option is explained in the usual way of a command, with status 2."""
    cases: list[list[str]] = [
        ["--port", "x"],
        ["--port", "70000"],
        ["--contract", "1999"],
        ["--faults", "explode"],
        ["--quota", "-1"],
        ["--tls-key", "key.pem"],
        ["--faults", "lost:when=now"],
        ["--faults", "lost:operations=fetch"],
        ["--faults", "lost:times"],
        ["--faults", "lost:colour=red"],
    ]
    for arguments in cases:
        with case(arguments):
            with pytest.raises(SystemExit) as stopped:
                main(arguments)
            assert stopped.value.code == 2
            assert "error:" in capsys.readouterr().err


def test_main__certificates_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file is named, and an encrypted key is refused in words: nothing asks on the terminal."""
    missing, encrypted = tmp_path / "missing.pem", tmp_path / "encrypted.pem"
    certificate: Any = trustme.CA().issue_cert("127.0.0.1")
    key: Any = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    encrypted.write_bytes(
        certificate.cert_chain_pems[0].bytes()
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        )
    )
    for path, text in ((missing, "cannot serve HTTPS with"), (encrypted, "is encrypted")):
        with pytest.raises(SystemExit):
            main(["--tls-cert", str(path)])
        err = capsys.readouterr().err
        assert text in err
        assert str(path) in err


def test_main__warns_of_other_addresses(serve: Serve) -> None:
    """Who binds an address that others reach is warned."""

    def visit(lines: list[str]) -> None:
        assert value(lines, "Codat sandbox:").startswith("http://127.0.0.1:")

    assert "0.0.0.0 is not a loopback address" in serve(visit, "--host", "0.0.0.0")[2]


def test_add_faults__reads_values(call: Caller, sandbox: Sandbox) -> None:
    """Numbers, words and lists of operations arrive as what they are."""
    add_faults(sandbox, " fail_next:times=none,retry_after=1.5,stored=true,operations=create+get ; ;stall:seconds=0 ")
    reply = call("GET", "/x")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1.5")
    fail, stall = sandbox.armed
    assert fail.fault.stored is True
    assert (stall.fault.seconds, fail.times) == (0, None)


def test_add_faults__texts_that_look_like_numbers(sandbox: Sandbox) -> None:
    """An id or a body is a text, whatever it looks like, and blanks around names and values are none of them."""
    sandbox.create_company(company_id="42")
    add_faults(sandbox, "fail_next: status = 418 , company_id=42,body=5")
    call = Caller(sandbox)
    call.root = "/companies/42/connections"
    reply = call("GET")
    assert (reply.status, reply.body) == (418, b"5")
    for name in ("colour", "kind"):
        with pytest.raises(TypeError, match=rf"^lost\(\) got an unexpected keyword argument '{name}'$"):
            add_faults(sandbox, f"lost:{name}=red")


def ask(lines: list[str], times: int, path: str = "") -> list[int]:
    """Statuses of so many requests on one connection."""
    running = Running(lines)
    with closing(http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=30)) as client:
        statuses: list[int] = []
        for _ in range(times):
            target = f"/companies/{running.company_id}/connections{path}"
            headers = {"Authorization": running.auth_header}
            client.request("GET", target, headers=headers)
            response = client.getresponse()
            response.read()
            statuses.append(response.status)
        return statuses


@NEEDS_SIGNALS
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command__full_pipe_holds_nothing_up(number: signal.Signals) -> None:
    """When nobody reads what it prints it goes on serving, and a signal ends it all the same."""
    with command() as (process, lines):
        assert set(ask(lines, 60, "/" + "x" * 2000)) == {404}  # lines of more than a pipe holds
        process.send_signal(number)
        assert process.wait(20) == 0


@NEEDS_SIGNALS
def test_command__closed_pipe_ends_the_printing_alone() -> None:
    """When the reader of what it prints ends, as with `| head`, it goes on serving."""
    with command() as (process, lines):
        assert process.stdout is not None
        process.stdout.close()
        assert ask(lines, 5) == [200] * 5
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_printer__full_disk_ends_the_printing() -> None:
    """What cannot be written is not written, and nothing is raised."""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123  # a device
        printer = Printer(full)
        request = Request("GET", "/", Headers(), b"")
        printer(request)
        printer(request)


def test_printer__output_that_was_closed_from_the_start() -> None:
    """Where there is no standard output at all, nothing is printed, and nothing is raised."""
    Printer(None)(Request("GET", "/", Headers(), b""))


def test_command__escapes_what_it_prints(serve: Serve) -> None:
    """A request cannot send control sequences to the terminal."""

    def visit(lines: list[str]) -> None:
        caller = Caller(cast(Sandbox, Running(lines)))
        caller.raw(b"GET /a%1b[2J/\xc2\x9b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n")
        caller.raw(b"GET\x1b[2J /b HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert serve(visit)[1] == "GET /a%1b[2J/\\xc2\\x9b[31m 404\n"


def test_command__keeps_its_state(tmp_path: Path, serve: Serve) -> None:
    """With --state, what was made is there after a restart; a damaged file is one line and status 2."""
    file, made = tmp_path / "state.json", list[str]()

    def make(lines: list[str]) -> None:
        made.append(Caller(cast(Sandbox, Running(lines))).create()["id"])

    def find(lines: list[str]) -> None:
        assert Caller(cast(Sandbox, Running(lines)))("GET", f"/{made[0]}").status == 200

    assert serve(make, "--state", str(file))[0] == 0
    assert serve(find, "--state", str(file), "--seed", "1", "--strict-accounting", "--quota", "9")[0] == 0
    file.write_text("{", encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        main(["--state", str(file)])
    assert stopped.value.code == 2


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_command__any_key_and_company(serve: Serve, encoding: str) -> None:
    """Keys and ids with quotes, blanks and letters that the output has not are printed so that they can be pasted."""
    cast(io.TextIOWrapper, sys.stdout).reconfigure(encoding=encoding, errors="strict")
    key, company = "k\u00e9y \"'$x", "my company's"

    def visit(lines: list[str]) -> None:
        start, end = lines.index("from codat_python_sdk import CodatPlatform"), lines.index("Press Ctrl-C to stop.")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec("\n".join(lines[start:end]), {})  # what a user pastes
        assert "/companies/my%20company%27s/connections/" in printed.getvalue()
        (curl,) = (line for line in lines if line.startswith("curl "))
        header, url = shlex.split(curl)[2:]
        with urllib.request.urlopen(urllib.request.Request(url, headers=dict([header.split(": ", 1)]))) as response:
            assert response.status == 200
        (export,) = (line for line in lines if line.startswith("export "))
        assert encoding == "ascii" or shlex.split(export)[2] == f"CODAT_API_KEY={key}"

    assert serve(visit, "--api-key", key, "--company", company, "--quiet") == (0, "", "")


def test_command__curl_line_works(serve: Serve) -> None:
    """The curl line to be pasted is right."""

    def visit(lines: list[str]) -> None:
        (line,) = (line for line in lines if line.startswith("curl "))
        _, flag, header, url = shlex.split(line)
        assert flag == "-H"
        request = urllib.request.Request(url, headers=dict([header.split(": ", 1)]))
        with urllib.request.urlopen(request, timeout=20) as response:
            assert response.status == 200

    assert serve(visit)[0] == 0


def test_main__opens_the_dashboard(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    """--open opens the dashboard in the browser."""
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)

    def visit(lines: list[str]) -> None:
        assert f"Dashboard:     {opened[0]}" in lines

    assert serve(visit, "--open", "--quiet")[0] == 0
