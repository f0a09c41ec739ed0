"""Companies, each of which represents one of your customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from codat_python_sdk.exceptions import ApiValueError, NotFoundException, UnprocessableEntityException
from codat_python_sdk.model.codat_public_api_models_company_company import CodatPublicApiModelsCompanyCompany
from codat_python_sdk.model.codat_public_api_models_company_company_access_token import (
    CodatPublicApiModelsCompanyCompanyAccessToken,
)
from codat_python_sdk.model.codat_public_api_models_company_company_paged_response_model import (
    CodatPublicApiModelsCompanyCompanyPagedResponseModel,
)
from codat_python_sdk.operation import UNSET, Unset
from codat_python_sdk.operations import companies as operations
from codat_python_sdk.options import HIGH_LEVEL
from codat_python_sdk.resources._resource import Resource, ResourceAttribute, iterate_list, list_arguments
from codat_python_sdk.settings import is_mapping
from codat_python_sdk.values import check, text_or_none
from codat_python_sdk.variants import WithHttpInfo

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import UUID, KeyedRequestOptions, RequestOptions, Unpack
else:
    from uuid import UUID

    from typing_extensions import Unpack

    from codat_python_sdk.call_options import KeyedRequestOptions, RequestOptions

CompaniesByTag = dict[str, list[CodatPublicApiModelsCompanyCompany]]
#: The tag that ``ensure`` finds a company by.
UID_TAG = "uid"

_MAX_TAG_VALUE = 100  # Codat's documentation, Companies
_ADVICE_AFTER_REJECTION = (
    "Perhaps Codat rejected an earlier creation for this uid, and keeps that for 90 minutes; until then, create the"
    " company with companies.create(name, tags={'uid': uid})"
)
_MAX_DELETIONS = 3  # within the 90 minutes for which Codat keeps a response; after more, workers no longer share a key
_QUERY_CHARACTERS = frozenset("=!~&|<>{}")  # the query language has no way to quote them


class Companies(Resource):
    """Your customers at Codat.

    Every method takes the ``RequestOptions`` by keyword. Every method raises ``ApiTypeError`` or ``ApiValueError`` for
    arguments that cannot be used, before anything is sent, and a subclass of ``ApiException`` when the call fails.
    """

    #: The operations, each returning an ``ApiResponse``: data, status, headers, attempts.
    with_http_info: ResourceAttribute[CompaniesWithHttpInfo] = ResourceAttribute("companies.CompaniesWithHttpInfo")

    def create(
        self,
        name: str,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        **options: Unpack[KeyedRequestOptions],
    ) -> CodatPublicApiModelsCompanyCompany:
        """Create a company. Two companies may have the same name; ``ensure`` creates one per customer.

        Sends an ``Idempotency-Key``, the same on every attempt, so that retries cannot create a second company.

        Args:
            name: Its name. The service removes characters that it does not allow: it keeps letters, digits, white space
                and ``- ' , & @ . ? !``.
            description: Your own text.
            tags: Your own keys and values: at most 10, keys of 1 to 27 characters, values of at most 100.
            options: See ``KeyedRequestOptions``.
        """
        arguments = {operations.CREATE_BODY: _whole_body(name, description, tags)}
        return self.api_client.send(operations.CREATE, arguments, options, HIGH_LEVEL)

    def get(self, company_id: str | UUID, **options: Unpack[RequestOptions]) -> CodatPublicApiModelsCompanyCompany:
        """Retrieve a company with its connections. ``redirect`` may contain a new one-time code on every call.

        Args:
            company_id: The company.
            options: See ``RequestOptions``.
        """
        return self.api_client.send(operations.GET, {"company_id": company_id}, options, HIGH_LEVEL)

    def list(
        self,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        tags: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> CodatPublicApiModelsCompanyCompanyPagedResponseModel:
        """Retrieve one page of companies; ``iterate`` follows the pagination.

        Args:
            page: Page number, from 1.
            page_size: Companies per page, 1 to 5000.
            query: A condition in Codat's query language. Codat's documentation is inconsistent about it for companies.
            order_by: A field to sort by, such as ``created``, or ``-created`` for the newest first.
            tags: A condition on tags, such as ``region=uk && team=lending``; the operators are ``=``, ``!=`` and ``~``.
            options: See ``RequestOptions``.
        """
        arguments = list_arguments(page, page_size, query, order_by, tags=tags)
        return self.api_client.send(operations.LIST, arguments, options, HIGH_LEVEL)

    def iterate(
        self,
        *,
        page_size: int = 100,
        query: str | None = None,
        order_by: str | None = None,
        tags: str | None = None,
        **options: Unpack[RequestOptions],
    ) -> Iterator[CodatPublicApiModelsCompanyCompany]:
        """Iterate over all companies, each once; a page is requested when it is needed.

        What happens when companies come and go meanwhile: see ``Connections.iterate``.

        Args:
            page_size: Companies per request, 1 to 5000.
            query: See ``list``.
            order_by: See ``list``.
            tags: See ``list``.
            options: See ``RequestOptions``; ``deadline`` is for each request.
        """
        arguments = list_arguments(1, page_size, query, order_by, tags=tags)
        return iterate_list(self.api_client, operations.LIST, arguments, options, lambda company: company.id)

    def update(
        self,
        company_id: str | UUID,
        *,
        name: str | Unset = UNSET,
        description: str | Unset = UNSET,
        tags: Mapping[str, str] | Unset = UNSET,
        **options: Unpack[KeyedRequestOptions],
    ) -> CodatPublicApiModelsCompanyCompany:
        """Update a company (PATCH). Only the arguments that you pass are sent; other fields keep their values.

        Args:
            company_id: The company.
            name: The new name.
            description: The new description.
            tags: The new tags, all of them; an empty dict removes them.
            options: See ``KeyedRequestOptions``.
        """
        given = {"name": name, "description": description, "tags": tags}
        body = {field: value for field, value in given.items() if value is not UNSET}
        if not body:
            raise ApiValueError("companies.update() needs at least one of name, description and tags")
        arguments = {"company_id": company_id, operations.UPDATE_BODY: _checked_body(body)}
        return self.api_client.send(operations.UPDATE, arguments, options, HIGH_LEVEL)

    def replace(
        self,
        company_id: str | UUID,
        name: str,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> CodatPublicApiModelsCompanyCompany:
        """Replace name, description and tags of a company (PUT). What is left out is cleared.

        Args:
            company_id: The company.
            name: See ``create``.
            description: See ``create``.
            tags: See ``create``.
            options: See ``RequestOptions``.
        """
        arguments = {"company_id": company_id, operations.REPLACE_BODY: _whole_body(name, description, tags)}
        return self.api_client.send(operations.REPLACE, arguments, options, HIGH_LEVEL)

    def delete(self, company_id: str | UUID, **options: Unpack[RequestOptions]) -> bool:
        """Delete a company with its connections and all data fetched for it, permanently.

        Args:
            company_id: The company.
            options: See ``RequestOptions``.

        Returns:
            True, also if an earlier attempt of this call had deleted it already.
        """
        return self.api_client.send(operations.DELETE, {"company_id": company_id}, options, HIGH_LEVEL)

    def get_access_token(
        self, company_id: str | UUID, **options: Unpack[RequestOptions]
    ) -> CodatPublicApiModelsCompanyCompanyAccessToken:
        """Retrieve a token for Codat's embedded components in the customer's browser, valid for this company only.

        Args:
            company_id: The company.
            options: See ``RequestOptions``.
        """
        return self.api_client.send(operations.GET_ACCESS_TOKEN, {"company_id": company_id}, options, HIGH_LEVEL)

    def ensure(
        self,
        uid: str,
        *,
        name: str,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> CodatPublicApiModelsCompanyCompany:
        """Return the company that has the tag ``uid`` with this value; create it if there is none.

        The idempotency key of the creation is derived from ``uid``, so that two workers that call this at once create
        one company. One that exists is returned as it is. If several have the tag, the oldest is returned;
        ``duplicates`` finds them.

        Args:
            uid: Your id for the customer, 1 to 100 characters, without any of ``= ! ~ & | < > { }``.
            name: The name of the company to create.
            description: See ``create``.
            tags: Other tags of the company to create.
            options: See ``RequestOptions``; ``deadline`` is for each request.
        """
        _check_uid(uid)
        body = _whole_body(name, description, is_mapping("tags", tags) | {UID_TAG: uid})
        company = self._find(uid, options)
        if company is not None:
            return company
        key = _key_of(uid)
        for _ in range(_MAX_DELETIONS):
            try:
                company = self._create(body, options | {"idempotency_key": key})
            except UnprocessableEntityException as error:  # another worker created it with another name
                company = self._find(uid, options)
                if company is None:
                    error.hint = _ADVICE_AFTER_REJECTION
                    raise
                return company
            if not text_or_none(company.id):
                return company
            try:
                return self.get(company.id, **options)
            except NotFoundException:
                # Codat keeps the response with its key for 90 minutes: it is that of a company deleted since then. All
                # workers that get it come to the same next key.
                key = _key_of(f"{key} {company.id}")
        return self._create(body, options)

    def _find(self, uid: str, options: Mapping[str, Any]) -> CodatPublicApiModelsCompanyCompany | None:
        found = self.iterate(tags=f"{UID_TAG}={uid}", **options)
        # How exactly the service compares is not documented.
        matching = [company for company in found if _tag(company, UID_TAG) == uid]
        return min(matching, key=_age, default=None)

    def _create(self, body: Mapping[str, Any], options: Mapping[str, Any]) -> CodatPublicApiModelsCompanyCompany:
        return self.api_client.send(operations.CREATE, {operations.CREATE_BODY: body}, options, HIGH_LEVEL)

    def duplicates(
        self, *, tag: str = UID_TAG, page_size: int = 100, **options: Unpack[RequestOptions]
    ) -> CompaniesByTag:
        """Find companies that have the same value of a tag. It costs one request per page of companies.

        Args:
            tag: The tag whose values should be unique.
            page_size: Companies per request, 1 to 5000.
            options: See ``RequestOptions``; ``deadline`` is for each request.

        Returns:
            Each value that several companies have, with these companies, the oldest first.
        """
        check(tag, (str,), "tag")
        by_value: CompaniesByTag = {}
        for company in self.iterate(page_size=page_size, **options):
            value = _tag(company, tag)
            if value is not None:
                by_value.setdefault(value, []).append(company)
        return {value: sorted(companies, key=_age) for value, companies in by_value.items() if len(companies) > 1}


class CompaniesWithHttpInfo(Resource):
    """The operations of ``Companies``, each returning an ``ApiResponse``: data, status, headers, attempts."""

    create = WithHttpInfo(Companies.create)
    get = WithHttpInfo(Companies.get)
    list = WithHttpInfo(Companies.list)
    update = WithHttpInfo(Companies.update)
    replace = WithHttpInfo(Companies.replace)
    delete = WithHttpInfo(Companies.delete)
    get_access_token = WithHttpInfo(Companies.get_access_token)


def _whole_body(name: str, description: str | None, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """The body of a company as it should be, without what is None."""
    body: dict[str, Any] = {"name": name, "description": description, "tags": tags}
    return _checked_body({field: value for field, value in body.items() if field == "name" or value is not None})


def _checked_body(body: dict[str, Any]) -> dict[str, Any]:
    types: dict[str, Any] = {"name": (str,), "description": (str,), "tags": ({str: (str,)},)}
    for field, value in body.items():
        check(value, types[field], field)
    if body.get("name") == "":
        raise ApiValueError("name must not be empty", ["name"])
    return body


def _check_uid(uid: str) -> None:
    check(uid, (str,), "uid")
    if not uid.strip() or len(uid) > _MAX_TAG_VALUE:
        raise ApiValueError(f"uid must have 1 to {_MAX_TAG_VALUE} characters, got {len(uid)}", ["uid"])
    if uid != uid.strip() or not uid.isprintable() or _QUERY_CHARACTERS.intersection(uid):
        raise ApiValueError(
            "uid must not contain = ! ~ & | < > { } or control characters, nor begin or end with a blank: it is looked"
            " up with Codat's query language, which cannot quote them",
            ["uid"],
        )


def _key_of(uid: str) -> str:
    from uuid import UUID, uuid5

    return str(uuid5(UUID("6f1d2c55-3f0e-5a4e-9d58-4b8f0a6d7c11"), uid))  # a namespace of this method's own


def _tag(company: CodatPublicApiModelsCompanyCompany, name: str) -> str | None:
    """The value of a tag; read leniently, the tags may be anything."""
    tags: object = company.tags
    return text_or_none(cast("dict[str, object]", tags).get(name)) if isinstance(tags, dict) else None


def _age(company: CodatPublicApiModelsCompanyCompany) -> tuple[bool, datetime, str]:
    """A key to sort by, the oldest first; those without a date come last."""
    created: object = company.created
    date = created if isinstance(created, datetime) else None  # read leniently, it may be anything
    moment = date or datetime.max.replace(tzinfo=timezone.utc)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return date is None, moment, text_or_none(company.id) or ""
