"""The endpoints."""

from codat_python_sdk.api.connection_api import ConnectionApi

__all__ = ["ConnectionApi"]
