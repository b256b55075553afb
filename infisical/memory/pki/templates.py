"""Certificate templates: what an authority may issue by their names, and issuing it within their rules."""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call, pick, seconds_of
from infisical.memory.patterns import expression
from infisical.memory.pki import authorities, issuance
from infisical.memory.pki import x509 as certificates
from infisical.memory.pki.authorities import AUTHORITIES, TEMPLATES
from infisical.memory.pki.fields import (
    alt_names,
    date_text,
    extended_key_usages,
    key_usages,
    names_in,
    pattern,
    seconds_in,
    ttl,
)
from infisical.memory.pki.issuance import Wanted
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
USAGES: Final = {
    "keyUsages": key_usages().optional(list(issuance.DEFAULT_USAGES)),
    "extendedKeyUsages": extended_key_usages().optional([]),
}
PROJECT: Final = obj(projectId=string())
NEW: Final = obj(
    name=slug(),
    caName=slug(),
    projectId=string(),
    commonName=pattern(),
    subjectAlternativeName=pattern(),
    ttl=ttl(),
    **USAGES,
)
CHANGES: Final = obj(
    name=slug().optional(),
    caName=slug(),
    projectId=string(),
    commonName=pattern().optional(),
    subjectAlternativeName=pattern().optional(),
    ttl=ttl().optional(),
    **USAGES,
)
LISTED: Final = obj(
    projectId=string(), limit=number_text(least=0).optional(100), offset=number_text(least=0).optional(0)
)
ISSUE: Final = obj(
    projectId=string(),
    commonName=string(least=1),
    ttl=ttl(),
    keyUsages=key_usages().optional(),
    extendedKeyUsages=extended_key_usages().optional(),
    notBefore=date_text().optional(),
    notAfter=date_text().optional(),
    altNames=alt_names().optional(""),
)
SIGN: Final = obj(projectId=string(), ttl=ttl(), csr=string(least=1, most=4096))


def shown(row: Row) -> Row:
    return pick(row, *COLUMNS)


def with_ca(call: Call, row: Row) -> Row:
    return {**shown(row), "ca": pick(call.draft.rows(AUTHORITIES)[row["caId"]], "id", "name")}


def found(call: Call, project_id: str, action: str) -> Row:
    """Return the template that the path names; refuse who may not do this with templates."""
    authorities.manager_project(call, project_id, action, SUBJECT)
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
@route("POST", TEMPLATES_PATH, only="current", auth=MACHINES, body=NEW)
def create_template(call: Call) -> Answer:
    body = call.body
    project_id = authorities.manager_project(call, body["projectId"], "create", SUBJECT)["id"]
    ca = authorities.named(call, project_id, body["caName"])
    refuse_taken(call, project_id, body["name"])
    told = {name: value for name, value in body.items() if name not in ("caName", "projectId")}
    row = call.new_row(projectId=project_id, caId=ca["id"], pkiCollectionId=None, **told)
    return {"certificateTemplate": shown(call.draft.put(TEMPLATES, row["id"], row))}


@route("GET", TEMPLATES_PATH, only="current", auth=MACHINES, query=LISTED)
def list_templates(call: Call) -> Answer:
    query = call.query
    project_id = authorities.manager_project(call, query["projectId"], "read", SUBJECT)["id"]
    rows = call.draft.where(TEMPLATES, projectId=project_id)
    page = rows[int(query["offset"]) :][: int(query["limit"])]
    return {"certificateTemplates": [with_ca(call, row) for row in page], "totalCount": len(rows)}


@route("GET", TEMPLATE_PATH, only="current", auth=MACHINES, query=PROJECT)
def get_template(call: Call) -> Answer:
    return {"certificateTemplate": with_ca(call, found(call, call.query["projectId"], "read"))}


@route("PATCH", TEMPLATE_PATH, only="current", auth=MACHINES, body=CHANGES)
def update_template(call: Call) -> Answer:
    body = call.body
    row = found(call, body["projectId"], "edit")
    ca = authorities.named(call, row["projectId"], body["caName"])
    if "name" in body:
        refuse_taken(call, row["projectId"], body["name"], row["id"])
    told = {name: value for name, value in body.items() if name not in ("caName", "projectId")}
    changed = call.draft.merge(TEMPLATES, row["id"], **told, caId=ca["id"], updatedAt=call.at)
    return {"certificateTemplate": shown(changed)}


