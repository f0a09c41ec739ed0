"""The links between pages."""

from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_href_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel as Href,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel(Model):
    """Where this page is, and where the ones around it are. The service leaves out what is not there, or sends null."""

    self: Href | None = field("self", default=None, nullable=False)  #: the list, without paging
    current: Href | None = field("current", default=None, nullable=False)  #: this page
    next: Href | None = field("next", default=None, nullable=False)  #: the next page, if there is one
    previous: Href | None = field("previous", default=None, nullable=False)  #: the page before, if there is one
