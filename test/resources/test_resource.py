"""What all resources share: stubs and help() see them, and a wrong keyword is named as the caller wrote it."""

from __future__ import annotations

import inspect
import pydoc
import re
import sys
from collections.abc import Callable
from functools import cached_property, wraps
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast
from unittest.mock import Mock, create_autospec, patch

import pytest
from cases import case
from child import run_python

import codat_python_sdk
from codat_python_sdk import ApiClient, ApiTypeError, CodatPlatform, ConnectionApi
from codat_python_sdk.api import CompaniesApi, IntegrationsApi, WebhooksApi
from codat_python_sdk.options import HIGH_LEVEL
from codat_python_sdk.resources.companies import Companies, CompaniesWithHttpInfo
from codat_python_sdk.resources.connections import Connections, ConnectionsWithHttpInfo
from codat_python_sdk.resources.integrations import Integrations, IntegrationsWithHttpInfo
from codat_python_sdk.resources.webhooks import Webhooks, WebhooksWithHttpInfo

RESOURCES = {"connections": Connections, "companies": Companies, "integrations": Integrations, "webhooks": Webhooks}
WITH_HTTP_INFO = [ConnectionsWithHttpInfo, CompaniesWithHttpInfo, IntegrationsWithHttpInfo, WebhooksWithHttpInfo]
METHODS = [
    (cls, name)
    for cls in (*RESOURCES.values(), *WITH_HTTP_INFO)
    for name, method in sorted(vars(cls).items())
    if callable(method) and not name.startswith("_") and not isinstance(method, type)
]


T = TypeVar("T")
UNTYPED = cast("Any", CodatPlatform)

#: Arguments that do not fit, and what the error says.
MISFITS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda codat: codat.connections.get("c"), r"connections\.get\(\) missing 1 required .* 'connection_id'"),
    (lambda codat: codat.connections.get("a", "b", "c"), r"connections\.get\(\) takes 3 positional arguments"),
    (lambda codat: codat.connections.get("a", company_id="b"), r"multiple values for argument 'company_id'"),
    (lambda codat: codat.connections.iterate("c", foo=1), r"connections\.iterate\(\) got .* argument 'foo'"),
    (lambda codat: codat.connections.with_http_info.get("c", x=1), r"connections\.with_http_info\.get\(\)"),
    (lambda codat: codat.with_options(maxRetries=1), r"with_options\(\) .*'maxRetries'"),
    (lambda _: UNTYPED(apiKey="SECRET"), r"CodatPlatform\(\) .*; did you mean 'api_key'"),
    (lambda _: UNTYPED("SECRET"), r"CodatPlatform\(\) takes 1 positional argument"),
]


def camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


STUBS: dict[str, Callable[[], Any]] = {
    "class": lambda: create_autospec(CodatPlatform),
    "called class": lambda: create_autospec(CodatPlatform)(api_key="k"),
    "instance": lambda: create_autospec(CodatPlatform, instance=True),
    "instance, spec_set": lambda: create_autospec(CodatPlatform, instance=True, spec_set=True),
    "of a client": lambda: create_autospec(CodatPlatform(api_key="k")),
}


@pytest.fixture(scope="module", params=STUBS)
def codat(request: pytest.FixtureRequest) -> Any:
    """A stub for two tests, since making one takes as long as twenty calls."""
    return STUBS[request.param]()


def test_autospec__has_the_resources(codat: Any) -> None:
    """A stub has every resource, whose methods take what the real ones take, and the client that sends requests."""
    codat.connections.list("c", page=2)
    codat.connections.with_http_info.get("c", "x")
    codat.companies.create("name")
    codat.api_client.request("GET", "/profile")
    codat.connections.list.assert_called_once_with("c", page=2)
    for resource in RESOURCES:
        assert hasattr(codat, resource)


def test_autospec__refuses_wrong_names_and_arguments(codat: Any) -> None:
    """A name that the client does not have is no attribute of the stub, and wrong arguments are a TypeError."""
    for wrong in (codat.connections, codat.connections.with_http_info, codat.companies, codat.api_client, codat):
        assert not hasattr(wrong, "lst")
    with pytest.raises(TypeError):
        codat.connections.list()
    with pytest.raises(TypeError):
        codat.connections.get("a", "b", "c")


