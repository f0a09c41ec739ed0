"""examples/fleet_review.py on threads and on a Dask cluster: nothing lost, nothing twice, nothing over the limits."""

from __future__ import annotations

import csv
import importlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from server import CONNECTION, Reply, ScriptedServer, http_response, page

from codat_python_sdk import CodatPlatform
from codat_python_sdk.sandbox import Sandbox

for needed in ("distributed", "matplotlib", "tqdm"):
    pytest.importorskip(needed, reason=f"tox -e dask installs {needed}")
dask: Any = importlib.import_module("dask")
distributed: Any = importlib.import_module("distributed")

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "fleet_review.py"
ENGINES = ("threads", "dask")
WORKERS, THREADS = 2, 2
LEASE = 1.0  #: seconds after which the scheduler misses a turn whose worker is gone
TURNS = 3  #: fewer than threads in all, more than a worker has alone

Review = Callable[..., list[tuple[str, str, str]]]


@pytest.fixture(scope="module")
def fleet_review() -> Iterator[Any]:
    """The script as a module, where this process and its children find it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(SCRIPT.parent), *sys.path])
        yield importlib.import_module(SCRIPT.stem)


@pytest.fixture(scope="module")
def cluster(fleet_review: Any) -> Iterator[Any]:
    """Two processes with two threads each, and a scheduler that does not wait half a minute for the dead."""
    locks = {"lease-timeout": f"{LEASE}s", "lease-validation-interval": "200ms"}
    with (
        dask.config.set({f"distributed.scheduler.locks.{name}": value for name, value in locks.items()}),
        distributed.LocalCluster(n_workers=WORKERS, threads_per_worker=THREADS, dashboard_address=":0") as cluster,
    ):
        yield cluster


@pytest.fixture
def review(fleet_review: Any, cluster: Any) -> Review:
    """A function that has an engine review these companies of the service at `url`, and returns the sorted rows."""

    def run(
        engine: str, url: str, company_ids: list[str], key: str = "key", *, per_minute: int = 60_000
    ) -> list[tuple[str, str, str]]:
        with CodatPlatform(api_key=key, server_url=url) as client:
            work = (client, company_ids, TURNS, per_minute)
            if engine == "threads":
                return sorted(fleet_review.on_threads(*work))
            return sorted(fleet_review.on_dask(*work, cluster.scheduler_address))

    return run


def script(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The example as its user runs it."""
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    return subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def table(folder: Path) -> list[list[str]]:
    with (folder / "fleet.csv").open(newline="", encoding="utf-8") as file:
        title, *rows = csv.reader(file)
    assert title == ["company_id", "statuses", "failure"]
    return rows


def companies(sandbox: Sandbox, number: int) -> list[str]:
    """The ids of so many new companies with a connection each, in order."""
    ids = [sandbox.create_company(company_id=f"company-{index:02}") for index in range(number)]
    for company_id in ids:
        sandbox.add_connection(company_id, status="Linked")
    return ids


def test_script__makes_the_same_table_with_both_engines(tmp_path: Path) -> None:
    """With a fleet, and a cluster, of its own: every company once, and a picture with the table's counts."""
    for engine in ENGINES:
        (tmp_path / engine).mkdir()
        done = script(tmp_path / engine, "--engine", engine, "--companies", "50")
        # A busy machine ends the cluster's processes late.
        errors = [line for line in done.stderr.splitlines() if "Worker process still alive" not in line]
        assert (done.returncode, errors) == (0, [])
        assert done.stdout == "50 companies, 55 connections, 0 failed: fleet.csv, fleet.svg\n"
        texts = re.findall(r">([^<>\n]+)</text>", (tmp_path / engine / "fleet.svg").read_text(encoding="utf-8"))
        assert "50 companies, 55 connections, 0 failed" in texts
        assert {"Linked", "40", "PendingAuth", "Deauthorized", "Unlinked", "5"} <= set(texts)
    assert [row[0] for row in table(tmp_path / "dask")] == [f"company-{number:05}" for number in range(50)]
    assert table(tmp_path / "dask") == table(tmp_path / "threads")


@pytest.mark.parametrize("engine", ENGINES)
def test_script__stops_when_the_quota_is_used_up(engine: str, cluster: Any, tmp_path: Path) -> None:
    """The first rejection for hours ends the review: what is known is saved, and the others are not asked for."""
    options = ["--companies-from", "ids.txt", "--at-once", str(TURNS), "--per-minute", "1800", "--engine", engine]
    options += ["--scheduler", cluster.scheduler_address] if engine == "dask" else []
    with Sandbox(quota=20, clock=lambda: 1_800_000_000.0) as sandbox:
        ids = companies(sandbox, 60)
        (tmp_path / "ids.txt").write_text("\n".join([*ids, ids[0]]), encoding="utf-8")
        done = script(tmp_path, *options, CODAT_API_KEY=sandbox.api_key, CODAT_SERVER_URL=sandbox.url)
        asked = len(sandbox.requests)
    assert done.returncode == 1
    stopped = re.fullmatch(r"Stopped after (\d+) of 60 companies: .* Call again in 57600 s\n", done.stderr)
    assert stopped, done.stderr
    assert len(table(tmp_path)) == int(stopped[1])
    assert 15 <= len(table(tmp_path)) <= 20 < asked < 40


def test_script__takes_all_companies_that_are_listed(tmp_path: Path) -> None:
    """Without a file of ids, the companies are those that the service lists."""
    with Sandbox() as sandbox:
        ids = [sandbox.company_id, *companies(sandbox, 5)]
        done = script(tmp_path, CODAT_API_KEY=sandbox.api_key, CODAT_SERVER_URL=sandbox.url)
    assert done.returncode == 0, done.stderr
    assert sorted(row[0] for row in table(tmp_path)) == sorted(ids)


