"""Compiled functions for rows: the same as the general way, or nothing at all; and never too many of them."""

from __future__ import annotations

import copy
import json
import linecache
import pickle
from typing import Any

import pytest
from cases import case
from hypothesis import given
from odd_models import Thing
from test_cost import functions
from test_decoders import CONNECTIONS, MINIMUM

from codat_python_sdk import ApiTypeError, shapes
from codat_python_sdk.dates import parse_datetime
from codat_python_sdk.decoders import decoder_of
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.shapes import FastDecoder, Shapes, compile_shape
from codat_python_sdk.values import NestedTooDeeply

WHEN = "2026-02-03T04:05:06.1234567Z"
ROW = MINIMUM | {"lastSync": None, "created": WHEN, "status": "Linked", "connectionInfo": {"paused": False}}


@pytest.fixture(params=[True, False], ids=["with a GIL", "without"])
def gil(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions compiled for either kind of Python."""
    monkeypatch.setattr(shapes, "_has_gil", lambda: request.param)


def test_gil__is_there_where_python_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.10 to 3.12, which cannot be asked, get the functions that are faster with a GIL."""
    monkeypatch.delattr("sys._is_gil_enabled", raising=False)
    assert shapes._has_gil()


def read_one(fast: FastDecoder, row: dict[str, Any]) -> Any:
    """The model that a compiled function makes of a row; None when it leaves it to the general way."""
    rows = [dict(row)]
    return rows[0] if fast(rows, 0, dict[str, Any].values, parse_datetime) else None


ROWS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"lastSync": WHEN, "new": {"a": [1]}, "link_url": "unknown"}, True),
    ({"new": [1, [2]], "newer": [], "newest": {}}, True),
    ({"dataConnectionErrors": [], "connectionInfo": None}, True),
    ({"connectionInfo": {"a": {"b": []}}}, True),
    ({"created": "2026-02-03"}, True),
    ({"created": "soon"}, False),
    ({"created": 5}, False),
    ({"id": None}, False),
    ({"status": 5}, False),
    ({"dataConnectionErrors": [{}, {"statusCode": "403", "erroredOnUtc": WHEN}]}, True),
    ({"dataConnectionErrors": [{"statusCode": 403}]}, False),
    ({"dataConnectionErrors": [{"erroredOnUtc": "soon"}]}, False),
    ({"dataConnectionErrors": [{}, 5]}, False),
    ({"connectionInfo": []}, False),
]


def test_compile_shape__reads_the_usual_alone(gil: None) -> None:
    """A usual row becomes the same model as in the general way; for any other there is None."""
    for changes, is_usual in ROWS:
        with case(changes, is_usual):
            row = ROW | changes
            fast = compile_shape(Connection._schema, tuple(row))
            assert fast is not None
            model = read_one(fast, row)
            assert (model is not None) == is_usual
            if model is not None:
                assert type(model) is Connection and model == decoder_of((Connection,))(row)
                assert list(model) == list(decoder_of((Connection,))(row))


@given(CONNECTIONS)
def test_compile_shape__never_differs_from_the_general_way(row: dict[str, Any]) -> None:
    """For any row the compiled function gives what the general way gives, or None."""
    fast = compile_shape(Connection._schema, tuple(row)) if row else None
    if fast is None:
        return
    try:
        model = read_one(fast, row)
    except NestedTooDeeply:
        model = None
    if model is not None:
        assert model == decoder_of((Connection,))(row)


def test_compile_shape__absent_is_not_null() -> None:
    """A field that a row does not have reads as None and is not set, until it is: to null, or to a value."""
    fast = compile_shape(Connection._schema, tuple(MINIMUM))
    assert fast is not None
    model = read_one(fast, MINIMUM)
    assert (model.status, model.last_sync, model.data_connection_errors) == (None, None, None)
    assert "status" not in model and model.get("status", 1) == 1 and list(model) == list(model.to_dict())
    assert not {"status", "last_sync", "lastSync"} & {*model.keys(), *model.to_json_dict()}
    for copied in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert copied == model == decoder_of((Connection,))(MINIMUM)
        copied.status = None
        assert "status" in copied and copied.to_json_dict()["status"] is None and copied != model
    model.status = "Linked"
    assert model.status == model["status"] == "Linked" and "status" in model and "last_sync" not in model
    del model.status
    assert model.status is None and "status" not in model
    with pytest.raises(AttributeError):
        _ = model.brand_new


