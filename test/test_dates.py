"""Dates and times in every form that Codat may send."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from cases import case
from hypothesis import given
from hypothesis import strategies as st
from strategies import from_regex, texts

from codat_python_sdk import ApiTypeError, dates
from codat_python_sdk.dates import Real, are_usual, decode_datetime, parse_datetime, unfrozen
from codat_python_sdk.decoders import LenientReading, decode, decoder_of
from codat_python_sdk.model.codat_public_api_models_company_data_connection_error import (
    CodatPublicApiModelsCompanyDataConnectionError as SyncError,
)
from codat_python_sdk.shapes import compile_shape

UTC = timezone.utc


DATES: list[tuple[str, datetime]] = [
    ("2022-10-27T09:53:29Z", datetime(2022, 10, 27, 9, 53, 29, tzinfo=UTC)),
    ("2022-10-27T09:53:29.5Z", datetime(2022, 10, 27, 9, 53, 29, 500000, tzinfo=UTC)),
    ("2022-10-27T09:53:29.12Z", datetime(2022, 10, 27, 9, 53, 29, 120000, tzinfo=UTC)),
    ("2022-10-27T09:53:29.123Z", datetime(2022, 10, 27, 9, 53, 29, 123000, tzinfo=UTC)),
    ("2022-10-27T09:53:29.123456Z", datetime(2022, 10, 27, 9, 53, 29, 123456, tzinfo=UTC)),
    ("2022-10-27T09:53:29.6464237Z", datetime(2022, 10, 27, 9, 53, 29, 646423, tzinfo=UTC)),
    ("2022-10-27T09:53:29.9999999Z", datetime(2022, 10, 27, 9, 53, 29, 999999, tzinfo=UTC)),
    ("2022-10-27T09:53:29+00:00", datetime(2022, 10, 27, 9, 53, 29, tzinfo=UTC)),
    ("2022-10-27T09:53:29+02:00", datetime(2022, 10, 27, 9, 53, 29, tzinfo=timezone(timedelta(hours=2)))),
    ("2022-10-27T09:53:29-05:00", datetime(2022, 10, 27, 9, 53, 29, tzinfo=timezone(timedelta(hours=-5)))),
    (
        "2022-10-27T09:53:29.1234567-05:30",
        datetime(2022, 10, 27, 9, 53, 29, 123456, tzinfo=timezone(-timedelta(hours=5, minutes=30))),
    ),
    ("2022-10-27T09:53:29", datetime(2022, 10, 27, 9, 53, 29)),
    ("2022-10-27T09:53:29.6464237", datetime(2022, 10, 27, 9, 53, 29, 646423)),
    ("2022-10-23", datetime(2022, 10, 23)),
    ("2022-10-23T24:00:00", datetime(2022, 10, 24)),
    ("2022-10-23T24:00:00Z", datetime(2022, 10, 24, tzinfo=UTC)),
    ("2022-10-23T24:00:00+02:00", datetime(2022, 10, 24, tzinfo=timezone(timedelta(hours=2)))),
    ("0001-01-01T00:00:00", datetime(1, 1, 1)),
    ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ("9999-12-31T23:59:59.9999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ("2022-10-27T09:53:29,5z", datetime(2022, 10, 27, 9, 53, 29, 500000, tzinfo=UTC)),
    ("2022-10-27t09:53:29.12345678901Z", datetime(2022, 10, 27, 9, 53, 29, 123456, tzinfo=UTC)),
    ("2022-10-27 09:53Z", datetime(2022, 10, 27, 9, 53, tzinfo=UTC)),
    ("2022-10-27T09", datetime(2022, 10, 27, 9)),
    ("20221027T095329+0200", datetime(2022, 10, 27, 9, 53, 29, tzinfo=timezone(timedelta(hours=2)))),
    ("2022-10-27T09:53:29-00:00", datetime(2022, 10, 27, 9, 53, 29, tzinfo=UTC)),
    (
        "1900-01-01T00:00:00+00:19:32.5",
        datetime(1900, 1, 1, tzinfo=timezone(timedelta(minutes=19, seconds=32, milliseconds=500))),
    ),
    ("2022-W43-4", datetime(2022, 10, 27)),
    ("2022-300T09:53:29Z", datetime(2022, 10, 27, 9, 53, 29, tzinfo=UTC)),
    ("2022-10", datetime(2022, 10, 1)),
    ("2022", datetime(2022, 1, 1)),
    ("2022300", datetime(2022, 10, 27)),
    ("2022W434T09:53:29", datetime(2022, 10, 27, 9, 53, 29)),
    ("2022-W43", datetime(2022, 10, 24)),
    ("2020-W53-7", datetime(2021, 1, 3)),
]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "XXX+11"])
def test_decode_datetime__every_form_of_codat(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Z is UTC whatever the machine's zone, an offset is kept, none stays naive, seven digits are cut to six."""
    monkeypatch.setenv("TZ", zone)
    for text, expected in DATES:
        with case(text):
            decoded = decode_datetime(text)
            assert decoded == expected
            assert decoded.utcoffset() == expected.utcoffset()
            assert type(decoded.tzinfo) is type(expected.tzinfo)
            assert pickle.loads(pickle.dumps(decoded)) == decoded


