"""The headers of a request, from several sources, each value a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from codat_python_sdk.checks import as_header, check_header, check_header_name
from codat_python_sdk.exceptions import ApiTypeError
from codat_python_sdk.secret import Secret

Headers = dict[str, tuple[str, str]]  # lower-case name → (name, value)

_CHECKED_NAMES = frozenset(
    {"Accept", "Accept-Encoding", "Authorization", "Content-Type", "Idempotency-Key", "User-Agent"}
)


def merge_headers(*sources: Mapping[str, Any]) -> Headers:
    """Lower-case name → (name, value), where later sources win.

    Raises:
        ApiTypeError: A value is neither a str nor an int.
        ApiValueError: A name or a value cannot go into a header.
    """
    merged: Headers = {}
    try:
        for source in sources:
            for name in source:
                value = source[name]
                if type(value) is str:
                    value = Secret(value)
                # The usual case in line: these checks run for every header of every request.
                if not (type(value) is Secret and value.isascii() and value.isprintable() and name in _CHECKED_NAMES):
                    value = check_header(check_header_name(name), as_header(name, value))
                merged[name.lower()] = (name, value)
    except (TypeError, IndexError) as error:
        if isinstance(error, ApiTypeError):
            raise
        raise ApiTypeError("headers must be a dict of texts") from None
    return merged


def new_idempotency_key() -> str:
    """A random UUID."""
    return str(_uuid4()())


@cache
def _uuid4() -> Callable[[], object]:
    from uuid import uuid4  # takes a while to import, and reading needs none

    return uuid4
