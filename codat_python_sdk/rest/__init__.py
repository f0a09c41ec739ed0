"""The transport: the only folder that knows urllib3 and certifi.

``client`` makes an attempt: by a route of its ``pools`` (with ``tls`` and ``proxy``) to a ``pool`` of ``connection``s,
whose hosts ``resolve`` looks up and whose responses ``heads`` reads. ``in_flight`` is what all of them know of the
request, and ``errors`` says what went wrong.

Generated code has the exceptions here as well, so that ``from codat_python_sdk.rest import ApiException`` works.
"""

from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    ApiValueError,
    BadRequestException,
    ConflictException,
    ForbiddenException,
    InvalidResponseException,
    NotFoundException,
    PaymentRequiredException,
    QuotaReserveException,
    ServiceException,
    TooManyRequestsException,
    UnauthorizedException,
    UnprocessableEntityException,
    UnreadableResponseException,
    WaitTimeoutException,
)
from codat_python_sdk.rest.client import USER_AGENT, RESTClientObject, RESTResponse

__all__ = [
    "USER_AGENT",
    "ApiConnectionException",
    "ApiException",
    "ApiTimeoutException",
    "ApiTlsException",
    "ApiValueError",
    "BadRequestException",
    "ConflictException",
    "ForbiddenException",
    "InvalidResponseException",
    "NotFoundException",
    "PaymentRequiredException",
    "QuotaReserveException",
    "RESTClientObject",
    "RESTResponse",
    "ServiceException",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UnprocessableEntityException",
    "UnreadableResponseException",
    "WaitTimeoutException",
]
