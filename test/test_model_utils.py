"""Fields, decoding, checking and the behaviour that all models share."""

from __future__ import annotations

import copy
import pickle
import traceback
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_python_sdk import ApiAttributeError, ApiKeyError, ApiTypeError, ApiValueError, DataConnectionStatus
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_error import (
    CodatPublicApiModelsCompanyDataConnectionError as SyncError,
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
from codat_python_sdk.model_utils import (
    ANYTHING,
    MAX_NESTING,
    check,
    decode_anything,
    decode_datetime,
    decode_unchecked,
    decoder_of,
    describe,
    discard_unknown,
    none_type,
    to_json,
)

REQUIRED = {"id": "i", "integration_id": "n", "source_id": "s", "platform_name": "p", "link_url": "l"}
MINIMUM = {"id": "i", "integrationId": "n", "sourceId": "s", "platformName": "p", "linkUrl": "l"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
TEXT_DATES = st.datetimes(
    timezones=st.none() | st.just(timezone.utc) | st.integers(-719, 719).map(lambda m: timezone(timedelta(minutes=m)))
).map(datetime.isoformat)


def made(**values: Any) -> Connection:
    return Connection(**REQUIRED, **values)


# -- dates -------------------------------------------------------------------------------------------------------------

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


# -- decoding against the plain semantics ------------------------------------------------------------------------------


def plain(value: Any, types: Any) -> Any:
    """What decoding means, written for reading and not for speed: the value, or ValueError."""
    if types == ANYTHING:
        return value
    for t in types:
        try:
            return plain_one(value, t)
        except ValueError:
            continue
    raise ValueError(types)


def plain_one(value: Any, t: Any) -> Any:
    if isinstance(t, list) and type(value) is list:
        return [plain(item, (t[0],) if not isinstance(t[0], tuple) else t[0]) for item in value]
    if isinstance(t, dict) and type(value) is dict:
        (inner,) = t.values()
        return {key: plain(item, inner if isinstance(inner, tuple) else (inner,)) for key, item in value.items()}
    if isinstance(t, (list, dict)):
        raise ValueError(t)  # noqa: TRY004
    if t is datetime and type(value) is str:
        try:
            return decode_datetime(value)
        except ApiTypeError:
            raise ValueError(value) from None
    if hasattr(t, "attribute_map") and type(value) is dict:
        return plain_model(value, t)
    if t is float and type(value) is int:
        return value
    if type(value) is t and t in (str, int, float, bool, none_type, list, dict):
        return value
    raise ValueError(t)


def plain_model(data: dict[str, Any], cls: Any) -> Any:
    fields = {}
    for name, key in cls.attribute_map.items():
        if key in data:
            optional_model = hasattr(cls.openapi_types[name][0], "attribute_map")
            fields[name] = None if data[key] is None and optional_model else plain(data[key], cls.openapi_types[name])
        elif cls is Connection and name in REQUIRED:
            raise ValueError(name)
    return cls, fields, {key: value for key, value in data.items() if key not in cls.attribute_map.values()}


def seen(value: Any) -> Any:
    """A decoded value in the form in which `plain` gives it."""
    if hasattr(value, "attribute_map"):
        fields = {name: seen(value[name]) for name in value.attribute_map if name in value}
        known = set(value.attribute_map.values())
        return type(value), fields, {key: item for key, item in value.json_items() if key not in known}
    if isinstance(value, list):
        return [seen(item) for item in value]
    return value


def objects(keys: list[str], values: Any) -> Any:
    return st.dictionaries(st.sampled_from(keys) | st.text(max_size=3), values, max_size=6)


ERROR_KEYS = list(SyncError.attribute_map.values())
CONNECTIONS = st.builds(
    lambda base, extra: base | extra,
    st.just(MINIMUM) | st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "lastSync": TEXT_DATES | st.none() | JSON,
            "created": TEXT_DATES | JSON,
            "status": st.text() | JSON,
            "id": st.text() | JSON,
            "connectionInfo": JSON,
            "dataConnectionErrors": JSON | st.lists(objects(ERROR_KEYS, TEXT_DATES | JSON), max_size=3),
            "somethingNew": JSON,
            "link_url": JSON,
        },
    ),
)
LINKS = objects(list(Links.attribute_map.values()), objects(["href"], JSON) | st.none())
PAGES = st.fixed_dictionaries(
    {}, optional={"results": st.lists(CONNECTIONS, max_size=3) | JSON, "pageNumber": JSON, "_links": LINKS | JSON}
)


