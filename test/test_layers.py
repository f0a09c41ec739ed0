"""Who may know what: the imports of the package, held against the table in the contributing guide."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sources import statements_of

import codat_python_sdk

PACKAGE = Path(codat_python_sdk.__file__).parent
GUIDE = Path(__file__).parent.parent / "CONTRIBUTING.md"

#: Layers from the top to the bottom; a module may import from its own line and from those below it.
LAYERS = [
    "codat_platform",
    "resources",
    "api apis",
    "variants paging polling",
    "api_client",
    "delivery results",
    "client_limits",
    "request",
    "call_options options",
    "operations",
    "operation headers url",
    "rest",
    "response",
    "configuration",
    "settings",
    "retries thread_pool attempt_events quota pace retry_budget",
    "webhooks",
    "models",
    "model",
    "model_utils pydantic_schemas",
    "decoders shapes fields",
    "values json_bounds dates",
    "checks logs",
    "exceptions",
    "rate_limits secret",
    "clock interruptions lazy_imports legacy_names record _version",
]
#: Beside the layers: it imports what is listed, and nothing of the client imports it.
BESIDE = {"sandbox": {"_version", "webhooks", "sandbox"}}
#: What webhooks need of the layers below them: no HTTP, no settings.
WEBHOOKS = "checks clock dates decoders exceptions logs model model_utils models secret values"
#: Outside packages, and the modules that may import them.
OUTSIDE = {"urllib3": {"rest"}, "certifi": {"rest"}, "dateutil": {"dates", "values"}}


def module_of(path: Path) -> str:
    """The name that the tables use: the folder's, or the file's."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


@cache
def imports() -> list[tuple[str, str, bool]]:
    """Importing module, imported one, and whether that is in a function or for type checkers only."""
    return [found for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" for found in imports_of(path)]


def imports_of(path: Path) -> Iterator[tuple[str, str, bool]]:
    for node in statements_of(path):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            yield module_of(path), name, node.col_offset > 0


def rank(module: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if module in layer.split())


def own(name: str) -> str | None:
    """The module of this package that a dotted name means, if it means one."""
    return name.split(".")[1] if name.startswith("codat_python_sdk.") else None


def test_layers__hold_every_module() -> None:
    """Each module stands in one layer, or beside them."""
    present = {module_of(path) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    placed = {module for layer in LAYERS for module in layer.split()} | set(BESIDE)
    assert present <= placed, present - placed


def test_layers__imports_point_down() -> None:
    """No module imports from a layer above its own when it is imported itself."""
    upwards = [
        (importer, name)
        for importer, name, later in imports()
        if (module := own(name)) and not later and importer not in BESIDE and rank(module) < rank(importer)
    ]
    assert upwards == []


@pytest.mark.parametrize("module", BESIDE)
def test_layers__what_stands_beside_them(module: str) -> None:
    """The sandbox knows nothing of the client, and no layer of the client needs it to be imported."""
    known = {own(name) for importer, name, _ in imports() if importer == module} - {None}
    assert known <= BESIDE[module], known - BESIDE[module]
    assert [
        importer for importer, name, later in imports() if own(name) == module and importer not in BESIDE and not later
    ] == []


def test_layers__webhooks_know_no_http() -> None:
    """Verification and events import models and what those are made of, and nothing that sends requests."""
    known = {own(name) for importer, name, _ in imports() if importer == "webhooks"} - {None, "webhooks"}
    assert known <= {*WEBHOOKS.split()}


@pytest.mark.parametrize("package", OUTSIDE)
def test_layers__each_dependency_has_one_place(package: str) -> None:
    """One module knows urllib3 and certifi, one python-dateutil; others mention them to type checkers only."""
    users = {importer for importer, name, later in imports() if name.partition(".")[0] == package and not later}
    lazily = {importer for importer, name, later in imports() if name.partition(".")[0] == package and later}
    typed_only = {"call_options", "codat_platform", "configuration", "retries"}
    assert users <= OUTSIDE[package]
    assert lazily <= OUTSIDE[package] | typed_only


def test_layers__are_described() -> None:
    """The contributing guide's table names every module."""
    text = GUIDE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)(?:\.py|/)`", text))
    present = {module_of(path) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py"}
    assert present - named - {"_version", "apis", "models"} == set()


#: Source files without a test file of their own, and the one that tests them: they show only through what uses them.
TESTED_IN = {
    "call_options": "test_options",
    "rest/client": "test_rest",
    "rest/connection": "test_rest",
    "rest/greenlets": "ecosystem/test_gevent",
    "rest/in_flight": "test_interruptions",
    "rest/pool": "test_rest",
    "rest/pools": "test_rest",
    "rest/register": "test_threads_and_forks",
    "sandbox/actions": "sandbox/test_dashboard",
    "sandbox/control": "sandbox/test_remote",
    "sandbox/controls": "sandbox/test_remote",
    "sandbox/core": "sandbox/test_sandbox",
    "sandbox/html": "sandbox/test_pages",
    "sandbox/live": "contract/test_dashboard",
    "sandbox/operations": "sandbox/test_pipeline",
    "sandbox/platforms": "sandbox/test_integrations",
    "sandbox/records": "sandbox/test_connections",
    "sandbox/sender": "sandbox/test_deliveries",
    "sandbox/state": "sandbox/test_connections",
    "sandbox/wirejson": "sandbox/test_remote",
}


def test_source_files__have_a_test_file() -> None:
    """Each file of the package has a test file of its name, or one that is named here; nothing else is named."""
    folder = Path(__file__).parent
    names = {path.stem for path in folder.rglob("test_*.py")}
    sources = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")}
    own = {source for source in sources if f"test_{Path(source).name.strip('_')}" in names}
    tables = {source for source in sources if source.startswith(("model/", "models/"))}  # test/model has one table
    initial = {source for source in sources if source.endswith(("__init__", "_version"))}
    assert sources - own - tables - initial == TESTED_IN.keys()
    assert [name for name in TESTED_IN.values() if not (folder / f"{name}.py").exists()] == []
