"""Classes that are imported at their first use."""

from __future__ import annotations

from typing import Any

import pytest

from codat_python_sdk.lazy_imports import load_class
from codat_python_sdk.quota import QuotaState


def test_load_class__is_found_from_then_on() -> None:
    """The class is that of the module, and stands in the package afterwards."""
    package: dict[str, Any] = {"__name__": "codat_python_sdk"}
    assert load_class(package, "quota", "QuotaState") is QuotaState
    assert package["QuotaState"] is QuotaState


def test_load_class__of_a_module_that_does_not_have_it() -> None:
    """It is Python's own AttributeError, and nothing is put into the package."""
    package: dict[str, Any] = {"__name__": "codat_python_sdk"}
    with pytest.raises(AttributeError):
        load_class(package, "quota", "Missing")
    assert list(package) == ["__name__"]
