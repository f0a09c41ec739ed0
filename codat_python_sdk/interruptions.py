"""Exceptions that were thrown into a call from outside, so that the call does not take them for a failure of its own.

A signal handler raises one between any two steps of the thread that it interrupts. gevent and eventlet throw one into a
greenlet that waits: for their ``Timeout(seconds, exception)``, and when a greenlet is killed with an exception.
"""

# The module _signal has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal itself would be one more module to load
import _thread
import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import Any

_GREENLETS = frozenset({"gevent", "eventlet"})
#: Packages that a request runs through. They raise exceptions of their own; any other one was thrown into them.
_NETWORK_PACKAGES = sys.stdlib_module_names.union(
    ("codat_python_sdk", "urllib3", "OpenSSL", "cryptography", "idna", "truststore", "dns", "socks"),
    ("gevent", "eventlet", "brotli", "brotlicffi", "zstandard", "backports"),
)


def interruption_in(error: BaseException) -> BaseException | None:
    """The exception from outside that is this one, or that this one was raised for; None when there is none.

    Handlers raise what they like, ``TimeoutError`` more than anything, and urllib3 takes that for a failure of the
    network. Exceptions that the caller was handling when it made the call, and which are the context of all that is
    raised in there, do not count.
    """
    handlers, found = set(_codes_of_signal_handlers()), None
    for cause in causes_in_call(error):
        frames = [*_frames(cause.__traceback__)]
        if any(frame.f_code in handlers for frame in frames) or _was_thrown_into_greenlet(cause, frames):
            found = cause  # the last one is the original: urllib3 gives its own exception the other one's traceback
    return found


def raise_interruption_in(error: BaseException) -> None:
    """Raise the exception from outside that is this one, or that this one was raised for, if there is one."""
    interruption = interruption_in(error)
    if interruption is not None:
        raise interruption


def thrown_in(error: BaseException) -> BaseException | None:
    """The same for an exception of a request, and also what another thread has thrown in: job queues stop calls so."""
    return interruption_in(error) or next(filter(_is_out_of_place, causes_in_call(error)), None)


def _is_out_of_place(error: BaseException) -> bool:
    """Whether an application's exception comes out of code that cannot raise it."""
    if isinstance(error, Warning) or package_of(type(error).__module__) in _NETWORK_PACKAGES:
        return False
    frames = [*_frames(error.__traceback__)]
    return bool(frames) and package_of(frames[-1].f_globals.get("__name__")) in _NETWORK_PACKAGES


def package_of(module: object) -> str:
    """The first part of a module's name."""
    return str(module).partition(".")[0]


def causes_in_call(error: BaseException) -> Iterator[BaseException]:
    """The error, and those that it was raised for, up to what was being handled already when the call was made."""
    callers = _callers_of(error)
    for cause in causes(error):
        if cause.__traceback__ is not None and cause.__traceback__.tb_frame in callers:
            return
        yield cause


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that it was raised for or in the handling of."""
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _callers_of(error: BaseException) -> set[FrameType]:
    """The frames outside of the one that has caught the error."""
    frame, callers = None if error.__traceback__ is None else error.__traceback__.tb_frame.f_back, set[FrameType]()
    while frame is not None:
        callers.add(frame)
        frame = frame.f_back
    return callers


def _frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next


def _codes_of_signal_handlers() -> Iterator[CodeType]:
    for number in _signal.valid_signals():
        handler: Any = _signal.getsignal(number)
        handler = getattr(handler, "func", handler)  # functools.partial
        call: Any = getattr(type(handler), "__call__", None)  # noqa: B004  # of an object that can be called
        code = getattr(handler, "__code__", None) or getattr(call, "__code__", None)
        if code is not None:
            yield code


def _was_thrown_into_greenlet(error: BaseException, frames: list[FrameType]) -> bool:
    """Whether it came out of the function that lets other greenlets run.

    A failure of a socket comes out of there as well: an ``OSError`` with a number, or one that says "timed out".
    """
    if not frames or (isinstance(error, OSError) and (error.errno is not None or "timed out" in str(error))):
        return False
    last = frames[-1]
    return package_of(last.f_globals.get("__name__")) in _GREENLETS and last.f_code.co_name.endswith("switch")


_Lock: Any = _thread.RLock


class _LockOfPython314(_Lock):  # type: ignore[misc]
    """Python 3.14 runs signal handlers between ``__enter__`` and the block: the lock would stay held."""

    def __enter__(self) -> bool:
        depth: int = self._recursion_count()
        try:
            return bool(self.acquire())
        except BaseException:
            if self._recursion_count() > depth:
                self.release()
            raise


def reentrant_lock() -> Any:
    """A lock that an interruption of the thread does not leave held, when it is used in a ``with`` statement.

    Calls in signal handlers may find it held by the call that they interrupt, so it is reentrant.
    """
    lock: Any = threading.RLock()
    is_native = type(lock) is _Lock  # and not gevent's or eventlet's
    return _LockOfPython314() if is_native and sys.version_info[:2] == (3, 14) else lock
