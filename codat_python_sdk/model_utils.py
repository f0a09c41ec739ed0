"""Models: a class lists its fields once, and all the rest is derived when the class is defined.

A field's annotation says its type and ``field("…")`` its JSON name. From the two come ``openapi_types``,
``attribute_map``, the checks of the constructor, and the decoder.
"""

# The parts of one mechanism know each other, and JSON is Any.
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import re
from abc import ABCMeta
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from codat_python_sdk.dates import Real, is_day, parse_datetime
from codat_python_sdk.decoders import Reading, decode
from codat_python_sdk.exceptions import ApiAttributeError, ApiItemError, ApiTypeError, ApiValueError
from codat_python_sdk.fields import Field, Schema, field
from codat_python_sdk.record import dataclass_transform
from codat_python_sdk.secret import as_secret
from codat_python_sdk.shapes import Shapes
from codat_python_sdk.values import (
    ANYTHING,
    Types,
    as_types,
    by_preference,
    check,
    decode_anything,
    item_types,
    none_type,
    to_json,
)

if TYPE_CHECKING:
    from inspect import Signature

    from typing_extensions import Self

__all__ = [
    "Model",
    "ModelNormal",
    "OpenApiModel",
    "date",
    "datetime",
    "decode_unchecked",
    "discard_unknown",
    "field",
    "model_to_dict",
    "none_type",
]

T = TypeVar("T")


# A class whose annotations are evaluated lazily (Python 3.14, PEP 649) has no entry ``__annotations__`` of its own, so
# that ``cls.__annotations__`` finds those of its metaclass. The getter of ``type`` asks the class, on every Python.
_annotations_of: Callable[[type], dict[str, Any]] = type.__dict__["__annotations__"].__get__  # noqa: RUF063  # inspect takes as long to import as half the package


class ModelMeta(ABCMeta):
    """Turns the fields of a class body into slots, and derives the rest of the class from them.

    It is an ``ABCMeta`` so that a model and an abstract class can have a common subclass.
    """

    # ABCMeta's take twice as long, for classes that are registered. No class is registered as a model.
    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__

    _schema: Schema
    _shapes: Shapes
    _positional: tuple[str, ...]
    openapi_types: dict[str, Types]
    attribute_map: dict[str, str]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **of_subclass: Any) -> ModelMeta:
        own = {n: value for n, value in namespace.items() if isinstance(value, Field)}
        body = {n: value for n, value in namespace.items() if n not in own}
        models = [base for base in bases if isinstance(base, ModelMeta)]
        if not any(model._schema.fields for model in models):
            body.setdefault("__slots__", ())  # a subclass of a model may have a __dict__, for a cached_property
        if not bases:
            return super().__new__(mcs, name, bases, body)
        # The slots live in a class of their own that has no __setattr__: see shapes.compile_shape.
        storages = tuple(model._schema.storage for model in models)
        storage: Any = type(f"{name}Storage", storages, {"__slots__": tuple(own)})
        parent = next(model for model in models if model._schema.storage is storage.__base__)  # it has all the fields
        # In the body, so that no attribute of a mixin comes before them.
        slots = {n: getattr(storage, n) for n in own}
        body |= {n: _list_property(slot) if own[n].is_list else slot for n, slot in slots.items()}
        required = (n for n, declared in own.items() if declared.required)
        body.setdefault("_positional", (*parent._positional, *required))
        cls = super().__new__(mcs, name, (*bases, storage), body, **of_subclass)
        annotations = _annotations_of(cls)
        for attribute, declared in own.items():
            declared.bind(name, attribute, annotations.get(attribute))
        fields: dict[str, Field] = parent._schema.fields | own
        cls._schema = Schema(cls, storage, fields)
        cls._shapes = Shapes(cls._schema)
        cls.openapi_types = {attribute: declared.types for attribute, declared in fields.items()}
        cls.attribute_map = {attribute: declared.json_name for attribute, declared in fields.items()}
        return cls

    @property
    def __signature__(cls) -> Signature:
        """The parameters of the constructor, for ``help()``, notebooks and ``inspect.signature``."""
        if cls.__init__ is not Model.__init__:  # type: ignore[misc]  # it is a class
            raise AttributeError("__signature__")  # a subclass has a constructor of its own
        from inspect import Parameter, Signature, signature

        options = [p for p in signature(Model.__init__).parameters.values() if p.kind is p.KEYWORD_ONLY]
        return Signature(
            [
                Parameter(f.name, Parameter.KEYWORD_ONLY, default=_default(f), annotation=f.annotation)
                for f in cls._schema.fields.values()
            ]
            + options
        )


