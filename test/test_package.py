"""The package as a whole: its names and its version; and the habits of this repository."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from cases import case
from prepared import Prepared
from sources import ROOT, text_of, tree_of

import codat_python_sdk
from codat_python_sdk import exceptions, models
from codat_python_sdk.exceptions import OpenApiException
from codat_python_sdk.model_utils import Model

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = Path(codat_python_sdk.__file__).parent
FOLDERS = ("codat_python_sdk", "test", "examples", "scripts", "benchmarks", "docs")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMES_OF_2021 = [
    ("codat_python_sdk", "ApiClient Configuration OpenApiException ApiTypeError ApiValueError ApiKeyError"),
    ("codat_python_sdk", "ApiAttributeError ApiException __version__"),
    ("codat_python_sdk.api.connection_api", "ConnectionApi"),
    ("codat_python_sdk.api.companies_api", "CompaniesApi"),
    ("codat_python_sdk.api.integrations_api", "IntegrationsApi"),
    ("codat_python_sdk.api", "connection_api"),
    ("codat_python_sdk.apis", "CompaniesApi ConnectionApi IntegrationsApi"),
    ("codat_python_sdk.configuration", "Configuration"),
    ("codat_python_sdk.api_client", "ApiClient"),
    ("codat_python_sdk.rest", "RESTClientObject RESTResponse"),
    ("codat_python_sdk.exceptions", "OpenApiException ApiTypeError ApiValueError ApiAttributeError ApiKeyError"),
    (
        "codat_python_sdk.exceptions",
        "ApiException NotFoundException UnauthorizedException ForbiddenException ServiceException",
    ),
    ("codat_python_sdk.model_utils", "none_type"),
]


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def public_names(module: ModuleType) -> set[str]:
    """Also those that a module would load only when they are asked for."""
    return {name for name in dir(module) if name[0] != "_" and not isinstance(getattr(module, name), ModuleType)}


# Names


def test_all__lists_every_public_name() -> None:
    """Whatever the package offers at the top is in __all__, and whatever is in __all__ is there."""
    assert public_names(codat_python_sdk) | {"__version__"} == set(codat_python_sdk.__all__)


def test_all__has_every_exception() -> None:
    """A user never has to look for the module in which an exception lives."""
    classes = {name for name in public_names(exceptions) if inspect.isclass(getattr(exceptions, name))}
    classes = {name for name in classes if issubclass(getattr(exceptions, name), (OpenApiException, Warning))}
    assert classes <= set(codat_python_sdk.__all__)


def test_modules_of_2021__are_attributes() -> None:
    """2021's package had imported these, so that ``codat_python_sdk.rest.ApiException`` needs no import of its own."""
    with Prepared(modules=["codat_python_sdk"]) as python:
        for module in ("api_client", "configuration", "exceptions", "model_utils", "rest"):
            attribute = f"codat_python_sdk.{module}.__name__, {module!r} in dir(codat_python_sdk)"
            done = python.run("-c", f"import codat_python_sdk; print({attribute})")
            assert done.stdout == f"codat_python_sdk.{module} True\n", done.stderr


def test_package__has_no_other_names() -> None:
    """A misspelt name is an AttributeError or an ImportError that names it, as in any module."""
    with pytest.raises(AttributeError, match=r"^module 'codat_python_sdk' has no attribute 'CodatPlatfrom'$"):
        getattr(codat_python_sdk, "Codat" + "Platfrom")
    with pytest.raises(ImportError, match=r"^cannot import name 'CodatPlatfrom' from 'codat_python_sdk'"):
        exec("from codat_python_sdk import CodatPlatfrom", {})


def test_imports__of_2021_still_work() -> None:
    """Code written for the SDK of 2021 finds every name where it was."""
    for module, names in NAMES_OF_2021:
        with case(module, names):
            found = importlib.import_module(module)
            assert [name for name in names.split() if not hasattr(found, name)] == []


def test_models__has_the_class_of_every_module() -> None:
    """Each module below model holds the one class that it is named after, and models offers it too."""
    modules = {path.stem for path in (PACKAGE / "model").glob("[a-z]*.py")}
    names = {snake_case(name): name for name in models.__all__}
    assert names.keys() == modules and len(names) == len(models.__all__)
    for module, name in names.items():
        assert getattr(importlib.import_module(f"codat_python_sdk.model.{module}"), name) is getattr(models, name)


