"""The apps of app connections, their methods, and the public part of their credentials.

Data, and the fields made from it. The rows of connections are in store.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infisical.memory.validation import Field, boolean, number, obj, string

NUMBER_NAMES: Final = frozenset({"port"})
FLAG_NAMES: Final = frozenset({"sslEnabled", "sslRejectUnauthorized", "tlsEnabled", "tlsRejectUnauthorized"})


@dataclass(frozen=True, slots=True)
class Method:
    """A method to connect: the names of its credentials, of which answers show the public ones.

    `?` marks an optional credential.
    """

    secret: tuple[str, ...]
    public: tuple[str, ...] = ()

    def make_field(self) -> Field:
        """Make the field of these credentials."""
        return obj({name.rstrip("?"): _make_field(name) for name in (*self.public, *self.secret)})

    def select_public(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of credentials that answers may show."""
        names = [name.rstrip("?") for name in self.public]
        return {name: credentials[name] for name in names if name in credentials}


@dataclass(frozen=True, slots=True)
class App:
    """A service to connect to."""

    name: str
    methods: Mapping[str, Method]
    gateways: bool = field(default=False, kw_only=True)
    """True if a connection may use a gateway."""
    managed: bool = field(default=False, kw_only=True)
    """True if the platform may manage the credentials."""


def _make_field(name: str) -> Field:
    bare = name.rstrip("?")
    kind = number() if bare in NUMBER_NAMES else boolean() if bare in FLAG_NAMES else string(least=1)
    return kind.optional() if name.endswith("?") else kind


def _make_method(secret: str, public: str = "") -> Method:
    return Method(tuple(secret.split()), tuple(public.split()))


SQL_METHOD: Final = _make_method(
    "password", "host port database username sslEnabled sslRejectUnauthorized sslCertificate?"
)
TOKEN_METHODS: Final = {"api-token": _make_method("apiToken")}
AZURE_METHODS: Final = {
    "oauth": _make_method("code", "tenantId?"),
    "client-secret": _make_method("clientSecret", "clientId tenantId"),
}

