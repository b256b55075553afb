"""The dynamic secrets group: every request as a value, and every answer decoded."""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import DecodeError, Request
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import many, one
from infisical.encode import prepare
from infisical.endpoints.dynamic_secrets import (
    CreatedLease,
    DynamicSecret,
    DynamicSecretChange,
    DynamicSecretLease,
    DynamicSecretMetadata,
    DynamicSecrets,
)
from infisical.request import NULL
from tests.wire import answer

ACCESS = Access("dynamic_secrets", documented=IDENTITIES_AND_USERS)
SECRET = one(DynamicSecret, at="dynamicSecret")
A_LEASE = one(DynamicSecretLease, at="lease")
PATH = "/api/v1/dynamic-secrets/{name}"
LEASE = "/api/v1/dynamic-secrets/leases/{leaseId}"
NAME = (("name", "db"),)
LEASE_ID = (("leaseId", "l1"),)
PLACE = {"project_slug": "ps", "environment_slug": "dev", "path": "/app"}
WIRE = {"projectSlug": "ps", "environmentSlug": "dev", "path": "/app"}
QUERY = tuple(WIRE.items())
INPUTS = {"client": "postgres", "host": "h", "port": 5432, "username": "u", "password": "hidden"}
CHANGE = DynamicSecretChange(
    new_name="db2",
    default_ttl="2h",
    max_ttl=NULL,
    inputs={"host": "h2"},
    metadata=(DynamicSecretMetadata(key="k"),),
    username_template=NULL,
)

