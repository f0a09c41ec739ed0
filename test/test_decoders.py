"""Decoders: the same as the plain meaning of the fields, the path to what is wrong, and lenient reading."""

# JSON is Any.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

import copy
import gc
import json
import pickle
import time
from datetime import date, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from cases import case
from hypothesis import given
from hypothesis import strategies as st
from odd_models import Bag
from strategies import JSON, texts

from codat_python_sdk import ApiTypeError, decoders
from codat_python_sdk.dates import decode_datetime
from codat_python_sdk.decoders import LenientReading, decode, decoder_of
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_error import (
    CodatPublicApiModelsCompanyDataConnectionError as SyncError,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_links_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel as Links,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page,
)
from codat_python_sdk.values import ANYTHING, NestedTooDeeply, none_type, to_json

REQUIRED = {"id": "i", "integration_id": "n", "source_id": "s", "platform_name": "p", "link_url": "l"}
MINIMUM = {"id": "i", "integrationId": "n", "sourceId": "s", "platformName": "p", "linkUrl": "l"}


TEXT_DATES = st.datetimes(
    timezones=st.none() | st.just(timezone.utc) | st.integers(-719, 719).map(lambda m: timezone(timedelta(minutes=m)))
).map(datetime.isoformat)


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
            optional = cls is not Connection or name not in REQUIRED
            fields[name] = None if data[key] is None and optional else plain(data[key], cls.openapi_types[name])
        elif cls is Connection and name in REQUIRED:
            raise ValueError(name)
    return cls, fields, {key: value for key, value in data.items() if key not in cls.attribute_map.values()}


def seen(value: Any) -> Any:
    """A decoded value in the form in which `plain` gives it."""
    if hasattr(value, "attribute_map"):
        fields = {name: seen(item) for name, item in value._set_fields().items()}
        known = set(value.attribute_map.values())
        return type(value), fields, {key: item for key, item in value.json_items() if key not in known}
    if isinstance(value, list):
        return [seen(item) for item in value]
    return value


def objects(keys: list[str], values: Any) -> Any:
    return st.dictionaries(st.sampled_from(keys) | texts(max_size=3), values, max_size=6)


ERROR_KEYS = list(SyncError.attribute_map.values())


