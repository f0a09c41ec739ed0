"""What the backend remembers, in SQLite: its customers' companies, their connections, and the deliveries to work on."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection

_TABLES = """
CREATE TABLE IF NOT EXISTS customers (uid TEXT PRIMARY KEY, company_id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS connections
    (id TEXT PRIMARY KEY, company_id TEXT NOT NULL, platform TEXT NOT NULL, status TEXT);
CREATE TABLE IF NOT EXISTS deliveries
    (webhook_id TEXT PRIMARY KEY, body BLOB NOT NULL, done INTEGER NOT NULL DEFAULT 0);
"""


class Known(NamedTuple):
    """A connection as the backend knows it. Its link is not kept: it may contain a one-time code."""

    id: str
    company_id: str
    platform: str
    status: str | None


class Store:
    """All of it. Each method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._transaction() as database:
            database.executescript(_TABLES)

    @contextlib.contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection, None, None]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as database, database:
            yield database

    # -- customers -----------------------------------------------------------------------------------------------------

    def add_customer(self, uid: str, company_id: str) -> None:
        """Remember which company stands for a customer."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO customers VALUES (?, ?)", (uid, company_id))

    def company_of(self, uid: str) -> str | None:
        """The company of a customer."""
        with self._transaction() as database:
            row = database.execute("SELECT company_id FROM customers WHERE uid = ?", (uid,)).fetchone()
            return row and str(row[0])

    def customer_of(self, company_id: str) -> str | None:
        """The customer whom a company stands for."""
        with self._transaction() as database:
            row = database.execute("SELECT uid FROM customers WHERE company_id = ?", (company_id,)).fetchone()
            return row and str(row[0])

    # -- connections ---------------------------------------------------------------------------------------------------

    def set_connection(self, company_id: str, connection: CodatPublicApiModelsCompanyDataConnection) -> None:
        """Remember a connection as it is now."""
        with self._transaction() as database:
            row = (connection.id, company_id, connection.platform_name, connection.status)
            database.execute("INSERT OR REPLACE INTO connections VALUES (?, ?, ?, ?)", row)

    def forget_connection(self, connection_id: str) -> None:
        """Forget a connection that was deleted."""
        with self._transaction() as database:
            database.execute("DELETE FROM connections WHERE id = ?", (connection_id,))

    def connections(self, company_id: str | None = None) -> list[Known]:
        """The connections of a company, or all of them."""
        with self._transaction() as database:
            rows = database.execute(
                "SELECT id, company_id, platform, status FROM connections"
                " WHERE :company_id IS NULL OR company_id = :company_id ORDER BY rowid",
                {"company_id": company_id},
            ).fetchall()
            return [Known(*row) for row in rows]

    # -- deliveries ----------------------------------------------------------------------------------------------------

    def add_delivery(self, webhook_id: str, body: bytes) -> bool:
        """Keep a delivery that was verified; False when it is here already."""
        with self._transaction() as database:
            sql = "INSERT INTO deliveries (webhook_id, body) VALUES (?, ?) ON CONFLICT DO NOTHING"
            return bool(database.execute(sql, (webhook_id, body)).rowcount)

    def waiting_deliveries(self) -> list[tuple[str, bytes]]:
        """Id and body of the deliveries to work on, in the order of their arrival."""
        with self._transaction() as database:
            return database.execute("SELECT webhook_id, body FROM deliveries WHERE NOT done ORDER BY rowid").fetchall()

    def finish_delivery(self, webhook_id: str) -> None:
        """Note that a delivery was worked on."""
        with self._transaction() as database:
            database.execute("UPDATE deliveries SET done = 1 WHERE webhook_id = ?", (webhook_id,))
