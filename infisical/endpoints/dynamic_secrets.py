"""Dynamic secrets: credentials that are created on demand and expire (`/api/v1/dynamic-secrets`).

Models first, then the endpoint functions. The inputs and the output of a provider depend on its type: they are mappings
in the server's form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypedDict

from infisical import request as http
from infisical.access import IDENTITIES_AND_USERS, Access
from infisical.decode import many, one
from infisical.group import Group, R, endpoint
from infisical.model import Model, describe_field
from infisical.request import Null, Request

PATH = "/api/v1/dynamic-secrets/{name}"
LEASE_PATH = "/api/v1/dynamic-secrets/leases/{leaseId}"
ACCESS = Access("dynamic_secrets", documented=IDENTITIES_AND_USERS)
ProviderType: TypeAlias = (
    Literal[
        "aws-elasticache",
        "aws-iam",
        "azure-entra-id",
        "cassandra",
        "couchbase",
        "elastic-search",
        "gcp-iam",
        "github",
        "kubernetes",
        "ldap",
        "mongo-db",
        "mongo-db-atlas",
        "rabbit-mq",
        "redis",
        "sap-ase",
        "sap-hana",
        "snowflake",
        "sql-database",
        "totp",
        "vertica",
    ]
    | str
)


class Provider(TypedDict):
    """The service that creates the credentials; the contents of `inputs` depend on the type. A plain dict works too."""

    type: ProviderType
    inputs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicSecretMetadata(Model):
    """One metadata pair, in requests and responses; the value is empty by default."""

    key: str
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicSecret(Model):
    """A dynamic secret. TTLs have the form `1h`.

    `inputs` of the provider may hold secrets; not every response has them.
    """

    id: str
    name: str | None = None
    type: str | None = None
    version: int | None = None
    default_ttl: str | None = field(default=None, metadata=describe_field("defaultTTL"))
    max_ttl: str | None = field(default=None, metadata=describe_field("maxTTL"))
    folder_id: str | None = None
    status: str | None = None
    status_details: str | None = None
    project_gateway_id: str | None = None
    gateway_id: str | None = None
    gateway_v2_id: str | None = None
    username_template: str | None = None
    metadata: tuple[DynamicSecretMetadata, ...] = ()
    inputs: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicSecretLease(Model):
    """A lease, without its credentials. Only `get_lease` fills `dynamic_secret`; `config` is the provider's."""

    id: str
    version: int | None = None
    external_entity_id: str | None = None
    expire_at: str | None = None
    status: str | None = None
    status_details: str | None = None
    dynamic_secret_id: str | None = None
    dynamic_secret: DynamicSecret | None = None
    config: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    created_at: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatedLease(Model):
    """A new lease. `data` holds the credentials, returned only once; its form depends on the provider."""

    lease: DynamicSecretLease
    data: Mapping[str, Any] = field(repr=False, hash=False)
    dynamic_secret: DynamicSecret | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicSecretChange(Model):
    """A change of a dynamic secret: omitted fields keep their value, `NULL` clears one.

    `metadata` replaces all existing metadata.
    """

    new_name: str | None = None
    default_ttl: str | None = field(default=None, metadata=describe_field("defaultTTL"))
    max_ttl: str | Null | None = field(default=None, metadata=describe_field("maxTTL"))
    inputs: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    metadata: tuple[DynamicSecretMetadata, ...] | None = None
    username_template: str | Null | None = None


