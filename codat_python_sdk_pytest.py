"""Fixtures for everyone who has the package installed; what they need is imported when a test asks for them.

Not inside the package, for every pytest of everyone who has it installed would then import all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codat_python_sdk import CodatPlatform
    from codat_python_sdk.sandbox import Sandbox

Scope = Literal["session", "package", "module", "class", "function"]
SCOPES: tuple[str, ...] = get_args(Scope)
#: what an application's own client reads
VARIABLES = ("CODAT_API_KEY", "CODAT_AUTH_HEADER", "CODAT_SERVER_URL")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings of the fixtures to pytest's configuration file."""
    parser.addini("codat_sandbox_scope", "scope of codat_sandbox, codat_client and codat_env", default="function")
    parser.addini(
        "codat_sandbox_strict", "fail tests for which the sandbox reports problems at their end", "bool", default=False
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker, and check the scope: pytest would call a wrong one an internal error."""
    scope = config.getini("codat_sandbox_scope")
    if scope not in SCOPES:
        raise pytest.UsageError(f"codat_sandbox_scope is {scope!r}, and must be one of {', '.join(SCOPES)}")
    config.addinivalue_line("markers", "codat_sandbox(**arguments): arguments of this test's Sandbox")


def _scope(fixture_name: str, config: pytest.Config) -> Scope:  # noqa: ARG001  # pytest calls it with this name
    scope: Scope = config.getini("codat_sandbox_scope")
    return scope


def _owner(item: pytest.Item, scope: Scope) -> pytest.Item | pytest.Collector:
    """The node whose markers the test's sandbox reads. To the fixture of a plugin, pytest gives no package."""
    module = item.getparent(pytest.Module)
    owners = {"function": item, "class": item.getparent(pytest.Class) or module, "module": module}
    return owners.get(scope) or item.session


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose marker would be ignored: it may pass for this reason."""
    scope: Scope = item.config.getini("codat_sandbox_scope")
    read = _owner(item, scope).listchain()
    for node, marker in item.iter_markers_with_node("codat_sandbox"):
        if marker.args:
            pytest.fail("the marker codat_sandbox takes its arguments by keyword", pytrace=False)
        if node not in read:
            text = f"the marker codat_sandbox does not reach a sandbox with the scope {scope}: it was made before"
            pytest.fail(text, pytrace=False)


@pytest.fixture(scope=_scope)
def codat_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A local stand-in for Codat with one company: for this test alone, unless the configuration gives a wider scope.

    `@pytest.mark.codat_sandbox(seed=1, strict=True)` gives it arguments.
    """
    from codat_python_sdk.sandbox import Sandbox

    node = cast("pytest.Item", request.node)  # pyright: ignore[reportUnknownMemberType]  # pytest leaves it untyped
    arguments: dict[str, Any] = {"strict": request.config.getini("codat_sandbox_strict")}
    for marker in reversed(list(node.iter_markers("codat_sandbox"))):  # the closest one last
        arguments.update(marker.kwargs)
    with Sandbox(**arguments) as sandbox:
        yield sandbox


@pytest.fixture(scope=_scope)
def codat_client(codat_sandbox: Sandbox) -> Iterator[CodatPlatform]:
    """A client of `codat_sandbox`, closed afterwards. It retries as usual, but hardly waits in between."""
    from codat_python_sdk import CodatPlatform
    from codat_python_sdk.retries import RetryPolicy

    retries = RetryPolicy(initial_interval=0.001, max_interval=0.01)
    with CodatPlatform(api_key=codat_sandbox.api_key, server_url=codat_sandbox.url, retries=retries) as client:
        yield client


@pytest.fixture(scope=_scope)
def codat_env(codat_sandbox: Sandbox) -> Iterator[Sandbox]:
    """`codat_sandbox`, with an environment in which the application's own `CodatPlatform()` reaches it and no other."""
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:
            patch.delenv(name, raising=False)
        patch.setenv("CODAT_API_KEY", codat_sandbox.api_key)
        patch.setenv("CODAT_SERVER_URL", codat_sandbox.url)
        yield codat_sandbox