@route("DELETE", TEMPLATE_PATH, only="current", auth=MACHINES, body=PROJECT)
def delete_template(call: Call) -> Answer:
    row = found(call, call.body["projectId"], "delete")
    call.draft.drop(TEMPLATES, row["id"])
    for certificate in call.draft.where(authorities.CERTIFICATES, certificateTemplateId=row["id"]):
        call.draft.merge(authorities.CERTIFICATES, certificate["id"], certificateTemplateId=None)
    return {"certificateTemplate": shown(row)}


# ---- issuing by them
def within(kind: str, asked: list[str] | None, allowed: list[str]) -> list[str]:
    """Return the usages that are asked for, the template's where none are; refuse what it does not have."""
    if asked is None:
        return allowed
    if set(asked) - set(allowed):
        raise bad_request(f"Invalid {kind} value based on template policy")
    return asked


def refuse_name(template: Row, common_name: str) -> None:
    if not expression(template["commonName"]).found_in(common_name):
        raise bad_request("Invalid common name based on template policy")


def refuse_alt_names(template: Row, names: list[str]) -> None:
    allowed = expression(template["subjectAlternativeName"])
    if not all(allowed.found_in(name) for name in names):
        raise bad_request("Invalid subject alternative name based on template policy")


def refuse_length(template: Row, seconds: float) -> None:
    if seconds > seconds_in(template["ttl"]):
        raise bad_request("Invalid validity date based on template policy")


@route(
    "POST",
    "/api/v2/pki/certificate-templates/{templateName}/issue-certificate",
    only="current",
    auth=MACHINES,
    body=ISSUE,
)
def issue_certificate(call: Call) -> Answer:
    body = call.body
    row = found(call, body["projectId"], "issue-cert")
    ca = call.draft.rows(AUTHORITIES)[row["caId"]]
    authorities.refuse_unable(call, ca)
    start, end = issuance.span(
        call,
        seconds_of(body["notBefore"]) if "notBefore" in body else None,
        seconds_of(body["notAfter"]) if "notAfter" in body else None,
        seconds_in(body["ttl"]),
    )
    authorities.refuse_outside(start, end, authorities.issuer_of(call, ca))
    refuse_name(row, body["commonName"])
    refuse_length(row, end - start)
    # The server looks at the names split by commas: where there are none, at one that is empty.
    refuse_alt_names(row, names_in(body["altNames"]) or [""])
    wanted = Wanted(
        not_before=start,
        not_after=end,
        subject={"commonName": body["commonName"]},
        alt_names=names_in(body["altNames"]),
        key_usages=within("key usage", body.get("keyUsages"), row["keyUsages"]),
        extended_key_usages=within("extended key usage", body.get("extendedKeyUsages"), row["extendedKeyUsages"]),
        template_id=row["id"],
    )
    return issuance.handed_out(issuance.issue(call, ca, wanted))


@route(
    "POST",
    "/api/v2/pki/certificate-templates/{templateName}/sign-certificate",
    only="current",
    auth=MACHINES,
    body=SIGN,
)
def sign_certificate(call: Call) -> Answer:
    body = call.body
    row = found(call, body["projectId"], "issue-cert")
    ca = call.draft.rows(AUTHORITIES)[row["caId"]]
    authorities.refuse_unable(call, ca)
    start, end = issuance.span(call, None, None, seconds_in(body["ttl"]))
    authorities.refuse_outside(start, end, authorities.issuer_of(call, ca))
    asked = certificates.read_csr(body["csr"])
    if "commonName" not in asked.subject:
        raise bad_request("Missing common name on CSR")
    refuse_name(row, asked.subject["commonName"])
    refuse_length(row, end - start)
    refuse_alt_names(row, list(asked.alt_names))
    wanted = Wanted(
        not_before=start,
        not_after=end,
        key_usages=within("key usage", list(asked.key_usages) or None, row["keyUsages"]),
        extended_key_usages=within(
            "extended key usage", list(asked.extended_key_usages) or None, row["extendedKeyUsages"]
        ),
        csr=body["csr"],
        template_id=row["id"],
    )
    return issuance.handed_out(issuance.issue(call, ca, wanted))
