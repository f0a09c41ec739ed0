"""What the events carry. Source: Codat's OpenAPI description and its page "Webhook event types", August 2026."""

from datetime import datetime
from typing import Any

from codat_python_sdk.model.codat_public_api_models_company_company_reference import (
    CodatPublicApiModelsCompanyCompanyReference,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection,
)
from codat_python_sdk.model_utils import Model, field


class ConnectionPayload(Model):
    """The payload of ``connection.*``."""

    reference_company: CodatPublicApiModelsCompanyCompanyReference | None = field("referenceCompany", default=None)
    connection: CodatPublicApiModelsCompanyDataConnection | None = field("connection", default=None)


class CompanyProductPayload(Model):
    """The payload of ``company.product.added`` and ``company.product.removed``."""

    id: str | None = field("id", default=None)  #: the company's id
    name: str | None = field("name", default=None)  #: the company's name
    description: str | None = field("description", default=None)  #: the company's description
    product_id: str | None = field("productId", default=None)  #: the product that was enabled or disabled
    product_name: str | None = field("productName", default=None)  #: its name
    products: list[str] | None = field("products", default=None)  #: all products of the company


class ReadDataType(Model):
    """What became of one data type of one connection."""

    connection_id: str | None = field("connectionId", default=None)  #: the connection that was read
    data_type: str | None = field("dataType", default=None)  #: such as "invoices"
    records_modified: bool | None = field("recordsModified", default=None)  #: whether there is something new
    status: str | None = field("status", default=None)  #: such as "Complete" or "AuthError"
    issues: Any = field("issues", default=None)  #: what went wrong, as the service words it


class ReadPayload(Model):
    """The payload of ``read.completed`` and ``read.completed.initial``."""

    reference_company: CodatPublicApiModelsCompanyCompanyReference | None = field("referenceCompany", default=None)
    modified_from_date: datetime | None = field("modifiedFromDate", default=None)  #: since when data was asked for
    data_types: list[ReadDataType] | None = field("dataTypes", default=None)  #: one for each data type that was read


class RateLimitPayload(Model):
    """The payload of ``client.rateLimit.reached`` and ``client.rateLimit.reset``."""

    daily_quota: int | None = field("dailyQuota", default=None)  #: requests a day
    quota_remaining: int | None = field("quotaRemaining", default=None)  #: requests left today
    expiry_date: datetime | None = field("expiryDate", default=None)  #: when the quota is restored
