"""The quick reading of plain heads is ``http.client``'s: the same response or error, and the same bytes left."""

from __future__ import annotations

import http.client
import io
import time
from itertools import product
from typing import Any

import pytest
from cases import case
from conftest import MakeApi
from faulty import call
from hypothesis import example, given
from hypothesis import strategies as st
from server import CONNECTION, ScriptedServer, http_response
from strategies import texts

from codat_python_sdk.rest.heads import Response
from codat_python_sdk.rest.plain_heads import PlainHeadResponse
from codat_python_sdk.sandbox import Sandbox

PLAIN = (
    b"HTTP/1.1 200 OK\r\nDate: Tue, 03 Feb 2026 04:05:06 GMT\r\nContent-Type: application/json; charset=utf-8\r\n"
    b"Connection: keep-alive\r\nX-Rate-Limit-Remaining: 999\r\nContent-Length: 2\r\n\r\n{}"
)


class Pieces(io.RawIOBase):
    """What a socket gives: the bytes in pieces, then nothing."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next piece."""
        if not self._pieces:
            return 0
        piece, self._pieces[:1] = self._pieces[0][: len(buffer)], [self._pieces[0][len(buffer) :]]
        self._pieces = [rest for rest in self._pieces if rest]
        buffer[: len(piece)] = piece
        return len(piece)


class Socket:
    """As much of a socket as a response needs."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    def makefile(self, _: str) -> io.BufferedReader:
        """The bytes."""
        return io.BufferedReader(Pieces(*self._pieces))

    def gettimeout(self) -> None:
        """There is none."""


def result(cls: type[Response], pieces: tuple[bytes, ...], method: str = "GET") -> Any:
    """All that a response of this class is after its head, and the bytes that are left; or its error."""
    response = cls(Socket(*pieces), method=method)
    fp = response.fp
    try:
        response.begin()
    except (http.client.HTTPException, ValueError, OSError) as error:
        return type(error), str(error), None if fp.closed else fp.read()
    message = response.msg
    return (
        (response.status, response.code, response.reason, response.version),
        (response.length, response.chunked, response.will_close, response.isclosed()),
        (message.items(), response.getheaders(), message.is_multipart(), message.get_payload()),
        [type(defect) for defect in message.defects],
        response.headers is message,
        fp.read(),
    )


def assert_same(pieces: tuple[bytes, ...], method: str = "GET") -> None:
    """Both classes make the same of it."""
    assert result(PlainHeadResponse, pieces, method) == result(Response, pieces, method)


def is_read_quickly(head: bytes, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether ``http.client`` has nothing to do with it."""
    parsed: list[Response] = []

    def begin(response: Response) -> None:
        parsed.append(response)

    with monkeypatch.context() as patch:
        patch.setattr(Response, "begin", begin)
        PlainHeadResponse(Socket(head)).begin()
    return not parsed


# -- for all bytes -----------------------------------------------------------------------------------------------------

NAMES = (
    st.sampled_from(
        ["Content-Length", "content-length", "Connection", "Transfer-Encoding", "Content-Type", "Keep-Alive", "X-A"]
    )
    | texts("!#$%&'*+.^_`|~09AZaz-", min_size=1, max_size=9)
    | texts(st.characters(max_codepoint=255), max_size=5)
)
VALUES = (
    st.sampled_from(
        [
            "2",
            "0",
            "007",
            "-1",
            "+2",
            "2, 2",
            "2 ",
            "1_0",
            "9" * 16,
            "9" * 5000,
            "close",
            "keep-alive, Close",
            "chunked",
        ]
    )
    | texts(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
    | texts(st.characters(max_codepoint=255), max_size=9)
)
STATUS_LINES = st.sampled_from(
    [f"HTTP/1.1 {status} Reason" for status in (100, 103, 199, 200, 204, 304, 404, 599, 600, 999)]
    + ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1  200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 200 A  B ", "HTTP/2 200 OK"]
    + ["HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 +200 OK", "ICY 200 OK", "", "HTTP/1.1 200 \xe9", "X: y"]
)
SEPARATORS = st.sampled_from([": ", ":", ":\t", ":  ", " : "])
LINE_ENDS = st.sampled_from(["\r\n"] * 12 + ["\n", "\r", "\r\r\n", "\r\n ", ""])


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Something like a head and a body, mostly a good one."""
    fields = st.builds("".join, st.tuples(NAMES, SEPARATORS, VALUES))
    lines = [draw(STATUS_LINES), *draw(st.lists(fields, max_size=6))]
    data = "".join(line + draw(LINE_ENDS) for line in lines).encode("latin-1") + draw(LINE_ENDS).encode()
    return data + draw(st.binary(max_size=9))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A plain head with some bytes replaced, taken out or put in."""
    data = bytearray(PLAIN)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2) | st.sampled_from([b"\r\n", b"\n", b":"]))
    return bytes(data)


