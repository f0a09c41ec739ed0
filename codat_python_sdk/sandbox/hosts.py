"""Names of hosts: which of them are this machine."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


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
