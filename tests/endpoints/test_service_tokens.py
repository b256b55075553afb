"""The service tokens group: every request as a value, every answer decoded, and who may ask."""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import AuthenticationError, InfisicalClient, Jwt, Request, ServiceToken
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.service_tokens import (
    CreatedServiceToken,
    CurrentServiceToken,
    ServiceTokenData,
    ServiceTokens,
    ServiceTokenScope,
    ServiceTokenUser,
)
from infisical.executors import ScriptedExecutor
from infisical.request import NULL
from tests.wire import answer

PATH = "/api/v2/service-token"
CURRENT_TOKEN_ACCESS = Access("service_tokens", documented=("jwt", "service_token"), server=("service_token",))
SCOPE = ServiceTokenScope(environment="dev", secret_path="/**")
CREATE_REQUEST = ServiceTokens.create(
    name="n",
    workspace_id="p",
    scopes=[SCOPE],
    encrypted_key="",
    iv="",
    tag="",
    expires_in=3600,
    permissions=["read", "write"],
)

REQUESTS = [
    (ServiceTokens.get(), Request("GET", PATH, (), (), None, one(CurrentServiceToken), CURRENT_TOKEN_ACCESS)),
    (
        CREATE_REQUEST,
        Request(
            "POST",
            PATH,
            (),
            (),
            {
                "name": "n",
                "workspaceId": "p",
                "scopes": (SCOPE,),
                "encryptedKey": "",
                "iv": "",
                "tag": "",
                "expiresIn": 3600,
                "permissions": ("read", "write"),
            },
            one(CreatedServiceToken),
            Access("service_tokens"),
        ),
    ),
    (
        ServiceTokens.delete("t1"),
        Request(
            "DELETE",
            f"{PATH}/{{serviceTokenId}}",
            (("serviceTokenId", "t1"),),
            (),
            None,
            one(ServiceTokenData, at="serviceTokenData"),
            Access("service_tokens"),
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


TOKEN_FIELDS = {
    "id": "t1",
    "name": "n",
    "scopes": [{"environment": "dev", "secretPath": "/**"}],
    "permissions": ["read"],
    "lastUsed": None,
    "expiresAt": "2026-01-03T00:00:00.000Z",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "createdBy": "u1",
    "projectId": "p",
    "expiryNotificationSent": False,
}
DATA = ServiceTokenData(
    id="t1",
    name="n",
    project_id="p",
    scopes=(SCOPE,),
    permissions=("read",),
    created_by="u1",
    expires_at="2026-01-03T00:00:00.000Z",
    expiry_notification_sent=False,
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
)

ANSWERS = [
    (
        ServiceTokens.get(),
        {
            **TOKEN_FIELDS,
            "secretHash": "h",
            "encryptedKey": "k",
            "iv": "i",
            "tag": "t",
            "workspace": "p",
            "_id": "t1",
            "__v": 0,
            "user": {
                "id": "u1",
                "_id": "u1",
                "__v": 0,
                "username": "ada",
                "email": "ada@example.com",
                "firstName": "Ada",
                "lastName": "Lovelace",
                "authMethods": ["email"],
                "mfaMethods": None,
                "devices": [{"ip": "127.0.0.1"}],
                "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-02T00:00:00.000Z",
            },
        },
        CurrentServiceToken(
            id="t1",
            name="n",
            project_id="p",
            workspace="p",
            scopes=(SCOPE,),
            permissions=("read",),
            created_by="u1",
            user=ServiceTokenUser(
                id="u1",
                username="ada",
                email="ada@example.com",
                first_name="Ada",
                last_name="Lovelace",
                auth_methods=("email",),
                devices=[{"ip": "127.0.0.1"}],
                created_at="2026-01-01T00:00:00.000Z",
                updated_at="2026-01-02T00:00:00.000Z",
            ),
            expires_at="2026-01-03T00:00:00.000Z",
            expiry_notification_sent=False,
            secret_hash="h",
            encrypted_key="k",
            iv="i",
            tag="t",
            created_at="2026-01-01T00:00:00.000Z",
            updated_at="2026-01-02T00:00:00.000Z",
        ),
    ),
    (
        CREATE_REQUEST,
        {"serviceToken": "st.a.b.c", "serviceTokenData": TOKEN_FIELDS},
        CreatedServiceToken(service_token="st.a.b.c", service_token_data=DATA),
    ),
    (ServiceTokens.delete("t1"), {"serviceTokenData": TOKEN_FIELDS}, DATA),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_a_token_without_expiry_is_written_with_null_and_its_scopes_by_their_wire_names():
    executor = ScriptedExecutor(answer({"serviceToken": "st.a.b.c"}))
    tokens = ServiceTokens(InfisicalClient(auth=Jwt("t"), executor=executor))
    tokens.create(
        name="n",
        workspace_id="p",
        scopes=[SCOPE],
        encrypted_key="",
        iv="",
        tag="",
        expires_in=NULL,
        permissions=["read"],
    ).unwrap()

    assert json.loads(executor.sent[0].body or b"") == {
        "name": "n",
        "workspaceId": "p",
        "scopes": [{"environment": "dev", "secretPath": "/**"}],
        "encryptedKey": "",
        "iv": "",
        "tag": "",
        "expiresIn": None,
        "permissions": ["read"],
    }


def test_the_new_token_is_not_in_the_repr_of_the_answer():
    assert repr(CreatedServiceToken(service_token="st.a.b.c")) == "CreatedServiceToken(service_token_data=None)"


def test_a_service_token_may_read_its_metadata_but_not_delete_others():
    executor = ScriptedExecutor(answer({"id": "t1"}))
    tokens = ServiceTokens(InfisicalClient(auth=ServiceToken("st.a.b.c"), executor=executor))

    assert tokens.get() == Success(CurrentServiceToken(id="t1"))
    assert isinstance(tokens.delete("t2").failure(), AuthenticationError)
    assert len(executor.sent) == 1


def test_with_the_server_policy_only_a_service_token_may_read_its_metadata():
    tokens = ServiceTokens(InfisicalClient(auth=Jwt("t"), executor=ScriptedExecutor(), auth_policy="server"))
    error = tokens.get().failure()

    assert isinstance(error, AuthenticationError)
    assert error.allowed_modes == ("service_token",)
