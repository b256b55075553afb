"""Certificate authorities of a project, and what they sign; rows and X.509 are authorities.py's and issuance.py's."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, pick, seconds_of
from infisical.memory.pki import authorities, issuance
from infisical.memory.pki import x509 as certificates
from infisical.memory.pki.authorities import AUTHORITIES
from infisical.memory.pki.fields import (
    MOST,
    alt_names,
    date_text,
    extended_key_usages,
    key_usages,
    names_in,
    seconds_in,
    ttl,
)
from infisical.memory.pki.issuance import Wanted
from infisical.memory.pki.x509 import Statement
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import Field, boolean, choice, number, obj, string

CA_PATH: Final = "/api/v1/pki/ca/{caId}"
SUBJECT_PARTS: Final = ("commonName", "organization", "ou", "country", "province", "locality")
COLUMNS: Final = (
    "id",
    "createdAt",
    "updatedAt",
    "projectId",
    "status",
    "name",
    "parentCaId",
    "type",
    "friendlyName",
    "organization",
    "ou",
    "country",
    "province",
    "locality",
    "commonName",
    "dn",
    "serialNumber",
    "maxPathLength",
    "keyAlgorithm",
    "activeCaCertId",
    "requireTemplateForIssuance",
    "notBefore",
    "notAfter",
)
CONFIGURATION: Final = tuple(
    name
    for name in COLUMNS
    if name not in ("id", "createdAt", "updatedAt", "projectId", "status", "name", "requireTemplateForIssuance")
)

NEW: Final = obj(
    projectSlug=string(),
    type=choice("root", "intermediate"),
    friendlyName=string().optional(),
    **{name: string() for name in SUBJECT_PARTS},
    notBefore=date_text().optional(),
    notAfter=date_text().optional(),
    maxPathLength=number(least=-1, most=MOST, whole=True).optional(-1),
    keyAlgorithm=choice(*certificates.KEY_ALGORITHMS).optional("RSA_2048"),
    requireTemplateForIssuance=boolean().optional(False),
).where(
    lambda body: any(body[name] for name in SUBJECT_PARTS),
    "At least one of the fields commonName, organization, ou, country, province or locality must be non-empty",
)
CHANGES: Final = obj(status=choice("active", "disabled").optional(), requireTemplateForIssuance=boolean().optional())
RENEWAL: Final = obj(type=choice("existing"), notAfter=date_text())
INTERMEDIATE: Final = obj(
    csr=string(least=1),
    notBefore=date_text().optional(),
    notAfter=date_text(),
    maxPathLength=number(least=-1, most=MOST, whole=True).optional(-1),
)
IMPORT: Final = obj(certificate=string(least=1), certificateChain=string(least=1))
LEAF: Final[dict[str, Field]] = {
    "friendlyName": string().optional(),
    "ttl": ttl().optional(),
    "notBefore": date_text().optional(),
    "notAfter": date_text().optional(),
    "keyUsages": key_usages().optional(),
    "extendedKeyUsages": extended_key_usages().optional(),
}


def dated(body: Field) -> Field:
    return body.where(lambda sent: "ttl" in sent or "notAfter" in sent, "Either ttl or notAfter must be present")


ISSUE: Final = dated(obj(commonName=string(least=1), altNames=alt_names().optional(""), **LEAF))
SIGN: Final = dated(
    obj(csr=string(least=1, most=4096), commonName=string(least=1).optional(), altNames=alt_names().optional(), **LEAF)
)


def shown(row: Row) -> Row:
    return pick(row, *COLUMNS)


def answered(certificate: Row) -> dict[str, Any]:
    return pick(certificate, "certificate", "certificateChain", "serialNumber")


# ---- authorities
@route("GET", "/api/v2/pki/ca", only="current", auth=MACHINES, query=obj(projectId=string()))
def list_authorities(call: Call) -> Answer:
    project = authorities.manager_project(call, call.query["projectId"], "read", authorities.SUBJECT)
    listed = [
        {
            **pick(row, "id", "name"),
            "type": "internal",
            **pick(row, "status", "projectId"),
            "enableDirectIssuance": not row["requireTemplateForIssuance"],
            "configuration": pick(row, *CONFIGURATION),
        }
        for row in call.draft.where(AUTHORITIES, projectId=project["id"])
    ]
    return {"certificateAuthorities": listed}


@route("POST", "/api/v1/pki/ca", auth=MACHINES, body=NEW)
def create_authority(call: Call) -> Answer:
    slug = call.body["projectSlug"]
    project = call.draft.find(tables.PROJECTS, slug=slug, orgId=call.organization_id)
    if project is None:
        raise not_found(f"Project with slug '{slug}' not found")
    permit(call, project["id"], "create", authorities.SUBJECT)
    return {"ca": shown(authorities.create(call, project["id"], call.body))}


@route("GET", CA_PATH, auth=MACHINES)
def get_authority(call: Call) -> Answer:
    return {"ca": shown(authorities.found(call, "read"))}


@route("PATCH", CA_PATH, auth=MACHINES, body=CHANGES, limit="read")
def update_authority(call: Call) -> Answer:
    row = authorities.found(call, "edit")
    return {"ca": shown(call.draft.merge(AUTHORITIES, row["id"], **call.body, updatedAt=call.at))}


@route("DELETE", CA_PATH, auth=MACHINES)
def delete_authority(call: Call) -> Answer:
    row = authorities.found(call, "delete")
    authorities.remove(call, row)
    return {"ca": shown(row)}


# ---- their certificates
@route("GET", "/api/v1/pki/ca/{caId}/csr", auth=MACHINES)
def get_csr(call: Call) -> Answer:
    row = authorities.found(call, "create")
    if row["type"] == "root":
        raise bad_request("Root CA cannot generate CSR")
    return {"csr": certificates.new_csr(row["privateKey"], row, key_usages=certificates.INTERMEDIATE_USAGES)}


@route("GET", "/api/v1/pki/ca/{caId}/certificate", auth=MACHINES)
def get_certificate(call: Call) -> Answer:
    return answered(authorities.current(call, authorities.found(call, "read")))


@route("GET", "/api/v1/pki/ca/{caId}/ca-certificates", auth=MACHINES)
def list_certificates(call: Call) -> Answer:
    rows = call.draft.rows(authorities.installed(authorities.found(call, "read")["id"])).values()
    return [{**answered(row), "version": row["version"]} for row in rows]


@route("GET", "/api/v1/pki/ca/{caId}/crls", auth=MACHINES)
def get_crls(call: Call) -> Answer:
    row = authorities.found(call, "read")
    return [{"id": row["crlId"], "crl": row["crl"]}]


@route("POST", "/api/v1/pki/ca/{caId}/renew", auth=MACHINES, body=RENEWAL)
def renew(call: Call) -> Answer:
    row = authorities.found(call, "renew")
    below = certificates.read_certificate(authorities.current(call, row)["certificate"])
    if row["status"] == authorities.DISABLED:
        raise bad_request("CA is disabled")
    end = seconds_of(call.body["notAfter"])
    if end <= below.not_after:
        raise bad_request("The new CA certificate must end after the current one")
    chain = ""
    if row["type"] == "root":
        says = authorities.root_statement(call, row["maxPathLength"], call.now, end)
        made = certificates.self_signed(row["privateKey"], row, says)
    else:
        parent = call.draft.get(AUTHORITIES, row["parentCaId"] or "")
        if parent is None:
            raise bad_request("An intermediate CA with an external parent CA cannot be renewed")
        issuer = authorities.issuer_of(call, parent)
        if end > certificates.read_certificate(issuer.certificate).not_after:
            raise bad_request("The new CA certificate must not end after that of the parent CA")
        chain = authorities.chain_from(authorities.current(call, parent))
        says = intermediate_statement(call, parent, call.now, end, row["maxPathLength"])
        made = certificates.signed(issuer, row["privateKey"], row, says)
    # The serial number stays that of the first certificate, as on the server: parents are found by it.
    authorities.install(call, row["id"], made, chain, says)
    return {"certificate": made, "certificateChain": chain, "serialNumber": says.serial}


@route("POST", "/api/v1/pki/ca/{caId}/import-certificate", auth=MACHINES, body=IMPORT)
def import_certificate(call: Call) -> Answer:
    row = authorities.found(call, "create")
    if row["parentCaId"] is not None:
        raise bad_request("An intermediate CA with an internal parent CA takes no other certificate")
    made, chain = call.body["certificate"], call.body["certificateChain"]
    read = certificates.read_certificate(made)
    above = certificates.read_certificate(certificates.verified_chain(made, chain)[0])
    if not certificates.is_of_key(made, row["privateKey"]):
        raise bad_request("CA and certificate public key do not match")
    parent = call.draft.find(AUTHORITIES, projectId=row["projectId"], serialNumber=above.serial)
    says = Statement(serial=read.serial, not_before=read.not_before, not_after=read.not_after)
    authorities.install(
        call,
        row["id"],
        made,
        chain,
        says,
        status=authorities.ACTIVE,
        serialNumber=read.serial,
        maxPathLength=-1 if read.path_length is None else read.path_length,
        parentCaId=None if parent is None else parent["id"],
    )
    return {"message": "The certificate was imported to the CA", "caId": row["id"]}


# ---- what they sign
def intermediate_statement(call: Call, parent: Row, start: float, end: float, max_path_length: int | None) -> Statement:
    return Statement(
        serial=authorities.new_serial(call),
        not_before=start,
        not_after=end,
        key_usages=certificates.INTERMEDIATE_USAGES,
        is_ca=True,
        path_length=authorities.limit_of(max_path_length),
        **authorities.issuer_urls(call, parent),
    )


@route("POST", "/api/v1/pki/ca/{caId}/sign-intermediate", auth=MACHINES, body=INTERMEDIATE)
def sign_intermediate(call: Call) -> Answer:
    row = authorities.found(call, "sign-intermediate")
    if row["status"] == authorities.DISABLED:
        raise bad_request("CA is disabled")
    issuer, body = authorities.issuer_of(call, row), call.body
    if authorities.expired(call, row):
        raise authorities.gone()
    certificates.read_csr(body["csr"])
    limit, asked = certificates.read_certificate(issuer.certificate).path_length, body["maxPathLength"]
    if limit == 0:
        raise bad_request("The CA may not issue intermediate certificates: its path length is 0")
    if limit is not None and (asked >= limit or asked == -1):
        raise bad_request("The path length asked for exceeds what the CA allows")
    start = seconds_of(body["notBefore"]) if "notBefore" in body else call.now
    end = seconds_of(body["notAfter"])
    authorities.refuse_outside(start, end, issuer)
    says = intermediate_statement(call, row, start, end, asked)
    return {
        "certificate": certificates.signed(issuer, body["csr"], None, says),
        "certificateChain": authorities.chain_from(authorities.current(call, row)),
        "serialNumber": says.serial,
        "issuingCaCertificate": issuer.certificate,
    }


def leaf(call: Call, csr: str | None) -> dict[str, Any]:
    """Issue what the body asks for; refuse an authority that issues only by templates."""
    row, body = authorities.found(call, "create", issuance.SUBJECT), call.body
    if row["requireTemplateForIssuance"]:
        raise bad_request("Certificate template is required for issuance")
    start, end = issuance.span(
        call,
        seconds_of(body["notBefore"]) if "notBefore" in body else None,
        seconds_of(body["notAfter"]) if "notAfter" in body else None,
        seconds_in(body["ttl"]) if "ttl" in body else None,
    )
    wanted = Wanted(
        not_before=start,
        not_after=end,
        subject={"commonName": body["commonName"]} if "commonName" in body else {},
        alt_names=names_in(body["altNames"]) if "altNames" in body else None,
        key_usages=body.get("keyUsages"),
        extended_key_usages=body.get("extendedKeyUsages"),
        csr=csr,
        friendly_name=body.get("friendlyName"),
    )
    return issuance.handed_out(issuance.issue(call, row, wanted))


@route("POST", "/api/v1/pki/ca/{caId}/issue-certificate", auth=MACHINES, body=ISSUE)
def issue_certificate(call: Call) -> Answer:
    return leaf(call, None)


@route("POST", "/api/v1/pki/ca/{caId}/sign-certificate", auth=MACHINES, body=SIGN)
def sign_certificate(call: Call) -> Answer:
    return leaf(call, call.body["csr"])
