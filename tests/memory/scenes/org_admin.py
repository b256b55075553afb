"""Scenes of what an organization's admin may do."""

from __future__ import annotations

from functools import partial

from tests.memory.scenes import Scene

SCENES: dict[str, Scene] = {
    "org_admin.list_projects": lambda w: partial(w.machine.org_admin.list_projects, search="a", limit=10),
    "org_admin.grant_project_access": lambda w: partial(
        w.person.org_admin.grant_project_access, project_id=w.project_id
    ),
}
