"""Classes that are imported when they are first used, or when annotations that name them are evaluated."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load_class(package: dict[str, Any], module: str, name: str) -> object:
    """Import a class, and put it where Python finds it from now on.

    Args:
        package: The ``globals()`` of the package that has it.
        module: The module in the package that defines it.
        name: The class.
    """
    value: object = getattr(import_module(f"{package['__name__']}.{module}"), name)
    package[name] = value
    return value


class LazyName:
    """A class in annotations, imported when one of them is evaluated, as ``X | None`` or ``Unpack[X]``.

    Frameworks that make tools or routes of methods evaluate them (``typing.get_type_hints``, ``inspect.signature``);
    most processes never do. Modules name the real classes after these, since tools that read sources without running
    them, such as griffe, take what stands last.

    Args:
        module: The module that has it.
        name: Its name.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __getitem__(self, item: LazyName) -> Any:
        return _load(self)[_load(item)]

    def __or__(self, other: Any) -> Any:
        return _load(self) | other

    def __ror__(self, other: Any) -> Any:
        return other | _load(self)


def _load(lazy: LazyName) -> Any:
    return getattr(import_module(lazy.module), lazy.name)


class LazyModule:
    """A module in annotations, imported when one of them is evaluated: ``ssl.SSLContext`` is then the class itself.

    Args:
        name: The module.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self.name), attribute)


_OPTIONS = "codat_python_sdk.call_options"

UUID: LazyName = LazyName("uuid", "UUID")
urllib3: LazyModule = LazyModule("urllib3")
ssl: LazyModule = LazyModule("ssl")
models: LazyModule = LazyModule("codat_python_sdk.models")
AttemptHook: LazyName = LazyName("codat_python_sdk.attempt_events", "AttemptHook")
Unpack: LazyName = LazyName(_OPTIONS, "Unpack")
CallOptions: LazyName = LazyName(_OPTIONS, "CallOptions")
KeyedCallOptions: LazyName = LazyName(_OPTIONS, "KeyedCallOptions")
RequestOptions: LazyName = LazyName(_OPTIONS, "RequestOptions")
KeyedRequestOptions: LazyName = LazyName(_OPTIONS, "KeyedRequestOptions")
WaitOptions: LazyName = LazyName(_OPTIONS, "WaitOptions")
