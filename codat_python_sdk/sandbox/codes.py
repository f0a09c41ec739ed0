"""The one-time codes at the end of a linkUrl."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

LIFETIME = 24 * 60 * 60.0  # seconds; "lasts one day" in Codat's pages on secure linking
MOST = 10_000  # per connection: a client that polls for a day must not fill the memory, nor the six digits


@dataclass
class _Code:
    expires: float
    used: bool = False


class OneTimeCodes:
    """The codes that one connection's links carry. Every read issues another, and each works once."""

    def __init__(self) -> None:
        self._codes: dict[str, _Code] = {}

    def issue(self, now: float) -> str:
        """A fresh code of six digits, valid for one day."""
        self._forget(now)
        code = f"{secrets.randbelow(10**6):06d}"
        while code in self._codes:
            code = f"{secrets.randbelow(10**6):06d}"
        self._codes[code] = _Code(now + LIFETIME)
        return code

    def state(self, code: str, now: float) -> Literal["valid", "used", "unknown"]:
        """What a code is worth; an expired one is unknown."""
        known = self._codes.get(code)
        if known is None or known.expires <= now:
            return "unknown"
        return "used" if known.used else "valid"

    def use(self, code: str) -> None:
        """Spend a valid code."""
        self._codes[code].used = True

    def _forget(self, now: float) -> None:
        # The oldest come first in the dictionary, and all live equally long.
        while self._codes:
            oldest = next(iter(self._codes))
            if self._codes[oldest].expires > now and len(self._codes) < MOST:
                return
            del self._codes[oldest]
