"""Organizations: their creation and deletion, their members and their projects.

Almost all routes are for users; some let machine identities in and give an empty answer, as the real server does.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables, tokens, tree
from infisical.memory.access import (
    ORGANIZATION_ROLES,
    RESOURCE_MESSAGE,
    get_organization_role,
    permit,
    permit_organization,
)
from infisical.memory.call import Call, pick
from infisical.memory.domain import accounts, cascade
from infisical.memory.projects import store
from infisical.memory.refusals import bad_request, forbidden, not_found, unauthorized
from infisical.memory.routing import JWT, MACHINES, Answer, route
from infisical.memory.seeding import add_org_member, add_organization, add_project_user, add_user, make_slug
from infisical.memory.state import Row
from infisical.memory.validation import array, boolean, email, obj, string

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
"""Columns with the same value in every organization."""
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
COLUMNS_2024: Final = (
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
LISTED_COLUMNS_2024: Final = ("id", "role", "status", "inviteEmail", "orgId", "roleId", "isActive")
NAME_MESSAGE: Final = "Name can only contain alphanumeric characters, dashes, underscores, and spaces"
NEW_ORGANIZATION: Final = obj(name=string(least=1, most=64, matches=r"[A-Za-z0-9\-_ ]+", message=NAME_MESSAGE))
PAIR: Final = obj(key=string(least=1), value=string(least=1))
CHANGE_BODY: Final = obj(role=string().optional(), isActive=boolean().optional(), metadata=array(PAIR).optional())
INVITE_BODY: Final = obj(
    inviteeEmails=array(email()),
    organizationId=string(),
    projects=array(obj(id=string(), projectRoleSlug=array(string()).optional())).optional(),
    organizationRoleSlug=string(least=1).optional("member"),
)
BULK_BODY: Final = obj(membershipIds=array(string()))

ORGANIZATION: Final = "/api/v2/organizations/{orgId}"
MEMBERSHIPS: Final = "/api/v2/organizations/{orgId}/memberships"
MEMBERSHIP: Final = "/api/v2/organizations/{orgId}/memberships/{membershipId}"


# ---- answers
def show_organization(call: Call, row: Row) -> dict[str, Any]:
    return pick({**DEFAULTS, **row}, *(COLUMNS_2024 if call.is_2024 else COLUMNS))


def show_membership(row: Row) -> dict[str, Any]:
    """Return a membership as changes answer it."""
    return {**pick(row, *accounts.MEMBERSHIP_COLUMNS), "projectFavorites": row["projectFavorites"] or []}


def show_member(call: Call, row: Row) -> dict[str, Any]:
    """Return a membership as reads answer it: with its user, without its times."""
    user = accounts.summarize_user(call, accounts.get_user(call, row["userId"]))
    if call.is_2024:
        return {**pick(row, *LISTED_COLUMNS_2024), "user": user}
    columns = {name: value for name, value in show_membership(row).items() if name not in ("createdAt", "updatedAt")}
    return {**columns, "user": user}


# ---- rows
def get_own_organization(call: Call) -> Row:
    """Return the organization of the path; refuse an organization that is not the one of the credential."""
    organization_id = call.path["orgId"]
    if organization_id != call.organization_id and not call.is_2024:
        raise forbidden(RESOURCE_MESSAGE, "You are not logged into this organization")
    get_organization_role(call, organization_id)
    return call.draft.rows(tables.ORGANIZATIONS)[organization_id]


def load_membership(call: Call, membership_id: str) -> Row:
    """Return a membership of the organization of the path."""
    row = call.draft.get(tables.ORG_MEMBERS, membership_id)
    if row is None:
        raise not_found(f"Organization membership with ID '{membership_id}' not found")
    if row["orgId"] != call.path["orgId"]:
        raise forbidden("Membership does not belong to organization")
    return row


def remove_member(call: Call, membership_id: str) -> Row:
    """Remove a member from the organization; refuse the caller's own membership."""
    row = load_membership(call, membership_id)
    if row["userId"] == call.actor.id:
        raise bad_request("You cannot delete your own organization membership")
    accounts.drop_org_member(call, row)
    return show_membership(row)


