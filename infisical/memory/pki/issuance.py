"""Issuance: certificates that authorities make for others, as rows; issued with a new key, or for a CSR's.

Who may ask, and what a template or a profile allows, is the routes' to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, format_time
from infisical.memory.pki import authorities
from infisical.memory.pki import x509 as certificates
from infisical.memory.pki.authorities import CERTIFICATES
from infisical.memory.pki.fields import add_lifetime, add_years
from infisical.memory.pki.x509 import Statement
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.state import Row

SUBJECT: Final = "certificates"
PROFILES: Final = "pki_profiles"  # id -> id, projectId, caId, slug, apiConfig, defaults, ...
DEFAULT_USAGES: Final = ("digitalSignature", "keyEncipherment")


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateOrder:
    """A certificate that is asked for; None leaves it to the CSR or to the authority."""

    not_before: float
    not_after: float
    subject: Mapping[str, str] = field(default_factory=dict)
    alt_names: Sequence[str] | None = None
    key_usages: Sequence[str] | None = None
    extended_key_usages: Sequence[str] | None = None
    csr: str | None = None
    key_algorithm: str | None = None
    signature: str | None = None
    is_ca: bool = False
    path_length: int | None = None
    friendly_name: str | None = None
    template_id: str | None = None
    profile_id: str | None = None
    renewed_from: str | None = None
    renew_before_days: int | None = None


def choose_validity(
    call: Call, not_before: float | None, not_after: float | None, lives: float | None
) -> tuple[float, float]:
    """Return from when to when a certificate is to be valid: until a date, for a time, or for a year."""
    start = call.now if not_before is None else not_before
    if not_after is not None:
        return start, not_after
    return start, add_years(call.now, 1) if lives is None else add_lifetime(call.now, lives)


def issue_certificate(call: Call, ca: Row, wanted: CertificateOrder) -> Row:
    """Put a certificate of an authority; its row holds the texts as well."""
    authorities.refuse_inactive(call, ca)
    above, issuer = authorities.get_current_certificate(call, ca), authorities.build_issuer(call, ca)
    authorities.refuse_outside_validity(wanted.not_before, wanted.not_after, issuer)
    path_length = _limit_path_length(issuer.certificate, wanted) if wanted.is_ca else None
    asked = certificates.read_csr(wanted.csr) if wanted.csr is not None else None
    usages, extended, alt_names = wanted.key_usages, wanted.extended_key_usages, wanted.alt_names
    if asked is not None:
        usages = asked.key_usages if usages is None and asked.key_usages else usages
        extended = asked.extended_key_usages if extended is None else extended
        alt_names = asked.alt_names if alt_names is None else alt_names
    says = Statement(
        serial=authorities.draw_serial(call),
        not_before=wanted.not_before,
        not_after=wanted.not_after,
        key_usages=DEFAULT_USAGES if usages is None else usages,
        extended_key_usages=extended or (),
        alt_names=alt_names or (),
        is_ca=wanted.is_ca,
        path_length=path_length,
        signature=wanted.signature,
        **authorities.build_issuer_urls(call, ca),
    )
    algorithm = wanted.key_algorithm or ca["keyAlgorithm"]
    key = None if wanted.csr is not None else certificates.create_key(algorithm)
    subject = wanted.subject if asked is None else asked.subject
    made = certificates.create_certificate(
        issuer, wanted.csr or key or "", None if asked is not None else subject, says
    )
    sha256, sha1 = certificates.compute_fingerprints(made)
    common_name = wanted.subject.get("commonName") or subject.get("commonName", "")
    row = call.new_row(
        caId=ca["id"],
        status="active",
        serialNumber=says.serial,
        friendlyName=wanted.friendly_name or common_name,
        commonName=common_name,
        notBefore=format_time(says.not_before),
        notAfter=format_time(says.not_after),
        revokedAt=None,
        revocationReason=None,
        altNames=",".join(says.alt_names),
        caCertId=above["id"],
        certificateTemplateId=wanted.template_id,
        keyUsages=list(says.key_usages),
        extendedKeyUsages=list(says.extended_key_usages),
        projectId=ca["projectId"],
        pkiSubscriberId=None,
        profileId=wanted.profile_id,
        renewBeforeDays=wanted.renew_before_days,
        renewedFromCertificateId=wanted.renewed_from,
        renewedByCertificateId=None,
        renewalError=None,
        keyAlgorithm=algorithm if asked is None else asked.key_algorithm,
        signatureAlgorithm=says.signature or certificates.choose_signature(ca["keyAlgorithm"]),
        subjectOrganization=subject.get("organization"),
        subjectOrganizationalUnit=subject.get("ou"),
        subjectCountry=subject.get("country"),
        subjectState=subject.get("province"),
        subjectLocality=subject.get("locality"),
        fingerprintSha256=sha256,
        fingerprintSha1=sha1,
        isCA=says.is_ca,
        pathLength=says.path_length,
        certificate=made,
        certificateChain=authorities.build_chain(above),
        issuingCaCertificate=above["certificate"],
        privateKey=None if key is None else key.strip(),
        csr=wanted.csr,
    )
    return call.draft.put(CERTIFICATES, row["id"], row)


def _limit_path_length(issuer: str, wanted: CertificateOrder) -> int | None:
    """Return the path length of a certificate that may itself issue, within that of the one above."""
    above = certificates.read_certificate(issuer).path_length
    if above is None:
        return wanted.path_length
    if above == 0:
        raise bad_request("Issuing CA cannot issue subordinate CA certificates (path length is 0)")
    if wanted.path_length is not None and wanted.path_length >= above:
        raise bad_request(f"Path length ({wanted.path_length}) must be less than the issuing CA's ({above})")
    return above - 1 if wanted.path_length is None else wanted.path_length


def show_issued(row: Row, *, without_roots: bool = False) -> dict[str, Any]:
    """Return a new certificate as it is answered; the private key is there if the server made it."""
    chain = row["certificateChain"]
    answer = {
        "certificate": row["certificate"],
        "issuingCaCertificate": row["issuingCaCertificate"],
        "certificateChain": certificates.drop_roots(chain) if without_roots else chain,
        "privateKey": row["privateKey"],
        "serialNumber": row["serialNumber"],
    }
    return {name: value for name, value in answer.items() if value is not None}


def load_certificate(call: Call, certificate_id: str, action: str) -> Row:
    """Return a certificate by its id; refuse who may not do this with certificates."""
    row = call.draft.get(CERTIFICATES, certificate_id)
    if row is None:
        raise not_found(f"Certificate with ID '{certificate_id}' not found")
    permit(call, row["projectId"], action, SUBJECT)
    return row


def get_profile(call: Call, profile_id: str) -> Row:
    """Return a profile by its id."""
    row = call.draft.get(PROFILES, profile_id)
    if row is None:
        raise not_found(f"Certificate profile with ID '{profile_id}' not found")
    return row
