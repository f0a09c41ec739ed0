"""The links between pages."""

from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_href_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel(Model):
    """The links of a page of companies. A link that the service leaves out, or sends as null, reads as None."""

    self: CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel | None = field(
        "self", default=None, nullable=False
    )  #: the list, without paging
    current: CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel | None = field(
        "current", default=None, nullable=False
    )  #: this page
    next: CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel | None = field(
        "next", default=None, nullable=False
    )  #: the next page, if there is one
    previous: CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel | None = field(
        "previous", default=None, nullable=False
    )  #: the previous page, if there is one
