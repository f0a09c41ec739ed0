"""Responses that are too large, too deep or broken end in an exception, not in a dead worker or a dead client."""

from __future__ import annotations

import gzip
import json
import random
import struct
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product

import pytest
from cases import case
from conftest import MakeApi
from faulty import METHODS, QUICK, call
from prepared import Prepared
from server import CONNECTION, Reply, ScriptedServer, cut, http_response, page

from codat_python_sdk import ApiException, RetryPolicy
from codat_python_sdk.exceptions import BadRequestException, UnreadableResponseException

LIMIT = 10_000
NOISE = random.Random(7).randbytes(3_000_000)  # no decompressor makes sense of it


def of_length(length: int) -> bytes:
    """A connection as JSON of so many bytes."""
    value = {**CONNECTION, "platformName": ""}
    return json.dumps({**value, "platformName": "x" * (length - len(json.dumps(value)))}).encode()


def packed(body: bytes, encoding: str) -> Reply:
    """The body, compressed."""
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "gzip, gzip": lambda plain: gzip.compress(gzip.compress(plain)),
        "deflate, gzip": lambda plain: gzip.compress(zlib.compress(plain)),
    }
    return http_response(body=packers[encoding](body), headers=[("Content-Encoding", encoding)])


FORMS: dict[str, Callable[[bytes], Reply]] = {
    "plain": lambda body: http_response(body=body),
    "chunked": lambda body: http_response(body=body, chunks=7),
    "until the end": lambda body: Reply(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + body, "close"),
    "gzip": lambda body: packed(body, "gzip"),
    "chunked gzip": lambda body: http_response(body=body, encoding="gzip", chunks=3),
    "deflate": lambda body: packed(body, "deflate"),
    "gzip, gzip": lambda body: packed(body, "gzip, gzip"),
    "deflate, gzip": lambda body: packed(body, "deflate, gzip"),
}


def test_max_response_bytes__to_the_byte(server: ScriptedServer, make_api: MakeApi) -> None:
    """A body of exactly the limit is read, one byte more is refused, whatever it looks like on the wire."""
    text = r"longer than 10000 bytes \(max_response_bytes\)"
    for name, form in FORMS.items():
        with case(name):
            server.script(form(of_length(LIMIT)), form(of_length(LIMIT + 1)))
            api = make_api(max_response_bytes=LIMIT)
            assert len(call(api, "get").data.platform_name) > LIMIT - 1000
            with pytest.raises(UnreadableResponseException, match=text) as caught:
                call(api, "get", _retries=3)
            assert (caught.value.too_large, len(caught.value.attempts)) == (True, 1)


@pytest.mark.parametrize("operation", METHODS)
def test_max_response_bytes__may_have_been_done(server: ScriptedServer, make_api: MakeApi, operation: str) -> None:
    """A success that is too long to be read is a success all the same, and is not asked for again."""
    server.script(http_response(body=of_length(LIMIT + 1)))
    with pytest.raises(UnreadableResponseException) as caught:
        call(make_api(max_response_bytes=LIMIT), operation, _retries=3)
    assert (caught.value.outcome, caught.value.status, len(server.requests)) == ("unknown", 200, 1)


@pytest.mark.parametrize("form", FORMS)
def test_max_response_bytes__of_an_error(server: ScriptedServer, make_api: MakeApi, form: str) -> None:
    """The limit holds for errors too: their beginning is kept, and the class is that of the status."""
    reply = FORMS[form](of_length(3_000_000))
    server.script(Reply(reply.data.replace(b"200 OK", b"400 No", 1), reply.end))
    with pytest.raises(BadRequestException) as caught:
        call(make_api(max_response_bytes=LIMIT), "get")
    assert (caught.value.status, caught.value.outcome) == (400, "rejected")
    assert caught.value.body is not None and LIMIT < len(caught.value.body) < 1_500_000


