"""The client that both layers send with: builds requests, delivers them, reads responses. Knows no endpoint."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from codat_python_sdk.checks import HeaderValues, as_header, check_header_name, check_host, encoded, shown
from codat_python_sdk.configuration import Configuration, check_configuration
from codat_python_sdk.delivery import deliver
from codat_python_sdk.exceptions import ApiTypeError, ApiValueError
from codat_python_sdk.headers import merge_headers
from codat_python_sdk.model_utils import discard_unknown
from codat_python_sdk.operation import UNSET, Operation, json_body
from codat_python_sdk.options import (
    CALL_API,
    GENERATED,
    NO_OPTIONS,
    REQUEST,
    OptionNames,
    Options,
    checked_options,
)
from codat_python_sdk.request import ALL_SCHEMES, ENCODINGS, Call, authorization, build_call, new_call
from codat_python_sdk.response import Response, read
from codat_python_sdk.results import Form, http_tuple
from codat_python_sdk.secret import SecretBytes, as_secret, plain_text
from codat_python_sdk.settings import is_positive
from codat_python_sdk.url import (
    apply_collection_formats,
    check_resource_path,
    path_segment,
    query_string,
    repeat_lists,
    url_text,
)
from codat_python_sdk.values import ANYTHING, Types, Validation, as_texts, checked_types, to_json

if not TYPE_CHECKING:  # for whoever evaluates the annotations
    from codat_python_sdk.lazy_imports import KeyedRequestOptions, Unpack
else:
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from codat_python_sdk.call_options import KeyedRequestOptions
    from codat_python_sdk.thread_pool import ThreadPool

T = TypeVar("T")

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "POST", "PUT", "PATCH"})
#: Those that ``call_api`` sends as JSON unless it is told otherwise, as in 2021, with or without a body.
_METHODS_WITH_CONTENT = frozenset({"OPTIONS", "POST", "PUT", "PATCH"})
_JSON_CONTENT = {"Content-Type": "application/json"}


def _check_method(method: Any) -> str:
    name = method.upper() if isinstance(method, str) else method
    if not isinstance(name, str) or name not in _METHODS:
        raise ApiValueError(f"method must be one of {', '.join(sorted(_METHODS))}, got {shown(method)}")
    return name


def _pairs(name: str, values: Any) -> list[tuple[str, Any]]:
    """Parameters as pairs, from a mapping or from pairs."""
    try:
        items: Any = values.items() if hasattr(values, "items") else values or ()
        return [(plain_text(key) if isinstance(key, str) else str(key), value) for key, value in items]
    except (TypeError, ValueError):
        raise ApiTypeError(f"{name} must be a dict or a list of pairs", [name]) from None


def _body_as(media_type: str, body: Any) -> bytes:
    """A body as JSON; as text of another media type, or bytes, just as it is."""
    if not media_type or "json" in media_type.lower():
        return json_body(body)
    if isinstance(body, bytes):
        return body
    if not isinstance(body, str):
        raise ApiTypeError(f"a body of {media_type!s} must be str or bytes, got {type(body).__name__}", ["body"])
    return encoded("body", body, str.encode)


def _as_response(response: Any) -> Response:
    """A response, also of an object that has nothing but its body, which may be text."""
    data = getattr(response, "data", None)
    if isinstance(data, bytes) and hasattr(response, "status") and hasattr(response, "getheader"):
        checked: Response = response
        return checked
    if not isinstance(data, (str, bytes)):
        raise ApiTypeError("response must be an object whose data is the body, as str or bytes", ["response"])
    from codat_python_sdk.rest import RESTResponse

    body = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")  # read says what is wrong with it
    return RESTResponse(getattr(response, "status", 200), getattr(response, "reason", None), body, {})


class ApiClient:
    """A client for one configuration. Create it once and share it between threads.

    Args:
        configuration: Settings; a copy of the default configuration when left out.
        header_name: Name of a header to send with every request.
        header_value: Its value.
        cookie: Value of the ``Cookie`` header.
        pool_threads: Threads for ``async_req=True``.
    """

    # Each instance has its own. In the class they are for stubs, which have the attributes of their class; and plain
    # ones, since a descriptor would make reading them slower.
    configuration: Configuration = cast("Any", Configuration)
    default_headers: dict[str, str] = cast("Any", dict)
    pool_threads: int = 1
    #: The transport; see ``RESTClientObject`` for what a replacement needs.
    rest_client: Any = None
    #: The response to the most recent call of any thread; its body only up to 64 KiB.
    last_response: Any = None

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: str | None = None,
        cookie: str | None = None,
        pool_threads: int = 1,
    ) -> None:
        header_value, cookie = as_secret(header_value), as_secret(cookie)
        # What only a client needs, urllib3 above all, is imported with the first one.
        from codat_python_sdk.client_limits import ClientLimits
        from codat_python_sdk.rest import USER_AGENT, RESTClientObject

        self.configuration = (
            Configuration.get_default_copy() if configuration is None else check_configuration(configuration)
        )
        self.pool_threads = is_positive("pool_threads", pool_threads)
        #: The error text for a call without credentials; None to send it without, as in 2021.
        self.credentials_advice: str | None = None
        self.default_headers = HeaderValues()
        self.user_agent = self.configuration.user_agent or USER_AGENT
        if header_name is not None:
            self.set_default_header(header_name, header_value)
        if cookie is not None:
            self.cookie = cookie
        self.rest_client = RESTClientObject(self.configuration)
        self._limits = ClientLimits()

    def with_settings(self, settings: Mapping[str, Any], headers: Mapping[str, str]) -> ApiClient:
        """A client with some other settings and more default headers, which shares the transport of this one."""
        other: ApiClient = copy.copy(self)
        other.configuration = copy.deepcopy(self.configuration)
        for name, value in settings.items():
            setattr(other.configuration, name, value)
        other.default_headers = HeaderValues(self.default_headers)
        for header, text in headers.items():
            other.set_default_header(header, text)
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_pool"} | {"last_response": None}

    def close(self) -> None:
        """Finish the calls in the thread pool and close the idle connections. A later call opens new ones."""
        pool: ThreadPool | None = self.__dict__.get("_pool")
        if pool is not None:
            pool.close()
        close: Callable[[], object] | None = getattr(self.rest_client, "close", None)
        if close is not None:
            close()

    @property
    def pool(self) -> ThreadPool:
        """The threads for ``async_req=True``, started when they are needed."""
        if "_pool" not in self.__dict__:
            from codat_python_sdk.thread_pool import ThreadPool  # takes a while to import, and few calls want it

            self.__dict__.setdefault("_pool", ThreadPool(self.pool_threads))  # atomic: several first calls get one
        pool: ThreadPool = self.__dict__["_pool"]
        return pool

    @property
    def cookie(self) -> str | None:
        """The ``Cookie`` header, or None."""
        return self.default_headers.get(self._default_name("Cookie"))

    @cookie.setter
    def cookie(self, value: str | None) -> None:
        value = as_secret(value)
        if value is None:
            self.default_headers.pop(self._default_name("Cookie"), None)
        else:
            self.set_default_header("Cookie", value)

    @property
    def user_agent(self) -> str:
        """The ``User-Agent`` header."""
        return self.default_headers[self._default_name("User-Agent")]

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        self.set_default_header("User-Agent", value)

    def set_default_header(self, header_name: str, header_value: Any) -> None:
        """Send a header with every request from now on, instead of one that has the same name in any case.

        Raises:
            ApiTypeError, ApiValueError: It cannot be a header; the value is not shown.
        """
        header_value = as_header(header_name, header_value)
        merge_headers({check_header_name(header_name): header_value})
        self.default_headers[self._default_name(header_name)] = header_value

    def _default_name(self, name: str) -> str:
        """A header's name as it is spelled in ``default_headers``, where it is there."""
        return next((known for known in self.default_headers if str(known).lower() == name.lower()), name)

    # -- calls ---------------------------------------------------------------------------------------------------

    def send(
        self,
        operation: Operation[T],
        arguments: Mapping[str, Any],
        options: Mapping[str, Any],
        names: OptionNames = GENERATED,
        form: Form | None = None,
    ) -> T:
        """Send the request of an operation.

        Args:
            operation: Which endpoint.
            arguments: Its parameters by name; ``UNSET`` for those that were left out.
            options: Keywords of the caller.
            names: How the caller's layer names these keywords.
            form: What to make of the result; None for its data.

        Returns:
            The result in that form; a handle with ``async_req=True``.

        Raises:
            ApiTypeError, ApiValueError: An argument or an option cannot be used; nothing was sent.
            ApiException: The call failed; ``outcome`` says whether it may still have taken effect.
        """
        checked = checked_options(options, names, operation) if options else NO_OPTIONS
        call = build_call(
            operation, arguments, checked, self.configuration, self.default_headers, self.credentials_advice
        )
        if not checked.data_only and form is None:
            form = http_tuple
        if checked.async_req:
            return self._send_in_pool(call, form)  # type: ignore[no-any-return]
        result = deliver(call, self.rest_client, self._limits)
        self.last_response = result.response
        return result.data if form is None else form(result)  # type: ignore[no-any-return]

    def _send_in_pool(self, call: Call, form: Form | None) -> Any:
        """Deliver a call in a thread of the pool, in the caller's context, so that tracing knows the parent span."""
        from contextvars import copy_context

        return self.pool.apply_async(copy_context().run, (self._deliver, call, form))

    def _deliver(self, call: Call, form: Form | None) -> Any:
        result = deliver(call, self.rest_client, self._limits)
        self.last_response = result.response
        return result.data if form is None else form(result)

    def request(
        self,
        method: str,
        path: str,
        *,
        path_params: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        body: Any = None,
        **options: Unpack[KeyedRequestOptions],
    ) -> Any:
        """Send a request to an endpoint that this package has no method for, with the client's credentials.

        Args:
            method: HTTP method.
            path: Path below the base URL, with ``{parameters}``; never another host.
            path_params: Values for the parameters of the path.
            query: Query parameters: texts, numbers, booleans (spelled as in JSON), dates, UUIDs and enums. None is left
                out, and a list repeats the parameter.
            body: The value to send as JSON: models, dicts, lists, plain values, dates.
            options: ``timeout``, ``deadline``, ``retries``, ``headers`` and, for POST and PATCH, ``idempotency_key``.

        Returns:
            The response's JSON as dicts, lists and plain values; None for an empty body.

        Raises:
            ApiTypeError, ApiValueError, ApiException: As the other methods do.
        """
        # Nobody knows what is in them, and tracebacks with local variables show them. A path may be a URL by mistake.
        body, path = as_secret(body), as_secret(path)
        path = check_resource_path(path)
        operation = Operation("request", _check_method(method), path, object)
        call = self._call_of_path(
            operation.method,
            path,
            path_params,
            query,
            checked_options(options, REQUEST, operation),
            headers=[{"Accept": "application/json"}, {} if body is None else _JSON_CONTENT],
            schemes=ALL_SCHEMES,
            body=body,
            types=ANYTHING,
            validation="strict",
            credentials_advice=self.credentials_advice,
        )
        return self._deliver(call, None)

    def _call_of_path(
        self,
        method: str,
        path: str,
        path_params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None,
        query: Mapping[str, Any] | Iterable[tuple[str, Any]] | None,
        options: Options,
        *,
        headers: Iterable[Mapping[str, str]],
        schemes: Iterable[str],
        body: Any,
        types: Types | None,
        validation: Validation | None,
        collection_formats: Mapping[str, str] | None = None,
        credentials_advice: str | None = None,
    ) -> Call:
        """A call of an endpoint that no operation describes."""
        settings = self.configuration
        target, formats = path, collection_formats or {}
        for name, value in apply_collection_formats(_pairs("path_params", path_params), formats):
            if value is None:
                raise ApiValueError(f"{name} must be an id, got None", [name])
            segment = path_segment(name, url_text(name, value), settings.safe_chars_for_path_param)
            target = target.replace("{" + name + "}", segment)
        if "{" in target:
            raise ApiValueError(f"path_params must have a value for each parameter of {path}", ["path_params"])
        query_text = query_string(repeat_lists(apply_collection_formats(_pairs("query", query), formats)))
        if "?" in target:  # the path has a query of its own
            query_text = query_text.replace("?", "&", 1)
        merged = merge_headers(ENCODINGS, *headers, self.default_headers, authorization(settings, schemes))
        return new_call(
            method,
            check_host(options.base_url or settings.host) + target + query_text,
            settings,
            options,
            merged,
            name="call_api",
            path=path,
            path_parameters=(),
            body=None if body is None else SecretBytes(_body_as(merged.get("content-type", ("", ""))[1], body)),
            types=types,
            validation=validation,
            credentials_advice=credentials_advice,
        )

    # -- the interface of 2021 -------------------------------------------------------------------------------------

    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
        query_params: Iterable[tuple[str, Any]] | Mapping[str, Any] | None = None,
        header_params: Mapping[str, str] | None = None,
        body: Any = None,
        post_params: Any = None,
        files: Any = None,
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
            body: The value to send as JSON: models, dicts, lists, plain values, dates. With a ``Content-Type`` of
                another kind in ``header_params``, a str or bytes, which is sent as it is.
            post_params: From 2021: fields of a form. None of Codat's endpoints takes one, so it has to be empty.
            files: From 2021, as ``post_params``.
            response_type: ``(Class,)``, ``([Class],)``, ``({str: (Class,)},)`` …; None to ignore the body.
            auth_settings: Names of the schemes to send, of those in ``Configuration.auth_settings()``.
            async_req: True to return a handle at once.
            _return_http_data_only: True for the result alone, instead of ``(data, status, headers)``.
            collection_formats: ``csv``, ``ssv``, ``tsv``, ``pipes`` or ``multi`` by the name of a parameter whose value
                is a list, in the path, the query or the headers.
            _preload_content: False to get the unread ``urllib3.HTTPResponse``.
            _request_timeout: Seconds, or ``(connect, read)``; the configuration's when left out.
            _host: Another base URL.
            _check_type: True to check and convert the response's values; else models hold them as they came.
            options: ``_deadline``, ``_retries``, ``_headers`` and ``_idempotency_key`` as in the other methods.

        Raises:
            ApiTypeError, ApiValueError, ApiException: As the other methods do.
        """
        if post_params or files:
            name = "post_params" if post_params else "files"
            raise ApiTypeError(f"call_api sends no forms and no files, so that {name} has to be empty", [name])
        body, _host, header_params = as_secret(body), as_secret(_host), as_secret(header_params)
        header_pairs = apply_collection_formats(_pairs("header_params", header_params), collection_formats or {})
        options |= {"async_req": async_req, "_preload_content": _preload_content, "_host": _host}
        if _request_timeout is not UNSET:
            options["_request_timeout"] = _request_timeout
        if response_type is not None:  # before the request is sent: afterwards the result would be lost
            response_type = checked_types("response_type", response_type)
        resource_path = as_secret(resource_path)
        resource_path = check_resource_path(resource_path)
        operation = Operation("call_api", _check_method(method), resource_path, object)
        checked = checked_options(options, CALL_API, operation)
        call = self._call_of_path(
            operation.method,
            resource_path,
            path_params,
            query_params,
            checked,
            headers=[_JSON_CONTENT if operation.method in _METHODS_WITH_CONTENT else {}, HeaderValues(header_pairs)],
            schemes=() if auth_settings is None else as_texts("auth_settings", auth_settings),
            body=body,
            types=response_type,
            validation=self.configuration.response_validation if _check_type else None,
            collection_formats=collection_formats,
        )
        form = None if _return_http_data_only else http_tuple
        return self._send_in_pool(call, form) if async_req else self._deliver(call, form)

    @staticmethod
    def parameters_to_tuples(
        params: Mapping[str, Any] | Iterable[tuple[str, Any]], collection_formats: Mapping[str, str] | None
    ) -> list[tuple[str, Any]]:
        """Parameters as pairs, with their lists joined as ``collection_formats`` says (``csv``, ``multi`` …)."""
        return apply_collection_formats(_pairs("params", params), collection_formats or {})

    @classmethod
    def sanitize_for_serialization(cls, obj: Any) -> Any:
        """A value that ``json`` can encode: models under their JSON names, dates as ISO 8601; raises ApiValueError."""
        return to_json(obj)

    def deserialize(self, response: Any, response_type: Types | None, _check_type: bool | None = True) -> Any:
        """The result in a response; raises as a call does.

        Args:
            response: What ``rest_client`` returned; or, as in 2021, any object whose ``data`` is JSON.
            response_type: As for ``call_api``.
            _check_type: True to check the values; else models hold them as they came.
        """
        if response_type is not None:
            response_type = checked_types("response_type", response_type)
        settings = self.configuration
        result = read(_as_response(response), response_type, settings.response_validation if _check_type else None)
        if settings.discard_unknown_keys:
            discard_unknown(result)
        return result

    @staticmethod
    def select_header_accept(accepts: Iterable[str]) -> str | None:
        """The ``Accept`` header for these media types: JSON if it is among them, else all of them."""
        types = [text.lower() for text in as_texts("accepts", accepts or ())]
        return "application/json" if "application/json" in types else ", ".join(types) or None

    @staticmethod
    def select_header_content_type(content_types: Iterable[str]) -> str:
        """The ``Content-Type`` header for these media types: JSON if that is possible, else the first."""
        types = [text.lower() for text in as_texts("content_types", content_types or ())]
        return types[0] if types and not {"application/json", "*/*"} & set(types) else "application/json"
