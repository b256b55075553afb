"""The settings of identity auth, of clouds: every request as a value, every answer decoded, and the traps of the wire.

Token and password methods are in test_identity_auth_settings_tokens.py, logins in test_identity_auth.py.
"""

from __future__ import annotations

import json

import pytest
from returns.result import Success

from infisical import NULL, DecodeError, IdentityAccessToken, InfisicalClient, Request
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.identity_auth import TrustedIp
from infisical.endpoints.identity_auth.alicloud import AliCloud, IdentityAliCloudAuth
from infisical.endpoints.identity_auth.aws import Aws, IdentityAwsAuth
from infisical.endpoints.identity_auth.azure import Azure, IdentityAzureAuth
from infisical.endpoints.identity_auth.gcp import Gcp, IdentityGcpAuth
from infisical.endpoints.identity_auth.oci import IdentityOciAuth, Oci
from infisical.executors import ScriptedExecutor
from tests.wire import answer

IDENTITY_AUTH = Access("identity_auth")
PRIVATE_RANGE = TrustedIp(ip_address="10.0.0.0/8")
TENANCY_ID = "ocid1.tenancy.oc1..aaaa"
ARN = "acs:ram::0123456789012345:user/ci"
ONE_AWS = one(IdentityAwsAuth, at="identityAwsAuth")
ONE_GCP = one(IdentityGcpAuth, at="identityGcpAuth")
ONE_AZURE = one(IdentityAzureAuth, at="identityAzureAuth")
ONE_OCI = one(IdentityOciAuth, at="identityOciAuth")
ONE_ALICLOUD = one(IdentityAliCloudAuth, at="identityAliCloudAuth")


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
AWS = {
    **TOKENS,
    "sts_endpoint": "https://sts.eu-central-1.amazonaws.com/",
    "allowed_principal_arns": "arn:aws:iam::123456789012:user/a,arn:aws:iam::123456789012:user/b",
    "allowed_account_ids": "123456789012",
}
AWS_BODY = {
    **TOKENS_BODY,
    "stsEndpoint": "https://sts.eu-central-1.amazonaws.com/",
    "allowedPrincipalArns": "arn:aws:iam::123456789012:user/a,arn:aws:iam::123456789012:user/b",
    "allowedAccountIds": "123456789012",
}
GCP = {
    **TOKENS,
    "type": "gce",
    "allowed_service_accounts": "a@p.iam.gserviceaccount.com,b@p.iam.gserviceaccount.com",
    "allowed_projects": "p",
    "allowed_zones": "europe-west3-a",
}
GCP_BODY = {
    **TOKENS_BODY,
    "type": "gce",
    "allowedServiceAccounts": "a@p.iam.gserviceaccount.com,b@p.iam.gserviceaccount.com",
    "allowedProjects": "p",
    "allowedZones": "europe-west3-a",
}
AZURE = {**TOKENS, "tenant_id": "t", "resource": "r", "allowed_service_principal_ids": "s1,s2"}
AZURE_BODY = {**TOKENS_BODY, "tenantId": "t", "resource": "r", "allowedServicePrincipalIds": "s1,s2"}
OCI = {**TOKENS, "tenancy_ocid": TENANCY_ID, "allowed_usernames": "a,b"}
OCI_BODY = {**TOKENS_BODY, "tenancyOcid": TENANCY_ID, "allowedUsernames": "a,b"}
ALICLOUD = {**TOKENS, "allowed_arns": ARN}
ALICLOUD_BODY = {**TOKENS_BODY, "allowedArns": ARN}

