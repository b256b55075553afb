"""Organizations: listed, made and deleted, their people and their projects.

Nearly all is for people: a machine identity is let in to some of it and gets an empty answer, as on the server.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables, tokens, tree
from infisical.memory.access import ORGANIZATION_ROLES, RESOURCE, organization_role, permit_organization
from infisical.memory.call import Call, pick
from infisical.memory.domain import cascade, people
from infisical.memory.projects import store
from infisical.memory.refusals import bad_request, forbidden, not_found, unauthorized
from infisical.memory.routing import JWT, MACHINES, Answer, route
from infisical.memory.seeding import add_org_member, add_organization, make_slug
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, obj, string

DEFAULTS: Final = {
    "googleSsoAuthEnforced": False,
    "allowSecretSharingOutsideOrganization": True,
    "bypassOrgAuthEnabled": False,
    "userTokenExpiration": None,
    "secretsProductEnabled": True,
    "pkiProductEnabled": True,
    "kmsProductEnabled": True,
    "sshProductEnabled": True,
    "scannerProductEnabled": True,
    "shareSecretsProductEnabled": True,
    "maxSharedSecretLifetime": 2592000,
    "maxSharedSecretViewLimit": None,
    "blockDuplicateSecretSyncDestinations": False,
    "rootOrgId": None,
    "parentOrgId": None,
    "kmsEncryptedDataKey": None,
}
"""Columns that every organization has as they are."""
COLUMNS: Final = (
    "id",
    "name",
    "customerId",
    "slug",
    "createdAt",
    "updatedAt",
    "authEnforced",
    "googleSsoAuthEnforced",
    "scimEnabled",
    "kmsDefaultKeyId",
    "defaultMembershipRole",
    "enforceMfa",
    "selectedMfaMethod",
    "allowSecretSharingOutsideOrganization",
    "shouldUseNewPrivilegeSystem",
    "privilegeUpgradeInitiatedByUsername",
    "privilegeUpgradeInitiatedAt",
    "bypassOrgAuthEnabled",
    "userTokenExpiration",
    "secretsProductEnabled",
    "pkiProductEnabled",
    "kmsProductEnabled",
    "sshProductEnabled",
    "scannerProductEnabled",
    "shareSecretsProductEnabled",
    "maxSharedSecretLifetime",
    "maxSharedSecretViewLimit",
    "blockDuplicateSecretSyncDestinations",
    "rootOrgId",
    "parentOrgId",
)
BEFORE: Final = (
    "id",
    "name",
    "customerId",
    "slug",
    "createdAt",
    "updatedAt",
    "authEnforced",
    "scimEnabled",
    "kmsDefaultKeyId",
    "kmsEncryptedDataKey",
    "defaultMembershipRole",
    "enforceMfa",
)
LISTED_BEFORE: Final = ("id", "role", "status", "inviteEmail", "orgId", "roleId", "isActive")
NAMES: Final = "Name can only contain alphanumeric characters, dashes, underscores, and spaces"
NEW: Final = obj(name=string(least=1, most=64, matches=r"[A-Za-z0-9\-_ ]+", message=NAMES))
PAIR: Final = obj(key=string(least=1), value=string(least=1))
CHANGE: Final = obj(role=string().optional(), isActive=boolean().optional(), metadata=array(PAIR).optional())
BULK: Final = obj(membershipIds=array(string()))

ORGANIZATION: Final = "/api/v2/organizations/{orgId}"
MEMBERSHIPS: Final = "/api/v2/organizations/{orgId}/memberships"
MEMBERSHIP: Final = "/api/v2/organizations/{orgId}/memberships/{membershipId}"


# ---- what is shown
def shown(call: Call, row: Row) -> dict[str, Any]:
    return pick({**DEFAULTS, **row}, *(BEFORE if call.before else COLUMNS))


def member_row(row: Row) -> dict[str, Any]:
    """Return a membership's row."""
    return {**pick(row, *people.MEMBERSHIP), "projectFavorites": row["projectFavorites"] or []}


def member_with_user(call: Call, row: Row) -> dict[str, Any]:
    """Return a membership as lists and reads show it: with its user, without its times."""
    user = people.small(call, people.person(call, row["userId"]))
    if call.before:
        return {**pick(row, *LISTED_BEFORE), "user": user}
    columns = {name: value for name, value in member_row(row).items() if name not in ("createdAt", "updatedAt")}
    return {**columns, "user": user}


# ---- which
def own(call: Call) -> Row:
    """Return the organization that the path names: it has to be that of the caller's credential."""
    organization_id = call.path["orgId"]
    if organization_id != call.organization_id:
        raise forbidden(RESOURCE, "You are not logged into this organization")
    organization_role(call, organization_id)
    return call.draft.rows(tables.ORGANIZATIONS)[organization_id]


def membership(call: Call, membership_id: str) -> Row:
    """Return a membership of the organization that the path names."""
    row = call.draft.get(tables.ORG_MEMBERS, membership_id)
    if row is None:
        raise not_found(f"Organization membership with ID '{membership_id}' not found")
    if row["orgId"] != call.path["orgId"]:
        raise forbidden("Membership does not belong to organization")
    return row


def remove(call: Call, membership_id: str) -> Row:
    """Take a person out of the organization; nobody removes oneself."""
    row = membership(call, membership_id)
    if row["userId"] == call.actor.id:
        raise bad_request("You cannot delete your own organization membership")
    people.drop_org_member(call, row)
    return member_row(row)


