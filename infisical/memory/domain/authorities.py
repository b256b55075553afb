"""Authorities: the rows of internal certificate authorities, their certificates and CRLs, made, found and kept.

What an authority signs for others is issuance.py's; X.509 itself is certificates.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, iso, seconds_of
from infisical.memory.domain import certificates
from infisical.memory.domain.certificates import Issuer, Statement
from infisical.memory.domain.pki_fields import DAY, years_later
from infisical.memory.refusals import Refused, bad_request, not_found
from infisical.memory.seeding import make_slug
from infisical.memory.state import Row

AUTHORITIES: Final = "pki_authorities"  # id -> id, projectId, type, status, name, privateKey, crlId, crl, ...
CERTIFICATES: Final = "pki_certificates"  # id -> see issuance.issue
TEMPLATES: Final = "pki_templates"  # id -> id, projectId, caId, name, commonName, subjectAlternativeName, ttl, ...
SUBJECT: Final = "certificate-authorities"
ACTIVE: Final = "active"
DISABLED: Final = "disabled"
PENDING: Final = "pending-certificate"
CRL_LIVES: Final = 7 * DAY
DEFAULT_YEARS: Final = 10


def installed(ca_id: str) -> tuple[str, str]:
    """Return the table of an authority's certificates: id -> id, caId, certificate, certificateChain, version, ..."""
    return ("pki_authority_certificates", ca_id)


# ---- finding
def manager_project(call: Call, project_id: str, action: str, subject: str) -> Row:
    """Return a project by the id that a query or a body has; refuse one that is none of the caller's organization."""
    row = call.draft.get(tables.PROJECTS, project_id)
    if row is None or row["orgId"] != call.organization_id:
        raise bad_request("Invalid Certificate Manager project.")
    return permit(call, project_id, action, subject)


def found(call: Call, action: str, subject: str = SUBJECT) -> Row:
    """Return the authority that the path names; refuse who may not do this."""
    row = call.draft.get(AUTHORITIES, call.path["caId"])
    if row is None:
        raise not_found(f"CA with ID '{call.path['caId']}' not found")
    permit(call, row["projectId"], action, subject)
    return row


def named(call: Call, project_id: str, name: str) -> Row:
    """Return an authority of a project by its name."""
    row = call.draft.find(AUTHORITIES, projectId=project_id, name=name)
    if row is None:
        raise not_found(f"CA with name {name} not found")
    return row


def current(call: Call, ca: Row) -> Row:
    """Return the certificate that an authority has now; refuse where it waits for one."""
    row = None if ca["activeCaCertId"] is None else call.draft.get(installed(ca["id"]), ca["activeCaCertId"])
    if row is None:
        raise bad_request("CA does not have a certificate installed")
    return row


def issuer_of(call: Call, ca: Row) -> Issuer:
    return Issuer(ca["privateKey"], current(call, ca)["certificate"])


def chain_from(certificate: Row) -> str:
    """Return an authority's certificate and all above it, as what it issues has them."""
    return f"{certificate['certificate']}\n{certificate['certificateChain']}".strip()


def issuer_urls(call: Call, ca: Row) -> dict[str, str]:
    """Return where what an authority issues says that its CRL and the authority's certificate are."""
    site = call.draft.state.settings.site_url.rstrip("/")
    return {
        "crl_url": f"{site}/api/v1/cert-manager/crl/{ca['crlId']}/der",
        "issuer_url": f"{site}/api/v1/cert-manager/ca/internal/{ca['id']}/certificates/{ca['activeCaCertId']}/der",
    }


# ---- drawing
def new_serial(call: Call) -> str:
    """Draw a serial number: hex of 20 bytes, positive and of one length."""
    drawn = bytearray(call.draft.random_bytes(20))
    drawn[0] = drawn[0] & 0x3F | 0x40
    return drawn.hex()


