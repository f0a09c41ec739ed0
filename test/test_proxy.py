"""HTTP proxies: by configuration and by the environment, forwarding and tunnels, and whom the credentials are for."""

from __future__ import annotations

import base64
import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from authority import server_context
from conftest import MakeApi
from faulty import DEADLINE, QUICK, SLACK, Proxy, call, read_head, refused, serving, within
from server import ScriptedServer, dripped, http_response
from webhooks.test_keys import locals_below

from codat_python_sdk import ApiException, ApiValueError
from codat_python_sdk.exceptions import ApiConnectionException, ApiTimeoutException, ApiTlsException
from codat_python_sdk.rest.proxy import is_excepted
from codat_python_sdk.retries import RetryPolicy

FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
CREDENTIALS = "dXNlcjpwYXNz"  # user:pass
PLAIN_HTTP = "ignore:.* uses plain HTTP"


@pytest.fixture
def proxy(server: ScriptedServer) -> Iterator[Proxy]:
    """A proxy that brings everything to the server, under whatever name it is asked for."""
    with Proxy(f"127.0.0.1:{server.port}") as proxy:
        yield proxy


@pytest.fixture
def secure_server() -> Iterator[ScriptedServer]:
    """A server that speaks TLS, with a certificate for codat.test."""
    with ScriptedServer(tls=server_context()) as server:
        yield server


@pytest.fixture
def tunnel(secure_server: ScriptedServer) -> Iterator[Proxy]:
    """A proxy that brings everything to the server that speaks TLS."""
    with Proxy(f"127.0.0.1:{secure_server.port}") as proxy:
        yield proxy


def test_configuration__forwards(server: ScriptedServer, proxy: Proxy, make_api: MakeApi) -> None:
    """With configuration.proxy a plain request goes to the proxy, as a whole URL."""
    assert call(make_api(proxy=proxy.url), "get").status == 200
    assert proxy.heads[0].startswith(f"GET {server.url}/companies/c1/connections/k1 HTTP/1.1\r\n".encode())


def test_configuration__without_a_scheme(proxy: Proxy, make_api: MakeApi) -> None:
    """``host:port`` will do for an HTTP proxy."""
    assert call(make_api(proxy=proxy.address), "get").status == 200
    assert len(proxy.heads) == 1


def test_connect__for_https(secure_server: ScriptedServer, tunnel: Proxy, make_api: MakeApi, ca_file: str) -> None:
    """TLS goes through a tunnel, the host's name and certificate are checked behind it, and it is kept open."""
    api = make_api(host="https://codat.test", proxy=tunnel.url, ssl_ca_cert=ca_file)
    assert call(api, "create").status == 200
    assert call(api, "get").status == 200
    assert [head.split(b" HTTP")[0] for head in tunnel.heads] == [b"CONNECT codat.test:443"]
    assert secure_server.requests[0].target == "/companies/c1/connections"


def test_connect__shows_the_proxy_nothing(tunnel: Proxy, make_api: MakeApi, ca_file: str) -> None:
    """The proxy of a tunnel sees neither path nor key."""
    call(make_api(host="https://codat.test", proxy=tunnel.url, ssl_ca_cert=ca_file), "get")
    assert b"uthorization" not in tunnel.heads[0]
    assert b"companies" not in tunnel.heads[0]


def test_connect__untrusted_behind_the_tunnel(
    secure_server: ScriptedServer, tunnel: Proxy, make_api: MakeApi, ca_file: str
) -> None:
    """A tunnel does not make a wrong certificate right, and nothing was sent."""
    api = make_api(host="https://wrong.test", proxy=tunnel.url, ssl_ca_cert=ca_file)
    with pytest.raises(ApiTlsException) as caught:
        call(api, "create", _retries=3)
    assert (caught.value.outcome, len(caught.value.attempts)) == ("not_sent", 1)
    assert secure_server.requests == []


