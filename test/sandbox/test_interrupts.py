"""The signals that end the command."""

from __future__ import annotations

import signal
import threading

import pytest
from prepared import Prepared

from codat_python_sdk.sandbox.interrupts import Interrupts

EARLY = """
import signal, sys
from codat_python_sdk.sandbox.interrupts import Interrupts
with Interrupts() as interrupts:
    signal.raise_signal(signal.SIGTERM if sys.argv[1] == "TERM" else signal.SIGINT)
    interrupts.wait()
print("ended")
"""


@pytest.mark.parametrize("name", ["TERM", "INT"])
def test_wait__signal_that_came_before_is_not_lost(scripts: Prepared, name: str) -> None:
    """A signal between start and wait ends the wait at once."""
    done = scripts.run("-c", EARLY, name)
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr


def test_wait__handlers_are_restored() -> None:
    """Afterwards the process has the handlers that it had."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGTERM) != before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_wait__works_in_another_thread() -> None:
    """Where no handlers may be set, the block can be entered all the same."""
    entered = threading.Event()

    def use() -> None:
        with Interrupts():
            entered.set()

    thread = threading.Thread(target=use)
    thread.start()
    thread.join(10)
    assert entered.is_set()
