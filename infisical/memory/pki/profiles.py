"""Certificate profiles: the authority of a certificate and the defaults of its content.

They cover the needs of `POST /certificates`: profiles of internal authorities, without the rules of policies.
"""

from __future__ import annotations

from typing import Final

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.domain.parameters import read_path_uuid
from infisical.memory.pki import authorities, issuance, x509
from infisical.memory.pki.fields import MAX_INTEGER, build_extended_usages_field, build_key_usages_field
from infisical.memory.pki.issuance import PROFILES
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import boolean, choice, guid, number, number_text, obj, string

PROFILES_PATH: Final = "/api/v1/cert-manager/certificate-profiles"
PROFILE_PATH: Final = "/api/v1/cert-manager/certificate-profiles/{id}"
SUBJECT: Final = "certificate-templates"
COLUMNS: Final = (
    "id",
    "projectId",
    "caId",
    "certificatePolicyId",
    "slug",
    "description",
    "enrollmentType",
    "createdAt",
    "updatedAt",
    "issuerType",
    "defaults",
)
DEFAULTS_FIELD: Final = obj(
    ttlDays=number(least=1, most=MAX_INTEGER, whole=True).optional(),
    commonName=string().optional(),
    keyAlgorithm=choice(*x509.KEY_ALGORITHMS).optional(),
    signatureAlgorithm=choice(*x509.SIGNATURES).optional(),
    keyUsages=build_key_usages_field().optional(),
    extendedKeyUsages=build_extended_usages_field().optional(),
    organization=string().optional(),
    organizationalUnit=string().optional(),
    country=string().optional(),
    state=string().optional(),
    locality=string().optional(),
)
NEW_PROFILE: Final = obj(
    projectId=string(least=1),
    caId=guid(),
    certificatePolicyId=guid(),
    slug=string(
        least=1,
        most=255,
        matches=r"[a-z0-9-]+",
        message="Slug must contain only lowercase letters, numbers, and hyphens",
    ),
    description=string(most=1000).optional(),
    enrollmentType=choice("api"),
    issuerType=choice("ca").optional("ca"),
    apiConfig=obj(autoRenew=boolean().optional(False), renewBeforeDays=number(least=1, most=30).optional()),
    defaults=DEFAULTS_FIELD.or_null().optional(None),
)
LIST_QUERY: Final = obj(
    projectId=string(least=1),
    offset=number_text(least=0).optional(0),
    limit=number_text(least=1, most=100).optional(20),
    search=string().optional(""),
    caId=guid().optional(),
)


def show_profile(row: Row) -> Row:
    return pick(row, *COLUMNS)


def load_profile(call: Call, action: str) -> Row:
    """Return the profile of the path; refuse callers without permission for this action."""
    row = issuance.get_profile(call, read_path_uuid(call, "id"))
    permit(call, row["projectId"], action, SUBJECT)
    return row


@route("POST", PROFILES_PATH, generation="current", access=MACHINES, body=NEW_PROFILE)
def create_profile(call: Call) -> Answer:
    body = call.body
    project_id = authorities.get_manager_project(call, body["projectId"], "create", SUBJECT)["id"]
    ca = call.draft.get(authorities.AUTHORITIES, body["caId"])
    if ca is None or ca["projectId"] != project_id:
        raise not_found(f"Certificate Authority with ID '{body['caId']}' not found")
    if call.draft.find(PROFILES, projectId=project_id, slug=body["slug"]) is not None:
        raise bad_request(f"Certificate profile with slug '{body['slug']}' already exists")
    row = call.new_row(**{**body, "description": body.get("description")})
    return {"certificateProfile": show_profile(call.draft.put(PROFILES, row["id"], row))}


@route("GET", PROFILES_PATH, generation="current", access=MACHINES, query=LIST_QUERY)
def list_profiles(call: Call) -> Answer:
    query = call.query
    project_id = authorities.get_manager_project(call, query["projectId"], "read", SUBJECT)["id"]
    rows = [
        row
        for row in call.draft.where(PROFILES, projectId=project_id)
        if query["search"].lower() in row["slug"] and query.get("caId", row["caId"]) == row["caId"]
    ]
    page = rows[int(query["offset"]) :][: int(query["limit"])]
    return {"certificateProfiles": [show_profile(row) for row in page], "totalCount": len(rows)}


@route("GET", PROFILE_PATH, generation="current", access=MACHINES)
def get_profile(call: Call) -> Answer:
    return {"certificateProfile": show_profile(load_profile(call, "read"))}


@route("DELETE", PROFILE_PATH, generation="current", access=MACHINES)
def delete_profile(call: Call) -> Answer:
    row = load_profile(call, "delete")
    call.draft.drop(PROFILES, row["id"])
    for certificate in call.draft.where(authorities.CERTIFICATES, profileId=row["id"]):
        call.draft.merge(authorities.CERTIFICATES, certificate["id"], profileId=None)
    return {"certificateProfile": show_profile(row)}
