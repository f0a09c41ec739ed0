"""The error of a delivery that is not accepted."""

from __future__ import annotations

import copy
import pickle

from codat_python_sdk import OpenApiException
from codat_python_sdk.webhooks import WebhookVerificationError


def test_error__says_which_check_failed() -> None:
    """The check is an attribute and begins the text; it is an error of this package and a ValueError."""
    error = WebhookVerificationError("timestamp", "too old")
    assert (error.check, error.message, str(error)) == ("timestamp", "too old", "timestamp: too old")
    assert issubclass(WebhookVerificationError, OpenApiException)
    assert issubclass(WebhookVerificationError, ValueError)


def test_error__survives_pickle_and_copy() -> None:
    """It can be pickled and copied."""
    for other in (
        pickle.loads(pickle.dumps(WebhookVerificationError("json", "m"))),
        copy.copy(WebhookVerificationError("json", "m")),
    ):
        assert (other.check, other.message) == ("json", "m")
