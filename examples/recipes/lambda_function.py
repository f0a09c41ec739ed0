"""AWS Lambda: the status of a connection. The client is made once per environment; a call ends before the function's.

Set CODAT_API_KEY on the function, and `lambda_function.handler` as its handler.
"""

from __future__ import annotations

from typing import Any

from codat_python_sdk import ApiException, CodatPlatform

codat = CodatPlatform()


def handler(event: dict[str, str], context: Any) -> dict[str, Any]:
    """The status of the connection that the event names, or why it is not known."""
    seconds = context.get_remaining_time_in_millis() / 1000 - 1
    try:
        connection = codat.connections.get(event["companyId"], event["connectionId"], deadline=max(seconds, 0.1))
    except ApiException as error:
        return {"error": error.message, "retryable": error.retryable}
    return {"status": connection.status}