@given(
    data=heads() | mutated() | st.binary(max_size=60),
    cut=st.integers(0, 300),
    method=st.sampled_from(["GET", "GET", "HEAD", "POST"]),
)
@example(data=b"", cut=0, method="GET")
@example(data=PLAIN, cut=0, method="HEAD")
def test_plain_head__is_what_http_client_reads(data: bytes, cut: int, method: str) -> None:
    """Whatever comes, in one piece or two: the same response and the same bytes behind it, or the same error."""
    assert_same((data[:cut], data[cut:]), method)


def test_plain_head__with_many_fields() -> None:
    """The limit on the number of headers is http.client's, whatever it is on this Python."""
    for count in (63, 64, 65, 98, 99, 100, 101):
        with case(count):
            assert_same((b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(count)) + b"\r\nrest",))


def test_plain_head__with_a_long_line() -> None:
    """The limit on the length of a line is http.client's as well."""
    for size in (8000, 8150, 8192, 65_530, 65_537):
        with case(size):
            assert_same((b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * size + b"\r\nContent-Length: 4\r\n\r\nrest",))


def test_plain_head__in_usual_forms() -> None:
    """Status, reason, length and whether the connection ends are the same for the forms that services send."""
    statuses = ["200 OK", "204 No Content", "304 Not Modified", "404  Not  Found ", "500", "599 "]
    headers = [
        "",
        "Connection: close\r\n",
        "Connection: Keep-Alive, CLOSE\r\nContent-Length: 4\r\n",
        "content-length:   4\r\n",
        f"Content-Length: {'9' * 15}\r\n",
        f"Content-Length: {'9' * 5000}\r\n",
        "X-Text: a\xe9\r\n",
    ]
    for status, lines in product(statuses, headers):
        with case(status, lines):
            assert_same((f"HTTP/1.1 {status}\r\n{lines}\r\nrest".encode("latin-1"),))


# -- what is plain -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.1 204 ", b"HTTP/1.1 599"])
def test_plain_head__is_read_quickly(start: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The heads that Codat and its gateways send do not go through the email package."""
    assert is_read_quickly(start + PLAIN[PLAIN.index(b"\r\n") :], monkeypatch)


@pytest.mark.parametrize(("digits", "quickly"), [(15, True), (16, False)])
def test_length__is_read_quickly_up_to_15_digits(digits: int, quickly: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """No body has a length of more digits, and what http.client makes of such a head is its own."""
    head = PLAIN.replace(b"Length: 2", b"Length: " + b"9" * digits)
    assert is_read_quickly(head, monkeypatch) is quickly
    assert_same((head,))


@pytest.mark.parametrize(
    "head",
    [
        PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        PLAIN.replace(b"200", b"103"),
        PLAIN.replace(b"200", b"600"),
        PLAIN.replace(b"Date: ", b"Date : "),
        PLAIN.replace(b"Date: ", b" Date: "),
        PLAIN.replace(b"keep-alive", b"keep-\xe4live"),
        PLAIN.replace(b"\r\n", b"\n"),
        PLAIN.replace(b"Date", b"Connection"),
        PLAIN.replace(b"Date: ", b"Transfer-Encoding: "),
        PLAIN.replace(b"Length: 2", b"Length: 2, 2"),
        PLAIN.replace(b"Length: 2", b"Length: -2"),
        PLAIN[:-4],
    ],
    ids=range(12),
)
def test_odd_head__is_left_to_http_client(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything that is out of the ordinary is read by http.client, from its first byte on."""
    assert not is_read_quickly(head, monkeypatch)
    assert_same((head,))


def test_call__does_without_the_email_package(
    server: ScriptedServer,
    make_api: MakeApi,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:
    """A successful call and a refused one, here and on the sandbox, parse no head with the email package."""
    if pytestconfig.getoption("--standard-heads"):
        pytest.skip("http.client reads all heads with --standard-heads")

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("a head was read by http.client")

    server.script(http_response(CONNECTION))
    with monkeypatch.context() as patch:
        patch.setattr(http.client, "parse_headers", refuse)
        assert call(make_api(), "get").headers["content-type"].startswith("application/json")
        with pytest.raises(Exception, match="401"):
            call(make_api(host=sandbox.url), "get")


def test_head__of_blanks_is_read_as_quickly_as_one_of_letters() -> None:
    """A line of 8,000 blanks with a character that no value may have is found out in one go, not once per blank."""
    best = dict.fromkeys((b" ", b"x"), float("inf"))
    for _ in range(5):
        for character in best:
            head = b"HTTP/1.1 200 OK\r\nA:" + character * 8_000 + b"\x01\r\nContent-Length: 0\r\n\r\n"
            started = time.process_time()
            assert result(PlainHeadResponse, (head,)) == result(Response, (head,))
            best[character] = min(best[character], time.process_time() - started)
    assert best[b" "] <= 30 * best[b"x"]
