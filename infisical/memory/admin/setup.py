"""Setup of a new instance: `bootstrap` for machines, `signup` for the first user. One of them works, once."""

from __future__ import annotations

from typing import Final

from infisical.memory import seeding, tables, tokens
from infisical.memory.call import Call, pick
from infisical.memory.domain import accounts, instance
from infisical.memory.refusals import bad_request
from infisical.memory.routing import PUBLIC_ACCESS, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import email, obj, string

FIRST_ORGANIZATION: Final = "Admin Org"
TOKEN_AUTH: Final = "token-auth"
UNLIMITED_SETTINGS: Final = {
    "accessTokenTTL": 0,
    "accessTokenMaxTTL": 0,
    "accessTokenNumUsesLimit": 0,
    "accessTokenTrustedIps": list(seeding.ALL_ADDRESSES),
}
BOOTSTRAP_BODY: Final = obj(email=email(), password=string(least=1), organization=string(least=1))
SIGNUP_BODY: Final = obj(email=email(), password=string(), firstName=string(), lastName=string().optional())
USER_COLUMNS: Final = (*accounts.PROFILE_COLUMNS[:-1], "selectedMfaMethod")


def create_first_user(call: Call, first_name: str, last_name: str | None, organization: str) -> tuple[Row, Row]:
    """Create the first user, who is the instance admin, and the first organization."""
    address = call.body["email"]
    user = seeding.add_user(call, address, first_name=first_name, last_name=last_name, super_admin=True)
    slug = f"{seeding.make_slug(organization)}-{call.draft.random_bytes(2).hex()}"
    row = seeding.add_organization(call, organization, slug)
    seeding.add_org_member(call, row["id"], user["id"], "admin")
    instance.configure(call, initialized=True)
    return user, row


@route("POST", "/api/v1/admin/bootstrap", generation="current", access=PUBLIC_ACCESS, body=BOOTSTRAP_BODY)
def bootstrap(call: Call) -> Answer:
    if instance.get_config(call)["initialized"]:
        raise bad_request("Instance has already been set up")
    user, organization = create_first_user(call, "Admin", "User", call.body["organization"])
    identity = seeding.add_identity(call, organization["id"], "Instance Admin Identity", "admin")
    call.draft.merge(tables.IDENTITIES, identity["id"], superAdmin=True)
    settings = call.new_row(identityId=identity["id"], **UNLIMITED_SETTINGS)
    call.draft.put(tables.auth_settings(TOKEN_AUTH), identity["id"], settings)
    login = tokens.issue(call, identity["id"], TOKEN_AUTH, settings, name="Instance Admin Token")
    return {
        "message": "Successfully bootstrapped instance",
        "user": pick(user, "username", "firstName", "lastName", "email", "id", "superAdmin"),
        "organization": pick(organization, "id", "name", "slug"),
        "identity": {**pick(identity, "id", "name"), "credentials": {"token": login["accessToken"]}},
    }


@route("POST", "/api/v1/admin/signup", access=PUBLIC_ACCESS, body=SIGNUP_BODY)
def signup(call: Call) -> Answer:
    if instance.get_config(call)["initialized"]:
        raise bad_request("Admin account has already been set up")
    user, organization = create_first_user(call, call.body["firstName"], call.body.get("lastName"), FIRST_ORGANIZATION)
    return {
        "message": "Successfully set up admin account",
        "user": pick(user, *USER_COLUMNS),
        "organization": dict(organization),
        "token": tokens.open_session(call, user["id"], None, ttl=tokens.MONTH_SECONDS),
        "new": "123",
    }
