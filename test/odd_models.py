"""Models of the tests. Their annotations are objects, as a model's have to be, so nothing comes from __future__."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Generic, TypeVar

from codat_python_sdk.model.codat_public_api_models_company_data_connection import (
    CodatPublicApiModelsCompanyDataConnection as Connection,
)
from codat_python_sdk.model.codat_public_api_models_company_data_connection_paged_response_model import (
    CodatPublicApiModelsCompanyDataConnectionPagedResponseModel as Page,
)
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


class Tagged:
    """A mixin that takes an argument of the class statement."""

    tag: str

    def __init_subclass__(cls, tag: str = "", **of_subclass: Any) -> None:
        super().__init_subclass__(**of_subclass)
        cls.tag = tag


class TaggedConnection(Connection, Tagged, tag="t"):
    """A model with such a mixin, a cached value, and a slot of its own."""

    __slots__ = ("__dict__", "memo")

    @cached_property
    def initial(self) -> str:
        """The first letter of the platform's name."""
        return self.platform_name[:1]


class CachingConnection(Connection):
    """A subclass without slots."""

    @cached_property
    def initial(self) -> str:
        """The first letter of the platform's name."""
        return self.platform_name[:1]


T = TypeVar("T")


class Lettered(ABC, Generic[T]):
    """An abstract class."""

    @property
    @abstractmethod
    def initial(self) -> T:
        """The first letter of something."""


class AbstractConnection(Connection, Lettered[str]):
    """A model that has all but the abstract method."""


class ConcreteConnection(AbstractConnection):
    """A model with an abstract class behind it."""

    @property
    def initial(self) -> str:
        """The first letter of the platform's name."""
        return self.platform_name[:1]


class OwnConstructor(Connection):
    """A subclass with a constructor of its own."""

    def __init__(self, name: str) -> None:
        super().__init__(id="i", integration_id="n", source_id="s", platform_name=name, link_url="l")


class Shouting:
    """A mixin without fields; its attribute ``note`` is named as a field of some of its models."""

    note: str | None = "of the mixin"

    def shout(self) -> str:
        """The id, loud."""
        identifier: str = getattr(self, "id")  # noqa: B009  # the model has it
        return identifier.upper()


class Quiet:
    """A mixin whose instances have no ``__dict__``."""

    __slots__ = ()


class MixinFirst(Shouting, Connection):
    """A model with a mixin before it."""


class MixinLast(Connection, Shouting):
    """A model with a mixin behind it."""


class MixinWithField(Shouting, Quiet, Connection):
    """A mixin, and a field of its own."""

    note: str | None = field("note", default=None)


class NoMixin(Connection):
    """A model without fields of its own."""


class MixinOfModels(NoMixin, MixinWithField):
    """Two models with a common base, of which the second has one field more."""


class Counted(Page):
    """A field of the model declared again, as something else than a list."""

    results: int | None = field("results", default=None)  # type: ignore[assignment]
