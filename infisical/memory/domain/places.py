"""Places: the project, environment and folder that a request names by slug and path.

tree.py finds a folder by its path; access.py decides what a caller may do in a place.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infisical.memory import access, tree
from infisical.memory.call import Call
from infisical.memory.refusals import bad_request, internal_error, not_found
from infisical.memory.state import Row
from infisical.memory.tables import PROJECTS
from infisical.memory.validation import Field, Issues, Path, build_issue, string

DEPTH_LIMIT: Final = 100
"""The most folders of a path: one request may create them all."""
LENGTH_LIMIT: Final = 1 << 15
INVALID_PATH_MESSAGE: Final = "Invalid secret path. Only alphanumeric characters, dashes, and underscores are allowed."


@dataclass(frozen=True, slots=True)
class Place:
    """A folder by the project's id, the environment's slug and the folder's path."""

    project_id: str
    environment: str
    path: str


def locate_folder(call: Call, folder: Row) -> Place:
    project_id, environment, path = tree.locate_folder(call.draft, folder)
    return Place(project_id, environment["slug"], path)


def make_path_field() -> Field:
    """Make the field of a folder's path, which it reads with a leading slash and without a trailing one."""
    return _make_path_field(tree.normalize_path)


def make_secret_path_field() -> Field:
    """Make the field of the path of secrets: as it is sent, without one trailing slash (v4/secret-router.ts)."""
    return _make_path_field(tree.remove_trailing_slash)


def make_folder_path_field() -> Field:
    """Make the field of a path of folders: with a leading slash, without one trailing (v2/secret-folder-router.ts)."""
    return _make_path_field(lambda path: tree.remove_trailing_slash(path if path.startswith("/") else f"/{path}"))


def get_project_id(fields: Mapping[str, Any]) -> str:
    """Return the id of the project that a request names, as `projectId` or by the old name `workspaceId`."""
    return str(fields["projectId"] if "projectId" in fields else fields["workspaceId"])


def _make_path_field(normalize: Callable[[str], str]) -> Field:
    field = string()

    def check(value: Any, path: Path, issues: Issues) -> Any:
        text = field.check(value, path, issues)
        if isinstance(text, str) and len(text) > LENGTH_LIMIT:
            issues.append(build_issue(f"A secret path has {LENGTH_LIMIT} characters at most", path))
            return "/"
        return normalize(text) if isinstance(text, str) else text

    return Field(check)


def check_path(path: str) -> str:
    """Return a path; refuse one with characters that no folder has, or with more than DEPTH_LIMIT folders."""
    if re.fullmatch(r"[A-Za-z0-9_/-]*", path) is None:
        raise bad_request(INVALID_PATH_MESSAGE)
    if len(tree.split_path(path)) > DEPTH_LIMIT:
        raise bad_request(f"A secret path has {DEPTH_LIMIT} folders at most")
    return path


def get_project_by_slug(call: Call, slug: str) -> Row:
    """Return a project of the caller's organization by its slug."""
    project = call.draft.find(PROJECTS, slug=slug, orgId=call.organization_id)
    if project is None:
        if call.is_2024:
            raise internal_error("Find project by slug")
        raise not_found(f"Project with slug '{slug}' not found")
    return project


def get_environment(call: Call, project_id: str, slug: str, *, in_project: bool = True) -> Row:
    """Return an environment by its slug; `in_project` tells whether the refusal names the project."""
    environment = tree.find_environment(call.draft, project_id, slug)
    if environment is None:
        where = f" in project with ID '{project_id}'" if in_project else ""
        raise not_found(f"Environment with slug '{slug}'{where} not found")
    return environment


def require_membership(call: Call, project_id: str, subject: str) -> None:
    """Refuse a caller who is not a member of the project: every role may read this."""
    if call.actor.mode == "service_token":
        access.permit(call, project_id, "read", subject)
    else:
        access.get_project(call, project_id)
        access.get_project_roles(call, project_id)


def is_id(text: str) -> bool:
    """Return True if a text is an id: anything else is an error of the database."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def require_id(text: str, error: str = "Find by id") -> None:
    """Refuse a text that is not an id as the database does; the error is named after the failed query (lib/knex)."""
    if not is_id(text):
        raise internal_error(error)


def describe_environment(environment: Row) -> dict[str, str]:
    """Return an environment as answers have it."""
    return {"id": environment["id"], "name": environment["name"], "slug": environment["slug"]}
