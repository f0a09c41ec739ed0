"""``…_with_http_info``: the variant of a method."""

from __future__ import annotations

import inspect
import pickle
from itertools import product
from typing import Any
from unittest.mock import create_autospec

import pytest
from cases import case

from codat_python_sdk import ApiClient, ApiTypeError, Configuration, ConnectionApi
from codat_python_sdk.api import CompaniesApi, IntegrationsApi, WebhooksApi
from codat_python_sdk.resources.companies import Companies, CompaniesWithHttpInfo
from codat_python_sdk.resources.connections import Connections, ConnectionsWithHttpInfo
from codat_python_sdk.resources.integrations import Integrations, IntegrationsWithHttpInfo
from codat_python_sdk.resources.webhooks import Webhooks, WebhooksWithHttpInfo

APIS = [ConnectionApi, CompaniesApi, IntegrationsApi, WebhooksApi]
HIGH_LEVEL = [
    (Companies, CompaniesWithHttpInfo),
    (Connections, ConnectionsWithHttpInfo),
    (Integrations, IntegrationsWithHttpInfo),
    (Webhooks, WebhooksWithHttpInfo),
]
METHOD = "companies_company_id_connections_connection_id_get"


def test_generated_api__of_something_else_than_a_client() -> None:
    """A configuration, or a key, in the place of the client is an ApiTypeError at once."""
    clients: list[Any] = [Configuration(), "key", 5]
    for cls, client in product(APIS, clients):
        with case(cls, client), pytest.raises(ApiTypeError, match="api_client must be an ApiClient"):
            cls(client)


def test_variant__is_a_method_of_its_class() -> None:
    """At run time it is a function with a name, a docstring and the parameters of the method."""
    variant = vars(ConnectionApi)[f"{METHOD}_with_http_info"]
    assert inspect.isfunction(variant)
    assert variant.__qualname__ == f"ConnectionApi.{METHOD}_with_http_info"
    assert METHOD in (variant.__doc__ or "")
    assert [*inspect.signature(variant).parameters] == [*inspect.signature(getattr(ConnectionApi, METHOD)).parameters]
    assert variant.__annotations__["return"] == "ApiResponse[CodatPublicApiModelsCompanyDataConnection]"


def test_variant__has_the_signature_of_its_method() -> None:
    """Signature and annotations show the parameters and defaults of the method, and what the variant returns."""
    cases: list[tuple[type, str, Any]] = [
        *(
            (c, n.removesuffix("_with_http_info"), vars(c)[n])
            for c in APIS
            for n in vars(c)
            if n.endswith("_with_http_info")
        ),
        *((c, n, v) for c, variants in HIGH_LEVEL for n, v in vars(variants).items() if n[0] != "_"),
    ]
    for cls, name, variant in cases:
        with case(cls, name, variant):
            expected = inspect.signature(getattr(cls, name))
            actual = inspect.signature(variant)
            assert actual == expected.replace(return_annotation=f"ApiResponse[{expected.return_annotation}]")
            annotations = getattr(cls, name).__annotations__
            assert variant.__annotations__ == annotations | {"return": f"ApiResponse[{annotations['return']}]"}


def test_variant__can_be_pickled_with_its_object() -> None:
    """A bound variant travels to another process, as a bound method does."""
    bound = getattr(ConnectionApi(ApiClient()), f"{METHOD}_with_http_info")
    assert pickle.loads(pickle.dumps(bound)).__name__ == f"{METHOD}_with_http_info"


def test_variant__in_a_stub() -> None:
    """A stub made of the class has it, and refuses arguments that do not fit."""
    stub = create_autospec(ConnectionApi, instance=True)
    getattr(stub, f"{METHOD}_with_http_info")("c", "k")
    with pytest.raises(TypeError):
        getattr(stub, f"{METHOD}_with_http_info")()


def test_high_level_variants__are_those_of_every_request() -> None:
    """with_http_info has each method that sends one request, under the same name."""
    methods = {name for name in vars(ConnectionsWithHttpInfo) if name[0] != "_"}
    assert methods == {name for name in vars(Connections) if name[0] != "_"} - {
        "iterate", "wait_for_status", "with_http_info", "iterate_all", "reconnect_link",
    }  # fmt: skip
