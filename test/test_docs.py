"""README and docs: every block of Python runs, what it prints is what they show, and nothing public is left out.

A page is run from top to bottom. A ``text`` block shows what the ``python`` block before it printed, where ``…``
stands for anything. A block that starts with a comment such as ``# test_linking.py`` is a file; a ``console`` block
holds commands, run beside those files, and what they print. A block that talks to http://localhost finds a sandbox
there, with the company, the connection and the key that it names.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
import io
import os
import re
import runpy
import shlex
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from cases import case
from prepared import Prepared
from sources import ROOT, text_of, tree_of

import codat_python_sdk
from codat_python_sdk import (
    ApiClient,
    ApiException,
    ApiResponse,
    Attempt,
    CodatPlatform,
    Configuration,
    OpenApiException,
    RetryPolicy,
    apis,
    exceptions,
    models,
)
from codat_python_sdk.call_options import KeyedRequestOptions
from codat_python_sdk.model_utils import Model
from codat_python_sdk.options import GENERATED
from codat_python_sdk.rate_limits import RateLimit
from codat_python_sdk.resources.companies import Companies, CompaniesWithHttpInfo
from codat_python_sdk.resources.connections import Connections, ConnectionsWithHttpInfo
from codat_python_sdk.resources.integrations import Integrations, IntegrationsWithHttpInfo
from codat_python_sdk.resources.webhooks import Webhooks, WebhooksWithHttpInfo
from codat_python_sdk.sandbox import Sandbox
from codat_python_sdk.sandbox.__main__ import main as sandbox_main
from codat_python_sdk.settings import Setting
from codat_python_sdk.values import ANYTHING, none_type

#: What ``ApiClient`` has for the layers above it.
NOT_FOR_USERS = {"credentials_advice", "send", "with_settings"}

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
PUBLISHED = [*PAGES, *(path for path in (ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md") if path.exists())]

#: Packages that examples use and the SDK does not need. Their blocks run where they are installed: tox -e docs.
OPTIONAL = (
    "distributed",
    "django",
    "fastapi",
    "flask",
    "gunicorn",
    "opentelemetry",
    "pandas",
    "vcr",
)

MODELS = {name: cls for name, cls in vars(models).items() if isinstance(cls, type) and issubclass(cls, Model)}
ENUMS = {name: vars(models)[name] for name in models.__all__ if name not in MODELS}
API_CLASSES: list[type[Any]] = [getattr(apis, name) for name in apis.__all__]
#: The generated methods: class and name.
OPERATIONS = [
    (cls, name)
    for cls in API_CLASSES
    for name in sorted(vars(cls))
    if name[0] != "_" and not name.endswith("_with_http_info")
]
EXCEPTIONS = {
    name: cls
    for name, cls in vars(exceptions).items()
    if isinstance(cls, type) and issubclass(cls, OpenApiException) and name[0] != "_"
}


# -- reading the pages -------------------------------------------------------------------------------------------------


class Block(NamedTuple):
    """What stands between two fences, and where."""

    kind: str
    text: str
    line: int


def blocks(path: Path) -> list[Block]:
    found = re.finditer(r"^```(\w*)\n(.*?)^```$", text_of(path), re.MULTILINE | re.DOTALL)
    return [Block(match[1], match[2], text_of(path).count("\n", 0, match.start(2))) for match in found]


@cache
def prose(path: Path) -> str:
    """The page without its blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(path), flags=re.MULTILINE | re.DOTALL)