@given(st.tuples(st.just(Connection), CONNECTIONS | JSON) | st.tuples(st.just(Page), PAGES | JSON))
def test_decoder__means_what_the_schema_says(case: tuple[Any, Any]) -> None:
    """For any JSON the compiled decoder gives what a plain reading of the schema gives, or ApiTypeError."""
    cls, data = case
    original = copy.deepcopy(data)
    try:
        expected = plain(data, (cls,))
    except ValueError:
        with pytest.raises(ApiTypeError) as error:
            decoder_of((cls,))(data)
        assert error.value.path_to_item is None or all(isinstance(s, (str, int)) for s in error.value.path_to_item)
    else:
        decoded = decoder_of((cls,))(data)
        assert seen(decoded) == expected
        # What goes out again is what came in, and copies are equal in every way.
        assert decoder_of((cls,))(to_json(decoded)) == decoded
        for twin in (copy.copy(decoded), copy.deepcopy(decoded), pickle.loads(pickle.dumps(decoded))):
            assert twin == decoded and seen(twin) == expected
        assert {cls.attribute_map.get(n, n) for n in decoded.to_dict()} <= {*data, *cls.attribute_map.values()}
    assert data == original, "decoding must not change the answer"


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_unknown_keys__survive_a_round_trip(extra: dict[str, Any]) -> None:
    """Keys that the SDK does not know are kept, readable as items, in to_dict(), and go out again unchanged."""
    unknown = {key: value for key, value in extra.items() if key not in Connection.attribute_map.values()}
    model = decoder_of((Connection,))(MINIMUM | unknown)
    assert to_json(model) == MINIMUM | unknown
    for key, value in unknown.items():
        if key not in Connection.attribute_map:
            assert key in model and model[key] == model.get(key) == model.to_dict()[key] == value


@pytest.mark.parametrize(
    ("cls", "data", "path"),
    [
        (Connection, MINIMUM | {"id": 5}, ["id"]),
        (Connection, MINIMUM | {"linkUrl": None}, ["link_url"]),
        (Connection, {k: v for k, v in MINIMUM.items() if k != "sourceId"}, ["source_id"]),
        (Connection, MINIMUM | {"created": "soon"}, ["created"]),
        (Connection, MINIMUM | {"connectionInfo": []}, ["connection_info"]),
        (
            Connection,
            MINIMUM | {"dataConnectionErrors": [{}, {"erroredOnUtc": 7}]},
            ["data_connection_errors", 1, "errored_on_utc"],
        ),
        (Connection, MINIMUM | {"dataConnectionErrors": {}}, ["data_connection_errors"]),
        (Page, {"results": [MINIMUM, MINIMUM | {"status": 1}]}, ["results", 1, "status"]),
        (Page, {"results": [MINIMUM, "text"]}, ["results", 1]),
        (Page, {"results": [None]}, ["results", 0]),
        (Page, {"results": {}}, ["results"]),
        (Page, {"pageNumber": "1"}, ["page_number"]),
        (Page, {"pageNumber": 1.0}, ["page_number"]),
        (Page, {"pageSize": True}, ["page_size"]),
        (Page, {"totalResults": None}, ["total_results"]),
        (Page, {"_links": []}, ["links"]),
        (Page, {"_links": {"next": {"href": 5}}}, ["links", "next", "href"]),
    ],
)  # fmt: skip
def test_decoder__says_where_it_is_wrong(cls: Any, data: Any, path: list[str | int]) -> None:
    """path_to_item leads to what is wrong, in Python's names."""
    with pytest.raises(ApiTypeError) as error:
        decoder_of((cls,))(data)
    assert error.value.path_to_item == path
    assert "".join(f"[{step!r}]" for step in path) in str(error.value)


def test_decoder__says_what_would_do() -> None:
    """The text names what was due and what came, and not the value."""
    with pytest.raises(ApiTypeError, match=r"expected str or None, got list at \['status'\]$") as error:
        decoder_of((Connection,))(MINIMUM | {"status": ["secret"]})
    assert error.value.valid_classes == (str, none_type)
    assert "secret" not in str(error.value)


def test_decoder__can_be_debugged() -> None:
    """A traceback into a compiled decoder shows its lines."""
    with pytest.raises(ApiTypeError) as error:
        decoder_of((Connection,))(MINIMUM | {"id": 5})
    assert "raise mismatch(value" in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize(
    ("types", "good", "bad"),
    [
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
    ],
)
def test_decoder_of__each_kind_of_type(types: Any, good: list[Any], bad: list[Any]) -> None:
    """Types in the manner of 2021, with lists and dicts of types, take what they name and nothing else."""
    decode = decoder_of(types)
    assert [decode(value) for value in good] == good
    for value in bad:
        with pytest.raises(ApiTypeError):
            decode(value)


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"a": v}])
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


