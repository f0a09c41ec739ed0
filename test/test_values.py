"""Values between JSON and Python: dates, decoders by type, checks, and the way back."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_python_sdk import ApiTypeError, ApiValueError, values
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_href_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel as Href,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_links_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel as Links,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_data_connection_model import (
    CodatPublicApiModelsCompanyPatchDataConnectionModel as Patch,
)
from codat_python_sdk.values import (
    ANYTHING,
    MAX_NESTING,
    check,
    decode_anything,
    decode_datetime,
    decoder_of,
    describe,
    none_type,
    to_json,
)

REQUIRED: dict[str, Any] = {"id": "i", "integration_id": "n", "source_id": "s", "platform_name": "p", "link_url": "l"}
MINIMUM: dict[str, Any] = {"id": "i", "integrationId": "n", "sourceId": "s", "platformName": "p", "linkUrl": "l"}

WRAPPINGS: list[Callable[[Any], Any]] = [lambda v: [v], lambda v: {"a": v}]


def made(**values: Any) -> Connection:
    return Connection(**REQUIRED, **values)


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
    ("0001-01-01T00:00:00", datetime(1, 1, 1)),
    ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
    ("9999-12-31T23:59:59.9999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "XXX+11"])
@pytest.mark.parametrize(("text", "expected"), DATES)
def test_decode_datetime__every_form_of_codat(
    monkeypatch: pytest.MonkeyPatch, zone: str, text: str, expected: datetime
) -> None:
    """Z is UTC whatever the machine's zone, an offset is kept, none stays naive, seven digits are cut to six."""
    monkeypatch.setenv("TZ", zone)
    decoded = decode_datetime(text)
    assert decoded == expected
    assert decoded.utcoffset() == expected.utcoffset()
    assert type(decoded.tzinfo) is type(expected.tzinfo)
    assert pickle.loads(pickle.dumps(decoded)) == decoded


@pytest.mark.parametrize("text", ["2026-02-03T04:05:06.1234567Z", "2026-02-03T04:05:06", "2026-02-03T04:05:06+02:00"])
def test_decode_datetime__seldom_needs_dateutil(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What Codat's documentation shows is read on every Python without the library that takes long to import."""
    monkeypatch.setattr(values, "_isoparse", None)
    assert decode_datetime(text).year == 2026


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "2022-13-01",
        "2022-02-30T00:00:00Z",
        "2023-02-29",
        "2022-10-27T25:00:00Z",
        "2022-10-27T09:60:00Z",
        "2022-10-27T09:53:29+25:00",
        "2022-10-27T09:53:29Zz",
        "2022-10-27T",
        "T09:53:29",
        "2022-10-27Z",
        *(["2022-10-27T09:53:29.123456xZ"] if sys.version_info < (3, 11) else []),  # newer Pythons take it themselves
        "27/10/2022",
        "1666864409",
        "10000-01-01T00:00:00Z",
        "9999-12-31T24:00:00Z",
        "２０２２-10-27",
        "\ud800",
        "2022-10-27\x00",
    ],
    ids=ascii,
)
def test_decode_datetime__other_text(text: str) -> None:
    """A text that is no ISO 8601 date is an ApiTypeError that does not quote it."""
    with pytest.raises(ApiTypeError, match="expected an ISO 8601 date and time"):
        decode_datetime(text)


@pytest.mark.parametrize("value", [None, 5, 1.5, True, [], {}, datetime(2022, 1, 1)])
def test_decode_datetime__no_text(value: Any) -> None:
    """JSON that is no string is an ApiTypeError."""
    with pytest.raises(ApiTypeError, match="expected datetime"):
        decode_datetime(value)


@given(st.text() | st.from_regex(r"[0-9]{4}-?[0-9W]{2,3}-?[0-9]{0,2}([T ][0-9:.,]{0,16})?(Z|[+-][0-9:]{2,5})?"))
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


def test_decode_date__is_the_day() -> None:
    """A field of the type date takes the day of a date or of a date and time."""
    assert decoder_of((date,))("2022-10-23") == date(2022, 10, 23)
    assert decoder_of((date,))("2022-10-23T23:00:00Z") == date(2022, 10, 23)


