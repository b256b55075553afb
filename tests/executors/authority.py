"""A certificate authority of the tests' own: what a server on 127.0.0.1 shows, and what a client trusts it by."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Authority:
    """A server's context with its certificate, a client's that trusts it, and the file that says so."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    file: Path


def issue(folder: Path) -> Authority:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    return Authority(server, client, folder / "authority.pem")
