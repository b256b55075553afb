"""The destinations of secret syncs, with their apps and the required fields of their configs. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Destination:
    """A service that secrets are copied to."""

    name: str
    app: str
    config: tuple[str, ...] = ()
    """The strings that the destination's config must have. Other fields are stored unchecked."""
    imports: bool = False
    """True if the server can import the destination's secrets."""


def _make_destination(name: str, app: str, config: str = "", *, imports: bool = False) -> Destination:
    return Destination(name, app, tuple(config.split()), imports)


DESTINATIONS: Final[Mapping[str, Destination]] = {
    "1password": _make_destination("1Password", "1password", "vaultId", imports=True),
    "aws-parameter-store": _make_destination("AWS Parameter Store", "aws", "region path", imports=True),
    "aws-secrets-manager": _make_destination("AWS Secrets Manager", "aws", "region mappingBehavior", imports=True),
    "azure-app-configuration": _make_destination(
        "Azure App Configuration", "azure-app-configuration", "configurationUrl", imports=True
    ),
    "azure-devops": _make_destination("Azure DevOps", "azure-devops", "devopsProjectId"),
    "azure-entra-id-scim": _make_destination("Azure Entra ID SCIM", "azure-entra-id", "servicePrincipalId"),
    "azure-key-vault": _make_destination("Azure Key Vault", "azure-key-vault", "vaultBaseUrl", imports=True),
    "bitbucket": _make_destination("Bitbucket", "bitbucket", "repositorySlug workspaceSlug"),
    "camunda": _make_destination("Camunda", "camunda", "clusterUUID", imports=True),
    "checkly": _make_destination("Checkly", "checkly", "accountId"),
    "chef": _make_destination("Chef", "chef", "dataBagName dataBagItemName", imports=True),
    "circleci": _make_destination("CircleCI", "circleci"),
    "cloudflare-pages": _make_destination("Cloudflare Pages", "cloudflare", "projectName environment"),
    "cloudflare-workers": _make_destination("Cloudflare Workers", "cloudflare", "scriptId"),
    "databricks": _make_destination("Databricks", "databricks", "scope"),
    "devin": _make_destination("Devin", "devin"),
    "digital-ocean-app-platform": _make_destination("Digital Ocean App Platform", "digital-ocean", "appId"),
    "external-infisical": _make_destination("Infisical", "external-infisical", imports=True),
    "flyio": _make_destination("Fly.io", "flyio", "appId"),
    "gcp-secret-manager": _make_destination("GCP Secret Manager", "gcp", "scope projectId", imports=True),
    "github": _make_destination("GitHub", "github", "scope"),
    "gitlab": _make_destination("GitLab", "gitlab", "scope"),
    "hashicorp-vault": _make_destination("Hashicorp Vault", "hashicorp-vault", "mount path", imports=True),
    "heroku": _make_destination("Heroku", "heroku", "app appName", imports=True),
    "humanitec": _make_destination("Humanitec", "humanitec", "scope app org"),
    "laravel-forge": _make_destination("Laravel Forge", "laravel-forge", "orgSlug serverId siteId", imports=True),
    "netlify": _make_destination("Netlify", "netlify", "accountId", imports=True),
    "northflank": _make_destination("Northflank", "northflank", "projectId secretGroupId", imports=True),
    "oci-vault": _make_destination("OCI Vault", "oci", "compartmentOcid vaultOcid keyOcid", imports=True),
    "octopus-deploy": _make_destination("Octopus Deploy", "octopus-deploy"),
    "ona": _make_destination("Ona", "ona", "projectId"),
    "ovh": _make_destination("OVH Cloud", "ovh", "path", imports=True),
    "qovery": _make_destination("Qovery", "qovery"),
    "railway": _make_destination("Railway", "railway", "projectId environmentId", imports=True),
    "render": _make_destination("Render", "render", "scope", imports=True),
    "snowflake": _make_destination("Snowflake", "snowflake", "database schema"),
    "supabase": _make_destination("Supabase", "supabase", "projectId"),
    "teamcity": _make_destination("TeamCity", "teamcity", "project", imports=True),
    "terraform-cloud": _make_destination("Terraform Cloud", "terraform-cloud", "scope org"),
    "travis-ci": _make_destination("Travis CI", "travis-ci", "repositoryId"),
    "trigger-dev": _make_destination("Trigger.dev", "trigger-dev"),
    "vercel": _make_destination("Vercel", "vercel", "app env", imports=True),
    "windmill": _make_destination("Windmill", "windmill", "workspace path", imports=True),
    "zabbix": _make_destination("Zabbix", "zabbix", "scope", imports=True),
}
