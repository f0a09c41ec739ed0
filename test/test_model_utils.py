"""Fields, decoding, checking and the behaviour that all models share."""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import operator
import pickle
import sys
from collections.abc import Callable
from datetime import date, datetime, timezone
from functools import partial
from http import HTTPStatus
from traceback import TracebackException
from types import MappingProxyType
from typing import Any
from unittest.mock import ANY, patch

import pytest
from cases import case
from odd_models import (
    AbstractConnection,
    CachingConnection,
    ConcreteConnection,
    Counted,
    Lettered,
    MixinFirst,
    MixinLast,
    MixinOfModels,
    MixinWithField,
    OwnConstructor,
    TaggedConnection,
)
from test_cost import functions

from codat_python_sdk import ApiAttributeError, ApiKeyError, ApiTypeError, ApiValueError, DataConnectionStatus
from codat_python_sdk.decoders import LenientReading, Reading, decode, decoder_of
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
    Model,
    ModelMeta,
    ModelNormal,
    OpenApiModel,
    convert_unchecked,
    decode_unchecked,
    discard_unknown,
    field,
    model_to_dict,
)
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompany as Company
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompanyAccessToken as AccessToken
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompanyPagedResponseModel as CompanyPage
from codat_python_sdk.pydantic_schemas import core_schema
from codat_python_sdk.values import ANYTHING, none_type, to_json
from codat_python_sdk.webhooks import ConnectionPayload

REQUIRED: dict[str, Any] = {"id": "i", "integration_id": "n", "source_id": "s", "platform_name": "p", "link_url": "l"}
MINIMUM: dict[str, Any] = {"id": "i", "integrationId": "n", "sourceId": "s", "platformName": "p", "linkUrl": "l"}

#: the class without its annotations: 2021's arguments are unknown to type checkers
Loose: Any = Connection
#: what call_api can return besides a model
WRAPPINGS: list[Callable[[Any], Any]] = [lambda m: [m], lambda m: {"a": m}, lambda m: [{"a": [m]}]]


def made(**values: Any) -> Connection:
    return Connection(**REQUIRED, **values)


UTC = timezone.utc


def test_decode_unchecked__leaves_values_as_they_came() -> None:
    """Without checks a wrong value is handed over, a date stays text, and a missing required field is None."""
    model = decode_unchecked(Connection, {"id": 5, "created": "2022-01-01", "new": [1], "sourceType": "x"})
    assert (model.id, model.created, model["new"], model.link_url) == (5, "2022-01-01", [1], None)
    assert model.to_dict() == {"id": 5, "created": "2022-01-01", "new": [1], "source_type": "x"}
    assert decode_unchecked(Connection, [1]) == [1]


