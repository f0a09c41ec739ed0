"""Delete a connection, and the data that came through it. This is permanent, so it deletes one of its own."""

from __future__ import annotations

from _service import service

from codat_python_sdk import ApiClient, ConnectionApi

with service() as (configuration, company_id, _), ApiClient(configuration) as client:
    api = ConnectionApi(client)
    connection = api.companies_company_id_connections_post(company_id, body={"platformKey": "mqjo"})
    deleted = api.companies_company_id_connections_connection_id_delete(company_id, connection.id)
    print(f"{connection.id} deleted: {deleted}")