@cache
def section(path: Path, heading: str) -> str:
    """What stands below a heading, down to the next one of the same or a higher level."""
    match = re.search(rf"^(#+) \**{re.escape(heading)}\**$", prose(path), re.MULTILINE)
    assert match, f"{path.name} has no heading {heading!r}"
    rest = prose(path)[match.end() :]
    return re.split(rf"^#{{1,{len(match[1])}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table(text: str, first: str = "Name") -> list[list[str]]:
    """The rows of the first table whose first column has this title; each cell without ``**`` and backquotes."""
    rows = list[list[str]]()
    for line in text.splitlines():
        cells = re.split(r"(?<!\\)\|", line.removeprefix("|").removesuffix("|"))
        cells = [re.sub(r"\*\*|`", "", cell).replace(r"\|", "|").strip() for cell in cells]
        if rows and "|" not in line:
            break
        if rows or cells[0] == first:
            rows.append(cells + [""] * (len(rows[0]) - len(cells) if rows else 0))
    assert rows, f"no table with {first!r} above its first column"
    return rows[2:]


def names(rows: list[list[str]], column: int = 0) -> list[str]:
    return [row[column] for row in rows]


@cache
def anchors(path: Path) -> set[str]:
    """What can follow the ``#`` in a link to the page."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# -- running them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_examples__run_and_print_what_the_page_shows(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytests: Prepared
) -> None:
    """Every block of a page runs, and what it prints is what the page shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType]
    path_of_children = [os.environ.get("PYTHONPATH"), str(ROOT), str(tmp_path)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, path_of_children)))
    for name in ("CODAT_API_KEY", "CODAT_SERVER_URL"):  # what a page sets is forgotten after it
        monkeypatch.setenv(name, "set by a page")
        monkeypatch.delenv(name)
    page = Page(path, tmp_path, pytests)
    try:
        for block, shown in page.blocks_with_results():
            page.run(block, shown)
    finally:
        page.clean_up()
    if page.left_out:
        pytest.skip(f"{', '.join(sorted(page.left_out))} not installed, so that not all blocks were run")


class Page:
    """A page that is being run: its blocks share their names, its files share a directory."""

    def __init__(self, path: Path, directory: Path, python: Prepared) -> None:
        self.python = python
        self.path = path
        self.directory = directory
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self.left_out = set[str]()

    def blocks_with_results(self) -> Iterator[tuple[Block, str | None]]:
        found = [*blocks(self.path), Block("", "", 0)]
        for block, following in pairwise(found):
            if block.kind in ("python", "console"):
                yield block, following.text if following.kind == "text" else None

    def run(self, block: Block, shown: str | None) -> None:
        missing = {name for name in OPTIONAL if name in block.text and importlib.util.find_spec(name) is None}
        self.left_out |= missing
        if missing:
            return
        file = re.match(r"# (\w+\.py)\n", block.text)
        if block.kind == "console":
            self.run_commands(block)
        elif file:
            (self.directory / file[1]).write_text(block.text, encoding="utf-8")
        else:
            printed = self.execute(block)
            self.compare(printed, shown or "", block)

    def execute(self, block: Block) -> str:
        text, output = block.text, io.StringIO()
        with contextlib.ExitStack() as stack:
            if '"http://localhost"' in text:
                sandbox = stack.enter_context(Sandbox(company_id="companyId_example", api_key="YOUR_API_KEY"))
                sandbox.add_connection(id="connectionId_example", status="Linked")
                text = text.replace("http://localhost", sandbox.url)
            stack.enter_context(contextlib.redirect_stdout(output))
            exec(compile("\n" * block.line + text, str(self.path), "exec"), self.names)
        return output.getvalue()

    def run_commands(self, block: Block) -> None:
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
            program, *arguments = shlex.split(command)
            assert program == "python", f"{command}: only Python can be run here"
            done = self.python.run(*arguments, env=os.environ | ONLY_OUR_PLUGIN)
            self.compare(done.stdout + done.stderr, shown, block)

    def compare(self, printed: str, shown: str, block: Block) -> None:
        pattern = ".*?".join(map(re.escape, shown.strip().split("…")))
        where = f"{self.path.name}, line {block.line + 1}"
        assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"{where} printed\n{printed}\ninstead of\n{shown}"

    def clean_up(self) -> None:
        for value in self.names.values():
            if isinstance(value, Sandbox):
                value.stop()
            elif isinstance(value, (CodatPlatform, ApiClient)):
                value.close()


#: A pytest elsewhere loads our plugin, though the package may be importable and not installed, and xdist; no others.
ONLY_OUR_PLUGIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "codat_python_sdk_pytest,xdist.plugin"}


def test_examples__there_are_many() -> None:
    """The runner finds the blocks: a page cannot pass because nothing in it was recognised."""
    found = [block for path in PAGES for block in blocks(path)]
    fences = sum(path.read_text(encoding="utf-8").count("\n```") for path in PAGES)
    assert fences == 2 * len(found)
    assert {block.kind for block in found} <= {
        "python",
        "text",
        "console",
        "sh",
        "yaml",
        "ini",
        "mermaid",
        "powershell",
    }
    assert sum(block.kind == "python" for block in found) > 60


