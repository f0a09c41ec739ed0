"""Finding requests, and explaining why there are none."""

from __future__ import annotations

import threading

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller


def test_expect__returns_the_matching_requests(call: Caller, sandbox: Sandbox) -> None:
    """Requests are found by operation (short or full), ids, method, path, status, query, headers and body."""
    made = call("POST", "?a=b", {"platformKey": "gbol"}, headers={"X-Trace": "1"}).value["id"]
    call("GET", f"/{made}")
    (created,) = sandbox.expect(
        operation="connections.create", company_id=sandbox.company_id, method="POST", path=call.root, status=200,
        query={"a": "b"}, headers={"x-trace": "1"}, body={"platformKey": "gbol"}, times=1,
    )  # fmt: skip
    assert created is sandbox.requests[0]
    assert sandbox.expect(operation="get", connection_id=made)[0].method == "GET"
    assert sandbox.expect(operation="delete", times=0) == []
    assert len(sandbox.expect()) == 2


def test_expect__shows_how_the_closest_differs(call: Caller, sandbox: Sandbox) -> None:
    """Without a matching request the error names what was expected and shows the difference to the closest."""
    call("GET")
    call("POST", value={"platformKey": "qhyg"})
    with pytest.raises(AssertionError) as caught:
        sandbox.expect(operation="create", body={"platformKey": "gbol"}, headers={"X-Trace": "1"})
    text = str(caught.value)
    assert "expected at least one request with operation='create'" in text
    assert "headers['X-Trace']: expected '1', got None" in text
    assert '-  "platformKey": "gbol"' in text.replace("    -", "-")
    assert '+  "platformKey": "qhyg"' in text.replace("    +", "+")
    assert "The closest was POST" in text


def test_expect__counts(call: Caller, sandbox: Sandbox) -> None:
    """A request that came too often is an error as well."""
    call("GET")
    call("GET")
    with pytest.raises(AssertionError, match="expected 1 request with operation='list'; 2 of the 2"):
        sandbox.expect(operation="list", times=1)


def test_expect__of_an_unknown_operation(sandbox: Sandbox) -> None:
    """A misspelt operation is refused: a test that expects no such request would always pass."""
    with pytest.raises(ValueError, match=r"unknown operations \['connections.lst'\]; known are list, create"):
        sandbox.expect(operation="connections.lst", times=0)
    with pytest.raises(ValueError, match="unknown operations"):
        sandbox.wait_for(operation="remove")


def test_expect__body_that_is_no_json(call: Caller, sandbox: Sandbox) -> None:
    """A body that cannot be compared is said to be none."""
    call("POST", body=b"\xff")
    with pytest.raises(AssertionError, match="body: expected JSON, got 1 bytes that are not JSON"):
        sandbox.expect(body={"a": 1})


def test_wait_for__returns_when_it_came(call: Caller, sandbox: Sandbox) -> None:
    """Waiting ends with the request, responded to, whenever it comes."""
    thread = threading.Thread(target=lambda: [call("GET"), call("GET")])
    thread.start()
    found = sandbox.wait_for(operation="connections.list", times=2, timeout=30)
    assert [request.status for request in found] == [200, 200]
    thread.join()


def test_wait_for__tells_what_came_instead(call: Caller, sandbox: Sandbox) -> None:
    """When the time is over, the error shows the closest request."""
    call("GET")
    with pytest.raises(TimeoutError, match=r"after 0.01 s: expected 1 request .*(?s:.*)operation: expected 'create'"):
        sandbox.wait_for(operation="create", timeout=0.01)


def test_expect__body_that_is_nested_too_deeply(call: Caller, sandbox: Sandbox) -> None:
    """A body that Python cannot parse differs from the expected one, and is no error of the test's own."""
    call("POST", body="[" * 100_000)
    with pytest.raises(AssertionError, match="100000 bytes that are not JSON"):
        sandbox.expect(body={"platformKey": "gbol"})
