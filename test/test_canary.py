"""Secrets that sing: each is set somewhere, calls of all kinds are made, and every channel is searched for them."""

from __future__ import annotations

import http.client
import inspect
import json
import logging
import socket
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
import urllib3
from cases import case
from server import CONNECTION, Reply, ScriptedServer, cut, dropped, http_response, raw

from codat_python_sdk import (
    ApiClient,
    ApiException,
    ApiTypeError,
    ApiValueError,
    CodatPlatform,
    Configuration,
    OpenApiException,
    apis,
)
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.resources.companies import Companies
from codat_python_sdk.resources.connections import Connections
from codat_python_sdk.resources.integrations import Integrations
from codat_python_sdk.resources.webhooks import Webhooks

# Constants, because the local variables of these very tests are among what is searched.
CREDENTIALS = {
    "key": "canary-key-4f1a",
    "token": "canary-token-77b0",
    "password": "canary-password-19c2",
    "proxy": "canary-proxy-c5d3",
    "proxy header": "canary-proxyheader-6e7f",
    "cookie": "canary-cookie-2a8b",
    "header": "canary-header-9d0c",
    "call header": "canary-callheader-8a1e",
}
CODE = "canary-otp-31e4"
AUTHORIZATION = {"accessToken": "canary-authorization-5b6d"}
WRONG_AUTHORIZATION: Any = AUTHORIZATION | {"bad": [AUTHORIZATION["accessToken"]]}
ALL = [*CREDENTIALS.values(), CODE, *AUTHORIZATION.values()]
LINK = f"https://link.example.test/start?otp={CODE}"
LINKED = CONNECTION | {"linkUrl": LINK, "redirect": LINK, "accessToken": CODE}


class Channels(logging.Handler):
    """Everything that is written anywhere while a test runs."""

    def __init__(self, capfd: pytest.CaptureFixture[str], log_file: Path) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._capfd = capfd
        self._log_file = log_file

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [self.format(record), repr(vars(record))]

    def shown(self, caught: list[warnings.WarningMessage]) -> str:
        self.texts.append(self._log_file.read_text(encoding="utf-8"))
        assert "attempt" in self.texts[-1], "nothing was logged, so nothing is proved"
        return "\n".join([*self.texts, *self._capfd.readouterr(), *(str(w.message) for w in caught)])


def configuration(host: str, *, token: bool = False) -> Configuration:
    made = Configuration(
        host, api_key={"API Key Auth": CREDENTIALS["key"]}, password=CREDENTIALS["password"], retries=0, timeout=5
    )
    if token:
        made.access_token = CREDENTIALS["token"]
    return made


def client(settings: Configuration) -> ApiClient:
    return ApiClient(settings, "X-Extra", CREDENTIALS["header"], cookie=CREDENTIALS["cookie"])


