"""Codat's rules for the Idempotency-Key header of POST and PATCH."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.messages import Answer, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Callable

LIFETIME = 90 * 60.0  # seconds


@dataclass
class _Entry:
    request: tuple[str, str, bytes]
    expires: float
    answer: Answer | None = None  # None: still in flight


class IdempotencyKeys:
    """Remembers for 90 minutes what was answered under a key, and answers the same again.

    Any status but 429 is remembered, errors and 5xx included: retrying those with the same key replays them.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def once(self, request: Request, perform: Callable[[], Answer]) -> Answer:
        """The answer of `perform`, or the remembered one when this key was answered before.

        Raises:
            Refused: 422 for a key that came with another request before, 409 while the first is in flight.
        """
        key = request.headers.get("Idempotency-Key")
        if not key or request.method not in ("POST", "PATCH"):
            return perform()
        entry = _Entry((request.method, request.target, request.body), self._clock() + LIFETIME)
        earlier = self._claim(key, entry)
        if earlier is not None:
            return earlier
        answer = None
        try:
            answer = perform()
            return answer
        finally:
            self._settle(key, entry, answer)

    def _claim(self, key: str, entry: _Entry) -> Answer | None:
        with self._lock:
            self._forget()
            earlier = self._entries.setdefault(key, entry)
            if earlier is entry:
                return None
            if earlier.request != entry.request:
                raise Refused(422, "This idempotency key was used with another request")
            if earlier.answer is None:
                raise Refused(409, "A request with this idempotency key is already in progress")
            return earlier.answer

    def _settle(self, key: str, entry: _Entry, answer: Answer | None) -> None:
        with self._lock:
            if answer is not None and answer.status != 429:
                entry.answer = answer
            elif self._entries.get(key) is entry:
                del self._entries[key]

    def _forget(self) -> None:
        # All live equally long, so the first in the dictionary expire first.
        now = self._clock()
        while self._entries and self._entries[first := next(iter(self._entries))].expires <= now:
            del self._entries[first]
