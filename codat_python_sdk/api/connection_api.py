"""The six endpoints for a company's connections, under their generated names."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codat_python_sdk.configuration import levels_to_caller
from codat_python_sdk.model.codat_public_api_models_company_add_data_connection_model import (
    CodatPublicApiModelsCompanyAddDataConnectionModel,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_data_connection_model import (
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)
from codat_python_sdk.operation import UNSET, Unset
from codat_python_sdk.operations import connections as operations
from codat_python_sdk.secret import as_secret
from codat_python_sdk.variants import GeneratedApi, WithHttpInfo

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import UUID, CallOptions, KeyedCallOptions, Unpack
else:
    from uuid import UUID

    from typing_extensions import Unpack

    from codat_python_sdk.call_options import CallOptions, KeyedCallOptions


def _warn_of_string_body() -> None:
    warnings.warn(
        "since January 2023 Codat rejects a platform key as the whole body; pass body={'platformKey': …}",
        DeprecationWarning,
        stacklevel=levels_to_caller(),
    )


class ConnectionApi(GeneratedApi):
    """A company's connections: create, list, get, unlink, delete, update the authorization.

    Every method takes the ``CallOptions`` by keyword and has a variant ``…_with_http_info`` that returns an
    ``ApiResponse``. Every method raises:

    - ``ApiTypeError`` or ``ApiValueError`` before anything is sent, for invalid arguments;
    - the subclass of ``ApiException`` for a status that is not 2xx, and for calls without a response;
    - ``InvalidResponseException`` for a response of another shape than the schema's.

    Args:
        api_client: The client to call with; one from the default configuration when left out.
    """

    def companies_company_id_connections_get(
        self,
        company_id: str | UUID,
        page: int = 1,
        *,
        page_size: int | Unset = UNSET,
        query: str | Unset = UNSET,
        order_by: str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodatPublicApiModelsCompanyDataConnectionPagedResponseModel:
        """List a company's connections, one page at a time.

        Args:
            company_id: The company.
            page: Page number, from 1.
            page_size: Connections per page, at most 5000; the service uses 100 when it is left out.
            query: A condition in Codat's query language, such as ``status=Linked``. Codat's documentation is
                inconsistent about queries for connections, so do not rely on it alone.
            order_by: A field to sort by, such as ``created``, or ``-created`` for the newest first.
            options: See ``CallOptions``.
        """
        return self.api_client.send(
            operations.LIST,
            {"company_id": company_id, "page": page, "page_size": page_size, "query": query, "order_by": order_by},
            options,
        )

    companies_company_id_connections_get_with_http_info = WithHttpInfo(companies_company_id_connections_get)

    def companies_company_id_connections_post(
        self,
        company_id: str | UUID,
        *,
        body: str | Mapping[str, Any] | CodatPublicApiModelsCompanyAddDataConnectionModel | Unset = UNSET,
        **options: Unpack[KeyedCallOptions],
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Create a connection. It starts as ``PendingAuth``; send the customer to its ``link_url``.

        Carries an idempotency key, so that a retry cannot create a second one.

        Args:
            company_id: The company.
            body: ``CodatPublicApiModelsCompanyAddDataConnectionModel(platform_key=…)`` or
                ``{"platformKey": …}``: today's service accepts nothing else. A ``str`` is sent as a JSON string, as in
                2021; since January 2023 the service rejects that with 400, and a ``DeprecationWarning`` says so.
            options: See ``KeyedCallOptions``.
        """
        if isinstance(body, str):
            _warn_of_string_body()
        return self.api_client.send(operations.CREATE, {"company_id": company_id, "body": body}, options)

    companies_company_id_connections_post_with_http_info = WithHttpInfo(companies_company_id_connections_post)

    def companies_company_id_connections_connection_id_get(
        self, company_id: str | UUID, connection_id: str | UUID, **options: Unpack[CallOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Retrieve one connection. ``link_url`` may contain a new one-time code on every call.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.GET, {"company_id": company_id, "connection_id": connection_id}, options)

    companies_company_id_connections_connection_id_get_with_http_info = WithHttpInfo(
        companies_company_id_connections_connection_id_get
    )

    def companies_company_id_connections_connection_id_delete(
        self, company_id: str | UUID, connection_id: str | UUID, **options: Unpack[CallOptions]
    ) -> bool:
        """Delete a connection and the data that was fetched through it. This is permanent.

        Returns True for a success, whether its body is empty (today), ``true`` (2021) or an object, and also for a 404
        that follows an attempt which may have taken effect; False only if the service says ``false``.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``CallOptions``.
        """
        return self.api_client.send(
            operations.DELETE, {"company_id": company_id, "connection_id": connection_id}, options
        )

    companies_company_id_connections_connection_id_delete_with_http_info = WithHttpInfo(
        companies_company_id_connections_connection_id_delete
    )

    def companies_company_id_connections_connection_id_patch(
        self,
        company_id: str | UUID,
        connection_id: str | UUID,
        *,
        codat_public_api_models_company_patch_data_connection_model: (
            CodatPublicApiModelsCompanyPatchDataConnectionModel | Mapping[str, Any] | Unset
        ) = UNSET,
        **options: Unpack[KeyedCallOptions],
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Unlink a connection: give up access, keep the data. The customer can link it again through ``link_url``.

        Args:
            company_id: The company.
            connection_id: The connection. According to Codat's documentation of today it has to be ``Linked``.
            codat_public_api_models_company_patch_data_connection_model: The model, or a dict such as
                ``{"status": "Unlinked"}``, which is the only status that Codat documents here.
            options: See ``KeyedCallOptions``.
        """
        return self.api_client.send(
            operations.UNLINK,
            {
                "company_id": company_id,
                "connection_id": connection_id,
                operations.UNLINK_BODY: codat_public_api_models_company_patch_data_connection_model,
            },
            options,
        )

    companies_company_id_connections_connection_id_patch_with_http_info = WithHttpInfo(
        companies_company_id_connections_connection_id_patch
    )

    def companies_company_id_connections_connection_id_authorization_put(
        self,
        company_id: str | UUID,
        connection_id: str | UUID,
        *,
        request_body: Mapping[str, str] | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Give a connection the platform's own credentials, to move existing authorizations to Codat.

        Retried only when the request certainly took no effect, because such credentials may be single-use.

        Args:
            company_id: The company.
            connection_id: The connection.
            request_body: Credentials under the keys that the platform wants. They are secrets: nothing logs them.
            options: See ``CallOptions``.
        """
        # A traceback that shows local variables does not show these.
        request_body = as_secret(request_body)
        return self.api_client.send(
            operations.UPDATE_AUTHORIZATION,
            {"company_id": company_id, "connection_id": connection_id, "request_body": request_body},
            options,
        )

    companies_company_id_connections_connection_id_authorization_put_with_http_info = WithHttpInfo(
        companies_company_id_connections_connection_id_authorization_put
    )
