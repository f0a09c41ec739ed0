"""Names of the 2021 SDK that this package does not have: importing one says what to use instead.

Source: the 2021 SDK's modules ``codat_python_sdk.apis`` and ``codat_python_sdk.models``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

_REQUEST = "send its requests with ApiClient.request or ApiClient.call_api, such as client.request({!r}, {!r})"

#: What to do instead, by the class in the 2021 SDK.
_APIS = {
    "DataApi": _REQUEST.format("POST", "/companies/{companyId}/data/all"),
    "DataStatusApi": _REQUEST.format("GET", "/companies/{companyId}/dataStatus"),
    "DataTypesApi": "send its requests with ApiClient.request or ApiClient.call_api",
    "ProfileApi": _REQUEST.format("GET", "/profile"),
    "PushApi": _REQUEST.format("GET", "/companies/{companyId}/push"),
    "RulesApi": "Codat switched its endpoints off in January 2025; register a webhook consumer, with WebhooksApi",
    "SettingsApi": _REQUEST.format("GET", "/settings"),
}
#: How the names of 2021's models begin, and those of their modules.
_MODELS = (
    "CodatPublicApiModels",
    "CodatClientsApiClientContract",
    "CodatRulesContracts",
    "codat_public_api_models_",
    "codat_clients_api_client_contract_",
    "codat_rules_contracts_",
)
#: The packages in which 2021 had a module for each class.
_PACKAGES = ("codat_python_sdk.api", "codat_python_sdk.model")


def advice(name: str) -> str | None:
    """What to use instead of a class or module of the 2021 SDK; None for a name that it did not have."""
    if name.startswith(_MODELS):
        return "results of ApiClient.request are dicts, and it takes dicts, so that no model is needed"
    return _APIS.get("".join(part.title() for part in name.split("_")) if name.islower() else name)


def raise_for(module: str, name: str) -> NoReturn:
    """Explain a name that a module does not have.

    Raises:
        ImportError: It is one of the 2021 SDK; the text says what to use instead.
        AttributeError: It is not.
    """
    instead = advice(name)
    if instead is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    raise ImportError(_text(name, instead), name=module)


def _text(name: str, instead: str) -> str:
    return (
        f"{name} of the 2021 SDK is not in codat_python_sdk 2, which has the endpoints of connections, companies, "
        f"integrations and webhooks; {instead}"
    )


class LegacyModuleFinder:
    """The last finder that Python asks for a module: it finds none, and explains those of the 2021 SDK."""

    def find_spec(self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None, /) -> None:
        """None, so that Python raises what it always raises.

        Raises:
            ModuleNotFoundError: It is a module of the 2021 SDK; the text says what to use instead.
        """
        package, _, name = fullname.rpartition(".")
        instead = advice(name) if package in _PACKAGES else None
        if instead is not None:
            raise ModuleNotFoundError(_text(name, instead), name=fullname)


sys.meta_path.append(LegacyModuleFinder())
