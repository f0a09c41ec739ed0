"""Create a connection; the customer authorizes it at its link."""

from __future__ import annotations

from _service import service

from codat_python_sdk import ApiClient, ConnectionApi
from codat_python_sdk.models import CodatPublicApiModelsCompanyAddDataConnectionModel

with service() as (configuration, company_id, _), ApiClient(configuration) as client:
    api = ConnectionApi(client)
    connection = api.companies_company_id_connections_post(
        company_id, body=CodatPublicApiModelsCompanyAddDataConnectionModel(platform_key="mqjo")
    )
    print(f"{connection.id} is {connection.status}; send the customer to {connection.link_url}")
