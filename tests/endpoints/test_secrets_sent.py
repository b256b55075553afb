"""The secrets group: how names and values are sent."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from returns.result import Success

from infisical import NULL, IdentityAccessToken, InfisicalClient, RequestError
from infisical.endpoints.secrets import NewSecret, Secret, SecretChange, SecretMetadata, SecretName
from infisical.executors import ScriptedExecutor
from tests.wire import RECORDED_AT, answer

IN_APP = {"project_id": "p", "environment": "dev", "secret_path": "/app"}
BODY = {"projectId": "p", "environment": "dev", "secretPath": "/app"}
MINIMAL_BODY = {"id": "s1", "secretKey": "K", "secretValue": "v"}
METADATA = SecretMetadata(key="owner", value="me", is_encrypted=True)
NEW_SECRET = NewSecret(secret_key="K", secret_value="", metadata={"a": "b"}, secret_metadata=(METADATA,), tag_ids=())
CHANGE = SecretChange(secret_key="K", secret_reminder_note=NULL, tag_ids=())
SECRET_NAME = SecretName(secret_key="K", type="personal")


def build_client(*answers):
    executor = ScriptedExecutor(*(answer(body) for body in answers))
    return InfisicalClient(base_url=RECORDED_AT, auth=IdentityAccessToken("t"), executor=executor), executor


@pytest.mark.parametrize("value", ["", "0", "false", "null", " ", "\n", "a\nb\n", "línea €\u2028\U0001f511"])
def test_a_value_is_sent_unchanged(value):
    client, executor = build_client({"secret": {**MINIMAL_BODY, "secretValue": value}})
    created = client.secrets.create(secret_name="K", project_id="p", environment="dev", secret_value=value)

    assert Success(Secret(id="s1", secret_key="K", secret_value=value)) == created
    assert json.loads(executor.sent[0].body)["secretValue"] == value


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("A/B", "A%2FB"),
        ("A?b#c", "A%3Fb%23c"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("../admin", "..%2Fadmin"),
        ("clé", "cl%C3%A9"),
        ("a b+c", "a%20b%2Bc"),
    ],
)
def test_a_name_stays_in_its_segment_of_the_path(name, segment):
    client, executor = build_client({"secret": MINIMAL_BODY})
    client.secrets.get_by_name(secret_name=name, project_id="p", environment="dev")

    assert executor.sent[0].url == f"{RECORDED_AT}/api/v4/secrets/{segment}?projectId=p&environment=dev"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_change_the_path_is_refused_before_it_is_sent(name):
    client, executor = build_client()
    error = client.secrets.delete(secret_name=name, project_id="p", environment="dev").failure()

    assert (error, executor.sent) == (
        RequestError(f"DELETE /api/v4/secrets/{{secretName}}: secretName cannot be {name!r}"),
        [],
    )


def test_flags_and_lists_in_a_query_are_written_as_the_server_wants_them():
    client, executor = build_client({"secrets": []})
    client.secrets.list(
        project_id="p", environment="dev", recursive=True, include_imports=False, tag_slugs=["a", "b"]
    ).unwrap()

    assert urlsplit(executor.sent[0].url).query == (
        "projectId=p&environment=dev&recursive=true&includeImports=false&include_imports=false&tagSlugs=a%2Cb"
    )


def test_a_delete_sends_the_place_in_a_json_body():
    client, executor = build_client({"secret": MINIMAL_BODY})
    client.secrets.delete(**IN_APP, secret_name="K").unwrap()
    (sent,) = executor.sent

    assert (sent.method, sent.url) == ("DELETE", f"{RECORDED_AT}/api/v4/secrets/K")
    assert json.loads(sent.body) == BODY
    assert ("Content-Type", "application/json") in sent.headers


def test_a_batch_writes_its_secrets_by_their_wire_names_and_NULL_as_null():
    client, executor = build_client({"secrets": []}, {"secrets": []}, {"secrets": []})
    client.secrets.batch_create(**IN_APP, secrets=[NEW_SECRET]).unwrap()
    client.secrets.batch_update(**IN_APP, secrets=[CHANGE]).unwrap()
    client.secrets.batch_delete(**IN_APP, secrets=[SECRET_NAME]).unwrap()

    assert [json.loads(sent.body)["secrets"] for sent in executor.sent] == [
        [
            {
                "secretKey": "K",
                "secretValue": "",
                "metadata": {"a": "b"},
                "secretMetadata": [{"key": "owner", "value": "me", "isEncrypted": True}],
                "tagIds": [],
            }
        ],
        [{"secretKey": "K", "tagIds": [], "secretReminderNote": None}],
        [{"secretKey": "K", "type": "personal"}],
    ]
