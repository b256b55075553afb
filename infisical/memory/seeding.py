"""Seeding: the server that everything starts with, and functions from one state to the next for what no route can do.

A new server has an organization, a project with its three environments, a machine identity that may do everything,
and a person who runs it. All else can be made by calls, as on a real server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import tables, tokens, tree
from infisical.memory.call import Call
from infisical.memory.state import Draft, Generation, Given, Row, Settings, State
from infisical.request import HttpRequest

EVERYWHERE: Final = (
    {"type": "ipv4", "prefix": 0, "ipAddress": "0.0.0.0"},
    {"type": "ipv6", "prefix": 0, "ipAddress": "::"},
)
"""The trusted addresses that a login method has by default."""
UNIVERSAL: Final = "universal-auth"
NOBODY: Final = HttpRequest("GET", "http://localhost/", (), None, 0.0)


def start(
    *,
    now: float,
    seed: int | str = 0,
    generation: Generation = "current",
    site_url: str = "http://localhost:8080",
    rate_limits: Mapping[str, int] | None = None,
    organization: str = "Example",
    project: str = "app",
    project_slug: str | None = None,
    project_id: str | None = None,
    environments: Sequence[tuple[str, str]] = tree.DEFAULT_ENVIRONMENTS,
) -> State:
    """Make a new server with an organization, a project, an identity and a person; `now` is in seconds.

    Equal arguments make equal servers, ids and credentials included: `state.given` has them.
    """
    settings = Settings(seed=seed, generation=generation, site_url=site_url, rate_limits=rate_limits)
    call = _call(State(settings), now)
    found = new_organization(call, organization)
    user = new_user(call, "admin@example.com", super_admin=True)
    new_org_member(call, found["id"], user["id"], "admin")
    identity = new_identity(call, found["id"], "example-identity", "admin")
    slug = project_slug or slug_of(project)
    made = new_project(call, found["id"], project, slug, environments=environments, project_id=project_id)
    new_project_user(call, made["id"], user["id"], "admin")
    new_project_identity(call, made["id"], identity["id"], "admin")
    # by default a token cannot be renewed at all (its TTL is its max TTL), which official clients want to try
    universal = attach_universal(call, identity["id"], accessTokenMaxTTL=2 * tokens.MONTH_SECONDS)
    secret, _ = new_client_secret(call, identity["id"])
    given = Given(
        organization_id=found["id"],
        project_id=made["id"],
        project_slug=made["slug"],
        environment=environments[0][1],
        identity_id=identity["id"],
        client_id=universal["clientId"],
        client_secret=secret,
        user_id=user["id"],
        user_token=tokens.open_session(call, user["id"], found["id"]),
    )
    state = call.draft.finish()
    return State(settings, given, state.tables, state.draws)


def _call(state: State, now: float) -> Call:
    return Call(Draft(state), NOBODY, now, {})


# ---- rows, as routes and seeds make them
def new_organization(call: Call, name: str, slug: str | None = None) -> Row:
    made = call.new_row(
        name=name,
        slug=slug or slug_of(name),
        customerId=None,
        authEnforced=False,
        scimEnabled=False,
        kmsDefaultKeyId=None,
        defaultMembershipRole="member",
        enforceMfa=False,
        selectedMfaMethod=None,
        shouldUseNewPrivilegeSystem=True,
        privilegeUpgradeInitiatedByUsername=None,
        privilegeUpgradeInitiatedAt=None,
    )
    return call.draft.put(tables.ORGANIZATIONS, made["id"], made)


def new_user(
    call: Call, email: str, *, first_name: str | None = None, last_name: str | None = None, super_admin: bool = False
) -> Row:
    made = call.new_row(
        email=email,
        username=email,
        firstName=first_name,
        lastName=last_name,
        authMethods=["email"],
        superAdmin=super_admin,
        isAccepted=True,
        isMfaEnabled=False,
        mfaMethods=None,
        devices=None,
        isGhost=False,
        isEmailVerified=True,
        selectedMfaMethod=None,
        consecutiveFailedMfaAttempts=0,
        isLocked=False,
        temporaryLockDateEnd=None,
    )
    return call.draft.put(tables.USERS, made["id"], made)


def new_org_member(call: Call, organization_id: str, user_id: str, role: str, status: str = "accepted") -> Row:
    made = call.new_row(
        userId=user_id,
        orgId=organization_id,
        role=role,
        roleId=None,
        status=status,
        inviteEmail=call.draft.rows(tables.USERS)[user_id]["email"],
        isActive=True,
        projectFavorites=None,
    )
    return call.draft.put(tables.ORG_MEMBERS, made["id"], made)


def new_identity(
    call: Call,
    organization_id: str,
    name: str,
    role: str,
    *,
    has_delete_protection: bool = False,
    metadata: Sequence[Mapping[str, str]] = (),
) -> Row:
    """Put a machine identity and its membership of an organization."""
    made = call.new_row(
        name=name,
        orgId=organization_id,
        hasDeleteProtection=has_delete_protection,
        metadata=[{"id": call.draft.new_id(), **one} for one in metadata],
    )
    member = call.new_row(identityId=made["id"], orgId=organization_id, role=role, roleId=None)
    call.draft.put(tables.IDENTITY_MEMBERS, made["id"], member)
    return call.draft.put(tables.IDENTITIES, made["id"], made)


def new_project(
    call: Call,
    organization_id: str,
    name: str,
    slug: str,
    *,
    kind: str = "secret-manager",
    description: str | None = None,
    environments: Sequence[tuple[str, str]] = tree.DEFAULT_ENVIRONMENTS,
    project_id: str | None = None,
    **columns: Any,
) -> Row:
    """Put a project and its environments, given as pairs of name and slug."""
    made = {
        **call.new_row(
            name=name,
            slug=slug,
            orgId=organization_id,
            type=kind,
            defaultProduct=None,
            description=description,
            autoCapitalization=False,
            version=3,
            upgradeStatus=None,
            kmsCertificateKeyId=None,
            pitVersionLimit=10,
            auditLogsRetentionDays=None,
            hasDeleteProtection=False,
            secretSharing=True,
            showSnapshotsLegacy=False,
            secretDetectionIgnoreValues=None,
        ),
        **columns,
    }
    if project_id is not None:
        made["id"] = project_id
    call.draft.put(tables.PROJECTS, made["id"], made)
    for position, (environment_name, environment_slug) in enumerate(environments, 1):
        tree.create_environment(call, made["id"], environment_name, environment_slug, position)
    return made


def new_tag(call: Call, project_id: str, slug: str, color: str = "") -> Row:
    made = call.new_row(
        slug=slug,
        color=color,
        projectId=project_id,
        createdBy=call.caller and call.caller.id,
        createdByActorType="user" if call.caller is None else call.caller.kind,
    )
    return call.draft.put(tables.tags(project_id), made["id"], made)


def new_import(call: Call, folder: Row, environment_id: str, path: str, position: int, **columns: Any) -> Row:
    """Put an import of another folder into a folder; the first has position 1."""
    made = {
        **call.new_row(
            version=1,
            importPath=path,
            importEnv=environment_id,
            position=position,
            folderId=folder["id"],
            isReplication=False,
            isReplicationSuccess=None,
            replicationStatus=None,
            lastReplicated=None,
            isReserved=False,
        ),
        **columns,
    }
    return call.draft.put(tables.imports(folder["id"]), made["id"], made)


def role_row(call: Call, role: str) -> dict[str, Any]:
    """Return a role as memberships of a project hold it."""
    return {
        "id": call.draft.new_id(),
        "role": role,
        "customRoleId": None,
        "customRoleName": None,
        "customRoleSlug": None,
        "isTemporary": False,
        "temporaryMode": None,
        "temporaryRange": None,
        "temporaryAccessStartTime": None,
        "temporaryAccessEndTime": None,
    }


def new_project_user(call: Call, project_id: str, user_id: str, role: str) -> Row:
    made = call.new_row(userId=user_id, projectId=project_id, roles=[role_row(call, role)])
    return call.draft.put(tables.project_users(project_id), user_id, made)


def new_project_identity(call: Call, project_id: str, identity_id: str, role: str) -> Row:
    made = call.new_row(identityId=identity_id, projectId=project_id, roles=[role_row(call, role)])
    return call.draft.put(tables.project_identities(project_id), identity_id, made)


def attach_universal(call: Call, identity_id: str, **columns: Any) -> Row:
    """Put the settings of universal auth for an identity; its defaults where no column says otherwise."""
    made = {
        **call.new_row(
            identityId=identity_id,
            clientId=call.draft.new_id(),
            accessTokenTTL=tokens.MONTH_SECONDS,
            accessTokenMaxTTL=tokens.MONTH_SECONDS,
            accessTokenNumUsesLimit=0,
            accessTokenTrustedIps=list(EVERYWHERE),
            clientSecretTrustedIps=list(EVERYWHERE),
            accessTokenPeriod=0,
            lockoutEnabled=True,
            lockoutThreshold=3,
            lockoutDurationSeconds=300,
            lockoutCounterResetSeconds=30,
        ),
        **columns,
    }
    return call.draft.put(tables.auth_settings(UNIVERSAL), identity_id, made)


def new_client_secret(
    call: Call, identity_id: str, *, description: str = "", uses: int = 0, ttl: int = 0
) -> tuple[str, Row]:
    """Put a client secret of an identity; returned with its text, which its row's `clientSecret` holds too."""
    text = call.draft.random_bytes(32).hex()
    settings = call.draft.rows(tables.auth_settings(UNIVERSAL))[identity_id]
    made = call.new_row(
        description=description,
        clientSecret=text,
        clientSecretPrefix=text[:4],
        clientSecretNumUses=0,
        clientSecretNumUsesLimit=uses,
        clientSecretTTL=ttl,
        clientSecretLastUsedAt=None,
        identityUAId=settings["id"],
        isClientSecretRevoked=False,
    )
    return text, call.draft.put(tables.client_secrets(identity_id), made["id"], made)


