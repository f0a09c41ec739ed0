"""The public class of the sandbox."""

from __future__ import annotations

import base64
import logging
import os
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from codat_python_sdk.sandbox import site
from codat_python_sdk.sandbox.arguments import check_type
from codat_python_sdk.sandbox.background import Background, Job
from codat_python_sdk.sandbox.clock import Clock, stopwatch
from codat_python_sdk.sandbox.controls import Controls, raise_problems
from codat_python_sdk.sandbox.core import MAX_ERROR, Core
from codat_python_sdk.sandbox.exchange import Exchange
from codat_python_sdk.sandbox.expectations import Expected, matching
from codat_python_sdk.sandbox.faults import NO_FAULT, Armed, Fault
from codat_python_sdk.sandbox.hosts import check_address
from codat_python_sdk.sandbox.ids import Ids
from codat_python_sdk.sandbox.messages import Rejected, Request, Response
from codat_python_sdk.sandbox.patches import check_patches
from codat_python_sdk.sandbox.platforms import PLATFORMS
from codat_python_sdk.sandbox.records import CONTRACTS, Contract
from codat_python_sdk.sandbox.remote import RemoteSandbox, poll, send_command
from codat_python_sdk.sandbox.seeds import read_platforms
from codat_python_sdk.sandbox.server import Server
from codat_python_sdk.sandbox.state import Rules
from codat_python_sdk.sandbox.storage import Storage

if TYPE_CHECKING:
    import socket
    import ssl
    from pathlib import Path

    from typing_extensions import Self

    from codat_python_sdk.sandbox.deliveries import Delivery
    from codat_python_sdk.sandbox.exchange import Pause

_log = logging.getLogger(__name__)

CALLBACK_SECONDS = 2.0  # that `stop` waits for an `on_request` that is running


def _check_types(*options: tuple[str, object, Any]) -> None:
    for name, value, hint in options:
        check_type(name, value, hint)


def _raise_first(errors: Sequence[BaseException]) -> None:
    if errors:
        raise errors[0]


def _check_limit(name: str, limit: int | None) -> None:
    check_type(name, limit, int | None)
    if limit is not None and limit < 0:
        raise ValueError(f"{name} must be at least 0, or None for no limit, got {limit}")


def _check_ssl_context(context: ssl.SSLContext | None) -> None:
    """Accept what a server can use: with a context for clients, it would end each connection without a word."""
    if context is None:
        return
    import ssl

    check_type("ssl_context", context, ssl.SSLContext)
    if context.protocol == ssl.PROTOCOL_TLS_CLIENT:
        raise ValueError("ssl_context is for clients; use ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)")


