"""Certificates, by their ids (`/api/v1/cert-manager/certificates`).

Models first, then the endpoint functions. The older `/api/v1/pki/certificates` uses serial numbers; this group does not
call it. Servers of 2024 have none of these routes: expect `NotFoundError` (`route_missing`). An id is a UUID: newer
servers respond to other ids with `ValidationError`. Only `revoke` also accepts a thumbprint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from infisical import request as http
from infisical.decode import one, text_in
from infisical.endpoints.pki.models import ACCESS, CertificateBody
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

CERTIFICATES_PATH = "/api/v1/cert-manager/certificates"
CERTIFICATE_PATH = "/api/v1/cert-manager/certificates/{id}"
RevocationReason: TypeAlias = (
    Literal[
        "UNSPECIFIED",
        "KEY_COMPROMISE",
        "CA_COMPROMISE",
        "AFFILIATION_CHANGED",
        "SUPERSEDED",
        "CESSATION_OF_OPERATION",
        "CERTIFICATE_HOLD",
        "PRIVILEGE_WITHDRAWN",
        "A_A_COMPROMISE",
    ]
    | str
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AltName(Model):
    """One subject alternative name."""

    type: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BasicConstraints(Model):
    """Whether a certificate belongs to an authority, and the maximum path length; in requests and responses."""

    is_ca: bool = field(metadata=describe_field("isCA"))
    path_length: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateMetadata(Model):
    """One metadata pair of a certificate, in requests and responses."""

    key: str
    value: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateAttributes(Model):
    """The requested contents of a certificate. Pass either `ttl`, or `not_before` with `not_after`."""

    common_name: str | None = None
    organization: str | None = None
    organizational_unit: str | None = None
    country: str | None = None
    state: str | None = None
    locality: str | None = None
    key_usages: tuple[str, ...] | None = None
    extended_key_usages: tuple[str, ...] | None = None
    alt_names: tuple[AltName, ...] | None = None
    signature_algorithm: str | None = None
    key_algorithm: str | None = None
    ttl: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    basic_constraints: BasicConstraints | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedCertificate(Model):
    """An issued certificate, its issuer's certificate and the chain above, all in PEM.

    `private_key` is present only if the server generated the key. `certificate_request_id` comes with `renew`.
    """

    certificate: str
    private_key: str | None = field(default=None, repr=False)
    issuing_ca_certificate: str | None = None
    certificate_chain: str | None = None
    serial_number: str | None = None
    certificate_id: str | None = None
    certificate_request_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateRequest(Model):
    """The outcome of a certificate request; a pending request has no `certificate` yet."""

    certificate_request_id: str
    certificate: CreatedCertificate | None = None
    status: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateSubject(Model):
    """The subject of a certificate."""

    common_name: str | None = None
    organization: str | None = None
    organizational_unit: str | None = None
    country: str | None = None
    state: str | None = None
    locality: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateFingerprints(Model):
    """The fingerprints of a certificate."""

    sha256: str | None = None
    sha1: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate(Model):
    """The metadata of a certificate, without the certificate itself.

    Some servers send `subject`, `fingerprints` and `basic_constraints`, others `subject_organization`, `is_ca` and so
    on.
    """

    id: str
    status: str | None = None
    serial_number: str | None = None
    friendly_name: str | None = None
    common_name: str | None = None
    alt_names: str | None = None
    not_before: str | None = None
    not_after: str | None = None
    revoked_at: str | None = None
    revocation_reason: int | None = None
    ca_id: str | None = None
    ca_name: str | None = None
    ca_type: str | None = None
    ca_cert_id: str | None = None
    certificate_template_id: str | None = None
    profile_id: str | None = None
    profile_name: str | None = None
    application_id: str | None = None
    pki_subscriber_id: str | None = None
    project_id: str | None = None
    key_usages: tuple[str, ...] = ()
    extended_key_usages: tuple[str, ...] = ()
    key_algorithm: str | None = None
    signature_algorithm: str | None = None
    renew_before_days: int | None = None
    renewed_from_certificate_id: str | None = None
    renewed_by_certificate_id: str | None = None
    renewal_error: str | None = None
    subject: CertificateSubject | None = None
    subject_organization: str | None = None
    subject_organizational_unit: str | None = None
    subject_country: str | None = None
    subject_state: str | None = None
    subject_locality: str | None = None
    fingerprints: CertificateFingerprints | None = None
    fingerprint_sha256: str | None = None
    fingerprint_sha1: str | None = None
    basic_constraints: BasicConstraints | None = None
    is_ca: bool | None = field(default=None, metadata=describe_field("isCA"))
    path_length: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateBundle(Model):
    """A certificate, the chain above it and its private key, all PEM; the server may not have the key."""

    certificate: str
    certificate_chain: str | None = None
    private_key: str | None = field(default=None, repr=False)
    serial_number: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeCertificateResponse(Model):
    """The time of a revocation, and the server's message."""

    serial_number: str
    revoked_at: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateConfigResponse(Model):
    """The server's message, and how many days before its expiry a certificate is renewed, if at all."""

    message: str
    renew_before_days: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificatePrivateKey(Model):
    """The private key of a certificate, in PEM."""

    private_key: str = field(repr=False)


