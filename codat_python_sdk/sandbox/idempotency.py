"""Codat's rules for the Idempotency-Key header of POST and PATCH."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codat_python_sdk.sandbox.messages import Rejected, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from codat_python_sdk.sandbox.clock import Clock

LIFETIME = 90 * 60.0  # seconds
MAX_KEYS = 20_000  # the oldest are forgotten first


@dataclass(slots=True)
class _Entry:
    request: tuple[str, str, bytes]  # method, target and the digest of the body
    created: float
    response: Response | None = None  # None: still in flight


class IdempotencyKeys:
    """Remembers for 90 minutes the response that a key got, and gives it again.

    Any status but 429 is remembered, errors and 5xx included: retrying those with the same key replays them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._entries.clear()

    def once(self, request: Request, perform: Callable[[], Response]) -> Response:
        """The response of `perform`, or the remembered one when this key had one before.

        Raises:
            Rejected: 422 for a key that came with another request before, 409 while the first is in flight.
        """
        key = request.headers.get("Idempotency-Key") if request.method in ("POST", "PATCH") else None
        if not key:
            return perform()
        digest = hashlib.sha256(request.body).digest()
        entry = _Entry((request.method, request.target, digest), self._clock.now())
        earlier = self._claim(key, entry)
        if earlier is not None:
            return earlier
        response = None
        try:
            response = perform()
            return response
        finally:
            self._settle(key, entry, response)

    def _claim(self, key: str, entry: _Entry) -> Response | None:
        with self._lock:
            earlier = self._entries.get(key)
            if earlier is None or self._is_over(earlier):
                self._entries.pop(key, None)  # so that the new one is the youngest
                self._entries[key] = entry
                self._forget()
                return None
            if earlier.request != entry.request:
                raise Rejected(422, "This idempotency key was used with another request")
            if earlier.response is None:
                raise Rejected(409, "A request with this idempotency key is already in progress")
            return earlier.response

    def _settle(self, key: str, entry: _Entry, response: Response | None) -> None:
        with self._lock:
            if response is not None and response.status != 429:
                entry.response = response
            elif self._entries.get(key) is entry:
                del self._entries[key]

    def _is_over(self, entry: _Entry) -> bool:
        # The clock may also have been moved back.
        return abs(self._clock.now() - entry.created) >= LIFETIME

    def _forget(self) -> None:
        while self._entries:
            oldest = next(iter(self._entries))
            if len(self._entries) <= MAX_KEYS and not self._is_over(self._entries[oldest]):
                return
            del self._entries[oldest]
