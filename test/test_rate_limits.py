"""The quota in headers, and how long to wait."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from cases import case
from hypothesis import given
from strategies import from_regex, texts

from codat_python_sdk.rate_limits import RateLimit, in_any_case, parse_retry_after, rate_limit_of


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        (None, None),
        ({}, None),
        ({"X-Rate-Limit-Remaining": "0"}, RateLimit(None, "0", None)),
        (
            {"X-Rate-Limit-Limit": "1d", "X-Rate-Limit-Remaining": "1", "X-Rate-Limit-Reset": "z"},
            RateLimit("1d", "1", "z"),
        ),
    ],
)
def test_rate_limit_of__headers(headers: dict[str, str] | None, limit: RateLimit | None) -> None:
    """Missing headers are None, and a response without any has no quota."""
    assert rate_limit_of(headers) == limit


def test_in_any_case__of_a_plain_dict() -> None:
    """A transport may give its headers as a dict: they are found in any case, and listed as they came."""
    headers = in_any_case({"retry-after": "2", "X-RATE-LIMIT-REMAINING": "0"})
    assert headers["Retry-After"] == headers.get("RETRY-AFTER") == "2"
    assert "Retry-After" in headers and "Date" not in headers
    assert (headers.get("Date"), headers.get("Date", "x")) == (None, "x")
    with pytest.raises(KeyError, match="Date"):
        headers["Date"]
    assert dict(headers) == {"retry-after": "2", "X-RATE-LIMIT-REMAINING": "0"}
    assert rate_limit_of({"x-rate-limit-remaining": "0"}) == RateLimit(None, "0", None)


@pytest.mark.parametrize("skew", [-3600, 0, 3600])
def test_retry_after__date_is_read_against_the_responses_own(skew: int) -> None:
    """A machine whose clock is wrong waits as long as the service means."""
    now = time.time() + skew
    assert parse_retry_after(formatdate(now + 20, usegmt=True), formatdate(now, usegmt=True)) == 20.0
    assert parse_retry_after("20", formatdate(now, usegmt=True)) == 20.0


@pytest.mark.parametrize("zone", ["Thu, 26 Nov 2026 18:01:00 +0100", "Thu, 26 Nov 2026 12:01:00 EST"])
def test_retry_after__date_of_another_zone(zone: str) -> None:
    """HTTP's dates are GMT; one that says otherwise means what it says, and no retry comes too early or too late."""
    assert parse_retry_after(zone, "Thu, 26 Nov 2026 17:00:00 GMT") == 60.0
    assert parse_retry_after("Thu, 26 Nov 2026 17:02:00 GMT", zone) == 60.0


def test_retry_after__odd_date_of_the_response_counts_for_nothing() -> None:
    """When the response's date cannot be read, this machine's clock has to do."""
    seconds = parse_retry_after(formatdate(time.time() + 100, usegmt=True), "today")
    assert seconds is not None and 40 <= seconds <= 101


def test_retry_after__in_every_form() -> None:
    """Seconds as they are, a date in the past is zero, and nonsense is None."""
    cases: list[tuple[str | None, float | None]] = [
        ("0", 0.0),
        ("12", 12.0),
        (" 12 ", 12.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("9" * 400, float("9" * 20)),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", 1.5),
        ("2.0", 2.0),
        ("120.25", 120.25),
        ("2, 2", 2.0),
        ("1e3", None),
        ("nan", None),
        ("inf", None),
        ("١٢", None),
        ("12, 13", 13.0),
        ("12, soon", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999999999999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +9999999999", None),
    ]
    for text, seconds in cases:
        with case(text, seconds):
            assert parse_retry_after(text) == seconds


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "XXX+11"])
@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_retry_after__all_dates_of_http_are_gmt(monkeypatch: pytest.MonkeyPatch, zone: str, form: str) -> None:
    """The three forms of an HTTP date are GMT, on a machine in any time zone."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        seconds = parse_retry_after(time.strftime(form, time.gmtime(time.time() + 100)))
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert seconds is not None and 40 <= seconds <= 101


@given(texts() | from_regex(r"[A-Za-z, ]{0,8}[0-9]{0,9} ?[A-Za-z]{0,4} ?[0-9:+ -]{0,30}"))
def test_retry_after__never_raises(text: str) -> None:
    """Whatever the header holds, the result is None or a wait that is not negative."""
    seconds = parse_retry_after(text)
    assert seconds is None or seconds >= 0
