"""Host names: looked up once for each connection, within the deadline even when the resolver hangs."""

from __future__ import annotations

import _thread
import os
import re
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import MakeApi
from faulty import DEADLINE, SLACK, call, silent, within
from interruptions import Report, interrupting
from prepared import Prepared
from server import ScriptedServer, echo

from codat_python_sdk.clock import clock
from codat_python_sdk.exceptions import ApiConnectionException, ApiTimeoutException
from codat_python_sdk.rest import resolve

Address = tuple[Any, ...]


class UncopiableError(OSError):
    """What the resolver of some package raises."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


class Resolver:
    """Stands in for ``socket.getaddrinfo``: every name is this machine, unless the test says otherwise."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.threads: list[int] = []
        self.may_respond = threading.Event()
        self.may_respond.set()
        self.is_asked = threading.Event()
        self.error: Exception | None = None
        self.ports: list[int] = []  #: of the addresses, if not the one that is asked for

    def __call__(self, host: str, port: int, *_: object, **__: object) -> list[Address]:
        self.names.append(host)
        self.threads.append(threading.get_ident())
        self.is_asked.set()
        assert self.may_respond.wait(20)
        if self.error is not None:
            raise self.error
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", number)) for number in self.ports or [port]]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """The resolver of this machine for the time of a test."""
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    resolve.forget_lookups()
    yield resolver
    resolver.may_respond.set()
    resolve.forget_lookups()


@pytest.fixture
def url(server: ScriptedServer) -> str:
    """The server under a name."""
    server.script(echo)
    return f"http://localhost:{server.port}"


def test_name__is_looked_up_once(resolver: Resolver, url: str, make_api: MakeApi) -> None:
    """A new connection costs one lookup, in another thread, and a call on a kept one none, and no thread."""
    api = make_api(host=url)
    for _ in range(3):
        assert call(api, "get").status == 200
    assert resolver.names == ["localhost"]
    assert resolver.threads != [threading.get_ident()]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_address__is_not_looked_up(resolver: Resolver, server: ScriptedServer, make_api: MakeApi, host: str) -> None:
    """An address in figures needs no resolver, and no thread."""
    api = make_api(host=f"http://{host}:{server.port}")
    if host == "127.0.0.1":
        assert call(api, "get").status == 200
    else:
        with pytest.raises(ApiConnectionException, match="no connection"):  # the server listens elsewhere
            call(api, "get")
    assert resolver.names == []


OLD_TUNNEL = pytest.mark.skipif(sys.version_info < (3, 12), reason="http.client leaves the name to the proxy")


@pytest.mark.parametrize("proxied", [False, pytest.param(True, marks=OLD_TUNNEL)], ids=["direct", "tunnel"])
@pytest.mark.parametrize("host", [f"{'a' * 64}.test", "a..test", "\u00df" * 60 + ".test"])
def test_name__that_cannot_be_one(
    resolver: Resolver, make_api: MakeApi, server: ScriptedServer, host: str, proxied: bool
) -> None:
    """A typing error in the host is said to be one, after one attempt and without asking the resolver."""
    api = make_api(host=f"https://{host}", retries=3, proxy=server.url if proxied else None)
    with pytest.raises(ApiConnectionException, match="the host name is not a valid one") as caught:
        call(api, "get")
    assert (caught.value.outcome, caught.value.retryable, len(caught.value.attempts)) == ("not_sent", False, 1)
    assert resolver.names == []


def test_resolver__that_hangs(resolver: Resolver, url: str, make_api: MakeApi, server: ScriptedServer) -> None:
    """A resolver that hangs costs the deadline and no more; nothing was sent, and the text says what took so long."""
    resolver.may_respond.clear()
    text = re.escape(f"the host name could not be resolved within the {DEADLINE:g} s deadline")
    with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException, match=text) as caught:
        call(make_api(host=url), "create", _deadline=DEADLINE, _retries=3)
    assert caught.value.outcome == "not_sent"
    resolver.may_respond.set()
    assert call(make_api(host=url), "get", _deadline=5).status == 200
    assert resolver.names == ["localhost"], "what was under way is used when it comes"
    assert len(server.requests) == 1


def test_resolver__that_hangs_without_a_deadline(resolver: Resolver, url: str, make_api: MakeApi) -> None:
    """Without a deadline the connect timeout ends the lookup."""
    resolver.may_respond.clear()
    text = f"the host name could not be resolved within {DEADLINE:g} s"
    with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException, match=re.escape(text) + r"(?! deadline)"):
        call(make_api(host=url), "get", _deadline=None, _request_timeout=(DEADLINE, None))


def test_lookup__is_shared(resolver: Resolver, url: str, make_api: MakeApi) -> None:
    """Twenty calls that want the same name at once wait for one lookup."""
    resolver.may_respond.clear()
    api, start = make_api(host=url, deadline=10), threading.Barrier(20)

    def fetch(number: int) -> str:
        start.wait()
        return str(call(api, "get", connection=f"k{number}").data.id)

    with ThreadPoolExecutor(20) as threads:
        results = [threads.submit(fetch, number) for number in range(20)]
        assert resolver.is_asked.wait(5)
        resolver.may_respond.set()
        assert [result.result(10) for result in results] == [f"k{number}" for number in range(20)]
    assert resolver.names == ["localhost"]


def test_lookup__that_fails_for_several_calls(resolver: Resolver, url: str, make_api: MakeApi) -> None:
    """Each has an error of its own: none shows what another call's thread was doing, or was handling."""
    resolver.may_respond.clear()
    resolver.error = socket.gaierror(-2, "Name or service not known")
    api = make_api(host=url)

    def shown(tenant: str) -> str:
        try:
            return dict[str, str]()[tenant]
        except KeyError:
            with pytest.raises(ApiConnectionException) as caught:
                call(api, "get")
            return "".join(traceback.format_exception(caught.value))

    tenants = ["tenant A", "tenant B", "tenant C"]
    with ThreadPoolExecutor(3) as threads:
        texts = threads.map(shown, tenants)
        assert resolver.is_asked.wait(5)
        (lookup,) = resolve._lookups.values()  # pyright: ignore[reportPrivateUsage]
        while len(lookup._waiting) < len(tenants):  # pyright: ignore[reportPrivateUsage]
            time.sleep(0.001)
        resolver.may_respond.set()
    for tenant, text in zip(tenants, texts, strict=True):
        assert [other for other in tenants if other in text] == [tenant]


