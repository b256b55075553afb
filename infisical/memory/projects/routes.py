"""The routes of projects, at /api/v1/projects and at the old name /api/v1/workspace, over the same rows.

Environments, members and trusted addresses are in other modules.
"""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.access import permit, permit_organization
from infisical.memory.accidents import refuse_empty_update
from infisical.memory.call import Call, pick
from infisical.memory.domain import custom_roles
from infisical.memory.projects import store, views
from infisical.memory.refusals import forbidden, not_found
from infisical.memory.routing import MACHINES, READERS, Answer, Route, route
from infisical.memory.seeding import add_project, add_project_identity, add_project_user, make_slug
from infisical.memory.state import Row
from infisical.memory.tree import DEFAULT_ENVIRONMENTS
from infisical.memory.validation import (
    SLUG_PATTERN,
    Field,
    array,
    boolean,
    choice,
    flag_text,
    number,
    obj,
    slug,
    string,
)

LOOSE_SLUG_PATTERN: Final = r"[a-z0-9]+(?:[_-][a-z0-9]+)*"
SLUG_MESSAGE: Final = "Slug field can only contain lowercase letters, numbers, and hyphens"
CREATE_BODY: Final = obj(
    projectName=string(most=64),
    projectDescription=string(most=1024).optional(None),
    slug=string(least=5, most=36, matches=SLUG_PATTERN, message=SLUG_MESSAGE).optional(),
    kmsKeyId=string().optional(),
    template=slug(message="Template field can only contain lowercase letters, numbers, and hyphens").optional(
        "default"
    ),
    type=choice(*views.TYPES).optional("secret-manager"),
    shouldCreateDefaultEnvs=boolean().optional(True),
    hasDeleteProtection=boolean().optional(False),
)
OLD_CREATE_BODY: Final = obj(
    projectName=string(most=64, too_long="Name must be 64 or fewer characters"),
    slug=string(least=5, most=36, matches=SLUG_PATTERN, message="Slug must be a valid slug").optional(),
    kmsKeyId=string().optional(),
    template=slug(message="Template Name must be in slug format").optional("default"),
)
SETTING_FIELDS: Final[dict[str, Field]] = {
    "name": string(most=64).optional(),
    "description": string(most=256).optional(),
    "autoCapitalization": boolean().optional(),
    "hasDeleteProtection": boolean().optional(),
    "slug": string(
        most=64,
        matches=LOOSE_SLUG_PATTERN,
        message="Project slug can only contain lowercase letters and numbers, with optional single hyphens (-) or "
        "underscores (_) between words. Cannot start or end with a hyphen or underscore.",
    ).optional(),
    "secretSharing": boolean().optional(),
    "showSnapshotsLegacy": boolean().optional(),
    "secretDetectionIgnoreValues": array(string()).optional(),
}
NEW_SETTING_FIELDS: Final = {
    "enforceEncryptedSecretManagerSecretMetadata": boolean().optional(),
    "pitVersionLimit": number(least=1, most=100).optional(),
}
OLD_SETTING_FIELDS: Final = {"defaultProduct": choice(*views.TYPES).optional()}
SETTING_FIELDS_2024: Final[dict[str, Field]] = {
    "name": string(most=64, too_long="Name must be 64 or fewer characters").optional(),
    "autoCapitalization": boolean().optional(),
}


# ---- creating and listing
@route("POST", "/api/v1/projects", generation="current", access=MACHINES, body=CREATE_BODY, limit="projectCreation")
def create_project(call: Call) -> Answer:
    permit_organization(call, "create", "workspace")
    name = call.body["projectName"]
    slug_text = call.body.get("slug") or f"{make_slug(name)}-{call.draft.random_bytes(2).hex()}"
    message = (
        f'A project with the slug "{slug_text}" already exists in your organization. '
        "Please choose a different name or slug."
    )
    key_id = call.body.get("kmsKeyId")
    if key_id is not None:
        raise not_found(f"KMS with ID '{key_id}' not found")  # a server in memory has no keys of organizations
    environments = _choose_environments(call)
    store.check_slug(call, call.organization_id, slug_text, message)
    row = add_project(
        call,
        call.organization_id,
        name,
        slug_text,
        kind=call.body.get("type", "secret-manager"),
        description=call.body.get("projectDescription"),
        environments=environments,
        hasDeleteProtection=call.body.get("hasDeleteProtection", False),
        autoCapitalization=call.is_2024,
    )
    join = add_project_identity if call.actor.kind == "identity" else add_project_user
    join(call, row["id"], call.actor.id, "admin")
    return {"project": views.describe_with_environments(call, row)}


def create_workspace(call: Call) -> Answer:
    """Create a project under the old name, which the official Node SDK still uses."""
    return create_project.handler(call)


workspace_create_route = route(
    "POST", "/api/v2/workspace", generation="current", access=MACHINES, body=CREATE_BODY, limit="projectCreation"
)(create_workspace)
old_create_route = route(
    "POST", "/api/v2/workspace", generation="2024-10", access=MACHINES, body=OLD_CREATE_BODY, limit="projectCreation"
)(create_workspace)


