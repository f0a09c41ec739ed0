"""Codat's rules for webhook consumers: which events each one receives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from codat_python_sdk.sandbox.connections import members
from codat_python_sdk.sandbox.messages import Rejected
from codat_python_sdk.sandbox.operations import Call, Operation
from codat_python_sdk.sandbox.records import Consumer

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.state import State

MAX_CONSUMERS = 50
MAX_TAGS = 10
MAX_TAG = 128
_VISIBLE = re.compile(r"[!-~]+")


def list_(state: State, _: Call) -> dict[str, Any]:
    """All consumers, without pagination."""
    with state.lock:
        return {"results": [show(consumer) for consumer in state.consumers.values()]}


def create(state: State, call: Call) -> dict[str, Any]:
    """A new consumer. As at Codat, the response has no signing secret: `sandbox.webhook_secret` returns it."""
    given = members(call.body)
    problems: list[str] = []
    url = check_url(given.get("url"), problems)
    event_types = _texts("eventTypes", given.get("eventTypes"), problems)
    if not isinstance(given.get("disabled"), (bool, type(None))):
        problems.append("disabled: true or false")
    tags = check_tags(_texts("companyTags", given.get("companyTags"), problems), problems)
    if problems:
        raise Rejected(400, "The webhook consumer is not valid", invalid=problems)
    with state.lock:
        if len(state.consumers) >= MAX_CONSUMERS:
            raise Rejected(400, f"There can be {MAX_CONSUMERS} webhook consumers at most")
        disabled = bool(given.get("disabled"))
        consumer = add(state, url=url, event_types=event_types, company_tags=tags, disabled=disabled)
        state.ledger.append(("webhooks.create", consumer.id))
        return show(consumer)


def delete(state: State, call: Call) -> None:
    """The consumer no longer exists, and its pending deliveries are dropped."""
    with state.lock:
        if not state.remove_consumer(call.ids[0]):
            raise Rejected(404, f"Webhook consumer {call.ids[0]} not found")
        state.ledger.append(("webhooks.delete", call.ids[0]))


def add(
    state: State, *, url: str, event_types: list[str], company_tags: list[str], disabled: bool = False,
    secret: str | None = None,
) -> Consumer:  # fmt: skip
    """Store a consumer whose parts were checked."""
    with state.lock:
        made = Consumer(
            state.ids.uuid(taken=state.consumers),
            url,
            secret or state.ids.webhook_secret(),
            event_types,
            company_tags,
            disabled,
        )
        state.consumers[made.id] = made
        state.changes += 1
        return made


def show(consumer: Consumer) -> dict[str, Any]:
    """A consumer by JSON name, without its secret."""
    return {
        "id": consumer.id,
        "url": consumer.url,
        "disabled": consumer.disabled,
        "eventTypes": list(consumer.event_types),
        "companyTags": list(consumer.company_tags),
    }


def check_url(url: object, problems: list[str]) -> str:
    """The URL that events are sent to; anything wrong with it is added to the problems."""
    try:
        parts = urlsplit(url) if isinstance(url, str) and _VISIBLE.fullmatch(url) else None
        if parts and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return parts.geturl()
    except ValueError:
        pass
    problems.append("url: an absolute http or https URL of visible ASCII characters, others percent-encoded")
    return ""


def check_tags(tags: list[str], problems: list[str]) -> list[str]:
    """The tags of the companies whose events are wanted; anything wrong with them is added to the problems."""
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG or ":" not in tag for tag in tags):
        problems.append(f"companyTags: at most {MAX_TAGS}, each key:value of at most {MAX_TAG} characters")
    return tags


def _texts(name: str, value: object, problems: list[str]) -> list[str]:
    if value is None:
        return []
    items = cast("list[object]", value) if isinstance(value, list) else []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in items):
        problems.append(f"{name}: a list of strings")
        return []
    return [str(item) for item in items]


OPERATIONS = (
    Operation("webhooks.list", "GET", "/webhooks", list_),
    Operation("webhooks.create", "POST", "/webhooks", create, status=201, reads_body=True),
    Operation("webhooks.delete", "DELETE", "/webhooks/{webhookId}", delete, status=204),
)
