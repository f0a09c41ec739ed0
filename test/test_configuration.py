"""Settings: what they start as, what they refuse, where they lead."""

from __future__ import annotations

import base64
import copy
import os
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import urllib3
from cases import case
from conftest import COPIERS
from server import ScriptedServer, http_response, page
from webhooks.test_keys import locals_below

from codat_python_sdk import (
    ApiClient,
    ApiTypeError,
    ApiValueError,
    CodatPlatform,
    Configuration,
    ConnectionApi,
    OpenApiException,
    RetryPolicy,
)
from codat_python_sdk.checks import check_timeout
from codat_python_sdk.secret import Secret


def test_defaults__are_those_of_2021_and_the_new_limits() -> None:
    """Whatever is not set has the value that code of 2021, and the documentation of the limits, expects."""
    made = Configuration()
    expected: dict[str, Any] = {
        "host": "http://localhost",
        "api_key": {},
        "api_key_prefix": {},
        "access_token": None,
        "username": None,
        "password": None,
        "refresh_api_key_hook": None,
        "discard_unknown_keys": False,
        "client_side_validation": True,
        "disabled_client_side_validations": "",
        "verify_ssl": True,
        "ssl_ca_cert": None,
        "cert_file": None,
        "key_file": None,
        "assert_hostname": None,
        "proxy": None,
        "proxy_headers": None,
        "safe_chars_for_path_param": "",
        "retries": None,
        "socket_options": None,
        "debug": False,
        "logger_file": None,
        "server_index": 0,
        "server_variables": {},
        "timeout": (5.0, 30.0),
        "deadline": 60.0,
        "max_response_bytes": 64 * 1024 * 1024,
        "user_agent": None,
        "trust_env": True,
    }
    assert {name: getattr(made, name) for name in expected} == expected
    assert made.connection_pool_maxsize >= 1


def test_constructor__keeps_what_it_is_given() -> None:
    """Every argument of 2021 can be read back under its name, and the first one may be positional."""
    given: dict[str, Any] = {
        "api_key": {"API Key Auth": "1"},
        "api_key_prefix": {"API Key Auth": "Bearer"},
        "access_token": "t",
        "username": "u",
        "password": "p",
        "discard_unknown_keys": True,
        "disabled_client_side_validations": "maxLength,pattern",
        "server_index": None,
        "server_variables": {"x": "y"},
        "server_operation_index": {"op": 0},
        "server_operation_variables": {"op": {"x": "y"}},
        "ssl_ca_cert": "ca.pem",
        "timeout": (3.0, 4.0),
        "deadline": None,
        "retries": 2,
        "max_response_bytes": 10,
        "user_agent": "mine/1",
        "trust_env": False,
    }
    made = Configuration("https://h.test", **given)
    assert made.host == "https://h.test"
    assert {name: getattr(made, name) for name in given} == given


# -- host --------------------------------------------------------------------------------------------------------------

GOOD_HOSTS = [
    "http://localhost",
    "https://api.codat.io",
    "https://api.codat.io/",
    "https://h.test/base/path",
    "https://h.test/base/path/",
    "http://127.0.0.1:8080",
    "http://[::1]",
    "http://[::1]:8080/x",
    "HTTPS://H.test",
]
BAD_HOSTS = [
    "",
    "localhost",
    "api.codat.io",
    "//h.test",
    "/path",
    "ftp://h.test",
    "file:///etc/passwd",
    "http://",
    "https:///path",
    "http://:80",
    "http://h.test:0",
    "http://h.test:70000",
    "http://h.test:port",
    "http://[::1",
    "https://user:secret-in-url@h.test",
    "https://user@h.test",
    "https://h.test?x=secret-in-url",
    "https://h.test/?",
    "https://h.test#f",
    "https://h.test/a b",
    "https://h.test/\r\nX: 1",
    "https://h.test\\@evil.test",
    "https://h.test/a/../b",
    "https://h.test/./b",
    " https://h.test",
    "https://h.test\n",
]


def test_host__that_can_be_used_is_kept_as_given() -> None:
    """Paths, trailing slashes, ports and IPv6 brackets are welcome."""
    for host in GOOD_HOSTS:
        with case(host):
            made = Configuration()
            made.host = host
            assert made.host == Configuration(host=host).host == host
            assert made.server_index is None


