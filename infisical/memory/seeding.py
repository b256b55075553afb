"""Seeding: a new server, the rows that it and several groups make, and changes of state that no route makes.

A new server has an organization, a project with three environments, a machine identity with all permissions, and a
user who is its admin. Calls make everything else, as on a real server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import tables, tokens, tree
from infisical.memory.call import Call
from infisical.memory.identity_auth.aws import check_principal, is_principal
from infisical.memory.identity_auth.jwts import to_public_jwks
from infisical.memory.state import Draft, Generation, Given, Plan, Row, Settings, State
from infisical.request import HttpRequest

ALL_ADDRESSES: Final = (
    {"type": "ipv4", "prefix": 0, "ipAddress": "0.0.0.0"},
    {"type": "ipv6", "prefix": 0, "ipAddress": "::"},
)
"""The default of a login method's trusted addresses."""
UNIVERSAL_METHOD: Final = "universal-auth"
INTERNAL_REQUEST: Final = HttpRequest("GET", "http://localhost/", (), None, 0.0)


def start(
    *,
    now: float,
    seed: int | str = 0,
    generation: Generation = "current",
    site_url: str = "http://localhost:8080",
    rate_limits: Mapping[str, int] | None = None,
    plan: Plan = "enterprise",
    organization: str = "Example",
    project: str = "app",
    project_slug: str | None = None,
    project_id: str | None = None,
    environments: Sequence[tuple[str, str]] = tree.DEFAULT_ENVIRONMENTS,
) -> State:
    """Make a new server with an organization, a project, an identity and a user; `now` is in seconds since the epoch.

    `plan` is the license: "community" refuses trusted addresses and dynamic secrets, with "plan restriction" (400).

    Equal arguments make equal servers, with equal ids and credentials: `state.given` has them.
    """
    settings = Settings(seed=seed, generation=generation, site_url=site_url, rate_limits=rate_limits, plan=plan)
    call = _make_call(State(settings), now)
    organization_row = add_organization(call, organization)
    user = add_user(call, "admin@example.com", super_admin=True)
    add_org_member(call, organization_row["id"], user["id"], "admin")
    identity = add_identity(call, organization_row["id"], "example-identity", "admin")
    slug = project_slug or make_slug(project)
    project_row = add_project(
        call, organization_row["id"], project, slug, environments=environments, project_id=project_id
    )
    add_project_user(call, project_row["id"], user["id"], "admin")
    add_project_identity(call, project_row["id"], identity["id"], "admin")
    # the default max TTL equals the TTL, so that no token can be renewed: official clients try to
    universal = attach_universal_auth(call, identity["id"], accessTokenMaxTTL=2 * tokens.MONTH_SECONDS)
    secret, _ = add_client_secret(call, identity["id"])
    given = Given(
        organization_id=organization_row["id"],
        project_id=project_row["id"],
        project_slug=project_row["slug"],
        environment=environments[0][1],
        identity_id=identity["id"],
        client_id=universal["clientId"],
        client_secret=secret,
        user_id=user["id"],
        user_token=tokens.open_session(call, user["id"], organization_row["id"]),
    )
    state = call.draft.finish()
    return State(settings, given, state.tables, state.draws)


def _make_call(state: State, now: float) -> Call:
    return Call(Draft(state), INTERNAL_REQUEST, now, {})


