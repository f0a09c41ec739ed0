"""A client for companies, integrations, connections and webhooks of Codat's API."""

import importlib
import typing

from codat_python_sdk._version import __version__
from codat_python_sdk.configuration import Configuration
from codat_python_sdk.exceptions import (
    ApiAttributeError,
    ApiConnectionException,
    ApiException,
    ApiItemError,
    ApiKeyError,
    ApiTimeoutException,
    ApiTlsException,
    ApiTypeError,
    ApiValueError,
    BadRequestException,
    ConflictException,
    ConnectionStateException,
    ForbiddenException,
    InsecureTransportWarning,
    InvalidResponseException,
    NotFoundException,
    OpenApiException,
    PaymentRequiredException,
    QuotaReserveException,
    ServiceException,
    TooManyRequestsException,
    UnauthorizedException,
    UnprocessableEntityException,
    UnreadableResponseException,
    WaitTimeoutException,
)
from codat_python_sdk.lazy_imports import load_class as _load_class
from codat_python_sdk.operation import UNSET
from codat_python_sdk.rate_limits import RateLimit
from codat_python_sdk.response import ApiResponse
from codat_python_sdk.retries import Attempt, RetryPolicy

if typing.TYPE_CHECKING:
    # The same name twice: type checkers take it for a public one.
    from codat_python_sdk import api_client as api_client
    from codat_python_sdk import configuration as configuration
    from codat_python_sdk import exceptions as exceptions
    from codat_python_sdk import model_utils as model_utils
    from codat_python_sdk import rest as rest
    from codat_python_sdk.api.connection_api import ConnectionApi
    from codat_python_sdk.api_client import ApiClient
    from codat_python_sdk.attempt_events import AttemptEvent
    from codat_python_sdk.codat_platform import CodatPlatform
    from codat_python_sdk.model.data_connection_status import DataConnectionStatus
    from codat_python_sdk.model.source_type import SourceType

__all__ = [
    "UNSET",
    "ApiAttributeError",
    "ApiClient",
    "ApiConnectionException",
    "ApiException",
    "ApiItemError",
    "ApiKeyError",
    "ApiResponse",
    "ApiTimeoutException",
    "ApiTlsException",
    "ApiTypeError",
    "ApiValueError",
    "Attempt",
    "AttemptEvent",
    "BadRequestException",
    "CodatPlatform",
    "Configuration",
    "ConflictException",
    "ConnectionApi",
    "ConnectionStateException",
    "DataConnectionStatus",
    "ForbiddenException",
    "InsecureTransportWarning",
    "InvalidResponseException",
    "NotFoundException",
    "OpenApiException",
    "PaymentRequiredException",
    "QuotaReserveException",
    "RateLimit",
    "RetryPolicy",
    "ServiceException",
    "SourceType",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UnprocessableEntityException",
    "UnreadableResponseException",
    "WaitTimeoutException",
    "__version__",
]

#: The module of each class that is loaded on first use, because few programs need more than one of the clients.
_LATER = {
    "ApiClient": "api_client",
    "AttemptEvent": "attempt_events",
    "CodatPlatform": "codat_platform",
    "ConnectionApi": "api.connection_api",
    "DataConnectionStatus": "model.data_connection_status",
    "SourceType": "model.source_type",
}
#: Modules that 2021's package loaded itself, so that code uses them as its attributes.
_MODULES = {"api_client", "model_utils", "rest"}

if not typing.TYPE_CHECKING:  # a type checker would take every name for one that is here

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return importlib.import_module(f"{__name__}.{name}")
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return _load_class(globals(), _LATER[name], name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *__all__})