@pytest.mark.parametrize("text", ["2026-02-03T04:05:06.1234567Z", "2026-02-03T04:05:06", "2026-02-03T04:05:06+02:00"])
def test_decode_datetime__seldom_needs_dateutil(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What Codat's documentation shows is read on every Python without the library that takes long to import."""
    monkeypatch.setattr(dates, "_parse_day", None)
    assert decode_datetime(text).year == 2026


NO_DATES: list[str] = [
    "",
    " ",
    "yesterday",
    "2022-13-01",
    "2022-02-30T00:00:00Z",
    "2023-02-29",
    "2021-W53",
    "2021-W00-1",
    "2021-W01-8",
    "2022-10-27T25:00:00Z",
    "2022-10-27T09:60:00Z",
    "2022-10-27T09:53:29+25:00",
    "2022-10-27T09:53:29Zz",
    "2022-10-27T",
    "T09:53:29",
    "2022-10-27Z",
    "2022-10-27T09:53:29.123456xZ",
    "2022-10-27T09:53:29.123456 Z",
    "2022-10-27T09:53:29 Z",
    "2022-10-27T09:53:29ZZ",
    "2022-10-27T09:53:29.Z",
    "2022-10-27T09:53:29.",
    "2022-10-27T09:53:29Z+00:00",
    "2022-10-27T09:53:29+01:00Z",
    "2022-10-27T09:53:29+01:60",
    "2022-10-27T09:53.5Z",
    "2022-10-27T09.123456Z",
    "2022-10-27T09:5329Z",
    "2022-10-27T24:00:01Z",
    "2022-10-27x09:53:29Z",
    "2022-10-27+01:00",
    "2022-10-27-01:00",
    "20221027+0100",
    "2022W43-12",
    "2022-W4",
    "2022-W4T09:53Z",
    "202210",
    "2022-1027",
    "2022-W434",
    "2022-366",
    "2022-10-27T０9:53:29Z",
    "2022-10-27T09:53:29.١Z",
    "2022-10-27T09:53:29\u221201:00",
    "27/10/2022",
    "1666864409",
    "10000-01-01T00:00:00Z",
    "9999-12-31T24:00:00Z",
    "２０２２-10-27",
    "\ud800",
    "2022-10-27\x00",
]


def test_decode_datetime__other_text() -> None:
    """A text that is no ISO 8601 date is an ApiTypeError that does not quote it."""
    for text in NO_DATES:
        with case(text), pytest.raises(ApiTypeError, match="expected an ISO 8601 date and time"):
            decode_datetime(text)


def test_decode_datetime__no_text() -> None:
    """JSON that is no string is an ApiTypeError."""
    no_texts: list[Any] = [None, 5, 1.5, True, [], {}, datetime(2022, 1, 1)]
    for value in no_texts:
        with case(value), pytest.raises(ApiTypeError, match="expected datetime"):
            decode_datetime(value)


@given(texts() | from_regex(r"[0-9]{4}-?[0-9W]{2,3}-?[0-9]{0,2}([T ][0-9:.,]{0,16})?(Z|[+-][0-9:]{2,5})?"))
def test_decode_datetime__never_raises_anything_else(text: str) -> None:
    """Any text is a datetime or an ApiTypeError."""
    try:
        decoded = decode_datetime(text)
    except ApiTypeError:
        return
    assert isinstance(decoded, datetime)


@given(st.datetimes(), st.integers(0, 9), st.sampled_from(["", "Z", "+00:00", "-05:00", "+05:45", "-00:30"]))
def test_decode_datetime__any_moment_with_any_number_of_digits(moment: datetime, digits: int, zone: str) -> None:
    """Whatever moment, precision and zone Codat writes, just that moment is read, cut to six digits."""
    fraction = f"{moment.microsecond:06}789"[:digits]
    text = f"{moment.replace(microsecond=0).isoformat()}{'.' if digits else ''}{fraction}{zone}"
    expected = moment.replace(microsecond=int(fraction[:6].ljust(6, "0")))
    decoded = decode_datetime(text)
    assert decoded.replace(tzinfo=None) == expected
    minutes = {"": None, "Z": 0, "+00:00": 0, "-05:00": -300, "+05:45": 345, "-00:30": -30}[zone]
    assert decoded.utcoffset() == (None if minutes is None else timedelta(minutes=minutes))


def changed(text: str, place: int, length: int, inserted: str) -> str:
    """A text with some characters replaced."""
    return text[:place] + inserted + text[place + length :]


#: Texts that are dates, or nearly so: with one character more, less or instead of another.
NEARLY_DATES = st.builds(
    changed,
    st.sampled_from([text for text, _ in DATES]),
    st.integers(0, 30),
    st.integers(0, 2),
    st.sampled_from(["", *"0159.,:+-ZTWz x\u0661"]),
)


def result_of(parse: Callable[[str], Any], text: str) -> Any:
    """What a function makes of a text; None for an error. Equal moments in other zones are not the same."""
    try:
        moment = parse(text)
    except (ValueError, ApiTypeError):
        return None
    return moment, moment.utcoffset()


@given(NEARLY_DATES)
def test_parse_datetime__common_texts_are_read_in_the_same_way(text: str) -> None:
    """The short way for what Codat nearly always sends reads nothing that the full description of dates does not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "_FORMS", {})
        expected = result_of(parse_datetime, text)
    assert result_of(parse_datetime, text) == expected


@given(NEARLY_DATES)
def test_parse_datetime__same_in_rows(text: str) -> None:
    """A date in a row of a list is read like one in a lone object, and like one of a webhook; or in none of them."""
    row = {"errorMessage": "m", "erroredOnUtc": text, "statusCode": "403", "statusText": "s"}
    fast = compile_shape(SyncError._schema, tuple(row))
    assert fast is not None
    rows: list[Any] = [row]
    fast(rows, 0, dict[str, Any].values, parse_datetime)
    made = rows[0]
    expected = result_of(parse_datetime, text)
    assert result_of(lambda _: decoder_of((SyncError,))(row).errored_on_utc, text) == expected
    assert result_of(decode_datetime, text) == expected
    assert (result_of(lambda _: made.errored_on_utc, text) if isinstance(made, SyncError) else None) == expected


USUAL = st.sampled_from([text for text, _ in DATES if re.fullmatch(r".{10}T[0-9:]{8}(\.(\d{3}){1,2}|\.\d{7})?Z", text)])


def read_leniently(rows: list[dict[str, Any]]) -> list[Any]:
    """What a date in each row is read as: a moment and its offset, or the text as it came."""
    values = [error.resolved_on_utc for error in decode(rows, ([SyncError],), LenientReading())]
    return [(value, value.utcoffset()) if isinstance(value, datetime) else value for value in values]


@given(st.lists(USUAL, min_size=10, max_size=12), st.lists(NEARLY_DATES | USUAL | st.none() | st.just(""), max_size=3))
def test_are_usual__dates_of_a_list_are_read_as_each_by_itself(texts: list[str], others: list[str | None]) -> None:
    """The dates of a list, which are looked at together, are read like lone ones, whatever stands among them."""
    rows = [{"resolvedOnUtc": text} for text in [*others, *texts]]
    read_leniently(rows * 10)  # there is a compiled function then
    assert read_leniently(rows) == [value for row in rows for value in read_leniently([row])]


FORMS: list[tuple[list[Any], bool]] = [
    (["2022-10-27T09:53:29.6464237Z"], True),
    (["2022-10-27T09:53:29.123Z", "2022-10-27T09:53:29Z", "2022-10-27T09:53:29.123Z"], True),
    ([], True),
    (["9999-99-99T99:99:99.9999999Z"], True),  # parse_usual finds out
    (["2022-10-27T09:53:29.123456xZ"], False),
    (["2022-10-27T09:53:29.123456\u0661Z"], False),
    (["2022-10-27 09:53:29.123Z"], False),
    (["2022-10-27T09:53:29,123Z"], False),
    (["2022-10-27T09:53:29.1234567"], False),
    (["2022-10-27T04.123456Z"], False),
    (["2022-10-27T09:53:29.1234567ZZ", "2022-10-27T09:53:29.123456Z"], False),
    (["2022-10-27T09:53:29.1234567Z\n", "2022-10-27T09:53:29.123456Z"], False),
    (["2022-10-27T09:53:29.1234567Z\n2022-10-27T09:53:29.1234567Z"], False),
    (["2022-10-27T09:53:29Z", ""], False),
    (["2022-10-27T09:53:29Z", 5], False),
    ([None], False),
    ([["2022-10-27T09:53:29Z"] * 28], False),
    ([datetime(2022, 10, 27)], False),
]


def test_are_usual__one_form_or_several() -> None:
    """Texts of different lengths, characters or types are not taken for usual ones, wherever they stand."""
    for listed, expected in FORMS:
        with case(listed, expected):
            assert are_usual(listed) is expected
            assert are_usual([*["2022-10-27T09:53:29.6464237Z"] * 3, *listed]) is expected


@given(
    st.datetimes(),
    st.timedeltas(timedelta(hours=-23), timedelta(hours=23)),
    st.sampled_from([*"T "]),
)
def test_parse_datetime__reads_what_python_writes(moment: datetime, offset: timedelta, separator: str) -> None:
    """The text of any datetime, an offset of less than a second included, is read as the same one on every Python."""
    for expected in (moment, moment.replace(tzinfo=timezone(offset))):
        assert result_of(parse_datetime, expected.isoformat(separator)) == (expected, expected.utcoffset())


def test_decode_date__is_the_day() -> None:
    """A field of the type date takes the day of a date or of a date and time."""
    assert decoder_of((date,))("2022-10-23") == date(2022, 10, 23)
    assert decoder_of((date,))("2022-10-23T23:00:00Z") == date(2022, 10, 23)


def test_parse_datetime__leap_second_is_the_second_after() -> None:
    """A second 60, which datetime does not know, is the first of the next minute, in every zone."""
    assert parse_datetime("2016-12-31T23:59:60Z") == datetime(2017, 1, 1, tzinfo=UTC)
    assert parse_datetime("2016-12-31T23:59:60.5+00:00") == datetime(2017, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)
    with pytest.raises(ValueError):
        parse_datetime("9999-12-31T23:59:60Z")


def test_unfrozen__sees_through_what_stands_in_for_datetime() -> None:
    """A subclass as freezegun has it leads to the class itself; other types stay."""

    class FakeDate(date):
        pass

    class FakeDatetime(datetime):
        pass

    assert (unfrozen(FakeDatetime), unfrozen(FakeDate), unfrozen(str)) == (datetime, date, str)
    assert (Real.datetime, Real.date) == (datetime, date)


@pytest.mark.parametrize("text", ["2" * 1_000_000, "2026-02-03T04:05:06." + "2" * 1_000_000], ids=["day", "fraction"])
def test_parse_datetime__gives_up_on_long_texts(text: str) -> None:
    """No time is spent on a text that is too long for a date."""
    with pytest.raises(ValueError):
        parse_datetime(text + "x")
