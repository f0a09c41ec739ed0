"""Models: a class lists its fields once, and all the rest is derived when the class is defined.

A field's annotation says its type and ``field("…")`` its JSON name. From the two come ``openapi_types``,
``attribute_map``, the checks of the constructor, and the decoder.
"""

# The parts of one mechanism know each other, and JSON is Any.
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from codat_python_sdk.decoders import compile_decoder
from codat_python_sdk.exceptions import ApiAttributeError, ApiKeyError, ApiTypeError
from codat_python_sdk.fields import Field, field
from codat_python_sdk.values import Decoder, Types, check, decode_anything, decoder_of, none_type

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[type], type]:
        """What typing has from Python 3.11 on."""
        return lambda cls: cls


__all__ = ["Model", "date", "datetime", "decode_unchecked", "discard_unknown", "field", "none_type"]

T = TypeVar("T")


# A class whose annotations are evaluated lazily (Python 3.14, PEP 649) has no entry ``__annotations__`` of its own, so
# that ``cls.__annotations__`` finds those of its metaclass. The getter of ``type`` asks the class, on every Python.
_annotations_of: Callable[[type], dict[str, Any]] = type.__dict__["__annotations__"].__get__  # noqa: RUF063  # inspect takes as long to import as half the package


class ModelMeta(type):
    """Turns the fields of a class body into slots, and derives the rest of the class from them."""

    _fields: dict[str, Field]
    _storage: type
    openapi_types: dict[str, Types]
    attribute_map: dict[str, str]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelMeta:
        own = {n: value for n, value in namespace.items() if isinstance(value, Field)}
        body = {n: value for n, value in namespace.items() if n not in own} | {"__slots__": ()}
        if not bases:
            return super().__new__(mcs, name, bases, body)
        # The slots live in a class of their own that has no __setattr__: see compile_decoder.
        parent: Any = bases[0]
        storage = type(f"{name}Storage", (parent._storage,), {"__slots__": tuple(own)})
        cls = super().__new__(mcs, name, (*bases, storage), body)
        annotations = _annotations_of(cls)
        for attribute, each in own.items():
            each.bind(annotations[attribute])
        cls._storage = storage
        cls._fields = parent._fields | own
        cls.openapi_types = {attribute: each.types for attribute, each in cls._fields.items()}
        cls.attribute_map = {attribute: each.json_name for attribute, each in cls._fields.items()}
        return cls

    @cache  # noqa: B019  # classes live as long as the process
    def decoder(cls) -> Decoder:
        """The function that reads a model from JSON, made when it is first wanted: few processes want all."""
        return compile_decoder(cls, cls._fields, cls._storage)