def test_max_response_bytes__of_an_error_that_is_retried(server: ScriptedServer, make_api: MakeApi) -> None:
    """A long 503 is retried as a short one is, and a long 404 after a lost response says that the DELETE worked."""
    api = make_api(max_response_bytes=LIMIT)
    body = of_length(2 * LIMIT)
    server.script(http_response(body=body, status=503), http_response())
    assert call(api, "get", _retries=RetryPolicy(2, **QUICK)).status == 200
    server.script(http_response(body=body, status=500), http_response(body=body, status=404))
    assert call(api, "delete", _retries=RetryPolicy(2, **QUICK)).data is True


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("operation", ["get", "create"])
@pytest.mark.parametrize("end", [-20, 3], ids=["at its end", "before anything can be decompressed"])
def test_compressed__cut_off_before_it_was_framed(
    server: ScriptedServer, make_api: MakeApi, compress: Callable[[bytes], bytes], operation: str, end: int
) -> None:
    """A gateway that cuts a compressed body and counts what is left: it is cut off, and so another attempt is made."""
    encoding = [("Content-Encoding", "gzip" if compress is gzip.compress else "deflate")]
    whole = json.dumps(CONNECTION).encode()
    server.script(
        http_response(body=compress(whole)[:end], headers=encoding),
        http_response(body=compress(whole), headers=encoding),
    )
    result = call(make_api(), operation, _retries=RetryPolicy(2, **QUICK))
    assert (result.data.id, len(result.attempts)) == (CONNECTION["id"], 2)
    server.script(http_response(body=compress(whole)[:end], headers=encoding))
    advice = "Try again later$" if operation == "get" else "Check whether it took effect"
    with pytest.raises(UnreadableResponseException, match=rf"the body is cut off .*\. {advice}") as caught:
        call(make_api(), operation)
    assert caught.value.cut_off


def test_compressed__followed_by_junk_is_whole(server: ScriptedServer, make_api: MakeApi) -> None:
    """Zeros behind a compressed body, as some servers pad it, and several members are read as ever."""
    body = json.dumps(CONNECTION).encode()
    gzipped = [("Content-Encoding", "gzip")]
    server.script(
        http_response(body=gzip.compress(body) + bytes(100), headers=gzipped),
        http_response(body=gzip.compress(body[:50]) + gzip.compress(body[50:]), headers=gzipped),
    )
    api = make_api()
    assert call(api, "get").data.id == call(api, "get").data.id == CONNECTION["id"]


UNFIT = {
    "too long": http_response(body=NOISE),
    "too long when decompressed": packed(NOISE[:1_500_000], "gzip"),
    "too long in chunks": http_response(body=NOISE, chunks=50),
    "not compressed": http_response(body=NOISE, encoding="deflate"),
    "hardly compressed": http_response(body=NOISE[:100], encoding="deflate"),
    "error, not compressed": http_response(body=NOISE, encoding="deflate", status=500),
    "error, too long": http_response(body=NOISE, status=500),
    "compressed and cut": cut(packed(NOISE[:500_000], "gzip"), 1000),
    "not JSON": http_response(body=NOISE[:1000]),
    "bad chunks": http_response(body=b"zz\r\n" + NOISE[:100], headers=[("Transfer-Encoding", "chunked")]),
    "two lengths": http_response(headers=[("Content-Length", "7")]),
}


@pytest.mark.parametrize("case", UNFIT)
def test_unfit_responses__take_no_connection_with_them(server: ScriptedServer, make_api: MakeApi, case: str) -> None:
    """After any number of unfit responses the pool has all its connections: a client with one still works."""
    api = make_api(connection_pool_maxsize=1, max_response_bytes=1_000_000, deadline=10)
    server.script(UNFIT[case])
    for _ in range(3):
        with pytest.raises(ApiException) as caught:
            call(api, "get")
        assert "no free connection" not in str(caught.value)
    server.script(http_response())
    assert call(api, "get").status == 200


