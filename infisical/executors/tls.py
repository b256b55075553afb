"""TLS contexts: whom to trust, who we are, and a handshake under the deadline. Nothing of HTTP or proxies here.

Certificates and host names are always verified, unless a context that does not is given together with words that say
so. Files are read when a context is made, so that a bad one shows at once and not at the first call.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

from infisical.executors.deadline import Socket, exchange

File: TypeAlias = str | Path
CertificateFiles: TypeAlias = File | tuple[File, File] | tuple[File, File, str | None]
"""A PEM file of certificate and key; or one of each; or these and the password of the key."""
PROTOCOLS: Final = ["http/1.1"]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Where the certificate stands that a client shows (PEM), where its key, and what opens that."""

    certificate: File
    key: File | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, given: CertificateFiles) -> ClientCertificate:
        """Read what users write; ValueError for anything else."""
        parts: Any = given if isinstance(given, tuple) else (given,)
        if not 1 <= len(parts) <= 3 or not all(isinstance(file, (str, Path)) for file in parts[:2]):
            raise ValueError("client_certificate is a file, (certificate, key) or (certificate, key, password)")
        return cls(*parts)


def verifying(ca_file: File | None = None, client: ClientCertificate | None = None) -> ssl.SSLContext:
    """Make a context that verifies, with TLS 1.2 or later.

    Trusts the authorities in `ca_file` (PEM) and no others; without it those of the system, or of `SSL_CERT_FILE` and
    `SSL_CERT_DIR`, as OpenSSL has it. OSError for a file that cannot be read, ValueError for one that holds something
    else; both name it.
    """
    if ca_file is None:
        context = ssl.create_default_context()
    else:
        _readable(ca_file)
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except ssl.SSLError as cause:
            _refuse(ca_file, "no certificates in PEM", cause)
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client is not None:
        _show(context, client)
    return context


def describe_missing_trust(environment: Mapping[str, str]) -> str:
    """Say which file or folder of authorities an environment names that is not there; OpenSSL says nothing of it."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        path = environment.get(name)
        if path and not os.path.exists(path):
            return f" ({name} names {path}, which does not exist)"
    return ""


def _show(context: ssl.SSLContext, client: ClientCertificate) -> None:
    """Load the certificate that a server may ask for. OpenSSL would ask a terminal for a password that is missing."""
    key = client.certificate if client.key is None else client.key
    for file in (client.certificate, key):
        _readable(file)
    asked: list[None] = []

    def password() -> bytes:
        asked.append(None)
        if client.password is None:
            raise ValueError(f"{key}: the private key is encrypted, and no password was given")
        return client.password.encode("utf-8", "replace")  # the error of another way would hold it

    try:
        context.load_cert_chain(client.certificate, key, password)
    except ssl.SSLError as cause:
        files = f"{client.certificate}" if key == client.certificate else f"{client.certificate} with {key}"
        said = "its password does not open the private key" if asked else "no certificate in PEM with its private key"
        _refuse(files, said, cause)


def _readable(file: File) -> None:
    """Raise an OSError that names the file, which those of OpenSSL do not."""
    with open(file, "rb"):
        pass


def _refuse(file: File, said: str, cause: ssl.SSLError) -> NoReturn:
    known = f" ({cause.reason})" if cause.reason else ""
    raise ValueError(f"{file}: {said}{known}") from None


def checked(context: ssl.SSLContext, *, allow_unverified: bool) -> ssl.SSLContext:
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


def secured(sock: Socket, context: ssl.SSLContext, host: str) -> Socket:
    """Shake hands on a connection, which may be a TLS connection itself, under the deadline."""
    context.set_alpn_protocols(PROTOCOLS)  # each time, as others who share a context do: HTTP/2 is not spoken here
    name = host.rstrip(".").partition("%")[0]  # a zone is this machine's own, and certificates know no final dot
    sock.settimeout(exchange.left())
    if not isinstance(sock, ssl.SSLSocket):
        wrapped = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        try:
            exchange.wire.hold(wrapped)  # it has taken the connection over
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped
    from urllib3.util.ssltransport import SSLTransport

    outer: Socket = _Outer(sock)
    return SSLTransport(outer, context, name)


class _Outer:
    """The outer of two TLS connections, as urllib3's inner one uses it: each step looks at the deadline.

    The inner one moves as many records as it needs for one read, each of which may drip.
    """

    def __init__(self, sock: Socket) -> None:
        self._sock = self.socket = sock
        self.fileno, self.settimeout, self.gettimeout = sock.fileno, sock.settimeout, sock.gettimeout
        self.close, self._decref_socketios = sock.close, sock._decref_socketios

    @property
    def _io_refs(self) -> int:
        """How many files hold the socket open: it counts them itself."""
        count: int = self._sock._io_refs
        return count

    @_io_refs.setter
    def _io_refs(self, count: int) -> None:
        self._sock._io_refs = count

    def recv(self, size: int) -> bytes:
        self._sock.settimeout(exchange.left())
        data: bytes = self._sock.recv(size)
        return data

    def sendall(self, data: bytes) -> None:
        if data:
            self._sock.settimeout(exchange.left())
            self._sock.sendall(data)
