"""What an integration can do with one data type."""

from codat_python_sdk.model.codat_clients_api_client_contract_supported_feature_state import (
    CodatClientsApiClientContractSupportedFeatureState,
)
from codat_python_sdk.model_utils import Model, field


class CodatClientsApiClientContractDatatypeFeatures(Model):
    """What can be done with one data type."""

    datatype: str | None = field("datatype", default=None)  #: the data type
    supported_features: list[CodatClientsApiClientContractSupportedFeatureState] | None = field(
        "supportedFeatures", default=None
    )  #: its features
