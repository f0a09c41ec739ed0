"""Every example runs as its reader would run it, against its own sandbox and against a service named by variables."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cases import case
from prepared import Prepared
from sources import text_of

from codat_python_sdk import CodatPlatform, apis
from codat_python_sdk.sandbox import Request, Sandbox

EXAMPLES = Path(__file__).parent.parent / "examples"

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

API_CLASSES: list[type[object]] = [getattr(apis, name) for name in apis.__all__]
OPERATIONS = [
    name for cls in API_CLASSES for name in vars(cls) if name[0] != "_" and not name.endswith("_with_http_info")
]

#: The last line that each script prints.
LAST_LINES = {
    "create_connection": rf"{UUID} is PendingAuth; send the customer to http://127\.0\.0\.1:\d+/\S+",
    "delete_connection": rf"{UUID} deleted: True",
    "get_connection": r"Commerce Sandbox: Linked, last synchronized never",
    "list_connections": rf"{UUID} Commerce Sandbox Linked",
    "list_integrations": r"Xero has its logo at http\S+",
    "manage_companies": r"Deleted:  Corner Bakery Ltd",
    "manage_webhook_consumers": r"Deleted: http://127\.0\.0\.1:8000/codat/webhooks",
    "quickstart": r"Deleted:    gone",
    "unlink_connection": rf"{UUID} is Unlinked",
    "update_authorization": rf"{UUID} is Linked",
}

#: Needs more than the package does, so test/ecosystem/test_dask.py runs it.
NEEDS_MORE = "fleet_review"


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(scripts: Prepared) -> Run:
    """A function that runs an example with arguments and variables."""

    def run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CODAT_")}
        return scripts.run(EXAMPLES / f"{script}.py", *arguments, env=kept | variables)

    return run


@pytest.fixture
def real() -> Iterator[Sandbox]:
    """A sandbox that stands for the real service: its customer authorizes whatever is created, at once."""

    def authorize(request: Request) -> None:
        if request.method == "POST" and request.status == 200:
            for connection in sandbox.connections():
                sandbox.authorize(connection["id"])

    sandbox = Sandbox(on_request=authorize)
    sandbox.add_connection(platform_key="aiwb", status="Linked")
    with sandbox:
        yield sandbox


@pytest.fixture
def variables(real: Sandbox) -> dict[str, str]:
    """What leads an example to `real`."""
    return {"CODAT_API_KEY": real.api_key, "CODAT_SERVER_URL": real.url, "CODAT_COMPANY_ID": real.company_id}


def test_examples__are_all_known_here() -> None:
    """A new script gets a line in the table above, and with it a test."""
    assert {path.stem for path in EXAMPLES.glob("[!_]*.py")} == {*LAST_LINES, NEEDS_MORE}


def test_examples__show_every_operation() -> None:
    """Every operation has an example that calls it."""
    for operation in OPERATIONS:
        with case(operation):
            assert any(f"api.{operation}(" in text_of(path) for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("script", LAST_LINES)
def test_examples__run_against_their_own_sandbox(script: str, run: Run) -> None:
    """A script needs no account: it prints what it promises, and nothing goes wrong or warns."""
    done = run(script)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(LAST_LINES[script], done.stdout.splitlines()[-1])


@pytest.mark.parametrize("script", LAST_LINES)
def test_examples__run_against_the_service_that_is_named(
    script: str, run: Run, real: Sandbox, variables: dict[str, str]
) -> None:
    """With the three variables set, the same script works on that service and company."""
    done = run(script, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(LAST_LINES[script].replace("never", ".*"), done.stdout.splitlines()[-1])
    assert real.requests


def test_quickstart__shows_the_whole_life(run: Run) -> None:
    """The first thing that anybody sees goes from PendingAuth to Linked to Unlinked to gone."""
    states = [line.split()[-1] for line in run("quickstart").stdout.splitlines() if not line.startswith("Listed")]
    assert states == ["PendingAuth", "Linked", "Unlinked", "gone"]


def test_quickstart__tells_the_link_of_a_real_service(run: Run, variables: dict[str, str]) -> None:
    """Where a person has to authorize, the link is printed for them."""
    assert re.search(r"^Open this link and authorize: http://\S+$", run("quickstart", **variables).stdout, re.MULTILINE)


def test_examples__without_a_company_say_what_is_missing(run: Run, variables: dict[str, str]) -> None:
    """A key alone is not enough, and the script says so instead of failing somewhere."""
    del variables["CODAT_COMPANY_ID"]
    done = run("list_connections", **variables)
    assert done.returncode == 1
    assert done.stderr == "Set CODAT_COMPANY_ID to the id of the company to work on.\n"


def test_get_connection__of_an_empty_company_says_what_to_do(
    run: Run, real: Sandbox, variables: dict[str, str]
) -> None:
    """Where there is nothing to get, the script names the one that changes that."""
    variables["CODAT_COMPANY_ID"] = real.create_company()
    done = run("get_connection", **variables)
    assert done.returncode == 1
    assert "create_connection.py" in done.stderr


def test_fleet_review__without_its_packages_says_what_to_install(run: Run, tmp_path: Path) -> None:
    """What is missing is named, and the file that lists all that is needed."""
    (tmp_path / "matplotlib.py").write_text("import nowhere_to_be_found", encoding="utf-8")
    done = run(NEEDS_MORE, PYTHONPATH=os.pathsep.join((str(tmp_path), str(EXAMPLES.parent))))
    assert done.returncode == 1
    assert done.stderr == f"nowhere_to_be_found is missing: pip install -r {EXAMPLES / 'requirements.txt'}\n"


def stand_in_for_packages(folder: Path) -> None:
    """Put into a folder what the script imports to draw and to show its progress."""
    (folder / "matplotlib").mkdir()
    (folder / "matplotlib" / "__init__.py").touch()
    (folder / "matplotlib" / "figure.py").write_text("Figure = None", encoding="utf-8")
    (folder / "tqdm.py").write_text("tqdm = None", encoding="utf-8")


def test_fleet_review__odd_rows_end_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A company whose id is none is a row with a failure, and a status that is no text is written as one."""
    stand_in_for_packages(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(EXAMPLES), *sys.path])
    before = {*sys.modules}
    script = importlib.import_module("fleet_review")
    for name in ("fleet_review", "matplotlib", "matplotlib.figure", "tqdm"):
        if name not in before:
            del sys.modules[name]
    with Sandbox() as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        body = {"results": [{"id": "a", "status": 5}, {"id": "b"}, {"id": "c", "status": "Linked"}], "totalResults": 3}
        sandbox.fail_next(status=200, body=body, operation="connections.list")
        rows: list[Any] = [*script.on_threads(codat, [None, sandbox.company_id], 1, 60_000)]
    known, unknown = sorted(rows, key=lambda row: bool(row.failure))
    assert (known.company_id, known.statuses, known.failure) == (sandbox.company_id, "5 Linked none", "")
    assert (unknown.company_id, unknown.statuses) == ("None", "") and "company_id must be str" in unknown.failure


