"""Credentials and server: from arguments, from the environment, or clearly missing."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest
from cases import case
from server import ScriptedServer, http_response
from webhooks.test_keys import locals_below

from codat_python_sdk import ApiTypeError, ApiValueError, CodatPlatform, Configuration, RetryPolicy
from codat_python_sdk.exceptions import ServiceException
from codat_python_sdk.resources.connections import Connections
from codat_python_sdk.sandbox import Sandbox

BASIC = "Basic " + base64.b64encode(b"raw-key").decode()


def authorization(codat: CodatPlatform, server: ScriptedServer) -> str:
    """The Authorization header of a call."""
    codat.connections.get("c", "k", server_url=server.url)
    return server.requests[-1].all("authorization")[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"api_key": "raw-key"}, BASIC),
        ({"auth_header": BASIC}, BASIC),
        ({"auth_header": "basic eA=="}, "basic eA=="),
        ({"access_token": "tok"}, "Bearer tok"),
        ({"access_token": lambda: "tok"}, "Bearer tok"),
        ({"headers": {"Authorization": "Basic own"}}, "Basic own"),
        ({"configuration": Configuration(access_token="conf")}, "Bearer conf"),
        ({"configuration": Configuration(access_token="conf"), "api_key": "raw-key"}, BASIC),
    ],
)
def test_credentials__by_argument(server: ScriptedServer, arguments: dict[str, Any], expected: str) -> None:
    """A raw key is encoded; a ready-made value and a token are sent as they are; they win over the configuration's."""
    assert authorization(CodatPlatform(**arguments), server) == expected


@pytest.mark.parametrize(("name", "value"), [("CODAT_API_KEY", "raw-key"), ("CODAT_AUTH_HEADER", BASIC)])
def test_credentials__by_environment(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Without credentials in the arguments, those of the environment count; with some, they do not."""
    monkeypatch.setenv(name, value)
    assert authorization(CodatPlatform(), server) == BASIC
    assert authorization(CodatPlatform(access_token="tok"), server) == "Bearer tok"


def test_credentials__missing(server: ScriptedServer) -> None:
    """The first call fails before anything is sent, and says which variable to set."""
    codat = CodatPlatform(server_url=server.url)
    with pytest.raises(ApiValueError, match="CODAT_API_KEY"):
        codat.connections.get("c", "k")
    assert server.connections == 0


def test_credentials__missing_in_a_configuration(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a configuration the environment is not read, and the error says so instead of naming its variable."""
    monkeypatch.setenv("CODAT_API_KEY", "raw-key")
    codat = CodatPlatform(configuration=Configuration(server.url))
    with pytest.raises(ApiValueError, match="with configuration= the environment is not read") as caught:
        codat.connections.get("c", "k")
    assert "CODAT_API_KEY" not in str(caught.value)
    assert server.connections == 0


def test_credentials__set_later(server: ScriptedServer) -> None:
    """What the configuration gets later counts."""
    codat = CodatPlatform(server_url=server.url)
    codat.api_client.configuration.access_token = "late"
    assert authorization(codat, server) == "Bearer late"


def test_credentials__hook_of_the_configuration_stays(server: ScriptedServer) -> None:
    """A refresh hook of one's own is not replaced."""
    configuration = Configuration()
    configuration.refresh_api_key_hook = lambda settings: settings.api_key.update({"API Key Auth": "Basic fresh"})
    assert authorization(CodatPlatform(configuration=configuration), server) == "Basic fresh"


def test_misuse__is_refused_at_once() -> None:
    """Wrong credentials, servers and limits are refused when the client is made, without showing the secret."""
    cases: list[tuple[dict[str, Any], str]] = [
        ({"api_key": "a", "auth_header": BASIC}, "api_key and auth_header are set at the same time"),
        ({"api_key": "a", "access_token": "b"}, "api_key and access_token are set at the same time"),
        ({"auth_header": "rawkey"}, "pass a raw key as api_key"),
        ({"auth_header": "Basic "}, "must begin with a scheme"),
        ({"api_key": BASIC}, "pass a ready-made header value as auth_header"),
        ({"api_key": "Bearer rawkey"}, "pass a ready-made header value as auth_header"),
        ({"api_key": ""}, "must not be empty"),
        ({"access_token": ""}, "must not be empty"),
        ({"api_key": "a\nb"}, "^api_key must not contain CR, LF or NUL"),
        ({"auth_header": "Basic a\nb"}, "^auth_header must not contain CR, LF or NUL"),
        ({"access_token": "a\nb"}, "^access_token must not contain CR, LF or NUL"),
        ({"api_key": "basic rawkey"}, "pass a ready-made header value as auth_header"),
        ({"server_url": "api.codat.io"}, "server_url must be a URL"),
        ({"api_key": "a", "timeout": 0}, "timeout must be a positive number"),
        ({"api_key": "a", "deadline": -1}, "deadline must be a positive number"),
    ]
    for arguments, text in cases:
        with case(arguments, text):
            with pytest.raises(ApiValueError, match=text) as caught:
                CodatPlatform(**arguments)
            assert "rawkey" not in str(caught.value)
            assert BASIC not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_key": "canary\n"},
        {"api_key": "Bearer canary"},
        {"auth_header": "canary"},
        {"access_token": "canary", "timeout": -1},
        {"api_key": "canary", "auth_header": "Basic canary"},
        {"api_key": "canary", "headers": {"Authorization": "canary\r"}},
    ],
    ids="-".join,
)
def test_misuse__shows_no_credentials_in_local_variables(arguments: dict[str, Any]) -> None:
    """A reporter that captures local variables sees no credential of a client that could not be made."""
    with pytest.raises(ApiValueError) as caught:
        CodatPlatform(**arguments)
    shown = locals_below(caught.value)
    assert shown and "canary" not in shown


