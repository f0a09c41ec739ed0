"""Waits for Ctrl-C or SIGTERM, and misses none."""

from __future__ import annotations

import select
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from typing_extensions import Self

STEP = 0.5  # seconds; a signal ends the wait at once, and this is in case that the system lost it
NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")


class Interrupts:
    """Notes the signals that end a process, from when the block is entered.

    A handler only sets a flag, and the interpreter writes to a socket on which `wait` selects: so a signal that comes
    just before waiting is not lost, on Windows neither, where nothing else ends a wait for a lock.
    """

    def __enter__(self) -> Self:
        self._came = False
        self._before: dict[signal.Signals, Any] = {}
        self._reads, self._writes = socket.socketpair()
        self._writes.setblocking(False)
        self._wakeup = -1
        if threading.current_thread() is threading.main_thread():  # no other thread may set handlers
            self._wakeup = signal.set_wakeup_fd(self._writes.fileno(), warn_on_full_buffer=False)
            for name in NAMES:
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._before:
            signal.set_wakeup_fd(self._wakeup)
        self._reads.close()
        self._writes.close()

    def wait(self) -> None:
        """Wait until a signal came; return at once when one came already."""
        while not self._came:
            ready, _, _ = select.select([self._reads], [], [], STEP)
            if ready:
                self._reads.recv(1024)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True
