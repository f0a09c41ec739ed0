"""A response becomes a result: its JSON as models, an error status as an exception."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, SupportsIndex, TypeVar, cast

from codat_python_sdk.decoders import LenientReading, Reading, decoder_of, found, read_function
from codat_python_sdk.exceptions import (
    ApiException,
    ApiTimeoutException,
    ApiTypeError,
    InvalidResponseException,
    UnreadableResponseException,
    exception_for,
)
from codat_python_sdk.json_bounds import HARMLESS_LENGTH, MAX_VALUES, has_too_many_values
from codat_python_sdk.model_utils import convert_unchecked
from codat_python_sdk.rate_limits import RateLimit, in_any_case, rate_limit_of
from codat_python_sdk.retries import Attempt
from codat_python_sdk.secret import as_secret
from codat_python_sdk.values import NestedTooDeeply, Types, Validation, none_type

if TYPE_CHECKING:
    from codat_python_sdk.model.codat_public_api_models_error_message import CodatPublicApiModelsErrorMessage

T = TypeVar("T")


class Response(Protocol):
    """What a transport's ``request`` has to return."""

    status: int
    reason: str | None

    @property
    def data(self) -> bytes:
        """The body."""
        ...

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header."""
        ...

    def getheaders(self) -> Mapping[str, str]:
        """All headers."""
        ...


class TextResponse:
    """A response that holds its body as text alone: the bytes beside it would live until the text is parsed.

    Attributes:
        status: HTTP status.
        reason: Reason phrase.
        text: The body.
        uncertain: As the transport's response has it.
        unframed: As the transport's response has it.
    """

    __slots__ = ("_headers", "reason", "status", "text", "uncertain", "unframed")

    def __init__(self, response: Response, text: str) -> None:
        self.status: int = response.status
        self.reason: str | None = response.reason
        self.text: str = text
        self.uncertain: bool = getattr(response, "uncertain", False)
        self.unframed: bool = getattr(response, "unframed", False)
        headers = response.getheaders()
        self._headers: Mapping[str, str] = in_any_case(headers) if headers.__class__ is dict else headers

    @property
    def data(self) -> bytes:
        """The body as it came."""
        return self.text.encode()

    def getheaders(self) -> Mapping[str, str]:
        """All headers."""
        return self._headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header."""
        return self._headers.get(name, default)


def as_text(response: Response) -> Response:
    """A 2xx in UTF-8 as a ``TextResponse``; any other as it is, and so one that is no UTF-8, which ``read`` reports."""
    if 200 <= response.status <= 299 and _charset(response.getheader("Content-Type")) in ("utf-8", "utf8"):
        with suppress(ValueError):
            return TextResponse(response, response.data.decode())
    return response


class ApiResponse(Generic[T]):
    """A result with the facts of its response.

    Attributes:
        data: The result.
        status: HTTP status. 404 on a DELETE means that an earlier attempt of the call took effect.
        headers: Case-insensitive.
        attempts: One ``Attempt`` per try; the last one returned the result.
        idempotency_key: What the request carried, or None.
    """

    __slots__ = ("attempts", "data", "headers", "idempotency_key", "status")

    def __init__(
        self,
        data: T,
        status: int,
        headers: Mapping[str, str],
        attempts: tuple[Attempt, ...] = (),
        idempotency_key: str | None = None,
    ) -> None:
        self.data: T = data
        self.status: int = status
        self.headers: Mapping[str, str] = headers
        self.attempts: tuple[Attempt, ...] = attempts
        self.idempotency_key: str | None = idempotency_key

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        return super().__reduce_ex__(max(int(protocol), 2))  # the older ones do not know slots

    def __repr__(self) -> str:
        return f"<ApiResponse status={self.status} data={type(self.data).__name__} attempts={len(self.attempts)}>"

    @property
    def rate_limit(self) -> RateLimit | None:
        """The account's quota in the response's headers, or None."""
        return rate_limit_of(self.headers)


@lru_cache(maxsize=64)
def _charset(content_type: str | None) -> str:
    # Two headers arrive as one, with a comma between them.
    found = re.search(r"(?<![\w-])charset\s*=[\s\"']*([^\s\"';,]+)", (content_type or "").lower())
    return found[1] if found else "utf-8"


