"""Fields and models: a class lists its fields once, and all the rest is derived when the class is defined.

A field's annotation says its type and ``field("…")`` its JSON name. From the two come ``openapi_types``,
``attribute_map``, the checks of the constructor and a decoder, compiled once per class. This is the only file that
knows python-dateutil.
"""

# The parts of one mechanism know each other, and JSON is Any.
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import contextlib
import linecache
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Union, get_args, get_origin

from codat_python_sdk.exceptions import ApiAttributeError, ApiKeyError, ApiTypeError, ApiValueError

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[type], type]:
        """What typing has from Python 3.11 on."""
        return lambda cls: cls


T = TypeVar("T")

none_type = type(None)

# The type of a field, an argument or an answer in the manner of 2021: a tuple of the classes that will do, in which
# [X] stands for a list of X and {str: X} for a dict of X.
Types = tuple[Any, ...]
Decoder = Callable[[Any], Any]

#: Any JSON value, as ``openapi_types`` writes it.
ANYTHING: Types = (bool, date, datetime, dict, float, int, list, str, none_type)
#: Deeper values would end a later ``repr`` or ``pickle`` in a RecursionError.
MAX_NESTING = 100


def describe(types: Types) -> str:
    """``(str, none_type)`` as ``str or None``."""
    return "anything" if types == ANYTHING else " or ".join(map(_describe_one, types))


def _describe_one(t: Any) -> str:
    if isinstance(t, list):
        return f"list of {describe(as_types(t[0]))}"
    if isinstance(t, dict):
        return f"dict of {describe(as_types(*t.values()))}"
    return "None" if t is none_type else str(t.__name__)


def as_types(spec: Any) -> Types:
    """A lone class as a tuple of one."""
    return spec if isinstance(spec, tuple) else (spec,)


def mismatch(value: Any, types: Types, *path: str | int) -> ApiTypeError:
    """The error for a value of the wrong type. It names types and not the value, which may be a secret."""
    return ApiTypeError(f"expected {describe(types)}, got {type(value).__name__}", path, types)


# -- from JSON ---------------------------------------------------------------------------------------------------------


def decode_datetime(text: Any) -> datetime:
    """A date and time as Codat sends it: ``Z`` is UTC, an offset stays, no zone is naive, a date alone is midnight.

    Codat sends up to seven decimals of a second; datetime keeps six.
    """
    try:
        return datetime.fromisoformat(text)
    except TypeError:
        raise mismatch(text, (datetime,)) from None
    except ValueError:
        return _decode_odd_datetime(text)


def _decode_odd_datetime(text: str) -> datetime:
    try:
        parsed = _isoparse()(text)
    except (ValueError, OverflowError):
        raise ApiTypeError("expected an ISO 8601 date and time, got another text", (), (datetime,)) from None
    offset = parsed.utcoffset()
    return parsed if offset is None else parsed.replace(tzinfo=timezone(offset))


@cache
def _isoparse() -> Callable[[str], datetime]:
    # Most processes never need it (on Python 3.10, which cannot read "Z", all do), and it is slow to import.
    from dateutil.parser import isoparse

    return isoparse


def _decode_date(text: Any) -> date:
    return decode_datetime(text).date()


def decode_anything(value: Any) -> Any:
    """Any JSON value as it is, unless it is nested more than ``MAX_NESTING`` levels deep."""
    level: list[Any] = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_NESTING):
        if not level:
            return value
        items = (item for v in level for item in (v.values() if isinstance(v, dict) else v))
        level = [item for item in items if type(item) in _CONTAINERS]
    raise NestedTooDeeply(f"nested more than {MAX_NESTING} levels deep")


_CONTAINERS: frozenset[type] = frozenset({dict, list})


class NestedTooDeeply(ApiTypeError):
    """A value that is safer not to handle at all."""


def _decode_scalar(cls: type) -> Decoder:
    accepted = (int, float) if cls is float else (cls,)

    def decode(value: Any) -> Any:
        if value.__class__ not in accepted:
            raise mismatch(value, (cls,))
        return value

    return decode


def _decode_list(item_types: Types) -> Decoder:
    decode_item = decoder_of(item_types)

    def decode(value: Any) -> Any:
        if value.__class__ is not list:
            raise mismatch(value, ([item_types],))
        try:
            return [decode_item(item) for item in value]
        except ApiTypeError:
            for index, item in enumerate(value):  # where it was is asked only when it went wrong
                with_step(decode_item, item, index)
            raise

    return decode


def _decode_dict(value_types: Types) -> Decoder:
    decode_value = decoder_of(value_types)

    def decode(value: Any) -> Any:
        if value.__class__ is not dict:
            raise mismatch(value, ({str: value_types},))
        if decode_value is decode_anything:
            return decode_anything(value)
        return {key: with_step(decode_value, item, key) for key, item in value.items()}

    return decode


def with_step(decode: Decoder, value: Any, step: str | int) -> Any:
    """``decode(value)``; what is wrong inside is reported as being at ``step``."""
    try:
        return decode(value)
    except ApiTypeError as error:
        raise error.inside(step) from None


