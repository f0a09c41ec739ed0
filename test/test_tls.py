"""TLS for real: who is trusted, who is not, and what the caller learns of it."""

from __future__ import annotations

import copy
import pickle
import re
import socket
import ssl
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from typing import Any

import certifi
import pytest
from authority import authority, old_context, self_signed_context, server_context
from conftest import MakeApi
from faulty import QUICK, Proxy, call, read_head, refused, serving
from server import ScriptedServer, cut, dropped, http_response

from codat_python_sdk import ApiClient, ApiValueError
from codat_python_sdk.api.connection_api import ConnectionApi
from codat_python_sdk.exceptions import (
    ApiConnectionException,
    ApiException,
    ApiTimeoutException,
    ApiTlsException,
    InsecureTransportWarning,
    UnreadableResponseException,
)
from codat_python_sdk.rest import tls
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
    assert [warning.category for warning in caught] == [InsecureTransportWarning]
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


def test_client_certificate__is_not_presented_to_a_proxy(
    mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, ca_file: str
) -> None:
    """A proxy that is reached over TLS and asks for one gets none: it is for the service, which gets it as ever."""
    server, certificate, key = mutual
    asking, shown = server_context(), list[Any]()
    authority().configure_trust(asking)  # pyright: ignore[reportUnknownMemberType]
    asking.verify_mode = ssl.CERT_OPTIONAL

    class CuriousProxy(Proxy):
        def _forward(self, client: Any) -> None:
            shown.append(client.getpeercert())
            super()._forward(client)

    with CuriousProxy(f"127.0.0.1:{server.port}", tls=asking) as proxy:
        files = {"ssl_ca_cert": ca_file, "cert_file": certificate, "key_file": key}
        assert call(make_api(host="https://codat.test", proxy=proxy.url, **files), "create").status == 200
    assert shown == [None]


