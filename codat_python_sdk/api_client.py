"""One call: put the request together, deliver it, read what came. Knows no endpoint."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from urllib.parse import urlsplit

from codat_python_sdk.checks import check_host, check_seconds, check_timeout
from codat_python_sdk.clock import clock
from codat_python_sdk.configuration import API_KEY_AUTH, CODAT_LOGIN, Configuration
from codat_python_sdk.exceptions import ApiException, ApiValueError
from codat_python_sdk.model_utils import discard_unknown
from codat_python_sdk.request import (
    UNSET,
    HeaderCache,
    Operation,
    check_options,
    collect,
    given_key,
    json_body,
    merge_headers,
    new_key,
    path_segment,
    query_string,
    resource,
    url_text,
)
from codat_python_sdk.response import ApiResponse, Validation, read
from codat_python_sdk.retries import KEYED_METHODS, Delivery, RetryPolicy, resolve_policy
from codat_python_sdk.secret import SecretValues
from codat_python_sdk.values import Types, to_json

if TYPE_CHECKING:
    from multiprocessing.pool import ThreadPool
    from types import TracebackType

    from typing_extensions import Self

T = TypeVar("T")

logger: logging.Logger = logging.getLogger(__name__)

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"})


class Call(Generic[T]):
    """One logical call, ready to be delivered: checked, encoded, with its limits. ``T`` is what it gives."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None
    types: Types | None  #: classes of the result; None when the answer's body does not count
    validation: Validation | None = None  #: None to take values as they come
    timeout: Any
    deadline: float | None  #: seconds
    policy: Any  #: a RetryPolicy or a urllib3.Retry
    idempotency_key: str | None = None
    caller_gave_key: bool = False
    path_parameters: tuple[str, ...] = ()  #: their names, for error texts; empty for a path of the caller's
    preload: bool = True
    view: str = "data"  #: or "tuple" or "response"
    in_pool: bool = False

    def take(self, options: Mapping[str, Any]) -> None:
        """Set what these options say of the delivery."""
        if "_request_timeout" in options:
            self.timeout = check_timeout(options["_request_timeout"])
        if "_deadline" in options:
            self.deadline = check_seconds("_deadline", options["_deadline"])
        if "_retries" in options:
            self.policy = resolve_policy(options["_retries"])
        self.preload = options.get("_preload_content", True)
        self.in_pool = bool(options.get("async_req"))

    def result(self, data: Any, answer: Any, delivery: Delivery) -> Any:
        """What the caller gets besides the data, where that is wanted."""
        if self.view == "response":
            attempts = tuple(delivery.attempts)
            return ApiResponse(data, answer.status, answer.getheaders(), attempts, self.idempotency_key)
        # What is unread has its status and headers with it.
        return (data, answer.status, answer.getheaders()) if self.preload else data


def _log_attempt(call: Call[Any], delivery: Delivery) -> None:
    if delivery.attempts:
        last = delivery.attempts[-1]
        path, milliseconds, number = urlsplit(call.url).path, last.seconds * 1000, len(delivery.attempts)
        logger.debug(
            "%s %s: %s, %.1f ms, attempt %d", call.method, path, last.status or last.error, milliseconds, number
        )


