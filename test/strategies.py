"""What several property tests draw from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

#: What can be written in UTF-8. This is also hypothesis' own choice; but to know that a codec allows just that, it
#: encodes every character there is, which takes each process of a fresh clone three seconds.
CHARACTERS = st.characters(exclude_categories=["Cs"])


def texts(
    alphabet: Collection[str] | st.SearchStrategy[str] = CHARACTERS, *, min_size: int = 0, max_size: int | None = None
) -> st.SearchStrategy[str]:
    """Strings, of any characters unless an alphabet says otherwise."""
    return st.text(alphabet, min_size=min_size, max_size=max_size)  # noqa: TID251 - others use this function


def from_regex(regex: str, *, fullmatch: bool = False) -> st.SearchStrategy[str]:
    """Strings that contain a match, or are one."""
    return st.from_regex(regex, fullmatch=fullmatch, alphabet=CHARACTERS)  # noqa: TID251 - others use this function


#: Values of Python's simplest types.
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | texts(max_size=5) | st.binary(max_size=5)

#: Values that JSON has: the same after a round trip.
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
    max_leaves=15,
)
