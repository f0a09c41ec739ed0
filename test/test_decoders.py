"""Compiled decoders: the same as the plain meaning of the fields, and the path to what is wrong."""

# JSON is Any.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

import copy
import pickle
import traceback
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codat_python_sdk import ApiTypeError
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
from codat_python_sdk.values import (
    ANYTHING,
    decode_datetime,
    decoder_of,
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
