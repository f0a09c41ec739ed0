"""An integration: a platform that companies can be connected to."""

from codat_python_sdk.model.codat_clients_api_client_contract_datatype_features import (
    CodatClientsApiClientContractDatatypeFeatures,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsPlatformCredentialsPlatformSourceModel(Model):
    """An integration. Source: the schema of 2021, and Codat's OpenAPI description and samples of 2026."""

    key: str = field("key")  #: the platform key, four letters such as "gbol"
    name: str = field("name")  #: the platform's display name
    logo_url: str | None = field("logoUrl", default=None)  #: an image of the platform's logo
    enabled: bool | None = field("enabled", default=None)  #: whether it is enabled for you in the Codat Portal
    source_id: str | None = field("sourceId", default=None)  #: as on a connection
    integration_id: str | None = field("integrationId", default=None)  #: as on a connection
    source_type: str | None = field("sourceType", default=None)  #: see ``SourceType``; other values may come
    is_offline_connector: bool | None = field(
        "isOfflineConnector", default=None
    )  #: whether the platform runs on the customer's desktop
    is_beta: bool | None = field("isBeta", default=None)  #: whether Codat calls the integration a beta
    supported_environments: str | None = field("supportedEnvironments", default=None)  #: such as "LiveAndSandbox"
    datatype_features: list[CodatClientsApiClientContractDatatypeFeatures] | None = field(
        "datatypeFeatures", default=None
    )  #: what can be done with each data type
    data_provided_by: str | None = field(
        "dataProvidedBy", default=None
    )  #: the provider of the data, if it is not the platform
    linked_connections_count: int | None = field(
        "linkedConnectionsCount", default=None
    )  #: your linked connections to it
    total_connections_count: int | None = field("totalConnectionsCount", default=None)  #: all your connections to it
