"""Certificate templates: rules for certificates of an authority, and issuance by these rules."""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call, parse_time, pick
from infisical.memory.patterns import parse_pattern
from infisical.memory.pki import authorities, issuance, x509
from infisical.memory.pki.authorities import AUTHORITIES, TEMPLATES
from infisical.memory.pki.fields import (
    build_alt_names_field,
    build_date_field,
    build_extended_usages_field,
    build_key_usages_field,
    build_pattern_field,
    build_ttl_field,
    parse_duration,
    split_names,
)
from infisical.memory.pki.issuance import CertificateOrder
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import number_text, obj, slug, string

SUBJECT: Final = "certificate-templates"
TEMPLATES_PATH: Final = "/api/v2/pki/certificate-templates"
TEMPLATE_PATH: Final = "/api/v2/pki/certificate-templates/{templateName}"
COLUMNS: Final = (
    "id",
    "caId",
    "pkiCollectionId",
    "name",
    "commonName",
    "subjectAlternativeName",
    "ttl",
    "createdAt",
    "updatedAt",
    "keyUsages",
    "extendedKeyUsages",
)
USAGE_FIELDS: Final = {
    "keyUsages": build_key_usages_field().optional(list(issuance.DEFAULT_USAGES)),
    "extendedKeyUsages": build_extended_usages_field().optional([]),
}
PROJECT_FIELDS: Final = obj(projectId=string())
NEW_TEMPLATE: Final = obj(
    name=slug(),
    caName=slug(),
    projectId=string(),
    commonName=build_pattern_field(),
    subjectAlternativeName=build_pattern_field(),
    ttl=build_ttl_field(),
    **USAGE_FIELDS,
)
CHANGES_BODY: Final = obj(
    name=slug().optional(),
    caName=slug(),
    projectId=string(),
    commonName=build_pattern_field().optional(),
    subjectAlternativeName=build_pattern_field().optional(),
    ttl=build_ttl_field().optional(),
    **USAGE_FIELDS,
)
LIST_QUERY: Final = obj(
    projectId=string(), limit=number_text(least=0).optional(100), offset=number_text(least=0).optional(0)
)
ISSUE_BODY: Final = obj(
    projectId=string(),
    commonName=string(least=1),
    ttl=build_ttl_field(),
    keyUsages=build_key_usages_field().optional(),
    extendedKeyUsages=build_extended_usages_field().optional(),
    notBefore=build_date_field().optional(),
    notAfter=build_date_field().optional(),
    altNames=build_alt_names_field().optional(""),
)
SIGN_BODY: Final = obj(projectId=string(), ttl=build_ttl_field(), csr=string(least=1, most=4096))


def show_template(row: Row) -> Row:
    return pick(row, *COLUMNS)


def show_with_ca(call: Call, row: Row) -> Row:
    return {**show_template(row), "ca": pick(call.draft.rows(AUTHORITIES)[row["caId"]], "id", "name")}


def load_template(call: Call, project_id: str, action: str) -> Row:
    """Return the template of the path; refuse callers without permission for this action."""
    authorities.get_manager_project(call, project_id, action, SUBJECT)
    name = call.path["templateName"]
    row = call.draft.find(TEMPLATES, projectId=project_id, name=name)
    if row is None:
        raise not_found(f"Certificate template with name {name} not found")
    return row


def refuse_taken(call: Call, project_id: str, name: str, template_id: str | None = None) -> None:
    other = call.draft.find(TEMPLATES, projectId=project_id, name=name)
    if other is not None and other["id"] != template_id:
        raise bad_request(f"Template with name {name} already exists.")


# ---- templates
@route("POST", TEMPLATES_PATH, generation="current", access=MACHINES, body=NEW_TEMPLATE)
def create_template(call: Call) -> Answer:
    body = call.body
    project_id = authorities.get_manager_project(call, body["projectId"], "create", SUBJECT)["id"]
    ca = authorities.get_authority_by_name(call, project_id, body["caName"])
    refuse_taken(call, project_id, body["name"])
    columns = {name: value for name, value in body.items() if name not in ("caName", "projectId")}
    row = call.new_row(projectId=project_id, caId=ca["id"], pkiCollectionId=None, **columns)
    return {"certificateTemplate": show_template(call.draft.put(TEMPLATES, row["id"], row))}


@route("GET", TEMPLATES_PATH, generation="current", access=MACHINES, query=LIST_QUERY)
def list_templates(call: Call) -> Answer:
    query = call.query
    project_id = authorities.get_manager_project(call, query["projectId"], "read", SUBJECT)["id"]
    rows = call.draft.where(TEMPLATES, projectId=project_id)
    page = rows[int(query["offset"]) :][: int(query["limit"])]
    return {"certificateTemplates": [show_with_ca(call, row) for row in page], "totalCount": len(rows)}


@route("GET", TEMPLATE_PATH, generation="current", access=MACHINES, query=PROJECT_FIELDS)
def get_template(call: Call) -> Answer:
    return {"certificateTemplate": show_with_ca(call, load_template(call, call.query["projectId"], "read"))}


