"""The client in Celery's workers: what comes back from a task, and what a task does that is run twice."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from codat_python_sdk import (
    ApiClient,
    ApiConnectionException,
    ApiException,
    CodatPlatform,
    NotFoundException,
    TooManyRequestsException,
)
from codat_python_sdk.sandbox import Request, Sandbox

celery = pytest.importorskip("celery", reason="tox -e celery installs celery")

UNKNOWN = "5f0c9a11-7d2e-4b63-9a40-0b1c2d3e4f50"
SERIALIZERS = ("pickle", "json")


def settings(folder: Path, serializer: str) -> dict[str, Any]:
    """A broker and a place for results that need nothing but a folder."""
    for name in ("queue", "results"):
        (folder / name).mkdir(parents=True)
    folders = {"data_folder_in": folder / "queue", "data_folder_out": folder / "queue", "control_folder": folder}
    return {
        "broker_url": "filesystem://",
        "broker_transport_options": {name: str(path) for name, path in folders.items()} | {"polling_interval": 0.05},
        "result_backend": f"file://{folder / 'results'}",
        "result_serializer": serializer,
        "result_accept_content": [serializer],
        "worker_enable_remote_control": False,
        "worker_lost_wait": 0.1,
    }


@contextmanager
def working(sandbox: Sandbox, confs: Iterable[dict[str, Any]]) -> Generator[None]:
    """A worker with two processes for each configuration, which in the end finishes what it has begun."""
    environment = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "CODAT_SERVER_URL": sandbox.url,
        "CODAT_API_KEY": sandbox.api_key,
        "COMPANY_ID": sandbox.company_id,
    }
    options = ["--pool=prefork", "--concurrency=2", "--without-mingle", "--without-gossip", "--without-heartbeat"]
    command = [sys.executable, "-m", "celery", "--app=ecosystem.tasks", "worker", "--loglevel=INFO", *options]
    workers = [
        subprocess.Popen(command, env=os.environ | environment | {"CELERY_SETTINGS": json.dumps(conf)})
        for conf in confs
    ]
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
        assert [worker.wait(30) for worker in workers] == [0] * len(workers)


class Done(NamedTuple):
    """What is there when the workers are gone."""

    sandbox: Sandbox
    connection_id: str
    results: dict[tuple[str, str], Any]  #: by serializer and by what happened to the task
    creates: list[Request]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Both workers at once, with and without pickle, for starting and ending them takes the longest."""
    seen = queue.SimpleQueue[Request]()
    with Sandbox(on_request=seen.put) as sandbox:
        connection_id = sandbox.add_connection(status="Linked")
        ids = (sandbox.company_id, connection_id)
        ids_of_another = (sandbox.company_id, sandbox.add_connection(status="Linked"))
        sandbox.fail_next(429, len(SERIALIZERS), retry_after=7, operations="delete")
        sandbox.lost(len(SERIALIZERS), operations="unlink")
        sandbox.drip(60, operations="create", where="head")  # it takes effect, and the response does not arrive
        tasks = {
            "found": ["call_for_json", "get", *ids],
            "unknown": ["call", "get", sandbox.company_id, UNKNOWN],
            "refused": ["call", "delete", *ids_of_another],
            "lost": ["call", "unlink", *ids_of_another],
        }
        conf = {name: settings(tmp_path_factory.mktemp(name), name) for name in SERIALIZERS}
        apps = {name: celery.Celery(set_as_current=False) for name in SERIALIZERS}
        results = dict[tuple[str, str], Any]()
        for serializer, app in apps.items():
            app.conf.update(conf[serializer])
            for name, (task, *arguments) in tasks.items():
                results[serializer, name] = app.send_task(f"ecosystem.tasks.{task}", arguments)
        results["pickle", "model"] = apps["pickle"].send_task("ecosystem.tasks.call", ["get", *ids])
        results["pickle", "killed"] = apps["pickle"].send_task("ecosystem.tasks.connect", [sandbox.company_id, "mqjo"])

        creates = list[Request]()
        with working(sandbox, conf.values()):
            for _ in range(len(results) + 3):  # each worker makes a request when it starts, and one task is run twice
                request = seen.get(timeout=30)
                if request.operation == "create":
                    creates.append(request)
                    if len(creates) == 1:
                        os.kill(int(request.headers["X-Process"]), signal.SIGKILL)
        yield Done(sandbox, connection_id, results, creates)


