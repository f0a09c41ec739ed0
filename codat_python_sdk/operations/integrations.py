"""The endpoints for integrations."""

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model import (
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model_paged_response_model import (  # noqa: E501  # the name of 2021
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel,
)
from codat_python_sdk.operation import Operation

_COLLECTION = "/integrations"
_ITEM = _COLLECTION + "/{platformKey}"

LIST = Operation(
    "integrations.list",
    "GET",
    _COLLECTION,
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel,
    query={"pageSize": int, "query": str, "orderBy": str, "page": int},
)
GET = Operation("integrations.get", "GET", _ITEM, CodatPublicApiModelsPlatformCredentialsPlatformSourceModel)
GET_BRANDING = Operation(
    "integrations.get_branding", "GET", _ITEM + "/branding", CodatPublicApiModelsClientsIntegrationBrandingModel
)
