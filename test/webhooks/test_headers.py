"""Headers as frameworks hand them over."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from email.message import Message
from http.client import HTTPMessage
from types import MappingProxyType
from typing import Any

import pytest
from cases import case
from webhook_samples import BODY, OTP, SECRET, signed

from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

from .test_keys import locals_below

Headers = dict[str, str]


def environ(headers: Headers) -> dict[str, Any]:
    """WSGI's environ, and Django's META."""
    names = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    return {"REQUEST_METHOD": "POST", "wsgi.input": object(), "wsgi.version": (1, 0), "CONTENT_LENGTH": "5", **names}


def message(cls: type[Message], headers: Headers) -> Message:
    made = cls()
    for name, value in headers.items():
        made[name] = value
    return made


class Pairs:
    """Headers that are no mapping and have ``items`` all the same, as Werkzeug's."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def items(self) -> Any:
        return ((name.title(), value) for name, value in self._headers.items())


OTHERS = dict.fromkeys(["Cookie", "Session-Id", "Webhook-Token"], "canary")

FORMS: dict[str, Callable[[Headers], Any]] = {
    "dict": dict,
    "read-only": MappingProxyType,
    "title case": lambda headers: {name.title(): value for name, value in headers.items()},
    "upper case": lambda headers: {name.upper(): value for name, value in headers.items()},
    "bytes": lambda headers: {name.encode(): value.encode() for name, value in headers.items()},
    "ASGI scope": lambda headers: [(name.encode(), value.encode()) for name, value in headers.items()],
    "pairs": lambda headers: list(headers.items()),
    "lists": lambda headers: [list(pair) for pair in headers.items()],
    "iterator": lambda headers: iter(headers.items()),
    "environ": environ,
    "http.server": lambda headers: message(HTTPMessage, headers),
    "email": lambda headers: message(Message, headers),
    "no mapping": Pairs,
    "several values": lambda headers: {name: [value] for name, value in headers.items()},
    "blanks": lambda headers: {name: f" {value} " for name, value in headers.items()},
    "svix": lambda headers: {name.replace("webhook", "svix"): value for name, value in headers.items()},
    "both": lambda headers: headers | {name.replace("webhook", "svix"): value for name, value in headers.items()},
    "others besides": lambda headers: {"Host": "example.com", "webhook-other": "x", 5: 6, None: None} | headers,
    "half of the others": lambda headers: {"svix-id": "another"} | headers,
    "the same twice": lambda headers: [*headers.items(), *headers.items()],
}


def test_headers__in_every_form() -> None:
    """Whatever a framework calls headers will do."""
    for form, headers in FORMS.items():
        with case(form):
            assert Webhook(SECRET).verify(BODY, headers(signed())) == "msg_1"


def test_headers__with_signatures_on_two_lines() -> None:
    """A signature header that is there twice counts as one with all signatures."""
    pairs = [("webhook-signature", "v1,AAAA"), *signed().items()]
    assert Webhook(SECRET).verify(BODY, pairs) == "msg_1"


def test_headers__one_missing() -> None:
    """The header that is missing is named; an empty one is missing."""
    missing: list[Any] = [None, "", " ", []]
    for value, name in itertools.product(missing, signed()):
        with case(value, name):
            headers: dict[str, Any] = dict(signed())
            del headers[name]
            if value is not None:
                headers[name] = value
            with pytest.raises(WebhookVerificationError, match=f"^headers: {name} missing$") as caught:
                Webhook(SECRET).verify(BODY, headers)
            assert caught.value.check == "headers"


def test_headers__timestamp_as_an_int() -> None:
    """A timestamp that a queue or a parser has made an int is read as its digits."""
    headers: dict[str, Any] = dict(signed())
    for value in (int(headers["webhook-timestamp"]), [int(headers["webhook-timestamp"])]):
        assert Webhook(SECRET).verify(BODY, headers | {"webhook-timestamp": value}) == "msg_1"


def test_headers__of_the_wrong_type() -> None:
    """A header that is neither text nor an int is named, with its type."""
    wrong: list[Any] = [1.5, True, {"a": 1}, [["x"]], 10**5000]
    for value, name in itertools.product(wrong, signed()):
        with case(value, name):
            with pytest.raises(
                WebhookVerificationError, match=f"^headers: {name} must be a str or bytes, got "
            ) as caught:
                Webhook(SECRET).verify(BODY, signed() | {name: value})
            assert caught.value.check == "headers"


@pytest.mark.parametrize("headers", [{}, [], {"Host": "x"}, {"X-Webhook-Id": "x"}])
def test_headers__all_missing(headers: Any) -> None:
    """Without any of the three, the text says that these may not be the request's headers."""
    with pytest.raises(WebhookVerificationError, match="are missing: pass the headers of the request"):
        Webhook(SECRET).verify(BODY, headers)


NO_HEADERS: list[Any] = [None, 5, "webhook-id: x", b"x", ["webhook-id"], [("a", "b", "c")], object()]


def test_headers__that_are_none() -> None:
    """What cannot be headers is refused in words."""
    for headers in NO_HEADERS:
        with case(headers):
            with pytest.raises(
                WebhookVerificationError, match="must be a mapping, or pairs of name and value"
            ) as caught:
                Webhook(SECRET).verify(BODY, headers)
            assert caught.value.check == "headers"


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_headers__twice_with_different_values(name: str) -> None:
    """Two different ids or timestamps are refused, for it would be a guess which one was signed."""
    with pytest.raises(WebhookVerificationError, match=f"{name} occurs 2 times with different values"):
        Webhook(SECRET).verify(BODY, [(name, "7"), *signed().items()])


@pytest.mark.parametrize("value", ["msg_ü", "msg_\udc80", "msg \x00"])
def test_headers__with_odd_characters(value: str) -> None:
    """An id that no header can carry is refused as any other one that was not signed."""
    with pytest.raises(WebhookVerificationError) as caught:
        Webhook(SECRET).verify(BODY, signed() | {"webhook-id": value})
    assert caught.value.check == "signature"


def test_headers__are_in_no_local_variable() -> None:
    """Other headers of the request, such as cookies, are in no local variable of ours when a delivery is refused."""
    for body in (BODY + b" ", b"", {"parsed": OTP}):
        with pytest.raises(WebhookVerificationError) as caught:
            Webhook(SECRET).parse(body, signed() | OTHERS)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        shown = locals_below(caught.value)
        assert shown and "canary" not in shown and OTP not in shown
