"""All API classes, where the generated SDK of 2021 had them."""

from typing import TYPE_CHECKING

from codat_python_sdk.api.companies_api import CompaniesApi
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.api.integrations_api import IntegrationsApi
from codat_python_sdk.api.webhooks_api import WebhooksApi
from codat_python_sdk.legacy_names import raise_for

__all__ = ["CompaniesApi", "ConnectionApi", "IntegrationsApi", "WebhooksApi"]

if not TYPE_CHECKING:  # a type checker would take every name for one that is here

    def __getattr__(name: str) -> None:
        raise_for(__name__, name)
