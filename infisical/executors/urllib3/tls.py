"""TLS: the authorities to trust, the certificate of the client, and a handshake within the deadline.

Certificates and host names are always verified, unless a context that does not verify is passed together with
`allow_unverified`. Files are read when a context is made, so that a bad one shows at once and not at the first call.
Nothing here knows HTTP or proxies.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

from infisical.executors.attempt import Socket, get_attempt

File: TypeAlias = str | Path
CertificateFiles: TypeAlias = File | tuple[File, File] | tuple[File, File, str | None]
"""A PEM file with a certificate and its key; or a file for each; or these and the password of the key."""
ALPN_PROTOCOLS: Final = ["http/1.1"]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """The files (PEM) of a client's certificate and its key, and the password of the key."""

    certificate: File
    key: File | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, files: CertificateFiles) -> ClientCertificate:
        """Read the option `client_certificate`; ValueError for anything else."""
        parts: Any = files if isinstance(files, tuple) else (files,)
        if not 1 <= len(parts) <= 3 or not all(isinstance(file, (str, Path)) for file in parts[:2]):
            raise ValueError("client_certificate is a file, (certificate, key) or (certificate, key, password)")
        return cls(*parts)


def make_context(ca_file: File | None = None, client: ClientCertificate | None = None) -> ssl.SSLContext:
    """Make a context that verifies, with TLS 1.2 or later.

    It trusts only the authorities in `ca_file` (PEM). Without that file it trusts the system's, or those of
    `SSL_CERT_FILE` and `SSL_CERT_DIR`, as OpenSSL does. OSError for a file that cannot be read, ValueError for a file
    with other content; both name the file.
    """
    if ca_file is None:
        context = ssl.create_default_context()
    else:
        _check_readable(ca_file)
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except ssl.SSLError as cause:
            _refuse(ca_file, "no certificates in PEM", cause)
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client is not None:
        _load_certificate(context, client)
    return context


def describe_missing_trust(environment: Mapping[str, str]) -> str:
    """Name the file or folder of authorities that an environment names and that is missing; OpenSSL ignores that."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        path = environment.get(name)
        if path and not os.path.exists(path):
            return f" ({name} names {path}, which does not exist)"
    return ""


def _load_certificate(context: ssl.SSLContext, client: ClientCertificate) -> None:
    """Load the certificate that a server may ask for. OpenSSL would ask a terminal for a missing password."""
    key = client.certificate if client.key is None else client.key
    for file in (client.certificate, key):
        _check_readable(file)
    is_encrypted = False

    def read_password() -> bytes:
        nonlocal is_encrypted
        is_encrypted = True
        if client.password is None:
            raise ValueError(f"{key}: the private key is encrypted, and no password was given")
        return client.password.encode("utf-8", "replace")  # a UnicodeError would hold the password

    try:
        context.load_cert_chain(client.certificate, key, read_password)
    except ssl.SSLError as cause:
        files = f"{client.certificate}" if key == client.certificate else f"{client.certificate} with {key}"
        mistake = (
            "its password does not open the private key"
            if is_encrypted
            else "no certificate in PEM with its private key"
        )
        _refuse(files, mistake, cause)


def _check_readable(file: File) -> None:
    """Raise an OSError that names the file; OpenSSL's does not."""
    with open(file, "rb"):
        pass


def _refuse(file: File, mistake: str, cause: ssl.SSLError) -> NoReturn:
    reason = f" ({cause.reason})" if cause.reason else ""
    raise ValueError(f"{file}: {mistake}{reason}") from None


def check_context(context: ssl.SSLContext, *, allow_unverified: bool) -> ssl.SSLContext:
    """Return a context that verifies certificates and host names; ValueError for another, unless that is allowed."""
    if getattr(context, "protocol", None) is ssl.PROTOCOL_TLS_SERVER:
        raise ValueError("ssl_context is a server's: make it with ssl.create_default_context()")
    if allow_unverified:
        return context
    if context.verify_mode == ssl.CERT_NONE:
        raise ValueError("ssl_context verifies no certificate: secrets and credentials would go to anybody")
    if not context.check_hostname:
        raise ValueError("ssl_context checks no host name: secrets and credentials would go to any certified host")
    return context


def start_tls(sock: Socket, context: ssl.SSLContext, host: str) -> Socket:
    """Shake hands on a connection, which may be a TLS connection itself, within the deadline."""
    # others may share the context and set HTTP/2, which this executor does not speak
    context.set_alpn_protocols(ALPN_PROTOCOLS)
    name = host.rstrip(".").partition("%")[0]  # certificates know neither a final dot nor a zone of this machine
    attempt = get_attempt()
    sock.settimeout(attempt.time_left())
    if not isinstance(sock, ssl.SSLSocket):
        tls_socket = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        try:
            attempt.wire.hold(tls_socket)  # it owns the connection now
            tls_socket.do_handshake()
        except BaseException:
            tls_socket.close()
            raise
        return tls_socket
    from urllib3.util.ssltransport import SSLTransport

    outer: Socket = OuterSocket(sock)
    return SSLTransport(outer, context, name)


class OuterSocket:
    """The outer of two TLS connections, as the inner one (urllib3's SSLTransport) uses it. Each step has the deadline.

    The inner one reads as many records as it needs for one read, and each of them may drip. It also counts the files
    that keep the socket open, under the names that `socket.socket` has for that.
    """

    def __init__(self, sock: Socket) -> None:
        self._sock = self.socket = sock
        self.fileno, self.settimeout, self.gettimeout = sock.fileno, sock.settimeout, sock.gettimeout
        self._io_refs = 0
        self._is_closed = False

    def recv(self, size: int) -> bytes:
        """Read what has arrived, or wait for it until the deadline."""
        self._sock.settimeout(get_attempt().time_left())
        data: bytes = self._sock.recv(size)
        return data

    def sendall(self, data: bytes) -> None:
        """Send all of it within the deadline."""
        if data:
            self._sock.settimeout(get_attempt().time_left())
            self._sock.sendall(data)

    def close(self) -> None:
        """Close the socket, now or with the last file."""
        self._is_closed = True
        if self._io_refs <= 0:
            self._sock.close()

    def _decref_socketios(self) -> None:
        self._io_refs -= 1
        if self._is_closed:
            self.close()
