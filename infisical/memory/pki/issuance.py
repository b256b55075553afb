"""Issuance: certificates of authorities, as rows, with a new key or with the key of a CSR.

The routes check permissions and the rules of templates and profiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, format_time
from infisical.memory.pki import authorities, chains, x509
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
    """A certificate to issue; the CSR or the authority decides about fields that are None."""

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
    call: Call, not_before: float | None, not_after: float | None, lifetime: float | None
) -> tuple[float, float]:
    """Return start and end of a validity: until a date, for a lifetime, or by default for one year."""
    start = call.now if not_before is None else not_before
    if not_after is not None:
        return start, not_after
    return start, add_years(call.now, 1) if lifetime is None else add_lifetime(call.now, lifetime)


def issue_certificate(call: Call, ca: Row, order: CertificateOrder) -> Row:
    """Issue a certificate of an authority and add its row, which includes the PEM texts."""
    authorities.refuse_inactive(call, ca)
    issuer_row, issuer = authorities.get_current_certificate(call, ca), authorities.build_issuer(call, ca)
    authorities.refuse_outside_validity(order.not_before, order.not_after, issuer)
    path_length = _limit_path_length(issuer.certificate, order) if order.is_ca else None
    csr = x509.read_csr(order.csr) if order.csr is not None else None
    usages, extended, alt_names = order.key_usages, order.extended_key_usages, order.alt_names
    if csr is not None:
        usages = csr.key_usages if usages is None and csr.key_usages else usages
        extended = csr.extended_key_usages if extended is None else extended
        alt_names = csr.alt_names if alt_names is None else alt_names
    statement = Statement(
        serial=authorities.draw_serial(call),
        not_before=order.not_before,
        not_after=order.not_after,
        key_usages=DEFAULT_USAGES if usages is None else usages,
        extended_key_usages=extended or (),
        alt_names=alt_names or (),
        is_ca=order.is_ca,
        path_length=path_length,
        signature=order.signature,
        **authorities.build_issuer_urls(call, ca),
    )
    algorithm = order.key_algorithm or ca["keyAlgorithm"]
    key = None if order.csr is not None else x509.create_key(algorithm)
    subject = order.subject if csr is None else csr.subject
    certificate = x509.create_certificate(
        issuer, order.csr or key or "", None if csr is not None else subject, statement
    )
    sha256, sha1 = x509.compute_fingerprints(certificate)
    common_name = order.subject.get("commonName") or subject.get("commonName", "")
    row = call.new_row(
        caId=ca["id"],
        status="active",
        serialNumber=statement.serial,
        friendlyName=order.friendly_name or common_name,
        commonName=common_name,
        notBefore=format_time(statement.not_before),
        notAfter=format_time(statement.not_after),
        revokedAt=None,
        revocationReason=None,
        altNames=",".join(statement.alt_names),
        caCertId=issuer_row["id"],
        certificateTemplateId=order.template_id,
        keyUsages=list(statement.key_usages),
        extendedKeyUsages=list(statement.extended_key_usages),
        projectId=ca["projectId"],
        pkiSubscriberId=None,
        profileId=order.profile_id,
        renewBeforeDays=order.renew_before_days,
        renewedFromCertificateId=order.renewed_from,
        renewedByCertificateId=None,
        renewalError=None,
        keyAlgorithm=algorithm if csr is None else csr.key_algorithm,
        signatureAlgorithm=statement.signature or x509.choose_signature(ca["keyAlgorithm"]),
        subjectOrganization=subject.get("organization"),
        subjectOrganizationalUnit=subject.get("ou"),
        subjectCountry=subject.get("country"),
        subjectState=subject.get("province"),
        subjectLocality=subject.get("locality"),
        fingerprintSha256=sha256,
        fingerprintSha1=sha1,
        isCA=statement.is_ca,
        pathLength=statement.path_length,
        certificate=certificate,
        certificateChain=authorities.build_chain(issuer_row),
        issuingCaCertificate=issuer_row["certificate"],
        privateKey=None if key is None else key.strip(),
        csr=order.csr,
    )
    return call.draft.put(CERTIFICATES, row["id"], row)


def _limit_path_length(issuer: str, order: CertificateOrder) -> int | None:
    """Return the path length of a CA certificate; refuse one that the issuer does not allow."""
    limit = x509.read_certificate(issuer).path_length
    if limit is None:
        return order.path_length
    if limit == 0:
        raise bad_request("Issuing CA cannot issue subordinate CA certificates (path length is 0)")
    if order.path_length is not None and order.path_length >= limit:
        raise bad_request(f"Path length ({order.path_length}) must be less than the issuing CA's ({limit})")
    return limit - 1 if order.path_length is None else order.path_length


def show_issued(row: Row, *, without_roots: bool = False) -> dict[str, Any]:
    """Return a new certificate in the form of answers, with the private key if the server created it."""
    chain = row["certificateChain"]
    answer = {
        "certificate": row["certificate"],
        "issuingCaCertificate": row["issuingCaCertificate"],
        "certificateChain": chains.drop_roots(chain) if without_roots else chain,
        "privateKey": row["privateKey"],
        "serialNumber": row["serialNumber"],
    }
    return {name: value for name, value in answer.items() if value is not None}


def load_certificate(call: Call, certificate_id: str, action: str) -> Row:
    """Return a certificate by its id; refuse callers without permission for this action."""
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
