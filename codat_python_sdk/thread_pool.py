"""Threads for ``async_req=True``, and the handle that such a call returns."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


class AsyncResult(Generic[T]):
    """A running call; the interface of 2021, which is that of ``multiprocessing.pool.AsyncResult``."""

    def __init__(self, future: Future[T], pool: ThreadPool) -> None:
        self._future = future
        self._pool = pool

    def get(self, timeout: float | None = None) -> T:
        """The result of the call, or its exception raised.

        Raises:
            multiprocessing.TimeoutError: It is not there after ``timeout`` seconds; the call goes on.
        """
        self.wait(timeout)
        if not self._future.done():
            from multiprocessing import TimeoutError as NotReadyError

            raise NotReadyError
        return self._future.result()

    def wait(self, timeout: float | None = None) -> None:
        """Return when the call is over, or after ``timeout`` seconds."""
        try:
            self._future.exception(timeout)
        except FutureTimeoutError:
            return

    def ready(self) -> bool:
        """Whether the call is over."""
        return self._future.done()

    def successful(self) -> bool:
        """Whether the call is over and raised nothing.

        Raises:
            ValueError: It is not over.
        """
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        return self._future.exception() is None


class ThreadPool:
    """Up to ``size`` threads, each started when there is work for it.

    ``multiprocessing.pool.ThreadPool``, which 2021 used, needs semaphores, and they need /dev/shm. The threads of an
    executor need neither; and when a script ends, Python waits for the calls that they have accepted.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        # By process: a forked child has none of its parent's threads. ``setdefault`` makes one of several first calls.
        self._executors: dict[int, ThreadPoolExecutor] = {}

    def apply_async(
        self, function: Callable[..., T], args: tuple[Any, ...] = (), kwds: dict[str, Any] | None = None
    ) -> AsyncResult[T]:
        """Run a function in a thread; in this one if no other can be started, as after the end of the script."""
        task = _Task(function, args, kwds or {})
        for _ in range(2):
            try:
                self._executor().submit(task.run)
                break
            except RuntimeError:  # shut down by close() just now or permanently, or there can be no more threads
                continue
        else:
            task.run()
        return AsyncResult(task.future, self)

    def _executor(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor  # after the end of the script this is a RuntimeError as well

        return self._executors.setdefault(os.getpid(), ThreadPoolExecutor(self._size, "codat_python_sdk"))

    def close(self) -> None:
        """Finish the calls that the threads have accepted. A later call starts new ones."""
        executor = self._executors.pop(os.getpid(), None)
        if executor is not None:
            try:
                executor.shutdown()
            except RuntimeError:  # called in one of the threads, which cannot wait for itself
                executor.shutdown(wait=False)


class _Task(Generic[T]):
    """A function that is run once: an executor that fails to start a thread keeps what it was given all the same."""

    def __init__(self, function: Callable[..., T], args: tuple[Any, ...], kwds: dict[str, Any]) -> None:
        self.future: Future[T] = Future()
        self._arguments = [(function, args, kwds)]  # whoever takes them runs the function

    def run(self) -> None:
        try:
            function, args, kwds = self._arguments.pop()
        except IndexError:
            return
        try:
            self.future.set_result(function(*args, **kwds))
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is asked for
            self.future.set_exception(error)
