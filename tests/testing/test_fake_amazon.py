"""FakeAmazon: it answers as AWS's services do, errors included."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from returns.result import Success

from infisical.request import HttpRequest
from infisical.sources.amazon import BODY
from infisical.sources.amazon_signing import AwsKeys, Scope, sign_request
from infisical.testing import platforms
from infisical.testing.platforms import FakeAmazon
from infisical.testing.platforms.amazon import read_clock

NOW = datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC)
TTL = ("X-aws-ec2-metadata-token-ttl-seconds", "60")
ROLES = "/latest/meta-data/iam/security-credentials/"


def make() -> FakeAmazon:
    return FakeAmazon(clock=lambda: NOW)


def status(fake: FakeAmazon, method: str, path: str, *headers: tuple[str, str], body: bytes | None = None) -> int:
    return fake(HttpRequest(method, f"http://aws{path}", headers, body)).unwrap().status


@pytest.mark.parametrize(
    ("method", "path", "headers", "expected"),
    [
        ("PUT", "/latest/api/token", (TTL,), 200),
        ("PUT", "/latest/api/token", (), 400),
        ("PUT", "/latest/api/token", ((TTL[0], "0"),), 400),
        ("PUT", "/latest/api/token", ((TTL[0], "21601"),), 400),
        ("PUT", "/latest/api/token", (TTL, ("X-Forwarded-For", "10.0.0.1")), 403),
        ("GET", "/latest/api/token", (TTL,), 405),
        ("GET", ROLES, (), 401),
        ("GET", ROLES, (("X-aws-ec2-metadata-token", "other"),), 401),
        ("POST", ROLES, (("X-aws-ec2-metadata-token", "fake-metadata-token-AQAEAFake=="),), 405),
        ("GET", f"{ROLES}other", (("X-aws-ec2-metadata-token", "fake-metadata-token-AQAEAFake=="),), 404),
        ("GET", "/creds", (), 200),
        ("GET", "/v2/credentials/1", (), 200),
        ("GET", "", (), 404),
        ("GET", "/other", (), 404),
        ("POST", "/", (), 400),
    ],
)
def test_every_service_answers_with_the_status_of_aws(method, path, headers, expected):
    assert status(make(), method, path, *headers) == expected


FORM = "RoleArn=arn:aws:iam::123456789012:role/app&RoleSessionName=me&WebIdentityToken=t"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("Action=Other", "InvalidAction"),
        (f"Action=AssumeRoleWithWebIdentity&{FORM}".replace("=me", "=m"), "ValidationError"),
        (f"Action=AssumeRoleWithWebIdentity&{FORM}".replace("123", "321"), "AccessDenied"),
        (f"Action=AssumeRoleWithWebIdentity&{FORM}".replace("=t", "=u"), "InvalidIdentityToken"),
        ("Action=GetCallerIdentity&Version=2011-06-15", "SignatureDoesNotMatch"),
    ],
)
def test_sts_answers_with_its_error_codes(form, code):
    fake = FakeAmazon(clock=lambda: NOW, web_identity_token="t")
    request = HttpRequest("POST", "https://sts/", (("Accept", "application/json"),), form.encode())

    assert json.loads(fake(request).unwrap().body)["Error"]["Code"] == code


def test_sts_names_the_caller_of_a_signed_request():
    fake = make()
    keys = AwsKeys(fake.access_key_id, fake.secret_access_key, fake.session_token)
    host = ("Host", "sts.eu-central-1.amazonaws.com")
    request = HttpRequest(
        "POST", "https://sts.eu-central-1.amazonaws.com/", (host, ("Accept", "application/json")), BODY
    )
    answer = fake(sign_request(request, keys, Scope("eu-central-1", "sts", NOW))).unwrap()

    result = json.loads(answer.body)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert (result["Account"], result["Arn"]) == (fake.account_id, fake.arn)


def test_its_repr_has_none_of_its_secrets():
    fake = FakeAmazon(authorization="the-authorization", web_identity_token="the-web-token")

    assert [secret for secret in fake.secrets if secret in repr(fake)] == []
    assert set(fake.secrets) >= {"the-authorization", "the-web-token"}


def test_its_clock_is_that_of_the_machine_by_default():
    assert FakeAmazon().clock is read_clock
    assert read_clock().tzinfo is UTC


def test_the_index_has_each_fake():
    index: Any = platforms

    assert "FakeAmazon" in dir(platforms)
    assert isinstance(index.FakeAmazon()(HttpRequest("GET", "http://x/")), Success)
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        _ = index.other
