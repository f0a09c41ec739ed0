"""A Python that has imported what scripts need, and forks for each of them: most of their time is imports.

    with Prepared("-W", "error", modules=["codat_python_sdk.sandbox"]) as python:
        done = python.run("examples/quickstart.py")

A script runs as the main program of a process of its own, to the end of its interpreter. What depends on how an
interpreter starts (which modules are imported when, the encoding of its output) wants a fresh one instead. Where there
is no fork, each script gets a fresh one.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parent.parent
#: seconds that a script may take
LIMIT = 120


def _importing(env: Mapping[str, str]) -> dict[str, str]:
    """The environment, so that what starts in it finds the package, whether that is installed or not."""
    return {**env, "PYTHONPATH": os.pathsep.join(filter(None, (env.get("PYTHONPATH"), str(ROOT))))}


class Prepared:
    """Runs scripts from ``with`` to the end of the block, one at a time."""

    def __init__(self, *options: str, modules: Iterable[str]) -> None:
        self._command = [sys.executable, *options]
        self._modules = list(modules)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._process is not None:
            self._process.communicate()  # closes its input, which ends it

    def run(
        self, *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a script, with ``-m`` a module or with ``-c`` code, as ``subprocess.run`` would; it finds the package."""
        words, env = [os.fspath(argument) for argument in arguments], _importing(os.environ if env is None else env)
        if not hasattr(os, "fork"):
            command = [*self._command, *words]
            return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=LIMIT, check=False)
        with tempfile.TemporaryDirectory() as folder:
            output, errors = Path(folder, "output"), Path(folder, "errors")
            job = {
                "arguments": words,
                "env": env,
                "cwd": os.fspath(cwd or Path.cwd()),
                "files": [os.devnull, str(output), str(errors)],
            }
            code = int(self._ask(json.dumps(job)))
            return subprocess.CompletedProcess(
                words, code, output.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")
            )

    def _ask(self, job: str) -> str:
        if self._process is None:  # started for the first script, so that nobody pays for what no test uses
            pipe = subprocess.PIPE
            command = [*self._command, __file__, *self._modules]
            self._process = subprocess.Popen(
                command, env=_importing(os.environ), stdin=pipe, stdout=pipe, text=True, encoding="utf-8"
            )
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(job + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


def _next_job() -> Any:
    """Wait for jobs and fork for each; return it in the child, and nothing in the parent when there are no more."""
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            return json.loads(line)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - that is the reply
    return None


def _become(job: Mapping[str, Any]) -> None:
    """Turn this process into the one that was asked for, and run its program."""
    signal.alarm(LIMIT)
    for number, path in enumerate(job["files"]):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    program, *arguments = job["arguments"]
    is_file = program not in ("-m", "-c")
    first = os.path.dirname(program) if is_file else job["cwd"]  # noqa: PTH120 - as the interpreter does it
    sys.path[:] = [first, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)), *sys.path[1:]]
    if program == "-c":
        sys.argv = [program, *arguments[1:]]
        exec(arguments[0], {"__name__": "__main__"})
    elif program == "-m":
        sys.argv = arguments
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [program, *arguments]
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        import_module(name)
    gc.freeze()  # so that the collector of a child does not copy all of it
    if (_job := _next_job()) is not None:
        _become(_job)
