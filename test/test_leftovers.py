"""What the check at the end of each run sees: processes, sockets and threads that outlive the tests."""

from __future__ import annotations

import os
import socket
import threading

import pytest
from child import start_python
from leftovers import all_of_it, can_be_seen, left, processes

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
    own = all_of_it()
    child = start_python(ORPHAN)
    assert child.stdin is not None and child.stdout is not None
    pid = child.stdout.readline().strip()
    child.wait(60)
    assert any(line.startswith(f"{pid} ") for line in processes())
    child.stdin.close()
    child.stdout.close()
    assert not any(line.startswith(f"{pid} ") for line in left(before=own))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # threads of other tests
def test_left__names_a_forked_child() -> None:
    """A forked child is named, and a zombie, which has ended, is not."""
    own = all_of_it()
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    assert any(line.startswith(f"{pid} ") for line in processes())
    os.close(writing)
    assert not any(line.startswith(f"{pid} ") for line in left(before=own))
    os.waitpid(pid, 0)
    os.close(reading)


def test_left__names_a_socket_until_it_is_closed() -> None:
    """A socket that a test has opened is named until it is closed."""
    before = all_of_it()
    with socket.socket():
        (name,) = left(0, before)
        assert name.startswith("socket:")
    assert name not in left(0, before)


def test_left__names_a_thread_until_it_ends() -> None:
    """A thread that a test has started is named until it ends."""
    before, over = all_of_it(), threading.Event()
    thread = threading.Thread(target=over.wait, name="left behind")
    thread.start()
    assert any(line.startswith("left behind") for line in left(0, before))
    over.set()
    thread.join()
    assert not any(line.startswith("left behind") for line in left(0, before))