def test_decode_unchecked__leaves_values_as_they_came() -> None:
    """Without checks a wrong value is handed over, a date stays text, and a missing required field is None."""
    model = decode_unchecked(Connection, {"id": 5, "created": "2022-01-01", "new": [1], "sourceType": "x"})
    assert (model.id, model.created, model["new"], model.link_url) == (5, "2022-01-01", [1], None)
    assert model.to_dict() == {"id": 5, "created": "2022-01-01", "new": [1], "source_type": "x"}
    assert decode_unchecked(Connection, [1]) == [1]


def test_discard_unknown__at_every_level() -> None:
    """Keys that the SDK does not know go, in the page, its connections and its links."""
    new = {"new": 1}
    page = decoder_of((Page,))(new | {"results": [MINIMUM | new], "_links": new | {"self": new | {"href": "x"}}})
    discard_unknown(page)
    assert page.to_dict() == {"results": [REQUIRED], "links": {"self": {"href": "x"}}}


@pytest.mark.parametrize("wrap", [lambda m: [m], lambda m: {"a": m}, lambda m: [{"a": [m]}]])
def test_discard_unknown__in_lists_and_dicts_of_models(wrap: Any) -> None:
    """It reaches models inside the lists and dicts that call_api can return."""
    model = decoder_of((Patch,))({"status": "x", "new": 1})
    discard_unknown(wrap(model))
    assert model.to_dict() == {"status": "x"}


# -- checking and writing ----------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", 1j, [b"x"], {"a": {"b": object()}}], ids=repr)
def test_to_json__nothing_else(value: Any) -> None:
    """What JSON has no form for is an ApiValueError that names the type."""
    with pytest.raises(ApiValueError, match="JSON has no form for"):
        to_json(value)


# -- models ------------------------------------------------------------------------------------------------------------


def test_model__is_built_by_keyword_and_read_either_way() -> None:
    """Fields are attributes and items, for reading and for writing."""
    model = made(status="Linked")
    assert model.platform_name == model["platform_name"] == "p"
    model.status = "Unlinked"
    model["platform_name"] = "q"
    assert (model["status"], model.platform_name) == ("Unlinked", "q")


def test_model__required_fields_may_be_positional() -> None:
    """Required fields may come by position, in the order of the schema, as in 2021."""
    assert Connection("i", "n", "s", "p", "l", status="x") == made(status="x")
    with pytest.raises(ApiTypeError, match="5 positional"):
        Connection(*"insplx")  # type: ignore[misc]


@pytest.mark.parametrize("name", REQUIRED)
def test_model__missing_required_argument(name: str) -> None:
    """A missing required argument is an ApiTypeError that names it."""
    values = {key: value for key, value in REQUIRED.items() if key != name}
    with pytest.raises(ApiTypeError, match=name) as error:
        Connection(**values)
    assert error.value.path_to_item == [name]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"id": 5}, ["id"]),
        ({"integration_id": None}, ["integration_id"]),
        ({"status": 5}, ["status"]),
        ({"created": date(2022, 1, 1)}, ["created"]),
        ({"last_sync": "2022-01-01T00:00:00Z"}, ["last_sync"]),
        ({"data_connection_errors": [SyncError(), "x"]}, ["data_connection_errors", 1]),
        ({"connection_info": []}, ["connection_info"]),
    ],
)
def test_model__argument_of_the_wrong_type(values: dict[str, Any], path: list[Any]) -> None:
    """A value of the wrong type is an ApiTypeError with its place, in the constructor and in an assignment."""
    with pytest.raises(ApiTypeError) as error:
        Connection(**REQUIRED | values)
    assert error.value.path_to_item == path
    model = made()
    ((name, value),) = values.items()
    for assign in (setattr, type(model).__setitem__):
        with pytest.raises(ApiTypeError) as error:
            assign(model, name, value)
        assert error.value.path_to_item == path
    assert model == made()


@pytest.mark.parametrize("check_type", [True, False])
def test_model__unknown_argument(check_type: bool) -> None:
    """An unknown argument is an ApiAttributeError that names it."""
    with pytest.raises(ApiAttributeError, match="colour") as error:
        made(colour="red", _check_type=check_type)
    assert error.value.path_to_item == ["colour"]


def test_model__unknown_attribute_and_item() -> None:
    """An unknown attribute is an ApiAttributeError, an unknown item an ApiKeyError; neither can be set."""
    model = made()
    with pytest.raises(ApiAttributeError, match="colour"):
        model.colour  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ApiAttributeError, match="colour"):
        model.colour = "red"  # type: ignore[attr-defined]
    with pytest.raises(ApiKeyError, match="colour"):
        model["colour"]
    with pytest.raises(ApiAttributeError, match="colour"):
        model["colour"] = "red"
    assert not hasattr(model, "colour") and model.get("colour") is None and model.get("colour", 1) == 1


