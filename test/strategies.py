"""What several property tests draw from."""

from __future__ import annotations

from hypothesis import strategies as st

#: Values of Python's simplest types.
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5)
