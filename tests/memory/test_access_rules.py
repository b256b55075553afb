"""The rules of access, one by one: the caller of a request, and what its roles and scopes permit."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from infisical.memory import access, open_mfa, seeding, tables, tokens
from infisical.memory.call import Actor, Call, format_time
from infisical.memory.refusals import Refusal
from infisical.memory.routing import match_route
from infisical.memory.state import Draft
from infisical.request import HttpRequest
from tests.memory.secrets_world import V4, change, member, query, service_token
from tests.memory.steps import after
from tests.memory.test_access import other_organization, other_project
from tests.memory.world import START, World, refusal, without_id


# ---- the caller of a request
def authenticate(world: World, *headers: tuple[str, str]) -> Actor | None:
    request = HttpRequest("GET", "http://localhost:8080/api/v1/projects", headers, None, 30.0)
    return access.authenticate(Draft(world.memory.state), request, world.clock())


def make_bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def get_refusal(action: Callable[[], Any]) -> tuple[int, str, Any]:
    with pytest.raises(Refusal) as caught:
        action()
    return caught.value.status, caught.value.error, caught.value.message


def drop(world: World, table: Any, key: str) -> None:
    change(world, lambda call: call.draft.drop(table, key))


def merge(world: World, table: Any, key: str, **columns: Any) -> None:
    change(world, lambda call: call.draft.merge(table, key, **columns))


@pytest.mark.parametrize("name", ["x-api-key", "X-API-Key"])
def test_an_api_key_is_refused_also_next_to_a_valid_token(name: str):
    world = World()
    message = "API key authentication is not supported anymore. Please switch to identity authentication."
    headers = (make_bearer(world.given.user_token), (name, "key"))

    assert get_refusal(lambda: authenticate(world, *headers)) == (400, "BadRequest", message)


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic dTpw", "Token x", "st.a.b"])
def test_a_header_without_a_bearer_token_is_no_credential(value: str):
    world = World()

    assert authenticate(world, ("Authorization", value)) is None
    assert without_id(world.send("GET", V4, token=None, headers=(("Authorization", value),))) == refusal(
        401, "UnauthorizedError", "Token missing"
    )


@pytest.mark.parametrize(
    ("name", "scheme"), [("Authorization", "Bearer"), ("authorization", "bearer"), ("AUTHORIZATION", "BEARER")]
)
def test_a_jwt_names_its_user_and_session_whatever_the_case_of_the_header(name: str, scheme: str):
    world = World()
    given, state = world.given, world.memory.state
    (session_id,) = state.rows(tables.SESSIONS)
    user = state.rows(tables.USERS)[given.user_id]

    assert authenticate(world, (name, f"{scheme} {given.user_token}")) == (
        Actor("jwt", given.user_id, given.organization_id, session_id, user)
    )


def test_a_machine_is_the_identity_of_its_token_and_each_request_is_a_use():
    world = World()
    given, token = world.given, world.token()
    token_id = tokens.read_claims(world.memory.state, token, START)["identityAccessTokenId"]
    identity = world.memory.state.rows(tables.IDENTITIES)[given.identity_id]
    caller = authenticate(world, make_bearer(token))
    world.clock.advance(5)
    for _ in range(2):
        world.send("GET", V4, query=query(world), token=token)
    row = world.memory.state.rows(tables.ACCESS_TOKENS)[token_id]

    assert caller == Actor("identity_access_token", given.identity_id, given.organization_id, token_id, identity)
    assert (row["accessTokenNumUses"], row["accessTokenLastUsedAt"]) == (2, format_time(START + 5))


def test_a_token_of_a_deleted_identity_user_or_session_is_refused():
    world = World()
    given, token = world.given, world.token()
    (session_id,) = world.memory.state.rows(tables.SESSIONS)
    drop(world, tables.IDENTITIES, given.identity_id)
    drop(world, tables.SESSIONS, session_id)
    of_identity = get_refusal(lambda: authenticate(world, make_bearer(token)))
    of_session = get_refusal(lambda: authenticate(world, make_bearer(given.user_token)))
    drop(world, tables.USERS, given.user_id)
    of_user = get_refusal(lambda: authenticate(world, make_bearer(given.user_token)))

    assert of_identity == (401, "UnauthorizedError", "No identity access token found")
    assert of_session == (401, "UnauthorizedError", "Your session has ended. Please log in again.")
    assert of_user == (401, "UnauthorizedError", "Invalid user token")


def test_a_token_for_the_second_factor_is_of_its_user_and_of_no_organization():
    world = World()
    token = after(world, open_mfa)
    user = world.memory.state.rows(tables.USERS)[world.given.user_id]

    assert authenticate(world, make_bearer(token)) == Actor("mfa", user["id"], None, "", user)


@pytest.mark.parametrize("kind", [None, "refreshToken", "aToken", "zToken"])
def test_a_signed_token_of_another_kind_is_malformed(kind: str | None):
    world = World()
    (session_id,) = world.memory.state.rows(tables.SESSIONS)
    claims = {"authTokenType": kind, "userId": world.given.user_id, "tokenVersionId": session_id}
    token = tokens.sign(world.memory.state, claims)

    assert get_refusal(lambda: authenticate(world, make_bearer(token))) == (403, "TokenError", tokens.MALFORMED_MESSAGE)


def test_a_service_token_is_of_the_organization_of_its_project():
    world = World()
    token = service_token(world, ("dev", "/"))
    token_id = token.split(".")[1]
    row = world.memory.state.rows(tables.SERVICE_TOKENS)[token_id]
    used = {**row, "lastUsed": format_time(START)}
    caller = authenticate(world, make_bearer(token))
    drop(world, tables.PROJECTS, world.project_id)

    assert caller == Actor("service_token", token_id, world.given.organization_id, token_id, used)
    assert authenticate(world, make_bearer(token)) == Actor("service_token", token_id, None, token_id, used)


def test_only_three_parts_of_a_service_token_are_its_credential():
    world = World()
    token = service_token(world, ("dev", "/"))
    caller = authenticate(world, make_bearer(token))
    longer = [authenticate(world, make_bearer(f"{token}{end}")) for end in (".", ".key", ".key.more", ".a.b.c.d")]
    prefix, token_id, secret = token.split(".")
    wrong = [f"{prefix}.{token_id}{end}" for end in ("", ".", ".key", f"..{secret}", f".{secret}x", f".{secret[:-1]}")]
    refusals = [get_refusal(lambda text=text: authenticate(world, make_bearer(text))) for text in wrong]

    assert caller is not None
    assert longer == [caller] * 4
    assert refusals == [(401, "UnauthorizedError", "Invalid service token")] * len(wrong)


@pytest.mark.parametrize("text", ["st.", "st.unknown", "st.unknown.secret", "st.unknown.secret.key"])
def test_an_unknown_service_token_is_refused_with_404(text: str):
    identifier = text.split(".")[1]

    assert get_refusal(lambda: authenticate(World(), make_bearer(text))) == (
        404, "NotFound", f"Service token with ID '{identifier}' not found",
    )  # fmt: skip


def test_a_service_token_is_valid_until_the_second_of_its_expiry_and_then_deleted():
    world = World()
    token = service_token(world, ("dev", "/**"))
    token_id = token.split(".")[1]
    merge(world, tables.SERVICE_TOKENS, token_id, expiresAt=format_time(START + 60))

    def ask() -> tuple[int, Any]:
        status, answer = world.send("GET", V4, query=query(world), token=token)
        return status, answer.get("message")

    answers = []
    for seconds in (59, 1, 0.5, 0.5):
        world.clock.advance(seconds)
        answers.append((ask(), token_id in world.memory.state.rows(tables.SERVICE_TOKENS)))

    assert answers == [
        ((200, None), True),
        ((200, None), True),
        ((403, "Service token has expired"), False),
        ((404, f"Service token with ID '{token_id}' not found"), False),
    ]


# ---- the callers that a route accepts
FIRST_FACTOR_MODES = ("jwt", "identity_access_token", "service_token")


def admit(method: str, path: str, caller: Actor | None, query: str = "") -> None:
    match = match_route("current", method, path)
    assert match is not None
    request = HttpRequest(method, f"http://localhost:8080{path}{query}", (), None, 30.0)
    access.admit(match[0], caller, request)


def make_actor(mode: Any) -> Actor:
    return Actor(mode, "id", None, "", {})


def test_a_route_refuses_other_callers_and_names_the_url_without_its_host():
    refusals = [
        get_refusal(lambda query=query: admit("GET", "/api/v1/webhooks", make_actor("service_token"), query))
        for query in ("", "?a=b&c")
    ]

    assert refusals == [
        (403, f"Forbidden access to /api/v1/webhooks{query}", "You are not allowed to access this resource")
        for query in ("", "?a=b&c")
    ]


def test_a_route_of_the_second_factor_refuses_no_token_and_breaks_with_another():
    path = "/api/v2/auth/mfa/send"
    admit("POST", path, make_actor("mfa"))
    broken = [get_refusal(lambda mode=mode: admit("POST", path, make_actor(mode))) for mode in FIRST_FACTOR_MODES]

    assert get_refusal(lambda: admit("POST", path, None)) == (401, "Missing bearer token", "")
    assert broken == [(500, "InternalServerError", "Something went wrong")] * 3


def test_a_public_route_admits_everybody_and_another_only_its_callers():
    for caller in (None, *map(make_actor, (*FIRST_FACTOR_MODES, "mfa"))):
        admit("GET", "/api/v1/admin/config", caller)
    admit("GET", "/api/v1/webhooks", make_actor("jwt"))

    assert get_refusal(lambda: admit("GET", "/api/v1/webhooks", None)) == (401, "UnauthorizedError", "Token missing")
    assert get_refusal(lambda: admit("GET", "/api/v1/webhooks", make_actor("mfa")))[0] == 403


# ---- roles in an organization
def call_as(world: World, token: str) -> Call:
    """A call whose caller has this token."""
    return Call(Draft(world.memory.state), seeding.INTERNAL_REQUEST, world.clock(), {},
                caller=authenticate(world, make_bearer(token)))  # fmt: skip


def test_only_an_admin_of_the_instance_passes_as_one():
    world = World()
    _, token = member(world, "admin")
    access.require_super_admin(call_as(world, world.given.user_token))
    refused = (403, "ForbiddenError", "Requires elevated super admin privileges")

    assert get_refusal(lambda: access.require_super_admin(call_as(world, token))) == refused
    assert get_refusal(lambda: access.require_super_admin(call_as(world, world.token()))) == refused


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", {("read", "identity"), ("create", "identity"), ("read", "workspace"), ("create", "workspace"),
                   ("delete", "project"), ("edit", "app-connections")}),
        ("member", {("read", "identity"), ("create", "identity"), ("read", "workspace"), ("create", "workspace"),
                    ("delete", "project"), ("edit", "app-connections")}),
        ("no-access", set()),
    ],
)  # fmt: skip
def test_a_role_in_an_organization_permits_this(role: str, expected: set[tuple[str, str]], named: bool):
    world = World()
    call = call_as(world, after(world, seeding.open_session, email="one@example.com", role=role))
    organization_id = world.given.organization_id if named else None
    asked = [("read", "identity"), ("create", "identity"), ("read", "workspace"), ("create", "workspace"),
             ("delete", "project"), ("edit", "app-connections")]  # fmt: skip
    for action, subject in asked:
        if (action, subject) in expected:
            access.permit_organization(call, action, subject, organization_id)
        else:
            assert get_refusal(lambda: access.permit_organization(call, *(action, subject), organization_id)) == (  # noqa: B023
                403, "PermissionDenied", f"You are not allowed to {action} on {subject}",
            )  # fmt: skip


def test_a_role_is_that_of_the_caller_in_this_organization_and_of_active_members():
    world = World()
    other = other_organization(world)
    organization_id = world.given.organization_id
    member_id = next(iter(world.memory.state.rows(tables.ORG_MEMBERS)))
    refused = (403, "ForbiddenError", "You are not a member of this organization")

    def roles(token: str) -> list[Any]:
        call = call_as(world, token)
        return [access.get_organization_role(call, organization_id),
                get_refusal(lambda: access.get_organization_role(call, other))]  # fmt: skip

    assert roles(world.token()) == roles(world.given.user_token) == ["admin", refused]
    merge(world, tables.IDENTITY_MEMBERS, world.given.identity_id, role="no-access")
    merge(world, tables.ORG_MEMBERS, member_id, role="member")
    assert (roles(world.token())[0], roles(world.given.user_token)[0]) == ("no-access", "member")
    token = world.token()
    merge(world, tables.ORG_MEMBERS, member_id, isActive=False)
    drop(world, tables.IDENTITY_MEMBERS, world.given.identity_id)
    calls = [call_as(world, world.given.user_token), call_as(world, token)]
    assert [get_refusal(lambda call=call: access.get_organization_role(call, organization_id)) for call in calls] == (
        [refused] * 2
    )


# ---- roles in a project
def test_a_project_id_selects_its_project_and_an_unknown_one_is_refused():
    world = World()
    call = call_as(world, world.given.user_token)
    old = "Project with ID 'none' not found during bot lookup. Are you sure you are using the correct project ID?"

    assert access.get_project(call, world.project_id) == world.memory.state.rows(tables.PROJECTS)[world.project_id]
    assert get_refusal(lambda: access.get_project(call, "none")) == (404, "NotFound", "Project with none not found")
    world.become("2024-10")
    assert get_refusal(lambda: access.get_project(call_as(world, world.given.user_token), "none")) == (
        404, "NotFound", old,
    )  # fmt: skip


def test_a_caller_who_is_not_a_member_of_a_project_is_named_by_its_kind():
    world = World()
    project_id = other_project(world)
    tokens_of = {"User": world.given.user_token, "Identity": world.token()}
    messages = [f"{kind} is not a member of the specified project with ID '{project_id}'" for kind in tokens_of]

    def refusals() -> list[Any]:
        return [get_refusal(lambda call=call: access.get_project_roles(call, project_id))
                for call in (call_as(world, token) for token in tokens_of.values())]  # fmt: skip

    assert refusals() == [(403, "ProjectMembershipNotFound", message) for message in messages]
    world.become("2024-10")
    errors = ["User not a part of the specified project", messages[1]]
    assert refusals() == [(403, error, "You are not allowed to access this resource") for error in errors]


@pytest.mark.parametrize("is_machine", [False, True])
def test_a_temporary_role_counts_until_the_second_of_its_end(is_machine: bool):
    world = World()
    given, token = world.given, world.token() if is_machine else world.given.user_token
    table, key = (
        (tables.project_identities(world.project_id), given.identity_id)
        if is_machine
        else (tables.project_users(world.project_id), given.user_id)
    )
    temporary = {"role": "viewer", "temporaryAccessEndTime": format_time(START + 60)}
    merge(world, table, key, roles=[{"role": "member", "temporaryAccessEndTime": None}, temporary])
    roles = []
    for seconds in (59, 1, 0.5):
        world.clock.advance(seconds)
        roles.append(access.get_project_roles(call_as(world, token), world.project_id))

    assert roles == [{"member", "viewer"}, {"member", "viewer"}, {"member"}]


SUBJECTS = ("secrets", "cmek", "role", "project", "member")
REQUESTED_ACTIONS = tuple(product(("read", "create", "edit", "delete", "encrypt"), SUBJECTS))
READ_ACTIONS = {("read", subject) for _, subject in REQUESTED_ACTIONS}
MEMBER_ACTIONS = {
    (action, subject) for action, subject in REQUESTED_ACTIONS if subject in ("secrets", "cmek", "member")
}


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (("admin",), set(REQUESTED_ACTIONS)),
        (("member",), READ_ACTIONS | MEMBER_ACTIONS),
        (("viewer",), READ_ACTIONS),
        (("no-access",), set()),
        ((), set()),
        (("viewer", "member"), READ_ACTIONS | MEMBER_ACTIONS),
        (("no-access", "admin"), set(REQUESTED_ACTIONS)),
    ],
)
def test_the_roles_of_a_project_permit_together(roles: tuple[str, ...], expected: set[tuple[str, str]]):
    world = World()
    table = tables.project_users(world.project_id)
    merge(world, table, world.given.user_id, roles=[{"role": role} for role in roles])
    call = call_as(world, world.given.user_token)
    project = world.memory.state.rows(tables.PROJECTS)[world.project_id]

    def ask(action: str, subject: str) -> Any:
        try:
            return access.permit(call, world.project_id, action, subject)
        except Refusal as refused:
            return refused.status, refused.error, refused.message

    assert {(action, subject): ask(action, subject) for action, subject in REQUESTED_ACTIONS} == {
        (action, subject): project if (action, subject) in expected
        else (403, "PermissionDenied", f"You are not allowed to {action} on {subject}")
        for action, subject in REQUESTED_ACTIONS
    }  # fmt: skip


# ---- the scopes of a service token
@pytest.mark.parametrize(
    ("permissions", "action", "is_permitted"),
    [
        (("read",), "read", True), (("read",), "create", False), (("read",), "edit", False),
        (("write",), "read", False), (("write",), "create", True), (("write",), "delete", True),
        (("read", "write"), "read", True), (("read", "write"), "edit", True),
    ],
)  # fmt: skip
def test_the_permissions_of_a_service_token_name_what_it_may_do(permissions, action, is_permitted):
    world = World()
    call = call_as(world, service_token(world, ("dev", "/"), permissions=permissions))
    denied = (403, "PermissionDenied", f"You are not allowed to {action} on secrets")
    project = world.memory.state.rows(tables.PROJECTS)[world.project_id]
    for place in ({}, {"environment": "dev"}, {"environment": "dev", "path": "/"}):
        if is_permitted:
            assert access.permit(call, world.project_id, action, "secrets", **place) == project
        else:
            assert get_refusal(lambda: access.permit(call, world.project_id, action, "secrets", **place)) == denied  # noqa: B023


@pytest.mark.parametrize(
    ("environment", "path", "is_permitted"),
    [
        (None, None, True), (None, "/other", True), ("dev", None, True), ("dev", "/", True), ("dev", "/other", False),
        ("dev", "/web", True), ("dev", "/web/a", False), ("prod", None, False), ("prod", "/", False),
        ("prod", "/deep/a/b", True), ("staging", None, False), ("", None, False),
    ],
)  # fmt: skip
def test_one_scope_of_a_service_token_must_match_environment_and_path(environment, path, is_permitted):
    world = World()
    call = call_as(world, service_token(world, ("dev", "/"), ("dev", "/web"), ("prod", "/deep/**")))
    project = world.memory.state.rows(tables.PROJECTS)[world.project_id]

    def ask() -> Any:
        return access.permit(call, world.project_id, "read", "secrets", environment=environment, path=path)

    if is_permitted:
        assert ask() == project
    else:
        assert get_refusal(ask) == (403, "PermissionDenied", "You are not allowed to read on secrets")


def test_a_service_token_is_of_no_other_project_whatever_it_permits():
    world = World()
    project_id = other_project(world)
    call = call_as(world, service_token(world, ("dev", "/"), permissions=("read", "write")))
    message = f"Service token is not a member of the specified project with ID '{project_id}'"

    assert get_refusal(lambda: access.permit(call, project_id, "read", "secrets")) == (
        403, message, "You are not allowed to access this resource",
    )  # fmt: skip
    assert get_refusal(lambda: access.permit(call, "none", "read", "secrets"))[0] == 404
