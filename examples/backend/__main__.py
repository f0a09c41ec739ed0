"""Run the whole backend against a sandbox, without an account, by `python examples/backend`.

Open the address that it prints. With CODAT_API_KEY and CODAT_WEBHOOK_SECRET set, the real service is used instead; then
register the address of /codat/webhooks and the redirect URL in the Codat Portal.
"""

# Uvicorn is not installed where the types are checked.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false

# FastAPI is not installed where the types are checked.
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import uvicorn
from app import EVENT_TYPES, RETURN_PATH, WEBHOOK_PATH, create_app
from backend import Backend
from store import Store

from codat_python_sdk import CodatPlatform
from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.webhooks import Webhook


def main() -> None:
    """Serve until the process is stopped."""
    port = int(os.environ.get("PORT", "8000"))
    address = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        store = Store(Path(os.environ.get("BACKEND_DATABASE") or Path(folder) / "backend.sqlite"))
        if os.environ.get("CODAT_API_KEY"):
            codat, webhook = stack.enter_context(CodatPlatform()), Webhook()
        else:
            sandbox = stack.enter_context(Sandbox(redirect_url=address + RETURN_PATH))
            consumer = sandbox.add_webhook(address + WEBHOOK_PATH, event_types=EVENT_TYPES)
            webhook = Webhook(sandbox.webhook_secret(consumer))
            codat = stack.enter_context(CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url))
            print(f"The sandbox, with its dashboard: {sandbox.url} (API key {sandbox.api_key})")
        Backend(codat, store).catch_up()
        print("The backend:", address, flush=True)
        uvicorn.run(create_app(codat, webhook, store), port=port, log_level=os.environ.get("LOG_LEVEL", "warning"))


if __name__ == "__main__":
    main()