class ApiClient:
    """A client for one configuration, to be shared by threads and made once.

    Args:
        configuration: Settings; a copy of the default configuration when left out.
        header_name: Name of a header to send with every request.
        header_value: Its value.
        cookie: Value of the ``Cookie`` header.
        pool_threads: Threads for ``async_req=True``.
    """

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: str | None = None,
        cookie: str | None = None,
        pool_threads: int = 1,
    ) -> None:
        # urllib3 comes with the first client, so that a process that only imports this package need not load it.
        from codat_python_sdk.rest import USER_AGENT, RESTClientObject

        self.configuration: Configuration = Configuration.get_default_copy() if configuration is None else configuration
        self.pool_threads = pool_threads
        self._header_cache = HeaderCache()
        self.default_headers: dict[str, str] = SecretValues()
        self.user_agent = self.configuration.user_agent or USER_AGENT
        if header_name is not None:
            self.set_default_header(header_name, header_value)
        if cookie is not None:
            self.set_default_header("Cookie", cookie)
        #: The transport; see ``RESTClientObject`` for what a replacement needs.
        self.rest_client: Any = RESTClientObject(self.configuration)
        #: What the most recent call of any thread brought.
        self.last_response: Any = None
        self._pool: ThreadPool | None = None
        self._pool_pid = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"last_response": None, "_pool": None, "_header_cache": HeaderCache()}

    def close(self) -> None:
        """Finish the calls in the thread pool and close the idle connections. A later call makes new ones."""
        pool, self._pool = self._pool, None
        if pool is not None and self._pool_pid == os.getpid():
            pool.close()
            pool.join()
        close: Callable[[], object] | None = getattr(self.rest_client, "close", None)
        if close is not None:
            close()

    @property
    def pool(self) -> ThreadPool:
        """The threads for ``async_req=True``, started at the first use."""
        if self._pool is None or self._pool_pid != os.getpid():
            from multiprocessing.pool import ThreadPool  # takes long to import, and few calls want it

            self._pool, self._pool_pid = ThreadPool(self.pool_threads), os.getpid()
            # Closed and not terminated: a handle may outlive the client, and wants its result.
            weakref.finalize(self, self._pool.close)
        return self._pool

    @property
    def user_agent(self) -> str:
        """The ``User-Agent`` header."""
        return self.default_headers["User-Agent"]

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        self.set_default_header("User-Agent", value)

    def set_default_header(self, header_name: str, header_value: Any) -> None:
        """Send a header with every request from now on.

        Raises:
            ApiTypeError, ApiValueError: It cannot be a header; the value is not shown.
        """
        merge_headers({header_name: header_value})
        self.default_headers[header_name] = header_value

    # -- a call ----------------------------------------------------------------------------------------------------

    def prepare(self, operation: Operation[T], options: Any, **values: Any) -> Call[T]:
        """A call of an operation, giving its result.

        Raises:
            ApiTypeError: An argument has the wrong type, or an option is unknown.
            ApiValueError: An argument or an option has a value that cannot be used.
        """
        if options:
            check_options(options, operation.method)
        check_types = options.get("_check_input_type", True)
        target = operation.target(values, check_types, self.configuration.safe_chars_for_path_param)
        host = options.get("_host")
        if host is None:
            host = self.configuration.host_for(operation.name, options.get("_host_index"))
        else:
            host = check_host(host)
        call: Call[T] = self._call(
            operation.method, host + target, operation.headers, (API_KEY_AUTH, CODAT_LOGIN), options
        )
        call.path_parameters = operation.path_parameters
        call.body = operation.content(values, check_types)
        call.types = operation.returns
        if options.get("_check_return_type", True):
            call.validation = "strict"
        if not options.get("_return_http_data_only", True):
            call.view = "tuple"
        return call

    def prepare_with_http_info(
        self, operation: Operation[T], options: Mapping[str, Any], **values: Any
    ) -> Call[ApiResponse[T]]:
        """A call of an operation, giving its result in an ``ApiResponse``; raises as ``prepare`` does."""
        call: Call[Any] = self.prepare(operation, options, **values)
        call.view = "response"
        return call

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], schemes: Iterable[str], options: Mapping[str, Any]
    ) -> Call[Any]:
        """A call with all but its body and its result."""
        settings = self.configuration
        call: Call[Any] = Call()
        call.method, call.url = method, url
        call.timeout, call.deadline, call.policy = settings.timeout, settings.deadline, settings.policy
        auth, credentials = None, settings.credentials()
        for scheme in schemes:
            auth = credentials.get(scheme, auth)
        merged, plain = self._header_cache.merged(headers, self.default_headers, auth)
        if options:
            call.take(options)
            merged = merged | merge_headers(options.get("_headers") or {}, given_key(options))
            plain = dict(merged.values())
        call.headers = dict(plain)
        if method in KEYED_METHODS:
            _, call.idempotency_key = merged.get("idempotency-key", (None, None))
            call.caller_gave_key = call.idempotency_key is not None
            if call.idempotency_key is None:
                call.headers["Idempotency-Key"] = call.idempotency_key = new_key()
        return call

    def deliver(self, call: Call[T]) -> T:
        """Send a call as often as it takes, within its deadline, and read the answer.

        Returns:
            The result in the form that the call asks for.

        Raises:
            ApiException: It failed; ``outcome`` says whether it may have been done all the same.
            ApiTypeError: The answer has another shape than promised.
        """
        if call.in_pool:
            from contextvars import copy_context

            call.in_pool = False  # and in the caller's context, so that a trace knows whose call it is
            return self.pool.apply_async(copy_context().run, (self.deliver, call))  # type: ignore[return-value]
        deadline = None if call.deadline is None else clock.monotonic() + call.deadline
        delivery = Delivery(call.method, call.policy, deadline, call.caller_gave_key)
        debug = logger.isEnabledFor(logging.DEBUG)
        answer: Any = None
        data: Any
        while True:
            started = clock.monotonic()
            try:
                answer = self.rest_client.request(
                    call.method,
                    call.url,
                    headers=call.headers,
                    body=call.body,
                    _preload_content=call.preload,
                    _request_timeout=call.timeout,
                    _deadline=deadline,
                    _retries=None if isinstance(call.policy, RetryPolicy) else call.policy,
                )
                unread = not call.preload and 200 <= answer.status <= 299
                data = answer if unread else read(answer, call.types, call.validation)
                delivery.succeeded(answer.status, started, clock.monotonic())
                break
            except ApiException as error:
                wait = delivery.failed(error, started, clock.monotonic())
                if delivery.was_done_before(error):
                    from codat_python_sdk.rest import RESTResponse

                    answer, data = RESTResponse(404, error.reason, b"", error.headers or {}), True
                    break
                if wait is None:
                    error.method, error.url = call.method, call.url
                    error.path_parameters, error.deadline = call.path_parameters, call.deadline
                    error.idempotency_key = call.idempotency_key
                    raise
            finally:
                if debug:
                    _log_attempt(call, delivery)
            clock.sleep(wait)
        if self.configuration.discard_unknown_keys:
            discard_unknown(data)
        self.last_response = answer
        result: T = data if call.view == "data" else call.result(data, answer, delivery)
        return result

    # -- the interface of 2021 -------------------------------------------------------------------------------------

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        query_params: Iterable[tuple[str, Any]] | Mapping[str, Any] | None = None,
        header_params: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        response_type: Types | None = None,
        auth_settings: Iterable[str] | None = None,
        async_req: bool | None = None,
        _return_http_data_only: bool | None = None,
        collection_formats: Mapping[str, str] | None = None,
        _preload_content: bool = True,
        _request_timeout: Any = UNSET,
        _host: str | None = None,
        _check_type: bool | None = None,
        **options: Any,
    ) -> Any:
        """Call an endpoint that this package has no method for.

        Args:
            resource_path: Path with ``{parameters}``.
            method: HTTP method.
            path_params: Values for the parameters of the path.
            query_params: Pairs, or a dict; lists are joined as ``collection_formats`` says.
            header_params: Headers of this call.
            body: What becomes JSON: models, dicts, lists, plain values, dates.
            response_type: ``(Class,)``, ``([Class],)``, ``({str: (Class,)},)`` …; None when the body does not count.
            auth_settings: Names of the schemes to send, of those in ``Configuration.auth_settings()``.
            async_req: True to return a handle at once.
            _return_http_data_only: True for the result alone, instead of ``(data, status, headers)``.
            collection_formats: ``csv``, ``ssv``, ``tsv``, ``pipes`` or ``multi`` by the query parameter's name.
            _preload_content: False to get the unread ``urllib3.HTTPResponse``.
            _request_timeout: Seconds, or ``(connect, read)``; the configuration's when left out.
            _host: Another base URL.
            _check_type: True to check and convert the answer's values.
            options: ``_deadline``, ``_retries``, ``_headers`` and ``_idempotency_key`` as in the other methods.

        Raises:
            ApiTypeError, ApiValueError, ApiException: As the other methods do.
        """
        method = method.upper()
        if method not in _METHODS:
            raise ApiValueError(f"method must be one of {', '.join(sorted(_METHODS))}, got {method!r}")
        options |= {"async_req": async_req, "_preload_content": _preload_content}
        if _request_timeout is not UNSET:
            options["_request_timeout"] = _request_timeout
        check_options(options, method)
        path = resource(resource_path)
        for name, value in dict(cast("Any", path_params or {})).items():
            segment = path_segment(name, url_text(name, to_json(value)), self.configuration.safe_chars_for_path_param)
            path = path.replace("{" + name + "}", segment)
        query = cast("Any", query_params or ())
        pairs: Iterable[tuple[str, Any]] = getattr(query, "items", lambda: query)()
        url = check_host(self.configuration.host if _host is None else _host) + path
        url += query_string(collect(((name, to_json(value)) for name, value in pairs), collection_formats or {}))
        call = self._call(method, url, header_params or {}, auth_settings or (), options)
        call.body = None if body is None else json_body(body)
        call.types = response_type
        call.validation = "strict" if _check_type else None
        call.view = "data" if _return_http_data_only else "tuple"
        return self.deliver(call)

    @classmethod
    def sanitize_for_serialization(cls, obj: Any) -> Any:
        """A value as ``json`` takes it: models under their JSON names, dates as ISO 8601; raises ApiValueError."""
        return to_json(obj)

    def deserialize(self, response: Any, response_type: Types, _check_type: bool | None = True) -> Any:
        """The result in an answer, which needs ``status``, ``data`` and ``getheader``; raises as a call does."""
        return read(response, response_type, "strict" if _check_type else None)

    @staticmethod
    def select_header_accept(accepts: Iterable[str]) -> str | None:
        """The ``Accept`` header for these media types: JSON if it is among them, else all of them."""
        types = [accept.lower() for accept in accepts]
        return "application/json" if "application/json" in types else ", ".join(types) or None

    @staticmethod
    def select_header_content_type(content_types: Iterable[str]) -> str:
        """The ``Content-Type`` header for these media types: JSON if that is possible, else the first."""
        types = [content_type.lower() for content_type in content_types]
        return types[0] if types and not {"application/json", "*/*"} & set(types) else "application/json"
