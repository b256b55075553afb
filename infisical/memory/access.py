"""Access: authenticates the caller of a request and checks its roles: admin, member, viewer and no-access.

A caller without permission gets the server's refusal. tokens.py issues, renews and revokes tokens.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from infisical.memory import patterns, tables, tokens
from infisical.memory.accidents import check_id
from infisical.memory.call import Actor, Call, format_time, parse_time
from infisical.memory.domain import custom_roles
from infisical.memory.refusals import (
    Refusal,
    bad_request,
    forbidden,
    not_found,
    permission_denied,
    token_refused,
    unauthorized,
)
from infisical.memory.routing import Route
from infisical.memory.state import Draft, Row
from infisical.request import HttpRequest

RESOURCE_MESSAGE: Final = "You are not allowed to access this resource"
SUPER_ADMIN_MESSAGE: Final = "Requires elevated super admin privileges"

MEMBER_SUBJECTS: Final = frozenset(
    {
        "secrets",
        "secret-folders",
        "secret-imports",
        "dynamic-secrets",
        "tags",
        "environments",
        "integrations",
        "webhooks",
        "secret-syncs",
        "service-tokens",
        "cmek",
        "certificates",
        "certificate-templates",
        "pki-alerts",
        "pki-collections",
        "identity",
        "member",
    }
)
"""Subjects that members of a project may create, edit, delete and use in other ways (encrypt, sign, ...)."""
READ_ACTIONS: Final = frozenset({"read", "describeSecret", "readValue"})
ORGANIZATION_ROLES: Final = frozenset({"admin", "member", "no-access"})
PROJECT_ROLES: Final = frozenset({"admin", "member", "viewer", "no-access"})
IDENTITY_ACTIONS: Final = frozenset({"read", "create", "edit", "delete"})
"""What members of an organization may do with identities today (buildMemberPermission in org-permission.ts)."""
ORG_MEMBER_SUBJECTS: Final = frozenset({"workspace", "project", "app-connections"})
OLD_ORG_MEMBER_SUBJECTS: Final = ORG_MEMBER_SUBJECTS | {"identity"}
"""In October 2024 members of an organization may create, edit and delete identities."""
OLD_MEMBER_SUBJECTS: Final = MEMBER_SUBJECTS | {"settings"}
"""In October 2024 members of a project may edit its settings."""
OLD_SUBJECTS: Final[Mapping[str, str]] = dict.fromkeys(
    ("secret-folders", "secret-imports", "dynamic-secrets"), "secrets"
)
"""In October 2024 the permission for folders, imports and dynamic secrets is that for secrets."""


# ---- the caller
def authenticate(draft: Draft, request: HttpRequest, now: float) -> Actor | None:
    """Return the caller of a request, None without a credential; refuse an invalid credential on every route."""
    headers = {name.lower(): value for name, value in request.headers}
    if "x-api-key" in headers:
        raise bad_request("API key authentication is not supported anymore. Please switch to identity authentication.")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    if token.startswith("st."):
        return _authenticate_service(draft, token, now)
    claims = tokens.read_claims(draft.state, token, now)
    kind = claims.get("authTokenType")
    if kind == "identityAccessToken":
        row = tokens.get_live_token(draft, claims, now)
        tokens.count_use(draft, row, now)
        identity = draft.get(tables.IDENTITIES, row["identityId"])
        if identity is None:
            raise unauthorized("No identity access token found")
        return Actor("identity_access_token", identity["id"], identity["orgId"], row["id"], identity)
    if kind not in ("accessToken", "mfaToken"):
        raise token_refused(tokens.MALFORMED_MESSAGE)
    user = draft.get(tables.USERS, str(claims.get("userId")))
    if user is None:
        raise unauthorized("Invalid user token")
    if kind == "mfaToken":
        return Actor("mfa", user["id"], None, "", user)
    session = draft.get(tables.SESSIONS, str(claims.get("tokenVersionId")))
    if session is None:
        raise unauthorized("Your session has ended. Please log in again.")
    return Actor("jwt", user["id"], claims.get("organizationId"), session["id"], user)


def _authenticate_service(draft: Draft, token: str, now: float) -> Actor:
    # old clients append a fourth part, the key by which they decrypted secrets; it is not part of the credential
    _, identifier, secret = (*token.split(".", 3), "", "")[:3]
    row = draft.get(tables.SERVICE_TOKENS, identifier)
    if row is None:
        raise not_found(f"Service token with ID '{identifier}' not found")
    if not hmac.compare_digest(str(row["secret"]).encode(), secret.encode()):
        raise unauthorized("Invalid service token")
    if row.get("expiresAt") and now > parse_time(row["expiresAt"]):
        draft.drop(tables.SERVICE_TOKENS, identifier)
        raise Refusal(403, "ForbiddenError", "Service token has expired", keep=True)
    row = draft.merge(tables.SERVICE_TOKENS, identifier, lastUsed=format_time(now))
    project = draft.get(tables.PROJECTS, row["projectId"])
    return Actor("service_token", identifier, project["orgId"] if project else None, identifier, row)


def admit(route: Route, caller: Actor | None, request: HttpRequest) -> None:
    """Refuse a caller whose kind of credential the route does not accept."""
    if not route.access:
        return
    if caller is None:
        if "mfa" in route.access:
            raise Refusal(401, "Missing bearer token", "")
        raise unauthorized("Token missing")
    if caller.mode in route.access:
        return
    if "mfa" in route.access:
        raise Refusal(500, "InternalServerError", "Something went wrong")
    url = urlsplit(request.url)
    raise Refusal(403, f"Forbidden access to {url.path}{url.query and '?'}{url.query}", RESOURCE_MESSAGE)


# ---- roles
def require_super_admin(call: Call) -> None:
    """Refuse callers who are not instance admins."""
    if not call.actor.row.get("superAdmin"):
        raise forbidden(SUPER_ADMIN_MESSAGE)


def get_organization_role(call: Call, organization_id: str) -> str:
    """Return the caller's role in an organization; refuse callers who are not members of it."""
    actor = call.actor
    if actor.mode == "identity_access_token":
        row = call.draft.get(tables.IDENTITY_MEMBERS, actor.id)
        member = row if row is not None and row["orgId"] == organization_id else None
    else:
        member = call.draft.find(tables.ORG_MEMBERS, userId=actor.id, orgId=organization_id)
    if member is None or member.get("isActive") is False:
        raise _refuse_old_outsider(call) if call.is_2024 else forbidden("You are not a member of this organization")
    return str(member["role"])


