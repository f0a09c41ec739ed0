"""Callbacks after the response."""

from __future__ import annotations

import threading
from collections import deque

import pytest

from codat_python_sdk.sandbox import Request, Sandbox, _sandbox
from codat_python_sdk.sandbox import background as background_module
from codat_python_sdk.sandbox.background import Background
from codat_python_sdk.sandbox.clock import stopwatch

from .conftest import Caller


def test_on_request__cannot_hold_the_response_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a callback hangs, its request and others are responded to, and `stop` does not wait for it."""
    monkeypatch.setattr(_sandbox, "CALLBACK_SECONDS", 0.1)
    entered, release = threading.Event(), threading.Event()

    def hang(_: Request) -> None:
        entered.set()
        release.wait(60)

    sandbox = Sandbox(on_request=hang)
    sandbox.start()
    caller = Caller(sandbox)
    assert [caller("GET").status for _ in range(3)] == [200, 200, 200]
    assert entered.wait(10)
    started = stopwatch()
    sandbox.stop()
    assert stopwatch() - started < 10
    release.set()


def test_on_request__error_is_raised_from_stop() -> None:
    """What a callback raises harms no response, and is raised when the sandbox stops; once."""

    def check(_: Request) -> None:
        raise AssertionError("no trace header")

    sandbox = Sandbox(on_request=check)
    sandbox.start()
    assert Caller(sandbox)("GET").status == 200
    with pytest.raises(AssertionError, match="no trace header"):
        sandbox.stop()
    sandbox.stop()


def test_on_request__error_does_not_hide_another() -> None:
    """An exception on its way out of the block matters more than what a callback raised."""

    def check(_: Request) -> None:
        raise OSError("disk full")

    def use() -> None:
        with Sandbox(on_request=check) as sandbox:
            Caller(sandbox)("GET")
            raise KeyError

    with pytest.raises(KeyError):
        use()


def test_on_request__may_stop_the_sandbox() -> None:
    """A callback that stops the sandbox leaves the response whole and the sandbox stopped."""
    stopped = threading.Event()

    def stop(_: Request) -> None:
        sandbox.stop()
        stopped.set()

    sandbox = Sandbox(on_request=stop)
    sandbox.start()
    assert Caller(sandbox)("GET").status == 200
    assert stopped.wait(10)
    assert repr(sandbox) == "<Sandbox stopped>"


def test_jobs__keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run in the order in which they were added, though a later one is ready before an earlier one."""
    looked = threading.Event()

    def standing_still() -> float:
        looked.set()
        return 0.0

    monkeypatch.setattr(background_module, "stopwatch", standing_still)
    background, seen = Background(deque()), list[int]()
    first = background.add(lambda: seen.append(1), ready=False)
    background.add(lambda: seen.append(2))
    assert looked.wait(10)  # it has seen that the later one is ready
    background.release(first)
    background.stop(10)
    assert seen == [1, 2]


def test_jobs__wait_where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the system's limit of threads a job can be added all the same, and runs before the next one."""

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    background, seen = Background(deque()), list[int]()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        background.add(lambda: seen.append(1))
    background.add(lambda: seen.append(2))
    background.stop(10)
    assert seen == [1, 2]


def test_jobs__go_on_after_one_that_is_never_ready() -> None:
    """A job whose response is never sent does not keep the others from running, and is dropped at the end."""
    errors = deque[BaseException]()
    background, done = Background(errors), threading.Event()
    background.add(lambda: pytest.fail("never released"), ready=False)
    background.add(done.set)
    assert done.wait(10)
    background.stop(10)
    assert not errors
