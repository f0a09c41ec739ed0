"""The targets of the fuzzer, each with some inputs: they still fit the code, and hold for these."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .client_targets import TARGETS as OF_CLIENT
from .sandbox_targets import TARGETS as OF_SANDBOX

WORDS = (
    b"HTTP/1.1 200 OK|GET / HTTP/1.1|\r\n|\r\n\r\n|Content-Length: 2|Transfer-Encoding: chunked|{}|[|\x00|null|{|}|\n|"
    b"2026-02-03|T04:05:06|Z|status|=|&&|~"
).split(b"|")
PIECES = st.lists(st.sampled_from(WORDS) | st.binary(max_size=8), max_size=12).map(b"".join)


@pytest.mark.parametrize("target", [*OF_CLIENT.values(), *OF_SANDBOX.values()])
@given(data=PIECES)
def test_target__holds(target: Callable[[bytes], None], data: bytes) -> None:
    """What is promised of any input holds for some that look a little like the real ones."""
    target(data)
