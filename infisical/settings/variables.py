"""The environment variables that the library reads: their names in order of precedence, and their values.

A variable with credentials has a variant `..._FILE`, which names the file with the value. No message shows a value, the
path of such a file included: a credential may be in the wrong variable. logins.py has the variables of the logins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.defects import describe_exception
from infisical.errors import AuthenticationError, InfisicalError

BASE_URLS: Final = (
    "INFISICAL_DOMAIN",
    "INFISICAL_API_URL",
    "INFISICAL_SITE_URL",
    "INFISICAL_HOST",
    "INFISICAL_HOST_URL",
)
SERVICE_TOKEN: Final = "INFISICAL_SERVICE_TOKEN"
TOKENS: Final = (
    "INFISICAL_TOKEN",
    "INFISICAL_ACCESS_TOKEN",
    "INFISICAL_UNIVERSAL_AUTH_ACCESS_TOKEN",
    SERVICE_TOKEN,
)
AUTH_METHOD: Final = "INFISICAL_AUTH_METHOD"
ORGANIZATION_SLUG: Final = "INFISICAL_AUTH_ORGANIZATION_SLUG"
MACHINE_IDENTITY_ID: Final = "INFISICAL_MACHINE_IDENTITY_ID"
CLIENT_ID: Final = "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"
CLIENT_SECRET: Final = "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"
KUBERNETES_ID: Final = "INFISICAL_KUBERNETES_IDENTITY_ID"
KUBERNETES_TOKEN_PATH: Final = "INFISICAL_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH"
OIDC_ID: Final = "INFISICAL_OIDC_AUTH_IDENTITY_ID"
OIDC_JWT: Final = "INFISICAL_OIDC_AUTH_JWT"
JWT: Final = "INFISICAL_JWT"
GCP_ID: Final = "INFISICAL_GCP_AUTH_IDENTITY_ID"
GCP_KEY_PATH: Final = "INFISICAL_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH"
AWS_ID: Final = "INFISICAL_AWS_IAM_AUTH_IDENTITY_ID"
AZURE_ID: Final = "INFISICAL_AZURE_AUTH_IDENTITY_ID"
AZURE_WORKLOAD_SWITCH: Final = "INFISICAL_AZURE_AUTH_USE_WORKLOAD_IDENTITY"
AZURE_CLIENT_ID: Final = "INFISICAL_AZURE_AUTH_CLIENT_ID"
AZURE_OBJECT_ID: Final = "INFISICAL_AZURE_AUTH_OBJECT_ID"
OCI_ID: Final = "INFISICAL_OCI_AUTH_IDENTITY_ID"
LDAP_ID: Final = "INFISICAL_LDAP_AUTH_IDENTITY_ID"
LDAP_USERNAME: Final = "INFISICAL_LDAP_USERNAME"
LDAP_PASSWORD: Final = "INFISICAL_LDAP_PASSWORD"
PROJECT_ID: Final = "INFISICAL_PROJECT_ID"
ENVIRONMENT: Final = "INFISICAL_ENVIRONMENT"
SECRET_PATH: Final = "INFISICAL_SECRET_PATH"

IDENTITY_IDS: Final = (KUBERNETES_ID, OIDC_ID, GCP_ID, AWS_ID, AZURE_ID, OCI_ID, LDAP_ID, MACHINE_IDENTITY_ID)
FILE_SUFFIX: Final = "_FILE"
FILE_VARIABLES: Final = frozenset(
    {*TOKENS, *IDENTITY_IDS, CLIENT_ID, CLIENT_SECRET, JWT, OIDC_JWT, LDAP_USERNAME, LDAP_PASSWORD}
)
"""The variables with a `_FILE` variant: everything that is or belongs to a credential."""
LOGIN_VARIABLES: Final = (
    AUTH_METHOD,
    CLIENT_ID,
    CLIENT_SECRET,
    *IDENTITY_IDS,
    KUBERNETES_TOKEN_PATH,
    JWT,
    OIDC_JWT,
    GCP_KEY_PATH,
    AZURE_WORKLOAD_SWITCH,
    AZURE_CLIENT_ID,
    AZURE_OBJECT_ID,
    LDAP_USERNAME,
    LDAP_PASSWORD,
)
"""What chooses a login, or belongs to one. The slug of an organization is neither."""
EFFECTIVE_VARIABLES: Final = (
    *BASE_URLS,
    *TOKENS,
    *LOGIN_VARIABLES,
    ORGANIZATION_SLUG,
    PROJECT_ID,
    ENVIRONMENT,
    SECRET_PATH,
)
SERVE_VARIABLES: Final = (
    "INFISICAL_ORGANIZATION_ID",
    "INFISICAL_PROJECT_SLUG",
    "INFISICAL_SERVE_USER_TOKEN",
    "INFISICAL_SERVE_IDENTITY_ID",
)
"""Printed by `python -m infisical serve`, and without effect here."""
KNOWN_VARIABLES: Final = (
    *EFFECTIVE_VARIABLES,
    *SERVE_VARIABLES,
    *(f"{name}{FILE_SUFFIX}" for name in EFFECTIVE_VARIABLES if name in FILE_VARIABLES),
)


def refuse(message: str) -> Failure[InfisicalError]:
    """Make the failure of settings that cannot be used."""
    return Failure(AuthenticationError(message))


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables that are set: an empty value counts as not set, and white space around a value is removed.

    A password keeps its spaces, and only loses line breaks.
    """

    environ: Mapping[str, str] = field(repr=False)
    read: Callable[[str], str] = field(repr=False)

    def find_mistake(self) -> str | None:
        """Describe a value that is no string, or a variable that is set twice: by itself and by its file."""
        for name in KNOWN_VARIABLES:
            if not isinstance(self.environ.get(name, ""), str):
                return f"{name} must be a string, not {type(self.environ[name]).__name__}"
        for name in EFFECTIVE_VARIABLES:
            if self.get(name) is not None and name in FILE_VARIABLES and self.get(f"{name}{FILE_SUFFIX}") is not None:
                return f"{name} and {name}{FILE_SUFFIX} are both set: remove one of them"
        return None

    def get(self, name: str) -> str | None:
        """Return the value of a variable itself, without its file."""
        return _strip(name, self.environ.get(name, "")) or None

    def find_origin(self, name: str) -> str | None:
        """Return the name of the variable that is set: the name itself or its `_FILE` variant."""
        if self.get(name) is not None:
            return name
        file_name = f"{name}{FILE_SUFFIX}"
        return file_name if name in FILE_VARIABLES and self.get(file_name) is not None else None

    def find_first(self, names: Iterable[str]) -> str | None:
        """Return the first of the names that is set, by itself or by its file."""
        return next((name for name in names if self.find_origin(name) is not None), None)

    def list_origins(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the variables that are set, each as it is set."""
        return tuple(origin for name in names if (origin := self.find_origin(name)) is not None)

    def read_value(self, name: str) -> Answer[str]:
        """Return the value of a variable that is set, from its file where the file is set."""
        value = self.get(name)
        if value is not None:
            return Success(value)
        origin = f"{name}{FILE_SUFFIX}"
        try:
            content = self.read(self.get(origin) or "")
        except Exception as cause:
            return refuse(f"{origin}: the file cannot be read: {describe_unreadable(cause)}")
        if not isinstance(content, str):
            return refuse(f"{origin}: read returned {type(content).__name__}, not a string")
        text = _strip(name, content)
        return Success(text) if text else refuse(f"{origin}: the file is empty")


def describe_unreadable(cause: Exception) -> str:
    """Describe why a file cannot be read, without its path."""
    if isinstance(cause, OSError) and cause.errno is not None:
        return os.strerror(cause.errno)
    return "it is not UTF-8" if isinstance(cause, UnicodeError) else describe_exception(cause)


def _strip(name: str, value: str) -> str:
    text = value.strip()
    return value.strip("\r\n") if text and name == LDAP_PASSWORD else text
