"""Models and exceptions in the hands of the frameworks that applications give them to."""

# Only one environment has the frameworks, and in it they are Any.
# pyright: reportMissingImports=false, reportMissingModuleSource=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUntypedBaseClass=false
# pyright: reportMissingTypeStubs=false, reportUnknownLambdaType=false

from __future__ import annotations

import json
import logging
import runpy
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any

import pytest

from codat_python_sdk import ApiException, CodatPlatform, NotFoundException, WaitTimeoutException
from codat_python_sdk.model_utils import Model
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page
from codat_python_sdk.models import CodatPublicApiModelsCompanyPatchDataConnectionModel as Patch
from codat_python_sdk.sandbox import Sandbox

for _framework in ("celery", "django", "fastapi", "flask", "freezegun", "httpx", "nbclient", "pandas", "sentry_sdk"):
    pytest.importorskip(_framework, reason="tox -e frameworks installs the frameworks")

ROOT = Path(__file__).parents[2]
CODE = "onetime-31e4"
JSON: dict[str, Any] = {
    "id": "k1",
    "integrationId": "n",
    "sourceId": "s",
    "platformName": "Sandbox",
    "linkUrl": f"https://link.test/start?otp={CODE}",
    "created": "2026-02-03T04:05:06+00:00",
    "somethingNew": {"a": [1]},
}
HIDDEN = {name: value for name, value in JSON.items() if name != "linkUrl"}


@pytest.fixture
def connection() -> Connection:
    """A connection as the service might send it, with a key that the package does not know."""
    return Connection._from_openapi_data(_spec_property_naming=True, **JSON)


@pytest.fixture
def page(connection: Connection) -> Page:
    """A page with one row."""
    return Page(results=[connection], page_number=1, total_results=1)


def page_of(data: dict[str, Any]) -> Page:
    return Page._from_openapi_data(_spec_property_naming=True, **data)


@pytest.fixture
def failure(sandbox: Sandbox) -> ApiException:
    """What a call that failed raised."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat, pytest.raises(ApiException) as error:
        codat.connections.get(sandbox.company_id, "no-such-connection")
    return error.value


# -- FastAPI -----------------------------------------------------------------------------------------------------------


def returning(value: Any) -> Callable[[], Any]:
    return lambda: value


@pytest.fixture
def client(connection: Connection, page: Page) -> Iterator[Any]:
    """A client of a FastAPI application that declares models."""
    from fastapi import Body, FastAPI
    from pydantic import create_model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that another package than httpx is to be preferred
        from fastapi.testclient import TestClient

    app = FastAPI()
    company: Any = create_model("Company", name=(str, ...), connections=(list[Connection], ...))
    nulls = page_of({"results": [JSON | {"lastSync": None}], "totalResults": None})
    routes: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        "/one": (Connection, connection, {}),
        "/page": (Page, page, {}),
        "/list": (list[Connection], [connection], {}),
        "/inside": (company, {"name": "Bakery", "connections": [connection]}, {}),
        "/hidden": (Connection, connection, {"response_model_exclude": {"linkUrl"}}),
        "/hidden-list": (list[Connection], [connection], {"response_model_exclude": {"__all__": {"linkUrl"}}}),
        "/some": (Connection, connection, {"response_model_include": {"id", "status"}}),
        "/page-hidden": (Page, page, {"response_model_exclude": {"results": {"__all__": {"linkUrl"}}}}),
        "/page-some": (Page, page, {"response_model_include": {"results": {"__all__": {"id", "status"}}}}),
        "/page-no-nulls": (Page, nulls, {"response_model_exclude_none": True}),
    }
    for path, (model, value, options) in routes.items():
        app.add_api_route(path, returning(value), response_model=model, **options)

    def echo(connection: Any) -> Any:
        assert isinstance(connection, Connection)
        return {"name": connection.platform_name}

    echo.__annotations__ = {"connection": Annotated[Connection, Body()], "return": dict[str, str]}
    app.add_api_route("/echo", echo, methods=["POST"])
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/one", JSON),
        ("/page", {"results": [JSON], "pageNumber": 1, "totalResults": 1}),
        ("/list", [JSON]),
        ("/inside", {"name": "Bakery", "connections": [JSON]}),
        ("/hidden", HIDDEN),
        ("/hidden-list", [HIDDEN]),
        ("/some", {"id": "k1"}),
        ("/page-hidden", {"results": [HIDDEN], "pageNumber": 1, "totalResults": 1}),
        ("/page-some", {"results": [{"id": "k1"}]}),
        ("/page-no-nulls", {"results": [JSON]}),
    ],
)
def test_fastapi__returns_models(client: Any, path: str, expected: Any) -> None:
    """A declared response type is written under JSON's names, in lists and other models too; fields can be left out."""
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, expected)


