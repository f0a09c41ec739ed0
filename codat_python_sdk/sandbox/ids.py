"""Random ids, codes and keys; with a seed, the same ones in each run."""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

_DIGEST_BITS = 256
_FRACTION_BITS = 53  # of a float


class Ids:
    """Makes ids. With a seed, each kind has its own sequence, so that a read does not change the next id.

    Args:
        seed: Any text or number; None for unpredictable ids.
    """

    def __init__(self, seed: str | int | None = None) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._drawn: dict[str, int] = {}

    def reset(self) -> None:
        """Start the seed's sequences again."""
        self.restore({})

    def restore(self, drawn: Mapping[str, int]) -> None:
        """Go on after so many of each kind, as `drawn` returned them: a restart must not repeat ids."""
        counts = {str(kind): int(count) for kind, count in drawn.items()}
        with self._lock:
            self._drawn = counts

    @property
    def drawn(self) -> dict[str, int]:
        """How many of each kind were made."""
        with self._lock:
            return dict(self._drawn)

    def uuid(self, kind: str = "ids", *, taken: Container[str] = ()) -> str:
        """A version 4 UUID that is not among those taken."""
        while True:
            made = str(uuid.UUID(int=self._bits(kind, 128), version=4))
            if made not in taken:
                return made

    def hex(self, kind: str) -> str:
        """32 hex digits."""
        return f"{self._bits(kind, 128):032x}"

    def below(self, end: int, kind: str) -> int:
        """An integer from 0 up to `end`, exclusive."""
        return self._bits(kind, _DIGEST_BITS) % end

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._bits("faults", _FRACTION_BITS) < probability * (1 << _FRACTION_BITS)

    def webhook_secret(self) -> str:
        """A signing secret as Codat's Portal shows it: `whsec_` and the base64 of 24 bytes."""
        return f"whsec_{b64encode(self._bits('secrets', 192).to_bytes(24, 'big')).decode()}"

    def _bits(self, kind: str, count: int) -> int:
        """The next random integer of so many bits; with a seed, it follows from kind and position alone."""
        with self._lock:
            position = self._drawn.get(kind, 0)
            self._drawn[kind] = position + 1
        if self._seed is None:
            return secrets.randbits(count)
        digest = hashlib.sha256(f"{self._seed}/{kind}/{position}".encode()).digest()
        return int.from_bytes(digest, "big") >> (_DIGEST_BITS - count)