def test_host__that_cannot_be_used_is_refused_when_it_is_set() -> None:
    """The error comes from the assignment, says what is missing, and does not repeat what may be a secret."""
    for host in BAD_HOSTS:
        with case(host):
            made = Configuration("http://before.test")
            with pytest.raises(ApiValueError, match="host must") as error:
                Configuration(host)
            assert "secret-in-url" not in str(error.value)
            with pytest.raises(ApiValueError, match="host must") as error:
                made.host = host
            assert "secret-in-url" not in str(error.value)
            assert made.host == "http://before.test"


@pytest.mark.parametrize("host", [5, b"http://h.test", ["http://h.test"]])
def test_host__of_the_wrong_type(host: Any) -> None:
    """A host that is no str is an ApiTypeError."""
    with pytest.raises(ApiTypeError, match="host must be a str"):
        Configuration(host)


def test_host_settings__are_the_default_and_codat() -> None:
    """The list has localhost first and Codat second, and is a copy."""
    settings = Configuration().get_host_settings()
    assert [setting["url"] for setting in settings] == ["http://localhost", "https://api.codat.io"]
    settings[0]["url"] = "changed"
    assert Configuration().host == "http://localhost"


def test_host_from_settings__by_number() -> None:
    """A number picks from the list; None gives the host that was set."""
    made = Configuration("https://h.test")
    assert made.get_host_from_settings(1) == "https://api.codat.io"
    assert made.get_host_from_settings(None) == "https://h.test"
    assert Configuration(server_index=1).host == "https://api.codat.io"


def test_host_from_settings__no_such_number() -> None:
    """A number that is not in the list is an ApiValueError that says how many there are."""
    wrong: list[Any] = [2, -1, True, "1", 1.0]
    for index in wrong:
        with case(index), pytest.raises(ApiValueError, match="there are 2"):
            Configuration().get_host_from_settings(index)


SERVERS = [
    {
        "url": "https://{env}.example.test/{base}",
        "variables": {
            "env": {"default_value": "api", "enum_values": ["api", "uat"]},
            "base": {"default_value": "v1"},
        },
    }
]


def test_host_from_settings__variables() -> None:
    """Variables in a URL take the given value or their default; one that is not allowed is an ApiValueError."""
    get = Configuration().get_host_from_settings
    assert get(0, servers=SERVERS) == "https://api.example.test/v1"
    assert get(0, {"env": "uat", "base": "v2"}, SERVERS) == "https://uat.example.test/v2"
    with pytest.raises(ApiValueError, match="env"):
        get(0, {"env": "prod"}, SERVERS)


def test_host_for__an_operation() -> None:
    """server_operation_index picks the host of one operation, and a call's own _host_index wins over it."""
    name = "companies_company_id_connections_get"
    made = Configuration("https://h.test", server_operation_index={name: 1})
    assert made.host_for(name) == "https://api.codat.io"
    assert made.host_for(name, 0) == "http://localhost"
    assert made.host_for("companies_company_id_connections_post") == "https://h.test"


# -- values that are checked when set ----------------------------------------------------------------------------------


OF_NO_USE: list[tuple[str, Any, type[Exception]]] = [
    ("timeout", -1, ApiValueError),
    ("timeout", 0, ApiValueError),
    ("timeout", float("nan"), ApiValueError),
    ("timeout", float("inf"), ApiValueError),
    ("timeout", 10**400, ApiValueError),
    ("timeout", "5", ApiTypeError),
    ("timeout", True, ApiTypeError),
    ("timeout", (1, 2, 3), ApiValueError),
    ("timeout", (1,), ApiValueError),
    ("timeout", (1, "2"), ApiTypeError),
    ("timeout", (0, 2), ApiValueError),
    ("deadline", 0, ApiValueError),
    ("deadline", "60", ApiTypeError),
    ("deadline", False, ApiTypeError),
    ("deadline", (1, 2), ApiTypeError),
    ("retries", True, ApiTypeError),
    ("retries", -1, ApiValueError),
    ("retries", "3", ApiTypeError),
    ("retries", 1.5, ApiTypeError),
    ("retries", urllib3.Retry, ApiTypeError),
    ("ssl_context", ssl.SSLContext, ApiTypeError),
    ("max_response_bytes", 0, ApiValueError),
    ("max_response_bytes", None, ApiTypeError),
    ("max_response_bytes", 1.5, ApiTypeError),
    ("max_response_bytes", True, ApiTypeError),
    ("connection_pool_maxsize", 0, ApiValueError),
    ("connection_pool_maxsize", "4", ApiTypeError),
    ("user_agent", "a\r\nb", ApiValueError),
    ("user_agent", 5, ApiTypeError),
    ("disabled_client_side_validations", "maxLength,colour", ApiValueError),
    ("api_key", 5, OpenApiException),
    ("api_key", "Basic abc", OpenApiException),
    ("proxy_headers", "X: 1", OpenApiException),
]


