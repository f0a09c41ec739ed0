"""The button of an integration."""

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_default_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelDefaultModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_hover_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelHoverModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsClientsIntegrationBrandingModelButtonModel(Model):
    """A button in two states."""

    default: CodatPublicApiModelsClientsIntegrationBrandingModelDefaultModel | None = field(
        "default", default=None
    )  #: the button at rest
    hover: CodatPublicApiModelsClientsIntegrationBrandingModelHoverModel | None = field(
        "hover", default=None
    )  #: the button below the pointer
