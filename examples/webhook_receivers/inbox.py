"""Shared by the three receivers beside this file: an inbox that stores each delivery once, and the work on them.

Codat waits 15 seconds for a response, delivers at least once, and promises no order. So a receiver verifies, puts the
delivery into the inbox and responds; the work is done later, by

    python examples/webhook_receivers/inbox.py

in a process of its own. SQLite stands for whatever database the application has.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Generator
from pathlib import Path

from codat_python_sdk import CodatPlatform, NotFoundException
from codat_python_sdk.webhooks import ConnectionEvent, Webhook, WebhookEvent

logger = logging.getLogger("inbox")
PATH = Path(os.environ.get("INBOX", "inbox.sqlite"))


class Inbox:
    """Deliveries by their ``webhook-id``, which is the same for every attempt to deliver."""

    def __init__(self, path: Path = PATH) -> None:
        self._path = path
        with self._transaction() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS deliveries"
                " (webhook_id TEXT PRIMARY KEY, body BLOB NOT NULL, done INTEGER NOT NULL DEFAULT 0)"
            )

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as database, database:
            yield database

    def add(self, webhook_id: str, body: bytes) -> bool:
        """Keep a delivery that was verified; False when it is here already."""
        with self._transaction() as database:
            added = database.execute(
                "INSERT INTO deliveries (webhook_id, body) VALUES (?, ?) ON CONFLICT DO NOTHING", (webhook_id, body)
            )
            return bool(added.rowcount)

    def work(self, handle: Callable[[WebhookEvent], None]) -> int:
        """Handle the stored deliveries, and return how many.

        One that fails stays for the next time and holds up no other: the first error is raised after all of them.
        """
        with self._transaction() as database:
            waiting = database.execute(
                "SELECT webhook_id, body FROM deliveries WHERE NOT done ORDER BY rowid"
            ).fetchall()
        errors: list[Exception] = []
        for webhook_id, body in waiting:
            try:
                handle(Webhook.parse_unverified(body, webhook_id=webhook_id))  # it was verified before it came here
            except Exception as error:  # noqa: BLE001  # whatever the application's function raises
                errors.append(error)
                continue
            with self._transaction() as database:
                database.execute("UPDATE deliveries SET done = 1 WHERE webhook_id = ?", (webhook_id,))
        if errors:
            raise errors[0]
        return len(waiting)


class Statuses:
    """The application's data about its connections."""

    def __init__(self, codat: CodatPlatform) -> None:
        self._codat = codat
        self.known: dict[str, str | None] = {}

    def handle(self, event: WebhookEvent) -> None:
        """Take an event as a sign that something happened, and fetch what is so now: events may come in any order."""
        if isinstance(event, ConnectionEvent) and event.company_id and event.connection_id:
            try:
                status = self._codat.connections.get(event.company_id, event.connection_id).status
            except NotFoundException:
                status = "deleted"
            self.known[event.connection_id] = status


def main() -> None:
    """Work until the process is stopped."""
    inbox = Inbox()
    with CodatPlatform() as codat:
        statuses = Statuses(codat)
        while True:
            try:
                if inbox.work(statuses.handle):
                    print(statuses.known, flush=True)
            except Exception:  # Codat cannot be reached, say: the next round tries again
                logger.exception("a delivery was not handled")
            time.sleep(1)


if __name__ == "__main__":
    main()
