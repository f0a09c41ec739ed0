"""The pools of a client. For each origin: which proxy, which TLS, and who is warned of what."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection

from codat_python_sdk.configuration import Configuration, levels_to_caller
from codat_python_sdk.exceptions import InsecureTransportWarning
from codat_python_sdk.interruptions import reentrant_lock
from codat_python_sdk.rest.greenlets import check_patching
from codat_python_sdk.rest.pool import Places, Pool, TlsPool
from codat_python_sdk.rest.proxy import Proxy, is_loopback, proxy_for
from codat_python_sdk.rest.tls import tls_context


class Pools:
    """The routes of a client, until it is closed.

    Args:
        settings: The client's.
        warned: The texts of the warnings that the client has issued; each is issued once.
    """

    def __init__(self, settings: Configuration, warned: set[str]) -> None:
        self.by_origin: dict[str, Route] = {}
        self._settings = settings
        self._warned = warned
        self._is_closed = False
        self._connecting = reentrant_lock()

    def connect_to(self, origin: str) -> Route:
        """The route to an origin, made if there is none."""
        with self._connecting:
            route = self.by_origin.get(origin)
            if route is None:
                route = Route(origin, self._settings)
                self._warn_once(route.risk)
                self.by_origin[origin] = route
                if self._is_closed:  # meanwhile
                    route.close()
            return route

    def _warn_once(self, risk: str | None) -> None:
        if risk is not None and risk not in self._warned:
            warnings.warn(risk, InsecureTransportWarning, stacklevel=levels_to_caller())
            self._warned.add(risk)  # not before: the warning may be an error, and then be raised again

    def proxy_to(self, origin: str) -> Proxy | None:
        """The proxy on the way to an origin that there is a route to, or None."""
        route = self.by_origin.get(origin)
        return None if route is None else route.proxy

    def close(self) -> None:
        """Close the idle connections, and the others as soon as their calls are over."""
        self._is_closed = True
        for route in list(self.by_origin.values()):
            route.close()


class Route:
    """How to send a request to an origin.

    Attributes:
        sender: A pool; its ``urlopen`` is looked up each time, for tracing may replace it any time.
        proxy: The proxy, or None.
        takes_url: Whether ``sender`` takes the absolute URL, as a proxy for plain HTTP does, and not the path.
        places: Who may have a connection.
        risk: The text to warn of an unprotected route with, or None.
    """

    __slots__ = ("_manager", "places", "proxy", "risk", "sender", "takes_url")

    def __init__(self, origin: str, settings: Configuration) -> None:
        target = urlsplit(origin)
        self.proxy: Proxy | None = proxy_for(settings, target)
        self._manager = _manager(target, settings, self.proxy)
        self._manager.pool_classes_by_scheme = cast("Any", {"http": Pool, "https": TlsPool})
        self.risk: str | None = _risk(target, self._manager.connection_pool_kw.get("ssl_context"))
        self.places: Places = Places(settings.connection_pool_maxsize)
        pool: Any = self._manager.connection_from_url(origin)
        pool.pool.use(self.places)
        self.sender: Any = pool
        self.takes_url: bool = self.proxy is not None and target.scheme == "http"

    def close(self) -> None:
        """Close the idle connections, and the others as soon as their calls are over."""
        for pool in self._pools():
            pool.pool.close()

    def _pools(self) -> Iterator[Any]:
        for key in self._manager.pools.keys():  # noqa: SIM118  # no mapping otherwise
            pool = self._manager.pools.get(key)
            if pool is not None:
                yield pool


def _manager(target: SplitResult, settings: Configuration, proxy: Proxy | None) -> urllib3.PoolManager:
    check_patching()
    options: dict[str, Any] = {
        "maxsize": 1,  # urllib3 counts up to it; the places are those of the route
        "socket_options": [*cast("Any", HTTPConnection.default_socket_options), *(settings.socket_options or ())],
    }
    if target.scheme == "https":
        context = tls_context(settings, checks_host_name=settings.assert_hostname is None)
        options.update({"ssl_context": context, "assert_hostname": settings.assert_hostname})
    if proxy is None:
        return urllib3.PoolManager(**options)
    options["proxy_ssl_context"] = tls_context(settings, checks_host_name=True, for_proxy=True)
    # For plain HTTP over an HTTPS proxy, urllib3 before 2.8 looks here only.
    options.setdefault("ssl_context", options["proxy_ssl_context"])
    return urllib3.ProxyManager(proxy.url, proxy_headers=proxy.headers, num_pools=1, **options)


def _risk(target: SplitResult, context: Any) -> str | None:
    origin = f"{target.scheme}://{target.netloc}"
    if target.scheme == "https":
        if context.verify_mode:
            return None
        return f"{origin} is not verified (verify_ssl=False): anyone on the network path can read and change everything"
    if is_loopback(target.hostname or ""):
        return None
    return f"{origin} uses plain HTTP: anyone on the network path can read the credentials; use https"