def test_model__unset_is_not_null() -> None:
    """An unset field reads as None and is not in the model; a null that was set is, and is sent."""
    model = made(status=None)
    assert model.status is model["status"] is model.created is model["created"] is None
    assert "status" in model and "created" not in model
    assert model.get("status", "default") is None and model.get("created", "default") == "default"
    assert model.to_dict() == REQUIRED | {"status": None}
    assert to_json(model) == MINIMUM | {"status": None}


def test_model__can_be_unset_again() -> None:
    """A field that is deleted is unset again."""
    model = made(status="x")
    del model.status
    assert model == made() and "status" not in model


def test_model__check_type_false_takes_anything() -> None:
    """_check_type=False builds a model of whatever values."""
    assert Connection(_check_type=False, **REQUIRED | {"id": 5}).id == 5  # type: ignore[arg-type]


def test_model__spec_property_naming() -> None:
    """_spec_property_naming=True takes the JSON names, as in 2021."""
    assert Connection(_spec_property_naming=True, sourceType="Banking", **MINIMUM) == made(source_type="Banking")


def test_model__from_openapi_data() -> None:
    """_from_openapi_data builds a model as from an answer, with the options of 2021."""
    data: Any = {**MINIMUM, "created": "2022-01-02T03:04:05Z"}
    assert Connection._from_openapi_data(**data) == made(created=datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert Connection._from_openapi_data("i", "n", "s", "p", "l") == made()
    raw = Connection._from_openapi_data(_check_type=False, _spec_property_naming=True, _configuration=None, **data)
    assert raw.created == "2022-01-02T03:04:05Z"
    assert Links._from_openapi_data(self={"href": "x"}) == Links(self=Href(href="x"))


def test_model__equality_is_by_type_and_content() -> None:
    """Equal are models of one type with the same things set; they have no hash."""
    assert made(status="x") == made(status="x") != made(status="y")
    assert made() != made(status=None)
    assert Href() != Patch() and Patch() != {} and made() != REQUIRED
    assert decoder_of((Patch,))({"a": 1}) != Patch()
    with pytest.raises(TypeError, match="unhashable"):
        hash(made())


def test_model__text_is_its_dict() -> None:
    """str, repr and to_str() are the same text, which evaluates to to_dict()."""
    page = Page(results=[made()], page_number=1, links=Links(current=Href(href="x")))
    assert eval(page.to_str()) == page.to_dict()
    assert str(page) == repr(page) == page.to_str()


def test_model__to_dict_is_plain_and_independent() -> None:
    """to_dict() has dicts and lists all the way down, keeps datetimes, and shares no container with the model."""
    when = datetime(2022, 1, 2)
    model = made(created=when, connection_info={"a": [1]}, data_connection_errors=[SyncError(status="x")])
    plain_dict = model.to_dict()
    assert plain_dict["created"] is when
    assert plain_dict["data_connection_errors"] == [{"status": "x"}]
    plain_dict["connection_info"]["b"] = 1
    assert model.connection_info == {"a": [1]}


def test_model__copies_are_independent() -> None:
    """A copy can be changed without the original; a deep copy at every level."""
    page = Page(results=[made(status="Linked")], page_number=1)
    shallow, deep = copy.copy(page), copy.deepcopy(page)
    shallow.page_number = 2
    assert deep.results is not None and page.results is not None
    deep.results[0].status = "changed"
    assert (page.page_number, page.results[0].status) == (1, "Linked")


def test_model__enum_members_are_plain_texts() -> None:
    """A known status can be given by name, compares equal to the plain text and is sent as that."""
    model = Patch(status=DataConnectionStatus.UNLINKED)
    assert model == Patch(status="Unlinked")
    assert to_json(model) == {"status": "Unlinked"}


def test_model__class_attributes_of_2021() -> None:
    """Each class tells its fields, types and JSON names as the generator's classes did."""
    assert Page.openapi_types["results"] == ([Connection], none_type)
    assert Page.openapi_types["page_number"] == (int,)
    assert Page.attribute_map["links"] == "_links"
    assert Connection.openapi_types["last_sync"] == (datetime, none_type)
    assert Connection.openapi_types["connection_info"] == ({str: ANYTHING}, none_type)
    for cls in (Page, Connection, Links, Href, Patch):
        assert cls.openapi_types.keys() == cls.attribute_map.keys()
        assert (cls.allowed_values, cls.validations, cls.additional_properties_type) == ({}, {}, None)
