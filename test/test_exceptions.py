"""Which exception comes for what, and how it reads."""

from __future__ import annotations

import gc
import json
import pickle
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import pytest
from cases import case
from conftest import COPIERS
from faulty import QUICK, call
from hypothesis import given
from server import Reply, ScriptedServer, dropped, http_response
from strategies import texts
from urllib3 import HTTPHeaderDict

from codat_python_sdk import CodatPlatform, Configuration
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.exceptions import (
    ApiAttributeError,
    ApiConnectionException,
    ApiException,
    ApiKeyError,
    ApiTimeoutException,
    ApiTlsException,
    ApiTypeError,
    ApiValueError,
    BadRequestException,
    ConflictException,
    ConnectionStateException,
    ForbiddenException,
    InsecureTransportWarning,
    InvalidResponseException,
    NotFoundException,
    OpenApiException,
    PaymentRequiredException,
    ServiceException,
    TooManyRequestsException,
    UnauthorizedException,
    UnprocessableEntityException,
    UnreadableResponseException,
    WaitTimeoutException,
    render_path,
)
from codat_python_sdk.json_bounds import HARMLESS_LENGTH
from codat_python_sdk.models import CodatPublicApiModelsErrorMessage
from codat_python_sdk.rate_limits import RateLimit
from codat_python_sdk.retries import Attempt, RetryPolicy

MISUSE = [ApiTypeError, ApiValueError, ApiAttributeError, ApiKeyError]
FAILURES = [
    ApiException,
    BadRequestException,
    UnauthorizedException,
    PaymentRequiredException,
    ForbiddenException,
    NotFoundException,
    ConflictException,
    UnprocessableEntityException,
    TooManyRequestsException,
    ServiceException,
    UnreadableResponseException,
    InvalidResponseException,
    ApiConnectionException,
    ApiTimeoutException,
    WaitTimeoutException,
    ApiTlsException,
]

ERROR_BODY = {
    "statusCode": 404,
    "service": "PublicApi",
    "error": "Connection not found",
    "correlationId": "9d9a5f0a3b1c4e2d8f7a6b5c4d3e2f1a",
    "validation": {"errors": [{"itemId": "id", "message": "unknown", "validatorName": "v"}], "warnings": None},
    "canBeRetried": "Unknown",
    "detailedErrorCode": 0,
}


@pytest.fixture
def failure(server: ScriptedServer, api: ConnectionApi) -> Callable[..., ApiException]:
    """A function with the parameters of `http_response`, which returns the exception that such a response raises."""

    def fail(*args: Any, **kwargs: Any) -> ApiException:
        server.script(http_response(*args, **kwargs))
        with pytest.raises(ApiException) as caught:
            api.companies_company_id_connections_connection_id_get("c1", "k1")
        return caught.value

    return fail


STATUSES: list[tuple[int, type]] = [
    (300, ApiException),
    (302, ApiException),
    (307, ApiException),
    (400, BadRequestException),
    (401, UnauthorizedException),
    (402, PaymentRequiredException),
    (403, ForbiddenException),
    (404, NotFoundException),
    (405, ApiException),
    (408, ApiException),
    (409, ConflictException),
    (418, ApiException),
    (422, UnprocessableEntityException),
    (429, TooManyRequestsException),
    (499, ApiException),
    (500, ServiceException),
    (501, ServiceException),
    (503, ServiceException),
    (599, ServiceException),
]


def test_status__has_its_own_class(failure: Callable[..., ApiException]) -> None:
    """A status that callers treat differently has a class; any other 4xx is ApiException, any 5xx ServiceException."""
    for status, cls in STATUSES:
        with case(status, cls):
            error = failure(ERROR_BODY, status, [("X-Extra", "yes"), ("Location", "/elsewhere")], reason="Because")
            assert type(error) is cls
            assert (error.status, error.reason) == (status, "Because")
            assert json.loads(error.body or "") == ERROR_BODY
            assert error.headers is not None and error.headers["x-extra"] == error.headers["X-EXTRA"] == "yes"
            assert error.correlation_id == ERROR_BODY["correlationId"]


