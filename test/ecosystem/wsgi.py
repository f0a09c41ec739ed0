"""The web application that test_gunicorn.py serves: /COMPANY/CONNECTION asks Codat for that connection.

Its client has made a call before gunicorn with --preload forks, and then each process says which it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from codat_python_sdk import CodatPlatform

codat = CodatPlatform(retries=0)  # server and key are in the environment


def fetch(company_id: str, connection_id: str) -> str:
    """Ask for a connection in the name of this process, and return the id of the one that came."""
    return codat.connections.get(company_id, connection_id, headers={"X-Process": str(os.getpid())}).id


fetch("c1", "import")


def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]) -> Iterable[bytes]:
    """WSGI: the process that responds, and the id that it got."""
    _, company_id, connection_id = environ["PATH_INFO"].split("/")
    body = json.dumps({"process": os.getpid(), "id": fetch(company_id, connection_id)}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