def test_fastapi__takes_models(client: Any) -> None:
    """A declared body is read and checked; what does not fit is FastAPI's own 422, which names the field."""
    assert client.post("/echo", json=JSON).json() == {"name": "Sandbox"}
    refused = client.post("/echo", json=JSON | {"platformName": None})
    assert refused.status_code == 422
    assert "platformName is null, expected a string" in refused.text


def test_fastapi__describes_models(client: Any) -> None:
    """The OpenAPI description has each field with its type and whether it is required."""
    paths = client.get("/openapi.json").json()["paths"]
    schema = paths["/one"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == set(Connection.attribute_map.values())
    assert schema["required"] == ["id", "integrationId", "sourceId", "platformName", "linkUrl"]
    assert schema["properties"]["platformName"] == {"type": "string"}
    assert schema["properties"]["created"]["anyOf"] == [{"type": "string", "format": "date-time"}, {"type": "null"}]
    errors = schema["properties"]["dataConnectionErrors"]["anyOf"][0]
    assert errors["items"]["properties"]["statusCode"]["anyOf"][0] == {"type": "string"}
    assert paths["/echo"]["post"]["requestBody"]["content"]["application/json"]["schema"]["required"]


def test_pydantic__reads_and_writes(connection: Connection) -> None:
    """A TypeAdapter reads a model from JSON, takes one as it is, and writes it."""
    from pydantic import TypeAdapter, ValidationError

    adapter: Any = TypeAdapter(Connection)
    assert adapter.validate_json(json.dumps(JSON)) == connection
    assert adapter.validate_python(connection) is connection
    assert json.loads(adapter.dump_json(connection)) == JSON
    with pytest.raises(ValidationError, match="id is missing"):
        adapter.validate_python({})


SELECTIONS: list[dict[str, Any]] = [
    {"exclude": {"results": {"__all__": {"linkUrl"}}}},
    {"exclude": {"results": {0: {"linkUrl", "id"}, "__all__": {"created"}}}},
    {"exclude": {"results": {-1: True}}},
    {"exclude": {"results": {0}, "pageNumber": ...}},
    {"exclude": {"results": {"__all__"}}},
    {"exclude": {"results": {"__all__": {"somethingNew": {"a": {0}}}}}},
    {"exclude": {"results": {}}},
    {"exclude": set()},
    {"include": {"results": {"__all__": {"id", "status"}}}},
    {"include": {"results": {1: ..., 0: {"id"}}}},
    {"include": {"results": {"__all__": {"somethingNew": {"b"}}}}},
    {"include": {"results": {}}},
    {"include": {"results": True}},
    {"include": {"results"}, "exclude": {"results": {"__all__": {"linkUrl"}}}},
    {"exclude_none": True},
    {"exclude_none": True, "exclude": {"results": {"__all__": {"linkUrl"}}}},
    {"exclude_defaults": True},
]


@pytest.mark.parametrize("options", SELECTIONS, ids=str)
def test_pydantic__selects_as_for_its_own_models(options: dict[str, Any]) -> None:
    """Include and exclude mean the same at every level as for a Pydantic model with the same fields."""
    from pydantic import ConfigDict, TypeAdapter, create_model

    new = ConfigDict(extra="allow")
    row: Any = create_model("Row", lastSync=(str | None, None), __config__=new)
    own: Any = create_model("Own", pageNumber=(int, ...), results=(list[row], []), __config__=new)
    data = {"pageNumber": 1, "results": [JSON | {"lastSync": None, "unknown": None}, JSON | {"lastSync": None}]}
    expected = own.model_validate(data).model_dump(mode="json", **options)
    adapter: Any = TypeAdapter(Page)
    assert adapter.dump_python(page_of(data), mode="json", **options) == expected
    assert json.loads(adapter.dump_json(page_of(data), **options)) == expected


@pytest.mark.parametrize("option", ["include", "exclude"])
def test_pydantic__takes_false_as_for_its_own_models(option: str) -> None:
    """Pydantic rejects False for a list, and ignores it for a text."""
    from pydantic import ConfigDict, TypeAdapter, create_model

    row: Any = create_model("Row", linkUrl=(str, ...), __config__=ConfigDict(extra="allow"))
    own: Any = TypeAdapter(create_model("Own", results=(list[row], [])))
    adapter: Any = TypeAdapter(Page)
    page = page_of({"results": [JSON]})
    text: dict[str, Any] = {option: {"results": {"__all__": {"linkUrl": False}}}}
    assert adapter.dump_python(page, **text) == own.dump_python(own.validate_python({"results": [JSON]}), **text)
    for dump in (adapter.dump_python, adapter.dump_json):
        with pytest.raises(Exception, match=f"`{option}` argument must be a set or dict"):
            dump(page, **{option: {"results": False}})


# -- Flask, Django, pandas ---------------------------------------------------------------------------------------------


def test_flask__json_provider_in_one_line(connection: Connection, page: Page) -> None:
    """With the documented line, views return models, alone and inside of other data."""
    from flask import Flask, jsonify
    from flask.json.provider import DefaultJSONProvider

    app: Any = Flask(__name__)
    app.json.default = lambda o: o.to_json_dict() if isinstance(o, Model) else DefaultJSONProvider.default(o)
    app.add_url_rule("/", "page", view_func=lambda: {"page": page, "when": datetime(2026, 1, 1)})
    app.add_url_rule("/list", "list", view_func=lambda: jsonify([connection]))
    client = app.test_client()
    assert client.get("/").json["page"]["results"] == [JSON]
    assert client.get("/list").json == [JSON]
    with app.app_context():
        keywords: Any = jsonify(**connection)
        assert keywords.json["platform_name"] == "Sandbox"


def test_django__json_response_in_one_line(connection: Connection, page: Page) -> None:
    """JsonResponse takes to_json_dict(), or models with the documented encoder."""
    import django
    from django.conf import settings
    from django.core.serializers.json import DjangoJSONEncoder
    from django.http import JsonResponse

    if not settings.configured:
        settings.configure()
        django.setup()

    class ModelEncoder(DjangoJSONEncoder):  # type: ignore[misc, unused-ignore]
        def default(self, o: Any) -> Any:
            return o.to_json_dict() if isinstance(o, Model) else super().default(o)

    assert json.loads(JsonResponse(connection.to_json_dict()).content) == JSON
    assert json.loads(JsonResponse({"page": page}, encoder=ModelEncoder).content)["page"]["results"] == [JSON]


@pytest.mark.parametrize("library", ["werkzeug", "django"])
def test_lazy_values__stand_for_what_they_hold(sandbox: Sandbox, library: str) -> None:
    """Werkzeug's LocalProxy and Django's SimpleLazyObject go into paths, queries, headers, bodies and credentials."""
    from django.utils.functional import SimpleLazyObject
    from werkzeug.local import LocalProxy

    def lazy(value: Any) -> Any:
        return LocalProxy(lambda: value) if library == "werkzeug" else SimpleLazyObject(lambda: value)

    with CodatPlatform(api_key=lazy(sandbox.api_key), server_url=lazy(sandbox.url)) as codat:
        company = codat.companies.create(lazy("Bakery"), tags=lazy({"uid": lazy("c-17")}), headers={"X-A": lazy("b")})
        connection = codat.connections.create(lazy(company.id), lazy("mqjo"), idempotency_key=lazy("k-1"))
        found = codat.connections.list(lazy(company.id), query=lazy("status=PendingAuth")).results
        assert [row.id for row in found] == [connection.id]
        codat.api_client.request(
            "PATCH", "/companies/{id}", path_params={"id": lazy(company.id)}, body=lazy({"name": lazy("N")})
        )
        assert codat.companies.get(company.id).name == "N" and company.tags == {"uid": "c-17"}
        patch = Patch(status=lazy("Unlinked"))
        assert json.loads(patch.to_json()) == patch.to_json_dict() == {"status": "Unlinked"}
        with pytest.raises(WaitTimeoutException, match="is still PendingAuth, not Linked"):
            codat.connections.wait_for_status(company.id, connection.id, lazy("Linked"), timeout=0.2)


def test_pandas__data_frame_of_rows(page: Page) -> None:
    """A DataFrame is made from the rows as dicts, with the attributes as columns and dates as dates."""
    import pandas as pd

    frame: Any = pd.DataFrame([dict(row) for row in page.results])
    assert list(frame["platform_name"]) == ["Sandbox"]
    assert frame["created"][0] == datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    assert list(pd.DataFrame([row.to_json_dict() for row in page.results])["platformName"]) == ["Sandbox"]


# -- Celery ------------------------------------------------------------------------------------------------------------


def json_backend() -> Any:
    """A Celery application whose results are JSON, as the default is, kept in memory."""
    from celery import Celery

    app: Any = Celery("frameworks", broker="memory://", backend="cache+memory://")
    app.conf.update(result_serializer="json", task_serializer="json", accept_content=["json"])
    return app.backend


def test_celery__results_are_models_as_json(page: Page) -> None:
    """A task may return a page: the JSON serializer writes it under JSON's names."""
    backend = json_backend()
    backend.store_result("task-1", page, "SUCCESS")
    assert backend.get_result("task-1")["results"] == [JSON]


def test_celery__exceptions_come_back_with_their_text(failure: ApiException) -> None:
    """What failed in a worker reads the same where the result is asked for, though JSON carried it."""
    backend = json_backend()
    backend.store_result("task-2", failure, "FAILURE")
    error = backend.get_result("task-2")
    assert type(error) is NotFoundException
    assert (str(error), repr(error)) == (str(failure), repr(failure))
    assert (error.status, error.outcome, error.correlation_id) == (404, "rejected", failure.correlation_id)


# -- Sentry and logs ---------------------------------------------------------------------------------------------------


def test_sentry__title_has_no_ids_and_locals_no_codes(failure: ApiException, connection: Connection) -> None:
    """The title of an issue is the message; local variables show a connection without its one-time code."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    sent: list[Any] = []

    class Memory(Transport):  # type: ignore[misc, unused-ignore]
        def capture_envelope(self, envelope: Any) -> None:
            sent.append(envelope)

    def handle(row: Connection) -> None:
        rows = [row]
        raise failure from RuntimeError(f"{len(rows)} rows")

    sentry_sdk.init(dsn="http://key@127.0.0.1/1", transport=Memory, default_integrations=False)
    try:
        try:
            handle(connection)
        except ApiException as error:
            sentry_sdk.capture_exception(error)
        sentry_sdk.flush()
    finally:
        sentry_sdk.init()
    event = sent[0].get_event()
    shown = event["exception"]["values"][-1]
    assert (shown["type"], shown["value"]) == ("NotFoundException", failure.message)
    assert "http" not in shown["value"]
    assert "k1" in json.dumps(event, default=str), "the row is there"
    assert CODE not in json.dumps(event, default=str)


def test_sentry__recipe_makes_one_issue_of_the_same_failure(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The recipe's reports of two companies have one fingerprint, and tags with outcome and correlation id."""
    from sentry_sdk.transport import Transport

    sent: list[Any] = []

    class Memory(Transport):  # type: ignore[misc, unused-ignore]
        def capture_envelope(self, envelope: Any) -> None:
            sent.append(envelope)

    recipe = runpy.run_path(str(ROOT / "examples" / "recipes" / "sentry.py"))
    sdk = recipe["sentry_sdk"]
    initialize = sdk.init
    monkeypatch.setattr(
        sdk,
        "init",
        lambda **options: initialize(
            dsn="http://key@127.0.0.1/1", transport=Memory, default_integrations=False, **options
        ),
    )
    monkeypatch.setenv("CODAT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CODAT_SERVER_URL", sandbox.url)
    sandbox.fail_next(status=400, body={"error": "Not now", "correlationId": "f3a1"}, times=None)
    try:
        for company_id in (sandbox.company_id, sandbox.create_company()):
            recipe["main"](company_id, sandbox.add_connection(company_id))
    finally:
        initialize()
    events = [envelope.get_event() for envelope in sent]
    assert [event["fingerprint"] for event in events] == [["codat", "BadRequestException", "Not now"]] * 2
    assert events[0]["tags"] == {"codat.status": "400", "codat.outcome": "rejected", "codat.correlation_id": "f3a1"}
    assert capsys.readouterr().out == "reported: Not now\n" * 2


# -- Jupyter -----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default")  # the kernel's libraries have theirs
def test_jupyter__notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example notebook runs in a real kernel, shows a connection without its one-time code, and awaits."""
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.delenv("CODAT_API_KEY", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(ROOT / "examples" / "recipes" / "connections.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute()
    shown = [
        "".join(output["data"]["text/plain"] for output in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    assert "'platform_name': 'Sandbox'" in shown[1] and "otp=" not in shown[1]
    assert shown[2:] == ["Counter({'Linked': 1})", "1"]


# -- logging -----------------------------------------------------------------------------------------------------------


def test_logging__repr_is_the_whole_line(failure: ApiException, caplog: pytest.LogCaptureFixture) -> None:
    """`logging` with %r and %s has all that the exception says, on one line."""
    with caplog.at_level(logging.ERROR):
        logging.getLogger("job").error("failed: %r", failure)
    assert caplog.messages == [f"failed: <NotFoundException: {failure}>"]


# -- frozen clocks -----------------------------------------------------------------------------------------------------

FREEZERS = {
    "freezegun": "from freezegun import freeze_time as freeze",
    "freezegun, package imported in the freeze": "from freezegun import freeze_time as freeze",
    "time-machine": "import time_machine; freeze = lambda when: time_machine.travel(when, tick=False)",
}
FROZEN = """
{imports}
def read():
    from codat_python_sdk.decoders import decoder_of
    from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
    row = {{"id": "i", "integrationId": "n", "sourceId": "s", "platformName": "p", "linkUrl": "l"}}
    rows = decoder_of(([Connection],))([row | {{"created": "2026-02-03T04:05:06.1234567Z"}}] * 250)
    copy = Connection(**rows[0])
    classes = {{type(row.created) for row in (copy, *rows)}}
    return {{(cls.__module__, cls.__name__) for cls in classes}}, rows[249].created.year
{before}
with freeze("2020-01-01"):
    print(read())
print(read())
"""


@pytest.mark.parametrize("name", FREEZERS)
def test_frozen_clock__dates_are_dates(name: str) -> None:
    """The first response that a process reads inside a freeze has dates, and so have all later ones."""
    before = "" if "imported" in name else "import codat_python_sdk.models"
    code = FROZEN.format(imports=FREEZERS[name], before=before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["({('datetime', 'datetime')}, 2026)"] * 2
