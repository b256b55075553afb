"""Certificate templates: what an authority may issue, and issuing it (`/api/v2/pki/certificate-templates`).

Models first, then the endpoint functions. Templates and authorities are named by their names, within a project.
Servers of 2024 do not have these routes: `NotFoundError` (`route_missing`). Infisical has deprecated templates, and
announced that its cloud drops these routes on 2026-12-15: profiles and `pki.certificates.create` replace them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from infisical.decode import one
from infisical.endpoints.pki import PKI, CertificateKeyUsage, ExtendedKeyUsage, SignedCertificate
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request, delete, get, patch, post

TEMPLATES = "/api/v2/pki/certificate-templates"
TEMPLATE = "/api/v2/pki/certificate-templates/{templateName}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateCa(Model):
    """The authority that a template is for."""

    id: str
    name: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateTemplate(Model):
    """A template. `common_name` and `subject_alternative_name` are patterns; `ca` comes with `get` and `list`."""

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
    """One page of templates; `total_count` counts those of all pages."""

    certificate_templates: tuple[CertificateTemplate, ...]
    total_count: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedCertificate(Model):
    """A certificate and its private key, with the certificate of the authority and the chain above, all PEM."""

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

        Names are slugs. `common_name` and `subject_alternative_name` are regular expressions, `ttl` is a time like
        `90d`. The server's defaults: digital signatures and key encipherment, no extended usage.
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
        return post(TEMPLATES, body=body, returns=one(CertificateTemplate, at="certificateTemplate"), auth=PKI)

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
        """Change a template; the name of the authority is needed even where it stays.

        Both lists of usages go back to the server's defaults where they are left out: give them each time. All else
        that is left out stays as it is. Limits as in `create`.
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
        return patch(TEMPLATE, {"templateName": template_name}, body=body, returns=returns, auth=PKI)

    @endpoint
    @staticmethod
    def delete(*, template_name: str, project_id: str) -> Request[CertificateTemplate]:
        """Delete a template; sent as a DELETE with a body.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v2/pki/certificate-templates/{templateName}
        """
        body = {"projectId": project_id}
        returns = one(CertificateTemplate, at="certificateTemplate")
        return delete(TEMPLATE, {"templateName": template_name}, body=body, returns=returns, auth=PKI)

    @endpoint
    @staticmethod
    def get(*, template_name: str, project_id: str) -> Request[CertificateTemplate]:
        """Read a template.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v2/pki/certificate-templates/{templateName}
        """
        query = {"projectId": project_id}
        returns = one(CertificateTemplate, at="certificateTemplate")
        return get(TEMPLATE, {"templateName": template_name}, query=query, returns=returns, auth=PKI)

    @endpoint
    @staticmethod
    def list(
        *, project_id: str, limit: int | None = None, offset: int | None = None
    ) -> Request[CertificateTemplateList]:
        """List the templates of a project, one page.

        `limit` is by default 100, without a maximum; `offset` is by default 0.
        Expect `BadRequestError` (no project of the certificate manager), `ForbiddenError`.
        GET /api/v2/pki/certificate-templates
        """
        query = {"projectId": project_id, "limit": limit, "offset": offset}
        return get(TEMPLATES, query=query, returns=one(CertificateTemplateList), auth=PKI)

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
        """Issue a certificate, and the private key for it, within what a template allows.

        `alt_names` is one text, with commas between the names. `ttl` is a time like `90d`; dates are texts that can be
        parsed as such.
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
        path = f"{TEMPLATE}/issue-certificate"
        return post(path, {"templateName": template_name}, body=body, returns=one(IssuedCertificate), auth=PKI)

    @endpoint
    @staticmethod
    def sign_certificate(*, template_name: str, project_id: str, ttl: str, csr: str) -> Request[SignedCertificate]:
        """Sign a CSR (PEM, at most 4096 characters), within what a template allows.

        `ttl` is a time like `90d`.
        Expect `ValidationError`, `NotFoundError`, `ForbiddenError`.
        POST /api/v2/pki/certificate-templates/{templateName}/sign-certificate
        """
        body = {"projectId": project_id, "ttl": ttl, "csr": csr}
        path = f"{TEMPLATE}/sign-certificate"
        return post(path, {"templateName": template_name}, body=body, returns=one(SignedCertificate), auth=PKI)