class Sandbox(Controls):
    """A local Codat with one company in it, served over HTTP from `start` to `stop`, or as a context manager.

    Args:
        host: The address to listen on; "::" listens on IPv4 as well.
        port: The port to listen on; 0 takes a free one, and keeps it for a later `start`.
        contract: "today"; "2023", without nulls where clients such as @codat/platform 4.0.0 want none; or "2021":
            bare strings may create, DELETE responds `true`, connections have nine fields, links carry no code, and a
            Deauthorized connection can be unlinked.
        quota: How many requests a day are served before 429; None for no limit.
        clock: Seconds since the epoch; the system's clock when left out. `sandbox.clock.advance` adds to it.
        api_key: The raw key; a random one when left out.
        company_id: The id of the first company; a random one when left out.
        platforms: More platforms than those of Codat's pages: key to (name, source type).
        on_request: Called with each request after its response, in order, from a thread of its own. What it raises is
            raised from `stop`.
        seed: Makes ids, codes, correlation ids, secrets and chance the same each time.
        strict: Whether leaving the `with` block checks with `verify`.
        strict_accounting: Whether a second linked accounting or bank feeds source of a company is rejected.
        company_limit: How many companies there may be before creating one is a 402.
        redirect_url: Where the link page sends the customer afterwards, with Codat's placeholders, such as
            `http://127.0.0.1:8000/linked?connection={connectionId}&status={statusCode}`.
        public_url: The base URL in links, as others reach it: behind a proxy or a published port. It may
            have a path, which the proxy removes or not.
        state: A file that keeps companies, connections, webhook consumers, pending webhooks, the ledger, idempotency
            keys, the used quota and how far the clock was moved across restarts. Only its owner can read it. `OSError`
            when it cannot be written.
        ssl_context: Serves HTTPS with this context.
        deliver_anywhere: Whether webhooks may go to other machines than this one.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        contract: Contract = "today",
        quota: int | None = None,
        clock: Callable[[], float] | None = None,
        api_key: str | None = None,
        company_id: str | None = None,
        platforms: Mapping[str, tuple[str, str]] | None = None,
        on_request: Callable[[Request], object] | None = None,
        seed: str | int | None = None,
        strict: bool = False,
        strict_accounting: bool = False,
        company_limit: int | None = None,
        redirect_url: str | None = None,
        public_url: str | None = None,
        state: str | Path | None = None,
        ssl_context: ssl.SSLContext | None = None,
        deliver_anywhere: bool = False,
    ) -> None:
        _check_types(
            ("host", host, str), ("port", port, int), ("api_key", api_key, str | None),
            ("company_id", company_id, str | None), ("redirect_url", redirect_url, str | None),
            ("public_url", public_url, str | None), ("seed", seed, str | int | None), ("clock", clock, Callable | None),
            ("on_request", on_request, Callable | None), ("strict", strict, bool),
            ("strict_accounting", strict_accounting, bool), ("deliver_anywhere", deliver_anywhere, bool),
        )  # fmt: skip
        _check_limit("quota", quota)
        _check_limit("company_limit", company_limit)
        _check_ssl_context(ssl_context)
        if contract not in CONTRACTS:
            raise ValueError(f"contract must be 'today', '2023' or '2021', got {contract!r}")
        if not 0 <= port <= 65535:
            raise ValueError(f"port must be from 0 to 65535, got {port}")
        for name, address in (("redirect_url", redirect_url), ("public_url", public_url)):
            if address is not None:
                check_address(name, address)
        if public_url is not None and re.search("[?#]", public_url):
            raise ValueError(f"public_url must have neither a query nor a fragment, got {public_url!r}")
        known = {**PLATFORMS, **read_platforms(platforms or {})}
        rules = Rules(contract, strict_accounting, company_limit, redirect_url, known)
        ids = Ids(seed)
        stored = Storage(state) if state is not None else None
        kept: Mapping[str, Any] = stored.read() if stored is not None else {}
        fresh_key = f"sandbox-{secrets.token_hex(16) if seed is None else ids.hex('keys')}"
        self.api_key: str = api_key or kept.get("apiKey") or fresh_key
        self.auth_header: str = f"Basic {base64.b64encode(self.api_key.encode()).decode()}"
        self.company_id: str = company_id or kept.get("companyId") or ids.uuid("first company")
        self._core = Core(
            rules, Clock(clock), ids, quota, self.auth_header, self.company_id, anywhere=deliver_anywhere
        )  # fmt: skip
        self._storage, self._stored_changes = stored, (-1, -1)
        if stored is not None and kept:
            stored.restore(self._core, kept)
            if company_id not in (None, kept.get("companyId")):  # one that was stored may have been deleted
                self._core.add_first_company()
        if stored is not None:
            stored.check_writable()
        self._site = site.Site(self._core, host, public_url, tls=ssl_context is not None)
        self._host, self._port, self._public_url, self._ssl_context = host, port, public_url, ssl_context
        self._on_request, self._strict = on_request, strict
        self._background = Background(self._core.failures)
        self._storing_lock = threading.Lock()
        self._storing = Background(self._core.failures)  # a callback that takes long does not hold it up
        self._jobs: dict[int, Job] = {}  # by request: the callbacks that wait for the response to be sent
        self._server: Server | None = None
        self._process = 0  # that serves: a forked child may have its copy of this object, or start its own

    @staticmethod
    def connect(url: str, api_key: str | None = None) -> RemoteSandbox:
        """Drive the sandbox of another process, at this URL; `CODAT_API_KEY` gives the key when it is left out."""
        return RemoteSandbox(url, api_key)

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._server else 'stopped'}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Say why it cannot be copied or pickled, as multiprocessing would."""
        raise TypeError(
            "a Sandbox has sockets and threads and cannot be copied or pickled: pass its url and api_key on, "
            "and use Sandbox.connect(url, api_key)"
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        problems, errors = self._stop()
        if exc_info[0] is not None:  # what is on its way out matters more than what was noticed here
            return
        if self._strict:
            raise_problems(problems, *errors[:1])
        _raise_first(errors)

    def start(self) -> None:
        """Listen and serve.

        Raises:
            OSError: The port is taken.
            RuntimeError: It is already serving; or eventlet or gevent has patched threads and not sockets.
        """
        if self._server is not None:
            raise RuntimeError("the sandbox is already serving")
        check_patches()
        self._process = os.getpid()
        self._server = Server(self._host, self._port, self._make_exchange, self._ssl_context)
        self._port = self._server.port
        self._core.state.url = (self._public_url or self.url).rstrip("/")  # which the first response may hold
        try:
            self._server.start()
        except RuntimeError:
            self._server = None
            raise
        self._core.deliveries.start()

    def stop(self) -> None:
        """Close all sockets, end all threads; the state stays for another `start` on the same port.

        It does not wait for requests in progress. Then it raises the first error of `on_request`, of a fault's `when`
        or of storing the state.
        """
        _raise_first(self._stop()[1])

    def _stop(self) -> tuple[list[str], list[BaseException]]:
        """The problems in strict mode, and the errors of callbacks and of storing the state."""
        if os.getpid() != self._process:  # a forked child: the sandbox is its parent's
            self._server = None
            return [], []
        server, self._server = self._server, None
        if server is None:
            return self._core.problems(), []
        self._core.deliveries.stop()
        server.stop()
        self._background.stop(CALLBACK_SECONDS)
        self._storing.stop(CALLBACK_SECONDS)
        self._jobs.clear()
        problems, errors = self._core.problems(), list(self._core.failures)
        try:
            self._store(at_end=True)
        except OSError as error:
            errors.append(error)
        self._core.failures.clear()
        return problems, errors

    @property
    def url(self) -> str:
        """Where it serves, without a trailing slash: `http://127.0.0.1:PORT`."""
        if self._server is None:
            raise RuntimeError("the sandbox is not serving: use it in a with block, or call start()")
        # A client on this machine cannot connect to "all addresses", but to any one of them.
        host = {"0.0.0.0": "127.0.0.1", "::": "localhost", "": "127.0.0.1"}.get(self._host, self._host)
        scheme = "http" if self._ssl_context is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def requests(self) -> list[Request]:
        """The requests received so far, oldest first: those of clients and of the link page. The last 10,000."""
        return self._remote().requests if self._is_forked() else self._core.requests()

    @property
    def deliveries(self) -> list[Delivery]:
        """The webhooks so far, oldest first, each with its attempts. The last 10,000."""
        return self._remote().deliveries if self._is_forked() else self._core.deliveries.all

    @property
    def armed(self) -> list[Armed]:
        """The armed faults, newest first: the order in which they apply."""
        return self._remote().armed if self._is_forked() else self._core.faults.armed

    # The commands

    def _command(self, command: str, /, **arguments: Any) -> Any:
        if self._is_forked():
            return send_command(self.url, self.auth_header, command, arguments)
        result = self._core.run(command, arguments)
        self._store_soon()
        return result

    def _is_forked(self) -> bool:
        return self._server is not None and os.getpid() != self._process

    def _remote(self) -> RemoteSandbox:
        """This sandbox as a forked child reaches it: what the child has in memory is a copy."""
        return RemoteSandbox(self.url, self.api_key)

    def _wait_for(self, wanted: Expected, times: int, timeout: float) -> list[Request]:
        if self._is_forked():
            return poll(lambda: self.requests, wanted, times, timeout)
        end = stopwatch() + timeout
        with self._core.changed:
            while True:
                found = [request for request in matching(wanted, self._core.received) if request.seconds is not None]
                remaining = end - stopwatch()
                if len(found) >= times or remaining <= 0:
                    return found
                self._core.changed.wait(min(remaining, threading.TIMEOUT_MAX))

    # Requests

    def _make_exchange(self, connection: socket.socket, stopping: threading.Event) -> Exchange:
        core = self._core
        return Exchange(connection, self._respond, self._finished, core.errors, core.clock_source.now, stopping)

    def _respond(self, request: Request, pause: Pause) -> tuple[Response, Fault]:
        self._site.remove_prefix(request)
        try:
            response = self._site.respond(request)
        except Rejected as rejected:
            response = self._core.errors.response(rejected)
        if response is not None:
            return response, NO_FAULT
        self._core.record(request)
        page = self._site.link(request)
        found, fault = (page, NO_FAULT) if page is not None else self._core.pipeline.respond(request, pause)
        if fault.delivery not in ("reset", "nothing"):
            request.status, request.error = found.status, found.error and found.error[:MAX_ERROR]
        if page is None:
            self._core.note_unexpected(request)
        on_request = self._on_request
        if on_request is not None:
            # In the order of the requests. A response that a fault delays does not delay the callback.
            ready = fault.delivery != "whole"
            self._jobs[id(request)] = self._background.add(lambda: on_request(request), ready=ready)
        return found, fault

    def _finished(self, request: Request) -> None:
        self._core.settle(request)
        job = self._jobs.pop(id(request), None)
        if job is not None:
            self._background.release(job)
        self._store_soon()

    def _store_soon(self) -> None:
        if self._storage is None or self._core.changes == self._stored_changes[0]:
            return
        if self._server is None:  # nobody waits for a response, and no `stop` will store it
            self._store()
        else:
            self._storing.add(self._store_or_log)

    def _store_or_log(self) -> None:
        """Store the state. If that fails, say so now: a sandbox in the foreground may not be stopped for weeks."""
        try:
            self._store()
        except OSError as error:
            _log.error("%s", error)
            raise

    def _store(self, *, at_end: bool = False) -> None:
        with self._storing_lock:  # a thread that comes late finds that there is nothing left to store
            changes, stored = (self._core.changes, self._core.small_changes), self._stored_changes
            if self._storage is not None and (changes != stored if at_end else changes[0] != stored[0]):
                self._storage.write(self._core, self.api_key)
                self._stored_changes = changes
