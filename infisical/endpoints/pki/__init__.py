"""Certificates and their authorities, one file per part. This file has the group."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from infisical.endpoints.pki.models import CertificateBody as CertificateBody
from infisical.endpoints.pki.models import CertificateKeyAlgorithm as CertificateKeyAlgorithm
from infisical.endpoints.pki.models import CertificateKeyUsage as CertificateKeyUsage
from infisical.endpoints.pki.models import ExtendedKeyUsage as ExtendedKeyUsage
from infisical.endpoints.pki.models import SignedCertificate as SignedCertificate
from infisical.group import Group, R

if TYPE_CHECKING:
    from infisical.endpoints.pki.alerts import PkiAlerts
    from infisical.endpoints.pki.ca import CertificateAuthorities
    from infisical.endpoints.pki.certificates import Certificates
    from infisical.endpoints.pki.templates import CertificateTemplates


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
