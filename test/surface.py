"""The public surface, one line for each name, and how it differs from the last release.

    python test/surface.py

brings surface.txt up to date. What is new since the release is marked with ``+``, what is gone with ``-``, and the
changelog has to name it. With a new version in _version.py, the file starts anew from what is there.

Names come from the running package, signatures from its source: there they read the same on every Python.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, get_origin, is_typeddict

from sources import ROOT, text_of, tree_of

FILE = Path(__file__).with_suffix(".txt")
HEADING = "# What users may rely on, by `python test/surface.py`. New (+) and gone (-) since {}:"

#: Public is what __all__ has here …
MODULES = [
    "codat_python_sdk",
    "codat_python_sdk.models",
    "codat_python_sdk.api",
    "codat_python_sdk.apis",
    "codat_python_sdk.model_utils",
    "codat_python_sdk.rest",
    "codat_python_sdk.sandbox",
    "codat_python_sdk.webhooks",
]
#: … and these. Each can also be imported from where it is defined, for pickles do so. All else may move or go.
BESIDES = {
    "codat_python_sdk.resources.companies": ["Companies", "CompaniesWithHttpInfo"],
    "codat_python_sdk.resources.connections": ["CompanyConnection", "Connections", "ConnectionsWithHttpInfo"],
    "codat_python_sdk.resources.integrations": ["Integrations", "IntegrationsWithHttpInfo"],
    "codat_python_sdk.resources.webhooks": ["Webhooks", "WebhooksWithHttpInfo"],
    "codat_python_sdk.call_options": [
        "CallOptions",
        "KeyedCallOptions",
        "KeyedRequestOptions",
        "RequestOptions",
        "WaitOptions",
    ],
    "codat_python_sdk.exceptions": ["Outcome"],
    "codat_python_sdk.sandbox.controls": ["ClockControl", "Controls", "Delayed", "Expectation", "Times", "Which"],
    "codat_python_sdk.sandbox.faults": ["Where"],
    "codat_python_sdk_pytest": ["codat_sandbox", "codat_client", "codat_env"],
}
#: Not underscored, and not for users all the same: the other layers call them.
INTERNAL = {"ApiClient.credentials_advice", "ApiClient.send", "ApiClient.with_settings", "Configuration.policy"}
#: Underscored, and public all the same: the language calls them.
SYNTAX = {"__init__", "__enter__", "__exit__", "__getitem__", "__setitem__", "__contains__", "__eq__", "__hash__"}


# -- what there is -----------------------------------------------------------------------------------------------------


@cache
def surface() -> frozenset[str]:
    """A line for each public name."""
    return frozenset([*python_names(), *variables(), *command_options()])


def python_names() -> Iterator[str]:
    names = {module: list(importlib.import_module(module).__all__) for module in MODULES} | BESIDES
    public: dict[Any, str] = {}  # class → the name under which it is described
    for module, exported in names.items():
        for name in exported:
            value = getattr(importlib.import_module(module), name)
            if isinstance(value, type) and is_ours(value):
                public.setdefault(value, f"{module}.{name}")
                yield from other_names(value, f"{module}.{name}", public[value])
            else:
                yield value_line(module, name, value)
    for cls, path in public.items():
        yield from class_lines(cls, path, public)


def other_names(cls: type, path: str, described: str) -> Iterator[str]:
    for spelling in (path, f"{cls.__module__}.{cls.__name__}"):
        if spelling != described and "._" not in spelling:
            yield f"{spelling} is {described}"


def value_line(module: str, name: str, value: Any) -> str:
    path = f"{module}.{name}"
    node = definitions(value.__module__ if isinstance(value, FunctionType) else module).get(name)
    if isinstance(node, ast.FunctionDef):
        return function_line(path, node)
    if isinstance(value, type):
        return f"{path} is {value.__module__}.{value.__name__}"
    if get_origin(value) is not None:  # an alias for annotations
        return f"{path} = {value!r}"
    return f"{path}: {type(value).__name__}"  # the value may be another one on the next Python


def class_lines(cls: type, path: str, public: dict[Any, str]) -> Iterator[str]:
    """The class and its members, those inherited from what is not public included."""
    node = definitions(cls.__module__)[cls.__name__]
    assert isinstance(node, ast.ClassDef)
    keywords = [
        f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in node.keywords if keyword.arg != "metaclass"
    ]
    of = map(ast.unparse, node.bases) if is_typeddict(cls) else bases(cls, public)
    yield f"{path} class({', '.join([*of, *keywords])})"
    seen = set[str]()
    for base in cls.__mro__:
        body = definitions(base.__module__).get(base.__name__) if is_ours(base) else None
        if isinstance(body, ast.ClassDef) and (base is cls or base not in public):
            lines = dict(members(body, path, cls))
            hidden = {name for name in lines.values() if f"{cls.__name__}.{name}" in INTERNAL}
            yield from (line for line, name in lines.items() if name not in seen | hidden)
            seen.update(lines.values())


def bases(cls: type, public: dict[Any, str]) -> Iterator[str]:
    for base in cls.__bases__:
        if base in public or not is_ours(base):
            yield from [] if base is object else [base.__name__]
        else:
            yield from bases(base, public)


def members(node: ast.ClassDef, path: str, cls: type) -> Iterator[tuple[str, str]]:
    """Line and name of each public member: methods, what the class says, and what its methods set."""
    said = set[str]()
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and (statement.name in SYNTAX or statement.name[0] != "_"):
            name = path if statement.name == "__init__" else f"{path}.{statement.name}"
            yield function_line(name, statement, method=True), statement.name
            said.add(statement.name)
        elif isinstance(statement, ast.AnnAssign | ast.Assign):
            name = ast.unparse(statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0])
            if name[0] != "_" or is_typeddict(cls):
                # The value says which field or member it is; elsewhere it may be a text, free to change.
                told = isinstance(statement, ast.AnnAssign) or issubclass(cls, Enum)
                text = ast.unparse(statement) if told else name
                yield f"{path}.{text.partition(' = ')[0] if 'Setting[' in text else text}", name
                said.add(name)
    for name, annotation in set_by_methods(node).items():
        if name not in said and name[0] != "_":
            yield f"{path}.{name}" + (f": {annotation}" if annotation else ""), name


def set_by_methods(node: ast.ClassDef) -> dict[str, str]:
    """Attribute of self → its annotation, or nothing."""
    found: dict[str, str] = {}
    for child in ast.walk(node):
        match child:
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found.setdefault(name, "")
            case ast.AnnAssign(target=ast.Attribute(attr=name), annotation=annotation):
                found[name] = ast.unparse(annotation)
            case _:
                pass
    return found


def function_line(path: str, node: ast.FunctionDef, *, method: bool = False) -> str:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    arguments = ast.unparse(node.args)
    if method and "staticmethod" not in decorators:
        arguments = re.sub(r"^(self|cls)(, /)?(, )?", "", arguments)
    result = "" if node.name == "__init__" or node.returns is None else f" -> {ast.unparse(node.returns)}"
    return f"{path}({arguments}){result}" + "".join(f" @{decorator}" for decorator in decorators)


def variables() -> Iterator[str]:
    for path in source("codat_python_sdk").parent.rglob("*.py"):
        for node in ast.walk(tree_of(path)) if "CODAT_" in text_of(path) else ():
            value = node.value if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and re.fullmatch("CODAT_[A-Z_]+", value):
                yield f"{value} in the environment"


def command_options() -> Iterator[str]:
    for node in ast.walk(tree_of(source("codat_python_sdk.sandbox.__main__"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".add_argument"):
            told = [keyword for keyword in node.keywords if keyword.arg not in ("help", "metavar")]
            about = "".join(f", {keyword.arg}={ast.unparse(keyword.value)}" for keyword in told)
            yield f"{ast.literal_eval(node.args[0])} of python -m codat_python_sdk.sandbox{about}"


def is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "codat_python_sdk"


def source(module: str) -> Path:
    path = importlib.import_module(module).__file__
    assert path
    return Path(path)


@cache
def definitions(module: str) -> dict[str, ast.stmt]:
    """The functions and classes of a module by name."""
    body = tree_of(source(module)).body
    return {
        definition.name: definition for definition in body if isinstance(definition, ast.FunctionDef | ast.ClassDef)
    }


# -- what has changed --------------------------------------------------------------------------------------------------


def render(version: str, released: Iterable[str], present: Iterable[str]) -> str:
    """The file's text."""
    old, new = set(released), set(present)
    marks = {line: " " if line in old & new else "+" if line in new else "-" for line in old | new}
    return "\n".join([HEADING.format(version), *(f"{marks[line]} {line}" for line in sorted(marks))]) + "\n"


