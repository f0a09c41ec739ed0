"""A page of a company's connections."""

from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_links_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyDataConnectionPagedResponseModel(Model):
    """A page. The last one is number ``ceil(total_results / page_size)``."""

    #: the connections; empty when there are none
    results: list[CodatPublicApiModelsCompanyDataConnection] = field("results", default_factory=list)
    page_number: int | None = field("pageNumber", default=None, nullable=False)  #: counted from 1
    page_size: int | None = field("pageSize", default=None, nullable=False)  #: connections per page
    total_results: int | None = field("totalResults", default=None, nullable=False)  #: connections on all pages
    links: CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel | None = field(
        "_links", default=None, nullable=False
    )  #: links to the pages around