def test_compile_shape__absent_costs_no_call() -> None:
    """Reading a field that a row does not have is no slower than any other: no function runs."""
    fast = compile_shape(Connection._schema, tuple(MINIMUM))
    assert fast is not None
    model = read_one(fast, MINIMUM)
    assert functions(lambda: (model.status, model.last_sync, model.created)) == []


def test_compile_shape__needs_the_required_keys() -> None:
    """For rows that lack a required key there is no function."""
    assert compile_shape(Connection._schema, ("id",)) is None


def test_compile_shape__can_be_debugged() -> None:
    """The lines of a compiled function are there for tracebacks and debuggers."""
    fast = compile_shape(Connection._schema, tuple(ROW))
    assert fast is not None
    lines = linecache.getlines(fast.__code__.co_filename)
    assert lines[0].startswith("def decode(rows, ") and any("parse_date(" in line for line in lines)


def test_compile_shape__takes_no_code_from_keys() -> None:
    """Keys are data: whatever they hold, nothing of it is run."""
    row = MINIMUM | {"'] = 1; raise SystemExit #": 1, "\ud800": 2, "\n": 3}
    fast = compile_shape(Connection._schema, tuple(row))
    assert fast is not None
    model = read_one(fast, row)
    assert model["'] = 1; raise SystemExit #"] == 1 and model["\ud800"] == 2


def find(shapes: Shapes, shape: tuple[str, ...]) -> Any:
    """The function for a shape, as decoders look for it."""
    return shapes.compiled.get(shape) or shapes.count(shape)


def test_count__compiles_what_comes_often() -> None:
    """The first rows of a shape go the general way; from the hundredth on there is a function."""
    found = Shapes(Thing._schema)
    assert [find(found, ("name",)) is None for _ in range(101)] == [True] * 99 + [False] * 2


def test_count__compiles_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever varies the keys cannot make a process compile, or remember, without end."""
    monkeypatch.setattr(shapes, "_MIN_ROWS", 1)
    found = Shapes(Thing._schema)
    compiled = [find(found, ("name", str(number))) for number in range(1000)]
    assert sum(function is not None for function in compiled) == 16
    assert find(found, ("name", "0")) is compiled[0], "what is compiled stays in use"


def test_count__remembers_few() -> None:
    """Shapes that come once are forgotten in time, very long ones at once; one that comes often has its function."""
    found = Shapes(Thing._schema)
    for number in range(1000):
        find(found, (str(number),))
        find(found, (str(number) * 2000,))
    assert len(found._seen) <= 64
    assert [find(found, ("name",)) for _ in range(100)][-1] is not None


def test_lists__mixed_shapes_are_read_alike() -> None:
    """Rows of several shapes, odd ones among them, come back in their order, long lists and short ones."""
    rows = [ROW, MINIMUM, ROW | {"new": 1}, ROW | {"dataConnectionErrors": [{"statusCode": None}]}] * 150
    read = decoder_of(([Connection],))(rows)
    assert read == [decoder_of((Connection,))(row) for row in rows]
    with pytest.raises(ApiTypeError) as error:
        decoder_of(([Connection],))([*rows, ROW | {"id": 5}])
    assert error.value.path_to_item == [600, "id"]


def test_lists__first_row_that_does_not_fit_is_reported() -> None:
    """Whatever the order in which rows are read, an error is of the first one in the list that has one."""
    usual = [ROW, MINIMUM, ROW | {"new": 1}] * 150
    for first, second in ([ROW | {"id": 5}, MINIMUM | {"id": 5}], [MINIMUM | {"id": 5}, ROW | {"id": 5}], [5, ROW]):
        with pytest.raises(ApiTypeError) as error:
            decoder_of(([Connection],))([*usual, first, *usual, second, *usual])
        assert error.value.path_to_item[0] == len(usual)  # type: ignore[index]


def test_lists__each_function_goes_through_a_list_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are unusual, the time that a list takes does not grow with the square of its length."""
    unusual = ROW | {"lastSync": "2026-02-03T24:00"}  # which only the general decoder reads
    rows = [ROW, unusual, MINIMUM] * 200
    read = decoder_of(([Connection],))
    expected, starts = read(rows), dict[str, list[int]]()
    for shape in (tuple(ROW), tuple(MINIMUM)):
        fast = Connection._shapes.compiled[shape]

        def noted(rows: Any, start: int, get: Any, parse_date: Any, fast: FastDecoder = fast) -> int:
            starts.setdefault(fast.__code__.co_filename, []).append(start)
            return fast(rows, start, get, parse_date)

        monkeypatch.setitem(Connection._shapes.compiled, shape, noted)
    assert read(rows) == expected
    assert sorted(starts.values()) == [[0], [2]]


