"""Dynamic secrets: credentials that are made when asked for, and taken back in time (`/api/v1/dynamic-secrets`).

Models first, then the endpoint functions. What a provider takes and what it makes depends on its type: they are
mappings, as the server has them.
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
LEASE = "/api/v1/dynamic-secrets/leases/{leaseId}"
DYNAMIC_SECRETS = Access("dynamic_secrets", documented=IDENTITIES_AND_USERS)
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
    """Who makes the credentials; what `inputs` holds depends on the type. A plain dict will do."""

    type: ProviderType
    inputs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicSecretMetadata(Model):
    """One piece of metadata, read or to be written; by default with an empty value."""

    key: str
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicSecret(Model):
    """A dynamic secret; TTLs such as `1h`. `inputs` are its provider's, secrets among them: not in every answer."""

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
    """A lease, without its credentials. `dynamic_secret` comes with `get_lease`; `config` is the provider's."""

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
    """A new lease. `data` holds the credentials, shown this once; its form depends on the provider."""

    lease: DynamicSecretLease
    data: Mapping[str, Any] = field(repr=False, hash=False)
    dynamic_secret: DynamicSecret | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DynamicSecretChange(Model):
    """What to change: what is left out stays as it is, `NULL` clears, metadata replaces all that there is."""

    new_name: str | None = None
    default_ttl: str | None = field(default=None, metadata=describe_field("defaultTTL"))
    max_ttl: str | Null | None = field(default=None, metadata=describe_field("maxTTL"))
    inputs: Mapping[str, Any] | None = field(default=None, repr=False, hash=False)
    metadata: tuple[DynamicSecretMetadata, ...] | None = None
    username_template: str | Null | None = None


class DynamicSecrets(Group[R]):
    """Dynamic secrets of a folder, by default `/`, and their leases. Projects are named by their slug, not their id.

    They are part of paid plans: others get `BadRequestError`.
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
        """Create a dynamic secret; the server tries the provider first.

        What `inputs` of the provider holds depends on its type; for a PostgreSQL server: `{"type": "sql-database",
        "inputs": {"client": "postgres", "host": …, "port": 5432, "database": …, "username": …, "password": …,
        "creationStatement": …, "revocationStatement": …}}`.
        The name is a slug of 1 to 64 characters, in lower case. TTLs are durations such as `1h`, from a minute to ten
        years. `username_template` has at most 255 characters, and may hold `{{randomUsername}}`, `{{unixTimestamp}}`
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
        return http.post("/api/v1/dynamic-secrets", body=body, returns=returns, access=DYNAMIC_SECRETS)

    @endpoint
    @staticmethod
    def update(
        *, name: str, project_slug: str, environment_slug: str, data: DynamicSecretChange, path: str | None = None
    ) -> Request[DynamicSecret]:
        """Change a dynamic secret.

        Limits as in `create`. The provider stays; of its inputs only those that are given change. The answer has them
        where the caller may read them.
        Expect `NotFoundError`, `BadRequestError` (the new name is taken, or the provider cannot be reached),
        `ValidationError`, `ForbiddenError`.
        PATCH /api/v1/dynamic-secrets/{name}
        """
        body = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path, "data": data}
        returns = one(DynamicSecret, at="dynamicSecret")
        return http.patch(PATH, {"name": name}, body=body, returns=returns, access=DYNAMIC_SECRETS)

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
        """Delete a dynamic secret; sent as a DELETE with a body.

        One with leases is deleted after the answer, which has the `status` of that, when they are revoked. With
        `is_forced` it goes at once, and what the provider made stays.
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
        return http.delete(PATH, {"name": name}, body=body, returns=returns, access=DYNAMIC_SECRETS)

    @endpoint
    @staticmethod
    def get(*, name: str, project_slug: str, environment_slug: str, path: str | None = None) -> Request[DynamicSecret]:
        """Read a dynamic secret, with the inputs of its provider.

        Here the name must be in lower case.
        Expect `NotFoundError`, `ForbiddenError`.
        GET /api/v1/dynamic-secrets/{name}
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        returns = one(DynamicSecret, at="dynamicSecret")
        return http.get(PATH, {"name": name}, query=query, returns=returns, access=DYNAMIC_SECRETS)

    @endpoint
    @staticmethod
    def list(
        *, project_slug: str, environment_slug: str, path: str | None = None
    ) -> Request[tuple[DynamicSecret, ...]]:
        """List the dynamic secrets of a folder, without inputs: all of them, there are no pages.

        Expect `NotFoundError` (no such project or folder), `ForbiddenError`.
        GET /api/v1/dynamic-secrets
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        returns = many(DynamicSecret, at="dynamicSecrets")
        return http.get("/api/v1/dynamic-secrets", query=query, returns=returns, access=DYNAMIC_SECRETS)

    @endpoint
    @staticmethod
    def list_leases(
        *, name: str, project_slug: str, environment_slug: str, path: str | None = None
    ) -> Request[tuple[DynamicSecretLease, ...]]:
        """List the leases of a dynamic secret: all of them, there are no pages.

        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `ForbiddenError`.
        GET /api/v1/dynamic-secrets/{name}/leases
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        where = "/api/v1/dynamic-secrets/{name}/leases"
        returns = many(DynamicSecretLease, at="leases")
        return http.get(where, {"name": name}, query=query, returns=returns, access=DYNAMIC_SECRETS)

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
        """Have credentials made; they are shown this once.

        `ttl` is a duration such as `1h`, by default that of the dynamic secret, and at most its max TTL. `config` is
        for providers with options, such as `{"namespace": "default"}` for `kubernetes`.
        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `BadRequestError` (too many leases, or too long a
        TTL), `ForbiddenError`.
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
        return http.post("/api/v1/dynamic-secrets/leases", body=body, returns=one(CreatedLease), access=DYNAMIC_SECRETS)

    @endpoint
    @staticmethod
    def get_lease(
        *, lease_id: str, project_slug: str, environment_slug: str, path: str | None = None
    ) -> Request[DynamicSecretLease]:
        """Read a lease and its dynamic secret, without the credentials.

        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `ForbiddenError`.
        GET /api/v1/dynamic-secrets/leases/{leaseId}
        """
        query = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path}
        returns = one(DynamicSecretLease, at="lease")
        return http.get(LEASE, {"leaseId": lease_id}, query=query, returns=returns, access=DYNAMIC_SECRETS)

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
        """Let a lease live longer, by `ttl` from when it would expire; its credentials stay.

        `ttl` is by default that of the dynamic secret; in all a lease lives no longer than the max TTL.
        Expect `NotFoundError` (`BadRequestError` on servers of 2024), `BadRequestError` (past the max TTL),
        `ForbiddenError`.
        POST /api/v1/dynamic-secrets/leases/{leaseId}/renew
        """
        body = {"projectSlug": project_slug, "environmentSlug": environment_slug, "path": path, "ttl": ttl}
        where = "/api/v1/dynamic-secrets/leases/{leaseId}/renew"
        returns = one(DynamicSecretLease, at="lease")
        return http.post(where, {"leaseId": lease_id}, body=body, returns=returns, access=DYNAMIC_SECRETS)

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
        """Revoke a lease and its credentials now; sent as a DELETE with a body.

        A provider that fails is not an error: the answer is the lease, still there, with a `status` that says so.
        `is_forced` deletes the lease even then.
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
        return http.delete(LEASE, {"leaseId": lease_id}, body=body, returns=returns, access=DYNAMIC_SECRETS)
