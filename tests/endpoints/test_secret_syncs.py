"""The secret syncs group: every request as a value, and every answer decoded."""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import many, one
from infisical.encode import prepare
from infisical.endpoints.projects import ProjectEnvironment
from infisical.endpoints.secret_syncs import SecretSync, SecretSyncs, SyncConnection, SyncFolder
from infisical.request import NULL
from tests.wire import answer

SYNCS = Access("secret_syncs")
SYNC = one(SecretSync, at="secretSync")
PATH = "/api/v1/secret-syncs/{destination}/{syncId}"
GITHUB_PARTS = {"destination": "github", "sync_id": "s1"}
ID = (("destination", "github"), ("syncId", "s1"))
OPTIONS = {"initialSyncBehavior": "overwrite-destination", "disableSecretDeletion": False}
CONFIG = {"scope": "repository", "owner": "o", "repo": "r"}

REQUESTS = [
    (
        SecretSyncs.create(
            destination="github",
            name="n",
            project_id="p",
            connection_id="c",
            environment="dev",
            secret_path="/",
            sync_options=OPTIONS,
            destination_config=CONFIG,
            description="d",
            is_auto_sync_enabled=False,
        ),
        Request(
            "POST",
            "/api/v1/secret-syncs/{destination}",
            (("destination", "github"),),
            (),
            {
                "name": "n",
                "projectId": "p",
                "description": "d",
                "connectionId": "c",
                "environment": "dev",
                "secretPath": "/",
                "isAutoSyncEnabled": False,
                "syncOptions": OPTIONS,
                "destinationConfig": CONFIG,
            },
            SYNC,
            SYNCS,
        ),
    ),
    (
        SecretSyncs.update(
            **GITHUB_PARTS,
            name="n",
            description=NULL,
            connection_id="c",
            environment="dev",
            secret_path="/",
            is_auto_sync_enabled=True,
            sync_options=OPTIONS,
            destination_config=CONFIG,
        ),
        Request(
            "PATCH",
            PATH,
            ID,
            (),
            {
                "name": "n",
                "description": NULL,
                "connectionId": "c",
                "environment": "dev",
                "secretPath": "/",
                "isAutoSyncEnabled": True,
                "syncOptions": OPTIONS,
                "destinationConfig": CONFIG,
            },
            SYNC,
            SYNCS,
        ),
    ),
    (
        SecretSyncs.delete(**GITHUB_PARTS, remove_secrets=True),
        Request("DELETE", PATH, ID, (("removeSecrets", True),), None, SYNC, SYNCS),
    ),
    (SecretSyncs.get(**GITHUB_PARTS), Request("GET", PATH, ID, (), None, SYNC, SYNCS)),
    (
        SecretSyncs.list(destination="github", project_id="p"),
        Request(
            "GET",
            "/api/v1/secret-syncs/{destination}",
            (("destination", "github"),),
            (("projectId", "p"),),
            None,
            many(SecretSync, at="secretSyncs"),
            SYNCS,
        ),
    ),
    (SecretSyncs.trigger(**GITHUB_PARTS), Request("POST", f"{PATH}/sync-secrets", ID, (), {}, SYNC, SYNCS)),
    (
        SecretSyncs.import_secrets(**GITHUB_PARTS, import_behavior="prioritize-source"),
        Request("POST", f"{PATH}/import-secrets", ID, (("importBehavior", "prioritize-source"),), {}, SYNC, SYNCS),
    ),
    (SecretSyncs.remove_secrets(**GITHUB_PARTS), Request("POST", f"{PATH}/remove-secrets", ID, (), {}, SYNC, SYNCS)),
    (
        SecretSyncs.get_by_name(destination="github", sync_name="n", project_id="p"),
        Request(
            "GET",
            "/api/v1/secret-syncs/{destination}/sync-name/{syncName}",
            (("destination", "github"), ("syncName", "n")),
            (("projectId", "p"),),
            None,
            SYNC,
            SYNCS,
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ROW = {
    "id": "s1",
    "name": "n",
    "description": "d",
    "destination": "github",
    "isAutoSyncEnabled": True,
    "version": 1,
    "folderId": "f",
    "connectionId": "c",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "syncStatus": "succeeded",
    "lastSyncJobId": "j1",
    "lastSyncMessage": "m1",
    "lastSyncedAt": "2026-01-03T00:00:00.000Z",
    "importStatus": "running",
    "lastImportJobId": "j2",
    "lastImportMessage": "m2",
    "lastImportedAt": "2026-01-04T00:00:00.000Z",
    "removeStatus": "failed",
    "lastRemoveJobId": "j3",
    "lastRemoveMessage": "m3",
    "lastRemovedAt": "2026-01-05T00:00:00.000Z",
    "projectId": "p",
    "connection": {"app": "github", "name": "cn", "id": "c"},
    "environment": {"slug": "dev", "name": "Development", "id": "e"},
    "folder": {"id": "f", "path": "/"},
    "syncOptions": OPTIONS,
    "destinationConfig": CONFIG,
}
FULL_SYNC = SecretSync(
    id="s1",
    name="n",
    description="d",
    destination="github",
    is_auto_sync_enabled=True,
    version=1,
    folder_id="f",
    connection_id="c",
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    sync_status="succeeded",
    last_sync_job_id="j1",
    last_sync_message="m1",
    last_synced_at="2026-01-03T00:00:00.000Z",
    import_status="running",
    last_import_job_id="j2",
    last_import_message="m2",
    last_imported_at="2026-01-04T00:00:00.000Z",
    remove_status="failed",
    last_remove_job_id="j3",
    last_remove_message="m3",
    last_removed_at="2026-01-05T00:00:00.000Z",
    project_id="p",
    connection=SyncConnection(app="github", name="cn", id="c"),
    environment=ProjectEnvironment(slug="dev", name="Development", id="e"),
    folder=SyncFolder(id="f", path="/"),
    sync_options=OPTIONS,
    destination_config=CONFIG,
)

ANSWERS = [
    (SecretSyncs.get(**GITHUB_PARTS), {"secretSync": ROW}, FULL_SYNC),
    (
        SecretSyncs.list(destination="github", project_id="p"),
        {"secretSyncs": [ROW, {"id": "s2", "folderId": None, "folder": None, "environment": None}]},
        (FULL_SYNC, SecretSync(id="s2")),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


@pytest.mark.parametrize(
    ("given", "query"), [(True, "?removeSecrets=true"), (False, "?removeSecrets=false"), (None, "")]
)
def test_remove_secrets_is_sent_in_the_query_not_in_a_body(given, query):
    http = prepare(SecretSyncs.delete(**GITHUB_PARTS, remove_secrets=given), "https://x", (), 1.0).unwrap()

    assert (http.url, http.body) == (f"https://x/api/v1/secret-syncs/github/s1{query}", None)


def test_the_import_behavior_is_sent_in_the_query_of_a_post():
    request = SecretSyncs.import_secrets(**GITHUB_PARTS, import_behavior="prioritize-destination")
    http = prepare(request, "https://x", (), 1.0).unwrap()

    assert http.url.endswith("/import-secrets?importBehavior=prioritize-destination")
    assert http.body == b"{}"


def test_null_clears_and_omitted_parameters_are_not_sent():
    http = prepare(SecretSyncs.update(**GITHUB_PARTS, description=NULL), "", (), 1.0).unwrap()

    assert json.loads(http.body) == {"description": None}
