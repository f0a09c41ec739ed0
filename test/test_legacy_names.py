"""Names that only the 2021 SDK has: importing one says what to use instead."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from cases import case

from codat_python_sdk import api, apis, legacy_names, model, models

APIS = ["DataApi", "DataStatusApi", "DataTypesApi", "ProfileApi", "PushApi", "RulesApi", "SettingsApi"]
MODELS = [
    "CodatPublicApiModelsDataDataSet",
    "CodatPublicApiModelsCompanyProfileModel",
    "CodatClientsApiClientContractCompanySyncSettings",
    "CodatRulesContractsResponsesAlert",
]


def snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def imports_of(name: str) -> list[str]:
    """Every way in which a script of 2021 imports a class, or its module."""
    package, collection = ("api", "apis") if name.endswith("Api") else ("model", "models")
    module = snake_case(name)
    return [
        f"from codat_python_sdk.{collection} import {name}",
        f"from codat_python_sdk.{package}.{module} import {name}",
        f"from codat_python_sdk.{package} import {module}",
        f"import codat_python_sdk.{package}.{module}",
        f"import codat_python_sdk.{package}.{module} as old",
    ]


def test_import__of_what_is_not_here() -> None:
    """However it is imported, the ImportError names it and says what to use instead."""
    for name in APIS + MODELS:
        with case(name):
            for statement in imports_of(name):
                with pytest.raises(ImportError) as error:
                    exec(statement, {})
                text = str(error.value)
                assert name in text or snake_case(name) in text, statement
                assert "ApiClient.request" in text or "WebhooksApi" in text, statement


@pytest.mark.parametrize(("name", "path"), [("DataStatusApi", "/companies/{companyId}/dataStatus")])
def test_import__names_the_request(name: str, path: str) -> None:
    """The text holds a request that can be sent as it stands."""
    with pytest.raises(ImportError, match="DataStatusApi") as error:
        getattr(apis, name)
    assert f"client.request('GET', '{path}')" in str(error.value)


def test_import__of_what_never_was() -> None:
    """A name that no version had is the error that Python always raises."""
    cases: list[tuple[str, str]] = [
        ("from codat_python_sdk.apis import Nonsense", "cannot import name 'Nonsense'"),
        ("from codat_python_sdk.models import Nonsense", "cannot import name 'Nonsense'"),
        ("from codat_python_sdk.model import nonsense", "cannot import name 'nonsense'"),
        ("from codat_python_sdk.api import nonsense_api", "cannot import name 'nonsense_api'"),
        ("import codat_python_sdk.api.nonsense_api", "No module named 'codat_python_sdk.api.nonsense_api'"),
        ("import codat_python_sdk.nonsense", "No module named 'codat_python_sdk.nonsense'"),
    ]
    for statement, error in cases:
        with case(statement, error), pytest.raises(ImportError, match=error):
            exec(statement, {})


@pytest.mark.parametrize("module", [apis, models, api, model])
def test_attributes__can_be_asked_for(module: Any) -> None:
    """Names that tools look for are absent as anywhere else."""
    assert getattr(module, "__wrapped__", None) is None
    assert not hasattr(module, "pytest_plugins")


def test_modules__of_the_package_need_no_advice() -> None:
    """Nothing that is here is taken for something that is not."""
    for package in (api, model):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            assert importlib.import_module(module.name).__name__ == module.name
    assert [name for collection in (apis, models) for name in collection.__all__ if not hasattr(collection, name)] == []


def test_advice__is_for_the_names_of_2021() -> None:
    """Class and module of one API get the same advice; a class that is here gets none."""
    assert legacy_names.advice("data_status_api") == legacy_names.advice("DataStatusApi") is not None
    assert legacy_names.advice("CompaniesApi") is None
