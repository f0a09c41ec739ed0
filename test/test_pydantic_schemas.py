"""The schemas of models for Pydantic, without Pydantic; test/ecosystem uses the real one."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from odd_models import Bag

from codat_python_sdk import DataConnectionStatus
from codat_python_sdk.decoders import LenientReading, decode
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel as Href
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel as Links
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompanyPagedResponseModel as Page
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


def unchanged(value: Any) -> Any:
    return value


def written(model: Any, **options: Any) -> Any:
    """What Pydantic gets to write, before it applies include and exclude."""
    info = SimpleNamespace(**{"exclude_none": False, "exclude_defaults": False} | options)
    return core_schema(type(model))["serialization"]["function"](model, unchanged, info)


def test_core_schema__reads_and_writes() -> None:
    """It reads a JSON object, takes a model as it is, and writes a JSON object."""
    read = core_schema(Patch)["function"]["function"]
    model = read({"status": "x", "new": 1})
    assert isinstance(model, Patch) and read(model) is model
    assert written(model) == {"status": "x", "new": 1}
    with pytest.raises(ValueError, match="status is a number, expected a string"):
        read({"status": 5})


def test_core_schema__reads_python_values() -> None:
    """A mapping that is no dict is read, such as a row of a database, and dates, tuples and models inside."""
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    company = {"id": "c", "name": "N", "redirect": "r", "created": when}
    read = core_schema(Page)["function"]["function"]
    page = read(MappingProxyType({"results": (MappingProxyType(company),), "_links": Links(current=Href(href="x"))}))
    assert page.results[0].created == when and page.links.current.href == "x"
    assert core_schema(Patch)["function"]["function"]({"status": DataConnectionStatus.UNLINKED}).status == "Unlinked"
    with pytest.raises(ValueError, match=r"results\[0\].id is missing"):
        read({"results": [{"created": when}]})
    with pytest.raises(ValueError, match="results is a set, expected an array"):
        read({"results": set[str]()})
    with pytest.raises(ValueError, match="status is a number, expected a string"):
        core_schema(Patch)["function"]["function"]({"status": 5})
    endless: dict[str, Any] = {}
    endless["status"] = endless
    with pytest.raises(ValueError, match="status is an object, expected a string"):
        core_schema(Patch)["function"]["function"](endless)


def test_core_schema__leaves_nulls_or_defaults_out() -> None:
    """exclude_none leaves out null fields, exclude_defaults those that read the same when absent; dicts keep all."""
    row: dict[str, Any] = {
        "id": "c",
        "name": None,
        "redirect": "r",
        "tags": {"uid": None},
        "dataConnections": [],
        "new": None,
    }
    page = decode({"pageNumber": 1, "results": [row | {"lastSync": None}]}, (Page,), LenientReading())
    assert written(page) == {"pageNumber": 1, "results": [row | {"lastSync": None}]}
    kept = {"id": "c", "redirect": "r", "tags": {"uid": None}}
    assert written(page, exclude_none=True)["results"] == [kept | {"dataConnections": []}]
    assert written(page, exclude_defaults=True)["results"] == [kept | {"name": None, "new": None}]


def test_schemas__import_nothing() -> None:
    """Asking for them does not load Pydantic."""
    before = set(sys.modules)
    core_schema(Patch)
    json_schema(Patch)
    assert set(sys.modules) == before
