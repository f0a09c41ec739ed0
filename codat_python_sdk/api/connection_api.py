"""The six endpoints for a company's connections, under their generated names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codat_python_sdk.api_client import ApiClient
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
from codat_python_sdk.request import UNSET, Operation, Unset

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from codat_python_sdk.options import CallOptions, KeyedCallOptions
    from codat_python_sdk.response import ApiResponse

_CONNECTIONS = "/companies/{companyId}/connections"
_CONNECTION = _CONNECTIONS + "/{connectionId}"

_LIST = Operation(
    "GET",
    _CONNECTIONS,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
    query={"pageSize": int, "query": str, "orderBy": str, "page": int},
)
_CREATE = Operation(
    "POST",
    _CONNECTIONS,
    CodatPublicApiModelsCompanyDataConnection,
    body=("body", (str, Mapping, CodatPublicApiModelsCompanyAddDataConnectionModel)),
)
_GET = Operation("GET", _CONNECTION, CodatPublicApiModelsCompanyDataConnection)
_DELETE = Operation("DELETE", _CONNECTION, bool)
_UNLINK = Operation(
    "PATCH",
    _CONNECTION,
    CodatPublicApiModelsCompanyDataConnection,
    body=(
        "codat_public_api_models_company_patch_data_connection_model",
        (CodatPublicApiModelsCompanyPatchDataConnectionModel, Mapping),
    ),
)
_UPDATE_AUTHORIZATION = Operation(
    "PUT",
    _CONNECTION + "/authorization",
    CodatPublicApiModelsCompanyDataConnection,
    body=("request_body", ({str: (str,)},)),
)


class ConnectionApi:
    """A company's connections: create, list, get, unlink, delete, update the authorization.

    Every method takes the ``CallOptions`` by keyword and has a twin ``…_with_http_info`` that returns an
    ``ApiResponse``. Every method raises:

    - ``ApiTypeError`` or ``ApiValueError`` before anything is sent, for arguments that cannot be right;
    - the subclass of ``ApiException`` for a status that is not 2xx, and for calls without an answer;
    - ``ApiTypeError`` for an answer of another shape than promised.

    Args:
        api_client: The client to call with; one from the default configuration when left out.
    """

    def __init__(self, api_client: ApiClient | None = None) -> None:
        self.api_client: ApiClient = ApiClient() if api_client is None else api_client

    def companies_company_id_connections_get(
        self,
        company_id: str,
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
            page: Which page, counted from 1.
            page_size: Connections per page, at most 5000; the service takes 100 when it is left out.
            query: A condition in Codat's query language, such as ``status=Linked``. Codat's pages disagree on whether
                connections can be queried, so do not rely on it alone.
            order_by: A field to sort by, such as ``created``, or ``-created`` for the newest first.
            options: See ``CallOptions``.
        """
        return self.api_client.deliver(
            self.api_client.prepare(
                _LIST, options, company_id=company_id, page=page, page_size=page_size, query=query, order_by=order_by
            )
        )

    def companies_company_id_connections_get_with_http_info(
        self,
        company_id: str,
        page: int = 1,
        *,
        page_size: int | Unset = UNSET,
        query: str | Unset = UNSET,
        order_by: str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnectionPagedResponseModel]:
        """The same as ``companies_company_id_connections_get``, with status, headers and attempts."""
        return self.api_client.deliver(
            self.api_client.prepare_with_http_info(
                _LIST, options, company_id=company_id, page=page, page_size=page_size, query=query, order_by=order_by
            )
        )

    def companies_company_id_connections_post(
        self,
        company_id: str,
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
                2021; since January 2023 the service answers that with 400.
            options: See ``KeyedCallOptions``.
        """
        return self.api_client.deliver(self.api_client.prepare(_CREATE, options, company_id=company_id, body=body))

    def companies_company_id_connections_post_with_http_info(
        self,
        company_id: str,
        *,
        body: str | Mapping[str, Any] | CodatPublicApiModelsCompanyAddDataConnectionModel | Unset = UNSET,
        **options: Unpack[KeyedCallOptions],
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """The same as ``companies_company_id_connections_post``, with status, headers and attempts."""
        return self.api_client.deliver(
            self.api_client.prepare_with_http_info(_CREATE, options, company_id=company_id, body=body)
        )

    def companies_company_id_connections_connection_id_get(
        self, company_id: str, connection_id: str, **options: Unpack[CallOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Fetch one connection. Each time its ``link_url`` may hold a fresh one-time code.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``CallOptions``.
        """
        return self.api_client.deliver(
            self.api_client.prepare(_GET, options, company_id=company_id, connection_id=connection_id)
        )

    def companies_company_id_connections_connection_id_get_with_http_info(
        self, company_id: str, connection_id: str, **options: Unpack[CallOptions]
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """The same as ``companies_company_id_connections_connection_id_get``, with status, headers and attempts."""
        return self.api_client.deliver(
            self.api_client.prepare_with_http_info(_GET, options, company_id=company_id, connection_id=connection_id)
        )

    def companies_company_id_connections_connection_id_delete(
        self, company_id: str, connection_id: str, **options: Unpack[CallOptions]
    ) -> bool:
        """Delete a connection and the data that was fetched through it. This cannot be undone.

        Returns True for a success, whether its body is empty (today), ``true`` (2021) or an object, and also for a 404
        that follows an attempt which may have worked; False only if the service says ``false``.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``CallOptions``.
        """
        return self.api_client.deliver(
            self.api_client.prepare(_DELETE, options, company_id=company_id, connection_id=connection_id)
        )

    def companies_company_id_connections_connection_id_delete_with_http_info(
        self, company_id: str, connection_id: str, **options: Unpack[CallOptions]
    ) -> ApiResponse[bool]:
        """The same as ``companies_company_id_connections_connection_id_delete``, with status, headers and attempts."""
        return self.api_client.deliver(
            self.api_client.prepare_with_http_info(_DELETE, options, company_id=company_id, connection_id=connection_id)
        )

    def companies_company_id_connections_connection_id_patch(
        self,
        company_id: str,
        connection_id: str,
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
        return self.api_client.deliver(
            self.api_client.prepare(
                _UNLINK,
                options,
                company_id=company_id,
                connection_id=connection_id,
                codat_public_api_models_company_patch_data_connection_model=codat_public_api_models_company_patch_data_connection_model,
            )
        )

    def companies_company_id_connections_connection_id_patch_with_http_info(
        self,
        company_id: str,
        connection_id: str,
        *,
        codat_public_api_models_company_patch_data_connection_model: (
            CodatPublicApiModelsCompanyPatchDataConnectionModel | Mapping[str, Any] | Unset
        ) = UNSET,
        **options: Unpack[KeyedCallOptions],
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """The same as ``companies_company_id_connections_connection_id_patch``, with status, headers and attempts."""
        return self.api_client.deliver(
            self.api_client.prepare_with_http_info(
                _UNLINK,
                options,
                company_id=company_id,
                connection_id=connection_id,
                codat_public_api_models_company_patch_data_connection_model=codat_public_api_models_company_patch_data_connection_model,
            )
        )

    def companies_company_id_connections_connection_id_authorization_put(
        self,
        company_id: str,
        connection_id: str,
        *,
        request_body: Mapping[str, str] | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Give a connection the platform's own credentials, to move existing authorizations to Codat.

        Retried only where nothing can have been done, because such credentials may work a single time.

        Args:
            company_id: The company.
            connection_id: The connection.
            request_body: Credentials under the keys that the platform wants. They are secrets: nothing logs them.
            options: See ``CallOptions``.
        """
        return self.api_client.deliver(
            self.api_client.prepare(
                _UPDATE_AUTHORIZATION,
                options,
                company_id=company_id,
                connection_id=connection_id,
                request_body=request_body,
            )
        )

    def companies_company_id_connections_connection_id_authorization_put_with_http_info(
        self,
        company_id: str,
        connection_id: str,
        *,
        request_body: Mapping[str, str] | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """The same as ``companies_company_id_connections_connection_id_authorization_put``, with the circumstances."""
        return self.api_client.deliver(
            self.api_client.prepare_with_http_info(
                _UPDATE_AUTHORIZATION,
                options,
                company_id=company_id,
                connection_id=connection_id,
                request_body=request_body,
            )
        )
