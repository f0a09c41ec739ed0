"""Heads of responses that are written in the usual form, read without the email package.

``http.client`` takes 55 µs for the head of a response from Codat, an eighth of a whole GET, and this file 10 µs (Python
3.11). It knows one strict form. Whatever is written in another one, or is not there as a whole yet, stays in the buffer
for ``http.client``, so that errors, limits, chunks and oddities are its own.
"""

from __future__ import annotations

import http.client
import re
from typing import Any

from codat_python_sdk.rest.heads import Response

_STATUS_LINE = re.compile(r"HTTP/1\.1 ([2-5][0-9][0-9])(?: ([ -~]*))?\r\n")
# A value begins and ends with something else than a blank, so that each blank can be read in one way only: 8,000 in one
# line take no time.
_FIELD_LINE = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+): *((?:[!-~](?:[ -~]*[!-~])?)?)\r\n", re.MULTILINE)
# Less than http.client takes: 100 lines of 65,536 bytes.
_MAX_HEAD = 8_192
_MAX_FIELDS = 64
_MAX_DIGITS = 15


class PlainMessage(http.client.HTTPMessage):
    """Header fields that are printable ASCII."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        super().__init__()
        self._headers = fields

    def items(self) -> list[tuple[str, str]]:
        """Names and values, of which there is nothing to decode: 1 µs for seven fields instead of 7."""
        return [*self.raw_items()]

    def get_payload(self, *_: Any, **__: Any) -> Any:
        """Nothing: urllib3 looks for what could not be read as a field, and the base class for ways to decode it."""
        return ""


class PlainHeadResponse(Response):
    """A response that begins quickly if it can."""

    def begin(self, **limits: Any) -> None:
        """Read the head."""
        if self.headers is not None:
            return
        if limits or self.debuglevel > 0:
            super().begin(**limits)
            return
        buffered: bytes = self.fp.peek()
        size = buffered.find(b"\r\n\r\n", 0, _MAX_HEAD) + 4
        head = buffered[:size].decode("latin-1")
        start, fields = _STATUS_LINE.match(head), _FIELD_LINE.findall(head)
        values = dict[str, str]()
        for name, value in fields:
            values[name.lower()] = value
        length = values.get("content-length", "0")
        if (
            start is None
            or len(fields) != head.count("\n") - 2  # a line is no field
            or len(fields) != len(values)  # a name is there twice
            or len(fields) > _MAX_FIELDS
            or "transfer-encoding" in values
            or not length.isdecimal()
            or len(length) > _MAX_DIGITS
        ):
            super().begin()
            return
        self.fp.read(size)
        self.headers = self.msg = PlainMessage(fields)
        self.code = self.status = int(start[1])
        self.reason = (start[2] or "").strip()
        self.version = 11
        self.chunked = False
        self.length = int(length) if "content-length" in values else None
        if self.status in (204, 304) or self._method == "HEAD":
            self.length = 0
        self.will_close = self.length is None or "close" in values.get("connection", "").lower()
