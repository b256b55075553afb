"""The identity auth groups: every request as a value, every answer decoded, and the recorded life of universal auth.

Tests of `client.login` are in test_login_methods.py.
"""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import IdentityAccessToken, InfisicalClient, LoginResponse, Request, RequestError
from infisical.access import OPEN_ACCESS, Access
from infisical.decode import many, one
from infisical.endpoints.identity_auth import ClearLockoutsResponse, TrustedIp
from infisical.endpoints.identity_auth.alicloud import AliCloud
from infisical.endpoints.identity_auth.aws import Aws
from infisical.endpoints.identity_auth.azure import Azure
from infisical.endpoints.identity_auth.gcp import Gcp
from infisical.endpoints.identity_auth.jwt import JwtLogin
from infisical.endpoints.identity_auth.kubernetes import Kubernetes
from infisical.endpoints.identity_auth.ldap import Ldap
from infisical.endpoints.identity_auth.oci import Oci
from infisical.endpoints.identity_auth.oidc import Oidc
from infisical.endpoints.identity_auth.tls_cert import TlsCert
from infisical.endpoints.identity_auth.token import (
    CreatedToken,
    IdentityTokenAuth,
    RevokeTokenResponse,
    Token,
    TokenAuthToken,
)
from infisical.endpoints.identity_auth.universal import (
    ClientSecret,
    CreatedClientSecret,
    IdentityUniversalAuth,
    Universal,
)
from infisical.executors import ScriptedExecutor
from tests.wire import answer, replaying

IDENTITY_AUTH = Access("identity_auth")
ID = (("identityId", "i1"),)
UNIVERSAL = "/api/v1/auth/universal-auth/identities/{identityId}"
SECRETS = "/api/v1/auth/universal-auth/identities/{identityId}/client-secrets"
TOKEN_AUTH = "/api/v1/auth/token-auth/identities/{identityId}"
TOKENS = "/api/v1/auth/token-auth/identities/{identityId}/tokens"
TOKEN = "/api/v1/auth/token-auth/tokens/{tokenId}"
PRIVATE_RANGE = TrustedIp(ip_address="10.0.0.0/8")


def login(method, body, headers=()):
    """Build the request of a login: it is open, and every method has the same response."""
    return Request("POST", f"/api/v1/auth/{method}/login", (), (), body, one(LoginResponse), OPEN_ACCESS, headers)


def request(verb, path, parts, returns, body=None, query=()):
    return Request(verb, path, parts, query, body, returns, IDENTITY_AUTH)


def build_universal_request(verb, body=None):
    return request(verb, UNIVERSAL, ID, one(IdentityUniversalAuth, at="identityUniversalAuth"), body)


def build_token_request(verb, body=None):
    return request(verb, TOKEN_AUTH, ID, one(IdentityTokenAuth, at="identityTokenAuth"), body)


