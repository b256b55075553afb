"""Integration auths: the server's tokens for other services (`/api/v1/integration-auth`).

Models first, then the endpoint functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Request

ACCESS = Access("integration_auth")
PATH = "/api/v1/integration-auth/{integrationAuthId}"


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrationAuthorization(Model):
    """The access of a project to another service, without its tokens. `metadata` has no fixed form."""

    id: str
    project_id: str | None = None
    integration: str | None = None
    team_id: str | None = None
    account_id: str | None = None
    url: str | None = None
    namespace: str | None = None
    metadata: Any = field(default=None, repr=False, hash=False)
    created_at: str | None = None
    updated_at: str | None = None


class IntegrationAuth(Group[R]):
    """Access to other services, for the integrations of a project."""

    @endpoint
    @staticmethod
    def create(
        *,
        workspace_id: str,
        integration: str,
        access_id: str | None = None,
        access_token: str | None = None,
        aws_assume_iam_role_arn: str | None = None,
        url: str | None = None,
        namespace: str | None = None,
        refresh_token: str | None = None,
    ) -> Request[IntegrationAuthorization]:
        """Store an access token of another service on the server; `workspace_id` is the project's id.

        `integration` is the name of the service. Newer servers refuse new integration auths: app connections replace
        them.
        Expect `ValidationError`, `ForbiddenError`.
        POST /api/v1/integration-auth/access-token
        """
        body = {
            "workspaceId": workspace_id,
            "integration": integration,
            "accessId": access_id,
            "accessToken": access_token,
            "awsAssumeIamRoleArn": aws_assume_iam_role_arn,
            "url": url,
            "namespace": namespace,
            "refreshToken": refresh_token,
        }
        returns = one(IntegrationAuthorization, at="integrationAuth")
        return http.post("/api/v1/integration-auth/access-token", body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, integration_auth_id: str) -> Request[IntegrationAuthorization]:
        """Get an integration auth by its id.

        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/integration-auth/{integrationAuthId}
        """
        parts = {"integrationAuthId": integration_auth_id}
        returns = one(IntegrationAuthorization, at="integrationAuth")
        return http.get(PATH, parts, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, integration_auth_id: str) -> Request[IntegrationAuthorization]:
        """Delete an integration auth.

        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/integration-auth/{integrationAuthId}
        """
        parts = {"integrationAuthId": integration_auth_id}
        returns = one(IntegrationAuthorization, at="integrationAuth")
        return http.delete(PATH, parts, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list(*, project_id: str) -> Request[tuple[IntegrationAuthorization, ...]]:
        """List every integration auth of a project, without paging.

        Expect `NotFoundError` (`route_missing` on servers of 2024), `ForbiddenError`.
        GET /api/v1/projects/{projectId}/authorizations
        """
        path = "/api/v1/projects/{projectId}/authorizations"
        returns = many(IntegrationAuthorization, at="authorizations")
        return http.get(path, {"projectId": project_id}, returns=returns, access=ACCESS)
