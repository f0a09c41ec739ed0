"""The links between pages."""

from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model_paged_response_href_model import (  # noqa: E501  # the name of 2021
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseLinksModel(Model):
    """The links of a page of integrations. A link that the service leaves out, or sends as null, reads as None."""

    self: CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel | None = field(
        "self", default=None, nullable=False
    )  #: the list, without paging
    current: CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel | None = field(
        "current", default=None, nullable=False
    )  #: this page
    next: CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel | None = field(
        "next", default=None, nullable=False
    )  #: the next page, if there is one
    previous: CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel | None = field(
        "previous", default=None, nullable=False
    )  #: the previous page, if there is one
