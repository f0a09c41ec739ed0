"""Headers, hosts and times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from cases import case

from codat_python_sdk import ApiClient, ApiTypeError, ApiValueError, Configuration, RetryPolicy
from codat_python_sdk.checks import (
    check_header,
    check_header_name,
    check_host,
    check_seconds,
    check_timeout,
    encoded,
    split_url,
    type_name,
)
from codat_python_sdk.secret import as_secret


def test_check_host__names_what_the_caller_calls_it() -> None:
    """The error begins with the name of the setting or option."""
    cases: list[tuple[str, str]] = [
        ("codat", "must be a URL"),
        ("ftp://h", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://u:p@h", "must not contain credentials"),
        ("https://h?a=1", "must not have a query"),
        ("https://h/../x", "must not have '.' or '..'"),
        ("https://h h", "must be a URL"),
        ("https://h/50%/x", "must be a URL"),
    ]
    for host, text in cases:
        with case(host, text), pytest.raises(ApiValueError, match=f"^server_url {text}"):
            check_host(host, "server_url")


def test_check_host__without_the_trailing_slash() -> None:
    """A path and a port stay, IPv6 brackets too."""
    assert check_host("https://[::1]:8443/base%20a/") == "https://[::1]:8443/base%20a"
    assert split_url("https://h:0") is None


@pytest.mark.parametrize(
    "seconds",
    [0, -1, float("nan"), float("inf"), 10**5000, -(10**5000)],
    ids=["zero", "negative", "nan", "inf", "huge", "huge negative"],
)
def test_check_seconds__out_of_range(seconds: Any) -> None:
    """Only a positive, finite number is one; a huge one is refused without being printed."""
    with pytest.raises(ApiValueError, match="deadline must be a positive number"):
        check_seconds("deadline", seconds)


@pytest.mark.parametrize("seconds", [0, -5, -0.5])
def test_check_seconds__shows_a_short_number(seconds: float) -> None:
    """Whoever reads the error sees the value that was given."""
    with pytest.raises(ApiValueError, match=f"deadline must be a positive number of seconds or None, got {seconds}$"):
        check_seconds("deadline", seconds)


def test_check_seconds__of_the_wrong_type() -> None:
    """A text is no number, and neither is True."""
    cases: list[Any] = ["5", True, [1], b"1"]
    for seconds in cases:
        with case(seconds), pytest.raises(ApiTypeError, match="deadline must be a number of seconds"):
            check_seconds("deadline", seconds)


def test_check_timeout__of_a_pair() -> None:
    """One number is for both parts; an error says which part is wrong."""
    assert check_timeout(3) == (3.0, 3.0)
    assert check_timeout((1, None)) == (1.0, None)
    with pytest.raises(ApiTypeError, match="the read part of timeout must be"):
        check_timeout((1, "2"))


def test_check_header__names_the_type_that_the_caller_passed() -> None:
    """Bytes are called bytes, whatever class keeps them secret here."""
    for value in (b"k", as_secret(b"k")):
        with pytest.raises(ApiTypeError, match=r"^X must be a str, got bytes$"):
            check_header("X", value)


def test_check_header__keeps_the_value_out_of_the_error() -> None:
    """A line break, and a character that Latin-1 does not have, are refused without being shown."""
    for value in ("s3cret\n", "s3cret\u20ac"):
        with pytest.raises(ApiValueError, match="X must") as error:
            check_header("X", value)
        assert "s3cret" not in str(error.value)
    for name in ("", "a b", "a:", 5):
        with pytest.raises(ApiValueError, match="name must consist"):
            check_header_name(name)


def test_type_name__is_the_one_that_the_caller_passed() -> None:
    """Texts and bytes that became secrets are named as what they were."""
    assert [type_name(value) for value in (as_secret("a"), as_secret(b"a"), 5)] == ["str", "bytes", "int"]


def test_split_url__parts_hide_themselves() -> None:
    """The parts of a URL, which may hold a password, do not show themselves."""
    assert "password" not in repr(split_url("https://user:password@h"))


def test_encoded__of_half_a_surrogate_pair() -> None:
    """A text that UTF-8 cannot hold is an ApiValueError that names it, wherever it was to be sent."""
    assert encoded("name", "é", str.encode) == b"\xc3\xa9"
    client = ApiClient(Configuration(username="\ud800"))
    tries: dict[str, Callable[[], object]] = {
        "name": lambda: encoded("name", "\ud800", str.encode),
        "username or password": client.configuration.get_basic_auth_token,
        "the name of a query parameter": lambda: client.request("GET", "/x", query={"\ud800": 1}),
        "query": lambda: client.request("GET", "/x", query={"query": "\ud800"}),
        "body": lambda: client.call_api("/x", "POST", body="\ud800", header_params={"Content-Type": "text/plain"}),
    }
    for name, do in tries.items():
        with pytest.raises(ApiValueError, match=f"^{name} contains half a surrogate pair"):
            do()


class LazyNumber:
    """A proxy as Django's SimpleLazyObject is one: an int for isinstance, which float() cannot convert."""

    __class__: Any = property(lambda _: int)


USES: dict[str, Callable[[Any], object]] = {
    "seconds": lambda number: check_seconds("deadline", number),
    "policy": lambda number: RetryPolicy(max_retries=number),
    "share": lambda number: setattr(Configuration(), "quota_reserve", number),
    "size": lambda number: setattr(Configuration(), "connection_pool_maxsize", number),
}


def test_is_number__proxy_that_cannot_be_converted() -> None:
    """A proxy that is a number for isinstance only is an ApiTypeError that names its own type."""
    for name, use in USES.items():
        with case(name), pytest.raises(ApiTypeError, match="got LazyNumber"):
            use(LazyNumber())