def _default(declared: Field) -> Any:
    """The default that a field shows in a signature; Python has an empty class for none."""
    from inspect import Parameter

    if declared.required:
        return Parameter.empty
    return [] if declared.is_list else None


def _list_property(slot: Any) -> property:
    """An attribute that reads as an empty list when nothing, or null, is stored.

    The list of an absent field is kept: the field is set as soon as something is in it.
    """
    name = slot.__name__

    def read(model: Any) -> Any:
        value = slot.__get__(model)
        if value is None:
            value = []
            if name in model._unset:
                slot.__set__(model, value)
        return value

    return property(read, slot.__set__)


class _Storage:
    """What a model keeps beside its fields. Once it is built, no slot is empty: a field that is not set holds None.

    Reading an empty slot would need a ``__getattr__``, which makes every attribute of a class three times as slow to
    read on Python 3.10 and 3.11.

    Attributes:
        _extra: The keys of a response that it has no field for; None or a dict.
        _unset: The names of the fields that are not set.
    """

    __slots__ = ("_extra", "_unset")


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
class Model(metaclass=ModelMeta):
    """The base of the model classes: attributes or items, unset kept apart from null, unknown keys kept.

    An item whose name is that of a field is always the field. An unknown key that is spelled like one, such as
    ``last_sync`` where JSON's name is ``lastSync``, is therefore in ``to_json_dict()`` only.

    Args:
        args: The fields that 2021's schema required may be given by position, in its order.
        _configuration: As in 2021, any configuration to have dicts and texts converted to models and dates.
        values: Fields by name.

    Raises:
        ApiTypeError: A required field is missing, or a value has the wrong type.
        ApiAttributeError: There is no such field.
    """

    _schema: ClassVar[Schema] = Schema(_Storage, _Storage, {})
    _positional: ClassVar[tuple[str, ...]] = ()  # the names of what may be given by position
    openapi_types: ClassVar[dict[str, Types]] = {}
    attribute_map: ClassVar[dict[str, str]] = {}
    allowed_values: ClassVar[dict[str, Any]] = {}
    validations: ClassVar[dict[str, Any]] = {}
    additional_properties_type: ClassVar[Any] = None
    discriminator: ClassVar[Any] = None
    _extra: dict[str, Any] | None
    _unset: frozenset[str]

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
        fields = self._schema.fields
        if _spec_property_naming:
            values = _by_attribute(type(self), values, True)
        values = self._with_positional(args, values, _path_to_item)
        if _configuration is not None and _check_type:
            values = {n: _converted_field(fields[n], v) if n in fields else v for n, v in values.items()}
        for name, value in values.items():
            if _check_type:
                self._check(name, value, _path_to_item)
            elif name not in fields:
                self._no_such(name)
        missing = [name for name, declared in fields.items() if declared.required and name not in values]
        if missing:
            raise ApiTypeError(
                f"{type(self).__name__} needs {missing[0]!r}, which is missing", [*_path_to_item, missing[0]]
            )
        _fill(self, self._set_fields() | values, None)  # a subclass may have set some before

    @classmethod
    def _with_positional(
        cls, args: tuple[Any, ...], values: dict[str, Any], path: tuple[str | int, ...] = ()
    ) -> dict[str, Any]:
        """The values by name, and those that were given by position."""
        if len(args) > len(cls._positional):
            raise ApiTypeError(f"{cls.__name__} takes {len(cls._positional)} positional arguments, got {len(args)}")
        by_position = dict(zip(cls._positional, args, strict=False))
        for name in by_position.keys() & values.keys():
            raise ApiTypeError(f"{cls.__name__} got {name!r} by position and by name", [*path, name])
        return by_position | values

    @classmethod
    def _from_openapi_data(
        cls, /, *args: Any, _check_type: bool = True, _spec_property_naming: bool = False, **values: Any
    ) -> Self:
        """A model from data, as 2021 spelled it.

        Args:
            args: As in the constructor.
            _check_type: False to take values as they are.
            _spec_property_naming: True when the keywords are JSON's names; otherwise they are Python's.
            values: Values of the types that the fields have, or as JSON has them; dicts in the place of models may
                have the names of either. Other keywords are kept as unknown keys, those of 2021's options are ignored.
        """
        fields = cls._schema.fields
        values = {name: value for name, value in values.items() if name not in _OPTIONS_OF_2021}
        data = _by_attribute(cls, values, _spec_property_naming)
        known, extra = dict[str, Any](), dict[str, Any]()
        for name, value in cls._with_positional(args, data).items():
            found = fields.get(name)
            if found is None:
                extra[name] = decode_anything(value)
            else:
                known[name] = _converted_field(found, value) if _check_type else value
        for declared in fields.values():
            if _check_type and declared.required and declared.name not in known:
                Reading().missing(declared)
        return _restore(cls, known, extra)

    # -- one field at a time -------------------------------------------------------------------------------------

    def _check(self, name: str, value: Any, path: tuple[str | int, ...] = ()) -> None:
        if name not in self._schema.fields:
            self._no_such(name, path)
        check(value, self._schema.fields[name].types, *path, name)

    def _no_such(self, name: str, path: tuple[str | int, ...] = ()) -> None:
        raise ApiAttributeError(f"{type(self).__name__} has no field {name!r}", [*path, name])

    if not TYPE_CHECKING:  # a type checker should know the fields, and nothing else

        def __setattr__(self, name: str, value: Any) -> None:
            self._check(name, value)
            if not hasattr(self, "_unset"):
                _fill(self, {}, None)
            object.__setattr__(self, name, value)
            if name in self._unset:
                object.__setattr__(self, "_unset", self._unset - {name})

        def __delattr__(self, name: str) -> None:
            if name not in self._set_fields():
                raise ApiAttributeError(f"{type(self).__name__} has no field {name!r} that is set", [name])
            object.__setattr__(self, name, None)
            object.__setattr__(self, "_unset", self._unset | {name})

    def __getitem__(self, name: str) -> Any:
        if name in self._schema.fields:
            return getattr(self, name)
        try:
            return self._extra_keys()[name]
        except KeyError:
            raise ApiItemError(f"{type(self).__name__} has no field or unknown key {name!r}", [name]) from None

    def __setitem__(self, name: str, value: Any) -> None:
        self.__setattr__(name, value)  # which explains a name that is no text

    def set_attribute(self, name: str, value: Any) -> None:
        """Set a field by its name; raises as an assignment does."""
        self[name] = value

    def __delitem__(self, name: str) -> None:
        if name in self._schema.fields:
            delattr(self, name)
        else:
            self[name]
            del self._extra_keys()[name]

    def __contains__(self, name: object) -> bool:
        return name in self._items()

    def get(self, name: str, default: Any = None) -> Any:
        """The item, or ``default`` when it was not set; a null that was set is None."""
        return self[name] if name in self else default  # noqa: SIM401

    # -- all of them ---------------------------------------------------------------------------------------------

    def _set_fields(self) -> dict[str, Any]:
        """Attribute name → value, of the fields that are set."""
        storage, fields = self._schema.storage, self._schema.fields
        if not hasattr(self, "_unset"):  # it could not be built
            return {}
        values = {name: getattr(storage, name).__get__(self) for name in fields}
        # Somebody may have put rows into the list that an absent field reads as.
        return {n: value for n, value in values.items() if n not in self._unset or (fields[n].is_list and value)}

    def _extra_keys(self) -> dict[str, Any]:
        """JSON name → value, of the keys in the response that are no fields."""
        return getattr(self, "_extra", None) or {}

    def _items(self) -> dict[str, Any]:
        extra = {name: value for name, value in self._extra_keys().items() if name not in self._schema.fields}
        return self._set_fields() | extra

    # There is no ``__len__``: a model is true whatever is set.

    def keys(self) -> KeysView[str]:
        """What is set: attribute names of fields, and JSON names of unknown keys. So ``dict(model)`` works."""
        return self._items().keys()

    def values(self) -> ValuesView[Any]:
        """The values that belong to ``keys()``, as they read."""
        return dict(self.items()).values()

    def items(self) -> ItemsView[str, Any]:
        """Both, one level deep: models inside stay models."""
        return {name: self[name] for name in self}.items()

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def json_items(self) -> Iterator[tuple[str, Any]]:
        """JSON name and value of all that is set, unknown keys included."""
        for name, value in self._set_fields().items():
            yield self._schema.fields[name].json_name, value
        yield from self._extra_keys().items()

    def to_dict(self) -> dict[str, Any]:
        """The values that are set, as plain dicts and lists: fields by attribute name, unknown keys by their own."""
        return {name: _plain(value) for name, value in self._items().items()}

    def to_json_dict(self) -> dict[str, Any]:
        """The values that are set, as JSON: fields under their JSON names, dates as ISO 8601.

        Raises:
            ApiValueError: It holds a value that JSON cannot represent.
        """
        plain: dict[str, Any] = to_json(self)
        return plain

    def to_json(self) -> str:
        """``to_json_dict()`` as text; numbers that are keys become texts, as ``json`` makes them.

        Raises:
            ApiValueError: It holds what JSON cannot: NaN or an infinite number, a key such as a tuple.
        """
        try:
            return json.dumps(self.to_json_dict(), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ApiValueError(f"{type(self).__name__} cannot be written as JSON: {error}") from None

    def __json__(self, *_: Any) -> dict[str, Any]:
        """``to_json_dict()`` under the name that kombu (Celery) and Pyramid look for."""
        return self.to_json_dict()

    def to_str(self) -> str:
        """``to_dict()``, formatted for reading, without the queries of URLs that may hold one-time codes."""
        from pprint import pformat  # for debugging only, and slow to import

        return pformat(_printable(self))

    __repr__ = to_str

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Model):
            return NotImplemented
        return self._set_fields() == other._set_fields() and self._extra_keys() == other._extra_keys()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __replace__(self, /, **changes: Any) -> Self:
        """A copy with other values, for ``copy.replace``; raises as setting them does."""
        other = _restore(type(self), self._set_fields(), dict(self._extra_keys()))
        for name, value in changes.items():
            other[name] = value
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self._set_fields(), dict(self._extra_keys()))

    # -- Pydantic, and so FastAPI --------------------------------------------------------------------------------

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> dict[str, Any]:
        """How Pydantic reads and writes a model: from one, or from a JSON object, and as a JSON object."""
        from codat_python_sdk.pydantic_schemas import core_schema

        return core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        """What Pydantic, and FastAPI's OpenAPI description, say of a model."""
        from codat_python_sdk.pydantic_schemas import json_schema

        return json_schema(cls)


