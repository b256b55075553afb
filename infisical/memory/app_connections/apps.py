"""Apps: what app connections can connect to, by which methods, and which part of their credentials may be shown.

Data, and the fields made of it. Rows of connections are connections.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory.validation import Field, boolean, number, obj, string

NUMBERS: Final = frozenset({"port"})
FLAGS: Final = frozenset({"sslEnabled", "sslRejectUnauthorized", "tlsEnabled", "tlsRejectUnauthorized"})


@dataclass(frozen=True, slots=True)
class Method:
    """A way to connect: the names of its credentials, of which only the public ones are ever shown; `?` is optional."""

    secret: tuple[str, ...]
    public: tuple[str, ...] = ()

    def field(self) -> Field:
        """Return what these credentials may hold."""
        return obj({name.rstrip("?"): _kind(name) for name in (*self.public, *self.secret)})

    def shown(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part that may be shown."""
        names = [name.rstrip("?") for name in self.public]
        return {name: credentials[name] for name in names if name in credentials}


@dataclass(frozen=True, slots=True)
class App:
    """Something to connect to."""

    name: str
    methods: Mapping[str, Method]
    gateways: bool = field(default=False, kw_only=True)
    """A connection may go through a gateway."""
    managed: bool = field(default=False, kw_only=True)
    """The platform may take the credentials over."""


def _kind(name: str) -> Field:
    bare = name.rstrip("?")
    kind = number() if bare in NUMBERS else boolean() if bare in FLAGS else string(least=1)
    return kind.optional() if name.endswith("?") else kind


def _of(secret: str, public: str = "") -> Method:
    return Method(tuple(secret.split()), tuple(public.split()))


SQL: Final = _of("password", "host port database username sslEnabled sslRejectUnauthorized sslCertificate?")
TOKEN: Final = {"api-token": _of("apiToken")}
AZURE: Final = {
    "oauth": _of("code", "tenantId?"),
    "client-secret": _of("clientSecret", "clientId tenantId"),
}

