"""Certificate chains: functions on PEM texts that split, verify and trim them; x509.py has single certificates."""

from __future__ import annotations

from typing import Final

from infisical.memory.domain.ciphers import require_cryptography
from infisical.memory.pki.x509 import load_certificate
from infisical.memory.refusals import bad_request

BEGIN_LINE: Final = "-----BEGIN CERTIFICATE-----"
END_LINE: Final = "-----END CERTIFICATE-----"
MAX_CHAIN_LENGTH: Final = 32
"""The limit of certificates in a chain: each is compared with each, and a comparison checks a signature."""


def split_chain(text: str) -> list[str]:
    """Split a chain into its certificates; refuse a chain that is too long."""
    texts, start = [], text.find(BEGIN_LINE)
    while start >= 0 and (end := text.find(END_LINE, start + len(BEGIN_LINE) + 1)) >= 0:
        texts.append(text[start : end + len(END_LINE)])
        start = text.find(BEGIN_LINE, end)
    if len(texts) > MAX_CHAIN_LENGTH:
        raise bad_request(f"A certificate chain has {MAX_CHAIN_LENGTH} certificates at most")
    return texts


@require_cryptography
def verify_chain(certificate: str, chain: str) -> list[str]:
    """Return the issuers of a certificate, the closest first; refuse a chain with a gap or with other certificates."""
    from cryptography.exceptions import InvalidSignature

    candidates = {text: load_certificate(text) for text in split_chain(chain)}
    current, issuers = load_certificate(certificate), []
    while candidates:
        for text, candidate in candidates.items():
            try:
                current.verify_directly_issued_by(candidate)
            except (ValueError, TypeError, InvalidSignature):
                continue
            issuers.append(text)
            current = candidates.pop(text)
            break
        else:
            raise bad_request("Invalid certificate chain")
    if not issuers:
        raise bad_request("Failed to parse certificate chain")
    return issuers


@require_cryptography
def drop_roots(chain: str) -> str:
    """Return a chain without self-issued certificates."""
    texts = split_chain(chain)
    return "\n".join(text for text in texts if (certificate := load_certificate(text)).issuer != certificate.subject)