def test_value__of_no_use_is_refused_when_it_is_set() -> None:
    """A setting that cannot work fails where it is set, and the one before stays."""
    for name, value, error in OF_NO_USE:
        with case(name, value, error):
            made = Configuration()
            before = getattr(made, name)
            with pytest.raises(error):
                setattr(made, name, value)
            assert getattr(made, name) == before


OF_USE: list[tuple[str, Any]] = [
    ("retries", 0),
    ("retries", False),
    ("retries", 5),
    ("retries", RetryPolicy(max_retries=1)),
    ("retries", urllib3.Retry(2)),
    ("disabled_client_side_validations", "multipleOf,maxItems"),
    ("user_agent", None),
    ("proxy_headers", None),
]


def test_value__of_use_is_kept() -> None:
    """What can work is kept as it was given."""
    for name, value in OF_USE:
        with case(name, value):
            made = Configuration()
            setattr(made, name, value)
            assert getattr(made, name) is value


@pytest.mark.parametrize(
    ("timeout", "pair"),
    [(None, (None, None)), (0.5, (0.5, 0.5)), ((None, 5), (None, 5.0)), ([1, 2], (1.0, 2.0))],
)
def test_timeout__in_every_form(timeout: Any, pair: tuple[float | None, float | None]) -> None:
    """One number stands for connecting and reading, a pair for each, and None for no limit."""
    made = Configuration(timeout=timeout)
    assert check_timeout(made.timeout) == pair
    made.timeout = timeout
    assert check_timeout(made.timeout) == pair


@pytest.mark.parametrize("deadline", [None, 1, 0.5])
def test_deadline__in_every_form(deadline: Any) -> None:
    """Seconds, or None for no limit."""
    assert Configuration(deadline=deadline).deadline == deadline


# -- auth --------------------------------------------------------------------------------------------------------------


def test_basic_api_key__of_a_ready_made_value() -> None:
    """A ready-made value is refused, since its base64 would be a 401; the text says where it goes, and hides it."""
    with pytest.raises(ApiValueError, match=r"api_key\['API Key Auth'\]") as caught:
        Configuration.basic_api_key("Basic ZGVtby1rZXktMDE=")
    assert "ZGVt" not in str(caught.value)


def test_basic_api_key__is_the_base64_of_the_key_alone() -> None:
    """The value is 'Basic ' and the base64 of the key itself, without a colon."""
    assert Configuration.basic_api_key("demo-key-01") == "Basic ZGVtby1rZXktMDE="
    assert base64.b64decode(Configuration.basic_api_key("k").removeprefix("Basic ")) == b"k"


def test_basic_api_key__of_nothing() -> None:
    """Without a key there is an error instead of a header that cannot work."""
    nothing: list[Any] = ["", "  ", None, 5, b"key"]
    for raw_key in nothing:
        with case(raw_key), pytest.raises((ApiValueError, ApiTypeError), match="API key"):
            Configuration.basic_api_key(raw_key)


def test_api_key_with_prefix__as_in_2021() -> None:
    """The prefix comes before the key with a space; without a key there is None, whatever the prefix."""
    with pytest.warns(UserWarning, match="no endpoint uses the scheme 'Bare'"):
        made = Configuration(
            api_key={"API Key Auth": "k", "Bare": "b"}, api_key_prefix={"API Key Auth": "Basic", "Absent": "x"}
        )
    assert made.get_api_key_with_prefix("API Key Auth") == "Basic k"
    assert made.get_api_key_with_prefix("Bare") == "b"
    assert made.get_api_key_with_prefix("Absent") is None
    assert made.get_api_key_with_prefix("Absent", alias="Bare") == "x b"


def test_auth_settings__has_what_is_set() -> None:
    """Only schemes with a value are listed, and the token, which wins, comes last."""
    assert Configuration().auth_settings() == {}
    made = Configuration(api_key={"API Key Auth": "Basic k"}, access_token="t")
    settings = made.auth_settings()
    assert list(settings) == ["API Key Auth", "Codat Login"]
    assert settings["API Key Auth"] == {"type": "api_key", "in": "header", "key": "Authorization", "value": "Basic k"}
    assert settings["Codat Login"]["value"] == "Bearer t"