REQUESTS = [
    (
        DynamicSecrets.create(
            **PLACE,
            name="db",
            provider={"type": "sql-database", "inputs": INPUTS},
            default_ttl="1h",
            max_ttl="24h",
            metadata=[DynamicSecretMetadata(key="k", value="v")],
            username_template="{{randomUsername}}",
        ),
        Request(
            "POST",
            "/api/v1/dynamic-secrets",
            (),
            (),
            {
                **WIRE,
                "name": "db",
                "provider": {"type": "sql-database", "inputs": INPUTS},
                "defaultTTL": "1h",
                "maxTTL": "24h",
                "metadata": (DynamicSecretMetadata(key="k", value="v"),),
                "usernameTemplate": "{{randomUsername}}",
            },
            SECRET,
            ACCESS,
        ),
    ),
    (
        DynamicSecrets.update(name="db", **PLACE, data=CHANGE),
        Request("PATCH", PATH, NAME, (), {**WIRE, "data": CHANGE}, SECRET, ACCESS),
    ),
    (
        DynamicSecrets.delete(name="db", **PLACE, is_forced=True),
        Request("DELETE", PATH, NAME, (), {**WIRE, "isForced": True}, SECRET, ACCESS),
    ),
    (DynamicSecrets.get(name="db", **PLACE), Request("GET", PATH, NAME, QUERY, None, SECRET, ACCESS)),
    (
        DynamicSecrets.list(**PLACE),
        Request(
            "GET",
            "/api/v1/dynamic-secrets",
            (),
            QUERY,
            None,
            many(DynamicSecret, at="dynamicSecrets"),
            ACCESS,
        ),
    ),
    (
        DynamicSecrets.list_leases(name="db", **PLACE),
        Request("GET", f"{PATH}/leases", NAME, QUERY, None, many(DynamicSecretLease, at="leases"), ACCESS),
    ),
    (
        DynamicSecrets.create_lease(dynamic_secret_name="db", **PLACE, ttl="1h", config={"namespace": "default"}),
        Request(
            "POST",
            "/api/v1/dynamic-secrets/leases",
            (),
            (),
            {"dynamicSecretName": "db", **WIRE, "ttl": "1h", "config": {"namespace": "default"}},
            one(CreatedLease),
            ACCESS,
        ),
    ),
    (
        DynamicSecrets.get_lease(lease_id="l1", **PLACE),
        Request("GET", LEASE, LEASE_ID, QUERY, None, A_LEASE, ACCESS),
    ),
    (
        DynamicSecrets.renew_lease(lease_id="l1", **PLACE, ttl="1h"),
        Request("POST", f"{LEASE}/renew", LEASE_ID, (), {**WIRE, "ttl": "1h"}, A_LEASE, ACCESS),
    ),
    (
        DynamicSecrets.delete_lease(lease_id="l1", **PLACE, is_forced=False),
        Request("DELETE", LEASE, LEASE_ID, (), {**WIRE, "isForced": False}, A_LEASE, ACCESS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ROW = {
    "id": "d1",
    "name": "db",
    "version": 1,
    "type": "sql-database",
    "defaultTTL": "1h",
    "maxTTL": "24h",
    "folderId": "f",
    "status": "Deleting",
    "statusDetails": "sd",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "projectGatewayId": "g0",
    "gatewayId": "g1",
    "usernameTemplate": "{{randomUsername}}",
    "gatewayV2Id": "g2",
    "metadata": [{"key": "k", "value": "v"}],
}
SECRET_FIELDS = {
    "id": "d1",
    "name": "db",
    "version": 1,
    "type": "sql-database",
    "default_ttl": "1h",
    "max_ttl": "24h",
    "folder_id": "f",
    "status": "Deleting",
    "status_details": "sd",
    "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-02T00:00:00.000Z",
    "project_gateway_id": "g0",
    "gateway_id": "g1",
    "username_template": "{{randomUsername}}",
    "gateway_v2_id": "g2",
    "metadata": (DynamicSecretMetadata(key="k", value="v"),),
}
LEASE_ROW = {
    "id": "l1",
    "version": 1,
    "externalEntityId": "x",
    "expireAt": "2026-01-03T00:00:00.000Z",
    "status": None,
    "statusDetails": "sd",
    "dynamicSecretId": "d1",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "config": {"namespace": "default"},
}
LEASE_FIELDS = {
    "id": "l1",
    "version": 1,
    "external_entity_id": "x",
    "expire_at": "2026-01-03T00:00:00.000Z",
    "status_details": "sd",
    "dynamic_secret_id": "d1",
    "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-02T00:00:00.000Z",
    "config": {"namespace": "default"},
}

ANSWERS = [
    (
        DynamicSecrets.get(name="db", **PLACE),
        {"dynamicSecret": {**ROW, "inputs": INPUTS}},
        DynamicSecret(**SECRET_FIELDS, inputs=INPUTS),
    ),
    (
        DynamicSecrets.list(**PLACE),
        {"dynamicSecrets": [ROW, {"id": "d2", "maxTTL": None}]},
        (DynamicSecret(**SECRET_FIELDS), DynamicSecret(id="d2")),
    ),
    (
        DynamicSecrets.list_leases(name="db", **PLACE),
        {"leases": [LEASE_ROW, {"id": "l2", "config": None}]},
        (DynamicSecretLease(**LEASE_FIELDS), DynamicSecretLease(id="l2")),
    ),
    (
        DynamicSecrets.get_lease(lease_id="l1", **PLACE),
        {"lease": {**LEASE_ROW, "dynamicSecret": ROW}},
        DynamicSecretLease(**LEASE_FIELDS, dynamic_secret=DynamicSecret(**SECRET_FIELDS)),
    ),
    (
        DynamicSecrets.create_lease(dynamic_secret_name="db", **PLACE),
        {"lease": LEASE_ROW, "dynamicSecret": ROW, "data": {"DB_USERNAME": "u", "DB_PASSWORD": "pw"}},
        CreatedLease(
            lease=DynamicSecretLease(**LEASE_FIELDS),
            dynamic_secret=DynamicSecret(**SECRET_FIELDS),
            data={"DB_USERNAME": "u", "DB_PASSWORD": "pw"},
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_changes_are_nested_in_data_null_clears_and_omitted_fields_are_not_sent():
    change = DynamicSecretChange(default_ttl="2h", max_ttl=NULL)
    request = DynamicSecrets.update(name="db", project_slug="ps", environment_slug="dev", data=change)

    assert json.loads(prepare(request, "", (), 1.0).unwrap().body) == {
        "projectSlug": "ps",
        "environmentSlug": "dev",
        "data": {"defaultTTL": "2h", "maxTTL": None},
    }


def test_an_empty_change_still_sends_data():
    request = DynamicSecrets.update(name="db", project_slug="ps", environment_slug="dev", data=DynamicSecretChange())

    assert json.loads(prepare(request, "", (), 1.0).unwrap().body)["data"] == {}


@pytest.mark.parametrize(
    "request_",
    [DynamicSecrets.delete(name="db", **PLACE), DynamicSecrets.delete_lease(lease_id="l1", **PLACE)],
    ids=["a dynamic secret", "a lease"],
)
def test_a_delete_names_its_object_in_the_body(request_):
    http = prepare(request_, "https://x", (), 1.0).unwrap()

    assert (http.method, json.loads(http.body), "?" in http.url) == ("DELETE", WIRE, False)


def test_a_new_lease_without_credentials_is_a_decode_error():
    error = one(CreatedLease)(answer({"lease": LEASE_ROW, "data": None})).failure()

    assert isinstance(error, DecodeError)
    assert error.path == "data"


def test_inputs_and_credentials_are_in_no_repr():
    lease = CreatedLease(lease=DynamicSecretLease(id="l1"), data={"DB_PASSWORD": "hidden"})
    secret = DynamicSecret(id="d1", inputs=INPUTS, metadata=(DynamicSecretMetadata(key="k", value="hidden"),))

    assert "hidden" not in repr(lease) + repr(secret) + repr(DynamicSecretChange(inputs=INPUTS))
