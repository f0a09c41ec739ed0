"""Receiving webhooks with FastAPI.

CODAT_WEBHOOK_SECRET=whsec_… uvicorn fastapi_app:app --app-dir examples/webhook_receivers
"""

# FastAPI is not installed where the types are checked.
# mypy: disallow-untyped-decorators=False
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from inbox import Inbox

from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

app = FastAPI()
webhook = Webhook()  # without a secret, the process does not start
inbox = Inbox()


@app.post("/codat/webhooks", status_code=204)
async def receive(request: Request) -> None:
    """Verify, store, respond. A model as the argument would be parsed JSON, which the signature does not cover."""
    body = await request.body()
    try:
        webhook_id = webhook.verify(body, request.headers)
    except WebhookVerificationError as error:
        raise HTTPException(400, str(error)) from None
    await run_in_threadpool(inbox.add, webhook_id, body)