def test_convert_unchecked__finds_models_in_containers() -> None:
    """Models in lists and dicts are made, and dates, as in 2021; what does not fit stays as it came."""
    cases: list[tuple[Any, Any, Any]] = [
        ([MINIMUM, None, 5], ([Connection, none_type],), [made(), None, 5]),
        ([[MINIMUM]], ([[Connection]],), [[made()]]),
        ({"a": [MINIMUM]}, ({str: ([Connection],)},), {"a": [made()]}),
        (MINIMUM, (none_type, Connection), made()),
        (None, (none_type, Connection), None),
        (["2022-01-02", "x"], ([date],), [date(2022, 1, 2), "x"]),
        ("2022-01-02T03:04:05Z", (datetime,), datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (["2022-01-02", "2022-01-02T03:04:05"], ([date, datetime],), [date(2022, 1, 2), datetime(2022, 1, 2, 3, 4, 5)]),
        ("2022-01-02", (str, date), date(2022, 1, 2)),
        (MINIMUM, (dict, Connection), made()),
        (["2022-01-02", MINIMUM], ([ANYTHING],), ["2022-01-02", MINIMUM]),
        ({"a": 1}, ([Connection],), {"a": 1}),
        ([1], ({str: (int,)},), [1]),
    ]
    for value, types, converted in cases:
        with case(value, types, converted):
            assert convert_unchecked(value, types) == converted


def test_discard_unknown__at_every_level() -> None:
    """Keys that the SDK does not know go, in the page, its connections and its links."""
    new = {"new": 1}
    page = decoder_of((Page,))(new | {"results": [MINIMUM | new], "_links": new | {"self": new | {"href": "x"}}})
    discard_unknown(page)
    assert page.to_dict() == {"results": [REQUIRED], "links": {"self": {"href": "x"}}}


@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_discard_unknown__in_lists_and_dicts_of_models(wrap: Any) -> None:
    """It reaches models inside the lists and dicts that call_api can return."""
    model = decoder_of((Patch,))({"status": "x", "new": 1})
    discard_unknown(wrap(model))
    assert model.to_dict() == {"status": "x"}


def test_model__is_built_by_keyword_and_read_either_way() -> None:
    """Fields are attributes and items, for reading and for writing."""
    model = made(status="Linked")
    assert model.platform_name == model["platform_name"] == "p"
    model.status = "Unlinked"
    model["platform_name"] = "q"
    assert (model["status"], model.platform_name) == ("Unlinked", "q")


def test_model__required_fields_may_be_positional() -> None:
    """Required fields may come by position, in the order of the schema, as in 2021."""
    assert Loose("i", "n", "s", "p", "l", status="x") == made(status="x")
    for make in (Loose, Loose._from_openapi_data):
        with pytest.raises(ApiTypeError, match="5 positional"):
            make(*"insplx")
        with pytest.raises(ApiTypeError, match="'id' by position and by name"):
            make(*"inspl", id="i")


def test_model__positional_arguments_of_a_company() -> None:
    """They are the five that 2021's schema required, although the service need not send all of them today."""
    loose: Any = Company
    for make in (loose, loose._from_openapi_data):
        company = make("i", "n", "Xero", "https://link.example.test/", [made()])
        assert (company.id, company.name, company.platform, company.redirect) == (
            "i",
            "n",
            "Xero",
            "https://link.example.test/",
        )
        assert company.data_connections == [made()]
    assert Company(id="i", name="n", redirect="r").platform is None


def test_model__missing_required_argument() -> None:
    """A missing required argument is an ApiTypeError that names it."""
    for name in REQUIRED:
        with case(name):
            values = {key: value for key, value in REQUIRED.items() if key != name}
            with pytest.raises(ApiTypeError, match=name) as error:
                Connection(**values)
            assert error.value.path_to_item == [name]


def test_model__argument_of_the_wrong_type() -> None:
    """A value of the wrong type is an ApiTypeError with its place, in the constructor and in an assignment."""
    cases: list[tuple[dict[str, Any], list[Any]]] = [
        ({"id": 5}, ["id"]),
        ({"integration_id": None}, ["integration_id"]),
        ({"status": 5}, ["status"]),
        ({"created": date(2022, 1, 1)}, ["created"]),
        ({"last_sync": "2022-01-01T00:00:00Z"}, ["last_sync"]),
        ({"data_connection_errors": [SyncError(), "x"]}, ["data_connection_errors", 1]),
        ({"connection_info": []}, ["connection_info"]),
    ]
    for values, path in cases:
        with case(values, path):
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
    """An unknown attribute is an AttributeError, an unknown item an ApiKeyError; neither can be set."""
    model = made()
    with pytest.raises(AttributeError, match="colour"):
        model.colour  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ApiAttributeError, match="colour"):
        model.colour = "red"  # type: ignore[attr-defined]
    with pytest.raises(ApiKeyError, match="colour"):
        model["colour"]
    with pytest.raises(ApiAttributeError, match="colour"):
        model["colour"] = "red"
    with pytest.raises(ApiAttributeError, match="colour") as error:  # as in 2021
        model["colour"]
    assert type(pickle.loads(pickle.dumps(error.value))) is type(error.value)
    with pytest.raises(ApiAttributeError, match="no field 5"):
        model[5] = "red"  # type: ignore[index]
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
    """A field that is deleted is unset again; what is not set cannot be deleted."""
    model = made(status="x", last_sync=None)
    del model.status
    assert model.status is None and "status" not in model and "last_sync" in model
    del model.last_sync
    assert model == made()
    for name in ("status", "colour"):
        with pytest.raises(ApiAttributeError, match=f"{name}' that is set") as error:
            delattr(model, name)
        assert error.value.path_to_item == [name]
    model.status = "y"
    assert model == made(status="y")


