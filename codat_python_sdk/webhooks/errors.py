"""The one error of a delivery that is not accepted."""

from __future__ import annotations

from typing import Any, Literal

from codat_python_sdk.exceptions import OpenApiException

#: What failed: the headers, the body as it was handed over, the signature, the timestamp, or the JSON in the body.
Check = Literal["headers", "body", "signature", "timestamp", "json"]


class WebhookVerificationError(OpenApiException, ValueError):
    """A delivery that is not accepted. Its text holds no secret and nothing of the body.

    Attributes:
        check: What failed: ``"headers"``, ``"body"``, ``"signature"``, ``"timestamp"`` or ``"json"``.
        message: The text without the name of the check.
    """

    def __init__(self, check: Check, message: str = "") -> None:
        super().__init__(check, message)
        self.check: Check = check
        self.message = message

    def __str__(self) -> str:
        return f"{self.check}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.check, self.message)
