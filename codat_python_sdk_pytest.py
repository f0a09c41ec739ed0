"""Fixtures for everyone who has the package installed; what they need is imported when a test asks for them.

Not inside the package, for every pytest of everyone who has it installed would then import all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codat_python_sdk import CodatPlatform
    from codat_python_sdk.sandbox import Sandbox


@pytest.fixture
def codat_sandbox() -> Iterator[Sandbox]:
    """A local stand-in for Codat with one company, for this test alone."""
    from codat_python_sdk.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def codat_client(codat_sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of `codat_sandbox`, closed after the test."""
    from codat_python_sdk import CodatPlatform

    with CodatPlatform(api_key=codat_sandbox.api_key, server_url=codat_sandbox.url) as client:
        yield client
