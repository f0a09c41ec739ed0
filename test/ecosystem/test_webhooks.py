"""Webhooks with the real frameworks, and signatures checked by another library, both ways."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from webhook_samples import BODY, CONNECTION, KEY, OTHER_SECRET, SECRET, compact, event

from codat_python_sdk import CodatPlatform
from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

standardwebhooks = pytest.importorskip("standardwebhooks", reason="tox -e webhooks installs the frameworks")
for _framework in ("django", "fastapi", "flask", "httpx"):
    pytest.importorskip(_framework, reason="tox -e webhooks installs the frameworks")

RECIPES = Path(__file__).parents[2] / "examples" / "webhook_receivers"
Send = Callable[[bytes, dict[str, str]], tuple[int, str]]


# -- the other library -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [BODY, b"{}", '{"a": "ü"}'.encode()])
@pytest.mark.parametrize("secret", [SECRET, SECRET.rstrip("="), OTHER_SECRET])
def test_signature__of_the_other_library_is_accepted_here(body: bytes, secret: str) -> None:
    """What standardwebhooks signs is accepted."""
    now = datetime.now(timezone.utc)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(secret).sign("msg_1", now, body.decode()),
    }
    assert Webhook(secret).verify(body, headers) == "msg_1"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


@pytest.mark.parametrize("body", [BODY, b"{}", '{"a": "ü"}'.encode()])
@pytest.mark.parametrize("secrets", [[SECRET], [OTHER_SECRET, SECRET], [KEY]])
def test_signature__made_here_is_accepted_by_the_other_library(body: bytes, secrets: list[str | bytes]) -> None:
    """What is signed here, also with several secrets, standardwebhooks accepts."""
    headers = Webhook(secrets).sign(body)
    assert standardwebhooks.Webhook(SECRET).verify(body, headers) is not None
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(body + b" ", headers)


def test_window__is_that_of_the_other_library() -> None:
    """Past and future, what one library refuses for its age, so does the other."""
    receiver, other = Webhook(SECRET), standardwebhooks.Webhook(SECRET)
    now = datetime.now(timezone.utc).timestamp()
    for seconds in (-400, -200, 200, 400):
        headers = receiver.sign(BODY, timestamp=now + seconds)
        if abs(seconds) < 300:
            receiver.verify(BODY, headers)
            other.verify(BODY, headers)
        else:
            with pytest.raises(WebhookVerificationError):
                receiver.verify(BODY, headers)
            with pytest.raises(standardwebhooks.WebhookVerificationError):
                other.verify(BODY, headers)


# -- the recipes -------------------------------------------------------------------------------------------------------


def fastapi_client(module: Any) -> Send:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that another package than httpx is to be preferred
        client = importlib.import_module("fastapi.testclient").TestClient(module.app)

    def send(body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        response = client.post("/codat/webhooks", content=body, headers=headers)
        return response.status_code, response.text

    return send


def flask_client(module: Any) -> Send:
    def send(body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        response = module.app.test_client().post("/codat/webhooks", data=body, headers=headers)
        return response.status_code, response.text

    return send


def django_client(module: Any) -> Send:
    testing = importlib.import_module("django.test")

    def send(body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        client = testing.Client(enforce_csrf_checks=True)
        response = client.post("/codat/webhooks", body, content_type="application/json", headers=headers)
        return response.status_code, response.content.decode()

    return send


CLIENTS = {"fastapi_app": fastapi_client, "flask_app": flask_client, "django_app": django_client}


class Recipe:
    """A recipe with its inbox, and the framework's own client for tests."""

    def __init__(self, name: str) -> None:
        self.module = importlib.import_module(name)
        self.send = CLIENTS[name](self.module)

    def deliver(self, body: bytes = BODY, **more: str) -> tuple[int, str]:
        headers = Webhook(SECRET).sign(body) | {name.replace("_", "-"): value for name, value in more.items()}
        return self.send(body, {"Content-Type": "application/json"} | headers)


