"""Authorities: rows of internal certificate authorities, with their certificates and CRLs.

issuance.py issues certificates of an authority; x509.py reads and writes X.509.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, format_time, parse_time
from infisical.memory.pki import x509
from infisical.memory.pki.fields import DAY_SECONDS, add_years
from infisical.memory.pki.x509 import Issuer, Statement
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.seeding import make_slug
from infisical.memory.state import Row

AUTHORITIES: Final = "pki_authorities"  # id -> id, projectId, type, status, name, privateKey, crlId, crl, ...
CERTIFICATES: Final = "pki_certificates"  # id -> see issuance.issue_certificate
TEMPLATES: Final = "pki_templates"  # id -> id, projectId, caId, name, commonName, subjectAlternativeName, ttl, ...
SUBJECT: Final = "certificate-authorities"
ACTIVE_STATUS: Final = "active"
DISABLED_STATUS: Final = "disabled"
PENDING_STATUS: Final = "pending-certificate"
CRL_TTL: Final = 7 * DAY_SECONDS
DEFAULT_YEARS: Final = 10


def name_certificates_table(ca_id: str) -> tuple[str, str]:
    """Name the table of an authority's certificates: id -> id, caId, certificate, certificateChain, version, ..."""
    return ("pki_authority_certificates", ca_id)


# ---- look-ups
def get_manager_project(call: Call, project_id: str, action: str, subject: str) -> Row:
    """Return a project by the id of a query or a body; refuse a project of another organization."""
    row = call.draft.get(tables.PROJECTS, project_id)
    if row is None or row["orgId"] != call.organization_id:
        raise bad_request("Invalid Certificate Manager project.")
    return permit(call, project_id, action, subject)


def load_authority(call: Call, action: str, subject: str = SUBJECT) -> Row:
    """Return the authority of the path; refuse callers without permission for this action."""
    row = call.draft.get(AUTHORITIES, call.path["caId"])
    if row is None:
        raise not_found(f"CA with ID '{call.path['caId']}' not found")
    permit(call, row["projectId"], action, subject)
    return row


def get_authority_by_name(call: Call, project_id: str, name: str) -> Row:
    """Return an authority of a project by its name."""
    row = call.draft.find(AUTHORITIES, projectId=project_id, name=name)
    if row is None:
        raise not_found(f"CA with name {name} not found")
    return row


def get_current_certificate(call: Call, ca: Row) -> Row:
    """Return the current certificate of an authority; refuse an authority without one."""
    row = (
        None
        if ca["activeCaCertId"] is None
        else call.draft.get(name_certificates_table(ca["id"]), ca["activeCaCertId"])
    )
    if row is None:
        raise bad_request("CA does not have a certificate installed")
    return row


def build_issuer(call: Call, ca: Row) -> Issuer:
    return Issuer(ca["privateKey"], get_current_certificate(call, ca)["certificate"])


def build_chain(certificate: Row) -> str:
    """Build the chain for certificates of an authority: its own certificate and those of its issuers."""
    return f"{certificate['certificate']}\n{certificate['certificateChain']}".strip()


def build_issuer_urls(call: Call, ca: Row) -> dict[str, str]:
    """Build the CRL and issuer URLs for certificates of an authority."""
    site = call.draft.state.settings.site_url.rstrip("/")
    return {
        "crl_url": f"{site}/api/v1/cert-manager/crl/{ca['crlId']}/der",
        "issuer_url": f"{site}/api/v1/cert-manager/ca/internal/{ca['id']}/certificates/{ca['activeCaCertId']}/der",
    }


# ---- random values
def draw_serial(call: Call) -> str:
    """Draw a serial number: the hex of 20 bytes, positive and of constant length."""
    serial = bytearray(call.draft.random_bytes(20))
    serial[0] = serial[0] & 0x3F | 0x40
    return serial.hex()


