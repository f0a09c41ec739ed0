"""A page of integrations."""

from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model import (
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model_paged_response_links_model import (  # noqa: E501  # the name of 2021
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseLinksModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel(Model):
    """A page of integrations. The last one is number ``ceil(total_results / page_size)``."""

    #: the integrations; empty when there are none
    results: list[CodatPublicApiModelsPlatformCredentialsPlatformSourceModel] = field("results", default_factory=list)
    page_number: int | None = field("pageNumber", default=None, nullable=False)  #: counted from 1
    page_size: int | None = field("pageSize", default=None, nullable=False)  #: integrations per page
    total_results: int | None = field("totalResults", default=None, nullable=False)  #: integrations on all pages
    links: CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseLinksModel | None = field(
        "_links", default=None, nullable=False
    )  #: links to the previous and next page
