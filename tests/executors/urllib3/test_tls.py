"""TLS of the urllib3 executor: trusted authorities, the client certificate, and files and contexts that it refuses."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import traceback

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.name import _ASN1Type
from urllib3.util.ssltransport import SSLTransport

from infisical import HttpRequest
from infisical.executors import Urllib3Executor
from infisical.executors.urllib3.tls import ClientCertificate, OuterSocket, make_context
from tests.executors.faulty import OK, Peer, serving, well

PASSWORD = "hunter2-é"


def get(url: str) -> HttpRequest:
    return HttpRequest("GET", f"{url}/api/status", (), None, 10.0)


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """No directory of the machine that tests run on; the file of authorities is one that nobody has used."""
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority):
    """A server's, with a certificate of the authority's."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    return server


@pytest.fixture(scope="module")
def contents(authority):
    """The contents of files by name, good and bad."""
    ours, other = authority.issue_cert("us@example.com"), authority.issue_cert("others@example.com")
    key = serialization.load_pem_private_key(ours.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )
    certificate = ours.cert_chain_pems[0].bytes()
    return {
        "ca": authority.cert_pem.bytes(),
        "other-ca": trustme.CA().cert_pem.bytes(),
        "certificate": certificate,
        "key": ours.private_key_pem.bytes(),
        "both": certificate + ours.private_key_pem.bytes(),
        "locked-key": locked,
        "locked-both": locked + certificate,
        "other-key": other.private_key_pem.bytes(),
        "garbage": b"\x00 no PEM",
        "empty": b"",
    }


@pytest.fixture
def files(tmp_path, contents):
    """Files by name, good and bad."""
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "directory").mkdir()
    return tmp_path


def find_reason(execute: Urllib3Executor, url: str):
    """Why a call failed, and whether it had been sent; None if it did not fail."""
    with execute:
        return execute(get(url)).swap().map(lambda error: (error.reason, error.sent)).value_or(None)


# ---- whom it trusts
@pytest.mark.enable_socket
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_the_authorities_in_a_file_are_trusted(context, files, kind):
    with serving(well, context) as server:
        assert find_reason(Urllib3Executor(ca_file=kind(files / "ca")), server.url) is None


@pytest.mark.enable_socket
def test_nobody_else_is_trusted_then(context, files, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(files / "ca"))
    with serving(well, context) as server:
        assert find_reason(Urllib3Executor(ca_file=files / "other-ca"), server.url) == ("tls", False)


@pytest.mark.enable_socket
def test_openssls_own_variable_names_the_file(context, files, monkeypatch):
    with serving(well, context) as server:
        without = find_reason(Urllib3Executor(), server.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(files / "ca"))
        outcome = find_reason(Urllib3Executor(), server.url)

    assert (without, outcome) == (("tls", False), None)


@pytest.mark.enable_socket
def test_openssls_own_variable_names_the_directory(context, files, authority, monkeypatch):
    (files / "directory" / f"{hash_subject(authority.cert_pem.bytes())}.0").write_bytes((files / "ca").read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(files / "directory"))
    with serving(well, context) as server:
        assert find_reason(Urllib3Executor(), server.url) is None


def hash_subject(pem: bytes) -> str:
    """The name under which OpenSSL looks for an authority in a directory: that of `openssl x509 -hash`."""
    subject = x509.load_pem_x509_certificate(pem).subject
    lower = [x509.NameAttribute(part.oid, part.value.lower(), _ASN1Type.UTF8String) for part in subject]
    written = x509.Name(lower).public_bytes()
    assert written[1] < 128  # the length is one byte
    return f"{int.from_bytes(hashlib.sha1(written[2:]).digest()[:4], 'little'):08x}"


@pytest.mark.enable_socket
def test_a_certificate_for_another_host_is_refused(authority, files):
    elsewhere = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("origin.example").configure_cert(elsewhere)
    with serving(well, elsewhere) as server:
        assert find_reason(Urllib3Executor(ca_file=files / "ca"), server.url) == ("tls", False)


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("host", "certified"), [("origin.example.", "origin.example"), ("[fe80::1%25eth0]", "fe80::1"), ("[::1]", "::1")]
)
def test_a_final_dot_and_a_zone_are_no_part_of_a_certificate(authority, files, host, certified, monkeypatch):
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(certified).configure_cert(there)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *args, **named: resolve("127.0.0.1", *args, **named))
    with serving(well, there) as server:
        assert find_reason(Urllib3Executor(ca_file=files / "ca"), f"https://{host}:{server.port}") is None


