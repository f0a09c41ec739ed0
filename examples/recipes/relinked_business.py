"""A customer who links another business under the same connection id: detect it, and give it its own connection.

In the Portal, add `?connectionId={connectionId}&companyName={data.company.companyName}` to your redirect URL.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from urllib.parse import parse_qs, urlsplit

from codat_python_sdk import CodatPlatform
from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnection as Connection


def is_same_business(redirect_url: str, names: MutableMapping[str, str]) -> bool | None:
    """Whether the customer came back with the business that was linked first; None if the URL names none.

    The redirect passes through the browser and is not signed, so its result is a hint, not a proof.

    Args:
        redirect_url: The URL that the customer's browser requested.
        names: Connection id → name of the business, in your database.
    """
    query = {name: values[0] for name, values in parse_qs(urlsplit(redirect_url).query).items()}
    if not query.get("companyName") or not query.get("connectionId"):
        return None
    return names.setdefault(query["connectionId"], query["companyName"]) == query["companyName"]


def replace_connection(
    codat: CodatPlatform, company_id: str, connection_id: str, *, new_company_name: str | None = None
) -> Connection:
    """Delete the connection whose data comes from two businesses, and create one for the other business.

    Args:
        codat: The client.
        company_id: The company that the connection belongs to.
        connection_id: The connection. Deleting it is permanent.
        new_company_name: Creates a company of this name for the other business, when the first one stays a customer.
    """
    old = codat.connections.get(company_id, connection_id)
    if not old.integration_key:
        raise ValueError("the connection has no platform key; create the new one yourself")
    owner = codat.companies.create(new_company_name).id if new_company_name else company_id
    new = codat.connections.create(owner, old.integration_key)
    codat.connections.delete(company_id, connection_id)  # last: without a new link there is nothing to move to
    return new