def failure(done: Done, serializer: str, name: str) -> ApiException:
    """What a task raised, as the caller gets it."""
    with pytest.raises(ApiException) as caught:
        done.results[serializer, name].get(timeout=5)
    return caught.value


def test_pickle__a_model_comes_back_equal(done: Done) -> None:
    """A task may return a model, which is equal to what the caller gets when asking Codat itself."""
    with CodatPlatform(api_key=done.sandbox.api_key, server_url=done.sandbox.url) as codat:
        mine = codat.connections.get(done.sandbox.company_id, done.connection_id)
    from_worker = done.results["pickle", "model"].get(timeout=5)
    mine.link_url = from_worker.link_url = ""  # every GET returns a new one-time code
    assert from_worker == mine


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_plain_values__come_back_with_either(done: Done, serializer: str) -> None:
    """What ApiClient.sanitize_for_serialization makes of a model needs no pickle."""
    plain = done.results[serializer, "found"].get(timeout=5)
    assert (plain["id"], plain["platformName"]) == (done.connection_id, "Sandbox")
    assert plain == ApiClient.sanitize_for_serialization(plain)


def test_pickle__exceptions_keep_all_they_know(done: Done) -> None:
    """With pickled results the caller gets Codat's message, the correlation id, the attempts, the wait, the key."""
    unknown = failure(done, "pickle", "unknown")
    assert type(unknown) is NotFoundException
    assert (unknown.status, unknown.outcome, unknown.method) == (404, "rejected", "GET")
    assert unknown.error.error.startswith("Data connection ")
    assert unknown.correlation_id
    assert unknown.correlation_id in str(unknown)
    assert [attempt.status for attempt in unknown.attempts] == [404]

    refused = failure(done, "pickle", "refused")
    assert type(refused) is TooManyRequestsException
    assert refused.retry_after == 7

    lost = failure(done, "pickle", "lost")
    assert type(lost) is ApiConnectionException
    assert (lost.status, lost.outcome, len(lost.attempts)) == (0, "unknown", 1)
    assert lost.idempotency_key in {
        request.headers["Idempotency-Key"] for request in done.sandbox.requests if request.operation == "unlink"
    }


def test_json__exceptions_keep_class_status_and_reason(done: Done) -> None:
    """Celery's JSON takes no more of an exception than its class and its arguments; those hold what the text says."""
    expected = {
        "unknown": (NotFoundException, 404, "Not Found", "rejected"),
        "refused": (TooManyRequestsException, 429, "Too Many Requests", "rejected"),
        "lost": (
            ApiConnectionException,
            0,
            "the connection broke: Remote end closed connection without response",
            "unknown",
        ),
    }
    for name, (cls, status, reason, outcome) in expected.items():
        error = failure(done, "json", name)
        assert type(error) is cls
        assert (error.status, error.reason) == (status, reason)
        assert (error.outcome, error.body) == (outcome, None)
        assert str(error).partition(" ")[0] == failure(done, "pickle", name).method
    assert failure(done, "json", "refused").retry_after == 7
    assert "Data connection " in str(failure(done, "json", "unknown"))


def test_killed_worker__its_task_makes_one_connection(done: Done) -> None:
    """A task whose worker is killed after its request took effect runs again, and returns the same connection."""
    result = done.results["pickle", "killed"]
    made = [connection_id for operation, connection_id in done.sandbox.ledger if operation == "create"]
    assert made == [result.get(timeout=5)]
    first, second = done.creates
    assert first.headers["X-Process"] != second.headers["X-Process"]
    assert {request.headers["Idempotency-Key"] for request in done.creates} == {result.id}
