"""The schemas of models for Pydantic, without Pydantic; test/ecosystem uses the real one."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from odd_models import Bag

from codat_python_sdk.models import CodatPublicApiModelsCompanyPatchDataConnectionModel as Patch
from codat_python_sdk.pydantic_schemas import core_schema, json_schema


def test_json_schema__has_each_kind_of_field() -> None:
    """Unions, anything, numbers, lists and dicts are described as JSON schema has them; null is allowed."""
    null = {"type": "null"}
    assert json_schema(Bag)["properties"] == {
        "union": {"anyOf": [{"type": "string"}, {"type": "integer"}, null]},
        "anything": {},
        "amount": {"anyOf": [{"type": "number"}, null]},
        "names": {"anyOf": [{"type": "array", "items": {"type": "string"}}, null]},
        "labels": {"anyOf": [{"type": "object", "additionalProperties": {"type": "string"}}, null]},
    }
    assert "required" not in json_schema(Bag)


@pytest.mark.parametrize(
    ("include", "exclude", "written"),
    [
        (None, None, {"status": "x", "new": 1}),
        ({"status"}, None, {"status": "x"}),
        (None, {"status": ...}, {"new": 1}),
        ({"status", "new"}, {"new"}, {"status": "x"}),
    ],
)
def test_core_schema__reads_and_writes(include: Any, exclude: Any, written: dict[str, Any]) -> None:
    """It reads a JSON object, takes a model as it is, and writes what is asked for."""
    schema = core_schema(Patch)
    model = schema["function"]["function"]({"status": "x", "new": 1})
    assert isinstance(model, Patch) and schema["function"]["function"](model) is model
    serialize = schema["serialization"]["function"]
    assert serialize(model, SimpleNamespace(include=include, exclude=exclude)) == written
    with pytest.raises(ValueError, match="status is a number, expected a string"):
        schema["function"]["function"]({"status": 5})


def test_schemas__import_nothing() -> None:
    """Asking for them does not load Pydantic."""
    before = set(sys.modules)
    core_schema(Patch)
    json_schema(Patch)
    assert set(sys.modules) == before
