"""Answers of AWS's services: keys, expirations and errors; a message shows only documented error codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical.errors import AuthenticationError, InfisicalNetworkError
from infisical.response import Response
from infisical.sources.amazon_documents import (
    IssuedKeys,
    explain_refusal,
    parse_error_code,
    parse_expiration,
    parse_keys,
    parse_web_identity_keys,
)
from infisical.sources.amazon_signing import AwsKeys
from infisical.testing.platforms import FakeAmazon
from tests.sources.amazon_machine import NOW, Machine

KEYS = {"AccessKeyId": "ASIA1", "SecretAccessKey": "the-secret", "Token": "the-token"}
TIME = datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC)
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app"}

NO_OBJECT = "S answered with something that is no JSON object: a captive portal or another service may have answered"


def response(document: Any, status: int = 200) -> Response:
    return Response(status, body=document if isinstance(document, bytes) else json.dumps(document).encode())


def refusal(answer: Any) -> str:
    assert isinstance(answer.failure(), AuthenticationError)
    return str(answer.failure().message)


def test_keys_have_their_session_token_and_their_expiration_if_the_service_sends_them():
    whole = parse_keys("S", response({"Code": "Success", **KEYS, "Expiration": "2026-09-21T13:33:20Z"}))
    bare = parse_keys("S", response({"AccessKeyId": "ASIA1", "SecretAccessKey": "the-secret"}))

    assert whole == Success(IssuedKeys(AwsKeys("ASIA1", "the-secret", "the-token"), "S", TIME))
    assert bare == Success(IssuedKeys(AwsKeys("ASIA1", "the-secret"), "S"))
    assert "the-" not in repr((whole, bare))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"<html>", NO_OBJECT),
        ([], NO_OBJECT),
        (b"[" * 100_000, NO_OBJECT),
        (b"\xff", NO_OBJECT),
        ({}, "the AWS credentials from S have no AccessKeyId"),
        ({"AccessKeyId": "ASIA1"}, "the AWS credentials from S have no SecretAccessKey"),
        (
            {"Code": "AssumeRoleUnauthorizedAccess", "Message": "x"},
            "S has no credentials (AssumeRoleUnauthorizedAccess)",
        ),
        ({"Code": "the-secret", "Message": "x"}, "S has no credentials"),
        ({"Code": {"a": 1}}, "S has no credentials"),
        (
            {**KEYS, "SecretAccessKey": 5},
            "SecretAccessKey of the AWS credentials from S is invalid: it is no text, or has a character that is not "
            "allowed (a space or line break, for example)",
        ),
        (
            {**KEYS, "Token": "a\r\nX: 1"},
            "Token of the AWS credentials from S is invalid: it is no text, or has a character that is not allowed "
            "(a space or line break, for example)",
        ),
    ],
)
def test_a_document_without_usable_keys_is_refused(document, message):
    assert refusal(parse_keys("S", response(document))) == message


XML = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>the-secret</SecretAccessKey>
    <SessionToken>the-token</SessionToken><Expiration> 2026-09-21T13:33:20Z </Expiration>
  </Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


def wrap(credentials: Any) -> dict[str, Any]:
    return {"AssumeRoleWithWebIdentityResponse": {"AssumeRoleWithWebIdentityResult": {"Credentials": credentials}}}


@pytest.mark.parametrize(
    "document",
    [
        XML.encode(),
        wrap(
            {
                "AccessKeyId": "ASIA1",
                "SecretAccessKey": "the-secret",
                "SessionToken": "the-token",
                "Expiration": TIME.timestamp(),
            }
        ),
    ],
)
def test_sts_answers_in_xml_or_json(document):
    expected = IssuedKeys(AwsKeys("ASIA1", "the-secret", "the-token"), "S", TIME)

    assert parse_web_identity_keys("S", response(document)) == Success(expected)


@pytest.mark.parametrize("document", [b"", b"<a/>", b"<html>", {}, wrap(None), wrap([]), wrap({}), {"a": 1}])
def test_an_answer_of_sts_without_credentials_is_refused(document):
    assert refusal(parse_web_identity_keys("S", response(document))) == "the answer of S has no credentials"


def test_the_fake_sts_answers_in_xml_without_accept():
    fake = FakeAmazon(clock=lambda: NOW)
    machine = Machine({**WEB, "AWS_REGION": "eu-central-1"}, {"/token": "t"}, fake)

    def drop_accept(request: Any) -> Any:
        from dataclasses import replace

        headers = tuple(pair for pair in request.headers if pair[0] != "Accept")
        return fake(replace(request, headers=headers))

    machine.executor = drop_accept
    assert machine.log_in() == Success("token")
    fake.sts_error = "AccessDenied"
    assert machine.refusal()[1] == "AWS STS (role of AWS_ROLE_ARN) answered with status 403 AccessDenied"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Error": {"Code": "ExpiredTokenException"}}, "ExpiredTokenException"),
        ({"Code": "AccessDenied"}, "AccessDenied"),
        ({"code": "AccessDeniedException"}, "AccessDeniedException"),
        (b"<Error><Code>InvalidIdentityToken</Code></Error>", "InvalidIdentityToken"),
        ({"Error": {"Code": "a.secret"}}, ""),
        ({"Error": "x"}, ""),
        ({"Error": {"Code": ["AccessDenied"]}}, ""),
        (b"<Code>secret</Code>", ""),
        (b"", ""),
    ],
)
def test_only_documented_error_codes_are_shown(body, code):
    assert parse_error_code(response(body, 400)) == code


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "", InfisicalNetworkError),
        (408, "", InfisicalNetworkError),
        (429, "ThrottlingException", InfisicalNetworkError),
        (429, "a.secret", InfisicalNetworkError),
        (429, "AccessDenied", AuthenticationError),
        (400, "Throttling", InfisicalNetworkError),
        (400, "IDPCommunicationError", InfisicalNetworkError),
        (400, "ValidationError", AuthenticationError),
        (503, "AccessDenied", InfisicalNetworkError),
    ],
)
def test_a_documented_code_decides_over_the_status_whether_a_refusal_may_pass(status, code, kind):
    error = explain_refusal("S", response({"Code": code}, status))

    assert (type(error), error.transient) == (kind, kind is InfisicalNetworkError)


@given(st.binary(max_size=80), st.integers(100, 599))
def test_a_message_has_nothing_of_any_other_body(body, status):
    error = explain_refusal("S", response(b"the-secret" + body + b"<Code>the-secret</Code>", status))

    assert "the-secret" not in error.message
    assert isinstance(error, InfisicalNetworkError if status >= 500 or status in (408, 429) else AuthenticationError)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-09-21T13:33:20Z", TIME),
        ("2026-09-21T13:33:20", TIME),
        ("2026-09-21T15:33:20+02:00", TIME),
        (int(TIME.timestamp()), TIME),
        ("tomorrow", None),
        ("0001-01-01T00:00:00+23:59", None),
        (True, None),
        (1e300, None),
        (float("nan"), None),
        (None, None),
        ([], None),
    ],
)
def test_an_expiration_is_a_time_or_unknown(value, time):
    assert parse_expiration(value) == time


def test_the_parts_of_an_answer_that_are_missing_refuse_the_region():
    from infisical.sources.amazon_instance import InstanceMetadata

    fake = FakeAmazon(clock=lambda: NOW)
    keys = {"AWS_ACCESS_KEY_ID": fake.access_key_id, "AWS_SECRET_ACCESS_KEY": fake.secret_access_key}
    hint = "(the AWS region was looked for in region=, AWS_REGION and AWS_DEFAULT_REGION)"
    service = "the AWS instance metadata service"

    def answering(status: int, body: bytes, path: str = "/document") -> Machine:
        machine = Machine(dict(keys), fake=fake)
        machine.executor = lambda request: (
            Success(Response(status, body=body)) if request.url.endswith(path) else fake(request)
        )
        return machine

    def failing(path: str) -> Machine:
        machine = Machine(dict(keys), fake=fake)
        machine.executor = lambda request: (
            Failure(InfisicalNetworkError("reset", reason="reset")) if request.url.endswith(path) else fake(request)
        )
        return machine

    assert [
        machine.refusal()[1]
        for machine in (
            answering(404, b""),
            answering(200, b"{}"),
            answering(200, b'{"region": 5}'),
            answering(200, b"a\nb", "/token"),
            answering(200, b"", "/token"),
        )
    ] == [
        f"{service} (identity document) answered with status 404 {hint}",
        f"{service} (identity document) answered without the text 'region' {hint}",
        f"{service} (identity document) answered without the text 'region' {hint}",
        f"{service} (session token) gave a token with a space, a line break, a control or a non-ASCII character in it "
        f"{hint}",
        f"{service} (session token) gave no token {hint}",
    ]
    assert failing("/document").refusal() == ("InfisicalNetworkError", f"reset {hint}")
    instance = failing("/app")
    instance.environ = {"AWS_REGION": "eu-central-1"}
    assert instance.refusal()[0] == "InfisicalNetworkError"
    listing = answering(500, b"", "/security-credentials/")
    listing.environ = {"AWS_REGION": "eu-central-1"}
    assert listing.refusal()[1].startswith(f"{service} (list of roles) answered with status 500 (")
    assert InstanceMetadata(listing.platform).is_disabled is False
