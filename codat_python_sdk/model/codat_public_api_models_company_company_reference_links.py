"""Where to read about a company."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyCompanyReferenceLinks(Model):
    """Links to pages about a company."""

    portal: str | None = field("portal", default=None)  #: the company's page in the Codat Portal