def draw_name(call: Call, text: str) -> str:
    """Draw the name of an authority, which begins with a slug of `text`."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    suffix = "".join(letters[byte % len(letters)] for byte in call.draft.random_bytes(8))
    return f"{make_slug(text[:16])}-{suffix}"


# ---- changes
def create_authority(call: Call, project_id: str, body: Mapping[str, Any]) -> Row:
    """Create an authority: a root CA with its certificate, or an intermediate CA without one."""
    subject = {name: body[name] for name, _, _ in x509.SUBJECT_PARTS}
    dn, is_root = x509.format_subject(subject), body["type"] == "root"
    row = call.new_row(
        projectId=project_id,
        status=ACTIVE_STATUS if is_root else PENDING_STATUS,
        name=draw_name(call, body.get("friendlyName") or dn),
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
        privateKey=x509.create_key(body["keyAlgorithm"]),
        crlId=call.draft.new_id(),
        crl="",
    )
    call.draft.put(AUTHORITIES, row["id"], row)
    if is_root:
        start = parse_time(body["notBefore"]) if body.get("notBefore") else call.now
        end = parse_time(body["notAfter"]) if body.get("notAfter") else add_years(call.now, DEFAULT_YEARS)
        if start > end:
            raise bad_request("notBefore date is after notAfter date")
        statement = build_root_statement(call, body["maxPathLength"], start, end)
        call.draft.merge(AUTHORITIES, row["id"], serialNumber=statement.serial, maxPathLength=body["maxPathLength"])
        install_certificate(
            call, row["id"], x509.create_self_signed(row["privateKey"], subject, statement), "", statement
        )
    return publish_crl(call, row["id"])


def build_root_statement(call: Call, max_path_length: int | None, start: float, end: float) -> Statement:
    return Statement(
        serial=draw_serial(call),
        not_before=start,
        not_after=end,
        key_usages=x509.AUTHORITY_USAGES,
        is_ca=True,
        path_length=convert_path_length(max_path_length),
    )


def convert_path_length(max_path_length: int | None) -> int | None:
    """Convert a path length of a row into that of X.509: -1 becomes None, which means no limit."""
    return None if max_path_length is None or max_path_length < 0 else int(max_path_length)


def install_certificate(
    call: Call, ca_id: str, certificate: str, chain: str, statement: Statement, **columns: Any
) -> Row:
    """Install the next certificate of an authority."""
    versions = [row["version"] for row in call.draft.rows(name_certificates_table(ca_id)).values()]
    row = call.new_row(
        caId=ca_id,
        certificate=certificate,
        certificateChain=chain,
        serialNumber=statement.serial,
        version=max(versions, default=0) + 1,
    )
    call.draft.put(name_certificates_table(ca_id), row["id"], row)
    return call.draft.merge(
        AUTHORITIES,
        ca_id,
        activeCaCertId=row["id"],
        notBefore=format_time(statement.not_before),
        notAfter=format_time(statement.not_after),
        updatedAt=call.timestamp,
        **columns,
    )


def publish_crl(call: Call, ca_id: str) -> Row:
    """Renew the CRL of an authority from its revoked certificates."""
    ca = call.draft.rows(AUTHORITIES)[ca_id]
    revocations = [
        (row["serialNumber"], parse_time(row["revokedAt"]), int(row["revocationReason"]))
        for row in call.draft.where(CERTIFICATES, caId=ca_id, status="revoked")
    ]
    crl = x509.create_crl(ca["privateKey"], ca, revocations, now=call.now, until=call.now + CRL_TTL)
    return call.draft.merge(AUTHORITIES, ca_id, crl=crl)


def remove_authority(call: Call, ca: Row) -> None:
    """Remove an authority with its certificates and templates; authorities below it stay without a parent."""
    call.draft.drop(AUTHORITIES, ca["id"])
    call.draft.clear(name_certificates_table(ca["id"]))
    for table in (CERTIFICATES, TEMPLATES):
        for row in call.draft.where(table, caId=ca["id"]):
            call.draft.drop(table, row["id"])
    for child in call.draft.where(AUTHORITIES, parentCaId=ca["id"]):
        call.draft.merge(AUTHORITIES, child["id"], parentCaId=None)


# ---- rules
def refuse_outside_validity(start: float, end: float, issuer: Issuer) -> None:
    """Refuse a validity outside that of the issuer's certificate."""
    issuer_content = x509.read_certificate(issuer.certificate)
    if start < issuer_content.not_before:
        raise bad_request("notBefore date is before CA certificate's notBefore date")
    if start > end:
        raise bad_request("notBefore date is after notAfter date")
    if end > issuer_content.not_after + 1:  # certificates round to whole seconds
        raise bad_request("notAfter date is after CA certificate's notAfter date")


def is_expired(call: Call, ca: Row) -> bool:
    return ca["notAfter"] is not None and call.now > parse_time(ca["notAfter"])


def refuse_inactive(call: Call, ca: Row) -> None:
    """Refuse an authority that is not active, has no certificate or is expired."""
    if ca["status"] != ACTIVE_STATUS:
        raise bad_request("CA is disabled" if call.is_2024 and ca["status"] == DISABLED_STATUS else "CA is not active")
    get_current_certificate(call, ca)
    if is_expired(call, ca):
        raise build_expiry_refusal()


def build_expiry_refusal() -> Refusal:
    return bad_request("CA is expired")
