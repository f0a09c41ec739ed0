"""What one endpoint is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from codat_python_sdk import UNSET, ApiTypeError
from codat_python_sdk.models import CodatPublicApiModelsCompanyAddDataConnectionModel as AddConnection
from codat_python_sdk.operation import Operation, json_body, snake_case
from codat_python_sdk.secret import as_secret


def test_operation__knows_its_generated_name() -> None:
    """The name that server_operation_index uses comes from path and method."""
    operation: Operation[Any] = Operation(
        "connections.update_authorization",
        "PUT",
        "/companies/{companyId}/connections/{connectionId}/authorization",
        dict,
    )
    assert operation.generated_name == "companies_company_id_connections_connection_id_authorization_put"


@pytest.mark.parametrize(("name", "snake"), [("companyId", "company_id"), ("page", "page"), ("orderBy", "order_by")])
def test_snake_case__follows_the_humps(name: str, snake: str) -> None:
    """JSON names become Python's."""
    assert snake_case(name) == snake


def test_json_body__is_compact() -> None:
    """No spaces travel, and all is ASCII."""
    assert json_body({"a": [1, "é"]}) == b'{"a":[1,"\\u00e9"]}'
    assert json.loads(json_body("\U0001f600")) == "\U0001f600"


def test_unset__reads_as_its_name() -> None:
    """In a signature the default shows as UNSET."""
    assert repr(UNSET) == "UNSET"


def test_content__hides_a_body_with_credentials() -> None:
    """The bytes of a secret body are sent as they are, and not shown."""
    operation: Operation[Any] = Operation("a.b", "PUT", "/a", dict, body=("body", ({str: (str,)},)), secret_body=True)
    content = operation.content({"body": {"token": "s3cret"}}, True)
    assert content == b'{"token":"s3cret"}'
    assert "s3cret" not in repr(content)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({1: "x"}, ["body", "1"]),
        ({None: "x"}, ["body", "None"]),
        ({"platformKey": "a", "platform_key": "b"}, ["body", "platform_key"]),
    ],
)
def test_content__keys_of_a_dict_in_the_place_of_a_model(body: Any, path: list[str]) -> None:
    """Keys are texts, and no field is there under two names."""
    operation: Operation[Any] = Operation("a.b", "POST", "/a", dict, body=("body", (AddConnection, Mapping)))
    with pytest.raises(ApiTypeError) as error:
        operation.content({"body": body}, True)
    assert error.value.path_to_item == path


def test_content__error_names_the_type_that_the_caller_passed() -> None:
    """And not the class that keeps a value secret."""
    operation: Operation[Any] = Operation("a.b", "PUT", "/a", dict, body=("body", ({str: (str,)},)), secret_body=True)
    with pytest.raises(ApiTypeError, match=r"got str$"):
        operation.content({"body": as_secret("s3cret")}, True)
