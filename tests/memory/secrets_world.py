"""A memory server with secrets on it, as the tests of secrets set it up and speak to it."""

from __future__ import annotations

from typing import Any

from infisical import InfisicalClient, Jwt
from infisical.memory import open_session, seeding, tables, tree
from infisical.memory.call import Call
from infisical.memory.loading import put_secrets
from infisical.memory.state import Draft
from tests.memory.world import World

AT = "2026-09-21T14:13:20.000Z"
V4 = "/api/v4/secrets"


def where(world: World, environment: str = "dev") -> dict[str, str]:
    """The place of a secret, for the typed client."""
    return {"project_id": world.project_id, "environment": environment}


def body(world: World, **more: object) -> dict[str, object]:
    """The same, for a body written by hand, with more in it."""
    return {"projectId": world.project_id, "environment": "dev", **more}


def query(world: World, **more: str) -> dict[str, str]:
    return {"projectId": world.project_id, "environment": "dev", **more}


def change(world: World, function: Any) -> Any:
    """Do something that no route can do, with a call of nobody; what it returns."""
    returned = []

    def changed(state, now):
        call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
        returned.append(function(call))
        return call.draft.finish()

    world.memory.change(changed)
    return returned[0]


def folder(world: World, *names: str) -> None:
    """Make folders, one in the other."""

    def made(call: Call) -> None:
        found = tree.find_folder(call.draft, world.project_id, "dev", "/")
        for name in names:
            found = tree.find_child(call.draft, found, name) or tree.create_folder(
                call, world.project_id, found["envId"], name, found
            )

    change(world, made)


def put(world: World, environment: str = "dev", path: str = "/", **secrets: str) -> None:
    """Put secrets into a folder, which is made if it is not there."""
    world.memory.change(lambda state, now: put_secrets(state, secrets, now=now, environment=environment, path=path))


def member(world: World, role: str, email: str = "one@example.com") -> tuple[InfisicalClient, str]:
    """One more person, who has a role in the project: a client and the JWT."""
    state, token = open_session(world.memory.state, now=world.clock(), email=email, project_role=role)
    world.memory.change(lambda _, now: state)
    return world.client(Jwt(token)), token


def service_token(world: World, *scopes: tuple[str, str], permissions: tuple[str, ...] = ("read",)) -> str:
    """A service token for some environments and paths."""

    def made(call: Call) -> str:
        row = call.new_row(
            name="token",
            projectId=world.project_id,
            secret="secret",
            scopes=[{"environment": environment, "secretPath": path} for environment, path in scopes],
            permissions=list(permissions),
            expiresAt=None,
        )
        call.draft.put(tables.SERVICE_TOKENS, row["id"], row)
        return f"st.{row['id']}.secret"

    return str(change(world, made))


def names(secrets: Any) -> list[str]:
    return sorted(secret.secret_key for secret in secrets)