# The names of the base classes in 2021.
OpenApiModel = ModelNormal = Model


def model_to_dict(model_instance: Model, serialize: bool = True) -> dict[str, Any]:
    """The values that are set, as plain dicts and lists, under JSON's names; under Python's with ``serialize=False``.

    Dates stay dates, as in 2021; ``to_json_dict`` writes them as text.
    """
    if not serialize:
        return model_instance.to_dict()
    return {name: _plainly(value, model_to_dict) for name, value in model_instance.json_items()}


_OPTIONS_OF_2021 = frozenset({"_path_to_item", "_configuration", "_visited_composed_classes"})


def _attribute(schema: Schema, name: str, json_first: bool) -> str:
    """The attribute that a keyword means, by Python's name or by JSON's; the keyword itself for an unknown one."""
    by_json_name = schema.by_json_name
    is_json_name = name in by_json_name and (json_first or name not in schema.fields)
    return by_json_name[name].name if is_json_name else name


def _by_attribute(cls: ModelMeta, values: dict[str, Any], json_first: bool) -> dict[str, Any]:
    """Keywords under the names of the attributes."""
    named = dict[str, Any]()
    for name, value in values.items():
        attribute = _attribute(cls._schema, name, json_first)
        if attribute in named:
            raise ApiTypeError(f"{cls.__name__} got {attribute!r} by two names", [attribute])
        named[attribute] = value
    return named


