"""What the client costs, counted instead of timed, so that a busy machine cannot change the result."""

from __future__ import annotations

import builtins
import gc
import json
import select
import socket
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import urllib3
from child import run_python
from conftest import MakeApi
from server import CONNECTION, ScriptedServer, http_response, page

import codat_python_sdk
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.decoders import decoder_of
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page
from codat_python_sdk.rest import RESTResponse
from codat_python_sdk.rest.connection import DeadlineConnectionMixin
from codat_python_sdk.rest.plain_heads import PlainHeadResponse

PACKAGE = Path(codat_python_sdk.__file__).parent
ROW = CONNECTION | {
    "integrationKey": "mqjo",
    "lastSync": "2026-03-04T05:06:07.1234567Z",
    "created": "2026-02-03T04:05:06.1234567Z",
    "dataConnectionErrors": None,
    "connectionInfo": {"paused": False},
}
# In calls of functions of this package.
MOST_CALLS = 31
#: Short ones in the place of a longer way through urllib3 and http.client.
SHORT_CUTS = {"putheader", "clone", "get_payload", "read_whole"}

Do = Callable[[], Any]


@pytest.fixture
def calls(server: ScriptedServer, make_api: MakeApi) -> dict[str, Do]:
    """The kinds of calls at all defaults, each made once, so that what is made only once is there.

    Rows like these have been read a hundred times, so that there is a compiled function for them.
    """
    server.script(http_response(ROW))
    decoder_of(([Connection],))([dict(ROW) for _ in range(100)])
    api = make_api(retries=None)

    calls: dict[str, Do] = {
        "get": lambda: api.companies_company_id_connections_connection_id_get("c1", "k1"),
        "post": lambda: api.companies_company_id_connections_post("c1", body={"platformKey": "gbol"}),
        "delete": lambda: api.companies_company_id_connections_connection_id_delete("c1", "k1"),
        "patch": lambda: api.companies_company_id_connections_connection_id_patch("c1", "k1"),
    }
    for call in calls.values():
        call()
    return calls


def is_own(file: str) -> bool:
    """Whether a file is this package's; a compiled decoder is."""
    return file.startswith("<decoder of") or Path(file).is_relative_to(PACKAGE)


def functions(do: Do, are_counted: Callable[[str], bool] = is_own) -> list[str]:
    """Names of functions that are called in these files, comprehensions included.

    Those that read from a socket count once: in how many pieces a response comes is chance.
    """
    names: list[str] = []
    reading: set[str] = set()

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and are_counted(frame.f_code.co_filename):
            name = frame.f_code.co_name
            reading.add(name) if _reads(frame) else names.append(name)

    gc.disable()  # it would run the finalizers of other tests' clients
    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
        gc.enable()
    return names + sorted(reading)


def _reads(frame: Any) -> bool:
    return frame is not None and (frame.f_code.co_name in ("readinto", "recv_into") or _reads(frame.f_back))


def socket_calls(do: Do) -> Counter[str]:
    """How often each method of a socket, or of a poll object on one, is called: each is a system call."""
    calls: Counter[str] = Counter()

    def note(_: Any, event: str, function: Any) -> None:
        owner = getattr(function, "__self__", None)
        if event == "c_call" and (isinstance(owner, socket.socket) or type(owner).__name__ == "poll"):
            calls[function.__name__] += 1

    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
    del calls["register"], calls["gettimeout"]  # neither asks the system
    return calls


def imports_during(monkeypatch: pytest.MonkeyPatch, do: Do) -> list[str]:
    """What is imported, import statements for modules that are already there included."""
    names: list[str] = []
    real = builtins.__import__

    def note(name: str, *args: Any, **kwargs: Any) -> Any:
        importer: dict[str, Any] = (args[0] if args else kwargs.get("globals")) or {}
        if str(importer.get("__name__", "")).startswith("codat_python_sdk"):
            names.append(f"{importer['__name__']}: {name}")
        return real(name, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", note)
        do()
    return names


@cache
def modules_after(code: str) -> set[str]:
    """Modules in a fresh process that has run some code."""
    done = run_python(f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))")
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


