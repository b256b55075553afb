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
SECRET_OR_APPROVAL_DECODER = either(SECRET, one(SecretApproval, at="approval"))
SECRETS_OR_APPROVAL_DECODER = either(many(Secret, at="secrets"), one(SecretApproval, at="approval"))
PATH = "/api/v3/secrets/raw/{secretName}"
BATCH = "/api/v3/secrets/batch/raw"
NAME = (("secretName", "K"),)
IN_APP = {"workspace_id": "p", "environment": "dev", "secret_path": "/app"}
K_IN_APP = {"secret_name": "K", **IN_APP}
QUERY = (("workspaceId", "p"), ("workspaceSlug", "slug"), ("environment", "dev"), ("secretPath", "/app"))
BODY = {"workspaceId": "p", "projectSlug": "slug", "environment": "dev", "secretPath": "/app"}
METADATA = SecretMetadata(key="owner", value="me")
NEW_SECRET = NewSecret(secret_key="K", secret_value="v")
CHANGE = SecretChange(secret_key="K", secret_value="v")
SECRET_NAME = SecretName(secret_key="K")

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
            secret_metadata=[METADATA],
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
                "secretMetadata": (METADATA,),
                "tagIds": ("t1",),
                "skipMultilineEncoding": NULL,
                "type": "shared",
                "secretReminderRepeatDays": NULL,
                "secretReminderNote": NULL,
            },
            SECRET_OR_APPROVAL_DECODER,
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
            secret_metadata=[METADATA],
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
                "secretMetadata": (METADATA,),
                "metadata": {"a": "b"},
                "tagIds": (),
                "skipMultilineEncoding": False,
                "type": "shared",
                "secretReminderNote": "n",
                "secretReminderRepeatDays": 30,
                "secretReminderRecipients": ("u1",),
            },
            SECRET_OR_APPROVAL_DECODER,
            SECRETS,
        ),
    ),
    (
        SecretsV3.delete(**K_IN_APP, project_slug="slug", type="shared"),
        Request("DELETE", PATH, NAME, (), {**BODY, "type": "shared"}, SECRET_OR_APPROVAL_DECODER, SECRETS),
    ),
    (
        SecretsV3.batch_create(**IN_APP, project_slug="slug", secrets=[NEW_SECRET]),
        Request("POST", BATCH, (), (), {**BODY, "secrets": (NEW_SECRET,)}, SECRETS_OR_APPROVAL_DECODER, SECRETS),
    ),
    (
        SecretsV3.batch_update(**IN_APP, project_slug="slug", mode="ignore", secrets=[CHANGE]),
        Request(
            "PATCH",
            BATCH,
            (),
            (),
            {**BODY, "mode": "ignore", "secrets": (CHANGE,)},
            SECRETS_OR_APPROVAL_DECODER,
            SECRETS,
        ),
    ),
    (
        SecretsV3.batch_delete(**IN_APP, project_slug="slug", secrets=[SECRET_NAME]),
        Request("DELETE", BATCH, (), (), {**BODY, "secrets": (SECRET_NAME,)}, SECRETS_OR_APPROVAL_DECODER, SECRETS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


SECRET_BODY = {"id": "s1", "secretKey": "K", "secretValue": "v"}
FULL_SECRET = Secret(id="s1", secret_key="K", secret_value="v")
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
FULL_APPROVAL = SecretApproval(
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
        {"secrets": [SECRET_BODY], "imports": [{"secretPath": "/x", "environment": "dev", "secrets": [SECRET_BODY]}]},
        SecretList(
            secrets=(FULL_SECRET,), imports=(SecretImport(secret_path="/x", environment="dev", secrets=(FULL_SECRET,)),)
        ),
    ),
    (SecretsV3.get_by_name(**K_IN_APP), {"secret": SECRET_BODY}, FULL_SECRET),
    (SecretsV3.get_by_id(secret_id="s1"), {"secret": SECRET_BODY}, FULL_SECRET),
    (SecretsV3.create(**K_IN_APP, secret_value="v"), {"secret": SECRET_BODY}, FULL_SECRET),
    (SecretsV3.create(**K_IN_APP, secret_value="v"), {"approval": APPROVAL}, FULL_APPROVAL),
    (SecretsV3.update(**K_IN_APP), {"approval": APPROVAL}, FULL_APPROVAL),
    (SecretsV3.delete(**K_IN_APP), {"approval": APPROVAL}, FULL_APPROVAL),
    (SecretsV3.batch_create(**IN_APP, secrets=[]), {"secrets": [SECRET_BODY]}, (FULL_SECRET,)),
    (SecretsV3.batch_create(**IN_APP, secrets=[]), {"approval": APPROVAL}, FULL_APPROVAL),
    (SecretsV3.batch_update(**IN_APP, secrets=[]), {"approval": APPROVAL}, FULL_APPROVAL),
    (SecretsV3.batch_delete(**IN_APP, secrets=[]), {"approval": APPROVAL}, FULL_APPROVAL),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_a_delete_sends_the_place_in_a_json_body():
    executor = ScriptedExecutor(answer({"secret": SECRET_BODY}))
    client = InfisicalClient(base_url=RECORDED_AT, auth=IdentityAccessToken("t"), executor=executor)
    client.secrets_v3.delete(**K_IN_APP).unwrap()
    (sent,) = executor.sent

    assert (sent.method, sent.url) == ("DELETE", f"{RECORDED_AT}/api/v3/secrets/raw/K")
    assert json.loads(sent.body) == {"workspaceId": "p", "environment": "dev", "secretPath": "/app"}


KEY = "CASSETTE_371927C7"
PLACE = {"workspace_id": PROJECT, "environment": "dev", "secret_path": "/"}
FIRST_SECRET = Secret(
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
SECOND = replace(FIRST_SECRET, version=2, secret_value="línea 1\nline 2 €", updated_at="2026-11-22T01:40:12.817Z")
A = replace(
    FIRST_SECRET,
    id="29203111-d0da-473f-bf26-80e3d551c4ae",
    secret_key=f"{KEY}_A",
    secret_value="1",
    secret_comment="",
    created_at="2026-11-22T01:40:12.892Z",
    updated_at="2026-11-22T01:40:12.892Z",
)
UPDATED_A_SECRET = replace(A, version=2, secret_value="2", updated_at="2026-11-22T01:40:12.920Z")
B = replace(A, id="68f74996-db58-4861-9e3c-bbd2578c383f", secret_key=f"{KEY}_B", secret_value="")
HELLO_SECRET = replace(
    FIRST_SECRET,
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
        secrets.create(
            **PLACE, secret_name=KEY, secret_value="s3cr3t value", secret_comment="a comment", type="shared"
        ),
        secrets.get_by_name(**PLACE, secret_name=KEY),
        secrets.update(**PLACE, secret_name=KEY, secret_value="línea 1\nline 2 €", type="shared"),
        secrets.get_by_name(**PLACE, secret_name=KEY, version=1),
        secrets.list(**PLACE, recursive=True, include_imports=True),
        secrets.batch_create(**PLACE, secrets=new),
        secrets.batch_update(**PLACE, secrets=[SecretChange(secret_key=A.secret_key, secret_value="2")]),
        secrets.batch_delete(**PLACE, secrets=[SecretName(secret_key=s.secret_key) for s in (A, B)]),
        secrets.delete(**PLACE, secret_name=KEY, type="shared"),
    ]
    error = secrets.get_by_name(**PLACE, secret_name=KEY).failure()

    assert answers == [
        Success(FIRST_SECRET),
        Success(FIRST_SECRET),
        Success(replace(SECOND, secret_comment="")),  # the response to a change has no comment
        Success(SECOND),  # the request was for version 1
        Success(SecretList(secrets=(HELLO_SECRET, replace(SECOND, secret_path="/")))),
        Success((A, B)),
        Success((UPDATED_A_SECRET,)),
        Success((UPDATED_A_SECRET, B)),
        Success(SECOND),
    ]
    assert error == NotFoundError(
        f"Secret with name '{KEY}' not found", status_code=404, error_type="NotFound", method="GET", template=PATH
    )
