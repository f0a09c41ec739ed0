"""TLS for real: who is trusted, who is not, and what the caller learns of it."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import certifi
import pytest
from authority import authority, old_context, self_signed_context, server_context
from conftest import MakeApi
from faulty import QUICK, call, refused, serving
from server import ScriptedServer, answer, cut, dropped

from codat_python_sdk import ApiValueError
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiTlsException,
    InsecureTransportWarning,
    UnreadableResponseException,
)
from codat_python_sdk.retries import RetryPolicy


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server with a certificate of our authority."""
    with ScriptedServer(tls=server_context()) as server:
        yield server


def test_trust__our_authority_when_asked_for(server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """ssl_ca_cert makes an authority trusted, for attributes and for the constructor's argument alike."""
    assert call(make_api(ssl_ca_cert=ca_file), "get").status == 200
    assert server.request.header("Authorization")


def test_trust__certifi_by_default(
    server: ScriptedServer, make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, ca_file: str
) -> None:
    """Without ssl_ca_cert it is certifi's roots that count, and nothing that the machine or its variables say."""
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    with pytest.raises(ApiTlsException, match="no trusted TLS connection"):
        call(make_api(), "get")
    monkeypatch.setattr(certifi, "where", lambda: ca_file)
    assert call(make_api(), "get").status == 200
    assert len(server.requests) == 1


def test_trust__ssl_ca_cert_replaces_certifi(server: ScriptedServer, make_api: MakeApi) -> None:
    """With certifi's own file as ssl_ca_cert our authority is as unknown as without."""
    with pytest.raises(ApiTlsException):
        call(make_api(ssl_ca_cert=certifi.where()), "get")
    assert server.requests == []


UNTRUSTED: dict[str, tuple[Callable[[], ssl.SSLContext], str]] = {
    "another name": (lambda: server_context("other.test"), "(?i)mismatch|not valid for|doesn't match"),
    "expired": (lambda: server_context(expired=True), "expired"),
    "self-signed": (self_signed_context, "self.signed"),
    "unknown authority": (lambda: server_context(ca=type(authority())()), "unable to get local issuer"),
    "TLS 1.1": (lambda: old_context(ssl.TLSVersion.TLSv1_1), "(?i)version|protocol"),
    "TLS 1.0": (lambda: old_context(ssl.TLSVersion.TLSv1), "(?i)version|protocol"),
}


@pytest.mark.parametrize("case", UNTRUSTED)
@pytest.mark.parametrize("operation", ["get", "create"])
def test_untrusted__is_refused_at_once(make_api: MakeApi, ca_file: str, operation: str, case: str) -> None:
    """Nothing is sent to a server that cannot be trusted; it is not tried again, and the text and the cause say why."""
    context, reason = UNTRUSTED[case]
    with ScriptedServer(tls=context()) as server:
        api = make_api(host=server.url, ssl_ca_cert=ca_file)
        with pytest.raises(ApiTlsException, match=reason) as caught:
            call(api, operation, _retries=RetryPolicy(3, **QUICK))
        assert server.requests == []
    assert (caught.value.outcome, len(caught.value.attempts)) == ("not_sent", 1)
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)


def test_trust__tls_1_2_will_do(make_api: MakeApi, ca_file: str) -> None:
    """The oldest version that is accepted is 1.2."""
    with ScriptedServer(tls=old_context(ssl.TLSVersion.TLSv1_2)) as server:
        assert call(make_api(host=server.url, ssl_ca_cert=ca_file), "get").status == 200


def test_assert_hostname__another_name(make_api: MakeApi, ca_file: str) -> None:
    """assert_hostname names the host that the certificate has to be for."""
    with ScriptedServer(tls=server_context("other.test")) as server:
        assert call(make_api(host=server.url, ssl_ca_cert=ca_file, assert_hostname="other.test"), "get").status == 200
        with pytest.raises(ApiTlsException):
            call(make_api(host=server.url, ssl_ca_cert=ca_file, assert_hostname="third.test"), "get")


def test_verify_ssl_false__warns_once(make_api: MakeApi) -> None:
    """Verification can be switched off; a warning says so once per client and origin, and no other warning comes."""
    with ScriptedServer(tls=self_signed_context()) as server:
        api = make_api(host=server.url, verify_ssl=False)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert call(api, "get").status == 200
            assert call(api, "get").status == 200
    assert [each.category for each in caught] == [InsecureTransportWarning]
    assert "verify_ssl" in str(caught[0].message)


