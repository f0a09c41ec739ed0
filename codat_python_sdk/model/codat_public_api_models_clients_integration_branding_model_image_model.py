"""An image of an integration."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsClientsIntegrationBrandingModelImageModel(Model):
    """Where an image is, and the text in its place."""

    src: str | None = field("src", default=None)  #: the image's URL
    alt: str | None = field("alt", default=None)  #: the text in its place
