"""Certificates and their authorities, one file per part. This file has the group, and what the parts share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from infisical.access import Access
from infisical.group import Group, R
from infisical.model import Model

if TYPE_CHECKING:
    from infisical.endpoints.pki.alerts import PkiAlerts
    from infisical.endpoints.pki.ca import CertificateAuthorities
    from infisical.endpoints.pki.certificates import Certificates
    from infisical.endpoints.pki.templates import CertificateTemplates

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


class Pki(Group[R]):
    """Certificates and their authorities: one sub-group per part."""

    @cached_property
    def ca(self) -> CertificateAuthorities[R]:
        from infisical.endpoints.pki.ca import CertificateAuthorities

        return CertificateAuthorities(self._run)

    @cached_property
    def templates(self) -> CertificateTemplates[R]:
        from infisical.endpoints.pki.templates import CertificateTemplates

        return CertificateTemplates(self._run)

    @cached_property
    def alerts(self) -> PkiAlerts[R]:
        from infisical.endpoints.pki.alerts import PkiAlerts

        return PkiAlerts(self._run)

    @cached_property
    def certificates(self) -> Certificates[R]:
        from infisical.endpoints.pki.certificates import Certificates

        return Certificates(self._run)
