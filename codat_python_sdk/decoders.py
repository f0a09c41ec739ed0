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
    mismatch,
    none_type,
    with_step,
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
        "with_step": with_step,
        "fromisoformat": datetime.fromisoformat,
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
    """The lines of the decoder: first for objects with just the known keys, as nearly all are, then for all others."""
    yield "def decode(data):"
    yield "    if data.__class__ is not dict:"
    yield "        raise mismatch(data, (cls,))"
    yield "    model = new(storage)"
    yield f"    if len(data) == {len(fields)}:"
    yield "        try:"
    for number, (name, each) in enumerate(fields.items()):
        yield f"            value = data[{each.json_name!r}]"
        yield from _indented(12, _decoding_lines(number, name, each))
        yield f"            model.{name} = value"
    yield "            model.__class__ = cls"
    yield "            return model"
    yield "        except KeyError:"
    yield "            model = new(storage)"
    yield "    known = 0"
    for number, (name, each) in enumerate(fields.items()):
        yield f"    if {each.json_name!r} in data:"
        yield f"        value = data[{each.json_name!r}]"
        yield from _indented(8, _decoding_lines(number, name, each))
        yield f"        model.{name} = value"
        yield "        known += 1"
        if each.required:
            message = f"{owner} needs {each.json_name!r}, which is missing"
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
