"""Kubernetes: the token of the pod's service account, in a file that Kubernetes rewrites. Nothing is kept of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final

from returns.result import Failure

from infisical.answer import Answer
from infisical.flow import Flow
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import KubernetesAuth
from infisical.sources.arguments import PATH_MISTAKE, check_text, to_path
from infisical.sources.platform import THIS_MACHINE, Platform, make_login

TOKEN_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"
TOKEN_NAME: Final = "Kubernetes service account token"


@dataclass(frozen=True, slots=True)
class KubernetesSource:
    """Reads the token of a service account for each login."""

    identity_id: str
    token_path: str
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        token = yield from self.platform.read_file(self.token_path, TOKEN_NAME)
        if isinstance(token, Failure):
            return token
        jwt = token.unwrap()
        return make_login(
            lambda: KubernetesAuth(self.identity_id, jwt, organization_slug=self.organization_slug),
            f"the {TOKEN_NAME} at {self.token_path}",
        )


def kubernetes(
    identity_id: str,
    token_path: str | os.PathLike[str] = TOKEN_PATH,
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with the token of the pod's service account; the file is read again for each login.

    The file has at most 1 MiB; white space around the token is removed. A missing, unreadable or empty file is an
    `AuthenticationError`. ValueError if `identity_id` is no text, or `token_path` no path.
    """
    check_text("identity_id", identity_id)
    path = to_path(token_path)
    if path is None:
        del token_path  # a traceback with locals must not show it
        raise ValueError(f"token_path {PATH_MISTAKE}")
    return KubernetesSource(identity_id, path, organization_slug, platform)
