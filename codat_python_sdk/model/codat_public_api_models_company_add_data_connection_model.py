"""The body that creates a connection."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyAddDataConnectionModel(Model):
    """Which platform to connect."""

    platform_key: str | None = field("platformKey", default=None, nullable=False)  #: four letters, such as "gbol"