def decoder_of(types: Types) -> Decoder:
    """A function from a JSON value to one of the types; it raises ApiTypeError with the path to what is wrong."""
    if types == ANYTHING:
        return decode_anything
    options = [_decoder_of_one(t) for t in types if t is not none_type]
    nullable = none_type in types
    if len(options) == 1 and not nullable:
        return options[0]

    def decode(value: Any) -> Any:
        if value is None and nullable:
            return None
        error = mismatch(value, types)
        for option in options:
            try:
                return option(value)
            except ApiTypeError as reason:
                # With several options none of the reasons is the reason.
                error = reason if len(options) == 1 else error
        raise error

    return decode


def _decoder_of_one(t: Any) -> Decoder:
    if isinstance(t, list):
        return _decode_list(as_types(t[0]))
    if isinstance(t, dict):
        return _decode_dict(as_types(*t.values()))
    if t is datetime:
        return decode_datetime
    if t is date:
        return _decode_date
    if issubclass(t, Model):
        return model_decoder(t)
    if t in (dict, list):
        return lambda value: decode_anything(_decode_scalar(t)(value))
    return _decode_scalar(t)


# -- Python values -----------------------------------------------------------------------------------------------------


def check(value: Any, types: Types, *path: str | int) -> None:
    """Make sure that a value may stand where these types are due; a bool is not an int.

    Raises:
        ApiTypeError: It may not. ``path_to_item`` leads to it, into lists and dicts.
    """
    for t in types:
        if isinstance(t, list) and isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                check(item, as_types(t[0]), *path, index)
            return
        if isinstance(t, dict) and isinstance(value, Mapping):
            for key, item in value.items():
                check(key, (str,), *path, str(key))
                check(item, as_types(*t.values()), *path, key)
            return
        if isinstance(t, type) and isinstance(value, t) and not (t is int and isinstance(value, bool)):
            return
    raise mismatch(value, types, *path)


def to_json(value: Any) -> Any:
    """A value as ``json`` takes it: models under their JSON names, dates as ISO 8601.

    Raises:
        ApiValueError: There is something in it that JSON has no form for.
    """
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    form = value if isinstance(value, dict) else json_form(value)
    return form if isinstance(form, str) else {key: to_json(item) for key, item in form.items()}


def json_form(value: Any) -> str | dict[str, Any]:
    """What stands in JSON for a value that JSON has no type for; raises as ``to_json`` does."""
    if isinstance(value, Model):
        return dict(value.json_items())
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise ApiValueError(f"JSON has no form for {type(value).__name__}")


# -- fields and models -------------------------------------------------------------------------------------------------


class Field:
    """One line of a schema."""

    def __init__(self, json_name: str, required: bool, nullable: bool) -> None:
        self.json_name = json_name
        self.required = required
        self.nullable = nullable
        self.types: Types = ()

    def bind(self, annotation: Any) -> None:
        """Take the types from the annotation, in which ``| None`` also stands for what an absent field reads as."""
        options = get_args(annotation) if get_origin(annotation) in _UNIONS else (annotation,)
        types = [_type_of(option) for option in options if option is not none_type]
        if none_type in options and self.nullable:
            types.append(none_type)
        self.types = ANYTHING if types == [Any] else tuple(types)

    @property
    def accepts_null(self) -> bool:
        """Whether an answer may hold null: also for an object that is not there, whatever the schema says."""
        optional_model = not self.required and isinstance(self.types[0], type) and issubclass(self.types[0], Model)
        return none_type in self.types or optional_model


_UNIONS = (Union, type(int | None))


def _type_of(annotation: Any) -> Any:
    if get_origin(annotation) is list:
        return [_type_of(get_args(annotation)[0])]
    if get_origin(annotation) is dict:
        item = get_args(annotation)[1]
        return {str: ANYTHING if item is Any else (_type_of(item),)}
    return annotation


def field(json_name: str, *, default: Any = ..., nullable: bool = True) -> Any:
    """Declare a field by its JSON name. With ``default=None`` it is optional and reads as None when it is absent.

    Args:
        json_name: The key in JSON.
        default: None for an optional field; left out for a required one.
        nullable: False for an optional field that the schema does not allow to be null.
    """
    return Field(json_name, required=default is ..., nullable=nullable)


class ModelMeta(type):
    """Turns the fields of a class body into slots, and derives the rest of the class from them."""

    _fields: dict[str, Field]
    _storage: type
    openapi_types: dict[str, Types]
    attribute_map: dict[str, str]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelMeta:  # noqa: D102
        own = {n: value for n, value in namespace.items() if isinstance(value, Field)}
        body = {n: value for n, value in namespace.items() if n not in own} | {"__slots__": ()}
        if not bases:
            return super().__new__(mcs, name, bases, body)
        # The slots live in a class of their own that has no __setattr__: the decoder fills one of those at full speed
        # and turns it into the model when all is well.
        parent: Any = bases[0]
        storage = type(f"{name}Storage", (parent._storage,), {"__slots__": tuple(own)})
        cls = super().__new__(mcs, name, (*bases, storage), body)
        for attribute, each in own.items():
            each.bind(cls.__annotations__[attribute])
        cls._storage = storage
        cls._fields = parent._fields | own
        cls.openapi_types = {attribute: each.types for attribute, each in cls._fields.items()}
        cls.attribute_map = {attribute: each.json_name for attribute, each in cls._fields.items()}
        return cls


