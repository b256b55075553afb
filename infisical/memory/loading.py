"""Loading: secrets and whole documents put into a server in memory, as a test or `serve --data` gives them.

What a document may say is in documents.py; how rows are made, in seeding.py and secrets.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from infisical.memory import seeding, tables, tree
from infisical.memory.call import Call
from infisical.memory.documents import Document, ProjectDocument
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
    """Return a server with these secrets in an environment's folder, which is made if it is not there.

    A secret that is there already gets a new version. ValueError for a project or environment that is not there.
    """
    call = Call(Draft(state), seeding.NOBODY, now, {})
    project = project_id if project_id is not None else seeding.given_of(state).project_id
    folder = _folder(call, project, environment, path)
    for key, value in secrets.items():
        write_secret(call, folder, key, value)
    return call.draft.finish()


def started_from(
    document: Document,
    *,
    now: float,
    seed: int | str = 0,
    generation: Generation = "current",
    site_url: str = "http://localhost:8080",
) -> State:
    """Make a new server that holds what a document says; its first project is the one that `given` names."""
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
    given = seeding.given_of(state)
    call = Call(Draft(state), seeding.NOBODY, now, {})
    _fill(call, given.project_id, first)
    for other in others:
        made = seeding.new_project(
            call,
            given.organization_id,
            other.name,
            other.slug,
            project_id=other.id,
            environments=[(environment.name, environment.slug) for environment in other.environments],
        )
        seeding.new_project_user(call, made["id"], given.user_id, "admin")
        seeding.new_project_identity(call, made["id"], given.identity_id, "admin")
        _fill(call, made["id"], other)
    return call.draft.finish()


def _fill(call: Call, project_id: str, document: ProjectDocument) -> None:
    for one in document.folders:
        _folder(call, project_id, one.environment, one.path)
    for secret in document.secrets:
        write_secret(
            call,
            _folder(call, project_id, secret.environment, secret.path),
            secret.key,
            secret.value,
            comment=secret.comment,
            tag_ids=_tags(call, project_id, secret.tags),
            metadata=[{"key": key, "value": value, "isEncrypted": False} for key, value in secret.metadata],
        )
    for imported in document.imports:
        folder = _folder(call, project_id, imported.environment, imported.path)
        source = tree.find_environment(call.draft, project_id, imported.from_environment)
        assert source is not None, "a document names only environments that it declares"
        position = 1 + len(call.draft.rows(tables.imports(folder["id"])))
        seeding.new_import(call, folder, source["id"], imported.from_path, position)


def _tags(call: Call, project_id: str, slugs: Iterable[str]) -> list[str]:
    """Return the ids of a project's tags, made where they are not there."""
    found = []
    for slug in slugs:
        tag = call.draft.find(tables.tags(project_id), slug=slug) or seeding.new_tag(call, project_id, slug)
        found.append(tag["id"])
    return found


def _folder(call: Call, project_id: str, slug: str, path: str) -> Row:
    """Return the folder of a path, made with its parents where they are not there."""
    environment = tree.find_environment(call.draft, project_id, slug)
    if environment is None:
        raise ValueError(f"no environment {slug!r} in project {project_id!r}")
    found = tree.get_root(call.draft, environment["id"])
    for part in tree.split_path(path):
        under = tree.find_child(call.draft, found, part)
        found = under or tree.create_folder(call, project_id, environment["id"], part, found)
    return found
