"""Ids by chance, and by a seed."""

from __future__ import annotations

import uuid

from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.sandbox.ids import Ids

from .conftest import Caller


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
