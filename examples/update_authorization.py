"""Link a connection with credentials that you have already, without sending the customer anywhere.

Which credentials a platform wants is said on its page in Codat's documentation; put them into CODAT_AUTHORIZATION,
as a JSON object of strings. The sandbox accepts any.
"""

from __future__ import annotations

import json
import os

from _service import service

from codat_python_sdk import ApiClient, ConnectionApi

authorization = json.loads(os.environ.get("CODAT_AUTHORIZATION", '{"accessToken": "an-access-token"}'))

with service() as (configuration, company_id, _), ApiClient(configuration) as client:
    api = ConnectionApi(client)
    connection = api.companies_company_id_connections_post(company_id, body={"platformKey": "mqjo"})
    connection = api.companies_company_id_connections_connection_id_authorization_put(
        company_id, connection.id, request_body=authorization
    )
    print(f"{connection.id} is {connection.status}")
