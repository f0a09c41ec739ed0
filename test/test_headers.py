"""Headers from several sources."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from cases import case

from codat_python_sdk import ApiTypeError, ApiValueError
from codat_python_sdk.headers import merge_headers, new_idempotency_key


def test_merge_headers__later_sources_win_in_any_case() -> None:
    """Names are compared without case, and the winner's spelling is sent."""
    merged = merge_headers({"Accept": "a", "X": "1"}, {"accept": "b"}, {"ACCEPT": "c"})
    assert dict(merged.values()) == {"ACCEPT": "c", "X": "1"}


def test_merge_headers__refuses_what_no_header_can_carry() -> None:
    """A list, a number that is no int, a line break and a name with a blank are refused before anything is sent."""
    cases: list[tuple[str, Any, type[Exception]]] = [
        ("X", ["a"], ApiTypeError),
        ("X", 1.5, ApiTypeError),
        ("X", "a\nb", ApiValueError),
        ("X Y", "a", ApiValueError),
    ]
    for name, value, error in cases:
        with case(name, value, error), pytest.raises(error):
            merge_headers({"Accept": "a"}, {name: value})


def test_merge_headers__values_hide_themselves() -> None:
    """Every value is a secret in what comes out, since any of them may be one."""
    assert "s3cret" not in repr(merge_headers({"X-Session": "s3cret"}))


def test_new_idempotency_key__is_a_random_uuid() -> None:
    """Codat wants a GUID; two calls get two."""
    first, second = new_idempotency_key(), new_idempotency_key()
    assert first != second
    assert UUID(first).version == 4
    assert re.fullmatch(r"[0-9a-f-]{36}", first)
