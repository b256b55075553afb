"""App connections: access of Infisical to other services (`/api/v1/app-connections`).

Models first, then the endpoint functions. The contents of `credentials` depend on the app and the method: they are
mappings in the server's form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from infisical import request as http
from infisical.access import Access
from infisical.decode import many, one
from infisical.group import Group, R, endpoint
from infisical.model import Model
from infisical.request import Null, Request

PATH = "/api/v1/app-connections/{app}/{connectionId}"
ACCESS = Access("app_connections")
App: TypeAlias = (
    Literal[
        "1password",
        "auth0",
        "aws",
        "azure-adcs",
        "azure-app-configuration",
        "azure-client-secrets",
        "azure-devops",
        "azure-key-vault",
        "bitbucket",
        "camunda",
        "checkly",
        "chef",
        "circleci",
        "cloudflare",
        "coolify",
        "databricks",
        "digital-ocean",
        "dns-made-easy",
        "flyio",
        "gcp",
        "github",
        "github-radar",
        "gitlab",
        "hashicorp-vault",
        "heroku",
        "humanitec",
        "laravel-forge",
        "ldap",
        "mongodb",
        "mssql",
        "mysql",
        "netlify",
        "northflank",
        "oci",
        "octopus-deploy",
        "okta",
        "open-router",
        "oracledb",
        "postgres",
        "railway",
        "redis",
        "render",
        "smb",
        "ssh",
        "supabase",
        "teamcity",
        "terraform-cloud",
        "vercel",
        "windmill",
        "zabbix",
    ]
    | str
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionProject(Model):
    """The project of a connection."""

    id: str
    name: str | None = None
    type: str | None = None
    slug: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AppConnection(Model):
    """A connection. `credentials` has only the parts that are not secret; its form depends on the app and the method.

    `rotation` and `configuration` have the form that the server uses.
    """

    id: str
    name: str | None = None
    description: str | None = None
    app: str | None = None
    method: str | None = None
    credentials: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    credentials_hash: str | None = None
    org_id: str | None = None
    project_id: str | None = None
    project: ConnectionProject | None = None
    version: int | None = None
    is_platform_managed_credentials: bool | None = None
    is_auto_rotation_enabled: bool | None = None
    rotation: Any = field(default=None, hash=False)
    configuration: Any = field(default=None, repr=False, hash=False)
    gateway_id: str | None = None
    gateway_pool_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AvailableConnection(Model):
    """A connection that the caller may use."""

    id: str
    app: str | None = None
    name: str | None = None
    project_id: str | None = None
    org_id: str | None = None


class AppConnections(Group[R]):
    """Connections of an organization, or of one of its projects, to an app: `aws`, `github`, …"""

    @endpoint
    @staticmethod
    def create(
        *,
        app: App,
        name: str,
        method: str,
        credentials: Mapping[str, Any],
        description: str | Null | None = None,
        project_id: str | None = None,
        is_platform_managed_credentials: bool | None = None,
        gateway_id: str | Null | None = None,
        gateway_pool_id: str | Null | None = None,
        is_auto_rotation_enabled: bool | None = None,
        rotation: Mapping[str, Any] | Null | None = None,
        configuration: Mapping[str, Any] | Null | None = None,
    ) -> Request[AppConnection]:
        """Connect to an app; the server tests the credentials first.

        The contents of `credentials` depend on the app and the method. For `aws` with `access-key` they are
        `{"accessKeyId": "AKIA…", "secretAccessKey": "…"}`, with `assume-role` `{"roleArn": "arn:aws:iam::…"}`.
        The name is a slug; the description has at most 256 characters. Without `project_id` the connection belongs to
        the organization. Not every app accepts the parameters after it. `gateway_pool_id`, `is_auto_rotation_enabled`,
        `rotation` and `configuration` (these two in the server's form) were added in 2026; older servers ignore them.
        Expect `ValidationError`, `BadRequestError` (the name is taken, the credentials do not work, or the plan lacks
        the app), `NotFoundError` (`route_missing`: no such app), `ForbiddenError`.
        POST /api/v1/app-connections/{app}
        """
        body = {
            "name": name,
            "method": method,
            "credentials": credentials,
            "description": description,
            "projectId": project_id,
            "isPlatformManagedCredentials": is_platform_managed_credentials,
            "gatewayId": gateway_id,
            "gatewayPoolId": gateway_pool_id,
            "isAutoRotationEnabled": is_auto_rotation_enabled,
            "rotation": rotation,
            "configuration": configuration,
        }
        returns = one(AppConnection, at="appConnection")
        return http.post("/api/v1/app-connections/{app}", {"app": app}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *,
        app: App,
        connection_id: str,
        name: str | None = None,
        credentials: Mapping[str, Any] | None = None,
        description: str | Null | None = None,
        is_platform_managed_credentials: bool | None = None,
        gateway_id: str | Null | None = None,
        gateway_pool_id: str | Null | None = None,
        is_auto_rotation_enabled: bool | None = None,
        rotation: Mapping[str, Any] | Null | None = None,
        configuration: Mapping[str, Any] | Null | None = None,
    ) -> Request[AppConnection]:
        """Change a connection; omitted parameters keep their value.

        Limits are as in `create`. `credentials` replaces all credentials and must fit the method of the connection.
        `NULL` clears the description, the gateway, the pool, the rotation or the configuration.
        Expect `NotFoundError`, `BadRequestError` (the name is taken, the credentials do not work, or the platform
        manages them), `ValidationError`, `ForbiddenError`.
        PATCH /api/v1/app-connections/{app}/{connectionId}
        """
        body = {
            "name": name,
            "credentials": credentials,
            "description": description,
            "isPlatformManagedCredentials": is_platform_managed_credentials,
            "gatewayId": gateway_id,
            "gatewayPoolId": gateway_pool_id,
            "isAutoRotationEnabled": is_auto_rotation_enabled,
            "rotation": rotation,
            "configuration": configuration,
        }
        parts = {"app": app, "connectionId": connection_id}
        return http.patch(PATH, parts, body=body, returns=one(AppConnection, at="appConnection"), access=ACCESS)

    @endpoint
    @staticmethod
    def delete(*, app: App, connection_id: str) -> Request[AppConnection]:
        """Delete an unused connection.

        Expect `NotFoundError`, `BadRequestError` (in use, or a connection of another app), `ForbiddenError`.
        DELETE /api/v1/app-connections/{app}/{connectionId}
        """
        parts = {"app": app, "connectionId": connection_id}
        return http.delete(PATH, parts, returns=one(AppConnection, at="appConnection"), access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, app: App, connection_id: str) -> Request[AppConnection]:
        """Get a connection by its id.

        Expect `NotFoundError`, `BadRequestError` (a connection of another app), `ForbiddenError`.
        GET /api/v1/app-connections/{app}/{connectionId}
        """
        parts = {"app": app, "connectionId": connection_id}
        return http.get(PATH, parts, returns=one(AppConnection, at="appConnection"), access=ACCESS)

    @endpoint
    @staticmethod
    def list(*, app: App, project_id: str | None = None) -> Request[tuple[AppConnection, ...]]:
        """List every connection to an app, without paging.

        Expect `NotFoundError` (`route_missing`: no such app), `ForbiddenError`.
        GET /api/v1/app-connections/{app}
        """
        query = {"projectId": project_id}
        returns = many(AppConnection, at="appConnections")
        return http.get("/api/v1/app-connections/{app}", {"app": app}, query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get_by_name(*, app: App, connection_name: str, project_id: str | None = None) -> Request[AppConnection]:
        """Get a connection by its name.

        Expect `NotFoundError`, `BadRequestError` (a connection of another app), `ForbiddenError`.
        GET /api/v1/app-connections/{app}/connection-name/{connectionName}
        """
        path = "/api/v1/app-connections/{app}/connection-name/{connectionName}"
        parts, query = {"app": app, "connectionName": connection_name}, {"projectId": project_id}
        return http.get(path, parts, query=query, returns=one(AppConnection, at="appConnection"), access=ACCESS)

    @endpoint
    @staticmethod
    def check_availability(*, app: App, project_id: str | None = None) -> Request[tuple[AvailableConnection, ...]]:
        """List the connections to an app that the caller may use; the list may be empty.

        Expect `NotFoundError` (`route_missing`: no such app), `ForbiddenError`.
        GET /api/v1/app-connections/{app}/available
        """
        path, query = "/api/v1/app-connections/{app}/available", {"projectId": project_id}
        returns = many(AvailableConnection, at="appConnections")
        return http.get(path, {"app": app}, query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list_all(*, project_id: str | None = None) -> Request[tuple[AppConnection, ...]]:
        """List every connection to every app, without paging.

        Expect `ForbiddenError`.
        GET /api/v1/app-connections
        """
        query = {"projectId": project_id}
        returns = many(AppConnection, at="appConnections")
        return http.get("/api/v1/app-connections", query=query, returns=returns, access=ACCESS)
