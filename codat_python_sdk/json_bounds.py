"""How much there is in a JSON text, found out before it is parsed: a small body can hold a gigabyte of objects."""

from __future__ import annotations

#: A page of 5,000 companies with eight connections each has 650,000.
MAX_VALUES = 2_000_000
#: Characters of a text in which they are not counted: it cannot hold enough to do harm.
HARMLESS_LENGTH = 4 * 1024 * 1024
#: Characters that are looked at together.
_SLICE = 1024 * 1024


def has_too_many_values(text: str) -> bool:
    """Whether a JSON text holds more than ``MAX_VALUES`` values: objects, arrays, strings, numbers, literals."""
    if _marks(text) < MAX_VALUES:
        return False
    if "\\" in text:  # every quote that is left begins or ends a string
        text = text.replace("\\\\", "").replace('\\"', "")
    count, in_string = 1, 0
    for start in range(0, len(text), _SLICE):
        parts = text[start : start + _SLICE].split('"')
        outside = '"'.join(parts[in_string::2])  # what is in a string is no mark
        in_string ^= (len(parts) - 1) & 1
        count += _marks(outside) - outside.count("[]") - outside.count("{}")
        if not in_string and text[start + _SLICE - 1 : start + _SLICE + 1] in ("[]", "{}"):
            count -= 1
        if count > MAX_VALUES:
            break
    return count > MAX_VALUES


def _marks(text: str) -> int:
    """Commas and opening brackets. Each value but the first comes after one, unless it is in an empty container."""
    return text.count(",") + text.count("[") + text.count("{")