ORGANIZATION_FIELDS = {
    "organizationSlug": "sub",
    "subOrganizationName": "sub",
}  # today's name, and that of servers before 2026
WITH_JWT = {"identityId": "i1", "jwt": "j", **ORGANIZATION_FIELDS}
LOGINS = [
    (
        Universal.login(client_id="c", client_secret="s", organization_slug="sub"),
        login("universal-auth", {"clientId": "c", "clientSecret": "s", **ORGANIZATION_FIELDS}),
    ),
    (Token.login(identity_id="i1"), login("token", {"identityId": "i1"})),
    (Gcp.login(identity_id="i1", jwt="j", organization_slug="sub"), login("gcp-auth", WITH_JWT)),
    (Azure.login(identity_id="i1", jwt="j", organization_slug="sub"), login("azure-auth", WITH_JWT)),
    (Kubernetes.login(identity_id="i1", jwt="j", organization_slug="sub"), login("kubernetes-auth", WITH_JWT)),
    (Oidc.login(identity_id="i1", jwt="j", organization_slug="sub"), login("oidc-auth", WITH_JWT)),
    (JwtLogin.login(identity_id="i1", jwt="j", organization_slug="sub"), login("jwt-auth", WITH_JWT)),
    (
        Aws.login(
            identity_id="i1",
            iam_request_body="Yg==",
            iam_request_headers="e30=",
            iam_http_request_method="POST",
            organization_slug="sub",
        ),
        login(
            "aws-auth",
            {
                "identityId": "i1",
                "iamRequestBody": "Yg==",
                "iamRequestHeaders": "e30=",
                "iamHttpRequestMethod": "POST",
                **ORGANIZATION_FIELDS,
            },
        ),
    ),
    (
        Ldap.login(identity_id="i1", username="u", password="p", organization_slug="sub"),
        login("ldap-auth", {"identityId": "i1", "username": "u", "password": "p", **ORGANIZATION_FIELDS}),
    ),
    (
        TlsCert.login(identity_id="i1", client_certificate="-----BEGIN\na+/=", organization_slug="sub"),
        login(
            "tls-cert-auth",
            {"identityId": "i1", **ORGANIZATION_FIELDS},
            (("x-identity-tls-cert-auth-client-cert", "-----BEGIN%0Aa%2B%2F%3D"),),
        ),
    ),
    (
        Oci.login(identity_id="i1", user_ocid="ocid1", headers={"x-date": "d"}, organization_slug="sub"),
        login(
            "oci-auth",
            {"identityId": "i1", "userOcid": "ocid1", "headers": {"x-date": "d"}, **ORGANIZATION_FIELDS},
        ),
    ),
    (
        AliCloud.login(
            identity_id="i1",
            version="2015-04-01",
            access_key_id="k",
            timestamp="2026-01-31T12:00:00Z",
            signature_nonce="n",
            signature="c2ln",
            organization_slug="sub",
        ),
        login(
            "alicloud-auth",
            {
                "identityId": "i1",
                "Action": "GetCallerIdentity",
                "Format": "JSON",
                "Version": "2015-04-01",
                "AccessKeyId": "k",
                "SignatureMethod": "HMAC-SHA1",
                "Timestamp": "2026-01-31T12:00:00Z",
                "SignatureVersion": "1.0",
                "SignatureNonce": "n",
                "Signature": "c2ln",
                **ORGANIZATION_FIELDS,
            },
        ),
    ),
]

