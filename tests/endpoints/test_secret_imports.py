"""The imports group: every request as a value, and every answer decoded."""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import USERS, Access
from infisical.decode import many, one
from infisical.encode import prepare
from infisical.endpoints.projects import ProjectEnvironment
from infisical.endpoints.secret_imports import (
    ImportChange,
    ImportedSecretGroup,
    ImportSource,
    ResyncResponse,
    SecretImport,
    SecretImportList,
    SecretImportResponse,
    SecretImports,
)
from infisical.endpoints.secrets import Secret, SecretActor
from tests.wire import answer

IMPORTS = Access("secret_imports")
PATH = "/api/v2/secret-imports/{secretImportId}"
ID = (("secretImportId", "i1"),)
PLACE = {"project_id": "p", "environment": "dev", "path": "/app"}
WIRE = {"projectId": "p", "environment": "dev", "path": "/app"}
SOURCE = ImportSource(environment="prod", path="/shared")
IMPORT_DECODER = one(SecretImportResponse)

REQUESTS = [
    (
        SecretImports.create(**PLACE, import_=SOURCE, is_replication=True),
        Request(
            "POST",
            "/api/v2/secret-imports",
            (),
            (),
            {**WIRE, "import": SOURCE, "isReplication": True},
            IMPORT_DECODER,
            IMPORTS,
        ),
    ),
    (
        SecretImports.update(
            secret_import_id="i1", **PLACE, import_=ImportChange(environment="prod", path="/shared", position=2)
        ),
        Request(
            "PATCH",
            PATH,
            ID,
            (),
            {**WIRE, "import": ImportChange(environment="prod", path="/shared", position=2)},
            IMPORT_DECODER,
            IMPORTS,
        ),
    ),
    (
        SecretImports.delete(secret_import_id="i1", **PLACE),
        Request("DELETE", PATH, ID, (), WIRE, IMPORT_DECODER, IMPORTS),
    ),
    (
        SecretImports.resync_replication(secret_import_id="i1", **PLACE),
        Request(
            "POST",
            f"{PATH}/replication-resync",
            ID,
            (),
            WIRE,
            one(ResyncResponse),
            Access("secret_imports", server=USERS),
        ),
    ),
    (
        SecretImports.list(**PLACE),
        Request("GET", "/api/v2/secret-imports", (), tuple(WIRE.items()), None, one(SecretImportList), IMPORTS),
    ),
    (
        SecretImports.get(secret_import_id="i1"),
        Request("GET", PATH, ID, (), None, one(SecretImport, at="secretImport"), IMPORTS),
    ),
    (
        SecretImports.get_raw_secrets(**PLACE),
        Request(
            "GET",
            "/api/v2/secret-imports/secrets",
            (),
            tuple(WIRE.items()),
            None,
            many(ImportedSecretGroup, at="secrets"),
            IMPORTS,
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ROW = {
    "id": "i1",
    "version": 1,
    "importPath": "/shared",
    "importEnv": {"name": "Production", "slug": "prod", "id": "e1"},
    "position": 1,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "folderId": "f1",
    "isReplication": True,
    "isReplicationSuccess": None,
    "replicationStatus": "pending",
    "lastReplicated": "2026-01-03T00:00:00.000Z",
    "isReserved": False,
}
IMPORT_FIELDS = {
    "id": "i1",
    "version": 1,
    "import_path": "/shared",
    "import_env": ProjectEnvironment(id="e1", name="Production", slug="prod"),
    "position": 1,
    "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-02T00:00:00.000Z",
    "folder_id": "f1",
    "is_replication": True,
    "replication_status": "pending",
    "last_replicated": "2026-01-03T00:00:00.000Z",
    "is_reserved": False,
}

ANSWERS = [
    (
        SecretImports.create(**PLACE, import_=SOURCE),
        {"message": "Successfully created secret import", "secretImport": ROW},
        SecretImportResponse(message="Successfully created secret import", secret_import=SecretImport(**IMPORT_FIELDS)),
    ),
    (
        SecretImports.list(**PLACE),
        {"message": "Successfully fetched secret imports", "secretImports": [ROW]},
        SecretImportList(
            message="Successfully fetched secret imports", secret_imports=(SecretImport(**IMPORT_FIELDS),)
        ),
    ),
    (
        SecretImports.get(secret_import_id="i1"),
        {
            "secretImport": {
                **ROW,
                "environment": {"id": "e2", "name": "Development", "slug": "dev"},
                "projectId": "p",
                "secretPath": "/app",
            }
        },
        SecretImport(
            **IMPORT_FIELDS,
            environment=ProjectEnvironment(id="e2", name="Development", slug="dev"),
            project_id="p",
            secret_path="/app",
        ),
    ),
    (
        SecretImports.resync_replication(secret_import_id="i1", **PLACE),
        {"message": "replication started"},
        ResyncResponse(message="replication started"),
    ),
    (
        SecretImports.get_raw_secrets(**PLACE),
        {
            "secrets": [
                {
                    "secretPath": "/shared",
                    "environment": "prod",
                    "environmentInfo": {"id": "e1", "name": "Production", "slug": "prod"},
                    "folderId": "f2",
                    "secrets": [
                        {
                            "id": "s1",
                            "_id": "s1",
                            "workspace": "p",
                            "environment": "prod",
                            "version": 3,
                            "type": "shared",
                            "secretKey": "A",
                            "secretValue": "",
                            "secretComment": "c",
                            "secretReminderNote": "n",
                            "secretReminderRepeatDays": 7,
                            "skipMultilineEncoding": False,
                            "createdAt": "2026-01-01T00:00:00.000Z",
                            "updatedAt": "2026-01-02T00:00:00.000Z",
                            "actor": {"actorId": "a", "actorType": "user", "name": "N", "membershipId": "m"},
                            "isRotatedSecret": True,
                            "rotationId": "r",
                        }
                    ],
                }
            ]
        },
        (
            ImportedSecretGroup(
                secret_path="/shared",
                environment="prod",
                environment_info=ProjectEnvironment(id="e1", name="Production", slug="prod"),
                folder_id="f2",
                secrets=(
                    Secret(
                        id="s1",
                        workspace="p",
                        environment="prod",
                        version=3,
                        type="shared",
                        secret_key="A",
                        secret_value="",
                        secret_comment="c",
                        secret_reminder_note="n",
                        secret_reminder_repeat_days=7,
                        skip_multiline_encoding=False,
                        created_at="2026-01-01T00:00:00.000Z",
                        updated_at="2026-01-02T00:00:00.000Z",
                        actor=SecretActor(actor_id="a", actor_type="user", name="N", membership_id="m"),
                        is_rotated_secret=True,
                        rotation_id="r",
                    ),
                ),
            ),
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def decode_body(request: Request[object]) -> object:
    return json.loads(prepare(request, "", (), 1.0).unwrap().body)


def test_the_imported_folder_is_sent_as_import_which_is_a_keyword_in_python():
    request = SecretImports.create(project_id="p", environment="dev", import_=SOURCE)

    assert decode_body(request) == {
        "projectId": "p",
        "environment": "dev",
        "import": {"environment": "prod", "path": "/shared"},
    }


def test_a_change_of_an_import_omits_unchanged_fields():
    request = SecretImports.update(
        secret_import_id="i1", project_id="p", environment="dev", import_=ImportChange(position=2)
    )

    assert decode_body(request) == {"projectId": "p", "environment": "dev", "import": {"position": 2}}


def test_an_import_is_deleted_by_a_delete_with_a_body():
    http = prepare(SecretImports.delete(secret_import_id="i1", **PLACE), "https://x", (), 1.0).unwrap()

    assert (http.method, http.url) == ("DELETE", "https://x/api/v2/secret-imports/i1")
    assert json.loads(http.body) == WIRE


def test_values_of_imported_secrets_are_in_no_repr():
    group = ImportedSecretGroup(
        secret_path="/", environment="prod", secrets=(Secret(id="s", secret_key="A", secret_value="out of sight"),)
    )

    assert "out of sight" not in repr(group)