@pytest.mark.parametrize("engine", ENGINES)
def test_script__leaves_a_reserve_of_the_quota(engine: str, cluster: Any, tmp_path: Path) -> None:
    """With --reserve the review stops before the quota is used up, and others have the rest."""
    options = ["--companies-from", "ids.txt", "--at-once", str(TURNS), "--reserve", "0.5", "--engine", engine]
    options += ["--scheduler", cluster.scheduler_address] if engine == "dask" else []
    with Sandbox(quota=40) as sandbox:
        (tmp_path / "ids.txt").write_text("\n".join(companies(sandbox, 60)), encoding="utf-8")
        done = script(tmp_path, *options, CODAT_API_KEY=sandbox.api_key, CODAT_SERVER_URL=sandbox.url)
        asked = len(sandbox.requests)
    assert done.returncode == 1
    assert "quota_reserve keeps 50% for others" in done.stderr
    assert 20 <= asked <= 20 + 2 * TURNS
    assert 15 <= len(table(tmp_path)) <= asked


def test_script__tells_of_retries(tmp_path: Path) -> None:
    """An attempt that is tried again is a line, and the table is complete all the same."""
    with Sandbox() as sandbox:
        (tmp_path / "ids.txt").write_text("\n".join(companies(sandbox, 3)), encoding="utf-8")
        sandbox.fail_next(503, operations="list")
        variables = {"CODAT_API_KEY": sandbox.api_key, "CODAT_SERVER_URL": sandbox.url}
        done = script(tmp_path, "--companies-from", "ids.txt", **variables)
    assert (done.returncode, done.stderr) == (0, "connections.list: 503 at attempt 1; another one follows\n")
    assert len(table(tmp_path)) == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_review__has_a_row_for_each_company(engine: str, review: Review, sandbox: Sandbox) -> None:
    """Several connections, none at all, and a company that is not there: each is a row, and none stops the others."""
    first, *others = companies(sandbox, 10)
    sandbox.add_connection(first, platform_key="aiwb", status="Deauthorized")
    sandbox.create_company(company_id="empty")
    *rows, (_, _, failure) = review(engine, sandbox.url, [first, *others, "empty", "unknown"], sandbox.api_key)
    assert rows == [
        (first, "Deauthorized Linked", ""),
        *((company_id, "Linked", "") for company_id in others),
        ("empty", "", ""),
    ]
    assert "No company was found with ID" in failure


@pytest.mark.parametrize("engine", ENGINES)
def test_review__keeps_the_pace(engine: str, review: Review) -> None:
    """However many workers there are, the service gets no more requests than the pace allows."""
    arrived = list[float]()
    with Sandbox(on_request=lambda _: arrived.append(time.monotonic())) as sandbox:
        ids = companies(sandbox, 4 * TURNS)
        review(engine, sandbox.url, ids, sandbox.api_key)  # what a process does at its first request takes its time
        arrived.clear()
        review(engine, sandbox.url, ids, sandbox.api_key, per_minute=600)
    assert len(arrived) == 4 * TURNS
    assert arrived[-1] - arrived[0] > 0.7  # four rounds that begin 0.3 s apart


def test_dask__requests_in_flight_share_the_turns(review: Review, server: ScriptedServer) -> None:
    """Four threads with three turns never have more than three requests at the service, however long these take."""
    in_flight, most = 0, 0
    changed = threading.Condition()

    def hold(_: Any) -> Reply:
        nonlocal in_flight, most
        with changed:
            in_flight += 1
            most = max(most, in_flight)
            changed.notify_all()
            assert changed.wait_for(lambda: most >= TURNS, 30)
            changed.wait_for(lambda: most > TURNS, 1.5 * LEASE)  # the fourth thread has time to come
            in_flight -= 1
        return http_response(page())

    server.script(hold)
    rows = review("dask", server.url, [f"company-{number}" for number in range(2 * TURNS)])
    assert len(rows) == 2 * TURNS
    assert most == TURNS


def test_dask__a_worker_uses_one_client_for_all(review: Review, server: ScriptedServer) -> None:
    """The client goes to each process once: sixty requests come through no more connections than there are threads."""
    server.script(http_response(page()))
    rows = review("dask", server.url, [f"company-{number}" for number in range(60)])
    assert len(rows) == len(server.requests) == 60
    assert server.connections <= WORKERS * THREADS


@pytest.mark.parametrize("killed", [1, WORKERS])
def test_dask__killed_workers_lose_no_company(
    killed: int, cluster: Any, review: Review, server: ScriptedServer
) -> None:
    """Tasks that workers had begun when they were killed are run again, even if no copy of the client is left."""
    arrived = list[str]()
    all_turns_taken = threading.Barrier(TURNS, action=lambda: kill(cluster, killed))  # so that each worker has begun

    def hold(request: Any) -> Reply:
        arrived.append(request.target)
        if len(arrived) <= TURNS:
            all_turns_taken.wait(30)
        return http_response(page(CONNECTION | {"status": "Linked"}))

    server.script(hold)
    ids = [f"company-{number:02}" for number in range(20)]
    rows = review("dask", server.url, ids)
    assert rows == [(company_id, "Linked", "") for company_id in ids]
    again = len(arrived) - len(ids)
    assert 1 <= again <= THREADS if killed == 1 else again == TURNS


def kill(cluster: Any, number: int) -> None:
    for nanny in list(cluster.workers.values())[:number]:
        with suppress(ProcessLookupError):
            os.kill(nanny.pid, signal.SIGKILL)
