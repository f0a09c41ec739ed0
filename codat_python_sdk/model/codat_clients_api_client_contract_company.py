"""The body that replaces a company."""

from datetime import datetime
from typing import Any

from codat_python_sdk.model_utils import Model, field


class CodatClientsApiClientContractCompany(Model):
    """The whole company. Today's service reads ``name``, ``description`` and ``tags``; the rest is from 2021."""

    id: str | None = field("id", default=None, nullable=False)  #: from 2021
    client_id: str | None = field("clientId", default=None, nullable=False)  #: from 2021
    client_name: str | None = field("clientName", default=None)  #: from 2021
    name: str | None = field("name", default=None)  #: the new name; today's service requires it
    last_sync: datetime | None = field("lastSync", default=None)  #: from 2021
    data_connections: list[dict[str, Any]] | None = field("dataConnections", default=None)  #: from 2021
    shard_id: int | None = field("shardId", default=None)  #: from 2021
    created_on_utc: datetime | None = field("createdOnUtc", default=None)  #: from 2021
    delete_requested: bool | None = field("deleteRequested", default=None, nullable=False)  #: from 2021
    deleted: bool | None = field("deleted", default=None, nullable=False)  #: from 2021
    created_by_user_id: str | None = field("createdByUserId", default=None)  #: from 2021
    created_by_user_name: str | None = field("createdByUserName", default=None)  #: from 2021
    description: str | None = field("description", default=None)  #: the new description; cleared when it is left out
    tags: dict[str, str] | None = field("tags", default=None)  #: the new tags; removed when they are left out