@pytest.mark.parametrize("kind", [Secret, str])
def test_auth_settings__of_a_subclass_are_what_is_sent(server: ScriptedServer, kind: type[str]) -> None:
    """A subclass may override the method, as those of 2021 did to refresh a token; what it returns is kept secret."""

    class Refreshing(Configuration):
        def auth_settings(self) -> dict[str, dict[str, str]]:
            self.access_token = "token-1"
            (setting,) = super().auth_settings().values()
            return {"Codat Login": setting | {"value": kind(setting["value"])}}

    made = Refreshing(server.url, retries=0)
    assert made.credentials() == {"Codat Login": "Bearer token-1"}
    client = ApiClient(made)
    server.script(*(http_response(page()) for _ in range(3)))
    ConnectionApi(client).companies_company_id_connections_get("c")
    client.request("GET", "/x")
    client.call_api("/x", "GET", auth_settings=["Codat Login"])
    assert [request.header("Authorization") for request in server.requests] == ["Bearer token-1"] * 3
    with pytest.raises(ApiValueError) as caught:
        ConnectionApi(client).companies_company_id_connections_post("c", _idempotency_key=" ")
    with pytest.raises(ApiValueError) as in_headers:
        ConnectionApi(client).companies_company_id_connections_post("c", _headers={"X": "\r"})
    assert "token-1" not in locals_below(caught.value) + locals_below(in_headers.value)


def test_auth_settings__token_from_a_function() -> None:
    """A callable token is asked each time, so that it can be refreshed."""
    tokens = iter(["one", "two"])
    made = Configuration(access_token=lambda: next(tokens))
    assert [made.auth_settings()["Codat Login"]["value"] for _ in range(2)] == ["Bearer one", "Bearer two"]


@pytest.mark.parametrize(("returned", "got"), [(None, "got None"), ("", "got an empty str"), (b"t", "got bytes")])
def test_auth_settings__function_that_returns_no_token(returned: Any, got: str) -> None:
    """A callable that returns no token is named, and the key is not sent in place of the token."""
    made = Configuration(access_token=lambda: returned, api_key={"API Key Auth": "Basic k"})
    with pytest.raises((ApiTypeError, ApiValueError), match=f"what the access_token callable returned must be.*{got}"):
        made.auth_settings()


def test_basic_auth_token__as_in_2021() -> None:
    """The user name and the password make an HTTP basic value, missing ones empty."""
    assert Configuration(username="user", password="pass").get_basic_auth_token() == "Basic dXNlcjpwYXNz"
    assert Configuration(username="user").get_basic_auth_token() == "Basic dXNlcjo="


# -- default and copies ------------------------------------------------------------------------------------------------


def test_default__is_copied_in_and_out() -> None:
    """Clients start from copies of the default, which later changes of the original do not reach."""
    original = Configuration("https://h.test", api_key={"API Key Auth": "one"})
    Configuration.set_default(original)
    original.api_key["API Key Auth"] = "changed"
    first, second = Configuration.get_default_copy(), ApiClient().configuration
    first.api_key["API Key Auth"] = "changed"
    assert second.host == "https://h.test"
    assert second.api_key == {"API Key Auth": "one"}
    Configuration.set_default(None)
    assert Configuration.get_default_copy().host == "http://localhost"


@pytest.mark.parametrize("duplicate", COPIERS)
def test_copy__has_every_setting(duplicate: Callable[[Configuration], Configuration]) -> None:
    """copy, deepcopy and pickle keep all settings, secrets included, and keep them out of sight."""
    made = Configuration(
        "https://h.test/base", api_key={"API Key Auth": "secret-1"}, access_token="secret-2", password="secret-3"
    )
    made.proxy, made.proxy_headers, made.retries = "http://u:secret-4@p.test", {"x": "secret-5"}, RetryPolicy(1)
    copied = duplicate(made)
    assert vars(copied) == vars(made)
    assert "secret" not in repr(vars(copied))
    copied.timeout = 1
    assert made.timeout == Configuration().timeout
    with pytest.raises(ApiValueError):
        copied.timeout = -1


