"""A page of your companies."""

from codat_python_sdk.model.codat_public_api_models_company_company import (
    CodatPublicApiModelsCompanyCompany,
)
from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_links_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyCompanyPagedResponseModel(Model):
    """A page of companies. The last one is number ``ceil(total_results / page_size)``."""

    #: the companies; empty when there are none
    results: list[CodatPublicApiModelsCompanyCompany] = field("results", default_factory=list)
    page_number: int | None = field("pageNumber", default=None, nullable=False)  #: counted from 1
    page_size: int | None = field("pageSize", default=None, nullable=False)  #: companies per page
    total_results: int | None = field("totalResults", default=None, nullable=False)  #: companies on all pages
    links: CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel | None = field(
        "_links", default=None, nullable=False
    )  #: links to the previous and next page
