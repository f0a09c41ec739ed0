"""A sandbox in another process, with the methods of one in this process."""

from __future__ import annotations

import base64
import http.client
import json
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from codat_python_sdk.sandbox.control import COMMANDS, ERRORS, ROOT
from codat_python_sdk.sandbox.controls import Controls
from codat_python_sdk.sandbox.expectations import Expected, matching
from codat_python_sdk.sandbox.wirejson import armed_from, delivery_from, pack, request_from

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.deliveries import Delivery
    from codat_python_sdk.sandbox.faults import Armed
    from codat_python_sdk.sandbox.messages import Request

TIMEOUT = 60.0  # seconds
POLL = 0.05


class RemoteSandbox(Controls):
    """Drives a sandbox through its control API. `Sandbox.connect(url)` makes one.

    Args:
        url: Where it serves.
        api_key: Its raw key; `CODAT_API_KEY` of the environment when left out.
    """

    def __init__(self, url: str, api_key: str | None = None) -> None:
        key = api_key if api_key is not None else os.environ.get("CODAT_API_KEY", "").strip()
        if not key:
            raise ValueError("the sandbox's key is needed: give api_key, or set CODAT_API_KEY")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be http://HOST:PORT, got {url!r}")
        self.url: str = url.rstrip("/")
        self.api_key: str = key
        self.auth_header: str = f"Basic {base64.b64encode(key.encode()).decode()}"
        self.company_id: str = self._command("info")["companyId"]

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
        """The faults that wait for requests, newest first."""
        return [armed_from(value) for value in self._command("armed")]

    def _wait_for(self, wanted: Expected, times: int, timeout: float) -> list[Request]:
        end = time.monotonic() + timeout
        while True:
            found = [request for request in matching(wanted, self.requests) if request.seconds is not None]
            if len(found) >= times or time.monotonic() >= end:
                return found
            time.sleep(POLL)

    def _command(self, command: str, /, **arguments: Any) -> Any:
        method, path = COMMANDS[command]
        given = {key: _sendable(key, value) for key, value in arguments.items() if value is not None or key == "times"}
        headers = {"Authorization": self.auth_header, "Content-Type": "application/json"}
        target = f"{urlsplit(self.url).path}{ROOT}{path}"
        body = None
        if method == "GET":
            target += f"?{urlencode(given)}" if given else ""
        else:
            body = json.dumps(given).encode()
        status, text = self._send(method, target, body, headers)
        if status == 200:
            return json.loads(text)
        try:
            error = json.loads(text)["error"]
        except (ValueError, KeyError, TypeError):
            error = f"{self.url} is no sandbox: it responded {status}"
        raise ERRORS.get(status, RuntimeError)(error)

    def _send(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc.rpartition("@")[2], timeout=TIMEOUT)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _sendable(name: str, value: Any) -> Any:
    if callable(value):
        raise TypeError(f"{name} is a function, which another process cannot call: aim by operation, company or ids")
    if isinstance(value, bytes):
        return pack(value)
    return list(value) if isinstance(value, (set, frozenset, tuple)) else value