def _choose_environments(call: Call) -> list[tuple[str, str]]:
    name = call.body["template"]
    if name == "default":
        return list(DEFAULT_ENVIRONMENTS) if call.body.get("shouldCreateDefaultEnvs", True) else []
    template = call.draft.find(store.TEMPLATES, name=name, orgId=call.organization_id)
    if template is None:
        raise not_found(f"Could not find project template with Name {name}")
    return list(template["environments"])


LIST_QUERY: Final = obj(includeRoles=flag_text().optional(False), type=choice(*views.TYPES).optional(None))


@route("GET", "/api/v1/projects", generation="current", access=MACHINES, query=LIST_QUERY)
def list_projects(call: Call) -> Answer:
    rows = store.list_of_member(call, call.organization_id, kind=call.query["type"])
    if not call.query["includeRoles"]:
        return {"projects": [views.describe_with_environments(call, row) for row in rows]}
    permit_organization(call, "create", "member")
    return {
        "projects": [
            {**views.describe_with_environments(call, row), "roles": views.make_roles(call, row)} for row in rows
        ]
    }


@route("GET", "/api/v1/projects/slug/{slug}", generation="current", access=MACHINES)
def get_project_by_slug(call: Call) -> Answer:
    return views.describe_with_environments(call, store.get_by_slug(call, call.path["slug"]))


# ---- one project, under both names
def _read(call: Call) -> dict[str, Any]:
    return views.describe_with_environments(call, store.get_visible(call, call.path["projectId"]))


def change_project(call: Call, project_id: str) -> dict[str, Any]:
    """Change the settings of a project that the body has."""
    if call.is_2024:
        store.get_existing(call, project_id)
    row = permit(call, project_id, "edit", "settings")
    refuse_empty_update(call)
    columns = {name: value for name, value in call.body.items() if name in SETTING_FIELDS_2024 or not call.is_2024}
    if "slug" in columns:
        message = (
            f'Failed to update project. A project with the slug "{columns["slug"]}" already exists in your '
            "organization. Please choose a different slug."
        )
        store.check_slug(call, row["orgId"], columns["slug"], message, row["id"])
    return views.describe_project(
        call, call.draft.merge(tables.PROJECTS, row["id"], **columns, updatedAt=call.timestamp)
    )


def remove_project(call: Call, project_id: str) -> dict[str, Any]:
    if call.is_2024:
        store.get_existing(call, project_id)
    row = permit(call, project_id, "delete", "workspace")
    if row["hasDeleteProtection"] and not call.is_2024:
        raise forbidden("Project delete protection is enabled")
    store.drop_project(call, row["id"])
    return views.describe_project(call, row)


def _make_routes(path: str, key: str, settings: dict[str, Field], generation: Any) -> tuple[Route, Route, Route]:
    item = f"{path}/{{projectId}}"
    return (
        route("GET", item, generation=generation, access=READERS)(lambda call: {key: _read(call)}),
        route("PATCH", item, generation=generation, access=MACHINES, body=obj(settings))(
            lambda call: {key: change_project(call, call.path["projectId"])}
        ),
        route("DELETE", item, generation=generation, access=MACHINES)(
            lambda call: {key: remove_project(call, call.path["projectId"])}
        ),
    )


get_project, update_project, delete_project = _make_routes(
    "/api/v1/projects", "project", {**SETTING_FIELDS, **NEW_SETTING_FIELDS}, "current"
)
get_workspace, update_workspace, delete_workspace = _make_routes(
    "/api/v1/workspace", "workspace", {**SETTING_FIELDS, **OLD_SETTING_FIELDS}, "current"
)
old_get_workspace, old_update_workspace, old_delete_workspace = _make_routes(
    "/api/v1/workspace", "workspace", SETTING_FIELDS_2024, "2024-10"
)


@route("GET", "/api/v1/workspace", access=MACHINES)
def list_workspaces(call: Call) -> Answer:
    return {
        "workspaces": [
            views.describe_with_environments(call, row) for row in store.list_of_member(call, call.organization_id)
        ]
    }


# ---- roles
def _list_roles(call: Call, row: Row) -> dict[str, Any]:
    roles = views.make_roles(call, permit(call, row["id"], "read", "role"))
    columns = ("id", "name", "description", "slug", "projectId", "createdAt", "updatedAt")
    custom = [pick(one, *columns) for one in call.draft.rows(custom_roles.get_table(row["id"])).values()]
    return {"roles": roles + custom}


@route("GET", "/api/v1/projects/{projectId}/roles", generation="current", access=MACHINES)
def list_roles(call: Call) -> Answer:
    return _list_roles(call, store.get_visible(call, call.path["projectId"]))


@route("GET", "/api/v2/workspace/{projectId}/roles", generation="current", access=MACHINES)
def list_workspace_roles(call: Call) -> Answer:
    return _list_roles(call, store.get_visible(call, call.path["projectId"]))


@route("GET", "/api/v1/workspace/{projectSlug}/roles", access=MACHINES)
def list_roles_by_slug(call: Call) -> Answer:
    return _list_roles(call, store.get_by_slug(call, call.path["projectSlug"]))
