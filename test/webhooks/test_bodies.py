"""The body: every kind of bytes, and what receivers do to it before it is verified."""

from __future__ import annotations

import array
import json
from typing import Any

import pytest
from cases import case
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts
from webhook_samples import BODY, SECRET, compact, event, signed

from codat_python_sdk.webhooks import Webhook, WebhookVerificationError


def refused(body: Any, headers: Any) -> WebhookVerificationError:
    with pytest.raises(WebhookVerificationError) as caught:
        Webhook(SECRET).parse(body, headers)
    return caught.value


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, bytes.decode], ids=["bytes", "array", "view", "str"])
def test_body__in_every_form(form: Any) -> None:
    """Bytes of any kind verify, and so does the text that they are the UTF-8 of."""
    assert Webhook(SECRET).parse(form(BODY), signed()).event_type == "connection.disconnected"


def test_body__in_a_view_of_other_items() -> None:
    """A view counts as the bytes that it shows."""
    numbers = array.array("I", b"[1,2,3] ")
    assert Webhook(SECRET).verify(memoryview(numbers), signed(numbers.tobytes())) == "msg_1"


@given(st.binary(min_size=1))
def test_body__of_any_bytes(body: bytes) -> None:
    """Any bytes verify if they were signed, UTF-8 or not, and are refused in words as soon as one is changed."""
    receiver = Webhook(SECRET)
    headers = receiver.sign(body)
    assert receiver.verify(body, headers) == headers["webhook-id"]
    with pytest.raises(WebhookVerificationError, match="signature"):
        receiver.verify(bytes([body[0] ^ 1]) + body[1:], headers)


@given(texts(min_size=1))
def test_body__of_any_text(body: str) -> None:
    """Any text that UTF-8 can hold verifies if it was signed."""
    receiver = Webhook(SECRET)
    assert receiver.verify(body, receiver.sign(body.encode()))


NO_OBJECTS: list[bytes] = [b"\xff\xfe{}", b'{"id": "\xe9"}', b"\x80", b"not json", b"[1]", b"5", b"{}{}"]


def test_body__that_is_no_json_object() -> None:
    """What is signed and cannot be read is refused as such, without a word of its content."""
    for body in NO_OBJECTS:
        with case(body):
            error = refused(body, signed(body))
            assert error.check == "json" and "not a JSON object" in str(error)
            assert error.__cause__ is None and error.__context__ is None


def test_body__nested_too_deeply() -> None:
    """A signed body that would end in a RecursionError is refused instead."""
    for depth in (200, 100_000):
        body = b'{"payload": ' + b"[" * depth + b"]" * depth + b"}"
        assert refused(body, signed(body)).check == "json"
        assert refused(body + b" ", signed(body)).check == "signature"


def test_body__with_a_byte_order_mark() -> None:
    """A byte order mark that was signed does no harm."""
    body = b"\xef\xbb\xbf" + BODY
    assert Webhook(SECRET).parse(body, signed(body)).event_type == "connection.disconnected"


@pytest.mark.parametrize("body", [event(), [1], [], {}])
def test_body__parsed_before(body: Any) -> None:
    """A dict or a list is refused with where the raw body is found in each framework."""
    error = refused(body, signed())
    assert error.check == "body" and "it was parsed before" in str(error)
    for words in ("await request.body()", "request.get_data()", "request.body"):
        assert words in str(error)


def test_body__of_another_type() -> None:
    """Anything else that is not bytes is named by its type."""
    for body in [None, 5, object(), (1, 2), 1.5, True]:
        with case(body):
            error = refused(body, signed())
            assert error.check == "body" and f"got {type(body).__name__}" in str(error)


def test_body__not_awaited() -> None:
    """A body that has to be awaited says so."""

    async def body() -> bytes:
        return BODY

    waiting = body()
    try:
        assert "await it first" in str(refused(waiting, signed()))
    finally:
        waiting.close()


@pytest.mark.parametrize("body", [b"", "", bytearray(), memoryview(b"")])
def test_body__empty(body: Any) -> None:
    """An empty body is most likely one that was read before."""
    error = refused(body, signed(b""))
    assert error.check == "body" and "was it read before" in str(error)


def test_body__of_lone_surrogates() -> None:
    """Text that UTF-8 cannot hold is refused in words."""
    error = refused('{"a": "\udcff"}', signed())
    assert error.check == "body" and "a str that UTF-8 cannot hold" in str(error)
    assert error.__context__ is None


#: What was signed → what receivers make of it.
ENCODED_AGAIN = {
    "Python's own spelling": (BODY, json.dumps(event()).encode()),
    "compact, ASCII only": (BODY, json.dumps(event(), separators=(",", ":")).encode()),
    "indented": (BODY, json.dumps(event(), indent=2).encode()),
    "Python's own spelling, made compact": (json.dumps(event()).encode(), compact(event())),
    "escapes resolved": (b'{"name":"M\\u00fcller"}', '{"name":"M\u00fcller"}'.encode()),
    "escaped": ('{"name": "M\u00fcller"}'.encode(), b'{"name":"M\\u00fcller"}'),
    "a line end less": (BODY + b"\n", BODY),
    "a line end more": (BODY, BODY + b"\r\n"),
    "other line ends": (b'{\n"a":1\n}', b'{\r\n"a":1\r\n}'),
    "a byte order mark": (BODY, b"\xef\xbb\xbf" + BODY),
}


def test_body__encoded_again() -> None:
    """The same JSON in another spelling is refused, and the text says for certain what happened."""
    for name, (sent, received) in ENCODED_AGAIN.items():
        with case(name):
            error = refused(received, signed(sent))
            assert error.check == "signature"
            assert "the signature matches the same JSON in another spelling" in str(error)


def test_body__encoded_again_from_another_secret() -> None:
    """Where nothing fits, both reasons are named."""
    error = refused(json.dumps(event()).encode(), signed(key=b"another key"))
    assert "another consumer's" in str(error) and "parsed and encoded again" in str(error)


@pytest.mark.parametrize("made", [str, repr])
def test_body__as_python_writes_it(made: Any) -> None:
    """A dict or bytes that were turned into text are recognised."""
    assert "Python's repr" in str(refused(made(event()), signed()))
    assert "Python's repr" in str(refused(made(BODY), signed()))