@pytest.mark.parametrize("error", [socket.gaierror(-2, "unknown"), UncopiableError("a", "b")], ids=["plain", "odd"])
def test_lookup__that_fails_keeps_the_reason(resolver: Resolver, url: str, make_api: MakeApi, error: Exception) -> None:
    """Whatever a resolver raises, the error of the call says why."""
    resolver.error = error
    with pytest.raises(ApiConnectionException) as caught:
        call(make_api(host=url), "get")
    assert str(error) in "".join(traceback.format_exception(caught.value))


def test_success__is_kept_for_a_moment(
    resolver: Resolver, url: str, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Addresses serve new connections for five seconds, and then the resolver is asked again."""
    now = [clock.monotonic()]
    monkeypatch.setattr(type(clock), "monotonic", staticmethod(lambda: now[0]))
    for seconds, lookups in ((0, 1), (4.9, 1), (0.2, 2)):
        now[0] += seconds
        assert call(make_api(host=url), "get").status == 200
        assert len(resolver.names) == lookups


def test_failure__is_not_kept(resolver: Resolver, url: str, make_api: MakeApi) -> None:
    """A name that could not be resolved is looked up anew by the next attempt."""
    api = make_api(host=url)
    resolver.error = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    with pytest.raises(ApiConnectionException, match="cannot be resolved") as caught:
        call(api, "create")
    assert caught.value.outcome == "not_sent"
    resolver.error = None
    assert call(api, "create").status == 200
    assert len(resolver.names) == 2


def test_no_thread__looks_up_in_this_one(
    resolver: Resolver, url: str, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no thread can be started, for the process has too many, the calling one asks the resolver."""

    def fail(*_: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_thread, "start_new_thread", fail)
    assert call(make_api(host=url), "get").status == 200
    assert resolver.threads == [threading.get_ident()]


LAST_CALL = """
import atexit, sys
from codat_python_sdk import CodatPlatform
codat = CodatPlatform(api_key="key", server_url=sys.argv[1], retries=0)
atexit.register(lambda: print(codat.connections.get("c1", "k1").id))
"""


def test_no_thread__at_the_end_of_a_script(scripts: Prepared, url: str) -> None:
    """A call that is made when the script has ended, where Python 3.12 starts no thread, resolves its host."""
    done = scripts.run("-c", LAST_CALL, url)
    assert (done.returncode, done.stdout) == (0, "k1\n"), done.stderr


FORKED = """
import os, socket, sys, threading, warnings
from codat_python_sdk import ApiException, CodatPlatform
codat = CodatPlatform(api_key="key", server_url=sys.argv[1], retries=0)
real, never = socket.getaddrinfo, threading.Event()
socket.getaddrinfo = lambda *args, **options: never.wait()
try:
    codat.connections.get("c1", "parent", deadline=0.2)
except ApiException as error:
    print(error.outcome, flush=True)
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forking with threads
pid = os.fork()
if pid == 0:
    socket.getaddrinfo = real
    print(codat.connections.get("c1", "child", deadline=10).id, flush=True)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_fork__starts_without_what_was_under_way(scripts: Prepared, url: str) -> None:
    """A forked child does not wait for a lookup that only its parent's thread could finish."""
    done = scripts.run("-c", FORKED, url)
    assert (done.returncode, done.stdout) == (0, "not_sent\nchild\n"), done.stderr


# -- several addresses -------------------------------------------------------------------------------------------------


def test_addresses__one_is_dead(resolver: Resolver, url: str, server: ScriptedServer, make_api: MakeApi) -> None:
    """A host with a dead address and a living one is reached, within the connect timeout for all of them."""
    with silent() as dead, within(0.4 + SLACK):
        resolver.ports = [int(dead.rpartition(":")[2]), server.port]
        assert call(make_api(host=url), "get", _request_timeout=(0.4, 5)).status == 200


def test_addresses__a_dead_one_takes_half_of_the_time(
    resolver: Resolver, url: str, server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two addresses gets at most half of the connect timeout, so that one that is dead leaves the rest."""
    resolver.ports = [1, server.port]
    real, limits = socket.socket.connect, list[float | None]()

    def connect(self: socket.socket, address: Any) -> None:
        limits.append(self.gettimeout())
        if address[1] == 1:
            raise TimeoutError("timed out")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert call(make_api(host=url), "get", _request_timeout=(60, 60)).status == 200
    assert limits[0] is not None and limits[0] <= 30


def test_addresses__all_are_dead(resolver: Resolver, url: str, make_api: MakeApi) -> None:
    """A host with many dead addresses costs the connect timeout once, not once for each."""
    with silent() as dead, within(0.4 + SLACK):
        resolver.ports = [int(dead.rpartition(":")[2])] * 4
        with pytest.raises(ApiTimeoutException, match="no connection within"):
            call(make_api(host=url), "get", _request_timeout=(0.4, 5))


@pytest.mark.parametrize("addresses", [1, 2, 8])
def test_addresses__all_are_slow(
    resolver: Resolver,
    url: str,
    server: ScriptedServer,
    make_api: MakeApi,
    monkeypatch: pytest.MonkeyPatch,
    addresses: int,
) -> None:
    """With a connect timeout of 2 s a host is reached whose addresses take 0.4 s each, however many it has."""
    resolver.ports = [server.port] * addresses
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        limit = self.gettimeout()
        if limit is not None and limit < 0.4:
            raise TimeoutError("timed out")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert call(make_api(host=url), "get", _request_timeout=(2, 30)).status == 200


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that interrupt")
def test_addresses__an_interruption_is_no_reason_for_the_next_one(
    resolver: Resolver, url: str, server: ScriptedServer, make_api: MakeApi
) -> None:
    """What a signal handler raises while a dead address is tried ends the call, whatever other addresses there are."""
    with silent() as dead, interrupting(Report(), lambda: TimeoutError("by the handler")) as interrupt_after:
        resolver.ports = [int(dead.rpartition(":")[2]), server.port]
        interrupt_after(0.1)
        with pytest.raises(TimeoutError, match="by the handler"):
            call(make_api(host=url), "get")
    assert server.requests == []


def test_addresses__are_tried_in_order(resolver: Resolver, url: str, server: ScriptedServer, make_api: MakeApi) -> None:
    """Addresses that refuse are passed over at once, and when all do, the last one's reason is the reason."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refusing = taken.getsockname()[1]
        resolver.ports = [refusing, refusing, server.port]
        assert call(make_api(host=url), "get").status == 200
        resolve.forget_lookups()
        resolver.ports = [refusing, refusing]
        with pytest.raises(ApiConnectionException, match="Connection refused") as caught:
            call(make_api(host=url), "create")
    assert caught.value.outcome == "not_sent"


def test_hosts__that_are_no_names(make_api: MakeApi) -> None:
    """A host name that no resolver can be asked for is a failure in words, and nothing was sent."""
    for host in ("http://a..localhost", f"http://{'a' * 70}.localhost"):
        with pytest.raises(ApiConnectionException) as caught:
            call(make_api(host=host), "create")
        assert caught.value.outcome == "not_sent"


def test_lookup__that_takes_long_is_not_started_again(monkeypatch: pytest.MonkeyPatch, resolver: Resolver) -> None:
    """Whoever waits for a lookup that takes long asks the resolver for nothing more."""
    resolver.may_respond.clear()
    monkeypatch.setattr(resolve, "_RECHECK_INTERVAL", 0.01)
    lookup = resolve.Lookup("localhost", 80, socket.AF_INET)
    lookup.start()
    assert resolver.is_asked.wait(20)
    with pytest.raises(resolve.ResolverTimeout):
        lookup.wait(0.1)
    assert resolver.names == ["localhost"]


def test_interrupted_start__is_made_good(monkeypatch: pytest.MonkeyPatch, resolver: Resolver) -> None:
    """A lookup that its caller was interrupted in starting is started by whoever waits for it."""
    lookup = resolve.Lookup("localhost", 80, socket.AF_INET)
    monkeypatch.setattr(resolve, "_RECHECK_INTERVAL", 0.05)
    assert lookup.wait(10)[0][4] == ("127.0.0.1", 80)
    assert resolver.names == ["localhost"]
