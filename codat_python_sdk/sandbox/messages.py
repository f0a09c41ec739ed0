"""HTTP messages as values: a received request, a response, a rejected request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

JSON = "application/json; charset=utf-8"
BODILESS = (204, 304)  # statuses of responses that never have a body
EMPTY_HEADERS: Mapping[str, str] = {}
_COMPACT = json.JSONEncoder(separators=(",", ":")).encode


class Headers(Mapping[str, str]):
    """Request headers: names compare without case, and the repr shows no values.

    Parsed when they are first read and, after `compact`, kept as the bytes that were received: a fifth of the memory.
    """

    __slots__ = ("_items", "_raw")

    def __init__(self, items: Iterable[tuple[str, str]] = (), *, raw: bytes | None = None) -> None:
        self._raw = raw
        self._items: dict[str, tuple[str, str]] | None = None if raw is not None else _by_name(items)

    @property
    def size(self) -> int:
        """About how many bytes it keeps."""
        if self._raw is not None:
            return len(self._raw)
        return sum(len(name) + len(value) + 4 for name, value in (self._items or {}).values())

    def compact(self) -> None:
        """Forget what was parsed; it is parsed again when it is read again."""
        if self._raw is not None:
            self._items = None

    def _parsed(self) -> dict[str, tuple[str, str]]:
        if self._items is None:
            self._items = _by_name(_lines(self._raw or b""))
        return self._items

    def __getitem__(self, name: str) -> str:
        return self._parsed()[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._parsed().values())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


def _lines(raw: bytes) -> Iterator[tuple[str, str]]:
    for line in raw.decode("latin-1").split("\r\n"):
        name, sign, value = line.partition(":")
        if sign:
            yield name, value


def _by_name(items: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name, value in items:
        spelled, earlier = found.get(name.lower(), (name, None))
        stripped = value.strip(" \t")
        found[name.lower()] = (spelled, stripped if earlier is None else f"{earlier}, {stripped}")
    return found


@dataclass(eq=False, slots=True)
class Request:
    """One request that the sandbox received.

    The repr shows neither query, headers nor body: they hold keys, one-time codes and authorizations.
    """

    method: str
    target: str  #: what followed the method on the wire, still percent-encoded
    headers: Headers
    body: bytes
    operation: str | None = None  #: such as "create", "companies.create"; None where no operation was asked for
    status: int | None = None  #: the status of the response; None while there is none, and where a fault swallowed it
    time: float = 0.0  #: when it came, in seconds since the epoch on the sandbox's clock
    seconds: float | None = None  #: how long the response took
    fault: str | None = None  #: the fault that it met
    error: str | None = None  #: Codat's message, where the response is an error

    @property
    def raw_path(self) -> str:
        """The path as sent: percent-encoded, without the query."""
        path = self.target.partition("?")[0]
        if path.startswith("/"):
            return path
        # A proxy's client sends the absolute form, and every server has to understand it (RFC 9112, 3.2.2).
        return re.sub(r"^https?://[^/?]*", "", path, flags=re.IGNORECASE)

    @property
    def segments(self) -> list[str]:
        """The path's segments, each decoded once: an encoded slash stays inside its segment."""
        path = self.raw_path
        segments = path.split("/")[1:]
        return [unquote(segment) for segment in segments] if "%" in path else segments

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(self.raw_path)

    @property
    def query(self) -> dict[str, str]:
        """The decoded query parameters; the first of several with one name."""
        text = self.target.partition("?")[2]
        return dict(reversed(parse_qsl(text, keep_blank_values=True))) if text else {}

    @property
    def company_id(self) -> str | None:
        """The company in its path, if there is one."""
        return self._segment("companies", 0)

    @property
    def connection_id(self) -> str | None:
        """The connection in its path, if there is one."""
        return self._segment("connections", 2)

    def _segment(self, name: str, at: int) -> str | None:
        segments = self.segments
        return segments[at + 1] if segments[at : at + 1] == [name] and len(segments) > at + 1 else None

    def json(self) -> Any:
        """The body's JSON value; None without a body.

        Raises:
            ValueError: The body is not JSON in UTF-8.
        """
        return json.loads(self.body.decode("utf-8")) if self.body else None

    def __repr__(self) -> str:
        return f"<Request {self.line}>"

    @property
    def line(self) -> str:
        """Method, path and status in one line that is safe to print: no query, no control characters."""
        return f"{printable(self.method)} {printable(self.raw_path)} {self.status or 'no response'}"


def size_of(request: Request) -> int:
    """About how many bytes a request keeps."""
    return len(request.target) + request.headers.size + len(request.body)


def printable(text: str) -> str:
    """The text with everything escaped that is not visible ASCII, or a blank."""
    return "".join(character if " " <= character <= "~" else _escape(character) for character in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


@dataclass(frozen=True, slots=True)
class Response:
    """A status, headers and a body."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: EMPTY_HEADERS)
    error: str | None = None  # Codat's message, for those who list requests

    @classmethod
    def json(cls, status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
        """A value, as JSON in ASCII."""
        body = _COMPACT(value).encode("ascii")
        return cls(status, body, JSON, headers or EMPTY_HEADERS)

    def over(self, headers: Mapping[str, str]) -> Response:
        """The same response with more headers; its own come after them."""
        return replace(self, headers={**headers, **self.headers})

    def head(self, *, date: str, close: bool) -> bytes:
        """The status line and all headers, up to and with the empty line.

        Of two headers with one name, in whatever case, the later one is sent: those of an injected fault come last.
        """
        fields = {"date": f"Date: {date}"}
        if self.status not in BODILESS:
            fields["content-length"] = f"Content-Length: {len(self.body)}"
        if self.content_type is not None:
            fields["content-type"] = f"Content-Type: {self.content_type}"
        if close:
            fields["connection"] = "Connection: close"
        fields.update((name.lower(), f"{name}: {value}") for name, value in self.headers.items())
        status_line = f"HTTP/1.1 {self.status} {_reason(self.status)}"
        return "\r\n".join([status_line, *fields.values(), "", ""]).encode("latin-1")


@lru_cache(maxsize=100)
def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Rejected(Exception):
    """A request that the rules reject, with the contents of Codat's error body.

    Args:
        status: The HTTP status.
        error: The message.
        invalid: The messages of the body's `validation` part, which is left out where there are none.
        service: The service that Codat names in the body.
        headers: Headers of the response.
    """

    def __init__(
        self,
        status: int,
        error: str,
        *,
        invalid: Iterable[str] = (),
        service: str = "PublicApi",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, error)  # what a copy is made with
        self.status = status
        self.error = error
        self.invalid: list[str] = list(invalid)
        self.service = service
        self.headers: Mapping[str, str] = headers or {}

    def __str__(self) -> str:
        return self.error


@dataclass
class ErrorBodies:
    """Makes Codat's error bodies; a correlation id for each.

    Args:
        correlation_id: Gives an id of 32 hex digits.
    """

    correlation_id: Callable[[], str]

    def response(self, rejected: Rejected) -> Response:
        """The response to a request that was rejected."""
        problems = [{"itemId": None, "message": text, "validatorName": None} for text in rejected.invalid]
        body: dict[str, Any] = {
            "statusCode": rejected.status,
            "service": rejected.service,
            "error": rejected.error,
            "correlationId": self.correlation_id(),
            **({"validation": {"errors": problems, "warnings": []}} if problems else {}),
            "canBeRetried": "Unknown",
            "detailedErrorCode": 0,
        }
        return replace(Response.json(rejected.status, body, rejected.headers), error=rejected.error)