def test_error_body__is_a_model(failure: Callable[..., ApiException]) -> None:
    """Codat's error body is there field by field."""
    error = failure(ERROR_BODY | {"somethingNew": 1}, 404).error
    assert isinstance(error, CodatPublicApiModelsErrorMessage)
    assert error.error == "Connection not found"
    assert error.status_code == 404
    assert error.can_be_retried == "Unknown"
    assert error.validation is not None and error.validation["errors"][0]["itemId"] == "id"
    assert error["somethingNew"] == 1


def test_unreadable__is_neither_cut_off_nor_too_large_unless_said() -> None:
    """An UnreadableResponseException of the caller's own, as for a stub, says neither of them."""
    error = UnreadableResponseException(200, "not JSON")
    assert (error.cut_off, error.too_large) == (False, False)


@pytest.mark.parametrize("characters", [300, 301])
def test_message__is_cut_at_300_characters(failure: Callable[..., ApiException], characters: int) -> None:
    """A text of 300 characters is shown whole; a longer one is as long, with an ellipsis at its end."""
    text = str(failure({"error": "m" * characters}, 404))
    assert ("m" * 300 in text) == (characters == 300)
    assert ("m" * 299 + "\u2026" in text) == (characters == 301)


def test_error_body__may_be_long(failure: Callable[..., ApiException]) -> None:
    """A body of more than four million characters is read as well, as long as it holds few values."""
    error = failure(ERROR_BODY | {"somethingNew": "x" * HARMLESS_LENGTH}, 404).error
    assert error is not None and error.error == "Connection not found"


ODD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"statusCode": "404"}, "status_code"),
    ({"validation": []}, "validation"),
    ({"canBeRetried": True}, "can_be_retried"),
    ({"service": 5}, "service"),
    ({"detailedErrorCode": 1.5}, "detailed_error_code"),
]


def test_error_body__odd_field_does_not_cost_the_others(failure: Callable[..., ApiException]) -> None:
    """A field of the wrong type is left out; message and correlation id are still there."""
    for changes, left_out in ODD_FIELDS:
        with case(changes, left_out):
            error = failure(ERROR_BODY | changes, 404).error
            assert left_out not in error
            assert error.error == "Connection not found"
            assert error.correlation_id == ERROR_BODY["correlationId"]


OTHER_BODIES: list[bytes] = [
    b"",
    b"<html>Bad gateway</html>",
    b"[1]",
    b"5",
    b"null",
    b'{"error": ',
    b"\xff\xfe\x00",
    b'{"error": 5, "correlationId": []}',
    b"[" * 200_000,
    b'{"validation":' * 200_000,
    b'{"validation":' + b'{"a":' * 500 + b"1" + b"}" * 501,
]


def test_error_body__that_is_none_of_codats_is_still_the_status_class(failure: Callable[..., ApiException]) -> None:
    """Whatever a gateway says, the status decides, and the text falls back to the reason phrase."""
    for body in OTHER_BODIES:
        with case(body):
            error = failure(body=body, status=403, reason="Not you")
            assert type(error) is ForbiddenException
            assert error.correlation_id is None
            assert isinstance(error.body, str)
            assert "Not you (HTTP 403" in str(error)


def test_error_body__charset_is_respected(failure: Callable[..., ApiException]) -> None:
    """The body is decoded as its Content-Type says, and what cannot be decoded is replaced."""
    assert failure(body="café".encode("latin-1"), status=400, content_type="text/plain; charset=latin-1").body == "café"
    assert failure(body=b"caf\xe9", status=400).body == "caf\ufffd"
    assert failure(body="café".encode(), status=400, content_type="text/plain; charset=klingon").body == "café"


NO_CHARSETS: list[str] = ["undefined", "idna", "hex", "rot13", "unicode_escape", "utf-7", "mbcs", "utf\x008"]


def test_error_body__no_charset_breaks_the_error(failure: Callable[..., ApiException]) -> None:
    """A name that Python knows as something other than a charset is no worse than an unknown one."""
    for status in [200, 404]:
        for charset in NO_CHARSETS:
            with case(status, charset):
                content_type = f"text/html; charset={charset}"
                error = failure(body=b"\xff\xfe no JSON \\x", status=status, content_type=content_type)
                assert isinstance(error.body, str)


