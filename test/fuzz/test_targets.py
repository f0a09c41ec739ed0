"""The targets of the fuzzer, each with a hundred inputs: they still fit the code, and hold for these."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .client_targets import TARGETS as OF_CLIENT
from .sandbox_targets import TARGETS as OF_SANDBOX

PIECES = st.lists(
    st.sampled_from(
        [b"HTTP/1.1 200 OK", b"GET / HTTP/1.1", b"\r\n", b"\r\n\r\n", b"Content-Length: 2", b"{}", b"[", b"\x00", b"null",
         b"Transfer-Encoding: chunked", b"2026-02-03", b"T04:05:06", b"Z", b"status", b"=", b"&&", b"||", b"{", b"}", b"\n"]
    )
    | st.binary(max_size=8),
    max_size=12,
).map(b"".join)  # fmt: skip


@pytest.mark.parametrize("target", [*OF_CLIENT.values(), *OF_SANDBOX.values()])
@settings(max_examples=100)
@given(data=PIECES)
def test_target__holds(target: Callable[[bytes], None], data: bytes) -> None:
    """What is promised of any input holds for a hundred that look a little like the real ones."""
    target(data)
