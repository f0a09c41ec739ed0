"""Settings of a client: base URL, credentials, timeouts, retries, TLS, proxies, logging."""

from __future__ import annotations

import copy
import os
import sys
import warnings
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from codat_python_sdk._version import __version__
from codat_python_sdk.checks import check_header, check_host, check_seconds, check_timeout, encoded, shown, type_name
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.logs import add_file, configured_loggers, file_handlers, formatter, remove_handlers, set_debug
from codat_python_sdk.retries import resolve_policy
from codat_python_sdk.secret import Secret, SecretValues, as_secret
from codat_python_sdk.settings import (
    Setting,
    are_headers,
    are_secrets,
    are_socket_options,
    is_bool,
    is_callable,
    is_flag,
    is_mapping,
    is_path,
    is_positive,
    is_positive_number,
    is_secret_text,
    is_share,
    is_text,
    one_of,
    optional,
)
from codat_python_sdk.values import Validation

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import AttemptHook, ssl
else:
    import logging
    import ssl

    from typing_extensions import Self

    from codat_python_sdk.attempt_events import AttemptHook

Hook = Callable[["Configuration"], object]

API_KEY_AUTH = "API Key Auth"
CODAT_LOGIN = "Codat Login"
_SCHEMES = (API_KEY_AUTH, CODAT_LOGIN)
_IN_HEADER = {"in": "header", "key": "Authorization"}
#: Settings whose values become secrets before they are checked, so that no traceback with local variables shows them.
_SECRET_SETTINGS = frozenset(
    {
        "host",
        "api_key",
        "api_key_prefix",
        "access_token",
        "username",
        "password",
        "user_agent",
        "proxy",
        "proxy_headers",
        "server_variables",
        "server_operation_variables",
    }
)

_HOSTS = (
    {"url": "http://localhost", "description": "The default of 2021; a sandbox on this machine"},
    {"url": "https://api.codat.io", "description": "Codat"},
)
_VALIDATIONS = frozenset(
    {"multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"}
    | {"maxLength", "minLength", "pattern", "maxItems", "minItems"}
)


def _known_schemes(name: str, value: Any) -> SecretValues:
    """Values by the name of their scheme. It warns of a misspelt name, because no credentials would be sent."""
    if isinstance(value, str):
        raise ApiTypeError(f"{name} must be a dict such as {{{API_KEY_AUTH!r}: 'Basic …'}}, got a str")
    return _Schemes(are_secrets(name, value))


def levels_to_caller() -> int:
    """The ``stacklevel`` with which a warning names the line outside of this package, however deep it is raised."""
    # Documented, and private by its name only.
    level, frame = 1, sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    package = __name__.partition(".")[0]
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    return level


class _Texts(SecretValues):
    def __setitem__(self, name: str, value: Any) -> None:
        value = as_secret(value)
        if value is not None and not isinstance(value, str):
            raise ApiTypeError(f"the value for {name!r} must be a str, got {type_name(value)}")
        super().__setitem__(name, value)


class _Schemes(_Texts):
    def __setitem__(self, name: str, value: Any) -> None:
        value = as_secret(value)
        if name not in _SCHEMES:
            text = f"no endpoint uses the scheme {name!r}; set API keys under {API_KEY_AUTH!r}"
            warnings.warn(text, stacklevel=levels_to_caller())
        super().__setitem__(name, value)


def _base64(name: str, text: str) -> str:
    return b2a_base64(encoded(name, text, str.encode), newline=False).decode()


def _check_token(name: str, value: Any) -> Any:
    """A text, which is kept secret, or something to call, which is kept as it is."""
    if value is None or callable(value):
        return value
    return is_secret_text(name, value)


def _check_validations(name: str, value: Any) -> Any:
    unknown = set(filter(None, is_text(name, value).split(","))) - _VALIDATIONS
    if unknown:
        raise ApiValueError(f"{name}: unknown {sorted(unknown)}; known {sorted(_VALIDATIONS)}")
    return value


def _base_path(host: Any) -> str:
    check_host(host)
    return str(host)


class _Retries(Setting[Any, Any]):
    """Keeps the value as set, and beside it the policy that it stands for, which every call reads."""

    def __set__(self, instance: object, value: Any) -> None:
        instance.__dict__["policy"] = resolve_policy(value, self.name)
        super().__set__(instance, value)


def _check_host_name(name: str, value: Any) -> bool | str | None:
    return value if value is None or isinstance(value, bool) else is_text(name, value)


