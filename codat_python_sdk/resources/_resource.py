"""What all resources share: how a method's keywords are checked, and the arguments of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.operation import UNSET
from codat_python_sdk.options import unknown_keyword
from codat_python_sdk.secret import SecretValues
from codat_python_sdk.values import check

if TYPE_CHECKING:
    from codat_python_sdk.api_client import ApiClient

MAX_PAGE_SIZE = 5000  # Codat's documentation, Paging


class Resource:
    """A resource of the high-level client."""

    def __init__(self, api_client: ApiClient) -> None:
        #: The client that sends the requests.
        self.api_client: ApiClient = api_client

    def __init_subclass__(cls) -> None:
        for name, method in list(vars(cls).items()):
            if callable(method) and not name.startswith("_"):
                setattr(cls, name, _explains_keywords(method, f"{cls.__name__.lower()}.{name}"))


def _explains_keywords(method: Callable[..., Any], name: str) -> Any:
    """The method, with ``ApiTypeError`` where Python would raise ``TypeError`` for arguments that do not fit.

    Header values become secrets on the way, whatever methods the keywords are handed on to.
    """

    @wraps(method)
    def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if isinstance(kwargs.get("headers"), Mapping):
            kwargs["headers"] = SecretValues(kwargs["headers"])
        try:
            return method(self, *args, **kwargs)
        except TypeError as error:
            if isinstance(error, ApiTypeError) or _was_raised_inside(error):
                raise
            raise _keyword_error(method, name, set(kwargs), str(error)) from None
        finally:
            args = kwargs = ()  # type: ignore[assignment]  # secrets in them are hidden in the method, not here

    return call


def _was_raised_inside(error: TypeError) -> bool:
    return error.__traceback__ is not None and error.__traceback__.tb_next is not None


def _keyword_error(method: Callable[..., Any], name: str, given: set[str], text: str) -> ApiTypeError:
    from inspect import signature

    parameters = list(signature(method).parameters)[1:]
    for keyword in sorted(given.difference(parameters)):
        return unknown_keyword(name, keyword, parameters)
    return ApiTypeError(f"{name}(){text.partition('()')[2]}")


def list_arguments(page: int, page_size: int, query: str | None, order_by: str | None) -> dict[str, Any]:
    """The arguments of a list request, checked.

    Raises:
        ApiTypeError: One has the wrong type.
        ApiValueError: ``page`` or ``page_size`` is out of range.
    """
    for name, value, maximum in (("page", page, None), ("page_size", page_size, MAX_PAGE_SIZE)):
        check(value, (int,), name)
        if value < 1 or (maximum is not None and value > maximum):
            limits = "at least 1" if maximum is None else f"from 1 to {maximum}"
            raise ApiValueError(f"{name} must be {limits}, got {value}", [name])
    return {
        "page": page,
        "page_size": page_size,
        "query": UNSET if query is None else query,
        "order_by": UNSET if order_by is None else order_by,
    }


def as_texts(name: str, values: Any) -> tuple[str, ...]:
    """One text or several, as a tuple.

    Raises:
        ApiTypeError: It is neither a str nor an iterable of them.
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        values = (values,)
    texts = tuple(cast("Iterable[str]", values))
    for text in texts:
        check(text, (str,), name)
    return texts
