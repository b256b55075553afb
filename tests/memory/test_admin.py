"""The instance on the memory server: set up once, its settings, people, organizations and identities."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml

from infisical import IdentityAccessToken, InfisicalClient, Jwt
from infisical.endpoints.admin import AdminIdentity, AdminUser, EncryptionStrategy, EnvOverride
from infisical.executors.memory import MemoryExecutor
from infisical.memory import open_session
from infisical.memory.domain.instance import make_instance_admin, start_uninitialized
from tests.memory.world import START, Clock, World, refusal, without_id
from tests.wire import CASSETTES

CONFIG = "/api/v1/admin/config"
ORGANIZATIONS = "/api/v1/admin/organization-management/organizations"
DENIED = refusal(403, "ForbiddenError", "Requires elevated super admin privileges")


def bare(generation="current") -> World:
    """A world whose server nobody has set up."""
    world = World(generation=generation)
    world.memory.change(lambda state, now: start_uninitialized(now=now, generation=generation))
    return world


def joined(world: World, email: str, **how) -> str:
    """One more person; the JWT."""
    tokens: list[str] = []

    def change(state, now):
        state, token = open_session(state, now=now, email=email, **how)
        tokens.append(token)
        return state

    world.memory.change(change)
    return tokens[0]


def user_named(world: World, email: str) -> AdminUser:
    (found,) = world.person.admin.list_users(search_term=email).unwrap().users
    return found


# ---- setting up
def test_a_bare_server_is_set_up_once_by_bootstrap_whose_token_runs_the_instance():
    world = bare()
    before = world.anyone.admin.get_config().unwrap().initialized

    made = world.anyone.admin.bootstrap(email="First@Example.com", password="p", organization="Acme Corp").unwrap()
    machine = world.client(IdentityAccessToken(made.identity.credentials.token))

    config = world.anyone.admin.get_config().unwrap()
    assert (before, config.initialized, config.admin_identity_ids) == (False, True, (made.identity.id,))
    assert made.user == AdminUser(
        id=made.user.id,
        username="first@example.com",
        email="first@example.com",
        first_name="Admin",
        last_name="User",
        super_admin=True,
    )
    assert machine.admin.list_identities().unwrap().identities == (
        AdminIdentity(id=made.identity.id, name="Instance Admin Identity", is_instance_admin=True),
    )
    (organization,) = machine.admin.list_organizations().unwrap().organizations
    assert (organization.id, organization.name, organization.slug[:10]) == (
        made.organization.id,
        "Acme Corp",
        "acme-corp-",
    )


def test_a_second_bootstrap_and_a_signup_after_it_are_refused():
    world = bare()
    world.anyone.admin.bootstrap(email="a@example.com", password="p", organization="A").unwrap()

    again = world.send(
        "POST", "/api/v1/admin/bootstrap", {"email": "b@b.co", "password": "p", "organization": "B"}, token=None
    )
    signup = world.send(
        "POST", "/api/v1/admin/signup", {"email": "b@b.co", "password": "p", "firstName": "B"}, token=None
    )

    assert without_id(again) == refusal(400, "BadRequest", "Instance has already been set up")
    assert without_id(signup) == refusal(400, "BadRequest", "Admin account has already been set up")


@pytest.mark.parametrize("generation", ["current", "2024-10"])
def test_the_first_person_signs_up_and_must_choose_an_organization_before_running_the_instance(generation):
    world = bare(generation)

    made = world.anyone.admin.signup(email="ada@example.com", password="p", first_name="Ada").unwrap()
    status, body = world.send("GET", "/api/v1/admin/user-management/users", token=made.token)

    assert (made.message, made.new) == ("Successfully set up admin account", "123")
    assert (made.user.username, made.user.first_name, made.user.super_admin) == ("ada@example.com", "Ada", True)
    assert made.organization.name == "Admin Org"
    assert (status, body["message"]) == (401, "no organization found in request")
    assert world.anyone.admin.get_config().unwrap().initialized is True


def test_equal_bare_servers_are_set_up_equally():
    servers = [MemoryExecutor(start_uninitialized(now=START, seed=7), clock=Clock()) for _ in range(2)]

    made = [
        InfisicalClient(executor=server).admin.bootstrap(email="a@example.com", password="p", organization="A").unwrap()
        for server in servers
    ]

    assert made[0] == made[1]
    assert servers[0].state == servers[1].state


# ---- settings
def test_settings_that_were_changed_are_read_by_anyone():
    world = World()

    changed = world.person.admin.update_config(
        allow_sign_up=False,
        allowed_sign_up_domain="example.com",
        default_auth_org_id=world.given.organization_id,
        enabled_login_methods=["email", "oidc"],
        auth_consent_content="<b>Welcome</b>",
    ).unwrap()
    read = world.anyone.admin.get_config().unwrap()

    assert (changed.created_at, changed.updated_at) == ("2026-09-21T14:13:20.000Z", "2026-09-21T14:13:20.000Z")
    assert replace(changed, created_at=None, updated_at=None) == replace(
        read,
        default_auth_org_auth_enforced=None,
        is_migration_mode_on=None,
        is_secret_scanning_disabled=None,
        kubernetes_auto_fetch_service_account_token=None,
        params_folder_secret_detection_enabled=None,
        is_offline_usage_reports_enabled=None,
    )
    assert (read.allow_sign_up, read.allowed_sign_up_domain) == (False, "example.com")
    assert (read.default_auth_org_id, read.default_auth_org_slug) == (world.given.organization_id, "example")
    assert (read.enabled_login_methods, read.auth_consent_content) == (("email", "oidc"), "<b>Welcome</b>")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"defaultAuthOrgId": "nobody"}, 404, "Organization with ID 'nobody' not found"),
        (
            {"enabledLoginMethods": ["saml"]},
            400,
            "You must configure at least one auth method to prevent account lockout",
        ),
        ({"enabledLoginMethods": []}, 422, "Array must contain at least 1 element(s)"),
        ({"pageFrameContent": "<script>alert(1)</script>"}, 422, "Only safe HTML is allowed"),
        ({"allowSignUp": "no"}, 422, "Expected boolean, received string"),
    ],
)
def test_settings_that_cannot_be_are_refused_and_change_nothing(body, status, said):
    world = World()
    before = world.send("GET", CONFIG)

    got, answer = world.send("PATCH", CONFIG, {"trustOidcEmails": True, **body})

    message = answer["message"] if isinstance(answer["message"], str) else answer["message"][0]["message"]
    assert (got, message) == (status, said)
    assert world.send("GET", CONFIG) == before


def test_the_config_of_2024_has_the_keys_that_were_recorded():
    cassette = yaml.safe_load((CASSETTES / "errors.yaml").read_text("utf-8"))
    (recorded,) = (
        json.loads(one["response"]["body"]["string"])
        for one in cassette["interactions"]
        if one["request"]["uri"].endswith("/api/v1/admin/config")
    )
    world = World(generation="2024-10")

    status, answer = world.send("GET", CONFIG, token=None)

    assert (status, list(answer["config"])) == (200, list(recorded["config"]))
    assert {**answer["config"], "instanceId": ""} == {**recorded["config"], "instanceId": ""}


def test_apps_and_variables_of_the_instance_are_read_back_with_their_values():
    world = World()
    world.person.admin.update_config(
        slack_client_id="slack", github_app_connection_slug="app", env_overrides={"CLIENT_ID_GOOGLE_LOGIN": "google"}
    ).unwrap()

    apps = world.person.admin.get_integrations().unwrap()
    google = world.person.admin.get_env_overrides().unwrap()["googleSso"]
    unknown = world.send("PATCH", CONFIG, {"envOverrides": {"PATH": "/bin"}})

    assert (apps.slack.client_id, apps.slack.client_secret) == ("slack", "")
    assert (apps.github_app_connection.app_slug, apps.microsoft_teams.app_id) == ("app", "")
    assert google.fields[0] == EnvOverride(
        key="CLIENT_ID_GOOGLE_LOGIN",
        value="google",
        has_env_entry=False,
        description="The client id of the application.",
    )
    assert (unknown[0], unknown[1]["message"][0]["path"]) == (422, ["envOverrides", "PATH"])


def test_the_encryption_strategy_is_changed_once():
    world = World()
    path = "/api/v1/admin/encryption-strategies"

    world.person.admin.update_encryption_strategy(strategy="HSM").unwrap()
    again = world.send("PATCH", path, {"strategy": "HSM"})

    assert world.person.admin.get_encryption_strategies().unwrap() == (
        EncryptionStrategy(strategy="SOFTWARE", enabled=False),
        EncryptionStrategy(strategy="HSM", enabled=True),
    )
    assert without_id(again) == refusal(400, "BadRequest", "The selected encryption strategy is already enabled")


def test_the_cache_is_emptied_for_some_seconds():
    world = World()
    admin = world.person.admin

    told = admin.invalidate_cache(type="secrets").unwrap().message
    during = admin.get_cache_status().unwrap().invalidating
    world.clock.advance(5)

    assert (told, during) == ("Cache invalidation job started", True)
    assert admin.get_cache_status().unwrap().invalidating is False


def test_the_cache_is_invalidated_twice_a_minute_where_calls_are_limited():
    world = World(rate_limits={"invalidateCache": 2})
    path = "/api/v1/admin/invalidate-cache"

    statuses = [world.send("POST", path, {"type": "all"})[0] for _ in range(3)]

    assert statuses == [200, 200, 429]


def test_a_usage_report_counts_what_there_is_and_is_signed_alike_for_the_same_counts():
    world = World()

    one, two = (world.person.admin.generate_usage_report().unwrap() for _ in range(2))
    joined(world, "more@example.com")
    three = world.person.admin.generate_usage_report().unwrap()

    assert one == two
    assert one.filename == "infisical-usage-report-2026-09-21.csv"
    assert one.csv_content.splitlines()[3:] == [
        "organizations,1",
        "users,1",
        "machine_identities,1",
        "projects,1",
        "secrets,0",
    ]
    assert ("users,2" in three.csv_content, one.signature == three.signature) == (True, False)


# ---- people
def test_people_are_listed_by_page_by_a_part_of_their_names_and_by_right():
    world = World()
    for name in ("carl", "berta", "anna"):
        joined(world, f"{name}@example.org")
    admin = world.person.admin

    listed = admin.list_users(search_term="EXAMPLE.ORG", offset=1, limit=1).unwrap()
    admins = admin.list_users(admins_only=True).unwrap()

    assert ([user.username for user in listed.users], listed.total) == (["berta@example.org"], 3)
    assert ([user.id for user in admins.users], admins.total) == ([world.given.user_id], 1)
    assert world.send("GET", "/api/v1/admin/user-management/users", query={"limit": "101"})[0] == 422


def test_a_user_who_was_deleted_has_no_session_membership_or_personal_row_any_more():
    world = World()
    token = joined(world, "gone@example.com", project_role="member")
    user = user_named(world, "gone@example.com")
    shared = world.client(Jwt(token)).secret_sharing.create(secret_value="v", access_type="anyone").unwrap()

    deleted = world.person.admin.delete_user(user_id=user.id).unwrap()
    after = world.send("GET", "/api/v1/shared-secrets", token=token)

    assert deleted == replace(user, super_admin=None)
    assert without_id(after) == refusal(401, "UnauthorizedError", "Invalid user token")
    assert world.send("GET", f"/api/v1/shared-secrets/{shared.id}", token=None)[0] == 404
    assert user.id not in repr(world.memory.state.tables)
    assert [one.id for one in world.person.admin.list_users().unwrap().users] == [world.given.user_id]


def test_the_only_admin_of_an_instance_is_neither_deleted_nor_made_a_user_like_any_other():
    world = World()
    path = f"/api/v1/admin/user-management/users/{world.given.user_id}"

    one = world.send("DELETE", path)
    several = world.send("DELETE", "/api/v1/admin/user-management/users", {"userIds": [world.given.user_id]})
    right = world.send("DELETE", f"{path}/admin-access")
    unknown = world.send("DELETE", "/api/v1/admin/user-management/users/nobody")

    assert without_id(one) == refusal(
        400,
        "BadRequest",
        "Cannot delete the only server admin on this instance. Add another server admin to delete this user.",
    )
    assert without_id(several)[1]["message"].startswith("Instance must have at least one server admin.")
    assert without_id(right)[1]["message"].startswith("Cannot remove the only server admin on this instance.")
    assert without_id(unknown) == refusal(404, "NotFound", "User with ID 'nobody' not found")


def test_several_users_are_deleted_at_once_and_unknown_ones_passed_over():
    world = World()
    for name in ("a", "b", "c"):
        joined(world, f"{name}@example.org")
    wanted = [user_named(world, f"{name}@example.org").id for name in ("a", "c")]

    deleted = world.person.admin.delete_users(user_ids=[*wanted, "nobody"]).unwrap()

    assert [user.id for user in deleted] == wanted
    assert world.person.admin.list_users(search_term="example.org").unwrap().total == 1


def test_a_user_who_was_made_an_admin_runs_the_instance_until_that_is_taken_away():
    world = World()
    token = joined(world, "second@example.com")
    user = user_named(world, "second@example.com")
    path = "/api/v1/admin/identity-management/identities"

    before = world.send("GET", path, token=token)
    world.person.admin.grant_admin_access(user_id=user.id).unwrap()
    during = world.send("GET", path, token=token)
    world.person.admin.revoke_admin_access(user_id=user.id).unwrap()
    after = world.send("GET", path, token=token)

    assert (without_id(before), during[0], without_id(after)) == (DENIED, 200, DENIED)


def test_an_identity_runs_the_instance_until_its_right_is_revoked():
    world = World()
    identity = world.given.identity_id
    path = f"/api/v1/admin/identity-management/identities/{identity}/super-admin-access"

    before = world.send("GET", "/api/v1/admin/integrations", token=world.token())
    lacking = world.send("DELETE", path)
    world.memory.change(lambda state, now: make_instance_admin(state, identity))
    during = world.send("GET", "/api/v1/admin/integrations", token=world.token())
    revoked = world.person.admin.revoke_identity_super_admin(identity_id=identity).unwrap()
    unknown = world.send("DELETE", path.replace(identity, "nobody"))

    assert (without_id(before), during[0]) == (DENIED, 200)
    assert without_id(lacking) == refusal(400, "Identity", "Identity does not have super admin access")
    assert revoked == AdminIdentity(id=identity, name="example-identity")
    assert without_id(unknown) == refusal(404, "Identity", "Identity not found")
    assert world.send("GET", "/api/v1/admin/integrations", token=world.token())[0] == 403


# ---- organizations
def test_an_organization_that_was_made_has_those_who_were_invited_and_is_listed_with_them():
    world = World()
    admin = world.person.admin

    made = admin.create_organization(
        name="Other Org", invite_admin_emails=["new@example.com", "admin@example.com", "new@example.com"]
    ).unwrap()
    listed = admin.list_organizations(search_term="other").unwrap()

    (found,) = listed.organizations
    assert (found.id, found.name, found.projects, listed.total) == (made.id, "Other Org", (), 1)
    assert [(member.user.email, member.role, member.status) for member in found.members] == [
        ("new@example.com", "admin", "invited"),
        ("admin@example.com", "admin", "accepted"),
    ]
    assert [one.name for one in admin.list_organizations().unwrap().organizations] == ["Example", "Other Org"]


def test_an_admin_of_the_instance_joins_an_organization_once_and_cannot_remove_themselves():
    world = World()
    admin = world.person.admin
    made = admin.create_organization(name="Other", invite_admin_emails=["new@example.com"]).unwrap()
    path = f"{ORGANIZATIONS}/{made.id}"

    membership = admin.join_organization(organization_id=made.id).unwrap()
    again = world.send("POST", f"{path}/access")
    removing = world.send("DELETE", f"{path}/memberships/{membership.id}")

    assert (membership.user_id, membership.org_id) == (world.given.user_id, made.id)
    assert (membership.role, membership.status, membership.invite_email) == ("admin", "accepted", None)
    assert without_id(again) == refusal(
        400, "BadRequest", f"You are already a part of the organization with ID {made.id}"
    )
    assert without_id(removing) == refusal(
        400, "BadRequest", "You cannot remove yourself from the organization from the instance management panel."
    )


def test_an_invitation_is_sent_again_until_it_was_accepted():
    world = World()
    admin = world.person.admin
    made = admin.create_organization(
        name="Other", invite_admin_emails=["new@example.com", "admin@example.com"]
    ).unwrap()
    (found,) = admin.list_organizations(search_term="Other").unwrap().organizations
    invited, accepted = (member.membership_id for member in found.members)

    sent = admin.resend_org_invite(organization_id=made.id, membership_id=invited).unwrap()
    late = world.send("POST", f"{ORGANIZATIONS}/{made.id}/memberships/{accepted}/resend-invite")
    elsewhere = world.send("POST", f"{ORGANIZATIONS}/{world.given.organization_id}/memberships/{invited}/resend-invite")

    assert (sent.id, sent.status, sent.invite_email) == (invited, "invited", "new@example.com")
    assert without_id(late) == refusal(400, "BadRequest", "This user has already accepted their invitation.")
    assert without_id(elsewhere) == refusal(404, "Organization Membership", "Organization membership not found")


def test_a_member_who_was_removed_is_in_none_of_the_projects_any_more():
    world = World()
    token = joined(world, "gone@example.com", project_role="admin")
    (found,) = world.person.admin.list_organizations().unwrap().organizations
    member = found.members[1]
    path = f"/api/v1/projects/{world.project_id}/authorizations"
    before = world.send("GET", path, token=token)[0]

    removed = world.person.admin.delete_org_membership(
        organization_id=found.id, membership_id=member.membership_id
    ).unwrap()

    assert (before, removed.id, removed.user_id) == (200, member.membership_id, member.user.id)
    assert world.send("GET", path, token=token)[0] == 403
    (after,) = world.person.admin.list_organizations().unwrap().organizations
    assert after.members == found.members[:1]


def test_an_organization_that_was_deleted_leaves_nothing_of_its_own():
    world = World()
    own = world.given
    joined(world, "in@example.com", project_role="member")
    world.person.secret_sharing.create(secret_value="v", access_type="anyone").unwrap()

    deleted = world.person.admin.delete_organization(organization_id=own.organization_id).unwrap()

    assert (deleted.id, deleted.name) == (own.organization_id, "Example")
    tables = repr({name: rows for name, rows in world.memory.state.tables.items() if name != "sessions"})
    assert [
        identifier for identifier in (own.organization_id, own.project_id, own.identity_id) if identifier in tables
    ] == []
    assert world.person.admin.list_users().unwrap().total == 2  # people stay
    assert world.send("DELETE", f"{ORGANIZATIONS}/{own.organization_id}")[0] == 404


def test_an_organization_needs_a_proper_name_and_somebody_to_invite():
    world = World()

    named = world.send("POST", ORGANIZATIONS, {"name": "a/b", "inviteAdminEmails": ["a@example.com"]})
    lonely = world.send("POST", ORGANIZATIONS, {"name": "Other", "inviteAdminEmails": []})

    assert (named[0], named[1]["message"][0]["path"]) == (422, ["name"])
    assert (lonely[0], lonely[1]["message"][0]["path"]) == (422, ["inviteAdminEmails"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", CONFIG, {}),
        ("GET", "/api/v1/admin/user-management/users", None),
        ("DELETE", "/api/v1/admin/user-management/users/x", None),
        ("DELETE", "/api/v1/admin/user-management/users", {"userIds": []}),
        ("PATCH", "/api/v1/admin/user-management/users/x/admin-access", None),
        ("DELETE", "/api/v1/admin/user-management/users/x/admin-access", None),
        ("GET", ORGANIZATIONS, None),
        ("POST", ORGANIZATIONS, {"name": "A", "inviteAdminEmails": ["a@example.com"]}),
        ("DELETE", f"{ORGANIZATIONS}/x", None),
        ("DELETE", f"{ORGANIZATIONS}/x/memberships/y", None),
        ("POST", f"{ORGANIZATIONS}/x/memberships/y/resend-invite", None),
        ("POST", f"{ORGANIZATIONS}/x/access", None),
        ("GET", "/api/v1/admin/identity-management/identities", None),
        ("DELETE", "/api/v1/admin/identity-management/identities/x/super-admin-access", None),
        ("GET", "/api/v1/admin/integrations", None),
        ("GET", "/api/v1/admin/encryption-strategies", None),
        ("PATCH", "/api/v1/admin/encryption-strategies", {"strategy": "HSM"}),
        ("GET", "/api/v1/admin/env-overrides", None),
        ("POST", "/api/v1/admin/invalidate-cache", {"type": "all"}),
        ("GET", "/api/v1/admin/invalidating-cache-status", None),
        ("POST", "/api/v1/admin/usage-report/generate", None),
    ],
)
def test_an_admin_of_an_organization_does_not_run_the_instance(method, path, body):
    world = World()
    token = joined(world, "org-admin@example.com", role="admin")

    assert without_id(world.send(method, path, body, token=token)) == DENIED
