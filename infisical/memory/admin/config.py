"""Settings of the instance, which instance admins change: apps, environment overrides and encryption included.

setup.py sets up a new instance.
"""

from __future__ import annotations

import re
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.admin import overrides
from infisical.memory.call import Call, pick
from infisical.memory.domain import instance
from infisical.memory.domain.instance import require_admin
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, PUBLIC_ACCESS, Answer, route
from infisical.memory.validation import (
    Field,
    Issues,
    Path,
    array,
    boolean,
    build_issue,
    build_type_issue,
    choice,
    obj,
    string,
)

CONFIG_PATH: Final = "/api/v1/admin/config"
STORED_COLUMNS: Final = (
    "id",
    "initialized",
    "allowSignUp",
    "allowedSignUpDomain",
    "instanceId",
    "trustSamlEmails",
    "trustLdapEmails",
    "trustOidcEmails",
    "defaultAuthOrgId",
    "enabledLoginMethods",
)
LOGIN_METHODS: Final = ("email", "google", "github", "gitlab", "saml", "ldap", "oidc")
APPS: Final[dict[str, dict[str, str]]] = {
    "slack": {"clientId": "slackClientId", "clientSecret": "slackClientSecret"},
    "microsoftTeams": {
        "appId": "microsoftTeamsAppId",
        "clientSecret": "microsoftTeamsClientSecret",
        "botId": "microsoftTeamsBotId",
    },
    "gitHubAppConnection": {
        "clientId": "gitHubAppConnectionClientId",
        "clientSecret": "gitHubAppConnectionClientSecret",
        "appSlug": "gitHubAppConnectionSlug",
        "appId": "gitHubAppConnectionId",
        "privateKey": "gitHubAppConnectionPrivateKey",
    },
}
"""The apps that the instance uses: the names of their settings in the answer -> in the update."""
UNSAFE_PATTERN: Final = re.compile(
    r"<\s*(script|iframe|object|embed|form|link|meta|style)\b|\bon\w+\s*=|javascript:", re.I
)


def build_overrides_field() -> Field:
    """Build a field of values by the names of overridable environment variables."""
    name, text = choice(*overrides.KEYS), string()

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        if len(value) > len(overrides.KEYS):
            issues.append(build_issue(f"There are {len(overrides.KEYS)} variables that may be overridden", path))
            return value
        return {
            name.read(key, (*path, key), issues): text.read(one, (*path, key), issues) for key, one in value.items()
        }

    return Field(check, expected="object")


def build_html_field() -> Field:
    return string().where(lambda text: UNSAFE_PATTERN.search(text) is None, "Only safe HTML is allowed")


UPDATE_BODY: Final = obj(
    {name: string().optional() for names in APPS.values() for name in names.values()},
    allowSignUp=boolean().optional(),
    allowedSignUpDomain=string().or_null().optional(),
    trustSamlEmails=boolean().optional(),
    trustLdapEmails=boolean().optional(),
    trustOidcEmails=boolean().optional(),
    defaultAuthOrgId=string().or_null().optional(),
    enabledLoginMethods=array(choice(*LOGIN_METHODS), least=1).optional(),
    authConsentContent=build_html_field().optional(),
    pageFrameContent=build_html_field().optional(),
    envOverrides=build_overrides_field().optional(),
)
STRATEGY_BODY: Final = obj(strategy=choice(*instance.STRATEGIES))


# ---- settings
@route("GET", CONFIG_PATH, access=PUBLIC_ACCESS)
def get_config(call: Call) -> Answer:
    organization = instance.get_default_organization(call)
    columns = pick(instance.get_config(call), *STORED_COLUMNS)
    slug = {"defaultAuthOrgSlug": organization and organization["slug"]}
    if call.is_2024:
        return {"config": {**columns, "isMigrationModeOn": False, **slug, "isSecretScanningDisabled": True}}
    return {
        "config": {
            **columns,
            **show_new_settings(call),
            "isMigrationModeOn": False,
            **slug,
            "defaultAuthOrgAuthEnforced": organization and organization["authEnforced"],
            "defaultAuthOrgAuthMethod": organization and organization.get("orgAuthMethod"),
            "isSecretScanningDisabled": True,
            "kubernetesAutoFetchServiceAccountToken": False,
            "paramsFolderSecretDetectionEnabled": True,
            "isOfflineUsageReportsEnabled": True,
        }
    }


@route("PATCH", CONFIG_PATH, access=MACHINES, body=UPDATE_BODY)
def update_config(call: Call) -> Answer:
    require_admin(call)
    organization_id = call.body.get("defaultAuthOrgId")
    if organization_id is not None and call.draft.get(tables.ORGANIZATIONS, organization_id) is None:
        raise not_found(f"Organization with ID '{organization_id}' not found")
    methods = call.body.get("enabledLoginMethods")
    if methods is not None and call.actor.mode == "jwt" and not set(methods) & set(call.actor.row["authMethods"]):
        raise bad_request("You must configure at least one auth method to prevent account lockout")
    instance.configure(call, **call.body)
    config = instance.get_config(call)
    organization = instance.get_default_organization(call)
    return {
        "config": {
            **pick(config, *STORED_COLUMNS),
            **({} if call.is_2024 else show_new_settings(call)),
            **pick(config, "createdAt", "updatedAt"),
            "defaultAuthOrgSlug": organization and organization["slug"],
        }
    }


def show_new_settings(call: Call) -> dict[str, Any]:
    """Return the settings that servers of 2024 do not answer."""
    return {
        **pick(instance.get_config(call), "authConsentContent", "pageFrameContent"),
        "adminIdentityIds": instance.list_admin_identities(call.draft),
        "fipsEnabled": False,
    }


# ---- apps, overrides and encryption
@route("GET", "/api/v1/admin/integrations", generation="current", access=MACHINES)
def get_integrations(call: Call) -> Answer:
    require_admin(call)
    config = instance.get_config(call)
    return {
        app: {answer_name: config.get(name, "") for answer_name, name in names.items()} for app, names in APPS.items()
    }


@route("GET", "/api/v1/admin/env-overrides", generation="current", access=MACHINES)
def get_env_overrides(call: Call) -> Answer:
    require_admin(call)
    values = instance.get_config(call)["envOverrides"]
    return {
        category: {
            "name": name,
            "fields": [
                {"key": key, "value": values.get(key, ""), "hasEnvEntry": False, "description": description}
                for key, description in fields
            ],
        }
        for category, (name, fields) in overrides.CATEGORIES.items()
    }


@route("GET", "/api/v1/admin/encryption-strategies", generation="current", access=MACHINES)
def get_encryption_strategies(call: Call) -> Answer:
    require_admin(call)
    current = instance.get_config(call)["encryptionStrategy"]
    return {"strategies": [{"strategy": one, "enabled": one == current} for one in instance.STRATEGIES]}


@route("PATCH", "/api/v1/admin/encryption-strategies", generation="current", access=MACHINES, body=STRATEGY_BODY)
def update_encryption_strategy(call: Call) -> Answer:
    require_admin(call)
    if instance.get_config(call)["encryptionStrategy"] == call.body["strategy"]:
        raise bad_request("The selected encryption strategy is already enabled")
    instance.configure(call, encryptionStrategy=call.body["strategy"])
    return None
