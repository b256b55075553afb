"""Tokens that a platform leaves in a file or in an environment variable, for OIDC and JWT logins.

Which file or variable that is, the user says. Platforms with special rules have other modules.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from returns.result import Failure

from infisical.answer import Answer
from infisical.flow import Flow
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import JwtAuth, OidcAuth
from infisical.sources.arguments import PATH_MISTAKE, VARIABLE_MISTAKE, check_text, is_variable_name, to_path
from infisical.sources.platform import THIS_MACHINE, Platform, make_login

Method: TypeAlias = Literal["oidc", "jwt"]
METHODS: Final[Mapping[str, type[OidcAuth] | type[JwtAuth]]] = {"oidc": OidcAuth, "jwt": JwtAuth}
NAMES: Final = {"oidc": "OIDC token", "jwt": "JWT"}


@dataclass(frozen=True, slots=True)
class TokenFileSource:
    """Reads a token from a file for each login."""

    identity_id: str
    path: str
    method: Method
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        token = yield from self.platform.read_file(self.path, NAMES[self.method])
        return _make_token_login(self, token, f"the {NAMES[self.method]} at {self.path}")


@dataclass(frozen=True, slots=True)
class TokenVariableSource:
    """Reads a token from an environment variable for each login."""

    identity_id: str
    name: str
    method: Method
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        yield from ()
        token = self.platform.require_variable(self.name, NAMES[self.method])
        return _make_token_login(self, token, f"the {NAMES[self.method]} in {self.name}")


def _make_token_login(
    source: TokenFileSource | TokenVariableSource, token: Answer[str], origin: str
) -> Answer[LoginMethod]:
    if isinstance(token, Failure):
        return token
    jwt, login = token.unwrap(), METHODS[source.method]
    return make_login(lambda: login(source.identity_id, jwt, organization_slug=source.organization_slug), origin)


def _check_login(identity_id: object, method: object) -> None:
    check_text("identity_id", identity_id)
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError("method must be 'oidc' or 'jwt'")


def jwt_file(
    identity_id: str,
    path: str | os.PathLike[str],
    method: Method = "oidc",
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with a token from a file that the platform rewrites; the file is read again for each login.

    Examples: a projected service account token of Kubernetes, the JWT-SVID that spiffe-helper writes, `nomad_*.jwt` of
    Nomad, `/mnt/workspace/spacelift.oidc` of Spacelift. `method` is the login method that the identity has: "oidc" for
    an issuer with a discovery document, "jwt" for a JWKS URL or public keys.

    The file has at most 1 MiB; white space around the token is removed. A missing, unreadable or empty file is an
    `AuthenticationError`. ValueError if `identity_id` is no text or `path` no path, or for another
    method.
    """
    _check_login(identity_id, method)
    text = to_path(path)
    if text is None:
        del path  # a traceback with locals must not show it
        raise ValueError(f"path {PATH_MISTAKE}")
    return TokenFileSource(identity_id, text, method, organization_slug, platform)


def jwt_env(
    identity_id: str,
    name: str,
    method: Method = "oidc",
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with a token from an environment variable; the variable is read again for each login.

    `name` is the name of the variable. Examples: the name below `id_tokens:` in a GitLab job, `CIRCLE_OIDC_TOKEN_V2` of
    CircleCI, `BITBUCKET_STEP_OIDC_TOKEN` of Bitbucket, `SPACELIFT_OIDC_TOKEN` of Spacelift, `VERCEL_OIDC_TOKEN` of
    Vercel, `TFC_WORKLOAD_IDENTITY_TOKEN` of HCP Terraform, and the variable of a Fly, Buildkite or other job that
    stores there what its command line tool prints.

    Such a token expires, often with the job: a login after that is refused. A variable that is not set, or is empty, is
    an `AuthenticationError`. ValueError if `identity_id` is no text, `name` no name of a variable, or for another
    method.
    """
    _check_login(identity_id, method)
    if not is_variable_name(name):
        del name  # a traceback with locals must not show it
        raise ValueError(f"name {VARIABLE_MISTAKE}")
    return TokenVariableSource(identity_id, name, method, organization_slug, platform)