APPS: Final[Mapping[str, App]] = {
    "1password": App("1Password", {"api-token": _make_method("apiToken", "instanceUrl")}),
    "auth0": App("Auth0", {"client-credentials": _make_method("clientSecret", "domain clientId audience")}),
    "aws": App(
        "AWS", {"assume-role": _make_method("roleArn"), "access-key": _make_method("secretAccessKey", "accessKeyId")}
    ),
    "azure-adcs": App(
        "Azure ADCS",
        {"username-password": _make_method("password", "username adcsUrl sslRejectUnauthorized? sslCertificate?")},
        gateways=True,
    ),
    "azure-app-configuration": App("Azure App Configuration", AZURE_METHODS),
    "azure-client-secrets": App("Azure Client Secrets", AZURE_METHODS),
    "azure-devops": App(
        "Azure DevOps",
        {
            "oauth": _make_method("code", "tenantId orgName"),
            "access-token": _make_method("accessToken", "orgName"),
            "client-secret": _make_method("clientSecret", "clientId tenantId orgName"),
        },
    ),
    "azure-dns": App("Azure DNS", {"client-secret": _make_method("clientSecret", "clientId tenantId subscriptionId")}),
    "azure-entra-id": App("Azure Entra ID", {"client-secret": _make_method("clientSecret", "clientId tenantId")}),
    "azure-key-vault": App("Azure Key Vault", AZURE_METHODS),
    "bitbucket": App("Bitbucket", {"api-token": _make_method("apiToken", "email")}),
    "camunda": App("Camunda", {"client-credentials": _make_method("clientSecret", "clientId")}),
    "checkly": App("Checkly", {"api-key": _make_method("apiKey")}),
    "chef": App("Chef", {"user-key": _make_method("privateKey", "serverUrl? orgName userName")}),
    "circleci": App("CircleCI", TOKEN_METHODS),
    "cloudflare": App("Cloudflare", {"api-token": _make_method("apiToken", "accountId")}),
    "coolify": App("Coolify", {"api-token": _make_method("apiToken", "instanceUrl")}),
    "databricks": App("Databricks", {"service-principal": _make_method("clientSecret", "clientId workspaceUrl")}),
    "dbt": App("DBT", {"api-token": _make_method("apiToken", "instanceUrl accountId")}),
    "devin": App("Devin", {"api-key": _make_method("apiKey")}),
    "digital-ocean": App("DigitalOcean App Platform", TOKEN_METHODS),
    "dns-made-easy": App("DNS Made Easy", {"api-key-secret": _make_method("secretKey", "apiKey")}),
    "external-infisical": App(
        "Infisical",
        {
            "machine-identity-universal-auth": _make_method(
                "machineIdentityClientSecret", "instanceUrl machineIdentityClientId"
            )
        },
    ),
    "flyio": App("Fly.io", {"access-token": _make_method("accessToken")}),
    "gcp": App("GCP", {"service-account-impersonation": _make_method("serviceAccountEmail")}),
    "github": App(
        "GitHub",
        {
            "github-app": _make_method("code installationId", "instanceType? host?"),
            "oauth": _make_method("code"),
            "pat": _make_method("personalAccessToken", "instanceType? host?"),
        },
        gateways=True,
    ),
    "github-radar": App("GitHub Radar", {"github-app": _make_method("code installationId")}),
    "gitlab": App(
        "GitLab",
        {
            "oauth": _make_method("code", "instanceUrl?"),
            "access-token": _make_method("accessToken", "instanceUrl? accessTokenType"),
        },
    ),
    "hashicorp-vault": App(
        "Hashicorp Vault",
        {
            "access-token": _make_method("accessToken", "namespace? instanceUrl"),
            "app-role": _make_method("secretId", "namespace? instanceUrl roleId"),
        },
        gateways=True,
    ),
    "heroku": App("Heroku", {"auth-token": _make_method("authToken"), "oauth": _make_method("code")}),
    "humanitec": App("Humanitec", TOKEN_METHODS),
    "laravel-forge": App("Laravel Forge", TOKEN_METHODS),
    "ldap": App(
        "LDAP",
        {"simple-bind": _make_method("password", "provider url dn sslRejectUnauthorized? sslCertificate?")},
        gateways=True,
    ),
    "mongodb": App(
        "MongoDB",
        {
            "username-and-password": _make_method(
                "password", "host port username database tlsEnabled tlsRejectUnauthorized tlsCertificate?"
            )
        },
        gateways=True,
    ),
    "mssql": App("Microsoft SQL Server", {"username-and-password": SQL_METHOD}, gateways=True, managed=True),
    "mysql": App("MySQL", {"username-and-password": SQL_METHOD}, gateways=True, managed=True),
    "netlify": App("Netlify", {"access-token": _make_method("accessToken")}),
    "northflank": App("Northflank", TOKEN_METHODS),
    "oci": App("OCI", {"access-key": _make_method("privateKey", "userOcid tenancyOcid region fingerprint")}),
    "octopus-deploy": App("Octopus Deploy", {"api-key": _make_method("apiKey", "instanceUrl")}),
    "okta": App("Okta", {"api-token": _make_method("apiToken", "instanceUrl")}),
    "ona": App("Ona", {"personal-access-token": _make_method("personalAccessToken")}),
    "open-router": App("OpenRouter", {"api-key": _make_method("apiKey")}),
    "oracledb": App("OracleDB", {"username-and-password": SQL_METHOD}, gateways=True, managed=True),
    "ovh": App(
        "OVH Cloud",
        {
            "certificate": _make_method("privateKey certificate", "okmsDomain okmsId"),
            "token": _make_method("token", "okmsDomain okmsId"),
        },
    ),
    "postgres": App("PostgreSQL", {"username-and-password": SQL_METHOD}, gateways=True, managed=True),
    "qovery": App("Qovery", {"access-token": _make_method("accessToken")}),
    "railway": App(
        "Railway",
        {
            "account-token": _make_method("apiToken"),
            "project-token": _make_method("apiToken"),
            "team-token": _make_method("apiToken"),
        },
    ),
    "redis": App(
        "Redis",
        {
            "username-and-password": _make_method(
                "password?", "host port username sslEnabled sslRejectUnauthorized sslCertificate?"
            )
        },
        gateways=True,
    ),
    "render": App("Render", {"api-key": _make_method("apiKey")}),
    "smb": App("SMB", {"credentials": _make_method("password", "host port domain? username")}, gateways=True),
    "snowflake": App("Snowflake", {"username-and-token": _make_method("password", "account username")}),
    "ssh": App(
        "SSH",
        {
            "password": _make_method("password", "host port username"),
            "ssh-key": _make_method("privateKey passphrase?", "host port username"),
        },
        gateways=True,
    ),
    "supabase": App("Supabase", {"access-token": _make_method("accessKey", "instanceUrl?")}),
    "teamcity": App("TeamCity", {"access-token": _make_method("accessToken", "instanceUrl")}),
    "terraform-cloud": App("Terraform Cloud", TOKEN_METHODS),
    "travis-ci": App("Travis CI", TOKEN_METHODS),
    "trigger-dev": App("Trigger.dev", {"api-token": _make_method("apiToken", "apiUrl?")}),
    "venafi": App("Venafi TLS Protect Cloud", {"api-key": _make_method("apiKey", "region?")}),
    "vercel": App("Vercel", TOKEN_METHODS),
    "windmill": App("Windmill", {"access-token": _make_method("accessToken", "instanceUrl?")}),
    "zabbix": App("Zabbix", {"api-token": _make_method("apiToken", "instanceUrl")}),
}


def format_method(method: str) -> str:
    """Return the server's title of a method: `access-key` is Access Key."""
    capitals = {"oauth": "OAuth", "api": "API", "pat": "Personal Access Token", "ssh": "SSH", "github": "GitHub"}
    return " ".join(capitals.get(word, word.capitalize()) for word in method.split("-"))
