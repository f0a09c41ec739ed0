"""Loops over the cases of one test: pytest itself needs some milliseconds for each parameter and each subtest."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from codat_python_sdk.checks import shown


@contextmanager
def case(*values: object) -> Generator[None]:
    """Say in which case of the loop a test has failed."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        raise AssertionError(f"in the case {shown(values)[:300]}") from error