# -- import ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["base64", "linecache", "logging", "random", "string", "tokenize", "traceback"])
def test_import__loads_nothing_that_only_a_call_needs(module: str) -> None:
    """A process that imports either client and makes none needs no modules for retries, keys, logs and errors."""
    loaded = modules_after("from codat_python_sdk import CodatPlatform, ConnectionApi")
    assert module not in loaded - modules_after("import json, typing, urllib.parse")


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("import codat_python_sdk", "api_client"),
        ("from codat_python_sdk import CodatPlatform", "api"),
        ("from codat_python_sdk import CodatPlatform", "attempt_events"),
        ("from codat_python_sdk import CodatPlatform", "model"),
        ("from codat_python_sdk import ConnectionApi", "resources"),
    ],
)
def test_import__loads_the_layer_that_is_asked_for(code: str, module: str) -> None:
    """A program that uses one of the clients does not pay for the other."""
    assert f"codat_python_sdk.{module}" not in modules_after(code)


def test_import__does_without_urllib3() -> None:
    """Importing the package loads its own modules and plain ones of Python; the network comes with the first client."""
    loaded = modules_after("from codat_python_sdk import CodatPlatform, ConnectionApi")
    assert not loaded & {"urllib3", "http.client", "ssl", "email", "codat_python_sdk.rest"}


def test_first_client__loads_nothing_that_urllib3_does_not() -> None:
    """A client loads modules of its own package, and no other on top of urllib3's and copy."""
    loaded = modules_after("from codat_python_sdk import ApiClient; ApiClient()")
    more = loaded - modules_after("import copy, json, urllib3")
    assert {name for name in more if not name.startswith("codat_python_sdk")} == set()


@pytest.mark.parametrize(
    "module",
    [
        "asyncio",
        "certifi",
        "codat_python_sdk.sandbox",
        "dataclasses",
        "dateutil",
        "inspect",
        "multiprocessing",
        "pprint",
        "pytest",
        "urllib.request",
        "uuid",
    ],
)
def test_import__leaves_what_few_need_for_later(module: str) -> None:
    """What one call in a thousand needs is imported by that call, and the sandbox by whoever uses it."""
    loaded = modules_after("import codat_python_sdk.apis; from codat_python_sdk import *; CodatPlatform(api_key='key')")
    assert "codat_python_sdk.rest" in loaded
    assert module not in loaded - modules_after("import copy, json, urllib3")


def test_first_result__needs_no_dateutil(server: ScriptedServer) -> None:
    """A process that makes a client and reads one connection loads neither dateutil nor TLS roots nor a thread pool.

    The server is an address in figures, for which nothing has to be known of names in other scripts.
    """
    server.script(http_response(ROW))
    code = (
        "from codat_python_sdk import ApiClient, Configuration, ConnectionApi\n"
        f"api = ConnectionApi(ApiClient(Configuration(host={server.url!r}, api_key={{'API Key Auth': 'Basic a'}})))\n"
        "assert api.companies_company_id_connections_connection_id_get('c1', 'k1').created is not None"
    )
    assert not modules_after(code) & {
        "certifi",
        "dateutil",
        "encodings.idna",
        "multiprocessing",
        "urllib.request",
        "uuid",
    }


# -- one call ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(select, "poll"), reason="urllib3 uses select here, which is a function of a module")
def test_get__makes_the_system_calls_of_urllib3(server: ScriptedServer, calls: dict[str, Do]) -> None:
    """A GET on a kept connection makes as many system calls as urllib3 alone, time limits included."""
    with urllib3.PoolManager(timeout=urllib3.Timeout(5, 30)) as bare:
        bare.request("GET", server.url)
        expected = socket_calls(lambda: bare.request("GET", server.url))
    assert socket_calls(calls["get"]) == expected
    assert set(expected) == {"poll", "recv_into", "sendall", "settimeout"}


def test_post__is_sent_at_once(calls: dict[str, Do]) -> None:
    """A head and its small body leave in one piece, so in one system call and one packet."""
    assert socket_calls(calls["post"])["sendall"] == 1


@pytest.mark.parametrize("kind", ["get", "post", "delete", "patch"])
def test_call__runs_few_functions(calls: dict[str, Do], kind: str) -> None:
    """A call runs at most 31 functions of this package, and one per date, on Python 3.10 two; a POST two more."""
    names = [name for name in functions(calls[kind]) if name not in {"parse_datetime", "_parse_in_310", *SHORT_CUTS}]
    assert 3 < len(names) <= MOST_CALLS + 2 * (kind == "post"), names