ORIGINS: list[Callable[[], Connection]] = [
    made,
    lambda: decoder_of((Connection,))(MINIMUM),
    lambda: Connection._from_openapi_data(**REQUIRED),
    lambda: copy.copy(made()),
    lambda: pickle.loads(pickle.dumps(made())),
    lambda: decode_unchecked(Connection, MINIMUM),
]


def test_model__reading_a_field_runs_no_function() -> None:
    """Whatever made a model, its fields are read as fast as attributes can be, those that are not set included."""
    read = operator.attrgetter("id", "status", "last_sync", "created")
    for make in ORIGINS:
        with case(make):
            model = make()
            assert model == made()
            assert functions(partial(read, model)) == []
            assert type(model).__getattribute__ is object.__getattribute__
    assert not hasattr(Model, "__getattr__"), "with it Python 3.10 and 3.11 take three times as long for each attribute"


def test_model__that_could_not_be_built_can_be_shown() -> None:
    """Reporters show the local variables of a failure, and so the repr of a model without its values."""
    cases: list[Callable[[], Any]] = [
        lambda: Loose(**REQUIRED, status=5),
        lambda: Loose(**REQUIRED, colour="red"),
        Loose,
        lambda: decoder_of((Connection,))(MINIMUM | {"created": 5}),
        lambda: Loose._from_openapi_data(**REQUIRED | {"id": 5}),
    ]
    for build in cases:
        with case(build):
            with pytest.raises((ApiTypeError, ApiAttributeError)) as error:
                build()
            shown = "".join(TracebackException.from_exception(error.value, capture_locals=True).format())
            assert "repr() failed" not in shown and "Error" in shown
            half_built: Any = object.__new__(Connection)
            assert repr(half_built) == "{}" and half_built == object.__new__(Connection) and "status" not in half_built
            half_built.status = "Linked"
            assert half_built.status == "Linked"


def test_model__subclass_may_set_fields_first() -> None:
    """What the constructor of a subclass sets before it calls that of the model stays, unless it is given as well."""

    class Linked(Connection):
        def __init__(self, **values: Any) -> None:
            self.status = "Linked"
            super().__init__(**values)

    assert Linked(**REQUIRED).to_dict() == REQUIRED | {"status": "Linked"}
    assert Linked(**REQUIRED, status=None).to_dict() == REQUIRED | {"status": None}


def test_model__check_type_false_takes_anything() -> None:
    """_check_type=False builds a model of whatever values."""
    assert Loose(_check_type=False, **REQUIRED | {"id": 5}).id == 5


def test_model__spec_property_naming() -> None:
    """_spec_property_naming=True takes the JSON names, as in 2021."""
    assert Loose(_spec_property_naming=True, sourceType="Banking", **MINIMUM) == made(source_type="Banking")


def test_model__from_openapi_data() -> None:
    """_from_openapi_data builds a model as from a response, with the options of 2021."""
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


def test_model__comparison_with_another_type_asks_that_type() -> None:
    """A model is no number and no text; an object that knows how to compare itself with one is asked."""
    assert (made() == 1, made() != 1, made() == "x") == (False, True, False)
    assert made() == ANY
    assert made().__eq__(1) is NotImplemented


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


def test_model__to_dict_of_other_containers() -> None:
    """Tuples and mappings that are no dicts, which a model takes as well, become lists and dicts."""
    info: Any = MappingProxyType({"a": [1]})
    rows: Any = (made(connection_info=info),)
    page_dict = Page(results=rows).to_dict()
    assert page_dict == {"results": [REQUIRED | {"connection_info": {"a": [1]}}]}
    assert eval(repr(Page(results=rows))) == page_dict
    assert type(page_dict["results"][0]["connection_info"]) is dict


def test_model__argument_by_position_and_by_name() -> None:
    """A required field that is given twice is an error that names it, as for any function."""
    with pytest.raises(ApiTypeError, match="got 'id' by position and by name") as caught:
        Loose("1", **REQUIRED)
    assert caught.value.path_to_item == ["id"]


