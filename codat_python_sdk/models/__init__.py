"""All models and enums, under their generated names."""

from typing import TYPE_CHECKING

from codat_python_sdk.legacy_names import raise_for
from codat_python_sdk.model.codat_clients_api_client_contract_company import CodatClientsApiClientContractCompany
from codat_python_sdk.model.codat_clients_api_client_contract_datatype_features import (
    CodatClientsApiClientContractDatatypeFeatures,
)
from codat_python_sdk.model.codat_clients_api_client_contract_supported_feature_state import (
    CodatClientsApiClientContractSupportedFeatureState,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_button_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelButtonModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_default_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelDefaultModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_full_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelFullModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_hover_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelHoverModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_image_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_logo_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelLogoModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_square_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelSquareModel,
)
from codat_python_sdk.model.codat_public_api_models_company_add_company_model import (
    CodatPublicApiModelsCompanyAddCompanyModel,
)
from codat_python_sdk.model.codat_public_api_models_company_add_data_connection_model import (
    CodatPublicApiModelsCompanyAddDataConnectionModel,
)
from codat_python_sdk.model.codat_public_api_models_company_company import CodatPublicApiModelsCompanyCompany
from codat_python_sdk.model.codat_public_api_models_company_company_access_token import (
    CodatPublicApiModelsCompanyCompanyAccessToken,
)
from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_href_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel,
)
from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_links_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel,
)
from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseModel,
)
from codat_python_sdk.model.codat_public_api_models_company_company_reference import (
    CodatPublicApiModelsCompanyCompanyReference,
)
from codat_python_sdk.model.codat_public_api_models_company_company_reference_links import (
    CodatPublicApiModelsCompanyCompanyReferenceLinks,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_error import (
    CodatPublicApiModelsCompanyDataConnectionError,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_href_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_links_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_company_model import (
    CodatPublicApiModelsCompanyPatchCompanyModel,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_data_connection_model import (
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)
from codat_python_sdk.model.codat_public_api_models_error_message import CodatPublicApiModelsErrorMessage
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model import (
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model_paged_response_href_model import (  # noqa: E501  # the name of 2021
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model_paged_response_links_model import (  # noqa: E501  # the name of 2021
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseLinksModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model_paged_response_model import (  # noqa: E501  # the name of 2021
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_add_webhook_consumer_model import (
    CodatPublicApiModelsWebhooksAddWebhookConsumerModel,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumer import (
    CodatPublicApiModelsWebhooksWebhookConsumer,
)
from codat_python_sdk.model.codat_public_api_models_webhooks_webhook_consumers_model import (
    CodatPublicApiModelsWebhooksWebhookConsumersModel,
)
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.model.platform_key import PlatformKey
from codat_python_sdk.model.source_type import SourceType
from codat_python_sdk.model.webhook_event_type import WebhookEventType

__all__ = [
    "CodatClientsApiClientContractCompany",
    "CodatClientsApiClientContractDatatypeFeatures",
    "CodatClientsApiClientContractSupportedFeatureState",
    "CodatPublicApiModelsClientsIntegrationBrandingModel",
    "CodatPublicApiModelsClientsIntegrationBrandingModelButtonModel",
    "CodatPublicApiModelsClientsIntegrationBrandingModelDefaultModel",
    "CodatPublicApiModelsClientsIntegrationBrandingModelFullModel",
    "CodatPublicApiModelsClientsIntegrationBrandingModelHoverModel",
    "CodatPublicApiModelsClientsIntegrationBrandingModelImageModel",
    "CodatPublicApiModelsClientsIntegrationBrandingModelLogoModel",
    "CodatPublicApiModelsClientsIntegrationBrandingModelSquareModel",
    "CodatPublicApiModelsCompanyAddCompanyModel",
    "CodatPublicApiModelsCompanyAddDataConnectionModel",
    "CodatPublicApiModelsCompanyCompany",
    "CodatPublicApiModelsCompanyCompanyAccessToken",
    "CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel",
    "CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel",
    "CodatPublicApiModelsCompanyCompanyPagedResponseModel",
    "CodatPublicApiModelsCompanyCompanyReference",
    "CodatPublicApiModelsCompanyCompanyReferenceLinks",
    "CodatPublicApiModelsCompanyDataConnection",
    "CodatPublicApiModelsCompanyDataConnectionError",
    "CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel",
    "CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel",
    "CodatPublicApiModelsCompanyDataConnectionPagedResponseModel",
    "CodatPublicApiModelsCompanyPatchCompanyModel",
    "CodatPublicApiModelsCompanyPatchDataConnectionModel",
    "CodatPublicApiModelsErrorMessage",
    "CodatPublicApiModelsPlatformCredentialsPlatformSourceModel",
    "CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel",
    "CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseLinksModel",
    "CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel",
    "CodatPublicApiModelsWebhooksAddWebhookConsumerModel",
    "CodatPublicApiModelsWebhooksWebhookConsumer",
    "CodatPublicApiModelsWebhooksWebhookConsumersModel",
    "DataConnectionStatus",
    "PlatformKey",
    "SourceType",
    "WebhookEventType",
]

if not TYPE_CHECKING:  # a type checker would take every name for one that is here

    def __getattr__(name: str) -> None:
        raise_for(__name__, name)