def test_str__is_one_line_that_says_what_where_and_what_now(failure: Callable[..., ApiException]) -> None:
    """The text has method and URL, Codat's message, status, correlation id and advice; no headers and no body."""
    text = str(failure(ERROR_BODY, 404, [("X-Extra", "yes")]))
    assert text.startswith("GET http://127.0.0.1:")
    assert "/companies/c1/connections/k1: Connection not found (HTTP 404, correlation id 9d9a5f0a" in text
    assert "X-Extra" not in text and "PublicApi" not in text and "\n" not in text
    assert "company_id" in text


@given(message=texts(), correlation_id=texts(), reason=texts())
def test_str__stays_one_line_whatever_the_service_says(message: str, correlation_id: str, reason: str) -> None:
    """No line break, escape sequence or endless text of the service gets into a log through str()."""
    error = BadRequestException(400, reason)
    error.error = CodatPublicApiModelsErrorMessage(error=message * 50, correlation_id=correlation_id)
    assert str(error).isprintable()
    assert len(str(error)) < 1_000


def test_str__of_an_exception_made_by_hand() -> None:
    """status= and reason= are enough, as in 2021, and both are in the text."""
    for cls in FAILURES:
        with case(cls):
            error = cls(status=499, reason="Why")
            assert (error.status, error.reason, error.body, error.headers) == (499, "Why", None, None)
            assert "Why" in str(error) and "499" in str(error) and "\n" not in str(error)
            assert cls.__name__ in str(cls())


def test_str__of_a_text_in_place_of_the_status() -> None:
    """As tests of applications write it, side_effect=ApiException("boom"): it has a text and a repr."""
    classes: list[Any] = FAILURES
    for cls in classes:
        with case(cls):
            assert "boom" in str(cls("boom")) and "boom" in repr(cls("boom"))


def test_constructed_by_the_caller__from_a_response() -> None:
    """http_resp= fills in status, reason, body and headers, as in 2021."""

    class FakeResponse:
        status, reason, data = 404, "Not Found", b"caf\xc3\xa9"

        def getheaders(self) -> dict[str, str]:
            return {"X": "1"}

    error = ApiException(http_resp=FakeResponse())
    assert (error.status, error.reason, error.body, error.headers) == (404, "Not Found", "café", {"X": "1"})


DONE_OR_NOT: list[tuple[str, Any, str | None, str]] = [
    ("POST", "unknown", "k-1", "retry with idempotency key k-1"),
    ("DELETE", "unknown", None, "Check whether it took effect before you retry"),
    ("PATCH", "rejected", "k-1", "the request did not take effect"),
    ("POST", "not_sent", "k-1", "the request was not sent"),
    ("POST", "unknown", None, "the request may have taken effect"),
]


def test_str__says_whether_it_may_have_been_done() -> None:
    """Someone on call reads from the text whether a repetition is safe."""
    for method, outcome, key, says in DONE_OR_NOT:
        with case(method, outcome, key, says):
            error = ServiceException(502, "Bad Gateway")
            error.method, error.url, error.outcome, error.idempotency_key = method, "http://h/x", outcome, key
            error.attempts = (Attempt(502, "Bad Gateway", 0.1, 0.0), Attempt(502, "Bad Gateway", 0.1, 0.5))
            assert says in str(error)
            assert "2 attempts" in str(error)


def test_str__of_a_stored_failure_does_not_advise_to_replay_it() -> None:
    """Codat keeps a 500 with the key, so that repeating the call with it would only bring the same 500."""
    error = ServiceException(500, "Internal Server Error")
    error.method, error.outcome, error.idempotency_key = "POST", "unknown", "k-1"
    assert str(error).endswith("Check whether it took effect before you retry")


@pytest.mark.parametrize(
    ("status", "hint", "names_key"),
    [(400, "Correct the request", False), (401, "Check the credentials", True), (422, "use a new key", False)],
)
def test_str__of_a_rejection_after_a_lost_attempt(
    server: ScriptedServer, api: Any, status: int, hint: str, names_key: bool
) -> None:
    """The text says what the service objects to, and that the attempt before may have taken effect all the same."""
    server.script(dropped(), http_response(ERROR_BODY, status))
    with pytest.raises(ApiException) as error:
        call(api, "create", _retries=RetryPolicy(1, **QUICK))
    assert error.value.outcome == "unknown"
    advice = str(error.value).partition("2 attempts). ")[2]
    assert hint in advice and "Check whether it took effect before you retry" in advice
    assert (str(error.value.idempotency_key) in advice) is names_key


