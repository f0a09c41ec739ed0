"""What the generated classes share: their client, and ``…_with_http_info``, built once for all methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from types import FunctionType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from codat_python_sdk.api_client import ApiClient
from codat_python_sdk.exceptions import ApiTypeError
from codat_python_sdk.options import GENERATED, OptionNames
from codat_python_sdk.response import ApiResponse
from codat_python_sdk.results import api_response

if TYPE_CHECKING:
    from codat_python_sdk.operation import Operation

P = ParamSpec("P")
T = TypeVar("T")


class GeneratedApi:
    """The base of the classes of the generated layer."""

    #: The client that sends the requests.
    api_client: ApiClient = cast("Any", ApiClient)  # the class, for stubs; each instance has its own

    def __init__(self, api_client: ApiClient | None = None) -> None:
        if api_client is not None and not hasattr(api_client, "send"):  # pyright: ignore[reportUnnecessaryComparison]
            raise ApiTypeError(f"api_client must be an ApiClient, got {type(api_client).__name__}", ["api_client"])
        self.api_client = ApiClient() if api_client is None else api_client


class WithHttpInfo(Generic[P, T]):
    """The variant of a method that sends its request with ``self.api_client.send``.

    Type checkers see the method's parameters and ``ApiResponse`` of its result; one that does not follow a callable's
    ``self`` follows ``__get__``. At run time a plain function stands in the class, so that ``help()``, ``inspect``,
    ``create_autospec`` and pickles find a method.
    """

    def __init__(self, method: Callable[Concatenate[Any, P], T]) -> None:
        @wraps(method)
        def variant(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return method(_HttpInfoSender(self.api_client), *args, **kwargs)
            finally:
                args = kwargs = ()  # type: ignore[assignment]  # secrets in them are hidden in the method, not here

        returned = method.__annotations__["return"]
        variant.__annotations__ = {**method.__annotations__, "return": f"ApiResponse[{returned}]"}
        variant.__wrapped__ = _annotated(method, variant.__annotations__)  # where inspect.signature looks
        variant.__doc__ = f"The same as ``{method.__name__}``, with the data in an ``ApiResponse``."
        self._variant = variant

    def __set_name__(self, owner: type, name: str) -> None:
        self._variant.__name__, self._variant.__qualname__ = name, f"{owner.__qualname__}.{name}"
        setattr(owner, name, self._variant)

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type | None = None) -> Callable[P, ApiResponse[T]]: ...


def _annotated(method: Any, annotations: dict[str, Any]) -> Any:
    """A copy of a method with other annotations."""
    method = getattr(method, "__wrapped__", method)
    method.__globals__.setdefault("ApiResponse", ApiResponse)  # where the annotations are evaluated
    copy = FunctionType(method.__code__, method.__globals__, method.__name__, method.__defaults__, method.__closure__)
    copy.__kwdefaults__, copy.__annotations__ = method.__kwdefaults__, annotations
    return copy


class _HttpInfoSender:
    """Stands for the object whose method is called: all that the method uses of it is ``api_client.send``."""

    def __init__(self, api_client: ApiClient) -> None:
        self.api_client = self
        self._send = api_client.send

    def send(
        self,
        operation: Operation[T],
        arguments: Mapping[str, Any],
        options: Mapping[str, Any],
        names: OptionNames = GENERATED,
    ) -> ApiResponse[T]:
        """What ``ApiClient.send`` does, in another form."""
        return cast("ApiResponse[T]", self._send(operation, arguments, options, names, api_response))
