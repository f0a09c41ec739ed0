"""Arguments of a wrong type: they are named, and the sandbox stays as it was."""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

import pytest
from cases import case

from codat_python_sdk.sandbox import Sandbox, control
from codat_python_sdk.sandbox.arguments import check_arguments
from codat_python_sdk.sandbox.control import COMMANDS
from codat_python_sdk.sandbox.core import Core
from codat_python_sdk.sandbox.messages import Rejected

from .conftest import Caller


def function(
    text: str, number: float = 0, whole: int | None = None, flag: bool = False, names: str | Iterable[str] = (),
    tags: Mapping[str, str] | None = None, kind: Literal["a", "b"] = "a", texts: list[str] | None = None,
    when: Callable[[int], object] | None = None, anything: Any = None,
) -> None:  # fmt: skip
    """A function with every kind of annotation that the commands have."""


def test_check__names_a_wrong_type() -> None:
    """The text has the argument, what it must be, and of text no more than its type."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"text": 5}, "text must be a str, got 5"),
        ({"text": None}, "text must be a str, got None"),
        ({"text": b"secret"}, "text must be a str, got bytes"),
        ({"text": UUID(int=1)}, "text must be a str, got UUID"),
        ({"number": True}, "number must be a number, got True"),
        ({"number": "5"}, "number must be a number, got str"),
        ({"whole": 1.5}, "whole must be an int or None, got 1.5"),
        ({"whole": False}, "whole must be an int or None, got False"),
        ({"flag": 1}, "flag must be true or false, got 1"),
        ({"names": [1]}, "names must be a str or a list of strings, got list"),
        ({"tags": {"a": 1}}, "tags must be an object of strings or None, got dict"),
        ({"tags": [["a", "b"]]}, "tags must be an object of strings or None, got list"),
        ({"kind": 1}, "kind must be a str, got 1"),
        ({"texts": "ab"}, "texts must be a list of strings or None, got str"),
        ({"when": "x"}, "when must be a function or None, got str"),
    ]
    for given, text in cases:
        with case(given, text):
            with pytest.raises(TypeError) as caught:
                check_arguments(function, given)
            assert str(caught.value) == text


def test_check__accepts_the_annotated_types() -> None:
    """Every type that an annotation allows passes; names without one are for Python to refuse."""
    check_arguments(
        function,
        {"text": "", "number": 1, "whole": None, "flag": True, "names": ("a",), "tags": {}, "kind": "c", "texts": [],
         "when": print, "anything": object(), "unknown": 1},
    )  # fmt: skip


WRONG = [5, -1, 1.5, True, "", "nonsense", [], [1], ["x"], {}, {"a": 1}, {"a": "b"}, None]
TEXTS = [value for value in WRONG if isinstance(value, str)]


def variants(name: str, right: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Arguments of a command, each with one of them wrong."""
    method = getattr(Core, name, None)
    parameters = [] if method is None else [known for known in inspect.signature(method).parameters if known != "self"]
    if name == "arm_fault":
        parameters = ["kind", "times", "after", "operation", "company_id", "connection_id", "probability", "seconds",
                      "status", "retry_after", "body", "headers", "stored", "where", "interval"]  # fmt: skip
    for parameter in parameters:
        for value in TEXTS if COMMANDS[name][0] == "GET" else WRONG:
            yield {**right, parameter: value}


def test_control__no_argument_breaks_the_sandbox(sandbox: Sandbox) -> None:
    """No command fails but in words for any JSON value of any argument, and API and dashboard go on serving."""
    for name in COMMANDS:
        company, connection = sandbox.create_company("A"), sandbox.add_connection()
        webhook = sandbox.add_webhook("http://127.0.0.1:9/", event_types="company.deleted")
        values: dict[str, Any] = {
            "company_id": company, "connection_id": connection, "webhook_id": webhook, "timeout": 0, "name": "B",
            "url": "http://127.0.0.1:9/", "kind": "fail_next", "status": "Linked", "seconds": 0, "fault": "late",
            "event_type": "read.completed", "payload": {},
        }  # fmt: skip
        known = inspect.signature(getattr(Core, name, function)).parameters
        for given in variants(name, {key: value for key, value in values.items() if key in known}):
            with contextlib.suppress(Rejected):
                control.run(sandbox._core, name, given)
        sandbox.clear_faults()
        serves(sandbox)
        sandbox.reset()


def serves(sandbox: Sandbox) -> None:
    """The API lists everything, the dashboard shows it, and its state is JSON."""
    call = Caller(sandbox)
    for target in ("/companies?pageSize=5000", "/webhooks", *(
        f"/companies/{company['id']}/connections" for company in sandbox.companies()
    )):  # fmt: skip
        assert call.plain("GET", target, {"Authorization": sandbox.auth_header}).status == 200, target
    for view in ("/", "/?view=faults", "/?view=webhooks", "/?view=deliveries", "/?view=keys"):
        assert call.plain("GET", view).status == 200
    for value in (sandbox.companies(), sandbox.connections()):
        assert json.loads(json.dumps(value, allow_nan=False)) == value


