"""Random ids, codes and keys; with a seed, the same ones in each run."""

from __future__ import annotations

import random
import threading
import uuid
from base64 import b64encode


class Ids:
    """Makes ids. With a seed, each kind has its own sequence, so that a read does not change the next id.

    Args:
        seed: Any text or number; None for unpredictable ids.
    """

    def __init__(self, seed: str | int | None = None) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Start the seed's sequences again."""
        self._sources: dict[str, random.Random] = {}

    def uuid(self, kind: str = "ids") -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self._bits(kind, 128), version=4))

    def hex(self, kind: str) -> str:
        """32 hex digits."""
        return f"{self._bits(kind, 128):032x}"

    def below(self, end: int, kind: str) -> int:
        """An integer from 0 up to `end`, exclusive."""
        with self._lock:
            return self._source(kind).randrange(end)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        with self._lock:
            return self._source("faults").random() < probability

    def webhook_secret(self) -> str:
        """A signing secret as Codat's Portal shows it: `whsec_` and the base64 of 24 bytes."""
        return f"whsec_{b64encode(self._bits('secrets', 192).to_bytes(24, 'big')).decode()}"

    def _bits(self, kind: str, count: int) -> int:
        with self._lock:
            return self._source(kind).getrandbits(count)

    def _source(self, kind: str) -> random.Random:
        if kind not in self._sources:
            chance = random.SystemRandom() if self._seed is None else random.Random(f"{self._seed}/{kind}")  # noqa: S311  # reproducible on request
            self._sources[kind] = chance
        return self._sources[kind]
