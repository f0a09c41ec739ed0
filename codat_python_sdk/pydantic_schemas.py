"""What Pydantic wants to know of a model, as plain dicts: nothing is imported from it."""

# JSON is Any, and the model's parts belong to one mechanism.
# pyright: reportPrivateUsage=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from codat_python_sdk.dates import Real
from codat_python_sdk.decoders import decoder_of
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.fields import Field
from codat_python_sdk.values import ANYTHING, Types, as_types, item_types, none_type, to_json


def core_schema(cls: Any) -> dict[str, Any]:
    """A ``pydantic_core`` schema: takes a model or a JSON object, gives a JSON object."""
    decode = decoder_of((cls,))

    def validate(value: Any) -> Any:
        if isinstance(value, cls):
            return value
        try:
            return decode(value)
        except ApiTypeError as error:
            if isinstance(value, Mapping):  # of Python's values, such as a row of a database, or with dates in it
                with suppress(ApiTypeError, ApiValueError):
                    return decode(to_json(value))
            raise ValueError(error.message) from error  # of ours only this makes a ValidationError

    def serialize(model: Any, handler: Any, info: Any) -> Any:
        leaves_out = info.exclude_none or info.exclude_defaults
        plain = _plain(model, info) if leaves_out else to_json(model)
        return handler(plain)  # Pydantic applies include and exclude to the plain dicts

    return {
        "type": "function-plain",
        "function": {"type": "no-info", "function": validate},
        "serialization": {
            "type": "function-wrap",
            "function": serialize,
            "info_arg": True,
            "schema": {"type": "any"},
        },
    }


def _plain(value: Any, info: Any) -> Any:
    """The same as ``to_json`` gives, without the fields that ``exclude_none`` and ``exclude_defaults`` leave out."""
    if isinstance(value, (list, tuple)):
        return [_plain(item, info) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item, info) for key, item in value.items()}
    if not hasattr(value, "json_items") or isinstance(value, type):
        return to_json(value)
    fields: dict[str, Field] = value._schema.by_json_name
    return {
        name: _plain(item, info)
        for name, item in value.json_items()
        if not (info.exclude_none and item is None)
        and not (info.exclude_defaults and _is_default(fields.get(name), item))
    }


def _is_default(field: Field | None, value: Any) -> bool:
    if field is None or field.required:
        return False
    return value is None or (field.is_list and value == [])


def json_schema(cls: Any) -> dict[str, Any]:
    """A JSON schema under JSON's names, with the schemas of the models inside in place."""
    fields: dict[str, Field] = cls._schema.fields
    schema: dict[str, Any] = {
        "title": cls.__name__,
        "type": "object",
        "properties": {field.json_name: _of_types(field.types, field.accepts_null) for field in fields.values()},
    }
    if cls.__doc__:
        schema["description"] = cls.__doc__.strip()
    required = [field.json_name for field in fields.values() if field.required]
    return schema | ({"required": required} if required else {})


def _of_types(types: Types, nullable: bool = False) -> dict[str, Any]:
    if types == ANYTHING:
        return {}
    options = [_of_one(t) for t in types if t is not none_type]
    if nullable or none_type in types:
        options.append({"type": "null"})
    return options[0] if len(options) == 1 else {"anyOf": options}


def _of_one(t: Any) -> dict[str, Any]:
    if isinstance(t, list):
        return {"type": "array", "items": _of_types(item_types(t))}
    if isinstance(t, dict):
        return {"type": "object", "additionalProperties": _of_types(as_types(*t.values())) or True}
    return dict(_SIMPLE[t]) if t in _SIMPLE else json_schema(t)


_SIMPLE: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    dict: {"type": "object"},
    list: {"type": "array"},
    Real.date: {"type": "string", "format": "date"},
    Real.datetime: {"type": "string", "format": "date-time"},
}
