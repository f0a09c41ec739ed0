"""Measures this package against bare urllib3, and prints what came out beside what was aimed at.

python benchmarks/run.py [--quick] [--against codat-platform==6.0.0] [--json FILE] [--markdown FILE] [--plot]

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

import report

HERE = Path(__file__).parent
ROOT = HERE.parent


@contextmanager
def serving() -> Generator[str]:
    """The URL of a server in a process of its own."""
    command = [sys.executable, str(HERE / "service.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
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
def clean_environment() -> Generator[dict[str, str]]:
    """Environment variables without proxies and settings of Python's, and with compiled modules for both sides.

    This package may lie in a checkout that was never imported, or must not be written to; urllib3 comes compiled.
    """
    kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
    kept = {name: value for name, value in kept.items() if not name.startswith("PYTHON")}
    with tempfile.TemporaryDirectory() as compiled:
        yield {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": compiled}


def measured(
    client: str, python: str, url: str, environment: dict[str, str], arguments: argparse.Namespace
) -> dict[str, Any]:
    """Samples and versions from one fresh process."""
    command = [python, str(HERE / "measure.py"), client, url, str(arguments.rounds), str(arguments.milliseconds)]
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    result: dict[str, Any] = json.loads(output)
    return result


def merged(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The runs of one client as one."""
    samples: dict[str, dict[str, list[float]]] = {}
    for run in runs:
        for name, sides in run["samples"].items():
            for side, values in sides.items():
                samples.setdefault(name, {}).setdefault(side, []).extend(values)
    return {"samples": samples, "versions": runs[0]["versions"]}


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure this package against bare urllib3.")
    parser.add_argument("--quick", action="store_true", help="under a minute, and less sure")
    parser.add_argument("--against", metavar="codat-platform==VERSION", help="measure the official client as well")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table, into its place in a page")
    parser.add_argument("--plot", action="store_true", help="draw docs/benchmarks*.svg (needs matplotlib)")
    arguments = parser.parse_args()
    if arguments.against and not arguments.against.startswith("codat-platform"):
        parser.error("--against knows codat-platform only")
    arguments.processes, arguments.rounds, arguments.milliseconds = (2, 12, 10) if arguments.quick else (4, 20, 15)
    return arguments


def main() -> None:
    """Measure, in turns, and report."""
    arguments = parse()
    pythons = {"codat_python_sdk": sys.executable}
    with ExitStack() as stack:
        if arguments.against:
            pythons["codat_platform"] = stack.enter_context(environment_with(arguments.against))
        url, environment = stack.enter_context(serving()), stack.enter_context(clean_environment())
        runs: dict[str, list[dict[str, Any]]] = {client: [] for client in pythons}
        for _ in range(arguments.processes):  # several, so that no single one's luck with its memory decides
            for client, python in pythons.items():
                runs[client].append(measured(client, python, url, environment, arguments))
    results = report.Results({client: merged(finished) for client, finished in runs.items()}, arguments.against)
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
