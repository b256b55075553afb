"""The secrets group: every request as a value, and every answer decoded.

How names and values are sent is in test_secrets_sent.py.
"""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import NULL, DecodeError, Request
from infisical.access import Access
from infisical.decode import either, many, one
from infisical.endpoints.secrets import (
    NewSecret,
    Secret,
    SecretAccess,
    SecretAccessList,
    SecretActor,
    SecretApproval,
    SecretChange,
    SecretGroupAccess,
    SecretImport,
    SecretList,
    SecretMetadata,
    SecretMove,
    SecretName,
    SecretReference,
    SecretReferenceList,
    SecretReferenceNode,
    SecretReferenceTree,
    Secrets,
    SecretTag,
)
from tests.wire import answer

SECRETS = Access("secrets")
NO_SERVICE_TOKENS = Access("secrets", server=("identity_access_token", "jwt"))
USERS_IN_EFFECT = Access("secrets", server=("jwt",))
USERS = Access("secrets", documented=("jwt",))
SECRET = one(Secret, at="secret")
SECRET_OR_APPROVAL_DECODER = either(SECRET, one(SecretApproval, at="approval"))
SECRETS_OR_APPROVAL_DECODER = either(many(Secret, at="secrets"), one(SecretApproval, at="approval"))
PATH = "/api/v4/secrets/{secretName}"
BATCH = "/api/v4/secrets/batch"
ACCESS = "/api/v1/secrets/{secretName}/access-list"
NAME = (("secretName", "K"),)
IN_APP = {"project_id": "p", "environment": "dev", "secret_path": "/app"}
K_IN_APP = {"secret_name": "K", **IN_APP}
QUERY = (("projectId", "p"), ("environment", "dev"), ("secretPath", "/app"))
BODY = {"projectId": "p", "environment": "dev", "secretPath": "/app"}
METADATA = SecretMetadata(key="owner", value="me", is_encrypted=True)
NEW_SECRET = NewSecret(secret_key="K", secret_value="", metadata={"a": "b"}, secret_metadata=(METADATA,), tag_ids=())
CHANGE = SecretChange(secret_key="K", secret_reminder_note=NULL, tag_ids=())
SECRET_NAME = SecretName(secret_key="K", type="personal")