def test_fleet_review__needs_dask_for_that_engine_alone(run: Run, tmp_path: Path) -> None:
    """Without Dask the script runs; with --engine dask it says what is missing before it begins anything."""
    stand_in_for_packages(tmp_path)
    (tmp_path / "distributed.py").write_text("import nowhere_to_be_found", encoding="utf-8")
    path = os.pathsep.join((str(tmp_path), str(EXAMPLES.parent)))
    assert run(NEEDS_MORE, "--help", PYTHONPATH=path).returncode == 0
    done = run(NEEDS_MORE, "--engine", "dask", PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"nowhere_to_be_found is missing: pip install -r {EXAMPLES / 'requirements.txt'}\n"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The modules of the backend that need no web framework."""
    monkeypatch.setattr(sys, "path", [str(EXAMPLES / "backend"), *sys.path])
    modules = {name: importlib.import_module(name) for name in ("backend", "store")}
    yield modules
    for name in modules:
        del sys.modules[name]


def test_backend__a_delivery_that_cannot_be_read_holds_up_no_other(
    tmp_path: Path, modules: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """What was signed and is no JSON is logged once, and the deliveries after it are handled."""
    store = modules["store"].Store(tmp_path / "store.sqlite")
    with Sandbox() as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        made = codat.connections.create(sandbox.company_id, "gbol")
        event = {"connection": {"id": made.id}, "referenceCompany": {"id": sandbox.company_id}}
        store.add_delivery("msg_1", b"\xff")
        store.add_delivery("msg_2", json.dumps({"eventType": "connection.created", "payload": event}).encode())
        backend = modules["backend"].Backend(codat, store)
        for _ in range(2):
            backend.work_off_deliveries()
    assert [connection.id for connection in store.connections()] == [made.id]
    assert len([record for record in caplog.records if "msg_1" in record.getMessage()]) == 1


def test_backend__a_delivery_that_fails_holds_up_no_other_and_stays(tmp_path: Path, modules: Any) -> None:
    """While Codat fails for one connection the others are kept up to date, and it follows when Codat is well again."""
    store = modules["store"].Store(tmp_path / "store.sqlite")
    with Sandbox() as sandbox, CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=0) as codat:
        made = [codat.connections.create(sandbox.company_id, "gbol").id for _ in range(2)]
        for number, connection_id in enumerate(made):
            event = {"connection": {"id": connection_id}, "referenceCompany": {"id": sandbox.company_id}}
            body = json.dumps({"eventType": "connection.created", "payload": event}).encode()
            store.add_delivery(f"msg_{number}", body)
        backend = modules["backend"].Backend(codat, store)
        sandbox.fail_next(status=500, connection_id=made[0], times=None)
        backend.work_off_deliveries()
        assert [connection.id for connection in store.connections()] == made[1:]
        sandbox.clear_faults()
        backend.catch_up()
    assert {connection.id for connection in store.connections()} == set(made)
    assert store.waiting_deliveries() == []
