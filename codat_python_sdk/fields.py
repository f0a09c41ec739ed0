"""One line of a schema."""

from __future__ import annotations

from typing import Any, Union, get_args, get_origin

from codat_python_sdk.values import ANYTHING, Types, none_type


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
        optional_model = not self.required and hasattr(self.types[0], "decoder")
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
