"""TLS contexts: made once for each set of settings, and shared by all clients of the process."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codat_python_sdk.configuration import Configuration
from codat_python_sdk.exceptions import ApiValueError

#: How many contexts are kept. Loading certifi's certificates takes most of the time of a new client's first call.
_MAX_CONTEXTS = 16

_contexts: dict[tuple[Any, ...], Any] = {}


class _KeyIsEncrypted(Exception):
    """Raised instead of asking for a password on the terminal."""


def tls_context(settings: Configuration, *, checks_host_name: bool, for_proxy: bool = False) -> Any:
    """A context for some settings.

    Args:
        settings: Whom to trust, and which certificate to show.
        for_proxy: True to show none: it is for the service.
        checks_host_name: False where another name than the host's is asserted: urllib3 then switches the check off in
            the context, and checks by itself.

    Raises:
        ApiValueError: It cannot be made; the text names the setting or the variable that is the reason.
    """
    if settings.ssl_context is not None:
        return settings.ssl_context
    from certifi import where  # plain HTTP does without, and its data is large

    roots = (settings.ssl_ca_cert or where()) if settings.verify_ssl else None
    key_log = os.path.expandvars(os.environ.get("SSLKEYLOGFILE", "")) if settings.trust_env else ""
    files = (roots, None, None) if for_proxy else (roots, settings.cert_file, settings.key_file)
    # All that it is made of. The class is looked up now: gevent, eventlet and truststore replace it.
    key = (ssl.SSLContext, settings.verify_ssl, checks_host_name, key_log, *map(_state_of_file, files))
    context = _contexts.get(key)
    if context is None:
        context = _contexts[key] = _make_context(settings.verify_ssl, *files, key_log)
        while len(_contexts) > _MAX_CONTEXTS:
            _contexts.pop(next(iter(_contexts.copy())), None)
    return context


def _state_of_file(path: Any) -> tuple[Any, ...] | None:
    """What changes when a file does."""
    if path is None:
        return None
    try:
        state = Path(path).stat()
    except (OSError, TypeError, ValueError):
        return (repr(path),)
    return (repr(path), state.st_mtime_ns, state.st_size, state.st_ino)


def _make_context(verify: bool, roots: Any, cert_file: str | None, key_file: str | None, key_log: str) -> Any:
    context = _checked(_openssl_text(), _new_context, verify)
    if roots is not None:
        is_folder = not isinstance(roots, bytes) and Path(roots).is_dir()
        locations: Any = (None, roots) if is_folder else (roots, None)
        _checked(f"{_named('ssl_ca_cert', roots)} cannot be loaded", context.load_verify_locations, *locations)
    if key_file and not cert_file:
        raise ApiValueError("key_file is set without cert_file, the certificate that it is for")
    if cert_file:
        text = _named("cert_file", cert_file) + (f" or {_named('key_file', key_file)}" if key_file else "")
        _checked(f"{text} cannot be loaded", context.load_cert_chain, cert_file, key_file or None, _refuse_password)
    if key_log:
        _checked(f"SSLKEYLOGFILE={key_log!r} cannot be written to", _log_keys, context, key_log)
    return context


def _named(setting: str, path: Any) -> str:
    """A setting with its path, unless it holds a key or a certificate itself."""
    return setting if "-----" in repr(path) else f"{setting}={path!r}"


def _new_context(verify: bool) -> Any:
    """What urllib3 makes by default. Its own function cannot be kept from looking at SSLKEYLOGFILE."""
    context: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    context.check_hostname = verify
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    context.hostname_checks_common_name = False
    context.post_handshake_auth = True
    return context


def _log_keys(context: Any, file: str) -> None:
    context.keylog_filename = file


def _refuse_password() -> str:
    raise _KeyIsEncrypted


def _openssl_text() -> str:
    configuration = os.environ.get("OPENSSL_CONF")
    return "TLS cannot be used" + (f" with OPENSSL_CONF={configuration!r}" if configuration else "")


def _checked(text: str, function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except _KeyIsEncrypted:
        raise ApiValueError(
            "the key for cert_file is encrypted; use a key without a password, or load it into a context of your own "
            "and set ssl_context"
        ) from None
    except Exception as error:  # ssl's, the system's, and those of whatever replaces ssl
        raise ApiValueError(f"{text}: {getattr(error, 'strerror', None) or error}") from error
