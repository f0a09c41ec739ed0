"""Ways to an origin: TLS, proxies, and who is warned of what."""

from __future__ import annotations

import os
import ssl
import warnings
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

import urllib3
from urllib3.util import make_headers, ssl_

from codat_python_sdk.checks import split_url
from codat_python_sdk.configuration import Configuration
from codat_python_sdk.exceptions import ApiValueError, InsecureTransportWarning
from codat_python_sdk.rest.sockets import Pool, TlsPool, TlsSocket, check_sockets
from codat_python_sdk.secret import SecretValues


class Route(NamedTuple):
    """How to send a request to an origin."""

    manager: urllib3.PoolManager
    sender: Any  #: a pool, or the manager; its ``urlopen`` is looked up each time, for tracing may replace it any time
    whole_url: bool  #: whether it wants the whole URL, as for a proxy, or the path


def connect_to(origin: str, settings: Configuration, preload: bool) -> Route:
    """A pool of connections to an origin, behind a proxy if there is one to use."""
    check_sockets()
    parts = urlsplit(origin)
    # Where answers are handed over unread, some connections never come back: waiting for them could be for ever.
    options: dict[str, Any] = {"maxsize": settings.connection_pool_maxsize, "block": preload}
    if settings.socket_options is not None:
        options["socket_options"] = settings.socket_options
    if parts.scheme == "https":
        options.update(ssl_context=_tls_context(settings), assert_hostname=settings.assert_hostname)
        if not settings.verify_ssl:
            _warn(f"{origin} is not verified (verify_ssl=False): anyone on the way can read and change everything")
    elif not _is_loopback(parts.hostname or ""):
        _warn(f"{origin} is plain HTTP: anyone on the way can read the credentials; use https")
    proxy = _proxy_for(settings, parts.scheme, parts.netloc)
    manager = urllib3.PoolManager(**options) if proxy is None else _proxy_manager(proxy, settings, options)
    manager.pool_classes_by_scheme = dict[str, Any](http=Pool, https=TlsPool)
    if proxy is None:
        return Route(manager, manager.connection_from_url(origin), whole_url=False)
    return Route(manager, manager, whole_url=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _warn(text: str) -> None:
    warnings.warn(text, InsecureTransportWarning, stacklevel=2)


def _tls_context(settings: Configuration) -> ssl.SSLContext:
    from certifi import where  # plain HTTP does without, and its data is large

    context = ssl_.create_urllib3_context(
        ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
        cert_reqs=ssl.CERT_REQUIRED if settings.verify_ssl else ssl.CERT_NONE,
    )
    context.sslsocket_class = TlsSocket
    try:
        if settings.verify_ssl:
            context.load_verify_locations(settings.ssl_ca_cert or where())
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as error:  # ssl.SSLError is one
        raise ApiValueError(
            f"ssl_ca_cert, cert_file or key_file cannot be loaded: {error.strerror or error}"
        ) from error
    return context


def _proxy_for(settings: Configuration, scheme: str, netloc: str) -> str | None:
    if settings.proxy is not None or not settings.trust_env:
        return settings.proxy
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies_environment, proxy_bypass  # takes a while to import

    proxies = getproxies_environment()
    if proxy_bypass(netloc):
        return None
    return proxies.get(scheme) or proxies.get("all")


def _proxy_manager(proxy: str, settings: Configuration, options: dict[str, Any]) -> urllib3.ProxyManager:
    parts = split_url(proxy if "://" in proxy else f"http://{proxy}")
    if parts is None:
        raise ApiValueError("proxy must be a URL such as 'http://proxy.example:3128', with http or https")
    headers = SecretValues(settings.proxy_headers or {})
    if parts.username is not None:
        headers |= make_headers(proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}")
    # Without the credentials, which would otherwise stand in every error that names the proxy.
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return urllib3.ProxyManager(
        url, proxy_headers=headers, proxy_ssl_context=_tls_context(settings), num_pools=1, **options
    )
