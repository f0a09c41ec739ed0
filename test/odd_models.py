"""Models of the tests. Their annotations are objects, as a model's have to be, so nothing comes from __future__."""

from typing import Any

from codat_python_sdk.model_utils import Model, field


class Bag(Model):
    """A model with a field of each kind that the others do not have."""

    union: str | int | None = field("union", default=None)
    anything: Any = field("anything", default=None)
    amount: float | None = field("amount", default=None)
    names: list[str] | None = field("names", default=None)
    labels: dict[str, str] | None = field("labels", default=None)


class Thing(Model):
    """A model whose shapes no other test has seen."""

    name: str | None = field("name", default=None)
