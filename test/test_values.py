"""Values between JSON and Python: dates, decoders by type, checks, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timezone
from types import MappingProxyType
from typing import Any

import pytest
from cases import case
from proxies import Lazy

from codat_python_sdk import ApiClient, ApiTypeError, ApiValueError, Configuration
from codat_python_sdk.decoders import decoder_of
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
from codat_python_sdk.operation import json_body
from codat_python_sdk.values import (
    ANYTHING,
    MAX_NESTING,
    check,
    checked_types,
    decode_anything,
    describe,
    none_type,
    text_or_none,
    to_json,
)

REQUIRED: dict[str, Any] = {"id": "i", "integration_id": "n", "source_id": "s", "platform_name": "p", "link_url": "l"}
MINIMUM: dict[str, Any] = {"id": "i", "integrationId": "n", "sourceId": "s", "platformName": "p", "linkUrl": "l"}

WRAPPINGS: list[Callable[[Any], Any]] = [lambda v: [v], lambda v: {"a": v}]


def made(**values: Any) -> Connection:
    return Connection(**REQUIRED, **values)


UTC = timezone.utc


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


def test_decoder_of__each_kind_of_type() -> None:
    """Types in the manner of 2021, with lists and dicts of types, take what they name and nothing else."""
    for types, good, bad in KINDS:
        with case(types, good, bad):
            decode = decoder_of(types)
            assert [decode(value) for value in good] == good
            for value in bad:
                with pytest.raises(ApiTypeError):
                    decode(value)


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_decode_anything__has_a_nesting_limit(wrap: Any) -> None:
    """A value that is nested more deeply than is safe to print or pickle is refused, however deep it is."""
    value: Any = 1
    for _ in range(MAX_NESTING):
        value = wrap(value)
    assert decode_anything(value) is value
    value = wrap(value)
    with pytest.raises(ApiTypeError, match="nested more than"):
        decode_anything(value)
    with pytest.raises(ApiTypeError, match="nested"):
        decoder_of((Connection,))(MINIMUM | {"new": value})


WRONG_ARGUMENTS: list[tuple[Any, Any, list[Any]]] = [
    (5, (str,), ["x"]),
    (True, (int,), ["x"]),
    (None, (str,), ["x"]),
    (["a", 1], ([str],), ["x", 1]),
    ({"a": None}, ({str: (str,)},), ["x", "a"]),
    ({5: "a"}, ({str: (str,)},), ["x", "5"]),
    ([1], ({str: (str,)},), ["x"]),
]


def test_check__says_where_an_argument_is_wrong() -> None:
    """The path leads into lists and dicts; a bool is not an int."""
    for value, types, path in WRONG_ARGUMENTS:
        with case(value, types, path):
            with pytest.raises(ApiTypeError) as error:
                check(value, types, "x")
            assert error.value.path_to_item == path


RIGHT_ARGUMENTS: list[tuple[Any, Any]] = [
    (5, (int,)),
    ("a", (int, str)),
    (("a",), ([str],)),
    ({"a": "b"}, ({str: (str,)},)),
    (Patch(), (Patch,)),
    (True, (bool,)),
]


def test_check__lets_the_right_ones_pass() -> None:
    """What has one of the types raises nothing."""
    for value, types in RIGHT_ARGUMENTS:
        with case(value, types):
            check(value, types, "x")


DESCRIBED: list[tuple[Any, str]] = [
    ((str,), "str"),
    ((str, none_type), "str or None"),
    (([Patch],), f"list of {Patch.__name__}"),
    (([int, none_type],), "list of int or None"),
    (([(int, str)],), "list of int or str"),
    (({str: (int,)},), "dict of int"),
    (ANYTHING, "anything"),
    (({str: ANYTHING},), "dict of anything"),
]


def test_describe__reads_like_words() -> None:
    """Types in error texts are words."""
    for types, text in DESCRIBED:
        with case(types, text):
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


NOT_JSON: list[Any] = [object(), {1, 2}, b"bytes", 1j, [b"x"], {"a": {"b": object()}}, Patch, [Patch]]


def test_to_json__nothing_else() -> None:
    """What JSON cannot hold a value of type is an ApiValueError that names the type."""
    for value in NOT_JSON:
        with case(value), pytest.raises(ApiValueError, match="JSON cannot hold a value of type"):
            to_json(value)


PROXIED: list[Any] = ["a", 5, 1.5, False, ["a"], {"a": "b"}, Patch(status="x"), date(2022, 1, 2)]


def test_to_json__of_a_proxy() -> None:
    """A proxy goes out as what it holds, alone and inside of other values, in bodies and everywhere else."""
    for value in PROXIED:
        with case(value):
            wrappings: list[Callable[[Any], Any]] = [lambda v: v, *WRAPPINGS]
            for wrap in wrappings:
                expected = to_json(wrap(value))
                assert json.dumps(to_json(wrap(Lazy(value)))) == json.dumps(expected)
                assert json.loads(json_body(wrap(Lazy(value)))) == expected


def test_to_json__without_end() -> None:
    """A value that contains itself, or is nested too deeply, is an error of ours, wherever it is sent."""
    endless: list[Any] = []
    endless.append({"a": MappingProxyType({"b": endless})})
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    client = ApiClient(Configuration("http://127.0.0.1:9"))
    sends: list[tuple[Callable[[Any], Any], type[Exception]]] = [
        (to_json, ApiValueError),
        (lambda value: client.request("GET", "/x", query={"a": value}), ApiTypeError),  # no list of lists fits there
        (lambda value: client.request("GET", "/x/{a}", path_params={"a": value}), ApiTypeError),
        (lambda value: client.request("POST", "/x", body=value), ApiValueError),
    ]
    for send, error in sends:
        for value in (endless, deep):
            with pytest.raises(error):
                send(value)


TEXTS_OR_NONE: list[tuple[Any, str | None]] = [("x", "x"), ("", ""), (None, None), (5, None), (["x"], None), ({}, None)]


def test_text_or_none__of_anything() -> None:
    """A text is itself, anything else is None."""
    for value, text in TEXTS_OR_NONE:
        with case(value, text):
            assert text_or_none(value) == text


@pytest.mark.parametrize("response_type", [([datetime, Any],), ({str: (object,)},), (object,)])
def test_checked_types__of_anything(response_type: Any) -> None:
    """``object`` and ``Any`` stand for any JSON value."""
    types = checked_types("response_type", response_type)
    value = {"a": ["2022-01-02", None]}
    assert decoder_of(types)(value if isinstance(response_type[0], (dict, type)) else [value]) in (value, [value])


def test_checked_types__of_a_class_that_is_replaced() -> None:
    """The class that freezegun has in the place of ``datetime`` stands for ``datetime``."""

    class FakeDate(date):
        pass

    assert checked_types("response_type", ([FakeDate], none_type)) == ([(date,)], none_type)


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_check__of_what_json_cannot_hold(wrap: Any) -> None:
    """The error says so, instead of expecting anything."""
    with pytest.raises(ApiTypeError, match="what JSON can hold, got object"):
        check(wrap(object()), ({str: ANYTHING}, [ANYTHING]), "info")
