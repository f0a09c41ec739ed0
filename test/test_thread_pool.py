"""Threads for async_req, and the handle."""

from __future__ import annotations

import _thread
import gc
import multiprocessing
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import pytest

from codat_python_sdk import ApiClient
from codat_python_sdk.thread_pool import AsyncResult, ThreadPool


def test_result__of_a_function_that_returns() -> None:
    """The handle has 2021's four methods, and they agree."""
    pool = ThreadPool(1)
    handle = pool.apply_async(divmod, (7, 2))
    handle.wait(5)
    assert (handle.get(), handle.ready(), handle.successful()) == ((3, 1), True, True)
    pool.close()


def test_result__of_a_function_that_raises() -> None:
    """Get raises what the function raised, each time."""
    pool = ThreadPool(1)
    handle: AsyncResult[Any] = pool.apply_async(int, ("x",))
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            handle.get(5)
    assert not handle.successful()
    pool.close()


def test_result__that_is_not_there_yet() -> None:
    """Before the end, successful is a ValueError, and get with a timeout what multiprocessing raises."""
    pool, event = ThreadPool(1), threading.Event()
    handle = pool.apply_async(event.wait, (30,))
    with pytest.raises(multiprocessing.TimeoutError, match=r"within 0.*the call continues"):
        handle.get(0.01)
    with pytest.raises(ValueError, match="not ready"):
        handle.successful()
    assert not handle.ready()
    event.set()
    assert handle.get(5) is True
    pool.close()


@pytest.mark.parametrize("timeout", [float("inf"), 1e12])
def test_result__waited_for_without_end(timeout: float) -> None:
    """A time that is longer than any system can wait is as good as none."""
    gate = threading.Event()
    result = ThreadPool(1).apply_async(gate.wait)
    threading.Timer(0.05, gate.set).start()
    assert result.get(timeout) is True


def test_close__finishes_what_was_taken_on() -> None:
    """Close returns when all functions have run; a later one starts new threads."""
    pool, done = ThreadPool(2), list[int]()
    gate = threading.Event()

    def note(number: int) -> None:
        gate.wait(5)
        done.append(number)

    for number in range(6):
        pool.apply_async(note, (number,))
    gate.set()
    pool.close()
    assert sorted(done) == [0, 1, 2, 3, 4, 5]
    assert pool.apply_async(len, ("ab",)).get(5) == 2
    pool.close()
    pool.close()


def test_close__in_one_of_the_threads() -> None:
    """A function that closes its own pool ends, as does the pool."""
    pool = ThreadPool(1)
    assert pool.apply_async(pool.close).get(5) is None
    assert pool.apply_async(len, ("ab",)).get(5) == 2
    pool.close()


def test_pool__is_made_once_whatever_races() -> None:
    """Twenty threads that use a client's pool for the first time get the same one."""
    client, barrier = ApiClient(), threading.Barrier(20)

    def pool() -> ThreadPool:
        barrier.wait(5)
        return client.pool

    with ThreadPoolExecutor(20) as executor:
        pools = {id(future.result()) for future in [executor.submit(pool) for _ in range(20)]}
    assert len(pools) == 1
    client.close()


def test_close__that_races_with_calls(hurried: None) -> None:
    """Calls that begin while the pool is being closed are run, by it or by the next one."""
    pool = ThreadPool(2)
    results = list[int]()

    def call() -> None:
        for _ in range(50):
            results.append(pool.apply_async(len, ("abc",)).get(5))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        pool.close()
    for thread in threads:
        thread.join()
    assert results == [3] * 200
    pool.close()


class Interruption(BaseException):
    """As if a signal handler had raised it."""


def was_interrupted(number: int, function: Callable[[], object]) -> bool:
    """Run a function, and interrupt it at the step of this number (line or bytecode instruction), if it has so many."""
    left = number

    def trace(frame: FrameType, _: str, __: object) -> Any:
        nonlocal left
        frame.f_trace_opcodes = True
        left -= 1
        if left == 0:
            raise Interruption
        return trace

    gc.disable()  # what raises in a finalizer of another test's client is not seen by anyone
    sys.settrace(trace)
    try:
        function()
    except Interruption:
        return True
    finally:
        sys.settrace(None)
        gc.enable()
    return False


@pytest.mark.skipif("coverage" in sys.modules, reason="coverage needs to be the only one who traces")
@pytest.mark.parametrize("size", [1, 2])
def test_pool__interrupted_at_any_step(size: int) -> None:
    """Wherever the caller is interrupted, the pool goes on, no thread waits forever, and close ends."""
    pool, number = ThreadPool(size), 1
    gate = threading.Event()

    def start_and_wait() -> None:
        pool.apply_async(gate.wait, (0.001,)).get(5)

    while was_interrupted(number, start_and_wait):
        assert pool.apply_async(len, ("abc",)).get(5) == 3
        number += 1
    assert number > 20
    pool.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("codat_python_sdk")]


def test_pool__after_the_script_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started any more, the function runs at once, and the handle has its result."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(_thread, "start_new_thread", refuse)
    pool = ThreadPool(1)
    assert pool.apply_async(len, ("abc",)).get(0) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        pool.apply_async(int, ("x",)).get(0)


def test_pool__where_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the process's limit of threads each function is run once, by a thread that is there or by the caller."""
    pool, gate, runs = ThreadPool(2), threading.Event(), list[int]()
    first = pool.apply_async(gate.wait, (30,))

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    handles = [pool.apply_async(runs.append, (number,)) for number in range(3)]
    gate.set()
    assert first.get(5)
    for handle in handles:
        handle.get(5)
    monkeypatch.undo()
    pool.close()
    assert sorted(runs) == [0, 1, 2]
