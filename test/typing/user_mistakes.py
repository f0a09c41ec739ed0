"""What users get wrong: each line with ``type: ignore`` is one that mypy and pyright have to refuse.

It is checked and never run. The last three calls change what a method returns; they work, and a type checker points to
what says so in its type: see ``CallOptions``.
"""

from __future__ import annotations

from codat_python_sdk import CodatPlatform, ConnectionApi
from codat_python_sdk.models import (
    CodatPublicApiModelsCompanyDataConnection,
    CodatPublicApiModelsCompanyPatchDataConnectionModel,
)


def mistakes(api: ConnectionApi, codat: CodatPlatform) -> None:
    codat.connections.get("c", "k", colour="red")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    codat.connections.get("c", "k", idempotency_key="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    codat.connections.create("c", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    codat.connections.list("c", 2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    api.companies_company_id_connections_get(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    api.companies_company_id_connections_get("c", page_size="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    api.companies_company_id_connections_get("c", colour="red")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    api.companies_company_id_connections_get("c", _idempotency_key="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    api.companies_company_id_connections_connection_id_get("c")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CodatPublicApiModelsCompanyDataConnection(id="i")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    patch = CodatPublicApiModelsCompanyPatchDataConnectionModel(status="Unlinked")
    patch.status = 5  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    api.companies_company_id_connections_get("c", async_req=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    api.companies_company_id_connections_get("c", _return_http_data_only=False)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    api.companies_company_id_connections_get("c", _preload_content=False)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    from codat_python_sdk import CodatPlattform as _  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
    from codat_python_sdk.api import ConnectionsApi as _  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]  # noqa: F401, F811