@pytest.mark.enable_socket
def test_http_2_is_not_offered_whatever_a_context_offers_elsewhere(authority, context):
    chosen = []

    def behave(peer: Peer) -> None:
        chosen.append(peer.sock.selected_alpn_protocol())
        well(peer)

    trusting, both = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.configure_trust(trusting)
    authority.issue_cert("127.0.0.1").configure_cert(both)
    for offering in (trusting, both):
        offering.set_alpn_protocols(["h2", "http/1.1"])
    with serving(behave, both) as server:
        assert (find_reason(Urllib3Executor(ssl_context=trusting), server.url), chosen) == (None, ["http/1.1"])


def test_tls_before_1_2_is_not_spoken_whatever_the_system_allows(monkeypatch):
    loose = ssl.create_default_context()
    loose.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    monkeypatch.setattr(ssl, "create_default_context", lambda: loose)

    assert make_context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_system_that_wants_more_than_1_2_gets_it(monkeypatch):
    strict = ssl.create_default_context()
    strict.minimum_version = ssl.TLSVersion.TLSv1_3
    monkeypatch.setattr(ssl, "create_default_context", lambda: strict)

    assert make_context().minimum_version == ssl.TLSVersion.TLSv1_3


# ---- what it shows
def note_certificates(certificates: list):
    """Answer well, and note whose certificate the client showed."""

    def behave(peer: Peer) -> None:
        certificate = peer.sock.getpeercert()
        certificates.append([value for _, value in certificate["subjectAltName"]] if certificate else None)
        while peer.read():
            peer.say(OK)

    return behave


