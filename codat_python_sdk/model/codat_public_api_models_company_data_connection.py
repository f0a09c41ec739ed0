"""The connection of a company to its accounting, banking or commerce platform."""

from datetime import datetime
from typing import Any

from codat_python_sdk.model.codat_public_api_models_company_data_connection_error import (
    CodatPublicApiModelsCompanyDataConnectionError,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyDataConnection(Model):
    """A connection. Source: the schema of 2021, and Codat's OpenAPI description for what came later."""

    id: str = field("id")  #: the connection's own id
    integration_id: str = field("integrationId")  #: the platform's id at Codat
    source_id: str = field("sourceId")  #: which source under the integration, for example one of several banks
    platform_name: str = field("platformName")  #: the platform's name, for people
    #: where to send the customer; may hold a one-time code, so never log or store it
    link_url: str = field("linkUrl", secret_query=True)
    status: str | None = field("status", default=None)  #: see ``DataConnectionStatus``; other values may come
    last_sync: datetime | None = field("lastSync", default=None)  #: when data was last fetched
    created: datetime | None = field("created", default=None)  #: when the connection was made
    source_type: str | None = field("sourceType", default=None)  #: see ``SourceType``; other values may come
    integration_key: str | None = field("integrationKey", default=None)  #: the platform's key, such as "gbol"
    data_connection_errors: list[CodatPublicApiModelsCompanyDataConnectionError] | None = field(
        "dataConnectionErrors", default=None
    )  #: what went wrong, newest state first
    connection_info: dict[str, Any] | None = field("connectionInfo", default=None)  #: particular to the platform