# ---- rows
def add_organization(call: Call, name: str, slug: str | None = None) -> Row:
    row = call.new_row(
        name=name,
        slug=slug or make_slug(name),
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
    return call.draft.put(tables.ORGANIZATIONS, row["id"], row)


def add_user(
    call: Call, email: str, *, first_name: str | None = None, last_name: str | None = None, super_admin: bool = False
) -> Row:
    row = call.new_row(
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
    return call.draft.put(tables.USERS, row["id"], row)


def add_org_member(call: Call, organization_id: str, user_id: str, role: str, status: str = "accepted") -> Row:
    row = call.new_row(
        userId=user_id,
        orgId=organization_id,
        role=role,
        roleId=None,
        status=status,
        inviteEmail=call.draft.rows(tables.USERS)[user_id]["email"],
        isActive=True,
        projectFavorites=None,
    )
    return call.draft.put(tables.ORG_MEMBERS, row["id"], row)


def add_identity(
    call: Call,
    organization_id: str,
    name: str,
    role: str,
    *,
    has_delete_protection: bool = False,
    metadata: Sequence[Mapping[str, str]] = (),
) -> Row:
    """Put a machine identity and its membership in an organization."""
    row = call.new_row(
        name=name,
        orgId=organization_id,
        hasDeleteProtection=has_delete_protection,
        metadata=[{"id": call.draft.new_id(), **one} for one in metadata],
    )
    member = call.new_row(identityId=row["id"], orgId=organization_id, role=role, roleId=None)
    call.draft.put(tables.IDENTITY_MEMBERS, row["id"], member)
    return call.draft.put(tables.IDENTITIES, row["id"], row)


def add_project(
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
    """Put a project and its environments, which are pairs of name and slug."""
    row = {
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
        row["id"] = project_id
    call.draft.put(tables.PROJECTS, row["id"], row)
    for position, (environment_name, environment_slug) in enumerate(environments, 1):
        tree.create_environment(call, row["id"], environment_name, environment_slug, position)
    return row


def make_role(call: Call, role: str) -> dict[str, Any]:
    """Make a role as memberships of a project store it."""
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


def add_project_user(call: Call, project_id: str, user_id: str, role: str) -> Row:
    row = call.new_row(userId=user_id, projectId=project_id, roles=[make_role(call, role)])
    return call.draft.put(tables.project_users(project_id), user_id, row)


def add_project_identity(call: Call, project_id: str, identity_id: str, role: str) -> Row:
    row = call.new_row(identityId=identity_id, projectId=project_id, roles=[make_role(call, role)])
    return call.draft.put(tables.project_identities(project_id), identity_id, row)


def attach_universal_auth(call: Call, identity_id: str, **columns: Any) -> Row:
    """Put the universal auth settings of an identity: the defaults, and these columns."""
    row = {
        **call.new_row(
            identityId=identity_id,
            clientId=call.draft.new_id(),
            accessTokenTTL=tokens.MONTH_SECONDS,
            accessTokenMaxTTL=tokens.MONTH_SECONDS,
            accessTokenNumUsesLimit=0,
            accessTokenTrustedIps=list(ALL_ADDRESSES),
            clientSecretTrustedIps=list(ALL_ADDRESSES),
            accessTokenPeriod=0,
            lockoutEnabled=True,
            lockoutThreshold=3,
            lockoutDurationSeconds=300,
            lockoutCounterResetSeconds=30,
        ),
        **columns,
    }
    return call.draft.put(tables.auth_settings(UNIVERSAL_METHOD), identity_id, row)


def add_client_secret(
    call: Call, identity_id: str, *, description: str = "", uses: int = 0, ttl: int = 0
) -> tuple[str, Row]:
    """Put a client secret of an identity; return its text, which is also in the row's `clientSecret`, and the row."""
    text = call.draft.random_bytes(32).hex()
    settings = call.draft.rows(tables.auth_settings(UNIVERSAL_METHOD))[identity_id]
    row = call.new_row(
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
    return text, call.draft.put(tables.client_secrets(identity_id), row["id"], row)


def make_slug(name: str) -> str:
    """Make a slug of a name."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in name.lower()).split()
    return "-".join(words) or "unnamed"


# ---- changes of state that no route makes
def declare_login(state: State, method: str, identity_id: str, /, *, now: float, **fields: Any) -> State:
    """Return a server that accepts this credential: a login of the method whose body has these fields.

    `method` is the path's (`aws-auth`, `oidc-auth`, ...); for `tls-cert-auth` the field is `certificate`, a PEM text.

    For `aws-auth` the fields may declare a principal: `accessKeyId` and its `arn`. The server then verifies the form
    and the date of the signed request, and whether the settings allow the principal; with a `secretAccessKey` also the
    signature. ValueError for an `arn` that AWS does not have.
    """
    if method == "aws-auth" and is_principal(fields):
        check_principal(fields)
    call = _make_call(state, now)
    row = call.new_row(identityId=identity_id, fields=dict(fields))
    call.draft.put(tables.declared_logins(method), row["id"], row)
    return call.draft.finish()


def declare_keys(state: State, url: str, /, keys: object, *, now: float) -> State:
    """Return a server that finds these public keys at a URL, and verifies OIDC and JWT logins with them.

    `url` is the discovery URL of an identity's OIDC settings or the JWKS URL of its JWT settings, `keys` a JWK Set
    (`{"keys": [...]}`) or a list of JWKs; they replace those of an earlier call. A login needs a valid signature, times
    within `nbf` and `exp`, and the issuer, subject, audience and claims of the settings. It needs the package
    `cryptography`. Raises ValueError if `keys` is no JWK Set.
    """
    call = _make_call(state, now)
    call.draft.put(tables.DECLARED_KEYS, url.rstrip("/"), {"keys": to_public_jwks(keys)})
    return call.draft.finish()


def require_approval(
    state: State,
    *,
    now: float,
    project_id: str | None = None,
    environment: str = "dev",
    path: str | None = None,
    bypass_for_machine_identities: bool = False,
) -> State:
    """Return a server on which changes of secrets need approval, in an environment or in the folders of a path.

    `path` is a folder without its subfolders, or a pattern (`/app/**`). Users and machine identities need approval;
    `bypass_for_machine_identities` lets machine identities write directly, as they always do on a server of 2024.
    Service tokens write directly.
    """
    call = _make_call(state, now)
    project = project_id or get_given(state).project_id
    environment_row = tree.find_environment(call.draft, project, environment)
    if environment_row is None:
        raise ValueError(f"no environment {environment!r} in project {project}")
    row = call.new_row(
        name="approval",
        envId=environment_row["id"],
        secretPath=None if path is None else tree.normalize_path(path),
        approvals=1,
        enforcementLevel="hard",
        bypassForMachineIdentities=bypass_for_machine_identities,
    )
    call.draft.put(tables.approval_policies(project), row["id"], row)
    return call.draft.finish()


def open_session(
    state: State, *, now: float, email: str, role: str = "member", project_role: str | None = None
) -> tuple[State, str]:
    """Return a server with another user, a member of the organization and the project, and that user's JWT."""
    call, given = _make_call(state, now), get_given(state)
    user = add_user(call, email)
    add_org_member(call, given.organization_id, user["id"], role)
    if project_role is not None:
        add_project_user(call, given.project_id, user["id"], project_role)
    token = tokens.open_session(call, user["id"], given.organization_id)
    return call.draft.finish(), token


def open_mfa(state: State, *, now: float, user_id: str | None = None) -> tuple[State, str]:
    """Return a server that waits for a user's second factor, and the short-lived token for it."""
    call = _make_call(state, now)
    token = tokens.sign_mfa_token(call, user_id or get_given(state).user_id)
    return call.draft.finish(), token


def get_given(state: State) -> Given:
    """Return the initial content of a server; ValueError for a state that `start` did not make."""
    if state.given is None:
        raise ValueError("this state has no initial project: pass project_id, or make the state by start()")
    return state.given