@pytest.fixture
def asking(authority):
    """A server's context that asks for a certificate, and takes none as well."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(server)
    server.verify_mode = ssl.CERT_OPTIONAL
    return server


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("given", "password"),
    [
        (("both",), None),
        (("certificate", "key"), None),
        (("certificate", "key"), "unused"),
        (("certificate", "locked-key"), PASSWORD),
        (("locked-both", "locked-both"), PASSWORD),
    ],
)
def test_a_client_certificate_is_sent(asking, files, given, password):
    named = [files / name for name in given]
    certificate = named[0] if len(named) == 1 else (*named, password) if password else tuple(named)
    certificates: list = []
    with serving(note_certificates(certificates), asking) as server:
        outcome = find_reason(Urllib3Executor(ca_file=files / "ca", client_certificate=certificate), server.url)

    assert (outcome, certificates) == (None, [["us@example.com"]])


@pytest.mark.enable_socket
def test_without_a_client_certificate_none_is_sent(asking, files):
    certificates: list = []
    with serving(note_certificates(certificates), asking) as server:
        assert (find_reason(Urllib3Executor(ca_file=files / "ca"), server.url), certificates) == (None, [None])


@pytest.mark.enable_socket
def test_a_proxy_does_not_get_the_client_certificate(asking, files):
    certificates: list = []
    with serving(note_certificates(certificates), asking) as proxy:
        execute = Urllib3Executor(ca_file=files / "ca", client_certificate=files / "both", proxy=proxy.url)
        outcome = find_reason(execute, "http://origin.example")

    assert (outcome, certificates) == (None, [None])


def test_the_password_of_a_key_is_neither_stored_nor_shown(files):
    given = (files / "certificate", files / "locked-key", PASSWORD)
    settings = vars(Urllib3Executor(client_certificate=given))

    assert repr(ClientCertificate.of(given)) == (f"ClientCertificate(certificate={given[0]!r}, key={given[1]!r})")
    assert not any(PASSWORD in repr(value) or isinstance(value, ClientCertificate) for value in settings.values())


# ---- what it refuses to start with
NO_KEY = "no certificate in PEM with its private key"
BAD_FILES = [
    ({"ca_file": "missing"}, FileNotFoundError, "No such file or directory: '{files}/missing'"),
    ({"ca_file": "directory"}, IsADirectoryError, "Is a directory: '{files}/directory'"),
    ({"ca_file": "garbage"}, ValueError, "{files}/garbage: no certificates in PEM"),
    ({"ca_file": "empty"}, ValueError, "{files}/empty: no certificates in PEM"),
    ({"ca_file": "key"}, ValueError, "{files}/key: no certificates in PEM"),
    ({"client_certificate": "missing"}, FileNotFoundError, "No such file or directory: '{files}/missing'"),
    ({"client_certificate": "garbage"}, ValueError, "{files}/garbage: " + NO_KEY),
    ({"client_certificate": "certificate"}, ValueError, "{files}/certificate: " + NO_KEY),
    ({"client_certificate": "key"}, ValueError, "{files}/key: " + NO_KEY),
    ({"client_certificate": ("certificate", "missing")}, FileNotFoundError, "directory: '{files}/missing'"),
    ({"client_certificate": ("missing", "key")}, FileNotFoundError, "directory: '{files}/missing'"),
    (
        {"client_certificate": ("certificate", "other-key")},
        ValueError,
        "{files}/certificate with {files}/other-key: " + NO_KEY + " (KEY_VALUES_MISMATCH)",
    ),
    (
        {"client_certificate": "locked-both"},
        ValueError,
        "{files}/locked-both: the private key is encrypted, and no password was given",
    ),
    (
        {"client_certificate": ("certificate", "locked-key")},
        ValueError,
        "{files}/locked-key: the private key is encrypted, and no password was given",
    ),
]


def located(files, given):
    """The settings with whole paths for names."""
    return {name: tuple(files / n for n in v) if isinstance(v, tuple) else files / v for name, v in given.items()}


@pytest.mark.parametrize(("given", "kind", "message"), BAD_FILES)
def test_a_bad_file_is_named_at_once(files, given, kind, message):
    with pytest.raises(kind, match=re.escape(message.replace("{files}", str(files)))):
        Urllib3Executor(**located(files, given))


@pytest.mark.parametrize("password", ["wrong hunter2", "hunter2" * 1000, "hunter2 \ud800", ""])
def test_a_wrong_password_is_reported_without_its_text(files, password):
    with pytest.raises(ValueError, match="password") as outcome:
        Urllib3Executor(client_certificate=(files / "certificate", files / "locked-key", password))

    text = "".join(
        [*traceback.format_exception(outcome.value), repr(vars(outcome.value)), repr(outcome.value.__context__)]
    )
    assert "hunter2" not in text


@pytest.mark.parametrize("given", [(), ("a",) * 4, 7, ["a", "b"], (1, 2), ("a", None)])
def test_what_names_no_certificate_is_refused(given):
    said = "client_certificate is a file, (certificate, key) or (certificate, key, password)"
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        Urllib3Executor(client_certificate=given)


@pytest.mark.parametrize("given", [{"ca_file": "ca"}, {"client_certificate": "both"}])
def test_a_context_has_its_own_files(files, given):
    with pytest.raises(ValueError, match="an ssl_context has its own ca_file and client_certificate"):
        Urllib3Executor(ssl_context=ssl.create_default_context(), **located(files, given))


def make_unverified(*, certificates: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    if certificates:
        context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_unverified(certificates=True), "ssl_context verifies no certificate"),
        (lambda: make_unverified(certificates=False), "ssl_context checks no host name"),
        (lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "ssl_context is a server's"),
    ],
)
def test_a_context_that_does_not_verify_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        Urllib3Executor(ssl_context=make())


@pytest.mark.enable_socket
def test_one_that_does_not_verify_is_used_if_that_is_said(context):
    with serving(well, context) as server:
        execute = Urllib3Executor(ssl_context=make_unverified(certificates=True), allow_unverified=True)

        assert find_reason(execute, server.url) is None


@pytest.mark.enable_socket
def test_that_alone_switches_nothing_off(context):
    with serving(well, context) as server:
        assert find_reason(Urllib3Executor(allow_unverified=True), server.url) == ("tls", False)


# ---- TLS inside TLS
def test_the_outer_socket_of_urllib3s_inner_connection_is_closed_with_its_last_file():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        inner = object.__new__(SSLTransport)
        inner.socket = OuterSocket(ours)
        file = inner.makefile("rb", buffering=0)
        inner.close()
        is_open = ours.fileno() >= 0
        file.close()

        assert (is_open, ours.fileno()) == (True, -1)


def test_without_files_it_is_closed_at_once():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        OuterSocket(ours).close()

        assert ours.fileno() == -1