def test_deepcopy__copies_containers_and_shares_the_callers_objects() -> None:
    """Dicts and lists are copied at any depth; a provider with a lock is the same one in every copy."""

    class Tokens:
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def token(self) -> str:
            return "t"

        def hook(self, _: Configuration) -> None: ...

    tokens = Tokens()
    made = Configuration(access_token=tokens.token, server_operation_variables={"get": {"region": "uk"}})
    made.refresh_api_key_hook = tokens.hook
    Configuration.set_default(made)
    platform = CodatPlatform(configuration=made)
    copies = [
        copy.deepcopy(made),
        Configuration.get_default_copy(),
        platform.api_client.configuration,
        platform.with_options(timeout=1).api_client.configuration,
    ]
    for copied in copies:
        assert cast("Any", copied.access_token).__self__ is tokens
        assert cast("Any", copied.refresh_api_key_hook).__self__ is tokens
        cast("Any", copied.server_operation_variables["get"])["region"] = "changed"
    assert made.server_operation_variables == {"get": {"region": "uk"}}


def test_deepcopy__is_independent() -> None:
    """A change in a deep copy's keys does not reach the original."""
    made = Configuration(api_key={"API Key Auth": "1"})
    copy.deepcopy(made).api_key["API Key Auth"] = "2"
    assert made.api_key == {"API Key Auth": "1"}


def test_debug_report__says_what_runs_and_no_settings() -> None:
    """The report has the five lines of 2021 and no credentials."""
    text = Configuration(
        api_key={"API Key Auth": "secret"}, access_token="secret", host="https://h.test"
    ).to_debug_report()
    starts = ["Python SDK Debug Report:", "OS: ", "Python Version: ", "Version of the API: ", "SDK Package Version: 2."]
    assert [line.startswith(start) for line, start in zip(text.splitlines(), starts, strict=True)] == [True] * 5
    assert "secret" not in text


@pytest.mark.parametrize(("processors", "size"), [(None, 32), (6, 32), (7, 35), (64, 320)])
def test_pool_size__follows_the_processors(monkeypatch: pytest.MonkeyPatch, processors: int | None, size: int) -> None:
    """Thirty-two connections, or five per processor where that is more, as in 2021."""
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert Configuration().connection_pool_maxsize == size


def test_api_key__warns_at_the_line_of_the_caller() -> None:
    """The warning of an unknown scheme names the file of whoever set it, however it was set."""
    made = Configuration()
    with pytest.warns(UserWarning, match="no endpoint uses") as warned:
        made.api_key.update({"Wrong": "x"})
    assert {Path(warning.filename).name for warning in warned} == {Path(__file__).name}


@pytest.mark.parametrize("setting", ["host", "api_key", "proxy_headers"])
def test_value__that_is_refused_hides_itself(setting: str) -> None:
    """A traceback with local variables does not show the credentials in a setting that is refused."""
    values: dict[str, Any] = {
        "host": "https://user:secret-1@h.test",
        "api_key": "secret-1",
        "proxy_headers": {"Proxy-Authorization": "secret-1\n"},
    }
    made = Configuration()
    with pytest.raises((ApiTypeError, ApiValueError)) as error:
        setattr(made, setting, values[setting])
    assert "secret-1" not in locals_below(error.value)


def test_repr__of_a_configuration_whose_host_was_refused() -> None:
    """A reporter can show the object whose constructor has failed."""
    with pytest.raises(ApiValueError) as error:
        Configuration("nowhere", server_index=7)
    assert "<Configuration host=" in locals_below(error.value)


@pytest.mark.parametrize("default", ["key", 5, {}, Configuration])
def test_set_default__of_something_else(default: Any) -> None:
    """A default that is no configuration is an ApiTypeError at once, and not when the next client is made."""
    with pytest.raises(ApiTypeError, match="configuration must be a Configuration"):
        Configuration.set_default(default)
    assert Configuration.get_default_copy().host == "http://localhost"


def test_host__without_one_and_without_an_index() -> None:
    """With server_index taken back to None the host is the first of the known ones, as in the beginning."""
    made = Configuration()
    made.server_index = None
    assert (made.host, made.host_for("companies_get")) == ("http://localhost", "http://localhost")
    assert Configuration(server_index=1).host == "https://api.codat.io"
    given = Configuration("https://codat.test", server_index=1)
    assert (given.host, given.host_for("companies_get")) == ("https://codat.test", "https://api.codat.io")


def test_api_key_prefix__that_is_no_text() -> None:
    """A prefix is checked as the key is: it would become a part of the header."""
    wrong: Any = {"API Key Auth": 5}
    with pytest.raises(ApiTypeError, match="must be a str, got int"):
        Configuration(api_key_prefix=wrong)
    with pytest.raises(ApiTypeError, match="must be a str, got int"):
        Configuration().api_key_prefix.update(wrong)
    assert "Basic" not in repr(Configuration(api_key_prefix={"API Key Auth": "Basic"}).api_key_prefix)
