"""A company as others refer to it."""

from codat_python_sdk.model.codat_public_api_models_company_company_reference_links import (
    CodatPublicApiModelsCompanyCompanyReferenceLinks,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyCompanyReference(Model):
    """What a webhook event or a related company says of a company."""

    id: str | None = field("id", default=None)  #: the company's id
    name: str | None = field("name", default=None)  #: need not be unique
    description: str | None = field("description", default=None)  #: your own text
    links: CodatPublicApiModelsCompanyCompanyReferenceLinks | None = field(
        "links", default=None
    )  #: pages about the company
    tags: dict[str, str] | None = field("tags", default=None)  #: your own keys and values
