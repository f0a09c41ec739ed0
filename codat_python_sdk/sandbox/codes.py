"""The one-time codes at the end of a linkUrl."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, Literal

LIFETIME = 24 * 60 * 60.0  # seconds; "lasts one day" in Codat's pages on secure linking
GRAIN = 10.0  # seconds; codes of the same ten seconds share a note of when they were issued
MAX_CODES = 10**6  # six digits
STEP = 387_420_489  # shares no factor with 10**6, so that stepping by it visits every number once
_BACK = pow(STEP, -1, MAX_CODES)


class OneTimeCodes:
    """The codes that one connection's links carry. Every read issues another, and each works once.

    Code number n is `offset + n * STEP` modulo a million: none comes twice before all did, and it can be told from a
    code which one it is. So a client that polls for a day costs a few numbers and not a dictionary.
    """

    __slots__ = ("_first", "_issued", "_offset", "_since", "_used")

    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._issued = 0
        self._first = array("q")  # for each note, the number of its first code
        self._since = array("d")  # and when that was issued
        self._used: set[int] = set()

    def issue(self, now: float) -> str:
        """A fresh code of six digits, valid for one day."""
        if not self._since or not 0 <= now - self._since[-1] < GRAIN:
            self._forget(now)
            self._first.append(self._issued)
            self._since.append(now)
        number = self._issued
        self._issued += 1
        return f"{(self._offset + number * STEP) % MAX_CODES:06d}"

    def state(self, code: str, now: float) -> Literal["valid", "used", "unknown"]:
        """What a code is worth; an expired one is unknown."""
        number = self._number(code)
        note = bisect_right(self._first, number) - 1 if number is not None else -1
        if number is None or note < 0 or abs(now - self._since[note]) >= LIFETIME:
            return "unknown"
        return "used" if number in self._used else "valid"

    def use(self, code: str) -> None:
        """Spend a valid code."""
        number = self._number(code)
        if number is not None:
            self._used.add(number)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` needs."""
        return {
            "offset": self._offset, "issued": self._issued, "first": list(self._first), "since": list(self._since),
            "used": sorted(self._used),
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> OneTimeCodes:
        """The codes that `to_json` wrote."""
        codes = cls(kept["offset"])
        codes._issued, codes._used = kept["issued"], set(kept["used"])
        codes._first, codes._since = array("q", kept["first"]), array("d", kept["since"])
        return codes

    def _number(self, code: str) -> int | None:
        """Which of the issued codes this is; of two that are a million apart, the later. Below 0: it was not issued."""
        if not (len(code) == 6 and code.isascii() and code.isdigit()):
            return None
        number = (int(code) - self._offset) * _BACK % MAX_CODES
        return number + (self._issued - 1 - number) // MAX_CODES * MAX_CODES

    def _forget(self, now: float) -> None:
        expired = 0
        while expired < len(self._since) and abs(now - self._since[expired]) >= LIFETIME:
            expired += 1
        if expired:
            del self._first[:expired], self._since[:expired]
            first = self._first[0] if self._first else self._issued
            self._used = {number for number in self._used if number >= first}
