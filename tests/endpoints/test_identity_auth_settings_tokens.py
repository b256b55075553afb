"""The settings of identity auth by tokens, passwords and certificates: requests, answers, and the traps of the wire.

Cloud methods are in test_identity_auth_settings_clouds.py, logins in test_identity_auth.py.
"""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import NULL, IdentityAccessToken, InfisicalClient, Request
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.identity_auth import TrustedIp
from infisical.endpoints.identity_auth.jwt import IdentityJwtAuth, JwtLogin
from infisical.endpoints.identity_auth.kubernetes import IdentityKubernetesAuth, Kubernetes
from infisical.endpoints.identity_auth.ldap import IdentityLdapAuth, Ldap, LdapAllowedField
from infisical.endpoints.identity_auth.oidc import IdentityOidcAuth, Oidc
from infisical.endpoints.identity_auth.tls_cert import IdentityTlsCertAuth, TlsCert
from infisical.executors import ScriptedExecutor
from tests.wire import answer

IDENTITY_AUTH = Access("identity_auth")
PRIVATE_RANGE = TrustedIp(ip_address="10.0.0.0/8")
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"
DEVELOPER_FIELD = LdapAllowedField(key="ou", value="developers")
ONE_KUBERNETES = one(IdentityKubernetesAuth, at="identityKubernetesAuth")
ONE_OIDC = one(IdentityOidcAuth, at="identityOidcAuth")
ONE_JWT = one(IdentityJwtAuth, at="identityJwtAuth")
ONE_LDAP = one(IdentityLdapAuth, at="identityLdapAuth")
ONE_TLS = one(IdentityTlsCertAuth, at="identityTlsCertAuth")


def request(verb, method, returns, body=None):
    """Build the request for the settings of a method: all four verbs have the same path."""
    path = f"/api/v1/auth/{method}/identities/{{identityId}}"
    return Request(verb, path, (("identityId", "i1"),), (), body, returns, IDENTITY_AUTH)


TOKENS = {
    "access_token_ttl": 600,
    "access_token_max_ttl": 3600,
    "access_token_num_uses_limit": 5,
    "access_token_trusted_ips": [PRIVATE_RANGE],
}
TOKENS_BODY = {
    "accessTokenTTL": 600,
    "accessTokenMaxTTL": 3600,
    "accessTokenNumUsesLimit": 5,
    "accessTokenTrustedIps": (PRIVATE_RANGE,),
}
KUBERNETES = {
    **TOKENS,
    "kubernetes_host": "https://k8s.example.com",
    "ca_cert": PEM,
    "token_reviewer_jwt": "j",
    "token_review_mode": "api",
    "allowed_namespaces": "default",
    "allowed_names": "ci",
    "allowed_audience": "a",
    "gateway_id": "g",
    "verify_tls_certificate": True,
    "gateway_pool_id": "gp",
}
KUBERNETES_BODY = {
    **TOKENS_BODY,
    "kubernetesHost": "https://k8s.example.com",
    "caCert": PEM,
    "tokenReviewerJwt": "j",
    "tokenReviewMode": "api",
    "allowedNamespaces": "default",
    "allowedNames": "ci",
    "allowedAudience": "a",
    "gatewayId": "g",
    "verifyTlsCertificate": True,
    "gatewayPoolId": "gp",
}
OIDC = {
    **TOKENS,
    "oidc_discovery_url": "https://idp.example.com",
    "ca_cert": PEM,
    "bound_issuer": "https://idp.example.com",
    "bound_audiences": "a,b",
    "bound_claims": {"repository": "o/r,o/s"},
    "bound_subject": "s",
    "claim_metadata_mapping": {"repo": "repository"},
}
OIDC_BODY = {
    **TOKENS_BODY,
    "oidcDiscoveryUrl": "https://idp.example.com",
    "caCert": PEM,
    "boundIssuer": "https://idp.example.com",
    "boundAudiences": "a,b",
    "boundClaims": {"repository": "o/r,o/s"},
    "boundSubject": "s",
    "claimMetadataMapping": {"repo": "repository"},
}
JWT = {
    **TOKENS,
    "configuration_type": "static",
    "jwks_url": "https://idp.example.com/jwks",
    "jwks_ca_cert": PEM,
    "public_keys": [KEY],
    "bound_issuer": "i",
    "bound_audiences": "a,b",
    "bound_claims": {"team": "t"},
    "bound_subject": "s",
}
JWT_BODY = {
    **TOKENS_BODY,
    "configurationType": "static",
    "jwksUrl": "https://idp.example.com/jwks",
    "jwksCaCert": PEM,
    "publicKeys": (KEY,),
    "boundIssuer": "i",
    "boundAudiences": "a,b",
    "boundClaims": {"team": "t"},
    "boundSubject": "s",
}
LDAP = {
    **TOKENS,
    "template_id": "t",
    "url": "ldaps://ldap.example.com",
    "bind_dn": "cn=admin,dc=example,dc=com",
    "bind_pass": "p",
    "search_base": "dc=example,dc=com",
    "search_filter": "(uid={{username}})",
    "allowed_fields": [DEVELOPER_FIELD],
    "lockout_enabled": False,
    "lockout_threshold": 4,
    "lockout_duration_seconds": 60,
    "lockout_counter_reset_seconds": 5,
}
LDAP_BODY = {
    **TOKENS_BODY,
    "templateId": "t",
    "url": "ldaps://ldap.example.com",
    "bindDN": "cn=admin,dc=example,dc=com",
    "bindPass": "p",
    "searchBase": "dc=example,dc=com",
    "searchFilter": "(uid={{username}})",
    "allowedFields": (DEVELOPER_FIELD,),
    "lockoutEnabled": False,
    "lockoutThreshold": 4,
    "lockoutDurationSeconds": 60,
    "lockoutCounterResetSeconds": 5,
}
TLS = {**TOKENS, "ca_certificate": PEM, "allowed_common_names": "a,b"}
TLS_BODY = {**TOKENS_BODY, "caCertificate": PEM, "allowedCommonNames": "a,b"}

