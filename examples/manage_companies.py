"""The life of a company, under the generated names: create, find, change, replace, hand out a token, delete."""

from __future__ import annotations

from _service import service

from codat_python_sdk import ApiClient
from codat_python_sdk.api import CompaniesApi
from codat_python_sdk.models import (
    CodatClientsApiClientContractCompany,
    CodatPublicApiModelsCompanyAddCompanyModel,
    CodatPublicApiModelsCompanyPatchCompanyModel,
)

with service() as place, ApiClient(place.configuration) as client:
    api = CompaniesApi(client)
    company = api.companies_post(
        codat_public_api_models_company_add_company_model=CodatPublicApiModelsCompanyAddCompanyModel(
            name="Corner Bakery", tags={"uid": "c-17"}
        )
    )
    print("Created: ", company.name, company.tags)

    page = api.companies_get(tags="uid=c-17")
    print("Found:   ", company.id in [found.id for found in page.results or ()])

    change = CodatPublicApiModelsCompanyPatchCompanyModel(description="Bread and cakes")
    api.companies_company_id_patch(company.id, codat_public_api_models_company_patch_company_model=change)
    print("Changed: ", api.companies_company_id_get(company.id).description)

    whole = CodatClientsApiClientContractCompany(name="Corner Bakery Ltd", tags={"uid": "c-17"})
    company = api.companies_company_id_put(company.id, codat_clients_api_client_contract_company=whole)
    print("Replaced:", company.name)

    # For Codat's embedded components in the customer's browser. The token is a secret, so it is not printed.
    token = api.companies_company_id_access_token_get(company.id)
    print("Token:   ", token.token_type, "for", token.expires_in, "seconds")

    api.companies_company_id_delete(company.id)
    print("Deleted: ", company.name)
