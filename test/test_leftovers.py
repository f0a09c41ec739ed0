"""What the check at the end of each run sees: processes that outlive the tests."""

from __future__ import annotations

import os

import pytest
from child import start_python
from leftovers import can_be_seen, left, processes

pytestmark = pytest.mark.skipif(not can_be_seen, reason="this system has no /proc")

#: Starts a grandchild that holds its own end of the pipe, tells its id, and ends at once.
ORPHAN = """
import subprocess, sys
grandchild = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"])
print(grandchild.pid, flush=True)
"""


def test_left__names_a_child_until_it_ends() -> None:
    """A child process is named with its command, and no longer once it has ended."""
    child = start_python("import sys; sys.stdin.read()")
    assert any(line.startswith(f"{child.pid} ") for line in processes())
    child.communicate("")
    assert not any(line.startswith(f"{child.pid} ") for line in processes())


def test_left__names_a_grandchild_whose_parent_ended() -> None:
    """A process is named as well when the one that started it is gone."""
    child = start_python(ORPHAN)
    assert child.stdin is not None and child.stdout is not None
    pid = child.stdout.readline().strip()
    child.wait(60)
    assert any(line.startswith(f"{pid} ") for line in processes())
    child.stdin.close()
    child.stdout.close()
    assert not any(line.startswith(f"{pid} ") for line in left())


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # threads of other tests
def test_left__names_a_forked_child() -> None:
    """A forked child is named, and a zombie, which has ended, is not."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    assert any(line.startswith(f"{pid} ") for line in processes())
    os.close(writing)
    assert not any(line.startswith(f"{pid} ") for line in left())
    os.waitpid(pid, 0)
    os.close(reading)
