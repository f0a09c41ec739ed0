"""The endpoints for companies, under their generated names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from codat_python_sdk.model.codat_clients_api_client_contract_company import CodatClientsApiClientContractCompany
from codat_python_sdk.model.codat_public_api_models_company_add_company_model import (
    CodatPublicApiModelsCompanyAddCompanyModel,
)
from codat_python_sdk.model.codat_public_api_models_company_company import CodatPublicApiModelsCompanyCompany
from codat_python_sdk.model.codat_public_api_models_company_company_access_token import (
    CodatPublicApiModelsCompanyCompanyAccessToken,
)
from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseModel,
)
from codat_python_sdk.model.codat_public_api_models_company_patch_company_model import (
    CodatPublicApiModelsCompanyPatchCompanyModel,
)
from codat_python_sdk.operation import UNSET, Unset
from codat_python_sdk.operations import companies as operations
from codat_python_sdk.variants import GeneratedApi, WithHttpInfo

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import UUID, CallOptions, KeyedCallOptions, Unpack
else:
    from uuid import UUID

    from typing_extensions import Unpack

    from codat_python_sdk.call_options import CallOptions, KeyedCallOptions


class CompaniesApi(GeneratedApi):
    """Companies: create, list, get, update, replace, delete, and the access token for embedded components.

    Every method takes the ``CallOptions`` by keyword and has a variant ``…_with_http_info`` that returns an
    ``ApiResponse``. What the methods raise: see ``ConnectionApi``.

    Args:
        api_client: The client to call with; one from the default configuration when left out.
    """

    def companies_get(
        self,
        page: int = 1,
        *,
        page_size: int | Unset = UNSET,
        query: str | Unset = UNSET,
        order_by: str | Unset = UNSET,
        tags: str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodatPublicApiModelsCompanyCompanyPagedResponseModel:
        """List companies, one page at a time, each with its connections.

        Args:
            page: Page number, from 1.
            page_size: Companies per page, at most 5000; the service uses 100 when it is left out.
            query: A condition in Codat's query language. Codat's documentation is inconsistent about it, so
                do not rely on it alone.
            order_by: A field to sort by, such as ``created``, or ``-created`` for the newest first.
            tags: A condition on tags, such as ``region=uk && team=lending``; the operators are ``=``, ``!=`` and ``~``.
            options: See ``CallOptions``.
        """
        return self.api_client.send(
            operations.LIST,
            {"page": page, "page_size": page_size, "query": query, "order_by": order_by, "tags": tags},
            options,
        )

    companies_get_with_http_info = WithHttpInfo(companies_get)

    def companies_post(
        self,
        *,
        codat_public_api_models_company_add_company_model: (
            CodatPublicApiModelsCompanyAddCompanyModel | Mapping[str, Any] | Unset
        ) = UNSET,
        **options: Unpack[KeyedCallOptions],
    ) -> CodatPublicApiModelsCompanyCompany:
        """Create a company. Send the customer to its ``redirect``, or create a connection for it.

        Carries an idempotency key, so that a retry cannot create a second one.

        Args:
            codat_public_api_models_company_add_company_model: The model, or a dict such as
                ``{"name": "Corner Bakery"}``.
            options: See ``KeyedCallOptions``.
        """
        arguments = {operations.CREATE_BODY: codat_public_api_models_company_add_company_model}
        return self.api_client.send(operations.CREATE, arguments, options)

    companies_post_with_http_info = WithHttpInfo(companies_post)

    def companies_company_id_get(
        self, company_id: str | UUID, **options: Unpack[CallOptions]
    ) -> CodatPublicApiModelsCompanyCompany:
        """Retrieve one company, with its connections. ``redirect`` may contain a new one-time code on every call.

        Args:
            company_id: The company.
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.GET, {"company_id": company_id}, options)

    companies_company_id_get_with_http_info = WithHttpInfo(companies_company_id_get)

    def companies_company_id_put(
        self,
        company_id: str | UUID,
        *,
        codat_clients_api_client_contract_company: (
            CodatClientsApiClientContractCompany | Mapping[str, Any] | Unset
        ) = UNSET,
        **options: Unpack[CallOptions],
    ) -> CodatPublicApiModelsCompanyCompany:
        """Replace name, description and tags of a company; what is left out is cleared.

        Retried as a GET is, since it replaces the whole company.

        Args:
            company_id: The company.
            codat_clients_api_client_contract_company: The model, or a dict such as ``{"name": "Corner Bakery"}``.
            options: See ``CallOptions``.
        """
        arguments = {"company_id": company_id, operations.REPLACE_BODY: codat_clients_api_client_contract_company}
        return self.api_client.send(operations.REPLACE, arguments, options)

    companies_company_id_put_with_http_info = WithHttpInfo(companies_company_id_put)

    def companies_company_id_patch(
        self,
        company_id: str | UUID,
        *,
        codat_public_api_models_company_patch_company_model: (
            CodatPublicApiModelsCompanyPatchCompanyModel | Mapping[str, Any] | Unset
        ) = UNSET,
        **options: Unpack[KeyedCallOptions],
    ) -> CodatPublicApiModelsCompanyCompany:
        """Update a company; fields that are not set in the body keep their values.

        Args:
            company_id: The company.
            codat_public_api_models_company_patch_company_model: The model, or a dict such as
                ``{"description": "Bread and cakes"}``. Leave out ``tags`` unless you mean to change them.
            options: See ``KeyedCallOptions``.
        """
        body = codat_public_api_models_company_patch_company_model
        return self.api_client.send(
            operations.UPDATE, {"company_id": company_id, operations.UPDATE_BODY: body}, options
        )

    companies_company_id_patch_with_http_info = WithHttpInfo(companies_company_id_patch)

    def companies_company_id_delete(self, company_id: str | UUID, **options: Unpack[CallOptions]) -> None:
        """Delete a company with its connections and all data that was fetched for it. This is permanent.

        Args:
            company_id: The company.
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.DELETE_AS_IN_2021, {"company_id": company_id}, options)

    companies_company_id_delete_with_http_info = WithHttpInfo(companies_company_id_delete)

    def companies_company_id_access_token_get(
        self, company_id: str | UUID, **options: Unpack[CallOptions]
    ) -> CodatPublicApiModelsCompanyCompanyAccessToken:
        """Fetch a token for Codat's embedded components in the customer's browser. It is valid for this company only.

        Args:
            company_id: The company.
            options: See ``CallOptions``.
        """
        return self.api_client.send(operations.GET_ACCESS_TOKEN, {"company_id": company_id}, options)

    companies_company_id_access_token_get_with_http_info = WithHttpInfo(companies_company_id_access_token_get)