def test_client_certificate__asked_for_after_the_handshake(
    mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, ca_file: str
) -> None:
    """A server of TLS 1.3 may ask for the certificate when it has seen the request, as some do for some paths."""
    _, certificate, key = mutual
    context = server_context()
    authority().configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    context.verify_mode, context.post_handshake_auth = ssl.CERT_REQUIRED, True
    presented = Queue[Any]()

    def ask(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.verify_client_post_handshake()
            secured.do_handshake()  # sends the request for the certificate
            secured.settimeout(0.05)
            while secured.getpeercert() is None:
                with suppress(TimeoutError):
                    assert secured.recv(1) == b"never", "the client sent something else than its certificate"
            presented.put(secured.getpeercert())
            secured.settimeout(30)
            for _ in range(2):
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                with suppress(OSError):  # the next request may come on another connection
                    secured.recv(65536)

    with serving(ask) as address:
        api = make_api(host=f"https://{address}", ssl_ca_cert=ca_file, cert_file=certificate, key_file=key)
        for _ in range(2):
            assert api.api_client.rest_client.request("GET", f"https://{address}/").status == 200
        api.api_client.close()  # which ends the server's thread
    assert presented.get(timeout=30)["subjectAltName"] == (("email", "client@codat.test"),)


def test_client_certificate__missing(mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, ca_file: str) -> None:
    """Without one the server refuses; under TLS 1.3 it does so after the request has left, which it did not look at."""
    server, _, _ = mutual
    with pytest.raises(ApiConnectionException) as caught:
        call(make_api(host=server.url, ssl_ca_cert=ca_file), "create")
    is_lost = not isinstance(caught.value, ApiTlsException)  # the alert, with the connection
    assert caught.value.outcome in (("unknown", "not_sent") if is_lost else ("rejected",))
    assert server.requests == []


@pytest.mark.parametrize("name", ["ssl_ca_cert", "cert_file", "key_file"])
@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files__of_no_use(
    mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, tmp_path: Path, name: str, content: str | None
) -> None:
    """A file that is missing, empty or no certificate is an ApiValueError that names the setting and the file."""
    server, certificate, key = mutual
    path = tmp_path / "nothing.pem"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    files = {"cert_file": certificate, "key_file": key} | {name: str(path)}
    with pytest.raises(ApiValueError, match=re.escape(f"{name}={str(path)!r}") + ".* cannot be loaded"):
        call(make_api(host=server.url, **files), "get")
    assert server.requests == []


def test_files__content_in_place_of_a_path(mutual: tuple[ScriptedServer, str, str], make_api: MakeApi) -> None:
    """A key that stands where its path should be is not shown."""
    server, certificate, key = mutual
    content = Path(key).read_text(encoding="utf-8")
    with pytest.raises(ApiValueError, match="or key_file cannot be loaded") as caught:
        call(make_api(host=server.url, cert_file=certificate, key_file=content), "get")
    assert content.splitlines()[1] not in str(caught.value)


def test_handshake__with_a_server_without_tls(make_api: MakeApi, ca_file: str) -> None:
    """A server that responds in plain HTTP on an https port is no trusted connection; nothing was sent."""
    with serving(_plain) as address, pytest.raises(ApiTlsException) as caught:
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


@pytest.mark.parametrize("before", [b"", http_response().data[:-20]], ids=["in place of a head", "in a body"])
def test_connection__that_breaks_after_the_handshake(make_api: MakeApi, ca_file: str, before: bytes) -> None:
    """Bytes that are no TLS, on a connection that was trusted, are a connection failure, and no matter of trust."""
    context = server_context()

    def respond(connection: socket.socket) -> None:
        with connection.dup() as plain, context.wrap_socket(connection, server_side=True) as encrypted:
            read_head(encrypted)
            encrypted.sendall(before)
            plain.sendall(b"\x17\x03\x03\x00\x20" + 32 * b"J")
            plain.recv(1)

    with serving(respond) as address:
        api = make_api(host=f"https://{address}", ssl_ca_cert=ca_file)
        with pytest.raises(ApiConnectionException, match="the connection broke") as caught:
            call(api, "get", _retries=RetryPolicy(2, **QUICK))
    assert not isinstance(caught.value, ApiTlsException) and "certificate" not in str(caught.value)
    assert (caught.value.outcome, caught.value.retryable, len(caught.value.attempts)) == ("unknown", True, 3)


def test_connection__refused(make_api: MakeApi) -> None:
    """A refused connection is not taken for a matter of trust."""
    with refused() as url, pytest.raises(ApiConnectionException) as caught:
        call(make_api(host=url.replace("http", "https")), "get")
    assert not isinstance(caught.value, ApiTlsException)


def test_delivery__is_the_same_over_tls(server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """Lost and cut responses are retried, connections are kept alive, and a truncated body is not accepted."""
    api = make_api(ssl_ca_cert=ca_file, retries=RetryPolicy(3, **QUICK))
    server.script(dropped(), cut(http_response()), cut(http_response(chunks=2)), http_response())
    assert len(call(api, "create").attempts) == 4
    assert call(api, "get").status == 200
    assert server.connections == 4
    server.script(cut(http_response(), missing=20))
    with pytest.raises(UnreadableResponseException) as caught:
        call(api, "create", _retries=0)
    assert caught.value.cut_off


# -- contexts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The files whose certificates are loaded; no context is left from before."""
    files, make = list[Any](), tls._make_context

    def make_context(verify: bool, roots: Any, *others: Any) -> Any:
        files.append(roots)
        return make(verify, roots, *others)

    monkeypatch.setattr(tls, "_contexts", {})
    monkeypatch.setattr(tls, "_make_context", make_context)
    return files


def test_context__is_shared(server: ScriptedServer, make_api: MakeApi, ca_file: str, loads: list[Any]) -> None:
    """Clients with the same settings load the certificates once, in however many threads their first calls are."""
    apis = [make_api(ssl_ca_cert=ca_file) for _ in range(5)]
    assert [call(api, "get").status for api in apis] == [200] * 5
    assert loads == [ca_file]


def test_context__is_made_of_all_settings(
    server: ScriptedServer, make_api: MakeApi, ca_file: str, loads: list[Any], tmp_path: Path
) -> None:
    """Another file, another content of the same file, or another check has a context of its own."""
    call(make_api(ssl_ca_cert=ca_file), "get")
    call(make_api(ssl_ca_cert=ca_file, assert_hostname="localhost"), "get")
    other = type(authority())()
    other.cert_pem.write_to_path(ca_file)
    with pytest.raises(ApiTlsException):
        call(make_api(ssl_ca_cert=ca_file), "get")
    other_file = tmp_path / "copy.pem"
    authority().cert_pem.write_to_path(other_file)
    assert call(make_api(ssl_ca_cert=str(other_file)), "get").status == 200
    assert loads == [ca_file, ca_file, ca_file, str(other_file)]
    with pytest.warns(InsecureTransportWarning):
        assert call(make_api(ssl_ca_cert=str(other_file), verify_ssl=False), "get").status == 200
    assert call(make_api(ssl_ca_cert=str(other_file)), "get").status == 200
    assert loads[4:] == [None]


def test_context__of_another_name_checks_it_still(make_api: MakeApi, ca_file: str) -> None:
    """assert_hostname of one client, for which urllib3 changes the context, leaves the check of the others alone."""
    with ScriptedServer(tls=server_context("other.test")) as server:
        for _ in range(2):
            assert (
                call(make_api(host=server.url, ssl_ca_cert=ca_file, assert_hostname="other.test"), "get").status == 200
            )
            with pytest.raises(ApiTlsException):
                call(make_api(host=server.url, ssl_ca_cert=ca_file), "get")


def test_context__at_most_sixteen(make_api: MakeApi, loads: list[Any], tmp_path: Path) -> None:
    """Settings that change without end leave sixteen contexts behind, the last ones."""
    with refused() as url:
        for number in range(20):
            file = tmp_path / f"{number}.pem"
            authority().cert_pem.write_to_path(file)
            with pytest.raises(ApiConnectionException):
                call(make_api(host=url.replace("http", "https"), ssl_ca_cert=str(file)), "get")
    assert len(tls._contexts) == 16
    assert len(loads) == 20


def test_context__of_a_folder(server: ScriptedServer, make_api: MakeApi, tmp_path: Path) -> None:
    """ssl_ca_cert may be a folder of certificates, named by their hashes as OpenSSL wants it."""
    file = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(file)
    named = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", file], capture_output=True, text=True, check=True
    )
    file.rename(tmp_path / f"{named.stdout.strip()}.0")
    assert call(make_api(ssl_ca_cert=str(tmp_path)), "get").status == 200


def test_ssl_context__of_the_caller(server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """ssl_context is used as it is, in copies of the configuration as well; the other settings for TLS do not count."""
    context = ssl.create_default_context(cafile=ca_file)
    api = make_api(ssl_context=context, ssl_ca_cert="/nowhere")
    assert call(api, "get").status == 200
    settings = copy.deepcopy(api.api_client.configuration)
    assert settings.ssl_context is context
    assert call(ConnectionApi(ApiClient(settings)), "get").status == 200
    with pytest.raises(ApiValueError, match="ssl_context"):
        pickle.dumps(api.api_client)
    with pytest.raises(ApiTlsException):
        call(make_api(ssl_context=ssl.create_default_context(cafile=certifi.where())), "get")


def test_ssl_context__that_does_not_verify(server: ScriptedServer, make_api: MakeApi) -> None:
    """One that verifies nothing warns as verify_ssl=False does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with pytest.warns(InsecureTransportWarning, match="not verified"):
        assert call(make_api(ssl_context=context), "get").status == 200


# -- what surrounds it -------------------------------------------------------------------------------------------------


def test_key_log__is_written(
    server: ScriptedServer, make_api: MakeApi, ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSLKEYLOGFILE is honoured as by other programs, unless trust_env=False."""
    file = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(file))
    assert call(make_api(ssl_ca_cert=ca_file, trust_env=False), "get").status == 200
    assert not file.exists()
    assert call(make_api(ssl_ca_cert=ca_file), "get").status == 200
    assert file.read_text(encoding="utf-8")


def test_key_log__that_cannot_be_written(
    server: ScriptedServer, make_api: MakeApi, ca_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be written to is an ApiValueError that names it; with trust_env=False nobody looks at it."""
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "none" / "keys.log"))
    with pytest.raises(ApiValueError, match="SSLKEYLOGFILE"):
        call(make_api(ssl_ca_cert=ca_file), "get")
    assert server.requests == []
    assert call(make_api(ssl_ca_cert=ca_file, trust_env=False), "get").status == 200


def test_openssl__that_cannot_be_used(make_api: MakeApi, monkeypatch: pytest.MonkeyPatch, loads: list[Any]) -> None:
    """What making a context raises, under a configuration of OpenSSL that forbids it, is an ApiValueError in words."""

    def fail(*_: object) -> None:
        raise ssl.SSLError(1, "no protocols available")

    monkeypatch.setenv("OPENSSL_CONF", "/etc/strange.cnf")
    monkeypatch.setattr(ssl, "SSLContext", fail)
    with pytest.raises(ApiValueError, match=r"OPENSSL_CONF.*strange.*no protocols") as caught:
        call(make_api(host="https://codat.test"), "get")
    assert isinstance(caught.value.__cause__, ssl.SSLError)
    assert len(loads) == 1


def test_client_certificate__with_an_encrypted_key(
    mutual: tuple[ScriptedServer, str, str], make_api: MakeApi, ca_file: str
) -> None:
    """A key with a password is refused in words, before anybody is asked for it on a terminal."""
    server, certificate, key = mutual
    command = ["openssl", "rsa", "-aes256", "-passout", "pass:secret", "-in", key, "-out", key]
    if "EC PRIVATE" in Path(key).read_text(encoding="utf-8"):
        command[1] = "ec"
    subprocess.run(command, check=True, capture_output=True)
    assert "ENCRYPTED" in Path(key).read_text(encoding="utf-8")
    api = make_api(host=server.url, ssl_ca_cert=ca_file, cert_file=certificate, key_file=key)
    with pytest.raises(ApiValueError, match=r"encrypted.*ssl_context"):
        call(api, "get")
    assert server.requests == []


def test_hint__names_what_is_not_read(
    server: ScriptedServer, make_api: MakeApi, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another library's variable names an authority, the error says that it is not read."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ApiTlsException) as caught:
        call(make_api(), "get")
    assert "not read" not in str(caught.value)
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ca_file)
    with pytest.raises(ApiTlsException, match=r"ssl_ca_cert.*SSL_CERT_FILE and REQUESTS_CA_BUNDLE are not read"):
        call(make_api(), "get")


@pytest.mark.skipif(sys.version_info < (3, 13), reason="older ones are not strict by default")
def test_hint__of_strict_checks(make_api: MakeApi, tmp_path: Path) -> None:
    """An authority that only the strict checks of Python 3.13 object to is said to be one, and what to do."""
    (tmp_path / "names").write_text("subjectAltName=IP:127.0.0.1", encoding="utf-8")
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=Old -addext basicConstraints=CA:TRUE",
        "req -newkey rsa:2048 -nodes -keyout key -out request -subj /CN=localhost",
        "x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out certificate",
    ):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True, cwd=tmp_path)
    ca_file = str(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    with ScriptedServer(tls=context) as server:
        with pytest.raises(ApiTlsException, match=r"strictly.*ssl_context"):
            call(make_api(host=server.url, ssl_ca_cert=ca_file), "get")
        relaxed = ssl.create_default_context(cafile=ca_file)
        relaxed.verify_flags &= ~ssl.VERIFY_X509_STRICT
        assert call(make_api(host=server.url, ssl_context=relaxed), "get").status == 200


def _plain(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("has_certificate", [False, True])
def test_hint__of_a_client_certificate(
    make_api: MakeApi, ca_file: str, tmp_path: Path, version: ssl.TLSVersion, has_certificate: bool
) -> None:
    """A server that wants a certificate of the client, or rejects the one it gets, is not said to have a wrong one."""
    context = server_context()
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca_file)
    client = tmp_path / "client.pem"
    type(authority())().issue_cert("client.test").private_key_and_cert_chain_pem.write_to_path(str(client))
    with ScriptedServer(tls=context) as server:
        api = make_api(host=server.url, ssl_ca_cert=ca_file, cert_file=str(client) if has_certificate else None)
        with pytest.raises(ApiConnectionException) as caught:
            call(api, "get")
    if isinstance(caught.value, ApiTlsException):  # and the alert has not been lost with the connection
        assert "check cert_file and key_file" in str(caught.value)
        assert "the host's certificate" not in str(caught.value)


def test_client_certificate__key_alone(server: ScriptedServer, make_api: MakeApi, ca_file: str) -> None:
    """A key without its certificate would not be shown to anyone: it is an ApiValueError that names both settings."""
    with pytest.raises(ApiValueError, match="key_file is set without cert_file"):
        call(make_api(ssl_ca_cert=ca_file, key_file=ca_file), "get")
    assert call(make_api(ssl_ca_cert=ca_file, cert_file="", key_file=""), "get").status == 200  # empty is none


def test_hint__of_an_unknown_name(make_api: MakeApi) -> None:
    """A server that is not there under this name says so in an alert: its certificate is not to blame."""

    def reject(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02\x70")  # fatal, unrecognized_name
        connection.recv(1)

    with serving(reject) as address, pytest.raises(ApiTlsException) as caught:
        call(make_api(host=f"https://{address}"), "create")
    assert "not known under this name" in str(caught.value) and "certificate" not in str(caught.value)
    assert caught.value.outcome == "not_sent"


def test_hint__of_an_old_version(make_api: MakeApi, ca_file: str) -> None:
    """A server without TLS 1.2 is said to be one."""
    with ScriptedServer(tls=old_context(ssl.TLSVersion.TLSv1_1)) as server:
        api = make_api(host=server.url, ssl_ca_cert=ca_file)
        with pytest.raises(ApiTlsException, match=r"no version of TLS that is allowed here: 1\.2 or newer"):
            call(api, "get")


def test_hint__of_a_plain_port(make_api: MakeApi, ca_file: str) -> None:
    """A port that speaks plain HTTP has no certificate that one could check: the scheme and the port are to blame."""
    with serving(_plain) as address, pytest.raises(ApiTlsException, match="does not speak TLS") as caught:
        call(make_api(host=f"https://{address}", ssl_ca_cert=ca_file), "create")
    assert "certificate" not in str(caught.value)


def _hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def test_handshake__that_hangs(make_api: MakeApi, ca_file: str) -> None:
    """A server that accepts and is silent is one to which there was no connection, after the connect timeout."""
    with serving(_hang) as address:
        api = make_api(host=f"https://{address}", ssl_ca_cert=ca_file, timeout=(0.2, 30))
        with pytest.raises(ApiTimeoutException, match=r"no connection within 0\.2 s") as caught:
            call(api, "create")
    assert caught.value.outcome == "not_sent"


def test_fault__is_not_masked_by_an_early_response(make_api: MakeApi, ca_file: str) -> None:
    """A response that comes while a long body is being sent is reported, as without TLS."""
    context, over = server_context(), threading.Event()

    def refuse(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            read_head(tls)
            tls.sendall(http_response({"error": "too large"}, 413, [("Connection", "close")]).data)
            tls.shutdown(socket.SHUT_RDWR)
            over.wait(5)

    with serving(refuse) as address:
        api = make_api(host=f"https://{address}", ssl_ca_cert=ca_file)
        with pytest.raises(ApiException) as caught:
            call(api, "update_authorization", request_body={"token": "x" * 12_000_000})
        over.set()
    assert (caught.value.status, caught.value.outcome) == (413, "rejected"), repr(caught.value.__cause__)
