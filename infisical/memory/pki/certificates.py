"""Certificates: routes that request them by a profile, read, renew, revoke, configure and delete them."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory.access import permit
from infisical.memory.call import Call, parse_time, pick
from infisical.memory.domain.parameters import read_path_uuid
from infisical.memory.pki import authorities, issuance, x509
from infisical.memory.pki.authorities import AUTHORITIES, CERTIFICATES
from infisical.memory.pki.fields import (
    DAY_SECONDS,
    MAX_INTEGER,
    build_date_field,
    build_extended_usages_field,
    build_key_usages_field,
    build_ttl_field,
    parse_duration,
)
from infisical.memory.pki.issuance import CertificateOrder
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, PlainText, route
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
"""Parts of a subject: their names in attributes and profiles -> in X.509 and authorities."""

CHAIN_FLAG: Final = loose_flag_text()
ALT_NAME_FIELD: Final = obj(
    type=choice("dns_name", "ip_address", "email", "uri"),
    value=string(least=1).where(x509.is_alt_name, "Invalid subject alternative name"),
)
ATTRIBUTES_FIELD: Final = obj(
    **{name: string(most=255).or_null().optional() for name in SUBJECT_PARTS},
    keyUsages=build_key_usages_field().optional(),
    extendedKeyUsages=build_extended_usages_field().optional(),
    altNames=array(ALT_NAME_FIELD).optional(),
    signatureAlgorithm=choice(*x509.SIGNATURES).optional(),
    keyAlgorithm=choice(*x509.KEY_ALGORITHMS).optional(),
    ttl=build_ttl_field().optional(),
    notBefore=build_date_field().optional(),
    notAfter=build_date_field().optional(),
    basicConstraints=obj(
        isCA=boolean(), pathLength=number(least=0, most=MAX_INTEGER, whole=True).optional()
    ).optional(),
)


def has_ordered_dates(body: Row) -> bool:
    attributes = body["attributes"]
    dates = (attributes.get("notBefore"), attributes.get("notAfter"))
    return not all(dates) or parse_time(str(dates[0])) < parse_time(str(dates[1]))


NEW_CERTIFICATE: Final = (
    obj(
        profileId=guid(),
        csr=string(least=1, most=4096).optional(None),
        attributes=ATTRIBUTES_FIELD.optional({}),
        removeRootsFromChain=CHAIN_FLAG,
    )
    .where(
        lambda body: not ("ttl" in body["attributes"] and body["attributes"].keys() & {"notBefore", "notAfter"}),
        "A TTL and notBefore or notAfter exclude each other",
    )
    .where(has_ordered_dates, "notBefore must be earlier than notAfter")
)
CONFIG_BODY: Final = obj(
    renewBeforeDays=number(least=1, most=30, whole=True).optional(), enableAutoRenewal=boolean().optional()
).where(
    lambda body: not ("renewBeforeDays" in body and body.get("enableAutoRenewal") is False),
    "renewBeforeDays and enableAutoRenewal=false exclude each other",
)


def load_certificate(call: Call, action: str) -> Row:
    return issuance.load_certificate(call, read_path_uuid(call, "id"), action)


# ---- requests
@route("POST", BASE_PATH, generation="current", access=MACHINES, body=NEW_CERTIFICATE)
def create_certificate(call: Call) -> Answer:
    body, attributes = call.body, call.body["attributes"]
    profile = issuance.get_profile(call, body["profileId"])
    permit(call, profile["projectId"], "create", issuance.SUBJECT)
    defaults = profile["defaults"] or {}
    ca = call.draft.get(AUTHORITIES, profile["caId"])
    if ca is None:
        raise not_found(f"Certificate Authority with ID '{profile['caId']}' not found")
    lifetime = (
        parse_duration(attributes["ttl"])
        if "ttl" in attributes
        else defaults["ttlDays"] * DAY_SECONDS
        if "ttlDays" in defaults
        else None
    )
    start, end = issuance.choose_validity(
        call,
        parse_time(attributes["notBefore"]) if "notBefore" in attributes else None,
        parse_time(attributes["notAfter"]) if "notAfter" in attributes else None,
        lifetime,
    )
    texts = {name: attributes.get(name, defaults.get(name)) for name in SUBJECT_PARTS}
    constraints = attributes.get("basicConstraints") or {}
    order = CertificateOrder(
        not_before=start,
        not_after=end,
        subject={} if body["csr"] else {part: texts[name] for name, part in SUBJECT_PARTS.items() if texts[name]},
        alt_names=None if body["csr"] else [name["value"] for name in attributes.get("altNames", ())],
        key_usages=attributes.get("keyUsages", defaults.get("keyUsages")),
        extended_key_usages=attributes.get("extendedKeyUsages", defaults.get("extendedKeyUsages")),
        csr=body["csr"],
        key_algorithm=attributes.get("keyAlgorithm", defaults.get("keyAlgorithm")),
        signature=attributes.get("signatureAlgorithm", defaults.get("signatureAlgorithm")),
        is_ca=constraints.get("isCA", False),
        path_length=authorities.convert_path_length(constraints.get("pathLength")),
        profile_id=profile["id"],
        renew_before_days=profile["apiConfig"].get("renewBeforeDays") if profile["apiConfig"]["autoRenew"] else None,
    )
    certificate = issuance.issue_certificate(call, ca, order)
    request = record_request(call, certificate)
    answer = issuance.show_issued(certificate, without_roots=body["removeRootsFromChain"])
    return {
        "certificate": {**answer, "certificateId": certificate["id"]},
        "certificateRequestId": request["id"],
        "status": request["status"],
    }


def record_request(call: Call, certificate: Row) -> Row:
    """Record the request of an issued certificate."""
    row = call.new_row(projectId=certificate["projectId"], certificateId=certificate["id"], status="issued")
    return call.draft.put(REQUESTS, row["id"], row)


@route(
    "GET", "/api/v1/cert-manager/certificates/certificate-requests/{requestId}", generation="current", access=MACHINES
)
def get_request(call: Call) -> Answer:
    row = call.draft.get(REQUESTS, read_path_uuid(call, "requestId"))
    if row is None:
        raise not_found(f"Certificate request with ID '{call.path['requestId']}' not found")
    permit(call, row["projectId"], "read", issuance.SUBJECT)
    certificate: Row = call.draft.get(CERTIFICATES, row["certificateId"]) or {}
    return {
        "status": row["status"],
        "certificate": certificate.get("certificate"),
        "certificateId": certificate.get("id"),
        "privateKey": certificate.get("privateKey"),
        "serialNumber": certificate.get("serialNumber"),
        "errorMessage": None,
        "createdAt": row["createdAt"],
        "updatedAt": row["updatedAt"],
    }


# ---- reads
@route("GET", CERTIFICATE_PATH, generation="current", access=MACHINES)
def get_certificate(call: Call) -> Answer:
    return {"certificate": pick(load_certificate(call, "read"), *COLUMNS)}


@route("GET", "/api/v1/cert-manager/certificates/{id}/certificate", generation="current", access=MACHINES)
def get_certificate_body(call: Call) -> Answer:
    return pick(load_certificate(call, "read"), "certificate", "certificateChain", "serialNumber")


@route("GET", "/api/v1/cert-manager/certificates/{id}/bundle", generation="current", access=MACHINES)
def get_bundle(call: Call) -> Answer:
    return pick(
        load_certificate(call, "read-private-key"), "certificate", "certificateChain", "privateKey", "serialNumber"
    )


@route("GET", "/api/v1/cert-manager/certificates/{id}/private-key", generation="current", access=MACHINES)
def get_private_key(call: Call) -> Answer:
    row = load_certificate(call, "read-private-key")
    if row["privateKey"] is None:
        raise not_found(f"Private key of certificate with ID '{row['id']}' not found")
    return PlainText(row["privateKey"])


# ---- changes
@route(
    "POST",
    "/api/v1/cert-manager/certificates/{id}/renew",
    generation="current",
    access=MACHINES,
    body=obj(removeRootsFromChain=CHAIN_FLAG),
)
def renew_certificate(call: Call) -> Answer:
    row = load_certificate(call, "create")
    if row["privateKey"] is None:
        raise bad_request("A certificate that was issued for a CSR cannot be renewed")
    if row["status"] == "revoked":
        raise bad_request("Certificate is revoked and cannot be renewed")
    if row["renewedByCertificateId"] is not None:
        raise bad_request("Certificate has already been renewed")
    if call.now > parse_time(row["notAfter"]):
        raise bad_request("Certificate is already expired")
    content = x509.read_certificate(row["certificate"])
    certificate = issuance.issue_certificate(
        call,
        call.draft.rows(AUTHORITIES)[row["caId"]],
        CertificateOrder(
            not_before=call.now,
            not_after=call.now + parse_time(row["notAfter"]) - parse_time(row["notBefore"]),
            subject=content.subject,
            alt_names=content.alt_names,
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
    call.draft.merge(CERTIFICATES, row["id"], renewedByCertificateId=certificate["id"], updatedAt=call.timestamp)
    return {
        **issuance.show_issued(certificate, without_roots=call.body["removeRootsFromChain"]),
        "certificateId": certificate["id"],
        "certificateRequestId": record_request(call, certificate)["id"],
    }


@route(
    "POST",
    "/api/v1/cert-manager/certificates/{id}/revoke",
    generation="current",
    access=MACHINES,
    body=obj(revocationReason=choice(*x509.REASONS)),
)
def revoke_certificate(call: Call) -> Answer:
    return revoke(call, load_certificate(call, "delete"))


def revoke(call: Call, row: Row) -> dict[str, Any]:
    """Revoke a certificate for the reason of the body."""
    if row["status"] == "revoked":
        raise bad_request("Certificate already revoked")
    reason_code, _ = x509.REASONS[call.body["revocationReason"]]
    call.draft.merge(
        CERTIFICATES,
        row["id"],
        status="revoked",
        revokedAt=call.timestamp,
        revocationReason=reason_code,
        updatedAt=call.timestamp,
    )
    authorities.publish_crl(call, row["caId"])
    return {"message": "The certificate was revoked", "serialNumber": row["serialNumber"], "revokedAt": call.timestamp}


@route("DELETE", CERTIFICATE_PATH, generation="current", access=MACHINES)
def delete_certificate(call: Call) -> Answer:
    row = load_certificate(call, "delete")
    drop(call, row)
    return {"certificate": pick(row, *COLUMNS)}


def drop(call: Call, row: Row) -> None:
    """Remove a certificate, and its id from the certificates that renew it."""
    call.draft.drop(CERTIFICATES, row["id"])
    for other in ("renewedByCertificateId", "renewedFromCertificateId"):
        for linked in call.draft.where(CERTIFICATES, **{other: row["id"]}):
            call.draft.merge(CERTIFICATES, linked["id"], **{other: None})


@route(
    "PATCH", "/api/v1/cert-manager/certificates/{id}/config", generation="current", access=MACHINES, body=CONFIG_BODY
)
def update_config(call: Call) -> Answer:
    row, body = load_certificate(call, "edit"), call.body
    if body.get("enableAutoRenewal") is False:
        call.draft.merge(CERTIFICATES, row["id"], renewBeforeDays=None, updatedAt=call.timestamp)
        return {"message": "The certificate is not renewed by itself anymore"}
    if "renewBeforeDays" not in body:
        return {"message": "Nothing was to be changed"}
    refuse_unrenewable(row, body["renewBeforeDays"])
    call.draft.merge(CERTIFICATES, row["id"], renewBeforeDays=body["renewBeforeDays"], updatedAt=call.timestamp)
    return {"message": "The certificate's configuration was changed", "renewBeforeDays": body["renewBeforeDays"]}


def refuse_unrenewable(row: Row, days: int) -> None:
    """Refuse automatic renewal of a certificate that cannot be renewed, or that would be renewed at once."""
    facts: dict[str, Any] = {
        "Certificate is revoked": row["status"] == "revoked",
        "Certificate has already been renewed": row["renewedByCertificateId"] is not None,
        "A certificate that was issued for a CSR cannot be renewed": row["privateKey"] is None,
        "renewBeforeDays must be less than the certificate's whole time": days * DAY_SECONDS
        >= parse_time(row["notAfter"]) - parse_time(row["notBefore"]),
    }
    for message, is_true in facts.items():
        if is_true:
            raise bad_request(message)