def new_name(call: Call, text: str) -> str:
    """Draw the name of an authority, from what it is called."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    end = "".join(letters[byte % len(letters)] for byte in call.draft.random_bytes(8))
    return f"{make_slug(text[:16])}-{end}"


# ---- making and changing
def create(call: Call, project_id: str, body: Mapping[str, Any]) -> Row:
    """Put an authority: a root with its certificate, an intermediate that waits for one."""
    subject = {name: body[name] for name, _, _ in certificates.PARTS}
    dn, is_root = certificates.distinguished_name(subject), body["type"] == "root"
    row = call.new_row(
        projectId=project_id,
        status=ACTIVE if is_root else PENDING,
        name=new_name(call, body.get("friendlyName") or dn),
        parentCaId=None,
        type=body["type"],
        friendlyName=body.get("friendlyName") or dn,
        **subject,
        dn=dn,
        serialNumber=None,
        maxPathLength=None,
        keyAlgorithm=body["keyAlgorithm"],
        activeCaCertId=None,
        requireTemplateForIssuance=body["requireTemplateForIssuance"],
        notBefore=None,
        notAfter=None,
        privateKey=certificates.new_key(body["keyAlgorithm"]),
        crlId=call.draft.new_id(),
        crl="",
    )
    call.draft.put(AUTHORITIES, row["id"], row)
    if is_root:
        start = seconds_of(body["notBefore"]) if body.get("notBefore") else call.now
        end = seconds_of(body["notAfter"]) if body.get("notAfter") else years_later(call.now, DEFAULT_YEARS)
        if start > end:
            raise bad_request("notBefore date is after notAfter date")
        says = root_statement(call, body["maxPathLength"], start, end)
        call.draft.merge(AUTHORITIES, row["id"], serialNumber=says.serial, maxPathLength=body["maxPathLength"])
        install(call, row["id"], certificates.self_signed(row["privateKey"], subject, says), "", says)
    return publish_crl(call, row["id"])


def root_statement(call: Call, max_path_length: int | None, start: float, end: float) -> Statement:
    return Statement(
        serial=new_serial(call),
        not_before=start,
        not_after=end,
        key_usages=certificates.AUTHORITY_USAGES,
        is_ca=True,
        path_length=limit_of(max_path_length),
    )


def limit_of(max_path_length: int | None) -> int | None:
    """Return a path length as X.509 has it: None is no limit, which rows hold as -1."""
    return None if max_path_length is None or max_path_length < 0 else int(max_path_length)


def install(call: Call, ca_id: str, certificate: str, chain: str, says: Statement, **columns: Any) -> Row:
    """Give an authority its next certificate."""
    versions = [row["version"] for row in call.draft.rows(installed(ca_id)).values()]
    row = call.new_row(
        caId=ca_id,
        certificate=certificate,
        certificateChain=chain,
        serialNumber=says.serial,
        version=max(versions, default=0) + 1,
    )
    call.draft.put(installed(ca_id), row["id"], row)
    return call.draft.merge(
        AUTHORITIES,
        ca_id,
        activeCaCertId=row["id"],
        notBefore=iso(says.not_before),
        notAfter=iso(says.not_after),
        updatedAt=call.at,
        **columns,
    )


def publish_crl(call: Call, ca_id: str) -> Row:
    """Write an authority's CRL anew, with what of its certificates is revoked now."""
    ca = call.draft.rows(AUTHORITIES)[ca_id]
    revoked = [
        (row["serialNumber"], seconds_of(row["revokedAt"]), int(row["revocationReason"]))
        for row in call.draft.where(CERTIFICATES, caId=ca_id, status="revoked")
    ]
    crl = certificates.new_crl(ca["privateKey"], ca, revoked, now=call.now, until=call.now + CRL_LIVES)
    return call.draft.merge(AUTHORITIES, ca_id, crl=crl)


def remove(call: Call, ca: Row) -> None:
    """Take an authority away, with what it issued and the templates for it; what it signed stays, without a parent."""
    call.draft.drop(AUTHORITIES, ca["id"])
    call.draft.clear(installed(ca["id"]))
    for table in (CERTIFICATES, TEMPLATES):
        for row in call.draft.where(table, caId=ca["id"]):
            call.draft.drop(table, row["id"])
    for child in call.draft.where(AUTHORITIES, parentCaId=ca["id"]):
        call.draft.merge(AUTHORITIES, child["id"], parentCaId=None)


# ---- rules
def refuse_outside(start: float, end: float, issuer: Issuer) -> None:
    """Refuse a time that is not within that of the issuer's certificate."""
    above = certificates.read_certificate(issuer.certificate)
    if start < above.not_before:
        raise bad_request("notBefore date is before CA certificate's notBefore date")
    if start > end:
        raise bad_request("notBefore date is after notAfter date")
    if end > above.not_after + 1:  # certificates have whole seconds
        raise bad_request("notAfter date is after CA certificate's notAfter date")


def expired(call: Call, ca: Row) -> bool:
    return ca["notAfter"] is not None and call.now > seconds_of(ca["notAfter"])


def refuse_unable(call: Call, ca: Row) -> None:
    """Refuse an authority that may not issue certificates now."""
    if ca["status"] != ACTIVE:
        raise bad_request("CA is not active")
    current(call, ca)
    if expired(call, ca):
        raise gone()


def gone() -> Refused:
    return bad_request("CA is expired")
