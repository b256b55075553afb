"""Organizations of the instance: instance admins list, create, delete and join them."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import seeding, tables
from infisical.memory.admin.users import PAGE_FIELDS, page_rows
from infisical.memory.call import Call, pick
from infisical.memory.domain import accounts, cascade
from infisical.memory.domain.instance import require_admin
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import JWT, MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, email, obj, string

ORGANIZATIONS_PATH: Final = "/api/v1/admin/organization-management/organizations"
ORGANIZATION_PATH: Final = f"{ORGANIZATIONS_PATH}/{{organizationId}}"
MEMBERSHIP_PATH: Final = f"{ORGANIZATION_PATH}/memberships/{{membershipId}}"
CREATE_BODY: Final = obj(
    name=string(
        least=1,
        most=64,
        matches=r"[A-Za-z0-9_\- ]+",
        message="Organization name can only contain alphanumeric characters, dashes, underscores, and spaces",
    ),
    inviteAdminEmails=array(email(), least=1, most=100),
)


def load_organization(call: Call) -> Row:
    row = call.draft.get(tables.ORGANIZATIONS, call.path["organizationId"])
    if row is None:
        raise not_found(f"Organization with ID '{call.path['organizationId']}' not found")
    return row


def load_membership(call: Call) -> Row:
    row = call.draft.get(tables.ORG_MEMBERS, call.path["membershipId"])
    if row is None or row["orgId"] != call.path["organizationId"]:
        raise not_found("Organization membership not found", "Organization Membership")
    return row


def show_organization(call: Call, organization: Row) -> dict[str, Any]:
    projects = call.draft.where(tables.PROJECTS, orgId=organization["id"])
    members = []
    for row in call.draft.where(tables.ORG_MEMBERS, orgId=organization["id"]):
        user = call.draft.get(tables.USERS, row["userId"]) or {}
        members.append(
            {
                "user": pick(user, "id", "email", "username", "firstName", "lastName"),
                "membershipId": row["id"],
                **pick(row, "role", "roleId", "status"),
            }
        )
    return {
        **organization,
        "members": members,
        "projects": [pick(row, "name", "id", "slug", "createdAt") for row in projects],
    }


# ---- organizations
@route("GET", ORGANIZATIONS_PATH, generation="current", access=MACHINES, query=obj(PAGE_FIELDS))
def list_organizations(call: Call) -> Answer:
    require_admin(call)
    organizations, total = page_rows(call, list(call.draft.rows(tables.ORGANIZATIONS).values()), ("name",), "name")
    return {"organizations": [show_organization(call, row) for row in organizations], "total": total}


@route("POST", ORGANIZATIONS_PATH, generation="current", access=MACHINES, body=CREATE_BODY)
def create_organization(call: Call) -> Answer:
    require_admin(call)
    name = call.body["name"]
    organization = seeding.add_organization(call, name, f"{seeding.make_slug(name)}-{call.draft.random_bytes(2).hex()}")
    for address in dict.fromkeys(call.body["inviteAdminEmails"]):
        user = call.draft.find(tables.USERS, username=address) or invite_user(call, address)
        status = "accepted" if user["isAccepted"] else "invited"
        seeding.add_org_member(call, organization["id"], user["id"], "admin", status)
    return {"organization": dict(organization)}


def invite_user(call: Call, address: str) -> Row:
    user = seeding.add_user(call, address)
    return call.draft.merge(tables.USERS, user["id"], isAccepted=False, isEmailVerified=False)


@route("DELETE", ORGANIZATION_PATH, generation="current", access=MACHINES)
def delete_organization(call: Call) -> Answer:
    require_admin(call)
    row = load_organization(call)
    cascade.remove(call.draft, [row["id"]])
    return {"organization": dict(row)}


# ---- members
@route("POST", f"{ORGANIZATION_PATH}/access", generation="current", access=JWT)
def join_organization(call: Call) -> Answer:
    require_admin(call)
    organization = load_organization(call)
    if call.draft.find(tables.ORG_MEMBERS, orgId=organization["id"], userId=call.actor.id) is not None:
        raise bad_request(f"You are already a part of the organization with ID {organization['id']}")
    member = seeding.add_org_member(call, organization["id"], call.actor.id, "admin")
    # an admin joins without an invitation
    return {
        "organizationMembership": pick(
            call.draft.merge(tables.ORG_MEMBERS, member["id"], inviteEmail=None), *accounts.MEMBERSHIP_COLUMNS
        )
    }


@route("DELETE", MEMBERSHIP_PATH, generation="current", access=MACHINES)
def delete_org_membership(call: Call) -> Answer:
    require_admin(call)
    row = load_membership(call)
    if call.actor.mode == "jwt" and row["userId"] == call.actor.id:
        raise bad_request("You cannot remove yourself from the organization from the instance management panel.")
    call.draft.drop(tables.ORG_MEMBERS, row["id"])
    for project in call.draft.where(tables.PROJECTS, orgId=row["orgId"]):
        call.draft.drop(tables.project_users(project["id"]), row["userId"])
    return {"organizationMembership": pick(row, *accounts.MEMBERSHIP_COLUMNS)}


@route("POST", f"{MEMBERSHIP_PATH}/resend-invite", generation="current", access=MACHINES)
def resend_org_invite(call: Call) -> Answer:
    require_admin(call)
    row = load_membership(call)
    if row["status"] == "accepted":
        raise bad_request("This user has already accepted their invitation.")
    return {"organizationMembership": pick(row, *accounts.MEMBERSHIP_COLUMNS)}
