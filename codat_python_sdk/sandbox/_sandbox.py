"""The sandbox as its users hold it."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from codat_python_sdk.sandbox import pages
from codat_python_sdk.sandbox.api import Api, route
from codat_python_sdk.sandbox.faults import Fault, Faults
from codat_python_sdk.sandbox.idempotency import IdempotencyKeys
from codat_python_sdk.sandbox.messages import Answer, Refused, Request
from codat_python_sdk.sandbox.quota import Quota
from codat_python_sdk.sandbox.server import Server
from codat_python_sdk.sandbox.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self

    from codat_python_sdk.sandbox.exchange import Pause
    from codat_python_sdk.sandbox.records import Contract

KEPT_REQUESTS = 10_000  # a sandbox in the foreground may run for weeks


class Sandbox(Faults):
    """A local Codat with one company in it, served over HTTP from `start` to `stop`, or as a context manager.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one, and keeps it for a later `start`.
        contract: "today", or "2021": bare strings may create, DELETE answers `true`, connections have nine fields,
            links carry no code, and a Deauthorized connection can be unlinked.
        quota: How many requests a day are answered before 429; None does not count.
        clock: Seconds since the epoch: moves codes, idempotency keys and the quota on without waiting.
        api_key: The raw key; a random one when left out.
        company_id: The id of the first company; a random one when left out.
        platforms: More platforms than those of Codat's pages: key to (name, source type).
        on_request: Called with each request when its status is settled, from the thread that serves it.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        contract: Contract = "today",
        quota: int | None = None,
        clock: Callable[[], float] = time.time,
        api_key: str | None = None,
        company_id: str | None = None,
        platforms: Mapping[str, tuple[str, str]] | None = None,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        super().__init__()
        if contract not in ("today", "2021"):
            raise ValueError(f"contract must be 'today' or '2021', got {contract!r}")
        if not 0 <= port <= 65535:
            raise ValueError(f"port must be from 0 to 65535, got {port}")
        self.api_key: str = api_key or f"sandbox-{secrets.token_hex(16)}"
        #: the ready-made value of the Authorization header
        self.auth_header: str = f"Basic {base64.b64encode(self.api_key.encode()).decode()}"
        self._host, self._port, self._clock = host, port, clock
        self._service = Service(contract, clock, platforms or {})
        self._quota = Quota(quota, clock)
        self._api = Api(self._service, IdempotencyKeys(clock), self._quota, self.auth_header)
        self._on_request = on_request
        self._server: Server | None = None
        self._requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self._requests_lock = threading.Lock()
        self.company_id: str = self.create_company("Sandbox Company", company_id=company_id)

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._server else 'stopped'}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and serve. `OSError` when the port is taken, `RuntimeError` when it is already serving."""
        if self._server is not None:
            raise RuntimeError("the sandbox is already serving")
        self._server = Server(self._host, self._port, self._answer, self._clock)
        self._port = self._server.port
        self._service.url = self.url

    def stop(self) -> None:
        """Close all sockets, end all threads; the state stays for another `start` on the same port."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """Where it serves, without a trailing slash: `http://127.0.0.1:PORT`."""
        if self._server is None:
            raise RuntimeError("the sandbox is not serving: use it in a with block, or call start()")
        # A client on this machine cannot connect to "all addresses", but to any one of them.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self._host, self._host)
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    # What is in it, and what it saw

    @property
    def requests(self) -> list[Request]:
        """The requests seen so far, oldest first, those for the dashboard excepted; the last 10,000."""
        with self._requests_lock:
            return list(self._requests)

    @property
    def ledger(self) -> list[tuple[str, str]]:
        """The writes that clients really got done, in order: (operation, connection id)."""
        with self._service.lock:
            return list(self._service.ledger)

    def connections(self, company_id: str | None = None) -> list[dict[str, Any]]:
        """The connections that exist now, of one company or all, by JSON name and without linkUrl."""
        with self._service.lock:
            companies = self._service.companies
            chosen = companies.values() if company_id is None else [companies[company_id]]
            return [dict(connection.fields) for company in chosen for connection in company.connections.values()]

    # What happens outside the API

    def create_company(
        self, name: str = "Another Company", *, company_id: str | None = None, foreign: bool = False
    ) -> str:
        """The id of a new company. A `foreign` one belongs to somebody else: every operation on it is a 403."""
        return self._service.add_company(company_id, name, foreign=foreign).id

    def add_connection(self, company_id: str | None = None, *, platform_key: str = "mqjo", **fields: Any) -> str:
        """The id of a new connection of the first or the given company.

        `fields`, by JSON name, replace those of a fresh one or add to them: `status="Linked"`, `somethingNew=1`.
        """
        company = self._service.companies[company_id or self.company_id]
        return self._service.add(company, platform_key, fields).id

    def set_status(self, connection_id: str, status: str) -> None:
        """Put a connection into any status, such as "Deauthorized"; `LookupError` when there is no such connection."""
        self._service.set_status(connection_id, status)

    def authorize(self, connection_id: str) -> None:
        """What the Authorize button does: the connection is Linked. `LookupError` when there is no such connection."""
        self._service.authorize(connection_id)

    def cancel(self, connection_id: str) -> None:
        """What the Cancel button does: the status stays, and `dataConnectionErrors` tells. `LookupError` as above."""
        self._service.cancel(connection_id)

    def reset_quota(self) -> None:
        """Start the day's quota anew."""
        self._quota.reset()

    # The way of a request

    def _answer(self, request: Request, pause: Pause) -> tuple[Answer, Fault]:
        if request.raw_path == "/":
            return pages.dashboard(self._service, self.requests, request), Fault()
        with self._requests_lock:
            self._requests.append(request)
        answer, fault = self._settle(request, pause)
        request.status = None if fault.delivery in ("reset", "nothing") else answer.status
        if self._on_request is not None:
            self._on_request(request)
        return answer, fault

    def _settle(self, request: Request, pause: Pause) -> tuple[Answer, Fault]:
        if pages.is_link(request):
            return pages.link(self._service, request), Fault()
        try:
            request.operation = route(request)
        except Refused as refused:
            return refused.answer.over(self._quota.headers()), Fault()
        fault = self.take_fault(request.operation)
        if fault.delivery == "reset":
            return Answer(503), fault
        return self._api.answer(request, fault, pause), fault
