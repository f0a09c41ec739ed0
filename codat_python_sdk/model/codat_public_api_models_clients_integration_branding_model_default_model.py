"""The button at rest."""

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_image_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsClientsIntegrationBrandingModelDefaultModel(Model):
    """The button at rest."""

    image: CodatPublicApiModelsClientsIntegrationBrandingModelImageModel | None = field(
        "image", default=None
    )  #: the image
