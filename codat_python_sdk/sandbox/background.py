"""Work that comes after a response and must not hold it back: callbacks and storing the state."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.clock import stopwatch

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_WAITING = 10_000  # a job that hangs must not fill the memory
PATIENCE = 0.05  # seconds that jobs wait for an earlier one whose response is still being sent


@dataclass(eq=False)
class Job:
    """Something to do once it is ready."""

    work: Callable[[], object]
    ready: bool


class Background:
    """Runs jobs one after the other, in the order in which they were added, in a thread that starts with the first.

    Args:
        errors: Where errors are kept.
    """

    def __init__(self, errors: deque[BaseException]) -> None:
        self._errors = errors
        self._jobs: deque[Job] = deque(maxlen=MAX_WAITING)
        self._changed = threading.Condition()
        self._busy = False
        self._thread: threading.Thread | None = None

    def add(self, work: Callable[[], object], *, ready: bool = True) -> Job:
        """Queue a job. One that is not ready yet keeps its place until `release`."""
        job = Job(work, ready)
        with self._changed:
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="codat-sandbox-callbacks", daemon=True)
                try:
                    self._thread.start()
                except RuntimeError:  # no thread to be had: the next job tries again
                    self._thread = None
            self._changed.notify_all()
        return job

    def release(self, job: Job) -> None:
        """The job is ready."""
        with self._changed:
            job.ready = True
            self._changed.notify_all()

    def stop(self, seconds: float) -> None:
        """End the thread after the jobs that are ready, or without them when they take longer than so many seconds.

        A job may call this: then it returns at once, and the job goes on.
        """
        end = stopwatch() + seconds
        with self._changed:
            while self._thread not in (None, threading.current_thread()) and (
                self._busy or any(job.ready for job in self._jobs)
            ):
                remaining = end - stopwatch()
                if remaining <= 0:
                    break
                self._changed.wait(remaining)
            thread, self._thread = self._thread, None
            self._jobs.clear()
            self._busy = False
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, end - stopwatch()))

    def _run(self) -> None:
        me = threading.current_thread()
        while True:
            with self._changed:
                job = self._next(me)
                if job is None:
                    return
                self._busy = True
            try:
                job.work()
            except BaseException as error:
                self._errors.append(error)
            with self._changed:
                if self._thread is not me:
                    return
                self._busy = False
                self._changed.notify_all()

    def _next(self, me: threading.Thread) -> Job | None:
        """The next job; None when this thread is to end."""
        waited_since: float | None = None
        while self._thread is me:
            ready = next((job for job in self._jobs if job.ready), None)
            if ready is None:
                self._changed.wait()
                continue
            waited_since = stopwatch() if waited_since is None else waited_since
            remaining = waited_since + PATIENCE - stopwatch()
            if ready is self._jobs[0] or remaining <= 0:
                self._jobs.remove(ready)
                return ready
            self._changed.wait(remaining)
        return None
