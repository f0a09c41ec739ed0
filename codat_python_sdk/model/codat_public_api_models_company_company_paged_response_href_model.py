"""One link of a page."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel(Model):
    """A link, relative to the base URL."""

    href: str | None = field("href", default=None)  #: path and query
