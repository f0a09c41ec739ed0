"""The logo with the platform's name."""

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_image_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsClientsIntegrationBrandingModelFullModel(Model):
    """The logo with the platform's name."""

    image: CodatPublicApiModelsClientsIntegrationBrandingModelImageModel | None = field(
        "image", default=None
    )  #: the image
