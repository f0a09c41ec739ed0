"""What a field makes of its annotation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, List, Literal, Optional  # noqa: UP035
from uuid import UUID

import pytest
from cases import case

from codat_python_sdk.fields import Field, field
from codat_python_sdk.model_utils import Model
from codat_python_sdk.values import ANYTHING, none_type


class FakeDatetime(datetime):
    """What freezegun puts in the place of datetime."""


def bound(declared: Any, annotation: Any) -> Field:
    assert isinstance(declared, Field)
    declared.bind("Owner", "name", annotation)
    return declared


def test_bind__types_in_the_manner_of_2021() -> None:
    """Each annotation gives the types that openapi_types shows; a frozen date is a date."""
    cases: list[tuple[Any, Any]] = [
        (str, (str,)),
        (str | None, (str, none_type)),
        (Optional[int], (int, none_type)),  # noqa: UP045
        (str | int, (str, int)),
        (list[str], ([str],)),
        (list[list[str]] | None, ([[str]], none_type)),
        (dict[str, str], ({str: (str,)},)),
        (dict[str, Any] | None, ({str: ANYTHING}, none_type)),
        (list[dict[str, Any]], ([{str: ANYTHING}],)),
        (Any, ANYTHING),
        (date, (date,)),
        (FakeDatetime | None, (datetime, none_type)),
        (list[FakeDatetime], ([datetime],)),
        (Model, (Model,)),
        (list[int | None], ([(int, none_type)],)),
        (dict[str, int | None], ({str: (int, none_type)},)),
        (list[Any], ([ANYTHING],)),
        (dict | None, (dict, none_type)),  # pyright: ignore[reportMissingTypeArgument]
    ]
    for annotation, types in cases:
        with case(annotation, types):
            assert bound(field("jsonName", default=None), annotation).types == types


def test_bind__annotation_that_json_has_nothing_for() -> None:
    """It is an error when the class is defined, since no value of a response would do."""
    cases: list[Any] = [
        Literal["a"],
        UUID,
        set[str],
        tuple[int, int],
        Optional["int"],
        list["int"],
        dict[str, bytes],
        object,
        None,
        List,  # noqa: UP006
    ]
    text = r"annotation of Owner\.name must consist of models, str, .*, got "
    for annotation in cases:
        with case(annotation), pytest.raises(TypeError, match=text):
            bound(field("jsonName", default=None), annotation)


def test_bind__null() -> None:
    """A caller may set null where the schema allows it; a response may have it in every optional field."""
    cases: list[tuple[Any, Any, bool, bool, bool]] = [
        ({}, str, True, False, False),
        ({}, str | None, True, True, True),
        ({"default": None}, str | None, False, True, True),
        ({"default": None, "nullable": False}, str | None, False, False, True),
        ({"default_factory": list}, list[str], False, True, True),
        ({"default_factory": list, "nullable": False}, list[str], False, False, True),
    ]
    for options, annotation, required, settable, accepted in cases:
        with case(options, annotation, required, settable, accepted):
            declared = bound(field("jsonName", **options), annotation)
            assert (declared.required, declared.accepts_null) == (required, accepted)
            assert (none_type in declared.types) == settable


def test_field__says_what_it_is_for() -> None:
    """JSON name, owner, list and secrecy are there for whoever reads or prints a model."""
    declared = bound(field("jsonName", default_factory=list, secret_query=True), list[str])
    assert (declared.owner, declared.name, declared.json_name) == ("Owner", "name", "jsonName")
    assert declared.is_list and declared.secret_query


def test_bind__annotation_that_is_a_text() -> None:
    """A class whose annotations are not objects is refused at once, with what to do."""
    with pytest.raises(TypeError, match=r"Owner.name must be a type, got a text; .* from __future__"):
        bound(field("name"), "str")
