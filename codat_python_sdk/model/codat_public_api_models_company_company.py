"""A company: one of your customers."""

from datetime import datetime

from codat_python_sdk.model.codat_public_api_models_company_company_reference import (
    CodatPublicApiModelsCompanyCompanyReference,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyCompany(Model):
    """A company. Source: the schema of 2021, and Codat's OpenAPI description of August 2026 for later fields."""

    _positional = ("id", "name", "platform", "redirect", "data_connections")  # what 2021's schema required

    id: str = field("id")  #: the company's id
    name: str = field("name")  #: need not be unique
    #: the company's Hosted Link page; may contain a one-time code, so do not log or store it
    redirect: str = field("redirect", secret_query=True)
    platform: str | None = field("platform", default=None)  #: from 2021; today often empty or absent
    data_connections: list[CodatPublicApiModelsCompanyDataConnection] = field(
        "dataConnections", default_factory=list
    )  #: the company's connections, without deleted ones
    last_sync: datetime | None = field("lastSync", default=None)  #: when data was last fetched
    created: datetime | None = field("created", default=None)  #: when the company was created
    created_by_user_name: str | None = field("createdByUserName", default=None)  #: who created it, if a person did
    description: str | None = field("description", default=None)  #: your own text
    products: list[str] | None = field(
        "products", default=None
    )  #: the identifiers of the products that are enabled for the company
    tags: dict[str, str] | None = field("tags", default=None)  #: your own keys and values
    reference_parent_company: CodatPublicApiModelsCompanyCompanyReference | None = field(
        "referenceParentCompany", default=None
    )  #: the parent company, if there is one
    reference_subsidiary_companies: list[CodatPublicApiModelsCompanyCompanyReference] | None = field(
        "referenceSubsidiaryCompanies", default=None
    )  #: the subsidiaries; may be empty
    owner_user_ids: list[str] | None = field(
        "ownerUserIds", default=None
    )  #: read-only; set in the Codat Portal, since August 2026
