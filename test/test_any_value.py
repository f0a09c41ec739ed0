"""Any value of Python's own types, in any argument: it works, or it is refused in this package's words."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import reduce
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from strategies import SIMPLE, texts
from webhook_samples import SECRET

from codat_python_sdk import ApiClient, CodatPlatform, Configuration, OpenApiException
from codat_python_sdk.api.companies_api import CompaniesApi
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.api.integrations_api import IntegrationsApi
from codat_python_sdk.api.webhooks_api import WebhooksApi
from codat_python_sdk.checks import shown
from codat_python_sdk.options import GENERATED, HIGH_LEVEL
from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.webhooks import Webhook

ENDLESS_LIST: list[Any] = []
ENDLESS_LIST.append(ENDLESS_LIST)
ENDLESS_DICT: dict[str, Any] = {}
ENDLESS_DICT["a"] = ENDLESS_DICT
DEEP: dict[str, Any] = reduce(lambda inner, _: {"a": inner}, range(5000), dict[str, Any]())


class Held:
    """A value in a test's arguments, which Hypothesis prints, and some values cannot be printed."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return shown(self.value)


PLAIN = SIMPLE | st.uuids() | st.dates() | st.datetimes() | st.decimals()
STRANGE = [
    *(object(), int, len, ..., NotImplemented, range(3), {1}, frozenset("a"), 1j, slice(1), Exception("x")),
    *(bytearray(b"a"), memoryview(b"a"), 10**5000, {"a": 10**5000}, ENDLESS_LIST, ENDLESS_DICT, DEEP),
    *("\ud800", "a\r\nb: c", "..", "http://["),
]


def _strange(number: int) -> Any:
    return STRANGE[number]  # Hypothesis would print a method of the list with all that is in it


VALUES = st.recursive(
    PLAIN | st.sampled_from(range(len(STRANGE))).map(_strange),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.tuples(inner, inner)
        | st.dictionaries(texts(max_size=3) | st.integers() | st.none(), inner, max_size=2)
    ),
    max_leaves=3,
).map(Held)
#: What the other parameters get.
USUAL: dict[str, Any] = {
    "company_id": "c1",
    "connection_id": "k1",
    "webhook_id": "w1",
    "platform_key": "gbol",
    "name": "n",
    "authorization": {"a": "b"},
    "request_body": {"a": "b"},
    "body": {"platformKey": "gbol"},
    "page": 1,
    "status": "Linked",
    "url": "http://127.0.0.1:1/x",
    "uid": "u",
    "event_types": ["a"],
    "known": {},
    "timeout": 0.01,
    "resource_path": "/companies",
    "path": "/companies",
    "method": "POST",
    "accepts": ["a/b"],
    "content_types": ["a/b"],
    "obj": 1,
    "params": {},
    "collection_formats": {},
    "header_name": "X-A",
    "header_value": "x",
    "event_type": "company.created",
    "kind": "fail_next",
    "seconds": 1,
}
many = hypothesis_settings(
    max_examples=hypothesis_settings().max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)


@pytest.fixture(scope="module")
def service() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def settings(service: Sandbox) -> Configuration:
    made = Configuration(service.url, retries=0, timeout=5, deadline=5)
    made.api_key["API Key Auth"] = service.auth_header
    return made


