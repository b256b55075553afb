"""Why TLS failed, in a sentence with the remedy. Pure: an error of the `ssl` module becomes a text.

The texts are for the default transport, whose options they name. Nothing here inspects a certificate or a host.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Final

TRUST_HINT: Final = "give the PEM file of the authority with Urllib3Executor(ca_file=...) or SSL_CERT_FILE"
UNKNOWN_AUTHORITY: Final = (
    "the certificate of the server comes from an unknown authority: "
    f"{TRUST_HINT}, or have the server send its intermediate certificates"
)
MISSING_EXTENSION: Final = (
    "the certificate of the server, or of its authority, lacks or misuses an extension that strict verification "
    "(the default since Python 3.13) asks for: issue it again with the extension, or give an ssl_context without "
    "ssl.VERIFY_X509_STRICT"
)
OTHER_HOST: Final = (
    "the certificate of the server is for another host name: use the name in the certificate in base_url, or "
    "issue a certificate with this one (subjectAltName)"
)
WEAK_CERTIFICATE: Final = (
    "the certificate of the server has too weak a key or signature: issue it again with today's algorithms"
)
CERTIFICATE_TEXTS: Final[Mapping[int, str]] = {
    2: UNKNOWN_AUTHORITY,
    9: "the certificate of the server is not yet valid: set the clock of this machine, or of the one that issued it",
    10: "the certificate of the server, or of its authority, has expired: renew it there, or set this machine's clock",
    18: f"the certificate of the server is self-signed: {TRUST_HINT} (here: that certificate itself), if you trust it",
    19: f"the certificate of the server comes from an unknown authority, which is self-signed: {TRUST_HINT}",
    20: UNKNOWN_AUTHORITY,
    21: UNKNOWN_AUTHORITY,
    22: "the certificate chain of the server is too long: have the server send only the certificates it needs",
    23: "the certificate of the server was revoked: issue a new one",
    24: "a certificate in the server's chain is no authority, but has signed another: issue the chain again",
    25: "an authority in the server's chain may not sign so long a chain: issue the chain again",
    26: "the certificate of the server is not for servers: issue one for server authentication (extendedKeyUsage)",
    27: f"the authority of the server's certificate is not trusted for servers: {TRUST_HINT}",
    28: f"the authority of the server's certificate is rejected for servers: {TRUST_HINT}",
    32: "an authority in the server's chain may not sign certificates (keyUsage): issue the chain again",
    47: "an authority in the server's chain may not certify this host (name constraints): issue the chain again",
    48: "an authority in the server's chain must not certify this host (name constraints): issue the chain again",
    62: OTHER_HOST,
    63: OTHER_HOST,
    64: OTHER_HOST,
    66: WEAK_CERTIFICATE,
    67: WEAK_CERTIFICATE,
    68: WEAK_CERTIFICATE,
    79: "a certificate in the server's chain is no authority, but has signed another: issue the chain again",
    **dict.fromkeys(range(80, 95), MISSING_EXTENSION),
}
"""The text for each code of OpenSSL (`X509_V_ERR_...`)."""
UNTRUSTED_CODES: Final = (2, 18, 19, 20, 21)
"""The codes for a certificate that no trusted authority has issued."""
NO_TLS: Final = (
    "the server does not speak TLS on this port, perhaps plain HTTP: correct the port or the scheme of base_url"
)
OLD_PROTOCOL: Final = (
    "the server speaks no TLS version that this client accepts: TLS 1.2 or later is needed, "
    "so enable it on the server, or on the proxy in front of it"
)
OTHER_PARAMETERS: Final = (
    "the server found no TLS parameters in common with this client, or asks for a client certificate: "
    "enable current cipher suites there, or give Urllib3Executor(client_certificate=...)"
)
CLIENT_CERTIFICATE: Final = (
    "the server asks for a client certificate: give Urllib3Executor(client_certificate=...), issued by an authority "
    "that the server trusts"
)
REFUSED_CERTIFICATE: Final = (
    "the server did not accept the client certificate: give Urllib3Executor(client_certificate=...) one that is valid "
    "and issued by an authority that the server trusts"
)
UNKNOWN_NAME: Final = "the server has no certificate for this host name: correct the host in base_url"
CLOSED_HANDSHAKE: Final = (
    "the server closed the connection during TLS: check that the port is for https://, "
    "and any proxy in front of the server"
)
HANDSHAKE_TEXTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL"], NO_TLS),
    **dict.fromkeys(["PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE"], NO_TLS),
    **dict.fromkeys(["UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"], OLD_PROTOCOL),
    **dict.fromkeys(["VERSION_TOO_LOW", "WRONG_SSL_VERSION", "UNSUPPORTED_SSL_VERSION"], OLD_PROTOCOL),
    **dict.fromkeys(["SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"], OTHER_PARAMETERS),
    **dict.fromkeys(["NO_CIPHERS_AVAILABLE", "WRONG_CURVE"], OTHER_PARAMETERS),
    **dict.fromkeys(["TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLSV1_ALERT_CERTIFICATE_REQUIRED"], CLIENT_CERTIFICATE),
    "SSLV3_ALERT_NO_CERTIFICATE": CLIENT_CERTIFICATE,
    **dict.fromkeys(["SSLV3_ALERT_BAD_CERTIFICATE", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"], REFUSED_CERTIFICATE),
    **dict.fromkeys(["SSLV3_ALERT_CERTIFICATE_EXPIRED", "SSLV3_ALERT_CERTIFICATE_REVOKED"], REFUSED_CERTIFICATE),
    **dict.fromkeys(["SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_UNKNOWN_CA"], REFUSED_CERTIFICATE),
    **dict.fromkeys(["TLSV1_ALERT_ACCESS_DENIED", "TLSV1_ALERT_DECRYPT_ERROR"], REFUSED_CERTIFICATE),
    "TLSV1_UNRECOGNIZED_NAME": UNKNOWN_NAME,
    "TLSV1_ALERT_UNRECOGNIZED_NAME": UNKNOWN_NAME,
    "UNEXPECTED_EOF_WHILE_READING": CLOSED_HANDSHAKE,
    **dict.fromkeys(["DH_KEY_TOO_SMALL", "EE_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"], WEAK_CERTIFICATE),
}
"""The text for each name that OpenSSL has for a reason."""


def explain(error: BaseException) -> str:
    """Say why TLS failed, and the remedy; an exception that is not one of `ssl` gets a general text."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = CERTIFICATE_TEXTS.get(getattr(error, "verify_code", 0))
        return f"TLS failed: {text or 'the certificate of the server was not accepted' + _describe(error)}"
    reason = getattr(error, "reason", None) or ""
    text = HANDSHAKE_TEXTS.get(reason.upper().replace(" ", "_").replace("SSL/TLS_ALERT", "SSLV3_ALERT"))
    if text is None and isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        text = CLOSED_HANDSHAKE
    return f"TLS failed: {text or 'the handshake did not succeed' + _describe(error)}"


def _describe(error: BaseException) -> str:
    """Return OpenSSL's own name for the error: it has nothing of the server in it."""
    name = getattr(error, "verify_message", None) or getattr(error, "reason", None)
    return f" ({name})" if isinstance(name, str) and name else ""