def test_autospec__of_names_and_of_the_generated_layer() -> None:
    """The usual patches work: of the class by its name, of one method, and a stub of ConnectionApi."""
    with patch("codat_python_sdk.CodatPlatform", autospec=True):
        stub: Any = codat_python_sdk.CodatPlatform(api_key="k")
        assert stub.connections.get("a", "b") is stub.connections.get.return_value
    codat = CodatPlatform(api_key="k")
    with patch.object(codat.connections, "get", autospec=True, return_value=3):
        assert codat.connections.get("a", "b") == 3
    assert Mock(spec=CodatPlatform).connections is not None
    api: Any = create_autospec(ConnectionApi)()
    api.companies_company_id_connections_get("c", 1, page_size=3)
    api.companies_company_id_connections_get_with_http_info("c", 1)
    assert not hasattr(api, "no_such_method")
    with pytest.raises(TypeError, match="company_id"):
        api.companies_company_id_connections_get()


def test_help__shows_the_resources() -> None:
    """help() and dir() list the resources, and inspect the constructor's arguments."""
    untyped: Any = pydoc
    text = untyped.render_doc(CodatPlatform, renderer=untyped.plaintext)
    for name, cls in RESOURCES.items():
        assert name in text
        assert getattr(CodatPlatform, name) is cls
        assert name in dir(CodatPlatform)
    assert getattr(CodatPlatform, "api_client") is ApiClient  # noqa: B009  # to type checkers it is an instance
    assert {"api_key", "server_url", "deadline"} <= set(inspect.signature(CodatPlatform).parameters)


def test_keywords__in_camel_case() -> None:
    """Every keyword of every method, written as JSON has it, is an ApiTypeError that names method and keyword."""
    for cls, name in METHODS:
        with case(cls, name):
            method = getattr(cls(ApiClient()), name)
            parameters = inspect.signature(method).parameters
            keywords = [word for word in parameters if word != "options"]
            for word in [*keywords, *(HIGH_LEVEL.fields if "options" in parameters else ())]:
                if "_" in word:
                    with pytest.raises(ApiTypeError) as error:
                        method(**{camel_case(word): "x"})
                    assert f"'{camel_case(word)}'; did you mean {word!r}?" in str(error.value)
                    assert f".{name}()" in str(error.value)


def test_keywords__that_do_not_fit() -> None:
    """Arguments that do not fit are an ApiTypeError, which is a TypeError, that names the method and shows no value."""
    for call, text in MISFITS:
        with case(text):
            with pytest.raises(ApiTypeError, match=text) as error:
                call(CodatPlatform(api_key="k"))
            assert isinstance(error.value, TypeError)
            assert "SECRET" not in str(error.value)
            frames: Any = error.tb
            while frames is not None:
                if "test_resource" not in frames.tb_frame.f_code.co_filename:
                    assert "SECRET" not in repr(frames.tb_frame.f_locals)
                frames = frames.tb_next


def test_type_error__of_other_code_stays_as_it_is() -> None:
    """A TypeError in what the caller has put into the client, such as another transport, is raised unchanged."""

    class Transport:
        def request(self, *_: object, **__: object) -> None:
            raise TypeError("a fault of this transport")

    codat = CodatPlatform(api_key="k")
    codat.api_client.rest_client = Transport()
    with pytest.raises(TypeError, match=r"^a fault of this transport$") as error:
        codat.connections.get("a", "b")
    assert not isinstance(error.value, ApiTypeError)


def test_attribute__of_a_client_whose_constructor_failed() -> None:
    """Reading it says so, and repr works, for reporters that show local variables."""
    codat = object.__new__(CodatPlatform)
    assert repr(codat) == "<CodatPlatform>"
    with pytest.raises(AttributeError, match="constructor has failed"):
        codat.api_client  # noqa: B018


