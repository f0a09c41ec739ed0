"""Codat's rules for the Idempotency-Key header of POST and PATCH."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codat_python_sdk.sandbox.messages import Rejected, Request, Response

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Mapping

    from codat_python_sdk.sandbox.clock import Clock

LIFETIME = 90 * 60.0  # seconds
MAX_KEYS = 20_000  # the oldest are forgotten first
MAX_BYTES = 64 * 1024 * 1024  # of keys and responses, with the same rule


@dataclass(slots=True)
class _Entry:
    request: tuple[str, str, bytes]  # method, target and the digest of the body
    created: float
    response: Response | None = None  # None: still in flight

    def size(self, key: str) -> int:
        """About how many bytes it and its key keep."""
        return len(key) + len(self.request[1]) + (0 if self.response is None else len(self.response.body))


class IdempotencyKeys:
    """Stores the response of each idempotency key for 90 minutes, and replays it.

    Any status but 429 is stored, 5xx included: a retry with the same key replays the error.

    Args:
        clock: The sandbox's clock.
        lock: The state's lock. A change and its stored response are written together, so that no saved state has one
            without the other.
    """

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._bytes = 0
        self._lock = lock
        self.changes: int = 0  # a counter, as in the state

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Remove all keys."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0
            self.changes += 1

    def once(
        self, request: Request, perform: Callable[[], Response], in_flight: Callable[[], object] = lambda: None
    ) -> Response:
        """The response of `perform`, or the stored response of this key.

        Args:
            request: The request.
            perform: Processes the request, without waiting.
            in_flight: Called before `perform`, while the key is in progress; it may wait.

        Raises:
            Rejected: 422 for a key that was used with another request, 409 while the first request is in progress.
        """
        key = request.headers.get("Idempotency-Key") if request.method in ("POST", "PATCH") else None
        if not key:
            in_flight()
            return perform()
        digest = hashlib.sha256(request.body).digest()
        entry = _Entry((request.method, request.target, digest), self._clock.now())
        earlier = self._claim(key, entry)
        if earlier is not None:
            return earlier
        try:
            in_flight()
            with self._lock:
                response = perform()
                if response.status != 429:
                    self._store(key, entry, response)
        finally:
            self._release(key, entry)
        return response

    def to_json(self) -> list[dict[str, Any]]:
        """The keys that have a stored response, in the form that `restore` reads."""
        with self._lock:
            return [
                {"key": key, "request": [method, target, digest.hex()], "created": entry.created,
                 "response": _to_json(entry.response)}
                for key, entry in self._entries.items() if entry.response is not None
                for method, target, digest in [entry.request]
            ]  # fmt: skip

    def restore(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace all keys by those that `to_json` wrote. Expired keys are removed as usual."""
        entries: dict[str, _Entry] = {}
        for row in rows:
            method, target, digest = row["request"]
            request = (str(method), str(target), bytes.fromhex(digest))
            entries[str(row["key"])] = _Entry(request, float(row["created"]), _from_json(row["response"]))
        with self._lock:
            self._entries = entries
            self._bytes = sum(entry.size(key) for key, entry in entries.items())
            self._forget()

    def _claim(self, key: str, entry: _Entry) -> Response | None:
        with self._lock:
            earlier = self._entries.get(key)
            if earlier is None or self._is_over(earlier):
                self._remove(key)  # so that the new one is the youngest
                self._entries[key] = entry
                self._bytes += entry.size(key)
                self._forget()
                return None
            if earlier.request != entry.request:
                raise Rejected(422, "This idempotency key was used with another request")
            if earlier.response is None:
                raise Rejected(409, "A request with this idempotency key is already in progress")
            return earlier.response

    def _release(self, key: str, entry: _Entry) -> None:
        """Remove a key whose request ended without a stored response."""
        with self._lock:
            if entry.response is None and self._entries.get(key) is entry:
                self._remove(key)

    def _store(self, key: str, entry: _Entry, response: Response) -> None:
        """Store the response of a request. Its key may have expired, or have been forgotten, meanwhile."""
        entry.response = response
        self.changes += 1
        if self._entries.get(key) is entry:
            self._bytes += len(response.body)
            self._forget()

    def _remove(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size(key)

    def _is_over(self, entry: _Entry) -> bool:
        # The clock may also have been moved back.
        return abs(self._clock.now() - entry.created) >= LIFETIME

    def _forget(self) -> None:
        while self._entries:
            oldest = next(iter(self._entries))
            too_many = len(self._entries) > MAX_KEYS or (self._bytes > MAX_BYTES and len(self._entries) > 1)
            if not too_many and not self._is_over(self._entries[oldest]):
                return
            self._remove(oldest)


def _to_json(response: Response) -> dict[str, Any]:
    return {
        "status": response.status, "body": base64.b64encode(response.body).decode("ascii"),
        "contentType": response.content_type, "headers": dict(response.headers), "error": response.error,
    }  # fmt: skip


def _from_json(row: Mapping[str, Any]) -> Response:
    body = base64.b64decode(row["body"], validate=True)
    return Response(int(row["status"]), body, row["contentType"], dict(row["headers"]), row["error"])
