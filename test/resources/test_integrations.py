"""Integrations by their high-level names, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from codat_python_sdk import ApiResponse, ApiTypeError, ApiValueError, CodatPlatform, NotFoundException, SourceType
from codat_python_sdk.models import PlatformKey
from codat_python_sdk.sandbox import Sandbox


@pytest.fixture
def codat(sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of the sandbox."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url, retries=0) as codat:
        yield codat


def test_integrations__are_where_platform_keys_come_from(sandbox: Sandbox, codat: CodatPlatform) -> None:
    """Every documented key is listed once, and a connection can be created with it."""
    listed = [integration.key for integration in codat.integrations.iterate(page_size=10)]
    assert len(set(listed)) == len(listed) and {key.value for key in PlatformKey} <= set(listed)
    connection = codat.connections.create(sandbox.company_id, listed[0])
    assert connection.integration_key == listed[0]


def test_integration__has_name_logo_and_type(codat: CodatPlatform) -> None:
    """What a list of platforms shows is there."""
    xero = codat.integrations.get("gbol")
    assert (xero.key, xero.name, xero.enabled, xero.source_type) == ("gbol", "Xero", True, SourceType.ACCOUNTING)
    assert xero.logo_url
    branding = codat.integrations.get_branding("gbol")
    assert branding.logo and branding.logo.full and branding.logo.full.image and branding.logo.full.image.src


def test_list__one_page(codat: CodatPlatform) -> None:
    """A page has as many as were asked for, and can be asked for a type."""
    page = codat.integrations.list(page=2, page_size=3, order_by="name")
    assert len(page.results or ()) == 3 and page.page_number == 2
    banks = codat.integrations.list(query="sourceType=Banking").results or ()
    assert {integration.source_type for integration in banks} == {"Banking"}


def test_unknown_key__is_not_found(codat: CodatPlatform) -> None:
    """A key that does not exist is a 404, one that cannot be one is refused."""
    wrong: Any = 5
    for call in (codat.integrations.get, codat.integrations.get_branding):
        with pytest.raises(NotFoundException):
            call("zzzz")
        with pytest.raises(ApiValueError):
            call("..")
        with pytest.raises(ApiTypeError):
            call(wrong)


def test_with_http_info__returns_responses(codat: CodatPlatform) -> None:
    """Each operation has a variant that returns an ApiResponse."""
    info = codat.integrations.with_http_info
    for response in (info.get("gbol"), info.get_branding("gbol"), info.list(page_size=1)):
        assert (type(response), response.status) == (ApiResponse, 200)


def test_iterate__checks_its_options_at_once(codat: CodatPlatform) -> None:
    """An option that cannot be used is refused where it is written, and not when the first row is asked for."""
    with pytest.raises(ApiValueError, match="deadline"):
        codat.integrations.iterate(deadline=-1)