class _Storage:
    """Where a model keeps the keys of an answer that it has no field for; the slot is empty when there are none."""

    __slots__ = ("_unknown",)


@cache
def model_decoder(cls: ModelMeta) -> Decoder:
    """A function from a JSON object to a model: straight-line code, one paragraph per field.

    Interpreting the fields for each object takes about twice as long, which a list of 5,000 connections shows. Made
    once per class, when it is first wanted: few processes want all.
    """
    namespace: dict[str, Any] = {
        "cls": cls,
        "storage": cls._storage,
        "new": object.__new__,
        "json_names": frozenset(each.json_name for each in cls._fields.values()),
        "containers": _CONTAINERS,
        "mismatch": mismatch,
        "ApiTypeError": ApiTypeError,
        "decode_unknown": decode_anything,
        "with_step": with_step,
        "fromisoformat": datetime.fromisoformat,
    }
    for number, each in enumerate(cls._fields.values()):
        namespace[f"types_{number}"] = each.types
        namespace[f"decode_{number}"] = decoder_of(tuple(t for t in each.types if t is not none_type))
    source = "\n".join(_decoder_source(cls)) + "\n"
    filename = f"<decoder of {cls.__qualname__}>"
    exec(compile(source, filename, "exec"), namespace)
    # So that tracebacks and debuggers show the lines.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    decoder: Decoder = namespace["decode"]
    return decoder


def _decoder_source(cls: ModelMeta) -> Iterator[str]:
    """The lines of the decoder: first for objects with just the known keys, as nearly all are, then for all others."""
    yield "def decode(data):"
    yield "    if data.__class__ is not dict:"
    yield "        raise mismatch(data, (cls,))"
    yield "    model = new(storage)"
    yield f"    if len(data) == {len(cls._fields)}:"
    yield "        try:"
    for number, (name, each) in enumerate(cls._fields.items()):
        yield f"            value = data[{each.json_name!r}]"
        yield from _indented(12, _decoding_lines(number, name, each))
        yield f"            model.{name} = value"
    yield "            model.__class__ = cls"
    yield "            return model"
    yield "        except KeyError:"
    yield "            model = new(storage)"
    yield "    known = 0"
    for number, (name, each) in enumerate(cls._fields.items()):
        yield f"    if {each.json_name!r} in data:"
        yield f"        value = data[{each.json_name!r}]"
        yield from _indented(8, _decoding_lines(number, name, each))
        yield f"        model.{name} = value"
        yield "        known += 1"
        if each.required:
            message = f"{cls.__name__} needs {each.json_name!r}, which is missing"
            yield "    else:"
            yield f"        raise ApiTypeError({message!r}, [{name!r}], types_{number})"
    yield "    if known != len(data):"
    yield "        unknown = {k: v for k, v in data.items() if k not in json_names}"
    yield "        model._unknown = {k: with_step(decode_unknown, v, k) for k, v in unknown.items()}"
    yield "    model.__class__ = cls"
    yield "    return model"


def _indented(columns: int, lines: list[str]) -> list[str]:
    return [" " * columns + line for line in lines]


def _decoding_lines(number: int, name: str, each: Field) -> list[str]:
    """Source that turns ``value`` into what the field holds. The usual case stands in line, for a call costs more."""
    kind = each.types[0]
    null = "value is not None and " if each.accepts_null else ""
    if kind in (str, int, bool):
        return [
            f"if {null}value.__class__ is not {kind.__name__}:",
            f"    raise mismatch(value, types_{number}, {name!r})",
        ]
    decode = [
        "try:",
        f"    value = decode_{number}(value)",
        "except ApiTypeError as error:",
        f"    raise error.inside({name!r}) from None",
    ]
    if kind is datetime:
        fast = ["try:", "    value = fromisoformat(value)", "except (TypeError, ValueError):"]
        return [f"if {null}True:", *_indented(4, fast), *_indented(8, decode)]
    if kind == {str: ANYTHING}:
        flat = [
            "for item in value.values():",
            "    if item.__class__ in containers:",
            "        break",
            "else:",
            "    flat = True",
        ]
        return [
            "flat = value is None" if each.accepts_null else "flat = False",
            "if value.__class__ is dict:",
            *_indented(4, flat),
            "if not flat:",
            *_indented(4, decode),
        ]
    return [f"if {null}True:", *_indented(4, decode)]


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

    __hash__ = None  # type: ignore[assignment]

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
