"""Values become a request: what an endpoint is, and how its arguments turn into path, query, headers and body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import cache, lru_cache
from json import JSONEncoder
from string import ascii_letters, digits
from typing import Any, Generic, Literal, TypeVar, cast
from urllib.parse import quote, quote_plus

from codat_python_sdk.checks import check_header
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.retries import KEYED_METHODS
from codat_python_sdk.secret import SecretValues, as_secret
from codat_python_sdk.values import Types, check, json_form

T = TypeVar("T")

MergedHeaders = dict[str, tuple[str, str]]  # lower-case name → (name, value)


class Unset(Enum):
    """The type of ``UNSET``."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return self.value


#: Marks an argument that was left out, where None would mean something else.
UNSET: Literal[Unset.UNSET] = Unset.UNSET

_SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_encode_json = JSONEncoder(allow_nan=False, separators=(",", ":"), default=json_form).encode
_HEADER_NAME_CHARACTERS = frozenset("!#$%&'*+-.^_`|~" + digits + ascii_letters)


class Operation(Generic[T]):
    """What one endpoint is.

    Args:
        method: HTTP method.
        path: Path with ``{parameters}`` under their JSON names. Each stands for one segment, a str.
        returns: Class of the result.
        query: Type of each query parameter by its JSON name, in the order of sending.
        body: Name of the argument that becomes the body, and the types it may have.
    """

    def __init__(
        self,
        method: str,
        path: str,
        returns: type[T],
        *,
        query: Mapping[str, type] | None = None,
        body: tuple[str, Types] | None = None,
    ) -> None:
        self.method = method
        self.returns: Types = (returns,)
        parts = path.split("/")
        self.name: str = "_".join(snake_case(part.strip("{}")) for part in [*parts[1:], method.lower()])
        self.headers: dict[str, str] = {"Accept": "application/json"}
        if body is not None:
            self.headers["Content-Type"] = "application/json"
        self._template = "/".join("%s" if part.startswith("{") else part for part in parts)
        self.path_parameters = tuple(snake_case(part.strip("{}")) for part in parts if part.startswith("{"))
        self._query = [(snake_case(name), name, (kind,)) for name, kind in (query or {}).items()]
        self._body = body
        self._body_classes = tuple(t for t in body[1] if isinstance(t, type)) if body is not None else ()

    def target(self, values: Mapping[str, Any], check_types: bool, safe: str) -> str:
        """Path and query for these arguments.

        Raises:
            ApiTypeError: One has the wrong type.
            ApiValueError: One would address something else, or cannot be encoded.
        """
        segments: list[str] = []
        for name in self.path_parameters:
            value = values[name]
            if type(value) is not str:
                value = url_text(name, _argument(name, value, (str,), check_types))
            segments.append(path_segment(name, value, safe))
        path = self._template % tuple(segments)
        if not self._query:
            return path
        pairs = [
            (json_name, _argument(name, values[name], types, check_types))
            for name, json_name, types in self._query
            if values[name] is not UNSET
        ]
        return path + query_string(pairs)

    def content(self, values: Mapping[str, Any], check_types: bool) -> bytes | None:
        """The body for these arguments; None when there is none to send."""
        if self._body is None or values[self._body[0]] is UNSET:
            return None
        name, types = self._body
        value = values[name]
        if not isinstance(value, self._body_classes):
            _argument(name, value, types, check_types)
        return json_body(value)