def test_str__of_a_read_does_not_warn_of_consequences() -> None:
    """A GET has none, so its text does not say that it may have been done."""
    error = ServiceException(502, "Bad Gateway")
    error.method, error.outcome = "GET", "unknown"
    assert "effect" not in str(error)


LIMITED = [("X-Rate-Limit-Limit", "10"), ("X-Rate-Limit-Remaining", "1")]
#: What the server sends, settings of the client, and what fails.
FAILING: dict[str, tuple[Reply, dict[str, Any], Callable[[CodatPlatform], Any]]] = {
    "no response": (dropped(), {}, lambda codat: codat.connections.get("c", "k")),
    "404": (http_response({}, 404), {}, lambda codat: codat.connections.get("c", "k")),
    "no turn": (
        http_response(),
        {"requests_per_minute": 1},
        lambda codat: [codat.connections.get("c", "k", deadline=1) for _ in range(2)],
    ),
    "quota": (
        http_response(headers=LIMITED),
        {"quota_reserve": 0.5},
        lambda codat: [codat.connections.get("c", "k") for _ in range(2)],
    ),
    "no page": (http_response({}), {"response_validation": "lenient"}, lambda codat: [*codat.connections.iterate("c")]),
    "polling": (
        http_response({}, 503),
        {},
        lambda codat: codat.connections.wait_for_status("c", "k", "Linked", timeout=0.02, poll_interval=0.01),
    ),
    "in another thread": (
        dropped(),
        {},
        lambda codat: call(ConnectionApi(codat.api_client), "get", async_req=True).get(5),
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_failure__leaves_nothing_to_the_garbage_collector(server: ScriptedServer, case: str) -> None:
    """What the caller's variables held is freed with them, as is the exception: no cycle of references keeps them."""
    reply, settings, fail = FAILING[case]
    server.script(reply)
    configuration = Configuration(server.url, retries=RetryPolicy(1, **QUICK))
    for name, value in settings.items():
        setattr(configuration, name, value)

    class Table:
        """Something large."""

    def review() -> weakref.ref[Table]:
        table = Table()
        with CodatPlatform(api_key="k", configuration=configuration) as codat, suppress(ApiException):
            fail(codat)
            pytest.fail("it did not fail")
        return weakref.ref(table)

    review()  # imports what is imported late
    gc.disable()
    try:
        assert review()() is None
    finally:
        gc.enable()


def test_misuse__says_what_and_where() -> None:
    """The text ends in the path, unless it is one name that the text has already; the path is there as a list too."""
    for cls in MISUSE:
        with case(cls):
            plain, placed = cls("the message"), cls("the message", path_to_item=["a", 0, "b"])
            assert (plain.args, str(plain), plain.path_to_item) == (("the message",), "the message", None)
            assert str(placed) == placed.args[0] == "the message at ['a'][0]['b']"
            assert placed.path_to_item == ["a", 0, "b"]
            for text in ("page must be an int", "Page has no field 'page'"):
                about_one = cls(text, ["page"])
                assert (str(about_one), about_one.path_to_item) == (text, ["page"])
            assert str(cls("must be an int", ["page"])) == "must be an int at ['page']"


def test_api_type_error__keeps_what_would_do() -> None:
    """valid_classes and key_type are there as in 2021."""
    error = ApiTypeError("m", ["a", 1], (str, int), True)
    assert (error.path_to_item, error.valid_classes, error.key_type) == (["a", 1], (str, int), True)


def test_render_path__shows_names_and_numbers() -> None:
    """A path reads like the expression that gets there."""
    assert render_path(["received_data", "results", 3, "last_sync"]) == "['received_data']['results'][3]['last_sync']"


HIERARCHY: list[tuple[type, Sequence[type]]] = [
    (ApiTypeError, [TypeError]),
    (ApiValueError, [ValueError]),
    (ApiAttributeError, [AttributeError]),
    (ApiKeyError, [KeyError]),
    (ApiTimeoutException, [ApiConnectionException, TimeoutError]),
    (ApiTlsException, [ApiConnectionException]),
    *((cls, [ApiException]) for cls in FAILURES),
]


def test_hierarchy__everything_is_an_open_api_exception() -> None:
    """One except clause catches all; Python's own classes catch theirs."""
    for cls, bases in HIERARCHY:
        with case(cls, bases):
            assert issubclass(cls, OpenApiException)
            assert all(issubclass(cls, base) for base in bases)
            assert not (cls in MISUSE and issubclass(cls, ApiException))


def test_insecure_transport_warning__is_a_user_warning() -> None:
    """It is shown by default."""
    assert issubclass(InsecureTransportWarning, UserWarning)


def every_exception() -> Iterator[OpenApiException]:
    for misuse in MISUSE:
        yield misuse("message", ["a", 1])
    yield ConnectionStateException("message", "Deauthorized")
    yield ApiTypeError("message", ["a"], (CodatPublicApiModelsErrorMessage, {str: (str,)}), True)
    for cls in FAILURES:
        error = cls(200 if issubclass(cls, UnreadableResponseException) else 404, "Reason")
        error.body, error.headers = "body", HTTPHeaderDict({"Retry-After": "7"})
        error.error = CodatPublicApiModelsErrorMessage(error="e", correlation_id="c")
        error.outcome, error.attempts, error.idempotency_key = "unknown", (Attempt(404, "x", 0.1, 0.2),), "key"
        error.method, error.url = "POST", "http://h/x"
        error.path_parameters, error.deadline = ("company_id",), 60.0
        yield error


@pytest.mark.parametrize("duplicate", COPIERS)
def test_pickle__keeps_all_attributes(
    duplicate: Callable[[OpenApiException], OpenApiException],
) -> None:
    """An exception crosses to another process, or is copied, with its text and all that it carries."""
    for error in every_exception():
        with case(error):
            copied = duplicate(error)
            assert type(copied) is type(error)
            assert str(copied) == str(error)
            assert vars(copied) == vars(error)
            assert copied.args == error.args


def test_args__may_be_set() -> None:
    """Who restores an exception attribute by attribute, as tblib does for Dask, may set its args as well."""
    error: Any = ApiException(429, "Too Many Requests")
    error.args = ("whatever", 1)
    assert error.args[:2] == (429, "Too Many Requests") and error.status == 429


def test_pickle__a_real_one(failure: Callable[..., ApiException]) -> None:
    """So does one from a real call, and its headers are still case-insensitive."""
    error = failure(ERROR_BODY, 429, [("Retry-After", "12")])
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.retry_after, copied.headers["retry-after"]) == (str(error), 12.0, "12")


# -- what it knows -----------------------------------------------------------------------------------------------------


def test_retry_after__is_on_the_exception(failure: Callable[..., ApiException]) -> None:
    """Exceptions have retry_after in seconds, or None, and the text of a 429 names it."""
    error = failure({}, 429, [("retry-after", "30")])
    assert isinstance(error, TooManyRequestsException) and error.retry_after == 30.0
    assert "Call again in 30 s" in str(error)
    later = failure({}, 503, [("Retry-After", formatdate(time.time() + 60, usegmt=True))])
    assert later.retry_after is not None and 57 <= later.retry_after <= 61
    assert failure({}, 429).retry_after is None
    assert "Call less often" in str(failure({}, 429))
    assert ApiException(429).retry_after is None


def test_message__is_codats_else_the_reason() -> None:
    """There is always a message: Codat's words, else the reason, else the class; it has no URL in it."""
    error = NotFoundException(404, "Not Found")
    assert error.message == "Not Found"
    error.error = CodatPublicApiModelsErrorMessage(error="  ")
    assert error.message == "Not Found"
    error.error, error.url = CodatPublicApiModelsErrorMessage(error="No such company"), "http://h/x"
    assert error.message == "No such company"
    assert NotFoundException(404, "").message == "NotFoundException"


def test_repr__is_class_and_text() -> None:
    """A log that writes the repr has the whole line, unchanged."""
    for cls in FAILURES:
        with case(cls):
            error = cls(0, 'it\'s "over"')
            error.method, error.url = "GET", "http://h/x?a=b"
            assert repr(error) == f"<{cls.__name__}: {error}>"
            assert f"{[error]}" == f"[<{cls.__name__}: {error}>]"


def test_rate_limit__is_on_the_exception(failure: Callable[..., ApiException]) -> None:
    """The quota in the response's headers is there; without a response there is none."""
    assert failure({}, 429, [("X-Rate-Limit-Remaining", "0")]).rate_limit == RateLimit(None, "0", None)
    assert failure({}, 429).rate_limit is None
    assert ApiException(0, "no connection").rate_limit is None


RETRYABLE: list[tuple[type[ApiException], int, str, Any, bool, bool]] = [
    (ServiceException, 503, "GET", "unknown", False, True),
    (ServiceException, 503, "POST", "rejected", False, True),
    (ServiceException, 502, "POST", "unknown", False, False),
    (ServiceException, 502, "POST", "unknown", True, True),
    (ServiceException, 501, "GET", "unknown", False, False),
    (ApiException, 408, "DELETE", "unknown", False, True),
    (TooManyRequestsException, 429, "PUT", "rejected", False, True),
    (BadRequestException, 400, "GET", "rejected", False, False),
    (NotFoundException, 404, "GET", "rejected", False, False),
    (ConflictException, 409, "POST", "rejected", False, False),
    (ConflictException, 409, "POST", "unknown", True, True),
    (ConflictException, 409, "DELETE", "unknown", False, False),
    (ConflictException, 409, "PUT", "unknown", True, False),
    (ApiConnectionException, 0, "PUT", "not_sent", False, True),
    (ApiConnectionException, 0, "PUT", "unknown", False, False),
    (ApiTimeoutException, 0, "GET", "unknown", False, True),
    (ApiTlsException, 0, "GET", "not_sent", False, False),
    (WaitTimeoutException, 0, "GET", None, False, True),
    (UnreadableResponseException, 200, "GET", "unknown", False, True),
    (UnreadableResponseException, 200, "POST", "unknown", False, False),
    (InvalidResponseException, 200, "GET", "unknown", False, False),
    (ServiceException, 503, "POST", None, False, False),
]


def test_retryable__can_help_and_cannot_harm() -> None:
    """Only what may pass by itself, and cannot take effect twice, is worth the same call again."""
    for cls, status, method, outcome, repeat_is_safe, retryable in RETRYABLE:
        with case(cls, status, method, outcome, repeat_is_safe, retryable):
            error = cls(status, "x")
            error.method, error.outcome, error.repeat_is_safe = method, outcome, repeat_is_safe
            assert error.retryable is retryable


def test_retryable__not_what_is_too_large() -> None:
    """The same body would come again."""
    error = UnreadableResponseException(200, "too large")
    error.method, error.too_large = "GET", True
    assert not error.retryable


# -- advice ------------------------------------------------------------------------------------------------------------


def test_advice__of_a_path_that_the_caller_wrote_speaks_of_no_connection(server: ScriptedServer, api: Any) -> None:
    """A 404 of call_api names no parameter that the caller does not have."""
    server.script(http_response(ERROR_BODY | {"error": "Nothing here"}, 404))
    with pytest.raises(NotFoundException) as error:
        api.api_client.call_api("/companies/c1/data/info", "GET", response_type=(dict,))
    assert "connection" not in str(error.value) and str(error.value).endswith("Check the path and the ids in it")


def test_advice__of_a_422_without_a_key_speaks_of_none() -> None:
    """The idempotency key is named only where one was sent."""
    error = UnprocessableEntityException(422, "Unprocessable")
    error.method, error.outcome = "PUT", "rejected"
    assert "idempotency" not in str(error)
    error.idempotency_key = "k"
    assert "idempotency key" in str(error)


def test_advice__of_a_gateways_502_speaks_of_no_correlation_id(failure: Callable[..., ApiException]) -> None:
    """What is not there cannot be given to Codat's support."""
    assert "correlation" not in str(failure(body=b"<html>", status=502))
    assert "give the correlation id" in str(failure(ERROR_BODY, 502))


@pytest.mark.parametrize("status", [501, 505])
def test_advice__of_what_will_not_change_is_not_to_try_again(failure: Callable[..., ApiException], status: int) -> None:
    """A request that the service does not implement is no better later."""
    error = failure({"correlationId": "c1"}, status)
    assert (
        not error.retryable and "again" not in str(error) and str(error).endswith("correlation id to Codat's support")
    )
    assert "again" not in str(failure({}, status))


def test_advice__has_the_wait_that_the_service_asks_for(failure: Callable[..., ApiException]) -> None:
    """A 503 says when to come back, also where the first thing to do is another."""
    assert str(failure({}, 503, [("Retry-After", "120")])).endswith("Call again in 120 s")
    assert str(failure({}, 503, [("Retry-After", "999.4")])).endswith("Call again in 999.4 s")
    assert str(failure({}, 503, [("Retry-After", "1000.4")])).endswith("Call again in 1000 s")
    assert str(failure({}, 503, [("Retry-After", "5.599653217")])).endswith("Call again in 5.6 s")
    assert str(failure({}, 503, [("Retry-After", "0.04321987")])).endswith("Call again in 0.0432 s")
    error = ServiceException(503, "Unavailable")
    error.method, error.outcome, error.headers = "POST", "unknown", {"Retry-After": "2000.0"}
    assert str(error).endswith("the service asks to wait 2000 s")


def test_reason__that_is_no_text() -> None:
    """An exception that a wrapper makes of another error, as 2021 allowed, can be shown."""
    reasons: list[Any] = [ValueError("no route"), b"no route", 5, ["no route"]]
    for cls in [ApiException, ServiceException, InvalidResponseException]:
        for reason in reasons:
            with case(cls, reason):
                error = cls(status=500, reason=reason)
                assert error.message == str(reason) and error.message in str(error) and error.message in repr(error)


def test_advice__of_a_redirect_says_where_it_points(failure: Callable[..., ApiException]) -> None:
    """It is not followed, and the text has the target without its query and credentials, which are secret."""
    text = str(failure({}, 302, [("Location", "https://user:secret@login.test/start?code=secret#x")]))
    assert text.endswith("Redirects are not followed; this one points to https://login.test/start")
    assert "Redirects" not in str(failure({}, 304))


def test_timeout__names_the_seconds_of_the_deadline() -> None:
    """The text says how long the deadline was."""
    error = ApiTimeoutException(0, "no complete response within the deadline")
    error.deadline = 60.0
    assert "within the 60 s deadline" in str(error)


def test_args__are_enough_for_json() -> None:
    """A serializer that keeps the class and args as JSON, as Celery's does, brings the same text back."""
    for error in every_exception():
        with case(error):
            again = type(error)(*json.loads(json.dumps(error.args)))
            assert str(again) == str(error)
            if isinstance(error, ApiException):
                assert (again.status, again.outcome, again.url) == (error.status, error.outcome, error.url)  # type: ignore[attr-defined]
                assert again.retryable == error.retryable  # type: ignore[attr-defined]
                assert "body" not in str(error.args)


def test_invalid_response__is_caught_as_all_that_it_is() -> None:
    """Handlers for failed calls, for type errors and for value errors catch it, and path_to_item says where."""
    error = InvalidResponseException(200, "id is null, expected a string", path_to_item=["received_data", "id"])
    for base in (ApiException, UnreadableResponseException, ApiTypeError, ApiValueError, TypeError, ValueError):
        assert isinstance(error, base)
    assert error.path_to_item == ["received_data", "id"] and error.key_type is False
    assert error.message == "id is null, expected a string"
    assert "id is null, expected a string, at ['received_data']['id'] (HTTP 200)" in str(error)


def test_rest__has_the_exceptions_as_generated_code_has_them() -> None:
    """`from codat_python_sdk.rest import ApiException` works, for it and its subclasses."""
    from codat_python_sdk import rest

    for cls in (*FAILURES, ApiValueError):
        assert getattr(rest, cls.__name__) is cls
