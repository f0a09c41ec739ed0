"""Deauthorized connections: send each customer a link to reconnect, so that the data stays in one connection.

CODAT_API_KEY=... python examples/recipes/deauthorized.py
"""

from __future__ import annotations

from collections.abc import Callable

from codat_python_sdk import CodatPlatform, ConnectionStateException, NotFoundException
from codat_python_sdk.models import CodatPublicApiModelsCompanyCompany as Company
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection


def reason(connection: Connection) -> str:
    """Why access was lost, as far as Codat knows: the last error of the platform."""
    errors = connection.data_connection_errors or []
    return (errors[-1].error_message if errors else None) or "access was revoked, or nothing was read for 90 days"


def ask_to_reconnect(codat: CodatPlatform, send: Callable[[Company, Connection, str], None]) -> int:
    """Call `send` with the link for each connection that is deauthorized still, and return how many there were.

    The link may contain a one-time code: do not log or store it. It is for the customer alone.
    """
    number = 0
    for company, connection in codat.connections.iterate_all(status="Deauthorized"):
        try:
            link = codat.connections.reconnect_link(company.id, connection.id)
        except (NotFoundException, ConnectionStateException):
            continue  # deleted, or linked again, since it was listed
        send(company, connection, link)
        number += 1
    return number


def print_without_link(company: Company, connection: Connection, link: str) -> None:
    """Stands for your e-mail."""
    print(
        f"{company.name}: reconnect {connection.platform_name} ({reason(connection)}), link of {len(link)} characters"
    )


if __name__ == "__main__":
    with CodatPlatform() as codat:
        print(ask_to_reconnect(codat, print_without_link), "to reconnect")
