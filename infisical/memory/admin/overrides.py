"""Overrides: the environment variables that instance admins may override, by category. Data only."""

from __future__ import annotations

from typing import Final

CLIENT_ID: Final = ("CLIENT_ID", "The client id of the application.")
CLIENT_SECRET: Final = ("CLIENT_SECRET", "The client secret of the application.")
APP: Final = (
    CLIENT_ID,
    CLIENT_SECRET,
    ("PRIVATE_KEY", "The private key of the application."),
    ("SLUG", "The slug of the application."),
    ("ID", "The id of the application."),
)


def _build_variables(prefix: str, *fields: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"{prefix}_{suffix}", description) for suffix, description in fields)


CATEGORIES: Final[dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "auditLogs": ("Audit Logs", (("DISABLE_AUDIT_LOG_STORAGE", "Whether audit logs are kept."),)),
    "aws": (
        "AWS",
        _build_variables(
            "INF_APP_CONNECTION_AWS",
            ("ACCESS_KEY_ID", "The access key id of the account."),
            ("SECRET_ACCESS_KEY", "The secret access key of the account."),
        ),
    ),
    "azureAppConfiguration": (
        "Azure App Connection: App Configuration",
        _build_variables("INF_APP_CONNECTION_AZURE_APP_CONFIGURATION", CLIENT_ID, CLIENT_SECRET),
    ),
    "azureKeyVault": (
        "Azure App Connection: Key Vault",
        _build_variables("INF_APP_CONNECTION_AZURE_KEY_VAULT", CLIENT_ID, CLIENT_SECRET),
    ),
    "azureClientSecrets": (
        "Azure App Connection: Client Secrets",
        _build_variables("INF_APP_CONNECTION_AZURE_CLIENT_SECRETS", CLIENT_ID, CLIENT_SECRET),
    ),
    "azureDevOps": (
        "Azure App Connection: DevOps",
        _build_variables("INF_APP_CONNECTION_AZURE_DEVOPS", CLIENT_ID, CLIENT_SECRET),
    ),
    "gcp": (
        "GCP",
        _build_variables(
            "INF_APP_CONNECTION_GCP", ("SERVICE_ACCOUNT_CREDENTIAL", "The key of the service account, as JSON.")
        ),
    ),
    "gitHubApp": ("GitHub App", _build_variables("INF_APP_CONNECTION_GITHUB_APP", *APP)),
    "gitHubAppConnection": (
        "GitHub OAuth",
        _build_variables("INF_APP_CONNECTION_GITHUB_OAUTH", CLIENT_ID, CLIENT_SECRET),
    ),
    "gitHubRadarApp": ("GitHub Radar App", _build_variables("INF_APP_CONNECTION_GITHUB_RADAR_APP", *APP)),
    "gitLab": ("GitLab OAuth", _build_variables("INF_APP_CONNECTION_GITLAB_OAUTH", CLIENT_ID, CLIENT_SECRET)),
    "heroku": ("Heroku OAuth", _build_variables("INF_APP_CONNECTION_HEROKU_OAUTH", CLIENT_ID, CLIENT_SECRET)),
    "gitHubSso": (
        "GitHub SSO",
        (("CLIENT_ID_GITHUB_LOGIN", CLIENT_ID[1]), ("CLIENT_SECRET_GITHUB_LOGIN", CLIENT_SECRET[1])),
    ),
    "gitLabSso": (
        "GitLab SSO",
        (
            ("CLIENT_ID_GITLAB_LOGIN", CLIENT_ID[1]),
            ("CLIENT_SECRET_GITLAB_LOGIN", CLIENT_SECRET[1]),
            ("CLIENT_GITLAB_LOGIN_URL", "The URL of the GitLab instance."),
        ),
    ),
    "googleSso": (
        "Google SSO",
        (("CLIENT_ID_GOOGLE_LOGIN", CLIENT_ID[1]), ("CLIENT_SECRET_GOOGLE_LOGIN", CLIENT_SECRET[1])),
    ),
}
"""Category -> its name, and its variables with their descriptions."""

KEYS: Final = tuple(key for _, fields in CATEGORIES.values() for key, _ in fields)