def test_models__are_all_there() -> None:
    """The schemas of connections, companies, integrations and webhook consumers are models, the rest are enums."""
    schemas = {name for name in models.__all__ if issubclass(getattr(models, name), Model)}
    assert len(schemas) == 35
    assert set(models.__all__) - schemas == {"DataConnectionStatus", "PlatformKey", "SourceType", "WebhookEventType"}


# The version


def test_version__is_the_changelogs_newest() -> None:
    """The changelog begins with the version that the package has."""
    headings = re.findall(r"^## \[?(\d[\w.]*)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == codat_python_sdk.__version__


def test_version__is_said_in_one_place() -> None:
    """pyproject.toml and setup.py read the version from the package's own file."""
    assert PYPROJECT["project"]["dynamic"] == ["readme", "version"]
    assert codat_python_sdk.__version__ not in (ROOT / "setup.py").read_text(encoding="utf-8")


def test_version__is_what_the_installed_package_says() -> None:
    """The installed metadata and the package agree on the version."""
    try:
        installed = importlib.metadata.version("codat-python-sdk")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is on the path, not installed")
    assert installed == codat_python_sdk.__version__


# What is shipped


def test_package__is_typed() -> None:
    """Type checkers read the annotations of the installed package."""
    assert (PACKAGE / "py.typed").is_file()
    assert PYPROJECT["tool"]["setuptools"]["package-data"]["codat_python_sdk"] == ["py.typed"]


def test_package__has_its_pytest_plugin() -> None:
    """The module that the entry point names has the promised fixtures."""
    (module,) = PYPROJECT["project"]["entry-points"]["pytest11"].values()
    assert {"codat_sandbox", "codat_client"} <= set(vars(importlib.import_module(module)))


def test_requirements__are_those_of_the_package() -> None:
    """requirements.txt lists what the package depends on, and nothing else."""
    listed = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert sorted(listed) == sorted(PYPROJECT["project"]["dependencies"])


def test_dependency_group__is_test_requirements() -> None:
    """The dependency group for tests and test-requirements.txt hold the same list."""
    listed = (ROOT / "test-requirements.txt").read_text(encoding="utf-8").splitlines()
    group = [requirement.replace("'", '"') for requirement in PYPROJECT["dependency-groups"]["test"]]
    assert ["-r requirements.txt", *group] == listed


# Habits


def test_readme__has_the_command_that_ci_runs() -> None:
    """Who copies the README's test command runs what CI runs."""
    (command,) = re.findall(r"^test_command='(.+)'$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")


def test_tox__runs_every_test_that_needs_other_packages() -> None:
    """A test that is skipped where a package is missing is in a command of an environment that installs it."""
    tox, ci = text_of(ROOT / "tox.ini"), text_of(ROOT / ".ci" / "run")
    named = re.findall(r"test/[\w/]+\.py", tox)
    environments = re.findall(r"^\[testenv:\{?([\w,]+)\}?\]$", tox, re.MULTILINE)
    for environment in (name for names in environments for name in names.split(",")):
        if environment in re.findall(r"^    (\w+)$", ci, re.MULTILINE):
            named.append(f"test/ecosystem/test_{environment}.py")
    required = ("trustme", "xdist")  # of test-requirements.txt
    for path in (ROOT / "test").rglob("test_*.py"):
        needs = set(re.findall(r'importorskip\(\s*"(\w+)', text_of(path))).difference(required)
        if needs or path.parent.name in ("contract", "ecosystem"):
            assert path.relative_to(ROOT).as_posix() in named, needs


def test_files__are_read_and_written_as_utf_8() -> None:
    """No script or test reads or writes text in whatever encoding the machine has."""
    arguments = {"read_text": 0, "write_text": 1}  # what each has without an encoding
    without = re.compile(r"\.(?:read|write)_text\((?!(?:[^()\n]*, )?encoding=)")  # or on another line
    sources = [*ROOT.glob("*.py"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))]
    assert len(sources) > 100
    assert [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for path in sources
        if without.search(text_of(path))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords
        if len(node.args) == arguments.get(node.func.attr)
    ] == []