@pytest.mark.parametrize("kind", ["get", "post"])
def test_call__runs_fewer_functions_than_bare_urllib3(calls: dict[str, Do], server: ScriptedServer, kind: str) -> None:
    """All that this package does for a call is less than what it spares urllib3 and the standard library."""
    url = f"{server.url}/companies/c1/connections" + ("/k1" if kind == "get" else "")
    body = None if kind == "get" else b'{"platformKey":"gbol"}'
    headers = {"Authorization": "Basic a2V5", "Accept": "application/json"}
    with urllib3.PoolManager() as bare:

        def do() -> None:
            json.loads(bare.request(kind.upper(), url, body=body, headers=headers).data)

        do()
        of_call, of_urllib3 = (len(functions(action, are_counted=bool)) for action in (calls[kind], do))
    assert of_call < (0.65 if DeadlineConnectionMixin.response_class is PlainHeadResponse else 1) * of_urllib3


@pytest.mark.parametrize("kind", ["get", "post", "delete", "patch"])
def test_call__imports_nothing_after_the_first(
    calls: dict[str, Do], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the second call on no import statement is run, not even one for a module that is there."""
    assert imports_during(monkeypatch, calls[kind]) == []


def test_call__leaves_no_garbage(calls: dict[str, Do]) -> None:
    """What a call made is freed when its result goes, without waiting for the cycle collector."""
    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            calls["get"]()
        assert gc.collect() == 0
    finally:
        gc.enable()


# -- one row -----------------------------------------------------------------------------------------------------------


def decoded(rows: int, **values: Any) -> Do:
    """Decodes a page of so many rows, which were parsed before."""
    row = ROW | values
    decode, data = decoder_of((Page,)), page(*[dict(row) for _ in range(rows)])
    for _ in range(100):  # then there are compiled functions for pages and rows like these
        decode(page(dict(row)))
    return lambda: decode(data)


@pytest.mark.parametrize(
    "values",
    [
        {"dataConnectionErrors": None},
        {"dataConnectionErrors": []},
        {"lastSync": "2026-03-04T05:06:07.123Z", "created": "2026-02-03T04:05:06.123456Z"},
        {"lastSync": "2026-03-04T05:06:07Z"},
        {"lastSync": None},
    ],
)
def test_row__costs_no_function_call(values: dict[str, Any]) -> None:
    """Rows are decoded by one function for all of them; on Python 3.10 each of their two dates takes one as well."""
    few, many = (len(functions(decoded(rows, **values))) for rows in (10, 1010))
    assert many - few <= 100 + 2000 * (sys.version_info < (3, 11))


def test_row__makes_three_objects() -> None:
    """A decoded row is a model and its two date-times; all other values are those of the JSON."""
    decode = decoded(1000)
    decode()
    gc.collect()
    tracemalloc.start()
    try:
        result = decode()
        statistics = tracemalloc.take_snapshot().statistics("filename")
        blocks = sum(
            statistic.count
            for statistic in statistics
            if statistic.traceback[0].filename.startswith(("<decoder", str(PACKAGE)))
        )
    finally:
        tracemalloc.stop()
    assert len(result.results) == 1000
    assert blocks <= 3 * 1000 + 50


def test_row__holds_less_than_a_dict() -> None:
    """A list of models holds at most 0.85 of the memory that the same list of plain dicts holds."""
    text, decode = json.dumps(page(*[ROW | {"id": f"k{number}"} for number in range(1000)])), decoder_of((Page,))
    decode(json.loads(text))

    def held(make: Do) -> int:
        gc.collect()
        tracemalloc.start()
        try:
            result = make()
            gc.collect()
            size = tracemalloc.get_traced_memory()[0]
            del result
            return size
        finally:
            tracemalloc.stop()

    assert held(lambda: decode(json.loads(text))) <= 0.85 * held(lambda: json.loads(text))


def test_list__peak_is_that_of_json(api: ConnectionApi) -> None:
    """While a page is read, no more memory is used than for its text and its JSON: the bytes are gone by then."""
    text = json.dumps(page(*[ROW | {"id": f"k{number}"} for number in range(2000)]))

    class Transport:
        def request(self, *_: Any, **__: Any) -> RESTResponse:
            return RESTResponse(200, "OK", text.encode(), {})

    def peak(do: Do) -> int:
        do()
        gc.collect()
        tracemalloc.start()
        try:
            do()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    api.api_client.rest_client = Transport()
    bare, long = peak(lambda: json.loads(text.encode().decode())), text
    text = json.dumps(page(ROW))
    for _ in range(150):  # so that all is compiled that ever will be
        api.companies_company_id_connections_get("c1", 1)
    text = long
    assert peak(lambda: api.companies_company_id_connections_get("c1", 1)) <= 1.02 * bare
