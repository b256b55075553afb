"""Places: how requests name a project, an environment and a folder in it, where slug and path are read.

Finding a folder by its path is tree.py's; what a caller may do in a place is access.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from infisical.memory import access, tree
from infisical.memory.call import Call
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.state import Row
from infisical.memory.tables import PROJECTS
from infisical.memory.validation import Field, Issues, Path, build_issue, string

DEEPEST: Final = 100
"""The folders of a path: one request makes those that are not there."""
LONGEST: Final = 1 << 15
NOT_A_PATH: Final = "Invalid secret path. Only alphanumeric characters, dashes, and underscores are allowed."


@dataclass(frozen=True, slots=True)
class Place:
    """Where secrets lie: the project's id, the environment's slug, the folder's path."""

    project_id: str
    environment: str
    path: str


def place_of(call: Call, folder: Row) -> Place:
    project_id, environment, path = tree.locate_folder(call.draft, folder)
    return Place(project_id, environment["slug"], path)


def secret_path() -> Field:
    """A folder's path, with the slash at its beginning and without the one at its end."""
    inner = string()

    def check(value: Any, path: Path, issues: Issues) -> Any:
        read = inner.check(value, path, issues)
        if isinstance(read, str) and len(read) > LONGEST:
            issues.append(build_issue(f"A secret path has {LONGEST} characters at most", path))
            return "/"
        return tree.normalize_path(read) if isinstance(read, str) else read

    return Field(check)


def checked(path: str) -> str:
    """Return a path; refuse one that no folder could have, or only one of more than DEEPEST folders."""
    if re.fullmatch(r"[A-Za-z0-9_/-]*", path) is None:
        raise bad_request(NOT_A_PATH)
    if len(tree.split_path(path)) > DEEPEST:
        raise bad_request(f"A secret path has {DEEPEST} folders at most")
    return path


def project_by_slug(call: Call, slug: str) -> Row:
    """Return a project of the caller's organization."""
    found = call.draft.find(PROJECTS, slug=slug, orgId=call.organization_id)
    if found is None:
        raise not_found(f"Project with slug '{slug}' not found")
    return found


def environment_of(call: Call, project_id: str, slug: str, *, in_project: bool = True) -> Row:
    """Return an environment by its slug; the refusal names the project or not."""
    found = tree.find_environment(call.draft, project_id, slug)
    if found is None:
        where = f" in project with ID '{project_id}'" if in_project else ""
        raise not_found(f"Environment with slug '{slug}'{where} not found")
    return found


def let_in(call: Call, project_id: str, subject: str) -> None:
    """Refuse who is no member of a project: what every role may read."""
    if call.actor.mode == "service_token":
        access.permit(call, project_id, "read", subject)
    else:
        access.get_project(call, project_id)
        access.get_project_roles(call, project_id)


def slugged(environment: Row) -> dict[str, str]:
    """Return what answers say of an environment."""
    return {"id": environment["id"], "name": environment["name"], "slug": environment["slug"]}
