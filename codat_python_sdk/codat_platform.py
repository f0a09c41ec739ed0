"""The high-level client: credentials and base URL, from arguments or from the environment; a line per resource."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

from codat_python_sdk.api_client import ApiClient
from codat_python_sdk.checks import check_header, check_host
from codat_python_sdk.configuration import API_KEY_AUTH, Configuration
from codat_python_sdk.exceptions import ApiValueError
from codat_python_sdk.operation import UNSET, Unset
from codat_python_sdk.secret import as_secret
from codat_python_sdk.settings import are_headers, is_text

if TYPE_CHECKING:
    from types import TracebackType

    import urllib3
    from typing_extensions import Self

    from codat_python_sdk.resources.companies import Companies
    from codat_python_sdk.resources.connections import Connections
    from codat_python_sdk.resources.integrations import Integrations
    from codat_python_sdk.resources.webhooks import Webhooks
    from codat_python_sdk.retries import RetryPolicy

CODAT_URL = "https://api.codat.io"

_CREDENTIALS_ADVICE = (
    "no credentials: set the environment variable CODAT_API_KEY to the API key (or CODAT_AUTH_HEADER to the ready-made"
    " header value), or pass api_key=, auth_header= or access_token="
)

R = TypeVar("R")


class _ResourceAttribute(Generic[R]):
    """A resource, which is imported when it is first used; on the class itself, the class of the resource.

    So ``help()`` and ``create_autospec`` see its methods, and a stub refuses names that it does not have.
    """

    def __init__(self, path: str) -> None:
        self._module, _, self._class = path.partition(".")

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> type[R]: ...
    @overload
    def __get__(self, instance: CodatPlatform, owner: type) -> R: ...
    def __get__(self, instance: CodatPlatform | None, owner: type) -> type[R] | R:
        cls: type[R] = getattr(import_module(f"codat_python_sdk.resources.{self._module}"), self._class)
        if instance is None:
            return cls
        resource: R = cast("Any", cls)(instance.api_client)
        instance.__dict__[self._name] = resource  # found there from now on
        return resource


class CodatPlatform:
    """A client of Codat's Platform API; make one and share it between threads.

    Args:
        api_key: The raw API key. Without any credentials, ``CODAT_API_KEY`` is read from the environment.
        auth_header: Instead, the ready-made header value, ``Basic …``; or ``CODAT_AUTH_HEADER``.
        access_token: Instead, a bearer token, or a callable that returns one.
        server_url: Base URL; ``CODAT_SERVER_URL``, else https://api.codat.io, when left out.
        timeout: Seconds to wait for the network, or ``(connect, read)``; 5 and 30 when left out.
        deadline: Seconds for a whole call; 60 when left out.
        retries: As ``Configuration.retries``.
        headers: Headers to send with every request.
        configuration: Settings to start from; the other arguments win. It is copied, and its host and credentials count
            instead of the environment's.
        application: Name and version of your application, such as ``acme-lending/3.1``, appended to the user agent.

    Raises:
        ApiTypeError, ApiValueError: An argument cannot be used, or there are several credentials at once.
    """

    connections: _ResourceAttribute[Connections] = _ResourceAttribute("connections.Connections")
    companies: _ResourceAttribute[Companies] = _ResourceAttribute("companies.Companies")
    integrations: _ResourceAttribute[Integrations] = _ResourceAttribute("integrations.Integrations")
    webhooks: _ResourceAttribute[Webhooks] = _ResourceAttribute("webhooks.Webhooks")

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
        application: str | None = None,
    ) -> None:
        # A traceback that shows local variables does not show these.
        api_key, auth_header, access_token = map(as_secret, (api_key, auth_header, access_token))
        headers = as_secret(headers)
        headers = are_headers("headers", headers)
        if configuration is None:
            settings = Configuration(_environment("CODAT_SERVER_URL") or CODAT_URL, response_validation="lenient")
            if api_key is None and auth_header is None and access_token is None:
                api_key, auth_header = map(_environment, ("CODAT_API_KEY", "CODAT_AUTH_HEADER"))
        else:
            settings = copy.deepcopy(configuration)
        if server_url is not None:
            settings.host = check_host(server_url, "server_url")
        _set_credentials(settings, api_key, auth_header, access_token)
        for setting, value in (("timeout", timeout), ("deadline", deadline), ("retries", retries)):
            if value is not UNSET:
                setattr(settings, setting, value)

        #: The client that sends the requests; for endpoints without a method here, see ``ApiClient.request``.
        self.api_client: ApiClient = ApiClient(settings)
        self.api_client.credentials_advice = _CREDENTIALS_ADVICE
        for header, text in headers.items():
            self.api_client.set_default_header(header, text)
        if application is not None:
            self.api_client.user_agent += " " + check_header("application", application)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        client = self.__dict__.get("api_client")  # a reporter may show an object whose constructor has failed
        return "<CodatPlatform>" if client is None else f"<CodatPlatform server_url={client.configuration.host!r}>"

    def close(self) -> None:
        """Close the idle connections; a later call opens new ones."""
        self.api_client.close()

    def with_options(
        self,
        *,
        timeout: float | tuple[float | None, float | None] | Unset | None = UNSET,
        deadline: float | Unset | None = UNSET,
        retries: RetryPolicy | urllib3.Retry | int | Unset | None = UNSET,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A client with other defaults that shares the connections of this one, for a part of an application.

        Args:
            timeout: As in the constructor; this client's when left out. The same holds for the others.
            deadline: Seconds for a whole call.
            retries: As ``Configuration.retries``.
            headers: Headers to send besides this client's.

        Raises:
            ApiTypeError, ApiValueError: An argument cannot be used.
        """
        other = object.__new__(type(self))
        given = {"timeout": timeout, "deadline": deadline, "retries": retries}
        other.api_client = self.api_client.with_settings(
            {name: value for name, value in given.items() if value is not UNSET}, are_headers("headers", headers)
        )
        return other


def _environment(name: str) -> str | None:
    """An environment variable without the blanks around it; None for one that is set to nothing."""
    return as_secret(os.environ.get(name, "").strip() or None)  # type: ignore[no-any-return]


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
        is_text("api_key", api_key)
        if api_key.startswith(("Basic ", "Bearer ")):
            raise ApiValueError("api_key must be the raw key; pass a ready-made header value as auth_header")
        settings.api_key[API_KEY_AUTH] = Configuration.basic_api_key(api_key)
    elif auth_header is not None:
        if not is_text("auth_header", auth_header).startswith(("Basic ", "Bearer ")):
            raise ApiValueError("auth_header must begin with a scheme ('Basic …'); pass a raw key as api_key")
        settings.api_key[API_KEY_AUTH] = auth_header
    else:
        if access_token == "":
            raise ApiValueError("access_token must not be empty")
        settings.access_token = access_token
