"""Scenes of the instance's admins."""

from __future__ import annotations

from functools import partial

from infisical import InfisicalClient
from infisical.memory import open_session
from infisical.memory.domain.instance import make_instance_admin, start_uninitialized
from tests.memory.scenes import Scene
from tests.memory.world import World


def bare(world: World) -> InfisicalClient:
    """A client of a server that nobody has set up."""
    world.memory.change(lambda state, now: start_uninitialized(now=now))
    return world.anyone


def member(world: World, email: str = "member@example.com") -> str:
    """One more person; the user's id."""
    world.memory.change(lambda state, now: open_session(state, now=now, email=email)[0])
    return user_id(world, email)


def user_id(world: World, email: str) -> str:
    return world.person.admin.list_users(search_term=email).unwrap().users[0].id


def other_organization(world: World) -> str:
    made = world.person.admin.create_organization(name="Other", invite_admin_emails=["new@example.com"])
    return made.unwrap().id


def invited(world: World) -> dict[str, str]:
    """A membership of somebody who was invited to another organization."""
    other_organization(world)
    (found,) = world.person.admin.list_organizations(search_term="Other").unwrap().organizations
    return {"organization_id": found.id, "membership_id": found.members[0].membership_id}


def with_admin_identity(world: World):
    world.memory.change(lambda state, now: make_instance_admin(state, world.given.identity_id))
    return partial(world.person.admin.revoke_identity_super_admin, identity_id=world.given.identity_id)


def second_admin(world: World):
    user = member(world)
    world.person.admin.grant_admin_access(user_id=user).unwrap()
    return partial(world.person.admin.revoke_admin_access, user_id=user)


SCENES: dict[str, Scene] = {
    "admin.bootstrap": lambda w: partial(
        bare(w).admin.bootstrap, email="first@example.com", password="long enough", organization="Acme"
    ),
    "admin.signup": lambda w: partial(
        bare(w).admin.signup, email="first@example.com", password="long enough", first_name="Ada"
    ),
    "admin.get_config": lambda w: w.anyone.admin.get_config,
    "admin.update_config": lambda w: partial(w.person.admin.update_config, allow_sign_up=False),
    "admin.list_users": lambda w: w.person.admin.list_users,
    "admin.delete_user": lambda w: partial(w.person.admin.delete_user, user_id=member(w)),
    "admin.delete_users": lambda w: partial(w.person.admin.delete_users, user_ids=[member(w)]),
    "admin.grant_admin_access": lambda w: partial(w.person.admin.grant_admin_access, user_id=member(w)),
    "admin.revoke_admin_access": second_admin,
    "admin.list_organizations": lambda w: w.person.admin.list_organizations,
    "admin.create_organization": lambda w: partial(
        w.person.admin.create_organization, name="Other", invite_admin_emails=["new@example.com"]
    ),
    "admin.delete_organization": lambda w: partial(
        w.person.admin.delete_organization, organization_id=other_organization(w)
    ),
    "admin.delete_org_membership": lambda w: partial(w.person.admin.delete_org_membership, **invited(w)),
    "admin.resend_org_invite": lambda w: partial(w.person.admin.resend_org_invite, **invited(w)),
    "admin.join_organization": lambda w: partial(
        w.person.admin.join_organization, organization_id=other_organization(w)
    ),
    "admin.list_identities": lambda w: w.person.admin.list_identities,
    "admin.grant_identity_super_admin": lambda w: partial(
        w.person.admin.grant_identity_super_admin, identity_id=w.given.identity_id
    ),
    "admin.revoke_identity_super_admin": with_admin_identity,
    "admin.get_integrations": lambda w: w.person.admin.get_integrations,
    "admin.get_encryption_strategies": lambda w: w.person.admin.get_encryption_strategies,
    "admin.update_encryption_strategy": lambda w: partial(w.person.admin.update_encryption_strategy, strategy="HSM"),
    "admin.get_env_overrides": lambda w: w.person.admin.get_env_overrides,
    "admin.invalidate_cache": lambda w: partial(w.person.admin.invalidate_cache, type="all"),
    "admin.get_cache_status": lambda w: w.person.admin.get_cache_status,
    "admin.generate_usage_report": lambda w: w.person.admin.generate_usage_report,
}
