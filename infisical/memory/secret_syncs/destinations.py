"""Destinations: where secret syncs can write to, through which app, and what their config has to say. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Destination:
    """Somewhere to sync to."""

    name: str
    app: str
    config: tuple[str, ...] = ()
    """Strings that the destination's config must have; what else it may have is kept as it is."""
    imports: bool = False
    """Its secrets can be read back."""


def _to(name: str, app: str, config: str = "", *, imports: bool = False) -> Destination:
    return Destination(name, app, tuple(config.split()), imports)


DESTINATIONS: Final[Mapping[str, Destination]] = {
    "1password": _to("1Password", "1password", "vaultId", imports=True),
    "aws-parameter-store": _to("AWS Parameter Store", "aws", "region path", imports=True),
    "aws-secrets-manager": _to("AWS Secrets Manager", "aws", "region mappingBehavior", imports=True),
    "azure-app-configuration": _to(
        "Azure App Configuration", "azure-app-configuration", "configurationUrl", imports=True
    ),
    "azure-devops": _to("Azure DevOps", "azure-devops", "devopsProjectId"),
    "azure-entra-id-scim": _to("Azure Entra ID SCIM", "azure-entra-id", "servicePrincipalId"),
    "azure-key-vault": _to("Azure Key Vault", "azure-key-vault", "vaultBaseUrl", imports=True),
    "bitbucket": _to("Bitbucket", "bitbucket", "repositorySlug workspaceSlug"),
    "camunda": _to("Camunda", "camunda", "clusterUUID", imports=True),
    "checkly": _to("Checkly", "checkly", "accountId"),
    "chef": _to("Chef", "chef", "dataBagName dataBagItemName", imports=True),
    "circleci": _to("CircleCI", "circleci"),
    "cloudflare-pages": _to("Cloudflare Pages", "cloudflare", "projectName environment"),
    "cloudflare-workers": _to("Cloudflare Workers", "cloudflare", "scriptId"),
    "databricks": _to("Databricks", "databricks", "scope"),
    "devin": _to("Devin", "devin"),
    "digital-ocean-app-platform": _to("Digital Ocean App Platform", "digital-ocean", "appId"),
    "external-infisical": _to("Infisical", "external-infisical", imports=True),
    "flyio": _to("Fly.io", "flyio", "appId"),
    "gcp-secret-manager": _to("GCP Secret Manager", "gcp", "scope projectId", imports=True),
    "github": _to("GitHub", "github", "scope"),
    "gitlab": _to("GitLab", "gitlab", "scope"),
    "hashicorp-vault": _to("Hashicorp Vault", "hashicorp-vault", "mount path", imports=True),
    "heroku": _to("Heroku", "heroku", "app appName", imports=True),
    "humanitec": _to("Humanitec", "humanitec", "scope app org"),
    "laravel-forge": _to("Laravel Forge", "laravel-forge", "orgSlug serverId siteId", imports=True),
    "netlify": _to("Netlify", "netlify", "accountId", imports=True),
    "northflank": _to("Northflank", "northflank", "projectId secretGroupId", imports=True),
    "oci-vault": _to("OCI Vault", "oci", "compartmentOcid vaultOcid keyOcid", imports=True),
    "octopus-deploy": _to("Octopus Deploy", "octopus-deploy"),
    "ona": _to("Ona", "ona", "projectId"),
    "ovh": _to("OVH Cloud", "ovh", "path", imports=True),
    "qovery": _to("Qovery", "qovery"),
    "railway": _to("Railway", "railway", "projectId environmentId", imports=True),
    "render": _to("Render", "render", "scope", imports=True),
    "snowflake": _to("Snowflake", "snowflake", "database schema"),
    "supabase": _to("Supabase", "supabase", "projectId"),
    "teamcity": _to("TeamCity", "teamcity", "project", imports=True),
    "terraform-cloud": _to("Terraform Cloud", "terraform-cloud", "scope org"),
    "travis-ci": _to("Travis CI", "travis-ci", "repositoryId"),
    "trigger-dev": _to("Trigger.dev", "trigger-dev"),
    "vercel": _to("Vercel", "vercel", "app env", imports=True),
    "windmill": _to("Windmill", "windmill", "workspace path", imports=True),
    "zabbix": _to("Zabbix", "zabbix", "scope", imports=True),
}
