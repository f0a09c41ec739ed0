"""The body that creates a company."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyAddCompanyModel(Model):
    """The company to create. The service removes characters from the name that it does not allow."""

    name: str = field("name")  #: need not be unique
    platform_type: str | None = field(
        "platformType", default=None
    )  #: from 2021: the platform of a first connection; today's schema does not have it
    created_by_user_id: str | None = field(
        "createdByUserId", default=None
    )  #: from 2021; today's schema does not have it
    description: str | None = field("description", default=None)  #: your own text
    tags: dict[str, str] | None = field(
        "tags", default=None
    )  #: at most 10; keys of 1 to 27 characters, values of at most 100
