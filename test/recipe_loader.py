"""Recipes in examples/recipes as modules, with a sandbox as the service that the environment names."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from codat_python_sdk.sandbox import Sandbox

RECIPES = Path(__file__).parent.parent / "examples" / "recipes"


def load_recipe(name: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The recipe of this name, imported again, until the test ends."""
    monkeypatch.setenv("CODAT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("CODAT_SERVER_URL", sandbox.url)
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module
