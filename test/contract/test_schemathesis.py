"""Made-up requests, good and bad, by the thousand: the sandbox keeps to docs/openapi.yaml."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from codat_python_sdk.sandbox import Sandbox

schemathesis = pytest.importorskip("schemathesis", reason="tox -e contract installs schemathesis")

schema = schemathesis.openapi.from_path(Path(__file__).parents[2] / "docs" / "openapi.yaml")
# The control API would pull the rug from under the other operations.
schema = schema.exclude(path_regex="^/(_sandbox|health)")
MANY = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # one request that fails is enough, however long it is
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
#: a request that Schemathesis made up; its types are known in its own environment only
Case = Any
# A schema cannot tell which texts mean something; the sandbox's own tests can.
TEXTS: dict[str, dict[str, tuple[str, ...]]] = {
    "connections": {
        "query": (
            "status=Linked", "{status!=Unlinked}||created>2026-01-31", "platformName~Box&&connectionInfo.paused=no"
        ),
        "orderBy": ("created", "-created", "platformName", "-status", "-modifiedDate"),
    },
    "companies": {
        "query": ("name~Box", "dataConnections.status=PendingAuth", "{created>2026-01-31}"),
        "orderBy": ("created", "-created", "name", "-modifiedDate"),
        "tags": ("region=uk", "region!=uk && team~a"),
    },
    "integrations": {"query": ("sourceType=Accounting&&enabled=true", "key=gbol"), "orderBy": ("name", "-key")},
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def make_real(case: Case, sandbox: Sandbox) -> None:
    """Let what is right in a request mean something; otherwise nearly all of them would end in 401, 404 or 400."""
    if not case.meta.is_negative_at("header"):
        case.headers["Authorization"] = sandbox.auth_header
    sandbox._core.state.consumers.clear()  # there can be fifty
    if not case.meta.is_negative_at("path"):
        alone = case.operation.path == "/companies/{companyId}"  # it may be deleted
        case.path_parameters["companyId"] = sandbox.create_company() if alone else sandbox.company_id
        if case.operation.path == "/webhooks/{webhookId}":
            case.path_parameters["webhookId"] = sandbox.add_webhook("http://127.0.0.1:9/")
        if "platformKey" in case.operation.path:
            case.path_parameters["platformKey"] = "gbol"
    if not case.meta.is_negative_at("query"):
        texts = TEXTS.get(case.operation.path.rpartition("/")[2], {})
        case.query.update({name: random.choice(given) for name, given in texts.items() if name in case.query})
    body: Any = case.body
    if not case.meta.is_negative_at("body") and isinstance(body, dict) and "platformKey" in body:
        body["platformKey"] = "gbol"
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


@schema.parametrize()  # type: ignore[untyped-decorator]
@MANY
def test_request__good_or_bad_gets_a_response_as_described(case: Case, sandbox: Sandbox) -> None:
    """Whatever is sent to one of the operations: status, headers and body are as described."""
    make_real(case, sandbox)
    if "connectionId" in case.path_parameters and not case.meta.is_negative_at("path"):
        case.path_parameters["connectionId"] = sandbox.add_connection(status="Linked")
    # Codat removes characters from a company's name where a schema would refuse them; and what was made real above is
    # no longer wrong.
    lenient = "connections" not in case.operation.path
    checks = [schemathesis.checks.CHECKS.get_one("negative_data_rejection")] if lenient else []
    case.call_and_validate(base_url=sandbox.url, excluded_checks=checks)


def test_sequences__of_requests_get_responses_as_described(sandbox: Sandbox) -> None:
    """Created, authorized, unlinked, deleted and read in any order, connections behave as described."""

    class Lives(schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: Case) -> None:
            make_real(case, sandbox)

        def get_call_kwargs(self, _: Case) -> dict[str, Any]:
            return {"base_url": sandbox.url}

        def validate_response(self, response: Any, case: Case, **options: Any) -> None:
            # A request that is right can come at the wrong time: unlinking twice is a 400.
            checks = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]
            if "connections" not in case.operation.path:  # as above
                checks.append(schemathesis.checks.CHECKS.get_one("negative_data_rejection"))
            case.validate_response(response, excluded_checks=checks, transport_kwargs=options)

    Lives.run(settings=settings(MANY, max_examples=30, stateful_step_count=10))
