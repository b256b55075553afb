"""What the parts of PKI share: their access, the kinds of keys and usages, and the models of certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from infisical.access import Access
from infisical.model import Model

ACCESS = Access("pki")
CertificateKeyAlgorithm: TypeAlias = (
    Literal[
        "RSA_2048",
        "RSA_3072",
        "RSA_4096",
        "EC_prime256v1",
        "EC_secp384r1",
        "EC_secp521r1",
        "ML-DSA-44",
        "ML-DSA-65",
        "ML-DSA-87",
    ]
    | str
)
CertificateKeyUsage: TypeAlias = (
    Literal[
        "digitalSignature",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "nonRepudiation",
        "encipherOnly",
        "decipherOnly",
    ]
    | str
)
ExtendedKeyUsage: TypeAlias = (
    Literal["serverAuth", "clientAuth", "codeSigning", "emailProtection", "timeStamping", "ocspSigning"] | str
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateBody(Model):
    """A certificate and the chain above it, both PEM."""

    certificate: str
    certificate_chain: str | None = None
    serial_number: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedCertificate(Model):
    """A certificate signed from a CSR, the certificate of its issuer and the chain above, all PEM."""

    certificate: str
    issuing_ca_certificate: str | None = None
    certificate_chain: str | None = None
    serial_number: str | None = None
