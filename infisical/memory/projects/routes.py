"""Projects: made, listed, read, changed and deleted, at /api/v1/projects and at /api/v1/workspace, its older name.

What both names answer is made from one table. Environments, members and trusted addresses have files of their own.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit, permit_organization
from infisical.memory.call import Call
from infisical.memory.projects import store, views
from infisical.memory.refusals import forbidden, not_found
from infisical.memory.routing import MACHINES, READERS, Answer, Route, route
from infisical.memory.seeding import new_project, new_project_identity, new_project_user, slug_of
from infisical.memory.state import Row
from infisical.memory.tree import DEFAULT_ENVIRONMENTS
from infisical.memory.validation import Field, array, boolean, choice, flag_text, number, obj, slug, string

SLUG: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
LOOSE_SLUG: Final = r"[a-z0-9]+(?:[_-][a-z0-9]+)*"
NOT_A_SLUG: Final = "Slug field can only contain lowercase letters, numbers, and hyphens"
NEW: Final = obj(
    projectName=string(most=64),
    projectDescription=string(most=1024).optional(None),
    slug=string(least=5, most=36, matches=SLUG, message=NOT_A_SLUG).optional(),
    kmsKeyId=string().optional(),
    template=slug(message="Template field can only contain lowercase letters, numbers, and hyphens").optional(
        "default"
    ),
    type=choice(*views.TYPES).optional("secret-manager"),
    shouldCreateDefaultEnvs=boolean().optional(True),
    hasDeleteProtection=boolean().optional(False),
)
SETTINGS: Final[dict[str, Field]] = {
    "name": string(most=64).optional(),
    "description": string(most=256).optional(),
    "autoCapitalization": boolean().optional(),
    "hasDeleteProtection": boolean().optional(),
    "slug": string(
        most=64,
        matches=LOOSE_SLUG,
        message="Project slug can only contain lowercase letters and numbers, with optional single hyphens (-) or "
        "underscores (_) between words. Cannot start or end with a hyphen or underscore.",
    ).optional(),
    "secretSharing": boolean().optional(),
    "showSnapshotsLegacy": boolean().optional(),
    "secretDetectionIgnoreValues": array(string()).optional(),
}
NEWER_SETTINGS: Final = {
    "enforceEncryptedSecretManagerSecretMetadata": boolean().optional(),
    "pitVersionLimit": number(least=1, most=100).optional(),
}
OLDER_SETTINGS: Final = {"defaultProduct": choice(*views.TYPES).optional()}
KNOWN_BEFORE: Final = ("name", "autoCapitalization")


# ---- made and found
@route("POST", "/api/v1/projects", generation="current", access=MACHINES, body=NEW, limit="projectCreation")
def create_project(call: Call) -> Answer:
    permit_organization(call, "create", "workspace")
    name = call.body["projectName"]
    chosen = call.body.get("slug") or f"{slug_of(name)}-{call.draft.random_bytes(2).hex()}"
    taken = (
        f'A project with the slug "{chosen}" already exists in your organization. '
        "Please choose a different name or slug."
    )
    key_id = call.body.get("kmsKeyId")
    if key_id is not None:
        raise not_found(f"KMS with ID '{key_id}' not found")  # keys of an organization's own are not modelled
    environments = _environments(call)
    store.check_slug(call, call.organization_id, chosen, taken)
    row = new_project(
        call,
        call.organization_id,
        name,
        chosen,
        kind=call.body["type"],
        description=call.body["projectDescription"],
        environments=environments,
        hasDeleteProtection=call.body["hasDeleteProtection"],
    )
    join = new_project_identity if call.actor.kind == "identity" else new_project_user
    join(call, row["id"], call.actor.id, "admin")
    return {"project": views.whole(call, row)}


@route("POST", "/api/v2/workspace", access=MACHINES, body=NEW, limit="projectCreation")
def create_workspace(call: Call) -> Answer:
    """The older name of the same, which the official Node SDK still uses."""
    return create_project.handler(call)


def _environments(call: Call) -> list[tuple[str, str]]:
    name = call.body["template"]
    if name == "default":
        return list(DEFAULT_ENVIRONMENTS) if call.body["shouldCreateDefaultEnvs"] else []
    template = call.draft.find(store.TEMPLATES, name=name, orgId=call.organization_id)
    if template is None:
        raise not_found(f"Could not find project template with Name {name}")
    return list(template["environments"])


LIST: Final = obj(includeRoles=flag_text().optional(False), type=choice(*views.TYPES).optional(None))


@route("GET", "/api/v1/projects", generation="current", access=MACHINES, query=LIST)
def list_projects(call: Call) -> Answer:
    found = store.of_member(call, call.organization_id, kind=call.query["type"])
    if not call.query["includeRoles"]:
        return {"projects": [views.whole(call, row) for row in found]}
    permit_organization(call, "create", "member")
    return {"projects": [{**views.whole(call, row), "roles": views.role_list(call, row)} for row in found]}


@route("GET", "/api/v1/projects/slug/{slug}", generation="current", access=MACHINES)
def get_project_by_slug(call: Call) -> Answer:
    return views.whole(call, store.by_slug(call, call.path["slug"]))


# ---- one project, under either name
def _read(call: Call) -> dict[str, Any]:
    return views.whole(call, store.seen(call, call.path["projectId"]))


def _update(call: Call) -> dict[str, Any]:
    row = permit(call, call.path["projectId"], "edit", "settings")
    columns = {name: value for name, value in call.body.items() if name in KNOWN_BEFORE or not call.is_2024}
    if "slug" in columns:
        taken = (
            f'Failed to update project. A project with the slug "{columns["slug"]}" already exists in your '
            "organization. Please choose a different slug."
        )
        store.check_slug(call, row["orgId"], columns["slug"], taken, row["id"])
    return views.shown(call, call.draft.merge(tables.PROJECTS, row["id"], **columns, updatedAt=call.timestamp))


def _delete(call: Call) -> dict[str, Any]:
    row = permit(call, call.path["projectId"], "delete", "workspace")
    if row["hasDeleteProtection"] and not call.is_2024:
        raise forbidden("Project delete protection is enabled")
    store.drop_project(call, row["id"])
    return views.shown(call, row)


def _routes(path: str, key: str, settings: dict[str, Field], only: Any) -> tuple[Route, Route, Route]:
    one = f"{path}/{{projectId}}"
    return (
        route("GET", one, generation=only, access=READERS)(lambda call: {key: _read(call)}),
        route("PATCH", one, generation=only, access=MACHINES, body=obj(settings))(lambda call: {key: _update(call)}),
        route("DELETE", one, generation=only, access=MACHINES)(lambda call: {key: _delete(call)}),
    )


get_project, update_project, delete_project = _routes(
    "/api/v1/projects", "project", {**SETTINGS, **NEWER_SETTINGS}, "current"
)
get_workspace, update_workspace, delete_workspace = _routes(
    "/api/v1/workspace", "workspace", {**SETTINGS, **OLDER_SETTINGS}, None
)


@route("GET", "/api/v1/workspace", access=MACHINES)
def list_workspaces(call: Call) -> Answer:
    return {"workspaces": [views.whole(call, row) for row in store.of_member(call, call.organization_id)]}


# ---- roles
def _roles(call: Call, row: Row) -> dict[str, Any]:
    return {"roles": views.role_list(call, permit(call, row["id"], "read", "role"))}


@route("GET", "/api/v1/projects/{projectId}/roles", generation="current", access=MACHINES)
def list_roles(call: Call) -> Answer:
    return _roles(call, store.seen(call, call.path["projectId"]))


@route("GET", "/api/v2/workspace/{projectId}/roles", generation="current", access=MACHINES)
def list_workspace_roles(call: Call) -> Answer:
    return _roles(call, store.seen(call, call.path["projectId"]))


@route("GET", "/api/v1/workspace/{projectSlug}/roles", access=MACHINES)
def list_roles_by_slug(call: Call) -> Answer:
    return _roles(call, store.by_slug(call, call.path["projectSlug"]))