def as_a_class(method: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator whose functions say that they wrap a class."""
    setattr(method, "__wrapped__", dict)  # noqa: B010  # to type checkers a function has no such attribute
    return method


def counted(method: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that takes a keyword of its own."""

    @wraps(method)
    def counting(*args: Any, times: int = 1, **kwargs: Any) -> list[Any]:
        return [method(*args, **kwargs)] * times

    return counting


class Extended(Connections):
    """A resource as an application extends it."""

    page_class = dict
    limit = 5

    @as_a_class
    def decorated(self, **options: Any) -> Any:
        """The keywords; it says that it wraps a class."""
        return options

    @counted
    def repeated(self, company_id: str, **options: Any) -> Any:
        """The arguments."""
        return company_id, options

    @staticmethod
    def clean(identifier: str) -> str:
        """The id without blanks."""
        return identifier.strip()

    @classmethod
    def name_of(cls, identifier: str) -> str:
        """The class and the id."""
        return f"{cls.__name__}:{identifier}"

    @property
    def host(self) -> str:
        """The base URL."""
        return self.api_client.configuration.host

    @cached_property
    def cache(self) -> dict[str, str]:
        """A dict for each instance."""
        return {}

    def find(self, *names: str, page: int = 1, **filters: str) -> Any:
        """The arguments."""
        return names, page, filters

    def first(self, company_id: str, **options: Any) -> Any:
        """The arguments."""
        return company_id, options


def test_subclass__may_have_any_attribute() -> None:
    """Static and class methods, properties, classes and decorated functions in a subclass work as in any class."""
    own = Extended(ApiClient())
    assert own.clean(" a ") == Extended.clean(" a ") == "a"
    assert own.name_of("a") == Extended.name_of("a") == "Extended:a"
    assert (own.host, own.cache, own.page_class(), own.limit) == (own.api_client.configuration.host, {}, {}, 5)
    assert own.decorated(timeout=1) == {"timeout": 1}
    assert cast("Any", own).repeated("a", times=2, deadline=1) == [("a", {"deadline": 1})] * 2
    assert own.find("a", page=2, status="Linked") == (("a",), 2, {"status": "Linked"})


def test_subclass__with_other_bases() -> None:
    """A subclass may be generic, and have a base that does something with its subclasses."""
    tables = dict[str, str]()

    class Audited:
        def __init_subclass__(cls, table: str, **others: Any) -> None:
            super().__init_subclass__(**others)
            tables[cls.__name__] = table

    class Cached(Companies, Audited, Generic[T], table="cache"):
        pass

    assert tables == {"Cached": "cache"}
    assert Cached[int](ApiClient()).get.__name__ == "get"


def test_subclass__explains_keywords_of_its_methods() -> None:
    """A method of a subclass that takes options names a wrong keyword, as the package's own methods do."""
    own: Any = Extended(ApiClient())
    assert own.first("a", timeout=1) == ("a", {"timeout": 1})
    with pytest.raises(ApiTypeError, match=r"extended\.first\(\) .*'timeOut'; did you mean 'timeout'"):
        own.first("a", timeOut=1)


#: What each client sends with, and what that keeps.
ATTRIBUTES = ["configuration", "default_headers", "last_response", "pool_threads", "rest_client"]


@pytest.mark.parametrize("cls", [CodatPlatform, ConnectionApi, CompaniesApi, IntegrationsApi, WebhooksApi])
def test_autospec__of_an_instance_has_the_attributes_of_its_client(cls: type[Any]) -> None:
    """The attributes that a constructor sets are attributes of a stub, down to the settings; other names are not."""
    stub = create_autospec(cls, instance=True)
    for name in ATTRIBUTES:
        assert hasattr(stub.api_client, name)
    assert stub.api_client.configuration.host is not None
    for wrong in (stub, stub.api_client, stub.api_client.configuration):
        assert not hasattr(wrong, "time_out")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_attribute__interrupted_while_it_is_imported() -> None:
    """A signal handler's exception reaches the caller as it is, and the attribute is there the next time."""
    code = """
import os, signal
from codat_python_sdk import CodatPlatform
from codat_python_sdk.resources._resource import ResourceAttribute

class Stop(Exception):
    pass

def stop(number, frame):
    raise Stop

def interrupted(self, owner, name):
    ResourceAttribute.__set_name__ = set_name
    os.kill(os.getpid(), signal.SIGUSR1)

signal.signal(signal.SIGUSR1, stop)
codat = CodatPlatform(api_key="k")
set_name, ResourceAttribute.__set_name__ = ResourceAttribute.__set_name__, interrupted
try:
    codat.connections
except Stop:
    print("stopped", codat.connections.list.__name__)
"""
    done = run_python(code)
    assert (done.stdout, done.stderr) == ("stopped list\n", "")


WITHOUT_A_KEY: list[tuple[str, tuple[Any, ...]]] = [
    ("connections.wait_for_status", ("c", "k", "Linked")),
    ("connections.iterate", ("c",)),
    ("connections.iterate_all", ()),
    ("connections.reconnect_link", ("c", "k")),
    ("connections.with_http_info.get", ("c", "k")),
    ("companies.ensure", ("u",)),
    ("companies.duplicates", ()),
    ("webhooks.reconcile", (dict[str, str](),)),
]


def test_idempotency_key__of_a_method_that_takes_none() -> None:
    """The error names the method that was called, and not one that it calls."""
    for name, arguments in WITHOUT_A_KEY:
        with case(name, arguments):
            method: Any = attrgetter(name)(CodatPlatform(api_key="k"))
            with pytest.raises(ApiTypeError, match=re.escape(f"{name}() takes no 'idempotency_key'")):
                method(*arguments, idempotency_key="a")
