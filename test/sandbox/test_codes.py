"""One-time codes."""

from __future__ import annotations

import secrets

import pytest

from codat_python_sdk.sandbox import codes
from codat_python_sdk.sandbox.codes import LIFETIME, OneTimeCodes


def test_state__valid_then_used() -> None:
    """A code is valid until it is used, and other codes stay valid."""
    pool = OneTimeCodes()
    first, second = pool.issue(0), pool.issue(0)
    assert first != second
    pool.use(first)
    assert (pool.state(first, 1), pool.state(second, 1)) == ("used", "valid")


def test_state__unknown_and_expired() -> None:
    """A code that was never issued, or a day ago, is unknown."""
    pool = OneTimeCodes()
    code = pool.issue(0)
    assert pool.state("nope", 0) == "unknown"
    assert pool.state(code, LIFETIME - 1) == "valid"
    assert pool.state(code, LIFETIME) == "unknown"


def test_issue__never_repeats_a_living_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A random number that is taken is drawn again."""
    numbers = iter([1, 1, 1, 2])

    def drawn(_: int) -> int:
        return next(numbers)

    monkeypatch.setattr(secrets, "randbelow", drawn)
    pool = OneTimeCodes()
    assert [pool.issue(0), pool.issue(0)] == ["000001", "000002"]


def test_issue__forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expired codes leave the memory, and so do the oldest when there are too many."""
    monkeypatch.setattr(codes, "MOST", 3)
    pool = OneTimeCodes()
    issued = [pool.issue(0) for _ in range(4)]
    assert [pool.state(code, 0) for code in issued] == ["unknown", "valid", "valid", "valid"]
    pool.issue(LIFETIME)
    assert len(pool._codes) == 1
