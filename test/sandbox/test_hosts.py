"""Names of hosts."""

from __future__ import annotations

from itertools import product
from typing import Any, cast

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.sandbox.hosts import check_address, host_name, is_loopback


@pytest.mark.parametrize(("host", "name"), [("a:1", "a"), ("[::1]:2", "::1"), ("[::1]", "::1"), ("", "")])
def test_host_name__without_port(host: str, name: str) -> None:
    """The name is what stands before the port, and inside the brackets."""
    assert host_name(host) == name


def test_is_loopback__names() -> None:
    """Localhost and what is below it is this machine."""
    assert is_loopback("x.localhost")
    assert not is_loopback("localhost.example")


def test_is_loopback__table() -> None:
    """Only this machine's own addresses are safe from others."""
    cases: list[tuple[str, bool]] = [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.1", False),
        ("example.com", False),
        ("", False),
    ]
    for host, expected in cases:
        with case(host, expected):
            assert is_loopback(host) is expected


def test_check_address__reports_what_headers_cannot_hold() -> None:
    """What is no address of a page, or could add to a header, is a ValueError that names the argument."""
    urls: list[str] = [
        "javascript:alert(1)",
        "//evil.example",
        "http://",
        "http://a;script-src */",
        "http://a b",
        "http://a/\r\nX: y",
        "http://\u00e9.example/",
        "http://user@a/",
        "",
    ]
    for name, url in product(("redirect_url", "public_url"), urls):
        with case(name, url), pytest.raises(ValueError, match=f"^{name} must be an http or https URL such as"):
            Sandbox(**cast("dict[str, Any]", {name: url}))


def test_check_address__placeholders_pass() -> None:
    """Codat's placeholders, IPv6 and a fragment are fine."""
    for url in ("https://a.example?c={connectionId}&s={statusCode}", "http://[::1]:8000/x#top", "http://localhost"):
        check_address("redirect_url", url)
