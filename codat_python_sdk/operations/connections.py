"""The six endpoints for a company's connections."""

from collections.abc import Mapping

from codat_python_sdk.model.codat_public_api_models_company_add_data_connection_model import (
    CodatPublicApiModelsCompanyAddDataConnectionModel,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_data_connection_model import (
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)
from codat_python_sdk.operation import Operation

_COLLECTION = "/companies/{companyId}/connections"
_ITEM = _COLLECTION + "/{connectionId}"

LIST = Operation(
    "connections.list",
    "GET",
    _COLLECTION,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
    query={"pageSize": int, "query": str, "orderBy": str, "page": int},  # in 2021's order
)
CREATE = Operation(
    "connections.create",
    "POST",
    _COLLECTION,
    CodatPublicApiModelsCompanyDataConnection,
    body=("body", (str, Mapping, CodatPublicApiModelsCompanyAddDataConnectionModel)),
)
GET = Operation("connections.get", "GET", _ITEM, CodatPublicApiModelsCompanyDataConnection)
DELETE = Operation("connections.delete", "DELETE", _ITEM, bool)
UNLINK_BODY = "codat_public_api_models_company_patch_data_connection_model"
UNLINK = Operation(
    "connections.unlink",
    "PATCH",
    _ITEM,
    CodatPublicApiModelsCompanyDataConnection,
    body=(UNLINK_BODY, (CodatPublicApiModelsCompanyPatchDataConnectionModel, Mapping)),
)
UPDATE_AUTHORIZATION = Operation(
    "connections.update_authorization",
    "PUT",
    _ITEM + "/authorization",
    CodatPublicApiModelsCompanyDataConnection,
    body=("request_body", ({str: (str,)},)),
    secret_body=True,
)
