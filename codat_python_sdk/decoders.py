"""From the fields of a model to the function that reads one from JSON, as source that is compiled once."""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from codat_python_sdk.exceptions import ApiTypeError
from codat_python_sdk.fields import Field
from codat_python_sdk.values import (
    ANYTHING,
    CONTAINERS,
    Decoder,
    decode_anything,
    decoder_of,
    inside,
    mismatch,
    none_type,
    quick_datetime,
)


def compile_decoder(cls: type, fields: Mapping[str, Field], storage: type) -> Decoder:
    """A function from a JSON object to a model: straight-line code, one paragraph per field.

    Interpreting the fields for each object takes about twice as long, which a list of 5,000 connections shows.

    Args:
        cls: The model.
        fields: Its fields by attribute.
        storage: A class with the same slots and nothing else, which is filled at full speed and becomes the model when
            all is well.
    """
    namespace: dict[str, Any] = {
        "cls": cls,
        "storage": storage,
        "new": object.__new__,
        "json_names": frozenset(each.json_name for each in fields.values()),
        "containers": CONTAINERS,
        "mismatch": mismatch,
        "ApiTypeError": ApiTypeError,
        "decode_unknown": decode_anything,
        "inside": inside,
        "quick_datetime": quick_datetime,
    }
    for number, each in enumerate(fields.values()):
        namespace[f"types_{number}"] = each.types
        namespace[f"decode_{number}"] = decoder_of(tuple(t for t in each.types if t is not none_type))
    source = "\n".join(_source(cls.__name__, fields)) + "\n"
    filename = f"<decoder of {cls.__qualname__}>"
    exec(compile(source, filename, "exec"), namespace)
    # So that tracebacks and debuggers show the lines.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    decoder: Decoder = namespace["decode"]
    return decoder


def _source(owner: str, fields: Mapping[str, Field]) -> Iterator[str]:
    """The lines of the decoder."""
    yield "def decode(data):"
    yield "    if type(data) is not dict:"
    yield "        raise mismatch(data, (cls,))"
    yield "    model = new(storage)"
    yield "    absent = 0"
    for number, (name, each) in enumerate(fields.items()):
        yield "    try:"  # which costs nothing when the key is there, as it is nearly always
        yield f"        value = data[{each.json_name!r}]"
        yield "    except KeyError:"
        if each.required:
            message = f"{owner} needs {each.json_name!r}, which is missing"
            yield f"        raise ApiTypeError({message!r}, [{name!r}], types_{number}) from None"
        else:
            yield "        absent += 1"
        yield "    else:"
        yield from ("        " + line for line in _decoding_lines(number, name, each))
        yield f"        model.{name} = value"
    yield f"    if len(data) + absent != {len(fields)}:"
    yield "        unknown = {k: v for k, v in data.items() if k not in json_names}"
    yield "        model._unknown = {k: inside(k, decode_unknown, v) for k, v in unknown.items()}"
    yield "    model.__class__ = cls"
    yield "    return model"


def _decoding_lines(number: int, name: str, each: Field) -> Iterator[str]:
    """Source that turns ``value`` into what the field holds. The usual case stands in line, for a call costs more."""
    kind = each.types[0]
    if kind in (str, int, bool):
        null = " and value is not None" if each.accepts_null else ""
        yield f"if type(value) is not {kind.__name__}{null}:"
        yield f"    raise mismatch(value, types_{number}, {name!r})"
        return
    yield "if value is not None:" if each.accepts_null else "if True:"
    decode = f"value = inside({name!r}, decode_{number}, value)"
    if kind is datetime:
        yield "    try:"
        yield "        value = quick_datetime(value)"
        yield "    except (TypeError, ValueError):"
        yield f"        {decode}"
    elif kind == {str: ANYTHING}:
        yield "    if type(value) is not dict:"
        yield f"        {decode}"
        yield "    for item in value.values():"
        yield "        if type(item) in containers:"
        yield f"            {decode}"
        yield "            break"
    else:
        yield f"    {decode}"
