"""The logo of an integration."""

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_full_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelFullModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_square_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelSquareModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsClientsIntegrationBrandingModelLogoModel(Model):
    """A logo in two shapes."""

    full: CodatPublicApiModelsClientsIntegrationBrandingModelFullModel | None = field(
        "full", default=None
    )  #: name and symbol
    square: CodatPublicApiModelsClientsIntegrationBrandingModelSquareModel | None = field(
        "square", default=None
    )  #: the symbol
