"""The worker that test_celery.py starts. The settings are in the environment, as are server and key."""

from __future__ import annotations

import importlib
import json
import os
from typing import Any

from codat_python_sdk import ApiClient, CodatPlatform

celery: Any = importlib.import_module("celery")  # it has no types
app = celery.Celery("ecosystem.tasks")
app.conf.update(json.loads(os.environ["CELERY_SETTINGS"]))
codat = CodatPlatform(retries=0)
codat.connections.list(os.environ["COMPANY_ID"])  # before the fork: a connection that no child may use


def call(operation: str, *arguments: Any, **options: Any) -> Any:
    """What an operation returns or raises, for a serializer that takes any object."""
    return getattr(codat.connections, operation)(*arguments, **options)


def call_for_json(operation: str, *arguments: Any, **options: Any) -> Any:
    """The same for JSON."""
    return ApiClient.sanitize_for_serialization(call(operation, *arguments, **options))


def connect(self: Any, company_id: str, platform_key: str) -> str:
    """The id of a new connection, one per task, however often the task is run."""
    who = {"X-Process": str(os.getpid())}
    return codat.connections.create(company_id, platform_key, idempotency_key=self.request.id, headers=who).id


app.task(call)
app.task(call_for_json)
app.task(bind=True, acks_late=True, reject_on_worker_lost=True)(connect)