# ---- invitations
@route("POST", "/api/v1/invite-org/signup", access=MACHINES, body=INVITE_BODY, limit="inviteUser")
def invite_to_organization(call: Call) -> Answer:
    """Invite users by e-mail, and add them to projects; the contract does not list this route.

    The server in memory sends no e-mail: it answers with the URLs, as a server without SMTP does.
    """
    body, organization_id = call.body, call.body["organizationId"]
    permit_organization(call, "create", "member", organization_id)
    if call.is_2024 and "projects" not in body:
        raise forbidden("Access denied to one or more of the specified projects")
    invitations = []
    for address in dict.fromkeys(body["inviteeEmails"]):
        user = call.draft.find(tables.USERS, username=address) or invite_user(call, address)
        if call.draft.find(tables.ORG_MEMBERS, orgId=organization_id, userId=user["id"]) is None:
            status = "accepted" if user["isAccepted"] else "invited"
            add_org_member(call, organization_id, user["id"], body["organizationRoleSlug"], status)
        for project in body.get("projects", ()):
            project_id = permit(call, project["id"], "create", "member")["id"]
            role = (project.get("projectRoleSlug") or ["member"])[0]
            if call.draft.get(tables.project_users(project_id), user["id"]) is None:
                add_project_user(call, project_id, user["id"], role)
        token = call.draft.random_bytes(16).hex()
        query = f"token={token}&to={address}&organization_id={organization_id}"
        invitations.append({"email": address, "link": f"{call.draft.state.settings.site_url}/signupinvite?{query}"})
    return {
        "message": f"Send an invite link to {', '.join(one['email'] for one in invitations)}",
        "completeInviteLinks": invitations,
    }


def invite_user(call: Call, address: str) -> Row:
    user = add_user(call, address)
    return call.draft.merge(tables.USERS, user["id"], isAccepted=False, isEmailVerified=False)


# ---- organizations
@route("GET", "/api/v1/organization", access=JWT)
def list_organizations(call: Call) -> Answer:
    answers = []
    for row, member in accounts.list_organizations(call, call.actor.id):
        extra = {} if call.is_2024 else {"userRole": member["role"], "userJoinedAt": member["createdAt"]}
        answers.append({**show_organization(call, row), "orgAuthMethod": "", **extra})
    return {"organizations": answers}


@route("POST", "/api/v2/organizations", access=JWT, body=NEW_ORGANIZATION)
def create_organization(call: Call) -> Answer:
    name = call.body["name"]
    row = add_organization(call, name, f"{make_slug(name)}-{call.draft.random_bytes(4).hex()}")
    add_org_member(call, row["id"], call.actor.id, "admin")
    return {"organization": show_organization(call, row)}


@route("DELETE", ORGANIZATION, access=JWT)
def delete_organization(call: Call) -> Answer:
    row = get_own_organization(call)
    if get_organization_role(call, row["id"]) != "admin":
        raise forbidden("Insufficient privileges", "DeleteOrganizationById")
    cascade.remove(call.draft, [row["id"]])
    if call.is_2024:
        return {"organization": show_organization(call, row)}
    token = tokens.open_session(call, call.actor.id, None, ttl=accounts.SESSION_TTL)
    return {"organization": show_organization(call, row), "accessToken": token}


@route("POST", "/api/v2/organizations/privilege-system-upgrade", generation="current", access=JWT)
def upgrade_privilege_system(call: Call) -> Answer:
    organization_id = call.organization_id
    if get_organization_role(call, organization_id) != "admin":
        raise forbidden("Insufficient privileges - only the organization admin can upgrade the privilege system.")
    if call.draft.rows(tables.ORGANIZATIONS)[organization_id]["shouldUseNewPrivilegeSystem"]:
        raise bad_request("Privilege system already upgraded")
    row = call.draft.merge(
        tables.ORGANIZATIONS,
        organization_id,
        shouldUseNewPrivilegeSystem=True,
        privilegeUpgradeInitiatedByUsername=call.actor.row["username"],
        privilegeUpgradeInitiatedAt=call.timestamp,
        updatedAt=call.timestamp,
    )
    return {"organization": show_organization(call, row)}


