"""List a company's connections, the newest first, page after page."""

from __future__ import annotations

from _service import service

from codat_python_sdk import ApiClient, ConnectionApi

with service() as (configuration, company_id, _), ApiClient(configuration) as client:
    api = ConnectionApi(client)
    page = 1
    while connections := api.companies_company_id_connections_get(company_id, page, order_by="-created").results:
        for connection in connections:
            print(connection.id, connection.platform_name, connection.status)
        page += 1