class _Storage:
    """Where a model keeps the keys of an answer that it has no field for; the slot is empty when there are none."""

    __slots__ = ("_unknown",)


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
class Model(metaclass=ModelMeta):
    """The base of the model classes: attributes or items, unset kept apart from null, unknown keys kept.

    Args:
        args: Required fields may be given by position, in the order of their declaration.
        values: Fields by name.

    Raises:
        ApiTypeError: A required field is missing, or a value has the wrong type.
        ApiAttributeError: There is no such field.
    """

    _fields: ClassVar[dict[str, Field]] = {}
    _storage: ClassVar[type] = _Storage
    openapi_types: ClassVar[dict[str, Types]] = {}
    attribute_map: ClassVar[dict[str, str]] = {}
    allowed_values: ClassVar[dict[str, Any]] = {}
    validations: ClassVar[dict[str, Any]] = {}
    additional_properties_type: ClassVar[Any] = None
    discriminator: ClassVar[Any] = None

    def __init__(
        self,
        /,
        *args: Any,
        _check_type: bool = True,
        _spec_property_naming: bool = False,
        _path_to_item: tuple[str | int, ...] = (),
        _configuration: Any = None,
        _visited_composed_classes: Any = None,
        **values: Any,
    ) -> None:
        required = [name for name, each in self._fields.items() if each.required]
        if len(args) > len(required):
            raise ApiTypeError(f"{type(self).__name__} takes {len(required)} positional arguments, got {len(args)}")
        if _spec_property_naming:
            names = {each.json_name: name for name, each in self._fields.items()}
            values = {names.get(name, name): value for name, value in values.items()}
        values = dict(zip(required, args, strict=False)) | values
        for name, value in values.items():
            if _check_type:
                self._check(name, value, _path_to_item)
            object.__setattr__(self, name, value) if name in self._fields else self._no_such(name)
        missing = [name for name in required if name not in values]
        if missing:
            raise ApiTypeError(
                f"{type(self).__name__} needs {missing[0]!r}, which is missing", [*_path_to_item, missing[0]]
            )

    @classmethod
    def _from_openapi_data(cls, /, *args: Any, _check_type: bool = True, **values: Any) -> Self:
        """A model from the keys and values of a JSON object, as 2021 spelled it."""
        data = {name: value for name, value in values.items() if name not in _OPTIONS_OF_2021}
        data.update(zip((each.json_name for each in cls._fields.values() if each.required), args, strict=False))
        model: Self = decoder_of((cls,))(data) if _check_type else decode_unchecked(cls, data)
        return model

    # -- one field at a time -------------------------------------------------------------------------------------

    def _check(self, name: str, value: Any, path: tuple[str | int, ...] = ()) -> None:
        if name not in self._fields:
            self._no_such(name, path)
        check(value, self._fields[name].types, *path, name)

    def _no_such(self, name: str, path: tuple[str | int, ...] = ()) -> None:
        raise ApiAttributeError(f"{type(self).__name__} has no field {name!r}", [*path, name])

    if not TYPE_CHECKING:  # a type checker should know the fields, and nothing else

        def __setattr__(self, name: str, value: Any) -> None:
            self._check(name, value)
            object.__setattr__(self, name, value)

        def __getattr__(self, name: str) -> Any:
            """Reached only when nothing was stored: an optional field reads as None."""
            if name not in self._fields:
                raise ApiAttributeError(f"{type(self).__name__} has no field {name!r}", [name])

    def __getitem__(self, name: str) -> Any:
        if name in self._fields:
            return getattr(self, name)
        try:
            return self._kept()[name]
        except KeyError:
            raise ApiKeyError(f"{type(self).__name__} has no field or kept key {name!r}", [name]) from None

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def __contains__(self, name: object) -> bool:
        return name in self._set_fields() or name in self._kept()

    def get(self, name: str, default: Any = None) -> Any:
        """The item, or ``default`` when it was not set; a null that was set is None."""
        return self[name] if name in self else default  # noqa: SIM401

    # -- all of them ---------------------------------------------------------------------------------------------

    def _set_fields(self) -> dict[str, Any]:
        """Attribute name → value, of the fields that are set."""
        values = {}
        for name in self._fields:
            with contextlib.suppress(AttributeError):
                values[name] = object.__getattribute__(self, name)
        return values

    def _kept(self) -> dict[str, Any]:
        """JSON name → value, of the keys in the answer that are no fields."""
        try:
            kept: dict[str, Any] = object.__getattribute__(self, "_unknown")
        except AttributeError:
            return {}
        return kept

    def json_items(self) -> Iterator[tuple[str, Any]]:
        """JSON name and value of all that is set, unknown keys included."""
        for name, value in self._set_fields().items():
            yield self._fields[name].json_name, value
        yield from self._kept().items()

    def to_dict(self) -> dict[str, Any]:
        """What is set, as plain dicts and lists: fields under their attribute names, unknown keys under their own."""
        kept = {name: value for name, value in self._kept().items() if name not in self._fields}
        return {name: _plain(value) for name, value in (self._set_fields() | kept).items()}

    def to_str(self) -> str:
        """``to_dict()``, laid out for reading."""
        from pprint import pformat  # for debugging only, and slow to import

        return pformat(self.to_dict())

    __repr__ = to_str

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Model):
            return NotImplemented
        return self._set_fields() == other._set_fields() and self._kept() == other._kept()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._set_fields(), dict(self._kept()))


_OPTIONS_OF_2021 = frozenset({"_spec_property_naming", "_path_to_item", "_configuration", "_visited_composed_classes"})


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _restore(cls: type[T], fields: dict[str, Any], unknown: dict[str, Any]) -> T:
    """A model from values that are already right: for ``copy`` and ``pickle``."""
    model: Any = object.__new__(cls)
    for name, value in fields.items():
        object.__setattr__(model, name, value)
    if unknown:
        object.__setattr__(model, "_unknown", unknown)
    restored: T = model
    return restored


def decode_unchecked(cls: Any, data: Any) -> Any:
    """A model whose values are just as they came, even if they have the wrong type; other JSON comes back as it is."""
    decode_anything(data)
    if not isinstance(data, dict) or not isinstance(cls, ModelMeta):
        return data
    names = {each.json_name: name for name, each in cls._fields.items()}
    fields = {names[key]: value for key, value in data.items() if key in names}
    restore: Any = _restore
    return restore(cls, fields, {key: value for key, value in data.items() if key not in names})


def discard_unknown(value: Any) -> None:
    """Drop the kept keys of the models in an answer, at every level."""
    if isinstance(value, Model):
        object.__setattr__(value, "_unknown", {})
        for item in value._set_fields().values():
            discard_unknown(item)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            discard_unknown(item)