def _converted_field(declared: Field, value: Any) -> Any:
    """A value of the field's types, from one or from what JSON has for it."""
    if (value is None and declared.accepts_null) or _fits(value, declared.types):
        return value
    reading = Reading()
    reading.path = (declared,)
    return decode(_json_of(value, declared.types), declared.types, reading)


def _json_of(value: Any, types: Types) -> Any:
    """What JSON has for a value: its dicts in the place of models may have the names of attributes."""
    if isinstance(value, (Model, Real.date)):
        return to_json(value)
    for t in types:
        if isinstance(t, list) and isinstance(value, (list, tuple)):
            return [_json_of(item, item_types(t)) for item in value]
        if isinstance(t, ModelMeta) and isinstance(value, Mapping):
            fields = t._schema.fields
            return {
                fields[n].json_name if n in fields else n: _json_of(item, fields[n].types if n in fields else ())
                for n, item in _by_attribute(t, dict(value), False).items()
            }
    return dict(value) if isinstance(value, Mapping) else value


def _fits(value: Any, types: Types) -> bool:
    try:
        check(value, types)
    except ApiTypeError:
        return False
    return True


def _plain(value: Any) -> Any:
    return _plainly(value, Model.to_dict)


def _plainly(value: Any, of_model: Callable[[Any], Any]) -> Any:
    """Plain dicts and lists, where ``of_model`` says what a model becomes."""
    if isinstance(value, Model):
        return of_model(value)
    if isinstance(value, (list, tuple)):
        return [_plainly(item, of_model) for item in value]
    if isinstance(value, Mapping):
        return {key: _plainly(item, of_model) for key, item in value.items()}
    return value


