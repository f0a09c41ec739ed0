"""Rows of lists at full speed: a function per model and shape, as source that is compiled once.

A shape is the keys of an object in their order. Nearly all rows of a list have the same one, so that a function for
just these keys need not look for any of them: it gets all values at once, checks them in one expression and stores
them in straight lines, row after row. Per row of twelve fields that takes 10,000 instructions, and the general
decoder in ``decoders`` 57,000 (Python 3.11).

It takes only what is as usual: right types, null where that may be, dates in ISO 8601. It leaves any other row, and
any of another shape, as it is; the general decoder, or the function for that shape, reads that one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from codat_python_sdk.dates import Real
from codat_python_sdk.decoders import Reading, read_function
from codat_python_sdk.fields import Field, Schema
from codat_python_sdk.values import ANYTHING, CONTAINERS, decode_anything, none_type

#: From a list, the index to begin at, what gets the values of a row or raises KeyError, and what parses its dates or
#: raises ValueError. It replaces rows by models, and returns the index of the first one that it left as it was, or the
#: length of the list.
FastDecoder = Callable[[list[Any], int, Callable[[dict[str, Any]], Iterable[Any]], Callable[[str], datetime]], int]
Shape = tuple[str, ...]

# Compiling takes as long as reading a hundred rows in the general decoder.
_MIN_ROWS = 100
# Whoever controls a response must not be able to make a process compile, or remember, forever.
_MAX_COMPILED = 16
_MAX_REMEMBERED = 64
_MAX_KEY_CHARACTERS = 2_000


class Shapes:
    """The shapes that a model's rows have had.

    Attributes:
        compiled: The functions that there are.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.compiled: dict[Shape, FastDecoder] = {}
        self._seen: dict[Shape, int] = {}

    def count(self, shape: Shape) -> FastDecoder | None:
        """Count a shape that has no function; one that comes often gets it."""
        if not shape or len(self.compiled) >= _MAX_COMPILED:
            return None
        seen = self._seen.get(shape, 0) + 1
        if seen == 1:
            if {*map(type, shape)} != {str} or sum(map(len, shape)) > _MAX_KEY_CHARACTERS:
                return None
            if len(self._seen) >= _MAX_REMEMBERED:
                self._seen.clear()
        self._seen[shape] = seen
        if seen != _MIN_ROWS:
            return None
        decoder = compile_shape(self._schema, shape)
        if decoder is not None:
            self.compiled[shape] = decoder
        return decoder


def compile_shape(schema: Schema, shape: Shape) -> FastDecoder | None:
    """A function that makes models of the rows with these keys, as long as their values are usual.

    There is none for a shape that lacks a required field.
    """
    import linecache  # not with the package: it imports tokenize

    fields = schema.by_json_name
    if any(field.required and name not in shape for name, field in fields.items()):
        return None
    from gc import is_tracked  # nothing else that a client loads imports it

    namespace: dict[str, Any] = {
        "cls": schema.cls,
        "storage": schema.storage,
        "new": object.__new__,
        "containers": CONTAINERS,
        "is_tracked": is_tracked,
        "decode_anything": decode_anything,
        "Reading": Reading,
        "absent": frozenset(field.name for name, field in fields.items() if name not in shape),
    }
    namespace |= {f"store_{name}": store for name, store in schema.store.items()}
    for number, key in enumerate(shape):
        namespace[f"key{number}"] = key
        if key in fields:
            namespace[f"read{number}"] = read_function(fields[key].types)
    source = "\n".join(_source(schema, shape, namespace)) + "\n"
    filename = f"<decoder of {schema.cls.__qualname__} with {len(shape)} keys>"
    exec(compile(source, filename, "exec"), namespace)
    # So that tracebacks and debuggers show the lines.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    decoder: FastDecoder = namespace["decode"]
    return decoder


