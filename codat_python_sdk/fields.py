"""One line of a schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union, get_args, get_origin

from codat_python_sdk.dates import unfrozen
from codat_python_sdk.values import ANYTHING, Types, none_type


class Field:
    """One line of a schema.

    Attributes:
        owner: Name of the model that declares it.
        name: The attribute.
        annotation: Its annotation in the class.
        json_name: The key in JSON.
        required: Whether a model cannot be without it.
        nullable: Whether a caller may set it to None.
        is_list: Whether it reads as a list even when it is absent or null.
        secret_query: Whether it is a URL whose query must not be shown.
        secret: Whether the value must not be shown at all.
        types: What it may hold, as ``openapi_types`` writes it.
        accepts_null: Whether a response may hold null here: in every optional field, whatever the schema says. Codat
            has corrected its own schema at least five times after clients had failed on a null.
    """

    owner: str
    name: str
    annotation: Any
    types: Types
    accepts_null: bool

    def __init__(
        self, json_name: str, *, required: bool, nullable: bool, is_list: bool, secret_query: bool, secret: bool
    ) -> None:
        self.json_name = json_name
        self.required = required
        self.nullable = nullable
        self.is_list = is_list
        self.secret_query = secret_query
        self.secret = secret

    def bind(self, owner: str, name: str, annotation: Any) -> None:
        """Take the types from the annotation, in which ``| None`` also stands for what an absent field reads as."""
        if isinstance(annotation, str):
            advice = "write it without quotes, and do not import annotations from __future__"
            raise TypeError(f"the annotation of {owner}.{name} must be a type, got a text; {advice}")
        self.owner, self.name, self.annotation = owner, name, annotation
        try:
            types = _types_of(annotation)
        except TypeError:
            kinds = "models, str, int, float, bool, date, datetime, dict, list, Any and None"
            raise TypeError(f"the annotation of {owner}.{name} must consist of {kinds}, got {annotation!r}") from None
        if types != ANYTHING:
            can_be_null = self.nullable and (none_type in types or self.is_list)
            types = (*(t for t in types if t is not none_type), *((none_type,) if can_be_null else ()))
        self.types = types
        self.accepts_null = none_type in self.types or not self.required


_UNIONS = (Union, type(int | None))


def _types_of(annotation: Any) -> Types:
    options = get_args(annotation) if get_origin(annotation) in _UNIONS else (annotation,)
    return ANYTHING if Any in options else tuple(map(_type_of, options))


def _type_of(annotation: Any) -> Any:
    if get_args(annotation):
        items = _types_of(get_args(annotation)[-1])
        if get_origin(annotation) is list:
            return [items[0] if len(items) == 1 else items]
        if get_origin(annotation) is dict:
            return {str: items}
    real = unfrozen(annotation)
    if real in ANYTHING or hasattr(real, "_schema"):
        return real
    raise TypeError  # what it would take from a response, nobody can tell


def field(
    json_name: str,
    *,
    default: Any = ...,
    default_factory: Callable[[], list[Any]] | None = None,
    nullable: bool = True,
    secret_query: bool = False,
    secret: bool = False,
) -> Any:
    """Declare a field by its JSON name.

    Args:
        json_name: The key in JSON.
        default: None for an optional field, which reads as None when it is absent; left out for a required one.
        default_factory: ``list`` for an optional field that reads as a list, empty when it is absent or null.
        nullable: False for an optional field that the schema does not allow to be null. A caller may not set it to
            None; a response may hold null all the same.
        secret_query: True for a URL whose query may hold a one-time code: ``repr`` and ``to_str`` leave the query out.
        secret: True for a value that ``repr`` and ``to_str`` show as a mask, such as a token.
    """
    required = default is ... and default_factory is None
    return Field(
        json_name,
        required=required,
        nullable=nullable,
        is_list=default_factory is list,
        secret_query=secret_query,
        secret=secret,
    )


class Schema:
    """The fields of a model, and what is derived from them.

    Attributes:
        cls: The model.
        storage: A class with the same slots and nothing else: no ``__setattr__``.
        fields: By attribute.
        by_json_name: The same by their JSON names.
        store: Attribute → the function that stores its value in a model.
        readers: What ``decoders`` makes of the fields at the first use.
    """

    def __init__(self, cls: type, storage: type, fields: dict[str, Field]) -> None:
        self.cls = cls
        self.storage = storage
        self.fields = fields
        self.by_json_name: dict[str, Field] = {field.json_name: field for field in fields.values()}
        self.store: dict[str, Callable[[Any, Any], None]] = {
            name: getattr(storage, name).__set__ for name in (*fields, "_extra", "_unset")
        }
        self.readers: tuple[Any, ...] = ()
