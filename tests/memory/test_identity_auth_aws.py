"""AWS logins on the memory server: it verifies the form, the date and the principal of a signed request."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure

from infisical.login_methods import AwsAuth
from infisical.memory import declare_login
from infisical.memory.identity_auth.aws import _matches
from infisical.sources.amazon import make_aws_login
from infisical.sources.amazon_signing import AwsKeys, Scope
from tests.memory.scenes.identities import an_identity
from tests.memory.world import START, World

KEYS = AwsKeys("ASIA1", "the-secret", "the-token")
NOW = datetime.fromtimestamp(START, UTC)
ACCOUNT = "123456789012"
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/i-1"
STS_REFUSAL = (500, "Something went wrong")
ACCOUNT_REFUSAL = (401, "Access denied: AWS account ID not allowed.")


def world_with(arn: str = ROLE, secret: str | None = KEYS.secret_access_key, **settings: str) -> tuple[World, str]:
    world = World()
    identity_id = an_identity(world)
    world.machine.identity_auth.aws.attach(identity_id=identity_id, **settings).unwrap()
    principal = {
        "accessKeyId": KEYS.access_key_id,
        "arn": arn,
        **({} if secret is None else {"secretAccessKey": secret}),
    }
    world.memory.change(lambda state, now: declare_login(state, "aws-auth", identity_id, now=now, **principal))
    return world, identity_id


def signed(identity_id: str, keys: AwsKeys = KEYS, region: str = "eu-central-1", time: datetime = NOW) -> AwsAuth:
    return make_aws_login(identity_id, keys, Scope(region, "sts", time))


def log_in(world: World, login: AwsAuth) -> Any:
    """The word token, or the status and the message of the refusal."""
    answer = world.client()(login.request())
    if isinstance(answer, Failure):
        error: Any = answer.failure()
        return error.status_code, error.message
    return "token"


def changed(
    login: AwsAuth, change: Callable[[dict[str, Any]], object] = lambda headers: None, body: bytes | None = None
) -> AwsAuth:
    """A login with other headers, or another body."""
    headers = json.loads(base64.b64decode(login.iam_request_headers))
    change(headers)
    return AwsAuth(
        login.identity_id,
        login.iam_request_body if body is None else base64.b64encode(body).decode(),
        base64.b64encode(json.dumps(headers).encode()).decode(),
        login.iam_http_request_method,
    )


# ---- principals
PRINCIPALS: dict[str, tuple[str, dict[str, str], Any]] = {
    "any": (ROLE, {}, "token"),
    "account": (ROLE, {"allowed_account_ids": f"210987654321, {ACCOUNT}"}, "token"),
    "other account": (ROLE, {"allowed_account_ids": "210987654321"}, ACCOUNT_REFUSAL),
    "assumed role as its role": (ROLE, {"allowed_principal_arns": f"arn:aws:iam::{ACCOUNT}:role/deploy"}, "token"),
    "assumed role": (ROLE, {"allowed_principal_arns": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy"}, "token"),
    "wildcard": (ROLE, {"allowed_principal_arns": f"arn:aws:iam::{ACCOUNT}:role/dep*"}, "token"),
    "whole account": (ROLE, {"allowed_principal_arns": f"arn:aws:iam::{ACCOUNT}:*"}, "token"),
    "user with a path": (
        f"arn:aws:iam::{ACCOUNT}:user/team/ada",
        {"allowed_principal_arns": f"arn:aws:iam::{ACCOUNT}:user/ada"},
        "token",
    ),
    "GovCloud": (
        f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/deploy/i-1",
        {"allowed_principal_arns": f"arn:aws-us-gov:iam::{ACCOUNT}:role/deploy"},
        "token",
    ),
    "other role": (
        ROLE,
        {"allowed_principal_arns": f"arn:aws:iam::{ACCOUNT}:role/other"},
        (
            401,
            f"Access denied: AWS principal ARN not allowed. [principal-arn=arn:aws:sts::{ACCOUNT}:assumed-role/deploy]",
        ),
    ),
    "root": (
        f"arn:aws:iam::{ACCOUNT}:root",
        {},
        (401, "Access denied: AWS account root principals cannot use AWS Auth."),
    ),
}


@pytest.mark.parametrize("name", PRINCIPALS)
def test_the_settings_decide_which_principal_logs_in(name):
    arn, settings, expected = PRINCIPALS[name]
    world, identity_id = world_with(arn, **settings)

    assert log_in(world, signed(identity_id)) == expected


@pytest.mark.parametrize("fields", [{"arn": "arn:aws:s3:::bucket"}, {}, {"arn": 5}, {"arn": ROLE, "account": ACCOUNT}])
def test_a_principal_that_aws_does_not_have_cannot_be_declared(fields):
    world, identity_id = world_with()

    with pytest.raises(ValueError, match="a declared AWS principal"):
        world.memory.change(
            lambda state, now: declare_login(state, "aws-auth", identity_id, now=now, accessKeyId="A", **fields)
        )


def test_a_declared_body_logs_in_as_before_beside_a_principal():
    world, identity_id = world_with()
    world.memory.change(
        lambda state, now: declare_login(state, "aws-auth", identity_id, now=now, iamRequestBody="Ym9keQ==")
    )

    assert log_in(world, AwsAuth(identity_id, "Ym9keQ==", "e30=")) == "token"


# ---- signatures
def test_the_signature_is_verified_only_if_a_secret_is_declared():
    other = AwsKeys("ASIA1", "another-secret")
    with_secret, identity_id = world_with()
    without_secret, its_id = world_with(secret=None)

    assert log_in(with_secret, signed(identity_id, other)) == STS_REFUSAL
    assert log_in(without_secret, signed(its_id, other)) == "token"


def test_an_unknown_key_is_refused_as_by_sts():
    world, identity_id = world_with()

    assert log_in(world, signed(identity_id, AwsKeys("ASIA2", "the-secret"))) == STS_REFUSAL


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "token"), (900, "token"), (-900, "token"), (901, STS_REFUSAL), (-901, STS_REFUSAL)]
)
def test_a_signature_is_valid_for_15_minutes(seconds, expected):
    world, identity_id = world_with()

    assert log_in(world, signed(identity_id, time=NOW + timedelta(seconds=seconds))) == expected


def test_regions_of_govcloud_log_in_and_those_of_china_cannot():
    world, identity_id = world_with()

    assert log_in(world, signed(identity_id, region="us-gov-west-1")) == "token"
    assert log_in(world, signed(identity_id, region="cn-north-1")) == STS_REFUSAL


def replace_authorization(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(headers: dict[str, Any]) -> None:
        assert old in headers["Authorization"]
        headers["Authorization"] = headers["Authorization"].replace(old, new)

    return change


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "another scheme": replace_authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
    "another service": replace_authorization("/sts/", "/iam/"),
    "another day": replace_authorization("/20260921/", "/20260920/"),
    "another end": replace_authorization("/aws4_request", "/aws5_request"),
    "no signed host": replace_authorization("host;", ""),
    "no signed date": replace_authorization("x-amz-date;", ""),
    "no signed token": replace_authorization(";x-amz-security-token", ""),
    "signed headers out of order": replace_authorization("content-type;host", "host;content-type"),
    "a signed header that is missing": lambda headers: headers.pop("Content-Type"),
    "a short signature": lambda headers: headers.update(Authorization=headers["Authorization"][:-1]),
    "no date": lambda headers: headers.pop("X-Amz-Date"),
    "a malformed date": lambda headers: headers.update({"X-Amz-Date": "20260921"}),
    "another host": lambda headers: headers.update(Host="sts.amazonaws.com"),
    "another token": lambda headers: headers.update({"X-Amz-Security-Token": "other"}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_request_that_sts_would_refuse_is_a_server_error_as_on_a_real_server(name):
    world, identity_id = world_with()

    assert log_in(world, changed(signed(identity_id), FORGERIES[name])) == STS_REFUSAL


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"\xff",
        b"Action=GetCallerIdentity",
        b"Action=DeleteUser&Version=2011-06-15",
        b"Action=GetCallerIdentity&Version=2011-06-15&A=1",
        b"&".join(b"A=1" for _ in range(100)),
    ],
)
def test_only_get_caller_identity_is_a_login(body):
    world, identity_id = world_with(secret=None)

    assert log_in(world, changed(signed(identity_id), body=body)) == STS_REFUSAL


def test_another_http_method_is_refused():
    world, identity_id = world_with(secret=None)
    login = signed(identity_id)
    delete = AwsAuth(identity_id, login.iam_request_body, login.iam_request_headers, "DELETE")

    assert log_in(world, delete) == STS_REFUSAL


def encode(text: bytes) -> str:
    return base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (encode(b"{}"), (400, "Invalid AWS region")),
        (encode(b"[]"), (400, "Invalid AWS region")),
        (encode(b'{"Authorization": "AWS4-HMAC-SHA256 Credential=A/20260921"}'), (400, "Invalid AWS region")),
        (encode(b'{"Authorization": "x Credential=A/1/EU_1/sts/aws4_request"}'), (400, "Invalid AWS region")),
        (encode(b'{"Authorization": "x Credential=A/1/eu-1234567890123456789/sts"}'), (400, "Invalid AWS region")),
        (encode(b'{"Authorization": "x Credential=A/1/eu-1/sts"}'), STS_REFUSAL),
        (encode(b"no JSON"), STS_REFUSAL),
        ("%%%", STS_REFUSAL),
        ("e30AA", STS_REFUSAL),
    ],
)
def test_headers_without_a_region_are_refused(headers, expected):
    world, identity_id = world_with()

    assert log_in(world, AwsAuth(identity_id, "Ym9keQ==", headers)) == expected


def test_a_signed_content_length_may_be_omitted_from_the_headers():
    from infisical.request import HttpRequest
    from infisical.sources.amazon import BODY
    from infisical.sources.amazon_signing import sign_request

    world, identity_id = world_with()
    request = HttpRequest(
        "POST", "https://sts.eu-central-1.amazonaws.com/", (("Content-Length", str(len(BODY))),), BODY
    )
    headers = dict(sign_request(request, KEYS, Scope("eu-central-1", "sts", NOW)).headers)
    del headers["Content-Length"]

    assert log_in(world, AwsAuth(identity_id, encode(BODY), encode(json.dumps(headers).encode()))) == "token"


# ---- patterns of ARNs
PARTS = st.text("ab*", max_size=8)


@given(PARTS, st.text("ab", max_size=12))
def test_a_pattern_matches_as_its_regular_expression(pattern, arn):
    assert _matches(pattern, arn) == bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), arn))
