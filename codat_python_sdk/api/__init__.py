"""The endpoints, a module for each group. Those besides connections are loaded on first use."""

from typing import TYPE_CHECKING

from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.lazy_imports import load_class as _load_class
from codat_python_sdk.legacy_names import raise_for

if TYPE_CHECKING:
    from codat_python_sdk.api.companies_api import CompaniesApi
    from codat_python_sdk.api.integrations_api import IntegrationsApi
    from codat_python_sdk.api.webhooks_api import WebhooksApi

__all__ = ["CompaniesApi", "ConnectionApi", "IntegrationsApi", "WebhooksApi"]

_LATER = {"CompaniesApi": "companies_api", "IntegrationsApi": "integrations_api", "WebhooksApi": "webhooks_api"}


if not TYPE_CHECKING:  # a type checker would take every name for one that is here

    def __getattr__(name: str) -> object:
        if name not in _LATER:
            raise_for(__name__, name)
        return _load_class(globals(), _LATER[name], name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