PRIVATE_KEY_DECODER = text_in(CertificatePrivateKey, "private_key")


class Certificates(Group[R]):
    """The issued certificates."""

    @endpoint
    @staticmethod
    def create(
        *,
        profile_id: str,
        csr: str | None = None,
        attributes: CertificateAttributes | None = None,
        remove_roots_from_chain: bool | None = None,
        application_id: str | None = None,
        metadata: Sequence[CertificateMetadata] | None = None,
    ) -> Request[CertificateRequest]:
        """Request a certificate under a profile.

        `csr` is PEM, with at most 4096 characters. Some servers require `ttl` in the attributes. By default the chain
        includes root certificates. `application_id` and `metadata` were added in 2026; older servers ignore them. The
        request may be pending: `GET /api/v1/cert-manager/certificates/certificate-requests/{requestId}` returns its
        state.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/cert-manager/certificates
        """
        body = {
            "profileId": profile_id,
            "csr": csr,
            "attributes": attributes,
            "removeRootsFromChain": remove_roots_from_chain,
            "applicationId": application_id,
            "metadata": metadata,
        }
        return http.post(CERTIFICATES_PATH, body=body, returns=one(CertificateRequest), access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, certificate_id: str) -> Request[Certificate]:
        """Get the metadata of a certificate.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}
        """
        return http.get(
            CERTIFICATE_PATH, {"id": certificate_id}, returns=one(Certificate, at="certificate"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def get_body(*, certificate_id: str) -> Request[CertificateBody]:
        """Get a certificate and its chain (PEM).

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}/certificate
        """
        path = f"{CERTIFICATE_PATH}/certificate"
        return http.get(path, {"id": certificate_id}, returns=one(CertificateBody), access=ACCESS)

    @endpoint
    @staticmethod
    def get_bundle(*, certificate_id: str) -> Request[CertificateBundle]:
        """Get a certificate, its chain and its private key (PEM).

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}/bundle
        """
        return http.get(
            f"{CERTIFICATE_PATH}/bundle", {"id": certificate_id}, returns=one(CertificateBundle), access=ACCESS
        )

    @endpoint
    @staticmethod
    def get_private_key(*, certificate_id: str) -> Request[CertificatePrivateKey]:
        """Get the private key of a certificate.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}/private-key
        """
        return http.get(
            f"{CERTIFICATE_PATH}/private-key", {"id": certificate_id}, returns=PRIVATE_KEY_DECODER, access=ACCESS
        )

    @endpoint
    @staticmethod
    def renew(
        *,
        certificate_id: str,
        remove_roots_from_chain: bool | None = None,
        renewal_key_source: str | None = None,
        csr: str | None = None,
        attributes: CertificateAttributes | Mapping[str, Any] | None = None,
    ) -> Request[CreatedCertificate]:
        """Renew a certificate; the response is a new certificate with a new id.

        Three parameters require a server since 2026; older servers ignore them. `renewal_key_source` selects the source
        of the key, `csr` (PEM) provides a key, and `attributes` change the contents of the certificate. The response
        has the private key only if the server generated it.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/cert-manager/certificates/{id}/renew
        """
        body = {
            "removeRootsFromChain": remove_roots_from_chain,
            "renewalKeySource": renewal_key_source,
            "csr": csr,
            "attributes": attributes,
        }
        path = f"{CERTIFICATE_PATH}/renew"
        return http.post(path, {"id": certificate_id}, body=body, returns=one(CreatedCertificate), access=ACCESS)

    @endpoint
    @staticmethod
    def revoke(*, certificate_id: str, revocation_reason: RevocationReason) -> Request[RevokeCertificateResponse]:
        """Revoke a certificate; a reason is required, for example `UNSPECIFIED`.

        Newer servers also accept the certificate's thumbprint as the id.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/cert-manager/certificates/{id}/revoke
        """
        body = {"revocationReason": revocation_reason}
        path = f"{CERTIFICATE_PATH}/revoke"
        return http.post(path, {"id": certificate_id}, body=body, returns=one(RevokeCertificateResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, certificate_id: str) -> Request[Certificate]:
        """Delete a certificate.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/cert-manager/certificates/{id}
        """
        return http.delete(
            CERTIFICATE_PATH, {"id": certificate_id}, returns=one(Certificate, at="certificate"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def update_config(
        *, certificate_id: str, renew_before_days: int | None = None, enable_auto_renewal: bool | None = None
    ) -> Request[CertificateConfigResponse]:
        """Set when a certificate is renewed automatically: 1 to 30 days before its expiry, or never.

        `enable_auto_renewal=False` excludes `renew_before_days`.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/cert-manager/certificates/{id}/config
        """
        body = {"renewBeforeDays": renew_before_days, "enableAutoRenewal": enable_auto_renewal}
        path = f"{CERTIFICATE_PATH}/config"
        return http.patch(
            path, {"id": certificate_id}, body=body, returns=one(CertificateConfigResponse), access=ACCESS
        )