@pytest.mark.parametrize("name", ["api_key", "auth_header"])
def test_misuse__credentials_of_no_text(name: str) -> None:
    """Of the credentials, the access token alone may be something to call."""
    arguments: dict[str, Any] = {name: lambda: "k"}
    with pytest.raises(ApiTypeError, match=f"{name} must be a str, got function"):
        CodatPlatform(**arguments)


def test_misuse__retries_of_no_type() -> None:
    """A retry policy that is none is refused when the client is made."""
    with pytest.raises(ApiTypeError, match="retries must be"):
        CodatPlatform(api_key="a", retries="3")  # type: ignore[arg-type]


def test_environment__with_two_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two credentials in the environment are as unclear as two in the arguments."""
    monkeypatch.setenv("CODAT_API_KEY", "a")
    monkeypatch.setenv("CODAT_AUTH_HEADER", BASIC)
    with pytest.raises(ApiValueError, match="CODAT_API_KEY and CODAT_AUTH_HEADER"):
        CodatPlatform()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (CodatPlatform, "https://api.codat.io"),
        (lambda: CodatPlatform(configuration=Configuration("https://conf.test")), "https://conf.test"),
        (
            lambda: CodatPlatform(server_url="https://x.test"),
            "https://x.test",
        ),
    ],
)
def test_server__where_it_comes_from(make: Callable[[], CodatPlatform], expected: str) -> None:
    """The argument, else the configuration, else Codat itself."""
    assert make().api_client.configuration.host == expected


def test_server__from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """CODAT_SERVER_URL stands in for Codat's address, and for no other."""
    monkeypatch.setenv("CODAT_SERVER_URL", "https://env.test")
    assert CodatPlatform().api_client.configuration.host == "https://env.test"
    assert CodatPlatform(server_url="https://x.test").api_client.configuration.host == "https://x.test"


def test_configuration__is_copied() -> None:
    """The caller's configuration stays as it is."""
    configuration = Configuration("https://conf.test", access_token="conf")
    CodatPlatform(
        configuration=configuration, api_key="a", server_url="https://x.test", timeout=1, deadline=2, retries=0
    )
    assert configuration.host == "https://conf.test"
    assert configuration.access_token == "conf"
    assert (configuration.timeout, configuration.deadline, configuration.retries) == ((5.0, 30.0), 60.0, None)


def test_limits__reach_the_configuration() -> None:
    """Timeout, deadline and retries of the client are its calls' defaults; None switches a limit off."""
    settings = CodatPlatform(api_key="a", timeout=1, deadline=None, retries=5).api_client.configuration
    assert (settings.timeout, settings.deadline, settings.retries) == ((1.0, 1.0), None, 5)


def test_pickle__for_workers(sandbox: Sandbox) -> None:
    """A client travels to another process, and works there."""
    codat = CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url)
    connection = codat.connections.create(sandbox.company_id, "gbol")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        copy = pickle.loads(pickle.dumps(codat, protocol))
        assert copy.connections.get(sandbox.company_id, connection.id).id == connection.id


def test_repr__shows_the_server_and_no_secret() -> None:
    """The representation is for logs."""
    assert (
        repr(CodatPlatform(api_key="secret", server_url="https://x.test"))
        == "<CodatPlatform server_url='https://x.test'>"
    )