REQUESTS = [
    (Aws.attach(identity_id="i1", **AWS), request("POST", "aws-auth", ONE_AWS, AWS_BODY)),
    (Aws.update(identity_id="i1", **AWS), request("PATCH", "aws-auth", ONE_AWS, AWS_BODY)),
    (Aws.get(identity_id="i1"), request("GET", "aws-auth", ONE_AWS)),
    (Aws.revoke(identity_id="i1"), request("DELETE", "aws-auth", ONE_AWS)),
    (Gcp.attach(identity_id="i1", **GCP), request("POST", "gcp-auth", ONE_GCP, GCP_BODY)),
    (Gcp.update(identity_id="i1", **GCP), request("PATCH", "gcp-auth", ONE_GCP, GCP_BODY)),
    (Gcp.get(identity_id="i1"), request("GET", "gcp-auth", ONE_GCP)),
    (Gcp.revoke(identity_id="i1"), request("DELETE", "gcp-auth", ONE_GCP)),
    (Azure.attach(identity_id="i1", **AZURE), request("POST", "azure-auth", ONE_AZURE, AZURE_BODY)),
    (Azure.update(identity_id="i1", **AZURE), request("PATCH", "azure-auth", ONE_AZURE, AZURE_BODY)),
    (Azure.get(identity_id="i1"), request("GET", "azure-auth", ONE_AZURE)),
    (Azure.revoke(identity_id="i1"), request("DELETE", "azure-auth", ONE_AZURE)),
    (Oci.attach(identity_id="i1", **OCI), request("POST", "oci-auth", ONE_OCI, OCI_BODY)),
    (Oci.update(identity_id="i1", **OCI), request("PATCH", "oci-auth", ONE_OCI, OCI_BODY)),
    (Oci.get(identity_id="i1"), request("GET", "oci-auth", ONE_OCI)),
    (Oci.revoke(identity_id="i1"), request("DELETE", "oci-auth", ONE_OCI)),
    (AliCloud.attach(identity_id="i1", **ALICLOUD), request("POST", "alicloud-auth", ONE_ALICLOUD, ALICLOUD_BODY)),
    (AliCloud.update(identity_id="i1", **ALICLOUD), request("PATCH", "alicloud-auth", ONE_ALICLOUD, ALICLOUD_BODY)),
    (AliCloud.get(identity_id="i1"), request("GET", "alicloud-auth", ONE_ALICLOUD)),
    (AliCloud.revoke(identity_id="i1"), request("DELETE", "alicloud-auth", ONE_ALICLOUD)),
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
ANSWERS = [
    (
        Aws.get(identity_id="i1"),
        {
            "identityAwsAuth": {
                **SHARED_BODY,
                "type": "iam",
                "stsEndpoint": "https://sts.amazonaws.com/",
                "allowedPrincipalArns": "",
                "allowedAccountIds": "123456789012",
            }
        },
        IdentityAwsAuth(
            **SHARED_FIELDS,
            type="iam",
            sts_endpoint="https://sts.amazonaws.com/",
            allowed_principal_arns="",
            allowed_account_ids="123456789012",
        ),
    ),
    (
        Gcp.get(identity_id="i1"),
        {
            "identityGcpAuth": {
                **SHARED_BODY,
                "type": "gce",
                "allowedServiceAccounts": "a@p.iam.gserviceaccount.com",
                "allowedProjects": "p",
                "allowedZones": "",
            }
        },
        IdentityGcpAuth(
            **SHARED_FIELDS,
            type="gce",
            allowed_service_accounts="a@p.iam.gserviceaccount.com",
            allowed_projects="p",
            allowed_zones="",
        ),
    ),
    (
        Azure.get(identity_id="i1"),
        {
            "identityAzureAuth": {
                **SHARED_BODY,
                "tenantId": "t",
                "resource": "r",
                "allowedServicePrincipalIds": "s1,s2",
            }
        },
        IdentityAzureAuth(**SHARED_FIELDS, tenant_id="t", resource="r", allowed_service_principal_ids="s1,s2"),
    ),
    (
        Oci.get(identity_id="i1"),
        {"identityOciAuth": {**SHARED_BODY, "type": "iam", "tenancyOcid": TENANCY_ID, "allowedUsernames": "a,b"}},
        IdentityOciAuth(**SHARED_FIELDS, type="iam", tenancy_ocid=TENANCY_ID, allowed_usernames="a,b"),
    ),
    (
        AliCloud.get(identity_id="i1"),
        {"identityAliCloudAuth": {**SHARED_BODY, "type": "iam", "allowedArns": ARN}},
        IdentityAliCloudAuth(**SHARED_FIELDS, type="iam", allowed_arns=ARN),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_settings_are_written_by_the_names_of_the_server(request_, body, expected):
    (sent,) = body.values()

    assert sent == expected.to_dict()


def decode_body(built, response):
    """Send a request, and decode its JSON body."""
    executor = ScriptedExecutor(answer(response))
    InfisicalClient(executor=executor, auth=IdentityAccessToken("any"))(built).unwrap()
    return json.loads(executor.sent[0].body)


def test_a_trusted_address_is_sent_unchanged_without_other_fields():
    built = Azure.update(identity_id="i1", access_token_trusted_ips=[PRIVATE_RANGE])

    assert decode_body(built, {"identityAzureAuth": {"id": "a1"}}) == {
        "accessTokenTrustedIps": [{"ipAddress": "10.0.0.0/8"}]
    }


def test_omitted_lists_of_aws_are_not_sent_and_empty_ones_are_sent_empty():
    response = {"identityAwsAuth": {"id": "a1"}}
    unnamed = Aws.update(identity_id="i1", access_token_ttl=0)
    emptied = Aws.update(identity_id="i1", allowed_principal_arns="", allowed_account_ids="")

    assert decode_body(unnamed, response) == {"accessTokenTTL": 0}
    assert decode_body(emptied, response) == {"allowedPrincipalArns": "", "allowedAccountIds": ""}


def test_the_docstring_of_an_update_names_the_parameters_that_it_clears_if_omitted():
    docs = {method: " ".join((method.update.__doc__ or "").split()) for method in (Aws, Azure, Gcp, Oci)}

    assert "Pass `allowed_principal_arns` and `allowed_account_ids` in every call: if you omit one" in docs[Aws]
    assert "Pass `allowed_service_principal_ids` in every call: if you omit it" in docs[Azure]
    assert "Pass `allowed_service_accounts`, `allowed_projects` and `allowed_zones` in every call" in docs[Gcp]
    assert "Pass `allowed_usernames` in every call: if you omit it" in docs[Oci]


@pytest.mark.parametrize(
    ("update", "needed"), [(Oci.update, "tenancy_ocid"), (AliCloud.update, "allowed_arns")], ids=["oci", "alicloud"]
)
def test_parameters_that_the_server_requires_in_every_update_cannot_be_omitted(update, needed):
    with pytest.raises(TypeError, match=needed):
        update(identity_id="i1", access_token_ttl=600)


def test_the_type_of_gcp_is_required_by_attach_only():
    with pytest.raises(TypeError, match="type"):
        Gcp.attach(identity_id="i1")

    assert Gcp.update(identity_id="i1").body == {}


def test_the_user_names_of_oci_can_be_null_and_come_back_as_none():
    built = Oci.attach(identity_id="i1", tenancy_ocid=TENANCY_ID, allowed_usernames=NULL)
    response = {"identityOciAuth": {"id": "a1", "allowedUsernames": None}}

    assert decode_body(built, response) == {"tenancyOcid": TENANCY_ID, "allowedUsernames": None}
    assert built.returns(answer(response)) == Success(IdentityOciAuth(id="a1"))


def test_the_answer_of_alibaba_cloud_has_a_capital_in_its_middle():
    error = AliCloud.get(identity_id="i1").returns(answer({"identityAlicloudAuth": {"id": "a1"}})).failure()

    assert isinstance(error, DecodeError)
    assert error.path == "identityAliCloudAuth"
