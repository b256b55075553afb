"""Certificates by their ids: asked for by a profile, read, renewed, revoked, configured and deleted."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick, seconds_of
from infisical.memory.domain.parameters import path_uuid
from infisical.memory.pki import authorities, issuance
from infisical.memory.pki import x509 as certificates
from infisical.memory.pki.authorities import AUTHORITIES, CERTIFICATES
from infisical.memory.pki.fields import DAY, MOST, date_text, extended_key_usages, key_usages, seconds_in, ttl
from infisical.memory.pki.issuance import Wanted
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, Text, route
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, choice, guid, loose_flag_text, number, obj, string

REQUESTS: Final = "pki_certificate_requests"  # id -> id, projectId, status, certificateId, subject, ...
BASE_PATH: Final = "/api/v1/cert-manager/certificates"
CERTIFICATE_PATH: Final = "/api/v1/cert-manager/certificates/{id}"
COLUMNS: Final = (
    "id",
    "createdAt",
    "updatedAt",
    "caId",
    "status",
    "serialNumber",
    "friendlyName",
    "commonName",
    "notBefore",
    "notAfter",
    "revokedAt",
    "revocationReason",
    "altNames",
    "caCertId",
    "certificateTemplateId",
    "keyUsages",
    "extendedKeyUsages",
    "projectId",
    "pkiSubscriberId",
    "profileId",
    "renewBeforeDays",
    "renewedFromCertificateId",
    "renewedByCertificateId",
    "renewalError",
    "keyAlgorithm",
    "signatureAlgorithm",
    "subjectOrganization",
    "subjectOrganizationalUnit",
    "subjectCountry",
    "subjectState",
    "subjectLocality",
    "fingerprintSha256",
    "fingerprintSha1",
    "isCA",
    "pathLength",
)
SUBJECT_PARTS: Final = {
    "commonName": "commonName",
    "organization": "organization",
    "organizationalUnit": "ou",
    "country": "country",
    "state": "province",
    "locality": "locality",
}
"""What attributes and profiles call the parts of a subject, and what X.509 and authorities do."""

CHAIN: Final = loose_flag_text()
ALT_NAME: Final = obj(
    type=choice("dns_name", "ip_address", "email", "uri"),
    value=string(least=1).where(certificates.is_alt_name, "Invalid subject alternative name"),
)
ATTRIBUTES: Final = obj(
    **{name: string(most=255).or_null().optional() for name in SUBJECT_PARTS},
    keyUsages=key_usages().optional(),
    extendedKeyUsages=extended_key_usages().optional(),
    altNames=array(ALT_NAME).optional(),
    signatureAlgorithm=choice(*certificates.SIGNATURES).optional(),
    keyAlgorithm=choice(*certificates.KEY_ALGORITHMS).optional(),
    ttl=ttl().optional(),
    notBefore=date_text().optional(),
    notAfter=date_text().optional(),
    basicConstraints=obj(isCA=boolean(), pathLength=number(least=0, most=MOST, whole=True).optional()).optional(),
)


def dates_in_order(body: Row) -> bool:
    asked = body["attributes"]
    dates = (asked.get("notBefore"), asked.get("notAfter"))
    return not all(dates) or seconds_of(str(dates[0])) < seconds_of(str(dates[1]))


NEW: Final = (
    obj(
        profileId=guid(),
        csr=string(least=1, most=4096).optional(None),
        attributes=ATTRIBUTES.optional({}),
        removeRootsFromChain=CHAIN,
    )
    .where(
        lambda body: not ("ttl" in body["attributes"] and body["attributes"].keys() & {"notBefore", "notAfter"}),
        "A TTL and notBefore or notAfter exclude each other",
    )
    .where(dates_in_order, "notBefore must be earlier than notAfter")
)
CONFIG: Final = obj(
    renewBeforeDays=number(least=1, most=30, whole=True).optional(), enableAutoRenewal=boolean().optional()
).where(
    lambda body: not ("renewBeforeDays" in body and body.get("enableAutoRenewal") is False),
    "renewBeforeDays and enableAutoRenewal=false exclude each other",
)


def found(call: Call, action: str) -> Row:
    return issuance.found(call, path_uuid(call, "id"), action)


# ---- asking for one
@route("POST", BASE_PATH, only="current", auth=MACHINES, body=NEW)
def create(call: Call) -> Answer:
    body, asked = call.body, call.body["attributes"]
    chosen = issuance.profile(call, body["profileId"])
    permit(call, chosen["projectId"], "create", issuance.SUBJECT)
    defaults = chosen["defaults"] or {}
    ca = call.draft.get(AUTHORITIES, chosen["caId"])
    if ca is None:
        raise not_found(f"Certificate Authority with ID '{chosen['caId']}' not found")
    lives = seconds_in(asked["ttl"]) if "ttl" in asked else defaults["ttlDays"] * DAY if "ttlDays" in defaults else None
    start, end = issuance.span(
        call,
        seconds_of(asked["notBefore"]) if "notBefore" in asked else None,
        seconds_of(asked["notAfter"]) if "notAfter" in asked else None,
        lives,
    )
    texts = {name: asked.get(name, defaults.get(name)) for name in SUBJECT_PARTS}
    constraints = asked.get("basicConstraints") or {}
    wanted = Wanted(
        not_before=start,
        not_after=end,
        subject={} if body["csr"] else {part: texts[name] for name, part in SUBJECT_PARTS.items() if texts[name]},
        alt_names=None if body["csr"] else [name["value"] for name in asked.get("altNames", ())],
        key_usages=asked.get("keyUsages", defaults.get("keyUsages")),
        extended_key_usages=asked.get("extendedKeyUsages", defaults.get("extendedKeyUsages")),
        csr=body["csr"],
        key_algorithm=asked.get("keyAlgorithm", defaults.get("keyAlgorithm")),
        signature=asked.get("signatureAlgorithm", defaults.get("signatureAlgorithm")),
        is_ca=constraints.get("isCA", False),
        path_length=authorities.limit_of(constraints.get("pathLength")),
        profile_id=chosen["id"],
        renew_before_days=chosen["apiConfig"].get("renewBeforeDays") if chosen["apiConfig"]["autoRenew"] else None,
    )
    made = issuance.issue(call, ca, wanted)
    request = requested(call, made)
    handed_out = issuance.handed_out(made, without_roots=body["removeRootsFromChain"])
    return {
        "certificate": {**handed_out, "certificateId": made["id"]},
        "certificateRequestId": request["id"],
        "status": request["status"],
    }


def requested(call: Call, made: Row) -> Row:
    """Put the request that a certificate was issued for."""
    row = call.new_row(projectId=made["projectId"], certificateId=made["id"], status="issued")
    return call.draft.put(REQUESTS, row["id"], row)


@route("GET", "/api/v1/cert-manager/certificates/certificate-requests/{requestId}", only="current", auth=MACHINES)
def get_request(call: Call) -> Answer:
    row = call.draft.get(REQUESTS, path_uuid(call, "requestId"))
    if row is None:
        raise not_found(f"Certificate request with ID '{call.path['requestId']}' not found")
    permit(call, row["projectId"], "read", issuance.SUBJECT)
    made: Row = call.draft.get(CERTIFICATES, row["certificateId"]) or {}
    return {
        "status": row["status"],
        "certificate": made.get("certificate"),
        "certificateId": made.get("id"),
        "privateKey": made.get("privateKey"),
        "serialNumber": made.get("serialNumber"),
        "errorMessage": None,
        "createdAt": row["createdAt"],
        "updatedAt": row["updatedAt"],
    }


# ---- reading
@route("GET", CERTIFICATE_PATH, only="current", auth=MACHINES)
def get_certificate(call: Call) -> Answer:
    return {"certificate": pick(found(call, "read"), *COLUMNS)}


@route("GET", "/api/v1/cert-manager/certificates/{id}/certificate", only="current", auth=MACHINES)
def get_body(call: Call) -> Answer:
    return pick(found(call, "read"), "certificate", "certificateChain", "serialNumber")


@route("GET", "/api/v1/cert-manager/certificates/{id}/bundle", only="current", auth=MACHINES)
def get_bundle(call: Call) -> Answer:
    return pick(found(call, "read-private-key"), "certificate", "certificateChain", "privateKey", "serialNumber")


@route("GET", "/api/v1/cert-manager/certificates/{id}/private-key", only="current", auth=MACHINES)
def get_private_key(call: Call) -> Answer:
    row = found(call, "read-private-key")
    if row["privateKey"] is None:
        raise not_found(f"Private key of certificate with ID '{row['id']}' not found")
    return Text(row["privateKey"])


# ---- changing
@route(
    "POST",
    "/api/v1/cert-manager/certificates/{id}/renew",
    only="current",
    auth=MACHINES,
    body=obj(removeRootsFromChain=CHAIN),
)
def renew(call: Call) -> Answer:
    row = found(call, "create")
    if row["privateKey"] is None:
        raise bad_request("A certificate that was issued for a CSR cannot be renewed")
    if row["status"] == "revoked":
        raise bad_request("Certificate is revoked and cannot be renewed")
    if row["renewedByCertificateId"] is not None:
        raise bad_request("Certificate has already been renewed")
    if call.now > seconds_of(row["notAfter"]):
        raise bad_request("Certificate is already expired")
    read = certificates.read_certificate(row["certificate"])
    made = issuance.issue(
        call,
        call.draft.rows(AUTHORITIES)[row["caId"]],
        Wanted(
            not_before=call.now,
            not_after=call.now + seconds_of(row["notAfter"]) - seconds_of(row["notBefore"]),
            subject=read.subject,
            alt_names=read.alt_names,
            key_usages=row["keyUsages"],
            extended_key_usages=row["extendedKeyUsages"],
            key_algorithm=row["keyAlgorithm"],
            signature=row["signatureAlgorithm"],
            is_ca=row["isCA"],
            path_length=row["pathLength"],
            friendly_name=row["friendlyName"],
            template_id=row["certificateTemplateId"],
            profile_id=row["profileId"],
            renewed_from=row["id"],
            renew_before_days=row["renewBeforeDays"],
        ),
    )
    call.draft.merge(CERTIFICATES, row["id"], renewedByCertificateId=made["id"], updatedAt=call.at)
    return {
        **issuance.handed_out(made, without_roots=call.body["removeRootsFromChain"]),
        "certificateId": made["id"],
        "certificateRequestId": requested(call, made)["id"],
    }


@route(
    "POST",
    "/api/v1/cert-manager/certificates/{id}/revoke",
    only="current",
    auth=MACHINES,
    body=obj(revocationReason=choice(*certificates.REASONS)),
)
def revoke(call: Call) -> Answer:
    row = found(call, "delete")
    if row["status"] == "revoked":
        raise bad_request("Certificate already revoked")
    number_of_reason, _ = certificates.REASONS[call.body["revocationReason"]]
    call.draft.merge(
        CERTIFICATES,
        row["id"],
        status="revoked",
        revokedAt=call.at,
        revocationReason=number_of_reason,
        updatedAt=call.at,
    )
    authorities.publish_crl(call, row["caId"])
    return {"message": "The certificate was revoked", "serialNumber": row["serialNumber"], "revokedAt": call.at}


@route("DELETE", CERTIFICATE_PATH, only="current", auth=MACHINES)
def delete(call: Call) -> Answer:
    row = found(call, "delete")
    call.draft.drop(CERTIFICATES, row["id"])
    for other in ("renewedByCertificateId", "renewedFromCertificateId"):
        for linked in call.draft.where(CERTIFICATES, **{other: row["id"]}):
            call.draft.merge(CERTIFICATES, linked["id"], **{other: None})
    return {"certificate": pick(row, *COLUMNS)}


@route("PATCH", "/api/v1/cert-manager/certificates/{id}/config", only="current", auth=MACHINES, body=CONFIG)
def update_config(call: Call) -> Answer:
    row, body = found(call, "edit"), call.body
    if body.get("enableAutoRenewal") is False:
        call.draft.merge(CERTIFICATES, row["id"], renewBeforeDays=None, updatedAt=call.at)
        return {"message": "The certificate is not renewed by itself anymore"}
    if "renewBeforeDays" not in body:
        return {"message": "Nothing was to be changed"}
    refuse_unrenewable(row, body["renewBeforeDays"])
    call.draft.merge(CERTIFICATES, row["id"], renewBeforeDays=body["renewBeforeDays"], updatedAt=call.at)
    return {"message": "The certificate's configuration was changed", "renewBeforeDays": body["renewBeforeDays"]}


def refuse_unrenewable(row: Row, days: int) -> None:
    """Refuse to renew by itself what cannot be renewed, or would be all the time."""
    facts: dict[str, Any] = {
        "Certificate is revoked": row["status"] == "revoked",
        "Certificate has already been renewed": row["renewedByCertificateId"] is not None,
        "A certificate that was issued for a CSR cannot be renewed": row["privateKey"] is None,
        "renewBeforeDays must be less than the certificate's whole time": days * DAY
        >= seconds_of(row["notAfter"]) - seconds_of(row["notBefore"]),
    }
    for message, holds in facts.items():
        if holds:
            raise bad_request(message)
