"""The six operations by their friendly names. Thin: the generated layer does all the work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypedDict, overload

from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.checks import check_seconds
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
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
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.paging import walk
from codat_python_sdk.polling import poll
from codat_python_sdk.values import check

if TYPE_CHECKING:
    import urllib3
    from typing_extensions import Unpack

    from codat_python_sdk.options import CallOptions, KeyedCallOptions
    from codat_python_sdk.response import ApiResponse
    from codat_python_sdk.retries import RetryPolicy

LARGEST_PAGE = 5000  # Codat's documentation, Paging


class WaitOptions(TypedDict, total=False):
    """What ``wait_for_status`` takes besides its parameters, by keyword, for each of its requests."""

    deadline: float | None  #: seconds for the whole call, with all attempts and waits
    retries: RetryPolicy | urllib3.Retry | int | None  #: as ``Configuration.retries``
    headers: Mapping[str, str]  #: extra headers
    server_url: str  #: another server for this call; it gets the credentials


class RequestOptions(WaitOptions, total=False):
    """What every operation takes besides its parameters, by keyword."""

    timeout: float | tuple[float | None, float | None] | None  #: seconds to wait for the network, or (connect, read)


class KeyedRequestOptions(RequestOptions, total=False):
    """The same for create and unlink."""

    idempotency_key: str | None  #: a key of your own, so that another process can repeat the call safely


_GENERATED_NAMES = {
    "timeout": "_request_timeout",
    "deadline": "_deadline",
    "retries": "_retries",
    "headers": "_headers",
    "server_url": "_host",
    "idempotency_key": "_idempotency_key",
}


@overload
def _generated(options: KeyedRequestOptions) -> KeyedCallOptions: ...
@overload
def _generated(options: WaitOptions) -> CallOptions: ...
def _generated(options: Mapping[str, Any]) -> Any:
    """The options under the names of the generated layer."""
    for name in options:
        if name not in _GENERATED_NAMES:
            raise ApiTypeError(f"unexpected keyword argument {name!r}", [name])
    return {_GENERATED_NAMES[name]: value for name, value in options.items()}


def _create_body(platform_key: str) -> CodatPublicApiModelsCompanyAddDataConnectionModel:
    if platform_key == "":
        raise ApiValueError("platform_key must not be empty; 'gbol' is Xero's, for example", ["platform_key"])
    return CodatPublicApiModelsCompanyAddDataConnectionModel(platform_key=platform_key)


_UNLINK_BODY = CodatPublicApiModelsCompanyPatchDataConnectionModel(status=DataConnectionStatus.UNLINKED.value)


def _list_arguments(page: int, page_size: int, query: str | None, order_by: str | None) -> dict[str, Any]:
    for name, value, largest in (("page", page, None), ("page_size", page_size, LARGEST_PAGE)):
        check(value, (int,), name)
        if value < 1 or (largest is not None and value > largest):
            limits = "at least 1" if largest is None else f"from 1 to {largest}"
            raise ApiValueError(f"{name} must be {limits}, got {value}", [name])
    given = {"query": query, "order_by": order_by}
    return {"page": page, "page_size": page_size} | {n: value for n, value in given.items() if value is not None}


def _authorization_body(authorization: Mapping[str, str]) -> Mapping[str, str]:
    check(authorization, ({str: (str,)},), "authorization")
    return authorization


class ConnectionsWithHttpInfo:
    """The six operations of ``Connections``, each returning an ``ApiResponse``: data, status, headers, attempts."""

    def __init__(self, api: ConnectionApi) -> None:
        self._api = api

    def create(
        self, company_id: str, platform_key: str, **options: Unpack[KeyedRequestOptions]
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """See ``Connections.create``."""
        return self._api.companies_company_id_connections_post_with_http_info(
            company_id, body=_create_body(platform_key), **_generated(options)
        )

    def delete(self, company_id: str, connection_id: str, **options: Unpack[RequestOptions]) -> ApiResponse[bool]:
        """See ``Connections.delete``."""
        return self._api.companies_company_id_connections_connection_id_delete_with_http_info(
            company_id, connection_id, **_generated(options)
        )

    def get(
        self, company_id: str, connection_id: str, **options: Unpack[RequestOptions]
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """See ``Connections.get``."""
        return self._api.companies_company_id_connections_connection_id_get_with_http_info(
            company_id, connection_id, **_generated(options)
        )

    def list(
        self,
        company_id: str,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnectionPagedResponseModel]:
        """See ``Connections.list``."""
        return self._api.companies_company_id_connections_get_with_http_info(
            company_id, **_list_arguments(page, page_size, query, order_by), **_generated(options)
        )

    def unlink(
        self, company_id: str, connection_id: str, **options: Unpack[KeyedRequestOptions]
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """See ``Connections.unlink``."""
        return self._api.companies_company_id_connections_connection_id_patch_with_http_info(
            company_id,
            connection_id,
            codat_public_api_models_company_patch_data_connection_model=_UNLINK_BODY,
            **_generated(options),
        )

    def update_authorization(
        self, company_id: str, connection_id: str, authorization: Mapping[str, str], **options: Unpack[RequestOptions]
    ) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
        """See ``Connections.update_authorization``."""
        return self._api.companies_company_id_connections_connection_id_authorization_put_with_http_info(
            company_id, connection_id, request_body=_authorization_body(authorization), **_generated(options)
        )


class Connections:
    """A company's connections.

    Every operation raises ``ApiTypeError`` or ``ApiValueError`` before anything is sent when it is called wrongly, and
    a subclass of ``ApiException`` when it fails. Every operation takes the ``RequestOptions`` by keyword.
    """

    def __init__(self, api: ConnectionApi) -> None:
        self._api = api
        #: The same six operations with status, headers and attempts.
        self.with_http_info: ConnectionsWithHttpInfo = ConnectionsWithHttpInfo(api)

    def create(
        self, company_id: str, platform_key: str, **options: Unpack[KeyedRequestOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Create a connection, which starts as ``PendingAuth``. Send the customer to its ``link_url``.

        However often the network fails, there is one connection at most: every attempt carries the same key.

        Args:
            company_id: The company.
            platform_key: The platform, by its key of four letters, such as ``gbol`` for Xero.
            options: See ``KeyedRequestOptions``.
        """
        return self._api.companies_company_id_connections_post(
            company_id, body=_create_body(platform_key), **_generated(options)
        )

    def delete(self, company_id: str, connection_id: str, **options: Unpack[RequestOptions]) -> bool:
        """Delete a connection and the data fetched through it, for good; True when it is gone.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``RequestOptions``.
        """
        return self._api.companies_company_id_connections_connection_id_delete(
            company_id, connection_id, **_generated(options)
        )

    def get(
        self, company_id: str, connection_id: str, **options: Unpack[RequestOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Fetch one connection; its ``link_url`` may hold a fresh one-time code each time.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``RequestOptions``.
        """
        return self._api.companies_company_id_connections_connection_id_get(
            company_id, connection_id, **_generated(options)
        )

    def list(
        self,
        company_id: str,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> CodatPublicApiModelsCompanyDataConnectionPagedResponseModel:
        """Fetch one page of a company's connections; ``iterate`` walks through all pages.

        Args:
            company_id: The company.
            page: Which page, counted from 1.
            page_size: Connections per page, 1 to 5000.
            query: A condition in Codat's query language, such as ``status=Linked``.
            order_by: A field to sort by, such as ``created``, or ``-created`` for the newest first.
            options: See ``RequestOptions``.
        """
        return self._api.companies_company_id_connections_get(
            company_id, **_list_arguments(page, page_size, query, order_by), **_generated(options)
        )

    def unlink(
        self, company_id: str, connection_id: str, **options: Unpack[KeyedRequestOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Give up access and keep the data. The customer can link the connection again through its ``link_url``.

        Args:
            company_id: The company.
            connection_id: The connection, which has to be ``Linked``.
            options: See ``KeyedRequestOptions``.
        """
        return self._api.companies_company_id_connections_connection_id_patch(
            company_id,
            connection_id,
            codat_public_api_models_company_patch_data_connection_model=_UNLINK_BODY,
            **_generated(options),
        )

    def update_authorization(
        self, company_id: str, connection_id: str, authorization: Mapping[str, str], **options: Unpack[RequestOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Hand over the platform's own credentials, to move existing authorizations to Codat.

        Args:
            company_id: The company.
            connection_id: The connection.
            authorization: Credentials under the keys that the platform wants; nothing logs them.
            options: See ``RequestOptions``.
        """
        return self._api.companies_company_id_connections_connection_id_authorization_put(
            company_id, connection_id, request_body=_authorization_body(authorization), **_generated(options)
        )

    def iterate(
        self,
        company_id: str,
        *,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> Iterator[CodatPublicApiModelsCompanyDataConnection]:
        """Walk through all connections of a company, each once, fetching a page when it is needed.

        Pages are numbered, so a row that is deleted meanwhile moves all later ones forward, and one of them out of the
        page that comes next. The walk notices that something changed, by the total or by a row that is younger than the
        walk, and then goes through the pages again for what it has not seen yet, until nothing changed on the way. So
        a row that was there all the time comes exactly once; one that came or went meanwhile may come or not. While
        nothing changes, there is one request per page and none beyond the last.

        It ends whatever the service claims: at a page without a link to the next, at an empty one, at one that brings
        nothing new, at the total, and after ten walks. Links of the service are not followed.

        Args:
            company_id: The company.
            page_size: Connections per request, 1 to 5000.
            query: See ``list``.
            order_by: See ``list``.
            options: See ``RequestOptions``; ``deadline`` is for each request.
        """
        arguments = _list_arguments(1, page_size, query, order_by)
        del arguments["page"]
        generated = _generated(options)

        def fetch(page: int) -> CodatPublicApiModelsCompanyDataConnectionPagedResponseModel:
            return self._api.companies_company_id_connections_get(company_id, page, **arguments, **generated)

        return walk(fetch, page_size)

    def wait_for_status(
        self,
        company_id: str,
        connection_id: str,
        status: str | Iterable[str],
        *,
        timeout: float = 600.0,
        poll_interval: float = 2.0,
        **options: Unpack[WaitOptions],
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Poll until a connection has one of these states, and return it as it is then.

        The intervals start at about ``poll_interval`` seconds and grow to half a minute, with jitter; ``Retry-After``
        and a used-up quota make them longer. Failures that pass (no answer, 429, 5xx) do not end the waiting.

        A connection that is ``Unlinked`` or ``Deauthorized`` at the beginning is waited for, since the customer may
        just have been sent to its ``link_url`` again. One that becomes so meanwhile is not: somebody has given it up,
        and only the customer can bring it back, which may take days. Nor does any become ``PendingAuth`` again.

        Args:
            company_id: The company.
            connection_id: The connection.
            status: The state to wait for, or several; see ``DataConnectionStatus``.
            timeout: Seconds to wait in all; never exceeded.
            poll_interval: Seconds before the second look.
            options: See ``WaitOptions``.

        Raises:
            ApiTimeoutException: It took too long; ``last_status`` is what the connection was.
            ConnectionStateException: The state cannot be reached by waiting any more.
            NotFoundException: The connection is gone.
        """
        wanted = frozenset([status] if isinstance(status, str) else status)
        for each in wanted:
            check(each, (str,), "status")
            known = {known.value.lower(): known.value for known in DataConnectionStatus}.get(each.lower(), each)
            if each != known or not each:
                raise ApiValueError(f"status must be spelled {known or 'out'!r}, got {each!r}", ["status"])
        if not wanted:
            raise ApiValueError("status must name at least one state", ["status"])
        limit, interval = check_seconds("timeout", timeout), check_seconds("poll_interval", poll_interval)
        if limit is None or interval is None:
            raise ApiTypeError("timeout and poll_interval must be numbers of seconds, got None")
        generated = dict(_generated(options))
        longest: Any = generated.pop("_deadline", self._api.api_client.configuration.deadline)

        def look(seconds: float) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
            options: Any = generated | {"_deadline": seconds if longest is None else min(seconds, longest)}
            return self._api.companies_company_id_connections_connection_id_get_with_http_info(
                company_id, connection_id, **options
            )

        return poll(look, wanted, limit, interval)