def test_control__names_the_argument(sandbox: Sandbox) -> None:
    """An argument that cannot be is a 400 that names it, and nothing has changed."""
    cases: list[tuple[str, str, str, str]] = [
        ("POST", "/companies", '{"name": 5}', "name"),
        ("POST", "/companies", '{"name": "A", "company_id": 5}', "company_id"),
        ("POST", "/companies", '{"name": "A", "company_id": ".."}', "company_id"),
        ("POST", "/companies", '{"name": "A", "company_id": "\\ud800"}', "company_id"),
        ("POST", "/companies", '{"name": "A", "foreign": "no"}', "foreign"),
        ("POST", "/connections", '{"fields": {"id": 5}}', "id"),
        ("POST", "/connections", '{"fields": {"dataConnectionErrors": "x"}}', "dataConnectionErrors"),
        ("POST", "/connections", '{"fields": {"connectionInfo": [1]}}', "connectionInfo"),
        ("POST", "/connections", '{"fields": {"new": NaN}}', "fields"),
        ("POST", "/clock", '{"seconds": true}', "seconds"),
        ("POST", "/clock", '{"seconds": NaN}', "seconds"),
        ("POST", "/faults", '{"kind": "fail_next", "status": "503"}', "status"),
        ("POST", "/faults", '{"kind": "junk", "status": 7}', "status"),
        ("POST", "/faults", '{"kind": "junk", "body": [1]}', "body"),
        ("POST", "/faults", '{"kind": "junk", "content_type": "a\\r\\nb"}', "Content-Type"),
        ("POST", "/faults", '{"kind": "fail_next", "headers": {"a": 1}}', "headers"),
        ("POST", "/faults", '{"kind": "fail_next", "retry_after": "\\u20ac"}', "Retry-After"),
        ("POST", "/faults", '{"kind": "lost", "times": true}', "times"),
        ("POST", "/faults", '{"kind": "lost", "after": -1}', "after"),
        ("POST", "/deliveries/faults", '{"fault": "late", "seconds": NaN}', "seconds"),
        ("POST", "/deliveries/faults", '{"fault": "late", "seconds": -1}', "seconds"),
        ("POST", "/webhooks", '{"url": "http://127.0.0.1:9/", "event_types": "x"}', "event_types"),
    ]
    before = (sandbox.companies(), sandbox.connections(), sandbox.armed)
    call = Caller(sandbox)
    call.root = "/_sandbox"
    for method, path, body, name in cases:
        with case(method, path, body, name):
            reply = call(method, path, body=body.encode())
            assert (reply.status, name in reply.value["error"]) == (400, True), reply.value
            assert (sandbox.companies(), sandbox.connections(), sandbox.armed) == before


@pytest.mark.parametrize(
    ("method", "given"),
    [
        ("create_company", {"name": 5}),
        ("create_company", {"company_id": UUID(int=1)}),
        ("add_connection", {"id": 5}),
        ("set_status", {"connection_id": "c", "status": 5}),
        ("add_webhook", {"url": "http://127.0.0.1:9/", "event_types": [5]}),
        ("fail_next", {"status": "503"}),
        ("fail_delivery", {"fault": "late", "times": "1"}),
    ],
)
def test_python__refuses_wrong_types(sandbox: Sandbox, method: str, given: dict[str, Any]) -> None:
    """In Python it is a TypeError, before anything changes."""
    sandbox.add_connection(id="c")
    with pytest.raises(TypeError, match=r" must be (a|an) "):
        getattr(sandbox, method)(**given)
    serves(sandbox)


def test_sandbox__refuses_wrong_options() -> None:
    """Options that cannot be are named by the constructor."""
    cases: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"quota": -1}, ValueError),
        ({"quota": True}, TypeError),
        ({"quota": float("nan")}, TypeError),
        ({"company_limit": -1}, ValueError),
        ({"company_id": UUID(int=1)}, TypeError),
        ({"company_id": ".."}, ValueError),
        ({"api_key": b"k"}, TypeError),
        ({"port": "80"}, TypeError),
        ({"clock": 5}, TypeError),
        ({"seed": 1.5}, TypeError),
        ({"on_request": []}, TypeError),
    ]
    for given, error in cases:
        with case(given, error), pytest.raises(error, match=rf"^{next(iter(given))} must be "):
            Sandbox(**given)


def test_webhook__of_one_event_type_by_its_name(sandbox: Sandbox) -> None:
    """One event type or tag can be given as text, as for faults."""
    sandbox.add_webhook("http://127.0.0.1:9/", event_types="read.completed", company_tags="a:b")
    with pytest.raises(LookupError):
        sandbox.send_webhook("read.completed", payload={})
    sandbox.add_webhook("http://127.0.0.1:9/", event_types="read.completed")
    assert len(sandbox.send_webhook("read.completed", payload={})) == 1