def test_quick_start__prints_what_the_readme_shows(scripts: Prepared) -> None:
    """The script in README's first command for a clone prints what README shows below it."""
    (command, shown), *_ = (
        pair for pair in pairwise(blocks(ROOT / "README.md")) if (pair[0].kind, pair[1].kind) == ("sh", "text")
    )
    script = command.text.split()[-1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CODAT_")}
    done = scripts.run(ROOT / script, env=kept)
    assert (done.returncode, done.stdout) == (0, shown.text)


def test_clone_commands__have_their_form_for_windows() -> None:
    """The README's two commands for a clone, in PowerShell, do the same as in a POSIX shell."""
    found = blocks(ROOT / "README.md")
    (windows,) = (block.text.splitlines() for block in found if block.kind == "powershell")
    clone = [block.text.strip() for block in found if block.kind == "sh" and "venv" in block.text]
    assert windows == [
        command.replace("python3 ", "py ", 1)
        .replace(".venv/bin/", ".venv\\Scripts\\")
        .replace(" &&", ";")
        .replace("s/q", "s\\q")
        for command in clone
    ]


def test_sandbox_commands__are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command line of the sandbox in the docs, in prose too, has options that it takes."""
    commands = set[str]()
    for path in PAGES:
        commands |= set(
            re.findall(
                r"(?:-m codat_python_sdk\.sandbox|codat-sandbox) ?([^`\n\"\]#]*)", path.read_text(encoding="utf-8")
            )
        )
    assert len(commands) >= 3

    def start(self: Sandbox) -> None:
        raise OSError("not here")

    monkeypatch.setattr(Sandbox, "start", start)
    for command in commands:
        assert sandbox_main(shlex.split(command)) == 1, command


# -- links -------------------------------------------------------------------------------------------------------------


def test_links__lead_somewhere() -> None:
    """Every relative link names a file that is there, and a heading that is in it."""
    broken = list[str]()
    for path in PUBLISHED:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
            if re.match(r"https?:", target):
                continue
            name, _, anchor = target.partition("#")
            other = (path.parent / name).resolve() if name else path
            if not other.exists() or (anchor and anchor not in anchors(other)):
                broken.append(f"{path.name} links to {target}")
    assert broken == []


def test_pages__can_be_reached_from_the_readme() -> None:
    """Every page of docs is linked from README, or from a page that is."""
    seen, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path not in seen and path.suffix == ".md":
            seen.add(path)
            targets = (target.partition("#")[0] for target in re.findall(r"\]\(([^)\s:]+)\)", prose(path)))
            waiting += [(path.parent / target).resolve() for target in targets if target]
    assert set(PAGES) - seen <= {DOCS / "reference.md"}


def test_readme__has_no_dead_link_at_the_registry() -> None:
    """The registry renders the README, every link on its page is absolute, and code and guides are still there."""
    renderer = pytest.importorskip("readme_renderer.markdown", reason="tox -e docs installs readme_renderer")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    html = renderer.render(runpy.run_path(str(ROOT / "setup.py"))["long_description"](readme))
    targets = re.findall(r'(?:href|src)="([^"]*)"', html)
    assert "https://docs.codat.io" in targets
    assert [target for target in targets if not target.startswith(("https://", "#user-content-"))] == []
    assert "](" not in html and html.count("<pre") == len(blocks(ROOT / "README.md"))
    assert "Getting started" in html and "Testing with the sandbox" in html


# -- docs and code say the same ----------------------------------------------------------------------------------------


def test_public_names__are_documented() -> None:
    """Every name that the package exports stands in the prose or the examples of a page."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    missing = [name for name in codat_python_sdk.__all__ if not re.search(rf"\b{name}\b", text)]
    assert missing == []


def test_names__exist() -> None:
    """No page names an exception or a model that is not there."""
    known = {*codat_python_sdk.__all__, *models.__all__, *EXCEPTIONS}
    for path in PAGES:
        for name in re.findall(r"`(?:codat_python_sdk\.)?((?:Api|CodatPublic)\w+|\w+Exception)\b", prose(path)):
            assert name in known, f"{path.name} names {name}"


def spelled(types: Any) -> str:
    """Types as Python spells them in an annotation: ``str | None``."""
    if types == ANYTHING:
        return "Any"
    return " | ".join(
        f"list[{spelled(declared)}]" if isinstance(declared, list)
        else f"dict[str, {spelled(*declared.values())}]" if isinstance(declared, dict)
        else "None" if declared is none_type
        else declared.__name__
        for declared in types
    )  # fmt: skip


def test_model_page__has_the_fields() -> None:
    """A model's page lists its fields in order, with their types, and says which are optional."""
    for name, model in MODELS.items():
        with case(name):
            rows = table(section(DOCS / f"{name}.md", "Properties"))
            shown = [(field, re.sub(r"^\[(.*)\]\(\w+\.md\)$", r"\1", types), note) for field, types, _, note in rows]
            assert shown == [
                (attribute, spelled(field.types), "" if field.required else "[optional]")
                for attribute, field in model._schema.fields.items()
            ]
            assert all(row[2] for row in rows)


@pytest.mark.parametrize("name", ENUMS)
def test_enum_page__has_the_values(name: str) -> None:
    """An enum's page lists its names and values in order."""
    assert [tuple(row[:2]) for row in table(section(DOCS / f"{name}.md", "Values"))] == [
        (member.name, member.value) for member in ENUMS[name]
    ]


def test_models__are_listed_in_the_api_reference() -> None:
    """The API reference links the page of every model and enum."""
    assert re.findall(r"\* \[(\w+)\]", section(DOCS / "api-reference.md", "Models")) == sorted(models.__all__)


class Recorder:
    """A transport that notes where a request goes, and refuses it."""

    def request(self, method: str, url: str, **_: Any) -> Any:
        self.seen = method, unquote(urlsplit(url).path)
        raise ApiException(400, "Recorded")


def endpoint_of(cls: type[Any], name: str) -> tuple[str, str]:
    """The HTTP method and the path that a generated method calls, with the parameters by their JSON names."""
    api = cls(ApiClient(Configuration()))
    api.api_client.rest_client = recorder = Recorder()
    arguments = {
        "company_id": "{companyId}",
        "connection_id": "{connectionId}",
        "platform_key": "{platformKey}",
        "webhook_id": "{webhookId}",
    }
    wanted = parameters_of(getattr(cls, name)).keys()
    with pytest.raises(ApiException, match="Recorded"):
        getattr(api, name)(**{key: value for key, value in arguments.items() if key in wanted})
    return recorder.seen


def listed_endpoints(page: Path) -> list[tuple[str, ...]]:
    """Name, HTTP method and path of the methods that a page lists."""
    return re.findall(r"\[\*\*(\w+)\*\*\]\(.*#\1\) \| \*\*(\w+)\*\* (/\S+) \|", prose(page))


def test_endpoints__say_since_when() -> None:
    """The API reference says of each method whether the 2021 SDK had it; the changelog names the others."""
    rows = re.findall(r"\[\*\*(\w+)\*\*\].* \| (2021 SDK|2\.0\.0)$", prose(DOCS / "api-reference.md"), re.MULTILINE)
    assert [name for name, _ in rows] == [name for _, name in OPERATIONS]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [name for name, since in rows if since == "2.0.0" and f"`{name}`" not in changes] == []


def test_endpoints__are_listed_in_the_api_reference() -> None:
    """The API reference names every generated method with its HTTP method and path, and no other."""
    assert listed_endpoints(DOCS / "api-reference.md") == [(name, *endpoint_of(cls, name)) for cls, name in OPERATIONS]


@pytest.mark.parametrize("cls", API_CLASSES)
def test_endpoints__are_listed_on_their_page(cls: type[Any]) -> None:
    """The page of an API class names each of its methods with HTTP method and path, and no other."""
    own = [name for owner, name in OPERATIONS if owner is cls]
    assert listed_endpoints(DOCS / f"{cls.__name__}.md") == [(name, *endpoint_of(cls, name)) for name in own]


def test_operation__has_its_parameters_and_defaults() -> None:
    """The table of a method has its parameters in order, says which may be left out, and what stands for them then."""
    for cls, name in OPERATIONS:
        with case(cls, name):
            method = getattr(cls, name)
            parameters = parameters_of(method)
            text = section(DOCS / f"{cls.__name__}.md", name)
            rows = table(text) if parameters else []
            assert names(rows) == list(parameters)
            for parameter, _, meaning, note in rows:
                default = parameters[parameter]
                assert meaning and note.startswith("[optional]") == (default is not ...)
                if isinstance(default, int):
                    assert f"defaults to {default}" in note
            result = text.split("### Return type")[1].split("###")[0]
            assert f"**{inspect.signature(method).return_annotation}**" in result


def test_operation__names_the_exception_of_each_status() -> None:
    """The status table of a method has the exception that the status becomes."""
    for cls, name in OPERATIONS:
        with case(cls, name):
            rows = table(section(DOCS / f"{cls.__name__}.md", name), "Status code")
            assert rows[0][0] in ("200", "201", "204")
            for status, text, _ in rows[1:]:
                assert text.startswith(exceptions.exception_for(int(status)).__name__ + ":")


def test_call_options__are_documented() -> None:
    """The options of every call stand in one table, all of them."""
    rows = table(section(DOCS / "ConnectionApi.md", "Call options"))
    assert set(names(rows)) == set(GENERATED.fields)
    defaults = {"_return_http_data_only", "_preload_content", "_check_input_type", "_check_return_type", "async_req"}
    assert {row[0] for row in rows if row[2] in ("True", "False")} == defaults


def test_api_response__is_documented() -> None:
    """The table of ApiResponse has its attributes, and names those of Attempt and RateLimit."""
    rows = table(section(DOCS / "ConnectionApi.md", "With HTTP info"))
    assert set(names(rows)) == {*ApiResponse.__slots__, "rate_limit"}
    text = section(DOCS / "ConnectionApi.md", "With HTTP info")
    assert all(f"`{name}`" in text for name in (*Attempt._fields, *RateLimit._fields))


def parameters_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Name → default of the parameters that a caller names; ``...`` without one."""
    return {
        parameter.name: ... if parameter.default is inspect.Parameter.empty else parameter.default
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }


#: Page → resource, and its operations with HTTP info.
RESOURCES: dict[str, tuple[type[Any], type[Any]]] = {
    "CodatPlatform": (Connections, ConnectionsWithHttpInfo),
    "companies": (Companies, CompaniesWithHttpInfo),
    "integrations": (Integrations, IntegrationsWithHttpInfo),
    "webhook-consumers": (Webhooks, WebhooksWithHttpInfo),
}
METHODS = [
    (page, name)
    for page, (cls, _) in RESOURCES.items()
    for name, value in vars(cls).items()
    if name[0] != "_" and inspect.isfunction(value)
]
WITH_HTTP_INFO = [(page, name) for page, name in METHODS if hasattr(RESOURCES[page][1], name)]


def test_resources__are_all_documented() -> None:
    """Every resource of the high-level client has its page."""
    codat = CodatPlatform(api_key="k")
    found: set[type[Any]] = {type(getattr(codat, name)) for name in CodatPlatform.__annotations__}
    assert found - {ApiClient} == {cls for cls, _ in RESOURCES.values()}


def test_high_level_method__has_its_parameters_and_defaults() -> None:
    """The section of a short name has its parameters in order with their defaults."""
    for page, name in METHODS:
        with case(page, name):
            expected = parameters_of(getattr(RESOURCES[page][0], name))
            rows = table(section(DOCS / f"{page}.md", name)) if expected else []
            shown = {row[0]: row[2] for row in rows}
            assert list(shown) == list(expected)
            assert shown == {key: "required" if value is ... else repr(value) for key, value in expected.items()}


def test_high_level_method__names_its_url() -> None:
    """The section of a short name begins with the HTTP method and the path that it calls."""
    paths = {f"{method} {path}" for _, method, path in listed_endpoints(DOCS / "api-reference.md")}
    for page, name in WITH_HTTP_INFO:
        with case(page, name):
            assert section(DOCS / f"{page}.md", name).strip().splitlines()[0] in paths


def test_high_level_method__has_a_variant_with_the_same_arguments() -> None:
    """What the docs say of an operation's arguments holds for its variant in with_http_info."""
    for page, name in WITH_HTTP_INFO:
        with case(page, name):
            plain, variant = (parameters_of(getattr(cls, name)) for cls in RESOURCES[page])
            assert plain == variant


def test_operation__has_a_variant_with_the_same_arguments() -> None:
    """What the pages say of a method's arguments holds for its variant with HTTP info."""
    for cls, name in OPERATIONS:
        with case(cls, name):
            assert parameters_of(getattr(cls, f"{name}_with_http_info")) == parameters_of(getattr(cls, name))


def test_codat_platform__has_its_arguments_and_options() -> None:
    """The tables of CodatPlatform.md have all arguments of the client and all options of a call."""
    page = DOCS / "CodatPlatform.md"
    assert names(table(section(page, "The client"))) == list(parameters_of(CodatPlatform.__init__))
    options = KeyedRequestOptions.__optional_keys__ | KeyedRequestOptions.__required_keys__
    assert set(names(table(section(page, "Options of every call")))) == options


def test_configuration__has_every_setting() -> None:
    """Configuration.md has every argument and attribute with its default, and nothing else."""
    rows = table(section(DOCS / "Configuration.md", "Settings"))
    configuration = Configuration()
    attributes = {name for name in vars(configuration) if name[0] != "_"} - {"policy"}  # which follows from retries
    properties = {
        name for name, value in vars(Configuration).items() if isinstance(value, property) and value.fset is not None
    } | {"temp_folder_path"}
    assert set(names(rows)) == attributes | properties
    assert set(parameters_of(Configuration.__init__)) <= attributes | properties
    for name, shown, *_ in rows:
        value = getattr(configuration, name)
        if name == "connection_pool_maxsize":
            assert shown == "32, or 5 per processor" and value == max(32, 5 * (os.cpu_count() or 1))
        else:
            assert shown == ("none" if value is None else "empty" if value in ("", {}) else str(value)), name


def test_configuration__has_every_method() -> None:
    """Configuration.md names every public method."""
    rows = table(section(DOCS / "Configuration.md", "Methods"))
    public = {
        n
        for n, v in vars(Configuration).items()
        if n[0] != "_" and not isinstance(v, (property, Setting)) and callable(getattr(Configuration, n))
    }
    readable = {n for n, v in vars(Configuration).items() if isinstance(v, property) and v.fset is None}
    assert {name.partition("(")[0] for name in names(rows)} == public | readable


def test_api_client__is_documented() -> None:
    """Configuration.md shows how a client is made, and names what it has; how it makes a call is not for its users."""
    text = section(DOCS / "Configuration.md", "The client")
    arguments = ", ".join(f"{name}={value!r}" for name, value in parameters_of(ApiClient.__init__).items())
    assert f"`ApiClient({arguments})`" in text
    public = {*vars(ApiClient), *vars(ApiClient())} - {"pool"} - NOT_FOR_USERS
    assert [name for name in public if name[0] != "_" and not re.search(rf"\b{name}\b", text)] == []


def test_errors__table_has_every_exception() -> None:
    """errors.md has every exception with the status that it stands for."""
    rows = table(section(DOCS / "errors.md", "Exceptions"), "Exception")
    assert set(names(rows)) == set(EXCEPTIONS) - {"OpenApiException"}
    for name, status, *others in rows:
        assert all(others), name
        if status.isdigit() and int(status) >= 300:
            assert exceptions.exception_for(int(status)) is EXCEPTIONS[name]


def test_errors__attributes_are_documented() -> None:
    """errors.md has every attribute of an ApiException."""
    error = ApiException(500, "Oops")
    attributes = {name for name in vars(error) if name[0] != "_"}
    attributes |= {name for name, value in vars(ApiException).items() if isinstance(value, property)}
    attributes |= set(inspect.get_annotations(ApiException))
    assert set(names(table(section(DOCS / "errors.md", "ApiException attributes")))) == attributes


def test_retry_policy__has_its_arguments_and_defaults() -> None:
    """retries-and-time-limits.md has every argument of RetryPolicy with its default."""
    rows = table(section(DOCS / "retries-and-time-limits.md", "Retry policy"))
    assert {row[0]: row[1] for row in rows} == {k: str(v) for k, v in parameters_of(RetryPolicy.__init__).items()}


def test_sandbox__is_documented() -> None:
    """testing-with-the-sandbox.md has every argument, attribute and method of the sandbox."""
    page = DOCS / "testing-with-the-sandbox.md"
    arguments = {k: v for k, v in parameters_of(Sandbox.__init__).items() if k != "clock"}
    shown = {row[0]: row[1] for row in table(section(page, "Arguments"))}
    assert shown.keys() == {*arguments, "clock"}
    assert {k: v for k, v in shown.items() if k != "clock"} == {
        k: "none" if v is None else str(v) for k, v in arguments.items()
    }
    public = {n for cls in (Sandbox, *Sandbox.__bases__) for n in vars(cls) if n[0] != "_"} - {"take_fault"}
    public |= {n for n in vars(Sandbox()) if n[0] != "_"}
    rows = [*table(section(page, "What it offers")), *table(section(page, "Faults on demand"))]
    assert {name.partition("(")[0] for name in names(rows)} == public


def test_sandbox_command__options_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    """testing-with-the-sandbox.md has every option of the command."""
    with pytest.raises(SystemExit):
        sandbox_main(["--help"])
    options = set(re.findall(r"(--[a-z-]+)", capsys.readouterr().out)) - {"--help"}
    rows = table(section(DOCS / "testing-with-the-sandbox.md", "As a server of its own"), "Option")
    assert {name.split()[0] for name in names(rows)} == options


def test_environment_variables__are_documented() -> None:
    """Every environment variable that a module with os.environ names stands in the table of Configuration.md."""
    read = {"HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}  # made of a scheme
    for path in (ROOT / "codat_python_sdk").rglob("*.py"):
        for node in ast.walk(tree_of(path)) if "environ" in text_of(path) else ():
            if isinstance(node, ast.Constant) and re.fullmatch(r"[A-Z][A-Z_]{6,}", str(node.value)):
                read.add(str(node.value))
    rows = table(section(DOCS / "Configuration.md", "Environment variables"))
    # Words of its errors.
    openssl = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "UNRECOGNIZED_NAME"}
    assert read - openssl == {name for cell in names(rows) for name in cell.split(", ")}


def test_public_classes__have_their_place_in_the_reference() -> None:
    """Every class that users may rely on stands on a page, or in the reference that is made of docstrings."""
    surface = (ROOT / "test" / "surface.txt").read_text(encoding="utf-8")
    classes = set(re.findall(r"^[ +] codat_python_sdk(?:\.[a-z_]+)*\.([A-Z]\w+) class", surface, re.MULTILINE))
    assert len(classes) > 90
    words = {word for path in PAGES for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
    bases = {"Controls"}  # what Sandbox and RemoteSandbox share; the reference shows inherited members
    assert classes - bases - words == set()


def test_log_messages__are_documented() -> None:
    """Every message that the package logs stands in logging.md, with its level and logger."""
    logged = set[tuple[str, str, str]]()
    for path in (ROOT / "codat_python_sdk").rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(tree_of(path)) if re.search(r"logger|_log\.", text_of(path)) else ():
            match node:
                case ast.Call(
                    ast.Attribute(ast.Name("logger" | "_log") | ast.Call(ast.Name("get_logger")), level),
                    [ast.Constant(str(message)), *_],
                ):
                    logged.add((message, {"exception": "ERROR"}.get(level, level.upper()), module))
                case _:
                    pass
    assert len(logged) >= 5
    assert {
        (row[0], row[1], row[2]) for row in table(section(DOCS / "logging.md", "Log messages"), "Message")
    } == logged


# -- figures -----------------------------------------------------------------------------------------------------------


def test_headline__is_what_was_measured() -> None:
    """The README's figures are those of the page with all of them."""
    measured = {row[0]: row for row in table(section(DOCS / "benchmarks.md", "Python 3.11"), "What")}
    shown = table(section(ROOT / "README.md", "Performance"), "What")
    assert len(shown) == 5
    for name, *figures in shown:
        (row,) = [row for what, row in measured.items() if what.startswith(name)]
        assert figures == [row[2], *row[-2:]]
