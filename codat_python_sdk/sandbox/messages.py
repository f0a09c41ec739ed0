"""What goes over the wire, as values: a request that was seen, an answer to be sent, a refusal."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote


class Headers(Mapping[str, str]):
    """Request headers: names compare without case, and the repr shows no values."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: dict[str, tuple[str, str]] = {}
        for name, value in items:
            spelled, earlier = self._items.get(name.lower(), (name, ""))
            self._items[name.lower()] = (spelled, f"{earlier}, {value.strip()}" if earlier else value.strip())

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self)})"


@dataclass(eq=False, repr=False)
class Request:
    """One request that the sandbox saw.

    The repr shows neither query, headers nor body: they hold keys, one-time codes and authorizations.
    """

    method: str
    target: str  #: what followed the method on the wire, still percent-encoded
    headers: Headers
    body: bytes
    operation: str | None = None  #: which of the six operations, by its friendly name
    status: int | None = None  #: the status answered; None while unanswered, and for an answer that a fault swallowed

    @property
    def raw_path(self) -> str:
        """The path as sent: percent-encoded, without the query."""
        # A proxy's client sends the absolute form, and every server has to understand it (RFC 9112, 3.2.2).
        return re.sub(r"^https?://[^/?]*", "", self.target.partition("?")[0], flags=re.IGNORECASE)

    @property
    def segments(self) -> list[str]:
        """The path's segments, each decoded once: an encoded slash stays inside its segment."""
        return [unquote(segment) for segment in self.raw_path.split("/")[1:]]

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> dict[str, str]:
        """The decoded query parameters; the first of several with one name."""
        pairs = parse_qsl(self.target.partition("?")[2], keep_blank_values=True)
        return dict(reversed(pairs))

    def __repr__(self) -> str:
        return f"<Request {self.line}>"

    @property
    def line(self) -> str:
        """Method, path and status in one line that is safe to print: no query, no control characters."""
        path = self.raw_path.encode("unicode_escape").decode("ascii")
        return f"{self.method} {path} {self.status or 'no answer'}"


@dataclass(frozen=True)
class Answer:
    """A status, headers and a body."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def json(cls, status: int, value: object, headers: Mapping[str, str] | None = None) -> Answer:
        """A value, as JSON in ASCII."""
        body = json.dumps(value, separators=(",", ":")).encode("ascii")
        return cls(status, body, "application/json; charset=utf-8", headers or {})

    @classmethod
    def error(
        cls, status: int, error: str, *, invalid: Iterable[str] = (), headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Codat's error body; `invalid` are the messages of its `validation` part."""
        problems = [{"itemId": None, "message": message, "validatorName": None} for message in invalid]
        body: dict[str, Any] = {
            "statusCode": status,
            "service": "PublicApi",
            "error": error,
            "correlationId": uuid.uuid4().hex,
            "validation": {"errors": problems, "warnings": []} if problems else None,
            "canBeRetried": "Unknown",
            "detailedErrorCode": 0,
        }
        return cls.json(status, body, headers)

    def over(self, headers: Mapping[str, str]) -> Answer:
        """The same answer with more headers, where it has none of its own by these names."""
        return replace(self, headers={**headers, **self.headers})

    def head(self, *, date: str, close: bool) -> bytes:
        """The status line and all headers, up to and with the empty line."""
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unknown"
        headers = {"Date": date, "Content-Length": str(len(self.body))}
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        if close:
            headers["Connection"] = "close"
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{k}: {v}" for k, v in {**headers, **self.headers}.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Refused(Exception):
    """A request that the rules turn down, with the answer it gets."""

    def __init__(
        self, status: int, error: str, *, invalid: Iterable[str] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(error)
        self.answer: Answer = Answer.error(status, error, invalid=invalid, headers=headers)
