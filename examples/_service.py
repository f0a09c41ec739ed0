"""Where the examples run: a sandbox of their own or, when CODAT_API_KEY is set, the real service.

The real service needs the id of a company to work on in CODAT_COMPANY_ID, best one made for tests. CODAT_SERVER_URL
leads to another server, such as a sandbox that runs in another window.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import NamedTuple

from codat_python_sdk import Configuration
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection
from codat_python_sdk.sandbox import Sandbox


class Service(NamedTuple):
    """What an example needs: how to call, which company, and what the customer does in the browser."""

    configuration: Configuration
    company_id: str
    authorize: Callable[[CodatPublicApiModelsCompanyDataConnection], None]


@contextmanager
def service() -> Generator[Service, None, None]:
    """The service to try things on."""
    key = os.environ.get("CODAT_API_KEY")
    if key:
        yield _real(key)
        return
    with Sandbox() as sandbox:
        sandbox.add_connection(platform_key="aiwb", status="Linked")  # so that there is something to see
        configuration = Configuration(host=sandbox.url, api_key={"API Key Auth": sandbox.auth_header})

        def authorize(connection: CodatPublicApiModelsCompanyDataConnection) -> None:
            sandbox.authorize(connection.id)

        yield Service(configuration, sandbox.company_id, authorize)


def _real(key: str) -> Service:
    company_id = os.environ.get("CODAT_COMPANY_ID")
    if not company_id:
        sys.exit("Set CODAT_COMPANY_ID to the id of the company to work on.")
    host = os.environ.get("CODAT_SERVER_URL") or "https://api.codat.io"
    configuration = Configuration(host=host, api_key={"API Key Auth": Configuration.basic_api_key(key)})
    return Service(configuration, company_id, _ask_to_authorize)


def _ask_to_authorize(connection: CodatPublicApiModelsCompanyDataConnection) -> None:
    # The link may work only once: show it to the customer, and do not log it.
    print("Open this link and authorize:", connection.link_url, flush=True)
