"""Threads for ``async_req=True``, and the handle that such a call returns.

``multiprocessing.pool.ThreadPool``, which 2021 used, needs semaphores, and they need /dev/shm. It, executors and
futures also use locks that an interruption of the caller (Ctrl-C, a signal handler that raises) can leave held, so that
all later calls hang. Here the caller waits for queues written in C alone. What needs locks, such as starting a thread,
is done in another one: signal handlers run in the main thread only.
"""

from __future__ import annotations

import _thread
import atexit
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, Generic, TypeVar

from codat_python_sdk.clock import clock

T = TypeVar("T")

#: Seconds; for longer, waiting is begun again. No system waits for an infinite number of them.
_MAX_WAIT = 3600.0


class AsyncResult(Generic[T]):
    """A running call; the interface of 2021, which is that of ``multiprocessing.pool.AsyncResult``."""

    def __init__(self, task: Task[T], pool: ThreadPool) -> None:
        self._task = task
        self._pool = pool

    def get(self, timeout: float | None = None) -> T:
        """The result of the call, or its exception raised.

        Raises:
            multiprocessing.TimeoutError: It is not there after ``timeout`` seconds; the call goes on.
        """
        self.wait(timeout)
        if not self._task.is_over:
            from multiprocessing import TimeoutError as NotReadyError

            raise NotReadyError(f"no result within {timeout} s; the call continues, and a later get() can return it")
        if self._task.error is not None:
            try:
                raise self._task.error
            finally:
                del self  # as in `Task.run`
        return self._task.value

    def wait(self, timeout: float | None = None) -> None:
        """Return when the call is over, or after ``timeout`` seconds."""
        self._task.wait(timeout)

    def ready(self) -> bool:
        """Whether the call is over."""
        return self._task.is_over

    def successful(self) -> bool:
        """Whether the call is over and raised nothing.

        Raises:
            ValueError: It is not over.
        """
        if not self.ready():
            raise ValueError(f"{self!r} not ready")
        return self._task.error is None


class ThreadPool:
    """Up to ``size`` threads. Each is started when there is work for it, and ends when there is none.

    So when a script ends, Python waits for the calls that they have accepted.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        # By process: a forked child has none of its parent's threads. ``setdefault`` makes one of several first calls.
        self._workers: dict[int, _Workers] = {}

    def apply_async(
        self, function: Callable[..., T], args: tuple[Any, ...] = (), kwds: dict[str, Any] | None = None
    ) -> AsyncResult[T]:
        """Run a function in a thread; in this one if no other can be started, as after the end of the script."""
        task = Task(function, args, kwds or {})
        self._workers.setdefault(os.getpid(), _Workers(self._size)).accept(task)
        return AsyncResult(task, self)

    def close(self) -> None:
        """Finish the calls that the threads have accepted. A later call starts new ones."""
        workers = self._workers.get(os.getpid())
        if workers is not None:
            workers.finish()


class _Workers:
    """The threads of one process, and the tasks that wait for one."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks = deque[Task[Any]]()
        self._threads = set[threading.Thread]()
        self._starting = threading.Lock()  # never taken by a caller
        self._numbers = count()

    def accept(self, task: Task[Any]) -> None:
        """Have a task run by a thread, or run it if there can be none."""
        self._tasks.append(task)
        try:
            if len(self._threads) < self._size:
                _in_another_thread(self._start_thread)
        except RuntimeError:  # there can be no more threads
            if not self._threads:
                task.run()
        except BaseException:
            task.withdraw()
            raise

    def finish(self) -> None:
        """Wait for all tasks that have been accepted; not in one of the threads, which cannot wait for itself."""
        threads = self._threads.copy()
        if threading.current_thread() in threads:
            return
        while threads:
            for thread in threads:
                thread.join()
            threads = self._threads.copy()

    def _start_thread(self) -> None:
        with self._starting:
            if len(self._threads) >= self._size:
                return
            # A thread that does not say whether it is a daemon asks for the one that starts it, which has no object.
            name, begun = f"codat_python_sdk_{next(self._numbers)}", threading.Event()
            threading.Thread(target=self._work, args=(begun,), name=name, daemon=False).start()
            begun.wait()

    def _work(self, begun: threading.Event) -> None:
        thread = threading.current_thread()
        self._threads.add(thread)
        atexit.register(thread.join)  # eventlet does not wait for its threads when a script ends
        begun.set()
        try:
            self._run_tasks(thread)
        finally:
            atexit.unregister(thread.join)

    def _run_tasks(self, thread: threading.Thread) -> None:
        while True:
            try:
                task = self._tasks.popleft()
            except IndexError:
                self._threads.discard(thread)
                # A task that has come meanwhile counted on this thread.
                if not self._tasks or len(self._threads) >= self._size:
                    return
                self._threads.add(thread)
                continue
            task.run()
            del task  # see there


def _in_another_thread(function: Callable[[], object]) -> None:
    """Run a function where no signal handler can interrupt it, and wait for it; raises what it raises."""
    done = queue.SimpleQueue[BaseException | None]()

    def run() -> None:
        error: BaseException | None = None
        try:
            function()
        except BaseException as raised:  # noqa: BLE001  # it is raised where somebody waits
            error = raised
        done.put(error)

    _thread.start_new_thread(run, ())
    error = done.get()
    if error is not None:
        raise error


class Task(Generic[T]):
    """A function that is run once, whoever runs it.

    Attributes:
        is_over: Whether it has been run.
        value: What it returned.
        error: What it raised, or None.
    """

    value: T

    def __init__(self, function: Callable[..., T], args: tuple[Any, ...], kwds: dict[str, Any]) -> None:
        self.is_over: bool = False
        self.error: BaseException | None = None
        self._arguments = [(function, args, kwds)]  # whoever takes them runs the function
        self._waiting: list[queue.SimpleQueue[None]] = []

    def withdraw(self) -> None:
        """Do not run it, if it has not begun."""
        self._arguments.clear()

    def run(self) -> None:
        """Run it, unless it has begun or was withdrawn."""
        try:
            function, args, kwds = self._arguments.pop()
        except IndexError:
            return
        try:
            self.value = function(*args, **kwds)
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is asked for
            self.error = error
        self.is_over = True
        for arrived in self._waiting.copy():
            arrived.put(None)
        del self  # the traceback of the error has this frame, and that of the caller: no cycles of references

    def wait(self, timeout: float | None) -> None:
        """Return when it is over, or after ``timeout`` seconds."""
        ends_at = None if timeout is None else clock.monotonic() + timeout
        arrived = queue.SimpleQueue[None]()
        self._waiting.append(arrived)
        try:
            while not self.is_over:
                left = None if ends_at is None else ends_at - clock.monotonic()
                if left is not None and left <= 0:
                    return
                try:
                    arrived.get(timeout=None if left is None else min(left, _MAX_WAIT))
                except queue.Empty:
                    continue
        finally:
            self._waiting.remove(arrived)
