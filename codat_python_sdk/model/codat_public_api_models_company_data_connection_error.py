"""Why a connection could not be used (``dataConnectionErrors``)."""

from datetime import datetime

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyDataConnectionError(Model):
    """One failure that the source platform reported. Source: Codat's OpenAPI description, DataConnectionError."""

    status_code: str | None = field("statusCode", default=None, nullable=False)  #: the platform's HTTP status, as text
    status_text: str | None = field("statusText", default=None, nullable=False)  #: the platform's words for it
    error_message: str | None = field("errorMessage", default=None, nullable=False)  #: Codat's message
    errored_on_utc: datetime | None = field("erroredOnUtc", default=None, nullable=False)  #: when it happened
    status: str | None = field("status", default=None)  #: "Active", "Resolved", or None when it is not transient
    resolved_on_utc: datetime | None = field("resolvedOnUtc", default=None)  #: when it was over
