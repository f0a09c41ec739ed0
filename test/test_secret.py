"""Values that hide themselves, whatever they are in."""

from __future__ import annotations

import copy
import pickle
import pprint
import reprlib
from collections.abc import Callable
from enum import Enum
from itertools import product
from typing import Any

from cases import case
from proxies import Lazy

from codat_python_sdk.secret import Secret, SecretBytes, SecretValues, as_secret, plain_text

VALUE = "s3cret-" * 20


SHOWN: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "pprint": pprint.pformat,
    "reprlib": reprlib.repr,
    "tuple": lambda value: repr((1, value)),
    "dict": lambda value: repr({"a": [value]}),
    "slice": lambda value: repr(value[:30]),
    "format": lambda value: f"{value!r}",
    "merged": lambda value: repr({"a": value} | {"b": value}),
    "deepcopy": lambda value: repr(copy.deepcopy(value)),
    "pickle": lambda value: repr(pickle.loads(pickle.dumps(value))),
}


def test_secret__shows_itself_to_nobody() -> None:
    """A secret is masked wherever it is printed, also in other containers, cut to a part, and after a copy."""
    secrets: list[Any] = [Secret(VALUE), SecretBytes(VALUE.encode())]
    for (how, show), value in product(SHOWN.items(), secrets):
        with case(how, value):
            text = show(value)
            assert "s3cret" not in text
            assert "***" in text


def test_secret__works_as_the_value_it_is() -> None:
    """A secret compares, encodes and joins as the text or the bytes that it is."""
    assert Secret(VALUE) == VALUE
    assert Secret(VALUE).encode() == VALUE.encode()
    assert f"Bearer {Secret('a')}" == "Bearer a"
    assert SecretBytes(b"ab")[1] == ord("b")
    assert b"".join([SecretBytes(b"ab")]) == b"ab"
    assert "ab" not in str(SecretBytes(b"ab"))


def test_as_secret__converts_what_can_be_secret() -> None:
    """Texts, bytes and the values of a dict become secrets; anything else stays the object that it is."""
    assert isinstance(as_secret("a"), Secret)
    assert isinstance(as_secret(b"a"), SecretBytes)
    assert isinstance(as_secret({"a": {"b": "c"}})["a"]["b"], Secret)
    marker = object()
    assert as_secret(marker) is marker
    assert repr(as_secret(["a", ("b", {"c": [b"d"]}), 5])) == repr([Secret(), (Secret(), {"c": [SecretBytes()]}), 5])


class Text(str, Enum):
    """A text that prints as something else."""

    A = "value-a"


def test_as_secret__is_the_text_of_an_enum() -> None:
    """What is sent is the text itself, not what a subclass of str prints."""
    assert [as_secret(Text.A), *as_secret({"k": Text.A}).values()] == ["value-a", "value-a"]
    assert str(as_secret(Text.A)) == "value-a"


def test_secret_values__become_secret_however_they_are_put_in() -> None:
    """Each way to put a value into the dict makes a secret of it, and a copy keeps it."""
    values = SecretValues({"a": VALUE}, b=VALUE)
    values["c"] = VALUE
    values.update([("d", VALUE)], e=VALUE)
    values |= {"f": VALUE}
    assert values.setdefault("g", VALUE) == values.setdefault("a", "other") == VALUE
    copies: list[dict[str, Any]] = [
        values,
        values.copy(),
        copy.copy(values),
        copy.deepcopy(values),
        dict(values),
        values | {},
    ]
    for each_copy in copies:
        assert set(map(type, each_copy.values())) == {Secret}
    restored = pickle.loads(pickle.dumps(values))
    assert type(restored) is SecretValues
    assert restored == values == dict.fromkeys("abcdefg", VALUE)


class Mode(str, Enum):
    """An enum whose members print as their names."""

    FAST = "fast"


def test_plain_text__of_subclasses_and_proxies() -> None:
    """The text of a member of an enum is its value, and that of a proxy what it holds; both can be secrets."""
    values: list[Any] = ["fast", Mode.FAST, Secret("fast"), Lazy("fast")]
    for value in values:
        assert plain_text(value) == "fast" and plain_text(as_secret(value)) == "fast"
        assert repr(as_secret(value)) == "'**********'"
