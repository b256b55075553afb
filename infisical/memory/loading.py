"""Loading: secrets and whole documents put into a server in memory, for tests and for `serve --data`.

documents.py defines the content of a document; seeding.py and secrets/store.py make the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from infisical.memory import seeding, tables, tree
from infisical.memory.call import Call
from infisical.memory.documents import Document, ProjectDocument
from infisical.memory.secret_imports.store import add_import
from infisical.memory.secret_tags import add_tag
from infisical.memory.secrets.store import write_secret
from infisical.memory.state import Draft, Generation, Row, State


def put_secrets(
    state: State,
    secrets: Mapping[str, str],
    *,
    now: float,
    project_id: str | None = None,
    environment: str = "dev",
    path: str = "/",
) -> State:
    """Return a server with these secrets in an environment's folder, which is created if it is missing.

    An existing secret gets a new version. ValueError for an unknown project or environment.
    """
    call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
    project = project_id if project_id is not None else seeding.get_given(state).project_id
    folder = _ensure_folder(call, project, environment, path)
    for key, value in secrets.items():
        write_secret(call, folder, key, value)
    return call.draft.finish()


def start_from(
    document: Document,
    *,
    now: float,
    seed: int | str = 0,
    generation: Generation = "current",
    site_url: str = "http://localhost:8080",
) -> State:
    """Make a new server with the content of a document; its first project is the project of `given`."""
    first, *others = document.projects
    state = seeding.start(
        now=now,
        seed=seed,
        generation=generation,
        site_url=site_url,
        organization=document.organization or "Example",
        project=first.name,
        project_slug=first.slug,
        project_id=first.id,
        environments=[(environment.name, environment.slug) for environment in first.environments],
    )
    given = seeding.get_given(state)
    call = Call(Draft(state), seeding.INTERNAL_REQUEST, now, {})
    _fill(call, given.project_id, first)
    for other in others:
        project = seeding.add_project(
            call,
            given.organization_id,
            other.name,
            other.slug,
            project_id=other.id,
            environments=[(environment.name, environment.slug) for environment in other.environments],
        )
        seeding.add_project_user(call, project["id"], given.user_id, "admin")
        seeding.add_project_identity(call, project["id"], given.identity_id, "admin")
        _fill(call, project["id"], other)
    return call.draft.finish()


def _fill(call: Call, project_id: str, document: ProjectDocument) -> None:
    for folder_document in document.folders:
        _ensure_folder(call, project_id, folder_document.environment, folder_document.path)
    for secret in document.secrets:
        write_secret(
            call,
            _ensure_folder(call, project_id, secret.environment, secret.path),
            secret.key,
            secret.value,
            comment=secret.comment,
            tag_ids=_ensure_tags(call, project_id, secret.tags),
            metadata=[{"key": key, "value": value, "isEncrypted": False} for key, value in secret.metadata],
        )
    for one_import in document.imports:
        folder = _ensure_folder(call, project_id, one_import.environment, one_import.path)
        source = tree.find_environment(call.draft, project_id, one_import.from_environment)
        assert source is not None, "a document names only environments that it declares"
        position = 1 + len(call.draft.rows(tables.imports(folder["id"])))
        add_import(call, folder, source["id"], one_import.from_path, position)


def _ensure_tags(call: Call, project_id: str, slugs: Iterable[str]) -> list[str]:
    """Return the ids of a project's tags; missing tags are created."""
    tag_ids = []
    for slug in slugs:
        tag = call.draft.find(tables.tags(project_id), slug=slug) or add_tag(call, project_id, slug)
        tag_ids.append(tag["id"])
    return tag_ids


def _ensure_folder(call: Call, project_id: str, slug: str, path: str) -> Row:
    """Return the folder of a path; missing folders are created."""
    environment = tree.find_environment(call.draft, project_id, slug)
    if environment is None:
        raise ValueError(f"no environment {slug!r} in project {project_id!r}")
    folder = tree.get_root(call.draft, environment["id"])
    for part in tree.split_path(path):
        child = tree.find_child(call.draft, folder, part)
        folder = child or tree.create_folder(call, project_id, environment["id"], part, folder)
    return folder