def slug_of(name: str) -> str:
    """Write a name as a slug."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in name.lower()).split()
    return "-".join(words) or "unnamed"


# ---- states, for what no route can do
def declare_login(state: State, method: str, identity_id: str, /, *, now: float, **fields: Any) -> State:
    """Return a server that takes this credential: a login of the method whose body has these fields, as they are sent.

    `method` is the path's (`aws-auth`, `oidc-auth`, ...); for `tls-cert-auth` the field is `certificate`, a PEM text.
    """
    call = _call(state, now)
    made = call.new_row(identityId=identity_id, fields=dict(fields))
    call.draft.put(tables.declared_logins(method), made["id"], made)
    return call.draft.finish()


def require_approval(
    state: State, *, now: float, project_id: str | None = None, environment: str = "dev", path: str | None = None
) -> State:
    """Return a server on which people's changes of secrets in an environment, or under a path of it, ask for approval.

    Machine identities and service tokens write straight through, as on a real server.
    """
    call = _call(state, now)
    project = project_id or given_of(state).project_id
    found = tree.find_environment(call.draft, project, environment)
    if found is None:
        raise ValueError(f"no environment {environment!r} in project {project}")
    made = call.new_row(
        name="approval",
        envId=found["id"],
        secretPath=None if path is None else tree.normalize_path(path),
        approvals=1,
        enforcementLevel="hard",
    )
    call.draft.put(tables.approval_policies(project), made["id"], made)
    return call.draft.finish()


def open_session(
    state: State, *, now: float, email: str, role: str = "member", project_role: str | None = None
) -> tuple[State, str]:
    """Return a server with one more person, member of organization and project, and that person's JWT."""
    call, given = _call(state, now), given_of(state)
    user = new_user(call, email)
    new_org_member(call, given.organization_id, user["id"], role)
    if project_role is not None:
        new_project_user(call, given.project_id, user["id"], project_role)
    token = tokens.open_session(call, user["id"], given.organization_id)
    return call.draft.finish(), token


def open_mfa(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a server that waits for a person's second factor, and the short-lived token of that wait."""
    call = _call(state, now)
    token = tokens.sign_mfa_token(call, user_id or given_of(state).user_id)
    return call.draft.finish(), token


def given_of(state: State) -> Given:
    """Return what a server started with; ValueError if its state was not made by `start`."""
    if state.given is None:
        raise ValueError("this state was not made by start(): say which project is meant")
    return state.given