@pytest.fixture(params=CLIENTS)
def recipe(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipe]:
    """Each of the three, as a process would have it that has just started."""
    monkeypatch.setenv("CODAT_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("INBOX", str(tmp_path / "inbox.sqlite"))
    monkeypatch.syspath_prepend(RECIPES)  # pyright: ignore[reportUnknownMemberType]
    if request.param == "django_app" and "django_app" in sys.modules:
        module = sys.modules["django_app"]  # Django is set up once in a process
        sys.modules.pop("inbox", None)
        monkeypatch.setattr(module, "inbox", importlib.import_module("inbox").Inbox())
        yield Recipe("django_app")
        return
    for name in ("inbox", "fastapi_app", "flask_app"):
        sys.modules.pop(name, None)
    yield Recipe(request.param)


def test_recipe__keeps_a_delivery_once(recipe: Recipe) -> None:
    """A delivery gets a 204 and is kept; the same one again gets a 204 and is not kept again."""
    headers = {"webhook_id": "msg_same"}
    headers |= {k.replace("-", "_"): v for k, v in Webhook(SECRET).sign(BODY, webhook_id="msg_same").items()}
    seen: list[Any] = []
    for _ in range(3):
        assert recipe.deliver(BODY, **headers) == (204, "")
    assert recipe.module.inbox.work(seen.append) == 1
    assert [(event.webhook_id, event.event_type) for event in seen] == [("msg_same", "connection.disconnected")]
    assert recipe.deliver(BODY, **headers) == (204, "")
    assert recipe.module.inbox.work(seen.append) == 0


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({"webhook_signature": "v1,AAAA"}, "signature"),
        ({"webhook_timestamp": "123abc"}, "timestamp"),
        ({"webhook_id": ""}, "webhook-id missing"),
    ],
)
def test_recipe__refuses_what_is_wrong(recipe: Recipe, headers: dict[str, str], text: str) -> None:
    """A delivery that does not verify gets a 400 with the reason, and nothing is kept."""
    status, response = recipe.deliver(BODY, **headers)
    assert status == 400 and text in response and SECRET not in response
    assert recipe.module.inbox.work(pytest.fail) == 0


def test_recipe__takes_any_bytes(recipe: Recipe) -> None:
    """The bytes that are verified are those that were sent, whatever they are and however they are spelled."""
    for body in (compact(event()), BODY.replace(b":", b" :  "), b'{"a": "\\u00fc"}', b"\xff\xfe", b" {} \r\n"):
        assert recipe.deliver(body)[0] == 204


def test_inbox__keeps_what_fails(recipe: Recipe) -> None:
    """A delivery whose handling fails stays in the inbox and is handled the next time."""
    recipe.deliver()

    def fail(_: Any) -> None:
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError):
        recipe.module.inbox.work(fail)
    seen: list[Any] = []
    assert recipe.module.inbox.work(seen.append) == 1 and len(seen) == 1


def test_inbox__one_that_fails_holds_up_no_other(recipe: Recipe) -> None:
    """A delivery that is verified and cannot be read is reported in each round, after the others were handled."""
    for body in (b"\xff", BODY):
        recipe.deliver(body)
    seen: list[Any] = []
    for _ in range(2):
        with pytest.raises(WebhookVerificationError, match="not a JSON object"):
            recipe.module.inbox.work(seen.append)
        assert [event.event_type for event in seen] == ["connection.disconnected"]


def test_statuses__are_fetched_because_order_is_not_promised(recipe: Recipe) -> None:
    """Events in the wrong order end in the right status, since each one makes the application ask for it."""
    with Sandbox() as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        connection_id = sandbox.add_connection(status="Linked")
        payload = {"referenceCompany": {"id": sandbox.company_id}, "connection": CONNECTION | {"id": connection_id}}
        sandbox.set_status(connection_id, "Deauthorized")
        for event_type in ("connection.disconnected", "connection.connected", "connection.created"):
            recipe.deliver(compact(event(event_type, payload)))
        statuses = importlib.import_module("inbox").Statuses(codat)
        assert recipe.module.inbox.work(statuses.handle) == 3
        assert statuses.known == {connection_id: "Deauthorized"}
        codat.connections.delete(sandbox.company_id, connection_id)
        recipe.deliver(compact(event("connection.connected", payload)))
        recipe.module.inbox.work(statuses.handle)
        assert statuses.known == {connection_id: "deleted"}
