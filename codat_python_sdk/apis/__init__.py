"""All API classes, where the generated SDK of 2021 had them."""

from codat_python_sdk.api.connection_api import ConnectionApi

__all__ = ["ConnectionApi"]
