"""The twelve login methods: what each sends through `client.login`, what the client holds then, what never shows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from returns.result import Success

from infisical import (
    AliCloudAuth,
    AwsAuth,
    AzureAuth,
    GcpAuth,
    HttpRequest,
    InfisicalClient,
    Jwt,
    JwtAuth,
    KubernetesAuth,
    LdapAuth,
    LoginResponse,
    NotFoundError,
    OciAuth,
    OidcAuth,
    TlsCertAuth,
    TokenAuth,
    UnauthorizedError,
    UniversalAuth,
    __version__,
)
from infisical.executors import ScriptedExecutor
from infisical.login_methods import sign_alicloud_query
from tests.wire import answer, replaying

URL = "https://infisical.test"
MOST_BYTES = 64 << 20  # what a client takes by default, in bytes
HEADERS = (
    ("Accept", "application/json"),
    ("User-Agent", f"infisical-functional/{__version__}"),
)
JSON = ("Content-Type", "application/json")
TOKEN = {"accessToken": "t0ken-s3cret", "expiresIn": 600, "accessTokenMaxTTL": 3600, "tokenType": "Bearer"}
LOGIN_RESPONSE = LoginResponse(access_token="t0ken-s3cret", expires_in=600, access_token_max_ttl=3600)

LOCAL_TIME = datetime(2026, 1, 31, 14, 0, 0, tzinfo=timezone(timedelta(hours=2)))
FIXED_SOURCES = {"clock": lambda: LOCAL_TIME, "nonce": lambda: "n-1"}
PEM = "-----BEGIN CERTIFICATE-----\nMII+s3cret/==\n-----END CERTIFICATE-----\n"
OCI_HEADERS = {"authorization": "Signature s3cret", "host": "identity.example.com", "x-date": "today"}


def sign_query_again(canonical, key_secret):
    """Sign a canonical query by the rules of the RPC style, written out once more."""
    text = "GET&%2F&" + canonical.replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    return base64.b64encode(hmac.new(f"{key_secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


ALICLOUD_BODY = {
    "identityId": "i1",
    "Action": "GetCallerIdentity",
    "Format": "JSON",
    "Version": "2015-04-01",
    "AccessKeyId": "LTAI1",
    "SignatureMethod": "HMAC-SHA1",
    "Timestamp": "2026-01-31T12:00:00Z",
    "SignatureVersion": "1.0",
    "SignatureNonce": "n-1",
}
ALICLOUD_SIGNATURE = sign_query_again(
    "AccessKeyId=LTAI1&Action=GetCallerIdentity&Format=JSON&SignatureMethod=HMAC-SHA1&SignatureNonce=n-1"
    "&SignatureVersion=1.0&Timestamp=2026-01-31T12%3A00%3A00Z&Version=2015-04-01",
    "s3cret",
)
ALICLOUD_SIGNATURE_OF_TEMPORARY_KEYS = sign_query_again(
    "AccessKeyId=LTAI1&Action=GetCallerIdentity&Format=JSON&SecurityToken=s3cret%2B%2F%3D~%20%2A"
    "&SignatureMethod=HMAC-SHA1&SignatureNonce=n-1&SignatureVersion=1.0&Timestamp=2026-01-31T12%3A00%3A00Z"
    "&Version=2015-04-01",
    "s3cret",
)
METHODS = [
    (UniversalAuth("c1", "s3cret"), "universal-auth", {"clientId": "c1", "clientSecret": "s3cret"}, ()),
    (TokenAuth("i1"), "token", {"identityId": "i1"}, ()),
    (GcpAuth("i1", "s3cret"), "gcp-auth", {"identityId": "i1", "jwt": "s3cret"}, ()),
    (AzureAuth("i1", "s3cret"), "azure-auth", {"identityId": "i1", "jwt": "s3cret"}, ()),
    (KubernetesAuth("i1", "s3cret"), "kubernetes-auth", {"identityId": "i1", "jwt": "s3cret"}, ()),
    (OidcAuth("i1", "s3cret"), "oidc-auth", {"identityId": "i1", "jwt": "s3cret"}, ()),
    (JwtAuth("i1", "s3cret"), "jwt-auth", {"identityId": "i1", "jwt": "s3cret"}, ()),
    (
        AwsAuth("i1", "s3cretbody", "s3crethead"),
        "aws-auth",
        {
            "identityId": "i1",
            "iamRequestBody": "s3cretbody",
            "iamRequestHeaders": "s3crethead",
            "iamHttpRequestMethod": "POST",
        },
        (),
    ),
    (LdapAuth("i1", "u", "s3cret"), "ldap-auth", {"identityId": "i1", "username": "u", "password": "s3cret"}, ()),
    (
        TlsCertAuth("i1", PEM),
        "tls-cert-auth",
        {"identityId": "i1"},
        (
            (
                "x-identity-tls-cert-auth-client-cert",
                "-----BEGIN%20CERTIFICATE-----%0AMII%2Bs3cret%2F%3D%3D%0A-----END%20CERTIFICATE-----%0A",
            ),
        ),
    ),
    (
        OciAuth("i1", "ocid1.user", OCI_HEADERS),
        "oci-auth",
        {"identityId": "i1", "userOcid": "ocid1.user", "headers": OCI_HEADERS},
        (),
    ),
    (
        AliCloudAuth("i1", "LTAI1", "s3cret", **FIXED_SOURCES),
        "alicloud-auth",
        {**ALICLOUD_BODY, "Signature": ALICLOUD_SIGNATURE},
        (),
    ),
    (
        AliCloudAuth("i1", "LTAI1", "s3cret", "s3cret+/=~ *", **FIXED_SOURCES),
        "alicloud-auth",
        {
            **ALICLOUD_BODY,
            "Signature": ALICLOUD_SIGNATURE_OF_TEMPORARY_KEYS,
            "SecurityToken": "s3cret+/=~ *",
        },
        (),
    ),
]
NAMES = [type(method).__name__ for method, *_ in METHODS]


@pytest.mark.parametrize(("method", "path", "body", "headers"), METHODS, ids=NAMES)
def test_a_login_sends_this_without_the_credential_at_hand_and_holds_the_answer(method, path, body, headers):
    executor = ScriptedExecutor(answer(TOKEN))
    client = InfisicalClient(base_url=URL, executor=executor, auth=Jwt("at-hand"))
    got = client.login(method)

    [sent] = executor.sent
    assert got == Success(LOGIN_RESPONSE)
    assert json.loads(sent.body) == body
    assert sent == HttpRequest(
        "POST", f"{URL}/api/v1/auth/{path}/login", (*HEADERS, *headers, JSON), sent.body, 30.0, MOST_BYTES
    )
    assert (client.is_authenticated, client.auth_mode) == (True, "identity_access_token")


@pytest.mark.parametrize(("method", "path", "body", "headers"), METHODS, ids=NAMES)
def test_a_login_method_shows_nothing_secret(method, path, body, headers):
    executor = ScriptedExecutor(answer(TOKEN))
    client = InfisicalClient(base_url=URL, executor=executor)
    got = client.login(method)

    assert "s3cret" not in repr((method, method.request(), got, executor.sent, client))


@pytest.mark.parametrize(("method", "path", "body", "headers"), METHODS, ids=NAMES)
def test_a_refused_login_is_not_repeated_and_changes_nothing(method, path, body, headers):
    refused = answer({"statusCode": 401, "message": "Invalid credentials", "error": "UnauthorizedError"}, 401)
    executor = ScriptedExecutor(refused)
    client = InfisicalClient(base_url=URL, executor=executor, auth=Jwt("at-hand"))
    error = client.login(method).failure()

    assert error == UnauthorizedError(
        "Invalid credentials",
        status_code=401,
        error_type="UnauthorizedError",
        method="POST",
        template=f"/api/v1/auth/{path}/login",
    )
    assert (len(executor.sent), client.auth_mode) == (1, "jwt")


IN_ORGANIZATION = [
    UniversalAuth("c1", "s", organization_slug="sub"),
    GcpAuth("i1", "s", organization_slug="sub"),
    AzureAuth("i1", "s", organization_slug="sub"),
    KubernetesAuth("i1", "s", organization_slug="sub"),
    OidcAuth("i1", "s", organization_slug="sub"),
    JwtAuth("i1", "s", organization_slug="sub"),
    AwsAuth("i1", "b", "h", organization_slug="sub"),
    LdapAuth("i1", "u", "s", organization_slug="sub"),
    TlsCertAuth("i1", PEM, organization_slug="sub"),
    OciAuth("i1", "ocid1.user", OCI_HEADERS, organization_slug="sub"),
    AliCloudAuth("i1", "LTAI1", "s", organization_slug="sub", **FIXED_SOURCES),
]


@pytest.mark.parametrize("method", IN_ORGANIZATION, ids=[type(method).__name__ for method in IN_ORGANIZATION])
def test_the_organization_of_a_login_is_named_for_servers_of_any_age(method):
    with_slug, without = method.request().body, replace(method, organization_slug=None).request().body

    assert with_slug == {**without, "organizationSlug": "sub", "subOrganizationName": "sub"}


def test_a_query_is_signed_as_in_the_example_that_alibaba_cloud_publishes():
    query = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
    }

    assert sign_alicloud_query(query, "testsecret") == "OLeaidS1JvxuMvnyHOwuJ+uX5qY="


def test_each_login_to_alibaba_cloud_is_signed_afresh():
    method = AliCloudAuth("i1", "LTAI1", "s3cret")
    first, second = method.request().body, method.request().body

    assert first["SignatureNonce"] != second["SignatureNonce"]
    assert first["Signature"] != second["Signature"]


WITH_ONE_SECRET = [UniversalAuth, GcpAuth, AzureAuth, KubernetesAuth, OidcAuth, JwtAuth]
UNFIT_SECRETS = ["", "s3cret\n", "s3\r\ncret", "s3cret\x00", b"s3cret", None]


@pytest.mark.parametrize("secret", UNFIT_SECRETS, ids=repr)
@pytest.mark.parametrize("method", WITH_ONE_SECRET)
def test_a_credential_that_is_empty_or_has_a_line_break_is_refused_and_in_no_message(method, secret):
    with pytest.raises(ValueError, match="is empty, or has a line break or control character in it") as refused:
        method("i1", secret)

    assert "s3" not in str(refused.value)


NO_CERTIFICATES = ["", "/etc/ssl/client.pem", PEM.encode(), "-----BEGIN PRIVATE KEY-----\ns3cret"]


@pytest.mark.parametrize("certificate", NO_CERTIFICATES)
def test_a_message_about_a_client_certificate_that_is_not_pem_omits_it(certificate):
    with pytest.raises(ValueError, match="the client certificate is not PEM: pass its text, with the BEGIN") as refused:
        TlsCertAuth("i1", certificate)

    assert "s3cret" not in str(refused.value)


def test_a_factory_is_called_again_for_each_login():
    jwts = iter(["first", "second", "third"])
    now = [0.0]
    executor = ScriptedExecutor(answer(TOKEN), answer(TOKEN), answer(TOKEN), answer({"key": {"id": "k1"}}))
    client = InfisicalClient(base_url=URL, executor=executor, clock=lambda: now[0])
    client.login(lambda: KubernetesAuth("i1", next(jwts))).unwrap()
    client.login(lambda: KubernetesAuth("i1", next(jwts))).unwrap()
    now[0] = 580.0  # within the leeway of its 600 seconds
    client.kms.get_key(key_id="k1").unwrap()

    logins = [json.loads(sent.body)["jwt"] for sent in executor.sent if sent.body]
    assert logins == ["first", "second", "third"]
    assert ("Authorization", "Bearer t0ken-s3cret") in executor.sent[-1].headers


def test_the_recorded_logins_with_the_right_secret_a_wrong_one_and_an_unknown_client():
    client = replaying("universal_auth_login.yaml", auth=None)
    right = client.login(UniversalAuth("4c0eb7cc-fa12-423e-85f7-f475f0e6f70c", "scrubbed-client-secret"))
    wrong = client.login(UniversalAuth("4c0eb7cc-fa12-423e-85f7-f475f0e6f70c", "wrong"))
    unknown = client.login(UniversalAuth("00000000-0000-0000-0000-000000000007", "wrong"))

    assert right == Success(
        LoginResponse(access_token="scrubbed.access.token", expires_in=2592000, access_token_max_ttl=2592000)
    )
    assert wrong.failure() == UnauthorizedError(
        "Invalid credentials",
        status_code=401,
        error_type="UnauthorizedError",
        method="POST",
        template="/api/v1/auth/universal-auth/login",
    )
    assert unknown.failure() == NotFoundError(
        "No identity with specified client ID was found",
        status_code=404,
        error_type="NotFound",
        method="POST",
        template="/api/v1/auth/universal-auth/login",
    )
    assert client.auth_mode == "identity_access_token"
