"""Kubernetes: the token of the pod's service account, in a file that Kubernetes rewrites. Nothing is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from returns.result import Failure

from infisical.answer import Answer
from infisical.flow import Flow
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import KubernetesAuth
from infisical.sources.platform import THIS_MACHINE, Platform, make_login

TOKEN_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount/token"


@dataclass(frozen=True, slots=True)
class KubernetesSource:
    """Reads the token of a service account for each login."""

    identity_id: str
    token_path: str
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        token = yield from self.platform.read_file(self.token_path, "Kubernetes service account token")
        if isinstance(token, Failure):
            return token
        jwt = token.unwrap()
        return make_login(lambda: KubernetesAuth(self.identity_id, jwt, organization_slug=self.organization_slug))


def kubernetes(
    identity_id: str,
    token_path: str = TOKEN_PATH,
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with the token of the pod's service account; the file is read again for each login.

    A missing or empty file is an `AuthenticationError`.
    """
    return KubernetesSource(identity_id, token_path, organization_slug, platform)