def test_close__and_go_on(sandbox: Sandbox) -> None:
    """A closed client makes new connections when it is called again."""
    with CodatPlatform(api_key=sandbox.api_key, server_url=sandbox.url) as codat:
        codat.connections.list(sandbox.company_id)
    codat.connections.list(sandbox.company_id)
    codat.close()


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"CODAT_AUTH_HEADER": "raw-key"}, "CODAT_AUTH_HEADER must begin with a scheme .* as CODAT_API_KEY"),
        ({"CODAT_API_KEY": "Basic eA=="}, "CODAT_API_KEY must be the raw key; .* as CODAT_AUTH_HEADER"),
        ({"CODAT_API_KEY": "k", "CODAT_AUTH_HEADER": "Basic eA=="}, "CODAT_API_KEY and CODAT_AUTH_HEADER are set"),
        ({"CODAT_AUTH_HEADER": "Basic a\nb"}, "CODAT_AUTH_HEADER must not contain CR, LF or NUL"),
        ({"CODAT_API_KEY": "a\nb"}, "CODAT_API_KEY must not contain CR, LF or NUL"),
        ({"CODAT_SERVER_URL": "api.codat.io"}, "CODAT_SERVER_URL must be a URL"),
    ],
)
def test_environment__of_no_use_is_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], text: str
) -> None:
    """A variable that cannot be used is named itself, and does not matter where an argument takes its place."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ApiValueError, match=text):
        CodatPlatform()
    CodatPlatform(api_key="k", server_url="http://localhost")


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_environment__set_to_nothing_is_unset(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    """Variables of blanks count as unset, blanks around values are stripped, and the first call says what to set."""
    for name in ("CODAT_API_KEY", "CODAT_AUTH_HEADER", "CODAT_SERVER_URL"):
        monkeypatch.setenv(name, blank)
    codat = CodatPlatform()
    assert codat.api_client.configuration.host == "https://api.codat.io"
    with pytest.raises(ApiValueError, match="CODAT_API_KEY"):
        codat.connections.get("c", "k")
    monkeypatch.setenv("CODAT_API_KEY", f"{blank}raw-key{blank}")
    monkeypatch.setenv("CODAT_SERVER_URL", f"{blank}{server.url}{blank}")
    assert authorization(CodatPlatform(), server) == BASIC
    monkeypatch.setenv("CODAT_API_KEY", blank)
    monkeypatch.setenv("CODAT_AUTH_HEADER", f"{blank}{BASIC}{blank}")
    assert authorization(CodatPlatform(), server) == BASIC


@pytest.mark.parametrize(("name", "value"), [("timeout", 8.0), ("deadline", None), ("retries", 2)])
def test_with_options__count_for_the_new_client_alone(name: str, value: Any) -> None:
    """What is given counts for the new client alone; what is left out is that of the first client."""
    settings: dict[str, Any] = {"timeout": 7.0, "deadline": 9.0, "retries": 1}
    first = CodatPlatform(api_key="k", **settings)
    second = first.with_options(**{name: value})
    for client, expected in ((first, settings), (second, {**settings, name: value})):
        actual, wanted = vars(client.api_client.configuration), vars(Configuration(**expected))
        assert {key: actual[key] for key in settings} == {key: wanted[key] for key in settings}


def test_with_options__retries_are_made(server: ScriptedServer) -> None:
    """A client made with other retries makes them, and the first client goes on with its own."""
    server.script(http_response({}, 503))
    platform = CodatPlatform(api_key="k", server_url=server.url, retries=0)
    for client, requests in ((platform.with_options(retries=RetryPolicy(2, 0.001)), 3), (platform, 4)):
        with pytest.raises(ServiceException):
            client.connections.get("c", "k")
        assert len(server.requests) == requests


def test_with_options__headers_are_sent_besides_those_of_the_client(server: ScriptedServer) -> None:
    """A client made with more headers sends them and those of the first client, which goes on without them."""
    first = CodatPlatform(api_key="k", server_url=server.url, headers={"X-First": "1"})
    first.with_options(headers={"X-Second": "2"}).connections.get("c", "k")
    first.connections.get("c", "k")
    second, other = server.requests
    assert (second.header("X-First"), second.header("X-Second")) == ("1", "2")
    assert (other.header("X-First"), other.header("X-Second")) == ("1", None)


def test_with_options__headers_of_the_last_client_win(server: ScriptedServer) -> None:
    """A header of the same name is replaced, however it is spelled, and the application is named all the same."""
    first = CodatPlatform(
        api_key="k", server_url=server.url, headers={"X-Team": "a", "user-agent": "mine"}, application="acme/1"
    )
    first.with_options(headers={"x-team": "b"}).with_options(headers={"X-Team": "c"}).connections.get("c", "k")
    assert (server.request.header("X-Team"), server.request.header("User-Agent")) == ("c", "mine acme/1")


class TenantPlatform(CodatPlatform):
    """A client as an application extends it."""

    __slots__ = ("slotted",)

    def __init__(self, tenant: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.tenant, self.slotted = tenant, tenant

    @cached_property
    def own_connections(self) -> Connections:
        """A resource of the application's own."""
        return Connections(self.api_client)


def test_with_options__of_a_subclass() -> None:
    """The new client has the attributes that a subclass has set, and its own api_client in all resources."""
    first = TenantPlatform("acme", api_key="k")
    assert first.connections.api_client is first.own_connections.api_client is first.api_client
    second = first.with_options(timeout=3)
    assert (type(second), second.tenant, second.slotted) == (TenantPlatform, "acme", "acme")
    assert second.connections.api_client is second.own_connections.api_client is second.api_client
    assert second.api_client is not first.api_client is first.connections.api_client
    second.tenant = "other"
    assert first.tenant == "acme"