# ---- organizations
@route("GET", "/api/v1/organization", auth=JWT)
def list_organizations(call: Call) -> Answer:
    listed = []
    for row, member in people.organizations_of(call, call.actor.id):
        newer = {} if call.before else {"userRole": member["role"], "userJoinedAt": member["createdAt"]}
        listed.append({**shown(call, row), "orgAuthMethod": "", **newer})
    return {"organizations": listed}


@route("POST", "/api/v2/organizations", auth=JWT, body=NEW)
def create_organization(call: Call) -> Answer:
    name = call.body["name"]
    row = add_organization(call, name, f"{make_slug(name)}-{call.draft.random_bytes(4).hex()}")
    add_org_member(call, row["id"], call.actor.id, "admin")
    return {"organization": shown(call, row)}


@route("DELETE", ORGANIZATION, auth=JWT)
def delete_organization(call: Call) -> Answer:
    row = own(call)
    if organization_role(call, row["id"]) != "admin":
        raise forbidden("Insufficient privileges", "DeleteOrganizationById")
    cascade.remove(call.draft, [row["id"]])
    token = tokens.user_token(call, call.actor.id, None, lives=people.SESSION_LIVES)
    return {"organization": shown(call, row), "accessToken": token}


@route("POST", "/api/v2/organizations/privilege-system-upgrade", only="current", auth=JWT)
def upgrade_privilege_system(call: Call) -> Answer:
    organization_id = call.organization_id
    if organization_role(call, organization_id) != "admin":
        raise forbidden("Insufficient privileges - only the organization admin can upgrade the privilege system.")
    if call.draft.rows(tables.ORGANIZATIONS)[organization_id]["shouldUseNewPrivilegeSystem"]:
        raise bad_request("Privilege system already upgraded")
    row = call.draft.merge(
        tables.ORGANIZATIONS,
        organization_id,
        shouldUseNewPrivilegeSystem=True,
        privilegeUpgradeInitiatedByUsername=call.actor.row["username"],
        privilegeUpgradeInitiatedAt=call.at,
        updatedAt=call.at,
    )
    return {"organization": shown(call, row)}


@route("GET", f"{ORGANIZATION}/workspaces", auth=MACHINES)
def list_organization_projects(call: Call) -> Answer:
    row = own(call)
    return {
        "workspaces": [
            {
                **pick(project, "id", "name", "slug"),
                "organization": row["id"],
                "environments": [pick(one, "name", "slug") for one in tree.environment_list(call.draft, project["id"])],
            }
            for project in store.list_of_member(call, row["id"])
        ]
    }


# ---- members
@route("GET", MEMBERSHIPS, auth=MACHINES)
def list_memberships(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    row = own(call)
    permit_organization(call, "read", "member")
    return {"users": [member_with_user(call, one) for one in call.draft.where(tables.ORG_MEMBERS, orgId=row["id"])]}


@route("DELETE", MEMBERSHIPS, only="current", auth=MACHINES, body=BULK)
def bulk_delete_memberships(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    own(call)
    permit_organization(call, "delete", "member")
    return {"memberships": [remove(call, one) for one in call.body["membershipIds"]]}


@route("GET", MEMBERSHIP, auth=MACHINES, limit="write")
def get_membership(call: Call) -> Answer:
    own(call)
    permit_organization(call, "read", "member")
    row = membership(call, call.path["membershipId"])
    found = member_with_user(call, row)
    if call.before:
        return {"membership": found}
    return {"membership": {**found, "customRoleSlug": None, "metadata": list(row.get("metadata", ()))}}


@route("PATCH", MEMBERSHIP, auth=MACHINES, body=CHANGE)
def update_membership(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    own(call)
    permit_organization(call, "edit", "member")
    row = membership(call, call.path["membershipId"])
    if row["userId"] == call.actor.id:
        raise unauthorized("Cannot update own organization membership")
    columns = dict(call.body)
    if "role" in columns and columns["role"] not in ORGANIZATION_ROLES:
        raise bad_request("Organization role not found", "UpdateMembership")
    if "metadata" in columns:
        columns["metadata"] = [{"id": call.draft.new_id(), **pair} for pair in columns["metadata"]]
    return {"membership": member_row(call.draft.merge(tables.ORG_MEMBERS, row["id"], **columns, updatedAt=call.at))}


@route("DELETE", MEMBERSHIP, auth=MACHINES)
def delete_membership(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    own(call)
    permit_organization(call, "delete", "member")
    return {"membership": remove(call, call.path["membershipId"])}


@route("GET", f"{MEMBERSHIP}/project-memberships", auth=MACHINES, limit="write")
def list_project_memberships(call: Call) -> Answer:
    row = own(call)
    permit_organization(call, "read", "member")
    member = membership(call, call.path["membershipId"])
    shown_user = people.small(
        call, people.person(call, member["userId"]), "email", "username", "firstName", "lastName", "id", "publicKey"
    )
    of_project = ("name", "id") if call.before else ("name", "id", "type")
    found = []
    for project in call.draft.where(tables.PROJECTS, orgId=row["id"]):
        one = call.draft.get(tables.project_users(project["id"]), member["userId"])
        if one is not None:
            found.append(
                {
                    **pick(one, "id", "userId", "projectId"),
                    "user": shown_user,
                    "project": pick(project, *of_project),
                    "roles": list(one["roles"]),
                }
            )
    return {"memberships": found}
