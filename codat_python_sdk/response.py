"""Bytes become a result: an answer's JSON as models, and refusals as exceptions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar, cast

from codat_python_sdk.exceptions import ApiException, ApiTypeError, UnreadableResponseException, exception_for
from codat_python_sdk.model_utils import decode_unchecked
from codat_python_sdk.rate_limits import RateLimit, rate_limit_of
from codat_python_sdk.retries import Attempt
from codat_python_sdk.values import Decoder, NestedTooDeeply, Types, mismatch

if TYPE_CHECKING:
    from codat_python_sdk.model.codat_public_api_models_error_message import CodatPublicApiModelsErrorMessage

T = TypeVar("T")


class Answer(Protocol):
    """What a transport's ``request`` has to return."""

    status: int
    reason: str | None
    data: bytes

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """One header."""
        ...

    def getheaders(self) -> Mapping[str, str]:
        """All headers."""
        ...


class ApiResponse(Generic[T]):
    """A result with what came along.

    Attributes:
        data: The result.
        status: HTTP status. 404 on a DELETE says that an earlier attempt of the call had done it.
        headers: Case-insensitive.
        attempts: One ``Attempt`` per try; the last one brought the result.
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

    def __repr__(self) -> str:
        return f"<ApiResponse status={self.status} data={type(self.data).__name__} attempts={len(self.attempts)}>"

    @property
    def rate_limit(self) -> RateLimit | None:
        """The account's quota in the response's headers, or None."""
        return rate_limit_of(self.headers)


@lru_cache(maxsize=64)
def _charset(content_type: str | None) -> str:
    _, _, charset = "".join((content_type or "").lower().split()).partition("charset=")
    return charset.partition(";")[0].strip("\"'") or "utf-8"


def text_of(answer: Answer) -> str:
    """The body as text, for reading by people: what cannot be decoded is replaced."""
    try:
        return answer.data.decode(_charset(answer.getheader("Content-Type")), "replace")
    except (LookupError, ValueError):  # no such charset, or one that does not know "replace"
        return answer.data.decode("utf-8", "replace")


def read(answer: Answer, types: Types | None, decode: Decoder | None) -> Any:
    """The result in a 2xx.

    Args:
        answer: What came.
        types: What is due; None when nothing is.
        decode: The decoder for ``types``, or None to take values as they come.

    Raises:
        ApiException: The status is not 2xx.
        UnreadableResponseException: The body is not JSON, nested too deeply, or in an unknown charset.
        ApiTypeError: It is JSON of another shape; ``path_to_item`` starts with ``received_data``.
    """
    if not 200 <= answer.status <= 299:
        raise refusal(answer)
    if types is None:
        return None
    if types == (bool,):
        return _read_flag(answer)
    if types == (str,):
        return _read_text(answer)
    value = _read_json(answer)
    try:
        return decode_unchecked(types[0], value) if decode is None else decode(value)
    except NestedTooDeeply as error:
        _unreadable(answer, f"the body is {error.message}")
    except ApiTypeError as error:
        raise error.nested_at("received_data") from None


def _read_json(answer: Answer) -> Any:
    try:
        text = answer.data.decode(_charset(answer.getheader("Content-Type")))
        return json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        _unreadable(answer, "the body is nested too deeply")
    except LookupError:
        _unreadable(answer, "the body has an unknown charset")
    except ValueError as error:
        what = "empty" if not answer.data.strip() else f"not JSON ({error})"
        _unreadable(answer, f"the body is {what}", error)


def _read_flag(answer: Answer) -> bool:
    """A success that says nothing is True, whether the body is empty, ``true`` or an object; only false is not."""
    value = _read_json(answer) if answer.data.strip() else None
    if value is None or isinstance(value, (bool, dict)):
        return value is not False
    raise mismatch(value, (bool,), "received_data")


def _read_text(answer: Answer) -> str:
    try:
        value = _read_json(answer)
    except UnreadableResponseException:
        return text_of(answer)
    return value if isinstance(value, str) else text_of(answer)


def _unreadable(answer: Answer, text: str, cause: BaseException | None = None) -> NoReturn:
    error = UnreadableResponseException(answer.status, text)
    error.headers, error.body = answer.getheaders(), text_of(answer)
    error.cut_off = getattr(answer, "unframed", False)
    raise error from cause


def refusal(answer: Answer) -> ApiException:
    """The exception for an answer that is not 2xx."""
    error = exception_for(answer.status)(answer.status, answer.reason)
    error.headers, error.body = answer.getheaders(), text_of(answer)
    error.error = _error_message(error.body)
    if getattr(answer, "uncertain", False):
        error.outcome = "unknown"
    return error


def _error_message(body: str) -> CodatPublicApiModelsErrorMessage | None:
    """Codat's error body; fields of the wrong type are left out rather than losing the others."""
    try:
        data: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    from codat_python_sdk.model.codat_public_api_models_error_message import CodatPublicApiModelsErrorMessage

    decode = CodatPublicApiModelsErrorMessage.decoder()
    fields = {key: value for key, value in cast("dict[str, Any]", data).items() if _fits(decode, key, value)}
    message: CodatPublicApiModelsErrorMessage = decode(fields)
    return message


def _fits(decode: Decoder, key: str, value: Any) -> bool:
    try:
        decode({key: value})
    except ApiTypeError:
        return False
    return True