def text_of(response: Response, data: bytes | None = None) -> str:
    """The body, or a part of it, as text for reading by people: what cannot be decoded is replaced."""
    data = response.data if data is None else data
    try:
        return data.decode(_charset(response.getheader("Content-Type")), "replace")
    except (LookupError, ValueError):  # no such charset, or one that does not know "replace"
        return data.decode("utf-8", "replace")


def read(  # in one piece, because every response needs it
    response: Response, types: Types | None, validation: Validation | None
) -> Any:
    """The result in a 2xx.

    Args:
        response: What the transport returned.
        types: The types of the result; None to ignore the body.
        validation: What to do with values of other types; None to keep all values unchanged.

    Raises:
        ApiException: The status is not 2xx.
        UnreadableResponseException: The body is not JSON, nested too deeply, too much, or in an unknown charset.
        InvalidResponseException: It is JSON of another shape; ``path_to_item`` starts with ``received_data``.
    """
    if not 200 <= response.status <= 299:
        raise error_from_response(response)
    if types in (None, (none_type,)) or (none_type in types and not response.data.strip()):
        return None
    if types in ((str,), (bool,)):
        return _read_text(response) if types == (str,) else _read_flag(response, validation)
    try:
        charset = _charset(response.getheader("Content-Type"))
        text = response.text if isinstance(response, TextResponse) else response.data.decode(charset)
        if len(text) > HARMLESS_LENGTH and has_too_many_values(text):
            text = ""
            raise _too_many(response)
        value = json.loads(text.removeprefix("\ufeff"))
    except (RecursionError, LookupError, ValueError) as error:
        text = ""
        raise _not_json(response, error) from _without_document(error)
    if types is _PARSED:
        return value
    try:
        read_value = _read_function_of_classes(types)
    except TypeError:  # lists and dicts of types cannot be keys
        read_value = read_function(types)
    try:
        if validation is None:
            return convert_unchecked(value, types)
        reading = Reading() if validation == "strict" else LenientReading()
        reading.in_place = True  # the document is nobody else's
        return read_value(value, reading, None)
    except ApiTypeError as error:
        _clear_frames(error)
        text, value = "", None
        raise _unfit(response, error, validation) from None


#: Stands for the JSON as it was parsed.
_PARSED: Types = ()

# Without a call of its own, as each response needs one.
_read_function_of_classes = lru_cache(maxsize=64)(read_function)


def _unfit(response: Response, error: ApiTypeError, validation: Validation | None) -> UnreadableResponseException:
    if isinstance(error, NestedTooDeeply):
        return _unreadable(response, f"the body is {error.message}")
    return _invalid(response, error, validation)


def _invalid(
    response: Response, mismatch: ApiTypeError, validation: Validation | None = None
) -> InvalidResponseException:
    path = ["received_data", *(mismatch.path_to_item or ())]
    error = InvalidResponseException(
        response.status, mismatch.message, path_to_item=path, valid_classes=mismatch.valid_classes
    )
    if validation == "lenient" or not mismatch.path_to_item or path[-1] == "results":  # a page's rows
        error.hint = InvalidResponseException.hint_when_lenient
    _fill(error, response)
    return error


def _read_flag(response: Response, validation: Validation | None) -> Any:
    """A success without a value is True, whether the body is empty, ``true`` or an object; only false is not."""
    value = read(response, _PARSED, None) if response.data.strip() else None
    if value is None or isinstance(value, (bool, dict)):
        return value is not False
    if validation is None:
        return value
    text, value = f"the JSON is {found(value)}, expected a boolean", None  # it may hold secrets
    raise _invalid(response, ApiTypeError(text, None, (bool,)))


def _read_text(response: Response) -> str:
    try:
        value = read(response, _PARSED, None)
    except UnreadableResponseException:
        return text_of(response)
    return value if isinstance(value, str) else text_of(response)


