"""Integrations, over HTTP."""

from __future__ import annotations

import pytest

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller

DOCUMENTED = [
    "trji", "rqwd", "qudb", "pbbf", "fbrh", "vxvy", "pdvj", "akxx", "pqsw", "qhyg", "jcrp", "hbql", "tgff", "knfz",
    "pbtz", "rvam", "gbol", "rwuv", "suuo", "upvr", "qkdj", "vqzp", "fqly", "lqai", "fztf", "zsth", "exgd", "ltpp",
    "ugxp", "olpr", "hcws", "mqjo", "ndsk", "aiwb", "xcwv", "yzth",
]  # fmt: skip


@pytest.fixture
def integrations(call: Caller) -> Caller:
    call.root = "/integrations"
    return call


def test_list__has_every_documented_key(integrations: Caller) -> None:
    """All platform keys of Codat's pages are there, bank feeds among them, each with what Codat requires."""
    page = integrations("GET", "?pageSize=500").value
    rows = {row["key"]: row for row in page["results"]}
    assert set(DOCUMENTED) <= set(rows)
    assert rows["olpr"]["sourceType"] == "BankFeed"
    assert all(row["name"] and row["logoUrl"] and row["enabled"] is True for row in rows.values())
    assert rows["pqsw"]["isOfflineConnector"] is True


def test_list__documented_query(integrations: Caller) -> None:
    """The query of Codat's guide selects."""
    rows = integrations("GET", "?query=sourceType%3DBanking%26%26enabled%3Dtrue").value["results"]
    assert {row["key"] for row in rows} == {"suuo", "upvr"}
    assert integrations("GET", "?query=nope%3D1").status == 400


def test_get__counts_connections(integrations: Caller, sandbox: Sandbox) -> None:
    """One integration has the ids that its connections have, and counts them."""
    sandbox.add_connection(platform_key="gbol", status="Linked")
    sandbox.add_connection(platform_key="gbol")
    xero = integrations("GET", "/gbol").value
    assert (xero["linkedConnectionsCount"], xero["totalConnectionsCount"]) == (1, 2)
    assert xero["integrationId"] == sandbox.connections()[0]["integrationId"]
    missing = integrations("GET", "/none")
    assert (missing.status, missing.value["error"]) == (404, "Integration none not found")


def test_branding__images_are_served(integrations: Caller, sandbox: Sandbox) -> None:
    """The logos that branding names are images, and come from the sandbox itself."""
    branding = integrations("GET", "/gbol/branding").value
    source = branding["logo"]["full"]["image"]["src"]
    assert source.startswith(sandbox.url)
    image = integrations.plain("GET", source.removeprefix(sandbox.url))
    assert (image.status, image.headers["Content-Type"]) == (200, "image/svg+xml")
    assert b"Xero" in image.body
    assert integrations("GET", "/none/branding").status == 404
    assert integrations.plain("GET", "/_sandbox/logos/none.svg").status == 404


def test_create__every_key_makes_a_connection(call: Caller, sandbox: Sandbox) -> None:
    """A connection can be made to each of them."""
    for key in DOCUMENTED:
        assert call.create(key)["integrationKey"] == key
    assert len(sandbox.connections()) == len(DOCUMENTED)
