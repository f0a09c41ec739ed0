"""Which proxy to use: the configured one, or the environment's, unless ``NO_PROXY`` excepts the host."""

from __future__ import annotations

import base64
import os
import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit, urlunsplit

from codat_python_sdk.checks import check_header, split_url
from codat_python_sdk.configuration import Configuration
from codat_python_sdk.exceptions import ApiValueError
from codat_python_sdk.record import Record
from codat_python_sdk.secret import Secret, SecretValues, as_secret

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Proxy(Record):
    """A proxy to use. Its text names it in errors, with what set it and without credentials."""

    url: str  #: without credentials
    source: str  #: the environment variable or the setting that it comes from
    headers: SecretValues

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"proxy {parts.scheme}://{parts.netloc} ({self.source})"


def proxy_for(settings: Configuration, target: SplitResult) -> Proxy | None:
    """The proxy for requests to an origin, or None to connect to it directly.

    Raises:
        ApiValueError: The proxy that was set cannot be used; the text names the setting or the variable.
    """
    if settings.proxy:  # empty is none, as in 2021
        return _usable("Configuration.proxy", settings.proxy, settings)
    if not settings.trust_env:
        return None
    name, value = _proxy_variable(target.scheme)
    if not value or is_loopback(target.hostname or "") or is_excepted(target, _variable("no_proxy")[1]):
        return None
    return _usable(name, value, settings)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    name = host.rstrip(".").lower()
    address = _address(name)
    if address is not None:
        return address.is_loopback
    return name == "localhost" or name.endswith(".localhost")


# -- the environment ---------------------------------------------------------------------------------------------------


def _variable(name: str) -> tuple[str, str]:
    """A variable's name as it is set, and its value; the lower case name wins, even if it is set to nothing."""
    for spelling in (name, name.upper()):
        if spelling in os.environ:
            return spelling, Secret(os.environ[spelling].strip())  # a proxy's URL may hold a password
    return name, ""


def _proxy_variable(scheme: str) -> tuple[str, str]:
    name, value = _variable(f"{scheme}_proxy")
    # In a CGI script HTTP_PROXY is what the client sent as a header "Proxy".
    if name == "HTTP_PROXY" and "REQUEST_METHOD" in os.environ:
        value = ""
    return (name, value) if value else _variable("all_proxy")


# -- NO_PROXY ----------------------------------------------------------------------------------------------------------


def is_excepted(target: SplitResult, no_proxy: str) -> bool:
    """Whether ``NO_PROXY`` excepts an origin, in any of the forms that curl, Go and requests understand.

    Entries are separated by commas or blanks. ``*`` is every host; ``corp.example``, ``.corp.example`` and
    ``*.corp.example`` are that name and all names that end with it; addresses can be written with their length
    (``10.0.0.0/8``), those of IPv6 with or without brackets; all but those take a port (``corp.example:8443``).
    """
    host = (target.hostname or "").rstrip(".").lower()
    port = target.port or _DEFAULT_PORTS.get(target.scheme)
    address = _address(host)
    for entry in re.split(r"[\s,]+", no_proxy.lower()):
        name, entry_port = _split_port(entry)
        if entry_port is not None and entry_port != port:
            continue
        if name == "*":
            return True
        if _contains(name, address) if address is not None else _ends_with(host, name):
            return True
    return False


def _split_port(entry: str) -> tuple[str, int | None]:
    """``host:8080`` and ``[::1]:8080`` as host and port; an address of IPv6 without brackets has no port."""
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*):(\d{1,5})", entry)
    return (match[1], int(match[2])) if match else (entry, None)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _contains(entry: str, address: IPv4Address | IPv6Address) -> bool:
    """Whether an entry is an address or a range of addresses that holds this one."""
    if "/" not in entry:
        return _address(entry.rstrip(".")) == address
    host, _, length = entry.partition("/")
    try:
        return address in ip_network(f"{host.strip('[]')}/{length.strip('[]')}", strict=False)
    except ValueError:
        return False


def _ends_with(host: str, entry: str) -> bool:
    """Whether an entry is this name, or one at whose end it stands after a dot."""
    name = _ascii(entry.removeprefix("*").strip("."))
    return bool(name) and f".{_ascii(host)}".endswith(f".{name}")


def _ascii(name: str) -> str:
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


# -- the proxy ---------------------------------------------------------------------------------------------------------


def _usable(source: str, value: str, settings: Configuration) -> Proxy:
    value = as_secret(value)
    parts = split_url(value if "://" in value else f"http://{value}")
    if parts is None or not value.isprintable() or " " in value:
        raise ApiValueError(
            f"{source} must be a URL such as 'http://proxy.example:3128', with http or https; SOCKS is not supported"
        )
    headers = {name: check_header(f"proxy_headers[{name!r}]", text) for name, text in _own_headers(settings).items()}
    if parts.username is not None and "proxy-authorization" not in map(str.lower, headers):
        user, password = unquote_to_bytes(parts.username), unquote_to_bytes(parts.password or "")
        headers["proxy-authorization"] = "Basic " + base64.b64encode(user + b":" + password).decode()
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return Proxy(url=url, source=source, headers=SecretValues(headers))


def _own_headers(settings: Configuration) -> dict[str, str]:
    return {
        check_header("a name in proxy_headers", name): text for name, text in (settings.proxy_headers or {}).items()
    }