def _refuse_old_outsider(call: Call) -> Refusal:
    """Return the refusal of October 2024 for a caller of another organization."""
    if call.actor.mode == "identity_access_token":
        return forbidden(RESOURCE_MESSAGE, "Identity is not apart of this organization")
    return forbidden("Invalid user token. Scoped to different organization.")


def permit_organization(call: Call, action: str, subject: str, organization_id: str | None = None) -> None:
    """Refuse a caller whose role in an organization forbids an action on a subject (`create` on `identity`)."""
    if organization_id is None:
        organization_id = call.organization_id
    if call.actor.kind == "identity":
        check_id(call, organization_id, "GetOrgIdentityPermission")
    role = get_organization_role(call, organization_id)
    subjects = OLD_ORG_MEMBER_SUBJECTS if call.is_2024 else ORG_MEMBER_SUBJECTS
    if role == "admin" or (role == "member" and (action in READ_ACTIONS or subject in subjects)):
        return
    if role == "member" and subject == "identity" and action in IDENTITY_ACTIONS and not call.is_2024:
        return
    raise permission_denied(action, subject)


def get_project(call: Call, project_id: str, *, is_bot_lookup: bool = False) -> Row:
    """Return a project by its id, without a check of the caller; `permit` checks it.

    `is_bot_lookup` selects the refusal of routes that ask for the project's bot before they check permissions.
    """
    row = call.draft.get(tables.PROJECTS, project_id)
    if row is None and (is_bot_lookup or call.is_2024):  # project-bot-fns.ts
        raise not_found(
            f"Project with ID '{project_id}' not found during bot lookup. "
            "Are you sure you are using the correct project ID?"
        )
    if row is None:  # $fetchProjectPermissionData in permission-service.ts, 2026
        raise not_found(f"Project with {project_id} not found")
    return row


