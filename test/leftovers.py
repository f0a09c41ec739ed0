"""What tests leave behind: processes, whoever started them, sockets and threads. Linux only: it reads /proc."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
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
            state, parent = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
            inherited = f"{VARIABLE}={own}".encode() in (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            is_helper = any(helper in command for helper in _HELPERS)
            if process.name != own and state != "Z" and (parent == own or inherited) and not is_helper:
                yield f"{process.name} {command[:200]}"


def sockets() -> set[str]:
    """The sockets that this process has open."""
    names = set[str]()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it was closed meanwhile
            names.add(str(entry.readlink()))
    return {name for name in names if name.startswith("socket:")}


def threads() -> set[str]:
    """The threads of this process that are alive."""
    return {f"{thread.name} ({thread.ident})" for thread in threading.enumerate()}


def all_of_it() -> set[str]:
    """Processes, sockets and threads."""
    return processes() | sockets() | threads()


def left(seconds: float = 10, before: Collection[str] = (), visible: Callable[[], set[str]] = all_of_it) -> list[str]:
    """What is still there after so many seconds, and was not there before."""
    end = time.monotonic() + seconds
    gc.collect()  # what nobody refers to any more is closed, with a warning that fails the test
    while (found := sorted(visible() - {*before})) and time.monotonic() < end:
        time.sleep(0.05)
    return found
