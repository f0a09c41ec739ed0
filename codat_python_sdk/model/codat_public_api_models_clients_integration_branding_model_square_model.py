"""The logo as a square."""

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_image_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsClientsIntegrationBrandingModelSquareModel(Model):
    """The logo as a square."""

    image: CodatPublicApiModelsClientsIntegrationBrandingModelImageModel | None = field(
        "image", default=None
    )  #: the image
