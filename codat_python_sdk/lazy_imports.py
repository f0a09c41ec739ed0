"""Classes of a package that are imported when they are first used."""

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