REQUESTS = [
    (
        Kubernetes.attach(identity_id="i1", **KUBERNETES),
        request("POST", "kubernetes-auth", ONE_KUBERNETES, KUBERNETES_BODY),
    ),
    (
        Kubernetes.update(identity_id="i1", **KUBERNETES),
        request("PATCH", "kubernetes-auth", ONE_KUBERNETES, KUBERNETES_BODY),
    ),
    (Kubernetes.get(identity_id="i1"), request("GET", "kubernetes-auth", ONE_KUBERNETES)),
    (Kubernetes.revoke(identity_id="i1"), request("DELETE", "kubernetes-auth", ONE_KUBERNETES)),
    (Oidc.attach(identity_id="i1", **OIDC), request("POST", "oidc-auth", ONE_OIDC, OIDC_BODY)),
    (Oidc.update(identity_id="i1", **OIDC), request("PATCH", "oidc-auth", ONE_OIDC, OIDC_BODY)),
    (Oidc.get(identity_id="i1"), request("GET", "oidc-auth", ONE_OIDC)),
    (Oidc.revoke(identity_id="i1"), request("DELETE", "oidc-auth", ONE_OIDC)),
    (JwtLogin.attach(identity_id="i1", **JWT), request("POST", "jwt-auth", ONE_JWT, JWT_BODY)),
    (JwtLogin.update(identity_id="i1", **JWT), request("PATCH", "jwt-auth", ONE_JWT, JWT_BODY)),
    (JwtLogin.get(identity_id="i1"), request("GET", "jwt-auth", ONE_JWT)),
    (JwtLogin.revoke(identity_id="i1"), request("DELETE", "jwt-auth", ONE_JWT)),
    (
        Ldap.attach(identity_id="i1", **LDAP, ldap_ca_certificate=PEM),
        request("POST", "ldap-auth", ONE_LDAP, {**LDAP_BODY, "ldapCaCertificate": PEM}),
    ),
    (Ldap.update(identity_id="i1", **LDAP), request("PATCH", "ldap-auth", ONE_LDAP, LDAP_BODY)),
    (Ldap.get(identity_id="i1"), request("GET", "ldap-auth", ONE_LDAP)),
    (Ldap.revoke(identity_id="i1"), request("DELETE", "ldap-auth", ONE_LDAP)),
    (TlsCert.attach(identity_id="i1", **TLS), request("POST", "tls-cert-auth", ONE_TLS, TLS_BODY)),
    (TlsCert.update(identity_id="i1", **TLS), request("PATCH", "tls-cert-auth", ONE_TLS, TLS_BODY)),
    (TlsCert.get(identity_id="i1"), request("GET", "tls-cert-auth", ONE_TLS)),
    (TlsCert.revoke(identity_id="i1"), request("DELETE", "tls-cert-auth", ONE_TLS)),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


T1, T2 = "2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z"
SHARED_BODY = {
    "id": "a1",
    "identityId": "i1",
    "accessTokenTTL": 600,
    "accessTokenMaxTTL": 3600,
    "accessTokenPeriod": 0,
    "accessTokenNumUsesLimit": 5,
    "accessTokenTrustedIps": [{"ipAddress": "10.0.0.0", "prefix": 8, "type": "ipv4"}],
    "createdAt": T1,
    "updatedAt": T2,
}
SHARED_FIELDS = {
    "id": "a1",
    "identity_id": "i1",
    "access_token_ttl": 600,
    "access_token_max_ttl": 3600,
    "access_token_period": 0,
    "access_token_num_uses_limit": 5,
    "access_token_trusted_ips": (TrustedIp(ip_address="10.0.0.0", prefix=8, type="ipv4"),),
    "created_at": T1,
    "updated_at": T2,
}


def build_response(settings):
    """Build the server's response to the settings of a request, without the shared ones."""
    return {name: value for name, value in settings.items() if name not in {**TOKENS, **TOKENS_BODY}}


ANSWERS = [
    (
        Kubernetes.get(identity_id="i1"),
        {"identityKubernetesAuth": {**SHARED_BODY, **build_response(KUBERNETES_BODY)}},
        IdentityKubernetesAuth(**SHARED_FIELDS, **build_response(KUBERNETES)),
    ),
    (
        Oidc.get(identity_id="i1"),
        {"identityOidcAuth": {**SHARED_BODY, **build_response(OIDC_BODY)}},
        IdentityOidcAuth(**SHARED_FIELDS, **build_response(OIDC)),
    ),
    (
        JwtLogin.get(identity_id="i1"),
        {"identityJwtAuth": {**SHARED_BODY, **build_response(JWT_BODY), "publicKeys": [KEY]}},
        IdentityJwtAuth(**SHARED_FIELDS, **{**build_response(JWT), "public_keys": (KEY,)}),
    ),
    (
        Ldap.get(identity_id="i1"),
        {
            "identityLdapAuth": {
                **SHARED_BODY,
                **build_response(LDAP_BODY),
                "allowedFields": [{"key": "ou", "value": "developers"}],
                "ldapCaCertificate": PEM,
            }
        },
        IdentityLdapAuth(
            **SHARED_FIELDS, **{**build_response(LDAP), "allowed_fields": (DEVELOPER_FIELD,)}, ldap_ca_certificate=PEM
        ),
    ),
    (
        TlsCert.get(identity_id="i1"),
        {"identityTlsCertAuth": {**SHARED_BODY, "caCertificate": PEM, "allowedCommonNames": "a,b"}},
        IdentityTlsCertAuth(**SHARED_FIELDS, ca_certificate=PEM, allowed_common_names="a,b"),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_settings_are_written_by_the_names_of_the_server(request_, body, expected):
    (sent,) = body.values()

    assert sent == json.loads(expected.to_json())


NULL_ANSWERS = [
    (
        Kubernetes.get(identity_id="i1"),
        {"identityKubernetesAuth": {"id": "a1", "kubernetesHost": None, "gatewayId": None, "tokenReviewerJwt": None}},
        IdentityKubernetesAuth(id="a1"),
    ),
    (
        Oidc.get(identity_id="i1"),
        {"identityOidcAuth": {"id": "a1", "claimMetadataMapping": None, "boundSubject": None}},
        IdentityOidcAuth(id="a1"),
    ),
    (JwtLogin.revoke(identity_id="i1"), {"identityJwtAuth": {"id": "a1"}}, IdentityJwtAuth(id="a1")),
    (
        Ldap.revoke(identity_id="i1"),
        {"identityLdapAuth": {"id": "a1", "templateId": None, "allowedFields": None}},
        IdentityLdapAuth(id="a1"),
    ),
    (
        TlsCert.revoke(identity_id="i1"),
        {"identityTlsCertAuth": {"id": "a1", "allowedCommonNames": None}},
        IdentityTlsCertAuth(id="a1"),
    ),
]


@pytest.mark.parametrize(
    ("request_", "body", "expected"), NULL_ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in NULL_ANSWERS]
)
def test_a_field_that_is_absent_or_null_is_none_or_an_empty_tuple(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def decode_body(built):
    """Send a request, and decode its JSON body."""
    executor = ScriptedExecutor(answer({built.returns.at: {"id": "a1"}}))
    InfisicalClient(executor=executor, auth=IdentityAccessToken("any"))(built).unwrap()
    return json.loads(executor.sent[0].body)


def test_the_host_of_kubernetes_is_null_where_a_gateway_reviews():
    built = Kubernetes.attach(
        identity_id="i1",
        kubernetes_host=NULL,
        allowed_namespaces="",
        allowed_names="",
        allowed_audience="",
        token_review_mode="gateway",
        gateway_id="g",
    )

    assert decode_body(built) == {
        "kubernetesHost": None,
        "allowedNamespaces": "",
        "allowedNames": "",
        "allowedAudience": "",
        "tokenReviewMode": "gateway",
        "gatewayId": "g",
    }


def test_an_update_sends_NULL_as_null_and_does_not_send_omitted_parameters():
    cleared = Kubernetes.update(identity_id="i1", kubernetes_host=NULL, token_reviewer_jwt=NULL, gateway_id=NULL)

    assert decode_body(cleared) == {"kubernetesHost": None, "tokenReviewerJwt": None, "gatewayId": None}
    assert decode_body(TlsCert.update(identity_id="i1", allowed_common_names=NULL)) == {"allowedCommonNames": None}
    assert decode_body(Oidc.update(identity_id="i1")) == {}


def test_empty_texts_claims_and_limits_are_values_and_are_sent():
    built = Oidc.update(identity_id="i1", ca_cert="", bound_claims={}, access_token_ttl=0)

    assert decode_body(built) == {"caCert": "", "boundClaims": {}, "accessTokenTTL": 0}


def test_an_update_of_jwt_auth_requires_the_configuration_type():
    with pytest.raises(TypeError, match="configuration_type"):
        JwtLogin.update(identity_id="i1", jwks_url="https://idp.example.com/jwks")


def test_public_keys_are_a_list_of_texts_on_the_wire():
    built = JwtLogin.update(identity_id="i1", configuration_type="static", public_keys=(KEY, KEY))

    assert decode_body(built) == {"configurationType": "static", "publicKeys": [KEY, KEY]}


def test_the_docstring_of_an_update_names_the_parameters_that_it_clears_if_omitted():
    assert "Pass `ca_cert`, `bound_audiences` and `bound_subject` in every call" in Oidc.update.__doc__
    assert "`jwks_ca_cert`, `bound_issuer`, `bound_audiences`, `bound_subject`" in JwtLogin.update.__doc__


def test_ldap_writes_its_bind_credentials_and_allowed_fields_by_the_names_of_the_server():
    built = Ldap.update(identity_id="i1", bind_dn="cn=admin", bind_pass="p", allowed_fields=[DEVELOPER_FIELD])

    assert decode_body(built) == {
        "bindDN": "cn=admin",
        "bindPass": "p",
        "allowedFields": [{"key": "ou", "value": "developers"}],
    }


def test_only_attach_accepts_the_certificate_of_an_ldap_server():
    with pytest.raises(TypeError, match="ldap_ca_certificate"):
        Ldap.update(identity_id="i1", ldap_ca_certificate=PEM)


def test_passwords_and_the_token_of_the_reviewer_are_in_no_repr():
    text = repr(
        (
            IdentityLdapAuth(id="a1", bind_pass="s3cret"),
            IdentityKubernetesAuth(id="a1", token_reviewer_jwt="s3cret"),
            Ldap.update(identity_id="i1", bind_pass="s3cret"),
            Kubernetes.update(identity_id="i1", token_reviewer_jwt="s3cret"),
        )
    )

    assert "s3cret" not in text
