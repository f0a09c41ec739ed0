"""The endpoints for companies."""

from collections.abc import Mapping

from codat_python_sdk.model.codat_clients_api_client_contract_company import CodatClientsApiClientContractCompany
from codat_python_sdk.model.codat_public_api_models_company_add_company_model import (
    CodatPublicApiModelsCompanyAddCompanyModel,
)
from codat_python_sdk.model.codat_public_api_models_company_company import CodatPublicApiModelsCompanyCompany
from codat_python_sdk.model.codat_public_api_models_company_company_access_token import (
    CodatPublicApiModelsCompanyCompanyAccessToken,
)
from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseModel,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_company_model import (
    CodatPublicApiModelsCompanyPatchCompanyModel,
)
from codat_python_sdk.operation import Operation
from codat_python_sdk.values import none_type

_COLLECTION = "/companies"
_ITEM = _COLLECTION + "/{companyId}"

LIST = Operation(
    "companies.list",
    "GET",
    _COLLECTION,
    CodatPublicApiModelsCompanyCompanyPagedResponseModel,
    query={"pageSize": int, "query": str, "orderBy": str, "tags": str, "page": int},
)
CREATE_BODY = "codat_public_api_models_company_add_company_model"
CREATE = Operation(
    "companies.create",
    "POST",
    _COLLECTION,
    CodatPublicApiModelsCompanyCompany,
    body=(CREATE_BODY, (CodatPublicApiModelsCompanyAddCompanyModel, Mapping)),
)
GET = Operation("companies.get", "GET", _ITEM, CodatPublicApiModelsCompanyCompany)
UPDATE_BODY = "codat_public_api_models_company_patch_company_model"
UPDATE = Operation(
    "companies.update",
    "PATCH",
    _ITEM,
    CodatPublicApiModelsCompanyCompany,
    body=(UPDATE_BODY, (CodatPublicApiModelsCompanyPatchCompanyModel, Mapping)),
)
REPLACE_BODY = "codat_clients_api_client_contract_company"
REPLACE = Operation(
    "companies.replace",
    "PUT",
    _ITEM,
    CodatPublicApiModelsCompanyCompany,
    body=(REPLACE_BODY, (CodatClientsApiClientContractCompany, Mapping)),
    idempotent=True,  # it replaces the whole company
)
DELETE = Operation("companies.delete", "DELETE", _ITEM, bool)
DELETE_AS_IN_2021 = Operation("companies.delete", "DELETE", _ITEM, none_type)  # which returned None
GET_ACCESS_TOKEN = Operation(
    "companies.get_access_token", "GET", _ITEM + "/accessToken", CodatPublicApiModelsCompanyCompanyAccessToken
)
