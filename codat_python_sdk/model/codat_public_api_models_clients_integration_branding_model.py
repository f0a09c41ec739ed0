"""Logos and buttons of an integration."""

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_button_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelButtonModel,
)
from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model_logo_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModelLogoModel,
)
from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsClientsIntegrationBrandingModel(Model):
    """The images to show for an integration. They rarely change: cache them."""

    logo: CodatPublicApiModelsClientsIntegrationBrandingModelLogoModel | None = field(
        "logo", default=None
    )  #: the platform's logo
    button: CodatPublicApiModelsClientsIntegrationBrandingModelButtonModel | None = field(
        "button", default=None
    )  #: a button to connect with
    source_id: str | None = field("sourceId", default=None)  #: as on a connection
