"""The friendly way in: credentials and server, from arguments or from the environment."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.api_client import ApiClient
from codat_python_sdk.configuration import API_KEY_AUTH, Configuration
from codat_python_sdk.connections import Connections
from codat_python_sdk.exceptions import ApiValueError
from codat_python_sdk.request import UNSET, Unset
from codat_python_sdk.secret import as_secret

if TYPE_CHECKING:
    from types import TracebackType

    import urllib3
    from typing_extensions import Self

    from codat_python_sdk.retries import RetryPolicy

CODAT_URL = "https://api.codat.io"


class CodatPlatform:
    """A client by its friendly name; make one and share it between threads.

    Args:
        api_key: The raw API key. Without any credentials, ``CODAT_API_KEY`` is read from the environment.
        auth_header: Instead, the ready-made header value, ``Basic …``; or ``CODAT_AUTH_HEADER``.
        access_token: Instead, a bearer token, or a callable that returns one.
        server_url: Where Codat is; ``CODAT_SERVER_URL``, else https://api.codat.io, when left out.
        timeout: Seconds to wait for the network, or ``(connect, read)``; 5 and 30 when left out.
        deadline: Seconds for a whole call; 60 when left out.
        retries: As ``Configuration.retries``.
        headers: Headers to send with every request.
        configuration: Settings to start from; the other arguments win. It is copied, and its host and credentials count
            instead of the environment's.

    Raises:
        ApiTypeError, ApiValueError: An argument cannot be used, or there are several credentials at once.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        auth_header: str | None = None,
        access_token: str | Callable[[], str] | None = None,
        server_url: str | None = None,
        timeout: float | tuple[float | None, float | None] | Unset | None = UNSET,
        deadline: float | Unset | None = UNSET,
        retries: RetryPolicy | urllib3.Retry | int | Unset | None = UNSET,
        headers: Mapping[str, str] | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        # A traceback that shows local variables does not show these.
        api_key, auth_header, access_token = map(as_secret, (api_key, auth_header, access_token))
        if configuration is None:
            settings = Configuration(os.environ.get("CODAT_SERVER_URL") or CODAT_URL)
            if api_key is None and auth_header is None and access_token is None:
                api_key, auth_header = map(as_secret, map(os.environ.get, ("CODAT_API_KEY", "CODAT_AUTH_HEADER")))
        else:
            settings = copy.deepcopy(configuration)
        if server_url is not None:
            settings.host = server_url
        _set_credentials(settings, api_key, auth_header, access_token)
        for setting, value in (("timeout", timeout), ("deadline", deadline), ("retries", retries)):
            if value is not UNSET:
                setattr(settings, setting, value)

        #: The client below, for what has no friendly name.
        self.api_client: ApiClient = ApiClient(settings)
        for header, text in (headers or {}).items():
            self.api_client.set_default_header(header, text)
        if settings.refresh_api_key_hook is None and "authorization" not in map(str.lower, headers or {}):
            settings.refresh_api_key_hook = _require_credentials
        #: The operations.
        self.connections: Connections = Connections(ConnectionApi(self.api_client))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<CodatPlatform server_url={self.api_client.configuration.host!r}>"

    def close(self) -> None:
        """Close the idle connections; a later call makes new ones."""
        self.api_client.close()


def _set_credentials(
    settings: Configuration, api_key: str | None, auth_header: str | None, access_token: str | Callable[[], str] | None
) -> None:
    given = {"api_key": api_key, "auth_header": auth_header, "access_token": access_token}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise ApiValueError(
            f"{' and '.join(names)} are given at once (CODAT_API_KEY and CODAT_AUTH_HEADER count as well); give one"
        )
    if not names:
        return
    settings.api_key, settings.access_token = {}, None
    if api_key is not None:
        if api_key.startswith(("Basic ", "Bearer ")):
            raise ApiValueError("api_key must be the raw key; pass a ready-made header value as auth_header")
        settings.api_key[API_KEY_AUTH] = Configuration.basic_api_key(api_key)
    elif auth_header is not None:
        if not auth_header.startswith(("Basic ", "Bearer ")):
            raise ApiValueError("auth_header must begin with a scheme ('Basic …'); pass a raw key as api_key")
        settings.api_key[API_KEY_AUTH] = auth_header
    else:
        if access_token == "":
            raise ApiValueError("access_token must not be empty")
        settings.access_token = access_token


def _require_credentials(settings: Configuration) -> None:
    """A refresh hook, which runs before each request: what has no credentials could only be answered with 401."""
    if not settings.api_key and not settings.access_token:
        raise ApiValueError(
            "no credentials: set the environment variable CODAT_API_KEY to the API key (or CODAT_AUTH_HEADER to the"
            " ready-made header value), or pass api_key=, auth_header= or access_token="
        )
