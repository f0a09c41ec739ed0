"""The integrations: where platform keys come from."""

from __future__ import annotations

from collections.abc import Iterator
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
from codat_python_sdk.operations import integrations as operations
from codat_python_sdk.options import HIGH_LEVEL
from codat_python_sdk.resources._resource import Resource, ResourceAttribute, iterate_list, list_arguments
from codat_python_sdk.variants import WithHttpInfo

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import RequestOptions, Unpack
else:
    from typing_extensions import Unpack

    from codat_python_sdk.call_options import RequestOptions


class Integrations(Resource):
    """The platforms that companies can be connected to.

    Every method takes the ``RequestOptions`` by keyword. Every method raises ``ApiTypeError`` or ``ApiValueError`` for
    arguments that cannot be used, before anything is sent, and a subclass of ``ApiException`` when the call fails.
    """

    #: The operations, each returning an ``ApiResponse``: data, status, headers, attempts.
    with_http_info: ResourceAttribute[IntegrationsWithHttpInfo] = ResourceAttribute(
        "integrations.IntegrationsWithHttpInfo"
    )

    def get(
        self, platform_key: str, **options: Unpack[RequestOptions]
    ) -> CodatPublicApiModelsPlatformCredentialsPlatformSourceModel:
        """Retrieve one integration.

        Args:
            platform_key: Its key of four letters, such as ``gbol`` for Xero; see ``PlatformKey``.
            options: See ``RequestOptions``.
        """
        return self.api_client.send(operations.GET, {"platform_key": platform_key}, options, HIGH_LEVEL)

    def get_branding(
        self, platform_key: str, **options: Unpack[RequestOptions]
    ) -> CodatPublicApiModelsClientsIntegrationBrandingModel:
        """Retrieve logos and buttons of an integration. They rarely change: cache them.

        Args:
            platform_key: Its key of four letters; see ``PlatformKey``.
            options: See ``RequestOptions``.
        """
        return self.api_client.send(operations.GET_BRANDING, {"platform_key": platform_key}, options, HIGH_LEVEL)

    def list(
        self,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel:
        """Retrieve one page of integrations; ``iterate`` follows the pagination.

        Args:
            page: Page number, from 1.
            page_size: Integrations per page, 1 to 5000.
            query: A condition in Codat's query language, such as ``sourceType=Accounting&&enabled=true``.
            order_by: A field to sort by, such as ``name``.
            options: See ``RequestOptions``.
        """
        arguments = list_arguments(page, page_size, query, order_by)
        return self.api_client.send(operations.LIST, arguments, options, HIGH_LEVEL)

    def iterate(
        self,
        *,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> Iterator[CodatPublicApiModelsPlatformCredentialsPlatformSourceModel]:
        """Iterate over all integrations, each once; a page is requested when it is needed.

        Args:
            page_size: Integrations per request, 1 to 5000.
            query: See ``list``.
            order_by: See ``list``.
            options: See ``RequestOptions``; ``deadline`` is for each request.
        """
        arguments = list_arguments(1, page_size, query, order_by)
        return iterate_list(self.api_client, operations.LIST, arguments, options, lambda integration: integration.key)


class IntegrationsWithHttpInfo(Resource):
    """The operations of ``Integrations``, each returning an ``ApiResponse``: data, status, headers, attempts."""

    get = WithHttpInfo(Integrations.get)
    get_branding = WithHttpInfo(Integrations.get_branding)
    list = WithHttpInfo(Integrations.list)
