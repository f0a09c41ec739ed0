"""Names of hosts: which of them are this machine, how to speak TLS to them, and addresses that links lead to."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:\[\]-]+([/?#][!-~]*)?")


def check_address(name: str, url: str) -> None:
    """Accept an address that pages and headers may hold as it is.

    Raises:
        ValueError: It is not an absolute http or https URL of visible ASCII characters.
    """
    if not _ADDRESS.fullmatch(url):
        raise ValueError(f"{name} must be an http or https URL such as 'http://127.0.0.1:8000/linked', got {url!r}")


def host_name(host: str) -> str:
    """The name in a Host header: without the port, and without an IPv6 address' brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


@lru_cache(maxsize=100)
def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        name = host.lower().rstrip(".")
        return name == "localhost" or name.endswith(".localhost")


def client_context(host: str) -> ssl.SSLContext:
    """For a TLS connection to a host. On this machine, a certificate for local development is nobody's."""
    import ssl

    context = ssl.create_default_context()
    if is_loopback(host):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
