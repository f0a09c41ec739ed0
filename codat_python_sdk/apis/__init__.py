"""All API classes, where the generated SDK of 2021 had them."""

from codat_python_sdk.api.companies_api import CompaniesApi
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.api.integrations_api import IntegrationsApi
from codat_python_sdk.api.webhooks_api import WebhooksApi

__all__ = ["CompaniesApi", "ConnectionApi", "IntegrationsApi", "WebhooksApi"]
