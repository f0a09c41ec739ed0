"""Helpers of all resources: attributes that stubs see, how keywords are checked, and the arguments of a list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import wraps
from importlib import import_module
from types import FunctionType
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, cast, overload

from codat_python_sdk.api_client import ApiClient
from codat_python_sdk.checks import HeaderValues, shown
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.interruptions import raise_interruption_in
from codat_python_sdk.operation import UNSET, Operation
from codat_python_sdk.options import HIGH_LEVEL, checked_options, unknown_keyword
from codat_python_sdk.paging import iterate_rows
from codat_python_sdk.rate_limits import http_date
from codat_python_sdk.results import api_response
from codat_python_sdk.values import check

MAX_PAGE_SIZE = 5000  # Codat's documentation, Paging


R = TypeVar("R")
P = ParamSpec("P")
T = TypeVar("T")

_TAKES_ARGS, _TAKES_KEYWORDS = 0x04, 0x08  #: the flags of a function with ``*args`` and with ``**options``


class InstanceAttribute(Generic[R]):
    """An attribute that the constructor sets; on the class itself, the class of its value.

    So ``help()`` and ``create_autospec`` see its methods, and a stub refuses names that it does not have.
    """

    def __init__(self, cls: type[R]) -> None:
        self._value_cls = cls

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> type[R]:
        if instance is not None:
            raise AttributeError(
                f"{owner.__name__!r} object has no attribute {self._name!r}: its constructor has failed"
            )
        return self._value_cls


class ResourceAttribute(Generic[R]):
    """The same for a resource, which is imported and created on first use."""

    def __init__(self, path: str) -> None:
        self._module, _, self._class = path.partition(".")

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> type[R]: ...
    @overload
    def __get__(self, instance: HasApiClient, owner: type) -> R: ...
    def __get__(self, instance: HasApiClient | None, owner: type) -> type[R] | R:
        try:
            cls: type[R] = getattr(import_module(f"codat_python_sdk.resources.{self._module}"), self._class)
        except RuntimeError as error:  # which Python 3.11 and older raise for what interrupts a ``__set_name__``
            raise_interruption_in(error)
            raise
        if instance is None:
            return cls
        resource: R = cast("Any", cls)(instance.api_client)
        instance.__dict__[self._name] = resource  # found there from now on
        return resource


class HasApiClient(Protocol):
    """An object with resources: the client."""

    api_client: ApiClient


class Resource:
    """A resource of the high-level client."""

    #: The client that sends the requests.
    api_client: ApiClient = cast("Any", InstanceAttribute(ApiClient))

    def __init__(self, api_client: ApiClient) -> None:
        self.api_client = api_client

    def __init_subclass__(cls, **others: Any) -> None:
        super().__init_subclass__(**others)  # of another base
        resource = cls.__name__.lower().replace("withhttpinfo", ".with_http_info")
        for name, method in list(vars(cls).items()):
            if isinstance(method, FunctionType) and not name.startswith("_"):
                setattr(cls, name, explains_keywords(f"{resource}.{name}")(method))


def explains_keywords(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator for methods: ``ApiTypeError`` where Python would raise ``TypeError`` for arguments that do not fit.

    A keyword that the method does not have is named as the caller wrote it, with the one that is probably meant. Header
    values become secrets in between, whatever methods the keywords are handed on to.

    Args:
        name: How the method is called in the text of an error.
    """

    def decorate(method: Callable[P, T]) -> Callable[P, T]:
        known, takes_no_key = _keywords(method), _takes_no_key(method)

        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> T:
            try:
                if known is not None and not known.issuperset(kwargs):
                    raise unknown_keyword(name, next(word for word in kwargs if word not in known), known)
                if takes_no_key and "idempotency_key" in kwargs:
                    text = "takes no 'idempotency_key': it is for methods that are one POST or PATCH"
                    raise ApiTypeError(f"{name}() {text}", ["idempotency_key"])
                if isinstance(kwargs.get("headers"), Mapping):
                    kwargs["headers"] = HeaderValues(kwargs["headers"])
                return cast("Any", method)(*args, **kwargs)  # type: ignore[no-any-return]
            except TypeError as error:
                if isinstance(error, ApiTypeError) or _was_raised_inside(error):
                    raise
                raise ApiTypeError(f"{name}(){str(error).partition('()')[2]}") from None
            finally:
                args = kwargs = ()  # type: ignore[assignment]  # secrets in them are hidden in the method, not here

        # From Python 3.14 on, wraps copies what makes annotations, and a variant has none of that.
        call.__annotations__ = method.__annotations__
        return call  # pyright: ignore[reportReturnType]  # the method's own signature

    return decorate


def _keywords(method: Any) -> frozenset[str] | None:
    """The keywords that a method takes, those of its decorators and in its ``**options`` included; None for any."""
    parameters = frozenset[str]()
    while True:
        code = method.__code__
        named = code.co_argcount + code.co_kwonlyargcount
        parameters = parameters.union(code.co_varnames[min(code.co_argcount, 1) : named])  # without self
        if not isinstance(getattr(method, "__wrapped__", None), FunctionType):
            break
        method = method.__wrapped__
    if not code.co_flags & _TAKES_KEYWORDS:
        return parameters
    rest = code.co_varnames[named + bool(code.co_flags & _TAKES_ARGS)]
    return parameters.union(HIGH_LEVEL.fields) if rest == "options" else None


def _takes_no_key(method: Any) -> bool:
    """Whether a method's options, by their annotation, have no ``idempotency_key``."""
    options = str(method.__annotations__.get("options", ""))
    return options.startswith("Unpack") and "Keyed" not in options


def _was_raised_inside(error: TypeError) -> bool:
    return error.__traceback__ is not None and error.__traceback__.tb_next is not None


def iterate_list(
    api_client: ApiClient,
    operation: Operation[Any],
    arguments: dict[str, Any],
    options: Any,
    key: Callable[[Any], Hashable],
    left_out: list[object] | None = None,
) -> Iterator[Any]:
    """All rows of a list, each once; see ``iterate_rows``. What was given is checked at once, before the first row."""
    checked_options(options, HIGH_LEVEL, operation)
    operation.target(arguments, True, api_client.configuration.safe_chars_for_path_param)

    def fetch(page: int) -> Any:
        response = api_client.send(operation, arguments | {"page": page}, options, HIGH_LEVEL, api_response)
        return response.data, http_date(response.headers.get("Date"))

    return iterate_rows(fetch, key, left_out)


def list_arguments(
    page: int, page_size: int, query: str | None = None, order_by: str | None = None, **others: str | None
) -> dict[str, Any]:
    """The arguments of a list request, checked; those that are None are left out.

    Raises:
        ApiTypeError: One has the wrong type.
        ApiValueError: ``page`` or ``page_size`` is out of range.
    """
    for name, value, maximum in (("page", page, None), ("page_size", page_size, MAX_PAGE_SIZE)):
        check(value, (int,), name)
        if value < 1 or (maximum is not None and value > maximum):
            limits = "at least 1" if maximum is None else f"from 1 to {maximum}"
            raise ApiValueError(f"{name} must be {limits}, got {shown(value)}", [name])
    texts = {"query": query, "order_by": order_by, **others}
    return {"page": page, "page_size": page_size} | {n: UNSET if v is None else v for n, v in texts.items()}