def parameters_of(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    unpacked = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    parameters = inspect.signature(function).parameters.items()
    return {name: parameter for name, parameter in parameters if parameter.kind not in unpacked and name != "self"}


def usual_arguments(function: Callable[..., Any]) -> dict[str, Any]:
    return {
        name: USUAL.get(name, "x")
        for name, parameter in parameters_of(function).items()
        if parameter.default is parameter.empty or name == "timeout"
    }


def try_value(function: Callable[..., Any], name: str, value: Any, **more: Any) -> None:
    """Call a function with the value as one of its arguments; only an error of this package may come out."""
    with suppress(OpenApiException):
        result = function(**usual_arguments(function) | {name: value} | more)
        if hasattr(result, "__next__"):
            for _ in range(3):
                next(result, None)
        elif hasattr(result, "successful"):
            result.get(10)


def methods_of(cls: type) -> list[str]:
    return [
        name
        for name, method in vars(cls).items()
        if name[0] != "_" and inspect.isfunction(method) and not name.endswith("_with_http_info")
    ]


APIS = [ConnectionApi, CompaniesApi, IntegrationsApi, WebhooksApi]
GENERATED_METHODS = [(cls, name) for cls in APIS for name in methods_of(cls)]
RESOURCES = {
    resource: [name for name in dir(getattr(CodatPlatform(api_key="k"), resource)) if name[0] != "_"]
    for resource in ("connections", "companies", "integrations", "webhooks")
}
HIGH_LEVEL_METHODS = [
    (resource, name)
    for resource, names in RESOURCES.items()
    for name in names
    if name not in ("with_http_info", "api_client")
]


@many
@given(held=VALUES, data=st.data())
def test_generated__takes_a_value_or_refuses_it(settings: Configuration, held: Held, data: st.DataObject) -> None:
    """Every parameter and call option of the generated methods."""
    for cls, method in GENERATED_METHODS:
        with ApiClient(settings) as client:
            function = getattr(cls(client), method)
            name = data.draw(st.sampled_from([*parameters_of(function), *GENERATED.fields]), label=method)
            try_value(function, name, held.value)
            if name in parameters_of(function):
                try_value(function, name, held.value, _check_input_type=False)


@many
@given(held=VALUES, data=st.data())
def test_high_level__takes_a_value_or_refuses_it(settings: Configuration, held: Held, data: st.DataObject) -> None:
    """Every parameter and option of the high-level methods."""
    for resource, method in HIGH_LEVEL_METHODS:
        with CodatPlatform(configuration=settings) as codat:
            function = getattr(getattr(codat, resource), method)
            names = [*parameters_of(function), *HIGH_LEVEL.fields]
            try_value(function, data.draw(st.sampled_from(names), label=f"{resource}.{method}"), held.value)


STATIC_METHODS = (
    "sanitize_for_serialization",
    "parameters_to_tuples",
    "select_header_accept",
    "select_header_content_type",
)
CLIENT_METHODS = {*methods_of(ApiClient), *STATIC_METHODS} - {"close", "send", "deserialize", "with_settings"}


@many
@given(held=VALUES, data=st.data())
def test_client__takes_a_value_or_refuses_it(settings: Configuration, held: Held, data: st.DataObject) -> None:
    """Every parameter of what the client of 2021 can do, requests to paths of one's own included."""
    for method in sorted(CLIENT_METHODS):
        with ApiClient(settings) as client:
            function = getattr(client, method)
            options = {"call_api": [*GENERATED.fields], "request": [*HIGH_LEVEL.fields]}.get(method, [])
            name = data.draw(st.sampled_from([*parameters_of(function), *options]), label=method)
            try_value(function, name, held.value)


@many
@given(held=VALUES)
def test_client_argument__works_or_is_refused(settings: Configuration, held: Held) -> None:
    """Every argument of the client's constructor, with a call to follow."""
    usual: dict[str, Any] = {"configuration": settings, "header_name": "X-A", "header_value": "x"}
    for name in parameters_of(ApiClient):
        note(name)
        with suppress(OpenApiException), ApiClient(**usual | {name: held.value}) as client:
            ConnectionApi(client).companies_company_id_connections_get("c1", 1, _host=settings.host, _deadline=5)


@many
@given(held=VALUES)
def test_platform_argument__works_or_is_refused(settings: Configuration, held: Held) -> None:
    """Every argument of the high-level client's constructor, with a call to follow."""
    usual: dict[str, Any] = {"configuration": settings}
    for name in sorted({*parameters_of(CodatPlatform)} - {"access_token"}):
        note(name)
        with suppress(OpenApiException), CodatPlatform(**usual | {name: held.value}) as codat:
            codat.companies.list(server_url=settings.host, deadline=5, retries=0)


ATTRIBUTES: dict[str, Callable[[ApiClient, Any], Any]] = {
    "value of a default header": lambda client, value: client.default_headers.update({"X-A": value}),
    "name of a default header": lambda client, value: client.default_headers.update([(value, "x")]),
    "all default headers": lambda client, value: setattr(client, "default_headers", value),
    "cookie": lambda client, value: setattr(client, "cookie", value),
    "user agent": lambda client, value: setattr(client, "user_agent", value),
    "key": lambda client, value: client.configuration.api_key.update({"API Key Auth": value}),
    "prefix of a key": lambda client, value: client.configuration.api_key_prefix.update({"API Key Auth": value}),
}


@many
@given(held=VALUES)
def test_client_attribute__works_or_is_refused(settings: Configuration, held: Held) -> None:
    """What is changed on a client after it was made."""
    for attribute, change in ATTRIBUTES.items():
        if attribute == "name of a default header" and not _is_hashable(held.value):
            continue
        note(attribute)
        with suppress(OpenApiException), ApiClient(copy.deepcopy(settings)) as client:
            change(client, held.value)
            ConnectionApi(client).companies_company_id_connections_get("c1", 1)


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


SIGNED = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,aa"}
RECEIVER: dict[str, Callable[[Any], Any]] = {
    "secret": Webhook,
    "one of the secrets": lambda value: Webhook([value]),
    "tolerance": lambda value: Webhook(SECRET, tolerance=value),
    "body to parse": lambda value: Webhook(SECRET).parse(value, SIGNED),
    "headers to parse": lambda value: Webhook(SECRET).parse(b"{}", value),
    "header to parse": lambda value: Webhook(SECRET).parse(b"{}", SIGNED | {"webhook-signature": value}),
    "body to verify": lambda value: Webhook(SECRET).verify(value, SIGNED),
    "body to sign": lambda value: Webhook(SECRET).sign(value),
    "id to sign": lambda value: Webhook(SECRET).sign(b"{}", webhook_id=value),
    "moment to sign": lambda value: Webhook(SECRET).sign(b"{}", timestamp=value),
}


@many
@given(held=VALUES)
def test_webhook__takes_a_value_or_refuses_it(held: Held) -> None:
    """Every argument of a receiver of webhooks."""
    for argument, use in RECEIVER.items():
        note(argument)
        with suppress(OpenApiException):
            use(held.value)
