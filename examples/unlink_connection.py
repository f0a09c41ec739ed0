"""Unlink a connection: its data stays, and the customer can link it again. Only what is Linked can be unlinked."""

from __future__ import annotations

import time

from _service import service

from codat_python_sdk import ApiClient, ConnectionApi
from codat_python_sdk.models import CodatPublicApiModelsCompanyPatchDataConnectionModel

with service() as (configuration, company_id, authorize), ApiClient(configuration) as client:
    api = ConnectionApi(client)
    connection = api.companies_company_id_connections_post(company_id, body={"platformKey": "mqjo"})
    authorize(connection)
    while api.companies_company_id_connections_connection_id_get(company_id, connection.id).status != "Linked":
        time.sleep(2)

    connection = api.companies_company_id_connections_connection_id_patch(
        company_id,
        connection.id,
        codat_public_api_models_company_patch_data_connection_model=(
            CodatPublicApiModelsCompanyPatchDataConnectionModel(status="Unlinked")
        ),
    )
    print(f"{connection.id} is {connection.status}")