def require_project_access(call: Call, project_id: str, *, is_bot_lookup: bool = False) -> Row:
    """Return a project; refuse a caller who is not a member of it, whatever its roles allow."""
    row = get_project(call, project_id, is_bot_lookup=is_bot_lookup)
    if call.actor.mode == "service_token":
        _require_project_of_token(call.actor.row, project_id)
    else:
        get_project_roles(call, project_id)
    return row


def get_project_roles(call: Call, project_id: str) -> frozenset[str]:
    """Return the caller's roles in a project; refuse callers who are not members of it."""
    return frozenset(
        role["role"]
        for role in get_membership(call, project_id)["roles"]
        if not (role.get("temporaryAccessEndTime") and call.now > parse_time(role["temporaryAccessEndTime"]))
    )


def get_membership(call: Call, project_id: str) -> Row:
    """Return the caller's membership in a project; refuse callers who are not members of it."""
    actor = call.actor
    table = (
        tables.project_identities(project_id)
        if actor.mode == "identity_access_token"
        else tables.project_users(project_id)
    )
    row = call.draft.get(table, actor.id)
    if row is None:
        caller_kind = "Identity" if actor.mode == "identity_access_token" else "User"
        message = f"{caller_kind} is not a member of the specified project with ID '{project_id}'"
        if not call.is_2024:
            raise forbidden(message, "ProjectMembershipNotFound")
        is_machine = actor.mode == "identity_access_token"
        raise forbidden(RESOURCE_MESSAGE, message if is_machine else "User not a part of the specified project")
    return row


def permit(
    call: Call,
    project_id: str,
    action: str,
    subject: str,
    *,
    environment: str | None = None,
    path: str | None = None,
) -> Row:
    """Return a project; refuse a caller whose roles forbid an action on a subject (`create` on `secrets`) in it.

    Only the scopes of service tokens and custom roles depend on environment and path. October 2024 looks up the
    membership before the project: an unknown project is one that the caller is not a member of.
    """
    if call.is_2024:
        subject = OLD_SUBJECTS.get(subject, subject)
        if call.actor.mode != "service_token":
            get_project_roles(call, project_id)
    row = get_project(call, project_id)
    if call.actor.mode == "service_token":
        _permit_service(call.actor.row, project_id, action, subject, environment, path)
        return row
    roles = get_project_roles(call, project_id)
    if "admin" in roles:
        return row
    subjects = OLD_MEMBER_SUBJECTS if call.is_2024 else MEMBER_SUBJECTS
    if "member" in roles and (action in READ_ACTIONS or subject in subjects):
        return row
    if "viewer" in roles and action in READ_ACTIONS:
        return row
    if custom_roles.CUSTOM_ROLE in roles:
        membership = get_membership(call, project_id)
        if custom_roles.is_allowed(call.draft, project_id, membership, action, subject, environment, path):
            return row
    raise permission_denied(action, subject)


def _permit_service(
    token: Row, project_id: str, action: str, subject: str, environment: str | None, path: str | None
) -> None:
    _require_project_of_token(token, project_id)
    permission = "read" if action in READ_ACTIONS else "write"
    if permission not in token["permissions"]:
        raise permission_denied(action, subject)
    if environment is not None and not any(matches_scope(scope, environment, path or "/") for scope in token["scopes"]):
        raise permission_denied(action, subject)


def _require_project_of_token(token: Row, project_id: str) -> None:
    if token["projectId"] != project_id:
        raise forbidden(
            RESOURCE_MESSAGE, f"Service token is not a member of the specified project with ID '{project_id}'"
        )


def matches_scope(scope: Row, environment: str, path: str) -> bool:
    """Return whether the scope of a service token covers a path; `*` matches one folder, `**` any number of them."""
    return scope["environment"] == environment and patterns.matches_glob(str(scope["secretPath"]), path)
