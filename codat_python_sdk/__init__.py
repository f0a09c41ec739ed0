"""A client for companies, integrations, connections and webhooks of Codat's API."""

from codat_python_sdk._version import __version__
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.api_client import ApiClient
from codat_python_sdk.attempt_events import AttemptEvent
from codat_python_sdk.codat_platform import CodatPlatform
from codat_python_sdk.configuration import Configuration
from codat_python_sdk.exceptions import (
    ApiAttributeError,
    ApiConnectionException,
    ApiException,
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
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.model.source_type import SourceType
from codat_python_sdk.operation import UNSET
from codat_python_sdk.rate_limits import RateLimit
from codat_python_sdk.response import ApiResponse
from codat_python_sdk.retries import Attempt, RetryPolicy

__all__ = [
    "UNSET",
    "ApiAttributeError",
    "ApiClient",
    "ApiConnectionException",
    "ApiException",
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
