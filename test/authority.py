"""A certificate authority of our own, and servers and clients with its certificates and with worse ones."""

from __future__ import annotations

import ssl
import warnings
from datetime import datetime, timedelta, timezone
from functools import cache

import trustme

HERE = ("127.0.0.1", "localhost", "codat.test")


@cache
def authority() -> trustme.CA:
    """The authority that tests may trust."""
    return trustme.CA(organization_name="An authority for tests")


def server_context(*names: str, ca: trustme.CA | None = None, expired: bool = False) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for some names."""
    today = datetime.now(timezone.utc)
    end = today + timedelta(days=-30 if expired else 30)
    certificate = (ca or authority()).issue_cert(*names or HERE, not_before=today - timedelta(days=60), not_after=end)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    return context


def self_signed_context() -> ssl.SSLContext:
    """A server whose certificate nobody but itself has signed."""
    alone = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with alone.private_key_pem.tempfile() as key, alone.cert_pem.tempfile() as certificate:
        context.load_cert_chain(certificate, key)
    return context


def old_context(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A server that speaks nothing newer than an old version of TLS."""
    context = server_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is old, that is the point
        context.minimum_version = version
        context.maximum_version = version
    return context