TOKEN_SETTINGS = {
    "access_token_ttl": 600,
    "access_token_max_ttl": 3600,
    "access_token_num_uses_limit": 5,
    "access_token_trusted_ips": [PRIVATE_RANGE],
}
TOKEN_SETTINGS_BODY = {
    "accessTokenTTL": 600,
    "accessTokenMaxTTL": 3600,
    "accessTokenNumUsesLimit": 5,
    "accessTokenTrustedIps": (PRIVATE_RANGE,),
}
UNIVERSAL_SETTINGS = {
    **TOKEN_SETTINGS,
    "client_secret_trusted_ips": [PRIVATE_RANGE],
    "access_token_period": 0,
    "lockout_enabled": False,
    "lockout_threshold": 4,
    "lockout_duration_seconds": 60,
    "lockout_counter_reset_seconds": 5,
}
UNIVERSAL_SETTINGS_BODY = {
    **TOKEN_SETTINGS_BODY,
    "clientSecretTrustedIps": (PRIVATE_RANGE,),
    "accessTokenPeriod": 0,
    "lockoutEnabled": False,
    "lockoutThreshold": 4,
    "lockoutDurationSeconds": 60,
    "lockoutCounterResetSeconds": 5,
}
SECRET_ID = (*ID, ("clientSecretId", "s1"))
ONE_SECRET = one(ClientSecret, at="clientSecretData")
TOKEN_ID = (("tokenId", "t1"),)
ONE_TOKEN = one(TokenAuthToken, at="token")
SETTINGS = [
    (
        Universal.attach(identity_id="i1", **UNIVERSAL_SETTINGS),
        build_universal_request("POST", UNIVERSAL_SETTINGS_BODY),
    ),
    (
        Universal.update(identity_id="i1", **UNIVERSAL_SETTINGS),
        build_universal_request("PATCH", UNIVERSAL_SETTINGS_BODY),
    ),
    (Universal.get(identity_id="i1"), build_universal_request("GET")),
    (Universal.revoke(identity_id="i1"), build_universal_request("DELETE")),
    (
        Universal.create_client_secret(identity_id="i1", description="d", num_uses_limit=1, ttl=60),
        request("POST", SECRETS, ID, one(CreatedClientSecret), {"description": "d", "numUsesLimit": 1, "ttl": 60}),
    ),
    (
        Universal.list_client_secrets(identity_id="i1"),
        request("GET", SECRETS, ID, many(ClientSecret, at="clientSecretData")),
    ),
    (
        Universal.get_client_secret(identity_id="i1", client_secret_id="s1"),
        request("GET", f"{SECRETS}/{{clientSecretId}}", SECRET_ID, ONE_SECRET),
    ),
    (
        Universal.revoke_client_secret(identity_id="i1", client_secret_id="s1"),
        request("POST", f"{SECRETS}/{{clientSecretId}}/revoke", SECRET_ID, ONE_SECRET, {}),
    ),
    (
        Universal.clear_lockouts(identity_id="i1"),
        request("POST", f"{UNIVERSAL}/clear-lockouts", ID, one(ClearLockoutsResponse), {}),
    ),
    (Token.attach(identity_id="i1", **TOKEN_SETTINGS), build_token_request("POST", TOKEN_SETTINGS_BODY)),
    (Token.update(identity_id="i1", **TOKEN_SETTINGS), build_token_request("PATCH", TOKEN_SETTINGS_BODY)),
    (Token.get(identity_id="i1"), build_token_request("GET")),
    (Token.revoke(identity_id="i1"), build_token_request("DELETE")),
    (
        Token.create_token(identity_id="i1", name="n", organization_slug="sub"),
        request("POST", TOKENS, ID, one(CreatedToken), {"name": "n", **ORGANIZATION_FIELDS}),
    ),
    (
        Token.list_tokens(identity_id="i1", offset=0, limit=100),
        request("GET", TOKENS, ID, many(TokenAuthToken, at="tokens"), query=(("offset", 0), ("limit", 100))),
    ),
    (Token.get_token(token_id="t1"), request("GET", TOKEN, TOKEN_ID, ONE_TOKEN)),
    (Token.update_token(token_id="t1", name="n"), request("PATCH", TOKEN, TOKEN_ID, ONE_TOKEN, {"name": "n"})),
    (
        Token.revoke_token(token_id="t1"),
        request("POST", f"{TOKEN}/revoke", TOKEN_ID, one(RevokeTokenResponse), {}),
    ),
]
REQUESTS = [*LOGINS, *SETTINGS]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