def _not_json(response: Response, error: Exception) -> UnreadableResponseException:
    if isinstance(error, RecursionError):
        return _unreadable(response, "the body is nested too deeply")
    if isinstance(error, LookupError):
        return _unreadable(response, "the body has an unknown charset")
    return _unreadable(response, f"the body is {f'not JSON ({error})' if response.data.strip() else 'empty'}")


def _clear_frames(error: Exception) -> None:
    """Clear the local variables: they hold the document, with links and tokens, and error trackers report them."""
    from traceback import clear_frames  # not with the package: it imports tokenize and textwrap

    clear_frames(error.__traceback__)


def _without_document(error: Exception) -> Exception:
    """The error, which keeps the document to itself: it may hold links for customers and tokens."""
    _clear_frames(error)
    if isinstance(error, json.JSONDecodeError):
        error.doc = as_secret(error.doc)
    elif isinstance(error, UnicodeDecodeError):
        error.args = (error.encoding, as_secret(error.object), error.start, error.end, error.reason)
        error.object = error.args[1]
    return error


def _too_many(response: Response) -> UnreadableResponseException:
    error = UnreadableResponseException(response.status, f"the body holds more than {MAX_VALUES} values")
    error.headers, error.too_large = in_any_case(response.getheaders()), True
    return error


def read_too_late() -> ApiTimeoutException:
    """The exception for a response that came in time, and whose JSON took longer than the deadline to read."""
    error = ApiTimeoutException(0, "the response was not read within the deadline")
    error.outcome = "unknown"
    return error


def _unreadable(response: Response, text: str) -> UnreadableResponseException:
    error = UnreadableResponseException(response.status, text)
    error.cut_off = getattr(response, "unframed", False)
    _fill(error, response)
    error.excerpt = _excerpt(response)
    return error


def _fill(error: ApiException, response: Response) -> None:
    error.headers, error.body = in_any_case(response.getheaders()), text_of(response)
    if isinstance(error, UnreadableResponseException):
        error.body = as_secret(error.body)  # a success may hold links with one-time codes, and tokens


def error_from_response(response: Response) -> ApiException:
    """The exception for a response that is not 2xx."""
    error = exception_for(response.status)(response.status, response.reason)
    _fill(error, response)
    error.error = _error_message(error.body or "")
    if error.error is None:
        error.excerpt = _excerpt(response)
    if getattr(response, "uncertain", False):
        error.outcome = "unknown"
    return error


# Queries of URLs may be one-time codes, and pages for developers show the request's headers.
_SECRETS = r"(?i:(?<=\?)(?<!<\?)[^\s\"'<>]+|(?<=basic )\S+|(?<=bearer )\S+)"
_MAX_EXCERPT = 100


def _excerpt(response: Response) -> str | None:
    """Media type and beginning of a body that is no JSON, for whoever is on call; None for what may hold secrets."""
    # From a bracket on it may be JSON: links with one-time codes, tokens. In a body that is in another charset than it
    # claims, the bracket is only to be found as a byte.
    data = re.split(rb"[{\[]", response.data[:4000], maxsplit=1)[0]
    text = " ".join(text_of(response, data)[:1000].removeprefix("\ufeff").split())
    text = re.split(r"[{\[]", text, maxsplit=1)[0]
    if not text or text[0] == '"':
        return None
    media_type = (response.getheader("Content-Type") or "no media type").partition(";")[0].strip()
    return f"{media_type}: {re.sub(_SECRETS, '…', text)[:_MAX_EXCERPT]}"


def _error_message(body: str) -> CodatPublicApiModelsErrorMessage | None:
    """Codat's error body; fields of the wrong type are left out rather than losing the others."""
    if len(body) > HARMLESS_LENGTH and has_too_many_values(body):
        return None
    try:
        data: Any = json.loads(body.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    from codat_python_sdk.model.codat_public_api_models_error_message import CodatPublicApiModelsErrorMessage

    decode_error = decoder_of((CodatPublicApiModelsErrorMessage,))
    fields: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", data).items():
        try:
            decode_error({key: value})
        except ApiTypeError:
            continue
        fields[key] = value
    message: CodatPublicApiModelsErrorMessage = decode_error(fields)
    return message