REQUESTS = [
    (
        Secrets.list(
            **IN_APP,
            expand_secret_references=True,
            recursive=False,
            include_imports=True,
            include_personal_overrides=True,
            tag_slugs=["a", "b"],
            view_secret_value=False,
            metadata_filter="key=a,value=b",
        ),
        Request(
            "GET",
            "/api/v4/secrets",
            (),
            (
                *QUERY,
                ("expandSecretReferences", True),
                ("recursive", False),
                ("includeImports", True),
                ("include_imports", True),
                ("includePersonalOverrides", True),
                ("tagSlugs", ("a", "b")),
                ("viewSecretValue", False),
                ("metadataFilter", "key=a,value=b"),
            ),
            None,
            one(SecretList),
            SECRETS,
        ),
    ),
    (
        Secrets.get_by_name(
            **K_IN_APP,
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
                ("includeImports", True),
                ("include_imports", True),
            ),
            None,
            SECRET,
            SECRETS,
        ),
    ),
    (
        Secrets.get_by_id(secret_id="s1"),
        Request("GET", "/api/v4/secrets/id/{secretId}", (("secretId", "s1"),), (), None, SECRET, NO_SERVICE_TOKENS),
    ),
    (
        Secrets.create(
            **K_IN_APP,
            secret_value="",
            secret_comment="c",
            tag_ids=["t1"],
            skip_multiline_encoding=NULL,
            type="shared",
            secret_reminder_repeat_days=NULL,
            secret_reminder_note=NULL,
            secret_metadata=[METADATA],
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
                "tagIds": ("t1",),
                "skipMultilineEncoding": NULL,
                "type": "shared",
                "secretReminderRepeatDays": NULL,
                "secretReminderNote": NULL,
                "secretMetadata": (METADATA,),
            },
            SECRET_OR_APPROVAL_DECODER,
            SECRETS,
        ),
    ),
    (
        Secrets.update(
            **K_IN_APP,
            secret_value="v",
            new_secret_name="L",
            secret_comment="",
            tag_ids=[],
            skip_multiline_encoding=False,
            type="shared",
            metadata={"a": "b"},
            secret_metadata=[METADATA],
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
                "tagIds": (),
                "skipMultilineEncoding": False,
                "type": "shared",
                "metadata": {"a": "b"},
                "secretMetadata": (METADATA,),
                "secretReminderNote": "n",
                "secretReminderRepeatDays": 30,
                "secretReminderRecipients": ("u1",),
            },
            SECRET_OR_APPROVAL_DECODER,
            SECRETS,
        ),
    ),
    (
        Secrets.delete(**K_IN_APP, type="shared"),
        Request("DELETE", PATH, NAME, (), {**BODY, "type": "shared"}, SECRET_OR_APPROVAL_DECODER, SECRETS),
    ),
    (
        Secrets.batch_create(**IN_APP, secrets=[NEW_SECRET]),
        Request("POST", BATCH, (), (), {**BODY, "secrets": (NEW_SECRET,)}, SECRETS_OR_APPROVAL_DECODER, SECRETS),
    ),
    (
        Secrets.batch_update(**IN_APP, mode="upsert", secrets=[CHANGE]),
        Request(
            "PATCH",
            BATCH,
            (),
            (),
            {**BODY, "mode": "upsert", "secrets": (CHANGE,)},
            SECRETS_OR_APPROVAL_DECODER,
            SECRETS,
        ),
    ),
    (
        Secrets.batch_delete(**IN_APP, secrets=[SECRET_NAME]),
        Request("DELETE", BATCH, (), (), {**BODY, "secrets": (SECRET_NAME,)}, SECRETS_OR_APPROVAL_DECODER, SECRETS),
    ),
    (
        Secrets.move(
            project_id="p",
            source_environment="dev",
            destination_environment="prod",
            secret_ids=["s1"],
            source_secret_path="/a",
            destination_secret_path="/b",
            should_overwrite=True,
        ),
        Request(
            "POST",
            "/api/v4/secrets/move",
            (),
            (),
            {
                "projectId": "p",
                "sourceEnvironment": "dev",
                "sourceSecretPath": "/a",
                "destinationEnvironment": "prod",
                "destinationSecretPath": "/b",
                "secretIds": ("s1",),
                "shouldOverwrite": True,
            },
            one(SecretMove),
            NO_SERVICE_TOKENS,
        ),
    ),
    (
        Secrets.get_access_list(**K_IN_APP, include_all_entities=True),
        Request(
            "GET", ACCESS, NAME, (*QUERY, ("includeAllEntities", True)), None, one(SecretAccessList), USERS_IN_EFFECT
        ),
    ),
    (
        Secrets.list_references(**K_IN_APP),
        Request(
            "GET",
            f"{PATH}/reference-dependency-tree",
            NAME,
            QUERY,
            None,
            either(one(SecretReferenceList), one(SecretReferenceNode, at="tree")),
            USERS,
            formerly=(f"{PATH}/secret-references",),
        ),
    ),
    (
        Secrets.get_reference_tree(**K_IN_APP),
        Request("GET", f"{PATH}/secret-reference-tree", NAME, QUERY, None, one(SecretReferenceTree), USERS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


SECRET_BODY = {
    "id": "s1",
    "_id": "s1",
    "workspace": "p",
    "environment": "dev",
    "version": 2,
    "type": "shared",
    "secretKey": "K",
    "secretValue": "v",
    "secretComment": "c",
    "secretReminderNote": "n",
    "secretReminderRepeatDays": 30,
    "skipMultilineEncoding": True,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "actor": {"actorId": "u1", "actorType": "user", "name": "me", "membershipId": "m1", "groupId": None},
    "isRotatedSecret": True,
    "rotationId": "r1",
    "secretPath": "/app",
    "secretValueHidden": False,
    "metadata": {"a": "b"},
    "secretMetadata": [{"key": "owner", "value": "me", "isEncrypted": True}],
    "tags": [{"id": "t1", "slug": "a", "color": None, "name": "A"}],
}
FULL_SECRET = Secret(
    id="s1",
    workspace="p",
    environment="dev",
    version=2,
    type="shared",
    secret_key="K",
    secret_value="v",
    secret_comment="c",
    secret_reminder_note="n",
    secret_reminder_repeat_days=30,
    skip_multiline_encoding=True,
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    actor=SecretActor(actor_id="u1", actor_type="user", name="me", membership_id="m1"),
    is_rotated_secret=True,
    rotation_id="r1",
    secret_path="/app",
    secret_value_hidden=False,
    metadata={"a": "b"},
    secret_metadata=(METADATA,),
    tags=(SecretTag(id="t1", slug="a", name="A"),),
)
MINIMAL_BODY = {"id": "s1", "secretKey": "K", "secretValue": "v"}
MINIMAL_SECRET = Secret(id="s1", secret_key="K", secret_value="v")
ACCESS_BODY = {"id": "u1", "name": "me", "membershipId": "m1", "allowedActions": ["read"]}
READ_ACCESS = SecretAccess(id="u1", name="me", membership_id="m1", allowed_actions=("read",))
PLACE = {"environment": "dev", "secretPath": "/"}
ANSWERS = [
    (
        Secrets.list(**IN_APP),
        {"secrets": [SECRET_BODY], "imports": [{**PLACE, "folderId": "f1", "secrets": [MINIMAL_BODY]}]},
        SecretList(
            secrets=(FULL_SECRET,),
            imports=(SecretImport(environment="dev", secret_path="/", folder_id="f1", secrets=(MINIMAL_SECRET,)),),
        ),
    ),
    (Secrets.list(**IN_APP), {"secrets": []}, SecretList(secrets=())),
    (Secrets.get_by_name(**K_IN_APP), {"secret": SECRET_BODY}, FULL_SECRET),
    (Secrets.create(**K_IN_APP, secret_value="v"), {"secret": MINIMAL_BODY}, MINIMAL_SECRET),
    (Secrets.update(**K_IN_APP), {"approval": {"id": "a1"}}, SecretApproval(id="a1")),
    (
        Secrets.batch_create(**IN_APP, secrets=[]),
        {"secrets": [MINIMAL_BODY, SECRET_BODY]},
        (MINIMAL_SECRET, FULL_SECRET),
    ),
    (Secrets.batch_delete(**IN_APP, secrets=[]), {"approval": {"id": "a1"}}, SecretApproval(id="a1")),
    (
        Secrets.move(project_id="p", source_environment="dev", destination_environment="prod", secret_ids=[]),
        {"isSourceUpdated": True, "isDestinationUpdated": False},
        SecretMove(is_source_updated=True, is_destination_updated=False),
    ),
    (
        Secrets.get_access_list(**K_IN_APP),
        {
            "users": [ACCESS_BODY],
            "identities": [ACCESS_BODY],
            "groups": [{"id": "g1", "allowedActions": ["read"], "userIds": ["u2"], "identityIds": ["i1"]}],
        },
        SecretAccessList(
            users=(READ_ACCESS,),
            identities=(READ_ACCESS,),
            groups=(SecretGroupAccess(id="g1", allowed_actions=("read",), user_ids=("u2",), identity_ids=("i1",)),),
        ),
    ),
    (
        Secrets.list_references(**K_IN_APP),
        {"references": [{**PLACE, "secretKey": "L", "secretId": "s2", "referenceType": "nested"}], "totalCount": 1},
        SecretReferenceList(
            references=(
                SecretReference(
                    secret_id="s2", secret_key="L", environment="dev", secret_path="/", reference_type="nested"
                ),
            ),
            total_count=1,
        ),
    ),
    (
        Secrets.list_references(**K_IN_APP),
        {"tree": {**PLACE, "key": "K", "children": [{**PLACE, "key": "L", "children": []}]}},
        SecretReferenceNode(
            key="K",
            environment="dev",
            secret_path="/",
            children=(SecretReferenceNode(key="L", environment="dev", secret_path="/"),),
        ),
    ),
    (
        Secrets.get_reference_tree(**K_IN_APP),
        {"tree": {**PLACE, "key": "K", "value": "${L}", "children": [{"key": "L", "children": []}]}, "value": "v"},
        SecretReferenceTree(
            tree=SecretReferenceNode(
                key="K", value="${L}", environment="dev", secret_path="/", children=(SecretReferenceNode(key="L"),)
            ),
            value="v",
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


@pytest.mark.parametrize(
    ("request_", "body", "path"),
    [
        (Secrets.list(**IN_APP), {}, "secrets"),
        (Secrets.list(**IN_APP), {"secrets": [], "imports": [PLACE]}, "imports[0].secrets"),
        (Secrets.get_access_list(**K_IN_APP), {"users": [], "identities": []}, "groups"),
        (Secrets.list_references(**K_IN_APP), {"totalCount": 0}, "references"),
        (Secrets.batch_update(**IN_APP, secrets=[]), {}, "secrets"),
        (Secrets.delete(**K_IN_APP), {"secret": {**MINIMAL_BODY, "secretValue": None}}, "secret.secretValue"),
    ],
)
def test_an_answer_without_the_requested_object_is_a_decode_error_not_an_empty_one(request_, body, path):
    error = request_.returns(answer(body)).failure()

    assert isinstance(error, DecodeError)
    assert error.path == path


def test_a_hidden_value_is_marked_as_hidden():
    hidden = {**MINIMAL_BODY, "secretValue": "<hidden-by-infisical>", "secretValueHidden": True}
    read = Secrets.get_by_name(**K_IN_APP, view_secret_value=False).returns(answer({"secret": hidden})).unwrap()

    assert (read.secret_value_hidden, read.secret_value) == (True, "<hidden-by-infisical>")


@pytest.mark.parametrize(
    "model",
    [
        Secret(id="s1", secret_key="K", secret_value="hunter2", metadata={"a": "hunter2"}),
        Secret(id="s1", secret_key="K", secret_value="", secret_metadata=(SecretMetadata(key="a", value="hunter2"),)),
        NewSecret(secret_key="K", secret_value="hunter2", metadata={"a": "hunter2"}),
        SecretChange(secret_key="K", secret_value="hunter2"),
        SecretReferenceTree(tree=SecretReferenceNode(key="K", value="hunter2"), value="hunter2"),
        Secrets.update(**K_IN_APP, secret_value="hunter2"),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_repr_shows_the_name_and_no_value(model):
    assert "'K'" in repr(model)
    assert "hunter2" not in repr(model)


def test_every_secret_can_be_a_key_of_a_dict():
    assert len({FULL_SECRET, MINIMAL_SECRET, NEW_SECRET}) == 3
