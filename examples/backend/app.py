"""A backend that connects its customers' accounts through Codat, from the first click to the last.

It has a company for each customer, shows the platforms to choose from, sends the customer to the link page, receives
them when they come back, learns by webhooks what became of it, and shows that live.
"""

# FastAPI is not installed where the types are checked.
# mypy: disallow-untyped-decorators=False
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

import logging
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote

import pages
from backend import Backend
from fastapi import APIRouter, BackgroundTasks, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from store import Store

from codat_python_sdk import ApiException, ApiValueError, CodatPlatform
from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

logger = logging.getLogger("backend")

#: Where Codat sends the customer afterwards; set it in the Codat Portal as the redirect URL.
RETURN_PATH = "/codat/return?companyId={companyId}&connectionId={connectionId}"
WEBHOOK_PATH = "/codat/webhooks"
EVENT_TYPES = [
    f"connection.{what}" for what in ("created", "connected", "failed", "disconnected", "reconnected", "deleted")
]


def create_app(codat: CodatPlatform, webhook: Webhook, store: Store) -> FastAPI:
    """The application. What waits for Codat runs in FastAPI's threads."""
    app = FastAPI()
    # Somebody is waiting for a page, so give up sooner than a job would.
    in_page = Backend(codat.with_options(deadline=10), store)
    app.include_router(customer_pages(in_page, store))
    app.include_router(connection_actions(in_page, store))
    app.include_router(codat_routes(in_page, Backend(codat, store), webhook, store))

    @app.exception_handler(ApiException)
    def sorry(_: Request, error: ApiException) -> HTMLResponse:
        logger.error("%s", error)  # it has no secrets in it
        return HTMLResponse("<p>This did not work. Please try again later.</p>", 502)

    @app.exception_handler(ApiValueError)
    def correct(_: Request, error: ApiValueError) -> HTMLResponse:
        return HTMLResponse(f"<p>{escape(error.message)}</p>", 400)  # such as a customer number with a `=`

    return app


def customer_pages(backend: Backend, store: Store) -> APIRouter:
    """What a customer sees."""
    routes = APIRouter()

    @routes.get("/", response_class=HTMLResponse)
    def start() -> str:
        return pages.start_page()

    @routes.post("/customers")
    async def sign_up(request: Request) -> RedirectResponse:
        form = await _form(request)
        await run_in_threadpool(backend.sign_up, form["uid"], form["name"])
        return _see(_customer_url(form["uid"]))

    @routes.get("/customers/{uid}", response_class=HTMLResponse)
    def customer(uid: str) -> str:
        return pages.customer_page(uid, store.connections(_company_of(store, uid)), backend.platforms())

    @routes.get("/customers/{uid}/connections", response_class=HTMLResponse)
    def connections(uid: str) -> str:
        return pages.connections_table(uid, store.connections(_company_of(store, uid)))

    return routes


def connection_actions(backend: Backend, store: Store) -> APIRouter:
    """What a customer does."""
    routes = APIRouter()

    @routes.post("/customers/{uid}/connections")
    async def connect(uid: str, request: Request) -> RedirectResponse:
        form = await _form(request)
        return _see(await run_in_threadpool(backend.connect, _company_of(store, uid), form["platform_key"]))

    @routes.post("/customers/{uid}/connections/{connection_id}/delete")
    def disconnect(uid: str, connection_id: str) -> RedirectResponse:
        backend.disconnect(_company_of(store, uid), connection_id)
        return _see(_customer_url(uid))

    @routes.post("/customers/{uid}/connections/{connection_id}/{action}")
    def go_on(uid: str, connection_id: str, action: str) -> RedirectResponse:
        return _see(backend.link(_company_of(store, uid), connection_id, action) or _customer_url(uid))

    @routes.post("/customers/{uid}/access-token")
    def access_token(uid: str) -> dict[str, Any]:
        """For Codat's embedded components in the customer's browser. The API key stays here."""
        token = backend.codat.companies.get_access_token(_company_of(store, uid))
        return {"accessToken": token.access_token, "expiresIn": token.expires_in}

    return routes


def codat_routes(in_page: Backend, later_on: Backend, webhook: Webhook, store: Store) -> APIRouter:
    """Where Codat sends the customer, and its webhooks."""
    routes = APIRouter()

    @routes.get("/codat/return")
    def come_back(companyId: str, connectionId: str = "") -> RedirectResponse:  # noqa: N803  # Codat's names
        """The customer is back. What the browser says is no proof: the state is fetched."""
        uid = store.customer_of(companyId)
        if uid is None:
            raise HTTPException(404)
        if connectionId:
            in_page.refresh(companyId, connectionId)
        return _see(_customer_url(uid))

    @routes.post(WEBHOOK_PATH, status_code=204)
    async def receive(request: Request, background: BackgroundTasks) -> None:
        """Verify, store, respond; the work comes after the response."""
        body = await request.body()
        try:
            webhook_id = webhook.verify(body, request.headers)
        except WebhookVerificationError as error:
            logger.warning("webhook refused: %s", error)
            raise HTTPException(400, str(error)) from None
        await run_in_threadpool(store.add_delivery, webhook_id, body)
        background.add_task(later_on.work_off_deliveries)

    return routes


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode()))


def _company_of(store: Store, uid: str) -> str:
    company_id = store.company_of(uid)
    if company_id is None:
        raise HTTPException(404)
    return company_id


def _customer_url(uid: str) -> str:
    return f"/customers/{quote(uid, safe='')}"


def _see(url: str) -> RedirectResponse:
    return RedirectResponse(url, 303)
