"""Certificate authorities (`/api/v1/pki/ca`; `list` uses `/api/v2/pki/ca`).

Models first, then the endpoint functions. Only `list` returns authorities that are not internal. Certificates, CSRs and
CRLs are PEM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from infisical import request as http
from infisical.decode import many, one
from infisical.endpoints.pki.models import ACCESS, CertificateBody, CertificateKeyAlgorithm, SignedCertificate
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

CA_PATH = "/api/v1/pki/ca/{caId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateAuthority(Model):
    """An authority of any type (`internal`, `acme`, ...); the form of `configuration` depends on the type."""

    id: str
    type: str | None = None
    name: str | None = None
    project_id: str | None = None
    status: str | None = None
    enable_direct_issuance: bool | None = None
    configuration: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class InternalCertificateAuthority(Model):
    """A root or intermediate authority, and its subject; `status` may also be `pending-certificate`."""

    id: str
    type: str | None = None
    name: str | None = None
    friendly_name: str | None = None
    project_id: str | None = None
    parent_ca_id: str | None = None
    status: str | None = None
    organization: str | None = None
    ou: str | None = None
    country: str | None = None
    province: str | None = None
    locality: str | None = None
    common_name: str | None = None
    dn: str | None = None
    serial_number: str | None = None
    max_path_length: int | None = None
    key_algorithm: str | None = None
    active_ca_cert_id: str | None = None
    require_template_for_issuance: bool | None = None
    not_before: str | None = None
    not_after: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CsrResponse(Model):
    """The certificate signing request of an authority."""

    csr: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaCertificate(Model):
    """A current or former certificate of an authority, and the chain above it."""

    certificate: str
    certificate_chain: str | None = None
    serial_number: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Crl(Model):
    """A list of revoked certificates."""

    id: str
    crl: str


class CertificateAuthorities(Group[R]):
    """The certificate authorities of a project."""

    @endpoint
    @staticmethod
    def list(*, project_id: str) -> Request[tuple[CertificateAuthority, ...]]:
        """List every authority of a project, of every type, without paging.

        Expect `BadRequestError` (not a project of the certificate manager), `ForbiddenError`, `NotFoundError`
        (`route_missing` on servers of 2024).
        GET /api/v2/pki/ca
        """
        returns = many(CertificateAuthority, at="certificateAuthorities")
        return http.get("/api/v2/pki/ca", query={"projectId": project_id}, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, ca_id: str) -> Request[InternalCertificateAuthority]:
        """Get an internal authority by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/pki/ca/{caId}
        """
        return http.get(CA_PATH, {"caId": ca_id}, returns=one(InternalCertificateAuthority, at="ca"), access=ACCESS)

    @endpoint
    @staticmethod
    def create(
        *,
        project_slug: str,
        type: Literal["root", "intermediate"] | str,
        common_name: str,
        organization: str,
        ou: str,
        country: str,
        province: str,
        locality: str,
        friendly_name: str | None = None,
        not_before: str | None = None,
        not_after: str | None = None,
        max_path_length: int | None = None,
        key_algorithm: CertificateKeyAlgorithm | None = None,
        require_template_for_issuance: bool | None = None,
    ) -> Request[InternalCertificateAuthority]:
        """Create an internal authority; `project_slug` names the project.

        Pass all six parts of the subject, from `common_name` to `locality`; each may be empty, but not all of them.
        Dates are texts in any form that the server can parse. `max_path_length` is at least -1 (the default). By
        default the key is RSA_2048, and issuing requires no template.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/pki/ca
        """
        body = {
            "projectSlug": project_slug,
            "type": type,
            "commonName": common_name,
            "organization": organization,
            "ou": ou,
            "country": country,
            "province": province,
            "locality": locality,
            "friendlyName": friendly_name,
            "notBefore": not_before,
            "notAfter": not_after,
            "maxPathLength": max_path_length,
            "keyAlgorithm": key_algorithm,
            "requireTemplateForIssuance": require_template_for_issuance,
        }
        return http.post("/api/v1/pki/ca", body=body, returns=one(InternalCertificateAuthority, at="ca"), access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        ca_id: str,
        status: Literal["active", "disabled"] | str | None = None,
        require_template_for_issuance: bool | None = None,
    ) -> Request[InternalCertificateAuthority]:
        """Enable or disable an internal authority, or set whether issuing requires a template.

        Expect `NotFoundError`, `ForbiddenError`.
        PATCH /api/v1/pki/ca/{caId}
        """
        body = {"status": status, "requireTemplateForIssuance": require_template_for_issuance}
        returns = one(InternalCertificateAuthority, at="ca")
        return http.patch(CA_PATH, {"caId": ca_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, ca_id: str) -> Request[InternalCertificateAuthority]:
        """Delete an internal authority.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/pki/ca/{caId}
        """
        return http.delete(CA_PATH, {"caId": ca_id}, returns=one(InternalCertificateAuthority, at="ca"), access=ACCESS)

    @endpoint
    @staticmethod
    def get_csr(*, ca_id: str) -> Request[CsrResponse]:
        """Get the CSR of an internal authority.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/pki/ca/{caId}/csr
        """
        return http.get(f"{CA_PATH}/csr", {"caId": ca_id}, returns=one(CsrResponse), access=ACCESS)

    @endpoint
    @staticmethod
    def get_certificate(*, ca_id: str) -> Request[CertificateBody]:
        """Get the current certificate of an internal authority.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/pki/ca/{caId}/certificate
        """
        return http.get(f"{CA_PATH}/certificate", {"caId": ca_id}, returns=one(CertificateBody), access=ACCESS)

    @endpoint
    @staticmethod
    def list_certificates(*, ca_id: str) -> Request[tuple[CaCertificate, ...]]:
        """List the current and all former certificates of an internal authority.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/pki/ca/{caId}/ca-certificates
        """
        return http.get(f"{CA_PATH}/ca-certificates", {"caId": ca_id}, returns=many(CaCertificate), access=ACCESS)

    @endpoint
    @staticmethod
    def get_crls(*, ca_id: str) -> Request[tuple[Crl, ...]]:
        """List every CRL of an internal authority.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/pki/ca/{caId}/crls
        """
        return http.get(f"{CA_PATH}/crls", {"caId": ca_id}, returns=many(Crl), access=ACCESS)

    @endpoint
    @staticmethod
    def renew(*, ca_id: str, type: Literal["existing"] | str, not_after: str) -> Request[CertificateBody]:
        """Renew the certificate of an internal authority until `not_after`.

        `type` must be `existing`. The date is a text in any form that the server can parse.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/pki/ca/{caId}/renew
        """
        body = {"type": type, "notAfter": not_after}
        return http.post(f"{CA_PATH}/renew", {"caId": ca_id}, body=body, returns=one(CertificateBody), access=ACCESS)

    @endpoint
    @staticmethod
    def sign_intermediate(
        *, ca_id: str, csr: str, not_after: str, not_before: str | None = None, max_path_length: int | None = None
    ) -> Request[SignedCertificate]:
        """Sign the CSR of an intermediate authority with an internal authority.

        Dates are texts in any form that the server can parse. `max_path_length` is at least -1 (the default).
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v1/pki/ca/{caId}/sign-intermediate
        """
        body = {"csr": csr, "notAfter": not_after, "notBefore": not_before, "maxPathLength": max_path_length}
        path = f"{CA_PATH}/sign-intermediate"
        return http.post(path, {"caId": ca_id}, body=body, returns=one(SignedCertificate), access=ACCESS)
