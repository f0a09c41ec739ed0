"""Celery: tasks that create a connection once, however often they run, and that wait for the customer.

    CODAT_API_KEY=... CELERY_BROKER_URL=redis://localhost celery --app celery_tasks worker

Needs celery. Pass ids through the queue, not models with their `link_url`.
"""

# mypy: disallow-untyped-decorators=False
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import Any

from celery import Celery

from codat_python_sdk import ApiException, CodatPlatform

RETRY_AFTER = 30  #: seconds, if Codat does not ask for more
POLL_INTERVAL = 15  #: seconds

app = Celery("celery_tasks")  # reads CELERY_BROKER_URL
# A task whose worker was killed is delivered again.
app.conf.update(task_acks_late=True, task_reject_on_worker_lost=True)
codat = CodatPlatform()


@app.task(bind=True, max_retries=5)
def connect(self: Any, company_id: str, platform_key: str) -> str:
    """The id of a new connection. The task's id stays the same over all its runs, so it is the idempotency key."""
    try:
        connection = codat.connections.create(company_id, platform_key, retries=0, idempotency_key=self.request.id)
    except ApiException as error:
        raise retry(self, error) from error
    return connection.id


@app.task(bind=True, max_retries=240)
def wait_until_linked(self: Any, company_id: str, connection_id: str) -> str | None:
    """The status after PendingAuth. Between two polls the task is in the queue, so it occupies no worker."""
    try:
        status = codat.connections.get(company_id, connection_id, retries=0).status
    except ApiException as error:
        raise retry(self, error) from error
    if status == "PendingAuth":
        raise self.retry(countdown=POLL_INTERVAL)
    return status


def retry(task: Any, error: ApiException) -> Exception:
    """The exception to raise: the error itself if a retry would fail as well, else Celery's, which retries the task."""
    if not error.retryable:
        return error
    requested: Exception = task.retry(exc=error, countdown=error.retry_after or RETRY_AFTER, throw=False)
    return requested
