"""The settings of a client from environment variables: base URL, credential or login, and place.

This module reads nothing itself: it gets a mapping, and a function that reads files.

variables.py           the names, their precedence, and their values
misspellings.py        names that are almost a known one
tokens.py              the kind of a token
logins.py              the login that the variables choose
project_file.py        `.infisical.json`
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.options import CLOUD, normalize_base_url
from infisical.place import Place
from infisical.settings.logins import Login, find_login
from infisical.settings.misspellings import find_misspellings
from infisical.settings.project_file import ProjectFile, read_project_file
from infisical.settings.tokens import make_credential
from infisical.settings.variables import (
    BASE_URLS,
    CLIENT_ID,
    CLIENT_SECRET,
    ENVIRONMENT,
    LOGIN_VARIABLES,
    ORGANIZATION_SLUG,
    PROJECT_ID,
    SECRET_PATH,
    TOKENS,
    Variables,
    refuse,
)
from infisical.sources.platform import read_text

if TYPE_CHECKING:
    from infisical.credentials import Credential

__all__ = ["Settings", "from_env"]

Auth: TypeAlias = "Credential | Login | None"
LOGGER: Final = logging.getLogger("infisical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What environment variables say; None for what they do not say.

    `base_url` and `auth` are arguments of a client: `InfisicalClient(base_url=s.base_url, auth=s.auth)`. `auth` is a
    credential, or a login method or source with `organization_slug`. `place` is for `**where`.
    """

    base_url: str
    auth: Auth = field(default=None, repr=False)
    project_id: str | None = None
    environment: str | None = None
    secret_path: str | None = None
    organization_slug: str | None = None

    @property
    def place(self) -> Place:
        """The project and environment, `client.secrets.list(**settings.place)`; ValueError if one is not set."""
        if self.project_id is None or self.environment is None:
            name = PROJECT_ID if self.project_id is None else ENVIRONMENT
            raise ValueError(f"the settings have no place: {name} is not set")
        return {"project_id": self.project_id, "environment": self.environment}


def from_env(
    environ: Mapping[str, str],
    *,
    read: Callable[[str], str] = read_text,
    config: str | os.PathLike[str] | None = None,
    branch: str | None = None,
    allow_http: bool = False,
) -> Answer[Settings]:
    """Read the settings of a client from environment variables: `from_env(os.environ)`.

    A token is used before a login, and an INFO line of the log `infisical` names the variables that are ignored.
    Without token and login `auth` is None. An empty variable counts as not set. `NAME_FILE` is a file with the value of
    a variable of a credential; it is read once, except for a JWT, which is read for each login. `read` reads these
    files, and those of the sources.

    `config` is the path of an `.infisical.json`, whose project and environment are used where the variables have none;
    `branch` is the git branch for its mapping of branches to environments. `allow_http` allows a base URL with
    `http://` to another machine, as the client does.

    Every failure is an `AuthenticationError` that names the variables or the file, and never shows a value: for two
    logins at once, an incomplete login, an unreadable file, an invalid base URL, or a name with one or two wrong
    characters.
    """
    variables = _check_variables(environ, read)
    if isinstance(variables, Failure):
        return variables
    base_url = _find_base_url(variables.unwrap(), allow_http)
    if isinstance(base_url, Failure):
        return base_url
    auth = _find_auth(variables.unwrap())
    if isinstance(auth, Failure):
        return auth
    path = os.fspath(config) if isinstance(config, os.PathLike) else config
    if not isinstance(path, str | None):
        return refuse(f"config must be the path of a file, not {type(config).__name__}")
    file = Success(ProjectFile()) if path is None else read_project_file(path, read, branch)
    if isinstance(file, Failure):
        return file
    get = variables.unwrap().get
    return Success(
        Settings(
            base_url=base_url.unwrap(),
            auth=auth.unwrap(),
            project_id=get(PROJECT_ID) or file.unwrap().project_id,
            environment=get(ENVIRONMENT) or file.unwrap().environment,
            secret_path=get(SECRET_PATH),
            organization_slug=get(ORGANIZATION_SLUG),
        )
    )


def complete_options(environ: Mapping[str, str], options: Mapping[str, Any]) -> Answer[dict[str, Any]]:
    """Complete the options of a client with the base URL and the credential or login of environment variables.

    A given `base_url` or `auth` is used instead of theirs. Without any credential it is a failure, unless `auth` is
    given: it may be None.
    """
    checked = _check_variables(environ, read_text)
    if isinstance(checked, Failure):
        return checked
    variables, completed = checked.unwrap(), dict(options)
    if "base_url" not in options:
        base_url = _find_base_url(variables, bool(options.get("allow_http")))
        if isinstance(base_url, Failure):
            return base_url
        completed["base_url"] = base_url.unwrap()
    if "auth" not in options:
        auth = _find_auth(variables)
        if isinstance(auth, Failure):
            return auth
        if auth.unwrap() is None:
            return refuse(
                f"the environment has no credential: set {TOKENS[0]}, or {CLIENT_ID} and {CLIENT_SECRET}, or the "
                "identity id of another login (INFISICAL_KUBERNETES_IDENTITY_ID, for example); or give auth="
            )
        completed["auth"] = auth.unwrap()
    return Success(completed)


def _check_variables(environ: Mapping[str, str], read: Callable[[str], str]) -> Answer[Variables]:
    if not isinstance(environ, Mapping):
        return refuse(f"environ must be a mapping of names to values, not {type(environ).__name__}")
    variables = Variables(environ, read)
    mistake = variables.find_mistake() or find_misspellings(environ)
    return Success(variables) if mistake is None else refuse(mistake)


def _find_base_url(variables: Variables, allow_http: bool) -> Answer[str]:
    """Return the normalized base URL of the first variable that is set, or that of Infisical's cloud."""
    name = variables.find_first(BASE_URLS)
    if name is None:
        return Success(CLOUD)
    _log_choice(variables, [name], BASE_URLS)
    try:
        return Success(normalize_base_url(variables.get(name), allow_http))
    except ValueError as cause:
        return refuse(f"{name}: {cause}")


def _find_auth(variables: Variables) -> Answer[Auth]:
    """Return the credential of the first token that is set, or else the login that the variables choose."""
    name = variables.find_first(TOKENS)
    if name is None:
        chosen = find_login(variables)
        if isinstance(chosen, Failure):
            return chosen
        login = chosen.unwrap()
        if login is None:
            return Success(None)
        _log_choice(variables, login.origins, LOGIN_VARIABLES)
        return Success(login.login)
    token = variables.read_value(name)
    if isinstance(token, Failure):
        return token
    origins = variables.list_origins([name])
    credential = make_credential(name, origins[0], token.unwrap())
    if isinstance(credential, Success):
        _log_choice(variables, origins, (*TOKENS, *LOGIN_VARIABLES, ORGANIZATION_SLUG))
    return credential


def _log_choice(variables: Variables, chosen: Sequence[str], possible: Sequence[str]) -> None:
    """Log the names of the variables that are set and have no effect."""
    ignored = [origin for origin in variables.list_origins(possible) if origin not in chosen]
    if ignored:
        LOGGER.info("settings from %s; ignored: %s", ", ".join(chosen), ", ".join(ignored))
