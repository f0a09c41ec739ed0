"""Signs webhooks, with the code in `codat_python_sdk.webhooks` that verifies them."""

from __future__ import annotations


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`. `ValueError` for what cannot be a signing secret."""
    # Imported with the first webhook: it also has models, which a sandbox without webhooks does not need.
    from codat_python_sdk.webhooks import Webhook

    return Webhook(secret).sign(body, webhook_id=webhook_id, timestamp=timestamp)["webhook-signature"]