def _source(schema: Schema, shape: Shape, names: Iterable[str]) -> Iterator[str]:
    fields = schema.by_json_name
    known = [(number, fields[key]) for number, key in enumerate(shape) if key in fields]
    unknown = [number for number, key in enumerate(shape) if key not in fields]
    absent = [field.name for name, field in fields.items() if name not in shape]
    conditions = [condition for number, field in known if (condition := _condition(f"v{number}", field))]
    # Local variables are quicker than global ones. Without a GIL, threads also wait for each other where they count
    # references to one object: 32 pages of 1,000 rows in 16 threads take 0.72 s of CPU instead of 0.85 (3.13t).
    constants = ", ".join(f"{name}={name}" for name in ("type", "str", *names))
    yield f"def decode(rows, start, get, parse_date, {constants}):"
    if not _has_gil():
        yield "    absent = frozenset([*absent])"  # each of its rows refers to it
    yield "    left = len(rows)"
    yield "    for index in range(start, left):"
    yield "        row = rows[index]"
    yield "        try:"
    yield f"            if type(row) is dict and len(row) == {len(shape)}:"
    yield f"                {''.join(f'v{number}, ' for number in range(len(shape)))} = get(row)"
    yield f"                if {' and '.join(conditions) or True}:"
    lines = [line for number, field in known for line in _conversion(number, field)]
    lines += [line for number in unknown for line in _unknown(number)]
    lines += [*_storing(schema, known, unknown, absent), "rows[index] = model", "continue"]
    yield from (f"                    {line}" for line in lines)
    yield "        except (KeyError, TypeError, ValueError):"
    yield "            pass"
    yield "        if index < left:"
    yield "            left = index"
    yield "    return left"


def _condition(variable: str, field: Field) -> str | None:
    """An expression that is true for a usual value; None when the conversion finds out."""
    kind = _kind(field)
    if kind not in (str, int, bool) and kind != {str: ANYTHING}:
        return None
    condition = f"type({variable}) is {'dict' if isinstance(kind, dict) else kind.__name__}"
    return f"({condition} or {variable} is None)" if field.accepts_null else condition


def _conversion(number: int, field: Field) -> Iterator[str]:
    """Lines that turn a value into what the field holds, or raise."""
    variable, kind = f"v{number}", _kind(field)
    if kind in (str, int, bool):
        return
    if kind == {str: ANYTHING}:
        # What the garbage collector does not track holds no container. From Python 3.14 on it tracks every dict.
        yield f"if is_tracked({variable}):"
        yield from (f"    {line}" for line in _bounded(f"{variable}.values()", variable))
        return
    is_date = kind is Real.datetime
    conversion = f"{variable} = " + (
        f"parse_date({variable})" if is_date else f"read{number}({variable}, Reading(), None)"
    )
    if isinstance(kind, list):
        # Most are empty: without a reading of its own for each, such a page takes 7 ms instead of 14.
        yield f"if type({variable}) is list and not {variable}: {variable} = []"
        yield f"elif {variable} is not None: {conversion}" if field.accepts_null else f"else: {conversion}"
    else:
        yield f"if {variable} is not None: {conversion}" if field.accepts_null else conversion


def _unknown(number: int) -> Iterator[str]:
    """Lines that make sure that the value of an unknown key is not nested too deeply."""
    variable = f"v{number}"
    yield f"if is_tracked({variable}) and type({variable}) in containers:"
    items = f"{variable} if type({variable}) is list else {variable}.values()"
    yield from (f"    {line}" for line in _bounded(items, variable))


def _bounded(items: str, variable: str) -> Iterator[str]:
    """Lines that make sure that a container with these items is not nested too deeply; most are flat."""
    yield f"for item in {items}:"
    yield "    if type(item) in containers:"
    yield f"        decode_anything({variable})"
    yield "        break"


def _kind(field: Field) -> Any:
    """The one type that a field has beside null; None when it has several."""
    if field.types == ANYTHING:
        return ANYTHING
    kinds = [t for t in field.types if t is not none_type]
    return kinds[0] if len(kinds) == 1 else None


def _storing(schema: Schema, known: list[tuple[int, Field]], unknown: list[int], absent: list[str]) -> Iterator[str]:
    values = [(field.name, f"v{number}") for number, field in known]
    values += [(name, "None") for name in absent]
    extra = "{" + ", ".join(f"key{number}: v{number}" for number in unknown) + "}" if unknown else "None"
    values += [("_unset", "absent"), ("_extra", extra)]
    if _has_gil() and _can_change_class(schema):
        # Filled as another class and then made a model. By the slots' own __set__ a page of 2,000 rows takes 0.56 s
        # instead of 0.39 (64 pages).
        yield "model = storage()"
        yield from (f"model.{name} = {value}" for name, value in values)
        yield "model.__class__ = cls"
    else:
        # Changing the class stops all threads there: in 16 threads that takes 11 s, and this 1.4 s.
        yield "model = new(cls)"
        yield from (f"store_{name}(model, {value})" for name, value in values)


def _can_change_class(schema: Schema) -> bool:
    """Whether an instance of the storage can become a model; not one with a ``__dict__``, as most mixins have."""
    try:
        schema.storage().__class__ = schema.cls
    except TypeError:
        return False
    return True


def _has_gil() -> bool:
    return getattr(sys, "_is_gil_enabled", lambda: True)()
