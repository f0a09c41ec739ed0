"""Stores a sandbox's state in a file, so that it survives a restart."""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from codat_python_sdk.sandbox.codes import OneTimeCodes
from codat_python_sdk.sandbox.records import Company, Connection, Consumer
from codat_python_sdk.sandbox.wirejson import delivery_from, delivery_json

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from codat_python_sdk.sandbox.core import Core

VERSION = 1
LONGEST_WRITE = 60  # seconds; a temporary file that is older belongs to no running sandbox


class Storage:
    """One file with the state as JSON. It is replaced whole, so that a crash leaves the former or the new one.

    Only its owner can read it, since it holds keys and signing secrets.

    Args:
        path: The file; it is made when there is something to keep. A relative path is one of now, whatever folder the
            process changes to, and of a link it is the file that the link leads to.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(os.path.realpath(path))
        self._writing = threading.Lock()  # a slow write must not come after a newer one
        self._content = b""  # that the file has, as far as is known; nothing where there is no file

    def read(self) -> Mapping[str, Any]:
        """The stored state; an empty dict without a file.

        Raises:
            ValueError: The file is damaged, or is something else.
            OSError: It cannot be read.
        """
        if self._path.exists() and not self._path.is_file():  # reading a pipe would wait forever
            raise ValueError(f"{self._path} is not a file")
        try:
            self._content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            stored = json.loads(self._content.decode("utf-8"))
        except UnicodeDecodeError:
            raise ValueError(self._damaged("not UTF-8 text")) from None
        except (ValueError, RecursionError) as error:
            raise ValueError(self._damaged(str(error))) from None
        if not isinstance(stored, dict) or cast("dict[str, Any]", stored).get("version") != VERSION:
            raise ValueError(self._damaged(f"not a state of version {VERSION}"))
        kept = cast("dict[str, Any]", stored)
        # They are needed before the rest can be restored.
        missing = [name for name in ("apiKey", "companyId") if not isinstance(kept.get(name), str)]
        if missing:
            raise ValueError(self._damaged(f"no {missing[0]}"))
        return kept

    def restore(self, core: Core, stored: Mapping[str, Any]) -> None:
        """Replace the current state by a stored one.

        Raises:
            ValueError: The file is damaged.
        """
        try:
            self._restore(core, stored)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError(self._damaged(f"{type(error).__name__}: {error}")) from None

    def check_writable(self) -> None:
        """Write the file with the content that it has, or one beside it where there is none.

        What a sandbox that was killed while it wrote has left beside it is removed.

        Raises:
            OSError: The state cannot be stored in it.
        """
        with self._writing, self._errors_in_words():
            self._check_unchanged()
            try:
                with self._path.open("r+b") as file:
                    content = file.read()
            except FileNotFoundError:
                self._write_beside(b"").unlink()
            else:
                self._replace(content)
            self._remove_leftovers()

    def write(self, core: Core, api_key: str) -> None:
        """Store the state as it is now.

        Raises:
            OSError: It cannot be stored, or another process has stored something else since it was read or written.
        """
        with self._writing, self._errors_in_words():
            self._check_unchanged()
            self._replace(json.dumps(_snapshot(core, api_key)).encode("ascii"))

    def _replace(self, content: bytes) -> None:
        temporary = self._write_beside(content)
        try:
            temporary.replace(self._path)
        finally:
            temporary.unlink(missing_ok=True)
        self._content = content

    def _check_unchanged(self) -> None:
        """Two sandboxes with one file would lose each other's changes without a word."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return
        if content != self._content:
            raise OSError(errno.EBUSY, "another process has changed the file")

    def _write_beside(self, content: bytes) -> Path:
        """A new file in the same folder, with this content, which only its owner can read."""
        descriptor, name = tempfile.mkstemp(".tmp", f"{self._path.name}.", self._path.parent)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink()
            raise
        return path

    def _remove_leftovers(self) -> None:
        pattern = f"{glob.escape(self._path.name)}.????????.tmp"  # the names that mkstemp gives
        with contextlib.suppress(OSError):  # they do no harm
            for path in self._path.parent.glob(pattern):
                if path.stat().st_mtime < time.time() - LONGEST_WRITE:
                    path.unlink()

    @contextlib.contextmanager
    def _errors_in_words(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            reason = f"the state cannot be stored: {error.strerror}"
            raise OSError(error.errno, reason, str(self._path)) from error

    def _damaged(self, why: str) -> str:
        return f"{self._path} is not a sandbox's state, or is damaged ({why}): delete it to start again"

    def _restore(self, core: Core, stored: Mapping[str, Any]) -> None:
        state = core.state
        with state.lock:
            state.clear()
            for row in stored["companies"]:
                connections = row.pop("connections")
                company = Company(**row)
                state.companies[company.id] = company
                for kept in connections:
                    fields, modified, codes = kept["fields"], kept["modified"], OneTimeCodes.from_json(kept["codes"])
                    connection = Connection(fields["id"], company, fields, codes, modified)
                    state.connections[connection.id] = company.connections[connection.id] = connection
            for company in state.companies.values():
                if company.parent_id is not None:
                    state.companies[company.parent_id].children[company.id] = company
            for row in stored["consumers"]:
                state.consumers[row["id"]] = Consumer(**row)
            state.ledger.extend((operation, changed) for operation, changed in stored["ledger"])
            core.keys.restore(stored["idempotencyKeys"])
            core.quota.restore(stored["requestsByDay"])
            core.ids.restore(stored.get("drawnIds", {}))
            core.clock_source.restore(float(stored.get("clockAdvanced", 0.0)))
            core.deliveries.restore(map(delivery_from, stored.get("waitingDeliveries", ())))


def _snapshot(core: Core, api_key: str) -> dict[str, Any]:
    state = core.state
    names = ("id", "name", "created", "modified", "description", "tags", "parent_id", "foreign")
    with state.lock:
        return {
            "version": VERSION,
            "apiKey": api_key,
            "companyId": core.company_id,
            "companies": [
                {
                    **{name: getattr(company, name) for name in names},
                    "connections": [
                        {
                            "fields": dict(connection.fields),
                            "modified": connection.modified,
                            "codes": connection.codes.to_json(),
                        }
                        for connection in company.connections.values()
                    ],
                }
                for company in state.companies.values()
            ],
            "consumers": [
                {name: getattr(consumer, name) for name in Consumer.__slots__} for consumer in state.consumers.values()
            ],
            "ledger": list(state.ledger),
            "idempotencyKeys": core.keys.to_json(),
            "requestsByDay": core.quota.to_json(),
            "drawnIds": core.ids.drawn,
            "clockAdvanced": core.clock_source.offset,
            "waitingDeliveries": [delivery_json(delivery) for delivery in core.deliveries.waiting],
        }
