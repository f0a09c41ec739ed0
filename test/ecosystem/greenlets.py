"""What test_gevent.py runs in a process of its own, since gevent changes all of a process: a function per test."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

gevent: Any = importlib.import_module("gevent")  # it has no types
importlib.import_module("gevent.monkey").patch_all()  # before all that knows sockets, as gevent asks of everybody

from faulty import DEADLINE, SLACK, call  # noqa: E402

from codat_python_sdk import CodatPlatform, Configuration, ConnectionApi  # noqa: E402
from codat_python_sdk.exceptions import ApiConnectionException, ApiTimeoutException  # noqa: E402

URL, *REST = sys.argv[1:]


def make(**attributes: Any) -> CodatPlatform:
    """A client of the server, or of the sandbox, that makes one attempt per call."""
    configuration = Configuration(host=URL)
    for name, value in attributes.items():
        setattr(configuration, name, value)
    return CodatPlatform(api_key="a key", configuration=configuration, retries=0)


def fetch(codat: CodatPlatform, name: str, **options: Any) -> str:
    """Ask for an id, and return the one that came."""
    return codat.connections.get("c1", name, **options).id


def failure(function: Callable[..., Any], *arguments: Any, **options: Any) -> ApiConnectionException:
    """What a call raises."""
    try:
        function(*arguments, **options)
    except ApiConnectionException as error:
        return error
    raise AssertionError("it got a response")


def many_at_once() -> None:
    codat = make(ssl_ca_cert=REST[0])
    names = [f"k{n}" for n in range(20)]
    jobs = [gevent.spawn(fetch, codat, name) for name in names]
    assert [job.get() for job in jobs] == names


def many_in_the_pool() -> None:
    codat = make()
    codat.api_client.pool_threads = 20
    names = [f"k{n}" for n in range(20)]
    handles = [call(ConnectionApi(codat.api_client), "get", connection=name, async_req=True) for name in names]
    assert [handle.get(5).data.id for handle in handles] == names


def deadlines() -> None:
    codat = make(ssl_ca_cert=REST[0])
    short = gevent.spawn(failure, fetch, codat, "dripping", deadline=2 * DEADLINE)
    waiting = gevent.spawn(fetch, codat, "waiting", deadline=10)
    for n in range(20):
        assert fetch(codat, f"k{n}") == f"k{n}"
    assert not short.ready()
    error = short.get()
    assert isinstance(error, ApiTimeoutException)
    assert error.outcome == "unknown"
    assert 2 * DEADLINE <= error.attempts[0].seconds < 2 * DEADLINE + SLACK
    assert fetch(codat, "release") == "release"
    assert waiting.get() == "waiting"


def pool_limit() -> None:
    narrow, other = make(connection_pool_maxsize=2), make()
    names = [f"held{n}" for n in range(6)]
    jobs = [gevent.spawn(fetch, narrow, name) for name in names]
    error = gevent.spawn(failure, fetch, narrow, "late", deadline=DEADLINE).get()
    assert error.outcome == "not_sent"
    assert "connection_pool_maxsize" in str(error)
    assert fetch(other, "release") == "release"
    assert [job.get() for job in jobs] == names


def others_meanwhile() -> None:
    codat = make()
    wait: dict[str, Callable[[], object]] = {
        "poll": lambda: codat.connections.wait_for_status("c1", "waiting", "Linked", timeout=10, poll_interval=1),
        "backoff": lambda: fetch(codat, "waiting", retries=1),
    }
    waiter = gevent.spawn(wait[REST[0]])
    for name in ["begin", *(f"k{n}" for n in range(10))]:
        assert fetch(codat, name) == name
    waiter.get()


def abandoned() -> None:
    codat = make(connection_pool_maxsize=1)
    for name in ("silent", "dripping"):
        with gevent.Timeout(0.3, False):
            fetch(codat, name)
    job = gevent.spawn(fetch, codat, "silent")
    gevent.sleep(0.3)
    job.kill()
    assert fetch(codat, "k1", deadline=5) == "k1"


class Stop(Exception):
    """What an application ends a greenlet's call with."""


def abandoned_with() -> None:
    codat = make(connection_pool_maxsize=1)
    for error in (Stop, Stop("too slow"), TimeoutError, TimeoutError("too slow"), ValueError, OSError):
        for name in ("silent", "dripping"):
            try:
                with gevent.Timeout(0.2, error):
                    fetch(codat, name, retries=3)
            except Exception as caught:  # noqa: BLE001  # whatever it is, it is compared
                assert caught is error or type(caught) is error, repr(caught)
            else:
                raise AssertionError("it got a response")
    errors = list[BaseException]()

    def stop() -> None:
        try:
            fetch(codat, "silent", retries=3)
        except Stop as error:
            errors.append(error)

    job = gevent.spawn(stop)
    gevent.sleep(0.2)
    job.kill(Stop)
    assert len(errors) == 1
    assert isinstance(failure(fetch, codat, "silent", timeout=0.2), ApiTimeoutException)  # a limit of the client's own
    assert fetch(codat, "k1", deadline=5) == "k1"


def lost_responses() -> None:
    company_id, api_key = REST
    create = CodatPlatform(api_key=api_key, server_url=URL, retries=0).connections.create
    keys = [f"key {n}" for n in range(5)]
    lost = [gevent.spawn(failure, create, company_id, "mqjo", idempotency_key=key) for key in keys]
    for key, job in zip(keys, lost, strict=True):
        error = job.get()
        assert (error.outcome, error.idempotency_key, len(error.attempts)) == ("unknown", key, 1)
    made = [gevent.spawn(create, company_id, "mqjo", idempotency_key=key) for key in keys]
    sys.stdout.write(" ".join(job.get().id for job in made))


def closing() -> None:
    codat = make()
    held = gevent.spawn(fetch, codat, "held")
    with codat:
        assert fetch(codat, "k1") == "k1"
    codat.close()
    assert fetch(codat, "release") == "release"
    assert held.get(5) == "held"
    codat.close()


def native_threads() -> None:
    def fetch_alone(name: str) -> str:
        return fetch(make(), name)  # a socket of gevent's belongs to the hub that it was made in

    pool = gevent.get_hub().threadpool  # threads of the system, each with a hub of its own
    pool.maxsize = 4
    names = [f"k{n}" for n in range(12)]
    jobs = [pool.spawn(fetch_alone, n) for n in names[:6]] + [gevent.spawn(fetch_alone, n) for n in names[6:]]
    assert [job.get() for job in jobs] == names
