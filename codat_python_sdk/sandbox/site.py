"""Pages of the sandbox besides the API (health, control API, dashboard, link pages), and their access checks."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from codat_python_sdk.sandbox import control, dashboard, links
from codat_python_sdk.sandbox.hosts import host_name, is_loopback
from codat_python_sdk.sandbox.messages import Rejected, Request, Response

if TYPE_CHECKING:
    from codat_python_sdk.sandbox.core import Core

_LOGOS = f"{control.ROOT}/logos/"


class Site:
    """Checks where a request comes from, and serves what is not the API.

    Args:
        core: The sandbox.
        host: The address that is listened on.
        public_url: Where others reach it.
        tls: Whether it serves HTTPS.
    """

    def __init__(self, core: Core, host: str, public_url: str | None, *, tls: bool) -> None:
        self._core = core
        self._scheme = "https" if tls else "http"
        self._checks_host = is_loopback(host)
        self._public = urlsplit(public_url) if public_url is not None else None
        path = self._public.path.rstrip("/") if self._public is not None else ""
        self._prefix = path if path.split("/")[1:2] not in self._own_segments() else ""

    def remove_prefix(self, request: Request) -> None:
        """Remove the path of the public URL from the request's, where a proxy has not done it."""
        if self._prefix and re.match(f"{re.escape(self._prefix)}(?=[/?]|$)", request.target):
            rest = request.target.removeprefix(self._prefix)
            request.target = rest if rest.startswith("/") else f"/{rest}"

    def respond(self, request: Request) -> Response | None:
        """The response to what is not recorded; None for the API and link pages.

        Raises:
            Rejected: 421 for the name of another host, 403 for a write that a page of another site sends.
        """
        self._check_host(request)
        self._check_origin(request)
        path = request.raw_path
        if path == "/health":
            return self._health(request)
        if path == "/":
            return dashboard.respond(self._core, request)
        if path.startswith(_LOGOS):
            return self._logo(path)
        if path == control.ROOT or path.startswith(f"{control.ROOT}/"):
            if not self._core.pipeline.is_authorized(request):
                raise Rejected(401, "Unauthorized: the control API needs the sandbox's key, as the API does")
            return control.respond(self._core, request)
        return None

    def _own_segments(self) -> list[list[str]]:
        """First segments of the paths that it serves. A public path that begins with one is the proxy's to remove."""
        paths = [operation.path for operation in self._core.router.operations.values()]
        return [path.split("/")[1:2] for path in (*paths, "/company", "/health", control.ROOT)]

    def link(self, request: Request) -> Response | None:
        """The page behind a link; None for anything else."""
        if not links.is_link(request):
            return None
        with self._core.state.lock:
            return links.respond(self._core.state, request)

    def _check_host(self, request: Request) -> None:
        """Refuse names that a page elsewhere may have pointed at this machine (DNS rebinding)."""
        host = request.headers.get("Host")
        if host is None or not self._checks_host:
            return
        name = host_name(host)
        if not is_loopback(name) and not (self._public and name == (self._public.hostname or "")):
            raise Rejected(421, "This sandbox serves this machine alone: use 127.0.0.1 or localhost as the host")

    def _check_origin(self, request: Request) -> None:
        if request.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            return
        fetch_site = request.headers.get("Sec-Fetch-Site")
        if fetch_site is not None:
            same = fetch_site in ("same-origin", "none")
        else:
            origin = request.headers.get("Origin")
            same = origin is None or self._is_own(origin, request.headers.get("Host", ""))
        if not same:
            raise Rejected(403, "A page of another site must not send this")

    def _is_own(self, origin: str, host: str) -> bool:
        public = f"{self._public.scheme}://{self._public.netloc}" if self._public else ""
        return origin.lower() in (f"{self._scheme}://{host}".lower(), public.lower() or None)

    def _health(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise Rejected(405, f"Method {request.method} is not allowed here", headers={"Allow": "GET, HEAD"})
        return Response.json(200, {"status": "ok"}, {"Cache-Control": "no-store"})

    def _logo(self, path: str) -> Response:
        platform = self._core.state.rules.platforms.get(path.removeprefix(_LOGOS).removesuffix(".svg"))
        if platform is None:
            raise Rejected(404, "There is no such logo")
        hue = sum(map(ord, platform.key)) * 37 % 360
        text = escape("".join(word[0] for word in platform.name.split()[:2]).upper())
        image = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" role="img" '
            f'aria-label="{escape(platform.name)}">'
            f'<rect width="96" height="96" rx="16" fill="hsl({hue} 55% 30%)"/><text x="48" y="60" fill="#fff" '
            f'font-family="system-ui,sans-serif" font-size="36" text-anchor="middle">{text}</text></svg>'
        )
        return Response(200, image.encode(), "image/svg+xml", {"X-Content-Type-Options": "nosniff"})
