"""What the default transport says where TLS fails: each trouble in words of its own, with the remedy."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import warnings

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infisical import HttpRequest, InfisicalNetworkError
from infisical.executors import Urllib3Executor
from infisical.executors.urllib3 import tls_errors
from infisical.executors.urllib3.tls_errors import CERTIFICATE_TEXTS, HANDSHAKE_TEXTS, explain
from tests.executors.faulty import Peer, serving, well

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.UTC)


class IssuedCertificate:
    """A certificate and its key."""

    def __init__(self, name, issuer=None, *, host=None, begins=-DAY, ends=DAY, purpose=None, identified=True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = issuer or self
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + begins)
            .not_valid_after(NOW + ends)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        )
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([host]), critical=False)
        else:
            usage = dict.fromkeys(["content_commitment", "key_encipherment", "data_encipherment"], False)
            usage |= dict.fromkeys(["key_agreement", "crl_sign", "encipher_only", "decipher_only"], False)
            usage |= {"digital_signature": True, "key_cert_sign": True}
            builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
            identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
            builder = builder.add_extension(identifier, critical=False)
        if purpose is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if identified:
            authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
            builder = builder.add_extension(authority, critical=False)
        self.certificate = builder.sign(signer.key, hashes.SHA256())

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def server(self, folder, *chain) -> ssl.SSLContext:
        """The context of a server with this certificate, and others behind it."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / f"{id(self)}.pem"
        file.write_bytes(b"".join([self.pem(), *(other.pem() for other in chain), key]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
ROOT = IssuedCertificate("the authority of the tests")
OTHER = IssuedCertificate("another authority")


def trusting(authority: IssuedCertificate) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.pem().decode())


def call(context, client=None, behave=well) -> tuple[InfisicalNetworkError, list[bytes], str]:
    with serving(behave, context) as server, Urllib3Executor(ssl_context=client or trusting(ROOT)) as execute:
        url = server.url.replace("http:", "https:")
        return execute(HttpRequest("GET", f"{url}/x", (), None, 10.0)).failure(), server.seen, url


CERTIFICATES = {
    "expired": ({"host": HERE, "begins": -2 * DAY, "ends": -DAY}, ROOT, CERTIFICATE_TEXTS[10]),
    "not yet valid": ({"host": HERE, "begins": DAY, "ends": 2 * DAY}, ROOT, CERTIFICATE_TEXTS[9]),
    "for another address": ({"host": x509.IPAddress(HERE.value + 1)}, ROOT, tls_errors.OTHER_HOST),
    "for another name": ({"host": x509.DNSName("elsewhere.example")}, ROOT, tls_errors.OTHER_HOST),
    "of an unknown authority": ({"host": HERE}, OTHER, tls_errors.UNKNOWN_AUTHORITY),
    "self-signed": ({"host": HERE}, None, CERTIFICATE_TEXTS[18]),
    "for clients": ({"host": HERE, "purpose": ExtendedKeyUsageOID.CLIENT_AUTH}, ROOT, CERTIFICATE_TEXTS[26]),
}


@pytest.mark.enable_socket
@pytest.mark.parametrize(("options", "issuer", "said"), CERTIFICATES.values(), ids=CERTIFICATES)
def test_a_rejected_certificate_is_reported_with_its_reason(tmp_path, options, issuer, said):
    error, requests, url = call(IssuedCertificate("x", issuer, **options).server(tmp_path))

    expected = InfisicalNetworkError(f"GET {url}: TLS failed: {said}", reason="tls", sent=False)
    assert (error, requests) == (expected, [])


@pytest.mark.enable_socket
@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_missing_file_of_authorities_is_named(tmp_path, monkeypatch, name):
    monkeypatch.setenv(name, str(tmp_path / "missing"))
    with (
        serving(well, IssuedCertificate("x", ROOT, host=HERE).server(tmp_path)) as server,
        Urllib3Executor() as execute,
    ):
        error = execute(HttpRequest("GET", f"{server.url}/x", (), None, 10.0)).failure()

    said = f"TLS failed: {tls_errors.UNKNOWN_AUTHORITY} ({name} names {tmp_path}/missing, which does not exist)"
    assert error == InfisicalNetworkError(f"GET {server.url}: {said}", reason="tls", sent=False)


@pytest.mark.enable_socket
def test_an_unknown_authority_in_the_chain_is_reported(tmp_path):
    error, _, url = call(IssuedCertificate("x", OTHER, host=HERE).server(tmp_path, OTHER))

    assert error == InfisicalNetworkError(f"GET {url}: TLS failed: {CERTIFICATE_TEXTS[19]}", reason="tls", sent=False)


@pytest.mark.enable_socket
def test_a_missing_extension_is_reported(tmp_path):
    strict = trusting(ROOT)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    error, _, url = call(IssuedCertificate("x", ROOT, host=HERE, identified=False).server(tmp_path), strict)

    assert error == InfisicalNetworkError(
        f"GET {url}: TLS failed: {tls_errors.MISSING_EXTENSION}", reason="tls", sent=False
    )


@pytest.mark.enable_socket
def test_a_server_with_an_old_protocol_only_is_reported(tmp_path):
    old = IssuedCertificate("x", ROOT, host=HERE).server(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    error, _, url = call(old)

    assert error == InfisicalNetworkError(f"GET {url}: TLS failed: {tls_errors.OLD_PROTOCOL}", reason="tls", sent=False)


def plain(peer: Peer) -> None:
    peer.sock.recv(65536)
    peer.say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def hang_up(peer: Peer) -> None:
    peer.sock.recv(65536)


@pytest.mark.enable_socket
@pytest.mark.parametrize(("behave", "said"), [(plain, tls_errors.NO_TLS), (hang_up, tls_errors.CLOSED_HANDSHAKE)])
def test_a_port_without_tls_is_reported(behave, said):
    error, _, url = call(None, behave=behave)

    assert error == InfisicalNetworkError(f"GET {url}: TLS failed: {said}", reason="tls", sent=False)


@pytest.mark.enable_socket
def test_a_server_that_wants_a_client_certificate_is_reported(tmp_path):
    asking = IssuedCertificate("x", ROOT, host=HERE).server(tmp_path)
    asking.maximum_version = ssl.TLSVersion.TLSv1_2  # in 1.3 a server says so after the handshake
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(cadata=ROOT.pem().decode())
    error, requests, url = call(asking)

    assert error == InfisicalNetworkError(
        f"GET {url}: TLS failed: {tls_errors.OTHER_PARAMETERS}", reason="tls", sent=False
    )
    assert "client certificate" in error.message
    assert requests == []


# ---- as a function
def refused(code: int, message: str = "as OpenSSL says") -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_code, error.verify_message = code, message
    return error


def broken(reason: str | None, kind: type[ssl.SSLError] = ssl.SSLError) -> ssl.SSLError:
    error = kind(1, f"[SSL: {reason}] secret-of-a-server")
    error.reason = reason  # type: ignore[assignment]
    return error


@pytest.mark.parametrize("code", sorted(CERTIFICATE_TEXTS))
def test_each_known_code_of_a_certificate_has_its_text(code):
    assert explain(refused(code)) == f"TLS failed: {CERTIFICATE_TEXTS[code]}"


@pytest.mark.parametrize("reason", sorted(HANDSHAKE_TEXTS))
def test_each_known_reason_of_a_handshake_has_its_text_however_it_is_written(reason):
    texts = {explain(broken(spelling)) for spelling in (reason, reason.lower().replace("_", " "))}

    assert texts == {f"TLS failed: {HANDSHAKE_TEXTS[reason]}"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (refused(99), "the certificate of the server was not accepted (as OpenSSL says)"),
        (refused(99, ""), "the certificate of the server was not accepted"),
        (ssl.SSLCertVerificationError("bare"), "the certificate of the server was not accepted"),
        (broken("NEW_REASON"), "the handshake did not succeed (NEW_REASON)"),
        (broken(None), "the handshake did not succeed"),
        (broken(None, ssl.SSLEOFError), tls_errors.CLOSED_HANDSHAKE),
        (broken(None, ssl.SSLZeroReturnError), tls_errors.CLOSED_HANDSHAKE),
        (broken("SSL/TLS_ALERT_HANDSHAKE_FAILURE"), tls_errors.OTHER_PARAMETERS),
        (broken("ssl/tls alert bad certificate"), tls_errors.REFUSED_CERTIFICATE),
        (ValueError("another"), "the handshake did not succeed"),
    ],
)
def test_any_other_error_has_a_text_too(error, said):
    assert explain(error) == f"TLS failed: {said}"


def test_each_kind_of_failure_has_a_different_text():
    """Those that are one trouble share one."""
    assert len({*CERTIFICATE_TEXTS.values()}) >= 15
    assert len({*HANDSHAKE_TEXTS.values()}) == 8
    named = ["expired", "not yet valid", "host name", "unknown authority", "self-signed", "extension", "revoked"]
    texts = [CERTIFICATE_TEXTS[code] for code in (10, 9, 62, 20, 18, 85, 23)]
    assert [word in text for word, text in zip(named, texts, strict=True)] == [True] * 7
