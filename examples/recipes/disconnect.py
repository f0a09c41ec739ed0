"""A disconnect button: delete connections to Xero, as Xero's certification requires, and unlink all others.

CODAT_API_KEY=... python examples/recipes/disconnect.py COMPANY_ID CONNECTION_ID
"""

from __future__ import annotations

import sys

from codat_python_sdk import CodatPlatform
from codat_python_sdk.models import PlatformKey

#: Platforms that require the connection to be deleted when the customer disconnects.
DELETED_ON_DISCONNECT = {PlatformKey.XERO}


def disconnect(codat: CodatPlatform, company_id: str, connection_id: str) -> str:
    """Disconnect a customer.

    Returns:
        "deleted", which is permanent, so ask for confirmation first, or "unlinked", which can be linked again.
    """
    connection = codat.connections.get(company_id, connection_id)
    if connection.integration_key in DELETED_ON_DISCONNECT or connection.platform_name == "Xero":
        codat.connections.delete(company_id, connection_id)
        return "deleted"
    if connection.status == "Linked":
        codat.connections.unlink(company_id, connection_id)
    return "unlinked"


if __name__ == "__main__":
    with CodatPlatform() as codat:
        print(disconnect(codat, *sys.argv[1:]))
