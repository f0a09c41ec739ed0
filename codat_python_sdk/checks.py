"""Checks of header values, hosts and times, for settings and for the options of one call."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, urlsplit

from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.secret import Secret, SecretBytes, SecretValues, as_secret

T = TypeVar("T")

#: Another value than the client's own would make the rest of a body the next request on its connection.
_FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding"})
_MAX_SHOWN = 10**15  # Python refuses to print an int of more than 4,300 digits
_HEADER_NAME_CHARACTERS = frozenset(
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # importing string costs 1 ms
)


def shown(value: Any) -> str:
    """A value as an error text has it; Python's own ``repr`` raises for long numbers, and may for other objects."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001  # whatever it is, the value is not shown
        return f"a value of type {type(value).__name__}"


def type_name(value: Any) -> str:
    """The type that the caller passed, and not the subclass that keeps it secret."""
    if isinstance(value, (Secret, SecretBytes)):
        return "str" if isinstance(value, str) else "bytes"
    return type(value).__name__


def check_header(name: str, value: Any) -> str:
    """The value, if it can go into a header.

    Raises:
        ApiTypeError: It is not a str.
        ApiValueError: It would break out of the header (CR, LF, NUL) or cannot be encoded. The text keeps it secret.
    """
    if not isinstance(value, str):
        raise ApiTypeError(f"{name} must be a str, got {type_name(value)}")
    if not (value.isascii() and value.isprintable()):
        if any(c in value for c in "\r\n\0"):
            raise ApiValueError(f"{name} must not contain CR, LF or NUL")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise ApiValueError(f"{name} must consist of characters that a header can carry (latin-1)") from None
    return value


def encoded(name: str, text: str, encode: Callable[[str], T]) -> T:
    """What a function makes of a text that comes from the caller.

    Raises:
        ApiValueError: UTF-8 cannot hold the text.
    """
    try:
        return encode(text)
    except UnicodeEncodeError:
        raise ApiValueError(f"{name} contains half a surrogate pair, which cannot be encoded", [name]) from None


def as_header(name: str, value: Any) -> Any:
    """What is to be checked as a header's value: a secret. An int is sent as its text, as in 2021.

    Raises:
        ApiValueError: It has too many digits.
    """
    if not isinstance(value, int):
        return as_secret(value)
    try:
        return Secret(str(value) if isinstance(value, bool) else str(int(value)))  # not the name of an enum
    except ValueError:
        raise ApiValueError(f"{name} has too many digits") from None


class HeaderValues(SecretValues):
    """Values of headers by their names, as ``as_header`` makes them."""

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, as_header(name, value))


def check_header_name(name: Any) -> str:
    """The name, if a header can have it.

    Raises:
        ApiValueError: It is not a str of letters, digits and dashes, or the header follows from the body.
    """
    if not isinstance(name, str) or not (name and _HEADER_NAME_CHARACTERS.issuperset(name)):
        raise ApiValueError("a header's name must consist of letters, digits and dashes")
    if name.lower() in _FRAMING_HEADERS:
        raise ApiValueError(f"{name} must not be set: it follows from the body")
    return name


def check_host(host: Any, name: str = "host") -> str:
    """A base URL without the trailing slash; ``name`` is what the caller calls it.

    Raises:
        ApiTypeError: It is not a str.
        ApiValueError: It has no http(s) scheme or no host, or it holds credentials, a query or a fragment.
    """
    host = as_secret(host)  # it may hold credentials, which no traceback with local variables should show
    if not isinstance(host, str):
        raise ApiTypeError(f"{name} must be a str such as 'https://api.codat.io', got {type_name(host)}")
    parts = split_url(host)
    if parts is None or not host.isprintable() or " " in host or "\\" in host:
        raise ApiValueError(f"{name} must be a URL such as 'https://api.codat.io', with http or https and a host name")
    if "@" in parts.netloc:
        raise ApiValueError(f"{name} must not contain credentials; set api_key or access_token instead")
    if "?" in host or "#" in host:
        raise ApiValueError(f"{name} must not have a query or a fragment")
    if encode_stray_percents(parts.path) != parts.path:
        raise ApiValueError(f"{name} must be a URL such as 'https://api.codat.io'; in its path, '%' is spelled '%25'")
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        raise ApiValueError(f"{name} must not have '.' or '..' in its path")
    return host.rstrip("/")


def encode_stray_percents(text: str) -> str:
    """A path with ``%25`` for each ``%`` outside of percent-encoding: urllib3 would encode all others again as well."""
    return re.sub("%(?![0-9A-Fa-f]{2})", "%25", text)


def split_url(host: str) -> SplitResult | None:
    """The parts of an http(s) URL with a host name, as secrets; None when it is none."""
    try:
        parts = urlsplit(host)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return SplitResult(*map(Secret, parts)) if usable else None


def is_number(value: object, kind: type = float) -> bool:
    """Whether it is an int, or a number of this type.

    Not a bool, and not a proxy that is one for isinstance only and cannot be converted: Django's ``SimpleLazyObject``.
    """
    allowed: Any = (int, kind)
    return isinstance(value, allowed) and not isinstance(value, bool) and hasattr(type(value), "__float__")


def check_seconds(name: str, seconds: Any) -> float | None:
    """A positive, finite number of seconds, or None for "no limit"."""
    return None if seconds is None else are_seconds(name, seconds, " or None")


def are_seconds(name: str, seconds: Any, alternative: str = "") -> float:
    """A positive, finite number of seconds; ``alternative`` is what else the caller takes, for the text of an error."""
    if not is_number(seconds):
        got = "None" if seconds is None else type(seconds).__name__
        raise ApiTypeError(f"{name} must be a number of seconds{alternative}, got {got}")
    if not 0 < seconds < threading.TIMEOUT_MAX:
        shown = seconds if abs(seconds) < _MAX_SHOWN or isinstance(seconds, float) else "a longer one"
        raise ApiValueError(f"{name} must be a positive number of seconds{alternative}, got {shown}")
    return float(seconds)


def check_timeout(timeout: Any, name: str = "timeout") -> tuple[float | None, float | None]:
    """``(connect, read)`` in seconds, from such a pair or from one number for both."""
    if isinstance(timeout, (tuple, list)):
        pair = cast("Sequence[Any]", timeout)
        if len(pair) != 2:
            raise ApiValueError(f"{name} must be seconds or a pair (connect, read), got {len(pair)} values")
        return check_seconds(f"the connect part of {name}", pair[0]), check_seconds(f"the read part of {name}", pair[1])
    seconds = check_seconds(name, timeout)
    return seconds, seconds
