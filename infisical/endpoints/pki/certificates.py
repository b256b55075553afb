"""Certificates, by their ids (`/api/v1/cert-manager/certificates`).

Models first, then the endpoint functions. The older `/api/v1/pki/certificates` goes by serial numbers, and is not used
here. Servers of 2024 do not have these routes: `NotFoundError` (`route_missing`). An id is a UUID: newer servers answer
`ValidationError` to anything else, `revoke` alone takes a thumbprint too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from infisical import request as http
from infisical.decode import one, text_in
from infisical.endpoints.pki import PKI, CertificateBody
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Request

CERTIFICATES = "/api/v1/cert-manager/certificates"
CERTIFICATE = "/api/v1/cert-manager/certificates/{id}"
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
    """One alternative name of the subject."""

    type: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BasicConstraints(Model):
    """Whether a certificate is that of an authority, and how many may stand below it; read or to be written."""

    is_ca: bool = field(metadata=describe_field("isCA"))
    path_length: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateMetadata(Model):
    """One pair of metadata of a certificate, read or to be written."""

    key: str
    value: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateAttributes(Model):
    """What a certificate is to say. `ttl`, and `not_before` with `not_after`, exclude each other."""

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
    """What became of a request for a certificate; while it is pending there is no certificate."""

    certificate_request_id: str
    certificate: CreatedCertificate | None = None
    status: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateSubject(Model):
    """Whose certificate it is."""

    common_name: str | None = None
    organization: str | None = None
    organizational_unit: str | None = None
    country: str | None = None
    state: str | None = None
    locality: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateFingerprints(Model):
    """Fingerprints of a certificate."""

    sha256: str | None = None
    sha1: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate(Model):
    """What is known of a certificate, without itself.

    Some servers say `subject`, `fingerprints` and `basic_constraints`, some `subject_organization`, `is_ca` and so on.
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
    """When a certificate was revoked, and what the server says of it."""

    serial_number: str
    revoked_at: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateConfigResponse(Model):
    """What the server says of the change; how many days before its end a certificate is renewed, if it is."""

    message: str
    renew_before_days: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificatePrivateKey(Model):
    """The private key of a certificate, in PEM."""

    private_key: str = field(repr=False)


PRIVATE_KEY = text_in(CertificatePrivateKey, "private_key")


class Certificates(Group[R]):
    """The certificates that were issued."""

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
        """Ask for a certificate, as a profile has it.

        `csr` is PEM, of at most 4096 characters. Some servers need `ttl` in the attributes. The chain is by default
        given with its roots. `application_id` and `metadata` came in 2026: older servers do not read them.
        There may be no certificate yet: `GET /api/v1/cert-manager/certificates/certificate-requests/{requestId}` says
        when there is.
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
        return http.post(CERTIFICATES, body=body, returns=one(CertificateRequest), access=PKI)

    @endpoint
    @staticmethod
    def get(*, certificate_id: str) -> Request[Certificate]:
        """Read what is known of a certificate.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}
        """
        return http.get(CERTIFICATE, {"id": certificate_id}, returns=one(Certificate, at="certificate"), access=PKI)

    @endpoint
    @staticmethod
    def get_body(*, certificate_id: str) -> Request[CertificateBody]:
        """Read a certificate and its chain (PEM).

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}/certificate
        """
        path = f"{CERTIFICATE}/certificate"
        return http.get(path, {"id": certificate_id}, returns=one(CertificateBody), access=PKI)

    @endpoint
    @staticmethod
    def get_bundle(*, certificate_id: str) -> Request[CertificateBundle]:
        """Read a certificate, its chain and its private key (PEM).

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}/bundle
        """
        return http.get(f"{CERTIFICATE}/bundle", {"id": certificate_id}, returns=one(CertificateBundle), access=PKI)

    @endpoint
    @staticmethod
    def get_private_key(*, certificate_id: str) -> Request[CertificatePrivateKey]:
        """Read the private key of a certificate.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/cert-manager/certificates/{id}/private-key
        """
        return http.get(f"{CERTIFICATE}/private-key", {"id": certificate_id}, returns=PRIVATE_KEY, access=PKI)

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
        """Renew a certificate: the answer is a new one, with an id of its own.

        On servers since 2026 `renewal_key_source` says where its key comes from, `csr` (PEM) brings one, and
        `attributes` change what the certificate says; older servers do not read them. The private key is in the answer
        only if the server made one.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/cert-manager/certificates/{id}/renew
        """
        body = {
            "removeRootsFromChain": remove_roots_from_chain,
            "renewalKeySource": renewal_key_source,
            "csr": csr,
            "attributes": attributes,
        }
        path = f"{CERTIFICATE}/renew"
        return http.post(path, {"id": certificate_id}, body=body, returns=one(CreatedCertificate), access=PKI)

    @endpoint
    @staticmethod
    def revoke(*, certificate_id: str, revocation_reason: RevocationReason) -> Request[RevokeCertificateResponse]:
        """Revoke a certificate; the reason is needed, `UNSPECIFIED` is one.

        Newer servers take the thumbprint of the certificate in place of its id.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/cert-manager/certificates/{id}/revoke
        """
        body = {"revocationReason": revocation_reason}
        path = f"{CERTIFICATE}/revoke"
        return http.post(path, {"id": certificate_id}, body=body, returns=one(RevokeCertificateResponse), access=PKI)

    @endpoint
    @staticmethod
    def delete(*, certificate_id: str) -> Request[Certificate]:
        """Delete a certificate.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/cert-manager/certificates/{id}
        """
        return http.delete(CERTIFICATE, {"id": certificate_id}, returns=one(Certificate, at="certificate"), access=PKI)

    @endpoint
    @staticmethod
    def update_config(
        *, certificate_id: str, renew_before_days: int | None = None, enable_auto_renewal: bool | None = None
    ) -> Request[CertificateConfigResponse]:
        """Say when a certificate is renewed by itself: 1 to 30 days before its end, or never.

        `enable_auto_renewal=False` excludes `renew_before_days`.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/cert-manager/certificates/{id}/config
        """
        body = {"renewBeforeDays": renew_before_days, "enableAutoRenewal": enable_auto_renewal}
        path = f"{CERTIFICATE}/config"
        return http.patch(path, {"id": certificate_id}, body=body, returns=one(CertificateConfigResponse), access=PKI)
