"""Path segments and queries."""

from __future__ import annotations

import uuid
from enum import Enum, IntEnum
from typing import Any

import pytest
from cases import case

from codat_python_sdk import ApiTypeError, ApiValueError
from codat_python_sdk.url import (
    apply_collection_formats,
    check_resource_path,
    is_uuid,
    path_segment,
    query_string,
    repeat_lists,
    url_text,
)


def test_query_string__of_nothing_is_nothing() -> None:
    """Without parameters there is no question mark; names are encoded like values."""
    assert query_string([]) == ""
    assert query_string([("a b&c", "d e")]) == "?a+b%26c=d+e"


def test_url_text__of_what_has_none() -> None:
    """A number that Python does not spell, and what a URL has no form for, are refused by name."""
    with pytest.raises(ApiValueError, match="thing has too many digits"):
        url_text("thing", 10**5000)
    for value in ({"a": 1}, ["a"], {"a"}, b"a", None, object()):
        with pytest.raises(ApiTypeError, match="thing must be a text, a number, a boolean, a date or a UUID") as caught:
            url_text("thing", value)
        assert caught.value.path_to_item == ["thing"]


class Size(IntEnum):
    """A number that prints as something else before Python 3.11."""

    TWO = 2


class Direction(Enum):
    """A text that does so always."""

    UP = "up"


def test_url_text__of_an_enum_is_that_of_its_value() -> None:
    """Enums stand in URLs as their values."""
    cases: list[tuple[Any, str]] = [(Size.TWO, "2"), (Direction.UP, "up"), (True, "true"), (3, "3")]
    for value, text in cases:
        with case(value, text):
            assert url_text("thing", value) == text


def test_path_segment__names_the_parameter() -> None:
    """The error says which one, and why."""
    with pytest.raises(ApiValueError, match=r"thing must be an id, got '\.\.', which would address another endpoint"):
        path_segment("thing", "..")


def test_path_segment__dots_that_are_encoded_already() -> None:
    """Where percent signs are not encoded, an id is refused that a server would decode to dots."""
    for text in ("%2e%2E", ".%2e", "%2e", "a/%2e%2e/b"):
        with case(text):
            assert "%25" in path_segment("thing", text)
            with pytest.raises(ApiValueError, match=r"thing must not contain '\.' or '\.\.'"):
                path_segment("thing", text, "%/")


def test_path_segment__refuses_control_characters() -> None:
    """Every control character of Unicode is refused, wherever it stands."""
    for character in ("\x00", "\x1f", "\x7f", "\x80", "\x9f"):
        with case(character), pytest.raises(ApiValueError, match="thing must not contain control characters"):
            path_segment("thing", f"a{character}b")


def test_path_segment__encodes_all_other_characters() -> None:
    """What may be part of an id and not of a path is encoded as UTF-8."""
    cases: list[tuple[str, str]] = [("a b", "a%20b"), ("~", "~"), ("{", "%7B"), ("\xa0", "%C2%A0"), ("ü/", "%C3%BC%2F")]
    for text, expected in cases:
        with case(text, expected):
            assert path_segment("thing", text) == expected


def test_apply_collection_formats__each_format() -> None:
    """Lists are joined, or repeated, as their collection format says; other parameters stay."""
    cases: list[tuple[str, Any]] = [
        ("csv", [("n", "a,b c")]),
        ("ssv", [("n", "a b c")]),
        ("tsv", [("n", "a\tb c")]),
        ("pipes", [("n", "a|b c")]),
        ("multi", [("n", "a"), ("n", "b c")]),
    ]
    for style, expected in cases:
        with case(style, expected):
            applied = apply_collection_formats([("n", ["a", "b c"]), ("other", 1)], {"n": style})
            assert applied == [*expected, ("other", 1)]


def test_repeat_lists__leaves_out_none() -> None:
    """Without a format a list repeats its parameter; None is left out, in a list as well."""
    assert repeat_lists([("a", [1, None, True]), ("b", None), ("c", "x")]) == [("a", 1), ("a", True), ("c", "x")]
    assert query_string(repeat_lists([("a", [True, False])])) == "?a=true&a=false"


def test_check_resource_path__refuses_what_leaves_the_host() -> None:
    """A path that does not start with a slash, or that would break the request line, is refused."""
    cases: list[Any] = ["companies", "/a b", "/a\\b", "/a#b", "/a\nb", 5, None, ""]
    for path in cases:
        with case(path), pytest.raises(ApiValueError, match="must start with '/'"):
            check_resource_path(path)


def test_is_uuid__of_the_standard_library() -> None:
    """A uuid.UUID is one, its text is not."""
    assert is_uuid(uuid.uuid4())
    assert not is_uuid(str(uuid.uuid4()))
