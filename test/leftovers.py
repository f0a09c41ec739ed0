"""The processes that tests leave behind, whether they started them themselves or not. Linux only: it reads /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: A variable that every process inherits which is started from here, whoever its parent is by now.
VARIABLE = "CODAT_TESTS_RUN_BY"
#: The standard library's own, which ends with this process.
_HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")

can_be_seen: bool = Path("/proc/self/fd").exists()


def processes() -> set[str]:
    """The processes that were started from this one and have not ended: id and command."""
    return set(_processes())


def _processes() -> Iterator[str]:
    own = str(os.getpid())
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            inherited = f"{VARIABLE}={own}".encode() in (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            is_helper = any(helper in command for helper in _HELPERS)
            if process.name != own and state != "Z" and (parent == own or inherited) and not is_helper:
                yield f"{process.name} {command[:200]}"


def left(seconds: float = 10) -> list[str]:
    """The processes that are still there after so many seconds."""
    end = time.monotonic() + seconds
    while (found := sorted(processes())) and time.monotonic() < end:
        time.sleep(0.05)
    return found