def test_lists__shapes_of_the_same_length_are_told_apart() -> None:
    """Rows with as many keys, but others or in another order, are read alike, however often they take turns."""
    odd = [MINIMUM | {key: None} for key in ("status", "created", "lastSync", "new", "newer")]
    turned = dict(reversed((MINIMUM | {"status": "Linked"}).items()))
    rows = [*odd, turned] * 150 + [odd[0]] * 200 + [turned] * 200
    read = decoder_of(([Connection],))(rows)
    assert read == [decoder_of((Connection,))(row) for row in rows]
    assert [list(model) for model in read] == [list(decoder_of((Connection,))(row)) for row in rows]


def test_lists__one_key_is_a_shape_too() -> None:
    """Rows with a single key, of which some have another one, are read alike."""
    rows: list[dict[str, Any]] = [{"name": "a"}] * 150 + [{"other": 1}, {"name": None}, {}] * 150
    read = decoder_of(([Thing],))(rows)
    assert read == [decoder_of((Thing,))(row) for row in rows]
    assert ("name" in read[-2], list(read[-3]), list(read[-1])) == (True, ["other"], [])


def test_lists__lists_inside_of_rows_are_read_alike() -> None:
    """A row with a list of models is read by the function for its shape; what does not fit there has its whole path."""
    error = {"statusCode": "403", "erroredOnUtc": WHEN}
    rows = [ROW | {"dataConnectionErrors": [error, error]} for _ in range(150)]
    assert decoder_of(([Connection],))(rows) == [decoder_of((Connection,))(row) for row in rows]
    assert all(row["dataConnectionErrors"] == [error, error] for row in rows), "the caller's lists are left alone"
    empty: dict[str, Any] = ROW | {"dataConnectionErrors": []}
    for model in decoder_of(([Connection],))([empty] * 150):
        model.data_connection_errors.append(error)
    assert empty["dataConnectionErrors"] == [], "an empty one, too"
    with pytest.raises(ApiTypeError) as found:
        decoder_of(([Connection],))([*rows, ROW | {"dataConnectionErrors": [error, error | {"statusCode": 5}]}])
    assert found.value.path_to_item == [150, "data_connection_errors", 1, "status_code"]


@pytest.mark.parametrize("key", ["connectionInfo", "new"])
@pytest.mark.parametrize("brackets", ["[]", '{"a":}'], ids=["arrays", "objects"])
def test_compile_shape__notices_what_is_nested_too_deeply(key: str, brackets: str) -> None:
    """A compiled function lets nothing pass that is nested more than a hundred levels deep, and all that is less."""
    row, deep = ROW | {key: {}}, json.loads(brackets[:-1] * 98 + "1" + brackets[-1] * 98)
    fast = compile_shape(Connection._schema, tuple(row))
    assert fast is not None
    assert read_one(fast, row | {key: {"a": deep}})[key if key == "new" else "connection_info"] == {"a": deep}
    too_deep = row | {key: {"a": [[deep]]}}
    assert read_one(fast, too_deep) is None
    with pytest.raises(NestedTooDeeply):
        decoder_of(([Connection],))([row] * 150 + [too_deep])


class Mixin:
    """Its instances have a ``__dict__``."""


class Mixed(Mixin, Connection):
    """A model whose instances are of another layout than their slots."""


@pytest.mark.usefixtures("gil")
def test_compiled__for_a_model_with_a_mixin() -> None:
    """The function reads its rows as well, and does not leave them to the general decoder."""
    fast = compile_shape(Mixed._schema, tuple(ROW))
    assert fast is not None
    model = read_one(fast, ROW)
    assert type(model) is Mixed and model == decoder_of((Mixed,))(ROW)
