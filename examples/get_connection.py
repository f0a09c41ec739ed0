"""Get one connection: the first that the company has."""

from __future__ import annotations

import sys

from _service import service

from codat_python_sdk import ApiClient, ConnectionApi

with service() as (configuration, company_id, _), ApiClient(configuration) as client:
    api = ConnectionApi(client)
    connections = api.companies_company_id_connections_get(company_id, page_size=1).results
    if not connections:
        sys.exit("The company has no connection yet; create_connection.py makes one.")
    connection = api.companies_company_id_connections_connection_id_get(company_id, connections[0].id)
    print(f"{connection.platform_name}: {connection.status}, last synchronized {connection.last_sync or 'never'}")