INTERIM = {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102 and 103": b"HTTP/1.1 102 Processing\r\nVia: 1.1 p\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("statuses", INTERIM)
def test_connect__interim_responses(
    secure_server: ScriptedServer, make_api: MakeApi, ca_file: str, statuses: str, scheme: str
) -> None:
    """Interim responses before a proxy's response to CONNECT are read past, as those of the service are."""
    tls = server_context() if scheme == "https" else None
    with Proxy(f"127.0.0.1:{secure_server.port}", tls=tls, interim=INTERIM[statuses]) as proxy:
        url = proxy.url.replace("127.0.0.1", "localhost")
        api = make_api(host="https://codat.test", proxy=url, ssl_ca_cert=ca_file)
        assert call(api, "create").status == 200
        assert len(call(api, "get").attempts) == 1
    assert len(proxy.heads) == 1


def test_connect__any_success_opens_the_tunnel(secure_server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """HTTP lets a proxy open a tunnel with any 2xx."""
    with Proxy(f"127.0.0.1:{secure_server.port}", opened=b"HTTP/1.1 204 Opened") as proxy:
        api = make_api(host="https://codat.test", proxy=proxy.url, ssl_ca_cert=ca_file)
        assert call(api, "create").status == 200


@pytest.mark.parametrize("statuses", INTERIM)
def test_connect__interim_responses_before_a_rejection(make_api: MakeApi, statuses: str) -> None:
    """The status that the text names is that of the proxy's final response."""
    with Proxy(rejection=FORBIDDEN, interim=INTERIM[statuses]) as proxy:
        with pytest.raises(ApiConnectionException, match="Tunnel connection failed: 403") as caught:
            call(make_api(host="https://codat.test", proxy=proxy.url), "get")
        assert caught.value.outcome == "not_sent"


def test_configuration__empty_proxy_is_none(server: ScriptedServer, make_api: MakeApi) -> None:
    """As in 2021, a proxy that is set to an empty text is none."""
    assert call(make_api(proxy=""), "get").status == 200


# -- the environment ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.filterwarnings(PLAIN_HTTP)
def test_environment__http(proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The usual variables name the proxy for http."""
    monkeypatch.setenv(name, proxy.url)
    assert call(make_api(host="http://codat.test"), "get").status == 200
    assert len(proxy.heads) == 1


def resolve_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every host name mean this machine."""
    real: Any = socket.getaddrinfo

    def resolve(_: object, *args: Any, **options: Any) -> Any:
        return real("127.0.0.1", *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "codat.localhost"])
@pytest.mark.parametrize("name", ["HTTP_PROXY", "all_proxy"])
def test_environment__not_for_this_machine(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, name: str, host: str
) -> None:
    """A server on this machine is never asked for through the environment's proxy, so the sandbox works behind one."""
    resolve_to_loopback(monkeypatch)
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert call(make_api(host=f"http://{host}:{server.port}"), "get").status == 200


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_environment__https(
    tunnel: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, ca_file: str, name: str
) -> None:
    """And for https, where HTTP_PROXY does not count."""
    monkeypatch.setenv(name, tunnel.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert call(make_api(host="https://codat.test", ssl_ca_cert=ca_file), "get").status == 200
    assert len(tunnel.heads) == 1


@pytest.mark.parametrize("no_proxy", ["*", "codat.test", "example.test, .test", "codat.test:{port}"])
@pytest.mark.filterwarnings(PLAIN_HTTP)
def test_environment__no_proxy(
    server: ScriptedServer, proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, no_proxy: str
) -> None:
    """NO_PROXY makes exceptions, by host and by port."""
    resolve_to_loopback(monkeypatch)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", no_proxy.format(port=server.port))
    assert call(make_api(host=f"http://codat.test:{server.port}"), "get").status == 200
    assert proxy.heads == []


@pytest.mark.parametrize("no_proxy", ["", "example.test", "codat.test:1", "dat.test"])
@pytest.mark.filterwarnings(PLAIN_HTTP)
def test_environment__no_proxy_for_others(
    proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, no_proxy: str
) -> None:
    """An exception for others is none."""
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    call(make_api(host="http://codat.test"), "get")
    assert len(proxy.heads) == 1


def test_environment__trust_env_false(proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """trust_env=False looks at none of them."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(ApiConnectionException, match="cannot be resolved"):
        call(make_api(host="https://codat.test", trust_env=False), "get")
    assert proxy.heads == []


def test_environment__lower_case_wins(proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lower case variable counts where both are set, also if it is set to nothing; an empty one is no proxy."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("https_proxy", " ")
    with pytest.raises(ApiConnectionException, match="cannot be resolved"):
        call(make_api(host="https://codat.test"), "get")
    assert proxy.heads == []


@pytest.mark.filterwarnings(PLAIN_HTTP)
def test_environment__in_a_cgi_script(proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY is not looked at where a client's header Proxy would be there under that name."""
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    with pytest.raises(ApiConnectionException, match="cannot be resolved"):
        call(make_api(host="http://codat.test"), "get")
    assert proxy.heads == []


#: origin, NO_PROXY, and whether it is an exception
NO_PROXY = [
    ("https://api.codat.io", "codat.io", True),
    ("https://api.codat.io", ".codat.io", True),
    ("https://api.codat.io", "*.codat.io", True),
    ("https://api.codat.io", "api.codat.io", True),
    ("https://codat.io", ".codat.io", True),
    ("https://codat.io", "*.codat.io", True),
    ("https://API.Codat.io", "api.CODAT.io", True),
    ("https://api.codat.io.", "api.codat.io", True),
    ("https://api.codat.io", "api.codat.io.", True),
    ("https://api.codat.io", "localhost,*", True),
    ("https://api.codat.io", "localhost api.codat.io", True),
    ("https://api.codat.io", "localhost,\tapi.codat.io ,", True),
    ("https://api.codat.io", "api.codat.io:443", True),
    ("http://codat.test", "codat.test:80", True),
    ("https://api.codat.io:8443", "codat.io:8443", True),
    ("https://b\u00fccher.example", "xn--bcher-kva.example", True),
    ("https://xn--bcher-kva.example", "b\u00fccher.example", True),
    ("https://10.1.2.3", "10.1.2.3", True),
    ("https://10.1.2.3", "10.0.0.0/8", True),
    ("https://10.1.2.3", "10.1.2.3/8", True),
    ("https://10.1.2.3:8080", "localhost,10.0.0.0/8", True),
    ("https://10.1.2.3:8080", "10.1.2.3:8080", True),
    ("https://[fd00::5]", "fd00::5", True),
    ("https://[fd00::5]", "[fd00::5]", True),
    ("https://[fd00::5]", "fd00:0:0::5", True),
    ("https://[fd00::5]", "fd00::/8", True),
    ("https://[fd00::5]", "[fd00::]/8", True),
    ("https://[fd00::5]:8080", "[fd00::5]:8080", True),
    ("https://[::ffff:10.1.2.3]", "10.0.0.0/8", True),
    ("https://api.codat.io", "", False),
    ("https://api.codat.io", " , ", False),
    ("https://api.codat.io", ".", False),
    ("https://api.codat.io", "*.", False),
    ("https://api.codat.io", "dat.io", False),
    ("https://api.codat.io", "*dat.io", False),
    ("https://notcodat.io", "codat.io", False),
    ("https://codat.io", "api.codat.io", False),
    ("https://codat.io.example", "codat.io", False),
    ("https://api.codat.io", "api.codat.io:8443", False),
    ("https://api.codat.io:8443", "api.codat.io:443", False),
    ("https://10.1.2.3", "1.2.3", False),
    ("https://10.1.2.3", "2.3", False),
    ("https://10.1.2.3", "11.0.0.0/8", False),
    ("https://10.1.2.3", "10.0.0.0/33", False),
    ("https://10.1.2.3", "fd00::/8", False),
    ("https://10.1.2.3", "10.1.2.3:80", False),
    ("https://[fd00::5]", "fe00::/8", False),
    ("https://[fd00::5]", "d00::5", False),
    ("https://[fd00::5]:8080", "[fd00::5]:80", False),
    ("https://api.codat.io", "10.0.0.0/0", False),
]


def test_no_proxy__forms(subtests: pytest.Subtests) -> None:
    """NO_PROXY is read in every form that curl, Go or requests understand, and never matches part of a label."""
    for origin, no_proxy, excepted in NO_PROXY:
        with subtests.test(f"{origin}, {no_proxy}"):
            assert is_excepted(urlsplit(origin), no_proxy) == excepted


def test_configuration__wins(proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured proxy wins over the environment, NO_PROXY included, and needs no trust_env."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "*")
    assert call(make_api(proxy=proxy.url), "get").status == 200
    assert call(make_api(proxy=proxy.url, trust_env=False), "get").status == 200
    assert len(proxy.heads) == 2


# -- credentials -------------------------------------------------------------------------------------------------------


def _sent(head: bytes) -> list[bytes]:
    return [line.partition(b": ")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"proxy-authorization")]


def test_refusal__writes_nothing_but_text_into_the_log(make_api: MakeApi, caplog: pytest.LogCaptureFixture) -> None:
    """A proxy's reason may hold control characters, which move a terminal's cursor or begin a line of their own."""
    reason = "no\x1b[2J \x85entry"
    with Proxy(rejection=f"HTTP/1.1 502 {reason}\r\n\r\n".encode("latin-1")) as proxy:
        api = make_api(host="https://codat.test", proxy=proxy.url, retries=RetryPolicy(1, **QUICK))
        with caplog.at_level(logging.DEBUG, "codat_python_sdk"), pytest.raises(ApiConnectionException, match="entry"):
            call(api, "get")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("codat_python_sdk")]
    assert len(lines) == 3 and all(line.isprintable() for line in lines)


def test_credentials__for_the_proxy_only(server: ScriptedServer, proxy: Proxy, make_api: MakeApi) -> None:
    """The proxy's user and password go to the proxy; the service does not see them."""
    assert call(make_api(proxy=f"http://user:pass@{proxy.address}"), "get").status == 200
    assert _sent(proxy.heads[0]) == [f"Basic {CREDENTIALS}".encode()]
    assert server.request.header("Proxy-Authorization") is None


@pytest.mark.parametrize("name", ["Proxy-Authorization", "proxy-authorization"])
def test_credentials__of_proxy_headers_win(proxy: Proxy, make_api: MakeApi, name: str) -> None:
    """One header is sent, however its name is spelled: a proxy may reject two, or take the wrong one."""
    api = make_api(proxy=f"http://user:pass@{proxy.address}", proxy_headers={name: "Bearer t0"})
    assert call(api, "get").status == 200
    assert _sent(proxy.heads[0]) == [b"Bearer t0"]


def test_credentials__not_through_the_tunnel(
    secure_server: ScriptedServer, tunnel: Proxy, make_api: MakeApi, ca_file: str
) -> None:
    """They stand in the CONNECT and in no request behind it; with NO_PROXY they go nowhere."""
    api = make_api(host="https://codat.test", proxy=f"http://user:pass@{tunnel.address}", ssl_ca_cert=ca_file)
    assert call(api, "get").status == 200
    assert _sent(tunnel.heads[0]) == [f"Basic {CREDENTIALS}".encode()]
    assert secure_server.request.header("Proxy-Authorization") is None


def test_credentials__not_without_the_proxy(
    server: ScriptedServer, proxy: Proxy, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where NO_PROXY lets the request go straight to the service, they stay at home."""
    monkeypatch.setenv("HTTP_PROXY", f"http://user:pass@{proxy.address}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    call(make_api(), "get")
    assert server.request.header("Proxy-Authorization") is None
    assert proxy.heads == []


def test_credentials__percent_encoded(proxy: Proxy, make_api: MakeApi) -> None:
    """In a URL ``@``, ``:`` and ``/`` of a password have to be encoded; the proxy gets them as they are meant."""
    call(make_api(proxy=f"http://us%40er:p%3Aw%2Fd@{proxy.address}"), "get")
    assert _sent(proxy.heads[0]) == [b"Basic " + base64.b64encode(b"us@er:p:w/d")]


@pytest.mark.parametrize("password", ["pa%C5%82%C4%85", "pa\u0142\u0105"])
def test_credentials__beyond_latin_1(proxy: Proxy, make_api: MakeApi, password: str) -> None:
    """A user and a password in other scripts reach the proxy as UTF-8, percent-encoded or not."""
    call(make_api(proxy=f"http://u%C5%BCytkownik:{password}@{proxy.address}"), "get")
    encoded = base64.b64encode("u\u017cytkownik:pa\u0142\u0105".encode())
    assert _sent(proxy.heads[0]) == [b"Basic " + encoded]


@pytest.mark.parametrize(
    "value", ["socks5://user:pass@127.0.0.1:1080", "http://", "http://a b", "ftp://proxy", "http://:3128"]
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_unusable__variable_is_named(make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A variable that names no usable proxy is an ApiValueError that names the variable, and no credentials."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ApiValueError, match=name) as caught:
        call(make_api(host="https://codat.test"), "get")
    assert "pass" not in str(caught.value)


def test_credentials__as_headers(secure_server: ScriptedServer, tunnel: Proxy, make_api: MakeApi, ca_file: str) -> None:
    """proxy_headers go to the proxy as they are, and to nobody else."""
    headers = {"Proxy-Authorization": "Bearer abc", "X-Proxy": "1"}
    api = make_api(host="https://codat.test", proxy=tunnel.url, proxy_headers=headers, ssl_ca_cert=ca_file)
    call(api, "get")
    assert _sent(tunnel.heads[0]) == [b"Bearer abc"]
    assert b"x-proxy: 1" in tunnel.heads[0].lower()
    assert secure_server.request.header("X-Proxy") is None


# -- proxies that fail -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_failing__refuses_the_connection(make_api: MakeApi, scheme: str) -> None:
    """A proxy that is down is a connection failure that names the proxy as the cause; nothing was sent."""
    with refused() as url:
        api = make_api(host=f"{scheme}://127.0.0.1:9", proxy=url.replace("http://", "http://user:pass@"))
        with pytest.raises(ApiConnectionException, match="proxy") as caught:
            call(api, "update_authorization", _retries=RetryPolicy(2, **QUICK))
    assert (caught.value.outcome, len(caught.value.attempts)) == ("not_sent", 3)
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "Configuration.proxy"])
def test_failing__text_names_the_proxy_and_what_set_it(
    make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The text of a dead proxy has its address, the variable or setting to correct, and no credentials."""
    with refused() as url:
        settings = {"proxy": url.replace("//", "//user:pass@")}
        if name != "Configuration.proxy":
            monkeypatch.setenv(name, settings.pop("proxy"))
        with pytest.raises(ApiConnectionException) as caught:
            call(make_api(host="https://codat.test", **settings), "get", _retries=0)
    reason, advice = f"proxy {url} ({name}): no connection: ", f"Check {name}, and that the proxy can be reached"
    assert reason in str(caught.value) and str(caught.value).endswith(f". {advice}")
    assert "pass" not in str(caught.value) and "user" not in str(caught.value)


def test_failing__host_name_of_the_proxy(make_api: MakeApi) -> None:
    """When the name of the proxy cannot be resolved, the text does not blame the service's."""
    api = make_api(host="https://codat.test", proxy="no-such-proxy.test:3128", retries=0)
    with pytest.raises(ApiConnectionException, match=r"proxy http://no-such-proxy\.test:3128 .*cannot be resolved"):
        call(api, "get")


@pytest.mark.parametrize(
    ("case", "advice"),
    [
        ("403", "Check HTTPS_PROXY, and that the proxy allows the host"),
        ("407", "Check the credentials for the proxy, in HTTPS_PROXY or in proxy_headers"),
        ("not HTTP", "Check the host, the network and the proxy {url} (HTTPS_PROXY)"),
        ("open, then closed", "Check the host, the network and the proxy {url} (HTTPS_PROXY)"),
    ],
)
def test_failing__advice_fits_what_the_proxy_did(
    make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, case: str, advice: str
) -> None:
    """The advice is about the proxy: its permission, its credentials, or whether it is one."""
    with Proxy(rejection=TUNNEL_FAILURES[case]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@{proxy.address}")
        with pytest.raises(ApiConnectionException) as caught:
            call(make_api(host="https://codat.test", retries=0), "get")
    assert str(caught.value).endswith(f"(the request was not sent). {advice.format(url=proxy.url)}")
    assert case not in ("403", "407") or f"Tunnel connection failed: {case}" in str(caught.value)


def test_failing__timeout_names_the_proxy(make_api: MakeApi) -> None:
    """A proxy that does not respond is named in the advice, beside more time."""
    with serving(_hang) as address:
        api = make_api(host="https://codat.test", proxy=f"http://user:pass@{address}", retries=0)
        with pytest.raises(ApiTimeoutException) as caught:
            call(api, "get", _deadline=DEADLINE)
    assert f"the proxy http://{address} (Configuration.proxy), or allow more time" in str(caught.value)


def test_failing__replaced_certificate(tunnel: Proxy, make_api: MakeApi) -> None:
    """Behind a proxy, an untrusted certificate may be the proxy's, and the text says so."""
    with pytest.raises(ApiTlsException) as caught:
        call(make_api(host="https://codat.test", proxy=tunnel.url, retries=0), "get")
    assert f"the proxy {tunnel.url} (Configuration.proxy) may have replaced the certificate" in str(caught.value)


def test_failing__certificate_of_the_proxy(secure_server: ScriptedServer, make_api: MakeApi) -> None:
    """When it is the proxy's own certificate that is not trusted, the text says whose it is."""
    api = make_api(host="https://codat.test", proxy=secure_server.url, retries=0)
    with pytest.raises(ApiTlsException, match="Check the proxy's certificate") as caught:
        call(api, "get")
    assert f"proxy {secure_server.url} (Configuration.proxy): no trusted TLS connection" in str(caught.value)


@pytest.mark.filterwarnings(PLAIN_HTTP)
def test_failing__credentials_for_a_forwarding_proxy(make_api: MakeApi) -> None:
    """A 407 to a plain request comes from the proxy, and the advice is about its credentials."""
    with Proxy(rejection=TUNNEL_FAILURES["407"]) as proxy, pytest.raises(ApiException) as caught:
        call(make_api(host="http://codat.test", proxy=proxy.url), "get")
    assert "Check the credentials for the proxy" in str(caught.value)


TUNNEL_FAILURES = {
    "403": FORBIDDEN,
    "407": b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
    "502": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "not HTTP": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "open, then closed": b"HTTP/1.1 200 OK\r\n\r\n",
}


@pytest.mark.parametrize("case", TUNNEL_FAILURES)
def test_failing__no_tunnel(make_api: MakeApi, case: str) -> None:
    """Without a tunnel the service has seen nothing, so the outcome is `not_sent`, and every method may try again.

    Not after a 407: the proxy would get the same credentials again, and may lock an account that fails often.
    """
    with Proxy(rejection=TUNNEL_FAILURES[case]) as proxy:
        api = make_api(host="https://codat.test", proxy=f"http://user:pass@{proxy.address}")
        with pytest.raises(ApiConnectionException) as caught:
            call(api, "update_authorization", _retries=RetryPolicy(2, **QUICK))
    helps = case != "407"
    assert (caught.value.outcome, len(caught.value.attempts)) == ("not_sent", 3 if helps else 1)
    assert (caught.value.retryable, caught.value.is_lasting) == (helps, not helps)
    assert "pass" not in str(caught.value)
    assert caught.value.__cause__ is not None


def test_failing__responds_itself(make_api: MakeApi) -> None:
    """A response of a forwarding proxy itself cannot be told from the service's, and is read like one."""
    with Proxy(rejection=FORBIDDEN) as proxy, pytest.raises(ApiException) as caught:
        call(make_api(proxy=proxy.url), "get")
    assert (caught.value.status, caught.value.outcome) == (403, "rejected")


def _hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _drip(connection: socket.socket) -> None:
    read_head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        time.sleep(0.05)
        connection.sendall(b"x")


def _open_and_hang(connection: socket.socket) -> None:
    read_head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    _hang(connection)


def _send_interim_responses(connection: socket.socket) -> None:
    read_head(connection)
    while True:
        time.sleep(0.02)
        connection.sendall(INTERIM["102 and 103"])


@pytest.mark.parametrize("behave", [_hang, _drip, _open_and_hang, _send_interim_responses])
def test_deadline__covers_the_tunnel(make_api: MakeApi, behave: Callable[[socket.socket], None]) -> None:
    """A proxy that hangs, drips, sends interim responses only, or opens a tunnel into nowhere costs the deadline."""
    with serving(behave) as address:
        api = make_api(host="https://codat.test", proxy=f"http://{address}", retries=3)
        with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException) as caught:
            call(api, "create", _deadline=DEADLINE)
    assert caught.value.outcome == "not_sent"


def test_deadline__covers_the_response_in_the_tunnel(
    secure_server: ScriptedServer, tunnel: Proxy, make_api: MakeApi, ca_file: str
) -> None:
    """A body that drips through a tunnel cannot outlast the deadline either."""
    secure_server.script(dripped(http_response(), 0.05, from_body=True))
    api = make_api(host="https://codat.test", proxy=tunnel.url, ssl_ca_cert=ca_file, retries=3)
    with within(DEADLINE + SLACK), pytest.raises(ApiException) as caught:
        call(api, "create", _deadline=DEADLINE)
    assert caught.value.outcome == "unknown"


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:1", "http://", "socks5://127.0.0.1:1", "http://127.0.0.1:port"])
def test_configuration__of_no_use(server: ScriptedServer, make_api: MakeApi, proxy: str) -> None:
    """What cannot be an HTTP proxy is an ApiValueError, and the request does not go without a proxy instead."""
    with pytest.raises(ApiValueError, match="proxy"):
        call(make_api(proxy=proxy), "get")
    assert server.requests == []


def test_https_proxy__forwards(secure_server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """A proxy that is itself reached over TLS has to be trusted like the service."""
    secure_server.script(http_response())
    proxy = secure_server.url
    with pytest.warns(match="plain HTTP"):
        assert call(make_api(host="http://codat.test", proxy=proxy, ssl_ca_cert=ca_file), "get").status == 200
    assert secure_server.request.target == "http://codat.test/companies/c1/connections/k1"
    with pytest.warns(match="plain HTTP"), pytest.raises(ApiTlsException) as caught:
        call(make_api(host="http://codat.test", proxy=proxy), "create", _retries=2)
    assert caught.value.outcome == "not_sent"


def test_https_proxy__tunnel(secure_server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """TLS inside TLS: a tunnel through a proxy that is reached over TLS, with the deadline as strict as elsewhere."""
    with Proxy(f"127.0.0.1:{secure_server.port}", tls=server_context()) as proxy:
        api = make_api(host="https://codat.test", proxy=proxy.url, ssl_ca_cert=ca_file)
        secure_server.script(http_response(), dripped(http_response(), 0.05, from_body=True))
        assert call(api, "create").status == 200
        with within(DEADLINE + SLACK), pytest.raises(ApiTimeoutException) as caught:
            call(api, "create", _deadline=DEADLINE)
    assert caught.value.outcome == "unknown"
    assert proxy.heads[0].startswith(b"CONNECT codat.test:443")


def test_https_proxy__untrusted(secure_server: ScriptedServer, make_api: MakeApi) -> None:
    """No CONNECT, and no credentials, for a proxy that cannot be trusted."""
    with Proxy(f"127.0.0.1:{secure_server.port}", tls=server_context()) as proxy:
        url = proxy.url.replace("https://", "https://user:pass@")
        with pytest.raises(ApiTlsException) as caught:
            call(make_api(host="https://codat.test", proxy=url), "create", _retries=2)
        assert proxy.heads == []
    assert caught.value.outcome == "not_sent"


def test_unusable__password_hides_itself(make_api: MakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback with local variables does not show the password of a proxy in the environment."""
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:pass@127.0.0.1:1080")
    with pytest.raises(ApiValueError) as caught:
        call(make_api(host="https://codat.test"), "get")
    assert "user:pass" not in locals_below(caught.value)
