"""Ids by chance, and by a seed."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.sandbox.ids import Ids

from .conftest import Caller
from .receiver import Receiver


def story(sandbox: Sandbox) -> list[object]:
    """Everything random that a client and a test can see."""
    caller = Caller(sandbox)
    made = caller.create()
    webhook = sandbox.add_webhook("http://127.0.0.1:9/")
    return [
        sandbox.api_key, sandbox.company_id, made["id"], made["linkUrl"].partition("?")[2], sandbox.create_company(),
        caller("GET", "/unknown").value["correlationId"], sandbox.webhook_secret(webhook),
    ]  # fmt: skip


def test_seed__gives_the_same_each_time() -> None:
    """Ids, codes, keys, secrets and correlation ids are the same for a seed, and others for another one."""
    with Sandbox(seed=7) as one, Sandbox(seed=7) as two, Sandbox(seed="other") as other:
        first = story(one)
        assert first == story(two)
        assert not set(first) & set(story(other))
        one.reset()
        assert story(one) == first


def test_seed__reads_do_not_change_the_next_id() -> None:
    """How often something was read does not change which id comes next."""
    with Sandbox(seed=1) as one, Sandbox(seed=1) as two:
        caller = Caller(one)
        caller.create()
        for _ in range(5):
            caller("GET")
        Caller(two).create()
        assert caller.create()["id"] == Caller(two).create()["id"]


def test_uuid__is_version_4() -> None:
    """Ids are UUIDs of version 4, different ones without a seed."""
    ids = Ids()
    made = [uuid.UUID(ids.uuid()) for _ in range(100)]
    assert {one.version for one in made} == {4}
    assert len(set(made)) == 100


def test_chance__follows_the_seed() -> None:
    """What is decided by probability is decided in the same way each time, about as often as it says."""
    one, two = Ids(3), Ids(3)
    decided = [one.chance(0.25) for _ in range(400)]
    assert decided == [two.chance(0.25) for _ in range(400)]
    assert 50 < sum(decided) < 150


def test_seed__repeats_no_id_after_a_restart(tmp_path: Path) -> None:
    """With a state file, ids go on: nothing that exists or was deleted is met again, and no event's id either."""
    made: list[str] = []
    for _ in range(3):
        with Receiver() as receiver, Sandbox(seed=7, state=tmp_path / "state.json") as sandbox:
            caller = Caller(sandbox)
            made += [caller.create()["id"], sandbox.create_company(), sandbox.add_webhook(receiver.url)]
            sandbox.delete_connection(made[-3])
            caller.root = "/companies"
            made.append(caller("POST", value={"name": "By the API"}).value["id"])
            sandbox.wait_for_deliveries()
            made += [headers["webhook-id"] for headers, _ in receiver.received]
            sandbox.send_webhook("read.completed", payload={})
            made.append(sandbox.deliveries[-1].webhook_id)
    assert len(made) > 12
    assert len(set(made)) == len(made)


def test_seed__skips_ids_that_are_taken(tmp_path: Path) -> None:
    """An id that is next in the sequence and exists, given by a caller or by a state without positions, is skipped."""
    with Sandbox(seed=7) as sandbox:
        first = [sandbox.add_connection(), sandbox.create_company(), sandbox.add_webhook("http://127.0.0.1:9/")]
    file = tmp_path / "state.json"
    with Sandbox(seed=7, state=file) as sandbox:
        assert sandbox.add_connection() == first[0]
        assert sandbox.create_company(company_id=first[1]) == first[1]
        assert sandbox.create_company() != first[1]
    stored = json.loads(file.read_text("utf-8"))
    del stored["drawnIds"]
    file.write_text(json.dumps(stored), "utf-8")
    with Sandbox(seed=7, state=file) as sandbox:
        caller = Caller(sandbox)
        assert caller("POST", value={"platformKey": "mqjo"}).status == 200
        sandbox.create_company()
        assert len(sandbox.companies()) == 4
        assert len(sandbox.connections()) == 2
