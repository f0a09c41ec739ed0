"""What one endpoint is: a row of the table that the generated methods and the high-level client both send."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from json import JSONEncoder
from typing import Any, Generic, Literal, TypeVar, cast

from codat_python_sdk.dates import Real
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.secret import SecretBytes, plain_text
from codat_python_sdk.url import is_plain_segment, is_uuid, path_segment, query_string, url_text
from codat_python_sdk.values import ANYTHING, Types, check, json_form, mismatch

T = TypeVar("T")


class Unset(Enum):
    """The type of ``UNSET``."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return self.value


#: Marks an argument that was left out, where None would mean something else.
UNSET: Literal[Unset.UNSET] = Unset.UNSET

_encode_json = JSONEncoder(allow_nan=False, separators=(",", ":"), default=json_form).encode


class Operation(Generic[T]):
    """One endpoint; ``T`` is what it returns.

    Args:
        name: Resource and method of the high-level client, such as ``connections.get``.
        method: HTTP method.
        path: Path with ``{parameters}`` under their JSON names. Each is one segment of it, a str.
        returns: Class of the result.
        query: Type of each query parameter by its JSON name, in the order of sending.
        body: Name of the argument that becomes the body, and the types it may have.
        secret_body: The body holds credentials.
        idempotent: Sending it twice has the same effect as once, so that it is retried like a GET.
    """

    def __init__(
        self,
        name: str,
        method: str,
        path: str,
        returns: type[T],
        *,
        query: Mapping[str, type] | None = None,
        body: tuple[str, Types] | None = None,
        secret_body: bool = False,
        idempotent: bool = False,
    ) -> None:
        self.name = name
        self.method = method
        self.path = path
        self.returns: Types = (returns,)
        self.idempotent = idempotent
        self.headers: dict[str, str] = {"Accept": "application/json"}
        if body is not None:
            self.headers["Content-Type"] = "application/json"
        parts = path.split("/")
        #: The method's name in the generated layer, path and HTTP method in snake case.
        self.generated_name: str = "_".join(snake_case(part.strip("{}")) for part in [*parts[1:], method.lower()])
        self._template = "/".join("%s" if part.startswith("{") else part for part in parts)
        names = [snake_case(part.strip("{}")) for part in parts if part.startswith("{")]
        self.path_parameters: tuple[str, ...] = tuple(names)
        self._query = [(snake_case(name), name, (kind,)) for name, kind in (query or {}).items()]
        self.has_body: bool = body is not None
        self._body = body
        self._body_classes = tuple(t for t in body[1] if isinstance(t, type)) if body is not None else ()
        self._secret_body = secret_body

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its arguments."""
        return (*self.path_parameters, *(name for name, *_ in self._query), *(self._body or ())[:1])

    def target(self, arguments: Mapping[str, Any], check_types: bool, safe: str) -> str:
        """Path and query for these arguments.

        Raises:
            ApiTypeError: One has the wrong type.
            ApiValueError: One would address something else, or cannot be encoded.
        """
        segments: list[str] = []
        for name in self.path_parameters:
            value = arguments[name]
            if type(value) is not str:
                value = _id_text(name, value, check_types)
            segments.append(value if is_plain_segment(value) else path_segment(name, value, safe))
        path = self._template % tuple(segments)
        if not self._query:
            return path
        pairs = [
            (json_name, _checked(name, arguments[name], types, check_types))
            for name, json_name, types in self._query
            if arguments.get(name, UNSET) is not UNSET
        ]
        return path + query_string(pairs)

    def content(self, arguments: Mapping[str, Any], check_types: bool) -> bytes | None:
        """The body for these arguments; None when there is none to send; raises as ``target`` does."""
        if self._body is None or arguments[self._body[0]] is UNSET:
            return None
        name, types = self._body
        value = arguments[name]
        if not isinstance(value, self._body_classes):
            _checked(name, value, types, check_types)
        if isinstance(value, Mapping) and self._fields:
            # In the place of a model, under Python's names or JSON's. Keys that the model does not have are kept.
            given = cast("Mapping[Any, Any]", value)  # type: ignore[redundant-cast]  # not to pyright
            value = {}
            for key, item in given.items():
                if check_types and (key is None or isinstance(key, (int, float))):  # json would make a text of it
                    raise mismatch(key, (str,), name, str(key), key_type=True)
                attribute, json_name, field_types = self._fields.get(key, (key, key, ANYTHING))
                if json_name in value:
                    raise ApiTypeError(f"{name} has {json_name!r} by two names", [name, attribute])
                if check_types and type(item) not in field_types and field_types is not ANYTHING:
                    check(item, field_types, name, attribute)
                value[json_name] = item
        body = json_body(value)
        return SecretBytes(body) if self._secret_body else body

    @cached_property
    def _fields(self) -> dict[str, tuple[str, str, Types]]:
        """Python's name, JSON's name and types of the body's fields, by both names: a dict may use either, as in 2021.

        A date may be the text that JSON has for it.
        """
        fields = dict[str, tuple[str, str, Types]]()
        for cls in self._body_classes:
            all_types: dict[str, Types] = getattr(cls, "openapi_types", {})
            json_names: dict[str, str] = getattr(cls, "attribute_map", {})
            for attribute, types in all_types.items():
                json_name = json_names[attribute]
                field = (attribute, json_name, (*types, str) if Real.datetime in types else types)
                fields |= {attribute: field, json_name: field}
        return fields


def snake_case(name: str) -> str:
    """``companyId`` as ``company_id``."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _id_text(name: str, value: Any, check_types: bool) -> str:
    if is_uuid(value):
        return str(value)
    if check_types:
        check(value, (str,), name)
    if not isinstance(value, str):
        got = "None" if value is None else type(value).__name__
        raise ApiValueError(f"{name} must be an id, a str or a UUID, got {got}", [name])
    return url_text(name, value)


def _checked(name: str, value: Any, types: Types, check_types: bool) -> Any:
    if check_types:
        check(value, types, name)
    elif value is None:
        raise ApiValueError(f"{name} must not be None; leave it out instead", [name])
    return value


def json_body(value: Any) -> bytes:
    """A value as JSON.

    Raises:
        ApiTypeError, ApiValueError: JSON cannot hold the value.
    """
    try:
        return _encode_json(plain_text(value) if isinstance(value, str) else value).encode()
    except (ApiTypeError, ApiValueError):
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise ApiValueError(f"the body cannot be written as JSON: {error}") from error
