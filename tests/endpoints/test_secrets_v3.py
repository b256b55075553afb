"""Secrets by the v3 routes: every request as a value, every answer decoded, and the recorded life of some secrets."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from returns.result import Success

from infisical import NULL, IdentityAccessToken, InfisicalClient, NotFoundError, Request
from infisical.access import Access
from infisical.decode import either, many, one
from infisical.endpoints.secrets import (
    NewSecret,
    Secret,
    SecretApproval,
    SecretChange,
    SecretImport,
    SecretList,
    SecretMetadata,
    SecretName,
)
from infisical.endpoints.secrets_v3 import SecretsV3
from infisical.executors import ScriptedExecutor
from tests.wire import PROJECT, RECORDED_AT, answer, replaying

SECRETS = Access("secrets")
NO_SERVICE_TOKENS = Access("secrets", documented=("identity_access_token", "jwt"))
SECRET = one(Secret, at="secret")
WRITTEN = either(SECRET, one(SecretApproval, at="approval"))
ALL_WRITTEN = either(many(Secret, at="secrets"), one(SecretApproval, at="approval"))
PATH = "/api/v3/secrets/raw/{secretName}"
BATCH = "/api/v3/secrets/batch/raw"
NAME = (("secretName", "K"),)
IN_APP = {"workspace_id": "p", "environment": "dev", "secret_path": "/app"}
K_IN_APP = {"secret_name": "K", **IN_APP}
QUERY = (("workspaceId", "p"), ("workspaceSlug", "slug"), ("environment", "dev"), ("secretPath", "/app"))
BODY = {"workspaceId": "p", "projectSlug": "slug", "environment": "dev", "secretPath": "/app"}
NOTED = SecretMetadata(key="owner", value="me")
NEW = NewSecret(secret_key="K", secret_value="v")
CHANGE = SecretChange(secret_key="K", secret_value="v")
GONE = SecretName(secret_key="K")

REQUESTS = [
    (
        SecretsV3.list(
            **IN_APP,
            workspace_slug="slug",
            view_secret_value=False,
            expand_secret_references=True,
            recursive=False,
            include_imports=True,
            tag_slugs=["a", "b"],
            metadata_filter="key=a,value=b",
        ),
        Request(
            "GET",
            "/api/v3/secrets/raw",
            (),
            (
                *QUERY,
                ("viewSecretValue", False),
                ("expandSecretReferences", True),
                ("recursive", False),
                ("include_imports", True),
                ("tagSlugs", ("a", "b")),
                ("metadataFilter", "key=a,value=b"),
            ),
            None,
            one(SecretList),
            SECRETS,
        ),
    ),
    (
        SecretsV3.get_by_name(
            **K_IN_APP,
            workspace_slug="slug",
            version=2,
            type="personal",
            view_secret_value=True,
            expand_secret_references=False,
            include_imports=True,
        ),
        Request(
            "GET",
            PATH,
            NAME,
            (
                *QUERY,
                ("version", 2),
                ("type", "personal"),
                ("viewSecretValue", True),
                ("expandSecretReferences", False),
                ("include_imports", True),
            ),
            None,
            SECRET,
            SECRETS,
        ),
    ),
    (
        SecretsV3.get_by_id(secret_id="s1"),
        Request("GET", "/api/v3/secrets/raw/id/{secretId}", (("secretId", "s1"),), (), None, SECRET, NO_SERVICE_TOKENS),
    ),
    (
        SecretsV3.create(
            **K_IN_APP,
            secret_value="",
            project_slug="slug",
            secret_comment="c",
            secret_metadata=[NOTED],
            tag_ids=["t1"],
            skip_multiline_encoding=NULL,
            type="shared",
            secret_reminder_repeat_days=NULL,
            secret_reminder_note=NULL,
        ),
        Request(
            "POST",
            PATH,
            NAME,
            (),
            {
                **BODY,
                "secretValue": "",
                "secretComment": "c",
                "secretMetadata": (NOTED,),
                "tagIds": ("t1",),
                "skipMultilineEncoding": NULL,
                "type": "shared",
                "secretReminderRepeatDays": NULL,
                "secretReminderNote": NULL,
            },
            WRITTEN,
            SECRETS,
        ),
    ),
    (
        SecretsV3.update(
            **K_IN_APP,
            project_slug="slug",
            secret_value="v",
            new_secret_name="L",
            secret_comment="",
            secret_metadata=[NOTED],
            metadata={"a": "b"},
            tag_ids=[],
            skip_multiline_encoding=False,
            type="shared",
            secret_reminder_note="n",
            secret_reminder_repeat_days=30,
            secret_reminder_recipients=["u1"],
        ),
        Request(
            "PATCH",
            PATH,
            NAME,
            (),
            {
                **BODY,
                "secretValue": "v",
                "newSecretName": "L",
                "secretComment": "",
                "secretMetadata": (NOTED,),
                "metadata": {"a": "b"},
                "tagIds": (),
                "skipMultilineEncoding": False,
                "type": "shared",
                "secretReminderNote": "n",
                "secretReminderRepeatDays": 30,
                "secretReminderRecipients": ("u1",),
            },
            WRITTEN,
            SECRETS,
        ),
    ),
    (
        SecretsV3.delete(**K_IN_APP, project_slug="slug", type="shared"),
        Request("DELETE", PATH, NAME, (), {**BODY, "type": "shared"}, WRITTEN, SECRETS),
    ),
    (
        SecretsV3.batch_create(**IN_APP, project_slug="slug", secrets=[NEW]),
        Request("POST", BATCH, (), (), {**BODY, "secrets": (NEW,)}, ALL_WRITTEN, SECRETS),
    ),
    (
        SecretsV3.batch_update(**IN_APP, project_slug="slug", mode="ignore", secrets=[CHANGE]),
        Request("PATCH", BATCH, (), (), {**BODY, "mode": "ignore", "secrets": (CHANGE,)}, ALL_WRITTEN, SECRETS),
    ),
    (
        SecretsV3.batch_delete(**IN_APP, project_slug="slug", secrets=[GONE]),
        Request("DELETE", BATCH, (), (), {**BODY, "secrets": (GONE,)}, ALL_WRITTEN, SECRETS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


READ = {"id": "s1", "secretKey": "K", "secretValue": "v"}
READ_AS = Secret(id="s1", secret_key="K", secret_value="v")
APPROVAL = {
    "id": "a1",
    "policyId": "p1",
    "hasMerged": False,
    "status": "open",
    "conflicts": [{"op": "create"}],
    "slug": "abc",
    "folderId": "f1",
    "bypassReason": "urgent",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "isReplicated": True,
    "committerUserId": "u1",
    "statusChangedByUserId": "u2",
}
APPROVAL_AS = SecretApproval(
    id="a1",
    policy_id="p1",
    has_merged=False,
    status="open",
    conflicts=[{"op": "create"}],
    slug="abc",
    folder_id="f1",
    bypass_reason="urgent",
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    is_replicated=True,
    committer_user_id="u1",
    status_changed_by_user_id="u2",
)

ANSWERS = [
    (
        SecretsV3.list(**IN_APP),
        {"secrets": [READ], "imports": [{"secretPath": "/x", "environment": "dev", "secrets": [READ]}]},
        SecretList(
            secrets=(READ_AS,), imports=(SecretImport(secret_path="/x", environment="dev", secrets=(READ_AS,)),)
        ),
    ),
    (SecretsV3.get_by_name(**K_IN_APP), {"secret": READ}, READ_AS),
    (SecretsV3.get_by_id(secret_id="s1"), {"secret": READ}, READ_AS),
    (SecretsV3.create(**K_IN_APP, secret_value="v"), {"secret": READ}, READ_AS),
    (SecretsV3.create(**K_IN_APP, secret_value="v"), {"approval": APPROVAL}, APPROVAL_AS),
    (SecretsV3.update(**K_IN_APP), {"approval": APPROVAL}, APPROVAL_AS),
    (SecretsV3.delete(**K_IN_APP), {"approval": APPROVAL}, APPROVAL_AS),
    (SecretsV3.batch_create(**IN_APP, secrets=[]), {"secrets": [READ]}, (READ_AS,)),
    (SecretsV3.batch_create(**IN_APP, secrets=[]), {"approval": APPROVAL}, APPROVAL_AS),
    (SecretsV3.batch_update(**IN_APP, secrets=[]), {"approval": APPROVAL}, APPROVAL_AS),
    (SecretsV3.batch_delete(**IN_APP, secrets=[]), {"approval": APPROVAL}, APPROVAL_AS),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_a_delete_says_where_in_a_json_body():
    executor = ScriptedExecutor(answer({"secret": READ}))
    client = InfisicalClient(base_url=RECORDED_AT, auth=IdentityAccessToken("t"), executor=executor)
    client.secrets_v3.delete(**K_IN_APP).unwrap()
    (sent,) = executor.sent

    assert (sent.method, sent.url) == ("DELETE", f"{RECORDED_AT}/api/v3/secrets/raw/K")
    assert json.loads(sent.body) == {"workspaceId": "p", "environment": "dev", "secretPath": "/app"}


KEY = "CASSETTE_371927C7"
HERE = {"workspace_id": PROJECT, "environment": "dev", "secret_path": "/"}
FIRST = Secret(
    id="df545ecd-c911-433f-8b57-52d4822df3aa",
    workspace=PROJECT,
    environment="dev",
    version=1,
    type="shared",
    secret_key=KEY,
    secret_value="s3cr3t value",
    secret_comment="a comment",
    skip_multiline_encoding=False,
    created_at="2026-11-22T01:40:12.770Z",
    updated_at="2026-11-22T01:40:12.770Z",
)
SECOND = replace(FIRST, version=2, secret_value="línea 1\nline 2 €", updated_at="2026-11-22T01:40:12.817Z")
A = replace(
    FIRST,
    id="29203111-d0da-473f-bf26-80e3d551c4ae",
    secret_key=f"{KEY}_A",
    secret_value="1",
    secret_comment="",
    created_at="2026-11-22T01:40:12.892Z",
    updated_at="2026-11-22T01:40:12.892Z",
)
SECOND_A = replace(A, version=2, secret_value="2", updated_at="2026-11-22T01:40:12.920Z")
B = replace(A, id="68f74996-db58-4861-9e3c-bbd2578c383f", secret_key=f"{KEY}_B", secret_value="")
HELLO = replace(
    FIRST,
    id="68dfed1a-6bd0-49e9-ac5e-d660ab892c0c",
    secret_key="HELLO",
    secret_value="world",
    secret_comment="made by bootstrap",
    secret_path="/app",
    created_at="2026-11-22T00:46:11.573Z",
    updated_at="2026-11-22T00:46:11.573Z",
)


def test_the_recorded_life_of_a_secret_and_of_a_batch():
    secrets = replaying("secrets_v3_raw.yaml").secrets_v3
    new = [NewSecret(secret_key=A.secret_key, secret_value="1"), NewSecret(secret_key=B.secret_key, secret_value="")]
    answers = [
        secrets.create(**HERE, secret_name=KEY, secret_value="s3cr3t value", secret_comment="a comment", type="shared"),
        secrets.get_by_name(**HERE, secret_name=KEY),
        secrets.update(**HERE, secret_name=KEY, secret_value="línea 1\nline 2 €", type="shared"),
        secrets.get_by_name(**HERE, secret_name=KEY, version=1),
        secrets.list(**HERE, recursive=True, include_imports=True),
        secrets.batch_create(**HERE, secrets=new),
        secrets.batch_update(**HERE, secrets=[SecretChange(secret_key=A.secret_key, secret_value="2")]),
        secrets.batch_delete(**HERE, secrets=[SecretName(secret_key=s.secret_key) for s in (A, B)]),
        secrets.delete(**HERE, secret_name=KEY, type="shared"),
    ]
    error = secrets.get_by_name(**HERE, secret_name=KEY).failure()

    assert answers == [
        Success(FIRST),
        Success(FIRST),
        Success(replace(SECOND, secret_comment="")),  # what a change leaves out is empty in its answer
        Success(SECOND),  # version 1 was asked for
        Success(SecretList(secrets=(HELLO, replace(SECOND, secret_path="/")))),
        Success((A, B)),
        Success((SECOND_A,)),
        Success((SECOND_A, B)),
        Success(SECOND),
    ]
    assert error == NotFoundError(
        f"Secret with name '{KEY}' not found", status_code=404, error_type="NotFound", method="GET", template=PATH
    )
