"""Names of hosts."""

from __future__ import annotations

import pytest

from codat_python_sdk.sandbox.hosts import host_name, is_loopback


@pytest.mark.parametrize(("host", "name"), [("a:1", "a"), ("[::1]:2", "::1"), ("[::1]", "::1"), ("", "")])
def test_host_name__without_port(host: str, name: str) -> None:
    """The name is what stands before the port, and inside the brackets."""
    assert host_name(host) == name


def test_is_loopback__names() -> None:
    """Localhost and what is below it is this machine."""
    assert is_loopback("x.localhost")
    assert not is_loopback("localhost.example")
