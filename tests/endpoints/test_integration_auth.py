"""Integration auths: every request as a value, and every answer decoded."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import many, one
from infisical.encode import prepare
from infisical.endpoints.integration_auth import IntegrationAuth, IntegrationAuthorization
from tests.wire import answer

ONE = "/api/v1/integration-auth/{integrationAuthId}"
ID = (("integrationAuthId", "a1"),)
AUTHORIZATION_DECODER = one(IntegrationAuthorization, at="integrationAuth")


def request(verb, path, parts, returns=AUTHORIZATION_DECODER, body=None):
    return Request(verb, path, parts, (), body, returns, Access("integration_auth"))


REQUESTS = [
    (
        IntegrationAuth.create(
            workspace_id="p",
            integration="github",
            access_id="i",
            access_token="t",
            aws_assume_iam_role_arn="arn",
            url="https://a.invalid",
            namespace="n",
            refresh_token="r",
        ),
        request(
            "POST",
            "/api/v1/integration-auth/access-token",
            (),
            body={
                "workspaceId": "p",
                "integration": "github",
                "accessId": "i",
                "accessToken": "t",
                "awsAssumeIamRoleArn": "arn",
                "url": "https://a.invalid",
                "namespace": "n",
                "refreshToken": "r",
            },
        ),
    ),
    (IntegrationAuth.get(integration_auth_id="a1"), request("GET", ONE, ID)),
    (IntegrationAuth.delete(integration_auth_id="a1"), request("DELETE", ONE, ID)),
    (
        IntegrationAuth.list(project_id="p"),
        request(
            "GET",
            "/api/v1/projects/{projectId}/authorizations",
            (("projectId", "p"),),
            many(IntegrationAuthorization, at="authorizations"),
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


AUTHORIZATION_BODY = {
    "id": "a1",
    "projectId": "p",
    "integration": "github",
    "teamId": "t1",
    "url": "https://a.invalid",
    "namespace": "n",
    "accountId": "ac1",
    "metadata": {"any": ["thing"]},
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
}
FULL_AUTHORIZATION = IntegrationAuthorization(
    id="a1",
    project_id="p",
    integration="github",
    team_id="t1",
    url="https://a.invalid",
    namespace="n",
    account_id="ac1",
    metadata={"any": ["thing"]},
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
)
ANSWERS = [
    (IntegrationAuth.get(integration_auth_id="a1"), {"integrationAuth": AUTHORIZATION_BODY}, FULL_AUTHORIZATION),
    (
        IntegrationAuth.list(project_id="p"),
        {"authorizations": [AUTHORIZATION_BODY, {"id": "a2", "metadata": None}]},
        (FULL_AUTHORIZATION, IntegrationAuthorization(id="a2")),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_create_sends_the_project_as_workspaceId():
    built = IntegrationAuth.create(workspace_id="p", integration="github")

    assert prepare(built, "https://i.invalid", (), 30).unwrap().body == b'{"workspaceId":"p","integration":"github"}'


def test_the_tokens_of_a_request_are_in_no_repr():
    built = IntegrationAuth.create(workspace_id="p", integration="github", access_token="hush", refresh_token="quiet")

    assert "hush" not in repr(built)
    assert "quiet" not in repr(built)
