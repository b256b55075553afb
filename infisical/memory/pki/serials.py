"""Certificates by their serial number, at `/api/v1/pki/certificates`; the contract does not list these routes.

October 2024 has only them, and today's server still has them. Certificates by their id are in certificates.py.
"""

from __future__ import annotations

from typing import Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.pki import authorities, ca, certificates, issuance, x509
from infisical.memory.pki.authorities import AUTHORITIES, CERTIFICATES
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import Field, choice, obj, string

BASE_PATH: Final = "/api/v1/pki/certificates"
SERIAL_PATH: Final = "/api/v1/pki/certificates/{serialNumber}"
OLD_COLUMNS: Final = certificates.COLUMNS[: certificates.COLUMNS.index("projectId")]
"""The columns of October 2024."""
AUTHORITY_FIELDS: Final[dict[str, Field]] = {
    "caId": string().optional(None),
    "certificateTemplateId": string().optional(None),
    "pkiCollectionId": string().optional(None),
}
AUTHORITY_MESSAGE: Final = "Either a certificate template ID or CA ID must be present"
ISSUE_BODY: Final = obj(**AUTHORITY_FIELDS, **ca.build_issue_fields(ca.OLD_LEAF_FIELDS)).where(
    lambda body: body["caId"] or body["certificateTemplateId"], AUTHORITY_MESSAGE
)
SIGN_BODY: Final = obj(**AUTHORITY_FIELDS, **ca.build_sign_fields(ca.OLD_LEAF_FIELDS)).where(
    lambda body: body["caId"] or body["certificateTemplateId"], AUTHORITY_MESSAGE
)


def load_certificate(call: Call, action: str) -> Row:
    """Return the certificate of the path; refuse callers without permission for this action."""
    serial = call.path["serialNumber"]
    row = call.draft.find(CERTIFICATES, serialNumber=serial)
    if row is None:
        raise not_found(f"Certificate with serial number '{serial}' not found")
    permit(call, row["projectId"], action, issuance.SUBJECT)
    return row


def describe_certificate(call: Call, row: Row) -> Row:
    return pick(row, *(OLD_COLUMNS if call.is_2024 else certificates.COLUMNS))


# ---- reads
@route("GET", SERIAL_PATH, access=MACHINES)
def get_certificate(call: Call) -> Answer:
    return {"certificate": describe_certificate(call, load_certificate(call, "read"))}


@route("GET", f"{SERIAL_PATH}/certificate", access=MACHINES)
def get_certificate_body(call: Call) -> Answer:
    return pick(load_certificate(call, "read"), "certificate", "certificateChain", "serialNumber")


@route("GET", f"{SERIAL_PATH}/bundle", generation="current", access=MACHINES)
def get_bundle(call: Call) -> Answer:
    row = load_certificate(call, "read-private-key")
    return pick(row, "certificate", "certificateChain", "privateKey", "serialNumber")


# ---- changes
def load_authority(call: Call) -> Row:
    """Return the authority that a body names, by its id or a template's; refuse a caller without permission."""
    body = call.body
    if body["certificateTemplateId"]:
        template = call.draft.get(authorities.TEMPLATES, body["certificateTemplateId"])
        if template is None:
            raise not_found(f"Certificate template with ID '{body['certificateTemplateId']}' not found")
        authority_id = template["caId"]
    else:
        authority_id = body["caId"]
    row = call.draft.get(AUTHORITIES, authority_id)
    if row is None:
        raise not_found(f"CA with ID '{authority_id}' not found")
    permit(call, row["projectId"], "create", issuance.SUBJECT)
    if row["requireTemplateForIssuance"] and not body["certificateTemplateId"]:
        raise bad_request("Certificate template is required for issuance")
    return row


@route("POST", f"{BASE_PATH}/issue-certificate", access=MACHINES, body=ISSUE_BODY)
def issue_certificate(call: Call) -> Answer:
    return ca.issue_from(call, load_authority(call), None)


@route("POST", f"{BASE_PATH}/sign-certificate", access=MACHINES, body=SIGN_BODY)
def sign_certificate(call: Call) -> Answer:
    return ca.issue_from(call, load_authority(call), call.body["csr"])


@route("POST", f"{SERIAL_PATH}/revoke", access=MACHINES, body=obj(revocationReason=choice(*x509.REASONS)))
def revoke_certificate(call: Call) -> Answer:
    answer = certificates.revoke(call, load_certificate(call, "delete"))
    return {**answer, "message": "Successfully revoked certificate"}


@route("DELETE", SERIAL_PATH, access=MACHINES)
def delete_certificate(call: Call) -> Answer:
    row = load_certificate(call, "delete")
    certificates.drop(call, row)
    return {"certificate": describe_certificate(call, row)}