def test_model__copies_are_independent() -> None:
    """A copy can be changed without the original; a deep copy at every level."""
    page = Page(results=[made(status="Linked")], page_number=1)
    shallow, deep = copy.copy(page), copy.deepcopy(page)
    shallow.page_number = 2
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


def test_model__fields_are_bound_to_the_annotations_of_their_own_class() -> None:
    """A field takes its type from its class, even where the metaclass has an annotation of the same name."""
    with pytest.raises(TypeError, match=r"annotation of Unannotated\.openapi_types must consist of .*, got None"):
        ModelMeta("Unannotated", (Model,), {"openapi_types": field("openapiTypes")})


def test_model__behaves_as_a_mapping() -> None:
    """dict(), ** and iteration have what is set under Python's names, one level deep; unknown keys are among them."""
    page = Page(results=[made(status="x")], page_number=1)
    assert dict(page) == {"results": page.results, "page_number": 1} == dict(**page)
    assert list(page) == list(page.keys()) == ["results", "page_number"]
    assert list(page.values()) == [page.results, 1] and dict(page.items()) == dict(page)
    model = decoder_of((Connection,))(MINIMUM | {"new": 1, "link_url": "no field of that name in JSON"})
    assert dict(model) == REQUIRED | {"new": 1}
    assert [model[name] for name in model] == list(model.values())


@pytest.mark.parametrize("model", [Patch(), Page(), Href()])
def test_model__is_always_true(model: Model) -> None:
    """A model without anything set is true, and iterates over nothing; numbers are no items."""
    assert bool(model)
    assert list(model) == [] and dict(model) == {}
    with pytest.raises(ApiKeyError, match="0"):
        model[0]  # type: ignore[index]


def test_model__to_json_is_what_json_can_hold() -> None:
    """to_json_dict() has JSON's names and texts for dates, to_json() is its text; both read back as the same model."""
    model = made(created=datetime(2026, 2, 3, tzinfo=UTC), connection_info={"a": None}, status=None)
    expected = MINIMUM | {"created": "2026-02-03T00:00:00+00:00", "connectionInfo": {"a": None}, "status": None}
    assert model.to_json_dict() == expected == json.loads(model.to_json()) == model.__json__()
    assert decoder_of((Connection,))(json.loads(model.to_json())) == model


@pytest.mark.parametrize("info", [{"x": float("nan")}, {"x": [float("inf")]}, {(1, 2): "x"}])
def test_to_json__what_json_cannot_hold(info: Any) -> None:
    """A number that JSON has no text for, or a key that is none, is refused by name; the model can still be shown."""
    model = made()
    object.__setattr__(model, "_extra", {"more": info})
    with pytest.raises(ApiValueError, match="Connection cannot be written as JSON"):
        model.to_json()
    assert "more" in repr(model)


@pytest.mark.parametrize("results", [{}, {"results": None}])
def test_list_field__reads_as_a_list(results: dict[str, Any]) -> None:
    """A page without rows has an empty list; whether null was sent, or nothing, can still be seen."""
    page = decoder_of((Page,))(results)
    assert page.results == page["results"] == []
    assert ("results" in page) == ("results" in results)
    assert page.to_json_dict() == results
    assert pickle.loads(pickle.dumps(page)) == page == copy.deepcopy(page)
    page.results = [made()]
    assert page.results == [made()] and "results" in page
    del page.results
    assert page.results == [] and "results" not in page
    with pytest.raises(ApiTypeError):
        page.results = "text"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://link.test/start?otp=123", "https://link.test/start?…"),
        ("https://link.test/start#otp=123", "https://link.test/start?…"),
        ("https://link.test/start", "https://link.test/start"),
        ("", ""),
    ],
)
def test_repr__hides_the_query_of_links(url: str, shown: str) -> None:
    """The one-time code of a connection's or a company's link is in no repr, however deep; the values keep it."""
    connection = Loose(**REQUIRED | {"link_url": url})
    company = Company(id="c", name="n", redirect=url, data_connections=[connection])
    for model in (connection, Page(results=[connection]), company):
        text = repr(model)
        assert repr(shown) in text and "123" not in text
        assert str(model) == model.to_str() == f"{model}" == text
    assert connection.link_url == connection.to_dict()["link_url"] == connection.to_json_dict()["linkUrl"] == url


