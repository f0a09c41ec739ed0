"""The sandbox in a process that eventlet or gevent has patched: its threads are greenlets there."""

from __future__ import annotations

import sys
from collections.abc import Mapping

#: Module of each library → the function that says what is patched, and the name of threads.
_LIBRARIES: Mapping[str, tuple[str, str]] = {
    "eventlet.patcher": ("is_monkey_patched", "thread"), "gevent.monkey": ("is_module_patched", "threading"),
}  # fmt: skip
_NEEDED = ("socket", "select")


def check_patches() -> None:
    """Accept a process in which threads are patched together with what the sandbox's threads wait for, or not at all.

    Raises:
        RuntimeError: Threads are greenlets, and sockets would block all of them.
    """
    for module, (function, threads) in _LIBRARIES.items():
        is_patched = getattr(sys.modules.get(module), function, None)
        if is_patched is None or not is_patched(threads):
            continue
        missing = [name for name in _NEEDED if not is_patched(name)]
        if missing:
            raise RuntimeError(
                f"{module.partition('.')[0]} has patched threads, but not {' and '.join(missing)}: the sandbox would "
                "block the whole process. Patch these too, or run codat-sandbox as a process of its own."
            )
