"""A JSON text says how many values it holds before it is parsed, and too many are refused."""

# JSON is Any.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import gzip
import json
import time
from functools import cache
from typing import Any

import pytest
from conftest import MakeApi
from faulty import call
from hypothesis import given
from hypothesis import strategies as st
from server import CONNECTION, ScriptedServer, http_response, page
from strategies import texts

from codat_python_sdk import ApiException, json_bounds
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.exceptions import ApiTimeoutException, UnreadableResponseException
from codat_python_sdk.json_bounds import has_too_many_values

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | texts(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts(), inner, max_size=5),
)


def count(value: Any) -> int:
    """How many values there are in one, itself included."""
    parts: Any = ()
    if isinstance(value, (dict, list)):
        parts = list(value.values()) if isinstance(value, dict) else value
    return 1 + sum(count(part) for part in parts)


@given(VALUES, st.integers(1, 9))
def test_count__is_exact(value: Any, length: int) -> None:
    """Whatever the value and whatever its strings hold, it is refused if and only if it holds more than the limit."""
    text = json.dumps(value, separators=(",", ":"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_bounds, "_SLICE", length)
        patch.setattr(json_bounds, "MAX_VALUES", count(value))
        assert not has_too_many_values(text)
        patch.setattr(json_bounds, "MAX_VALUES", count(value) - 1)
        assert has_too_many_values(text)


def test_large_page__is_no_bomb() -> None:
    """5,000 companies with eight connections each are well within the limit, and so is a long text full of commas."""
    company = {"id": "c" * 36, "name": "x" * 2000, "dataConnections": [CONNECTION] * 8}
    text = f'{{"results": [{", ".join([json.dumps(company)] * 5000)}]}}'
    assert len(text) > 20_000_000
    assert not has_too_many_values(text)
    assert not has_too_many_values(json.dumps({"text": '[{,\\"' * 700_000}))


def test_limit__is_two_million_values() -> None:
    """An array counts, and so does each number in it."""
    assert not has_too_many_values(f"[{'1,' * 1_999_998}1]")
    assert has_too_many_values(f"[{'1,' * 1_999_999}1]")


@pytest.mark.parametrize("characters", [4 * 1024 * 1024, 4 * 1024 * 1024 + 1])
def test_values__are_counted_from_4_mebibytes_on(
    server: ScriptedServer, api: ConnectionApi, monkeypatch: pytest.MonkeyPatch, characters: int
) -> None:
    """A body of up to so many characters cannot hold enough to do harm."""
    monkeypatch.setattr(json_bounds, "MAX_VALUES", 3)
    server.script(http_response(body=b"[1, 2, 3, 4]".ljust(characters)))
    if characters == 4 * 1024 * 1024:
        assert api.api_client.request("GET", "/x") == [1, 2, 3, 4]
    else:
        with pytest.raises(UnreadableResponseException, match="values"):
            api.api_client.request("GET", "/x")


#: how a body begins, what it repeats, and how it ends
BOMBS = {
    "arrays": (b"[", b"[],", b"[]]"),
    "objects": (b'{"results":[', b"{},", b"{}]}"),
    "in an unknown key": (json.dumps(CONNECTION).encode()[:-1] + b',"more":[', b"[],", b"[]]}"),
    "numbers": (b"[", b"1,", b"1]"),
    "strings": (b"[", b'"",', b'""]'),
}


@cache
def packed_bomb(name: str) -> bytes:
    """Few bytes of gzip that are more values than a twentieth of the limit."""
    begin, repeated, end = BOMBS[name]
    body = gzip.compress(begin + repeated * 105_000 + end, 1)
    assert len(body) < 5_000
    return body


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb__is_refused(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, bomb: str, status: int
) -> None:
    """A few kilobytes of gzip that are millions of values are refused unparsed; the status of an error is kept."""
    monkeypatch.setattr(json_bounds, "MAX_VALUES", json_bounds.MAX_VALUES // 20)
    monkeypatch.setattr("codat_python_sdk.response.HARMLESS_LENGTH", json_bounds.HARMLESS_LENGTH // 20)
    server.script(http_response(body=packed_bomb(bomb), status=status, headers=[("Content-Encoding", "gzip")]))
    with pytest.raises(ApiException) as caught:
        call(make_api(), "get", _retries=2 if status == 200 else 0)
    assert caught.value.status == status
    if status == 200:
        assert isinstance(caught.value, UnreadableResponseException)
        assert caught.value.too_large
        assert "2000000 values" in str(caught.value)
        assert len(server.requests) == 1


def test_deadline__covers_the_reading(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response that is read when the deadline has passed is no success; what it was asked for may have happened."""
    real = json.loads

    def slow(text: str) -> Any:
        time.sleep(0.2)
        return real(text)

    monkeypatch.setattr("codat_python_sdk.response.json.loads", slow)
    server.script(http_response(page(CONNECTION)))
    with pytest.raises(ApiTimeoutException, match="deadline") as caught:
        call(make_api(), "list", _deadline=0.15, _retries=2)
    assert (caught.value.outcome, len(caught.value.attempts)) == ("unknown", 1)
