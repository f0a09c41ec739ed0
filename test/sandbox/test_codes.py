"""One-time codes."""

from __future__ import annotations

from codat_python_sdk.sandbox.codes import MAX_CODES, OneTimeCodes

DAY = 24 * 60 * 60.0  # seconds
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def test_state__valid_then_used() -> None:
    """A code is valid until it is used, and other codes stay valid."""
    pool = OneTimeCodes(7)
    first, second = pool.issue(0), pool.issue(0)
    assert first != second
    pool.use(first)
    assert (pool.state(first, 1), pool.state(second, 1)) == ("used", "valid")


def test_state__unknown_and_expired() -> None:
    """A code that was never issued, or a day ago, is unknown; text that is no code as well."""
    pool = OneTimeCodes(0)
    code = pool.issue(0)
    assert pool.state(code, DAY - 1) == "valid"
    assert pool.state(code, DAY) == "unknown"
    later = pool.issue(DAY)
    for text in ("nope", "nobody", "", "00000", "٠٠٠٠٠٠", later.translate(ARABIC), f"0{later}", "999999", code):
        assert pool.state(text, DAY) == "unknown"
    assert pool.state(later, DAY) == "valid"


def test_state__of_codes_of_the_same_ten_seconds() -> None:
    """They expire together, a day after the first of them; a code that was issued after ten seconds is valid longer."""
    pool = OneTimeCodes(3)
    first, with_it, later = pool.issue(0), pool.issue(9.9), pool.issue(10)
    assert [pool.state(code, DAY - 0.1) for code in (first, with_it, later)] == ["valid", "valid", "valid"]
    assert [pool.state(code, DAY) for code in (first, with_it, later)] == ["unknown", "unknown", "valid"]


def test_state__clock_moved_back() -> None:
    """A code that was issued in the future of a clock that was moved back works for a day around it."""
    pool = OneTimeCodes(0)
    code = pool.issue(10 * DAY)
    assert pool.state(code, 10 * DAY - 5) == "valid"
    assert pool.state(code, 0) == "unknown"


def test_used__stays_so_when_older_codes_expire() -> None:
    """A code that was used cannot be used again after codes that were issued before it have expired."""
    pool = OneTimeCodes(11)
    pool.issue(0)
    used = [pool.issue(20), pool.issue(40)]
    for code in used:
        pool.use(code)
    pool.issue(DAY + 5)
    assert [pool.state(code, DAY + 5) for code in used] == ["used", "used"]


def test_issue__never_repeats_and_costs_little() -> None:
    """A hundred thousand codes of a day are all different, all valid, and are not stored one by one."""
    pool = OneTimeCodes(123_456)
    issued = [pool.issue(second * 0.8) for second in range(100_000)]
    assert len(set(issued)) == len(issued)
    now = 0.8 * 100_000
    assert pool.state(issued[-1], now) == pool.state(issued[50_000], now) == "valid"
    assert len(pool._since) < 10_000


def test_issue__after_a_million_starts_again() -> None:
    """When all numbers were used, the same ones are issued again, as new codes."""
    pool = OneTimeCodes(5)
    first = pool.issue(0)
    pool.use(first)
    pool._issued = MAX_CODES
    assert pool.state(first, 1) == "used"
    assert pool.issue(1) == first
    assert pool.state(first, 1) == "valid"


def test_json__survives() -> None:
    """Stored and read again, the same codes are valid, used and unknown."""
    pool = OneTimeCodes(9)
    used, valid = pool.issue(0), pool.issue(20)
    pool.use(used)
    again = OneTimeCodes.from_json(pool.to_json())
    assert [again.state(code, 30) for code in (used, valid, "123456")] == ["used", "valid", "unknown"]
    assert again.issue(30) == pool.issue(30)