APPS: Final[Mapping[str, App]] = {
    "1password": App("1Password", {"api-token": _of("apiToken", "instanceUrl")}),
    "auth0": App("Auth0", {"client-credentials": _of("clientSecret", "domain clientId audience")}),
    "aws": App("AWS", {"assume-role": _of("roleArn"), "access-key": _of("secretAccessKey", "accessKeyId")}),
    "azure-adcs": App(
        "Azure ADCS",
        {"username-password": _of("password", "username adcsUrl sslRejectUnauthorized? sslCertificate?")},
        gateways=True,
    ),
    "azure-app-configuration": App("Azure App Configuration", AZURE),
    "azure-client-secrets": App("Azure Client Secrets", AZURE),
    "azure-devops": App(
        "Azure DevOps",
        {
            "oauth": _of("code", "tenantId orgName"),
            "access-token": _of("accessToken", "orgName"),
            "client-secret": _of("clientSecret", "clientId tenantId orgName"),
        },
    ),
    "azure-dns": App("Azure DNS", {"client-secret": _of("clientSecret", "clientId tenantId subscriptionId")}),
    "azure-entra-id": App("Azure Entra ID", {"client-secret": _of("clientSecret", "clientId tenantId")}),
    "azure-key-vault": App("Azure Key Vault", AZURE),
    "bitbucket": App("Bitbucket", {"api-token": _of("apiToken", "email")}),
    "camunda": App("Camunda", {"client-credentials": _of("clientSecret", "clientId")}),
    "checkly": App("Checkly", {"api-key": _of("apiKey")}),
    "chef": App("Chef", {"user-key": _of("privateKey", "serverUrl? orgName userName")}),
    "circleci": App("CircleCI", TOKEN),
    "cloudflare": App("Cloudflare", {"api-token": _of("apiToken", "accountId")}),
    "coolify": App("Coolify", {"api-token": _of("apiToken", "instanceUrl")}),
    "databricks": App("Databricks", {"service-principal": _of("clientSecret", "clientId workspaceUrl")}),
    "dbt": App("DBT", {"api-token": _of("apiToken", "instanceUrl accountId")}),
    "devin": App("Devin", {"api-key": _of("apiKey")}),
    "digital-ocean": App("DigitalOcean App Platform", TOKEN),
    "dns-made-easy": App("DNS Made Easy", {"api-key-secret": _of("secretKey", "apiKey")}),
    "external-infisical": App(
        "Infisical",
        {"machine-identity-universal-auth": _of("machineIdentityClientSecret", "instanceUrl machineIdentityClientId")},
    ),
    "flyio": App("Fly.io", {"access-token": _of("accessToken")}),
    "gcp": App("GCP", {"service-account-impersonation": _of("serviceAccountEmail")}),
    "github": App(
        "GitHub",
        {
            "github-app": _of("code installationId", "instanceType? host?"),
            "oauth": _of("code"),
            "pat": _of("personalAccessToken", "instanceType? host?"),
        },
        gateways=True,
    ),
    "github-radar": App("GitHub Radar", {"github-app": _of("code installationId")}),
    "gitlab": App(
        "GitLab",
        {
            "oauth": _of("code", "instanceUrl?"),
            "access-token": _of("accessToken", "instanceUrl? accessTokenType"),
        },
    ),
    "hashicorp-vault": App(
        "Hashicorp Vault",
        {
            "access-token": _of("accessToken", "namespace? instanceUrl"),
            "app-role": _of("secretId", "namespace? instanceUrl roleId"),
        },
        gateways=True,
    ),
    "heroku": App("Heroku", {"auth-token": _of("authToken"), "oauth": _of("code")}),
    "humanitec": App("Humanitec", TOKEN),
    "laravel-forge": App("Laravel Forge", TOKEN),
    "ldap": App(
        "LDAP",
        {"simple-bind": _of("password", "provider url dn sslRejectUnauthorized? sslCertificate?")},
        gateways=True,
    ),
    "mongodb": App(
        "MongoDB",
        {
            "username-and-password": _of(
                "password", "host port username database tlsEnabled tlsRejectUnauthorized tlsCertificate?"
            )
        },
        gateways=True,
    ),
    "mssql": App("Microsoft SQL Server", {"username-and-password": SQL}, gateways=True, managed=True),
    "mysql": App("MySQL", {"username-and-password": SQL}, gateways=True, managed=True),
    "netlify": App("Netlify", {"access-token": _of("accessToken")}),
    "northflank": App("Northflank", TOKEN),
    "oci": App("OCI", {"access-key": _of("privateKey", "userOcid tenancyOcid region fingerprint")}),
    "octopus-deploy": App("Octopus Deploy", {"api-key": _of("apiKey", "instanceUrl")}),
    "okta": App("Okta", {"api-token": _of("apiToken", "instanceUrl")}),
    "ona": App("Ona", {"personal-access-token": _of("personalAccessToken")}),
    "open-router": App("OpenRouter", {"api-key": _of("apiKey")}),
    "oracledb": App("OracleDB", {"username-and-password": SQL}, gateways=True, managed=True),
    "ovh": App(
        "OVH Cloud",
        {
            "certificate": _of("privateKey certificate", "okmsDomain okmsId"),
            "token": _of("token", "okmsDomain okmsId"),
        },
    ),
    "postgres": App("PostgreSQL", {"username-and-password": SQL}, gateways=True, managed=True),
    "qovery": App("Qovery", {"access-token": _of("accessToken")}),
    "railway": App(
        "Railway",
        {
            "account-token": _of("apiToken"),
            "project-token": _of("apiToken"),
            "team-token": _of("apiToken"),
        },
    ),
    "redis": App(
        "Redis",
        {
            "username-and-password": _of(
                "password?", "host port username sslEnabled sslRejectUnauthorized sslCertificate?"
            )
        },
        gateways=True,
    ),
    "render": App("Render", {"api-key": _of("apiKey")}),
    "smb": App("SMB", {"credentials": _of("password", "host port domain? username")}, gateways=True),
    "snowflake": App("Snowflake", {"username-and-token": _of("password", "account username")}),
    "ssh": App(
        "SSH",
        {
            "password": _of("password", "host port username"),
            "ssh-key": _of("privateKey passphrase?", "host port username"),
        },
        gateways=True,
    ),
    "supabase": App("Supabase", {"access-token": _of("accessKey", "instanceUrl?")}),
    "teamcity": App("TeamCity", {"access-token": _of("accessToken", "instanceUrl")}),
    "terraform-cloud": App("Terraform Cloud", TOKEN),
    "travis-ci": App("Travis CI", TOKEN),
    "trigger-dev": App("Trigger.dev", {"api-token": _of("apiToken", "apiUrl?")}),
    "venafi": App("Venafi TLS Protect Cloud", {"api-key": _of("apiKey", "region?")}),
    "vercel": App("Vercel", TOKEN),
    "windmill": App("Windmill", {"access-token": _of("accessToken", "instanceUrl?")}),
    "zabbix": App("Zabbix", {"api-token": _of("apiToken", "instanceUrl")}),
}


def title(method: str) -> str:
    """Return what the server calls a method: `access-key` is Access Key."""
    capitals = {"oauth": "OAuth", "api": "API", "pat": "Personal Access Token", "ssh": "SSH", "github": "GitHub"}
    return " ".join(capitals.get(word, word.capitalize()) for word in method.split("-"))