@route("GET", f"{ORGANIZATION}/workspaces", access=MACHINES)
def list_organization_projects(call: Call) -> Answer:
    row = get_own_organization(call)
    return {
        "workspaces": [
            {
                **pick(project, "id", "name", "slug"),
                "organization": row["id"],
                "environments": [
                    pick(one, "name", "slug") for one in tree.list_environments(call.draft, project["id"])
                ],
            }
            for project in store.list_of_member(call, row["id"])
        ]
    }


# ---- members
@route("GET", MEMBERSHIPS, access=MACHINES)
def list_memberships(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    row = get_own_organization(call)
    permit_organization(call, "read", "member")
    return {"users": [show_member(call, one) for one in call.draft.where(tables.ORG_MEMBERS, orgId=row["id"])]}


@route("DELETE", MEMBERSHIPS, generation="current", access=MACHINES, body=BULK_BODY)
def delete_memberships(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    get_own_organization(call)
    permit_organization(call, "delete", "member")
    return {"memberships": [remove_member(call, one) for one in call.body["membershipIds"]]}


@route("GET", MEMBERSHIP, access=MACHINES, limit="write")
def get_membership(call: Call) -> Answer:
    get_own_organization(call)
    permit_organization(call, "read", "member")
    row = load_membership(call, call.path["membershipId"])
    answer = show_member(call, row)
    if call.is_2024:
        return {"membership": {**answer, "metadata": list(row.get("metadata", ()))}}
    return {"membership": {**answer, "customRoleSlug": None, "metadata": list(row.get("metadata", ()))}}


@route("PATCH", MEMBERSHIP, access=MACHINES, body=CHANGE_BODY)
def update_membership(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    get_own_organization(call)
    permit_organization(call, "edit", "member")
    row = load_membership(call, call.path["membershipId"])
    if row["userId"] == call.actor.id:
        raise unauthorized("Cannot update own organization membership")
    columns = dict(call.body)
    if "role" in columns and columns["role"] not in ORGANIZATION_ROLES:
        raise bad_request("Organization role not found", "UpdateMembership")
    if "metadata" in columns:
        columns["metadata"] = [{"id": call.draft.new_id(), **pair} for pair in columns["metadata"]]
    return {
        "membership": show_membership(
            call.draft.merge(tables.ORG_MEMBERS, row["id"], **columns, updatedAt=call.timestamp)
        )
    }


@route("DELETE", MEMBERSHIP, access=MACHINES)
def delete_membership(call: Call) -> Answer:
    if call.actor.mode != "jwt":
        return None
    get_own_organization(call)
    permit_organization(call, "delete", "member")
    return {"membership": remove_member(call, call.path["membershipId"])}


@route("GET", f"{MEMBERSHIP}/project-memberships", access=MACHINES, limit="write")
def list_project_memberships(call: Call) -> Answer:
    row = get_own_organization(call)
    permit_organization(call, "read", "member")
    member = load_membership(call, call.path["membershipId"])
    user = accounts.summarize_user(
        call, accounts.get_user(call, member["userId"]), "email", "username", "firstName", "lastName", "id", "publicKey"
    )
    columns = ("name", "id") if call.is_2024 else ("name", "id", "type")
    memberships = []
    for project in call.draft.where(tables.PROJECTS, orgId=row["id"]):
        one = call.draft.get(tables.project_users(project["id"]), member["userId"])
        if one is not None:
            memberships.append(
                {
                    **pick(one, "id", "userId", "projectId"),
                    "user": user,
                    "project": pick(project, *columns),
                    "roles": list(one["roles"]),
                }
            )
    return {"memberships": memberships}
