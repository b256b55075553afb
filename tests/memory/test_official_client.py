"""The official Python SDK, which no one here wrote, against the memory server on a socket, unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from infisical_sdk import InfisicalSDKClient
from infisical_sdk.api_types import DynamicSecretProviders, SymmetricEncryption
from infisical_sdk.infisical_requests import APIError

from infisical.executors import MemoryExecutor
from infisical.server.serve import serving

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def memory() -> MemoryExecutor:
    return MemoryExecutor()


@pytest.fixture
def client(memory: MemoryExecutor) -> Iterator[InfisicalSDKClient]:
    with serving(memory) as url:
        sdk = InfisicalSDKClient(host=url, cache_ttl=None)
        sdk.auth.universal_auth.login(memory.given.client_id, memory.given.client_secret)
        yield sdk
        sdk.api.session.close()


def where(memory: MemoryExecutor) -> dict[str, Any]:
    return {"project_id": memory.given.project_id, "environment_slug": "dev", "secret_path": "/"}


def test_it_logs_in_and_writes_reads_lists_changes_and_deletes_a_secret(client, memory):
    made = client.secrets.create_secret_by_name("KEY", secret_value="one", secret_comment="why", **where(memory))
    read = client.secrets.get_secret_by_name("KEY", **where(memory))
    changed = client.secrets.update_secret_by_name("KEY", secret_value="two", **where(memory))
    listed = client.secrets.list_secrets(**where(memory))
    gone = client.secrets.delete_secret_by_name("KEY", **where(memory))

    assert (made.secretKey, made.secretValue, made.secretComment, made.version) == ("KEY", "one", "why", 1)
    assert (read.id, read.secretValue) == (made.id, "one")
    assert (changed.id, changed.version) == (made.id, 2)
    assert [(one.secretKey, one.secretValue) for one in listed.secrets] == [("KEY", "two")]
    assert gone.id == made.id
    with pytest.raises(APIError, match="Secret with name 'KEY' not found"):
        client.secrets.get_secret_by_name("KEY", **where(memory))


def test_it_makes_finds_and_lists_folders(client, memory):
    at = {"project_id": memory.given.project_id, "environment_slug": "dev"}
    made = client.folders.create_folder("api", path="/", **at)
    listed = client.folders.list_folders(path="/", **at)
    found = client.folders.get_folder_by_id(made.id)

    assert [one.name for one in listed.folders] == ["api"]
    assert (found.id, found.name) == (made.id, "api")


def test_it_makes_a_key_and_encrypts_and_decrypts_with_it(client, memory):
    key = client.kms.create_key("mine", memory.given.project_id, SymmetricEncryption.AES_GCM_256)
    sealed = client.kms.encrypt_data(key.id, "YXR0YWNr")

    assert client.kms.decrypt_data(key.id, sealed) == "YXR0YWNr"
    assert client.kms.get_key_by_name("mine", memory.given.project_id).id == key.id
    assert client.kms.delete_key(key.id).id == key.id


def test_it_makes_a_dynamic_secret_and_leases_it(client, memory):
    at = {"project_slug": memory.given.project_slug, "environment_slug": "dev", "path": "/"}
    inputs = {
        "client": "postgres",
        "host": "db",
        "port": 5432,
        "database": "app",
        "username": "u",
        "password": "p",
        "creationStatement": "CREATE",
        "revocationStatement": "DROP",
    }
    made = client.dynamic_secrets.create(
        "db", DynamicSecretProviders.SQL_DATABASE, inputs, default_ttl="1h", max_ttl="2h", **at
    )
    lease = client.dynamic_secrets.leases.create("db", ttl="1h", **at)
    renewed = client.dynamic_secrets.leases.renew(lease.lease.id, ttl="1h", **at)
    ended = client.dynamic_secrets.leases.revoke(lease.lease.id, **at)

    assert client.dynamic_secrets.get_by_name("db", **at).id == made.id
    assert set(lease.data) >= {"DB_USERNAME", "DB_PASSWORD"}
    assert renewed.id == ended.id == lease.lease.id
    assert client.dynamic_secrets.delete("db", **at).id == made.id
