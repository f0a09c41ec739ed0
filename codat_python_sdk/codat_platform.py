"""The high-level client: credentials and base URL, from arguments or from the environment; a line per resource."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from codat_python_sdk.api_client import ApiClient
from codat_python_sdk.checks import check_header, check_host
from codat_python_sdk.configuration import API_KEY_AUTH, Configuration, check_configuration
from codat_python_sdk.exceptions import ApiValueError
from codat_python_sdk.operation import UNSET, Unset
from codat_python_sdk.resources._resource import InstanceAttribute, ResourceAttribute, explains_keywords
from codat_python_sdk.retries import RetryPolicy
from codat_python_sdk.secret import as_secret
from codat_python_sdk.settings import are_headers

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import urllib3
else:
    from types import TracebackType

    import urllib3
    from typing_extensions import Self

    from codat_python_sdk.resources.companies import Companies
    from codat_python_sdk.resources.connections import Connections
    from codat_python_sdk.resources.integrations import Integrations
    from codat_python_sdk.resources.webhooks import Webhooks

CODAT_URL = "https://api.codat.io"

_CREDENTIALS_ADVICE = (
    "no credentials: set the environment variable CODAT_API_KEY to the API key (or CODAT_AUTH_HEADER to the ready-made"
    " header value), or pass api_key=, auth_header= or access_token="
)
_CREDENTIALS_ADVICE_WITH_CONFIGURATION = (
    "no credentials: pass api_key=, auth_header= or access_token=, or set api_key or access_token of the configuration;"
    " with configuration= the environment is not read"
)

#: The argument or variable for a credential that was passed as the other one.
_OTHER = {
    "api_key": "auth_header",
    "auth_header": "api_key",
    "CODAT_API_KEY": "CODAT_AUTH_HEADER",
    "CODAT_AUTH_HEADER": "CODAT_API_KEY",
}


class CodatPlatform:
    """A client of Codat's Platform API. Create one and share it between threads.

    Args:
        api_key: The raw API key. Without any credentials, ``CODAT_API_KEY`` is read from the environment.
        auth_header: Instead, the ready-made header value, ``Basic …``; or ``CODAT_AUTH_HEADER``.
        access_token: Instead, a bearer token, or a callable that returns one.
        server_url: Base URL; ``CODAT_SERVER_URL``, else https://api.codat.io, when left out.
        timeout: Seconds to wait for the network, or ``(connect, read)``; 5 and 30 when left out.
        deadline: Seconds for a whole call; 60 when left out.
        retries: As ``Configuration.retries``.
        headers: Headers to send with every request.
        configuration: Settings to start from; the other arguments win. It is copied, and the environment is not read
            then.
        application: Name and version of your application, such as ``acme-lending/3.1``, appended to the user agent.

    Raises:
        ApiTypeError, ApiValueError: An argument cannot be used, or several credentials are set.
    """

    #: The client that sends the requests; for endpoints without a method here, see ``ApiClient.request``.
    api_client: ApiClient = cast("Any", InstanceAttribute(ApiClient))
    connections: ResourceAttribute[Connections] = ResourceAttribute("connections.Connections")
    companies: ResourceAttribute[Companies] = ResourceAttribute("companies.Companies")
    integrations: ResourceAttribute[Integrations] = ResourceAttribute("integrations.Integrations")
    webhooks: ResourceAttribute[Webhooks] = ResourceAttribute("webhooks.Webhooks")

    @explains_keywords("CodatPlatform")
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
        server_url, headers = as_secret(server_url), as_secret(headers)
        headers = are_headers("headers", headers)
        credentials = {"api_key": api_key, "auth_header": auth_header, "access_token": access_token}
        credentials = {argument: value for argument, value in credentials.items() if value is not None}
        if configuration is not None:
            settings = copy.deepcopy(check_configuration(configuration))
        else:
            settings = Configuration(CODAT_URL, response_validation="lenient")
            credentials = credentials or _environment("CODAT_API_KEY", "CODAT_AUTH_HEADER")
            if server_url is None:
                for name, url in _environment("CODAT_SERVER_URL").items():
                    settings.host = check_host(url, name)
        if server_url is not None:
            settings.host = check_host(server_url, "server_url")
        if credentials:
            _set_credentials(settings, credentials)
        for setting, value in (("timeout", timeout), ("deadline", deadline), ("retries", retries)):
            if value is not UNSET:
                setattr(settings, setting, value)

        self.api_client = ApiClient(settings)
        self.api_client.credentials_advice = (
            _CREDENTIALS_ADVICE if configuration is None else _CREDENTIALS_ADVICE_WITH_CONFIGURATION
        )
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

    @explains_keywords("with_options")
    def with_options(
        self,
        *,
        timeout: float | tuple[float | None, float | None] | Unset | None = UNSET,
        deadline: float | Unset | None = UNSET,
        retries: RetryPolicy | urllib3.Retry | int | Unset | None = UNSET,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """A client with other defaults that shares the connections of this one, for a part of an application.

        It is a shallow copy: attributes of a subclass are copied. Cached properties are not; they may use the client.

        Args:
            timeout: As in the constructor; this client's when left out. The same holds for the others.
            deadline: Seconds for a whole call.
            retries: As ``Configuration.retries``.
            headers: Headers to send besides this client's.

        Raises:
            ApiTypeError, ApiValueError: An argument cannot be used.
        """
        headers = as_secret(headers)
        other = copy.copy(self)  # with what a subclass has set
        for cls in type(self).__mro__:
            for name, attribute in vars(cls).items():
                if isinstance(attribute, (ResourceAttribute, cached_property)):
                    vars(other).pop(name, None)  # made of the first client, and would send with it
        given = {"timeout": timeout, "deadline": deadline, "retries": retries}
        other.api_client = self.api_client.with_settings(
            {name: value for name, value in given.items() if value is not UNSET}, are_headers("headers", headers)
        )
        return other


def _environment(*names: str) -> dict[str, Any]:
    """Environment variables by name, without blanks around the values; those that are set to nothing count as unset."""
    values = {name: as_secret(os.environ.get(name, "").strip()) for name in names}
    return {name: value for name, value in values.items() if value}


def _set_credentials(settings: Configuration, given: Mapping[str, Any]) -> None:
    """Set the one credential that is given, by the name of its argument or variable.

    Raises:
        ApiTypeError, ApiValueError: It cannot be used, or there are several.
    """
    if len(given) > 1:
        raise ApiValueError(f"{' and '.join(given)} are set at the same time; set only one")
    ((name, value),) = given.items()
    settings.api_key, settings.access_token = {}, None
    _check_credential(name, value)
    if name == "access_token":
        settings.access_token = value
        return
    has_scheme = value.rstrip().lower().startswith(("basic ", "bearer "))
    if name in ("api_key", "CODAT_API_KEY"):
        if has_scheme:
            raise ApiValueError(f"{name} must be the raw key; pass a ready-made header value as {_OTHER[name]}")
        settings.api_key[API_KEY_AUTH] = Configuration.basic_api_key(value)
    else:
        if not has_scheme:
            raise ApiValueError(f"{name} must begin with a scheme ('Basic …'); pass a raw key as {_OTHER[name]}")
        settings.api_key[API_KEY_AUTH] = value


def _check_credential(name: str, value: Any) -> None:
    if name == "access_token" and callable(value):
        return
    if not check_header(name, value).strip():
        raise ApiValueError(f"{name} must not be empty")