# The response is made on the server's side, so that this process' memory holds only what the client reads of it.
BOMB = """
import resource, sys
from codat_python_sdk import CodatPlatform, UnreadableResponseException

codat = CodatPlatform(api_key="key", server_url=sys.argv[1], retries=0)
get = lambda: codat.connections.get("c1", "k1")
create = lambda: codat.connections.create("c1", platform_key="gbol")
delete = lambda: codat.connections.delete("c1", "k1")
get()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for limit in 2 * sys.argv[2:]:  # of one layer, then of two
    codat.api_client.configuration.max_response_bytes = int(limit)
    for call in (get, create, delete):
        try:
            call()
        except UnreadableResponseException as error:
            assert error.too_large, error
        else:
            raise AssertionError("not refused")
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(grown // 1024 if sys.platform == "darwin" else grown)  # which tells bytes, others kibibytes
"""


def zeros(megabytes: int) -> bytes:
    """So many megabytes of zeros in a small gzip: one of them is compressed, and what comes out repeated."""
    head, megabyte, check = gzip.compress(b"", mtime=0)[:10], bytes(1 << 20), 0
    compressor = zlib.compressobj(9, wbits=-15)
    packed_megabyte = compressor.compress(megabyte) + compressor.flush(zlib.Z_FULL_FLUSH)
    for _ in range(megabytes):
        check = zlib.crc32(megabyte, check)
    return head + packed_megabyte * megabytes + compressor.flush() + struct.pack("<II", check, megabytes << 20)


@pytest.mark.skipif(find_spec("resource") is None, reason="this system does not tell the memory that was used")
def test_bomb__is_refused_without_being_unpacked(server: ScriptedServer, scripts: Prepared) -> None:
    """400 MB of zeros in a small gzip are refused, whatever the limit, and memory grows by less than 50 MB.

    The same holds for that gzip in another one.
    """
    body = zeros(400)
    assert len(body) < 1_000_000
    bomb = http_response(body=body, headers=[("Content-Encoding", "gzip")])
    nested = http_response(body=gzip.compress(body), headers=[("Content-Encoding", "gzip, gzip")])
    server.script(http_response(), *[bomb] * 6, *[nested] * 6)
    done = scripts.run("-c", BOMB, server.url, str(1 << 20), str(16 << 20))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 50 * 1024  # kB
    assert len(server.requests) == 13


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"connectionInfo":[', b'{"results":['])
@pytest.mark.parametrize("closed", [True, False])
def test_nesting__is_limited(
    server: ScriptedServer, make_api: MakeApi, subtests: pytest.Subtests, closed: bool, opening: bytes
) -> None:
    """A body nested 100,000 deep is one of our exceptions for every operation, and the client works on."""
    depth = 100_000
    closing = opening.replace(b'"a":', b"").translate(bytes.maketrans(b"[{", b"]}"), b'"resultsconnectionInfo:')[::-1]
    body = opening * depth + (b"1" + closing * depth if closed else b"")
    api = make_api()
    for operation, status in product(("list", "get", "delete"), (200, 500)):
        good = http_response(page(CONNECTION) if operation == "list" else CONNECTION)
        server.script(http_response(body=body, status=status), good)
        with subtests.test(f"{operation}, {status}"):
            with pytest.raises(ApiException) as caught:
                call(api, operation)
            assert isinstance(caught.value, UnreadableResponseException) == (status == 200)
            assert call(api, operation).status == 200


def test_nesting__of_what_people_write(server: ScriptedServer, make_api: MakeApi) -> None:
    """Nesting that somebody could mean is no problem: fifty levels in a free-form field come out as they are."""
    deep: object = "bottom"
    for _ in range(50):
        deep = {"down": deep}
    server.script(http_response({**CONNECTION, "connectionInfo": deep}))
    assert call(make_api(), "get").data.to_dict()["connection_info"] == deep


def test_head__is_limited(server: ScriptedServer, make_api: MakeApi) -> None:
    """A head without end is refused: too many headers, or one too long."""
    many = http_response(headers=[(f"X-{n}", "x") for n in range(1000)])
    long = http_response(headers=[("X-Long", "x" * 100_000)])
    server.script(many, long, many, http_response({"error": "wrong"}, 400))
    api = make_api(connection_pool_maxsize=1)
    for _ in range(3):
        with pytest.raises(ApiException, match="broke"):
            call(api, "get")
    with pytest.raises(BadRequestException):
        call(api, "get")