@route("PATCH", TEMPLATE_PATH, generation="current", access=MACHINES, body=CHANGES_BODY)
def update_template(call: Call) -> Answer:
    body = call.body
    row = load_template(call, body["projectId"], "edit")
    ca = authorities.get_authority_by_name(call, row["projectId"], body["caName"])
    if "name" in body:
        refuse_taken(call, row["projectId"], body["name"], row["id"])
    columns = {name: value for name, value in body.items() if name not in ("caName", "projectId")}
    updated_row = call.draft.merge(TEMPLATES, row["id"], **columns, caId=ca["id"], updatedAt=call.timestamp)
    return {"certificateTemplate": show_template(updated_row)}


@route("DELETE", TEMPLATE_PATH, generation="current", access=MACHINES, body=PROJECT_FIELDS)
def delete_template(call: Call) -> Answer:
    row = load_template(call, call.body["projectId"], "delete")
    call.draft.drop(TEMPLATES, row["id"])
    for certificate in call.draft.where(authorities.CERTIFICATES, certificateTemplateId=row["id"]):
        call.draft.merge(authorities.CERTIFICATES, certificate["id"], certificateTemplateId=None)
    return {"certificateTemplate": show_template(row)}


# ---- issuance
def choose_usages(kind: str, usages: list[str] | None, allowed: list[str]) -> list[str]:
    """Return the requested usages, by default those of the template; refuse usages that it lacks."""
    if usages is None:
        return allowed
    if set(usages) - set(allowed):
        raise bad_request(f"Invalid {kind} value based on template policy")
    return usages


def refuse_name(template: Row, common_name: str) -> None:
    if not parse_pattern(template["commonName"]).matches_within(common_name):
        raise bad_request("Invalid common name based on template policy")


def refuse_alt_names(template: Row, names: list[str]) -> None:
    allowed = parse_pattern(template["subjectAlternativeName"])
    if not all(allowed.matches_within(name) for name in names):
        raise bad_request("Invalid subject alternative name based on template policy")


def refuse_long_validity(template: Row, seconds: float) -> None:
    if seconds > parse_duration(template["ttl"]):
        raise bad_request("Invalid validity date based on template policy")


@route(
    "POST",
    "/api/v2/pki/certificate-templates/{templateName}/issue-certificate",
    generation="current",
    access=MACHINES,
    body=ISSUE_BODY,
)
def issue_certificate(call: Call) -> Answer:
    body = call.body
    row = load_template(call, body["projectId"], "issue-cert")
    ca = call.draft.rows(AUTHORITIES)[row["caId"]]
    authorities.refuse_inactive(call, ca)
    start, end = issuance.choose_validity(
        call,
        parse_time(body["notBefore"]) if "notBefore" in body else None,
        parse_time(body["notAfter"]) if "notAfter" in body else None,
        parse_duration(body["ttl"]),
    )
    authorities.refuse_outside_validity(start, end, authorities.build_issuer(call, ca))
    refuse_name(row, body["commonName"])
    refuse_long_validity(row, end - start)
    # The server splits the text by commas and checks one empty name if there are no names.
    refuse_alt_names(row, split_names(body["altNames"]) or [""])
    order = CertificateOrder(
        not_before=start,
        not_after=end,
        subject={"commonName": body["commonName"]},
        alt_names=split_names(body["altNames"]),
        key_usages=choose_usages("key usage", body.get("keyUsages"), row["keyUsages"]),
        extended_key_usages=choose_usages(
            "extended key usage", body.get("extendedKeyUsages"), row["extendedKeyUsages"]
        ),
        template_id=row["id"],
    )
    return issuance.show_issued(issuance.issue_certificate(call, ca, order))


@route(
    "POST",
    "/api/v2/pki/certificate-templates/{templateName}/sign-certificate",
    generation="current",
    access=MACHINES,
    body=SIGN_BODY,
)
def sign_certificate(call: Call) -> Answer:
    body = call.body
    row = load_template(call, body["projectId"], "issue-cert")
    ca = call.draft.rows(AUTHORITIES)[row["caId"]]
    authorities.refuse_inactive(call, ca)
    start, end = issuance.choose_validity(call, None, None, parse_duration(body["ttl"]))
    authorities.refuse_outside_validity(start, end, authorities.build_issuer(call, ca))
    content = x509.read_csr(body["csr"])
    if "commonName" not in content.subject:
        raise bad_request("Missing common name on CSR")
    refuse_name(row, content.subject["commonName"])
    refuse_long_validity(row, end - start)
    refuse_alt_names(row, list(content.alt_names))
    order = CertificateOrder(
        not_before=start,
        not_after=end,
        key_usages=choose_usages("key usage", list(content.key_usages) or None, row["keyUsages"]),
        extended_key_usages=choose_usages(
            "extended key usage", list(content.extended_key_usages) or None, row["extendedKeyUsages"]
        ),
        csr=body["csr"],
        template_id=row["id"],
    )
    return issuance.show_issued(issuance.issue_certificate(call, ca, order))
