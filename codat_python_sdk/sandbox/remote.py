"""A sandbox in another process, with the methods of one in this process."""

from __future__ import annotations

import base64
import http.client
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, urlencode, urlsplit

from codat_python_sdk.sandbox.arguments import check_type
from codat_python_sdk.sandbox.clock import stopwatch
from codat_python_sdk.sandbox.control import COMMANDS, ERRORS, ROOT
from codat_python_sdk.sandbox.controls import Controls
from codat_python_sdk.sandbox.expectations import Expected, matching
from codat_python_sdk.sandbox.hosts import client_context
from codat_python_sdk.sandbox.seeds import date_text
from codat_python_sdk.sandbox.wirejson import armed_from, delivery_from, pack, request_from

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.deliveries import Delivery
    from codat_python_sdk.sandbox.faults import Armed
    from codat_python_sdk.sandbox.messages import Request

TIMEOUT = 60.0  # seconds
MAX_TIMEOUT = 1e6  # seconds; to a socket, a month is too long
POLL = 0.05


class RemoteSandbox(Controls):
    """Drives a sandbox through its control API. `Sandbox.connect(url)` makes one.

    Args:
        url: Where it serves.
        api_key: Its raw key; `CODAT_API_KEY` of the environment when left out.
    """

    def __init__(self, url: str, api_key: str | None = None) -> None:
        check_type("api_key", api_key, str | None)
        key = api_key if api_key is not None else os.environ.get("CODAT_API_KEY", "").strip()
        if not key:
            raise ValueError("the sandbox's key is needed: give api_key, or set CODAT_API_KEY")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not _has_port(parts):
            raise ValueError(f"url must be http://HOST:PORT, got {url!r}")
        self.url: str = url.rstrip("/")
        self.api_key: str = key
        self.auth_header: str = f"Basic {base64.b64encode(key.encode()).decode()}"
        info = self._command("info")
        if not isinstance(info, dict) or "companyId" not in info:
            raise RuntimeError(f"{url} is not a sandbox: it responded {json.dumps(cast('object', info))[:100]}")
        self.company_id: str = str(cast("dict[str, Any]", info)["companyId"])

    def __repr__(self) -> str:
        return f"<RemoteSandbox {self.url}>"

    @property
    def requests(self) -> list[Request]:
        """The requests received so far, oldest first."""
        return [request_from(value) for value in self._command("requests")]

    @property
    def deliveries(self) -> list[Delivery]:
        """The webhooks so far, oldest first."""
        return [delivery_from(value) for value in self._command("deliveries")]

    @property
    def armed(self) -> list[Armed]:
        """The armed faults, newest first."""
        return [armed_from(value) for value in self._command("armed")]

    def _wait_for(self, wanted: Expected, times: int, timeout: float) -> list[Request]:
        return poll(lambda: self.requests, wanted, times, timeout)

    def _command(self, command: str, /, **arguments: Any) -> Any:
        return send_command(self.url, self.auth_header, command, arguments)


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is a number, or is left out."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def poll(read: Callable[[], list[Request]], wanted: Expected, times: int, timeout: float) -> list[Request]:
    """The matching requests, as soon as there are enough, or at the end of the timeout."""
    end = stopwatch() + timeout
    while True:
        found = [request for request in matching(wanted, read()) if request.seconds is not None]
        if len(found) >= times or stopwatch() >= end:
            return found
        time.sleep(POLL)


def send_command(url: str, auth_header: str, command: str, arguments: Mapping[str, Any]) -> Any:
    """The result of a command that another process runs.

    Raises:
        LookupError, ValueError: What the command raised there.
        RuntimeError: No sandbox serves at the URL, or the key is wrong.
        TypeError: An argument is a function, or the timeout is no number.
    """
    method, path = COMMANDS[command]
    given = {key: _sendable(key, value) for key, value in arguments.items()}
    waits = arguments.get("timeout", 0.0)
    check_type("timeout", waits, float)
    parts = urlsplit(url)
    target, body = f"{parts.path}{ROOT}{path}", None
    if method == "GET":
        query = urlencode({key: value for key, value in given.items() if value is not None})
        target += f"?{query}" if query else ""
    else:
        body = json.dumps(given, default=_plain).encode()
    host = parts.netloc.rpartition("@")[2]
    timeout = min(TIMEOUT + max(0.0, waits), MAX_TIMEOUT)  # over there, it may wait for webhooks
    if parts.scheme == "https":
        context = client_context(parts.hostname or "")
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, timeout=timeout)
    try:
        connection.request(method, target, body, {"Authorization": auth_header, "Content-Type": "application/json"})
        response = connection.getresponse()
        status, text = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise RuntimeError(f"no sandbox responds at {url}: {error!r}") from error
    finally:
        connection.close()
    return _result(url, status, text)


def _plain(value: Any) -> Any:
    """A date, or a mapping of the caller's own, as JSON can hold it."""
    if isinstance(value, datetime):
        return date_text(value)
    if hasattr(value, "keys"):
        return dict(value)
    raise TypeError(f"an argument of type {type(value).__name__} cannot be sent to another process")


def _result(url: str, status: int, text: bytes) -> Any:
    try:
        value = json.loads(text)
        if status == 200:
            return value
        error = str(value["error"])
    except (ValueError, KeyError, TypeError):
        kind = ERRORS.get(status, RuntimeError)
        raise kind(f"{url} is not a sandbox: it responded {status}") from None
    raise ERRORS.get(status, RuntimeError)(error)


def _sendable(name: str, value: Any) -> Any:
    if callable(value):
        raise TypeError(f"{name} is a function, which another process cannot call: aim by operation, company or ids")
    if isinstance(value, bytes):
        return pack(value)
    return list(cast("Iterable[Any]", value)) if isinstance(value, (set, frozenset, tuple)) else value
