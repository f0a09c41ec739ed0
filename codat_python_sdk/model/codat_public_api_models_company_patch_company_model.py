"""The body that changes a company."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyPatchCompanyModel(Model):
    """What to change of a company; what is not set stays. Leave out ``tags`` unless you mean to replace them all."""

    name: str | None = field("name", default=None)  #: the new name
    description: str | None = field("description", default=None)  #: the new description
    tags: dict[str, str] | None = field("tags", default=None)  #: the new tags, all of them; an empty dict removes them
