"""The endpoints for integrations, under their generated names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codat_python_sdk.model.codat_public_api_models_clients_integration_branding_model import (
    CodatPublicApiModelsClientsIntegrationBrandingModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model import (
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModel,
)
from codat_python_sdk.model.codat_public_api_models_platform_credentials_platform_source_model_paged_response_model import (  # noqa: E501  # the name of 2021
    CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel,
)
from codat_python_sdk.operation import UNSET, Unset
from codat_python_sdk.operations import integrations as operations
from codat_python_sdk.variants import GeneratedApi, WithHttpInfo

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import CallOptions, Unpack
else:
    from typing_extensions import Unpack

    from codat_python_sdk.call_options import CallOptions


class IntegrationsApi(GeneratedApi):
    """Integrations: the platforms that companies can be connected to, with their keys and logos.

    Every method takes the ``CallOptions`` by keyword and has a variant ``…_with_http_info`` that returns an
    ``ApiResponse``. What the methods raise: see ``ConnectionApi``.

    Args:
        api_client: The client to call with; one from the default configuration when left out.
    """

    def integrations_get(
        self,
        page: int = 1,
        *,
        page_size: int | Unset = UNSET,
        query: str | Unset = UNSET,
        order_by: str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel:
        """List integrations, one page at a time.

        Args:
            page: Page number, from 1.
            page_size: Integrations per page, at most 5000; the service uses 100 when it is left out.
            query: A condition in Codat's query language, such as ``sourceType=Accounting&&enabled=true``.
            order_by: A field to sort by, such as ``name``.
            options: See ``CallOptions``.
        """
        return self.api_client.send(
            operations.LIST, {"page": page, "page_size": page_size, "query": query, "order_by": order_by}, options
        )

    integrations_get_with_http_info = WithHttpInfo(integrations_get)

    def integrations_platform_key_get(
        self, platform_key: str, **options: Unpack[CallOptions]
    ) -> CodatPublicApiModelsPlatformCredentialsPlatformSourceModel:
        """Fetch one integration.

        Args:
            platform_key: Its key of four letters, such as ``gbol`` for Xero.
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.GET, {"platform_key": platform_key}, options)

    integrations_platform_key_get_with_http_info = WithHttpInfo(integrations_platform_key_get)

    def integrations_platform_key_branding_get(
        self, platform_key: str, **options: Unpack[CallOptions]
    ) -> CodatPublicApiModelsClientsIntegrationBrandingModel:
        """Fetch logos and buttons of an integration. They rarely change: cache them.

        Args:
            platform_key: Its key of four letters, such as ``gbol`` for Xero.
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.GET_BRANDING, {"platform_key": platform_key}, options)

    integrations_platform_key_branding_get_with_http_info = WithHttpInfo(integrations_platform_key_branding_get)
