"""Receiving webhooks with Flask.

CODAT_WEBHOOK_SECRET=whsec_… flask --app examples/webhook_receivers/flask_app run
"""

# Flask is not installed where the types are checked.
# mypy: disallow-untyped-decorators=False
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from flask import Flask, request
from inbox import Inbox

from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
webhook = Webhook()  # without a secret, the process does not start
inbox = Inbox()


@app.post("/codat/webhooks")
def receive() -> tuple[str, int]:
    """Verify, store, respond. ``request.json`` would be parsed, and the signature covers the bytes."""
    body = request.get_data()
    try:
        webhook_id = webhook.verify(body, request.headers)
    except WebhookVerificationError as error:
        return str(error), 400
    inbox.add(webhook_id, body)
    return "", 204