def snake_case(name: str) -> str:
    """``companyId`` as ``company_id``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _argument(name: str, value: Any, types: Types, check_types: bool) -> Any:
    if check_types:
        check(value, types, name)
    elif value is None:
        raise ApiValueError(f"{name} must not be None; leave it out instead", [name])
    return value


@lru_cache(maxsize=1024)  # processes ask for the same companies again and again
def path_segment(name: str, text: str, safe: str = "") -> str:
    """A text as exactly one segment of a path.

    Raises:
        ApiValueError: It would address another endpoint, or nothing at all.
    """
    if text in ("", ".", ".."):
        raise ApiValueError(f"{name} must be an id, got {text!r}, which would address another endpoint", [name])
    if _has_control_character(text):
        raise ApiValueError(f"{name} must not contain control characters", [name])
    segment = _encoded(name, text, lambda t: quote(t, safe=safe))
    if safe and any(part in ("", ".", "..") for part in segment.split("/")):
        raise ApiValueError(f"{name} must not contain '.' or '..' between slashes, nor empty parts", [name])
    return segment


def resource(path: str) -> str:
    """A path of an endpoint, if it is one.

    Raises:
        ApiValueError: Behind a host it would mean another host, or break out of the request line.
    """
    if not path.startswith("/") or _has_control_character(path) or any(c in path for c in " \\#"):
        raise ApiValueError("resource_path must start with '/' and be without spaces, '\\', '#' and control characters")
    return path


def query_string(pairs: list[tuple[str, Any]]) -> str:
    """``?a=1&b=x+y``, or nothing."""
    encoded = [f"{quote_plus(name)}={_encoded(name, url_text(name, value), quote_plus)}" for name, value in pairs]
    return "?" + "&".join(encoded) if encoded else ""


def _has_control_character(text: str) -> bool:
    return any(c <= "\x1f" or "\x7f" <= c <= "\x9f" for c in text)


def url_text(name: str, value: Any) -> str:
    """A value as it stands in a URL, not yet encoded; raises ApiValueError."""
    try:
        return str.__str__(value) if isinstance(value, str) else str(value)  # an enum's value, not its name
    except ValueError:
        raise ApiValueError(f"{name} has too many digits", [name]) from None


def _encoded(name: str, text: str, encode: Callable[[str], str]) -> str:
    try:
        return encode(text)
    except UnicodeEncodeError:
        raise ApiValueError(f"{name} contains half a surrogate pair, which cannot be encoded", [name]) from None


def json_body(value: Any) -> bytes:
    """A value as JSON.

    Raises:
        ApiValueError: JSON has no form for it.
    """
    try:
        return _encode_json(value).encode()
    except ApiValueError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise ApiValueError(f"the body cannot be written as JSON: {error}") from error


def merge_headers(*sources: Mapping[str, Any]) -> MergedHeaders:
    """Lower-case name → (name, value), where later sources win.

    Raises:
        ApiTypeError: A value is not a str.
        ApiValueError: A name or a value cannot go into a header.
    """
    merged: MergedHeaders = {}
    for source in sources:
        for name in cast("Iterable[Any]", source):
            if not isinstance(name, str) or not (name and _HEADER_NAME_CHARACTERS.issuperset(name)):
                raise ApiValueError("a header's name must consist of letters, digits and dashes")
            merged[name.lower()] = (name, check_header(name, as_secret(source[name])))
    return merged


class HeaderCache:
    """The headers that calls have in common, merged once and kept as long as what they are made of stays the same."""

    def __init__(self) -> None:
        self._merged: dict[tuple[object, ...], tuple[MergedHeaders, dict[str, str]]] = {}

    def merged(
        self, own: Mapping[str, str], default: Mapping[str, str], auth: str | None
    ) -> tuple[MergedHeaders, dict[str, str]]:
        """A call's own headers, the client's defaults and the credentials: as ``merge_headers`` has them, and plain.

        Both are shared by all calls, and not to be changed.
        """
        signature = (auth, *own.items(), *default.items())
        cached = self._merged.get(signature)
        if cached is None:
            credentials = {} if auth is None else {"Authorization": auth}
            merged = merge_headers({"Accept-Encoding": "gzip, deflate"}, own, default, credentials)
            cached = merged, dict(merged.values())
            if len(self._merged) >= _MOST_CACHED:  # credentials change, but only one is of use
                self._merged.clear()
            self._merged[signature] = cached
        return cached


_MOST_CACHED = 16


def collect(pairs: Iterable[tuple[str, Any]], formats: Mapping[str, str]) -> list[tuple[str, Any]]:
    """Query parameters with their lists joined, or repeated (``multi``), as OpenAPI's collection formats say."""
    collected = list[tuple[str, Any]]()
    for name, value in pairs:
        if name not in formats:
            collected.append((name, value))
        elif formats[name] == "multi":
            collected.extend((name, item) for item in value)
        else:
            collected.append((name, _SEPARATORS.get(formats[name], ",").join(map(str, value))))
    return collected


def new_key() -> str:
    """A fresh idempotency key."""
    return str(_uuid4()())


@cache
def _uuid4() -> Callable[[], object]:
    from uuid import uuid4  # reading does without

    return uuid4


def given_key(options: Mapping[str, Any]) -> dict[str, str]:
    """The caller's own idempotency key as a header, if there is one."""
    key = options.get("_idempotency_key")
    if key is None:
        return {}
    if not check_header("_idempotency_key", key).strip():
        raise ApiValueError("_idempotency_key must not be empty", ["_idempotency_key"])
    return {"Idempotency-Key": key}


def check_options(options: dict[str, Any], method: str) -> None:
    """Refuse what no method, or not this one, takes; and keep the extra headers out of sight.

    Raises:
        ApiTypeError: Names the keyword.
    """
    from codat_python_sdk.options import KNOWN_OPTIONS  # which few calls have any of

    for name in options:
        if name not in KNOWN_OPTIONS:
            raise ApiTypeError(f"unexpected keyword argument {name!r}", [name])
        if name == "_idempotency_key" and method not in KEYED_METHODS:
            raise ApiTypeError(f"{name!r} is for POST and PATCH; the service ignores it on {method}", [name])
    if options.get("_headers") is not None:
        check(options["_headers"], (Mapping,), "_headers")
        options["_headers"] = SecretValues(options["_headers"])