class DynamicSecrets(Group[R]):
    """Dynamic secrets of a folder, by default `/`, and their leases. `project_slug` is a slug, not an id.

    Dynamic secrets require a paid plan; without one expect `BadRequestError`.
    """

    @endpoint
    @staticmethod
    def create(
        *,
        project_slug: str,
        environment_slug: str,
        name: str,
        provider: Provider,
        default_ttl: str,
        path: str | None = None,
        max_ttl: str | Null | None = None,
        metadata: Sequence[DynamicSecretMetadata] | None = None,
        username_template: str | None = None,
    ) -> Request[DynamicSecret]:
        """Create a dynamic secret; the server tests the provider first.

        The contents of `inputs` of the provider depend on its type. For a PostgreSQL server pass `{"type":
        "sql-database", "inputs": {"client": "postgres", "host": …, "port": 5432, "database": …, "username": …,
        "password": …, "creationStatement": …, "revocationStatement": …}}`.
        The name is a lower-case slug of 1 to 64 characters. TTLs are durations such as `1h`, from one minute to ten
        years. `username_template` has at most 255 characters, and may contain `{{randomUsername}}`, `{{unixTimestamp}}`
        and `{{identity.name}}`.
        Expect `ValidationError`, `BadRequestError` (the name is taken, or the provider cannot be reached),
        `NotFoundError` (no such project or folder), `ForbiddenError`.
        POST /api/v1/dynamic-secrets
        """
        body = {
            "projectSlug": project_slug,
            "environmentSlug": environment_slug,
            "path": path,
            "name": name,
            "provider": provider,
            "defaultTTL": default_ttl,
            "maxTTL": max_ttl,
            "metadata": metadata,
            "usernameTemplate": username_template,
        }
        returns = one(DynamicSecret, at="dynamicSecret")
        return http.post("/api/v1/dynamic-secrets", body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def update(
        *, name: str, project_slug: str, environment_slug: str, data: DynamicSecretChange, path: str | None = None
    ) -> Request[DynamicSecret]:
        """Change a dynamic secret.

        Limits are as in `create`. The provider cannot be replaced; omitted inputs keep their value. The response has
        the inputs if the caller may read them.
        Expect `NotFoundError`, `BadRequestError` (the new name is taken, or the provider cannot be reached),
        `ValidationError`, `ForbiddenError`.
        PATCH /api/v1/dynamic-secrets/{name}
        """
        body = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path, "data": data}
        returns = one(DynamicSecret, at="dynamicSecret")
        return http.patch(PATH, {"name": name}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete(
        *,
        name: str,
        project_slug: str,
        environment_slug: str,
        path: str | None = None,
        is_forced: bool | None = None,
    ) -> Request[DynamicSecret]:
        """Delete a dynamic secret.

        If it has leases, the server responds first, then revokes them and deletes the secret; the `status` of the
        response shows this. `is_forced` deletes it at once and leaves the provider's credentials in place. The request
        is a DELETE with a JSON body.
        Expect `NotFoundError`, `ForbiddenError`.
        DELETE /api/v1/dynamic-secrets/{name}
        """
        body = {
            "projectSlug": project_slug,
            "environmentSlug": environment_slug,
            "path": path,
            "isForced": is_forced,
        }
        returns = one(DynamicSecret, at="dynamicSecret")
        return http.delete(PATH, {"name": name}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def get(*, name: str, project_slug: str, environment_slug: str, path: str | None = None) -> Request[DynamicSecret]:
        """Get a dynamic secret with the inputs of its provider.

        The name must be in lower case here.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/dynamic-secrets/{name}
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        returns = one(DynamicSecret, at="dynamicSecret")
        return http.get(PATH, {"name": name}, query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list(
        *, project_slug: str, environment_slug: str, path: str | None = None
    ) -> Request[tuple[DynamicSecret, ...]]:
        """List every dynamic secret of a folder, without inputs and without paging.

        Expect `NotFoundError` (no such project or folder), `ForbiddenError`.
        GET /api/v1/dynamic-secrets
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        returns = many(DynamicSecret, at="dynamicSecrets")
        return http.get("/api/v1/dynamic-secrets", query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def list_leases(
        *, name: str, project_slug: str, environment_slug: str, path: str | None = None
    ) -> Request[tuple[DynamicSecretLease, ...]]:
        """List every lease of a dynamic secret, without paging.

        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `ForbiddenError`.
        GET /api/v1/dynamic-secrets/{name}/leases
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        route = "/api/v1/dynamic-secrets/{name}/leases"
        returns = many(DynamicSecretLease, at="leases")
        return http.get(route, {"name": name}, query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def create_lease(
        *,
        dynamic_secret_name: str,
        project_slug: str,
        environment_slug: str,
        path: str | None = None,
        ttl: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> Request[CreatedLease]:
        """Create a lease: the provider creates credentials, which are returned only once.

        `ttl` is a duration such as `1h`. It defaults to the default TTL of the dynamic secret and must not exceed its
        max TTL. `config` is for providers with options, such as `{"namespace": "default"}` for `kubernetes`.
        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `BadRequestError` (too many leases, or the TTL is
        too long), `ForbiddenError`.
        POST /api/v1/dynamic-secrets/leases
        """
        body = {
            "dynamicSecretName": dynamic_secret_name,
            "projectSlug": project_slug,
            "environmentSlug": environment_slug,
            "path": path,
            "ttl": ttl,
            "config": config,
        }
        return http.post("/api/v1/dynamic-secrets/leases", body=body, returns=one(CreatedLease), access=ACCESS)

    @endpoint
    @staticmethod
    def get_lease(
        *, lease_id: str, project_slug: str, environment_slug: str, path: str | None = None
    ) -> Request[DynamicSecretLease]:
        """Get a lease and its dynamic secret, without the credentials.

        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `ForbiddenError`.
        GET /api/v1/dynamic-secrets/leases/{leaseId}
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        returns = one(DynamicSecretLease, at="lease")
        return http.get(LEASE_PATH, {"leaseId": lease_id}, query=query, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def renew_lease(
        *,
        lease_id: str,
        project_slug: str,
        environment_slug: str,
        path: str | None = None,
        ttl: str | None = None,
    ) -> Request[DynamicSecretLease]:
        """Extend a lease by `ttl`, counted from its expiry; its credentials stay the same.

        `ttl` defaults to the default TTL of the dynamic secret. The total life of a lease must not exceed the max TTL.
        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `BadRequestError` (beyond the max TTL),
        `ForbiddenError`.
        POST /api/v1/dynamic-secrets/leases/{leaseId}/renew
        """
        body = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path, "ttl": ttl}
        route = "/api/v1/dynamic-secrets/leases/{leaseId}/renew"
        returns = one(DynamicSecretLease, at="lease")
        return http.post(route, {"leaseId": lease_id}, body=body, returns=returns, access=ACCESS)

    @endpoint
    @staticmethod
    def delete_lease(
        *,
        lease_id: str,
        project_slug: str,
        environment_slug: str,
        path: str | None = None,
        is_forced: bool | None = None,
    ) -> Request[DynamicSecretLease]:
        """Revoke a lease and its credentials now.

        A failing provider is not an error: the response is the lease, which still exists, and its `status` shows the
        failure. `is_forced` deletes the lease even then. The request is a DELETE with a JSON body.
        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `ForbiddenError`.
        DELETE /api/v1/dynamic-secrets/leases/{leaseId}
        """
        body = {
            "projectSlug": project_slug,
            "environmentSlug": environment_slug,
            "path": path,
            "isForced": is_forced,
        }
        returns = one(DynamicSecretLease, at="lease")
        return http.delete(LEASE_PATH, {"leaseId": lease_id}, body=body, returns=returns, access=ACCESS)
