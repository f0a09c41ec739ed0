"""What a test puts into the sandbox is checked."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller


def test_add_connection__reports_mistakes(sandbox: Sandbox) -> None:
    """A typing error is a ValueError that says what would do, and nothing is added."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"platform_key": "xero"}, "unknown platform key 'xero' (did you mean 'gbol'?); known are mqjo (Sandbox), "),
        ({"status": "Linkd"}, "unknown status 'Linkd'; did you mean 'Linked'? Known are PendingAuth, Linked"),
        ({"sourceType": "accounting"}, "unknown sourceType 'accounting'; did you mean 'Accounting'?"),
        ({"Status": "Linked"}, "by JSON name: 'status', not 'Status'"),
        ({"last_sync": None}, "by JSON name: 'lastSync', not 'last_sync'"),
        ({"lastSync": "yesterday"}, "lastSync must be an ISO 8601 date such as"),
        ({"created": 17}, "created must be an ISO 8601 date such as"),
        ({"somethingNew": object()}, "must be JSON values"),
    ]
    for arguments, text in cases:
        with case(arguments, text):
            with pytest.raises(ValueError) as caught:
                sandbox.add_connection(**arguments)
            assert text in str(caught.value)
            assert sandbox.connections() == []


def test_add_connection__takes_a_datetime(call: Caller, sandbox: Sandbox) -> None:
    """A datetime is written as Codat writes it; one without a zone stays without."""
    sandbox.add_connection(
        created=datetime(2026, 1, 1, tzinfo=timezone.utc), lastSync=datetime(2026, 1, 2), status=None
    )
    (row,) = call("GET").value["results"]
    assert (row["created"], row["lastSync"], row["status"]) == ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00", None)


def test_ids__that_exist_are_refused(sandbox: Sandbox) -> None:
    """A second connection or company with the same id is a ValueError, also in another company."""
    other = sandbox.create_company("Other", company_id="other")
    sandbox.add_connection(id="conn-1")
    with pytest.raises(ValueError, match="already has a connection 'conn-1'"):
        sandbox.add_connection(other, id="conn-1")
    with pytest.raises(ValueError, match="already has a company 'other'"):
        sandbox.create_company(company_id="other")


@pytest.mark.parametrize("act", ["add_connection", "connections", "delete_company"])
def test_company__that_does_not_exist(sandbox: Sandbox, act: str) -> None:
    """An unknown company is named."""
    with pytest.raises(LookupError, match="the sandbox has no company 'nobody'"):
        getattr(sandbox, act)("nobody")


def test_copies__go_in_and_out(call: Caller, sandbox: Sandbox) -> None:
    """Neither changing what was given nor changing what came out changes the sandbox."""
    info = {"deep": {"er": [1]}}
    sandbox.add_connection(connectionInfo=info)
    info["deep"]["er"].append(2)
    sandbox.connections()[0]["connectionInfo"]["deep"]["er"].append(3)
    assert call("GET").value["results"][0]["connectionInfo"] == {"deep": {"er": [1]}}


@pytest.mark.parametrize("status", ["linkd", "Unlinkd", "PendingAut"])
def test_set_status__reports_typing_errors(sandbox: Sandbox, status: str) -> None:
    """A status that is nearly one of Codat's is a mistake; another word may be one of tomorrow's."""
    connection = sandbox.add_connection()
    with pytest.raises(ValueError, match="did you mean"):
        sandbox.set_status(connection, status)
    sandbox.set_status(connection, "Sleeping")


def test_add_connection__errors_that_are_no_objects(sandbox: Sandbox) -> None:
    """The text says what a list has to hold."""
    with pytest.raises(TypeError, match="dataConnectionErrors must be a list of objects or None, got list"):
        sandbox.add_connection(dataConnectionErrors=["403"])
