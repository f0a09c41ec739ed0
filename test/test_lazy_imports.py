"""Classes that are imported at their first use."""

from __future__ import annotations

import inspect
import typing
from ssl import SSLContext
from typing import Any
from uuid import UUID

import pytest
from cases import case

from codat_python_sdk import ApiClient, CodatPlatform, Configuration, call_options
from codat_python_sdk.apis import CompaniesApi, ConnectionApi, IntegrationsApi, WebhooksApi
from codat_python_sdk.lazy_imports import load_class
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompany
from codat_python_sdk.quota import QuotaState
from codat_python_sdk.resources.connections import CompanyConnection


def test_load_class__is_found_from_then_on() -> None:
    """The class is that of the module, and stands in the package afterwards."""
    package: dict[str, Any] = {"__name__": "codat_python_sdk"}
    assert load_class(package, "quota", "QuotaState") is QuotaState
    assert package["QuotaState"] is QuotaState


def test_load_class__of_a_module_that_does_not_have_it() -> None:
    """It is Python's own AttributeError, and nothing is put into the package."""
    package: dict[str, Any] = {"__name__": "codat_python_sdk"}
    with pytest.raises(AttributeError):
        load_class(package, "quota", "Missing")
    assert list(package) == ["__name__"]


APIS = [ConnectionApi, CompaniesApi, IntegrationsApi, WebhooksApi]
RESOURCES: list[Any] = [
    CodatPlatform.connections,
    CodatPlatform.companies,
    CodatPlatform.integrations,
    CodatPlatform.webhooks,
]
VARIANTS: list[type] = [resource.with_http_info for resource in RESOURCES]


def test_annotations__of_methods_can_be_evaluated() -> None:
    """A framework that makes tools or routes of the methods finds their types and signatures."""
    cases: list[type] = [*APIS, *RESOURCES, *VARIANTS]
    for cls in cases:
        with case(cls):
            methods = {
                name: method for name, method in vars(cls).items() if inspect.isfunction(method) and name[0] != "_"
            }
            assert methods
            for name, method in methods.items():
                assert "return" in typing.get_type_hints(method), name
                assert inspect.signature(method, eval_str=True).parameters, name


def test_annotations__of_clients_can_be_evaluated() -> None:
    """So do dependency injection and dataclass-like tools with the constructors and the options."""
    cases: list[Any] = [
        CodatPlatform.__init__,
        Configuration.__init__,
        Configuration,
        ApiClient.__init__,
        ApiClient.request,
        ApiClient.call_api,
        call_options.KeyedCallOptions,
        call_options.KeyedRequestOptions,
        call_options.WaitOptions,
        CompanyConnection,
    ]
    for annotated in cases:
        with case(annotated):
            assert typing.get_type_hints(annotated)


def test_annotations__say_the_real_types() -> None:
    """What stands for a class until then is gone from the result."""
    hints = typing.get_type_hints(ConnectionApi.companies_company_id_connections_post)
    assert hints["company_id"] == (str | UUID)
    assert call_options.KeyedCallOptions in typing.get_args(hints["options"])
    assert typing.get_type_hints(CompanyConnection)["company"] is CodatPublicApiModelsCompanyCompany
    context = typing.get_type_hints(Configuration.__init__)["ssl_context"]
    assert context == (SSLContext | None)