T1, T2 = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
TRUSTED_IPS_BODY = [{"ipAddress": "10.0.0.0", "prefix": 8, "type": "ipv4"}, {"ipAddress": "::1", "type": "ipv6"}]
IPS = (TrustedIp(ip_address="10.0.0.0", prefix=8, type="ipv4"), TrustedIp(ip_address="::1", type="ipv6"))
SHARED_BODY = {
    "id": "a1",
    "identityId": "i1",
    "accessTokenTTL": 600,
    "accessTokenMaxTTL": 3600,
    "accessTokenNumUsesLimit": 5,
    "accessTokenTrustedIps": TRUSTED_IPS_BODY,
    "createdAt": T1,
    "updatedAt": T2,
}
SHARED_FIELDS = {
    "id": "a1",
    "identity_id": "i1",
    "access_token_ttl": 600,
    "access_token_max_ttl": 3600,
    "access_token_num_uses_limit": 5,
    "access_token_trusted_ips": IPS,
    "created_at": T1,
    "updated_at": T2,
}
SECRET_BODY = {
    "id": "s1",
    "createdAt": T1,
    "updatedAt": T2,
    "description": "d",
    "clientSecretPrefix": "ed57",
    "clientSecretNumUses": 1,
    "clientSecretNumUsesLimit": 2,
    "clientSecretTTL": 60,
    "identityUAId": "a1",
    "isClientSecretRevoked": False,
}
SECRET = ClientSecret(
    id="s1",
    created_at=T1,
    updated_at=T2,
    description="d",
    client_secret_prefix="ed57",
    client_secret_num_uses=1,
    client_secret_num_uses_limit=2,
    client_secret_ttl=60,
    identity_ua_id="a1",
    is_client_secret_revoked=False,
)
CREATED_TOKEN_BODY = {
    "id": "t1",
    "accessTokenTTL": 600,
    "accessTokenMaxTTL": 3600,
    "accessTokenNumUses": 1,
    "accessTokenNumUsesLimit": 5,
    "accessTokenLastUsedAt": T2,
    "accessTokenLastRenewedAt": None,
    "isAccessTokenRevoked": False,
    "identityUAClientSecretId": "s1",
    "identityId": "i1",
    "createdAt": T1,
    "updatedAt": T2,
    "name": "n",
    "authMethod": "token-auth",
    "accessTokenPeriod": 0,
    "subOrganizationId": "o",
}
CREATED_TOKEN = TokenAuthToken(
    id="t1",
    access_token_ttl=600,
    access_token_max_ttl=3600,
    access_token_num_uses=1,
    access_token_num_uses_limit=5,
    access_token_last_used_at=T2,
    is_access_token_revoked=False,
    identity_ua_client_secret_id="s1",
    identity_id="i1",
    created_at=T1,
    updated_at=T2,
    name="n",
    auth_method="token-auth",
    access_token_period=0,
    sub_organization_id="o",
)
LOGIN_BODY = {"accessToken": "t", "expiresIn": 600, "accessTokenMaxTTL": 3600, "tokenType": "Bearer"}
ANSWERS = [
    (
        Universal.login(client_id="c", client_secret="s"),
        LOGIN_BODY,
        LoginResponse(access_token="t", expires_in=600, access_token_max_ttl=3600),
    ),
    (
        Universal.get(identity_id="i1"),
        {
            "identityUniversalAuth": {
                **SHARED_BODY,
                "clientId": "c",
                "clientSecretTrustedIps": TRUSTED_IPS_BODY,
                "accessTokenPeriod": 0,
                "lockoutEnabled": True,
                "lockoutThreshold": 3,
                "lockoutDurationSeconds": 300,
                "lockoutCounterResetSeconds": 30,
            }
        },
        IdentityUniversalAuth(
            **SHARED_FIELDS,
            client_id="c",
            client_secret_trusted_ips=IPS,
            access_token_period=0,
            lockout_enabled=True,
            lockout_threshold=3,
            lockout_duration_seconds=300,
            lockout_counter_reset_seconds=30,
        ),
    ),
    (
        Universal.create_client_secret(identity_id="i1"),
        {"clientSecret": "s", "clientSecretData": SECRET_BODY},
        CreatedClientSecret(client_secret="s", client_secret_data=SECRET),
    ),
    (Universal.list_client_secrets(identity_id="i1"), {"clientSecretData": [SECRET_BODY]}, (SECRET,)),
    (Universal.get_client_secret(identity_id="i1", client_secret_id="s1"), {"clientSecretData": SECRET_BODY}, SECRET),
    (Universal.clear_lockouts(identity_id="i1"), {"deleted": 2}, ClearLockoutsResponse(deleted=2)),
    (Token.get(identity_id="i1"), {"identityTokenAuth": SHARED_BODY}, IdentityTokenAuth(**SHARED_FIELDS)),
    (
        Token.create_token(identity_id="i1"),
        {**LOGIN_BODY, "tokenData": CREATED_TOKEN_BODY},
        CreatedToken(access_token="t", expires_in=600, access_token_max_ttl=3600, token_data=CREATED_TOKEN),
    ),
    (Token.list_tokens(identity_id="i1"), {"tokens": [CREATED_TOKEN_BODY]}, (CREATED_TOKEN,)),
    (Token.get_token(token_id="t1"), {"token": CREATED_TOKEN_BODY}, CREATED_TOKEN),
    (Token.revoke_token(token_id="t1"), {"message": "m"}, RevokeTokenResponse(message="m")),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_a_secret_that_is_returned_once_is_in_no_repr():
    text = repr(
        (
            LoginResponse(access_token="s3cret"),
            CreatedToken(access_token="s3cret"),
            CreatedClientSecret(client_secret="s3cret"),
        )
    )

    assert "s3cret" not in text


def test_a_trusted_address_is_sent_unchanged_without_other_fields():
    executor = ScriptedExecutor(answer({"identityTokenAuth": {"id": "a1"}}))
    client = InfisicalClient(executor=executor, auth=IdentityAccessToken("any"))
    client.identity_auth.token.update(identity_id="i1", access_token_trusted_ips=[PRIVATE_RANGE]).unwrap()

    assert json.loads(executor.sent[0].body) == {"accessTokenTrustedIps": [{"ipAddress": "10.0.0.0/8"}]}


def test_the_removed_login_is_deprecated_with_a_remedy():
    assert "IdentityAccessToken" in Token.login.__deprecated__


@pytest.mark.parametrize("certificate", [7, None, b"-----BEGIN", "\ud800"])
def test_a_certificate_that_is_not_text_is_refused_before_it_is_sent(certificate):
    executor = ScriptedExecutor()
    error = InfisicalClient(executor=executor)(
        TlsCert.login(identity_id="i1", client_certificate=certificate)
    ).failure()

    assert isinstance(error, RequestError)
    assert executor.sent == []


RECORDED_ID = "3b5ca2dd-9dd9-4acc-8378-a62ba3aba7ad"
ATTACHED, UPDATED = "2026-11-22T01:02:05.145Z", "2026-11-22T01:02:05.170Z"
CREATED, REVOKED = "2026-11-22T01:02:05.237Z", "2026-11-22T01:02:05.279Z"
ANY_ADDRESS = TrustedIp(ip_address="0.0.0.0", prefix=0, type="ipv4")


def build_recorded_settings(ttl, updated_at):
    return IdentityUniversalAuth(
        id="6f119a5c-abc7-4aee-ad04-99b367667919",
        client_id="6fb1ba8a-9164-49d1-b373-22078ccaba29",
        access_token_ttl=ttl,
        access_token_max_ttl=2592000,
        access_token_num_uses_limit=0,
        client_secret_trusted_ips=(ANY_ADDRESS,),
        access_token_trusted_ips=(ANY_ADDRESS,),
        created_at=ATTACHED,
        updated_at=updated_at,
        identity_id=RECORDED_ID,
    )


def build_recorded_secret(updated_at, is_revoked):
    return ClientSecret(
        id="1fe298c8-2822-4eea-8b9a-e7724897fc11",
        created_at=CREATED,
        updated_at=updated_at,
        description="ci",
        client_secret_prefix="ed57",
        client_secret_num_uses=0,
        client_secret_num_uses_limit=0,
        client_secret_ttl=0,
        identity_ua_id="6f119a5c-abc7-4aee-ad04-99b367667919",
        is_client_secret_revoked=is_revoked,
    )


def test_the_recorded_life_of_universal_auth():
    universal = replaying("identities_universal_auth.yaml").identity_auth.universal
    anywhere = [TrustedIp(ip_address="0.0.0.0/0")]
    attached = universal.attach(
        identity_id=RECORDED_ID,
        access_token_ttl=2592000,
        access_token_max_ttl=2592000,
        access_token_num_uses_limit=0,
        client_secret_trusted_ips=anywhere,
        access_token_trusted_ips=anywhere,
    )
    read = universal.get(identity_id=RECORDED_ID)
    updated = universal.update(identity_id=RECORDED_ID, access_token_ttl=86400)
    created = universal.create_client_secret(identity_id=RECORDED_ID, description="ci", num_uses_limit=0, ttl=0)
    secret_id = created.unwrap().client_secret_data.id
    listed = universal.list_client_secrets(identity_id=RECORDED_ID)
    secret = universal.get_client_secret(identity_id=RECORDED_ID, client_secret_id=secret_id)
    revoked = universal.revoke_client_secret(identity_id=RECORDED_ID, client_secret_id=secret_id)
    removed = universal.revoke(identity_id=RECORDED_ID)

    assert attached == read == Success(build_recorded_settings(2592000, ATTACHED))
    assert updated == removed == Success(build_recorded_settings(86400, UPDATED))
    assert created == Success(
        CreatedClientSecret(
            client_secret="scrubbed-client-secret", client_secret_data=build_recorded_secret(CREATED, is_revoked=False)
        )
    )
    assert listed == Success((build_recorded_secret(CREATED, is_revoked=False),))
    assert secret == Success(build_recorded_secret(CREATED, is_revoked=False))
    assert revoked == Success(build_recorded_secret(REVOKED, is_revoked=True))
