"""What Codat says when it refuses (the body of errors)."""

from typing import Any

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsErrorMessage(Model):
    """An error. Source: Codat's OpenAPI description, ErrorMessage; real bodies may hold more, or less."""

    status_code: int | None = field("statusCode", default=None, nullable=False)  #: may differ from HTTP's: trust that
    service: str | None = field("service", default=None, nullable=False)  #: which of Codat's services, or the platform
    error: str | None = field("error", default=None, nullable=False)  #: what happened, for people
    correlation_id: str | None = field("correlationId", default=None, nullable=False)  #: quote it to Codat's support
    validation: dict[str, Any] | None = field("validation", default=None)  #: ``errors`` and ``warnings``, item by item
    can_be_retried: str | None = field("canBeRetried", default=None, nullable=False)  #: a text such as "Unknown"
    detailed_error_code: int | None = field("detailedErrorCode", default=None, nullable=False)  #: 0 in every sample