def _printable(model: Model) -> dict[str, Any]:
    return _shown_items(model._items(), model._schema.fields)


def _shown_items(items: dict[str, Any], fields: dict[str, Field]) -> dict[str, Any]:
    return {name: _shown(fields.get(name), value) for name, value in items.items()}


def _shown(field: Field | None, value: Any) -> Any:
    """What ``repr`` shows of a value; the field is None for a key that is not known."""
    if field is not None and (field.secret or field.secret_query):
        return _without_query(value) if field.secret_query or value is None else as_secret("hidden")
    if isinstance(value, (list, tuple)):
        return [_shown(field, item) for item in value]
    cls = None if field is None else _model_in(field.types)
    if cls is not None and isinstance(value, dict):  # it was not decoded, and may hold what the model would not show
        return _shown_items(value, cls._schema.by_json_name)
    return _plainly(value, _printable)


def _model_in(types: Types) -> ModelMeta | None:
    """The model that a value, or an item of it, should be."""
    for t in types:
        if isinstance(t, ModelMeta):
            return t
        if isinstance(t, list):
            return _model_in(item_types(t))
    return None


def _without_query(url: Any) -> Any:
    """A URL without what follows its path; anything else by its type alone, since it may be as secret."""
    if url is None:
        return None
    if not isinstance(url, str):
        return f"<{type(url).__name__}>"
    path = re.split("[?#]", url, maxsplit=1)[0]
    return path if path == url else f"{path}?…"


def _restore(cls: type[T], fields: dict[str, Any], extra: dict[str, Any]) -> T:
    """A model from values that are already right: for ``copy`` and ``pickle``."""
    model: Any = object.__new__(cls)
    _fill(model, fields, extra)
    restored: T = model
    return restored


def _fill(model: Any, values: dict[str, Any], extra: dict[str, Any] | None) -> None:
    """Store the values of all fields: None for those that have none, which are noted as unset."""
    schema: Schema = model._schema
    for name in schema.fields:
        schema.store[name](model, values.get(name))
    schema.store["_extra"](model, extra)
    schema.store["_unset"](model, frozenset(schema.fields.keys() - values.keys()))


def decode_unchecked(cls: Any, data: Any) -> Any:
    """A model whose values are just as they came, even if they have the wrong type; other JSON comes back as it is."""
    decode_anything(data)
    if not isinstance(data, dict) or not isinstance(cls, ModelMeta):
        return data
    fields = cls._schema.by_json_name
    known = {fields[key].name: value for key, value in data.items() if key in fields}
    restore: Any = _restore
    return restore(cls, known, {key: value for key, value in data.items() if key not in fields})


def convert_unchecked(value: Any, types: Types) -> Any:
    """A JSON document as the types want it, as far as it fits: the models in its lists and dicts, and dates.

    The values inside of models, and what does not fit, are just as they came.
    """
    decode_anything(value)
    return _converted(value, types)


def _converted(value: Any, types: Types) -> Any:
    for t in () if types == ANYTHING else by_preference(types):
        if isinstance(t, list) and isinstance(value, list):
            return [_converted(item, item_types(t)) for item in value]
        if isinstance(t, dict) and isinstance(value, dict):
            return {key: _converted(item, as_types(*t.values())) for key, item in value.items()}
        if isinstance(t, ModelMeta) and isinstance(value, dict):
            return decode_unchecked(t, value)
        if t is Real.datetime and Real.date in types and isinstance(value, str) and is_day(value):
            continue
        if t in (Real.date, Real.datetime) and isinstance(value, str):
            with suppress(ValueError):
                moment = parse_datetime(value)
                return moment.date() if t is Real.date else moment
    return value


def discard_unknown(value: Any) -> None:
    """Drop the unknown keys of the models in a response, at every level."""
    if isinstance(value, Model):
        object.__setattr__(value, "_extra", {})
        for item in value._set_fields().values():
            discard_unknown(item)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            discard_unknown(item)
