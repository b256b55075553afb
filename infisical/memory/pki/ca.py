"""Certificate authorities of a project: routes that manage them and that sign certificates with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit
from infisical.memory.call import Call, parse_time, pick
from infisical.memory.pki import authorities, chains, issuance, x509
from infisical.memory.pki.authorities import AUTHORITIES
from infisical.memory.pki.fields import (
    MAX_INTEGER,
    build_alt_names_field,
    build_date_field,
    build_extended_usages_field,
    build_key_usages_field,
    build_ttl_field,
    parse_duration,
    split_names,
)
from infisical.memory.pki.issuance import CertificateOrder
from infisical.memory.pki.x509 import Statement
from infisical.memory.refusals import bad_request, internal_error, not_found
from infisical.memory.routing import MACHINES, Answer, Handler, Route, route
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
OLD_COLUMNS: Final = tuple(name for name in COLUMNS if name != "name")
CONFIGURATION_COLUMNS: Final = tuple(
    name
    for name in COLUMNS
    if name not in ("id", "createdAt", "updatedAt", "projectId", "status", "name", "requireTemplateForIssuance")
)

NEW_AUTHORITY: Final = obj(
    projectSlug=string(),
    type=choice("root", "intermediate"),
    friendlyName=string().optional(),
    **{name: string() for name in SUBJECT_PARTS},
    notBefore=build_date_field().optional(),
    notAfter=build_date_field().optional(),
    maxPathLength=number(least=-1, most=MAX_INTEGER, whole=True).optional(-1),
    keyAlgorithm=choice(*x509.KEY_ALGORITHMS).optional("RSA_2048"),
    requireTemplateForIssuance=boolean().optional(False),
).where(
    lambda body: any(body[name] for name in SUBJECT_PARTS),
    "At least one of the fields commonName, organization, ou, country, province or locality must be non-empty",
)
CHANGES_BODY: Final = obj(
    status=choice("active", "disabled").optional(), requireTemplateForIssuance=boolean().optional()
)
RENEWAL_BODY: Final = obj(type=choice("existing"), notAfter=build_date_field())
INTERMEDIATE_BODY: Final = obj(
    csr=string(least=1),
    notBefore=build_date_field().optional(),
    notAfter=build_date_field(),
    maxPathLength=number(least=-1, most=MAX_INTEGER, whole=True).optional(-1),
)
IMPORT_BODY: Final = obj(certificate=string(least=1), certificateChain=string(least=1))
LEAF_FIELDS: Final[dict[str, Field]] = {
    "friendlyName": string().optional(),
    "ttl": build_ttl_field().optional(),
    "notBefore": build_date_field().optional(),
    "notAfter": build_date_field().optional(),
    "keyUsages": build_key_usages_field().optional(),
    "extendedKeyUsages": build_extended_usages_field().optional(),
}


def require_end(body: Field) -> Field:
    return body.where(lambda fields: "ttl" in fields or "notAfter" in fields, "Either ttl or notAfter must be present")


OLD_LEAF_FIELDS: Final = {**LEAF_FIELDS, "ttl": build_ttl_field()}
"""In October 2024 `ttl` is required."""


def build_issue_fields(fields: dict[str, Field]) -> dict[str, Field]:
    return {"commonName": string(least=1), "altNames": build_alt_names_field().optional(""), **fields}


def build_sign_fields(fields: dict[str, Field]) -> dict[str, Field]:
    return {
        "csr": string(least=1, most=4096),
        "commonName": string(least=1).optional(),
        "altNames": build_alt_names_field().optional(),
        **fields,
    }


def show_authority(call: Call, row: Row) -> Row:
    return pick(row, *(OLD_COLUMNS if call.is_2024 else COLUMNS))


def show_certificate(certificate: Row) -> dict[str, Any]:
    return pick(certificate, "certificate", "certificateChain", "serialNumber")


# ---- authorities
@route("GET", "/api/v2/pki/ca", generation="current", access=MACHINES, query=obj(projectId=string()))
def list_authorities(call: Call) -> Answer:
    project = authorities.get_manager_project(call, call.query["projectId"], "read", authorities.SUBJECT)
    answers = [
        {
            **pick(row, "id", "name"),
            "type": "internal",
            **pick(row, "status", "projectId"),
            "enableDirectIssuance": not row["requireTemplateForIssuance"],
            "configuration": pick(row, *CONFIGURATION_COLUMNS),
        }
        for row in call.draft.where(AUTHORITIES, projectId=project["id"])
    ]
    return {"certificateAuthorities": answers}


@route("POST", "/api/v1/pki/ca", access=MACHINES, body=NEW_AUTHORITY)
def create_authority(call: Call) -> Answer:
    slug = call.body["projectSlug"]
    project = call.draft.find(tables.PROJECTS, slug=slug, orgId=call.organization_id)
    if project is None:
        if call.is_2024:
            raise internal_error("Find project by slug")
        raise not_found(f"Project with slug '{slug}' not found")
    permit(call, project["id"], "create", authorities.SUBJECT)
    return {"ca": show_authority(call, authorities.create_authority(call, project["id"], call.body))}


@route("GET", CA_PATH, access=MACHINES)
def get_authority(call: Call) -> Answer:
    return {"ca": show_authority(call, authorities.load_authority(call, "read"))}


@route("PATCH", CA_PATH, access=MACHINES, body=CHANGES_BODY, limit="read")
def update_authority(call: Call) -> Answer:
    row = authorities.load_authority(call, "edit")
    return {"ca": show_authority(call, call.draft.merge(AUTHORITIES, row["id"], **call.body, updatedAt=call.timestamp))}


@route("DELETE", CA_PATH, access=MACHINES)
def delete_authority(call: Call) -> Answer:
    row = authorities.load_authority(call, "delete")
    authorities.remove_authority(call, row)
    return {"ca": show_authority(call, row)}


# ---- certificates of authorities
@route("GET", "/api/v1/pki/ca/{caId}/csr", access=MACHINES)
def get_csr(call: Call) -> Answer:
    row = authorities.load_authority(call, "create")
    if row["type"] == "root":
        raise bad_request("Root CA cannot generate CSR")
    return {"csr": x509.create_csr(row["privateKey"], row, key_usages=x509.INTERMEDIATE_USAGES)}


@route("GET", "/api/v1/pki/ca/{caId}/certificate", access=MACHINES)
def get_certificate(call: Call) -> Answer:
    return show_certificate(authorities.get_current_certificate(call, authorities.load_authority(call, "read")))


@route("GET", "/api/v1/pki/ca/{caId}/ca-certificates", access=MACHINES)
def list_certificates(call: Call) -> Answer:
    rows = call.draft.rows(authorities.name_certificates_table(authorities.load_authority(call, "read")["id"])).values()
    return [{**show_certificate(row), "version": row["version"]} for row in rows]


@route("GET", "/api/v1/pki/ca/{caId}/crls", access=MACHINES)
def get_crls(call: Call) -> Answer:
    row = authorities.load_authority(call, "read")
    return [{"id": row["crlId"], "crl": row["crl"]}]


@route("POST", "/api/v1/pki/ca/{caId}/renew", access=MACHINES, body=RENEWAL_BODY)
def renew(call: Call) -> Answer:
    row = authorities.load_authority(call, "renew")
    content = x509.read_certificate(authorities.get_current_certificate(call, row)["certificate"])
    if row["status"] == authorities.DISABLED_STATUS:
        raise bad_request("CA is disabled")
    end = parse_time(call.body["notAfter"])
    if end <= content.not_after:
        kind = "Root" if row["type"] == "root" else "Intermediate"
        raise bad_request(
            f"New {kind} CA certificate must have notAfter date that is greater than the current certificate "
            "notAfter date"
        )
    chain = ""
    if row["type"] == "root":
        statement = authorities.build_root_statement(call, row["maxPathLength"], call.now, end)
        certificate = x509.create_self_signed(row["privateKey"], row, statement)
    else:
        parent = call.draft.get(AUTHORITIES, row["parentCaId"] or "")
        if parent is None:
            raise bad_request("An intermediate CA with an external parent CA cannot be renewed")
        issuer = authorities.build_issuer(call, parent)
        if end > x509.read_certificate(issuer.certificate).not_after:
            raise bad_request("The new CA certificate must not end after that of the parent CA")
        chain = authorities.build_chain(authorities.get_current_certificate(call, parent))
        statement = build_intermediate_statement(call, parent, call.now, end, row["maxPathLength"])
        certificate = x509.create_certificate(issuer, row["privateKey"], row, statement)
    # As on the server, the row keeps the serial number of the first certificate: parents are looked up by it.
    authorities.install_certificate(call, row["id"], certificate, chain, statement)
    return {"certificate": certificate, "certificateChain": chain, "serialNumber": statement.serial}


@route("POST", "/api/v1/pki/ca/{caId}/import-certificate", access=MACHINES, body=IMPORT_BODY)
def import_certificate(call: Call) -> Answer:
    row = authorities.load_authority(call, "create")
    if row["parentCaId"] is not None:
        raise bad_request("An intermediate CA with an internal parent CA takes no other certificate")
    certificate, chain = call.body["certificate"], call.body["certificateChain"]
    content = x509.read_certificate(certificate)
    issuer_content = x509.read_certificate(chains.verify_chain(certificate, chain)[0])
    if not x509.matches_key(certificate, row["privateKey"]):
        raise bad_request("CA and certificate public key do not match")
    parent = call.draft.find(AUTHORITIES, projectId=row["projectId"], serialNumber=issuer_content.serial)
    statement = Statement(serial=content.serial, not_before=content.not_before, not_after=content.not_after)
    authorities.install_certificate(
        call,
        row["id"],
        certificate,
        chain,
        statement,
        status=authorities.ACTIVE_STATUS,
        serialNumber=content.serial,
        maxPathLength=-1 if content.path_length is None else content.path_length,
        parentCaId=None if parent is None else parent["id"],
    )
    return {"message": "The certificate was imported to the CA", "caId": row["id"]}


# ---- issuance
def build_intermediate_statement(
    call: Call, parent: Row, start: float, end: float, max_path_length: int | None
) -> Statement:
    return Statement(
        serial=authorities.draw_serial(call),
        not_before=start,
        not_after=end,
        key_usages=x509.INTERMEDIATE_USAGES,
        is_ca=True,
        path_length=authorities.convert_path_length(max_path_length),
        **authorities.build_issuer_urls(call, parent),
    )


@route("POST", "/api/v1/pki/ca/{caId}/sign-intermediate", access=MACHINES, body=INTERMEDIATE_BODY)
def sign_intermediate(call: Call) -> Answer:
    row = authorities.load_authority(call, "sign-intermediate")
    if row["status"] == authorities.DISABLED_STATUS:
        raise bad_request("CA is disabled")
    issuer, body = authorities.build_issuer(call, row), call.body
    if authorities.is_expired(call, row):
        raise authorities.build_expiry_refusal()
    x509.read_csr(body["csr"])
    limit, path_length = x509.read_certificate(issuer.certificate).path_length, body["maxPathLength"]
    if limit == 0:
        raise bad_request("The CA may not issue intermediate certificates: its path length is 0")
    if limit is not None and (path_length >= limit or path_length == -1):
        raise bad_request("The path length asked for exceeds what the CA allows")
    start = parse_time(body["notBefore"]) if "notBefore" in body else call.now
    end = parse_time(body["notAfter"])
    authorities.refuse_outside_validity(start, end, issuer)
    statement = build_intermediate_statement(call, row, start, end, path_length)
    return {
        "certificate": x509.create_certificate(issuer, body["csr"], None, statement),
        "certificateChain": authorities.build_chain(authorities.get_current_certificate(call, row)),
        "serialNumber": statement.serial,
        "issuingCaCertificate": issuer.certificate,
    }


def issue_leaf(call: Call, csr: str | None) -> dict[str, Any]:
    """Issue the requested certificate; refuse an authority that issues only by templates."""
    row = authorities.load_authority(call, "create", issuance.SUBJECT)
    if row["requireTemplateForIssuance"]:
        raise bad_request("Certificate template is required for issuance")
    return issue_from(call, row, csr)


def issue_from(call: Call, row: Row, csr: str | None) -> dict[str, Any]:
    """Issue the requested certificate by an authority."""
    body = call.body
    start, end = issuance.choose_validity(
        call,
        parse_time(body["notBefore"]) if "notBefore" in body else None,
        parse_time(body["notAfter"]) if "notAfter" in body else None,
        parse_duration(body["ttl"]) if "ttl" in body else None,
    )
    order = CertificateOrder(
        not_before=start,
        not_after=end,
        subject={"commonName": body["commonName"]} if "commonName" in body else {},
        alt_names=split_names(body["altNames"]) if "altNames" in body else None,
        key_usages=body.get("keyUsages"),
        extended_key_usages=body.get("extendedKeyUsages"),
        csr=csr,
        friendly_name=body.get("friendlyName"),
    )
    return issuance.show_issued(issuance.issue_certificate(call, row, order))


def issue_certificate(call: Call) -> Answer:
    return issue_leaf(call, None)


def sign_certificate(call: Call) -> Answer:
    return issue_leaf(call, call.body["csr"])


def make_leaf_routes(
    action: str, build_fields: Callable[[dict[str, Field]], dict[str, Field]], handler: Handler
) -> tuple[Route, Route]:
    """Make the routes that issue a certificate, for both generations."""
    path = f"{CA_PATH}/{action}"
    return (
        route("POST", path, generation="current", access=MACHINES, body=require_end(obj(build_fields(LEAF_FIELDS))))(
            handler
        ),
        route("POST", path, generation="2024-10", access=MACHINES, body=obj(build_fields(OLD_LEAF_FIELDS)))(handler),
    )


ROUTES: Final = (
    *make_leaf_routes("issue-certificate", build_issue_fields, issue_certificate),
    *make_leaf_routes("sign-certificate", build_sign_fields, sign_certificate),
)
