"""A sandbox that is watched, and the comparison of what it did with what a client reported of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from faulty import METHODS, call

from codat_python_sdk import ApiException
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.retries import Attempt
from codat_python_sdk.sandbox import Request, Sandbox

if TYPE_CHECKING:
    from typing_extensions import Self


class Ledger:
    """A sandbox, and when it has settled all requests that it saw."""

    def __init__(self) -> None:
        self._settled = 0
        self._changed = threading.Condition()
        self.sandbox = Sandbox(on_request=self._note)

    def __enter__(self) -> Self:
        self.sandbox.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.sandbox.stop()

    @property
    def settled(self) -> int:
        """How many requests the sandbox has responded to, or failed on purpose."""
        return self._settled

    def _note(self, _: Request) -> None:
        with self._changed:
            self._settled += 1
            self._changed.notify_all()

    def wait(self, requests: int) -> None:
        """Wait until so many requests are settled: the client may have given one up before the sandbox has seen it."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._settled >= requests, 30), "more attempts than requests"


class Report(NamedTuple):
    """What a call returned, None where it raised, and its attempts."""

    result: Any
    attempts: Sequence[Attempt]


def check(ledger: Ledger, api: ConnectionApi, operation: str, connection: str | None = None) -> Report:
    """Run an operation and compare what is reported with what was done.

    All faults are over afterwards. Without a `connection` it is one of its own.
    """
    sandbox = ledger.sandbox
    if connection is None:
        connection = sandbox.add_connection(status="Linked")
    done_before, seen_before = len(sandbox.ledger), ledger.settled
    outcome, result = None, None
    try:
        result = call(api, operation, sandbox.company_id, connection)
    except ApiException as error:
        outcome = error.outcome
        attempts = error.attempts
    else:
        attempts = result.attempts
    sent = [attempt for attempt in attempts if not (attempt.error or "").startswith("no connection")]
    ledger.wait(seen_before + len(sent))
    sandbox.clear_faults()

    done, seen = sandbox.ledger[done_before:], ledger.settled - seen_before
    assert len(done) <= 1, f"done twice: {done}"
    assert seen == len(sent), "more requests than attempts"
    assert (outcome == "not_sent") == (seen == 0), f"reported as {outcome}, but {seen} requests arrived"
    assert not done or outcome not in ("rejected", "not_sent"), f"reported as {outcome}, but {done} was done"
    if METHODS[operation] == "GET":
        assert done == []
    elif result is not None:
        target = result.data.id if operation == "create" else connection
        if operation == "delete":
            there = {row["id"] for row in sandbox.connections()}
            assert result.data is True and target not in there, "reported as deleted, but it is there"
        # A 404 that followed an unknown attempt says that it is gone, not who removed it.
        assert done == [(operation, target)] or result.status == 404, f"reported as done, but {done} was"
    return Report(result, attempts)
