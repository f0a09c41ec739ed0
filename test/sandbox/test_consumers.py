"""Webhook consumers, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox

from .conftest import Caller
from .receiver import Receiver

URL = "https://app.example/hooks"


@pytest.fixture
def webhooks(call: Caller) -> Caller:
    call.root = "/webhooks"
    return call


def test_create__is_201_without_the_secret(webhooks: Caller, sandbox: Sandbox) -> None:
    """A new consumer is listed; only the sandbox itself returns its secret."""
    reply = webhooks("POST", "", {"url": URL, "eventTypes": ["connection.created"], "companyTags": ["a:b"]})
    made = reply.value
    assert reply.status == 201
    assert made == {
        "id": made["id"], "url": URL, "disabled": False, "eventTypes": ["connection.created"], "companyTags": ["a:b"]
    }  # fmt: skip
    assert webhooks("GET").value == {"results": [made]}
    assert sandbox.webhook_secret(made["id"]).startswith("whsec_")
    assert sandbox.ledger == [("webhooks.create", made["id"])]


def test_create__checks(webhooks: Caller) -> None:
    """A consumer needs an absolute URL, and lists of text."""
    cases: list[Any] = [
        None,
        {},
        {"url": "no"},
        {"url": "ftp://x/"},
        {"url": "http://"},
        {"url": "http://x:99999999/"},
        {"url": 7},
        {"url": URL, "disabled": {}},
        {"url": URL, "eventTypes": "x"},
        {"url": URL, "eventTypes": [1]},
        {"url": URL, "companyTags": ["no colon"]},
        {"url": URL, "companyTags": [f"{number}:x" for number in range(11)]},
        {"url": URL, "companyTags": ["k:" + "v" * 127]},
    ]
    for value in cases:
        with case(value):
            assert webhooks("POST", "", value).status == 400
            assert webhooks("GET").value == {"results": []}


def test_create__fifty_at_most(webhooks: Caller) -> None:
    """The fifty-first is refused."""
    assert {webhooks("POST", "", {"url": URL}).status for _ in range(50)} == {201}
    assert webhooks("POST", "", {"url": URL}).status == 400


def test_delete__is_204_once(webhooks: Caller, sandbox: Sandbox) -> None:
    """A deleted consumer no longer exists."""
    path = f"/{sandbox.add_webhook(URL)}"
    assert [webhooks("DELETE", path).status for _ in range(2)] == [204, 404]


@pytest.mark.parametrize(
    "arguments", [{"url": "nowhere"}, {"url": URL, "secret": "an API key"}, {"url": URL, "company_tags": "region=uk"}]
)
def test_add_webhook__checks(sandbox: Sandbox, arguments: dict[str, str]) -> None:
    """What cannot be a URL, a signing secret or a company tag is refused where it is given."""
    with pytest.raises(ValueError, match=r"absolute|begins with 'whsec_'|each key:value"):
        sandbox.add_webhook(**arguments)


def test_add_webhook__with_a_secret_of_ones_own(sandbox: Sandbox) -> None:
    """A secret that the application has already can be given."""
    secret = "whsec_Y29kYXQtc2FuZGJveC13ZWJob29rLWtleS0wMQ=="
    assert sandbox.webhook_secret(sandbox.add_webhook(URL, secret=secret)) == secret


@pytest.mark.parametrize("act", ["webhook_secret", "rotate_webhook_secret", "enable_webhook"])
def test_unknown_consumer__is_a_lookup_error(sandbox: Sandbox, act: str) -> None:
    """An unknown consumer is named."""
    with pytest.raises(LookupError, match="no webhook consumer 'nope'"):
        getattr(sandbox, act)("nope")


@pytest.mark.parametrize(
    "url", [f"{URL}/a b", f"{URL}/h\u00f6rer", "http://h\u00f6rer.localhost/", f" {URL}", f"{URL}/\n", f"{URL}/\x7f"]
)
def test_url__that_no_request_line_can_have(webhooks: Caller, sandbox: Sandbox, url: str) -> None:
    """Blanks, control characters and other than ASCII are refused in words: a receiver would get something else."""
    reply = webhooks("POST", "", {"url": url})
    assert reply.status == 400
    assert "percent-encoded" in reply.value["validation"]["errors"][0]["message"]
    with pytest.raises(ValueError, match="percent-encoded"):
        sandbox.add_webhook(url)
    with Receiver() as receiver:
        sandbox.add_webhook(f"{receiver.url}&c=%20h%C3%B6rer")
        sandbox.add_connection()
        (delivery,) = sandbox.wait_for_deliveries()
    assert delivery.state == "delivered"
