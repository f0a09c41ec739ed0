"""Each model's fields, written down a second time: name, JSON name, type, whether required and whether nullable."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from cases import case

from codat_python_sdk import ApiTypeError, DataConnectionStatus, SourceType, model, models
from codat_python_sdk.decoders import decoder_of
from codat_python_sdk.model_utils import Model
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyAddDataConnectionModel,
    CodatPublicApiModelsCompanyDataConnection,
    CodatPublicApiModelsCompanyDataConnectionError,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel,
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel,
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
    CodatPublicApiModelsErrorMessage,
)
from codat_python_sdk.values import ANYTHING, none_type, to_json

Href = CodatPublicApiModelsCompanyDataConnectionPagedResponseHrefModel
Links = CodatPublicApiModelsCompanyDataConnectionPagedResponseLinksModel
Connection = CodatPublicApiModelsCompanyDataConnection
SyncError = CodatPublicApiModelsCompanyDataConnectionError
WHEN = "2026-02-03T04:05:06Z"

REQUIRED, OPTIONAL, NULLABLE = "required", "optional", "optional and nullable"
#: attribute, JSON name, type, presence, a value in JSON
FIELDS: dict[type[Model], list[tuple[str, str, Any, str, Any]]] = {
    Connection: [
        ("id", "id", str, REQUIRED, "i"),
        ("integration_id", "integrationId", str, REQUIRED, "n"),
        ("source_id", "sourceId", str, REQUIRED, "s"),
        ("platform_name", "platformName", str, REQUIRED, "p"),
        ("link_url", "linkUrl", str, REQUIRED, "l"),
        ("status", "status", str, NULLABLE, "Linked"),
        ("last_sync", "lastSync", datetime, NULLABLE, WHEN),
        ("created", "created", datetime, NULLABLE, WHEN),
        ("source_type", "sourceType", str, NULLABLE, "Banking"),
        ("integration_key", "integrationKey", str, NULLABLE, "gbol"),
        ("data_connection_errors", "dataConnectionErrors", [SyncError], NULLABLE, [{"statusCode": "403"}]),
        ("connection_info", "connectionInfo", {str: ANYTHING}, NULLABLE, {"a": [1, None]}),
    ],
    SyncError: [
        ("status_code", "statusCode", str, OPTIONAL, "403"),
        ("status_text", "statusText", str, OPTIONAL, "Forbidden"),
        ("error_message", "errorMessage", str, OPTIONAL, "m"),
        ("errored_on_utc", "erroredOnUtc", datetime, OPTIONAL, WHEN),
        ("status", "status", str, NULLABLE, "Active"),
        ("resolved_on_utc", "resolvedOnUtc", datetime, NULLABLE, WHEN),
    ],
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel: [
        ("results", "results", [Connection], NULLABLE, []),
        ("page_number", "pageNumber", int, OPTIONAL, 1),
        ("page_size", "pageSize", int, OPTIONAL, 100),
        ("total_results", "totalResults", int, OPTIONAL, 0),
        ("links", "_links", Links, OPTIONAL, {"self": {"href": "x"}}),
    ],
    Links: [(name, name, Href, OPTIONAL, {"href": "x"}) for name in ("self", "current", "next", "previous")],
    Href: [("href", "href", str, NULLABLE, "/x")],
    CodatPublicApiModelsCompanyPatchDataConnectionModel: [("status", "status", str, NULLABLE, "Unlinked")],
    CodatPublicApiModelsCompanyAddDataConnectionModel: [("platform_key", "platformKey", str, OPTIONAL, "gbol")],
    CodatPublicApiModelsErrorMessage: [
        ("status_code", "statusCode", int, OPTIONAL, 404),
        ("service", "service", str, OPTIONAL, "PublicApi"),
        ("error", "error", str, OPTIONAL, "e"),
        ("correlation_id", "correlationId", str, OPTIONAL, "c"),
        ("validation", "validation", {str: ANYTHING}, NULLABLE, {"errors": []}),
        ("can_be_retried", "canBeRetried", str, OPTIONAL, "Unknown"),
        ("detailed_error_code", "detailedErrorCode", int, OPTIONAL, 0),
    ],
    models.CodatPublicApiModelsCompanyCompany: [
        ("id", "id", str, REQUIRED, "c"),
        ("name", "name", str, REQUIRED, "Corner Bakery"),
        ("redirect", "redirect", str, REQUIRED, "https://link.example/c"),
        ("platform", "platform", str, NULLABLE, ""),
        ("data_connections", "dataConnections", [models.CodatPublicApiModelsCompanyDataConnection], NULLABLE, []),
        ("last_sync", "lastSync", datetime, NULLABLE, WHEN),
        ("created", "created", datetime, NULLABLE, WHEN),
        ("created_by_user_name", "createdByUserName", str, NULLABLE, "Ada"),
        ("description", "description", str, NULLABLE, "d"),
        ("products", "products", [str], NULLABLE, ["p"]),
        ("tags", "tags", {str: (str,)}, NULLABLE, {"uid": "c-17"}),
        (
            "reference_parent_company",
            "referenceParentCompany",
            models.CodatPublicApiModelsCompanyCompanyReference,
            NULLABLE,
            {"id": "p"},
        ),
        (
            "reference_subsidiary_companies",
            "referenceSubsidiaryCompanies",
            [models.CodatPublicApiModelsCompanyCompanyReference],
            NULLABLE,
            [{"id": "s"}],
        ),
        ("owner_user_ids", "ownerUserIds", [str], NULLABLE, ["u"]),
    ],
    models.CodatPublicApiModelsCompanyCompanyPagedResponseModel: [
        ("results", "results", [models.CodatPublicApiModelsCompanyCompany], NULLABLE, []),
        ("page_number", "pageNumber", int, OPTIONAL, 1),
        ("page_size", "pageSize", int, OPTIONAL, 100),
        ("total_results", "totalResults", int, OPTIONAL, 0),
        (
            "links",
            "_links",
            models.CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel,
            OPTIONAL,
            {"self": {"href": "x"}},
        ),
    ],
    models.CodatPublicApiModelsCompanyCompanyPagedResponseLinksModel: [
        ("self", "self", models.CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel, OPTIONAL, {"href": "x"}),
        (
            "current",
            "current",
            models.CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel,
            OPTIONAL,
            {"href": "x"},
        ),
        ("next", "next", models.CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel, OPTIONAL, {"href": "x"}),
        (
            "previous",
            "previous",
            models.CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel,
            OPTIONAL,
            {"href": "x"},
        ),
    ],
    models.CodatPublicApiModelsCompanyCompanyPagedResponseHrefModel: [
        ("href", "href", str, NULLABLE, "/x"),
    ],
    models.CodatPublicApiModelsCompanyAddCompanyModel: [
        ("name", "name", str, REQUIRED, "Corner Bakery"),
        ("platform_type", "platformType", str, NULLABLE, "gbol"),
        ("created_by_user_id", "createdByUserId", str, NULLABLE, "u"),
        ("description", "description", str, NULLABLE, "d"),
        ("tags", "tags", {str: (str,)}, NULLABLE, {"uid": "c-17"}),
    ],
    models.CodatPublicApiModelsCompanyPatchCompanyModel: [
        ("name", "name", str, NULLABLE, "Corner Bakery"),
        ("description", "description", str, NULLABLE, "d"),
        ("tags", "tags", {str: (str,)}, NULLABLE, {"uid": "c-17"}),
    ],
    models.CodatClientsApiClientContractCompany: [
        ("id", "id", str, OPTIONAL, "c"),
        ("client_id", "clientId", str, OPTIONAL, "c"),
        ("client_name", "clientName", str, NULLABLE, "c"),
        ("name", "name", str, NULLABLE, "Corner Bakery"),
        ("last_sync", "lastSync", datetime, NULLABLE, WHEN),
        ("data_connections", "dataConnections", [{str: ANYTHING}], NULLABLE, [{}]),
        ("shard_id", "shardId", int, NULLABLE, 1),
        ("created_on_utc", "createdOnUtc", datetime, NULLABLE, WHEN),
        ("delete_requested", "deleteRequested", bool, OPTIONAL, False),
        ("deleted", "deleted", bool, OPTIONAL, False),
        ("created_by_user_id", "createdByUserId", str, NULLABLE, "u"),
        ("created_by_user_name", "createdByUserName", str, NULLABLE, "u"),
        ("description", "description", str, NULLABLE, "d"),
        ("tags", "tags", {str: (str,)}, NULLABLE, {"uid": "c-17"}),
    ],
    models.CodatPublicApiModelsCompanyCompanyReference: [
        ("id", "id", str, NULLABLE, "c"),
        ("name", "name", str, NULLABLE, "Corner Bakery"),
        ("description", "description", str, NULLABLE, "d"),
        (
            "links",
            "links",
            models.CodatPublicApiModelsCompanyCompanyReferenceLinks,
            NULLABLE,
            {"portal": "https://app.example/c"},
        ),
        ("tags", "tags", {str: (str,)}, NULLABLE, {"uid": "c-17"}),
    ],
    models.CodatPublicApiModelsCompanyCompanyReferenceLinks: [
        ("portal", "portal", str, NULLABLE, "https://app.example/c"),
    ],
    models.CodatPublicApiModelsCompanyCompanyAccessToken: [
        ("access_token", "accessToken", str, REQUIRED, "t"),
        ("expires_in", "expiresIn", int, REQUIRED, 86400),
        ("token_type", "tokenType", str, REQUIRED, "Bearer"),
    ],
    models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModel: [
        ("key", "key", str, REQUIRED, "gbol"),
        ("name", "name", str, REQUIRED, "Xero"),
        ("logo_url", "logoUrl", str, NULLABLE, "https://static.example/gbol"),
        ("enabled", "enabled", bool, NULLABLE, True),
        ("source_id", "sourceId", str, NULLABLE, "s"),
        ("integration_id", "integrationId", str, NULLABLE, "i"),
        ("source_type", "sourceType", str, NULLABLE, "Accounting"),
        ("is_offline_connector", "isOfflineConnector", bool, NULLABLE, False),
        ("is_beta", "isBeta", bool, NULLABLE, False),
        ("supported_environments", "supportedEnvironments", str, NULLABLE, "LiveAndSandbox"),
        (
            "datatype_features",
            "datatypeFeatures",
            [models.CodatClientsApiClientContractDatatypeFeatures],
            NULLABLE,
            [{"datatype": "accounts"}],
        ),
        ("data_provided_by", "dataProvidedBy", str, NULLABLE, "d"),
        ("linked_connections_count", "linkedConnectionsCount", int, NULLABLE, 1),
        ("total_connections_count", "totalConnectionsCount", int, NULLABLE, 2),
    ],
    models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseModel: [
        ("results", "results", [models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModel], NULLABLE, []),
        ("page_number", "pageNumber", int, OPTIONAL, 1),
        ("page_size", "pageSize", int, OPTIONAL, 100),
        ("total_results", "totalResults", int, OPTIONAL, 0),
        (
            "links",
            "_links",
            models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseLinksModel,
            OPTIONAL,
            {"self": {"href": "x"}},
        ),
    ],
    models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseLinksModel: [
        (
            "self",
            "self",
            models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel,
            OPTIONAL,
            {"href": "x"},
        ),
        (
            "current",
            "current",
            models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel,
            OPTIONAL,
            {"href": "x"},
        ),
        (
            "next",
            "next",
            models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel,
            OPTIONAL,
            {"href": "x"},
        ),
        (
            "previous",
            "previous",
            models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel,
            OPTIONAL,
            {"href": "x"},
        ),
    ],
    models.CodatPublicApiModelsPlatformCredentialsPlatformSourceModelPagedResponseHrefModel: [
        ("href", "href", str, NULLABLE, "/x"),
    ],
    models.CodatClientsApiClientContractDatatypeFeatures: [
        ("datatype", "datatype", str, NULLABLE, "accounts"),
        (
            "supported_features",
            "supportedFeatures",
            [models.CodatClientsApiClientContractSupportedFeatureState],
            NULLABLE,
            [{"featureType": "Get"}],
        ),
    ],
    models.CodatClientsApiClientContractSupportedFeatureState: [
        ("feature_type", "featureType", str, NULLABLE, "Get"),
        ("feature_state", "featureState", str, NULLABLE, "Release"),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModel: [
        ("logo", "logo", models.CodatPublicApiModelsClientsIntegrationBrandingModelLogoModel, NULLABLE, {"full": {}}),
        (
            "button",
            "button",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelButtonModel,
            NULLABLE,
            {"hover": {}},
        ),
        ("source_id", "sourceId", str, NULLABLE, "s"),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModelLogoModel: [
        ("full", "full", models.CodatPublicApiModelsClientsIntegrationBrandingModelFullModel, NULLABLE, {"image": {}}),
        (
            "square",
            "square",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelSquareModel,
            NULLABLE,
            {"image": {}},
        ),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModelButtonModel: [
        (
            "default",
            "default",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelDefaultModel,
            NULLABLE,
            {"image": {}},
        ),
        (
            "hover",
            "hover",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelHoverModel,
            NULLABLE,
            {"image": {}},
        ),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModelFullModel: [
        (
            "image",
            "image",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
            NULLABLE,
            {"src": "x"},
        ),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModelSquareModel: [
        (
            "image",
            "image",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
            NULLABLE,
            {"src": "x"},
        ),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModelDefaultModel: [
        (
            "image",
            "image",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
            NULLABLE,
            {"src": "x"},
        ),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModelHoverModel: [
        (
            "image",
            "image",
            models.CodatPublicApiModelsClientsIntegrationBrandingModelImageModel,
            NULLABLE,
            {"src": "x"},
        ),
    ],
    models.CodatPublicApiModelsClientsIntegrationBrandingModelImageModel: [
        ("src", "src", str, NULLABLE, "https://static.example/logo.svg"),
        ("alt", "alt", str, NULLABLE, "Xero"),
    ],
    models.CodatPublicApiModelsWebhooksWebhookConsumer: [
        ("id", "id", str, NULLABLE, "w"),
        ("url", "url", str, NULLABLE, "https://example.com/codat"),
        ("disabled", "disabled", bool, NULLABLE, False),
        ("event_types", "eventTypes", [str], NULLABLE, ["connection.connected"]),
        ("company_tags", "companyTags", [str], NULLABLE, ["team:lending"]),
    ],
    models.CodatPublicApiModelsWebhooksWebhookConsumersModel: [
        ("results", "results", [models.CodatPublicApiModelsWebhooksWebhookConsumer], NULLABLE, []),
    ],
    models.CodatPublicApiModelsWebhooksAddWebhookConsumerModel: [
        ("url", "url", str, NULLABLE, "https://example.com/codat"),
        ("disabled", "disabled", bool, NULLABLE, False),
        ("event_types", "eventTypes", [str], NULLABLE, ["connection.connected"]),
        ("company_tags", "companyTags", [str], NULLABLE, ["team:lending"]),
    ],
}
ENUMS = [DataConnectionStatus, SourceType, models.PlatformKey, models.WebhookEventType]
WRONG: dict[Any, Any] = {str: 5, int: "5", datetime: 5}


def least(cls: type[Model]) -> dict[str, Any]:
    """The smallest JSON object that is one."""
    return {json_name: value for _, json_name, _, presence, value in FIELDS[cls] if presence == REQUIRED}


def test_model__has_just_these_fields() -> None:
    """Names and JSON names are those of the table, in its order."""
    for cls, fields in FIELDS.items():
        with case(cls):
            assert list(cls.attribute_map.items()) == [(name, json_name) for name, json_name, *_ in fields]


def each_field() -> Iterator[tuple[type[Model], str, str, Any, Any, Any]]:
    for cls, fields in FIELDS.items():
        for field in fields:
            yield cls, *field


def test_field__type_and_value() -> None:
    """A field has its type, takes a value from JSON, and writes the same value."""
    for cls, name, json_name, kind, presence, value in each_field():
        with case(cls, name):
            assert cls.openapi_types[name] == ((kind, none_type) if presence == NULLABLE else (kind,))
            made = decoder_of((cls,))(least(cls) | {json_name: value})
            assert name in made and made[name] == getattr(made, name)
            if kind in (str, int):
                assert made[name] == value
            elif kind is datetime:
                assert isinstance(made[name], datetime)
            assert decoder_of((cls,))(to_json(made)) == made


def fails(cls: type[Model], name: str, data: dict[str, Any]) -> bool:
    """Whether such an object cannot be decoded, because of that field; else the field has no value."""
    try:
        assert not decoder_of((cls,))(data)[name]
    except ApiTypeError as error:
        assert error.path_to_item == [name]
        return True
    return False


def test_field__absent_null_or_wrong() -> None:
    """Absent or null is an error for the required alone, another type for all."""
    for cls, name, json_name, kind, presence, _ in each_field():
        with case(cls, name):
            without = {key: item for key, item in least(cls).items() if key != json_name}
            wrong = without | {json_name: WRONG.get(kind if not isinstance(kind, (list, dict)) else None, 5)}
            assert fails(cls, name, without) == (presence == REQUIRED)
            assert fails(cls, name, without | {json_name: None}) == (presence == REQUIRED)
            with pytest.raises(ApiTypeError) as error:
                decoder_of((cls,))(wrong)
            assert error.value.path_to_item and error.value.path_to_item[0] == name


def test_modules__one_per_class() -> None:
    """Each class lives in a module of its own name in snake case, and models has them all."""
    found: set[type] = set()
    for info in pkgutil.iter_modules(model.__path__):
        module = importlib.import_module(f"codat_python_sdk.model.{info.name}")
        (cls,) = [v for n, v in vars(module).items() if re.sub(r"(?<!^)(?=[A-Z])", "_", n).lower() == info.name]
        assert getattr(models, cls.__name__) is cls and cls.__module__ == module.__name__
        found.add(cls)
    assert found == {*FIELDS, *ENUMS}
    assert sorted(models.__all__) == models.__all__ == sorted(cls.__name__ for cls in found)


def test_class__is_documented() -> None:
    """Every class says what it is."""
    assert [cls for cls in (*FIELDS, *ENUMS) if not cls.__doc__ or cls.__doc__ == Model.__doc__] == []


#: Codat's documentation, August 2026: accounting, banking, commerce, bank feeds, for tests.
PLATFORM_KEYS = """
trji rqwd qudb pbbf fbrh vxvy pdvj akxx pqsw qhyg jcrp hbql tgff knfz pbtz rvam gbol rwuv
suuo upvr
qkdj vqzp fqly lqai fztf zsth exgd ltpp ugxp
olpr hcws
mqjo ndsk aiwb xcwv yzth
"""
#: Codat's documentation, Webhook event types, and its OpenAPI description.
EVENT_TYPES = """
company.created company.deleted company.product.added company.product.removed
connection.created connection.connected connection.failed connection.disconnected connection.reconnected
connection.deleted
read.completed read.completed.initial
client.rateLimit.reached client.rateLimit.reset
bankFeeds.sourceAccount.connected bankFeeds.sourceAccount.disconnected
"""


@pytest.mark.parametrize(
    ("enum", "values"),
    [
        (DataConnectionStatus, ["PendingAuth", "Linked", "Unlinked", "Deauthorized"]),
        (SourceType, ["Accounting", "Banking", "BankFeed", "Commerce", "Expense", "Other", "Unknown"]),
        (models.PlatformKey, PLATFORM_KEYS.split()),
        (models.WebhookEventType, EVENT_TYPES.split()),
    ],
)
def test_enum__members_are_texts(enum: Any, values: list[str]) -> None:
    """The known values have names, are equal to the plain texts, and print as them."""
    assert [member.value for member in enum] == values
    for member in enum:
        assert member == member.value and f"{member}" == str(member) == f"{member:s}" == member.value
        assert hash(member) == hash(member.value)
