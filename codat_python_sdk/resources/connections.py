"""A company's connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from codat_python_sdk.checks import are_seconds, check_seconds
from codat_python_sdk.exceptions import ApiValueError, ConnectionStateException, NotFoundException
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
)
from codat_python_sdk.model.data_connection_status import DataConnectionStatus
from codat_python_sdk.model.source_type import SourceType
from codat_python_sdk.operations import connections as operations
from codat_python_sdk.options import HIGH_LEVEL, checked_options
from codat_python_sdk.polling import poll
from codat_python_sdk.resources._resource import Resource, ResourceAttribute, iterate_list, list_arguments
from codat_python_sdk.response import ApiResponse
from codat_python_sdk.results import api_response
from codat_python_sdk.secret import as_secret
from codat_python_sdk.values import as_texts, check, text_or_none
from codat_python_sdk.variants import WithHttpInfo

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import UUID, KeyedRequestOptions, RequestOptions, Unpack, WaitOptions, models
else:
    from uuid import UUID

    from typing_extensions import Unpack

    from codat_python_sdk import models
    from codat_python_sdk.api_client import ApiClient
    from codat_python_sdk.call_options import KeyedRequestOptions, RequestOptions, WaitOptions

_UNLINKED = {"status": DataConnectionStatus.UNLINKED.value}
_RECONNECTABLE = frozenset({DataConnectionStatus.DEAUTHORIZED.value, DataConnectionStatus.UNLINKED.value})
_ADVICE_INSTEAD = {
    DataConnectionStatus.LINKED.value: "the customer has nothing to do",
    DataConnectionStatus.PENDING_AUTH.value: "it was never linked; send the customer to its link_url",
}


class CompanyConnection(NamedTuple):
    """A connection with the company that it belongs to."""

    company: models.CodatPublicApiModelsCompanyCompany
    connection: CodatPublicApiModelsCompanyDataConnection


class Connections(Resource):
    """A company's connections.

    Every method takes the ``RequestOptions`` by keyword. Every method raises ``ApiTypeError`` or ``ApiValueError`` for
    arguments that cannot be used, before anything is sent, and a subclass of ``ApiException`` when the call fails.
    """

    #: The six operations, each returning an ``ApiResponse``: data, status, headers, attempts.
    with_http_info: ResourceAttribute[ConnectionsWithHttpInfo] = ResourceAttribute(
        "connections.ConnectionsWithHttpInfo"
    )

    def create(
        self, company_id: str | UUID, platform_key: str, **options: Unpack[KeyedRequestOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Create a connection, which starts as ``PendingAuth``. Send the customer to its ``link_url``.

        Sends an ``Idempotency-Key``, the same on every attempt, so that retries cannot create a second connection.

        Args:
            company_id: The company.
            platform_key: The platform, by its key of four letters, such as ``gbol`` for Xero.
            options: See ``KeyedRequestOptions``.
        """
        check(platform_key, (str,), "platform_key")
        if not platform_key:
            raise ApiValueError("platform_key must not be empty; 'gbol' is Xero's, for example", ["platform_key"])
        body = {"platformKey": platform_key}
        return self.api_client.send(operations.CREATE, {"company_id": company_id, "body": body}, options, HIGH_LEVEL)

    def delete(self, company_id: str | UUID, connection_id: str | UUID, **options: Unpack[RequestOptions]) -> bool:
        """Delete a connection and the data fetched through it, permanently.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``RequestOptions``.

        Returns:
            True, also if an earlier attempt of this call had deleted it already.
        """
        return self.api_client.send(operations.DELETE, _ids(company_id, connection_id), options, HIGH_LEVEL)

    def get(
        self, company_id: str | UUID, connection_id: str | UUID, **options: Unpack[RequestOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Retrieve a connection. ``link_url`` may contain a new one-time code on every call.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``RequestOptions``.
        """
        return self.api_client.send(operations.GET, _ids(company_id, connection_id), options, HIGH_LEVEL)

    def list(
        self,
        company_id: str | UUID,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> CodatPublicApiModelsCompanyDataConnectionPagedResponseModel:
        """Retrieve one page of a company's connections; ``iterate`` follows the pagination.

        Args:
            company_id: The company.
            page: Page number, from 1.
            page_size: Connections per page, 1 to 5000.
            query: A condition in Codat's query language, such as ``status=Linked``.
            order_by: A field to sort by, such as ``created``, or ``-created`` for the newest first.
            options: See ``RequestOptions``.
        """
        arguments = {"company_id": company_id, **list_arguments(page, page_size, query, order_by)}
        return self.api_client.send(operations.LIST, arguments, options, HIGH_LEVEL)

    def unlink(
        self, company_id: str | UUID, connection_id: str | UUID, **options: Unpack[KeyedRequestOptions]
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Revoke access and keep the data. The customer can link the connection again through its ``link_url``.

        Args:
            company_id: The company.
            connection_id: The connection, which has to be ``Linked``.
            options: See ``KeyedRequestOptions``.
        """
        arguments = _ids(company_id, connection_id) | {operations.UNLINK_BODY: _UNLINKED}
        return self.api_client.send(operations.UNLINK, arguments, options, HIGH_LEVEL)

    def update_authorization(
        self,
        company_id: str | UUID,
        connection_id: str | UUID,
        authorization: Mapping[str, str],
        **options: Unpack[RequestOptions],
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Send the platform's own credentials, to migrate existing authorizations to Codat.

        Args:
            company_id: The company.
            connection_id: The connection.
            authorization: Credentials under the keys that the platform requires; they are never logged.
            options: See ``RequestOptions``.
        """
        authorization = as_secret(authorization)  # no traceback that shows local variables shows these
        check(authorization, ({str: (str,)},), "authorization")
        arguments = _ids(company_id, connection_id) | {"request_body": authorization}
        return self.api_client.send(operations.UPDATE_AUTHORIZATION, arguments, options, HIGH_LEVEL)

    def iterate(
        self,
        company_id: str | UUID,
        *,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> Iterator[CodatPublicApiModelsCompanyDataConnection]:
        """Iterate over all connections of a company, each once; a page is requested when it is needed.

        Pages are numbered, so when a row is deleted during the iteration, a row of the next page moves to the one that
        has been read. The iteration detects a change (another total, a row created since it began, or one that comes
        again) and then makes another pass for the rows that it has not seen. A row that exists all the time is
        therefore yielded exactly once; one that is created or deleted meanwhile may be yielded or not. Without changes
        there is one request per page.

        A pass always ends: at a page without a link to the next, at an empty one, at one without new rows, and at the
        total where there are no links. There are at most ten. A link only says that there is a next page; the
        request for it goes to the same endpoint, and not to the link.

        Args:
            company_id: The company.
            page_size: Connections per request, 1 to 5000.
            query: See ``list``.
            order_by: See ``list``.
            options: See ``RequestOptions``; ``deadline`` is for each request.
        """
        arguments = {"company_id": company_id, **list_arguments(1, page_size, query, order_by)}
        return iterate_list(self.api_client, operations.LIST, arguments, options, lambda connection: connection.id)

    def iterate_all(
        self,
        *,
        status: str | Iterable[str] | None = None,
        source_type: str | Iterable[str] | None = None,
        page_size: int = 100,
        tags: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> Iterator[CompanyConnection]:
        """Iterate over the connections of all companies, each with its company; a page is requested when it is needed.

        It costs one request per page of companies, since these come with their connections, and one or more for each
        company that comes without them.

        Args:
            status: Only connections with this status, or one of these; see ``DataConnectionStatus``.
            source_type: Only connections of this type, or one of these; see ``SourceType``.
            page_size: Companies per request, 1 to 5000.
            tags: Only companies with these tags; see ``Companies.list``.
            options: See ``RequestOptions``; ``deadline`` is for each request.

        Yields:
            ``CompanyConnection``: the pair of company and connection.
        """
        statuses = None if status is None else _checked_names("status", status, DataConnectionStatus)
        types = None if source_type is None else _checked_names("source_type", source_type, SourceType)
        pairs = iterate_pairs(self.api_client, options, page_size=page_size, tags=tags, left_out=[])
        return (
            pair
            for pair in pairs
            if (statuses is None or text_or_none(pair.connection.status) in statuses)
            and (types is None or text_or_none(pair.connection.source_type) in types)
        )

    def reconnect_link(
        self, company_id: str | UUID, connection_id: str | UUID, **options: Unpack[RequestOptions]
    ) -> str:
        """Return the link to send a customer to whose connection is ``Deauthorized`` or ``Unlinked``.

        It may contain a new one-time code on every call: send the customer to it at once, and do not log or store it.

        Args:
            company_id: The company.
            connection_id: The connection.
            options: See ``RequestOptions``.

        Raises:
            ConnectionStateException: The connection has another status; the text says what to do instead. Or it has no
                link, as a response may that was read leniently.
            NotFoundException: The connection was deleted, and cannot be restored: create another one.
        """
        connection = self.get(company_id, connection_id, **options)
        status = text_or_none(connection.status)
        if status not in _RECONNECTABLE:
            advice = _ADVICE_INSTEAD.get(status or "", "only Deauthorized and Unlinked ones can be linked again")
            raise ConnectionStateException(f"connection {connection_id} is {status}: {advice}", status)
        link = text_or_none(connection.link_url)
        if not link:
            raise ConnectionStateException(f"connection {connection_id} is {status}, and has no link_url", status)
        return link

    def wait_for_status(
        self,
        company_id: str | UUID,
        connection_id: str | UUID,
        status: str | Iterable[str],
        *,
        timeout: float = 600.0,
        poll_interval: float = 2.0,
        **options: Unpack[WaitOptions],
    ) -> CodatPublicApiModelsCompanyDataConnection:
        """Poll until a connection has one of these statuses, and return it.

        The intervals start at about ``poll_interval`` seconds and grow to half a minute, with jitter; ``Retry-After``
        and an exhausted quota make them longer. Transient failures (no response, 429, 5xx) do not end the polling.

        A connection that is ``Unlinked`` or ``Deauthorized`` at the first poll is waited for, since the customer may
        just have been sent to its ``link_url`` again. One that becomes so later is not: only the customer can link it
        again, which may take days. No connection becomes ``PendingAuth`` again.

        Args:
            company_id: The company.
            connection_id: The connection.
            status: The status to wait for, or several; see ``DataConnectionStatus``.
            timeout: Seconds to wait in all; never exceeded.
            poll_interval: Seconds before the second poll.
            options: See ``WaitOptions``.

        Raises:
            WaitTimeoutException: The time is over; ``last_status`` is the last status seen.
            ConnectionStateException: The connection can no longer reach the requested status.
            NotFoundException: The connection no longer exists.
        """
        wanted = _checked_names("status", status, DataConnectionStatus)
        limit, interval = are_seconds("timeout", timeout), are_seconds("poll_interval", poll_interval)
        checked_options(options, HIGH_LEVEL, operations.GET)
        deadline = check_seconds("deadline", options.get("deadline", self.api_client.configuration.deadline))

        def fetch(seconds: float) -> ApiResponse[CodatPublicApiModelsCompanyDataConnection]:
            own: dict[str, Any] = {**options, "deadline": seconds if deadline is None else min(seconds, deadline)}
            response: Any = self.api_client.send(
                operations.GET, _ids(company_id, connection_id), own, HIGH_LEVEL, api_response
            )
            return cast("ApiResponse[CodatPublicApiModelsCompanyDataConnection]", response)

        return poll(fetch, wanted, limit, interval, company_id=str(company_id), connection_id=str(connection_id))


class ConnectionsWithHttpInfo(Resource):
    """The six operations of ``Connections``, each returning an ``ApiResponse``: data, status, headers, attempts."""

    create = WithHttpInfo(Connections.create)
    delete = WithHttpInfo(Connections.delete)
    get = WithHttpInfo(Connections.get)
    list = WithHttpInfo(Connections.list)
    unlink = WithHttpInfo(Connections.unlink)
    update_authorization = WithHttpInfo(Connections.update_authorization)


def iterate_pairs(
    api_client: ApiClient, options: RequestOptions, *, page_size: int, tags: str | None, left_out: list[object]
) -> Iterator[CompanyConnection]:
    """The connections of all companies; ``left_out`` takes what was read leniently and is no company or connection."""
    from codat_python_sdk.operations import companies

    arguments = list_arguments(1, page_size, tags=tags)
    rows = iterate_list(api_client, companies.LIST, arguments, options, lambda company: company.id, left_out)
    return (
        CompanyConnection(company, connection)
        for company in rows
        for connection in _of_company(api_client, company, options, left_out)
    )


def _of_company(
    api_client: ApiClient,
    company: models.CodatPublicApiModelsCompanyCompany,
    options: RequestOptions,
    left_out: list[object],
) -> Iterator[CodatPublicApiModelsCompanyDataConnection]:
    if isinstance(dict(company.json_items()).get("dataConnections"), list):
        connections: list[Any] = company.data_connections
        for connection in connections:
            if isinstance(connection, CodatPublicApiModelsCompanyDataConnection):
                yield connection
            else:
                left_out.append(connection)
    elif text_or_none(company.id):  # a company that comes without a list is not one without connections
        arguments = {"company_id": company.id, **list_arguments(1, 100)}
        try:
            yield from iterate_list(api_client, operations.LIST, arguments, options, lambda row: row.id, left_out)
        except NotFoundException:
            return  # it was deleted after it was listed
    else:
        left_out.append(company)


def _ids(company_id: str | UUID, connection_id: str | UUID) -> dict[str, Any]:
    return {"company_id": company_id, "connection_id": connection_id}


def _checked_names(
    argument: str, given: str | Iterable[str], known: type[DataConnectionStatus | SourceType]
) -> frozenset[str]:
    """The statuses or types to look for, spelled as the service spells them.

    Raises:
        ApiTypeError: One is not a str.
        ApiValueError: One is misspelt, or there is none.
    """
    wanted = frozenset(as_texts(argument, given))
    spelling = {member.value.lower(): member.value for member in known}
    for name in wanted:
        spelled = spelling.get(name.lower(), name)
        if name != spelled:
            raise ApiValueError(f"{argument} must be spelled {spelled!r}, got {name!r}", [argument])
    if not wanted or "" in wanted:
        raise ApiValueError(f"{argument} must name at least one {argument.replace('_', ' ')}", [argument])
    return wanted
