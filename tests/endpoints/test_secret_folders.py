"""The folders group: every request as a value, every answer decoded, and the recorded life of a folder."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from returns.result import Success

from infisical import NULL, DecodeError, IdentityAccessToken, InfisicalClient, Request
from infisical.access import Access
from infisical.decode import many, one
from infisical.endpoints.secret_folders import Folder, FolderChange, FolderEnvironment, SecretFolders
from infisical.executors import ScriptedExecutor
from infisical.request import delete, get, patch, post
from tests.wire import PROJECT, RECORDED_AT, answer, replaying

FOLDERS = Access("secret_folders")
FOLDER = one(Folder, at="folder")
ALL = many(Folder, at="folders")
BODY = {"projectId": "p", "environment": "dev", "path": "/a"}
PLACE = {"project_id": "p", "environment": "dev", "path": "/a"}
CHANGE = FolderChange(id="f1", environment="dev", name="n", path="/a", description=NULL)

REQUESTS = [
    (
        SecretFolders.create(**PLACE, name="n", description=NULL),
        Request("POST", "/api/v2/folders", (), (), {**BODY, "name": "n", "description": NULL}, FOLDER, FOLDERS),
    ),
    (
        SecretFolders.update(**PLACE, folder_id="f1", name="n", description=""),
        Request(
            "PATCH",
            "/api/v2/folders/{folderId}",
            (("folderId", "f1"),),
            (),
            {**BODY, "name": "n", "description": ""},
            FOLDER,
            FOLDERS,
        ),
    ),
    (
        SecretFolders.update_batch(project_id="p", folders=[CHANGE]),
        Request("PATCH", "/api/v2/folders/batch", (), (), {"projectId": "p", "folders": (CHANGE,)}, ALL, FOLDERS),
    ),
    (
        SecretFolders.delete(**PLACE, folder_id_or_name="n", force_delete=True),
        Request(
            "DELETE",
            "/api/v2/folders/{folderIdOrName}",
            (("folderIdOrName", "n"),),
            (),
            {**BODY, "forceDelete": True},
            FOLDER,
            FOLDERS,
        ),
    ),
    (
        SecretFolders.list(**PLACE, last_secret_modified="2026-01-01T00:00:00.000Z", recursive=False),
        Request(
            "GET",
            "/api/v2/folders",
            (),
            (
                ("projectId", "p"),
                ("environment", "dev"),
                ("path", "/a"),
                ("lastSecretModified", "2026-01-01T00:00:00.000Z"),
                ("recursive", False),
            ),
            None,
            ALL,
            FOLDERS,
        ),
    ),
    (
        SecretFolders.get_by_id(id="f1"),
        Request("GET", "/api/v2/folders/{id}", (("id", "f1"),), (), None, FOLDER, FOLDERS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


FOLDER_BODY = {
    "id": "f1",
    "name": "n",
    "version": 2,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "envId": "e1",
    "parentId": "f0",
    "isReserved": False,
    "description": "d",
    "lastSecretModified": "2026-01-03T00:00:00.000Z",
}
FULL_FOLDER = Folder(
    id="f1",
    name="n",
    version=2,
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    env_id="e1",
    parent_id="f0",
    is_reserved=False,
    description="d",
    last_secret_modified="2026-01-03T00:00:00.000Z",
)

ANSWERS = [
    (
        SecretFolders.create(**PLACE, name="n"),
        {"folder": {**FOLDER_BODY, "path": "/a/n"}},
        replace(FULL_FOLDER, path="/a/n"),
    ),
    (
        SecretFolders.update(**PLACE, folder_id="f1", name="n"),
        {"folder": {"id": "f1", "description": None, "parentId": None}},
        Folder(id="f1"),
    ),
    (SecretFolders.update_batch(project_id="p", folders=[]), {"folders": [FOLDER_BODY]}, (FULL_FOLDER,)),
    (SecretFolders.delete(**PLACE, folder_id_or_name="n"), {"folder": FOLDER_BODY}, FULL_FOLDER),
    (
        SecretFolders.list(**PLACE, recursive=True),
        {"folders": [{**FOLDER_BODY, "relativePath": "/n"}, {"id": "f2"}]},
        (replace(FULL_FOLDER, relative_path="/n"), Folder(id="f2")),
    ),
    (SecretFolders.list(**PLACE), {"folders": []}, ()),
    (
        SecretFolders.get_by_id(id="f1"),
        {
            "folder": {
                **FOLDER_BODY,
                "environment": {"envId": "e1", "envName": "Development", "envSlug": "dev"},
                "path": "/a/n",
                "projectId": "p",
            }
        },
        replace(
            FULL_FOLDER,
            environment=FolderEnvironment(env_id="e1", env_name="Development", env_slug="dev"),
            path="/a/n",
            project_id="p",
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_an_answer_without_folders_is_a_decode_error_not_an_empty_listing():
    error = SecretFolders.list(**PLACE).returns(answer({})).failure()

    assert isinstance(error, DecodeError)
    assert (error.path, error.message) == ("folders", "expected a list, found nothing at folders")


def test_a_path_and_a_flag_are_written_into_the_query():
    executor = ScriptedExecutor(answer({"folders": []}))
    client = InfisicalClient(base_url=RECORDED_AT, auth=IdentityAccessToken("t"), executor=executor)
    client.secret_folders.list(**{**PLACE, "path": "/a/b"}, recursive=False).unwrap()

    assert urlsplit(executor.sent[0].url).query == "projectId=p&environment=dev&path=%2Fa%2Fb&recursive=false"


def test_a_delete_sends_the_place_in_a_json_body():
    executor = ScriptedExecutor(answer({"folder": FOLDER_BODY}))
    client = InfisicalClient(base_url=RECORDED_AT, auth=IdentityAccessToken("t"), executor=executor)
    client.secret_folders.delete(**PLACE, folder_id_or_name="n").unwrap()
    (sent,) = executor.sent

    assert (sent.method, sent.url) == ("DELETE", f"{RECORDED_AT}/api/v2/folders/n")
    assert json.loads(sent.body) == BODY


def test_NULL_clears_a_description_and_None_keeps_it():
    executor = ScriptedExecutor(answer({"folders": []}))
    client = InfisicalClient(base_url=RECORDED_AT, auth=IdentityAccessToken("t"), executor=executor)
    changes = [CHANGE, FolderChange(id="f2", environment="dev", name="m")]
    client.secret_folders.update_batch(project_id="p", folders=changes).unwrap()

    assert json.loads(executor.sent[0].body) == {
        "projectId": "p",
        "folders": [
            {"id": "f1", "environment": "dev", "name": "n", "path": "/a", "description": None},
            {"id": "f2", "environment": "dev", "name": "m"},
        ],
    }


def test_the_recorded_life_of_a_folder_on_a_server_that_has_only_the_v1_routes():
    run = replaying("folders_v1.yaml")
    where = {"workspaceId": PROJECT, "environment": "dev"}
    top = {**where, "path": "/"}
    created = Folder(
        id="40c54ddc-8e02-47ad-ae04-2db32eef5ac7",
        name="cassette-bbd9364f",
        version=1,
        created_at="2026-11-22T01:40:13.119Z",
        updated_at="2026-11-22T01:40:13.119Z",
        env_id="4314b0a2-8441-4b5c-b529-9d1690c0e1d7",
        parent_id="5f94a201-62a2-4de2-aaa5-3759cc401c29",
        is_reserved=False,
    )
    app = replace(
        created,
        id="8b572b60-dfea-4490-afc9-c633be8b5baf",
        name="app",
        created_at="2026-11-22T00:46:11.526Z",
        updated_at="2026-11-22T00:46:11.526Z",
    )
    renamed = replace(created, name="cassette-renamed", version=2, updated_at="2026-11-22T01:40:13.154Z")
    one_folder, it = "/api/v1/folders/{folderId}", {"folderId": created.id}
    answers = [
        run(post("/api/v1/folders", body={**where, "name": created.name, "path": "/"}, returns=FOLDER)),
        run(get("/api/v1/folders", query=top, returns=ALL)),
        run(patch(one_folder, it, body={**where, "name": renamed.name, "path": "/"}, returns=FOLDER)),
        run(get(one_folder, it, returns=FOLDER)),
        run(delete(one_folder, it, body=top, returns=FOLDER)),
    ]

    assert answers == [
        Success(created),
        Success((app, created)),
        Success(renamed),
        Success(
            replace(
                renamed,
                environment=FolderEnvironment(env_id=created.env_id, env_name="Development", env_slug="dev"),
                path="/cassette-renamed",
                project_id=PROJECT,
            )
        ),
        Success(renamed),
    ]
