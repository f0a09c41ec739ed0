"""All models and enums, under their generated names."""

from codat_python_sdk.model.codat_public_api_models_company_add_data_connection_model import (
    CodatPublicApiModelsCompanyAddDataConnectionModel,
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
from codat_python_sdk.model.codat_public_api_models_company_patch_data_connection_model import (
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)
from codat_python_sdk.model.codat_public_api_models_error_message import CodatPublicApiModelsErrorMessage
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.model.source_type import SourceType

__all__ = [
    "CodatPublicApiModelsCompanyAddDataConnectionModel",
    "CodatPublicApiModelsCompanyDataConnection",
    "CodatPublicApiModelsCompanyDataConnectionError",
    "CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel",
    "CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel",
    "CodatPublicApiModelsCompanyDataConnectionPagedResponseModel",
    "CodatPublicApiModelsCompanyPatchDataConnectionModel",
    "CodatPublicApiModelsErrorMessage",
    "DataConnectionStatus",
    "SourceType",
]