CONNECTIONS: st.SearchStrategy[dict[str, Any]] = st.builds(
    lambda base, extra: base | extra,
    st.just(MINIMUM) | st.just({}),
    st.fixed_dictionaries(
        {},
        optional={
            "lastSync": TEXT_DATES | st.none() | JSON,
            "created": TEXT_DATES | JSON,
            "status": texts() | JSON,
            "id": texts() | JSON,
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
        for copied in (copy.copy(decoded), copy.deepcopy(decoded), pickle.loads(pickle.dumps(decoded))):
            assert copied == decoded and seen(copied) == expected
        assert {cls.attribute_map.get(n, n) for n in decoded.to_dict()} <= {*data, *cls.attribute_map.values()}
    assert data == original, "decoding must not change the response"


@given(st.dictionaries(texts(), JSON, max_size=5))
def test_unknown_keys__survive_a_round_trip(extra: dict[str, Any]) -> None:
    """Keys that the SDK does not know are kept, readable as items, in to_dict(), and go out again unchanged."""
    unknown = {key: value for key, value in extra.items() if key not in Connection.attribute_map.values()}
    model = decoder_of((Connection,))(MINIMUM | unknown)
    assert to_json(model) == MINIMUM | unknown
    for key, value in unknown.items():
        if key not in Connection.attribute_map:
            assert key in model and model[key] == model.get(key) == model.to_dict()[key] == value


WRONG_PLACES: list[tuple[Any, Any, list[str | int]]] = [
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
    (Page, {"totalResults": 1.5}, ["total_results"]),
    (Page, {"_links": []}, ["links"]),
    (Page, {"_links": {"next": {"href": 5}}}, ["links", "next", "href"]),
]  # fmt: skip


def test_decoder__says_where_it_is_wrong() -> None:
    """path_to_item leads to what is wrong, in Python's names."""
    for cls, data, path in WRONG_PLACES:
        with case(cls, data, path):
            with pytest.raises(ApiTypeError) as error:
                decoder_of((cls,))(data)
            assert error.value.path_to_item == path
            text = str(error.value)  # which does not repeat the one name that it begins with
            assert "".join(f"[{step!r}]" for step in path) in text or (
                len(path) == 1 and text.startswith(f"{path[0]} is ")
            )


WRONG_TYPES: list[tuple[Any, Any, str]] = [
    (Connection, MINIMUM | {"status": ["secret"]}, "status is an array, expected a string"),
    (Connection, MINIMUM | {"platformName": None}, "platformName is null, expected a string"),
    (Connection, MINIMUM | {"lastSync": 5}, "lastSync is a number, expected a date and time"),
    (Connection, MINIMUM | {"created": "secret"}, "created is a string, expected a date and time"),
    (Connection, {}, "id is missing, expected a string"),
    (Connection, [], "the JSON is an array, expected an object"),
    (Connection, MINIMUM | {"connectionInfo": True}, "connectionInfo is a boolean, expected an object"),
    (Page, {"results": {}}, "results is an object, expected an array"),
    (Page, {"pageNumber": "1"}, "pageNumber is a string, expected an integer"),
    (
        Page,
        {"results": [MINIMUM, MINIMUM | {"dataConnectionErrors": [{"statusCode": 403}]}]},
        "results[1].dataConnectionErrors[0].statusCode is a number, expected a string",
    ),
    (Page, {"_links": {"next": {"href": 5}}}, "_links.next.href is a number, expected a string"),
]


def test_decoder__says_what_came_and_what_would_do() -> None:
    """The text names the field, what it is and what was expected in JSON's words, and not the value."""
    for cls, data, text in WRONG_TYPES:
        with case(cls, data, text):
            with pytest.raises(ApiTypeError) as error:
                decoder_of((cls,))(data)
            assert error.value.message == text
            assert error.value.key_type is False and error.value.valid_classes
            assert "secret" not in str(error.value)


# -- lenient -----------------------------------------------------------------------------------------------------------


def leniently(data: Any, types: Any) -> Any:
    reading = LenientReading()
    reading.in_place = True
    return decode(copy.deepcopy(data), types, reading)


@given(st.tuples(st.just(Connection), CONNECTIONS | JSON) | st.tuples(st.just(Page), PAGES | JSON))
def test_lenient__agrees_with_strict_on_good_data(case: tuple[Any, Any]) -> None:
    """What can be read strictly is read the same leniently; what cannot, raises nothing but ApiTypeError."""
    cls, data = case
    try:
        expected = decoder_of((cls,))(data)
    except ApiTypeError:
        try:
            leniently(data, (cls,))
        except ApiTypeError:
            assert not isinstance(data, dict) or (
                cls is Page and not isinstance(cast("dict[str, Any]", data).get("results"), list)
            )
    else:
        assert leniently(data, (cls,)) == expected


def test_lenient__keeps_odd_values_and_decodes_the_rest(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value of the wrong type is kept unchanged, a missing one reads as None; one warning per field."""
    monkeypatch.setattr(decoders, "_reported", set[Any]())
    when = "2026-02-03T04:05:06Z"
    misfit: dict[str, Any] = {
        "id": "i",
        "linkUrl": "l",
        "platformName": None,
        "created": when,
        "lastSync": "secret",
        "status": [1],
    }
    misfit["dataConnectionErrors"] = [{"statusCode": 403, "erroredOnUtc": when}, "secret", None]
    page = leniently({"results": [MINIMUM, misfit, misfit, 5], "pageNumber": "1", "_links": []}, (Page,))
    good, row, again, five = page.results
    assert good == decoder_of((Connection,))(MINIMUM) and row == again and five == 5
    assert (row.id, row.platform_name, row.integration_id, row["source_id"]) == ("i", None, None, None)
    assert (row.last_sync, row.status) == ("secret", [1])
    assert row.created == datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    error, text, null = row.data_connection_errors
    assert (error.status_code, error.errored_on_utc, text, null) == (403, row.created, "secret", None)
    assert (page.page_number, page.links) == ("1", [])
    name = Connection.__name__
    assert sorted(record.getMessage() for record in caplog.records) == sorted(
        f"{text} (this field is not reported again)"
        for text in [
            f"{name}.integration_id is missing, expected a string; it reads as None",
            f"{name}.source_id is missing, expected a string; it reads as None",
            f"{name}.platform_name is null, expected a string; the value is kept unchanged",
            f"{name}.last_sync is a string, expected a date and time; the value is kept unchanged",
            f"{name}.status is an array, expected a string; the value is kept unchanged",
            f"{name}.data_connection_errors: an item is a string, expected an object; the value is kept unchanged",
            f"{SyncError.__name__}.status_code is a number, expected a string; the value is kept unchanged",
            f"{Page.__name__}.results: an item is a number, expected an object; the value is kept unchanged",
            f"{Page.__name__}.page_number is a string, expected an integer; the value is kept unchanged",
            f"{Page.__name__}.links is an array, expected an object; the value is kept unchanged",
        ]
    )
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert {record.name for record in caplog.records} == {"codat_python_sdk.decoders"}


OTHER_DOCUMENTS: list[tuple[Any, Any]] = [
    ((Page,), []),
    ((Page,), None),
    ((Page,), {"results": 5}),
    (([Connection],), {}),
    ((int,), "1"),
]


def test_lenient__is_no_excuse_for_another_document() -> None:
    """A document of another kind, or a page without a list of rows, is an error all the same."""
    for types, data in OTHER_DOCUMENTS:
        with case(types, data), pytest.raises(ApiTypeError):
            leniently(data, types)


def test_lenient__limits_nesting() -> None:
    """A value of the wrong type that is nested too deeply is not kept."""
    value: Any = 1
    for _ in range(200):
        value = [value]
    with pytest.raises(NestedTooDeeply):
        leniently(MINIMUM | {"status": value}, (Connection,))


KINDS_OF_FIELDS: list[tuple[dict[str, Any], bool]] = [
    ({"union": 1}, True), ({"union": "a"}, True), ({"union": None}, True), ({"union": 1.5}, False),
    ({"anything": [1, {}]}, True), ({"anything": None}, True),
    ({"amount": 1}, True), ({"amount": 1.5}, True), ({"amount": "1"}, False),
    ({"names": ["a"]}, True), ({"names": [1]}, False), ({"names": []}, True),
    ({"labels": {"a": "b"}}, True), ({"labels": {"a": 1}}, False),
]  # fmt: skip


def test_decoder__of_every_kind_of_field() -> None:
    """What fits is read, what does not is an error strictly and stays as it came leniently; both in rows, too."""
    for data, fits in KINDS_OF_FIELDS:
        with case(data, fits):
            for rows in (1, 250):
                document = {"rows": [dict(data) for _ in range(rows)]}
                if fits:
                    decoded = decoder_of(({str: ([Bag],)},))(document)
                    assert [bag.to_dict() for bag in decoded["rows"]] == document["rows"]
                else:
                    with pytest.raises(ApiTypeError, match=next(iter(data))):
                        decoder_of(({str: ([Bag],)},))(document)
                assert [bag.to_dict() for bag in leniently(document, ({str: ([Bag],)},))["rows"]] == document["rows"]


def test_lenient__costs_at_most_ten_times_a_good_page() -> None:
    """A page of rows with the wrong type in every field takes less than ten times the CPU time of a good one."""
    when = "2026-02-03T04:05:06.1234567Z"
    good = MINIMUM | {"status": "Linked", "lastSync": when, "created": when, "connectionInfo": {}, "sourceType": "x"}
    misfit: dict[str, Any] = {key: [] for key in good}
    misfit |= {"lastSync": "2026-02-30", "created": "2026-02-30", "connectionInfo": 1}

    texts = [json.dumps({"results": [row] * 200}) for row in (misfit, good)]
    best = [float("inf"), float("inf")]
    for _ in range(5):  # alternately, so that whatever else the machine does slows both down
        for kind, text in enumerate(texts):
            gc.collect()
            started = time.process_time()
            decode(json.loads(text), (Page,), LenientReading())
            best[kind] = min(best[kind], time.process_time() - started)
    assert best[0] <= 10 * best[1]


def test_decoder__of_several_types_names_them_all() -> None:
    """What fits none of several classes is reported once, at the place of the union, with every type that would do."""
    decode_either = decoder_of(([Connection], {str: (int,)}))
    assert decode_either({"a": 1}) == {"a": 1}
    for value in (5, [5], {"a": "x"}):
        with pytest.raises(ApiTypeError, match="expected ") as caught:
            decode_either(value)
        assert caught.value.path_to_item == []
        assert "expected an array or an object" in str(caught.value)


SEVERAL_TYPES: list[tuple[Any, Any, Any]] = [
    ((date, datetime), "2026-02-03", date(2026, 2, 3)),
    ((datetime, date), "2026-02-03", date(2026, 2, 3)),
    ((date, datetime), "2026-02-03T00:00:00", datetime(2026, 2, 3)),
    ((date, datetime, none_type), "2026-02-03T04:05:06", datetime(2026, 2, 3, 4, 5, 6)),
    ((str, date), "2026-02-03", date(2026, 2, 3)),
    ((str, datetime, date), "soon", "soon"),
    ((int, float), 1, 1.0),
    ((dict, Connection), MINIMUM, decoder_of((Connection,))(MINIMUM)),
    ((dict, Connection), {"a": 1}, {"a": 1}),
]


def test_decoder__of_several_types() -> None:
    """They are tried in the order of 2021, whatever the order in the tuple; a time is never dropped."""
    for types, value, decoded in SEVERAL_TYPES:
        with case(types, value, decoded):
            result = decoder_of(types)(value)
            assert result == decoded and type(result) is type(decoded)