ROW_WITH_CODE = {"id": "k", "linkUrl": "https://link.test/start?otp=123", "new": [1]}


@pytest.mark.parametrize(
    ("cls", "data"),
    [
        (Page, {"results": [ROW_WITH_CODE]}),
        (Page, {"results": ROW_WITH_CODE}),
        (Company, {"dataConnections": [[ROW_WITH_CODE]], "redirect": {"linkUrl": "?123"}}),
        (CompanyPage, {"results": [{"dataConnections": [None, 5, ROW_WITH_CODE]}]}),
        (ConnectionPayload, {"connection": [ROW_WITH_CODE]}),
    ],
    ids=["row", "object-of-rows", "nested-list", "company-page", "payload"],
)
def test_repr__hides_the_query_of_links_in_what_was_not_decoded(cls: type[Model], data: Any) -> None:
    """A JSON object in place of a model shows its keys as they came, and its link without the one-time code."""
    model = decode_unchecked(cls, data)
    text = repr(model)
    assert "'linkUrl': 'https://link.test/start?…'" in text and "123" not in text
    assert "'id': 'k'" in text and "'new': [1]" in text
    assert "otp=123" in model.to_json()


def test_unknown_key__spelled_like_an_attribute() -> None:
    """The attribute's name means the field, in every way to ask for it; JSON has the key, and keeps it."""
    data = MINIMUM | {"last_sync": "x"}
    model = decode(data, (Connection,), Reading())
    assert "last_sync" not in model and "last_sync" not in dict(model) and "last_sync" not in model.to_dict()
    assert model["last_sync"] is model.last_sync is model.get("last_sync") is None
    assert model.get("last_sync", "absent") == "absent"
    assert model.to_json_dict() == pickle.loads(pickle.dumps(model)).to_json_dict() == data
    model.last_sync = datetime(2022, 1, 1, tzinfo=UTC)
    assert "last_sync" in model and model["last_sync"] == model.to_dict()["last_sync"] == model.last_sync
    assert model.to_json_dict() == data | {"lastSync": "2022-01-01T00:00:00+00:00"}
    page = decode({"links": "x"}, (Page,), Reading())
    assert "links" not in page and page["links"] is None and page.to_json_dict() == {"links": "x"}


@pytest.mark.parametrize("value", [918273, ["918273"], {"part": "918273"}, {"part": 918273}])
def test_repr__hides_a_secret_of_another_type(value: Any) -> None:
    """A token that a lenient reading took although it is no text is shown as little as a text."""
    token = decode({"accessToken": value, "expiresIn": 1, "tokenType": "b"}, (AccessToken,), LenientReading())
    assert token.access_token == value and "918273" not in repr(token)


def test_repr__hides_a_link_that_is_none() -> None:
    """What a lenient reading kept in place of a link may be as secret."""
    reading = LenientReading()
    model = decode(MINIMUM | {"linkUrl": ["https://link.test/start?otp=123"]}, (Connection,), reading)
    assert "123" not in repr(model) and "'<list>'" in repr(model)


def test_from_openapi_data__takes_both_spellings() -> None:
    """Python's names as 2021 had them, JSON's with _spec_property_naming, values ready or as in JSON."""
    when = datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert Connection._from_openapi_data(**REQUIRED, created=when, last_sync="2022-01-02T03:04:05Z") == made(
        created=when, last_sync=when
    )
    assert Connection._from_openapi_data(_spec_property_naming=True, **MINIMUM, new=1)["new"] == 1
    page = Page._from_openapi_data(results=[MINIMUM], links={"next": {"href": "x"}}, page_number=None)
    assert page.results == [made()] and page.links == Links(next=Href(href="x")) and page.page_number is None


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({}, ["id"]),
        (REQUIRED | {"created": "soon"}, ["created"]),
        (REQUIRED | {"data_connection_errors": [{"status": 5}]}, ["data_connection_errors", 0, "status"]),
    ],
)
def test_from_openapi_data__says_what_is_wrong(values: dict[str, Any], path: list[Any]) -> None:
    """A missing or odd value is an ApiTypeError with its place."""
    with pytest.raises(ApiTypeError) as error:
        Connection._from_openapi_data(**values)
    assert error.value.path_to_item == path