#: types, values that they take, and others
KINDS: list[tuple[Any, list[Any], list[Any]]] = [
    ((str,), ["", "a"], [None, 1, [], b"a"]),
    ((int,), [0, -1, 10**30], [True, 1.0, "1", None]),
    ((bool,), [True, False], [0, "true", None]),
    ((float,), [1.5, 1], [True, "1.5"]),
    ((str, none_type), ["a", None], [1]),
    ((str, int), ["a", 1], [None, 1.5, True]),
    (([str],), [[], ["a"]], ["a", ["a", 1], {}]),
    (({str: (int,)},), [{}, {"a": 1}], [{"a": "1"}, [1], None]),
    (({str: (int, none_type)},), [{"a": None}], [{"a": "x"}]),
    ((dict,), [{}, {"a": [1]}], [[], None]),
    ((list,), [[], [1, "a"]], [{}, None]),
    (([Patch],), [[]], [[1], [None]]),
    (ANYTHING, [None, 1, "a", [1, {"a": None}]], []),
]


@pytest.mark.parametrize(("types", "good", "bad"), KINDS)
def test_decoder_of__each_kind_of_type(types: Any, good: list[Any], bad: list[Any]) -> None:
    """Types in the manner of 2021, with lists and dicts of types, take what they name and nothing else."""
    decode = decoder_of(types)
    assert [decode(value) for value in good] == good
    for value in bad:
        with pytest.raises(ApiTypeError):
            decode(value)


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_decode_anything__has_a_nesting_limit(wrap: Any) -> None:
    """A value that is nested more deeply than is safe to print or pickle is refused, however deep it is."""
    value: Any = 1
    for _ in range(MAX_NESTING - 1):
        value = wrap(value)
    assert decode_anything(value) is value
    for _ in range(2):
        value = wrap(value)
    with pytest.raises(ApiTypeError, match="nested more than"):
        decode_anything(value)
    with pytest.raises(ApiTypeError, match="nested"):
        decoder_of((Connection,))(MINIMUM | {"new": value})


@pytest.mark.parametrize(
    ("value", "types", "path"),
    [
        (5, (str,), ["x"]),
        (True, (int,), ["x"]),
        (None, (str,), ["x"]),
        (["a", 1], ([str],), ["x", 1]),
        ({"a": None}, ({str: (str,)},), ["x", "a"]),
        ({5: "a"}, ({str: (str,)},), ["x", "5"]),
        ([1], ({str: (str,)},), ["x"]),
    ],
)
def test_check__says_where_an_argument_is_wrong(value: Any, types: Any, path: list[Any]) -> None:
    """The path leads into lists and dicts; a bool is not an int."""
    with pytest.raises(ApiTypeError) as error:
        check(value, types, "x")
    assert error.value.path_to_item == path


@pytest.mark.parametrize(
    ("value", "types"),
    [
        (5, (int,)),
        ("a", (int, str)),
        (("a",), ([str],)),
        ({"a": "b"}, ({str: (str,)},)),
        (Patch(), (Patch,)),
        (True, (bool,)),
    ],
)
def test_check__lets_the_right_ones_pass(value: Any, types: Any) -> None:
    """What has one of the types raises nothing."""
    check(value, types, "x")


@pytest.mark.parametrize(
    ("types", "text"),
    [
        ((str,), "str"),
        ((str, none_type), "str or None"),
        (([Patch],), f"list of {Patch.__name__}"),
        (({str: (int,)},), "dict of int"),
        (ANYTHING, "anything"),
        (({str: ANYTHING},), "dict of anything"),
    ],
)
def test_describe__reads_like_words(types: Any, text: str) -> None:
    """Types in error texts are words."""
    assert describe(types) == text


def test_to_json__every_kind_of_value() -> None:
    """Models go out under JSON names with what is set, dates as ISO 8601, containers item by item."""
    when = datetime(2022, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)
    page = Page(results=[made(created=when, status=None)], links=Links(self=Href(href="x")))
    assert to_json(page) == {
        "results": [MINIMUM | {"created": "2022-01-02T03:04:05.678900+00:00", "status": None}],
        "_links": {"self": {"href": "x"}},
    }
    assert to_json((1, 2.5, True, None, "a", date(2022, 1, 2), {"b": [Patch()]})) == [
        1, 2.5, True, None, "a", "2022-01-02", {"b": [{}]},
    ]  # fmt: skip


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", 1j, [b"x"], {"a": {"b": object()}}])
def test_to_json__nothing_else(value: Any) -> None:
    """What JSON has no form for is an ApiValueError that names the type."""
    with pytest.raises(ApiValueError, match="JSON has no form for"):
        to_json(value)
