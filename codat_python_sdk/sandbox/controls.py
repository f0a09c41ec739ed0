"""The methods that control a sandbox, in this process or in another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from codat_python_sdk.sandbox.core import OPERATIONS
from codat_python_sdk.sandbox.deliveries import LATE, Delivery, DeliveryFault
from codat_python_sdk.sandbox.expectations import Expected, explain, matching
from codat_python_sdk.sandbox.faults import GATEWAY_PAGE, Armed, Where
from codat_python_sdk.sandbox.messages import Request
from codat_python_sdk.sandbox.operations import Router

if TYPE_CHECKING:
    from typing_extensions import Unpack

Names = str | Iterable[str] | None
Times = int | None


class Which(TypedDict, total=False):
    """To which requests a fault applies, and with which delay: the keywords of every fault."""

    operation: Names  #: one name or several, such as "connections.create" or "create"; None: any
    operations: Names  #: the same
    company_id: str | None  #: those for this company
    connection_id: str | None  #: those for this connection
    when: Callable[[Request], object] | None  #: those for which this function says yes
    probability: (
        float  #: the probability that it applies to each of them; decided by the sandbox's seed, where it has one
    )
    after: int  #: how many of them pass without it first


class Delayed(Which, total=False):
    """The same, with a delay."""

    seconds: float | None  #: how long the response is held back besides


class Expectation(TypedDict, total=False):
    """What a request is expected to be; what is left out can be anything."""

    operation: str | None  #: such as "connections.create" or "create"
    company_id: str | None  #: the company in its path
    connection_id: str | None  #: the connection in its path
    method: str | None
    path: str | None  #: decoded, without the query
    status: int | None  #: of the response
    query: Mapping[str, str] | None  #: parameters that it has, among others
    headers: Mapping[str, str] | None  #: headers that it has, among others
    body: Any  #: the body's JSON value


def raise_problems(problems: Iterable[str], cause: BaseException | None = None) -> None:
    """Raise `AssertionError` with the problems, if there are any."""
    lines = [f"- {problem}" for problem in problems]
    if lines:
        raise AssertionError("\n".join(["the sandbox noticed:", *lines])) from cause


def _texts(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


class ClockControl:
    """Moves the clock of a sandbox."""

    def __init__(self, command: Callable[..., Any]) -> None:
        self._command = command

    def now(self) -> float:
        """Seconds since the epoch."""
        return float(self._command("clock")["now"])

    __call__ = now

    def advance(self, seconds: float) -> None:
        """Move it forward, or back with a negative number.

        Webhooks that become due meanwhile are sent, each at its time, before this returns.
        """
        self._command("advance_clock", seconds=seconds)

    def reset(self) -> None:
        """Reset it to the time without these moves."""
        self._command("reset_clock")


class Controls:
    """The methods of a sandbox that do not depend on where it runs."""

    #: the API key, raw
    api_key: str
    #: the ready-made value of the Authorization header
    auth_header: str
    #: the id of the first company
    company_id: str

    def _command(self, command: str, /, **arguments: Any) -> Any:
        raise NotImplementedError

    # State and requests

    @property
    def clock(self) -> ClockControl:
        """The clock of codes, quotas, idempotency keys and webhook retries: `sandbox.clock.advance(3600)`."""
        return ClockControl(self._command)

    @property
    def requests(self) -> list[Request]:
        """The requests received so far, oldest first: those of clients and of the link page. The last 10,000."""
        raise NotImplementedError

    @property
    def deliveries(self) -> list[Delivery]:
        """The webhooks so far, oldest first, each with its attempts. The last 10,000."""
        raise NotImplementedError

    @property
    def armed(self) -> list[Armed]:
        """The armed faults, newest first: the order in which they apply."""
        raise NotImplementedError

    @property
    def ledger(self) -> list[tuple[str, str]]:
        """The writes that took effect, in order: (operation, id of the connection, company or consumer)."""
        return [(operation, changed) for operation, changed in self._command("ledger")]

    def companies(self) -> list[dict[str, Any]]:
        """The companies that exist now, without their connections."""
        return list(self._command("companies"))

    def connections(self, company_id: str | None = None) -> list[dict[str, Any]]:
        """The connections that exist now, of one company or all, by JSON name and without linkUrl.

        `LookupError` when there is no such company.
        """
        return list(self._command("connections", company_id=company_id))

    # What happens outside the API

    def reset(self) -> None:
        """Restore the initial state of the sandbox: data, faults, requests, ledger, keys, quota, clock and webhooks.

        Its address, its key and the id of the first company stay.
        """
        self._command("reset")

    def create_company(
        self,
        name: str = "Another Company",
        *,
        company_id: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        parent_id: str | None = None,
        foreign: bool = False,
    ) -> str:
        """The id of a new company. A `foreign` one belongs to somebody else: every operation on it is a 403.

        Raises:
            ValueError: There is a company with this id.
        """
        return str(
            self._command(
                "create_company", name=name, company_id=company_id, description=description, tags=tags,
                parent_id=parent_id, foreign=foreign,
            )
        )  # fmt: skip

    def delete_company(self, company_id: str) -> None:
        """Delete a company and its connections; `LookupError` when there is none."""
        self._command("delete_company", company_id=company_id)

    def add_connection(self, company_id: str | None = None, *, platform_key: str = "mqjo", **fields: Any) -> str:
        """The id of a new connection of the first or the given company.

        `fields`, by JSON name, replace those of a fresh one or add to them: `status="Linked"`, `somethingNew=1`.

        Raises:
            LookupError: There is no such company.
            ValueError: There is a connection with this id, or something looks like a typing error.
        """
        return str(self._command("add_connection", company_id=company_id, platform_key=platform_key, fields=fields))

    def set_status(self, connection_id: str, status: str) -> None:
        """Set a connection to any status, such as "Deauthorized"; `LookupError` when there is no such connection."""
        self._command("set_status", connection_id=connection_id, status=status)

    def authorize(self, connection_id: str) -> None:
        """What the Authorize button does: the connection is Linked. `LookupError` when there is no such connection."""
        self._command("authorize", connection_id=connection_id)

    def cancel(self, connection_id: str) -> None:
        """Cancel as the button does: the status stays, `dataConnectionErrors` grows. `LookupError` as above."""
        self._command("cancel", connection_id=connection_id)

    def delete_connection(self, connection_id: str) -> None:
        """Delete a connection; `LookupError` when there is none."""
        self._command("delete_connection", connection_id=connection_id)

    def reset_quota(self) -> None:
        """Restore the day's quota."""
        self._command("reset_quota")

    # Webhooks

    def add_webhook(
        self,
        url: str,
        *,
        event_types: str | Iterable[str] = (),
        company_tags: str | Iterable[str] = (),
        secret: str | None = None,
    ) -> str:
        """The id of a new webhook consumer: of all events, or those of some types or some companies.

        `webhook_secret` returns the signing secret if none was given.
        """
        types, tags = _texts(event_types), _texts(company_tags)
        return str(self._command("add_webhook", url=url, event_types=types, company_tags=tags, secret=secret))

    def webhook_secret(self, webhook_id: str) -> str:
        """A consumer's signing secret, as Codat's Portal shows it. `LookupError` when there is no such consumer."""
        return str(self._command("webhook_secret", webhook_id=webhook_id))

    def rotate_webhook_secret(self, webhook_id: str) -> str:
        """Give a consumer another signing secret, and return it."""
        return str(self._command("rotate_webhook_secret", webhook_id=webhook_id))

    def enable_webhook(self, webhook_id: str) -> None:
        """Enable a disabled consumer, as in Codat's Portal. Pending deliveries are sent."""
        self._command("enable_webhook", webhook_id=webhook_id)

    def send_webhook(
        self,
        event_type: str,
        *,
        connection_id: str | None = None,
        company_id: str | None = None,
        payload: Mapping[str, Any] | None = None,
        fault: DeliveryFault | None = None,
        timeout: float = 20.0,
    ) -> list[Delivery]:
        """Send an event to all consumers that subscribe to it, and wait for the first attempts.

        Args:
            event_type: Any type, such as "connection.connected".
            connection_id: The connection that it is about; its company is added to the payload.
            company_id: The company that it is about, where there is no connection.
            payload: The payload instead.
            fault: A fault to apply to it: "duplicate", "late" and so on, as for `fail_delivery`.
            timeout: Seconds to wait.

        Raises:
            LookupError: No consumer wants it, or there is no such connection or company.
        """
        numbers = self._command(
            "send_webhook", event_type=event_type, connection_id=connection_id, company_id=company_id,
            payload=payload, fault=fault, timeout=timeout,
        )  # fmt: skip
        return [delivery for delivery in self.deliveries if delivery.number in numbers]

    def fail_delivery(
        self,
        fault: DeliveryFault,
        times: int = 1,
        *,
        event_types: str | Iterable[str] | None = None,
        seconds: float = LATE,
    ) -> None:
        """Apply a fault to the next webhooks.

        Args:
            fault: "duplicate" (sent twice), "late" (the first attempt `seconds` later), "out_of_order" (after the
                next event), "wrong_signature", "stale_timestamp" (the first attempt's is ten minutes old, and
                correctly signed) or "fail" (the first attempt does not reach the receiver).
            times: How many webhooks.
            event_types: Of these types; None: any.
            seconds: How late.
        """
        names = None if event_types is None else _texts(event_types)
        self._command("fail_delivery", fault=fault, times=times, event_types=names, seconds=seconds)

    def wait_for_deliveries(self, timeout: float = 20.0) -> list[Delivery]:
        """Wait until no webhook is due, and return all deliveries.

        Raises:
            TimeoutError: That takes longer than `timeout` seconds.
            RuntimeError: The sandbox does not serve, so that it sends none.
        """
        if not self._command("wait_for_deliveries", timeout=timeout):
            raise TimeoutError(f"webhooks were still pending after {timeout} s")
        return self.deliveries

    # What was sent

    def expect(self, *, times: int | None = None, **expected: Unpack[Expectation]) -> list[Request]:
        """The requests that were received with these properties.

        Args:
            times: How many such requests are expected; None: at least one.
            expected: See `Expectation`.

        Raises:
            AssertionError: There is another number of them. The text shows how the closest request differs.
            ValueError: There is no such operation.
        """
        wanted, received = _expected(expected), self.requests
        found = matching(wanted, received)
        if not found if times is None else len(found) != times:
            raise AssertionError(explain(wanted, times, received))
        return found

    def wait_for(self, *, timeout: float = 5.0, times: int = 1, **expected: Unpack[Expectation]) -> list[Request]:
        """Wait until a request with these properties was received and responded to; those that were, oldest first.

        Raises:
            TimeoutError: There was none in time. The text shows how the closest request differs.
            ValueError: There is no such operation.
        """
        wanted = _expected(expected)
        found = self._wait_for(wanted, times, timeout)
        if len(found) < times:
            raise TimeoutError(f"after {timeout} s: {explain(wanted, times, self.requests)}")
        return found

    def _wait_for(self, wanted: Expected, times: int, timeout: float) -> list[Request]:
        raise NotImplementedError

    def clear_requests(self) -> None:
        """Remove the requests received so far from the record; everything else stays."""
        self._command("clear_requests")

    def problems(self) -> list[str]:
        """The problems in strict mode: faults that no request hit, unknown paths, wrong keys, errors in callbacks."""
        return list(self._command("problems"))

    def verify(self) -> None:
        """Raise `AssertionError` with all `problems`, if there are any."""
        raise_problems(self.problems())

    # Faults. Of several that fit a request, the newest applies. Link page and dashboard have no faults.

    def fail_next(
        self,
        status: int = 503,
        times: Times = 1,
        retry_after: float | str | None = None,
        *,
        body: str | bytes | Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        stored: bool = False,
        **which: Unpack[Delayed],
    ) -> None:
        """Respond with an error, without processing the request. The body is Codat's error body unless given.

        It stands for a gateway before the service, so no idempotency key remembers it, unless `stored`. As with all
        faults, `times` requests meet it (None: all from now on) and `which` aims it; `ValueError` for what cannot be.
        """
        options = {"status": status, "retry_after": retry_after, "body": body, "headers": headers, "stored": stored}
        self._arm("fail_next", times, which, **options)

    def reset_connection(self, times: Times = 1, **which: Unpack[Delayed]) -> None:
        """Reset the TCP connection before the request is processed."""
        self._arm("reset_connection", times, which)

    def lost(self, times: Times = 1, **which: Unpack[Delayed]) -> None:
        """Process the request, then close the connection without a response."""
        self._arm("lost", times, which)

    def cut(self, times: Times = 1, *, where: Where = "body", **which: Unpack[Delayed]) -> None:
        """Process the request, then close the connection in the middle of the response's head or body.

        Where the response has no body, as that of a deletion, it is cut in its first line.
        """
        self._arm("cut", times, which, where=where)

    def stall(
        self,
        seconds: float | None = None,
        times: Times = 1,
        *,
        done: bool = False,
        in_flight: bool = False,
        **which: Unpack[Which],
    ) -> None:
        """Hang for `seconds`, or until the sandbox stops, then respond as usual.

        It hangs before the service sees the request, or after it has processed it (`done`), or in between
        (`in_flight`): the idempotency key is taken meanwhile, and another request with it gets 409.
        """
        self._arm("stall", times, which, seconds=seconds, done=done, in_flight=in_flight)

    def drip(
        self, interval: float = 0.05, times: Times = 1, *, where: Where = "body", **which: Unpack[Delayed]
    ) -> None:
        """Process the request, then send the response byte by byte from head or body on, `interval` seconds apart.

        Where the response has no body, it is the head.
        """
        self._arm("drip", times, which, interval=interval, where=where)

    def junk(
        self,
        times: Times = 1,
        *,
        status: int = 200,
        body: str | bytes | Mapping[str, object] = GATEWAY_PAGE,
        content_type: str = "text/html",
        done: bool = False,
        **which: Unpack[Delayed],
    ) -> None:
        """Respond with a gateway's HTML page or other bytes, such as JSON of your own; `done`: after it was done."""
        self._arm("junk", times, which, status=status, body=body, content_type=content_type, done=done)

    def clear_faults(self) -> None:
        """Remove all armed faults."""
        self._command("clear_faults")

    def _arm(self, kind: str, times: Times, which: Mapping[str, Any], **options: Any) -> None:
        given = {name: value for name, value in options.items() if value is not None}
        if "kind" in which:  # the command's own argument
            raise TypeError(f"{kind}() got an unexpected keyword argument 'kind'")
        self._command("arm_fault", kind=kind, times=times, **given, **which)


_ROUTER = Router(OPERATIONS)


def _expected(given: Expectation) -> Expected:
    """What is expected; a misspelt operation would make a test pass that expects no such request.

    Raises:
        ValueError: There is no such operation.
    """
    expected = Expected(**given)
    if expected.operation is not None:
        _ROUTER.full_names(str(expected.operation))
    return expected