@pytest.mark.parametrize("cls", [MixinFirst, MixinLast, MixinWithField, MixinOfModels])
def test_mixin__beside_a_model(cls: type[Any]) -> None:
    """A model with a mixin is built, decoded (alone and in long lists), copied, pickled and written as any other."""
    data = MINIMUM | {"status": "Linked", "note": "of the response"}
    models = [
        cls(**REQUIRED, status="Linked"),
        decoder_of((cls,))(data),
        *decoder_of(([cls],))([data] * 300)[::299],
        cls._from_openapi_data(**REQUIRED, status="Linked"),
    ]
    for model in models:
        for same in (model, copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert type(same) is cls and same == model and same.to_json_dict() == model.to_json_dict()
            assert (same.shout(), same.status, same.created) == ("I", "Linked", None)
    assert [model.get("note") for model in models[1:4]] == ["of the response"] * 3
    assert models[1].note == ("of the response" if issubclass(cls, MixinWithField) else "of the mixin")
    assert cls._shapes.compiled  # the fast way reads it


def test_mixin__redeclared_field() -> None:
    """A field that a subclass declares again, as something else, replaces that of the model."""
    assert decoder_of((Counted,))({"results": 3, "pageNumber": 1, "pageSize": 1, "totalResults": 1}).results == 3


def test_subclass__of_an_abstract_class_as_well() -> None:
    """A model can implement an abstract or generic class; what lacks its methods cannot be made."""
    data = MINIMUM | {"note": 1}
    read = [decoder_of((ConcreteConnection,))(data), *decoder_of(([ConcreteConnection],))([data] * 300)[::299]]
    for model in (ConcreteConnection(**REQUIRED), *read):
        assert isinstance(model, Lettered) and isinstance(model, Connection) and model.initial == "p"
        assert copy.copy(model) == pickle.loads(pickle.dumps(model)) == model
    with pytest.raises(TypeError, match="abstract"):
        AbstractConnection(**REQUIRED)  # type: ignore[abstract]


@pytest.mark.parametrize("cls", [TaggedConnection, CachingConnection])
def test_subclass__is_as_any_other_class(cls: type[Any]) -> None:
    """A subclass can cache values and have arguments, slots, and what a mixin of it wants from the class statement."""
    data = MINIMUM | {"note": 1}
    for model in (cls(**REQUIRED), decoder_of((cls,))(data), *decoder_of(([cls],))([data] * 300)[::299]):
        assert model.initial is model.initial and model.initial == "p"
        with pytest.raises(ApiAttributeError, match="colour"):
            model.colour = "red"
        assert copy.copy(model) == pickle.loads(pickle.dumps(model)) == model
    assert TaggedConnection.tag == "t"
    tagged: Any = TaggedConnection(**REQUIRED)
    object.__setattr__(tagged, "memo", 5)
    assert tagged.memo == 5 and "memo" not in vars(tagged)


def test_signature__has_the_fields() -> None:
    """``help()``, notebooks and ``inspect`` see the fields with their types, and which of them can be left out."""
    cases: list[type[Model]] = [Connection, Page, Links, Company, AccessToken]
    values: Any = {"id": "i", "name": "n", "redirect": "r", "access_token": "t", "expires_in": 1, "token_type": "b"}
    for cls in cases:
        with case(cls):
            parameters = inspect.signature(cls).parameters
            fields = {name: p for name, p in parameters.items() if not name.startswith("_")}
            assert list(fields) == list(cls.openapi_types)
            annotations = inspect.get_annotations(cls)
            assert {name: p.annotation for name, p in fields.items()} == annotations
            needed = {name: (values | REQUIRED)[name] for name, p in fields.items() if p.default is p.empty}
            assert cls(**needed) == cls(**needed, _check_type=parameters["_check_type"].default)


def test_signature__of_a_subclass_with_a_constructor_of_its_own() -> None:
    """It is that of this constructor."""
    assert list(inspect.signature(OwnConstructor).parameters) == ["name"]
    assert list(inspect.signature(CachingConnection).parameters)[:2] == ["id", "integration_id"]


@pytest.mark.parametrize("make", [Page, lambda: decoder_of((Page,))({}), lambda: copy.copy(Page())])
def test_list_field__of_an_absent_list_can_be_filled(make: Callable[[], Page]) -> None:
    """What is put into it is in the page; reading it alone does not set it."""
    page, untouched = make(), make()
    assert page.results == [] and page == untouched and "results" not in page and page.to_json_dict() == {}
    page.results.append(made())
    assert page.results == page["results"] == [made()] and "results" in page and page != untouched
    assert page.to_json_dict() == {"results": [MINIMUM]}
    for same in (copy.deepcopy(page), pickle.loads(pickle.dumps(page))):
        assert same == page
    del page.results
    assert page == untouched and page.results == []


def test_list_field__null_stays_null_when_it_is_read() -> None:
    """Null was sent, so null is sent back."""
    page = decoder_of((Page,))({"results": None})
    assert page.results == [] and page.to_json_dict() == {"results": None}


def test_delete_item__of_a_field_and_of_an_unknown_key() -> None:
    """It is the same as deleting the attribute, and it drops a key that the model does not know."""
    model = decoder_of((Connection,))(MINIMUM | {"status": "Linked", "new": 1})
    del model["status"]
    del model["new"]
    assert model == made() and model.to_json_dict() == MINIMUM
    for name in ("status", "new"):
        with pytest.raises(ApiAttributeError, match=name):
            del model[name]
    with patch.dict(model, {"status": "Unlinked"}):
        assert model.status == "Unlinked"
    assert model == made()


def test_replace__is_a_copy_with_other_values() -> None:
    """``copy.replace`` of Python 3.13 takes the names of fields, and leaves the model as it is."""
    model = decoder_of((Connection,))(MINIMUM | {"new": 1})
    other = model.__replace__(status="Linked")
    assert (other.status, other["new"], "status" in model) == ("Linked", 1, False)
    with pytest.raises(ApiAttributeError, match="colour"):
        model.__replace__(colour="red")
    with pytest.raises(ApiTypeError, match="status"):
        model.__replace__(status=5)
    if sys.version_info >= (3, 13):
        assert copy.replace(model, status="Linked") == other


def test_model_to_dict__as_in_2021() -> None:
    """JSON's names, or Python's, at all levels, and dates as they are; the names of 2021's base classes are there."""
    when = datetime(2022, 1, 2, tzinfo=UTC)
    page = decoder_of((Page,))(
        {"results": [MINIMUM | {"created": "2022-01-02T00:00:00Z"}], "_links": {"self": {}}, "new": 1}
    )
    assert model_to_dict(page) == {"results": [MINIMUM | {"created": when}], "_links": {"self": {}}, "new": 1}
    assert model_to_dict(page, serialize=False) == page.to_dict()
    assert isinstance(page, ModelNormal) and issubclass(Page, OpenApiModel)


def test_set_attribute__is_an_assignment() -> None:
    """2021's models had it as a method, too."""
    model = made()
    model.set_attribute("status", "Linked")
    assert model.status == "Linked"
    with pytest.raises(ApiAttributeError, match="colour"):
        model.set_attribute("colour", "red")


def test_items__are_what_the_model_reads() -> None:
    """A null list reads as an empty one, in each of the ways to read it, and stays null in JSON."""
    page = decoder_of((Page,))({"results": None, "pageNumber": 1})
    assert dict(page) == dict(page.items()) == dict(zip(page.keys(), page.values(), strict=True))
    assert dict(page) == {"results": [], "page_number": 1}
    assert page.to_json_dict() == {"results": None, "pageNumber": 1}


@pytest.mark.parametrize("as_dict", [Model.to_dict, Model.to_json_dict, model_to_dict, dict])
def test_from_openapi_data__takes_what_the_models_give(as_dict: Callable[[Model], dict[str, Any]]) -> None:
    """The dicts inside may have the names of attributes or JSON's, dates or texts: nothing is lost on the way."""
    failed = SyncError(status_code="403", errored_on_utc=datetime(2022, 1, 2, tzinfo=UTC))
    page = Page(
        results=[made(created=datetime(2022, 1, 2, tzinfo=UTC), data_connection_errors=[failed])], page_number=1
    )
    page.links = Links(next=Href(href="/x"))
    assert Page._from_openapi_data(**as_dict(page)) == page
    loose: Any = Page
    spelled_as_in_json = as_dict in (Model.to_json_dict, model_to_dict)
    assert loose(**as_dict(page), _configuration=object(), _spec_property_naming=spelled_as_in_json) == page


def test_model__configuration_converts_as_in_2021() -> None:
    """With a configuration the constructor converts, and without one it does not."""
    loose: Any = Connection
    moment = datetime(2022, 1, 2, tzinfo=UTC)
    assert loose(**REQUIRED, created="2022-01-02T00:00:00Z", _configuration=object()) == made(created=moment)
    with pytest.raises(ApiTypeError) as error:
        loose(**REQUIRED, data_connection_errors=[{"status_code": 5}], _configuration=object())
    assert error.value.path_to_item == ["data_connection_errors", 0, "status_code"]
    with pytest.raises(ApiTypeError, match="id is null, expected a string"):
        loose(**REQUIRED | {"id": None}, _configuration=object())
    with pytest.raises(ApiAttributeError, match="colour"):
        loose(**REQUIRED, colour="red", _configuration=object())


def test_from_openapi_data__takes_inside_of_dicts_what_the_constructor_takes() -> None:
    """Texts and numbers of subclasses, such as enum members, and mappings that are no dict; a bool is still no int."""
    row: dict[str, Any] = {"status": DataConnectionStatus.LINKED, "connection_info": MappingProxyType[str, Any]({})}
    rows: Any = [REQUIRED | row, made(status=DataConnectionStatus.LINKED)]
    loose: Any = Page
    for page in (loose._from_openapi_data(results=rows), loose(results=rows, _configuration=object())):
        assert page == Page(results=[made(status="Linked", connection_info={}), made(status="Linked")])
    assert decode({"pageNumber": HTTPStatus.OK}, (Page,), Reading()) == Page(page_number=200)
    with pytest.raises(ApiTypeError, match="pageNumber is a boolean, expected an integer"):
        decode({"pageNumber": True}, (Page,), Reading())


COMPANY = {"id": "c", "name": "N", "redirect": "r"}


def of_keywords(cls: Any, data: dict[str, Any]) -> Any:
    return cls._from_openapi_data(**data)


def of_pydantic(cls: Any, data: dict[str, Any]) -> Any:
    return core_schema(cls)["function"]["function"](data)


def test_from_openapi_data__key_that_is_no_text() -> None:
    """It is refused inside of a dict as by the constructor, for JSON would make a text of it; for Pydantic as well."""
    pages: list[tuple[Any, dict[str, Any], str | None, list[str]]] = [
        (Page, MINIMUM, None, []),
        (Page, MINIMUM, "connectionInfo", ["connection_info"]),
        (CompanyPage, COMPANY, "tags", ["tags"]),
    ]
    for key, read, (cls, row, inside, path) in itertools.product((1, None, b"a"), (of_keywords, of_pydantic), pages):
        odd: dict[Any, Any] = {key: "x"}
        with case(key, read, cls, inside):
            with pytest.raises((ApiTypeError, ValueError), match="as a key, expected a string") as caught:
                read(cls, {"results": [row | (odd if inside is None else {inside: odd})]})
            error = caught.value.__cause__ or caught.value
            assert isinstance(error, ApiTypeError)
            assert (error.path_to_item, error.key_type) == (["results", 0, *path], True)


def test_from_openapi_data__field_by_two_names() -> None:
    """A field under the names of attribute and JSON is an error, also in a dict inside."""
    makes: list[Callable[[], Any]] = [
        lambda: Connection._from_openapi_data(**REQUIRED, platformName="x"),
        lambda: Loose(**REQUIRED, platformName="x", _spec_property_naming=True),
        lambda: Page._from_openapi_data(results=[REQUIRED | {"platformName": "x"}]),
    ]
    for make in makes:
        with pytest.raises(ApiTypeError, match="'platform_name' by two names"):
            make()