def _check_ssl_context(name: str, value: Any) -> Any:
    # Whatever module it comes from (truststore has a class of its own), and without importing ssl.
    if isinstance(value, type) or not hasattr(value, "wrap_socket"):
        raise ApiTypeError(f"{name} must be an ssl.SSLContext, got {type(value).__name__}")
    return value


def _warn_of_unknown(name: str, cls: type) -> None:
    """Warn of an attribute that no setting has; in a subclass, only of one that looks like a misspelt setting."""
    from difflib import get_close_matches

    meant = get_close_matches(name, [known for known in dir(cls) if not known.startswith("_")], 1, 0.7)
    if meant or cls is Configuration:
        advice = f"; did you mean {meant[0]!r}?" if meant else ""
        warnings.warn(f"{cls.__name__} has no setting {name!r}{advice}", stacklevel=3)


def _own_containers(value: Any) -> Any:
    """A value whose dicts and lists, at any depth, are copies; all other objects are the same ones."""
    container: Any = value  # type checkers would narrow the value itself to a dict of unknown types
    if isinstance(value, dict):
        container = copy.copy(container)
        container.update({key: _own_containers(item) for key, item in container.items()})
    elif isinstance(value, list):
        container = [_own_containers(item) for item in container]
    return container


class Configuration:
    """Settings of a client; see ``docs/Configuration.md`` for each in one line.

    Args:
        host: Base URL; the first of ``get_host_settings()`` when left out.
        api_key: Header values by scheme: ``{'API Key Auth': 'Basic …'}``, ready-made (see ``basic_api_key``).
        api_key_prefix: Prefixes by scheme, put before the value with a space.
        access_token: Bearer token, or a callable that returns one; wins over ``api_key``.
        username: Kept for ``get_basic_auth_token()``; no endpoint here sends it.
        password: As ``username``.
        discard_unknown_keys: Drop keys of a response that the models do not have, instead of keeping them.
        disabled_client_side_validations: Names of JSON schema validations, comma-separated. The schemas of these
            endpoints have none, so that there is nothing to disable; the names are checked all the same.
        server_index: Which of ``get_host_settings()`` to use when ``host`` is left out.
        server_variables: Values for ``{variables}`` in the URLs of ``get_host_settings()``.
        server_operation_index: As ``server_index``, by the operation's generated name.
        server_operation_variables: As ``server_variables``, by the operation's generated name.
        ssl_ca_cert: File or folder of the authorities to trust instead of certifi's.
        ssl_context: Used for TLS as it is, instead of one made from the settings above and below.
        response_validation: ``"strict"`` raises for a response of another shape than the schema's; ``"lenient"`` keeps
            such values as they came. ``CodatPlatform`` makes it lenient.
        timeout: Seconds to wait for the network, or ``(connect, read)``; None for no limit.
        deadline: Seconds that a whole call may take, with all attempts and waits; None for no limit.
        retries: None (the default ``RetryPolicy``), 0 or False, an int, a ``RetryPolicy`` or a ``urllib3.Retry``.
        max_response_bytes: Longest body that is read, after decompression.
        user_agent: Sent instead of the package's own.
        trust_env: Whether ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` count.
        requests_per_minute: Pace of a client: each attempt waits for its turn, within the deadline; None for no limit.
        quota_reserve: Share of the account's quota, from 0 to 1, that a client leaves to others: while less is left,
            calls are rejected before they are sent (``QuotaReserveException``). None to use all of it.
        on_attempt: Called with an ``AttemptEvent`` after each attempt, in the thread of the call.

    Raises:
        ApiTypeError, ApiValueError: A value cannot be used; raised here and whenever an attribute is set.
    """

    _default: ClassVar[Configuration | None] = None

    api_key: Setting[Mapping[str, str] | None, dict[str, str]] = Setting(_known_schemes)
    api_key_prefix: Setting[Mapping[str, str] | None, dict[str, str]] = Setting(
        lambda name, value: _Texts(are_secrets(name, value))
    )
    access_token: Setting[str | Callable[[], str] | None, str | Callable[[], str] | None] = Setting(_check_token)
    refresh_api_key_hook: Setting[Hook | None, Hook | None] = Setting(optional(is_callable))
    username: Setting[str | None, str | None] = Setting(optional(is_text))
    password: Setting[str | None, str | None] = Setting(optional(is_secret_text))

    _base_path: str | None = None  # here for repr as well, which a reporter calls when the constructor has failed
    server_index: int | None = None
    server_variables: Setting[Mapping[str, str] | None, dict[str, str]] = Setting(is_mapping)
    server_operation_index: Setting[Mapping[str, int] | None, dict[str, int]] = Setting(is_mapping)
    server_operation_variables: Setting[Mapping[str, Mapping[str, str]] | None, dict[str, Mapping[str, str]]] = Setting(
        is_mapping
    )

    timeout: Setting[float | tuple[float | None, float | None] | None, tuple[float | None, float | None]] = Setting(
        lambda name, value: check_timeout(value, name)
    )
    deadline: Setting[float | None, float | None] = Setting(check_seconds)
    retries: Setting[Any, Any] = _Retries(lambda _, value: value)
    policy: Any  #: ``retries`` as a ``RetryPolicy``, or as the ``urllib3.Retry`` that it is
    requests_per_minute: Setting[float | None, float | None] = Setting(optional(is_positive_number))
    quota_reserve: Setting[float | None, float | None] = Setting(optional(is_share))
    on_attempt: Setting[AttemptHook | None, AttemptHook | None] = Setting(optional(is_callable))
    max_response_bytes: Setting[int, int] = Setting(is_positive)
    response_validation: Setting[Validation, Validation] = Setting(one_of("strict", "lenient"))
    discard_unknown_keys: Setting[bool, bool] = Setting(is_flag)
    client_side_validation: Setting[bool, bool] = Setting(is_flag)
    disabled_client_side_validations: Setting[str, str] = Setting(_check_validations)
    safe_chars_for_path_param: Setting[str, str] = Setting(is_text)
    user_agent: Setting[str | None, str | None] = Setting(optional(check_header))

    verify_ssl: Setting[bool, bool] = Setting(is_flag)
    ssl_ca_cert: Setting[str | os.PathLike[str] | None, str | None] = Setting(optional(is_path))
    ssl_context: Setting[ssl.SSLContext | None, ssl.SSLContext | None] = Setting(optional(_check_ssl_context))
    cert_file: Setting[str | os.PathLike[str] | None, str | None] = Setting(optional(is_path))
    key_file: Setting[str | os.PathLike[str] | None, str | None] = Setting(optional(is_path))
    assert_hostname: Setting[bool | str | None, bool | str | None] = Setting(_check_host_name)

    connection_pool_maxsize: Setting[int, int] = Setting(is_positive)
    socket_options: Setting[
        Sequence[tuple[int, int, int | bytes]] | None, Sequence[tuple[int, int, int | bytes]] | None
    ] = Setting(optional(are_socket_options))
    proxy: Setting[str | None, str | None] = Setting(optional(is_secret_text))
    proxy_headers: Setting[Mapping[str, str] | None, Mapping[str, str] | None] = Setting(optional(are_headers))
    trust_env: Setting[bool, bool] = Setting(is_bool)

    #: Kept from 2021; nothing here downloads files.
    temp_folder_path: Any = None

    def __init__(
        self,
        host: str | None = None,
        api_key: Mapping[str, str] | None = None,
        api_key_prefix: Mapping[str, str] | None = None,
        access_token: str | Callable[[], str] | None = None,
        username: str | None = None,
        password: str | None = None,
        discard_unknown_keys: bool = False,
        disabled_client_side_validations: str = "",
        server_index: int | None = None,
        server_variables: Mapping[str, str] | None = None,
        server_operation_index: Mapping[str, int] | None = None,
        server_operation_variables: Mapping[str, Mapping[str, str]] | None = None,
        ssl_ca_cert: str | os.PathLike[str] | None = None,
        *,
        ssl_context: ssl.SSLContext | None = None,
        response_validation: Validation = "strict",
        timeout: float | tuple[float | None, float | None] | None = (5.0, 30.0),
        deadline: float | None = 60.0,
        retries: Any = None,
        max_response_bytes: int = 64 * 1024 * 1024,
        user_agent: str | None = None,
        trust_env: bool = True,
        requests_per_minute: float | None = None,
        quota_reserve: float | None = None,
        on_attempt: AttemptHook | None = None,
    ) -> None:
        host, api_key, api_key_prefix, access_token = map(as_secret, (host, api_key, api_key_prefix, access_token))
        username, password, user_agent = map(as_secret, (username, password, user_agent))
        server_variables, server_operation_variables = map(as_secret, (server_variables, server_operation_variables))
        self._base_path = None if host is None else _base_path(host)
        self.server_index = 0 if host is None and server_index is None else server_index
        self.server_variables = server_variables
        self.server_operation_index = server_operation_index
        self.server_operation_variables = server_operation_variables

        self.api_key = api_key
        self.api_key_prefix = api_key_prefix
        self.access_token = access_token
        self.username = username
        self.password = password
        self.refresh_api_key_hook = None

        self.discard_unknown_keys = discard_unknown_keys
        self.client_side_validation = True
        self.disabled_client_side_validations = disabled_client_side_validations
        self.response_validation = response_validation

        self.verify_ssl = True
        self.ssl_ca_cert = ssl_ca_cert
        self.ssl_context = ssl_context
        self.cert_file = None
        self.key_file = None
        self.assert_hostname = None
        self.connection_pool_maxsize = max(32, (os.cpu_count() or 1) * 5)
        self.socket_options = None
        self.proxy = None
        self.proxy_headers = None
        self.trust_env = trust_env
        self.safe_chars_for_path_param = ""

        self.timeout = timeout
        self.deadline = deadline
        self.retries = retries
        self.max_response_bytes = max_response_bytes
        self.user_agent = user_agent
        self.requests_per_minute = requests_per_minute
        self.quota_reserve = quota_reserve
        self.on_attempt = on_attempt

        self._debug = False
        self._logger_file: str | None = None
        self._logger_format = "%(asctime)s %(levelname)s %(message)s"

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _SECRET_SETTINGS:
            value = as_secret(value)
        if not (name.startswith("_") or hasattr(type(self), name)):
            _warn_of_unknown(name, type(self))
        object.__setattr__(self, name, value)

    # -- copies --------------------------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy with dicts and lists of its own, which shares the objects of the caller: a token provider, a context.

        Source: the callers, whose token providers hold locks and caches that a copy would not share.
        """
        other = copy.copy(self)
        other.__dict__.update({name: _own_containers(value) for name, value in self.__dict__.items()})
        return other

    def __getstate__(self) -> dict[str, Any]:
        if self.ssl_context is not None:
            raise ApiValueError("a configuration with ssl_context cannot be pickled; set it in each process")
        return self.__dict__

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # Another process has to set up its own logging.
        if self._debug:
            self.debug = True
        if self._logger_file is not None and not file_handlers(self._logger_file):
            self.logger_file = self._logger_file

    def __repr__(self) -> str:
        return f"<Configuration host={self.host!r}>"

    # -- base URL ------------------------------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """Base URL of the service."""
        if self._base_path is not None:
            return self._base_path
        return self.get_host_from_settings(self.server_index or 0, self.server_variables)

    @host.setter
    def host(self, host: str) -> None:
        self._base_path = _base_path(host)
        self.server_index = None

    def get_host_settings(self) -> list[dict[str, Any]]:
        """The known base URLs: the default, then Codat's."""
        return [dict(setting) for setting in _HOSTS]

    def get_host_from_settings(
        self,
        index: int | None,
        variables: Mapping[str, str] | None = None,
        servers: Sequence[Mapping[str, Any]] | None = None,
    ) -> str:
        """URL number ``index`` of ``servers`` (``get_host_settings()``), or ``host`` when ``index`` is None.

        Raises:
            ApiValueError: There is no such URL, or a variable has a value that the URL does not allow.
        """
        if index is None:
            return self.host
        servers = self.get_host_settings() if servers is None else servers
        if type(index) is not int or not 0 <= index < len(servers):
            raise ApiValueError(f"there is no host number {shown(index)}; there are {len(servers)}, counted from 0")
        url: str = servers[index]["url"]
        for name, variable in servers[index].get("variables", {}).items():
            value: Any = (variables or {}).get(name, variable["default_value"])
            if value not in variable.get("enum_values", [value]):
                raise ApiValueError(f"variable {name!r} must be one of {variable['enum_values']}, got {shown(value)}")
            url = url.replace("{" + name + "}", value)
        return url

    def host_for(self, operation: str, host_index: int | None = None) -> str:
        """Base URL for one call of an operation, given its generated name, without the trailing slash."""
        index = self.server_operation_index.get(operation) if host_index is None else host_index
        if index is None:
            index = self.server_index
        if index is None and self._base_path is not None:
            return self._base_path.rstrip("/")
        variables = self.server_operation_variables.get(operation, self.server_variables)
        return check_host(self.get_host_from_settings(index, variables))

    # -- credentials ---------------------------------------------------------------------------------------------

    @staticmethod
    def basic_api_key(raw_key: str) -> str:
        """The value for ``api_key['API Key Auth']``: ``Basic`` and the base64 of the key itself, without a colon.

        Source: Codat's documentation, Authenticate.
        """
        raw_key = as_secret(raw_key)
        if not check_header("the API key", raw_key).strip():
            raise ApiValueError("the API key must not be empty")
        if raw_key.lower().startswith("basic "):
            raise ApiValueError("the API key must be the raw key; put a ready-made value into api_key['API Key Auth']")
        return Secret("Basic " + _base64("the API key", raw_key))

    def get_api_key_with_prefix(self, identifier: str, alias: str | None = None) -> str | None:
        """The header value of a scheme with its prefix, or None; the refresh hook runs first."""
        if self.refresh_api_key_hook is not None:
            self.refresh_api_key_hook(self)
        key = self.api_key.get(identifier, self.api_key.get(alias) if alias is not None else None)
        prefix = self.api_key_prefix.get(identifier)
        return Secret(f"{as_secret(prefix)!s} {key}") if key and prefix else key

    def get_basic_auth_token(self) -> str:
        """``username`` and ``password`` as an HTTP basic header value."""
        pair = Secret(f"{self.username or ''}:{self.password or ''}")
        return Secret("Basic " + _base64("username or password", pair))

    def credentials(self) -> dict[str, str]:
        """The schemes that are set, by name, each with its value for ``Authorization``. A later one wins.

        They are those of ``auth_settings``, which a subclass may override.
        """
        return {name: setting["value"] for name, setting in self.auth_settings().items()}

    def auth_settings(self) -> dict[str, dict[str, str]]:
        """The same, as 2021 described it: with type, place and name of the header. The refresh hook runs first."""
        settings: dict[str, dict[str, str]] = {}
        key = self.get_api_key_with_prefix(API_KEY_AUTH)
        if key:
            settings[API_KEY_AUTH] = {"type": "api_key", **_IN_HEADER, "value": Secret(key)}
        token, name = self.access_token, "access_token"
        if callable(token):
            token, name = as_secret(token()), "what the access_token callable returned"
            if token is None or token == "":
                raise ApiValueError(f"{name} must be a token, got {'None' if token is None else 'an empty str'}")
        if token:
            value = Secret("Bearer " + check_header(name, token))
            settings[CODAT_LOGIN] = {"type": "oauth2", **_IN_HEADER, "value": value}
        return settings

    # -- a default for the process -------------------------------------------------------------------------------

    @classmethod
    def set_default(cls, default: Configuration | None) -> None:
        """Make a copy of this configuration the one that clients without a configuration of their own start from."""
        cls._default = None if default is None else copy.deepcopy(check_configuration(default))

    @classmethod
    def get_default_copy(cls) -> Configuration:
        """A copy of the default configuration."""
        return copy.deepcopy(cls._default) if cls._default is not None else cls()

    # -- logging ------------------------------------------------------------------------------------------------

    @property
    def logger(self) -> dict[str, logging.Logger]:
        """The two loggers that ``debug`` and ``logger_file`` act on."""
        return configured_loggers()

    @property
    def debug(self) -> bool:
        """Whether the loggers are at DEBUG; secrets stay out of the log either way."""
        return self._debug

    @debug.setter
    def debug(self, debug: bool) -> None:
        self._debug = bool(debug)
        set_debug(self._debug)

    @property
    def logger_format(self) -> str:
        """Format of the lines in ``logger_file``."""
        return self._logger_format

    @logger_format.setter
    def logger_format(self, logger_format: str) -> None:
        new = formatter(logger_format)
        self._logger_format = logger_format
        for handler in file_handlers(self._logger_file):
            handler.setFormatter(new)

    @property
    def logger_formatter(self) -> logging.Formatter:
        """``logger_format`` as a formatter."""
        return formatter(self._logger_format)

    @property
    def logger_file(self) -> str | None:
        """File that the loggers write to as well; None, the default, for none."""
        return self._logger_file

    @logger_file.setter
    def logger_file(self, path: str | os.PathLike[str] | None) -> None:
        file = optional(is_path)("logger_file", path) or None  # empty is none, as in 2021
        # Also of another configuration, so that each line is written once.
        before = {*file_handlers(self._logger_file), *file_handlers(file)}
        if file is not None:
            add_file(file, self._logger_format)  # first, for it may fail
        remove_handlers(before)
        self._logger_file = file

    def to_debug_report(self) -> str:
        """Versions and platform, for a bug report; no settings, and so no secrets."""
        return (
            "Python SDK Debug Report:\n"
            f"OS: {sys.platform}\n"
            f"Python Version: {sys.version.split()[0]}\n"
            "Version of the API: v1\n"
            f"SDK Package Version: {__version__}"
        )


def check_configuration(configuration: Any) -> Configuration:
    """A configuration; raises ApiTypeError for anything else."""
    if not isinstance(configuration, Configuration):
        raise ApiTypeError(f"configuration must be a Configuration, got {type(configuration).__name__}")
    return configuration
