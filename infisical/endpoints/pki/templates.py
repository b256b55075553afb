"""Certificate templates: rules for the certificates that an authority issues (`/api/v2/pki/certificate-templates`).

Models first, then the endpoint functions. Templates and authorities are identified by their names, within a project.
Servers of 2024 have none of these routes: expect `NotFoundError` (`route_missing`). Infisical has deprecated templates,
and will remove these routes from its cloud on 2026-12-15: profiles and `pki.certificates.create` replace them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from infisical import request as http
from infisical.decode import one
from infisical.endpoints.pki.models import ACCESS, CertificateKeyUsage, ExtendedKeyUsage, SignedCertificate
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

TEMPLATES_PATH = "/api/v2/pki/certificate-templates"
TEMPLATE_PATH = "/api/v2/pki/certificate-templates/{templateName}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateCa(Model):
    """The authority of a template."""

    id: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateTemplate(Model):
    """A template. `common_name` and `subject_alternative_name` are patterns; only `get` and `list` fill `ca`."""

    id: str
    name: str | None = None
    ca_id: str | None = None
    ca: TemplateCa | None = None
    project_id: str | None = None
    pki_collection_id: str | None = None
    common_name: str | None = None
    subject_alternative_name: str | None = None
    ttl: str | None = None
    key_usages: tuple[str, ...] = ()
    extended_key_usages: tuple[str, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateTemplateList(Model):
    """One page of templates; `total_count` counts the templates of all pages."""

    certificate_templates: tuple[CertificateTemplate, ...]
    total_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedCertificate(Model):
    """A certificate and its private key, the certificate of its issuer and the chain above, all PEM."""

    certificate: str
    private_key: str = field(repr=False)
    issuing_ca_certificate: str | None = None
    certificate_chain: str | None = None
    serial_number: str | None = None


class CertificateTemplates(Group[R]):
    """The certificate templates of a project."""

    @endpoint
    @staticmethod
    def create(
        *,
        name: str,
        ca_name: str,
        project_id: str,
        common_name: str,
        subject_alternative_name: str,
        ttl: str,
        key_usages: Sequence[CertificateKeyUsage] | None = None,
        extended_key_usages: Sequence[ExtendedKeyUsage] | None = None,
    ) -> Request[CertificateTemplate]:
        """Create a template for an authority.

        Names are slugs. `common_name` and `subject_alternative_name` are regular expressions. `ttl` is a duration such
        as `90d`. By default the key usages are digital signature and key encipherment, without extended usages.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v2/pki/certificate-templates
        """
        body = {
            "name": name,
            "caName": ca_name,
            "projectId": project_id,
            "commonName": common_name,
            "subjectAlternativeName": subject_alternative_name,
            "ttl": ttl,
            "keyUsages": key_usages,
            "extendedKeyUsages": extended_key_usages,
        }
        return http.post(
            TEMPLATES_PATH, body=body, returns=one(CertificateTemplate, at="certificateTemplate"), access=ACCESS
        )

    @endpoint
    @staticmethod
    def update(
        *,
        template_name: str,
        ca_name: str,
        project_id: str,
        name: str | None = None,
        common_name: str | None = None,
        subject_alternative_name: str | None = None,
        ttl: str | None = None,
        key_usages: Sequence[CertificateKeyUsage] | None = None,
        extended_key_usages: Sequence[ExtendedKeyUsage] | None = None,
    ) -> Request[CertificateTemplate]:
        """Change a template; `ca_name` is required even if it stays the same.

        Pass both lists of usages in every call: if you omit one, it returns to the server's default. Other omitted
        parameters keep their value. Limits are as in `create`.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        PATCH /api/v2/pki/certificate-templates/{templateName}
        """
        body = {
            "caName": ca_name,
            "projectId": project_id,
            "name": name,
            "commonName": common_name,
            "subjectAlternativeName": subject_alternative_name,
            "ttl": ttl,
            "keyUsages": key_usages,
            "extendedKeyUsages": extended_key_usages,
        }
        returns = one(CertificateTemplate, at="certificateTemplate")
        return http.patch(TEMPLATE_PATH, {"templateName": template_name}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, template_name: str, project_id: str) -> Request[CertificateTemplate]:
        """Delete a template.

        The request is a DELETE with a JSON body.
        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v2/pki/certificate-templates/{templateName}
        """
        body = {"projectId": project_id}
        returns = one(CertificateTemplate, at="certificateTemplate")
        return http.delete(TEMPLATE_PATH, {"templateName": template_name}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, template_name: str, project_id: str) -> Request[CertificateTemplate]:
        """Get a template by its name.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/pki/certificate-templates/{templateName}
        """
        query = {"projectId": project_id}
        returns = one(CertificateTemplate, at="certificateTemplate")
        return http.get(TEMPLATE_PATH, {"templateName": template_name}, query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list(
        *, project_id: str, limit: int | None = None, offset: int | None = None
    ) -> Request[CertificateTemplateList]:
        """List the templates of a project; returns one page.

        `limit` defaults to 100, without a maximum; `offset` defaults to 0.
        Expect `BadRequestError` (not a project of the certificate manager), `ForbiddenError`.
        GET /api/v2/pki/certificate-templates
        """
        query = {"projectId": project_id, "limit": limit, "offset": offset}
        return http.get(TEMPLATES_PATH, query=query, returns=one(CertificateTemplateList), access=ACCESS)

    @endpoint
    @staticmethod
    def issue_certificate(
        *,
        template_name: str,
        project_id: str,
        common_name: str,
        ttl: str,
        key_usages: Sequence[CertificateKeyUsage] | None = None,
        extended_key_usages: Sequence[ExtendedKeyUsage] | None = None,
        not_before: str | None = None,
        not_after: str | None = None,
        alt_names: str | None = None,
    ) -> Request[IssuedCertificate]:
        """Issue a certificate with a new private key, within the rules of a template.

        `alt_names` is one comma-separated text. `ttl` is a duration such as `90d`. Dates are texts in any form that the
        server can parse.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v2/pki/certificate-templates/{templateName}/issue-certificate
        """
        body = {
            "projectId": project_id,
            "commonName": common_name,
            "ttl": ttl,
            "keyUsages": key_usages,
            "extendedKeyUsages": extended_key_usages,
            "notBefore": not_before,
            "notAfter": not_after,
            "altNames": alt_names,
        }
        path = f"{TEMPLATE_PATH}/issue-certificate"
        return http.post(
            path, {"templateName": template_name}, body=body, returns=one(IssuedCertificate), access=ACCESS
        )

    @endpoint
    @staticmethod
    def sign_certificate(*, template_name: str, project_id: str, ttl: str, csr: str) -> Request[SignedCertificate]:
        """Sign a CSR (PEM, at most 4096 characters), within the rules of a template.

        `ttl` is a duration such as `90d`.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v2/pki/certificate-templates/{templateName}/sign-certificate
        """
        body = {"projectId": project_id, "ttl": ttl, "csr": csr}
        path = f"{TEMPLATE_PATH}/sign-certificate"
        return http.post(
            path, {"templateName": template_name}, body=body, returns=one(SignedCertificate), access=ACCESS
        )