@pytest.fixture
def loud(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[tuple[Channels, Configuration]]:
    """All channels, and a configuration with debug=True and logger_file that writes to them."""
    settings = configuration("http://localhost")
    settings.logger_file = tmp_path / "sdk.log"
    settings.debug = True
    channels = Channels(capfd, tmp_path / "sdk.log")
    stream = logging.StreamHandler()
    for handler in (channels, stream):
        logging.getLogger().addHandler(handler)
    yield channels, settings
    for handler in (channels, stream):
        logging.getLogger().removeHandler(handler)
    settings.logger_file = None
    for logger in settings.logger.values():
        logger.setLevel(logging.NOTSET)


def get(api: ConnectionApi, **options: Any) -> Any:
    return api.companies_company_id_connections_connection_id_get("c1", "k1", **options)


def put(api: ConnectionApi) -> Any:
    return api.companies_company_id_connections_connection_id_authorization_put("c1", "k1", request_body=AUTHORIZATION)


def attributes(thing: object) -> str:
    return pformat(vars(thing) if hasattr(thing, "__dict__") else thing)


def everything_about(error: BaseException) -> str:
    """Text, repr, attributes and the traceback with all local variables, of the error and what led to it."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    texts = [f"{link!s}\n{link!r}\n{pformat(vars(link))}" for link in links]
    for link in links:
        texts += traceback.TracebackException.from_exception(link, capture_locals=True).format()
    return "\n".join(texts)


def found(text: str, secrets: list[str]) -> list[str]:
    return [secret for secret in secrets if secret in text]


def test_canary__no_channel_has_a_secret(loud: tuple[Channels, Configuration], server: ScriptedServer) -> None:
    """Success, rejection, failure, a cut body, no connection and a wrong shape leave no secret in any output."""
    channels, settings = loud
    errors = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for token in (False, True):
            settings.access_token = CREDENTIALS["token"] if token else None
            settings.host = server.url
            api = ConnectionApi(client(settings))
            for reply in (
                http_response(LINKED),
                http_response({"error": "no"}, 401),
                http_response({"error": "later"}, 503),
                http_response(LINKED, 302, [("Location", "/x")]),
                cut(http_response(LINKED)),
                dropped(),
                http_response(LINKED | {"id": 5}),
                http_response([LINKED]),
            ):
                server.script(reply)
                for call in (get, put):
                    try:
                        call(api)
                    except OpenApiException as error:
                        errors += 1
                        channels.texts += [str(error), repr(error), *traceback.format_exception(error)]
            with socket.create_server(("127.0.0.1", 0)) as free:
                settings.host = f"http://127.0.0.1:{free.getsockname()[1]}"
            with pytest.raises(OpenApiException) as refused:
                get(api)
            channels.texts += [str(refused.value), *traceback.format_exception(refused.value)]
            api.api_client.close()
    assert errors == 28
    sent = repr([(r.headers, r.body) for r in server.requests])
    expected = {CREDENTIALS[name] for name in ("key", "token", "cookie", "header")} | set(AUTHORIZATION.values())
    assert set(found(sent, ALL)) == expected, "what is searched for was not sent"
    assert found(channels.shown(caught), ALL) == []


def test_canary__proxy_password_is_in_no_channel(loud: tuple[Channels, Configuration], server: ScriptedServer) -> None:
    """Neither a proxy that responds nor one that closes the connection reveals its credentials."""
    channels, settings = loud
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        settings.proxy = f"http://user:{CREDENTIALS['proxy']}@127.0.0.1:{server.port}"
        settings.proxy_headers = {"X-Proxy": CREDENTIALS["proxy header"]}
        for host in ("http://codat.test", "https://codat.test"):
            settings.host = host
            with client(settings) as api_client:
                for reply in (http_response({"error": "no"}, 407), dropped()):
                    server.script(reply)
                    with pytest.raises(OpenApiException) as error:
                        get(ConnectionApi(api_client))
                    channels.texts.append(everything_about(error.value))
    assert any(request.header("Proxy-Authorization") for request in server.requests)
    assert found(channels.shown(caught), [*CREDENTIALS.values()]) == []


def test_canary__nothing_that_can_be_looked_at_shows_a_secret(server: ScriptedServer) -> None:
    """repr, str, and a dump of the attributes, of configuration and client, hold no credentials."""
    settings = configuration(server.url, token=True)
    settings.proxy = f"http://user:{CREDENTIALS['proxy']}@127.0.0.1:1"
    settings.proxy_headers = {"X-Proxy": CREDENTIALS["proxy header"]}
    with client(settings) as api_client:
        shown = [
            text(thing)
            for thing in (
                settings,
                api_client,
                api_client.rest_client,
                api_client.default_headers,
                settings.auth_settings(),
            )
            for text in (repr, str, attributes)
        ]
        shown += [settings.to_debug_report(), repr(settings.api_key.copy()), f"{settings.proxy_headers}"]
    assert found("\n".join(shown), ALL) == []


FAILED = [
    http_response({}, 401),
    http_response({}, 500),
    cut(http_response()),
    dropped(),
    http_response({"id": 5}),
    http_response(body=b"no JSON"),
]
MISUSED: dict[str, Callable[[ConnectionApi], Any]] = {
    "timeout of the wrong type": lambda api: get(api, _request_timeout="20"),
    "deadline out of range": lambda api: get(api, _deadline=-1),
    "retries of the wrong type": lambda api: get(api, _retries="x"),
    "header of the wrong type": lambda api: get(api, _headers={"X-Other": 1.5}),
    "header that breaks out": lambda api: get(api, _headers={"X-Other": "a\r\nb"}),
    "key that breaks out": lambda api: api.companies_company_id_connections_post("c1", _idempotency_key="a\nb"),
    "unknown host": lambda api: get(api, _host="http://no-such-host.test"),
    "id of the wrong type": lambda api: api.companies_company_id_connections_connection_id_get("c1", 5),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("token", [False, True], ids=["key", "token"])
def test_canary__traceback_with_locals_of_a_failure(server: ScriptedServer, token: bool) -> None:
    """A reporter that writes down every local variable on the way of a failed call writes no credentials down."""
    with client(configuration(server.url, token=token)) as api_client:
        for reply in FAILED:
            with case(reply):
                server.script(reply)
                with pytest.raises(OpenApiException) as error:
                    get(ConnectionApi(api_client))
                assert found(everything_about(error.value), [*CREDENTIALS.values()]) == []


@pytest.mark.parametrize("token", [False, True], ids=["key", "token"])
@pytest.mark.filterwarnings("ignore::codat_python_sdk.InsecureTransportWarning")
def test_canary__traceback_with_locals_of_misuse(server: ScriptedServer, token: bool) -> None:
    """Nor does it when an argument or an option was wrong."""
    with client(configuration(server.url, token=token)) as api_client:
        for name, call in MISUSED.items():
            with case(name):
                with pytest.raises(OpenApiException) as error:
                    call(ConnectionApi(api_client))
                assert found(everything_about(error.value), [*CREDENTIALS.values()]) == []


#: One value for each parameter of the methods; the secret ones among them are looked for.
ARGUMENTS: dict[str, Any] = {
    "company_id": "c1",
    "connection_id": "k1",
    "webhook_id": "w1",
    "platform_key": "gbol",
    "name": "n",
    "authorization": AUTHORIZATION,
    "request_body": AUTHORIZATION,
    "body": {"platformKey": "gbol"},
    "description": "d",
    "uid": "c-17",
    "url": "https://receiver.test/codat",
    "event_types": ["connection.connected"],
    "known": {"k1": "Linked"},
    "status": "Linked",
    "codat_public_api_models_company_add_company_model": {"name": "n"},
    "codat_clients_api_client_contract_company": {"name": "n"},
    "codat_public_api_models_company_patch_company_model": {"description": "d"},
    "codat_public_api_models_company_patch_data_connection_model": {"status": "Unlinked"},
    "codat_public_api_models_webhooks_add_webhook_consumer_model": {
        "url": "https://receiver.test/codat",
        "eventTypes": ["connection.connected"],
    },
}


def _method_of(cls: Any, name: str, api_client: ApiClient) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(cls(api_client), name)
    return method


API_CLASSES: list[type[Any]] = [getattr(apis, name) for name in apis.__all__]
RESOURCES: list[type[Any]] = [Companies, Connections, Integrations, Webhooks]


def _call_api(api_client: ApiClient) -> Callable[..., Any]:
    def call(request_body: Any, **options: Any) -> Any:
        headers = {"X-Other": CREDENTIALS["call header"]}
        return api_client.call_api("/x", "PUT", None, None, headers, request_body, response_type=(object,), **options)

    return call


def _request(api_client: ApiClient) -> Callable[..., Any]:
    def call(request_body: Any, _headers: Any) -> Any:
        return api_client.request("PUT", "/x", body=request_body, headers=_headers)

    return call


METHODS: dict[str, Callable[[ApiClient], Callable[..., Any]]] = (
    {name: partial(_method_of, cls, name) for cls in API_CLASSES for name in vars(cls) if name[0] != "_"}
    | {
        f"{cls.__name__.lower()}.{name}": partial(_method_of, cls, name)
        for cls in RESOURCES
        for name in vars(cls)
        if name[0] != "_" and name != "with_http_info"
    }
    | {"call_api": _call_api, "request": _request}
)
FAILURES: dict[str, Reply] = {
    "401": http_response({"error": "no"}, 401),
    "500": http_response({"error": "boom"}, 500),
    "cut": cut(http_response(LINKED)),
    "dropped": dropped(),
    "another shape": http_response(LINKED | {"id": 5, "results": 5}),
    "a list": http_response([LINKED]),
    "no JSON": http_response(body=b"no JSON"),
    "half of JSON": http_response(body=json.dumps(LINKED).encode()[:-1]),
    "no UTF-8": http_response(body=json.dumps(LINKED).encode() + b"\xff"),
}


@pytest.mark.parametrize("method", METHODS)
def test_canary__no_frame_of_a_failure_has_a_secret(server: ScriptedServer, method: str) -> None:
    """In every failure of every method, of both layers, no local variable shows what was secret in the call."""
    settings = configuration(server.url, token=True)
    settings.response_validation = "strict"
    shown: dict[str, list[str]] = {}
    with client(settings) as api_client:
        call = METHODS[method](api_client)
        arguments = _arguments(call, is_high_level="." in method)
        for failure, reply in FAILURES.items():
            server.script(reply)
            server.requests.clear()
            try:
                result = call(**arguments)
                if hasattr(result, "__next__"):
                    list(result)
            except OpenApiException as error:
                shown[failure] = found(own_frames(error), ALL)
            assert server.requests, f"nothing was sent, so that nothing was tested: {failure}"
    assert {failure: secrets for failure, secrets in shown.items() if secrets} == {}


def _arguments(call: Callable[..., Any], *, is_high_level: bool) -> dict[str, Any]:
    parameters = inspect.signature(call).parameters
    arguments = {name: value for name, value in ARGUMENTS.items() if name in parameters}
    arguments["headers" if is_high_level else "_headers"] = {"X-Call": CREDENTIALS["call header"]}
    if "poll_interval" in parameters:
        arguments |= {"timeout": 0.2, "poll_interval": 0.1}
    return arguments


def test_canary__no_frame_has_a_body_of_too_many_values(server: ScriptedServer) -> None:
    """A body that is too much to be read is in no local variable either."""
    server.script(http_response(body=b"[%s%s]" % (json.dumps(LINKED).encode(), b", 0" * 2_100_000)))
    with (
        client(configuration(server.url)) as api_client,
        pytest.raises(OpenApiException, match="2000000 values") as error,
    ):
        get(ConnectionApi(api_client))
    assert found(own_frames(error.value), ALL) == []


def own_frames(error: BaseException) -> str:
    """The error with the local variables of all frames but those of this test, which hold what it passes."""
    links = [error]
    while (link := links[-1].__cause__ or links[-1].__context__) is not None:
        links.append(link)
    texts = [f"{link!s} {link!r} {vars(link)!r}" for link in links]
    for link in links:
        trace = link.__traceback__
        while trace is not None:
            if not trace.tb_frame.f_code.co_filename.endswith("test_canary.py"):
                texts.append(repr(trace.tb_frame.f_locals))
            trace = trace.tb_next
    return "\n".join(texts)


class Failing:
    """A provider that fails while the key is at hand already."""

    def __call__(self) -> str:
        raise RuntimeError("the vault is closed")


def test_canary__token_provider_that_fails(server: ScriptedServer) -> None:
    """The API key beside a token provider that raises is in no local variable of the traceback."""
    settings = configuration(server.url)
    settings.access_token = Failing()
    with client(settings) as api_client, pytest.raises(RuntimeError, match="the vault is closed") as error:
        get(ConnectionApi(api_client))
    assert found(own_frames(error.value), ALL) == []


def test_canary__platform_that_refuses_its_credentials() -> None:
    """The constructor of the high-level client shows no credential either, whatever it refuses."""
    refused: list[dict[str, Any]] = [
        {"api_key": f"Basic {CREDENTIALS['key']}"},
        {"api_key": CREDENTIALS["key"], "auth_header": f"Basic {CREDENTIALS['key']}"},
        {"auth_header": CREDENTIALS["key"]},
        {"api_key": CREDENTIALS["key"], "headers": {"X": CREDENTIALS["header"] + "\n"}},
        {"access_token": CREDENTIALS["token"], "server_url": "nowhere"},
    ]
    for arguments in refused:
        with pytest.raises(ApiValueError) as error:
            CodatPlatform(**arguments)
        assert found(own_frames(error.value), ALL) == [], arguments


SPOILED: dict[str, Callable[[ScriptedServer, str], Configuration]] = {
    "api key": lambda server, bad: Configuration(server.url, api_key={"API Key Auth": CREDENTIALS["key"] + bad}),
    "prefix": lambda server, bad: Configuration(
        server.url, api_key={"API Key Auth": CREDENTIALS["key"]}, api_key_prefix={"API Key Auth": "Basic" + bad}
    ),
    "token": lambda server, bad: Configuration(server.url, access_token=CREDENTIALS["token"] + bad),
    "token from a function": lambda server, bad: Configuration(
        server.url, access_token=lambda: CREDENTIALS["token"] + bad
    ),
}


def test_canary__credential_that_cannot_be_sent_is_not_shown(server: ScriptedServer) -> None:
    """A key or token with CR, LF or NUL is an ApiValueError; nothing is sent, and no local variable shows it."""
    for name, spoiled in SPOILED.items():
        for bad in ["\r", "\n", "\0", "\r\nX-Evil: 1", "\u20ac"]:
            with case(name, bad):
                with ApiClient(spoiled(server, bad)) as api_client, pytest.raises(ApiValueError) as error:
                    get(ConnectionApi(api_client))
                assert found(everything_about(error.value), ALL) == []
                assert server.requests == []


@pytest.mark.parametrize("name", ["header", "cookie"])
def test_canary__default_header_that_cannot_be_sent_is_not_shown(name: str) -> None:
    """A default header or cookie with a line break is refused when it is set, without being shown."""
    bad = CREDENTIALS[name] + "\n"
    arguments: dict[str, Any] = {"cookie": bad} if name == "cookie" else {"header_name": "X-Extra", "header_value": bad}
    with pytest.raises(ApiValueError) as error:
        ApiClient(Configuration(), **arguments)
    assert found(f"{error.value!s} {error.value!r} {vars(error.value)}", ALL) == []


def _set(name: str, value: Any) -> Callable[[], Any]:
    return lambda: setattr(Configuration(), name, value)


def _platform(**arguments: Any) -> Any:
    return CodatPlatform(api_key="k", **arguments)


def _set_header_later() -> None:
    ApiClient(Configuration()).set_default_header("X-Extra", CREDENTIALS["header"] + "\n")


def _set_cookie_later() -> None:
    ApiClient(Configuration()).cookie = CREDENTIALS["cookie"] + "\n"


def _options_with_header() -> None:
    CodatPlatform(api_key="k").with_options(headers={"X-Extra": CREDENTIALS["header"] + "\n"})


URL_WITH_PASSWORD = f"https://user:{CREDENTIALS['password']}@api.codat.test"
KEYS = {"API Key Auth": CREDENTIALS["key"]}
REJECTED: dict[str, Callable[[], Any]] = {
    "cookie of the constructor": lambda: ApiClient(Configuration(), cookie=CREDENTIALS["cookie"] + "\n"),
    "header of the constructor": lambda: ApiClient(Configuration(), "X-Extra", CREDENTIALS["header"] + "\n"),
    "default header": _set_header_later,
    "cookie": _set_cookie_later,
    "header of with_options": _options_with_header,
    "proxy header": _set("proxy_headers", {"Proxy-Authorization": CREDENTIALS["proxy header"] + "\n"}),
    "proxy as bytes": _set("proxy", CREDENTIALS["proxy"].encode()),
    "API key without a scheme": _set("api_key", CREDENTIALS["key"]),
    "API key as bytes": lambda: Configuration(api_key={"API Key Auth": CREDENTIALS["key"].encode()}),  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    "host": _set("host", URL_WITH_PASSWORD),
    "host of the constructor": lambda: Configuration(URL_WITH_PASSWORD),
    "server_url": lambda: CodatPlatform(api_key="k", server_url=URL_WITH_PASSWORD),
    "server_url of a call": lambda: CodatPlatform(api_key="k").connections.get("c", "k", server_url=URL_WITH_PASSWORD),
    "server_url of a misspelt keyword": lambda: _platform().connections.get("c", "k", serverUrl=URL_WITH_PASSWORD),
    "server_url of a variant": lambda: _platform().connections.with_http_info.get(
        "c", "k", server_url=URL_WITH_PASSWORD
    ),
    "server_url of a list": lambda: next(_platform().companies.iterate(server_url=URL_WITH_PASSWORD)),
    "server_url while waiting": lambda: _platform().connections.wait_for_status(
        "c", "k", "Linked", server_url=URL_WITH_PASSWORD
    ),
    "_host of a call": lambda: get(ConnectionApi(ApiClient(Configuration())), _host=URL_WITH_PASSWORD),
    "_host of call_api": lambda: ApiClient(Configuration()).call_api("/x", "GET", _host=URL_WITH_PASSWORD),
    "_host beside another option": lambda: get(
        ConnectionApi(ApiClient(Configuration())), _deadline=-1, _host=URL_WITH_PASSWORD
    ),
    "URL as the path of a request": lambda: ApiClient(Configuration()).request("GET", URL_WITH_PASSWORD),
    "URL as the path of call_api": lambda: ApiClient(Configuration()).call_api(URL_WITH_PASSWORD, "GET"),
    "server_url of a request": lambda: ApiClient(Configuration()).request("GET", "/x", server_url=URL_WITH_PASSWORD),
    "headers as pairs": lambda: _platform().connections.get("c", "k", headers=[("X-Extra", CREDENTIALS["header"])]),
    "headers of the client as pairs": lambda: _platform(headers=[("X-Extra", CREDENTIALS["header"])]),
    "API keys in a list": lambda: Configuration(api_key=[CREDENTIALS["key"]]),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    "user name in a list": _set("username", [CREDENTIALS["password"]]),
    "prefixes in a list": _set("api_key_prefix", [CREDENTIALS["key"]]),
    "variables in a list": _set("server_variables", [CREDENTIALS["key"]]),
    "user agent": _set("user_agent", CREDENTIALS["header"] + "\n"),
    "another argument of the configuration": lambda: Configuration(
        api_key=KEYS,
        api_key_prefix={"API Key Auth": CREDENTIALS["header"]},
        access_token=CREDENTIALS["token"],
        username=CREDENTIALS["cookie"],
        password=CREDENTIALS["password"],
        server_variables={"tenant": CREDENTIALS["proxy"]},
        server_operation_variables={"companies_get": {"tenant": CREDENTIALS["proxy"]}},
        user_agent=CREDENTIALS["header"],
        timeout=-1,
    ),
}


def test_canary__value_that_is_rejected_is_in_no_frame() -> None:
    """A credential in a setting or an argument that is rejected is in no local variable of the traceback."""
    for name, use in REJECTED.items():
        with case(name):
            with pytest.raises((ApiValueError, ApiTypeError)) as error:
                use()
            assert found(own_frames(error.value), ALL) == []


def test_canary__server_url_of_the_environment_is_in_no_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a password in CODAT_SERVER_URL."""
    monkeypatch.setenv("CODAT_SERVER_URL", URL_WITH_PASSWORD)
    with pytest.raises(ApiValueError, match="CODAT_SERVER_URL") as error:
        CodatPlatform(api_key="k")
    assert found(own_frames(error.value), ALL) == []


@pytest.mark.parametrize("url", ["socks5://user:{}@proxy.test:1080", "http://user:{}@proxy.test:1\x01"], ids=ascii)
def test_canary__proxy_of_the_environment_is_in_no_frame(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Nor is the password of a proxy in HTTPS_PROXY that cannot be used."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, url.format(CREDENTIALS["proxy"]))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with client(configuration("https://codat.test")) as api_client, pytest.raises(ApiValueError) as error:
        get(ConnectionApi(api_client))
    assert found(own_frames(error.value), ALL) == []


def test_canary__part_of_a_body_is_in_no_argument_of_a_cause(server: ScriptedServer) -> None:
    """What was read of a body that is cut off is in no attribute and no argument of the exceptions below."""
    server.script(cut(http_response(LINKED)))
    with client(configuration(server.url)) as api_client, pytest.raises(OpenApiException) as error:
        get(ConnectionApi(api_client))
    link: BaseException | None = error.value
    shown = ""
    while link is not None:
        shown += f"{link.args!r} {vars(link)!r}"
        link = link.__cause__ or link.__context__
    assert "IncompleteRead" in shown, "there was no such cause, so nothing is proved"
    assert found(shown, ALL) == []


_OK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BADLY_FRAMED = {
    "no length of a chunk": _OK + f'{{"linkUrl": "{LINK}"}}\r\n'.encode(),
    "no length of a second chunk": _OK + f'1\r\n{{\r\n"linkUrl": "{LINK}"}}\r\n'.encode(),
    "a chunk that is too short": _OK + f'1\r\n{{"linkUrl": "{LINK}"}}\r\n'.encode(),
    "no head": f'{{"linkUrl": "{LINK}"}}\r\n\r\n'.encode(),
    "no status": f"HTTP/1.1 {CODE} OK\r\n\r\n".encode(),
    "no version": f"HTTP/{CODE} 200 OK\r\n\r\n".encode(),
    "nothing after an interim response": f"HTTP/1.1 103 Hints\r\n\r\n{CODE}\r\n\r\n".encode(),
    "a body after what is cut off": f'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{{"a": "{CODE}'.encode(),
}


def everything_of(error: BaseException) -> str:
    """Texts, arguments and attributes of an exception and of all that it came from."""
    shown, link, seen = "", error, set[int]()
    while id(link) not in seen:
        seen.add(id(link))
        shown += f"{link!s} {link!r} {link.args!r} {vars(link)!r}\n"
        link = link.__cause__ or link.__context__ or link
    return shown


@pytest.mark.parametrize("retries", [0, urllib3.Retry(1)], ids=["own policy", "urllib3's"])
def test_canary__bytes_in_the_wrong_place_are_not_quoted(server: ScriptedServer, retries: Any) -> None:
    """Where a part of a body stands in the place of a head or a length, no exception quotes it."""
    with client(configuration(server.url)) as api_client:
        for name, data in BADLY_FRAMED.items():
            with case(name):
                server.script(raw(data))
                with pytest.raises(ApiException) as error:
                    get(ConnectionApi(api_client), _retries=retries)
                shown = everything_of(error.value)
                assert ("the body is cut off" in shown) != ("does not begin with a status line of HTTP/1.1" in shown)
                assert found(shown, ALL) == []


def test_canary__bytes_in_the_wrong_place_of_an_unread_response_are_not_quoted(server: ScriptedServer) -> None:
    """Nor does urllib3's exception when the caller reads the body."""
    server.script(raw(BADLY_FRAMED["no length of a chunk"]))
    with client(configuration(server.url)) as api_client:
        unread: Any = get(ConnectionApi(api_client), _preload_content=False)
        with pytest.raises(urllib3.exceptions.ProtocolError) as error:
            list(unread.stream())
    shown = everything_of(error.value)
    assert "InvalidChunkLength" in shown
    assert found(shown, ALL) == []


def test_canary__raw_key_that_cannot_be_sent_is_not_shown() -> None:
    """basic_api_key refuses a raw key with a line break, as left over from a file, without showing it."""
    with pytest.raises(ApiValueError) as error:
        Configuration.basic_api_key(CREDENTIALS["key"] + "\n")
    assert found(f"{error.value!s} {error.value!r} {vars(error.value)}", ALL) == []


def test_canary__wrong_credentials_in_an_argument_are_not_shown(server: ScriptedServer) -> None:
    """The error for authorization values of the wrong type names the place and not the values."""
    with client(configuration(server.url)) as api_client, pytest.raises(ApiTypeError) as error:
        ConnectionApi(api_client).companies_company_id_connections_connection_id_authorization_put(
            "c1", "k1", request_body=WRONG_AUTHORIZATION
        )
    assert error.value.path_to_item == ["request_body", "bad"]
    assert found(f"{error.value!s} {error.value!r} {vars(error.value)}", ALL) == []


def test_canary__link_in_a_wrong_response_is_not_shown(server: ScriptedServer) -> None:
    """The error for a response of the wrong type does not quote the response, whose link may hold a code."""
    server.script(http_response(LINKED | {"linkUrl": [CODE]}))
    with client(configuration(server.url)) as api_client, pytest.raises(ApiTypeError) as error:
        get(ConnectionApi(api_client))
    assert found(f"{error.value!s} {error.value!r} {vars(error.value)}", ALL) == []


def test_debug__leaves_http_client_alone(server: ScriptedServer, capfd: pytest.CaptureFixture[str]) -> None:
    """debug=True does not turn on http.client's own output, which would print the headers."""
    settings = configuration(server.url)
    before = http.client.HTTPConnection.debuglevel
    settings.debug = True
    try:
        with client(settings) as api_client:
            get(ConnectionApi(api_client))
    finally:
        settings.debug = False
    assert http.client.HTTPConnection.debuglevel == before == 0
    assert found("".join(capfd.readouterr()), ALL) == []