def updated(text: str, version: str) -> str:
    """The text as it should be now."""
    is_same_version = text.startswith(HEADING.format(version))
    present = surface()
    released = {line[2:] for line in text.splitlines() if line[0] in " -"} if is_same_version else present
    return render(version, released, present)


def unnamed(text: str, changes: str) -> list[str]:
    """Marked lines whose name is in no code span of these entries of the changelog.

    A class that is new as a whole is named once: its members need no entries of their own.
    """
    spans = "\n".join(re.findall(r"`+([^`]+)`+", changes))
    new_classes = tuple(f"+ {path}." for path in re.findall(r"^\+ (\S+) class\(", text, re.MULTILINE))
    marked = [line for line in text.splitlines() if line[0] in "+-" and not line.startswith(new_classes)]
    return [line for line in marked if not re.search(rf"(?<![\w-]){re.escape(name_of(line))}(?![\w-])", spans)]


def name_of(line: str) -> str:
    """What a line is about: ``list`` for ``+ codat_python_sdk.connections.Connections.list(…``."""
    return re.split(r"[^\w.-]", line[2:], maxsplit=1)[0].rpartition(".")[2]


def entries(heading: str) -> str:
    """The changelog below a heading such as ``Unreleased``; nothing without one."""
    sections = re.split(r"^(?=## )", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)
    return next((text for text in sections if re.match(rf"## {re.escape(heading)}\b", text)), "")


def main() -> None:
    sys.path.insert(0, str(ROOT))
    version: str = importlib.import_module("codat_python_sdk").__version__
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else "#"
    if not text.startswith(HEADING.format(version)) and unnamed(text, entries(version)):
        sys.exit("CHANGELOG.md does not name:\n" + "\n".join(unnamed(text, entries(version))))
    FILE.write_text(updated(text, version), encoding="utf-8")


if __name__ == "__main__":
    main()