def test_verify_ssl_false__takes_old_tls_no_more_than_before(make_api: MakeApi) -> None:
    """Not to verify does not mean to accept an old protocol."""
    with ScriptedServer(tls=old_context(ssl.TLSVersion.TLSv1_1)) as server:
        api = make_api(host=server.url, verify_ssl=False)
        with pytest.warns(InsecureTransportWarning), pytest.raises(ApiTlsException):
            call(api, "get")


@pytest.fixture
def mutual(tmp_path: Path) -> Iterator[tuple[ScriptedServer, str, str]]:
    """A server that wants a client certificate, and the files of one: certificate, key."""
    certificate = authority().issue_cert("client@codat.test")
    files = str(tmp_path / "client.pem"), str(tmp_path / "client.key")
    certificate.cert_chain_pems[0].write_to_path(files[0])
    certificate.private_key_pem.write_to_path(files[1])
    context = server_context()
    authority().configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    context.verify_mode = ssl.CERT_REQUIRED
    with ScriptedServer(tls=context) as server:
        yield server, *files


def test_client_certificate__is_presented(
    mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, ca_file: str
) -> None:
    """cert_file and key_file are shown to a server that asks for them."""
    server, certificate, key = mutual
    api = make_api(host=server.url, ssl_ca_cert=ca_file, cert_file=certificate, key_file=key)
    assert call(api, "create").status == 200


def test_client_certificate__missing(mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, ca_file: str) -> None:
    """Without one the server refuses; under TLS 1.3 it does so after the request has left, so little is certain."""
    server, _, _ = mutual
    with pytest.raises(ApiConnectionException) as caught:
        call(make_api(host=server.url, ssl_ca_cert=ca_file), "create")
    assert caught.value.outcome in ("unknown", "not_sent")
    assert server.requests == []


@pytest.mark.parametrize("name", ["ssl_ca_cert", "cert_file", "key_file"])
@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files__of_no_use(
    mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, tmp_path: Path, name: str, content: str | None
) -> None:
    """A file that is missing, empty or no certificate is an ApiValueError that names the setting."""
    server, certificate, key = mutual
    path = tmp_path / "nothing.pem"
    if content is not None:
        path.write_text(content)
    files = {"cert_file": certificate, "key_file": key} | {name: str(path)}
    with pytest.raises(ApiValueError, match=f"{name}.* cannot be loaded"):
        call(make_api(host=server.url, **files), "get")
    assert server.requests == []


def test_handshake__with_a_server_without_tls(make_api: MakeApi, ca_file: str) -> None:
    """A server that answers in plain HTTP on an https port is no trusted connection; nothing was sent."""

    def plain(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with serving(plain) as address, pytest.raises(ApiTlsException) as caught:
        call(make_api(host=f"https://{address}", ssl_ca_cert=ca_file), "create")
    assert caught.value.outcome == "not_sent"


def test_handshake__hung_up_on(make_api: MakeApi, ca_file: str) -> None:
    """A connection that ends in the handshake says nothing about trust: it is a connection failure, and tried again."""

    def hang_up(connection: socket.socket) -> None:
        connection.recv(100)

    with serving(hang_up) as address:
        api = make_api(host=f"https://{address}", ssl_ca_cert=ca_file)
        with pytest.raises(ApiConnectionException) as caught:
            call(api, "update_authorization", _retries=RetryPolicy(2, **QUICK))
    assert not isinstance(caught.value, ApiTlsException)
    assert (caught.value.outcome, len(caught.value.attempts)) == ("not_sent", 3)


def test_connection__refused(make_api: MakeApi) -> None:
    """A refused connection is not taken for a matter of trust."""
    with refused() as url, pytest.raises(ApiConnectionException) as caught:
        call(make_api(host=url.replace("http", "https")), "get")
    assert not isinstance(caught.value, ApiTlsException)


def test_delivery__is_the_same_over_tls(server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """Lost and cut answers are retried, connections are kept alive, and a body without its end is not taken for one."""
    api = make_api(ssl_ca_cert=ca_file, retries=RetryPolicy(3, **QUICK))
    server.script(dropped(), cut(answer()), cut(answer(chunks=2)), answer())
    assert len(call(api, "create").attempts) == 4
    assert call(api, "get").status == 200
    assert server.connections == 4
    server.script(cut(answer(), missing=20))
    with pytest.raises(UnreadableResponseException) as caught:
        call(api, "create", _retries=0)
    assert caught.value.cut_off
