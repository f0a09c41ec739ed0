"""The same work done by each client: bare urllib3, this package, Codat's own, and one that was generated today.

A client is imported only by its own class, because each runs where it is installed. All sides but the bare one read
every field of every model; bare urllib3 stops when ``json.loads`` returns, and reads nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

import urllib3
from service import COMPANY_ID, CONNECTION_ID

KEY = "Basic ZGVtby1rZXktMDE="
THREADS = 16


class Bare:
    """``PoolManager.request`` and ``json.loads``, which every client on urllib3 needs."""

    name = "urllib3"
    imports = imports_client = "import urllib3"
    script = """
import json, urllib3
pool = urllib3.PoolManager()
headers = {{"Authorization": {key!r}, "Accept": "application/json"}}
response = pool.request("GET", "{url}/companies/{company}/connections/{connection}", headers=headers)
print(json.loads(response.data)["id"])
"""

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        self.pool = urllib3.PoolManager(maxsize=THREADS, ca_certs=ca_file)
        self.base_url = url
        self.url = f"{url}/companies/{COMPANY_ID}/connections"
        self.headers = {"Authorization": KEY, "Accept": "application/json"}

    def get(self) -> Any:
        """One connection."""
        return json.loads(self.pool.request("GET", f"{self.url}/{CONNECTION_ID}", headers=self.headers).data)

    def post(self) -> Any:
        """A connection made."""
        body = json.dumps({"platformKey": "gbol"}).encode()
        headers = {**self.headers, "Content-Type": "application/json"}
        return json.loads(self.pool.request("POST", self.url, body=body, headers=headers).data)

    def list(self, size: int, shape: str = COMPANY_ID) -> Any:
        """A page."""
        url = f"{self.base_url}/companies/{shape}/connections?page=1&pageSize={size}"
        return json.loads(self.pool.request("GET", url, headers=self.headers).data)

    def read(self, _: Any) -> None:
        """Nothing: the floor."""

    read_page = read

    def close(self) -> None:
        """Close the connections."""
        self.pool.clear()


class _Models:
    """Reads what the model classes hold, one attribute after the other, as code that uses a connection does."""

    def read(self, c: Any) -> None:
        """Every field of a connection."""
        _ = c.id, c.integration_id, c.integration_key, c.source_id, c.source_type, c.platform_name
        _ = c.link_url, c.status, c.last_sync, c.created, c.connection_info
        for error in c.data_connection_errors or ():
            _ = error.status_code, error.status_text, error.error_message, error.errored_on_utc

    def read_page(self, page: Any) -> None:
        """Every field of every model on a page."""
        _ = page.page_number, page.page_size, page.total_results, page.links.current.href
        for connection in page.results:
            self.read(connection)


class ThisClient(_Models):
    """``ConnectionApi`` with everything at its default."""

    name = "codat_python_sdk"
    imports = "import codat_python_sdk"
    imports_client = "from codat_python_sdk import ConnectionApi"
    script = """
from codat_python_sdk import ApiClient, Configuration, ConnectionApi
api = ConnectionApi(ApiClient(Configuration(host="{url}", api_key={{"API Key Auth": {key!r}}})))
print(api.companies_company_id_connections_connection_id_get("{company}", "{connection}").id)
"""

    def __init__(self, url: str, ca_file: str | None = None) -> None:
        from codat_python_sdk import ApiClient, Configuration, ConnectionApi

        configuration = Configuration(host=url, api_key={"API Key Auth": KEY}, ssl_ca_cert=ca_file)
        self.api = ConnectionApi(ApiClient(configuration))

    def get(self) -> Any:
        """One connection."""
        return self.api.companies_company_id_connections_connection_id_get(COMPANY_ID, CONNECTION_ID)

    def post(self) -> Any:
        """A connection made."""
        return self.api.companies_company_id_connections_post(COMPANY_ID, body={"platformKey": "gbol"})

    def list(self, size: int, shape: str = COMPANY_ID) -> Any:
        """A page."""
        return self.api.companies_company_id_connections_get(shape, 1, page_size=size)

    def reader(self, body: bytes) -> Callable[[], Any]:
        """Reads a page from these bytes, without a call."""
        from codat_python_sdk.models import CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page

        response = urllib3.HTTPResponse(body, {"Content-Type": "application/json"}, 200)
        return lambda: self.api.api_client.deserialize(response, (Page,))

    def close(self) -> None:
        """Close the connections."""
        self.api.api_client.close()


class Official(_Models):
    """``codat-platform`` 6, whose models keep date-times as text."""

    name = "codat_platform"
    imports = imports_client = "from codat_platform import CodatPlatform"
    script = """
from codat_platform import CodatPlatform
from codat_platform.models import shared
codat = CodatPlatform(security=shared.Security(auth_header={key!r}), server_url="{url}")
print(codat.connections.get(request={{"company_id": "{company}", "connection_id": "{connection}"}}).id)
"""

    def __init__(self, url: str) -> None:
        platform: Any = import_module("codat_platform")  # only its own environment knows its types
        security = import_module("codat_platform.models.shared").Security(auth_header=KEY)
        self.connections = platform.CodatPlatform(security=security, server_url=url).connections

    def get(self) -> Any:
        """One connection."""
        return self.connections.get(request={"company_id": COMPANY_ID, "connection_id": CONNECTION_ID})

    def post(self) -> Any:
        """A connection made."""
        return self.connections.create(request={"company_id": COMPANY_ID, "request_body": {"platform_key": "gbol"}})

    def list(self, size: int, shape: str = COMPANY_ID) -> Any:
        """A page."""
        return self.connections.list(request={"company_id": shape, "page": 1, "page_size": size})


class Generated(_Models):
    """OpenAPI Generator's client, made of ``docs/openapi.yaml``, whose models are Pydantic's."""

    name = "generated_client"
    imports = imports_client = "import generated_client"
    script = """
from generated_client import ApiClient, Configuration, DefaultApi
api = DefaultApi(ApiClient(Configuration(host="{url}", api_key={{"apiKey": {key!r}}})))
print(api.get_connection("{company}", "{connection}").id)
"""

    def __init__(self, url: str) -> None:
        generated: Any = import_module("generated_client")  # only its own environment knows its types
        self.new_connection = generated.NewConnection
        configuration = generated.Configuration(host=url, api_key={"apiKey": KEY})
        self.api = generated.DefaultApi(generated.ApiClient(configuration))

    def get(self) -> Any:
        """One connection."""
        return self.api.get_connection(COMPANY_ID, CONNECTION_ID)

    def post(self) -> Any:
        """A connection made."""
        return self.api.create_connection(COMPANY_ID, self.new_connection(platform_key="gbol"))

    def list(self, size: int) -> Any:
        """A page."""
        return self.api.list_connections(COMPANY_ID, page=1, page_size=size)


#: Those that are measured over TLS too: the official client takes its roots from another library.
WITH_TLS = (Bare, ThisClient)
#: Those that are measured with rows of every shape: the generated client takes no name of one for a company's id.
WITH_SHAPES = (ThisClient, Official)
CLIENTS = {client.name: client for client in (Bare, ThisClient, Official, Generated)}
