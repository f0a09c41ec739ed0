"""The signature of a webhook."""

from __future__ import annotations

from codat_python_sdk.sandbox.signing import sign


def test_sign__test_vector() -> None:
    """A published secret, id, timestamp and body give the published signature."""
    body = b'{"id":"11111111-2222-4333-8444-555555555555","eventType":"connection.connected"}'
    secret = "whsec_Y29kYXQtc2FuZGJveC13ZWJob29rLWtleS0wMQ=="
    expected = "v1,NuKmgebW4kbuzHZdl61vnBq6QdTH0WEFMFhLztLFVIg="
    assert sign(secret, "msg_demo0001", 1767225600, body) == expected
